#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""treediff.py A B [--ignore FIELD]…: compares two directory trees and prints each difference.

Everything that an inode says: type, mode, owner, mtime to the nanosecond, link target, device
number, extended attributes, contents, and which names are one file. The walk goes by directory
descriptors and follows nothing. Exit status 0: the same; 1: they differ.
"""
import argparse
import os
import stat
import sys

FIELDS = ("type", "mode", "owner", "mtime", "target", "device", "xattrs", "links", "size",
          "content")
TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "character device", stat.S_IFBLK: "block device", stat.S_IFSOCK: "socket",
}


class Tree:
    """path -> what is there; the root is '.'."""

    def __init__(self, top):
        self.entries = {}
        self.inodes = {}  # (device, inode) -> names, sorted because the walk is
        self.top = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.add(".", self.top, ".")
        self.walk(self.top, "")
        for entry in self.entries.values():
            entry["links"] = entry["type"] != "directory" and (
                tuple(self.inodes[entry.pop("inode")]), entry.pop("nlink"))

    def walk(self, directory, prefix):
        for name in sorted(os.listdir(directory), key=os.fsencode):
            path = prefix + name
            if self.add(path, directory, name)["type"] != "directory":
                continue
            child = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC,
                            dir_fd=directory)
            try:
                self.walk(child, path + "/")
            finally:
                os.close(child)

    def add(self, path, directory, name):
        st = os.stat(name, dir_fd=directory, follow_symlinks=False)
        kind = TYPES.get(stat.S_IFMT(st.st_mode), "unknown")
        # There is no lgetxattrat: the directory's descriptor by its name in /proc stands in.
        by_descriptor = f"/proc/self/fd/{directory}/{name}"
        names = os.listxattr(by_descriptor, follow_symlinks=False)
        device = f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}"
        entry = {
            "type": kind,
            "mode": oct(stat.S_IMODE(st.st_mode)),
            "owner": f"{st.st_uid}:{st.st_gid}",
            "mtime": st.st_mtime_ns,
            "target": os.readlink(name, dir_fd=directory) if kind == "symlink" else None,
            "device": device if "device" in kind else None,
            "size": st.st_size if kind == "file" else None,
            "xattrs": {name: os.getxattr(by_descriptor, name, follow_symlinks=False).hex()
                       for name in names},
        }
        if kind != "directory":
            entry["inode"] = (st.st_dev, st.st_ino)
            entry["nlink"] = st.st_nlink
            self.inodes.setdefault(entry["inode"], []).append(path)
        self.entries[path] = entry
        return entry

    def open(self, path):
        """By single names, because a path may be longer than any that the system takes."""
        *parents, leaf = path.split("/")
        directory = os.dup(self.top)
        try:
            for name in parents:
                above = directory
                directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
                os.close(above)
            return os.fdopen(os.open(leaf, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory), "rb")
        finally:
            os.close(directory)


def same_content(a, b, path):
    with a.open(path) as left, b.open(path) as right:
        while True:
            chunk = left.read(1 << 20)
            if chunk != right.read(1 << 20):
                return False
            if not chunk:
                return True


def differences(a, b, ignored=()):
    """(path, field, value in a, value in b) for everything that differs."""
    for path in sorted(a.entries.keys() | b.entries.keys(), key=os.fsencode):
        left, right = a.entries.get(path), b.entries.get(path)
        if left is None or right is None:
            yield (path, "type", *(side["type"] if side else "nothing" for side in (left, right)))
            continue
        different = False
        for field in FIELDS[:-1]:
            if field not in ignored and left[field] != right[field]:
                different = different or field in ("type", "size")
                yield path, field, left[field], right[field]
        if not different and left["type"] == "file" and "content" not in ignored:
            if not same_content(a, b, path):
                yield path, "content", "one", "another"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--ignore", action="append", default=[], choices=FIELDS)
    args = parser.parse_args()
    sys.setrecursionlimit(5000)
    a, b = Tree(args.a), Tree(args.b)
    count = 0
    for path, field, left, right in differences(a, b, args.ignore):
        count += 1
        print(f"{ascii(path)[1:-1]}: {field}: {ascii(left)} there, {ascii(right)} here")
    print(f"{len(a.entries)} entries, {count} differences")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
