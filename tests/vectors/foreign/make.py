#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the archives beside it, which layers/foreign_test.c reads. Standard library only; the same
bytes each time, but for what a version of zlib or liblzma may change. Run it in this directory."""
import base64
import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile

NFC = "\u00e9"  # one code point
NFD = "e\u0301"  # the same letter as two
RAW = b"\xff\xfe"  # not UTF-8


def save(name, data):
    with open(name, "wb") as out:
        out.write(data)


# ---------------------------------------------------------------------------------------- tar


def info(name, kind=tarfile.REGTYPE, **attrs):
    member = tarfile.TarInfo(name)
    member.type = kind
    member.mtime = 1700000000
    for key, value in attrs.items():
        setattr(member, key, value)
    return member


def tar(members, fmt=tarfile.GNU_FORMAT):
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=fmt, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def block(data):
    return data + b"\0" * (-len(data) % 512)


def record(key, value):
    body = b" " + key + b"=" + value + b"\n"
    size = len(body)
    while len(str(size)) + len(body) != size:
        size = len(str(size)) + len(body)
    return str(size).encode() + body


def pax(records, name="x", content=b"hi", **attrs):
    """A member behind a pax header with just these records, or with these bytes."""
    body = records if isinstance(records, bytes) else b"".join(record(k, v) for k, v in records)
    head = info("pax", b"x", size=len(body)).tobuf(tarfile.USTAR_FORMAT)
    member = info(name, size=len(content), **attrs).tobuf(tarfile.USTAR_FORMAT)
    return head + block(body) + member + block(content)


END = b"\0" * 1024


def types():
    return [
        (info("./", tarfile.DIRTYPE, mode=0o755), b""),
        (info("bin/", tarfile.DIRTYPE, mode=0o1777, uid=1, gid=2), b""),
        (info("bin/su", mode=0o4755, uid=1000, gid=100), b"content\n"),
        (info("bin/sh", tarfile.SYMTYPE, mode=0o777, linkname="../usr/bin/dash"), b""),
        (info("bin/again", tarfile.LNKTYPE, linkname="bin/su"), b""),
        (info("null", tarfile.CHRTYPE, mode=0o666, devmajor=1, devminor=3), b""),
        (info("disk", tarfile.BLKTYPE, mode=0o660, devmajor=259, devminor=70000), b""),
        (info("pipe", tarfile.FIFOTYPE, mode=0o600), b""),
        (info("../etc/passwd"), b"x"),
    ]


def name_list():
    long = "d/" * 60
    raw = RAW.decode("utf-8", "surrogateescape")
    members = [(info(name), b"hi") for name in (NFC, NFD, raw, long + NFC, long + NFD, long + raw)]
    members.append((info("link", tarfile.SYMTYPE, linkname=NFD), b""))
    members.append((info("hard", tarfile.LNKTYPE, linkname=NFD), b""))
    return members


def sparse():
    """Old GNU sparse: 2 bytes at 0, 3 at 4096, a hole up to 10000."""
    head = bytearray(info("sparse", b"S", size=5).tobuf(tarfile.GNU_FORMAT)[:512])
    for i, (at, size) in enumerate(((0, 2), (4096, 3), (10000, 0))):
        head[386 + 24 * i : 410 + 24 * i] = b"%011o\0%011o\0" % (at, size)
    head[483:495] = b"%011o\0" % 10000
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + block(b"abcde") + END


def tars():
    save("types-gnu.tar", tar(types()))
    save("types-pax.tar", tar(types(), tarfile.PAX_FORMAT))
    save("names-gnu.tar", tar(name_list()))
    save("names-pax.tar", tar(name_list(), tarfile.PAX_FORMAT))
    save("names-pax-raw.tar", pax([(b"path", RAW), (b"linkpath", RAW)]) + END)
    save("time.tar", pax([(b"mtime", b"1700000000.000000001")]) + pax([(b"mtime", b"-2")]) + END)
    save("time-negative-fraction.tar", pax([(b"mtime", b"-1.25")]) + END)
    save("sparse.tar", sparse())
    save("empty.tar", END)
    twice = [
        (b"SCHILY.xattr.user.a", b"one\0\n"),
        (b"LIBARCHIVE.xattr.user.a", base64.b64encode(b"one\0\n").rstrip(b"=")),
        (b"SCHILY.xattr.security.capability", b"\x01\0\0\x02" + b"\0" * 16),
    ]
    save("xattrs.tar", pax(twice) + END)
    twice[1] = (b"LIBARCHIVE.xattr.user.a", base64.b64encode(b"two").rstrip(b"="))
    save("xattr-two-values.tar", pax(twice) + END)
    access = b"user::rw-,user:lisa:r-x:1001,user:anna:rw-:7,group::r--,mask::rwx,other::---"
    save(
        "acl.tar",
        pax([(b"SCHILY.acl.access", access), (b"SCHILY.acl.default", b"user::rwx,group::r-x,other::r-x")])
        + END,
    )
    save("acl-name-only.tar", pax([(b"SCHILY.acl.access", b"user::rw-,user:lisa:r-x,group::r--,mask::rwx,other::---")]) + END)
    save("acl-nfs4.tar", pax([(b"SCHILY.acl.ace", b"owner@:rwxp--aARWcCos:-------:allow")]) + END)
    save("pax-malformed.tar", pax(b"99999 path=y\n") + END)
    save("pax-malformed-behind-name.tar", pax(record(b"path", NFC.encode()) + b"7 junk\n") + END)
    save("owner-2-32.tar", pax([(b"uid", b"4294967296")]) + END)
    save("owner-none.tar", pax([(b"gid", b"4294967295")]) + END)
    save("device-wide.tar", tar([(info("d", tarfile.CHRTYPE, devmajor=4104, devminor=0), b"")]))
    save("cut.tar", tar([(info("cut"), b"x" * 2000)])[:1024])
    save("big.tar", tar([(info("big"), b"x" * 70000)]))
    save("three.tar", tar([(info(name), b"x") for name in "abc"]))


# --------------------------------------------------------------------------- around a tar, deb


def zstd(data):
    """One frame of raw blocks with a window of 128 KiB."""
    assert len(data) < 1 << 17
    return b"\x28\xb5\x2f\xfd\x00\x38" + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def ar(members):
    out = b"!<arch>\n"
    for name, content in members:
        out += b"%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, b"100644", len(content))
        out += content + b"\n" * (len(content) % 2)
    return out


def wrapped():
    plain = tar([(info("usr/", tarfile.DIRTYPE), b""), (info("usr/file"), b"content\n")])
    packed = gzip.compress(plain, mtime=0)
    save("wrapped.tar.gz", packed)
    save("wrapped.tar.bz2", bz2.compress(plain))
    save("wrapped.tar.xz", lzma.compress(plain))
    save("wrapped.tar.zst", zstd(plain))
    save("cut.tar.gz", packed[: len(packed) // 2])
    bomb = info("bomb")
    save("bomb.tar.gz", gzip.compress(tar([(bomb, b"\0" * (80 << 20))]), mtime=0))
    version = (b"debian-binary", b"2.0\n")
    control = (b"control.tar.gz", gzip.compress(tar([(info("control"), b"Package: x\n")]), mtime=0))
    save("good.deb", ar([version, control, (b"data.tar.xz", lzma.compress(plain))]))
    save("no-data.deb", ar([version, control]))
    save("old.deb", ar([(b"debian-binary", b"0.93\n"), control]))
    save("library.a", ar([(b"x.o/", b"\x7fELF")]))


# --------------------------------------------------------------------------------------- cpio


def cpio_member(name, mode, content=b"", inode=1, nlink=1):
    name += b"\0"
    fields = (inode, mode, 5, 6, nlink, 1700000000, len(content), 8, 1, 4, 64, len(name), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4) + content + b"\0" * (-len(content) % 4)


def cpio(members):
    out = b"".join(members) + cpio_member(b"TRAILER!!!", 0)
    return out + b"\0" * (-len(out) % 512)


def cpios():
    save(
        "types.cpio",
        cpio(
            [
                cpio_member(b"dir", stat.S_IFDIR | 0o755),
                cpio_member(b"dir/" + RAW, stat.S_IFREG | 0o644, b"content\n", 2),
                cpio_member(NFD.encode(), stat.S_IFLNK | 0o777, NFD.encode(), 3),
                cpio_member(b"tty", stat.S_IFCHR | 0o600, b"", 4),
                # The kernel's and GNU cpio's way: content comes with the last name.
                cpio_member(b"one", stat.S_IFREG | 0o644, b"", 5, 2),
                cpio_member(b"two", stat.S_IFREG | 0o644, b"content\n", 5, 2),
            ]
        ),
    )
    save("socket.cpio", cpio([cpio_member(b"run/log", stat.S_IFSOCK | 0o755)]))


# ---------------------------------------------------------------------------------------- zip


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, mode, content in members:
            member = zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6))
            member.create_system = 3
            member.external_attr = mode << 16
            member.compress_type = zipfile.ZIP_STORED if len(content) < 20 else zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return out.getvalue()


def zips():
    save(
        "types.zip",
        zip_of(
            [
                ("dir/", stat.S_IFDIR | 0o750, b""),
                ("dir/tool", stat.S_IFREG | 0o755, b"content\n" * 100),
                ("dir/link", stat.S_IFLNK | 0o777, b"tool"),
                (NFC, stat.S_IFREG | 0o644, b"hi"),
                (NFD, stat.S_IFREG | 0o644, b"hi"),
            ]
        ),
    )
    save("raw-name.zip", zip_of([("XY", stat.S_IFREG | 0o644, b"hi")]).replace(b"XY", RAW))
    save("not-utf8.zip", zip_of([(NFC + "x", stat.S_IFREG | 0o644, b"hi")]).replace(NFC.encode(), RAW))
    good = zip_of([("secret", stat.S_IFREG | 0o644, b"hello, world")])
    save("bad-crc.zip", good.replace(b"hello", b"jello"))
    secret = bytearray(good)
    secret[6] |= 1
    secret[good.index(b"PK\1\2") + 8] |= 1
    save("encrypted.zip", bytes(secret))
    save("bomb.zip", zip_of([("bomb", stat.S_IFREG | 0o644, b"\0" * (80 << 20))]))


tars()
wrapped()
cpios()
zips()
