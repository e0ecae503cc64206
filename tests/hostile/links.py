# SPDX-License-Identifier: Apache-2.0
"""Symlinks and hard links that lead out of the root."""
from case import ESCAPED, EVIL, UP, Case
from tarbytes import d, f, hard, implied, l, member, p, pax, same

NOT_THERE = "which is not a directory"
LATER = "which is not there yet"


def parents(path):
    names = path.split("/")
    return [implied("/".join(names[:i])) for i in range(1, len(names) + 1)]


def through(out):
    """Members below a link that leads out."""
    rows = (
        ("absolute", "makes a link to a directory outside and a file below it",
         [[l("d", out), f(f"d/{ESCAPED}", EVIL)]],
         "CVE-2014-6407 CVE-2014-9356 CVE-2018-1002100 CVE-2019-1002101 CVE-2019-11246 CVE-2011-5325 "
         "CVE-2020-29529 CVE-2024-0406 CVE-2024-47877 CVE-2021-21272 CVE-2020-10696 CVE-2020-36193 "
         "CVE-2025-59825 CVE-2026-17106 CVE-2026-46703"),
        ("relative", "the same with a link that climbs",
         [[l("d", UP + out[1:]), f(f"d/{ESCAPED}", EVIL)]], "CVE-2025-45582 CVE-2018-1002200"),
        ("next-layer", "makes the link in one layer and goes through it in the next",
         [[l("d", out)], [f(f"d/{ESCAPED}", EVIL)]], "CVE-2021-29136 CVE-2025-47290"),
        ("overwrites", "goes through the link to a file that is there",
         [[l("d", out), f("d/victim/file", EVIL)]], "CVE-2019-10152 CVE-2019-18466"),
        ("chain", "goes through a link to a link to a link",
         [[l("a", "b"), l("b", "c"), l("c", out), f(f"a/{ESCAPED}", EVIL)]],
         "CVE-2019-11251 CVE-2025-59343 CVE-2026-26960"),
        ("steps", "climbs one directory by each link",
         [[d("x"), l("x/up", ".."), l("y", "x/up/.."), l("z", f"y/../../../{out[1:]}"),
           f(f"z/{ESCAPED}", EVIL)]], "CVE-2025-45582 CVE-2026-26960"),
        ("proc-root", "goes through the magic link to the root of the host",
         [[l("m", "/proc/self/root"), f(f"m{out}/{ESCAPED}", EVIL)]], ""),
        ("proc-cwd", "goes through the magic link to the working directory",
         [[l("m", "/proc/self/cwd"), f(f"m/{ESCAPED}", EVIL)]], ""),
        ("proc-fd", "goes through descriptors that the unpacker has open",
         [[l("m", "/proc/self/fd/3"), f(f"m/{ESCAPED}", EVIL)]], "CVE-2024-21626"),
        ("directory", "makes a directory through the link",
         [[l("d", out), d(f"d/{ESCAPED}")]], "CVE-2021-38511"),
        ("symlink", "makes a second link through the first",
         [[l("d", out), l(f"d/{ESCAPED}", "x")]], ""),
        ("fifo", "makes a fifo through the link",
         [[l("d", out), member(f"d/{ESCAPED}", "6")]], ""),
        ("hard-name", "gives a file a further name through the link",
         [[f("a", EVIL), l("d", out), hard(f"d/{ESCAPED}", "a")]], ""),
        ("implied", "has directories made on the way, through the link",
         [[l("d", out), f(f"d/{ESCAPED}/b/c", EVIL)]], "CVE-2021-38511"),
        ("loop", "goes around in a circle",
         [[l("a", "b"), l("b", "a"), f("a/x", EVIL)]], ""),
        ("itself", "goes through a link to itself",
         [[l("a", "a"), f("a/x", EVIL)]], ""),
        ("file", "goes through a link to a file",
         [[f("f"), l("a", "f"), f("a/x", EVIL)]], ""),
    )
    for name, tries, layers, refs in rows:
        word = "more than 40 links" if name in ("loop", "itself") else NOT_THERE
        yield Case(f"through-{name}", tries, layers, refused=word, refs=refs)


