# SPDX-License-Identifier: Apache-2.0
"""Names that climb, the root entry, and names that are odd and nothing else."""
from case import ESCAPED, EVIL, UP, Case
from tarbytes import (
    END, GNU, d, f, hard, header, implied, l, long, member, pax)

DOTS = "'..' in a path"


def climbing(out):
    yield Case("dotdot", "climbs one, two and three directories up and makes a file there", [[
        member("../" + ESCAPED, data=EVIL), member("../../" + ESCAPED, data=EVIL)]],
        refused=DOTS, refs="CVE-2001-1267 CVE-2002-0399 CVE-2007-4131 CVE-2007-4559 CVE-2018-1002100 "
        "CVE-2018-1002200 CVE-2018-1002207 CVE-2016-10173 CVE-2020-12265 CVE-2026-28406")
    yield Case("dotdot-deep", "climbs to the root of the host and comes down where it likes", [[
        member(UP + out[1:] + "/" + ESCAPED, data=EVIL)]], refused=DOTS)
    for name, tries, path in (
            ("dotdot-middle", "climbs after it has gone down", f"a/../../{ESCAPED}"),
            ("dotdot-inside", "climbs and stays inside, which other readers take differently", "a/../b"),
            ("dotdot-last", "names the parent by its child", "a/.."),
            ("dotdot-slashes", "hides the climb between dots and slashes", f".//..//./{ESCAPED}"),
            ("dotdot-absolute", "climbs above the root of an absolute name", f"/../{ESCAPED}")):
        yield Case(name, tries, [[member(path, data=EVIL)]], refused=DOTS,
                   refs="CVE-2016-6321 CVE-2019-11249" if name == "dotdot-middle" else "")
    yield Case("dotdot-prefix", "spreads the climb over the two fields of a ustar name", [[
        member(ESCAPED, data=EVIL, prefix="..")]], refused=DOTS)
    yield Case("dotdot-pax", "says a harmless name in the header and climbs in the pax header", [[
        pax(("path", "../" + ESCAPED)), f("plain", EVIL)]], refused=DOTS)
    yield Case("dotdot-gnu", "says a harmless name in the header and climbs in the GNU long name", [[
        long("L", "../" + ESCAPED), member("plain", data=EVIL, magic=GNU)]], refused=DOTS)
    yield Case("dotdot-directory", "makes a directory outside, or changes the mode of one there", [[
        member("../victim/", "5", mode=0o777)]], refused=DOTS, refs="CVE-2019-8320")
    yield Case("dotdot-symlink", "makes a symlink outside", [[
        member("../" + ESCAPED, "2", link="victim")]], refused=DOTS)
    yield Case("dotdot-fifo", "makes a fifo outside", [[member("../" + ESCAPED, "6")]], refused=DOTS)
    yield Case("dotdot-hard", "gives a file of the image a further name outside", [[
        f("a", EVIL), hard("../" + ESCAPED, "a")]], refused=DOTS)
    yield Case("dotdot-whiteout", "removes a file outside", [
        [f("a")], [member("../.wh.target-evil")]], refused=DOTS)


def absolute(out):
    inside = out[1:]
    for name, slashes in (("absolute", "/"), ("absolute-slashes", "////"), ("absolute-dots", "/./")):
        yield Case(name, "names a file of the host from its root", [[
            member(slashes + inside + "/" + ESCAPED, data=EVIL)]],
            tree=[*parents(inside + "/x"), f(inside + "/" + ESCAPED, EVIL)],
            refs="CVE-2021-32804 CVE-2015-2304")
    yield Case("absolute-over", "names a file that is there outside, with another mode and owner", [[
        member(out + "/secret", data=EVIL, mode=0o666, uid=1)]],
        tree=[*parents(inside + "/x"), f(inside + "/secret", EVIL, mode=0o666, uid=1)])
    windows = [f("..\\..\\" + ESCAPED, EVIL), f("C:\\" + ESCAPED), f("C:..\\x"), d("C:"),
               f("C:/x"), l("l", "C:../../../x")]
    yield Case("windows", "climbs and is absolute only where backslashes and drives mean something",
               [windows], tree=windows, refs="CVE-2021-37701 CVE-2021-37713 CVE-2026-31802")


def parents(path):
    """The directories on the way that no member names."""
    names = path.split("/")
    return [implied("/".join(names[:i])) for i in range(1, len(names))]


