# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What each purpose needs, by Debian's names (the same in 12 and 13), and how it gets there.
# Sourced by tests/run, examples/run and .ci/run; nothing else installs anything.

# Compiling the library and the command.
packages_build=(
	cmake ninja-build gcc libc6-dev pkg-config
	libarchive-dev libbsd-dev libcurl4-openssl-dev libjansson-dev libseccomp-dev libsodium-dev libsqlite3-dev libssl-dev libyaml-dev libzstd-dev
	zlib1g-dev
)

# The unit tests, the end-to-end tests, and the other tools that images are compared with.
packages_test=(
	acl attr bats binutils bsdextrautils btrfs-progs buildah crun e2fsprogs faketime g++ jq
	libarchive-tools libcap2-bin libcmocka-dev locales mount mtree-netbsd openssl podman procps python3
	python3-cryptography python3-jsonschema python3-nacl python3-yaml runc skopeo sqlite3 strace tar uidmap umoci
	util-linux xfsprogs xz-utils zstd
	# What a static libarchive asks for, to link against libnacre.a.
	libacl1-dev libbz2-dev liblz4-dev liblzma-dev libxml2-dev nettle-dev
)

# The examples: Debian's packages to build upon, a comparison, a question over HTTP, a machine.
packages_example=(
	ca-certificates cpio curl debian-archive-keyring mmdebstrap procps python3 qemu-system-x86 tar zstd
)

# The benchmark: other tools, what corpora are made with, and a plot.
packages_bench=(
	buildah debian-archive-keyring e2fsprogs git gnuplot-nox isal jq libarchive-tools mmdebstrap mount openssl
	pigz podman python3 skopeo tar umoci zstd
)

# A second compiler, its run-time libraries, and the formatter.
packages_ci=(
	clang clang-format libclang-rt-dev llvm
)

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "${0##*/}: root is needed for '$1', and there is no sudo" >&2
		return 1
	fi
}

# packages_need NAME…: installs those that are missing, and asks the mirrors only then.
packages_need() {
	local name missing=()

	command -v dpkg-query >/dev/null || {
		echo "${0##*/}: only Debian's packages are known here; needed are: $*" >&2
		return 1
	}
	for name; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] ||
			missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "${0##*/}: installing ${missing[*]}"
	as_root apt-get -q update </dev/null || return 1
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
		install --no-install-recommends "${missing[@]}" </dev/null
}

# A bare chroot has no /proc, no /sys and no terminals, and bats, mmdebstrap, podman, the sanitizers
# and the tests of prompts do not work without. They are mounted for as long as the script runs.
mounted=()
mounts_need() {
	local kind place

	while read -r kind place; do
		[ -z "$(ls -A "$place" 2>/dev/null)" ] || continue
		echo "${0##*/}: mounting $place for as long as this runs"
		as_root mkdir -p "$place" &&
			as_root mount -t "$kind" "$kind" "$place" || return 1
		mounted+=("$place")
	done <<-'END'
		proc /proc
		sysfs /sys
		devpts /dev/pts
	END
}

mounts_done() {
	local i

	for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do # umount itself wants /proc
		as_root umount -l "${mounted[i]}"
	done
}
