#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What a Linux file system holds goes into a layer and comes out of it: directory, image, directory,
# and from that the same image once more.

load ../lib/common

teardown() {
	cd /
	local mounts
	mapfile -t mounts < <(awk -v below="$scratch/" 'index($2, below) == 1 { print $2 }' /proc/mounts)
	[ ${#mounts[@]} -eq 0 ] || umount -l "${mounts[@]}"
}

# make_root: the Python script on standard input runs in ./root.
make_root() {
	mkdir -p root
	{ echo 'import os, socket, struct, subprocess, sys'; cat; } | (cd root && "$PYTHON" -)
}

# round_trip [OPTION…]: ./root becomes an image, the image a directory, and that the same image. The
# options are for building and unpacking, those in $unpack_options for unpacking alone.
round_trip() {
	rm -rf layout again
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	nacre build . -t oci:layout:one "$@" >/dev/null
	# shellcheck disable=SC2086
	nacre unpack oci:layout:one again --unsigned --devices ${unpack_options:-} "$@" >out 2>&1 || {
		cat out
		return 1
	}
	if grep warning out; then
		return 1
	fi
	[ "${trees_are_compared:-yes}" = no ] || same_tree root again
	mv root first
	mv again root
	nacre build . -t oci:layout:two "$@" >/dev/null
	[ "$(digest_of layout one)" = "$(digest_of layout two)" ]
	mv root again
	mv first root
}

# agrees: the reader and writer that was made from docs/layer-encoding.md alone knows the layer.
agrees() {
	layer layout one >layer.tar
	"$PYTHON" "$lib/layerfmt.py" check <layer.tar
}

# on_fs TYPE [MKFS-OPTION…]: goes into a new file system, whose image is not what refused() looks at.
on_fs() {
	local type=$1 image

	shift
	mkdir mnt
	if [ "$type" = tmpfs ]; then
		mount -t tmpfs -o size=1g,nr_inodes=0 tmpfs mnt
	else
		image=$(mktemp "$BATS_TEST_TMPDIR/fs.XXXXXX")
		truncate -s 400M "$image"
		"mkfs.$type" -q "$@" "$image"
		mount -o loop "$image" mnt || skip "no loop device, or no $type, in this kernel"
	fi
	cd mnt || return
}

@test "each kind of file, empty and not, with its owner, mode and time, and the root's own" {
	make_root <<'P'
for kind in range(6):
    for owner in (0, 1000):
        name = f"{kind}-{owner}"
        if kind == 0:
            open(name, "w").close()
        elif kind == 1:
            with open(name, "w") as file:
                file.write("content\n")
        elif kind == 2:
            os.mkdir(name)
        elif kind == 3:
            os.symlink("../no where", name)
        elif kind == 4:
            os.mkfifo(name)
        else:
            os.mknod(name, 0o20600, os.makedev(1, 3))
            os.mknod(name + "-block", 0o60660, os.makedev(4095, 1048575))
            os.mknod(name + "-zero", 0o60660, os.makedev(0, 1))
        os.chown(name, owner, owner + 1, follow_symlinks=False)
        os.utime(name, ns=(0, 1234567890123456789 + kind), follow_symlinks=False)
os.mkdir("1-0-dir")
with open("1-0-dir/below", "w") as file:
    file.write("x" * 5000)
os.chown(".", 7, 8)
os.chmod(".", 0o1777)
os.utime(".", ns=(0, -1))
P
	round_trip
	agrees
	[ "$(stat -c '%a %u:%g' again)" = "1777 7:8" ]
}

@test "every mode from 0000 to 7777, on files, directories, fifos and devices" {
	make_root <<'P'
for mode in range(0o10000):
    os.close(os.open(f"file-{mode:04o}", os.O_CREAT | os.O_WRONLY))
    os.chmod(f"file-{mode:04o}", mode)
    os.mkdir(f"dir-{mode:04o}")
    os.chmod(f"dir-{mode:04o}", mode)
for mode in list(range(0, 0o10000, 73)) + [0o7777]:
    os.mkfifo(f"fifo-{mode:04o}")
    os.chmod(f"fifo-{mode:04o}", mode)
    os.mknod(f"char-{mode:04o}", 0o20600, os.makedev(1, 5))
    os.chmod(f"char-{mode:04o}", mode)
P
	round_trip
	agrees
}

@test "setuid and setgid stay where owner, content and capabilities are set too" {
	make_root <<'P'
for mode in (0o4755, 0o2755, 0o6711, 0o7777):
    name = f"{mode:o}"
    with open(name, "w") as file:
        file.write("#!/bin/sh\n")
    os.chown(name, 12, 34)
    os.setxattr(name, "user.a", b"b")
    os.setxattr(name, "security.capability", bytes.fromhex("0100000200200000" + "00" * 12))
    os.chmod(name, mode)
    os.mkdir("d" + name)
    os.chown("d" + name, 12, 34)
    os.chmod("d" + name, mode)
    with open("d" + name + "/below", "w") as file:
        file.write("in a setgid directory")
    os.chown("d" + name + "/below", 99, 98)
P
	round_trip
}

@test "hard links are one file again: across directories, of files, symlinks, fifos and devices" {
	make_root <<'P'
for name in ("a", "b", "b/c", "z"):
    os.mkdir(name)
with open("b/c/large", "w") as file:
    file.write("once " * 100000)
open("b/empty", "w").close()
os.symlink("a/name", "b/symlink")
os.mkfifo("b/fifo")
os.mknod("b/char", 0o20640, os.makedev(5, 1))
os.mknod("b/block", 0o60640, os.makedev(8, 0))
for name in ("c/large", "empty", "symlink", "fifo", "char", "block"):
    leaf = os.path.basename(name)
    # Before and behind the others in the archive's order, and in the same directory.
    for other in ("a/" + leaf, "z/" + leaf, "b/c/" + leaf + "2", leaf, "b/" + leaf + "-twin"):
        os.link("b/" + name, other, follow_symlinks=False)
os.mkdir("many")
with open("many/0", "w") as file:
    file.write("0")
for i in range(1, 2000):
    os.link("many/0", f"many/{i}")
P
	round_trip
	agrees
	[ "$(stat -c %h again/a/large)" -eq 6 ]
	[ "$(stat -c '%F %h' again/z/symlink)" = "symbolic link 6" ]
	[ "$(stat -c %h again/many/1999)" -eq 2000 ]
	# The content is there once.
	[ "$(stat -c %s layer.tar)" -lt 4000000 ]
	[ "$(tar -tvf layer.tar | grep -c ' link to a/large')" -eq 5 ]
	mkdir gnu
	tar -C gnu -xpf layer.tar
	same_tree root gnu --ignore xattrs
}

@test "extended attributes hold any bytes, and none" {
	make_root <<'P'
open("file", "w").close()
os.mkdir("dir")
for name in (".", "file", "dir"):
    for i, value in enumerate((b"", b"\0", b"\0\0a\0", b"\n", b"=", b"12 path=evil\n", b"a\nb=c\n",
                               bytes(range(256)), b" ", "ä".encode(), b"\xff\xfe")):
        os.setxattr(name, f"user.value-{i}", value)
    for attribute in ("user.a b", "user.\n", "user.ä", "user.%3D", "user.SCHILY.xattr.x",
                      "user.x\t", "user.12 path"):
        os.setxattr(name, attribute, attribute.encode())
    os.setxattr(name, b"user.\xff\xfe\x80", b"no UTF-8")
P
	round_trip
	agrees
}

@test "an extended attribute whose name holds '=' is refused by name" {
	make_root <<'P'
open("file", "w").close()
os.setxattr("file", "user.a=b", b"c")
P
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	refused 3 "'file': xattr 'user.a=b'" build . -t oci:layout:one
}

@test "with --xattrs all attributes travel on whatever has them, without it user's and capabilities" {
	make_root <<'P'
open("file", "w").close()
os.mkdir("dir")
os.symlink("file", "link")
os.mkfifo("fifo")
os.mknod("char", 0o20600, os.makedev(1, 3))
for name in (".", "file", "dir", "link", "fifo", "char"):
    os.setxattr(name, "trusted.note", name.encode() + b"\0\n", follow_symlinks=False)
    os.setxattr(name, "trusted.empty", b"", follow_symlinks=False)
os.setxattr("file", "user.note", b"user's")
os.setxattr("file", "security.other", b"of no module")
P
	round_trip --xattrs all
	agrees
	[ "$(getfattr -h --only-values -n trusted.empty again/link | wc -c)" -eq 0 ]
	nacre build . -t oci:layout:few >/dev/null
	nacre unpack oci:layout:few few --unsigned --devices >/dev/null
	[ "$(getfattr -h -d -m - -R few | grep -c =)" -eq 1 ]
	[ "$(getfattr --only-values -n user.note few/file)" = "user's" ]
}

@test "attributes are taken up to the most that the file system holds" {
	on_fs xfs
	make_root <<'P'
for name in ("file", "dir"):
    os.mkdir(name) if name == "dir" else open(name, "w").close()
    os.setxattr(name, "user.largest", os.urandom(65536))
    os.setxattr(name, "user." + "n" * 250, b"the longest name")
open("many", "w").close()
for i in range(100):
    os.setxattr("many", f"user.{i}", str(i).encode() * 100)
P
	round_trip
	agrees
	setfattr -n user.100 -v more root/many
	refused 3 "'many': more than 100 xattrs (limit xattrs)" build . -t oci:layout:three
	round_trip --limit xattrs=101
}

@test "file capabilities of both versions" {
	make_root <<'P'
v2 = bytes.fromhex("01000002002000000000000000000000000000" + "00")
v3 = bytes.fromhex("0000000300040000000000000004000000000000") + struct.pack("<I", 100000)
for name, value in (("v2", v2), ("v3", v3)):
    with open(name, "w") as file:
        file.write("#!/bin/sh\n")
    os.chown(name, 5, 6)
    os.setxattr(name, "security.capability", value)
    assert os.getxattr(name, "security.capability") == value
P
	round_trip
	agrees
	getcap again/v2 | grep -q cap_net_raw
	getcap -n again/v3 | grep -q 'rootid=100000'
}

@test "POSIX ACLs, of access and by default" {
	on_fs tmpfs
	make_root <<'P'
open("file", "w").close()
os.mkdir("dir")
os.mkdir("dir/below")
for acl in ("u:1000:rwx,g:1000:r-x,m::r-x", ):
    subprocess.run(["setfacl", "-m", acl, "file", "dir", "."], check=True)
subprocess.run(["setfacl", "-d", "-m", "u:1001:rwx,g:1002:---,o::---", "dir", "."], check=True)
open("dir/inherited", "w").close()
os.mkdir("dir/inherits")
os.chmod("dir/inherited", 0o4640)
P
	round_trip --xattrs all
	agrees
	diff <(cd root && find . | sort | getfacl -n -) <(cd again && find . | sort | getfacl -n -)
	getfacl -np again/dir/inherits | grep -q '^default:user:1001:rwx'
}

@test "names of any bytes" {
	make_root <<'P'
def touch(name):
    with open(name, "wb") as file:
        file.write(name)

for byte in range(1, 256):
    if byte not in b"/.":
        touch(bytes([byte]))
    if byte != 0x2f:
        os.mkdir(b"d" + bytes([byte]))
        touch(b"d" + bytes([byte]) + b"/" + bytes([byte]) * 2 + b"-")
for name in (b"...", b"..a", b".a", b"a.", b"-rf", b"--help", b" ", b"  ", b" a", b"a ", b"a\n", b"\n",
             b"a\\", b"a\\012b", b"%s%n", b"$(true)", b"*", b"n" * 255, b"\xff" * 255, "ä".encode() * 127,
             "ä".encode(), "a\u0308".encode(), b"A", b"a", b"PaxHeader", b"././@PaxHeader"[4:],
             b".wh", b".wh-a", b"a.wh.b", b".WH.a", b".wha.", b"wh.", b"CON", b"\xed\xa0\x80", b"\xc0\xaf",
             "\u202e\ufeff".encode(), b"a:b", b"@x", b"#x", b"=x", b"12 path=x"):
    touch(name)
P
	round_trip
	agrees
	mkdir gnu
	tar -C gnu -xpf layer.tar
	same_tree root gnu
}

@test "names on both sides of each border of the header's fields" {
	make_root <<'P'
for length in (1, 99, 100, 101, 154, 155, 156, 157, 254, 255):
    os.mkdir("d" * length)
    for leaf in (1, 2, 98, 99, 100, 101, 102, 153, 154, 155, 156, 255):
        with open("d" * length + "/" + "f" * leaf, "w") as file:
            file.write("x")
        os.symlink("t" * (length + leaf), "d" * length + "/" + "l" * leaf)
        os.link("d" * length + "/" + "f" * leaf, "d" * length + "/" + "h" * leaf)
P
	round_trip
	agrees
}

@test "symlinks of any target, from 1 to 4095 bytes" {
	on_fs tmpfs
	make_root <<'P'
for i, target in enumerate((b"a", b"/", b".", b"..", b"//", b"a//b", b"a/./b/../c/", b"/../..", b" ", b"\n",
                            b"\xff\xfe", bytes(range(1, 256)), b"t" * 100, b"t" * 101, b"../" * 1365,
                            b"t" * 4094, b"t" * 4095, b"/proc/self/root", b".wh.a", b"-a")):
    os.symlink(target, str(i))
P
	round_trip
	agrees
}

@test "a socket is refused by name, deep below too" {
	make_root <<'P'
os.makedirs("var/run")
socket.socket(socket.AF_UNIX).bind("var/run/a socket")
P
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	refused 3 "'var/run/a socket': sockets cannot be put in a layer" build . -t oci:layout:one
}

@test "a name that would be a whiteout is refused by name, as a file and as a directory" {
	local name
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	for name in .wh.a .wh. .wh..wh..opq .wh..wh.plnk; do
		rm -rf root
		mkdir -p "root/etc/$name"
		refused 3 "'etc/$name': a name that begins with '.wh.'" build . -t oci:layout:one
		rm -rf root
		mkdir -p root/etc
		touch "root/etc/$name"
		refused 3 "'etc/$name': a name that begins with '.wh.'" build . -t oci:layout:one
	done
}

@test "the device 0:0, a whiteout of overlayfs, and its attributes are refused by name" {
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	mkdir root
	mknod root/zero c 0 0
	nacre build . -t oci:layout:zero >/dev/null
	refused 3 "'zero': the device 0:0" unpack oci:layout:zero again --unsigned --devices
	rm root/zero
	mkdir root/opaque
	setfattr -n trusted.overlay.opaque -v y root/opaque
	nacre build . -t oci:layout:opaque --xattrs all >/dev/null
	refused 3 "'opaque': xattr 'trusted.overlay.opaque'" \
		unpack oci:layout:opaque again --unsigned --xattrs all
}

# deep DEPTH LENGTH: directories with names of LENGTH bytes, made by single names.
deep() {
	make_root <<P
fd = os.open(".", os.O_RDONLY)
for i in range($1):
    name = f"{i:04}-" + "n" * ($2 - 5)
    os.mkdir(name, dir_fd=fd)
    fd, before = os.open(name, os.O_RDONLY, dir_fd=fd), fd
    os.close(before)
for name in ("file", "other"):
    with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT, 0o640, dir_fd=fd), "w") as file:
        file.write("at the bottom\n")
os.link("file", "link", src_dir_fd=fd, dst_dir_fd=fd)
os.symlink("file", "symlink", dir_fd=fd)
os.mkfifo("fifo", dir_fd=fd)
os.utime("symlink", ns=(0, 5), dir_fd=fd, follow_symlinks=False)
os.setxattr(fd, "user.depth", b"$1")
P
}

