# SPDX-License-Identifier: Apache-2.0
"""Compressed streams that are damaged, hide something, or are far larger than they look."""
import bz2
import hashlib
import lzma

from case import ESCAPED, EVIL, Case
from image import (
    LAYER, Image, Layer, gzip, put, sha, skippable, zeros_gzip, zstd, zstd_block)
from tarbytes import END, base256, d, f, header, layer, pax

MIB = 1 << 20
PLAIN = layer(f("a", b"".join(hashlib.sha256(bytes([i])).digest() for i in range(200))))
TREE = [f("a", PLAIN[512:512 + 6400])]


def stored(blob, codec, tar=PLAIN):
    return [Layer(tar=tar, blob=blob, codec=codec)]


def gzip_streams():
    half = len(PLAIN) // 2
    yield Case("gzip-members", "is a layer in several gzip members, as some builders write it",
               stored(gzip(PLAIN[:half]) + gzip(b"") + gzip(PLAIN[half:]), "gzip"), tree=TREE)
    yield Case("gzip-many-empty", "has thousands of empty members, over which readers recurse",
               stored(gzip(b"") * 20000 + gzip(PLAIN), "gzip"), tree=TREE, refs="CVE-2022-30631")
    yield Case("gzip-extra", "has a header field that overflows a buffer of those who ask for it",
               stored(gzip(PLAIN, 4, b"\xff\xff" + b"x" * 65535), "gzip"), tree=TREE,
               refs="CVE-2022-37434")
    yield Case("gzip-name", "has a file name of a megabyte that climbs",
               stored(gzip(PLAIN, 8, b"../" * 349525 + b"\0"), "gzip"), tree=TREE)
    for name, tries, blob, word in (
            ("crc", "has a wrong checksum", gzip(PLAIN, crc=1), "damaged gzip"),
            ("size", "has a wrong size", gzip(PLAIN, size=1), "damaged gzip"),
            ("cut", "ends in the middle", gzip(PLAIN)[:-20], "ends in the middle of a gzip"),
            ("cut-trailer", "has no checksum", gzip(PLAIN)[:-8], "ends in the middle of a gzip"),
            ("trailing", "has text behind its end", gzip(PLAIN) + b"text", "something follows"),
            ("trailing-zeros", "has zeros behind its end", gzip(PLAIN) + bytes(512),
             "something follows"),
            ("trailing-tar", "has an archive behind its end", gzip(PLAIN) + layer(f(ESCAPED, EVIL)),
             "something follows"),
            ("flags", "has flags that nobody knows", gzip(PLAIN, 0xe0), "damaged gzip"),
            ("method", "is compressed by no method", b"\x1f\x8b\x07" + gzip(PLAIN)[3:],
             "damaged gzip"),
            ("twice", "is compressed twice", gzip(gzip(PLAIN)), "a tar header with a wrong checksum"),
            ("empty", "is empty", b"", "empty")):
        yield Case(f"gzip-{name}", tries, stored(blob, "gzip"), refused=word,
                   refs="CVE-2021-20291" if name == "cut" else "")


def zstd_streams():
    frames = zstd(PLAIN[:600]) + skippable(b"note") + zstd(PLAIN[600:])
    yield Case("zstd-frames", "is a layer in several frames with one to skip between",
               stored(frames, "zstd"), tree=TREE)
    yield Case("zstd-skippable-end", "has a frame to skip at its end, as zstd:chunked has",
               stored(zstd(PLAIN) + skippable(EVIL * 10), "zstd"), tree=TREE)
    yield Case("zstd-skippable-long", "has a frame to skip that is longer than the blob",
               stored(zstd(PLAIN) + skippable(b"")[:4] + b"\xff\xff\xff\xff", "zstd"),
               refused="ends in the middle of a zstd")
    for name, tries, blob, word in (
            ("window", "asks for a window of 2 GiB", zstd(PLAIN, window=21 << 3),
             "limit zstd-window-bytes"),
            ("window-largest", "asks for a window of terabytes", zstd(PLAIN, window=0xff),
             "limit zstd-window-bytes"),
            ("single", "asks for a window by the size of its content",
             b"\x28\xb5\x2f\xfd\xe0" + (2**40).to_bytes(8, "little") + zstd_block(0, 0, True),
             "limit zstd-window-bytes"),
            ("dictionary", "needs a dictionary", zstd(PLAIN, dictionary=7), "dictionary"),
            ("content-size", "has another size than it says", zstd(PLAIN, size=len(PLAIN) + 1),
             "damaged zstd"),
            ("checksum", "has a wrong checksum", zstd(PLAIN, checksum=1), "damaged zstd"),
            ("reserved", "has a block of a kind that is reserved", zstd(PLAIN, kind=3),
             "damaged zstd"),
            ("cut", "ends in the middle", zstd(PLAIN)[:-40], "ends in the middle of a zstd"),
            ("trailing", "has text behind its end", zstd(PLAIN) + b"text", "something follows"),
            ("old", "is in the format of before 2016", b"\x27\xb5\x2f\xfd" + zstd(PLAIN)[4:],
             "compression is none, expected zstd"),
            ("twice", "is compressed twice", zstd(zstd(PLAIN)), "a tar header with a wrong checksum")):
        yield Case(f"zstd-{name}", tries, stored(blob, "zstd"), refused=word)


