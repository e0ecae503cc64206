#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py OUTDIR: writes the vectors of tests/vectors/layers, byte for byte the same each time.

A vector is a folder with layer1.tar, layer2.tar, … (the lowest first), `expect` (the listing of the
folded tree as tests/lib/listing.h describes it, or "error: CODE: text"), `why` (what it tries) and,
unless that is nothing, `lint`: the rules of docs/lint.md that are broken, in the order in which they
are found, notes left out.
The archives are put together here field by field, so that each wrong byte is wrong on purpose; what
is expected is said by hand in each case and never taken from a program.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tarbytes import (  # noqa: E402
    END, GNU, USTAR, V7, b, base256, c, d, f, hard, header, implied, l, layer, long, member, octal,
    opq, p, pad, pax, record, same, wh)

# ------------------------------------------------------------------------- cases

cases = {}

# What a message is about: the rule of its finding. The first row that fits counts.
RULES = (
    ("LIMIT: ", "limit"),
    ("in the middle of", "tar/cut"),
    ("behind a header that belongs to", "tar/header-alone"),
    ("with a wrong checksum", "tar/checksum"),
    ("not a tar header", "tar/magic"),
    ("a header of star", "tar/star"),
    ("where ustar has its prefix", "tar/prefix"),
    ("in the padding", "tar/padding"),
    ("behind the end of the archive", "tar/behind-end"),
    ("two sizes", "tar/two-sizes"),
    ("data behind what is not a file", "tar/data"),
    ("a member of type", "tar/type"),
    ("a sparse member", "tar/sparse"),
    ("with a slash behind its name", "tar/slash"),
    ("type NUL and two names", "tar/two-types"),
    ("'..' in a path", "tar/dot-dot"),
    ("an empty path", "tar/name-empty"),
    ("the root is not a directory", "tar/root"),
    ("is not a number of 64 bits", "tar/pax-number"),
    ("pax mtime is not a time", "tar/pax-number"),
    ("is not a number", "tar/number"),
    ("is negative", "tar/negative"),
    ("is above 4294967294", "tar/id"),
    ("two device numbers", "tar/two-devices"),
    ("device number", "tar/device"),
    ("a symlink target of", "tar/target"),
    ("two pax headers", "tar/pax-twice"),
    ("a pax header and a GNU long name", "tar/pax-and-long-name"),
    ("a malformed pax record", "tar/pax-record"),
    ("names in another charset", "tar/pax-charset"),
    ("a global pax header with", "tar/global"),
    ("a global header behind", "tar/global-between"),
    ("an xattr without a name", "tar/xattr-name"),
    ("xattr 'user.x' twice", "tar/xattr-twice"),
    ("has two values", "tar/xattr-two-values"),
    ("a GNU long name that is empty", "tar/long-name"),
    ("is empty or holds a NUL byte", "tar/pax-text"),
    ("two GNU long names", "tar/long-name-twice"),
    ("a whiteout of no name", "tar/whiteout-name"),
    ("a directory whose name begins with '.wh.'", "tar/whiteout-directory"),
    ("a whiteout that is not a regular file", "tar/whiteout-type"),
    ("a whiteout with data", "tar/whiteout-data"),
    ("a hard link to a whiteout", "tar/whiteout-link"),
    ("UNSAFE: whiteout of 'b': twice", "fold/whiteout-twice"),
    ("UNSAFE: whiteout of 'a': twice", "fold/whiteout-twice"),
    (": twice in one layer", "fold/twice"),
    ("through which other", "fold/link-replaced"),
    ("a whiteout of a link that another", "fold/link-replaced"),
    ("that its own layer has before it", "fold/whiteout-own-link"),
    ("a directory with members of the layer", "fold/directory-replaced"),
    ("which is not there yet", "fold/hard-link"),
    (", a directory", "fold/hard-link"),
    ("which it replaces", "fold/hard-link-itself"),
    ("which is not a directory in the image", "fold/parent"),
    ("more than 40 links", "fold/parent"),
    ("' is a f", "fold/parent"),
    (" twice", "tar/pax-key-twice"),
)


def case(name, why, *layers, tree=None, error=None, lint=()):
    if name in cases or (tree is None) == (error is None):
        raise ValueError(name)
    if error is None:
        entries = {entry.path: entry for entry in tree}
        entries.setdefault(b"", implied(""))
        order = sorted(entries, key=lambda path: path.split(b"/") if path else [])
        expect = "".join(entries[path].line() + "\n" for path in order)
    else:
        expect = f"error: {error}\n"
    cases[name] = (why, [part if isinstance(part, bytes) else layer(*part) for part in layers],
                   expect, lint)


def refuse(name, why, error, *layers, lint=None):
    """`lint` is for cases in which more is found than what the message is about."""
    if lint is None:
        lint = [next(rule for text, rule in RULES if text in error)]
    case(name, why, *layers, error=error, lint=lint)


HI = b"hi\n"
LINK_REPLACED = "a link is replaced through which other members of the layer went"


def plain():
    """Members by themselves."""
    case("kinds", "every kind of entry that a layer can hold", [
        d("d", mode=0o1777), f("d/f", HI, mode=0o4755, uid=1, gid=2, mtime=1700000000), l("d/l", "f"),
        c("d/c", 5, 1), b("d/b", 4095, 1048575), p("d/p")],
        tree=[d("d", mode=0o1777), f("d/f", HI, mode=0o4755, uid=1, gid=2, mtime=1700000000),
              l("d/l", "f"), c("d/c", 5, 1), b("d/b", 4095, 1048575), p("d/p")])
    case("empty", "an archive of end blocks alone is an empty layer", [], tree=[])
    case("nothing", "an archive of no bytes at all is an empty layer", b"", tree=[])
    case("root", "a root entry sets the attributes of the root",
         [d(".", mode=0o700, uid=5, mtime=9)], tree=[d("", mode=0o700, uid=5, mtime=9)])
    case("root-slash", "the root is also spelled '/'",
         [member("/", "5", mode=0o711)], tree=[d("", mode=0o711)])
    for kind, name in (("0", "file"), ("2", "symlink"), ("6", "fifo"), ("3", "device")):
        refuse(f"root-{name}", f"the root as a {name} (CVE-2021-29136 for the symlink)",
               "UNSAFE: '.': the root is not a directory", [member(".", kind, link="/etc")])
    refuse("root-link", "the root as a hard link", "UNSAFE: '.': the root is not a directory",
           [f("a"), hard(".", "a")])
    case("names-clean", "leading / and ./, doubled slashes and . components are dropped",
         [member("./a/", "5", mode=0o755), member("/a//b"), member("a/./c"), member(".//a/d")],
         tree=[d("a"), f("a/b"), f("a/c"), f("a/d")])
    case("names-bytes", "names are bytes: spaces, escapes, newline, backslash, not UTF-8",
         [f(b"\xff\xfe"), f("a b"), f("n\nl"), f("\x1b[31m"), f("back\\slash"), f("é")],
         tree=[f(b"\xff\xfe"), f("a b"), f("n\nl"), f("\x1b[31m"), f("back\\slash"), f("é")])
    case("names-order", "the walk sorts by names, not by paths",
         [f("a-b"), f("a/x"), f("a0"), f("a.b")],
         tree=[implied("a"), f("a/x"), f("a-b"), f("a.b"), f("a0")])
    case("parents-implied", "parents that nobody names are 0755 0:0 at time 0",
         [f("a/b/c", mtime=5)], tree=[implied("a"), implied("a/b"), f("a/b/c", mtime=5)])
    case("parents-late", "a directory may come after what is below it",
         [f("a/b"), d("a", mode=0o700)], tree=[d("a", mode=0o700), f("a/b")])
    refuse("parent-file", "a member below a file", "UNSAFE: 'a/b': 'a' is a file", [f("a"), f("a/b")])
    refuse("parent-fifo", "a member below a fifo", "UNSAFE: 'a/b/c': 'a' is a fifo", [p("a"), f("a/b/c")])
    refuse("name-empty", "a member without a name", "FORMAT: '': an empty path", [member("")])
    for name in ("..", "../x", "a/../b", "a/..", "/../x", "a/.././x"):
        refuse("dotdot-" + name.replace("/", "_").replace(".", "o"), "'..' climbs, or is clamped",
               f"UNSAFE: '{name}': '..' in a path", [member(name)])
    case("dots-in-names", "names that only look like '..'", [f("..."), f("..a"), f("a..")],
         tree=[f("..."), f("..a"), f("a..")])
    for kind, what in (("7", "contiguous"), ("V", "GNU volume"), ("M", "GNU continued"),
                       ("N", "old GNU name"), ("D", "GNU directory dump"), ("A", "Solaris ACL"),
                       ("X", "Solaris pax"), ("Z", "unknown")):
        refuse(f"type-{kind}", f"a member of type {kind} ({what})",
               f"UNSUPPORTED: 'a': a member of type '{kind}'", [member("a", kind)])
    refuse("type-S", "a GNU sparse member", "UNSUPPORTED: 'a': a sparse member", [member("a", "S", magic=GNU)])
    refuse("type-255", "a type that is no letter", "UNSUPPORTED: 'a': a member of type 255",
           [member("a", b"\xff")])
    refuse("type-control", "a type that would reach a terminal", "UNSUPPORTED: 'a': a member of type 27",
           [member("a", "\x1b")])
    case("type-nul", "type NUL is a file, and with a slash behind the name a directory",
         [member("a", "\0", HI), member("b/", "\0")], tree=[f("a", HI), d("b", mode=0o644)])
    refuse("file-slash", "a file with a slash behind its name is a directory to some",
           "UNSAFE: 'a/': a file with a slash behind its name", [member("a/", "0")])
    case("symlink-targets", "a target is any text, kept as it is",
         [l("a", "../../../../etc/passwd"), l("b", "/"), l("c", b"\xff"), l("d", "."), l("e", "a//b/")],
         tree=[l("a", "../../../../etc/passwd"), l("b", "/"), l("c", b"\xff"), l("d", "."), l("e", "a//b/")])
    refuse("symlink-empty", "a symlink without a target", "FORMAT: 'a': a symlink target of 0 bytes",
           [l("a", "")])
    case("link-field-of-a-file", "the link name of what is no link means nothing",
         [member("a", "0", link="/etc/passwd")], tree=[f("a")])
    case("names-255", "a name may have 255 bytes", [pax(("path", "n" * 255)) + member("n")],
         tree=[f("n" * 255)])
    refuse("names-256", "no file system takes a name of 256 bytes",
           f"LIMIT: '{'n' * 256}': a name of more than 255 bytes (limit name-bytes)", [pax(("path", "n" * 256)) + member("n")])
    refuse("names-256-parent", "the same on the way",
           f"LIMIT: '{('n' * 256 + '/a')}': a name of more than 255 bytes (limit name-bytes)",
           [pax(("path", "n" * 256 + "/a")) + member("n")])
    deep = "/".join(["d"] * 1000)
    refuse("depth-1001", "1001 directories above each other",
           f"LIMIT: '{deep[:300]}': more than 1000 directories deep (limit depth)",
           [pax(("path", deep + "/d")) + member("n")])
    refuse("path-4096", "a path of 4096 bytes cannot be used afterwards",
           f"LIMIT: '{('n' * 200 + '/') * 20}"[:308] + "': a path of more than 4095 bytes (limit path-bytes)",
           [pax(("path", ("n" * 200 + "/") * 20 + "x" * 76)) + member("n")])


