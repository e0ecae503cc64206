# SPDX-License-Identifier: Apache-2.0
"""Kinds of files and their attributes: one kind over another, devices, owners, modes, xattrs."""
from case import EVIL, ROOT, USER, Case
from tarbytes import b, base256, c, d, f, hard, header, l, member, p, pax

DEVICES = ["--devices"]
OVERLAY = "which overlayfs would take for its own"
PAX_XATTR = "SCHILY.xattr."
MAKERS = {
    "file": lambda name: [f(name, "x")],
    "dir": lambda name: [d(name)],
    "full": lambda name: [d(name), f(name + "/below", "x")],
    "link": lambda name: [l(name, "nowhere")],
    "fifo": lambda name: [p(name)],
}


def replacements():
    pairs = [(old, new) for old in MAKERS for new in MAKERS]
    lower, upper, tree = [], [], []
    for old, new in pairs:
        name = f"{old}-{new}"
        lower += MAKERS[old](name)
        upper += MAKERS[new](name)
        tree += MAKERS[new](name)
        if old == "full" and new == "dir":
            tree.append(f(name + "/below", "x"))
    yield Case("replace", "puts each kind of file over each other kind", [lower, upper], tree=tree,
               refs="CVE-2021-32803")
    for old, new in pairs:
        if old != "full" and new != "full":
            yield Case(f"twice-{old}-{new}", f"has one name as {old} and as {new} in one layer", [[
                *MAKERS[old]("x"), *MAKERS[new]("x")]], refused="twice in one layer")
    yield Case("fifo-then-file", "has a fifo where a file is written, which would wait for ever", [
        [p("p", mode=0o666)], [f("p", EVIL)]], tree=[f("p", EVIL)])
    yield Case("below-file", "goes through a file as if it were a directory", [
        [f("a")], [f("a/b", EVIL)]], refused="'a' is a file")
    yield Case("below-fifo", "goes through a fifo as if it were a directory", [[
        p("a"), f("a/b", EVIL)]], refused="'a' is a fifo")
    yield Case("directory-attributes", "says a directory again, with other attributes", [
        [d("a", mode=0o700), f("a/b")], [d("a", mode=0o1777, uid=4, gid=5, mtime=7)]],
        tree=[d("a", mode=0o1777, uid=4, gid=5, mtime=7), f("a/b")])
    yield Case("shut-directory", "shuts a directory before its files come", [[
        d("a", mode=0), f("a/b", "x"), d("a/c", mode=0), f("a/c/d", "y")]],
        tree=[d("a", mode=0), f("a/b", "x"), d("a/c", mode=0), f("a/c/d", "y")])


def devices():
    refused = "a character device, and devices are not asked for"
    yield Case("device", "makes the disk of the host readable", [[
        member("sda", "4", mode=0o666, dev=(8, 0))]], refused="a block device, and devices are not")
    yield Case("device-null", "makes a harmless device without being asked", [[c("null", 1, 3)]],
               refused=refused)
    yield Case("device-hidden", "gives a device a further name", [[
        c("a", 1, 3), hard("b", "a")]], refused=refused)
    yield Case("device-removed", "has a device in a lower layer that a higher one removes", [
        [c("a", 8, 0), b("b", 8, 0)], [member(".wh.a"), f("b", "x")]], tree=[f("b", "x")])
    yield Case("device-overflow", "has a number that is cut to another device's", [[
        member("a", "4", dev=(4104, 0))]], refused="is beyond 4095:1048575", options=DEVICES)
    yield Case("device-minor", "has a minor number that is cut to another device's", [[
        member("a", "4", dev=(8, 1048576))]], refused="is beyond 4095:1048575", options=DEVICES)
    yield Case("device-base256", "has a number of 56 bits", [[
        header("a", "3", fields={329: base256(2**40 + 8, 8), 337: base256(0, 8)})]],
        refused="is beyond 4095:1048575", options=DEVICES)
    yield Case("device-negative", "has a negative number", [[
        header("a", "3", fields={329: base256(-1, 8)})]], refused="is negative", options=DEVICES)
    yield Case("device-whiteout", "is a device that hides what lies below an overlay", [[
        c("etc", 0, 0)]], refused="0:0", options=DEVICES)
    yield Case("device-pax", "says another device to readers that know a record of star", [[
        pax(("SCHILY.devmajor", "8"), ("SCHILY.devminor", "0")), c("a", 1, 3)]],
        refused="SCHILY.devmajor", options=DEVICES)
    for kind, what in (("7", "a contiguous file"), ("s", "a socket as some say it"),
                       ("D", "a list of names"), ("M", "the rest of a file"), ("N", "renamings"),
                       ("V", "the label of a volume"), ("A", "what no reader knows")):
        yield Case(f"type-{kind}", f"is {what}, which readers take differently", [[
            member("a", kind, data=EVIL)]], refused=f"a member of type '{kind}'",
            refs="CVE-2006-6097" if kind == "N" else "")


