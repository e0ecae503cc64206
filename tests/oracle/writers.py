#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""writers.py NACRE SCRATCH: what others write, nacre unpacks as they meant it.

Three kinds of archives of trees that stand in tests/vectors/writers/*.list: those that the
libraries of Go and Java, busybox and pigz made once, and that lie beside the lists; those that GNU
tar, bsdtar and Python make now of the tree on disk; and those with the habits of builders that are
not to be had any more, which are put together here. Root is needed.
"""
import glob
import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
VECTORS = os.path.join(HERE, "..", "vectors", "writers")
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "..", "vectors")]

# pylint: disable=wrong-import-position
import make as tar
from listing import list_tree, make_tree, read_list
from ociwrite import write_layout


def load_list(name):
    with open(os.path.join(VECTORS, name + ".list"), "rb") as file:
        return read_list(file.read())


def shown(lines):
    return sorted(line.text for line in lines)


# ---- programs that are here ----------------------------------------------------------------------

def names(top):
    """What is in the root, by itself: tests/interop/foreign_layers.py has "." and its "./"."""
    return sorted(os.listdir(os.fsencode(top)))


def with_tar(*options):
    return lambda top: subprocess.run(
        ["tar", "-C", top, "--sort=name", "--numeric-owner", *options, "-cf", "-", "--",
         *names(top)], check=True, stdout=subprocess.PIPE).stdout


def with_bsdtar(*options, locale="C.UTF-8"):
    return lambda top: subprocess.run(
        ["bsdtar", "-C", top, "--numeric-owner", *options, "-cf", "-", "--", *names(top)],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=dict(os.environ, LC_ALL=locale)).stdout


def with_python(form):
    def write(top):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8",
                          errors="surrogateescape") as archive:
            for name in names(top):
                archive.add(os.path.join(top, os.fsdecode(name)), os.fsdecode(name))
        return out.getvalue()
    return write


def is_v7(line):
    """Neither devices nor fifos, and all of a name in its one field."""
    return line.letter not in "cbp" and max(len(line.path), len(line.target or b"")) < 99


def in_eleven_digits(line):
    return 0 <= line.mtime_ns < 0o77777777777 * 10**9


def no_xattrs(line):
    return not line.xattrs


PROGRAMS = {
    "gnu_tar_v7": ("ustar", is_v7, with_tar("--format=v7")),
    "gnu_tar_ustar": ("ustar", None, with_tar("--format=ustar")),
    "gnu_tar_oldgnu": ("go-gnu", None, with_tar("--format=oldgnu")),
    "gnu_tar_gnu": ("go-gnu", None, with_tar("--format=gnu")),
    "gnu_tar_gnu_raw": ("raw", None, with_tar("--format=gnu")),
    "gnu_tar_posix": ("go-pax", None, with_tar("--format=posix", "--xattrs")),
    "gnu_tar_posix_raw": ("raw", None, with_tar("--format=posix")),
    "bsdtar_v7": ("ustar", is_v7, with_bsdtar("--format=v7")),
    "bsdtar_ustar": ("ustar", None, with_bsdtar("--format=ustar")),
    # It cuts other times here, and in pax it writes -1.75 for -2 seconds and 0.75.
    "bsdtar_gnutar": ("go-gnu", in_eleven_digits, with_bsdtar("--format=gnutar")),
    "bsdtar_pax": ("pax", None, with_bsdtar("--format=pax", "--xattrs")),
    "bsdtar_pax_both_xattrs": ("pax", None, with_bsdtar(
        "--format=pax", "--xattrs", "--options=pax:xattrheader=ALL")),
    "bsdtar_pax_raw": ("raw", None, with_bsdtar("--format=pax", locale="C")),
    "python_ustar": ("ustar", None, with_python(tarfile.USTAR_FORMAT)),
    "python_gnu": ("go-gnu", None, with_python(tarfile.GNU_FORMAT)),
    "python_gnu_raw": ("raw", None, with_python(tarfile.GNU_FORMAT)),
    "python_pax": ("pax", no_xattrs, with_python(tarfile.PAX_FORMAT)),
    "python_pax_raw": ("raw", None, with_python(tarfile.PAX_FORMAT)),
}


# ---- builders that are not -----------------------------------------------------------------------

KINDS = {"f": "0", "d": "5", "l": "2", "c": "3", "b": "4", "p": "6"}


def member(line, name=None, link=None, kind=None, **more):
    """The ustar member of a line; `name` and `link` turn the names into those of a builder."""
    name = (name or (lambda path: path))(line.path) or b"./"
    kind = kind or ("1" if line.first is not None else KINDS[line.letter])
    target = (link or (lambda path: path))(line.first) if line.first is not None else line.target
    data = line.content if kind in ("0", "\0") else b""
    major, _, minor = line.size.partition(":")
    more.setdefault("dev", (int(major), int(minor)) if minor else (0, 0))
    if line.letter == "d" and not name.endswith(b"/"):
        name += b"/"
    return tar.member(name, kind, data, mode=line.mode, uid=line.owner[0], gid=line.owner[1],
                      mtime=line.mtime_ns // 10**9, link=target or b"", **more)


def members(lines, **habits):
    return b"".join(member(line, **habits) for line in lines)


def of_docker_1(lines):
    """Go before 1.10: "./" in front, "PaxHeaders.0" as a directory, AUFS's own files; and the end
    that tar-split put together again, ten blocks wide."""
    out = tar.member(".wh..wh.aufs", mode=0o444) + tar.member(".wh..wh.plnk", "5", mode=0o700)
    for line in lines:
        head = b"PaxHeaders.0/" + line.path.rpartition(b"/")[2][:80]
        body = tar.record("uname", "root")
        out += tar.header(head, "x", size=len(body)) + tar.pad(body)
        out += member(line, name=lambda path: b"./" + path)
    return out + bytes(-len(out) % 10240 or 10240)


def of_kaniko(lines):
    """Absolute names and absolute targets of hard links, no root."""
    return members(lines[1:], name=lambda p: b"/" + p, link=lambda p: b"/" + p) + tar.END


def of_bazel(lines):
    """rules_docker's build_tar.py: "./" in front, and files whose parents nobody names."""
    files = [line for line in lines if line.letter != "d"]
    return members(files, name=lambda path: b"./" + path) + tar.END


def of_umoci(lines):
    """Go's writer, never closed: the archive ends at the border of its last member."""
    return members(lines)


def of_v7(lines):
    """Type NUL for files, a slash for directories, no magic."""
    habits = {"f": "\0", "d": "\0"}
    return b"".join(member(line, kind="1" if line.first is not None else
                           habits.get(line.letter, KINDS[line.letter]), magic=tar.V7)
                    for line in lines) + tar.END


def of_apko(lines):
    """Records of its own before every file, as in apk packages."""
    out = b""
    for line in lines:
        if line.letter == "f":
            out += tar.pax(("APK-TOOLS.checksum.SHA1", "0" * 40))
        out += member(line)
    return out + tar.END


def of_st_mode(lines):
    """The bits of the file's type in the mode field, as Docker 1.x and Python 2 wrote them."""
    types = {"f": 0o100000, "d": 0o040000, "l": 0o120000}
    out = b""
    for line in lines:
        line.mode |= types[line.letter]
        out += member(line)
    return out + tar.END


def with_long_end(lines):
    return members(lines) + bytes(1 << 20)


def implied(line):
    """A directory that no member names."""
    return read_list(b"d 0755 0 0 0 0 " + (line.path or b"/"))[0]


def root_implied(lines):
    return [implied(lines[0]), *lines[1:]]


def directories_implied(lines):
    """Those are left that something is in."""
    files = [line for line in lines if line.letter != "d"]

    def holds_one(line):
        return not line.path or any(file.path.startswith(line.path + b"/") for file in files)

    return files + [implied(line) for line in lines if line.letter == "d" and holds_one(line)]


# What comes of the list, where that is not the list itself.
BUILDERS = {
    of_docker_1: None, of_kaniko: root_implied, of_bazel: directories_implied, of_umoci: None,
    of_v7: None, of_apko: None, of_st_mode: None, with_long_end: None,
}


# ---- the tests -----------------------------------------------------------------------------------

class Writers(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.scratch = os.path.join(SCRATCH, self.id().rpartition(".")[2])
        os.mkdir(self.scratch)

    def tearDown(self):
        shutil.rmtree(self.scratch)

    def place(self, name):
        return os.path.join(self.scratch, name)

    def unpacks_to(self, wanted, layer):
        write_layout(self.place("layout"), "v1", [layer])
        run = subprocess.run(
            [NACRE, "unpack", "oci:" + self.place("layout") + ":v1", self.place("rootfs"),
             "--unsigned", "--devices", "--no-sync"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((run.returncode, run.stderr.decode()), (0, ""))
        self.assertEqual(sorted(list_tree(self.place("rootfs"))), shown(wanted))

    def check_vector(self, path):
        writer, name = os.path.basename(path).split(".")[:2]
        with open(path, "rb") as file:
            packed = file.read()
        self.unpacks_to(load_list(name), packed if writer == "pigz" else gzip.decompress(packed))

    def check_program(self, name, can_hold, write):
        lines = [line for line in load_list(name) if can_hold is None or can_hold(line)]
        os.mkdir(self.place("top"))
        make_tree(self.place("top"), lines)
        self.unpacks_to(root_implied(lines), write(self.place("top")))

    def check_builder(self, write, wanted):
        lines = [line for line in load_list("ustar") if is_v7(line)]
        layer = write(load_lines(lines))
        self.unpacks_to(wanted(lines) if wanted else lines, layer)


def load_lines(lines):
    """A copy of their own for writers that change them."""
    return [type(line)(line.text) for line in lines]


def main():
    for path in glob.glob(os.path.join(VECTORS, "*.tar.gz")):
        setattr(Writers, "test_vector_" + os.path.basename(path),
                lambda self, path=path: self.check_vector(path))
    for name, how in PROGRAMS.items():
        setattr(Writers, "test_program_" + name, lambda self, how=how: self.check_program(*how))
    for write, wanted in BUILDERS.items():
        setattr(Writers, "test_builder_" + write.__name__,
                lambda self, w=write, t=wanted: self.check_builder(w, t))
    unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    NACRE, SCRATCH = sys.argv[1:]
    main()
