#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A reader and a writer of nacre's layer encoding, made from docs/layer-encoding.md alone.

layerfmt.py parse <LAYER >JSON   what a layer says: a list of entries, in no order that matters
layerfmt.py write <JSON >LAYER   the one archive that these entries have
layerfmt.py check <LAYER         reads, shuffles, writes, and compares the bytes

An entry is {"path", "type", "mode", "uid", "gid", "mtime": [seconds, nanoseconds]} and, by its type,
"content", "target", "device": [major, minor], "xattrs": {name: value}, "group" (names with the
same one are one file). The root's path is "". Texts hold bytes as Python's surrogateescape does.
"""
import json
import os
import random
import sys

BLOCK = 512
TYPES = {"file": "0", "whiteout": "0", "link": "1", "symlink": "2", "character": "3", "block": "4",
         "directory": "5", "fifo": "6"}
TYPE_OF = {flag: name for name, flag in TYPES.items() if name != "whiteout"}
MAX_ID, MAX_NUMBER = 0o7777777, 0o77777777777
WHITEOUT = {"type": "whiteout", "mode": 0, "uid": 0, "gid": 0, "mtime": [0, 0]}


def pad(data):
    return data + bytes(-len(data) % BLOCK)


# ---- writing -------------------------------------------------------------------------------------

def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def header(name, link, flag, entry, size, prefix=b""):
    """Section 4; what is too large for its field is 0 there and has a record."""
    seconds, nanoseconds = entry["mtime"]
    plain_time = nanoseconds == 0 and 0 <= seconds <= MAX_NUMBER
    major, minor = entry.get("device", (0, 0))
    fields = (
        (0, name), (100, octal(entry["mode"] & 0o7777, 8)),
        (108, octal(entry["uid"] if entry["uid"] <= MAX_ID else 0, 8)),
        (116, octal(entry["gid"] if entry["gid"] <= MAX_ID else 0, 8)),
        (124, octal(size if size <= MAX_NUMBER else 0, 12)),
        (136, octal(seconds if plain_time else 0, 12)), (148, b" " * 8), (156, flag.encode()),
        (157, link), (257, b"ustar\x0000"), (329, octal(major, 8)), (337, octal(minor, 8)),
        (345, prefix),
    )
    block = bytearray(BLOCK)
    for offset, value in fields:
        block[offset:offset + len(value)] = value
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def record(key, value):
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest) + 1
    while len(rest) + len(str(length)) > length:
        length += 1
    return str(length).encode() + rest


def decimal(seconds, nanoseconds):
    """Seconds and nanoseconds forward from them as one number, zeros at the end left out."""
    total = seconds * 10**9 + nanoseconds
    whole, part = divmod(abs(total), 10**9)
    text = ("-" if total < 0 else "") + str(whole)
    return (text + f".{part:09}".rstrip("0") if part else text).encode()


def split_name(path):
    """(prefix, name, needs a record), section 6."""
    if len(path) <= 100:
        return b"", path, False
    if len(path) <= 256:
        for at in range(1, len(path) - 1):
            if path[at:at + 1] == b"/" and at <= 155 and len(path) - at - 1 <= 100:
                return path[:at], path[at + 1:], False
    return b"", path[:100], True


def member(path, flag, entry, link=b"", content=b""):
    """Section 3, with the pax header of section 5 when something needs one."""
    prefix, name, long_path = split_name(path)
    seconds, nanoseconds = entry["mtime"]
    records = b""
    if long_path:
        records += record(b"path", path)
    if len(link) > 100:
        records += record(b"linkpath", link)
    if len(content) > MAX_NUMBER:
        records += record(b"size", str(len(content)).encode())
    for key in ("uid", "gid"):
        if entry[key] > MAX_ID:
            records += record(key.encode(), str(entry[key]).encode())
    if nanoseconds or not 0 <= seconds <= MAX_NUMBER:
        records += record(b"mtime", decimal(seconds, nanoseconds))
    if flag != TYPES["link"]:
        xattrs = {os.fsencode(k): os.fsencode(v) for k, v in entry.get("xattrs", {}).items()}
        for key in sorted(xattrs):
            records += record(b"SCHILY.xattr." + key, xattrs[key])
    out = b""
    if records:
        out = header(b"././@PaxHeader", b"", "x", {**WHITEOUT, "type": "pax"}, len(records))
        out += pad(records)
    return out + header(name, link[:100], flag, entry, len(content), prefix) + pad(content)


class Node:
    def __init__(self):
        self.entry, self.children, self.gone = None, {}, set()


def tree_of(entries):
    root = Node()
    for entry in entries:
        node, names = root, [os.fsencode(n) for n in entry["path"].split("/") if n]
        for name in names[:-1] if entry["type"] == "whiteout" else names:
            node = node.children.setdefault(name, Node())
        if entry["type"] == "whiteout":
            node.gone.add(names[-1])
        else:
            node.entry = entry
    return root


def write_node(node, path, first, out):
    """Section 2. A directory's path has a slash behind it; first: group -> path of its first name."""
    entry = node.entry
    if entry and entry["type"] != "directory":
        group = entry.get("group")
        if group is not None and group in first:
            plain = {k: v for k, v in entry.items() if k != "device"}
            out.append(member(path, TYPES["link"], plain, link=first[group]))
            return
        if group is not None:
            first[group] = path
        out.append(member(path, TYPES[entry["type"]], entry, os.fsencode(entry.get("target", "")),
                          os.fsencode(entry.get("content", ""))))
        return
    if entry:
        out.append(member(path or b"./", TYPES["directory"], entry))
    for name in sorted(node.gone):
        out.append(member(path + b".wh." + name, TYPES["whiteout"], WHITEOUT))
    for name in sorted(node.children):
        child = node.children[name]
        directory = child.entry is None or child.entry["type"] == "directory"
        write_node(child, path + name + (b"/" if directory else b""), first, out)