def replaced(out):
    """A link and something else of the same name: the link goes, its target is not touched."""
    secret = f"{out}/secret"
    yield Case("file-over", "puts a file over a link and hopes that it lands in the target", [
        [l("a", secret), l("b", f"{out}/victim/file")],
        [f("a", EVIL, mode=0o777), f("b", EVIL, uid=5)]],
        tree=[f("a", EVIL, mode=0o777), f("b", EVIL, uid=5)],
        refs="CVE-2018-12015 CVE-2007-4829 CVE-2026-42496")
    yield Case("file-over-same", "the same in one layer", [[l("a", secret), f("a", EVIL)]],
               refused="twice in one layer", refs="CVE-2018-12015 CVE-2021-32610")
    yield Case("directory-over", "puts a directory over a link, and a file into it", [
        [l("a", out)], [d("a", mode=0o777, uid=5), f(f"a/{ESCAPED}", EVIL)]],
        tree=[d("a", mode=0o777, uid=5), f(f"a/{ESCAPED}", EVIL)],
        refs="CVE-2021-32803 CVE-2026-33056 CVE-2019-8320")
    yield Case("directory-over-same", "the same in one layer, where readers remember the directory", [[
        l("a", out), d("a"), f(f"a/{ESCAPED}", EVIL)]], refused="twice in one layer",
        refs="CVE-2021-32803 CVE-2021-37701")
    yield Case("directory-forgotten", "a directory with files becomes a link, and gets one more", [
        [d("a"), f("a/x", "x")], [l("a", out), f(f"a/{ESCAPED}", EVIL)]], refused=NOT_THERE,
        refs="CVE-2021-32803 CVE-2025-47290")
    yield Case("link-over", "a directory with files becomes a link and nothing goes through it", [
        [d("a"), f("a/x", "x")], [l("a", out)]], tree=[l("a", out)])
    yield Case("moved-away", "a link that members went through is another in the same layer", [
        [d("in"), l("a", "in")], [f("a/x", EVIL), l("a", out)]],
        refused="through which other members of the layer went")
    yield Case("back-and-forth", "a name is a directory, a link, and a directory again", [
        [d("a"), f("a/old")], [l("a", out)], [d("a"), f(f"a/{ESCAPED}", EVIL)]],
        tree=[d("a"), f(f"a/{ESCAPED}", EVIL)])


def attributes(out):
    """What is said of a link is the link's, not its target's."""
    loose = l("a", f"{out}/secret", mode=0o777, uid=4, gid=5, mtime=99)
    yield Case("attributes", "gives a link attributes and hopes that its target gets them", [[
        loose, l("b", out, mode=0o777, uid=4, mtime=99)]],
        tree=[loose, l("b", out, mode=0o777, uid=4, mtime=99)],
        refs="CVE-2021-32760 CVE-2021-31566 CVE-2021-23177 CVE-2021-41089 CVE-2024-12718 "
        "CVE-2025-4330")
    yield Case("xattrs", "gives a link attributes that only its target can have", [[
        pax(("SCHILY.xattr.user.a", "b")), l("a", f"{out}/secret")]],
        tree=[l("a", f"{out}/secret")], refs="CVE-2021-23177")
    yield Case("acl", "gives a link an ACL that only its target can have", [[
        pax(("SCHILY.acl.access", "user::rwx,group::rwx,other::rwx")), l("a", out)]],
        tree=[l("a", out)], refs="CVE-2021-23177")


def inside(out):
    """Links are followed inside of the root, with its root as theirs."""
    here = out[1:]
    yield Case("to-inside", "leads to an absolute name that the image has, too", [[
        d(here), l("d", out), f(f"d/{ESCAPED}", EVIL)]],
        tree=[*parents(here)[:-1], d(here), l("d", out), f(f"{here}/{ESCAPED}", EVIL)])
    yield Case("climbs-to-root", "climbs further than the root and comes down in the image", [[
        d("in"), l("d", UP + "in"), f("d/x", EVIL)]],
        tree=[d("in"), l("d", UP + "in"), f("in/x", EVIL)])
    merged = [d("usr"), d("usr/lib"), f("usr/lib/old"), l("lib", "usr/lib"), d("run"), d("var"),
              l("var/run", "/run")]
    yield Case("merged-usr", "writes through the links of a merged /usr, as ordinary images do", [
        merged, [f("lib/new", "n"), f("var/run/x", "x")]],
        tree=[*merged, f("usr/lib/new", "n"), f("run/x", "x")])
    forty = [l(f"l{i}", f"l{i + 1}") for i in range(39)] + [l("l39", "in")]
    yield Case("forty", "goes through as many links as Linux follows", [[
        d("in"), *forty, f("l0/x", EVIL)]], tree=[d("in"), *forty, f("in/x", EVIL)])
    yield Case("forty-one", "goes through one link more", [[
        d("in"), *forty, l("l", "l0"), f("l/x", EVIL)]], refused="more than 40 links")
    # Short by its links, more than PATH_MAX by what they stand for.
    down, steps = "", []
    for name in "abcdefghijklmnop":
        steps += [d(down + "d" * 90), l(down + name, "d" * 90)]
        down += name + "/"
    yield Case("past-path-max", "resolves to a path so long that checks by realpath give up", [[
        *steps, l(down + "l" * 60, "../" * 16),
        pax(("linkpath", down + "l" * 60 + "/../../" + out[1:])), l("escape", "x"),
        f(f"escape/{ESCAPED}", EVIL)]],
        refused=NOT_THERE, refs="CVE-2025-4517 CVE-2025-4138")
    yield Case("loop-kept", "is a circle of links that nothing goes through", [[
        l("a", "b"), l("b", "a"), l("c", "c")]], tree=[l("a", "b"), l("b", "a"), l("c", "c")])
    longest = "t" * 4095
    yield Case("target-4095", "has a target as long as a target may be", [[
        pax(("linkpath", longest)), member("a", "2", link="x", mode=0o777)]], tree=[l("a", longest)])
    yield Case("target-4096", "has a target longer than a target may be", [[
        pax(("linkpath", longest + "t")), member("a", "2", link="x")]],
        refused="a symlink target of 4096 bytes")
    yield Case("target-empty", "has no target", [[member("a", "2")]],
               refused="a symlink target of 0 bytes")
    yield Case("target-nul", "ends its target early with a NUL", [[
        pax(("linkpath", b"in\0" + out.encode())), member("a", "2", link="x")]], refused="NUL")