def disguises():
    for name, tries, blob, codec, word in (
            ("gzip-as-zstd", "is gzip and says zstd", gzip(PLAIN), "zstd", "compression is gzip"),
            ("zstd-as-gzip", "is zstd and says gzip", zstd(PLAIN), "gzip", "compression is zstd"),
            ("gzip-as-tar", "is gzip and says that it is not", gzip(PLAIN), "none",
             "compression is gzip"),
            ("tar-as-gzip", "is not compressed and says gzip", PLAIN, "gzip", "compression is none"),
            ("xz-as-gzip", "has an outside program run on what it is", lzma.compress(PLAIN), "gzip",
             "compression is none"),
            ("bzip2-as-gzip", "has an outside program run on what it is", bz2.compress(PLAIN), "gzip",
             "compression is none"),
            ("xz-as-tar", "has a compression guessed", lzma.compress(PLAIN), "none",
             "a tar header with a wrong checksum"),
            ("zip-as-tar", "is a zip file", b"PK\3\4" + bytes(600), "none",
             "a tar header with a wrong checksum")):
        yield Case(name, tries, stored(blob, codec), refused=word,
                   refs="CVE-2014-9357 CVE-2026-41567" if name.startswith("xz") else "")
    for name, media in (("xz", LAYER + "+xz"), ("bzip2", LAYER + "+bzip2"), ("lzma", LAYER + "+lzma"),
                        ("gzip-zstd", LAYER + "+gzip+zstd"), ("html", "text/html")):
        yield Case(f"media-{name}", "says a compression that is none of layers", [
            Layer(tar=PLAIN, blob=lzma.compress(PLAIN), media=media)], refused=media,
            refs="CVE-2014-9357 CVE-2025-58058" if name in ("xz", "lzma") else "")


def bombs():
    one = header("zeros", size=256 * MIB)
    wrong = sha(b"")  # of hundreds of megabytes nobody wants to know it
    yield Case("bomb-gzip", "is 256 MiB of zeros in a quarter of one", [
        Layer(tar=b"", blob=zeros_gzip(one, 256), diff_id=wrong)], refused="limit ratio",
        refs="CVE-2017-14992")
    yield Case("bomb-zstd", "is 16 GiB of zeros in half a megabyte", [
        Layer(tar=b"", codec="zstd", diff_id=wrong,
              blob=zstd(header("zeros", fields={124: base256(2**34, 12)}), repeat=1 << 17))],
        refused="limit ratio", refs="CVE-2017-14992")
    yield Case("bomb-end", "is gigabytes of zeros behind the end of a small archive", [
        Layer(tar=b"", codec="zstd", diff_id=wrong, blob=zstd(PLAIN + END, repeat=1 << 17))],
        refused="limit ratio")
    yield Case("bomb-padding", "is gigabytes of zeros in a pax header", [
        Layer(tar=b"", codec="zstd", diff_id=wrong,
              blob=zstd(header("x", "x", size=2**33 - 1), repeat=1 << 16))],
        refused="limit pax-bytes")
    def misnamed(top, image):
        put(image.path(top, "layer"), zstd(one, repeat=1 << 12))

    yield Case("bomb-digest", "is a bomb under another's digest, for who decompresses first",
               Image(Layer(tar=b"", codec="zstd", blob=bytes(len(zstd(one, repeat=1 << 12)))),
                     after=misnamed), refused="content has digest")
    yield Case("bomb-headers", "is a million empty files in a few kilobytes", [
        Layer(tar=b"", codec="zstd", diff_id=wrong,
              blob=zstd(header("a"), repeat=1 << 12))], refused="")
    yield Case("bomb-layers", "spreads a bomb over layers that are each small enough", layered_bomb,
               refused="limit ratio")


def layered_bomb():
    head = header("zeros", size=60 * MIB)
    blob, diff_id = zeros_gzip(head, 60), sha(head + bytes(60 * MIB))
    return Image(*[Layer(tar=b"", blob=blob, diff_id=diff_id) for _ in range(40)])


def crowds():
    parts = b"".join(f(f"{i:05}").tar() for i in range(30000))
    yield Case("many-files", "is thousands of empty files, which are as many inodes", [
        Layer(tar=parts + END)], refused="limit layer-members",
        options=["--limit", "layer-members=20000"], refs="CVE-2017-14992")
    yield Case("many-in-all", "spreads too many files over its layers", [
        [f(f"{i}-{j}") for j in range(600)] for i in range(4)], refused="limit image-members",
        options=["--limit", "image-members=2000"])
    deep = [f(f"{i}/" + "/".join(["d"] * 990)) for i in range(200)]
    yield Case("many-implied", "has hundreds of thousands of directories made that no member names",
               [deep], refused="limit implied-dirs", refs="CVE-2024-28863")
    yield Case("many-xattrs", "fills the memory with attributes of small files", xattr_crowd,
               refused="limit layer-xattr-bytes")
    yield Case("many-sizes", "is larger in all than an image may be", [
        [f("a", bytes(MIB))], [f("b", bytes(MIB))]], refused="limit image-bytes",
        options=["--limit", "image-bytes=1500k"])
    yield Case("large-file", "is larger than a layer may be", [[f("a", bytes(MIB))]],
               refused="limit layer-bytes", options=["--limit", "layer-bytes=1000k"])
    shared = [d("d"), f("d/a", "x" * 1000)]
    yield Case("same-layer", "is one layer over and over", Image(*[shared for _ in range(200)]),
               tree=shared)


def xattr_crowd():
    """250 MiB of attributes in members that do not compress too well."""
    noise = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(1000))
    members = [pax(("SCHILY.xattr.user.a", noise + b"x" * 30000), ("SCHILY.xattr.user.b", b"y" * 60000)) +
               f(f"{i}").tar() for i in range(2000)]
    return Image(Layer(tar=b"".join(members) + END))


def cases(_):
    yield from gzip_streams()
    yield from zstd_streams()
    yield from disguises()
    yield from bombs()
    yield from crowds()
