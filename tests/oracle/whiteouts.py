#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""whiteouts.py NACRE SCRATCH [CASE…]: the table of oracle/cases.py, through four readers.

Of each case an image is made, and read by nacre, by the image-spec's words (spec.py), by the
kernel's overlayfs (overlay.py) and by umoci; each must give what the table says that it gives.
SCRATCH is an empty directory on a file system that takes devices and trusted attributes; root is
needed.

With --show nothing is compared: what each reader gives is printed, to write a case by.
"""
import os
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]

# pylint: disable=wrong-import-position
import cases
import layerfmt
import overlay
import spec
from cases import SECOND, Entry
from ociwrite import write_layout
from treediff import Tree as DiskTree

KIND_OF = {"directory": "dir", "character device": "char", "block device": "block"}
FLAGS = {"dir": "directory", "char": "character"}


class Refused(Exception):
    pass


def tar_member(entry):
    """By the writer that the encoding's own document gives: names that need it get a pax record."""
    kind = FLAGS.get(entry.kind, entry.kind)
    fields = {"mode": entry.mode, "uid": entry.owner[0], "gid": entry.owner[1],
              "mtime": [entry.layer * SECOND, 0],
              "xattrs": {k: os.fsdecode(v) for k, v in entry.xattrs.items()}}
    if entry.kind in ("char", "block"):
        fields["device"] = [int(number) for number in entry.value.split(b":")]
    name = entry.name + (b"/" if entry.kind == "dir" and not entry.name.endswith(b"/") else b"")
    link = entry.value if entry.kind in ("symlink", "link") else b""
    content = entry.value if entry.kind == "file" else b""
    return layerfmt.member(name, layerfmt.TYPES[kind], fields, link=link, content=content)


def tar_layer(members):
    return b"".join(tar_member(member) for member in members) + bytes(2 * layerfmt.BLOCK)


# ---- trees as lines ------------------------------------------------------------------------------

def lines(entries, with_root):
    return sorted(entry.line() for entry in entries if with_root or entry.name != b"/")


def spec_lines(case):
    """A tree in memory; the first name of a node in order is the one that others are links to."""
    tree = spec.Tree(lambda: Entry("dir", b"", layer=0))
    for members in case.layers:
        try:
            tree.apply(members)
        except spec.Refused as refusal:
            raise Refused(str(refusal)) from refusal
    found, first, todo = [], {}, [(b"/", tree.root)]
    while todo:
        path, node = todo.pop(0)
        todo += [(os.path.join(path, n), child) for n, child in node.children.items()]
        found.append((path.lstrip(b"/") or b"/", node))
    entries = []
    for path, node in sorted(found, key=lambda pair: pair[0].split(b"/")):
        of = node.entry
        name = first.setdefault(id(node), path)
        entries.append(Entry("link", path, name) if name != path else
                       Entry(of.kind, path, of.value, of.mode, of.owner, of.xattrs, of.layer))
    return lines(entries, case.lists_root)


class Listing(DiskTree):
    """overlayfs lists the whiteouts of a directory that has nothing to merge, and finds none."""

    def add(self, path, directory, name):
        try:
            return super().add(path, directory, name)
        except FileNotFoundError:
            return {"type": "nothing"}


def disk_entry(tree, path, disk):
    kind = KIND_OF.get(disk["type"], disk["type"])
    name = b"/" if path == "." else os.fsencode(path)
    names = sorted((os.fsencode(n) for n in disk["links"][0]) if disk["links"] else [],
                   key=lambda n: n.split(b"/"))
    if names and name != names[0]:
        return Entry("link", name, names[0])
    value = os.fsencode(disk["target"] or disk["device"] or "")
    if kind == "file":
        with tree.open(path) as file:
            value = file.read()
    layer = disk["mtime"] // 10**9
    layer = layer // SECOND if layer % SECOND == 0 and layer < 1000 * SECOND else "now"
    xattrs = {k: bytes.fromhex(v) for k, v in disk["xattrs"].items()}
    return Entry(kind, name, value, int(disk["mode"], 8),
                 tuple(int(n) for n in disk["owner"].split(":")), xattrs, layer)


def disk_lines(case, top):
    tree = Listing(top)
    try:
        return lines([disk_entry(tree, p, e) for p, e in tree.entries.items()], case.lists_root)
    finally:
        os.close(tree.top)


# ---- the readers ---------------------------------------------------------------------------------

def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Refused(done.stdout.decode(errors="backslashreplace"))


class Readers:
    def __init__(self, nacre, case, scratch):
        self.nacre_command, self.case, self.scratch = nacre, case, os.fsencode(scratch)
        self.layout = os.path.join(scratch, "layout")
        os.mkdir(scratch)
        write_layout(self.layout, "v1", [tar_layer(members) for members in case.layers])

    def place(self, name):
        return os.path.join(self.scratch, name)

    def nacre(self):
        top = self.place(b"nacre")
        run(self.nacre_command, "unpack", "oci:" + self.layout + ":v1", top, "--unsigned",
            "--devices", "--no-sync")
        return disk_lines(self.case, top)

    def spec(self):
        return spec_lines(self.case)

    def umoci(self):
        run("umoci", "unpack", "--image", self.layout + ":v1", self.place(b"umoci"))
        return disk_lines(self.case, self.place(b"umoci/rootfs"))

    def overlay(self):
        layers = []
        for number, members in enumerate(self.case.layers):
            place = self.place(b"layer%d" % number)
            try:
                overlay.unpack(place, members, layers)
            except OSError as error:
                raise Refused(str(error)) from error
            layers.append(place)
        merged = self.place(b"merged")
        overlay.mount(layers, merged)
        try:
            return disk_lines(self.case, merged)
        finally:
            subprocess.run(["umount", merged], check=True)

    def read(self, reader):
        """("tree", lines) or ("refuses", message)."""
        try:
            return "tree", getattr(self, reader)()
        except Refused as refusal:
            return "refuses", str(refusal).strip()


class Whiteouts(unittest.TestCase):
    maxDiff = None

    def check(self, case):
        readers = Readers(NACRE, case, os.path.join(SCRATCH, case.name))
        for reader in cases.READERS:
            with self.subTest(reader=reader):
                wants, wanted = case.wanted[reader]
                gives, given = readers.read(reader)
                self.assertEqual((gives, given if gives != wants else ""), (wants, ""), case.why)
                if wants == "refuses":
                    self.assertIn(wanted, given, case.why)
                else:
                    self.assertEqual(wanted, cases.forgive_now(given, wanted), case.why)


def show(case):
    readers = Readers(NACRE, case, os.path.join(SCRATCH, case.name))
    print(f"=== {case.name}: {case.why}")
    tree = None
    for reader in cases.READERS:
        gives, given = readers.read(reader)
        if (gives, given) == tree:
            print(f"{reader}: the same")
            continue
        tree = tree or (gives, given)
        print(f"{reader}: {gives}")
        for line in given if gives == "tree" else given.splitlines():
            print("   ", line)


def main():
    shows = "--show" in sys.argv
    args = [arg for arg in sys.argv[1:] if arg != "--show"]
    global NACRE, SCRATCH
    NACRE, SCRATCH, *only = args
    chosen = [case for case in cases.load() if not only or case.name in only]
    if shows:
        for case in chosen:
            show(case)
        return
    for case in chosen:
        setattr(Whiteouts, "test_" + case.name, lambda self, case=case: self.check(case))
    unittest.main(argv=sys.argv[:1], verbosity=1)


if __name__ == "__main__":
    main()
