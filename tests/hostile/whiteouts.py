# SPDX-License-Identifier: Apache-2.0
"""Whiteouts: what they must take away, and what they must leave alone."""
from case import ESCAPED, EVIL, Case
from tarbytes import d, f, hard, implied, l, member, opq, p, pax, same, wh

ETC = [d("etc"), f("etc/passwd", "inside"), f("keep", "k")]


def refused(out):
    rows = (
        ("empty", "takes away nothing, or the directory it is in", [member(".wh.")],
         "a whiteout of no name"),
        ("dot", "takes away the root", [member(".wh..")], "a whiteout of no name"),
        ("dot-below", "takes away a directory by its dot", [member("etc/.wh..")],
         "a whiteout of no name"),
        ("dotdot", "takes away what is above", [member("etc/.wh...")], "a whiteout of no name"),
        ("dotdot-root", "takes away what is above the root", [member(".wh...")],
         "a whiteout of no name"),
        ("directory", "is a directory", [member(".wh.etc/", "5")], "not a regular file"),
        ("symlink", "is a symlink to what is outside", [member(".wh.etc", "2", link=out)],
         "not a regular file"),
        ("fifo", "is a fifo", [member(".wh.etc", "6")], "not a regular file"),
        ("device", "is a device as overlayfs has whiteouts", [member(".wh.etc", "3")],
         "not a regular file"),
        ("data", "has data, which a reader may unpack", [member(".wh.etc", data=EVIL)],
         "a whiteout with data"),
        ("below", "is a directory on the way", [f(".wh.etc/x", EVIL)],
         "a directory whose name begins with '.wh.'"),
        ("opaque-below", "has the mark of an opaque directory on the way",
         [f("etc/.wh..wh..opq/x", EVIL)], "a directory whose name begins with '.wh.'"),
        ("twice", "takes away the same twice", [wh("keep"), wh("keep")], "twice in one layer"),
        ("opaque-symlink", "marks a directory as opaque by a symlink",
         [member("etc/.wh..wh..opq", "2", link=out)], "not a regular file"),
        ("long", "takes away what has no possible name", [member(".wh." + "n" * 256)],
         "limit name-bytes"),
        ("climbs", "takes away by a name that climbs", [member("etc/../../.wh.target-evil")],
         "'..' in a path"),
    )
    for name, tries, parts, word in rows:
        yield Case(name, tries, [ETC, parts], refused=word)


def through_links(out):
    yield Case("through-link", "takes away what is outside, by way of a link", [
        [l("d", f"{out}/victim")], [wh("d/file"), wh("d/sub")]], tree=[l("d", f"{out}/victim")],
        refs="CVE-2018-15664")
    yield Case("opaque-through-link", "empties a directory outside, by way of a link", [
        [l("d", f"{out}/victim")], [opq("d")]], tree=[l("d", f"{out}/victim")])
    yield Case("of-link", "takes away a link and hopes that its target goes", [
        [l("d", f"{out}/victim"), l("f", f"{out}/secret")], [wh("d"), wh("f")]], tree=[])
    yield Case("absolute", "takes away by an absolute name", [
        [*ETC], [member(f"{out}/.wh.secret"), member("/etc/.wh.passwd")]],
        tree=[d("etc"), f("keep", "k")])
    yield Case("inside-link", "takes away through a link that stays inside", [
        [*ETC, l("e", "/etc")], [wh("e/passwd")]], tree=[d("etc"), f("keep", "k"), l("e", "/etc")])
    yield Case("link-it-goes-through", "takes away the link that another goes through", [
        [*ETC, l("e", "etc")], [wh("e"), f("e/x", EVIL)]],
        tree=[d("etc"), f("etc/passwd", "inside"), f("keep", "k"), implied("e"), f("e/x", EVIL)])
    yield Case("then-link", "takes a directory away and puts a link out in its place", [
        ETC, [wh("etc"), l("etc", out)]], tree=[f("keep", "k"), l("etc", out)])
    yield Case("then-through", "takes a directory away, links its name out and goes through", [
        ETC, [wh("etc"), l("etc", out), f(f"etc/{ESCAPED}", EVIL)]],
        refused="which is not a directory")


