#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# nacre built from its source in Debian 12 and in Debian 13, each with its own compiler and libraries:
# the same images, of the examples too; and in 13 keys in a token. On Debian 12 that one is this machine
# itself. Labelled "slow": Debian's packages come over the network.

load ../lib/common
. "$lib/packages.sh"

source=$lib/../..

# chroot_with SUITE DIR: a Debian with what nacre is built from. As in examples/lib.sh, without the
# caller's descriptors.
chroot_with() {
	local packages=jq,procps name

	[ "$1" != trixie ] || packages+=,opensc,openssl,pkcs11-provider,softhsm2

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

# is_here SUITE: whether this machine is it.
is_here() {
	(. /etc/os-release && [ "${VERSION_CODENAME-}" = "$1" ]) && [ "$1" = bookworm ]
}

# one_image COMMAND HOW: of ./context, as it says in the end.
one_image='rm -rf out && $1 build context -t oci:out:v1 --compression "$2" --no-cache -q \
	--record "record.$2" >/dev/null && jq -r "\"$2 \" + .imageId + \" \" + .manifest" <"record.$2"'

images_of() { # images_of SUITE CONTEXT CODEC…: "CODEC IMAGE-ID MANIFEST" for each
	local dir=$BATS_FILE_TMPDIR/$1 how

	mkdir -p "$dir"
	rm -rf "$dir/context"
	cp -al "$2" "$dir/context"
	for how in "${@:3}"; do
		if is_here "$1"; then
			(cd "$dir" && sh -c "$one_image" sh "$NACRE" "$how")
		else
			inside "$dir" sh -c "cd / && $one_image" sh /source/build/release/cli/nacre "$how"
		fi
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
	is_here bookworm || built_in bookworm
	built_in trixie
}

# Debian 12 has no provider of PKCS#11 for OpenSSL 3.
@test "a key in a token signs, and never leaves it" {
	need_debians
	make_context
	nacre build context -t oci:layout:v1
	cp -a layout "$BATS_FILE_TMPDIR/trixie/layout"
	cat >"$BATS_FILE_TMPDIR/trixie/token.sh" <<-'E'
	set -eu
	cd /
	PATH=/source/build/release/cli:$PATH HOME=/root COSIGN_PASSWORD=1234
	export PATH HOME COSIGN_PASSWORD PKCS11_PROVIDER_MODULE=/usr/lib/softhsm/libsofthsm2.so
	softhsm2-util --init-token --free --label one --pin 1234 --so-pin 5678
	tool="pkcs11-tool --module $PKCS11_PROVIDER_MODULE --login --pin 1234 --token-label one --keypairgen"
	$tool --key-type EC:prime256v1 --label p256 --id 01
	$tool --key-type EC:edwards25519 --label ed25519 --id 02
	$tool --key-type rsa:2048 --label rsa --id 03
	$tool --key-type EC:secp384r1 --label p384 --id 04
	for key in p256 ed25519 rsa p384; do
		nacre key show "pkcs11:token=one;object=$key" --public >$key.pub
		nacre sign oci:layout:v1 --key "pkcs11:token=one;object=$key" --identity h.org/shop:v1
		nacre verify oci:layout:v1 --key $key.pub --identity h.org/shop:v1
	done
	nacre verify oci:layout:v1 --key p256.pub --key ed25519.pub --key rsa.pub --key p384.pub --threshold 4
	# A file of that name is another thing, and no key.
	(
		mkdir -p trap && cd trap
		openssl genpkey -algorithm ed25519 -out "pkcs11:token=one;object=ed25519"
		cp "pkcs11:token=one;object=ed25519" "pkcs11:token=one;object=none"
		nacre key show "pkcs11:token=one;object=ed25519" --public | cmp - ../ed25519.pub
		if nacre key show "pkcs11:token=one;object=none"; then exit 1; fi
	)
	# No key takes the module from another, and the same one is no second one.
	gcc -I/source/include -o twokeys /source/tests/lib/twokeys.c -L/source/build/release -lnacre \
		-Wl,-rpath,/source/build/release
	for keys in "ed25519 p256" "p256 rsa" "rsa p256" "p256 p256" "ed25519 ed25519" "rsa rsa"; do
		./twokeys oci:layout:v1 layout "pkcs11:token=one;object=${keys% *}" \
			"pkcs11:token=one;object=${keys#* }" 1234
	done
	# What openssl makes of the same signature.
	nacre sign oci:layout:v1 --payload --identity h.org/shop:v1 >message
	manifest=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] // "" |
		endswith(".sig")) | .digest' layout/index.json)
	jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' \
		"layout/blobs/sha256/${manifest#*:}" | base64 -d >signature
	openssl dgst -sha256 -verify p256.pub -signature signature message
	says() { # says CODE TEXT ARGUMENT…
		code=$1 text=$2 got=0
		shift 2
		nacre "$@" >out 2>err </dev/null || got=$?
		grep -qF "$text" err && [ $got -eq "$code" ] || { cat err; echo "$got"; exit 1; }
	}
	says 1 "rsa: no such token, or no private key there" key show "pkcs11:token=none;object=rsa"
	says 1 "no such private key in the token, or not the right PIN" key show "pkcs11:token=one;object=none"
	says 3 "a token that is not named" key show "pkcs11:object=rsa"
	$tool --key-type EC:prime256v1 --label half --id 05
	pkcs11-tool --module $PKCS11_PROVIDER_MODULE --login --pin 1234 --token-label one \
		--delete-object --type pubkey --id 05
	says 3 "without its public half in the token" key show "pkcs11:token=one;object=half"
	says 3 "more than one private key" key show "pkcs11:token=one"
	says 3 "can be read by everybody" key show "pkcs11:token=one;object=rsa?pin-value=1234"
	says 3 "a private key, where the public one belongs" verify oci:layout:v1 \
		--key "pkcs11:token=one;object=rsa"
	COSIGN_PASSWORD=4321 says 1 "not the right PIN" sign oci:layout:v1 --key "pkcs11:token=one;object=rsa"
	COSIGN_PASSWORD=$(seq -s "" 99) says 1 "longer than any can be" key show "pkcs11:token=one;object=rsa"
	[ "$(wc -l <err)" = 1 ]
	COSIGN_PASSWORD='' says 1 "an empty one" key show "pkcs11:token=one;object=rsa"
	PKCS11_PROVIDER_MODULE=/none says 3 "no module that works" key show "pkcs11:token=one;object=rsa"
	unset COSIGN_PASSWORD
	says 1 "no passphrase" sign oci:layout:v1 --key "pkcs11:token=one;object=rsa"
	echo 1234 | nacre sign oci:layout:v1 --passphrase-fd 0 --key "pkcs11:token=one;object=rsa" \
		--identity h.org/shop:v2
	E
	inside "$BATS_FILE_TMPDIR/trixie" sh /token.sh
	nacre verify "oci:$BATS_FILE_TMPDIR/trixie/layout:v1" --key "$BATS_FILE_TMPDIR/trixie/p384.pub"
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
