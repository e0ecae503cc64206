# SPDX-License-Identifier: Apache-2.0
"""The table of corner cases, oracle/whiteouts/*.yaml, and the lines that it is written in.

A case is

    case: its name
    why: one sentence
    layers: a list of layers, the lowest first; each the list of its members in archive order
    tree: what is there when all are applied, in any order; none where every reader refuses

and, where a reader does not give that tree, one of

    READER: {because: one sentence, tree: what it gives instead}
    READER: {because: one sentence, refuses: a text that its message has}

READER is nacre, spec (spec.py), overlay (overlay.py) or umoci. That is checked as the tree is: an
oracle that changes its mind fails the test.

A member, or an entry of a tree, is a line

    KIND NAME [VALUE] [mode=0750] [owner=5:6] [xattr=NAME:HEX] [@LAYER]

KIND: dir, file (VALUE: content), symlink (target), link (another name), char, block (MAJOR:MINOR),
fifo. A whiteout is a file by the name it has in the archive. In names \\xHH is a byte, and (n*250)
is 250 times n. Members of layer N have the time N000, and @N in a tree says whose time an entry
has: 1 if it says nothing, 0 for a directory that no layer has a member for. Directories that
overlay or umoci leave with the time of unpacking are compared but for that. The root, "/", is
compared where a tree lists it.
"""
import glob
import os
import re

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
READERS = ("nacre", "spec", "overlay", "umoci")
KINDS = ("dir", "file", "symlink", "link", "char", "block", "fifo")
SECOND = 1000  # so many for each layer
MODES = {"dir": 0o755, "symlink": 0o777}


class Entry:
    """A member, or what is in a tree. Names and values are bytes."""

    def __init__(self, kind, name, value=b"", mode=None, owner=(0, 0), xattrs=(), layer=1):
        self.kind, self.name, self.value, self.owner = kind, name, value, owner
        self.mode = MODES.get(kind, 0o644) if mode is None else mode
        self.xattrs, self.layer = dict(xattrs), layer

    def line(self):
        parts = [self.kind, escape(self.name)]
        if self.value:
            parts.append(escape(self.value))
        if self.kind == "link":  # the rest is said of its first name
            return " ".join(parts)
        if self.mode != MODES.get(self.kind, 0o644):
            parts.append(f"mode={self.mode:04o}")
        if self.owner != (0, 0):
            parts.append("owner=%d:%d" % self.owner)
        parts += [f"xattr={name}:{value.hex()}" for name, value in sorted(self.xattrs.items())]
        return " ".join(parts + ([] if self.layer == 1 else [f"@{self.layer}"]))


def escape(raw):
    text = "".join(chr(b) if 32 < b < 127 and b != 92 else f"\\x{b:02x}" for b in raw)
    return re.sub(r"(\w)\1{39,}", lambda run: f"({run[1]}*{len(run[0])})", text)


def unescape(text):
    text = re.sub(r"\((.)\*(\d+)\)", lambda run: run[1] * int(run[2]), text)
    return re.sub(rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), text.encode())


def parse_line(line, layer=1):
    kind, name, *rest = line.split(" ")
    if kind not in KINDS:
        raise ValueError(f"'{line}': no kind of member")
    entry = Entry(kind, unescape(name), layer=layer)
    for word in rest:
        key, _, value = word.partition("=")
        if key == "mode":
            entry.mode = int(value, 8)
        elif key == "owner":
            entry.owner = tuple(int(number) for number in value.split(":"))
        elif key == "xattr":
            name, _, value = value.partition(":")
            entry.xattrs[name] = bytes.fromhex(value)
        elif word.startswith("@"):
            entry.layer = int(word[1:])
        else:
            entry.value = unescape(word)
    return entry


def forgive_now(given, wanted):
    """Gives a directory that has the time of unpacking the time that is wanted of it."""
    by_rest = {re.sub(r" @\S+$", "", line): line for line in wanted}

    def settle(line):
        rest = line.removesuffix(" @now")
        return by_rest.get(rest, line) if line.startswith("dir ") and rest != line else line

    return sorted(settle(line) for line in given)


def tree_lines(lines):
    """A tree as the table writes it, in the form that trees are compared in."""
    return sorted(parse_line(line).line() for line in lines)


class Case:
    def __init__(self, text):
        unknown = set(text) - {"case", "why", "layers", "tree", *READERS}
        if unknown or not text.get("why"):
            raise ValueError(f"case {text.get('case')}: no why, or an unknown {unknown}")
        self.name, self.why = text["case"], text["why"]
        self.layers = [[parse_line(line, number) for line in lines]
                       for number, lines in enumerate(text["layers"], 1)]
        self.lists_root = any(line.split(" ")[1] == "/" for line in text.get("tree", ()))
        self.wanted = {reader: self.want(text, reader) for reader in READERS}

    def want(self, text, reader):
        """("tree", lines) or ("refuses", text)."""
        own = text.get(reader)
        if own is None:
            own = {"because": "-", "tree": text["tree"]}
        if not own.get("because") or set(own) - {"because"} not in ({"tree"}, {"refuses"}):
            raise ValueError(f"case {self.name}: {reader} wants because, and tree or refuses")
        if "refuses" in own:
            return "refuses", own["refuses"]
        return "tree", tree_lines(own["tree"])


def load():
    """All cases, in the order of the table."""
    cases = []
    for path in sorted(glob.glob(os.path.join(HERE, "whiteouts", "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            cases += [Case(text) for text in yaml.safe_load(file)]
    names = [case.name for case in cases]
    if len(set(names)) != len(names):
        raise ValueError("two cases with one name")
    return cases