def numbers():
    """Fields of numbers."""
    def with_field(at, value, kind="0", **more):
        return [member("a", kind, fields={at: value}, **more)]

    case("number-spaces", "numbers with spaces in front and behind, as old writers have them",
         [member("a", fields={100: b"   644 \0", 108: b"    12 \0", 136: b"        17 \0"})],
         tree=[f("a", uid=0o12, mtime=0o17)])
    case("number-full", "digits up to the last byte of the field",
         [member("a", fields={136: b"000000000017", 108: b"00000007"})], tree=[f("a", uid=7, mtime=15)])
    case("number-empty", "empty fields are zero",
         [member("a", fields={100: bytes(8), 108: b" " * 8, 136: bytes(12)})], tree=[f("a", mode=0)])
    case("mode-type-bits", "st_mode as it is: only twelve bits count",
         with_field(100, b"0100755\0"), tree=[f("a", mode=0o755)])
    for what, at, value in (("uid", 108, b"00000008"), ("gid", 116, b"12 34\0\0\0"),
                            ("mode", 100, b"-000644\0"), ("mtime", 136, b"0x000000000\0"),
                            ("size", 124, b"1\x002\0\0\0\0\0\0\0\0\0")):
        refuse(f"number-bad-{what}", f"a {what} that is no number", f"FORMAT: 'a': its {what} is not a number",
               with_field(at, value))
    case("base256-ids", "base-256: the numbers that octal digits have no room for",
         [member("a", fields={108: base256(4294967294, 8), 116: base256(2097152, 8)})],
         tree=[f("a", uid=4294967294, gid=2097152)])
    case("base256-mtime", "base-256: times before 1970 and after 2242",
         [member("a", fields={136: base256(-1, 12)}), member("b", fields={136: base256(1 << 40, 12)})],
         tree=[f("a", mtime=-1), f("b", mtime=1 << 40)])
    case("base256-size", "base-256: a size", [header("a", fields={124: base256(3, 12)}) + pad(HI)],
         tree=[f("a", HI)])
    refuse("base256-size-negative", "a size below zero", "FORMAT: 'a': its size is negative",
           with_field(124, base256(-512, 12)))
    refuse("base256-uid-negative", "an owner below zero", "FORMAT: 'a': its uid is negative",
           with_field(108, base256(-1, 8)))
    refuse("base256-overflow", "a number of more than 64 bits", "FORMAT: 'a': its size is not a number",
           with_field(124, b"\x80\x01" + bytes(10)))
    refuse("base256-top-bit", "2^63 would turn negative", "FORMAT: 'a': its mtime is not a number",
           with_field(136, b"\x80\0\0\0\x80" + bytes(7)))
    refuse("base256-first-byte", "bits in the first byte that no 64-bit number has",
           "FORMAT: 'a': its size is not a number", with_field(124, b"\xc0" + bytes(11)))
    refuse("base256-negative-overflow", "below -2^63", "FORMAT: 'a': its mtime is not a number",
           with_field(136, b"\xff\xff\xff\xff\x7f" + bytes(7)))
    refuse("size-huge", "a size beyond all limits",
           "LIMIT: 'a': more than 17179869184 bytes (limit layer-bytes)",
           with_field(124, base256((1 << 63) - 1, 12)))
    for what, at in (("uid", 108), ("gid", 116)):
        for value in (4294967295, 4294967296, 1 << 55):
            refuse(f"{what}-{value}", "chown(2) takes -1 as 'leave it' and cuts what is larger to 32 bits",
                   f"UNSAFE: 'a': its {what} is above 4294967294", with_field(at, base256(value, 8)))
    refuse("device-major", "mknod(2) cuts 4104 to 8", "UNSAFE: 'a': device number 4104:0 is beyond 4095:1048575",
           [c("a", 4104, 0)])
    refuse("device-minor", "mknod(2) cuts minors to 20 bits",
           "UNSAFE: 'a': device number 8:1048576 is beyond 4095:1048575", [b("a", 8, 1 << 20)])
    refuse("device-negative", "a device number below zero", "FORMAT: 'a': its device number is negative",
           with_field(329, base256(-1, 8), "3"))
    case("checksum-signed", "old writers summed up signed bytes", [member("é", checksum="signed")],
         tree=[f("é")])
    case("checksum-spaces", "a checksum with spaces around it",
         [header("a", checksum=b" %5o\0 " % sum(header("a", checksum=b" " * 8)))], tree=[f("a")])
    refuse("checksum-bad", "a checksum that is off by one",
           "FORMAT: byte 512: a tar header with a wrong checksum", [f("a"), member("b", checksum="bad")])
    refuse("checksum-none", "a checksum of spaces",
           "FORMAT: byte 0: a tar header with a wrong checksum", [member("b", checksum=b" " * 8)])
    refuse("checksum-base256", "a checksum in base-256 is no checksum to other readers",
           "FORMAT: byte 0: a tar header with a wrong checksum",
           [member("a", checksum=base256(sum(header("a", checksum=b" " * 8)), 8))])
    refuse("magic-bad", "neither ustar nor GNU nor the old format",
           "FORMAT: byte 0: not a tar header", [member("a", magic=b"USTAR\x0000")])
    refuse("magic-version", "ustar of another version", "FORMAT: byte 0: not a tar header",
           [member("a", magic=b"ustar\x0001")])
    refuse("magic-bad-pax", "a pax header that is no header",
           "FORMAT: byte 0: not a tar header", [pax(("path", "b"), magic=b"garbage!") + member("a")])
    refuse("magic-star", "star keeps times in the prefix",
           "UNSUPPORTED: byte 0: a header of star, whose fields lie elsewhere",
           [member("a", fields={508: b"tar\0"})])


def data():
    """Where data begins and ends."""
    long_data = bytes(range(256)) * 5
    case("data-sizes", "data of one byte, of a block, of more", [
        f("a", b"x"), f("b", b"y" * 512), f("c", b"z" * 513), f("d", long_data), f("e")],
        tree=[f("a", b"x"), f("b", b"y" * 512), f("c", b"z" * 513), f("d", long_data), f("e")])
    case("data-looks-like-a-header", "data that is an archive stays data",
         [f("a", layer(f("inside", HI)))], tree=[f("a", layer(f("inside", HI)))])
    refuse("padding", "bytes hidden behind the data", "UNSAFE: 'a': hidden bytes in the padding behind its data",
           [header("a", size=3) + HI + b"x" * 509])
    refuse("padding-last-byte", "the last byte of the padding",
           "UNSAFE: 'a': hidden bytes in the padding behind its data", [header("a", size=3) + HI + bytes(508) + b"x"])
    for kind, what in (("5", "directory"), ("2", "symlink"), ("6", "fifo"), ("3", "device"), ("1", "link")):
        refuse(f"data-{what}", f"data behind a {what} is the next header to some",
               "UNSAFE: 'a': data behind what is not a file",
               [f("t"), member("a", kind, layer(f("smuggled"), end=b""), link="t")])
    refuse("data-whiteout", "data behind a whiteout", "UNSAFE: '.wh.a': a whiteout with data",
           [member(".wh.a", "0", HI)])
    whole = layer(f("a", HI), f("b", HI))
    case("end-none", "archives that just stop at a member's border are widespread", whole[:2048],
         tree=[f("a", HI), f("b", HI)])
    case("end-one-block", "one zero block is an end too", whole[:2560], tree=[f("a", HI), f("b", HI)])
    case("end-record", "GNU tar fills up to 10240 bytes", whole + bytes(10240 - len(whole)),
         tree=[f("a", HI), f("b", HI)])
    case("end-odd", "zeros behind the end that fill no block", whole + bytes(7), tree=[f("a", HI), f("b", HI)])
    for at, what, error in (
            (1, "header-byte", "FORMAT: the archive ends in the middle of a header"),
            (511, "header", "FORMAT: the archive ends in the middle of a header"),
            (512, "before-data", "FORMAT: 'a': the archive ends in the middle of a member"),
            (513, "data", "FORMAT: 'a': the archive ends in the middle of a member"),
            (515, "before-padding", "FORMAT: 'a': the archive ends in the middle of a member"),
            (1023, "padding", "FORMAT: 'a': the archive ends in the middle of a member"),
            (1025, "second-header", "FORMAT: the archive ends in the middle of a header")):
        refuse(f"cut-{what}", f"an archive of {at} bytes where there were more", error, whole[:at])
    with_pax = layer(pax(("path", "b")), f("a", HI))
    case("cut-not", "the archive that the next ones are cut from", with_pax, tree=[f("b", HI)])
    for at, what, error in (
            (512, "before-records", "FORMAT: before byte 512: the archive ends in the middle of a member"),
            (520, "records", "FORMAT: before byte 520: the archive ends in the middle of a member"),
            (1000, "records-padding", "FORMAT: before byte 1000: the archive ends in the middle of a member"),
            (1024, "behind-records", "FORMAT: the archive ends behind a header that belongs to a member")):
        refuse(f"cut-{what}", f"an archive of {at} bytes where there were more", error, with_pax[:at])
    refuse("pax-then-end", "a pax header of nothing",
           "FORMAT: the archive ends behind a header that belongs to a member", [pax(("path", "b"))])
    refuse("long-then-end", "a GNU long name of nothing",
           "FORMAT: the archive ends behind a header that belongs to a member", [long("L", "b")])
    refuse("zero-block-lone", "members behind a zero block, which all but Go's reader pass over",
           "UNSAFE: hidden bytes behind the end of the archive, after byte 1024",
           layer(f("a"), end=bytes(512)) + layer(f("hidden")))
    refuse("zero-blocks-first", "members behind the end of an empty archive",
           "UNSAFE: hidden bytes behind the end of the archive, after byte 512", END + layer(f("hidden")))
    refuse("end-then-text", "bytes behind the end",
           "UNSAFE: hidden bytes behind the end of the archive, after byte 1024", layer(f("a")) + b"x")
    refuse("end-then-text-late", "bytes far behind the end",
           "UNSAFE: hidden bytes behind the end of the archive, after byte 17408",
           layer(f("a")) + bytes(20000) + b"x")