@test "paths go to 4095 bytes, and beyond only where the limit says so" {
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	deep 16 254
	round_trip
	agrees
	rm -rf root again
	deep 20 254
	refused 3 "a path of more than 4095 bytes (limit path-bytes)" build . -t oci:layout:two
	round_trip --limit path-bytes=8192
	agrees
	refused 3 "a path of more than 4095 bytes (limit path-bytes)" \
		unpack oci:layout:one third --unsigned --devices
	nacre unpack oci:layout:one again --unsigned --devices --replace --limit path-bytes=8192
	same_tree root again
	[ "$(nacre ls oci:layout:one --limit path-bytes=8192 | wc -L)" -gt 5000 ]
	[ "$(nacre ls --mtree oci:layout:one --limit path-bytes=8192 | wc -L)" -gt 5000 ]
	nacre verify oci:layout:one --unsigned --deep --limit path-bytes=8192
}

@test "paths of a hundred thousand bytes are built, listed, unpacked and replaced" {
	[ -z "$NACRE_SANITIZE" ] || skip "too large for a sanitizer"
	local limits=(--limit path-bytes=1048576 --limit ratio=100000)
	deep 400 254
	round_trip "${limits[@]}"
	nacre unpack oci:layout:one again --unsigned --devices --replace "${limits[@]}"
	same_tree root again
	[ "$(nacre ls oci:layout:one "${limits[@]}" | wc -L)" -gt 100000 ]
}