def amplified():
    def chain(around):
        return [d("d"), *[l(f"l{i}", around + f"l{i + 1}") for i in range(39)], l("l39", "d")]

    yield Case("steps", "walks thousands of steps along links for one member", [[
        *chain("d/../" * 500), f("l0/x")]], refused="more than 4096 steps")
    members = [part for i in range(200) for part in (f(f"l0/f{i}"), f(f"f{i}"))]
    yield Case("steps-together", "walks a few steps too many for each of its members", [[
        *chain("d/../" * 40), *members]], refused="following the layer's links takes more than")


def hard_links(out):
    rows = (
        ("outside", "is a further name of a file outside, by its absolute name",
         [[hard("h", f"{out}/secret")]], LATER, "CVE-2026-23745 CVE-2018-20834"),
        ("climbs", "is a further name of a file outside, by a name that climbs",
         [[hard("h", "../victim/file")]], "'..' in a path",
         "CVE-2018-20834 CVE-2026-24842 CVE-2026-50163 CVE-2024-12905 CVE-2025-48387"),
        ("drive", "is a further name of a file outside, where drives mean something",
         [[hard("h", "C:../../x")]], "'..' in a path", "CVE-2026-29786"),
        ("through-link", "is a further name of a file outside, by way of a link",
         [[l("d", out), hard("h", "d/secret")]], LATER,
         "CVE-2014-6407 CVE-2018-20835 CVE-2018-20990 CVE-2026-26960"),
        ("through-lower", "the same with the link in a lower layer",
         [[l("d", out)], [hard("h", "d/secret")]], LATER, ""),
        ("then-file", "links to a file outside and then writes to the name",
         [[hard("h", f"{out}/victim/file"), f("h", EVIL)]], LATER,
         "CVE-2016-5418 CVE-2018-20990 CVE-2026-42497"),
        ("missing", "links to what is nowhere", [[hard("h", "nothing")]], LATER, ""),
        ("later", "links to what comes later", [[hard("h", "a"), f("a")]], LATER, ""),
        ("itself", "links to itself", [[hard("h", "h")]], LATER, ""),
        ("itself-lower", "links what lower layers have to itself", [[f("h")], [hard("h", "h")]],
         "which it replaces", ""),
        ("directory", "is a further name of a directory", [[d("d"), hard("h", "d")]],
         "a directory", ""),
        ("root", "is a further name of the root", [[hard("h", ".")]], "a directory", ""),
        ("whiteout", "links to a whiteout", [[f("a")], [hard("h", ".wh.a")]],
         "a hard link to a whiteout", ""),
        ("removed", "links to what the same layer removes",
         [[f("a")], [member(".wh.a"), hard("h", "a")]], LATER, ""),
        ("data", "brings data, which some readers write to the target",
         [[f("a"), member("h", "1", data=EVIL, link="a")]], "data behind what is not a file",
         "CVE-2016-5418"),
        ("loop", "links around in a circle", [[hard("a", "b"), hard("b", "a")]], LATER, ""),
    )
    for name, tries, layers, word, refs in rows:
        yield Case(f"hard-{name}", tries, layers, refused=word, refs=refs)


def hard_kept(out):
    target = f"{out}/program"
    yield Case("hard-to-symlink", "is a further name of a link, which is not its target", [[
        l("s", target), hard("h", "s", mode=0o4777, uid=4, mtime=99)]],
        tree=[l("h", target), l("s", target, first=b"h")],
        refs="CVE-2021-32760")
    yield Case("hard-setuid", "gives another's file the setuid bit by a further name", [[
        f("a", "x", mode=0o644), hard("h", "a", mode=0o4755, uid=0)]],
        tree=[f("a", "x"), same("h", "a", "x")])
    yield Case("hard-lower", "links to a file of a lower layer, which is then replaced", [
        [f("a", "old")], [hard("h", "/a")], [f("a", "new")]], tree=[f("a", "new"), f("h", "old")])
    yield Case("hard-chain", "links to a link to a link", [[
        f("a", "x"), hard("b", "a"), hard("c", "./b"), hard("e/f", "/c")]],
        tree=[f("a", "x"), same("b", "a", "x"), same("c", "a", "x"), implied("e"),
              same("e/f", "a", "x")])
    yield Case("hard-fifo", "is a further name of a fifo, which nobody may open", [[
        member("p", "6"), hard("h", "p")]],
        tree=[p("h"), p("p", first=b"h")])


def cases(out):
    yield from through(out)
    yield from replaced(out)
    yield from attributes(out)
    yield from inside(out)
    yield from amplified()
    yield from hard_links(out)
    yield from hard_kept(out)
