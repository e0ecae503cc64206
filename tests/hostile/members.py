# SPDX-License-Identifier: Apache-2.0
"""Archives that are damaged, lie about sizes, or mean different things to different readers."""
from case import ESCAPED, EVIL, Case
from image import Layer
from tarbytes import (
    END, GNU, base256, d, f, header, l, layer, long, member, octal, p, pad, pax)

# Headers that stay data where sizes are read right, and become members where they are not.
SMUGGLED = header("../" + ESCAPED, "2", link="/etc") + header(ESCAPED, mode=0o4755)


def sizes():
    yield Case("size-smuggled", "hides headers in data whose size only the pax header has", [[
        pax(("size", "1024")), header("a"), SMUGGLED, f("b", "b")]],
        tree=[f("a", SMUGGLED), f("b", "b")], refs="CVE-2025-62518 CVE-2026-33055")
    yield Case("size-differs", "has one size in the header and another in the pax header", [[
        pax(("size", "512")), header("a", size=1024), SMUGGLED]], refused="two sizes, 1024 and 512",
        refs="CVE-2025-62518")
    for name, kind, link in (("symlink", "2", "x"), ("hard", "1", "a"), ("directory", "5", ""),
                             ("fifo", "6", ""), ("device", "3", "")):
        yield Case(f"size-of-{name}", f"gives a {name} data, which some take for the next header", [[
            f("a"), header("b", kind, size=1024, link=link.encode()), SMUGGLED]],
            refused="data behind what is not a file", refs="CVE-2025-62518")
    for name, tries, body, word in (
            ("negative", "has a negative size", base256(-512, 12), "its size is negative"),
            ("largest", "has a size of 63 bits", base256(2**63 - 1, 12), "limit layer-bytes"),
            ("overflow", "has a size of 80 bits", b"\x80" + b"\xff" * 11, "is not a number"),
            ("terabytes", "has a size beyond every limit", base256(2**42, 12), "limit layer-bytes"),
            ("octal-end", "has digits that are not octal", b"00000000009\0", "is not a number"),
            ("minus", "has a minus before its size", b"-0000000512\0", "is not a number"),
            ("nul-inside", "ends its size early", b"0000\0" b"01000 \0", "is not a number")):
        yield Case(f"size-{name}", tries, [[header("a", fields={124: body}), END]], refused=word,
                   refs={"negative": "CVE-2025-8194", "largest": "CVE-2021-35517 CVE-2021-36373"}
                   .get(name, ""))
    yield Case("size-negative-pax", "has a negative size in the pax header", [[
        pax(("size", "-512")), f("a")]], refused="pax size is not a number", refs="CVE-2025-8194")


