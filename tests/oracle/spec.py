# SPDX-License-Identifier: Apache-2.0
"""Applying layers by the words of image-spec v1.1.1, layer.md; quotes are from there.

A tree in memory: a directory has children, a hard link is a second name of one node. Where the
words leave it to "a regular tar archive", a name is resolved as a process with this root would
resolve it.
"""
WHITEOUT, OPAQUE = b".wh.", b".wh..wh..opq"


class Refused(Exception):
    pass


class Node:
    def __init__(self, entry):
        self.entry, self.children = entry, {}


def split(name):
    """The parent's path and the last name, of a name as archives have it."""
    names = [n for n in name.split(b"/") if n not in (b"", b".")]
    return b"/".join(names[:-1]), names[-1] if names else b""


class Tree:
    def __init__(self, implied):
        self.implied = implied  # -> entry of a directory that no member names
        self.root = Node(implied())

    def walk(self, path, make=False, start=None, links=0):
        """The nodes on the way to a directory, all links followed; None if there is no such."""
        trail = [self.root] if start is None or path.startswith(b"/") else start
        for name in path.split(b"/"):
            node = trail[-1].children.get(name)
            if name in (b"", b"."):
                continue
            if name == b"..":
                trail = trail[:-1] or trail
                continue
            if node is None and make:
                node = trail[-1].children[name] = Node(self.implied())
            if node is None or links > 40:
                return None
            if node.entry.kind == "symlink":
                # What it leads to has to be there: nobody makes the directories of a target.
                trail = self.walk(node.entry.value, start=trail, links=links + 1)
                if trail is None:
                    return None
            elif node.entry.kind == "dir":
                trail = trail + [node]
            else:
                return None
        return trail

    def hide(self, member):
        """A whiteout "signifies a path should be deleted": the name behind the prefix. The opaque
        one indicates "that all siblings are hidden in the lower layer"."""
        parent, last = split(member.name)
        trail = self.walk(parent)
        if trail is None:
            return
        if last == OPAQUE:
            trail[-1].children.clear()
        else:
            trail[-1].children.pop(last[len(WHITEOUT):], None)

    def put(self, member):
        """"If the entry and the existing path are both directories, then the existing path's
        attributes MUST be replaced by those of the entry"; "in all other cases" the path is
        removed and recreated."""
        parent, last = split(member.name)
        trail = self.walk(parent, make=True)
        if trail is None:
            raise Refused("no directory to put it in")
        old = trail[-1].children.get(last) if last else self.root
        if member.kind == "link":
            trail[-1].children[last] = self.link_target(member)
        elif old and member.kind == old.entry.kind == "dir":
            old.entry = member
        else:
            trail[-1].children[last] = Node(member)

    def link_target(self, member):
        parent, last = split(member.value)
        trail = self.walk(parent)
        node = trail[-1].children.get(last) if trail else None
        if node is None or node.entry.kind == "dir":
            raise Refused("a hard link to what is not there")
        return node

    def apply(self, members):
        """A layer "MUST NOT include duplicate entries for file paths"; whiteouts "MUST only apply
        to resources in lower/parent layers", so they go first, "regardless of the ordering"."""
        names = [split(member.name) for member in members]
        if len(set(names)) != len(names):
            raise Refused("two members of one name")
        hides = [last.startswith(WHITEOUT) for _, last in names]
        for member, is_whiteout in zip(members, hides):
            if is_whiteout:
                self.hide(member)
        for member, is_whiteout in zip(members, hides):
            if not is_whiteout:
                self.put(member)
