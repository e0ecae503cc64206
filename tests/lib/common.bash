# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the end-to-end tests share: a scratch directory each, the built command as `nacre`, a small
# image to work on, and the check that a refusal leaves everything as it was.

bats_require_minimum_version 1.5.0

lib=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
PYTHON=${PYTHON:-/usr/bin/python3}
: "${NACRE:?the built command}"

setup() {
	# nobody has to get here too
	chmod 755 "$BATS_RUN_TMPDIR"
	scratch=$BATS_TEST_TMPDIR/scratch
	mkdir -p "$scratch/home"
	cd "$scratch" || return
	umask 022
	export HOME=$scratch/home NACRE_STORE=$scratch/store COSIGN_PASSWORD=
	export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
	unset SOURCE_DATE_EPOCH XDG_DATA_HOME XDG_RUNTIME_DIR XDG_CACHE_HOME
}

teardown() {
	cd /
	if mountpoint -q "$scratch/full" 2>/dev/null; then
		umount "$scratch/full"
	fi
}

nacre() {
	"$NACRE" "$@"
}

# as_nobody COMMAND…: without any privilege. `nacre` is a copy that everyone can get at.
as_nobody() {
	local bin=$BATS_TEST_TMPDIR/bin

	if [ ! -d "$bin" ]; then
		mkdir -p "$bin"
		cp "$NACRE" "$bin/nacre"
		ldd "$NACRE" | awk '/libnacre/ { print $3 }' | xargs -r cp -t "$bin"
		chmod -R a+rX "$bin"
	fi
	env LD_LIBRARY_PATH="$bin" PATH="$bin:$PATH" \
		setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
		--bounding-set=-all --inh-caps=-all "$@"
}

# A bare chroot gives nobody a user namespace, and so no user a root of its own: user_namespaces(7).
need_namespaces() {
	as_nobody unshare --user true 2>/dev/null || skip "lacks user namespaces"
}

# write FILE: standard input, with the folders above it.
write() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}

# A context with one application on nothing.
make_context() {
	local dir=${1:-context}

	write "$dir/dist/bin/shop" <<<'#!/bin/sh'
	chmod 755 "$dir/dist/bin/shop"
	write "$dir/dist/share/note" <<<'a note'
	write "$dir/nacre.yaml" <<-'E'
	nacre: 1
	name: shop
	from: scratch
	platform: linux/amd64
	epoch: 2026-01-01T00:00:00Z
	args: {VERSION: "1.4.2"}
	layers:
	  - name: app
	    steps:
	      - dir:  {path: /srv/app, owner: "10001:10001", mode: "0750"}
	      - copy: {from: dist, to: /srv/app, owner: "10001:10001"}
	      - file: {path: /etc/shop.conf, text: "listen = 8080\n"}
	      - link: {path: /usr/bin/shop, to: /srv/app/bin/shop}
	config:
	  user: "10001"
	  entrypoint: [/usr/bin/shop]
	  env: {PATH: "/usr/bin:/bin"}
	  labels: {org.opencontainers.image.version: "${VERSION}"}
	E
}

# A root file system tarball to build upon: usr-merge, a hard link, a capability, documentation.
make_base() { # make_base TARBALL
	local root=$BATS_TEST_TMPDIR/base-root

	rm -rf "$root"
	mkdir -p "$root"/{etc,usr/bin,usr/share/doc/thing,var/empty}
	ln -s usr/bin "$root/bin"
	printf 'root:x:0:0:root:/root:/bin/sh\napp:x:10001:10002::/srv/app:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\napp:x:10002:\n' >"$root/etc/group"
	echo tool >"$root/usr/bin/tool"
	ln "$root/usr/bin/tool" "$root/usr/bin/same-tool"
	echo ping >"$root/usr/bin/ping"
	setcap cap_net_raw=ep "$root/usr/bin/ping"
	echo text >"$root/usr/share/doc/thing/copyright"
	chmod 4755 "$root/usr/bin/tool"
	chmod 1777 "$root/var/empty"
	find "$root" -exec touch -h -d @1700000000 {} +
	mkdir -p "$(dirname "$1")"
	tar -C "$root" --numeric-owner --sort=name --xattrs --xattrs-include='*' \
		--format=posix -cf "$1" .
}