@test "a thousand directories deep by default, ten thousand where the limit says so" {
	[ -z "$NACRE_SANITIZE" ] || skip "too large for a sanitizer"
	local limits=(--limit depth=10000 --limit path-bytes=100000 --limit ratio=100000)
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	deep 999 5
	round_trip --limit path-bytes=7000
	rm -rf root
	deep 5000 5
	# Without a look at all that is on disk, whose paths are long.
	run -3 --separate-stderr nacre build . -t oci:layout:two --limit path-bytes=100000
	[[ $stderr == *"more than 1000 directories deep (limit depth)" ]]
	nacre build . -t oci:layout:two "${limits[@]}" >/dev/null
	nacre unpack oci:layout:two rootfs --unsigned "${limits[@]}"
	[ "$(nacre ls oci:layout:two "${limits[@]}" | wc -L)" -eq 30007 ]
	nacre unpack oci:layout:two rootfs --unsigned --replace "${limits[@]}"
}

@test "owners from 0 to 4294967294" {
	make_root <<'P'
ids = (0, 1, 1000, 65533, 65534, 65535, 65536, 2097151, 2097152, 2**31 - 1, 2**31, 2**32 - 3, 2**32 - 2)
for i, uid in enumerate(ids):
    for kind in ("file", "dir", "link", "fifo"):
        name = f"{kind}-{uid}"
        if kind == "file":
            open(name, "w").close()
        elif kind == "dir":
            os.mkdir(name)
        elif kind == "link":
            os.symlink("x", name)
        else:
            os.mkfifo(name)
        os.chown(name, uid, ids[-1 - i], follow_symlinks=False)
P
	round_trip
	agrees
}