def odd():
    plain = [f(name, str(i)) for i, name in enumerate((
        " ", "-rf", "--checkpoint-action=exec=sh", "...", "..a", "a\nb", "a\rb", "\x1b]0;x\x07", "\x7f",
        b"\xff\xfe", b"\xc2\x9b31m", "%s%n", "$(x)`y`", "*?[", "~", ".nacre-0123456789abcdef",
        ".nacre-probe", "con", "nul.txt", "a.", "a "))]
    yield Case("odd", "has names that are odd to a shell, a terminal or another system", [plain],
               tree=plain, refs="CVE-2025-46394")
    twins = [f("A", "1"), f("a", "2"), f("\u00e9", "3"), f("e\u0301", "4"), f("\ufb00", "5"),
             f("ff", "6"), f("\u212a", "7"), f("K", "8"), f("k", "9")]
    yield Case("twins", "has names that another file system takes for one another", [twins],
               tree=twins, refs="CVE-2021-37712 CVE-2026-23950")
    yield Case("twice-spelled", "says one name twice, with and without a dot in front", [[
        f("a", "first"), member("./a", data=b"second")]], refused="twice in one layer")
    yield Case("nul", "ends a name early with a NUL, for readers that stop there", [[
        pax(("path", b"a\0/../" + ESCAPED.encode())), f("x")]], refused="NUL")
    yield Case("empty", "has no name at all", [[member("", data=EVIL)]], refused="an empty path")
    yield Case("slash-behind", "is a file whose name ends like a directory's", [[
        member("a/", data=EVIL)]], refused="a file with a slash behind its name")
    yield Case("255", "has a name as long as a name may be", [[f("n" * 255)]],
               tree=[f("n" * 255)])
    yield Case("256", "has a name longer than a name may be", [[f("n" * 256)]],
               refused="limit name-bytes")
    longest = "/".join(["n" * 254] * 16) + "/" + "n" * 15
    yield Case("4095", "has a path as long as a path may be", [[f(longest)]],
               tree=[*parents(longest), f(longest)])
    yield Case("4096", "has a path longer than a path may be", [[f(longest + "n")]],
               refused="limit path-bytes", refs="CVE-2007-4476")
    deepest = "/".join(["d"] * 1000)
    yield Case("1000-deep", "lies as deep as the limit has it", [[f(deepest)]],
               tree=[*parents(deepest), f(deepest)])
    yield Case("1001-deep", "lies deeper than programs that walk by recursion can take", [[
        f(deepest + "/d")]], refused="limit depth", refs="CVE-2024-28863")


def roots(out):
    whole = d("", mode=0o1750, uid=7, gid=8, mtime=1700000000)
    yield Case("root", "says the attributes of the root", [[whole, f("a")]], tree=[whole, f("a")])
    shut = d("", mode=0o000)
    yield Case("root-000", "shuts the root to everybody", [[shut, f("a")]], tree=[shut, f("a")])
    yield Case("root-twice", "says the attributes of the root twice", [[
        member("./", "5", mode=0o755), member("/", "5", mode=0o777)]], refused="twice in one layer")
    slash = "a symlink with a slash behind its name"
    for name, path, word in (("root-symlink", ".", "the root is not a directory"),
                             ("root-symlink-slash", "./", slash), ("root-symlink-abs", "/", slash)):
        yield Case(name, "makes the root a symlink, which the next layer then follows", [
            [f("a"), member(path, "2", link=out)], [f("victim/file", EVIL), f(ESCAPED, EVIL)]],
            refused=word, refs="CVE-2021-29136")
    for name, tries, part in (
            ("root-file", "makes the root a file", member(".", data=EVIL)),
            ("root-hard", "makes the root a further name of a file", hard(".", "a")),
            ("root-fifo", "makes the root a fifo", member(".", "6")),
            ("root-device", "makes the root a device", member(".", "3", dev=(1, 3)))):
        yield Case(name, tries, [[f("a"), part]], refused="the root is not a directory")
    yield Case("cut-name", "hides a second name behind the NUL of the first", [[
        header("a", fields={50: b"../" + ESCAPED.encode()})]], tree=[f("a")])
    yield Case("end-then-name", "goes on after the end of the archive", [[
        f("a"), END, member("../" + ESCAPED, data=EVIL)]], refused="behind the end of the archive")
    yield Case("link-target-terminal", "has a link target that speaks to terminals", [[
        l("a", "\x1b[2J\x9b31m\n")]], tree=[l("a", "\x1b[2J\x9b31m\n")])


def cases(out):
    yield from climbing(out)
    yield from absolute(out)
    yield from odd()
    yield from roots(out)
