# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What one does with other tools, as one job: sourced by the commands that are measured.

tar_of() {
	tar --sort=name --numeric-owner --xattrs --xattrs-include='*' --format=posix \
		--pax-option=delete=atime,delete=ctime -C "$1" -cf - .
}

# Two fifos whose bytes are hashed, $WORK/tar and $WORK/blob.
digests_start() {
	local name

	rm -f "$WORK/tar" "$WORK/blob"
	mkfifo "$WORK/tar" "$WORK/blob"
	digests=()
	for name in tar blob; do
		openssl dgst -sha256 <"$WORK/$name" &
		digests+=($!)
	done
}

digests_end() {
	local id

	for id in "${digests[@]}"; do
		wait "$id" || return
	done
}

# packed TREE OUT COMPRESSOR…: a layer, and both of its digests.
packed() {
	local tree=$1 out=$2

	shift 2
	digests_start
	tar_of "$tree" | tee "$WORK/tar" | "$@" | tee "$WORK/blob" >"$out"
	digests_end
}

# unpacked BLOB DIR DECOMPRESSOR…: the other way, and both digests.
unpacked() {
	local blob=$1 dir=$2

	shift 2
	mkdir "$dir"
	digests_start
	tee "$WORK/blob" <"$blob" | "$@" | tee "$WORK/tar" | tar --numeric-owner -xpf - -C "$dir"
	digests_end
}

# repacked BLOB OUT DECOMPRESSOR…: as zstd, and the digests of the tar and of the new blob.
repacked() {
	local blob=$1 out=$2

	shift 2
	digests_start
	"$@" <"$blob" | tee "$WORK/tar" | zstd -q -3 -T2 | tee "$WORK/blob" >"$out"
	digests_end
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

buildah_pushed() { # TREE
	local id

	id=$(containers buildah from scratch)
	containers buildah copy -q "$id" "$1" /
	containers buildah commit -q --timestamp 0 "$id" image
	containers buildah push -q --compression-format zstd --compression-level 3 image "oci:$OUT/image:t"
}

podman_pushed() { # TREE CONTAINERFILE
	containers podman build -q --layers=false --timestamp 0 -f "$2" -t image "$1"
	containers podman push -q --compression-format zstd image "oci:$OUT/image:t"
}

umoci_built() { # TREE
	umoci init --layout "$OUT/image"
	umoci new --image "$OUT/image:t"
	umoci insert --image "$OUT/image:t" "$1" /
}