def meanings():
    yield Case("kinds", "takes away a file, a directory, a fifo, a link and a further name", [
        [f("f"), d("d"), d("d/d"), f("d/d/f"), p("p"), l("l", "f"), f("h1", "h"), hard("h2", "h1")],
        [wh("f"), wh("d"), wh("p"), wh("l"), wh("h1")]], tree=[f("h2", "h")])
    yield Case("own-layer", "leaves what its own layer brings, before and after", [
        [f("a", "old"), f("b", "old")],
        [f("a", "new"), wh("a"), wh("b"), f("b", "new"), wh("c"), f("c")]],
        tree=[f("a", "new"), f("b", "new"), f("c")])
    yield Case("own-below", "takes a directory away in whose place its own layer has files", [
        ETC, [f("etc/new", "n"), wh("etc")]],
        tree=[implied("etc"), f("etc/new", "n"), f("keep", "k")])
    opaque = [d("etc"), f("etc/new", "n")]
    yield Case("opaque", "empties a directory of lower layers, whatever the order", [
        [*ETC, d("b"), f("b/old")], [opq("etc"), *opaque, d("b"), f("b/new", "n"), opq("b")]],
        tree=[*opaque, f("keep", "k"), d("b"), f("b/new", "n")])
    yield Case("opaque-root", "empties the root", [ETC, [opq(""), f("a", "a")]], tree=[f("a", "a")])
    yield Case("opaque-nothing", "marks as opaque what is not there, or no directory", [
        ETC, [opq("none"), opq("keep")]], tree=ETC)
    yield Case("opaque-new-mode", "keeps a directory that it empties", [
        [d("etc", mode=0o700, uid=3), f("etc/x")], [opq("etc")]], tree=[d("etc", mode=0o700, uid=3)])
    yield Case("hard", "is a hard link to another whiteout, as Docker wrote them on AUFS", [
        ETC, [hard(".wh.etc", "/.wh..wh.aufs")]], tree=[f("keep", "k")])
    yield Case("hard-outside", "is a hard link to what is outside", [
        ETC, [hard(".wh.etc", "/etc/shadow")]], refused="a whiteout that is not a regular file")
    yield Case("missing", "takes away what is not there", [
        ETC, [wh("none"), wh("no/ne"), wh("etc/none")]], tree=ETC)
    yield Case("first-layer", "takes away in the first layer", [[*ETC, wh("keep"), opq("etc")]],
               tree=ETC)
    yield Case("comes-back", "takes away and brings back, three layers", [
        ETC, [wh("etc")], [d("etc"), f("etc/x", "x")]], tree=[d("etc"), f("etc/x", "x"), f("keep", "k")])
    yield Case("prefix-only", "has names that are nearly whiteouts", [
        [f(".wh", "1"), f("wh.a", "2"), f("a.wh.b", "3"), f(".whx", "4")]],
        tree=[f(".wh", "1"), f("wh.a", "2"), f("a.wh.b", "3"), f(".whx", "4")])
    yield Case("aufs", "has what AUFS left in images of old", [
        [*ETC, d(".wh..wh.plnk"), f(".wh..wh.plnk/1.2", EVIL), f(".wh..wh.aufs", EVIL),
         d(".wh..wh.orph")], [f(".wh..wh.aufs", EVIL)]], tree=ETC)
    yield Case("of-wh", "takes away a name that looks like a whiteout", [
        ETC, [member(".wh..wh.keep")]], tree=ETC)
    yield Case("pax-name", "is named by a pax header, beside a harmless name", [
        ETC, [pax(("path", ".wh.keep")), member("x")]], tree=ETC[:2])
    yield Case("hard-group", "takes away the first name of a file and not the other", [
        [f("a", "x"), hard("b", "a"), hard("c", "b")], [wh("a")]], tree=[f("b", "x"), same("c", "b", "x")])
    many = [member(f".wh.{i:04}") for i in range(5000)]
    yield Case("many", "takes away thousands that are not there, and one that is", [
        [f("0000"), f("keep")], many], tree=[f("keep")])


def cases(out):
    yield from refused(out)
    yield from through_links(out)
    yield from meanings()
