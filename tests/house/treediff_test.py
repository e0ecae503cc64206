#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The comparison of trees that other tests rely on sees each kind of difference. Needs root."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
import treediff  # noqa: E402


def make(top):
    os.mkdir(top)
    at = lambda name: os.path.join(top, name)
    for name in ("d", "d/sub"):
        os.mkdir(at(name))
    for name in ("file", "d/other", "same"):
        with open(at(name), "w", encoding="ascii") as file:
            file.write("content")
    os.link(at("file"), at("d/hard"))
    os.symlink("target", at("link"))
    os.mkfifo(at("fifo"))
    os.mknod(at("null"), 0o20666, os.makedev(1, 3))
    os.setxattr(at("file"), "user.note", b"\0\xff\n")
    # cap_net_raw=ep, as the kernel stores it
    os.setxattr(at("same"), "security.capability", bytes.fromhex("0100000200200000" + "00" * 12))
    for where, dirs, files in os.walk(top, topdown=False):
        for name in dirs + files:
            os.utime(os.path.join(where, name), ns=(5, 1_000_000_007), follow_symlinks=False)
    os.utime(top, ns=(5, 1_000_000_007))


def keeping_times(change):
    def wrapped(at):
        paths = (".", "d", "file", "same", "d/other", "link")
        times = {path: os.lstat(at(path)).st_mtime_ns for path in paths}
        change(at)
        for path, mtime_ns in times.items():
            if os.path.lexists(at(path)):
                os.utime(at(path), ns=(5, mtime_ns), follow_symlinks=False)
    return wrapped


def rewrite(at):
    with open(at("same"), "r+", encoding="ascii") as file:
        file.write("CONTENT")
    os.setxattr(at("same"), "security.capability", bytes.fromhex("0100000200200000" + "00" * 12))


def relink(at):
    os.unlink(at("link"))
    os.symlink("Target", at("link"))


def renode(at):
    os.unlink(at("null"))
    os.mknod(at("null"), 0o20666, os.makedev(1, 5))
    os.utime(at("null"), ns=(5, 1_000_000_007))


def unlink_group(at):
    os.unlink(at("d/hard"))
    os.link(at("d/other"), at("d/hard"))


CHANGES = {
    "a mode": (lambda at: os.chmod(at("d"), 0o700), {("d", "mode")}),
    "an owner": (lambda at: os.lchown(at("link"), 0, 7), {("link", "owner")}),
    "a nanosecond": (lambda at: os.utime(at("same"), ns=(5, 1_000_000_008)), {("same", "mtime")}),
    "the root's own time": (lambda at: os.utime(at("."), ns=(5, 6)), {(".", "mtime")}),
    "an xattr's value": (lambda at: os.setxattr(at("file"), "user.note", b"\0\xfe\n"),
                         {("file", "xattrs"), ("d/hard", "xattrs")}),
    "a capability": (lambda at: os.removexattr(at("same"), "security.capability"),
                     {("same", "xattrs")}),
    "a byte": (rewrite, {("same", "content")}),
    "a target": (relink, {("link", "target")}),
    "a device number": (renode, {("null", "device")}),
    "a missing name": (lambda at: os.rmdir(at("d/sub")), {("d/sub", "type")}),
    "another name": (lambda at: os.mkdir(at("d/new")), {("d/new", "type")}),
    "who is linked with whom": (unlink_group, {("file", "links"), ("d/hard", "links"),
                                               ("d/other", "links"), ("d/hard", "xattrs")}),
}


class Differences(unittest.TestCase):
    def test_equal_trees_have_none(self):
        with tempfile.TemporaryDirectory() as scratch:
            make(f"{scratch}/a")
            make(f"{scratch}/b")
            a, b = treediff.Tree(f"{scratch}/a"), treediff.Tree(f"{scratch}/b")
            self.assertEqual(list(treediff.differences(a, b)), [])
            self.assertEqual(len(a.entries), 10)

    def test_each_change_is_seen_and_nothing_else(self):
        for name, (change, wanted) in CHANGES.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                make(f"{scratch}/a")
                make(f"{scratch}/b")
                at = lambda path: os.path.join(f"{scratch}/b", path)
                if name in ("a nanosecond", "the root's own time"):
                    change(at)
                else:
                    keeping_times(change)(at)
                a, b = treediff.Tree(f"{scratch}/a"), treediff.Tree(f"{scratch}/b")
                found = {(path, field) for path, field, _, _ in treediff.differences(a, b)}
                self.assertEqual(found, wanted)

    def test_the_command_says_so_with_its_exit_status(self):
        program = treediff.__file__
        with tempfile.TemporaryDirectory() as scratch:
            make(f"{scratch}/a")
            make(f"{scratch}/b")
            run = [sys.executable, program, f"{scratch}/a", f"{scratch}/b"]
            self.assertEqual(subprocess.run(run, capture_output=True, check=False).returncode, 0)
            os.chmod(f"{scratch}/b/same", 0o4755)
            done = subprocess.run(run, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("same: mode: '0o644' there, '0o4755' here", done.stdout)


if __name__ == "__main__":
    unittest.main()
