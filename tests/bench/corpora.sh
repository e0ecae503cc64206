#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What is measured with, made once below a directory:
#
#   deb      a Debian 12 root file system: some 8,700 entries, 165 MB
#   small    68,130 entries, files of at most 128 KiB out of Debian's packages, 420 MB
#   big      2 GiB in four files, of this machine's programs and libraries
#   million  1,000,000 entries: empty files, 1,000 directories and the root
#
#   corpora.sh DIR NAME…
#
# What is whole is not made again. deb and small follow Debian's archive of the day.
set -euo pipefail
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1700000000
umask 022

dir=${1:?usage: corpora.sh DIR NAME…}
shift
cd "$dir"

make_deb() {
	mmdebstrap --quiet --variant=minbase bookworm "$1.tar"
	tar --numeric-owner --xattrs --xattrs-include='*' -xpf "$1.tar" -C "$1"
	rm "$1.tar"
}

make_small() {
	mmdebstrap --quiet --variant=extract \
		--include=ansible,golang-1.19-src,libboost1.74-dev,linux-headers-amd64 bookworm "$1.tar"
	tar --numeric-owner -xpf "$1.tar" -C "$1" \
		./usr/include ./usr/share/go-1.19 ./usr/src ./usr/lib/python3
	rm "$1.tar"
	find "$1" -type f -size +128k -delete
}

# Files of 64 KiB and more, end to end, from the beginning again when they are not enough.
make_big() {
	local bytes=$((4 * 536870912))

	# head ends the pipe before its writers are through: that is no failure.
	(
		set +o pipefail
		while find /usr/lib /usr/bin -xdev -type f -size +63k -print0 | sort -z |
			xargs -0 cat 2>/dev/null; do :; done | head -c $bytes
	) | split -b 536870912 -d -a 1 - "$1/blob."
	[ "$(cat "$1"/blob.* | wc -c)" -eq $bytes ]
}

# With the root as many members as the limit layer-members lets through.
make_million() {
	python3 - "$1" <<-'END'
		import os, sys
		for i in range(1000):
		    path = f"{sys.argv[1]}/{i:03d}"
		    os.mkdir(path)
		    parent = os.open(path, os.O_RDONLY)
		    for j in range(999 if i > 0 else 998):
		        os.close(os.open(f"{j:03d}", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=parent))
		    os.close(parent)
	END
}

for name; do
	[ ! -e "$name.done" ] || continue
	echo "corpus $name" >&2
	rm -rf "$name" && mkdir "$name"
	"make_$name" "$name"
	find "$name" -print0 | xargs -0 touch -h -d @$SOURCE_DATE_EPOCH
	touch "$name.done"
done
