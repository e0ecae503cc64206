#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What is large: files beyond 8 GiB, a million entries. Labelled "slow"; what it measures stands in
# docs/performance.md.

load ../lib/common

teardown() {
	cd /
	! mountpoint -q "$scratch/mnt" || umount -l "$scratch/mnt"
}

@test "a file of more than 8 GiB makes the round" {
	truncate -s 4G fs.img
	mkfs.btrfs -q fs.img
	mkdir mnt
	mount -o loop,compress-force=zstd:1 fs.img mnt || skip "no loop device, or no btrfs, in this kernel"
	mkdir root
	truncate -s 8589934593 root/large # one byte more than the size field holds
	printf begin | dd of=root/large conv=notrunc status=none
	printf border | dd of=root/large conv=notrunc status=none bs=1 seek=4294967293
	printf Z | dd of=root/large conv=notrunc status=none bs=1 seek=8589934592
	touch -d @5 root/large
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	# A cache would only read all of it once more.
	nacre build . -t oci:layout:one --no-cache
	zstd -dc "$(blob_path layout "$(manifest layout one | jq -r '.layers[0].digest')")" | tar -tv |
		grep -q ' 8589934593 .* large$'
	nacre unpack oci:layout:one mnt/again --unsigned --no-sync --limit ratio=100000
	[ "$(stat -c '%s %Y' mnt/again/large)" = "8589934593 5" ]
	[ "$(head -c 5 mnt/again/large)" = begin ]
	[ "$(tail -c +4294967294 mnt/again/large | head -c 6)" = border ]
	[ "$(tail -c 1 mnt/again/large)" = Z ]
}

# peak MOST COMMAND…: runs it, and says how many bytes of memory each of a million entries took in
# the process that took most. More than MOST is too much.
peak() {
	"$PYTHON" - "$@" <<'P' >&3
import os, resource, subprocess, sys
most, command = int(sys.argv[1]), sys.argv[2:]
# Another child's peak than this one's would be counted too.
with open("out", "wb") as out:
    done = subprocess.run(command, stdout=out, check=False)
bytes_each = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
print(f"# {' '.join(command[1:3])}: {bytes_each:.0f} bytes each")
sys.exit(done.returncode or bytes_each > most)
P
}

@test "a million entries take no more memory than docs/performance.md says" {
	local limits=(--limit ratio=100000)
	mkdir mnt
	mount -t tmpfs -o size=6g,nr_inodes=0 tmpfs mnt
	cd mnt
	"$PYTHON" - >million.tar <<'P'
import sys

def member(name, kind):
    block = bytearray(512)
    for at, value in ((0, name), (100, b"0000644\0" if kind == b"0" else b"0000755\0"), (108, b"0000000\0"),
                      (116, b"0000000\0"), (124, b"00000000000\0"), (136, b"00000000005\0"),
                      (148, b" " * 8), (156, kind), (257, b"ustar\x0000"), (329, b"0000000\0"),
                      (337, b"0000000\0")):
        block[at:at + len(value)] = value
    block[148:156] = b"%06o\0 " % sum(block)
    sys.stdout.buffer.write(block)

member(b"./", b"5")
for i in range(999):
    member(b"directory-%04d/" % i, b"5")
    for j in range(1000):
        member(b"directory-%04d/file-%07d.txt" % (i, j), b"0")
sys.stdout.buffer.write(bytes(1024))
P
	printf 'nacre: 1\nfrom: rootfs:million.tar\n' >nacre.yaml
	peak 400 "$NACRE" build . -t oci:layout:archive
	peak 250 "$NACRE" verify oci:layout:archive --unsigned --deep "${limits[@]}"
	grep '1000000 members' out
	peak 250 "$NACRE" ls oci:layout:archive "${limits[@]}"
	[ "$(wc -l <out)" -eq 1000000 ]
	peak 250 "$NACRE" unpack oci:layout:archive root --unsigned --no-sync "${limits[@]}"
	rm million.tar
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	peak 400 "$NACRE" build . -t oci:layout:directory
	[ "$(config layout archive | jq .rootfs)" = "$(config layout directory | jq .rootfs)" ]
}