@test "an owner of 4294967295 is refused: to the system it means none" {
	write nacre.yaml <<-'R'
	nacre: 1
	from: scratch
	layers:
	  - name: a
	    steps:
	      - file: {path: /a, text: "x", owner: "4294967295:0"}
	R
	refused 3 "4294967295" build . -t oci:layout:one
}

# times: on what can hold them, with each kind of file.
times() {
	make_root <<P
times = ($1)
for i, (seconds, ns) in enumerate(times):
    for kind in ("file", "dir", "link", "fifo"):
        name = f"{kind}-{i}"
        if kind == "file":
            open(name, "w").close()
        elif kind == "dir":
            os.mkdir(name)
        elif kind == "link":
            os.symlink("x", name)
        else:
            os.mkfifo(name)
        os.utime(name, ns=(0, seconds * 10**9 + ns), follow_symlinks=False)
        assert os.lstat(name).st_mtime_ns == seconds * 10**9 + ns, (seconds, ns)
os.utime(".", ns=(0, -1))
P
	round_trip
	agrees
}

usual_times='(-2**31, 0), (-2**31 + 1, 1), (-86400 * 365, 999999999), (-2, 0), (-2, 250000000), (-1, 0),
(-1, 1), (-1, 500000000), (-1, 999999999), (0, 0), (0, 1), (1, 100000000), (1700000000, 123456789),
(2**31 - 1, 999999999), (2**31, 0), (2**31, 1), (2**32, 5), (8589934591, 0), (8589934591, 999999999),
(8589934592, 0)'