def headers():
    """pax headers and GNU long names."""
    name = "n" * 60 + "/" + "m" * 120
    case("pax-path", "a path from a pax record", [pax(("path", name)) + member("n", "0", HI)],
         tree=[implied("n" * 60), f(name, HI)])
    case("pax-linkpath", "a target from a pax record", [pax(("linkpath", name)) + member("n", "2", link="x", mode=0o777)],
         tree=[l("n", name)])
    case("pax-all", "all that a pax header may say",
         [pax(("path", "p"), ("size", "3"), ("uid", "3000000"), ("gid", "4294967294"), ("mtime", "1.5"),
              ("SCHILY.xattr.user.b", b"\0\n="), ("SCHILY.xattr.user.a", b"")) + member("n", "0", HI)],
         tree=[f("p", HI, uid=3000000, gid=4294967294, mtime=1, ns=500000000,
                 xattrs={"user.a": b"", "user.b": b"\0\n="})])
    case("pax-ignored", "what does not matter here is passed over",
         [pax(("comment", "x"), ("atime", "1"), ("uname", "root"), ("LIBARCHIVE.creationtime", "1"),
              ("hdrcharset", "BINARY"), ("VENDOR.key", "x")) + member("a")], tree=[f("a")])
    case("pax-empty-header", "a pax header of no records", [pax() + member("a")], tree=[f("a")])
    for text, s, ns in (("-0.75", -1, 250000000), ("-1", -1, 0), ("-1.000000001", -2, 999999999),
                        ("0.000000001", 0, 1), ("1.9999999999", 1, 999999999), ("8589934592", 8589934592, 0),
                        ("1700000000.25", 1700000000, 250000000),
                        ("9223372036854775807.5", (1 << 63) - 1, 500000000),
                        ("-9223372036854775808", -1 << 63, 0),
                        ("-9223372036854775807.5", -1 << 63, 500000000)):
        case(f"pax-mtime-{text}", "times as decimal fractions", [pax(("mtime", text)) + member("a")],
             tree=[f("a", mtime=s, ns=ns)])
    for text in ("", "-", ".5", "+1", "1e9", "1.x", "0x1", "99999999999999999999", " 1",
                 "9223372036854775808", "-9223372036854775808.5"):
        refuse(f"pax-mtime-bad-{text.replace(' ', '_').replace('.', 'o') or 'none'}", "a time that is none",
               "FORMAT: before byte 1024: pax mtime is not a time", [pax(("mtime", text)) + member("a")])
    for key in ("size", "uid", "gid"):
        for text in ("", "-1", "1.5", "1x", "18446744073709551616"):
            refuse(f"pax-{key}-bad-{text.replace('.', 'o') or 'none'}", "a number with junk",
                   f"FORMAT: before byte 1024: pax {key} is not a number of 64 bits",
                   [pax((key, text)) + member("a")])
    refuse("pax-uid-big", "4294967295 means 'leave it' to chown(2)", "UNSAFE: 'a': its uid is above 4294967294",
           [pax(("uid", "4294967295")) + member("a")])
    refuse("pax-uid-2e32", "2^32 would become 0", "UNSAFE: 'a': its uid is above 4294967294",
           [pax(("uid", "4294967296")) + member("a")])
    case("pax-size", "a size from a pax record over an empty field",
         [pax(("size", "3")) + header("a", size=0) + pad(HI)], tree=[f("a", HI)])
    case("pax-size-equal", "the same size twice", [pax(("size", "3")) + header("a", size=3) + pad(HI)],
         tree=[f("a", HI)])
    inner = layer(f("smuggled"))
    refuse("pax-size-differs", "a pax size and a smaller field: which bytes are data? (CVE-2025-62518)",
           f"UNSAFE: 'a': two sizes, 512 and {len(inner)}",
           [pax(("size", str(len(inner)))) + header("a", size=512) + inner])
    refuse("pax-size-zero", "a pax size of 0 over data (CVE-2025-62518)",
           f"UNSAFE: 'a': two sizes, {len(inner)} and 0",
           [pax(("size", "0")) + header("a", size=len(inner)) + inner])
    refuse("pax-size-directory", "a pax size on a directory", "UNSAFE: 'a/': data behind what is not a file",
           [pax(("size", "512")) + header("a/", "5") + bytes(512)])
    refuse("pax-two", "two pax headers: the first or the last counts",
           "UNSAFE: before byte 1536: two pax headers for one member",
           [pax(("path", "b")) + pax(("path", "c")) + member("a")])
    for key in ("path", "linkpath", "size", "uid", "gid", "mtime", "hdrcharset"):
        value = "BINARY" if key == "hdrcharset" else "1"
        refuse(f"pax-{key}-twice", "one record twice: the first or the last counts",
               f"UNSAFE: before byte 1024: pax {key} twice", [pax((key, value), (key, value)) + member("a")])
    refuse("pax-xattr-twice", "one xattr twice", "UNSAFE: 'a': xattr 'user.x' twice",
           [pax(("SCHILY.xattr.user.x", "1"), ("SCHILY.xattr.user.x", "2")) + member("a")])
    refuse("pax-xattr-none", "an xattr without a name", "FORMAT: before byte 1024: an xattr without a name",
           [pax(("SCHILY.xattr.", "1")) + member("a")])
    refuse("pax-xattr-name", "an xattr name of 256 bytes", "LIMIT: before byte 1024: more than 255 bytes of an xattr's name (limit xattr-name-bytes)",
           [pax(("SCHILY.xattr." + "x" * 256, "1")) + member("a")])
    refuse("pax-xattrs-many", "101 xattrs", "LIMIT: before byte 3072: more than 100 xattrs (limit xattrs)",
           [pax(*((f"SCHILY.xattr.u.{i:03}", "1") for i in range(101))) + member("a")])
    for key in ("path", "linkpath"):
        for value, what in ((b"", "empty"), (b"a\0b", "nul")):
            refuse(f"pax-{key}-{what}", "cut, kept or passed over, by reader",
                   f"UNSAFE: before byte 1024: pax {key} is empty or holds a NUL byte",
                   [pax((key, value)) + member("a")])
    refuse("pax-charset", "names in a charset that is not bytes",
           "UNSUPPORTED: before byte 1024: pax hdrcharset 'KOI8': names in another charset",
           [pax(("hdrcharset", "KOI8")) + member("a")])
    for what, body in (("length-short", b"9 path=b\n\n"), ("length-long", b"99 path=b\n"), ("length-zero", b"0 path=b\n"),
                       ("length-none", b" path=b\n"), ("length-zeros", b"010 path=b\n"), ("length-sign", b"+9 path=b\n"),
                       ("no-newline", b"9 path=b "), ("no-equals", b"9 path b\n"), ("no-key", b"5 =b\n"),
                       ("key-nul", b"10 pa\0th=b\n"), ("text", b"path=b\n"), ("huge", b"99999999999999999999999 path=b\n"),
                       ("nul-behind", b"10 path=b\n\0\0\0"), ("only-length", b"3 \n")):
        refuse(f"pax-record-{what}", "a record that is none: readers make garbage of it, each its own",
               "FORMAT: before byte 1024: a malformed pax record", [pax(body) + member("a")])
    refuse("pax-padding", "bytes behind the records",
           "UNSAFE: before byte 1024: hidden bytes in the padding behind its data",
           [header("x", "x", size=10) + b"10 path=b\n" + bytes(501) + b"x" + member("a")])
    for key in ("GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.realsize", "SCHILY.realsize",
                "SUN.holesdata"):
        refuse(f"pax-{key}", "a sparse file in pax records",
               f"UNSUPPORTED: 'a': a sparse member (pax {key})", [pax((key, "1")) + member("a")])
    refuse("pax-GNU.sparse.name", "GNU tar gives the header a made-up name", "UNSUPPORTED: 'd/disk': a sparse member (pax GNU.sparse.major)",
           [pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "d/disk"), ("GNU.sparse.realsize", "0"))
            + member("d/GNUSparseFile.7/disk")])
    refuse("pax-size-limit", "a pax header of more than a megabyte",
           "LIMIT: before byte 512: a pax header of more than 1048576 bytes (limit pax-bytes)",
           header("x", "x", size=1048577))
    case("global-comment", "git writes the commit into a global comment",
         [pax(("comment", "0123456789abcdef"), kind="g"), f("a")], tree=[f("a")])
    case("global-later", "a global comment between members",
         [f("a"), pax(("comment", "x"), kind="g"), f("b")], tree=[f("a"), f("b")])
    for key in ("path", "uid", "size", "mtime", "SCHILY.xattr.user.x", "uname", "atime", "VENDOR.x"):
        refuse(f"global-{key}", "a global header with more than comments: applied by some, ignored by others",
               f"UNSAFE: before byte 1024: a global pax header with '{key}', which readers take differently",
               [pax((key, "1"), kind="g"), f("a")])
    refuse("global-behind-pax", "a global header between a pax header and its member",
           "UNSAFE: before byte 1536: a global header behind a member's own",
           [pax(("path", "b")), pax(("comment", "x"), kind="g"), f("a")])
    case("long-name", "a GNU long name", [long("L", name) + member(name[:100], "0", HI, magic=GNU)],
         tree=[implied("n" * 60), f(name, HI)])
    case("long-link", "a GNU long link name", [long("K", name) + member("a", "2", link="x", magic=GNU, mode=0o777)],
         tree=[l("a", name)])
    case("long-both", "long link and long name, as GNU tar orders them",
         [long("K", "t" * 150) + long("L", name) + member("a", "2", link="x", magic=GNU, mode=0o777)],
         tree=[implied("n" * 60), l(name, "t" * 150)])
    case("long-no-nul", "a GNU long name without a NUL", [long("L", name, b"") + member("a", magic=GNU)],
         tree=[implied("n" * 60), f(name)])
    for kind in "LK":
        refuse(f"long-{kind}-twice", "two GNU long names: the first or the last counts",
               "UNSAFE: before byte 1536: two GNU long names for one member",
               [long(kind, "b") + long(kind, "c") + member("a", magic=GNU)])
        refuse(f"long-{kind}-nul", "a NUL in a GNU long name",
               "UNSAFE: before byte 1024: a GNU long name that is empty or holds a NUL byte",
               [long(kind, b"a\0b") + member("a", magic=GNU)])
        refuse(f"long-{kind}-empty", "an empty GNU long name",
               "UNSAFE: before byte 1024: a GNU long name that is empty or holds a NUL byte",
               [long(kind, b"") + member("a", magic=GNU)])
        refuse(f"pax-then-long-{kind}", "a pax header and a GNU long name: either counts, and the pax size "
               "may be taken for that of the long name (CVE-2025-62518)",
               "UNSAFE: before byte 1536: a pax header and a GNU long name",
               [pax(("uid", "1")) + long(kind, "b") + member("a", magic=GNU)])
        refuse(f"long-{kind}-then-pax", "the same the other way round",
               "UNSAFE: before byte 1536: a pax header and a GNU long name",
               [long(kind, "b") + pax(("path", "c")) + member("a", magic=GNU)])
    refuse("long-limit", "a GNU long name of more than 64 KiB",
           "LIMIT: before byte 512: a GNU long name of more than 65536 bytes (limit long-name-bytes)",
           header("././@LongLink", "L", size=65537, magic=GNU))
    refuse("long-dotdot", "'..' by way of a GNU long name", "UNSAFE: '../x': '..' in a path",
           [long("L", "../x") + member("a", magic=GNU)])
    refuse("pax-dotdot", "'..' by way of a pax path", "UNSAFE: '../x': '..' in a path",
           [pax(("path", "../x")) + member("a")])
    case("prefix", "the prefix of ustar", [member("c", prefix="a/b", data=HI)],
         tree=[implied("a"), implied("a/b"), f("a/b/c", HI)])
    case("prefix-full", "name and prefix with no NUL behind them",
         [member("n" * 100, prefix="p" * 155)], tree=[implied("p" * 155), f("p" * 155 + "/" + "n" * 100)])
    case("prefix-gnu", "the old GNU format keeps times there",
         [member("c", magic=GNU, fields={345: octal(1234567, 12) + octal(7654321, 12)})], tree=[f("c")], lint=["tar/gnu-times"])
    case("v7", "the old format: no magic, a directory by its slash",
         [member("d/", "\0", magic=V7, mode=0o755), member("d/f", "\0", HI, magic=V7),
          member("d/h", "1", link="d/f", magic=V7), member("d/l", "2", link="f", magic=V7, mode=0o777)],
         tree=[d("d"), f("d/f", HI), same("d/h", "d/f", HI), l("d/l", "f")])
    case("ustar-zero-version", "a ustar header with a version of zeros", [member("a", magic=b"ustar\0\0\0")],
         tree=[f("a")])
    case("like-go", "as Go writes layers: pax mtimes, ustar with names of owners",
         [pax(("mtime", "1700000000.123456789")) + member("d/", "5", mode=0o755, mtime=1700000000,
                                                          fields={265: b"root", 297: b"root"}),
          pax(("SCHILY.xattr.security.capability", bytes.fromhex("0100000200200000000000000000000000000000")))
          + member("d/ping", "0", HI, mode=0o755)],
         tree=[d("d", mtime=1700000000, ns=123456789),
               f("d/ping", HI, mode=0o755,
                 xattrs={"security.capability": bytes.fromhex("0100000200200000000000000000000000000000")})])
    case("like-gnu", "as GNU tar writes: ./, owners, times of nine digits, blocks of twenty",
         layer(pax(("mtime", "1.000000001"), ("atime", "2.5"), ("ctime", "3.5")),
               member("./", "5", mode=0o755, magic=USTAR),
               member("./a", "0", HI, mtime=7)) + bytes(10240 - 4608 + 0),
         tree=[d("", mtime=1, ns=1), f("a", HI, mtime=7)])
    case("like-bsdtar", "as bsdtar writes: both forms of an xattr",
         [pax(("LIBARCHIVE.xattr.user.x", "eA"), ("SCHILY.xattr.user.x", "x")) + member("a")],
         tree=[f("a", xattrs={"user.x": b"x"})])
    case("like-python", "as Python writes: a float as mtime", [pax(("mtime", "1700000000.0")) + member("a")],
         tree=[f("a", mtime=1700000000)])


