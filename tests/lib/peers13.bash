# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What Debian 13 has to sign and verify images with, on whatever Debian this is: its packages lie
# unpacked in a directory of their own, and nothing is installed. cosign 3 comes from the release
# after it. A file with these tests calls peers_up in setup_file and peers_down in teardown_file.

# debian SUITE PACKAGE…: into $BATS_FILE_TMPDIR/SUITE, with what they depend upon and nothing else.
# A mirror's list that has expired will do: it is signed all the same.
debian() {
	local IFS=,

	mmdebstrap --quiet --mode=root --variant=extract --format=directory \
		--aptopt='Acquire::Check-Valid-Until "false"' --include="${*:2}" "$1" \
		"$BATS_FILE_TMPDIR/$1" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

# The tests' own directories have one path inside and outside. podman wants / to be a mount point,
# /proc, and the place of control groups to look at.
peers_up() {
	local suite root tests=$BATS_RUN_TMPDIR/test

	mkdir -p "$tests"
	debian forky base-files cosign >"$BATS_FILE_TMPDIR/forky.log" 2>&1 &
	debian trixie base-files cosign docker-registry oras podman skopeo
	wait $! || { cat "$BATS_FILE_TMPDIR/forky.log" && return 1; }
	for suite in trixie forky; do
		root=$BATS_FILE_TMPDIR/$suite
		mkdir -p "$root/proc" "$root/sys/fs/cgroup" "$root$tests"
		mount --bind "$root" "$root"
		mount -t proc proc "$root/proc"
		mount --bind "$tests" "$root$tests"
	done
	registry_up
}

peers_down() {
	local suite

	[ ! -e "$BATS_FILE_TMPDIR/registry.pid" ] ||
		kill "$(<"$BATS_FILE_TMPDIR/registry.pid")" || true
	for suite in trixie forky; do
		! mountpoint -q "$BATS_FILE_TMPDIR/$suite" || umount -R -l "$BATS_FILE_TMPDIR/$suite"
	done
}

# within SUITE COMMAND…: where one is, in that Debian.
within() {
	env TMPDIR=/tmp PODMAN_IGNORE_CGROUPSV1_WARNING=1 \
		unshare --root="$BATS_FILE_TMPDIR/$1" --wd="$PWD" "${@:2}"
}

# The programs. Two names of cosign, so that a test can go through both.
cosign2() { within trixie cosign "$@"; }
cosign3() { within forky cosign "$@"; }
oras() { within trixie oras "$@"; }
skopeo() { within trixie skopeo "$@"; }
podman() {
	# shellcheck disable=SC2154 # common.bash has it
	within trixie podman --root "$scratch/storage" --runroot "/run/$BATS_TEST_NUMBER" \
		--storage-driver vfs "$@"
}

# version_in SUITE PACKAGE: Debian's. cosign does not know its own.
version_in() {
	zcat "$BATS_FILE_TMPDIR/$1/usr/share/doc/$2/changelog.Debian.gz" |
		sed -n '1s/.*(\(.*\)).*/\1/p'
}

# A registry for all tests of the file, upon a port that the kernel finds; everybody is told that it
# speaks plain HTTP. $registry is its HOST:PORT.
registry_up() {
	local root=$BATS_FILE_TMPDIR/trixie log=$BATS_FILE_TMPDIR/registry.log waited=0

	mkdir -p "$root/registry" "$root/etc/containers/registries.conf.d"
	cat >"$root/registry.yaml" <<-'Y'
	version: 0.1
	log: {accesslog: {disabled: true}}
	storage: {filesystem: {rootdirectory: /registry}}
	http: {addr: "127.0.0.1:0"}
	Y
	unshare --root="$root" docker-registry serve /registry.yaml >"$log" 2>&1 </dev/null \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	echo $! >"$BATS_FILE_TMPDIR/registry.pid"
	until registry=$(sed -n 's/.*listening on \([0-9.:]*\).*/\1/p' "$log") && [ -n "$registry" ]; do
		if [ $((waited += 1)) -gt 100 ] || ! kill -0 $!; then
			cat "$log"
			return 1
		fi
		sleep 0.1
	done
	export registry
	cat >"$root/etc/containers/registries.conf.d/registry.conf" <<-T
	[[registry]]
	location = "$registry"
	insecure = true
	T
}

# sig_of LAYOUT TAG: the tag of its signatures.
sig_of() {
	local digest

	digest=$(digest_of "$1" "$2")
	echo "${digest/:/-}.sig"
}

# copy FROM TO: by skopeo, the same bytes, whoever has signed them.
copy() {
	skopeo --insecure-policy --registries.d "$scratch/home" copy -q --preserve-digests "$@"
}

# publish LAYOUT REPO: its image v1 and the signatures of it, in the registry.
publish() {
	local tag

	for tag in v1 "$(sig_of "$1" v1)"; do
		copy "oci:$1:$tag" "docker://$2:$tag"
	done
}

# fetch REPO LAYOUT: the other way.
fetch() {
	copy "docker://$1:v1" "oci:$2:v1"
	copy "docker://$1:$(sig_of "$2" v1)" "oci:$2:$(sig_of "$2" v1)"
}

# trust KEY [IDENTITY]: skopeo and podman take only what this public key has signed, and look for
# the signatures beside the image.
trust() {
	local containers=$HOME/.config/containers

	mkdir -p "$containers/registries.d"
	jq -n --arg host "$registry" --arg key "$PWD/$1" --arg identity "${2:-matchRepoDigestOrExact}" '
		{default: [{type: "reject"}], transports: {docker: {($host): [{type: "sigstoreSigned",
			keyPath: $key, signedIdentity: {type: $identity}}]}}}' >"$containers/policy.json"
	echo "docker: {\"$registry\": {use-sigstore-attachments: true}}" \
		>"$containers/registries.d/registry.yaml"
}

# cosign_verify COSIGN KEY WHAT…: with nothing but the key.
cosign_verify() {
	"$1" verify --key "$2" --insecure-ignore-tlog "${@:3}"
}

# trusted_root FILE: no service is trusted. Without such a file cosign asks the network for one.
trusted_root() {
	echo '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}' >"$1"
}

# bundle_sign KEY IMAGE FILE: by cosign 3, which keeps the bundle beside the image, and in FILE.
bundle_sign() {
	trusted_root root.json
	cosign3 signing-config create --out services.json # none
	cosign3 sign --key "$1" --signing-config services.json --trusted-root root.json \
		--bundle "$3" --yes "$2"
}

# bundle_verify COSIGN KEY IMAGE [TYPE]: that a bundle in the registry says this of the image; that
# it is signed, by default. cosign 2 finds a signature among attestations alone.
bundle_verify() {
	local type=${4:-https://sigstore.dev/cosign/sign/v1} new=()

	[ "$1" = cosign3 ] || new=(--new-bundle-format)
	trusted_root root.json
	"$1" verify-attestation --key "$2" --insecure-ignore-tlog --trusted-root root.json \
		"${new[@]}" --type "$type" "$3"
}

# denied TEXT COMMAND…: it fails, and says why.
denied() {
	local text=$1 out

	shift
	if out=$("$@" 2>&1); then
		echo "passed: $*"
		return 1
	fi
	if [[ $out != *"$text"* ]]; then
		echo "without '$text': $*"
		echo "$out"
		return 1
	fi
}