def pax_headers():
    rows = (
        ("two", "has two pax headers, of which readers take one or the other",
         [pax(("path", "a")), pax(("path", "b")), f("c")], "two pax headers", ""),
        ("and-gnu", "has a pax header and a GNU long name",
         [pax(("path", "a")), long("L", "b"), f("c")], "a pax header and a GNU long name", ""),
        ("gnu-and", "has a GNU long name and a pax header",
         [long("L", "b"), pax(("path", "a")), f("c")], "a pax header and a GNU long name", ""),
        ("gnu-two", "has two GNU long names", [long("L", "a"), long("L", "b"), f("c")],
         "two GNU long names", ""),
        ("twice", "says one key twice", [pax(("path", "a"), ("path", "b")), f("c")], "twice", ""),
        ("global-path", "names all members that follow",
         [pax(("path", "../" + ESCAPED), kind="g"), f("a")], "a global pax header", ""),
        ("global-size", "says the size of all members that follow",
         [pax(("size", "512"), kind="g"), f("a"), f("b")], "a global pax header", ""),
        ("global-xattr", "gives all members that follow a capability",
         [pax(("SCHILY.xattr.security.capability", "x"), kind="g"), f("a")],
         "a global pax header", ""),
        ("empty-path", "has an empty path", [pax(("path", "")), f("a")], "is empty", ""),
        ("length-zero", "has a record of no length, which loops",
         [pax(b"0 path=a\n"), f("a")], "a malformed pax record", "CVE-2019-20907"),
        ("length-negative", "has a record of negative length, which loops",
         [pax(b"-9 path=a\n"), f("a")], "a malformed pax record", "CVE-2019-20907"),
        ("length-long", "has a record that is longer than the header",
         [pax(b"99 path=a\n"), f("a")], "a malformed pax record", "CVE-2006-0300"),
        ("length-short", "has a record that ends in its value",
         [pax(b"8 path=abcdef\n"), f("a")], "a malformed pax record", "CVE-2019-9923"),
        ("length-huge", "has a record of 2^64 + 10 bytes",
         [pax(b"18446744073709551626 path=a\n"), f("a")], "a malformed pax record", ""),
        ("no-newline", "has a record without an end", [pax(b"9 path=a "), f("a")],
         "a malformed pax record", "CVE-2019-9923 CVE-2026-32766"),
        ("only-length", "has a record that is only a length", [pax(b"3 \n"), f("a")],
         "a malformed pax record", "CVE-2019-9923"),
        ("digits", "has thousands of digits for a length", [pax(b"9" * 5000 + b" a=b\n"), f("a")],
         "a malformed pax record", "CVE-2024-6232"),
        ("large", "has a pax header of gigabytes",
         [header("x", "x", fields={124: base256(2**34, 12)})], "limit pax-bytes", "CVE-2022-2879"),
        ("large-gnu", "has a GNU long name of gigabytes",
         [header("x", "L", magic=GNU, fields={124: base256(2**34, 12)})],
         "a GNU long name of more than 65536 bytes", "CVE-2022-2879"),
        ("size-beyond-long", "has a GNU long name that the archive does not have",
         [header("x", "L", magic=GNU, size=4096)], "in the middle of a member", "CVE-2024-57970"),
        ("gnu-empty", "has an empty GNU long name", [long("L", "", nul=b""), f("a")],
         "a GNU long name that is empty", "CVE-2021-20193"),
        ("gnu-nul", "has a GNU long name with a NUL inside", [long("L", "a\0../x"), f("a")],
         "holds a NUL byte", ""),
        ("gnu-type", "is a file by its GNU long name and a directory by its short one",
         [long("L", "a"), member("b/", "\0", EVIL, magic=GNU)], "type NUL and two names", "CVE-2025-13462"),
        ("charset", "has names in a charset that readers turn into others",
         [pax(("hdrcharset", "ISO-8859-1"), ("path", b"\xff")), f("a")],
         "names in another charset", ""),
        ("alone", "has a pax header that belongs to no member", [f("a"), pax(("path", "b"))],
         "behind a header that belongs to a member", ""),
        ("padding", "hides bytes behind the records",
         [header("x", "x", size=10) + b"10 path=b\n" + bytes(501) + b"x", f("a")],
         "hidden bytes in the padding", ""),
        ("mtime-text", "has a time that is none", [pax(("mtime", "1e99")), f("a")],
         "pax mtime is not a time", ""),
    )
    for name, tries, parts, word, refs in rows:
        yield Case(f"pax-{name}", tries, [parts], refused=word, refs=refs)
    yield Case("pax-comment", "has the comment that git writes, which is harmless", [[
        pax(("comment", "0123456789abcdef"), kind="g"), f("a")]], tree=[f("a")])
    depth = pax(*[(f"VENDOR.{i}", "x" * 20) for i in range(20000)])
    yield Case("pax-records", "has as many records as a header may hold", [[depth, f("a")]],
               tree=[f("a")], refs="CVE-2022-2879")


def numbers():
    for name, tries, at, body, word in (
            ("mode", "has a mode that is no number", 100, b"rwxr-xr-", "its mode is not a number"),
            ("uid", "has an owner that is no number", 108, b"root\0\0\0\0", "its uid is not a number"),
            ("mtime-space", "has a time of spaces and a high bit", 136, b" " * 11 + b"\xff",
             "its mtime is not a number"),
            ("mtime-base256", "has a time of 95 bits", 136, b"\xbf" + b"\xff" * 11,
             "its mtime is not a number")):
        yield Case(f"number-{name}", tries, [[header("a", fields={at: body})]], refused=word,
                   refs="CVE-2022-48303" if "mtime" in name else "")
    yield Case("checksum", "has a damaged checksum", [[header("a", checksum="bad")]],
               refused="a tar header with a wrong checksum")
    yield Case("checksum-spaces", "has a checksum of spaces, which reads as zero", [[
        header("a", checksum=b" " * 8)]], refused="a tar header with a wrong checksum")
    yield Case("checksum-signed", "has the checksum of old systems with signed bytes", [[
        header("\u00fc", checksum="signed")]], tree=[f("\u00fc")])
    yield Case("magic", "is no archive at all", [Layer(tar=b"#!/bin/sh\n" * 200)],
               refused="a tar header with a wrong checksum")
    yield Case("magic-unknown", "has the magic of no format", [[header("a", magic=b"pixar\0" b"00")]],
               refused="not a tar header")


