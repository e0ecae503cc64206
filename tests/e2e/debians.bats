#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# nacre built from its source in Debian 12 and in Debian 13, each with its own compiler and libraries:
# the same images, of the examples too. Labelled "slow": Debian's packages come over the network.

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

images_of() { # images_of SUITE CONTEXT CODEC…: "CODEC IMAGE-ID MANIFEST" for each
	local dir=$BATS_FILE_TMPDIR/$1 how

	rm -rf "$dir/context"
	cp -al "$2" "$dir/context"
	for how in "${@:3}"; do
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

# need_debians: both, made once.
need_debians() {
	[ "$(id -u)" -eq 0 ] || skip "lacks root, to have a Debian of its own"
	unshare --mount true 2>/dev/null || skip "lacks mount namespaces"
	[ ! -e "$BATS_FILE_TMPDIR/trixie" ] || return 0
	built_in bookworm &
	built_in trixie
	wait $!
}

@test "the image is the same in Debian 12 and in Debian 13" {
	need_debians
	context
	images_of bookworm context zstd zstd:19 gzip gzip:1 none >twelve
	images_of trixie context zstd zstd:19 gzip gzip:1 none >thirteen
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

# system TARBALL MMDEBSTRAP-OPTION…: what an example is built upon, as examples/lib.sh has it.
system() {
	env SOURCE_DATE_EPOCH=1735689600 mmdebstrap --quiet --mode=root --format=tar --skip=output/dev \
		"${@:2}" bookworm "$1" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

# example NAME [FILE…]: its context, with what it is built upon.
example() {
	mkdir -p "examples/$1"
	cp -R "$source/examples/$1/." "examples/$1"
	[ $# -eq 1 ] || ln "${@:2}" "examples/$1"
}

@test "the examples are the same in Debian 12 and in Debian 13" {
	need_debians
	cc -static -Os -s -o greet "$source/examples/static/greet.c"
	system debian.tar --variant=minbase --include=python3
	system kernel.tar --variant=extract --include=linux-image-cloud-amd64,busybox-static
	example static greet
	example webapp debian.tar
	example distroless debian.tar
	example microvm kernel.tar
	for name in static webapp distroless microvm; do
		images_of bookworm "examples/$name" gzip:1 none >twelve
		images_of trixie "examples/$name" gzip:1 none >thirteen
		echo "$name" && cat twelve thirteen
		[ "$(wc -l <twelve)" = 2 ]
		[ "$(cut -d ' ' -f 2 twelve thirteen | sort -u | wc -l)" = 1 ]
		cmp twelve thirteen
	done
}
