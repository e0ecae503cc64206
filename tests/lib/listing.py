# SPDX-License-Identifier: Apache-2.0
"""Trees on disk as the lines of tests/lib/listing.h, and back."""
import hashlib
import os
import re
import stat

LETTERS = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c",
           stat.S_IFBLK: "b", stat.S_IFIFO: "p"}
DEVICES = {"c": stat.S_IFCHR, "b": stat.S_IFBLK}


def escape(raw):
    return "".join(chr(b) if 32 < b < 127 and b != 92 else f"\\x{b:02x}" for b in raw)


def unescape(text):
    return re.sub(rb"\\x([0-9a-f]{2})", lambda byte: bytes.fromhex(byte[1].decode()), text.encode())


# ---- from a disk ---------------------------------------------------------------------------------

def disk_line(path, name, first):
    st = os.lstat(path)
    letter = LETTERS[stat.S_IFMT(st.st_mode)]
    size = st.st_size if letter == "f" else 0
    if letter in "cb":
        size = f"{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}"
    seconds, ns = divmod(st.st_mtime_ns, 10**9)
    text = f"{letter} {stat.S_IMODE(st.st_mode):04o} {st.st_uid} {st.st_gid} {seconds}"
    text += (f"+{ns:09}" if ns else "") + f" {size} {escape(name)}"
    if letter == "l":
        text += " -> " + escape(os.readlink(path))
    if letter == "f":
        with open(path, "rb") as stream:
            data = stream.read()
        text += (f" sha256:{hashlib.sha256(data).hexdigest()[:16]}" if len(data) > 32
                 else f' "{escape(data)}"')
        for key in sorted(os.listxattr(path)):
            text += f" {key}={os.getxattr(path, key).hex()}"
    if letter != "d" and st.st_nlink > 1:
        if (st.st_dev, st.st_ino) in first:
            text += " = " + escape(first[st.st_dev, st.st_ino])
        first.setdefault((st.st_dev, st.st_ino), name)
    return text


def list_tree(top):
    """The lines of what lies below a directory, and of itself."""
    paths = [()]
    for where, dirs, files in os.walk(os.fsencode(top)):
        here = tuple(os.path.relpath(where, os.fsencode(top)).split(b"/"))
        here = () if here == (b".",) else here
        paths += [here + (name,) for name in dirs + files]
    first = {}
    return [disk_line(os.path.join(os.fsencode(top), *parts), b"/".join(parts) or b"/", first)
            for parts in sorted(paths)]


# ---- to a disk -----------------------------------------------------------------------------------

class Line:
    """One line taken apart; contents are at most 32 bytes, so the line has them."""

    def __init__(self, text):
        self.text = text
        self.letter, mode, uid, gid, mtime, self.size, path, *rest = text.split(" ")
        self.mode, self.owner = int(mode, 8), (int(uid), int(gid))
        self.path = b"" if path == "/" else unescape(path)
        self.target = self.first = None
        self.content, self.xattrs = b"", {}
        seconds, _, ns = mtime.partition("+")
        self.mtime_ns = int(seconds) * 10**9 + int(ns or 0)
        while rest:
            word = rest.pop(0)
            if word == "->":
                self.target = unescape(rest.pop(0))
            elif word == "=":
                self.first = unescape(rest.pop(0))
            elif word.startswith('"'):
                self.content = unescape(word[1:-1])
            else:
                name, _, value = word.partition("=")
                self.xattrs[name] = bytes.fromhex(value)

    def make(self, top):
        path = os.path.join(os.fsencode(top), self.path)
        if self.first is not None:
            os.link(os.path.join(os.fsencode(top), self.first), path, follow_symlinks=False)
            return
        if self.letter == "f":
            with open(path, "xb") as file:
                file.write(self.content)
        elif self.letter == "d" and self.path:
            os.mkdir(path)
        elif self.letter == "l":
            os.symlink(self.target, path)
        elif self.letter == "p":
            os.mkfifo(path)
        elif self.letter in DEVICES:
            major, _, minor = self.size.partition(":")
            os.mknod(path, DEVICES[self.letter], os.makedev(int(major), int(minor)))

    def set_attributes(self, top):
        path = os.path.join(os.fsencode(top), self.path)
        os.lchown(path, *self.owner)
        if self.letter != "l":
            os.chmod(path, self.mode)
        for name, value in self.xattrs.items():
            os.setxattr(path, name, value)
        os.utime(path, ns=(self.mtime_ns, self.mtime_ns), follow_symlinks=False)


def read_list(data):
    return [Line(text) for text in data.decode("ascii").splitlines()]


def make_tree(top, lines):
    """Makes a tree in an empty directory. Parents come before what is in them."""
    for line in lines:
        line.make(top)
    for line in reversed(lines):
        line.set_attributes(top)
