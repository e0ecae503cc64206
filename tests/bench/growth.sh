#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How time and memory grow: nacre build, unpack and verify --deep over entries (empty files), MiB
# (one sparse file) and layers (12,000 files of 1 KiB, spread over so many).
#
#   growth.sh WORK RESULTS ROUNDS
#
# NACRE_GROWTH_ENTRIES, NACRE_GROWTH_MIB and NACRE_GROWTH_LAYERS are the sizes, in place of those
# below. `nacre` and `measure` are in PATH; run sees to it. Unpacking is without the flush.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022

work=${1:?usage: growth.sh WORK RESULTS ROUNDS}
results=${2:?results}
rounds=${3:?rounds}
read -ra entries <<<"${NACRE_GROWTH_ENTRIES:-1000 10000 100000 1000000}"
read -ra mebibytes <<<"${NACRE_GROWTH_MIB:-1 16 256 1024 4096 16384}"
read -ra layers <<<"${NACRE_GROWTH_LAYERS:-1 2 4 8 15 30 60 120}"
limits=(--limit layer-bytes=64G --limit image-bytes=64G --limit blob-bytes=64G --limit ratio=1000000
	--limit layer-members=2000000)

# Exactly so many directories and files.
tree_entries() { # DIR ENTRIES
	python3 - "$@" <<-'END'
		import os, sys
		left = int(sys.argv[2])
		while left > 0:
		    path = f"{sys.argv[1]}/{left:07d}"
		    os.mkdir(path)
		    parent = os.open(path, os.O_RDONLY)
		    files = min(left - 1, 999)
		    for i in range(files):
		        os.close(os.open(f"{i:03d}", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=parent))
		    os.close(parent)
		    left -= files + 1
	END
}

tree_mib() { # DIR MIB
	truncate -s "$2M" "$1/sparse"
}

# 120 directories of 100 files.
tree_layers() { # DIR
	python3 - "$1" <<-'END'
		import os, sys
		for i in range(120):
		    os.mkdir(f"{sys.argv[1]}/{i:03d}")
		    for j in range(100):
		        with open(f"{sys.argv[1]}/{i:03d}/{j:03d}", "wb") as file:
		            file.write((b"%d %d\n" % (i, j) * 100)[:1024])
	END
}

recipe_rootfs() {
	printf 'nacre: 1\nname: growth\nfrom: "rootfs:%s/tree/"\n' "$work" >"$work/recipe/nacre.yaml"
}

recipe_layers() { # LAYERS
	local i j

	{
		printf 'nacre: 1\nname: growth\nfrom: scratch\nlayers:\n'
		for ((i = 0; i < $1; i++)); do
			printf '  - name: layer%03d\n    steps:\n' "$i"
			for ((j = i * 120 / $1; j < (i + 1) * 120 / $1; j++)); do
				printf '      - copy: {from: tree/%03d, to: /%03d}\n' "$j" "$j"
			done
		done
	} >"$work/recipe/nacre.yaml"
}

# A row of what a command took.
row() { # AXIS SIZE JOB ROUND COMMAND…
	local code=0 head

	printf -v head '%s\t%s\t%s\t%s' "$1" "$2" "$3" "$4"
	shift 4
	sync -f "$work"
	measure "$work/times" 1 "$@" >"$work/log" 2>&1 || code=$?
	printf '%s\t%s\n' "$head" "$(cat "$work/times")" >>"$results"
	[ $code -eq 0 ] || { cat "$work/log" >&2 && echo "growth: failed: $*" >&2 && return 1; }
}

measured() { # AXIS SIZE
	local round

	for ((round = 1; round <= rounds; round++)); do
		rm -rf "$work/image" "$work/root"
		row "$1" "$2" build "$round" nacre build -q --no-cache "${limits[@]}" "$work/recipe" -t "oci:$work/image:t"
		row "$1" "$2" verify-deep "$round" nacre verify --unsigned --deep "${limits[@]}" "oci:$work/image:t"
		row "$1" "$2" unpack "$round" nacre unpack --no-sync --unsigned "${limits[@]}" "oci:$work/image:t" "$work/root"
	done
	rm -rf "$work/image" "$work/root"
	echo "growth: $2 $1" >&2
}

fresh() {
	rm -rf "$work"
	mkdir -p "$work/tree" "$work/recipe"
}

printf 'axis\tsize\tjob\tround\twall\tuser\tsystem\trss_kib\tcode\n' >"$results"
for size in "${entries[@]}"; do
	fresh
	tree_entries "$work/tree" "$size"
	recipe_rootfs
	measured entries "$size"
done
for size in "${mebibytes[@]}"; do
	fresh
	tree_mib "$work/tree" "$size"
	recipe_rootfs
	measured MiB "$size"
done
fresh
mkdir "$work/recipe/tree"
tree_layers "$work/recipe/tree"
for size in "${layers[@]}"; do
	recipe_layers "$size"
	measured layers "$size"
done
rm -rf "$work"