# An image oci:layout:v1, its key pair release.key and release.pub, signed.
make_signed() {
	make_context
	nacre build context -t oci:layout:v1 >/dev/null
	nacre key new release >/dev/null
	nacre sign oci:layout:v1 --key release.key >/dev/null
}

# change JQ: the manifest of oci:layout:v1 becomes another one with this change, signed again.
change() {
	local old hex text

	old=$(digest_of layout v1)
	text=$(manifest layout v1 | jq -c "$1")
	hex=$(printf %s "$text" | sha256sum | cut -d' ' -f1)
	printf %s "$text" >"layout/blobs/sha256/$hex"
	jq -c --arg old "$old" --arg new "sha256:$hex" --argjson size "${#text}" '
		.manifests |= map(if .digest == $old then .digest = $new | .size = $size else . end)' \
		layout/index.json >index.json
	cp index.json layout/index.json
	nacre sign oci:layout:v1 --key release.key >/dev/null
}

digest_of() { # digest_of LAYOUT TAG: of the manifest
	jq -r --arg tag "$2" '.manifests[]
		| select(.annotations["org.opencontainers.image.ref.name"] == $tag) | .digest' \
		"$1/index.json"
}

blob_path() { # blob_path LAYOUT DIGEST
	echo "$1/blobs/${2/://}"
}

manifest() { # manifest LAYOUT TAG
	cat "$(blob_path "$1" "$(digest_of "$1" "$2")")"
}

config() { # config LAYOUT TAG
	cat "$(blob_path "$1" "$(manifest "$1" "$2" | jq -r .config.digest)")"
}

layer() { # layer LAYOUT TAG [NUMBER]: uncompressed, the first by default
	"$PYTHON" "$lib/ocilayers.py" "$1" "$2" --layer "${3:-0}"
}

# Every name below the scratch directory with what it is and holds. Times are files' alone: a
# directory in which something was made and taken away again is as it was.
snapshot() {
	(
		cd "$scratch" || exit
		find . -not -path './home*' \( -type d -printf '%p %y %m %U:%G\n' -o \
			-printf '%p %y %m %U:%G %T@ %s %l\n' \)
		find . -not -path './home*' -type f -exec sha256sum {} +
	) | sort
}

# refused CODE TEXT ARGUMENT…: nacre says no. The exit code is CODE, standard output is empty, there
# is one line on standard error with TEXT in it, and nothing has changed.
refused() {
	local code=$1 text=$2

	shift 2
	refused_command "$code" "$text" nacre "$@"
}

refused_command() {
	local code=$1 text=$2 got=0 err=$BATS_TEST_TMPDIR/err out=$BATS_TEST_TMPDIR/out

	shift 2
	snapshot >"$BATS_TEST_TMPDIR/before"
	"$@" >"$out" 2>"$err" </dev/null || got=$?
	snapshot >"$BATS_TEST_TMPDIR/after"
	if [ "$got" -ne "$code" ]; then
		echo "exit code $got, not $code: $*"
		cat "$out" "$err"
		return 1
	fi
	if [ -s "$out" ]; then
		echo "something on standard output:"
		cat "$out"
		return 1
	fi
	if [ "$(wc -l <"$err")" -ne 1 ] || [[ $(<"$err") != "nacre: "* ]] ||
		[[ $(<"$err") != *"$text"* ]]; then
		echo "not one line 'nacre: …$text…':"
		cat "$err"
		return 1
	fi
	diff -u "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

same_tree() { # same_tree A B
	"$PYTHON" "$lib/treediff.py" "$@"
}