def ends():
    whole = layer(f("a", "a"), f("big", "b" * 4096))
    for name, tries, size, word in (
            ("data", "ends inside of a file", 2048, "in the middle of a member"),
            ("padding", "ends inside of padding", 514 + 256, "in the middle of a member"),
            ("header", "ends inside of a header", 1024 + 100, "in the middle of a header")):
        yield Case(f"cut-{name}", tries, [Layer(tar=whole[:size])], refused=word)
    yield Case("cut-end", "ends without its end blocks, as some tools write it", [
        Layer(tar=whole[:-1024])], tree=[f("a", "a"), f("big", "b" * 4096)])
    yield Case("end-lone", "goes on behind a lone block of zeros", [[
        f("a"), bytes(512), f(ESCAPED, EVIL)]], refused="hidden bytes behind the end")
    yield Case("end-concatenated", "is two archives, of which readers see one or both", [
        Layer(tar=layer(f("a")) + layer(f(ESCAPED, EVIL)))], refused="hidden bytes behind the end")
    yield Case("end-text", "has text behind its end", [Layer(tar=layer(f("a")) + b"text")],
               refused="hidden bytes behind the end")
    yield Case("end-zeros", "has a megabyte of zeros behind its end", [
        Layer(tar=layer(f("a")) + bytes(1 << 20))], tree=[f("a")])
    yield Case("padding", "hides bytes between a file's data and the next header", [[
        header("a", size=1), b"x" + b"hidden".rjust(511, b"\0")]], refused="hidden bytes in the padding")
    yield Case("nothing", "is an archive of nothing", [Layer(tar=END)], tree=[])
    yield Case("no-bytes", "is an archive of no bytes", [Layer(tar=b"", codec="none")], tree=[])


def sparse():
    def old(real, regions, data, extended=False):
        """A header of GNU tar's old sparse files, with up to four regions."""
        fields = {483: number(real), 482: bytes([extended])}
        for i, (offset, size) in enumerate(regions):
            fields[386 + 24 * i] = number(offset) + number(size)
        return header("s", "S", size=len(data), magic=GNU, fields=fields) + pad(data)

    def number(value):
        return octal(value, 12) if 0 <= value < 2**33 else base256(value, 12)

    rows = (
        ("terabyte", "is a sparse file of a terabyte", [old(2**40, [(2**40 - 1, 1)], b"x")], ""),
        ("overlap", "has regions that overlap", [old(512, [(0, 512), (0, 512)], bytes(1024))], ""),
        ("beyond", "has a region behind the end of the file", [old(512, [(2**62, 512)], bytes(512))],
         ""),
        ("extended", "has a map without end, which fills the memory",
         [old(512, [(0, 0)] * 4, b"", extended=True),
          *[bytes(504) + b"\x01" + bytes(7) for _ in range(2000)]], "CVE-2025-58183"),
        ("pax-0", "is sparse by pax records of the first form",
         [pax(("GNU.sparse.size", "1099511627776"), ("GNU.sparse.numblocks", "1"),
              ("GNU.sparse.offset", "0"), ("GNU.sparse.numbytes", "1")), f("a", "x")], ""),
        ("pax-0.1", "is sparse by a pax record with a map and a second name",
         [pax(("GNU.sparse.name", "../" + ESCAPED), ("GNU.sparse.map", "0,1")), f("a", "x")], ""),
        ("pax-1", "is sparse by a map in its data",
         [pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"),
              ("GNU.sparse.realsize", "1099511627776")), f("a", pad(b"1\n0\n1\n") + b"x")],
         "CVE-2025-58183"),
        ("star", "is sparse as star has it", [pax(("SCHILY.realsize", "1099511627776")), f("a")], ""),
        ("solaris", "is sparse as Solaris has it", [pax(("SUN.holesdata", " 0 1")), f("a")], ""),
    )
    for name, tries, parts, refs in rows:
        yield Case(f"sparse-{name}", tries, [parts], refused="a sparse member", refs=refs)


def ordinary():
    kinds = [d("d", mode=0o750, uid=1, gid=2, mtime=3), f("d/f", "hi\n", mode=0o640, uid=1, gid=2,
             mtime=1700000000), l("d/l", "f"), p("p")]
    yield Case("v7", "is as old as tar itself", [[
        member("d/", "\0", magic=bytes(8), mode=0o755), member("d/f", "\0", b"x", magic=bytes(8))]],
        tree=[d("d"), f("d/f", "x")])
    yield Case("gnu", "is as GNU tar writes it", [[
        member("d/", "5", magic=GNU, mode=0o755), long("L", "d/" + "n" * 120),
        member("d/" + "n" * 98, "0", b"x", magic=GNU)]], tree=[d("d"), f("d/" + "n" * 120, "x")])
    yield Case("one-of-each", "has one of each kind, and is harmless", [kinds], tree=kinds)
    yield Case("record-order", "has its records in another order", [[
        pax(("uid", "7"), ("path", "b"), ("mtime", "5.25")) + f("a").tar()]],
        tree=[f("b", uid=7, mtime=5, ns=250000000)])


def cases(_):
    yield from sizes()
    yield from pax_headers()
    yield from numbers()
    yield from ends()
    yield from sparse()
    yield from ordinary()
