#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# nacre built from its source in Debian 12 and in Debian 13, each with its own compiler and libraries:
# the same image. Labelled "slow": Debian's packages come over the network.

load ../lib/common
. "$lib/packages.sh"

source=$lib/../..

# chroot_with SUITE DIR: a Debian with what nacre is built from. As in examples/lib.sh, without the
# caller's descriptors.
chroot_with() {
	local packages=jq,procps name

	for name in "${packages_build[@]}"; do
		packages+=,$name
	done
	mkdir -p "$2"
	mmdebstrap --quiet --mode=root --variant=minbase --format=directory --skip=output/dev \
		--include="$packages" "$1" "$2" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

inside() { # inside DIR COMMAND…
	unshare --mount --fork sh -c 'mount -t proc none "$1/proc" && mount --rbind /dev "$1/dev" &&
		root=$1 && shift && exec chroot "$root" "$@"' sh "$@"
}

# built_in SUITE: nacre, compiled there; nothing but the source is copied.
built_in() {
	local dir=$BATS_FILE_TMPDIR/$1

	chroot_with "$1" "$dir"
	mkdir "$dir/source"
	tar -C "$source" --exclude=./build --exclude=./.git -cf - . | tar -C "$dir/source" -xf -
	inside "$dir" sh -c 'cd /source && cmake --preset release -DNACRE_TESTS=OFF >log 2>&1 &&
		cmake --build --preset release --parallel 2 >>log 2>&1 || { tail -n 20 log; exit 1; }'
}

images_of() { # images_of SUITE: "CODEC IMAGE-ID MANIFEST" for zstd, gzip and none
	local dir=$BATS_FILE_TMPDIR/$1 how

	rm -rf "$dir/context"
	cp -a context "$dir/context"
	for how in zstd zstd:19 gzip gzip:1 none; do
		inside "$dir" sh -c 'cd / && rm -rf out && n=/source/build/release/cli/nacre &&
			$n build context -t oci:out:v1 --compression "$1" --no-cache -q \
				--record "$2" >/dev/null &&
			jq -r "\"$1 \" + .imageId + \" \" + .manifest" <"$2"' sh "$how" "record.$how"
	done
}

version_of() { # version_of SUITE zstd|gzip: of the library
	jq -r '.madeBy.compression' "$BATS_FILE_TMPDIR/$1/record.$2" | cut -d ' ' -f 3
}

context() {
	mkdir -p context/data arch/usr
	seq 1 200000 >context/data/numbers
	head -c 6000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null |
		base64 >context/data/noise
	cp "$source"/docs/*.md context/data
	echo a >arch/usr/a
	ln arch/usr/a arch/usr/b
	tar -C arch --sort=name --owner=0 --group=0 --mtime=@1000000000 -cf context/arch.tar usr
	gzip -n context/arch.tar
	write context/nacre.yaml <<-'E'
	nacre: 1
	name: both
	from: scratch
	epoch: 2026-01-01T00:00:00Z
	accounts: {groups: [{name: app, gid: 1000}], users: [{name: app, uid: 1000, gid: 1000}]}
	layers:
	  - name: data
	    steps:
	      - copy: {from: data, to: /data, owner: app}
	      - archive: {from: arch.tar.gz, to: /opt}
	  - name: more
	    steps:
	      - file: {path: /etc/x, text: "x\n", xattrs: {user.note: "y"}}
	      - remove: {path: /opt/usr/a}
	E
}

@test "the image is the same in Debian 12 and in Debian 13" {
	[ "$(id -u)" -eq 0 ] || skip "lacks root, to have a Debian of its own"
	unshare --mount true 2>/dev/null || skip "lacks mount namespaces"
	context
	built_in bookworm &
	built_in trixie
	wait $!
	images_of bookworm >twelve
	images_of trixie >thirteen
	cat twelve thirteen
	[ "$(wc -l <twelve)" = 5 ]
	[ "$(cut -d ' ' -f 2 twelve thirteen | sort -u | wc -l)" = 1 ]
	[ "$(grep '^none ' twelve)" = "$(grep '^none ' thirteen)" ]
	# zlib 1.2.13 and 1.3.1 give the same bytes; docs/reproducible.md says so.
	[ "$(grep '^gzip' twelve)" = "$(grep '^gzip' thirteen)" ]
	[ "$(version_of bookworm zstd)" != "$(version_of trixie zstd)" ] ||
		[ "$(grep '^zstd' twelve)" = "$(grep '^zstd' thirteen)" ]
	for how in zstd gzip; do
		echo "# $how: $(version_of bookworm $how) and $(version_of trixie $how)" >&3
	done
}