def links():
    """Hard links."""
    case("link", "a further name of a file", [f("a", HI), hard("b", "a")],
         tree=[f("a", HI), same("b", "a", HI)])
    case("link-earlier-name", "the group's first name in the walk need not be the one that was written",
         [f("z", HI), hard("a", "z"), hard("m", "a")],
         tree=[f("a", HI), same("m", "a", HI), same("z", "a", HI)])
    case("link-absolute", "kaniko writes absolute targets", [f("a/b", HI), hard("c", "/a/b")],
         tree=[implied("a"), f("a/b", HI), same("c", "a/b", HI)])
    case("link-dots", "targets are cleaned as names are", [f("a/b", HI), hard("c", "./a//./b")],
         tree=[implied("a"), f("a/b", HI), same("c", "a/b", HI)])
    case("link-lower", "a link to a file of a lower layer", [f("a", HI)], [hard("b", "a")],
         tree=[f("a", HI), same("b", "a", HI)], lint=["fold/hard-link-lower"])
    case("link-attributes", "a link's own attributes do not change the file",
         [f("a", HI, mode=0o600), hard("b", "a", mode=0o777, uid=9)],
         tree=[f("a", HI, mode=0o600), same("b", "a", HI).but(mode=0o600)], lint=["fold/hard-link-attributes"])
    case("link-symlink", "a link to a symlink is another name of the symlink",
         [l("s", "nowhere"), hard("t", "s")], tree=[l("s", "nowhere"), l("t", "nowhere", first=b"s")])
    case("link-fifo", "a link to a fifo", [p("s"), hard("t", "s")], tree=[p("s"), p("t", first=b"s")])
    case("link-device", "a link to a device", [c("s", 1, 3), hard("t", "s")],
         tree=[c("s", 1, 3), c("t", 1, 3, first=b"s")])
    case("link-through-symlink", "the way to a target may go through symlinks",
         [d("usr"), f("usr/a", HI), l("s", "usr"), hard("b", "s/a")],
         tree=[d("usr"), f("usr/a", HI), l("s", "usr"), f("b", HI), same("usr/a", "b", HI)])
    case("link-to-what-is-replaced", "the first name is replaced above, the second keeps the file",
         [f("a", HI), hard("b", "a")], [f("a", b"new")], tree=[f("a", b"new"), f("b", HI)])
    case("link-whiteout-first", "a whiteout of one name leaves the others",
         [f("a", HI), hard("b", "a"), hard("c", "a")], [wh("a")], tree=[f("b", HI), same("c", "b", HI)])
    for target, error in (("b", "a hard link to 'b', which is not there yet"), ("x/y", "a hard link to 'x/y', which is not there yet"),
                          ("d", "a hard link to 'd', a directory"), (".", "a hard link to '', a directory")):
        refuse(f"link-to-{target.replace('/', '_').replace('.', 'root')}", "a link to what is missing or a directory",
               f"UNSAFE: 'a': {error}", [d("d"), hard("a", target)])
    refuse("link-forward", "a link before its target", "UNSAFE: 'a': a hard link to 'b', which is not there yet",
           [hard("a", "b"), f("b")])
    refuse("link-self", "a link to itself", "UNSAFE: 'a': a hard link to 'a', which is not there yet", [hard("a", "a")])
    refuse("link-self-lower", "a link to the lower file that it replaces: gone before it is linked, by reader",
           "UNSAFE: 'a': a hard link to 'a', which it replaces", [f("a", HI)], [hard("a", "a")])
    refuse("link-into-what-it-replaces", "a link in place of a directory to a file in that directory",
           "UNSAFE: 'd': a hard link to 'd/f', which it replaces", [f("d/f", HI)], [hard("d", "d/f")])
    refuse("link-below-file", "a target below a file", "UNSAFE: 'b': a hard link to 'a/x', which is not there yet",
           [f("a"), hard("b", "a/x")])
    refuse("link-dotdot", "'..' in a target", "UNSAFE: 'b': hard link target: '..' in a path",
           [f("a"), hard("b", "x/../a")])
    refuse("link-empty", "no target", "FORMAT: 'b': hard link target: an empty path", [f("a"), hard("b", "")])
    refuse("link-whiteout-target", "a whiteout as target", "UNSAFE: 'b': a hard link to a whiteout",
           [wh("a"), hard("b", ".wh.a")])
    refuse("link-to-whited-out", "a link to what this layer removes",
           "UNSAFE: 'b': a hard link to 'a', which is not there yet", [f("a")], [hard("b", "a"), wh("a")])
    refuse("link-to-outside", "a link to a file of the host by way of a symlink stays inside the tree",
           "UNSAFE: 'b': a hard link to 's/passwd', which is not there yet", [l("s", "/etc"), hard("b", "s/passwd")])


