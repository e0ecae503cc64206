#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""foreign_layers.py FOLDLS: archives of a directory as GNU tar, bsdtar and Python write them, in
each of their formats, fold to that directory.

FOLDLS lists folded layers (tests/lib/foldls.c). What a format cannot hold is not asked of it: see
`Format`. As root there are other owners and device nodes too.
"""
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from listing import list_tree  # pylint: disable=wrong-import-position

FOLDLS = os.path.realpath(sys.argv.pop(1))
EPOCH = 1_700_000_000
IS_ROOT = os.geteuid() == 0


class Format:
    """What one can hold. `before_1970` is the oldest time in nanoseconds, 0 for none that old."""

    def __init__(self, fractions=False, before_1970=-5 * 10**9, long_names=True, big_ids=True,
                 xattrs=False, is_v7=False):
        self.fractions, self.before_1970, self.long_names = fractions, before_1970, long_names
        self.big_ids, self.xattrs, self.is_v7 = big_ids, xattrs, is_v7


OLD = Format(before_1970=0, long_names=False, big_ids=False)
V7 = Format(before_1970=0, long_names=False, big_ids=False, is_v7=True)
GNU = Format()
PAX = Format(fractions=True, before_1970=-4_750_000_000)
PAX_XATTRS = Format(fractions=True, before_1970=-4_750_000_000, xattrs=True)
# bsdtar writes 0 for times before 1970 into this format, and in pax -5.25 for -4.75.
BSD_GNU = Format(before_1970=0)
BSD_PAX = Format(fractions=True, xattrs=True)


def make_tree(top, kind):
    """A directory with all that `kind` can hold."""
    def path(name):
        return os.path.join(os.fsencode(top), os.fsencode(name))

    def file(name, data=b"", mode=0o644):
        os.makedirs(os.path.dirname(path(name)), exist_ok=True)
        with open(path(name), "wb") as stream:
            stream.write(data)
        os.chmod(path(name), mode)

    file("a/empty")
    file("a/one", b"1")
    file("a/block", b"b" * 512)
    file("a/more", bytes(range(256)) * 41, 0o755)
    file("a/setuid", b"s", 0o4711)
    file("a b\\c", b"spaces")
    file("caf\u00e9", b"utf-8")
    file(b"\xff\xfe", b"bytes")
    file("d" * (80 if kind.is_v7 else 90) + "/" + "n" * 9, b"of about a hundred bytes")
    os.mkdir(path("empty"), 0o700)
    os.chmod(path("empty"), 0o1777)
    os.link(path("a/one"), path("a/two"))
    os.link(path("a/one"), path("z"))
    os.symlink("../a/one", path("a/link"))
    os.symlink("/nowhere", path("dangling"))
    if not kind.is_v7:
        os.mkfifo(path("fifo"), 0o600)
    if not kind.is_v7 and IS_ROOT:
        os.mknod(path("null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(path("disk"), stat.S_IFBLK | 0o640, os.makedev(8, 17))
    if kind.long_names:
        file("/".join(["l" * 60] * 5) + "/end", b"long")
        file("n" * 255, b"255")
        os.symlink("t" * 300, path("longlink"))
        os.link(path("n" * 255), path("m" * 255))
    if kind.xattrs:
        file("x", b"x")
        os.setxattr(path("x"), b"user.one", b"\0\n=1")
        os.setxattr(path("x"), b"user.empty", b"")
    if IS_ROOT:
        os.chown(path("a/more"), 1000, 1001)
        os.lchown(path("a/link"), 5, 6)
        if kind.big_ids:
            os.chown(path("a/empty"), 3_000_000, 4_000_000_000)
    set_times(top, kind)


def set_times(top, kind):
    for where, dirs, files in os.walk(os.fsencode(top), topdown=False):
        for name in sorted(dirs + files) + [b"."]:
            time = EPOCH * 10**9 + (120_000_000 if kind.fractions and len(name) % 2 else 0)
            if name == b"empty" and kind.before_1970:
                time = kind.before_1970
            os.utime(os.path.join(where, name), ns=(time, time), follow_symlinks=False)


def with_tar(*options):
    return lambda top, out: subprocess.run(
        ["tar", "-C", top, "--sort=name", *options, "-cf", out, "."], check=True)


def with_bsdtar(*options):
    return lambda top, out: subprocess.run(
        ["bsdtar", "-C", top, *options, "-cf", out, "."], check=True, stderr=subprocess.PIPE,
        env=dict(os.environ, LC_ALL="C.UTF-8"))


def with_python(form):
    def write(top, out):
        with tarfile.open(out, "w", format=form) as archive:
            archive.add(top, ".")
    return write


WRITERS = {
    "gnu_tar_v7": ("tar", V7, with_tar("--format=v7")),
    "gnu_tar_oldgnu": ("tar", GNU, with_tar("--format=oldgnu")),
    "gnu_tar_gnu": ("tar", GNU, with_tar("--format=gnu")),
    "gnu_tar_ustar": ("tar", OLD, with_tar("--format=ustar")),
    "gnu_tar_posix": ("tar", PAX, with_tar("--format=posix")),
    "gnu_tar_xattrs": ("tar", PAX_XATTRS, with_tar("--format=posix", "--xattrs")),
    "bsdtar_ustar": ("bsdtar", OLD, with_bsdtar("--format=ustar")),
    "bsdtar_gnutar": ("bsdtar", BSD_GNU, with_bsdtar("--format=gnutar")),
    "bsdtar_pax": ("bsdtar", BSD_PAX, with_bsdtar("--format=pax", "--xattrs")),
    "python_ustar": (None, OLD, with_python(tarfile.USTAR_FORMAT)),
    "python_gnu": (None, GNU, with_python(tarfile.GNU_FORMAT)),
    "python_pax": (None, PAX, with_python(tarfile.PAX_FORMAT)),
}


class ForeignLayers(unittest.TestCase):
    maxDiff = None

    def check(self, tool, kind, write):
        if tool and not shutil.which(tool):
            self.skipTest(f"no {tool}")
        with tempfile.TemporaryDirectory() as scratch:
            top, out = os.path.join(scratch, "top"), os.path.join(scratch, "layer.tar")
            os.mkdir(top)
            try:
                make_tree(top, kind)
            except OSError as error:
                if not kind.xattrs:
                    raise
                self.skipTest(f"no xattrs here: {error}")
            write(top, out)
            run = subprocess.run([FOLDLS, out], stdout=subprocess.PIPE, check=False)
            self.assertEqual(run.stdout.decode().splitlines(), list_tree(top))
            self.assertEqual(run.returncode, 0)


for case, how in WRITERS.items():
    setattr(ForeignLayers, f"test_{case}_writes_what_folds_to_the_same",
            lambda self, how=how: self.check(*how))

if __name__ == "__main__":
    unittest.main()
