# SPDX-License-Identifier: Apache-2.0
"""Archives put together field by field, so that each wrong byte is wrong on purpose.

Besides the bytes of members: entries, which are a member and at the same time the line that a
listing of the tree has for it (listing.h has the form).
"""
import hashlib

BLOCK = 512
END = bytes(2 * BLOCK)
USTAR = b"ustar\x0000"
GNU = b"ustar  \0"
V7 = bytes(8)


# ------------------------------------------------------------------ tar, by the byte

def raw(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def base256(value, width):
    return bytes([0xff if value < 0 else 0x80]) + (value % (1 << 8 * (width - 1))).to_bytes(
        width - 1, "big")


def pad(data):
    return data + bytes(-len(data) % BLOCK)


def header(name, kind="0", size=0, mode=0o644, uid=0, gid=0, mtime=0, link=b"", dev=(0, 0),
           magic=USTAR, prefix=b"", fields=None, checksum=None):
    """One header. `fields` puts bytes at offsets; `checksum` is "signed", "bad" or bytes."""
    h = bytearray(BLOCK)

    def put(at, room, value):
        if len(value) > room:
            raise ValueError(f"{value!r} does not fit")
        h[at:at + len(value)] = value

    put(0, 100, raw(name))
    put(100, 8, octal(mode, 8))
    put(108, 8, octal(uid, 8))
    put(116, 8, octal(gid, 8))
    put(124, 12, octal(size, 12))
    put(136, 12, octal(mtime, 12))
    put(156, 1, raw(kind))
    put(157, 100, raw(link))
    put(257, 8, magic)
    if kind in ("3", "4"):
        put(329, 8, octal(dev[0], 8))
        put(337, 8, octal(dev[1], 8))
    put(345, 155, raw(prefix))
    for at, value in (fields or {}).items():
        h[at:at + len(value)] = value
    h[148:156] = b" " * 8
    total = sum(b - 256 if checksum == "signed" and b > 127 else b for b in h)
    h[148:156] = b"%06o\0 " % (total + (checksum == "bad"))
    if isinstance(checksum, bytes):
        h[148:156] = checksum
    return bytes(h)


def record(key, value):
    rest = b" " + raw(key) + b"=" + raw(value) + b"\n"
    length = len(rest)
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest


def pax(*records, kind="x", size=None, **more):
    body = b"".join(r if isinstance(r, bytes) else record(*r) for r in records)
    return header("././@PaxHeader", kind, size=len(body) if size is None else size, **more) + pad(body)


def member(name, kind="0", data=b"", link=b"", **more):
    """A whole member; a name or target that its field does not hold is in a pax header before."""
    extra = []
    if len(raw(name)) > 100:
        extra.append(("path", name))
        name = "long"
    if len(raw(link)) > 100:
        extra.append(("linkpath", link))
        link = "long"
    more.setdefault("size", len(data))
    return (pax(*extra) if extra else b"") + header(name, kind, link=link, **more) + pad(raw(data))


def long(kind, text, nul=b"\0"):
    body = raw(text) + nul
    return header("././@LongLink", kind, size=len(body), magic=GNU) + pad(body)


# ------------------------------------------------- entries: as members and as lines

def escape(text):
    return "".join(chr(b) if 32 < b < 127 and b != 92 else f"\\x{b:02x}" for b in raw(text))


class Entry:
    """What is in the archive and what is to come of it; further arguments change single things."""

    def __init__(self, letter, kind, path, mode, data=b"", link=b"", dev=(0, 0)):
        self.letter, self.kind, self.path, self.mode = letter, kind, raw(path), mode
        self.data, self.link, self.dev = raw(data), raw(link), dev
        self.uid = self.gid = self.mtime = self.ns = 0
        self.xattrs = {}
        self.implied = False
        self.first = None

    def but(self, **more):
        for key, value in more.items():
            setattr(self, key, value)
        return self

    def tar(self):
        name = self.path + (b"/" if self.kind == "5" else b"")
        return member(name, self.kind, self.data, mode=self.mode, uid=self.uid, gid=self.gid,
                      mtime=self.mtime, link=self.link, dev=self.dev)

    def line(self):
        size = f"{self.dev[0]}:{self.dev[1]}" if self.letter in "cb" else len(self.data)
        time = f"{self.mtime}+{self.ns:09}" if self.ns else f"{self.mtime}"
        text = f"{self.letter} {self.mode:04o} {self.uid} {self.gid} {time} {size} "
        text += escape(self.path or b"/")
        if self.letter == "l":
            text += " -> " + escape(self.link)
        if self.letter == "f":
            text += (f" sha256:{hashlib.sha256(self.data).hexdigest()[:16]}"
                     if len(self.data) > 32 else f' "{escape(self.data)}"')
        for key in sorted(self.xattrs):
            text += f" {escape(key)}={self.xattrs[key].hex()}"
        if self.first:
            text += " = " + escape(self.first)
        return text + (" implied" if self.implied else "")


def d(path, **more):
    return Entry("d", "5", path, 0o755).but(**more)


def implied(path):
    return d(path, implied=True)


def f(path, data=b"", **more):
    return Entry("f", "0", path, 0o644, data).but(**more)


def l(path, target, **more):
    return Entry("l", "2", path, 0o777, link=target).but(**more)


def c(path, major, minor, **more):
    return Entry("c", "3", path, 0o644, dev=(major, minor)).but(**more)


def b(path, major, minor, **more):
    return Entry("b", "4", path, 0o644, dev=(major, minor)).but(**more)


def p(path, **more):
    return Entry("p", "6", path, 0o644).but(**more)


def same(path, first, data=b""):
    """The line of a further name of a file."""
    return f(path, data, first=raw(first))


def hard(path, target, **more):
    """The member of a further name."""
    return member(path, "1", link=target, **more)


def wh(path):
    """A whiteout of path."""
    head, slash, leaf = path.rpartition("/")
    return member(head + slash + ".wh." + leaf)


def opq(path):
    return member((path + "/" if path else "") + ".wh..wh..opq")


def layer(*parts, end=END):
    return b"".join(part.tar() if isinstance(part, Entry) else part for part in parts) + end