def twice():
    """Names that come twice."""
    for kind, make in (("file", f("a", HI)), ("symlink", l("a", "x")), ("link", hard("a", "t")), ("fifo", p("a")),
                       ("directory", d("a"))):
        refuse(f"twice-file-{kind}", "a path twice in one layer: the first or the last counts",
               "UNSAFE: 'a': twice in one layer", [f("t"), f("a"), make])
    refuse("twice-directory", "a directory twice", "UNSAFE: 'd': twice in one layer", [d("d"), d("d", mode=0o700)])
    refuse("twice-spelled", "the same path spelled in two ways", "UNSAFE: 'a/b': twice in one layer",
           [f("a/b"), member("./a//b")])
    refuse("twice-by-link", "the same path by way of a symlink", "UNSAFE: 's/f': twice in one layer",
           [d("d"), f("d/f"), l("s", "d"), f("s/f")])
    refuse("twice-root", "the root twice", "UNSAFE: '': twice in one layer", [d("."), member("/", "5")])
    refuse("twice-upper", "a path twice in the second layer", "UNSAFE: 'a': twice in one layer",
           [f("a")], [f("a"), f("a")])
    refuse("twice-symlink-then-file", "the classic: a symlink, then data through it",
           "UNSAFE: 'a': twice in one layer", [l("a", "/etc/passwd"), f("a", HI)])
    case("case-differs", "names that differ in case are two names", [f("a"), f("A")], tree=[f("a"), f("A")])
    refuse("implied-then-file", "a parent that becomes a file",
           "UNSAFE: 'a': a directory with members of the layer is replaced by a file", [f("a/b"), f("a")])
    refuse("implied-then-symlink", "a parent that becomes a symlink",
           "UNSAFE: 'a': a directory with members of the layer is replaced by a symlink", [f("a/b"), l("a", "/")])
    refuse("lower-directory-then-symlink", "members below a lower directory that then becomes a symlink",
           "UNSAFE: 'a': a directory with members of the layer is replaced by a symlink",
           [d("a")], [f("a/b"), l("a", "/")])
    case("replace-kinds", "whatever lower layers have under a name gives way",
         [f("a"), d("b"), f("b/x"), l("c", "b"), p("d"), d("e")],
         [d("a"), f("b", HI), f("c", HI), l("d", "z"), l("e", "a")],
         tree=[d("a"), f("b", HI), f("c", HI), l("d", "z"), l("e", "a")])
    case("directory-over-directory", "a directory over a directory takes its attributes and keeps what is below",
         [d("a", mode=0o700, mtime=5), f("a/x", HI)], [d("a", mode=0o711, uid=4)],
         tree=[d("a", mode=0o711, uid=4), f("a/x", HI)])
    case("implied-over-directory", "a parent that is there keeps its attributes",
         [d("a", mode=0o700, mtime=5)], [f("a/x", HI)], tree=[d("a", mode=0o700, mtime=5), f("a/x", HI)])
    case("explicit-over-implied", "a layer names what a lower one only implied",
         [f("a/x")], [d("a", mode=0o700)], tree=[d("a", mode=0o700), f("a/x")])
    case("three-layers", "each layer over what the two below have made",
         [f("a", b"1"), f("b", b"1"), f("c", b"1")], [f("b", b"2"), f("c", b"2")], [f("c", b"3")],
         tree=[f("a", b"1"), f("b", b"2"), f("c", b"3")])


def symlinks():
    """Members below symlinks."""
    base = [d("usr"), d("usr/lib"), f("usr/lib/old"), l("lib", "usr/lib")]
    tree = [d("usr"), d("usr/lib"), f("usr/lib/old"), l("lib", "usr/lib")]
    case("usr-merge", "a member below a symlink of a lower layer", base, [f("lib/x", HI)],
         tree=tree + [f("usr/lib/x", HI)], lint=["fold/through-link"])
    case("usr-merge-own", "a symlink of the same layer", base + [f("lib/x", HI)], tree=tree + [f("usr/lib/x", HI)])
    case("usr-merge-deep", "what is missing below is made there", base, [f("lib/a/b/x", HI)],
         tree=tree + [implied("usr/lib/a"), implied("usr/lib/a/b"), f("usr/lib/a/b/x", HI)], lint=["fold/through-link"])
    for what, target in (("absolute", "/usr/lib"), ("up", "../../../../usr/lib"), ("dots", "./usr/./lib/."),
                         ("slash", "usr//lib//")):
        case(f"through-{what}", "targets are taken inside the tree",
             [d("usr"), d("usr/lib"), l("lib", target)], [f("lib/x")],
             tree=[d("usr"), d("usr/lib"), l("lib", target), f("usr/lib/x")], lint=["fold/through-link"])
    case("through-root", "a symlink to the root", [l("r", "/")], [f("r/r/r/x")], tree=[l("r", "/"), f("x")], lint=["fold/through-link"])
    case("through-chain", "a symlink to a symlink", base, [l("a", "lib"), l("b", "a"), f("b/x")],
         tree=tree + [l("a", "lib"), l("b", "a"), f("usr/lib/x")])
    case("through-replaced-target", "the directory that a symlink leads to may get attributes",
         base, [f("lib/x"), d("usr/lib", mode=0o700)],
         tree=[d("usr"), d("usr/lib", mode=0o700), f("usr/lib/old"), l("lib", "usr/lib"), f("usr/lib/x")], lint=["fold/through-link"])
    refuse("through-dangling", "a member below a symlink to nowhere",
           "UNSAFE: 's/x': 's' is a link to 'nowhere', which is not a directory in the image", [l("s", "nowhere"), f("s/x")])
    refuse("through-host", "a member below a symlink to a directory of the host",
           "UNSAFE: 's/cron.d/x': 's' is a link to '/etc', which is not a directory in the image",
           [l("s", "/etc"), f("s/cron.d/x")])
    refuse("through-file", "a member below a symlink to a file",
           "UNSAFE: 's/x': 's' is a link to 'a', which is not a directory in the image", [f("a"), l("s", "a"), f("s/x")])
    refuse("through-file-dotdot", "a target that leaves a file by '..': no system goes there",
           "UNSAFE: 's/x': 's' is a link to 'a/../d', which is not a directory in the image",
           [f("a"), d("d"), l("s", "a/../d"), f("s/x")])
    refuse("through-loop", "a loop of symlinks", "UNSAFE: 'a/x': more than 40 links", [l("a", "b"), l("b", "a"), f("a/x")])
    refuse("through-itself", "a symlink to itself", "UNSAFE: 'a/x': more than 40 links", [l("a", "a"), f("a/x")])
    refuse("through-41", "the kernel follows 40 links on one path, not each on its own",
           f"UNSAFE: '{'a/' * 41}x': more than 40 links", [l("a", "."), f("a/" * 41 + "x")])
    case("through-40", "forty links on one path", [l("a", "."), f("a/" * 40 + "x")], tree=[l("a", "."), f("x")])
    refuse("through-deep", "links that add up to more than the depth a path may have",
           "LIMIT: 'l1/" + "e/" * 120 + "x': its links lead more than 1000 directories deep (limit depth)",
           [pax(("path", "d/" * 900)) + member("d/", "5"),
            pax(("linkpath", "d/" * 900)) + member("l1", "2", link="d"),
            pax(("path", "l1/" + "e/" * 120 + "x")) + member("x")])
    refuse("through-long", "links that add up to more than the bytes a path may have",
           "LIMIT: '" + ("l1/" + ("m" * 200 + "/") * 2 + "x")[:300]
           + "': its links lead to a path of more than 4095 bytes (limit path-bytes)",
           [pax(("path", ("n" * 200 + "/") * 19)) + member("d/", "5"),
            pax(("linkpath", ("n" * 200 + "/") * 19)) + member("l1", "2", link="d"),
            pax(("path", "l1/" + ("m" * 200 + "/") * 2 + "x")) + member("x")])
    refuse("replaced-after", "a symlink that is replaced after members went through it", f"UNSAFE: 'lib': {LINK_REPLACED}",
           base, [f("lib/x"), d("lib")], lint=["fold/through-link", "fold/link-replaced"])
    refuse("replaced-after-by-symlink", "the same by a symlink", f"UNSAFE: 'lib': {LINK_REPLACED}",
           base, [f("lib/x"), l("lib", "/")], lint=["fold/through-link", "fold/link-replaced"])
    refuse("replaced-after-link-target", "the same after a hard link's target went through it",
           f"UNSAFE: 'lib': {LINK_REPLACED}", base, [hard("h", "lib/old"), d("lib")], lint=["fold/hard-link-lower", "fold/link-replaced"])
    refuse("removed-after", "the directory of a symlink that members went through is replaced",
           "UNSAFE: 'd': a link is removed through which other members of the layer went",
           [d("d"), l("d/s", "/t"), d("t")], [f("d/s/x"), f("d")], lint=["fold/through-link", "fold/link-replaced"])
    case("replaced-before", "a directory in place of a symlink, then members below it: they are in the directory",
         base, [d("lib"), f("lib/x", HI)], tree=[d("usr"), d("usr/lib"), f("usr/lib/old"), d("lib"), f("lib/x", HI)])
    case("symlink-over-directory", "a symlink in place of a lower directory, then members through it",
         [d("a"), f("a/x"), d("b")], [l("a", "b"), f("a/y")], tree=[d("b"), l("a", "b"), f("b/y")])


