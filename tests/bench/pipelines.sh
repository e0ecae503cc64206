# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What one does with other tools, as one job: sourced by the commands that are measured.

tar_of() {
	tar --sort=name --numeric-owner --xattrs --xattrs-include='*' --format=posix \
		--pax-option=delete=atime,delete=ctime -C "$1" -cf - .
}

# packed TREE OUT COMPRESSOR…: a layer, and both of its digests.
packed() {
	local tree=$1 out=$2

	shift 2
	rm -f "$WORK/tar" "$WORK/blob"
	mkfifo "$WORK/tar" "$WORK/blob"
	openssl dgst -sha256 <"$WORK/tar" &
	openssl dgst -sha256 <"$WORK/blob" &
	tar_of "$tree" | tee "$WORK/tar" | "$@" | tee "$WORK/blob" >"$out"
	wait
}

# unpacked BLOB DIR DECOMPRESSOR…: the other way, and both digests.
unpacked() {
	local blob=$1 dir=$2

	shift 2
	mkdir "$dir"
	rm -f "$WORK/tar" "$WORK/blob"
	mkfifo "$WORK/tar" "$WORK/blob"
	openssl dgst -sha256 <"$WORK/tar" &
	openssl dgst -sha256 <"$WORK/blob" &
	tee "$WORK/blob" <"$blob" | "$@" | tee "$WORK/tar" | tar --numeric-owner -xpf - -C "$dir"
	wait
}

# Storage of their own, so that nothing else of the machine's is touched.
containers() { # PROGRAM ARG…
	local program=$1

	shift
	"$program" --root "$WORK/storage/root" --runroot "$WORK/storage/run" --storage-driver overlay "$@"
}

containers_wipe() {
	awk -v at="$WORK/storage/" 'index($2, at) == 1 { print $2 }' /proc/mounts | sort -r |
		xargs -r umount
	rm -rf --one-file-system "$WORK/storage"
}

buildah_built() { # TREE
	local id

	id=$(containers buildah from scratch)
	containers buildah copy -q "$id" "$1" /
	containers buildah commit -q --timestamp 0 --disable-compression=false "$id" "oci:$OUT/image:t"
}

umoci_built() { # TREE
	umoci init --layout "$OUT/image"
	umoci new --image "$OUT/image:t"
	umoci insert --image "$OUT/image:t" "$1" /
}