def owners():
    most = f("a", mode=0o4755, uid=2**32 - 2, gid=2**32 - 2)
    yield Case("id-most", "has the largest owner there is", [[
        pax(("uid", "4294967294"), ("gid", "4294967294")), f("a", mode=0o4755)]], tree=[most])
    for name, tries, parts, word in (
            ("id-minus-one", "has the owner that chown(2) takes for nobody",
             [pax(("uid", str(2**32 - 1))), f("a", mode=0o4755)], "its uid is above 4294967294"),
            ("id-minus-one-gid", "has the group that chown(2) takes for nobody",
             [pax(("gid", str(2**32 - 1))), f("a", mode=0o2755)], "its gid is above 4294967294"),
            ("id-wraps", "has an owner that is cut to root",
             [pax(("uid", str(2**32))), f("a", mode=0o4755)], "its uid is above 4294967294"),
            ("id-wraps-base256", "has an owner that is cut to root, in the header",
             [header("a", mode=0o4755, fields={108: base256(2**32, 8)})],
             "its uid is above 4294967294"),
            ("id-negative", "has a negative owner",
             [header("a", mode=0o4755, fields={108: base256(-1, 8)})], "its uid is negative"),
            ("id-negative-pax", "has a negative owner in the pax header",
             [pax(("uid", "-1")), f("a")], "pax uid is not a number"),
            ("id-text", "has an owner that begins like a number",
             [pax(("uid", "0x1")), f("a")], "pax uid is not a number"),
            ("id-huge", "has an owner of 70 bits",
             [pax(("uid", str(2**70))), f("a")], "pax uid is not a number")):
        yield Case(name, tries, [parts], refused=word, refs="CVE-2024-40635" if "wraps" in name else "")
    named = header("a", uid=5, gid=6, fields={265: b"root", 297: b"root"})
    yield Case("id-names", "has the names of root and other numbers", [[named]],
               tree=[f("a", uid=5, gid=6)])


def modes():
    kept = [f("a", mode=0o7777, uid=3), d("d", mode=0o7777), f("d/b", mode=0), d("t", mode=0o1777)]
    yield Case("mode-all", "has every bit of a mode", [kept], tree=kept)
    yield Case("mode-type", "has the bits of another type in its mode", [[
        f("a", mode=0o060644), f("b", mode=0o104755)]],
        tree=[f("a", mode=0o644), f("b", mode=0o4755)])
    yield Case("setid-left-out", "has setuid and capabilities that are not wanted", [[
        f("a", mode=0o6755), pax((PAX_XATTR + "security.capability", CAPABILITY)), f("b")]],
        tree=[f("a", mode=0o755), f("b")], options=["--no-setid"],
        refs="CVE-2021-41091 CVE-2021-41103")
    odd = [f("a", mtime=0), f("b", mtime=2**33 - 1)]
    yield Case("time", "has times at the ends of what a header holds", [odd], tree=odd)
    yield Case("time-nanoseconds", "has a time before 1970 with a fraction", [[
        pax(("mtime", "-1.5")), f("a")]], tree=[f("a", mtime=-2, ns=500000000)])


CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")


def xattrs():
    def record(name, value=b"y"):
        return pax((PAX_XATTR + name, value))

    for name in ("trusted.overlay.opaque", "trusted.overlay.redirect", "trusted.overlay.metacopy",
                 "user.overlay.opaque", "user.overlay.whiteout", "user.overlay.redirect"):
        for kind, part in (("file", f("x", "x")), ("directory", d("x"))):
            yield Case(f"xattr-{name}-{kind}", f"has overlayfs hide or redirect by {name} of a {kind}",
                       [[record(name), part]], refused=OVERLAY)
    yield Case("xattr-overlay-all", "has overlayfs hide files, when all xattrs are asked for", [[
        record("trusted.overlay.opaque"), d("x")]], refused=OVERLAY, options=["--xattrs", "all"])
    yield Case("xattr-kept", "has values that are no text", [[
        pax((PAX_XATTR + "user.a", b"\0\n=\xff"), (PAX_XATTR + "user.b", b"")), f("x")]],
        tree=[f("x", xattrs={b"user.a": b"\0\n=\xff", b"user.b": b""})])
    yield Case("xattr-left-out", "has xattrs that decide on access", [[
        pax(*[(PAX_XATTR + name, b"x") for name in (
            "security.selinux", "security.ima", "security.evm", "security.apparmor", "trusted.x",
            "system.posix_acl_access", "system.nfs4_acl", "nonamespace")]), f("x")]], tree=[f("x")])
    yield Case("xattr-impossible", "has xattrs that no file system takes", [[
        pax(*[(PAX_XATTR + name, b"x") for name in (
            "nonamespace", "system.posix_acl_access", "system.x", "user.")]), f("x")]],
        tree=[f("x")], options=["--xattrs", "all"])
    yield Case("xattr-capability", "has a file capability, which runs as the owner says", [[
        record("security.capability", CAPABILITY), f("x", mode=0o755)]],
        tree=[f("x", mode=0o755, xattrs={b"security.capability": CAPABILITY})], who=[ROOT])
    yield Case("xattr-capability-user", "has a file capability that nobody may give", [[
        record("security.capability", CAPABILITY), f("x", mode=0o755)]],
        tree=[f("x", mode=0o755)], who=[USER])
    yield Case("xattr-capability-bad", "has a file capability that is none", [[
        record("security.capability", b"x"), f("x")]], tree=[f("x")])
    yield Case("xattr-kinds", "has xattrs on what can have none", [[
        record("user.a"), l("l", "x"), record("user.a"), p("p")]], tree=[l("l", "x"), p("p")])
    for name, tries, records, word in (
            ("many", "has more xattrs than a file may have",
             [(PAX_XATTR + f"user.{i}", b"") for i in range(101)], "limit xattrs"),
            ("value", "has a value longer than Linux takes",
             [(PAX_XATTR + "user.a", b"x" * 65537)], "limit xattr-value-bytes"),
            ("total", "has values that fill the memory together",
             [(PAX_XATTR + f"user.{i}", b"x" * 60000) for i in range(3)], "limit xattr-bytes"),
            ("name", "has a name longer than Linux takes",
             [(PAX_XATTR + "user." + "n" * 251, b"")], "limit xattr-name-bytes"),
            ("no-name", "has an xattr without a name", [(PAX_XATTR, b"x")], "an xattr without a name"),
            ("twice", "has one xattr twice with two values",
             [(PAX_XATTR + "user.a", b"1"), (PAX_XATTR + "user.a", b"2")], "twice"),
            ("nul", "has a name with a NUL in it",
             [(PAX_XATTR + "user.a\0b", b"x")], "a malformed pax record")):
        yield Case(f"xattr-{name}", tries, [[pax(*records), f("x")]], refused=word,
                   refs="CVE-2023-39804" if name == "name" else "")


def cases(_):
    yield from replacements()
    yield from devices()
    yield from owners()
    yield from modes()
    yield from xattrs()