def whiteouts():
    """Whiteouts and opaque directories."""
    base = [d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z"), f("b")]
    case("wh-file", "a whiteout of a file", base, [wh("a/x")],
         tree=[d("a"), f("a/y"), d("a/s"), f("a/s/z"), f("b")])
    case("wh-directory", "a whiteout of a directory takes all below it", base, [wh("a")], tree=[f("b")])
    case("wh-symlink", "a whiteout of a symlink leaves what it leads to", [d("a"), f("a/x"), l("s", "a")], [wh("s")],
         tree=[d("a"), f("a/x")])
    case("wh-missing", "a whiteout of what is not there", base, [wh("nothing"), wh("a/none"), wh("none/none"), wh("b/none")],
         tree=base)
    case("wh-first-layer", "whiteouts in the lowest layer find nothing", [wh("a"), opq(""), f("b")], tree=[f("b")])
    case("wh-own-before", "a whiteout does not reach what its own layer brings", base, [wh("b"), f("b", HI)],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z"), f("b", HI)])
    case("wh-own-after", "not even when it comes last in the archive", base, [f("b", HI), wh("b")],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z"), f("b", HI)], lint=["fold/whiteout-behind"])
    case("wh-own-below", "a whiteout of a directory and new files in it", base, [f("a/new"), wh("a")],
         tree=[implied("a"), f("a/new"), f("b")])
    case("wh-other-type", "a directory goes and a file comes", base, [wh("a"), f("a")], tree=[f("a"), f("b")])
    case("wh-other-type-directory", "a file goes and a directory comes", base, [d("b"), wh("b"), f("b/n")],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z"), d("b"), f("b/n")], lint=["fold/whiteout-behind"])
    case("wh-fresh-directory", "a directory goes and a new one comes: nothing is kept", base,
         [wh("a"), d("a", mode=0o700), f("a/n")], tree=[d("a", mode=0o700), f("a/n"), f("b")])
    case("wh-nested", "whiteouts in a directory that goes itself", base, [wh("a/x"), wh("a"), wh("a/s/z")], tree=[f("b")])
    case("wh-order", "the same in the other order", base, [wh("a"), wh("a/x")], tree=[f("b")])
    case("wh-two-layers", "a whiteout reaches through all lower layers", base, [f("a/x", b"2")], [wh("a/x")],
         tree=[d("a"), f("a/y"), d("a/s"), f("a/s/z"), f("b")])
    case("wh-then-again", "what a whiteout took, a later layer may bring again", base, [wh("b")], [f("b", HI)],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z"), f("b", HI)])
    case("wh-implied-parent", "the directory of a whiteout is not made", base, [wh("n/x")], tree=base)
    case("wh-keeps-parent", "the directory of a whiteout keeps its attributes", [d("a", mode=0o700), f("a/x")], [wh("a/x")],
         tree=[d("a", mode=0o700)])
    case("wh-nul-type", "a whiteout of type NUL is a file's", base, [member(".wh.b", "\0")],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z")])
    case("wh-dot-name", "a whiteout of a name that begins with a dot", [f(".x"), f("...")], [wh(".x"), wh("...")], tree=[])
    case("wh-long-name", "a whiteout of a name of 255 bytes has 259",
         [pax(("path", "n" * 255)) + member("n"), f("a")], [pax(("path", ".wh." + "n" * 255)) + member("n")], tree=[f("a")])
    refuse("wh-too-long", "a whiteout of a name that nothing can have",
           f"LIMIT: '.wh.{'n' * 256}': a name of more than 255 bytes (limit name-bytes)", [pax(("path", ".wh." + "n" * 256)) + member("n")])
    case("wh-through-symlink", "a whiteout below a symlink of a lower layer",
         [d("usr"), d("usr/lib"), f("usr/lib/x"), l("lib", "usr/lib")], [wh("lib/x")],
         tree=[d("usr"), d("usr/lib"), l("lib", "usr/lib")], lint=["fold/through-link"])
    case("wh-through-dangling", "a whiteout below a symlink to nowhere", [l("s", "nowhere")], [wh("s/x")], tree=[l("s", "nowhere")], lint=["fold/through-link"])
    case("wh-through-host", "a whiteout below a symlink to a directory of the host", [l("s", "/etc")], [wh("s/passwd")],
         tree=[l("s", "/etc")], lint=["fold/through-link"])
    refuse("wh-through-loop", "a whiteout below a loop of symlinks", "UNSAFE: whiteout of 'a/x': more than 40 links",
           [l("a", "b"), l("b", "a")], [wh("a/x")], lint=["fold/through-link", "fold/parent"])
    case("wh-link-group", "a whiteout of one name of a group, and the name comes again as another file",
         [f("a", HI), hard("b", "a")], [wh("a"), f("a", b"2")], tree=[f("a", b"2"), f("b", HI)])
    case("wh-link-group-all", "whiteouts of all names of a group", [f("a", HI), hard("b", "a"), f("c")], [wh("a"), wh("b")],
         tree=[f("c")])
    case("wh-link-target-own", "a link to a file that comes again with its whiteout",
         [f("a", HI)], [wh("a"), f("a", b"2"), hard("b", "a")], tree=[f("a", b"2"), same("b", "a", b"2")])
    refuse("wh-of-a-link-gone-through", "a whiteout of a symlink that another whiteout goes through",
           "UNSAFE: whiteout of 'lib': a whiteout of a link that another goes through",
           [d("usr"), f("usr/x"), l("lib", "usr")], [wh("lib/x"), wh("lib")], lint=["fold/through-link", "fold/link-replaced"])
    refuse("wh-above-a-link-gone-through", "the same with its directory",
           "UNSAFE: whiteout of 'd': a whiteout of a link that another goes through",
           [d("d"), l("d/s", "/usr"), d("usr"), f("usr/x")], [wh("d/s/x"), wh("d")], lint=["fold/through-link", "fold/link-replaced"])
    refuse("wh-then-replaced", "a whiteout through a symlink that a later member replaces: order would matter",
           f"UNSAFE: 'lib': {LINK_REPLACED}", [d("usr"), f("usr/x"), l("lib", "usr")], [wh("lib/x"), d("lib")], lint=["fold/through-link", "fold/link-replaced"])
    case("wh-in-a-directory-over-a-symlink", "the directory comes first: the whiteout is of what is in it, that is nothing",
         [d("usr"), f("usr/x"), l("lib", "usr")], [d("lib"), wh("lib/x"), f("lib/n")],
         tree=[d("usr"), f("usr/x"), d("lib"), f("lib/n")])
    case("opq-in-a-directory-over-a-symlink", "what overlay file systems pack for rm link; mkdir link",
         [d("usr"), f("usr/x"), l("lib", "usr")], [d("lib"), opq("lib"), f("lib/n")],
         tree=[d("usr"), f("usr/x"), d("lib"), f("lib/n")])
    case("opq-deep-in-a-directory-over-a-symlink", "the same further down",
         [d("usr"), d("usr/s"), f("usr/s/x"), l("lib", "usr")], [d("lib"), opq("lib"), d("lib/s"), opq("lib/s")],
         tree=[d("usr"), d("usr/s"), f("usr/s/x"), d("lib"), d("lib/s")])
    refuse("opq-before-a-directory-over-a-symlink", "the whiteout comes first: some readers empty the symlink's directory",
           f"UNSAFE: 'lib': {LINK_REPLACED}", [d("usr"), f("usr/x"), l("lib", "usr")], [opq("lib"), d("lib")], lint=["fold/through-link", "fold/link-replaced"])
    refuse("opq-by-another-link", "by way of a second symlink it is not plain what is meant",
           f"UNSAFE: 'lib': {LINK_REPLACED}", [d("usr"), f("usr/x"), l("lib", "usr"), l("o", "lib")], [d("lib"), opq("o")], lint=["fold/through-link", "fold/link-replaced"])
    case("opq", "an opaque directory keeps nothing of lower layers", base, [opq("a")], tree=[d("a"), f("b")])
    case("opq-root", "an opaque root", base, [opq(""), f("n")], tree=[f("n")])
    case("opq-root-dot", "the same spelled with a dot", base, [member("./.wh..wh..opq"), f("n")], tree=[f("n")])
    case("opq-own", "an opaque directory keeps what its own layer brings, before and after",
         base, [f("a/n"), opq("a"), f("a/m")], tree=[d("a"), f("a/n"), f("a/m"), f("b")])
    case("opq-attributes", "with a directory's own entry", base, [d("a", mode=0o700), opq("a")], tree=[d("a", mode=0o700), f("b")])
    case("opq-and-wh", "opaque, and whiteouts of what is gone by then", base, [opq("a"), wh("a/x"), wh("a/s/z")],
         tree=[d("a"), f("b")])
    case("opq-missing", "opaque of what is not there", base, [opq("n")], tree=base)
    case("opq-file", "opaque of a file: the layer has a directory there", base, [d("b"), opq("b")],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z"), d("b")])
    case("opq-through-symlink", "opaque of a symlink to a directory", [d("usr"), f("usr/x"), l("lib", "usr")], [opq("lib")],
         tree=[d("usr"), l("lib", "usr")], lint=["fold/through-link"])
    case("opq-nested", "opaque below opaque", base, [opq("a"), d("a/s", mode=0o700), opq("a/s")],
         tree=[d("a"), d("a/s", mode=0o700), f("b")])
    refuse("opq-twice", "opaque twice", "UNSAFE: whiteout of 'a': twice in one layer", base, [opq("a"), f("a/n"), opq("a")])
    refuse("wh-twice", "a whiteout twice: a path twice in one layer", "UNSAFE: whiteout of 'b': twice in one layer",
           base, [wh("b"), wh("a"), wh("b")])
    refuse("wh-twice-first-layer", "also where it finds nothing", "UNSAFE: whiteout of 'b': twice in one layer", [wh("b"), wh("b")])
    case("wh-and-opq", "a whiteout of a directory and opaque in it are two things", base, [wh("a"), opq("a"), d("a")],
         tree=[d("a"), f("b")])
    for name in (".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..", "a/.wh..."):
        refuse("wh-of-no-name-" + name.replace("/", "_").replace(".", "o"), "a whiteout of nothing, '.' or '..'",
               f"UNSAFE: '{name}': a whiteout of no name", base, [member(name)])
    case("wh-as-link", "whiteouts are one file on AUFS: Docker wrote the first and links to it", base,
         [wh("b"), hard("a/.wh.x", ".wh.b"), hard("a/s/.wh..wh..opq", "/.wh..wh.aufs")],
         tree=[d("a"), f("a/y"), d("a/s")])
    refuse("wh-as-link-to-a-file", "a link to what is no whiteout is none either",
           "UNSAFE: '.wh.b': a whiteout that is not a regular file", base, [hard(".wh.b", "a/x")])
    refuse("wh-as-link-climbs", "what it is a link to has to be a name all the same",
           "UNSAFE: '.wh.b': hard link target: '..' in a path", base, [hard(".wh.b", "../b")])
    for kind, what in (("2", "symlink"), ("3", "device"), ("6", "fifo"), ("5", "directory")):
        refuse(f"wh-as-{what}", "a whiteout that is no plain file",
               "UNSAFE: '.wh.b': a whiteout that is not a regular file", base, [member(".wh.b", kind, link="a/x")])
        refuse(f"opq-as-{what}", "opaque, but no plain file",
               "UNSAFE: 'a/.wh..wh..opq': a whiteout that is not a regular file", base, [member("a/.wh..wh..opq", kind, link="b")])
    for name in (".wh.d/x", "a/.wh.d/x/y", ".wh.d/.wh.x", ".wh..wh..opq/x", "a/.wh..wh..opq/.wh.x"):
        refuse("wh-parent-" + name.replace("/", "_").replace(".", "o"), "a whiteout as a directory",
               f"UNSAFE: '{name}': a directory whose name begins with '.wh.'", base, [member(name)])
    case("wh-aufs", "what AUFS left is passed over, whatever it is",
         base, [member(".wh..wh.plnk", "5"), member(".wh..wh.plnk/1.2", "0", HI), member(".wh..wh.orph", "5"), member(".wh..wh.aufs")],
         tree=base)
    aufs = [d(".wh..wh.plnk"), f(".wh..wh.plnk/1.2", HI), f(".wh..wh.plnk/3.4", b"3")]
    case("wh-aufs-links", "files of which AUFS kept the content aside, and their names as links", base,
         [*aufs, hard("a/y", ".wh..wh.plnk/1.2"), hard("b", "/.wh..wh.plnk/1.2"), hard("n", "./.wh..wh.plnk/3.4")],
         tree=[d("a"), f("a/x", HI), f("a/y", HI), d("a/s"), f("a/s/z"), same("b", "a/y", HI), f("n", b"3")])
    case("wh-aufs-links-first", "the same in the lowest layer", [*aufs, hard("b", ".wh..wh.plnk/1.2")], tree=[f("b", HI)])
    case("wh-aufs-links-opaque", "they are their layer's own, whatever it hides", base,
         [*aufs, opq(""), hard("b", ".wh..wh.plnk/1.2")], tree=[f("b", HI)])
    case("wh-aufs-links-again", "the next layer has its own", [*aufs, hard("b", ".wh..wh.plnk/1.2")],
         [f(".wh..wh.plnk/1.2", b"2"), hard("c", ".wh..wh.plnk/1.2")], tree=[f("b", HI), f("c", b"2")])
    refuse("wh-aufs-links-lower", "and does not reach those of the one below", "UNSAFE: 'c': a hard link to '.wh..wh.plnk/1.2', which is not there yet",
           [*aufs, hard("b", ".wh..wh.plnk/1.2")], [hard("c", ".wh..wh.plnk/1.2")])
    refuse("wh-aufs-links-deep", "AUFS has no directories there", "UNSAFE: 'b': a hard link to a whiteout",
           [f(".wh..wh.plnk/d/1.2", HI), hard("b", ".wh..wh.plnk/d/1.2")])
    refuse("wh-aufs-links-directory", "nor are links to it anything", "UNSAFE: 'b': a hard link to a whiteout",
           [*aufs, hard("b", ".wh..wh.plnk")])
    refuse("wh-aufs-links-by-a-symlink", "nothing of the image leads there",
           "UNSAFE: 'l/x': 'l' is a link to '.wh..wh.plnk', which is not a directory in the image",
           [*aufs, l("l", ".wh..wh.plnk"), f("l/x")])
    refuse("wh-aufs-links-long", "nor is a name there longer than others", "LIMIT: '" + ".wh..wh.plnk/" + "n" * 256 + "': a name of more than 255 bytes (limit name-bytes)",
           [f(".wh..wh.plnk/" + "n" * 256), f("b")])
    refuse("wh-aufs-links-twice", "what is in it has to be one thing too", "UNSAFE: '.wh..wh.plnk/1.2': twice in one layer",
           [*aufs, f(".wh..wh.plnk/1.2")])
    case("wh-before-own-symlink", "a whiteout, then a symlink in the place of its directory", base,
         [wh("a/x"), d("t"), l("a", "t")], tree=[l("a", "t"), f("b"), d("t")])
    through = "it goes through a link that its own layer has before it"
    refuse("wh-through-own-symlink", "readers that go by the archive's order would go through the new link",
           f"UNSAFE: whiteout of 's/x': {through}", base, [l("s", "a"), wh("s/x")])
    refuse("opq-through-own-symlink", "the same, opaque", f"UNSAFE: whiteout of 's': {through}", base, [l("s", "a"), opq("s")])
    refuse("wh-through-own-link-to-symlink", "the same by a further name of the symlink", f"UNSAFE: whiteout of 't/x': {through}",
           base, [l("s", "a"), hard("t", "s"), wh("t/x")])
    case("wh-pax", "a whiteout's name from a pax record", base, [pax(("path", "a/.wh.x")) + member("n")],
         tree=[d("a"), f("a/y"), d("a/s"), f("a/s/z"), f("b")])
    case("wh-link-field", "a whiteout's other fields mean nothing", base, [member(".wh.b", "0", link="/etc", uid=7, mode=0o7777)],
         tree=[d("a"), f("a/x", HI), f("a/y"), d("a/s"), f("a/s/z")])
    case("wh-directory-then-symlink", "a directory goes, a symlink comes, members go through it",
         [d("a"), f("a/x"), d("t")], [wh("a"), l("a", "t"), f("a/n")], tree=[l("a", "t"), d("t"), f("t/n")])
    case("wh-symlink-then-directory", "a symlink goes, a directory comes, members are in it",
         [d("t"), f("t/x"), l("a", "t")], [wh("a"), d("a"), f("a/n")], tree=[d("t"), f("t/x"), d("a"), f("a/n")])
    case("wh-symlink-implied", "a symlink goes, and its name is a parent that nobody names",
         [d("t"), f("t/x"), l("a", "t")], [wh("a"), f("a/n")], tree=[d("t"), f("t/x"), implied("a"), f("a/n")])


def two_meanings():
    """What one reader takes so and another so, beyond the other groups."""
    prefix = "something where ustar has its prefix, in a header that is not ustar's"
    refuse("prefix-gnu-text", "a GNU header with a prefix: Python and old Go read a/b/c, GNU tar and libarchive c",
           f"UNSAFE: 'c': {prefix}", [member("c", magic=GNU, prefix="a/b")])
    refuse("prefix-gnu-behind-times", "the same behind the times", f"UNSAFE: 'c': {prefix}",
           [member("c", magic=GNU, fields={345: octal(1, 12) + octal(2, 12) + b"x"})])
    refuse("prefix-v7", "a header of the old format with a prefix: Python reads a/b/c, others c",
           f"UNSAFE: 'c': {prefix}", [member("c", magic=V7, prefix="a/b")])
    refuse("prefix-star", "star's prefix ends where its times begin",
           "UNSUPPORTED: byte 0: a header of star, whose fields lie elsewhere",
           [member("c", prefix="a/b", fields={476: octal(1, 12) + octal(2, 12), 508: b"tar\0"}), f("a/b/d")])
    case("prefix-slash", "a prefix with a slash behind it", [member("c", prefix="a/b/")],
         tree=[implied("a"), implied("a/b"), f("a/b/c")])
    refuse("prefix-no-name", "a prefix and no name: the name ends in a slash",
           "UNSAFE: 'a/': a file with a slash behind its name", [member("", prefix="a")])
    for what, parts in (("pax", [pax(("path", "d"))]), ("long", [long("L", "d")])):
        refuse(f"nul-type-{what}-file", "type NUL: Python sees the slash in the header, others the name without",
               "UNSAFE: 'd': type NUL and two names, one with a slash behind it",
               parts + [member("d/", "\0", magic=GNU)])
    for what, parts in (("pax", [pax(("path", "d/"))]), ("long", [long("L", "d/")])):
        refuse(f"nul-type-{what}-directory", "the same the other way round",
               "UNSAFE: 'd/': type NUL and two names, one with a slash behind it",
               parts + [member("d", "\0", magic=GNU)])
    case("nul-type-pax", "type NUL and two names that agree", [pax(("path", "d/")) + member("x/", "\0", mode=0o755)],
         tree=[d("d")])
    for kind, word in (("1", "hard link"), ("2", "symlink"), ("3", "character device"), ("6", "fifo")):
        refuse("slash-" + word.replace(" ", "-"), "a slash behind the name of what is no directory",
               f"UNSAFE: 'l/': a {word} with a slash behind its name", [f("t"), member("l/", kind, link="t")])
    refuse("slash-pax", "the same by way of a pax path", "UNSAFE: 'l/': a symlink with a slash behind its name",
           [pax(("path", "l/")) + member("l", "2", link="t")])
    refuse("device-pax", "libarchive takes 7:8, GNU tar 1:3",
           "UNSAFE: 'c': two device numbers, one in pax SCHILY.devmajor and devminor",
           [pax(("SCHILY.devmajor", "7"), ("SCHILY.devminor", "8")), c("c", 1, 3)])
    refuse("device-pax-minor", "the same with one of the two",
           "UNSAFE: 'c': two device numbers, one in pax SCHILY.devmajor and devminor",
           [pax(("SCHILY.devminor", "8")), c("c", 1, 3)])
    case("device-pax-same", "a device number in both places", [pax(("SCHILY.devmajor", "1"), ("SCHILY.devminor", "3")), c("c", 1, 3)],
         tree=[c("c", 1, 3)])
    two = "xattr 'user.x' has two values, one in libarchive's form"
    for what, value in (("other", "eQ"), ("longer", "eHg"), ("none", ""), ("junk", "e!")):
        refuse(f"xattr-two-values-{what}", "libarchive takes the last, others star's form alone", f"UNSAFE: before byte 1024: {two}",
               [pax(("LIBARCHIVE.xattr.user.x", value), ("SCHILY.xattr.user.x", "x")) + member("a")])
    refuse("xattr-two-values-behind", "the same in the other order", f"UNSAFE: before byte 1024: {two}",
           [pax(("SCHILY.xattr.user.x", "x"), ("LIBARCHIVE.xattr.user.x", "eQ")) + member("a")])
    case("xattr-both-forms", "libarchive encodes names and values, with padding or without",
         [pax(("SCHILY.xattr.user.a b", b"\0\xff"), ("LIBARCHIVE.xattr.user.a%20b", "AP8="),
              ("SCHILY.xattr.user.e", b""), ("LIBARCHIVE.xattr.user.e", b"")) + member("a")],
         tree=[f("a", xattrs={"user.a b": b"\0\xff", "user.e": b""})])
    for key in ("LIBARCHIVE.xattr.user.x", "SCHILY.acl.access", "SCHILY.acl.default", "SCHILY.fflags",
                "RHT.security.selinux", "GNU.dumpdir", "LIBARCHIVE.symlinktype"):
        case(f"passed-over-{key}", "some readers honour it, container tools do not",
             [pax((key, "eA")) + member("a")], tree=[f("a")], lint=["tar/pax-passed-over"])
    for key in ("PATH", "Size", "schily.xattr.user.x", "Gnu.Sparse.map"):
        case(f"pax-case-{key}", "a keyword in another case is another keyword", [pax((key, "b")) + member("a")],
             tree=[f("a")], lint=["tar/pax-case"])
    refuse("global-behind-long-name", "a global header between a GNU long name and its member",
           "UNSAFE: before byte 1536: a pax header and a GNU long name",
           [long("L", "b"), pax(("comment", "x"), kind="g"), member("a", magic=GNU)], lint=["tar/global-between"])
    for what, value in (("nul-first", b"\0000644\0"), ("nine", b"0000699\0"), ("plus", b"+000644\0"),
                        ("inside", b"00 0644\0"), ("tab", b"\t000644\0")):
        refuse(f"number-{what}", "a number that readers cut, take or refuse", "FORMAT: 'a': its mode is not a number",
               [member("a", fields={100: value})])
    for kind, data in (("S", b"x" * 512), ("V", b""), ("M", b"y" * 700), ("7", HI)):
        refuse(f"type-{kind}-with-data", "the data of what is left out is not the next header",
               "UNSUPPORTED: 'a': a sparse member" if kind == "S" else f"UNSUPPORTED: 'a': a member of type '{kind}'",
               [member("a", kind, data, magic=GNU), f("b"), f("b")], lint=["tar/sparse" if kind == "S" else "tar/type", "fold/twice"])
    refuse("type-S-maps", "maps of holes behind a sparse header are not the next header",
           "UNSUPPORTED: 'a': a sparse member",
           [header("a", "S", size=512, magic=GNU, fields={482: b"\1"}) + bytes(504) + b"\1" + bytes(7) + bytes(512)
            + b"x" * 512, f("b"), f("b")], lint=["tar/sparse", "fold/twice"])
    case("unicode-twins", "one text composed in two ways is two names",
         [f("caf\u00e9"), f("cafe\u0301"), f("\ud55c"), f("\u1112\u1161\u11ab"), f("\u304c"), f("\u304b\u3099")],
         tree=[f("caf\u00e9"), f("cafe\u0301"), f("\ud55c"), f("\u1112\u1161\u11ab"), f("\u304c"), f("\u304b\u3099")],
         lint=["tree/unicode-twins"] * 3)
    case("unicode-not-twins", "texts that only look alike are no twins",
         [f("e"), f("\u00e9"), f("\u00e8"), f("\u0435"), f(b"\xe9"), f("\ud55c"), f("\ud558")],
         tree=[f("e"), f("\u00e9"), f("\u00e8"), f("\u0435"), f(b"\xe9"), f("\ud55c"), f("\ud558")])
    case("link-other-time", "Docker gives a file the time of each link to it", [f("a", mtime=5), hard("b", "a", mtime=6)],
         tree=[f("a", mtime=5), same("b", "a").but(mtime=5)], lint=["fold/hard-link-attributes"])
    case("wh-behind-first-layer", "a whiteout behind its entry in the lowest layer", [f("a"), wh("a")], tree=[f("a")],
         lint=["fold/whiteout-behind"])
    case("wh-before-first-layer", "and before it", [wh("a"), f("a")], tree=[f("a")])


def several():
    """More than one thing is wrong: all of it is found, and reading goes on as docs/lint.md says."""
    refuse("several-in-one-header", "a member with four bad fields",
           "FORMAT: 'a': its mode is not a number",
           [member("a", fields={100: b"x" * 8, 108: base256(-1, 8), 116: base256(1 << 40, 8), 136: b"y" * 12})],
           lint=["tar/number", "tar/negative", "tar/id", "tar/number"])
    refuse("several-in-one-pax-header", "records with each another fault, and the rest lost",
           "FORMAT: before byte 1024: pax uid is not a number of 64 bits",
           [pax(("uid", "x"), ("path", ""), ("mtime", "1"), ("mtime", "2"), ("hdrcharset", "KOI8"), b"bad\n") + member("a")],
           lint=["tar/pax-number", "tar/pax-text", "tar/pax-key-twice", "tar/pax-charset", "tar/pax-record"])
    refuse("several-headers-before-one", "pax headers and long names upon each other",
           "UNSAFE: before byte 1536: two pax headers for one member",
           [pax(("uid", "1")) + pax(("path", "c")) + long("L", "d") + long("L", b"e\0f") + member("a", magic=GNU)],
           lint=["tar/pax-twice", "tar/pax-and-long-name", "tar/long-name-twice", "tar/long-name"])
    refuse("several-members", "each member has a fault of its own",
           "UNSAFE: '../x': '..' in a path",
           [member("../x", "0", HI), member("", "0", HI), member("d/", "5", bytes(512)), hard("h", "gone"), hard("h", "../gone"),
            f("f"), f("f"), f("f/x"), member(".wh.", "0"), member(".wh.a", "0", HI), header("p", size=3) + HI + b"x" * 509,
            member("l", "2", link=""), c("c", 4096, 0), f("end")],
           lint=["tar/dot-dot", "tar/name-empty", "tar/data", "fold/hard-link", "tar/dot-dot", "fold/twice", "fold/parent",
                 "tar/whiteout-name", "tar/whiteout-data", "tar/padding", "tar/target", "tar/device"])
    refuse("several-then-cut", "what was found before an end is told", "UNSAFE: 'a': twice in one layer",
           layer(f("a"), f("a"), f("b", HI))[:-1500], lint=["fold/twice", "tar/cut"])
    refuse("several-layers", "a damaged layer is no reason to leave out the next",
           "FORMAT: byte 512: a tar header with a wrong checksum",
           layer(f("a"), member("b", checksum="bad"), f("c")), [f("d"), f("d")], lint=["tar/checksum", "fold/twice"])
    refuse("several-whiteouts", "whiteouts, each with another fault", "UNSAFE: '.wh..': a whiteout of no name",
           [d("t"), l("s", "t"), f("t/x")], [member(".wh.."), wh("s/x"), wh("s"), wh("t/y"), wh("t/y"), f("t/z"), l("t", "/")],
           lint=["tar/whiteout-name", "fold/whiteout-twice", "fold/through-link", "fold/link-replaced", "fold/directory-replaced"])


def main(out):
    for group in (plain, numbers, data, headers, links, twice, symlinks, whiteouts, two_meanings, several):
        group()
    for name, (why, layers, expect, lint) in cases.items():
        where = os.path.join(out, "layers", name)
        os.makedirs(where, exist_ok=True)
        files = {f"layer{i + 1}.tar": content for i, content in enumerate(layers)}
        files["expect"] = expect.encode()
        files["why"] = (why + "\n").encode()
        if lint:
            files["lint"] = "".join(rule + "\n" for rule in lint).encode()
        for file, content in files.items():
            with open(os.path.join(where, file), "wb") as stream:
                stream.write(content)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