@test "times from 1901 to 2446, as ext4 has them" {
	on_fs ext4 -O '^has_journal' -I 256
	times "$usual_times, (15032385534, 999999999), (15032385535, 0)"
}

@test "times of 64 bits, as tmpfs has them" {
	on_fs tmpfs
	make_root <<'P'
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

class Timespec(ctypes.Structure):
    _fields_ = [("s", ctypes.c_int64), ("ns", ctypes.c_long)]

# os.utime() goes to 292 years around 1970 with nanoseconds.
for i, (s, ns) in enumerate(((-2**31 - 1, 0), (-62135596800, 0), (-62135596801, 999999999), (253402300799, 999999999),
                             (253402300800, 0), (2**40, 1), (-2**40, 999999999), (2**56, 0), (2**62, 5),
                             (2**63 - 1, 0), (2**63 - 1, 999999999), (-2**63, 0), (-2**63, 999999999),
                             (-2**63 + 1, 0), (2**63 - 2, 1))):
    open(str(i), "w").close()
    os.symlink("x", f"l{i}")
    for name in (str(i), f"l{i}"):
        both = (Timespec * 2)(Timespec(0, 0), Timespec(s, ns))
        assert libc.utimensat(-100, name.encode(), both, 0x100) == 0, os.strerror(ctypes.get_errno())
P
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	nacre build . -t oci:layout:one >/dev/null
	nacre unpack oci:layout:one again --unsigned
	# What Python's times of days cannot show, stat can.
	diff <(cd root && stat -c '%n %.9Y' ./*) <(cd again && stat -c '%n %.9Y' ./*)
	[ "$(cd again && stat -c '%.9Y' ./* | sort -u | wc -l)" -eq 13 ] # none with nanoseconds at either end
	nacre ls -l oci:layout:one >/dev/null
	mv root first
	mv again root
	nacre build . -t oci:layout:two >/dev/null
	[ "$(digest_of layout one)" = "$(digest_of layout two)" ]
	agrees
}

@test "contents around the size of a block, and sparse files, whose holes are filled" {
	make_root <<'P'
for size in (0, 1, 511, 512, 513, 1023, 1024, 4095, 4096, 4097, 131071, 131072, 131073, 262144, 1 << 20):
    with open(str(size), "wb") as file:
        file.write(os.urandom(size))
for name, size, places in (("hole", 1 << 20, ()), ("begin", 1 << 20, (0,)), ("middle", 1 << 20, (500000,)),
                           ("end", 1 << 20, ((1 << 20) - 1,)), ("many", 4 << 20, range(0, 4 << 20, 65536))):
    with open(name, "wb") as file:
        file.truncate(size)
        for place in places:
            file.seek(place)
            file.write(b"x")
P
	round_trip
	agrees
	# As docs/layer-encoding.md says: the content is the same, the holes are not kept.
	[ "$(stat -c %b root/hole)" -eq 0 ]
	[ "$(stat -c %b again/hole)" -gt 0 ]
}

@test "a directory of a hundred thousand names, and ten thousand directories" {
	[ -z "$NACRE_SANITIZE" ] || skip "too large for a sanitizer"
	on_fs tmpfs
	make_root <<'P'
os.mkdir("files")
os.mkdir("dirs")
for i in range(100000):
    os.close(os.open(f"files/{i * 7919 % 100003}", os.O_CREAT | os.O_WRONLY, 0o600))
for i in range(10000):
    os.mkdir(f"dirs/{i * 7919 % 100003}")
P
	trees_are_compared=no round_trip --limit ratio=1000
	[ "$(find again/files -mindepth 1 | wc -l)" -eq 100000 ]
	nacre unpack oci:layout:one again --unsigned --replace --no-sync --limit ratio=1000
	[ "$(find again/dirs -mindepth 1 | wc -l)" -eq 10000 ]
}

@test "everything at once on tmpfs, ext4, xfs and btrfs" {
	local type
	for type in tmpfs ext4 xfs btrfs; do
		(
			mkdir "on-$type"
			cd "on-$type"
			on_fs "$type"
			make_root <<'P'
os.mkdir("d")
with open("d/file", "w") as file:
    file.write("content")
os.chown("d/file", 2**32 - 2, 2**31)
os.setxattr("d/file", "user.x", b"\0\n=" * 100)
os.setxattr("d/file", "security.capability", bytes.fromhex("0100000200200000" + "00" * 12))
os.chmod("d/file", 0o6755)
os.symlink("t" * 1000, "link")
os.mkfifo("fifo")
os.mknod("char", 0o20600, os.makedev(511, 262143))
for name in ("d/file", "link", "fifo", "char"):
    os.link(name, "d/twin-of-" + os.path.basename(name), follow_symlinks=False)
    os.setxattr(name, "trusted.note", b"\xff" * 64, follow_symlinks=False)
subprocess.run(["setfacl", "-m", "u:1000:rwx", "d"], check=True)
subprocess.run(["setfacl", "-d", "-m", "g:1000:r--", "d"], check=True)
open("d/below", "w").close()
with open(b"\xff" * 255, "w") as file:
    file.write("name")
for name in ("d/file", "link", "fifo", "char", "d", "."):
    os.utime(name, ns=(0, -1_500_000_001), follow_symlinks=False)
P
			round_trip --xattrs all
			agrees
		)
	done
}

@test "from one file system to the other and back" {
	mkdir one
	(cd one && on_fs xfs)
	mkdir two
	(cd two && on_fs btrfs)
	make_root <<'P'
os.mkdir("d")
with open("d/file", "w") as file:
    file.write("content")
os.setxattr("d/file", "user.x", b"value")
os.link("d/file", "d/twin")
os.symlink("d", "link")
os.utime("link", ns=(0, -5), follow_symlinks=False)
P
	printf 'nacre: 1\nfrom: rootfs:root/\n' >nacre.yaml
	nacre build . -t oci:layout:here >/dev/null
	local place before=here
	for place in one/mnt two/mnt one/mnt; do
		nacre unpack "oci:layout:$before" "$place/rootfs" --unsigned --replace
		rm -rf root
		ln -s "$place/rootfs" root
		nacre build . -t oci:layout:again >/dev/null
		rm root
		[ "$(digest_of layout here)" = "$(digest_of layout again)" ]
		before=again
	done
}

@test "without any privilege, what a user can own makes the round" {
	need_namespaces # else the cage's warning is in the way
	mkdir home/user
	chown 65534:65534 home/user
	cd home/user
	as_nobody sh -c 'mkdir root && cd root && "$0" -' "$PYTHON" <<'P'
import os
os.makedirs("d/e")
with open("d/file", "w") as file:
    file.write("content")
os.link("d/file", "d/e/twin")
os.symlink("../file", "d/e/link")
os.link("d/e/link", "link", follow_symlinks=False)
os.mkfifo("fifo", 0o640)
os.setxattr("d/file", "user.note", b"\0\n")
os.setxattr("d", "user.note", b"")
with open(b"\xff\xfe\n", "w") as file:
    file.write("odd")
for mode in (0o400, 0o444, 0o600, 0o755, 0o6755, 0o1777):
    open(f"file-{mode:o}", "w").close()
    os.setxattr(f"file-{mode:o}", "user.mode", b"x")
    os.chmod(f"file-{mode:o}", mode)
for mode in (0o500, 0o700, 0o1777, 0o2755):
    os.mkdir(f"dir-{mode:o}")
    open(f"dir-{mode:o}/below", "w").close()
    os.chmod(f"dir-{mode:o}", mode)
for name in ("d/file", "link", "fifo", "d", "."):
    os.utime(name, ns=(0, -1_500_000_001), follow_symlinks=False)
P
	as_nobody bash -euc "$(declare -f round_trip digest_of same_tree)
		lib='$lib' PYTHON='$PYTHON' unpack_options=--no-owner
		round_trip"
	[ "$(stat -c '%u %a' again/file-6755)" = "65534 6755" ]
}
