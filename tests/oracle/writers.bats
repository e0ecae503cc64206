#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What others write: every tar of today and of yesterday, and files with holes.

load ../lib/common

@test "what libraries, programs and builders of all ages wrote, nacre unpacks as they meant it" {
	mkdir trees
	"$PYTHON" "$BATS_TEST_DIRNAME/writers.py" "$NACRE" "$scratch/trees"
}

# A file of 1 MiB with more pieces than an old GNU header has room for, in archives of each kind.
make_sparse() {
	local i version

	mkdir -p top/d sparse
	truncate -s 1M top/d/disk
	for i in 0 1 2 3 4 5 6; do
		printf 'piece %s' "$i" | dd of=top/d/disk bs=131072 seek="$i" conv=notrunc status=none
	done
	tar -C top -S --format=gnu -cf sparse/gnu.tar d
	tar -C top -S --format=oldgnu -cf sparse/oldgnu.tar d
	for version in 0.0 0.1 1.0; do
		tar -C top -S --format=posix --sparse-version="$version" \
			-cf "sparse/posix-$version.tar" d
	done
	bsdtar -C top --format=pax -cf sparse/bsdtar.tar d
	for archive in sparse/*.tar; do
		[ "$(stat -c %s "$archive")" -lt 600000 ] || {
			[ "$archive" = sparse/bsdtar.tar ] && rm "$archive" # sees no holes here
		}
	done
}

@test "a sparse member of a layer is refused by its name, whoever wrote it" {
	local archive
	make_sparse
	[ "$(ls sparse | wc -l)" -ge 5 ]
	for archive in sparse/*.tar; do
		rm -rf layout
		"$PYTHON" "$lib/ociwrite.py" layout v1 "$archive"
		refused 3 "'d/disk': a sparse member" unpack oci:layout:v1 rootfs --unsigned
	done
}

@test "in recipes a sparse member is a file with zeros for holes, in archives and as root" {
	local archive name
	make_sparse
	for archive in sparse/*.tar; do
		name=$(basename "$archive" .tar)
		write "$name/nacre.yaml" <<-'R'
		nacre: 1
		name: sparse
		from: rootfs:x.tar
		layers:
		  - name: again
		    steps:
		      - archive: {from: x.tar, to: /again}
		R
		cp "$archive" "$name/x.tar"
		nacre build "$name" -t "oci:built:$name" >/dev/null
		nacre unpack "oci:built:$name" "root-$name" --unsigned
		cmp top/d/disk "root-$name/d/disk"
		cmp top/d/disk "root-$name/again/d/disk"
	done
}