def write(entries):
    out = []
    write_node(tree_of(entries), b"", {}, out)
    return b"".join(out) + bytes(2 * BLOCK)


# ---- reading -------------------------------------------------------------------------------------

def text(field):
    return field.split(b"\0", 1)[0]


def number(field):
    return int(text(field), 8)


def parse_records(data):
    records = {}
    while data:
        length = int(data.split(b" ", 1)[0])
        key, value = data[:length].split(b" ", 1)[1].split(b"=", 1)
        records[key] = value[:-1]
        data = data[length:]
    return records


def parse_time(value):
    sign, digits = (-1, value[1:]) if value.startswith(b"-") else (1, value)
    whole, _, part = digits.partition(b".")
    total = sign * (int(whole) * 10**9 + int(part.ljust(9, b"0")))
    return list(divmod(total, 10**9))


def parse_member(block, records, content):
    name, prefix = text(block[0:100]), text(block[345:500])
    path = records.get(b"path", prefix + b"/" + name if prefix else name).rstrip(b"/")
    path = b"" if path == b"." else path
    link = os.fsdecode(records.get(b"linkpath", text(block[157:257])))
    mtime = parse_time(records[b"mtime"]) if b"mtime" in records else [number(block[136:148]), 0]
    entry = {
        "path": os.fsdecode(path), "type": TYPE_OF[chr(block[156])], "mode": number(block[100:108]),
        "uid": int(records.get(b"uid", b"%d" % number(block[108:116]))),
        "gid": int(records.get(b"gid", b"%d" % number(block[116:124]))), "mtime": mtime,
    }
    xattrs = {os.fsdecode(k[13:]): os.fsdecode(v) for k, v in records.items()
              if k.startswith(b"SCHILY.xattr.")}
    if xattrs:
        entry["xattrs"] = xattrs
    directory, _, last = entry["path"].rpartition("/")
    if entry["type"] == "file" and last.startswith(".wh."):
        return {**WHITEOUT, "path": (directory + "/" if directory else "") + last[4:]}
    if entry["type"] == "file":
        entry["content"] = os.fsdecode(content)
    elif entry["type"] == "symlink":
        entry["target"] = link
    elif entry["type"] == "link":
        entry["link"] = link
    elif entry["type"] in ("character", "block"):
        entry["device"] = [number(block[329:337]), number(block[337:345])]
    return entry


def parse(data):
    entries, records, at = [], {}, 0
    while data[at:at + BLOCK] != bytes(BLOCK):
        block = data[at:at + BLOCK]
        checksum = sum(block[:148]) + sum(block[156:]) + 8 * 32
        if len(block) < BLOCK or checksum != number(block[148:154]):
            sys.exit(f"byte {at}: no header")
        size = int(records.get(b"size", b"%d" % number(block[124:136])))
        content = data[at + BLOCK:at + BLOCK + size]
        at += BLOCK + size + -size % BLOCK
        if block[156:157] == b"x":
            records = parse_records(content)
        else:
            entries.append(parse_member(block, records, content))
            records = {}
    by_path = {entry["path"]: entry for entry in entries}
    for at, entry in enumerate(entries):
        if entry["type"] == "link":
            first = by_path[entry["link"]]
            first["group"] = first["path"]
            entries[at] = {**first, "path": entry["path"]}
    return entries


def main():
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    sys.setrecursionlimit(10000)
    if verb == "parse":
        json.dump(parse(sys.stdin.buffer.read()), sys.stdout, indent=1)
    elif verb == "write":
        sys.stdout.buffer.write(write(json.load(sys.stdin)))
    elif verb == "check":
        data = sys.stdin.buffer.read()
        entries = parse(data)
        random.Random(1).shuffle(entries)
        again = write(entries)
        if again != data:
            at = len(os.path.commonprefix([data, again]))
            sys.exit(f"byte {at} of {len(data)} is not the canonical one ({len(again)} bytes)")
        print(f"{len(entries)} entries, {len(data)} bytes, the same")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
