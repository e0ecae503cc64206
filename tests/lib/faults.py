#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets one system call of a command fail after the other, and looks at what is left.

    faults.py NACRE FAILCALL.SO CASE

For n = 0, 1, 2, … until the command no longer comes to its n-th call, on a fresh copy of the same
files: call n fails with ENOSPC or EIO (in turns), and again the process is killed there. After
each, what the command writes is as it was before, or as it is when nothing fails: no third state.
A failure is one line and an exit code of 1 or 3; nothing is left aside. After a kill, the same
command works and sweeps up. From call DENSE on, only every third is taken, and of the
cases in SPARSE only every fourth.

In one further run each, all calls are interrupted or short: then the command has to succeed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

DENSE = 120
NACRE, SHIM, CASE = sys.argv[1:4]
# These go the ways of the others for most of their calls.
SPARSE = ("build-check", "build-known", "commit", "key-passwd", "rebase", "squash", "vendor")
STRIDE = 11 if os.environ.get("NACRE_SANITIZE") and CASE in SPARSE else (
    7 if os.environ.get("NACRE_SANITIZE") else 4 if CASE in SPARSE else 1)

RECIPE = """\
nacre: 1
from: scratch
epoch: 1700000000
layers:
- name: files
  steps:
  - dir: {path: /srv, mode: "0750", owner: "7:8"}
  - copy: {from: tree, to: /srv}
  - file: {path: /etc/conf, text: "key = value\\n"}
  - link: {path: /bin, to: usr/bin}
  - archive: {from: things.tar, to: /usr}
- name: less
  steps:
  - remove: {path: /srv/b}
"""


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def run(arguments, cwd, **variables):
    env = {"PATH": os.environ["PATH"], "HOME": cwd, "NACRE_STORE": cwd + "/store",
           "COSIGN_PASSWORD": "",
           "ASAN_OPTIONS": "verify_asan_link_order=0", **variables}
    return subprocess.run([NACRE, *arguments], cwd=cwd, env=env, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=20)


def must(arguments, cwd):
    done = run(arguments, cwd)
    if done.returncode:
        sys.exit(f"{arguments}: {done.stderr.decode()}")


def state(root):
    """What lies below a directory, without times of directories; None when it is not there."""
    if not os.path.lexists(root):
        return None
    lines = []
    for folder, dirs, files in os.walk(root):
        dirs.sort()
        for name in sorted(dirs + files):
            path = os.path.join(folder, name)
            st = os.lstat(path)
            line = [os.path.relpath(path, root), st.st_mode, st.st_uid, st.st_gid]
            if os.path.islink(path):
                line.append(os.readlink(path))
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    line.append(hashlib.sha256(file.read()).hexdigest())
            lines.append(tuple(line))
    return sorted(lines)


class Layout:
    """A command that changes a layout; blobs that nothing lists may be left in it."""

    def __init__(self, arguments, check):
        self.arguments = arguments
        self.check = check
        self.target = "layout"

    def look(self, work):
        return state(os.path.join(work, self.target))

    def new_is_right(self, work):
        return all(run(arguments, work).returncode == 0 for arguments in self.check)

    def old_is_right(self, before, now):
        if before is None or now is None:
            return before == now
        more = [line for line in now if line not in before]
        return all(line in now for line in before) and all(
            os.path.basename(line[0]) == line[-1] for line in more)


class Whole:
    """A command that makes a directory: it is not there, or complete."""

    def __init__(self, arguments, target, after):
        self.arguments = arguments
        self.target = target
        self.after = after

    def look(self, work):
        return state(os.path.join(work, self.target))

    def new_is_right(self, work):
        return self.look(work) == self.after

    @staticmethod
    def old_is_right(before, now):
        return before == now


class Repair:
    """A command that puts a directory right: each name in it is as it was, or as it should be.

    What should not be there may have gone in part. It tells on standard output what it has repaired
    and warns of what it has not."""

    reports = True

    def __init__(self, arguments, target, after):
        self.arguments = arguments
        self.target = target
        self.after = after

    def look(self, work):
        return state(os.path.join(work, self.target))

    def new_is_right(self, work):
        return self.look(work) == self.after

    def old_is_right(self, before, now):
        old, new, got = ({line[0]: line for line in lines}
                         for lines in (before, self.after, now))
        return all(got.get(path) in (old.get(path), new[path]) for path in new)


def ledger(root):
    """The lines of the ledger that a reader finds for a tree; "wrong" for that of another one."""
    for name in (root + ".nacre-ledger.new", root + ".nacre-ledger"):
        if not os.path.exists(name):
            continue
        with open(name, "rb") as file:
            first, *lines = file.readlines()
        if f" tree={os.stat(root).st_ino} ".encode() in first:
            return tuple(lines)
        if name.endswith("ledger"):
            return "wrong"
    return ()


class WithLedger(Whole):
    """The same with the ledger beside it: they are both old or both new."""

    def look(self, work):
        root = os.path.join(work, self.target)
        lines = state(root)
        return lines if lines is None else lines + [("ledger", ledger(root))]


class Passwd:
    """A command that changes the passphrase of a key: the file is the old one, or opens by the new."""

    arguments = ["key", "passwd", "keys/release.key", "--new-passphrase-file", "new"]

    @staticmethod
    def look(work):
        return state(work + "/keys")

    @staticmethod
    def new_is_right(work):
        mode = os.lstat(work + "/keys/release.key").st_mode
        return mode == 0o100600 and run(["key", "show", "keys/release.key", "--passphrase-file", "new"],
                                        work).returncode == 0

    @staticmethod
    def old_is_right(before, now):
        return before == now


class Nothing:
    """A command that looks around, and leaves all as it was."""

    def __init__(self, arguments):
        self.arguments = arguments

    @staticmethod
    def look(work):
        return [line for line in state(work) if not line[0].startswith(".nacre-")]

    @staticmethod
    def new_is_right(work):
        return not leftovers(work)

    @staticmethod
    def old_is_right(before, now):
        return before == now


def leftovers(work):
    return [os.path.join(folder, name) for folder, dirs, files in os.walk(work)
            for name in dirs + files
            if name.startswith(".nacre-") or name.endswith(".nacre-ledger.new")]


def check_failure(case, work, before, done, what):
    now = case.look(work)
    is_new = case.new_is_right(work)
    errors = done.stderr.decode("utf-8", "replace")
    if done.returncode == 0 and not is_new:
        sys.exit(f"{what}: it says that all is well, and it is not")
    if done.returncode and not is_new and not case.old_is_right(before, now):
        sys.exit(f"{what}: neither as before nor as it should be: {errors}\n{now}")
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{what}: exit code {done.returncode}: {errors}")
    if hasattr(case, "reports"):
        if any(not line.startswith("nacre: ") for line in errors.splitlines()):
            sys.exit(f"{what}: not the command's own words: {errors}")
    elif done.returncode and (len(errors.splitlines()) != 1 or not errors.startswith("nacre: ")):
        sys.exit(f"{what}: not one line: {errors}")
    may_report = hasattr(case, "reports") or isinstance(case, Nothing)
    if done.returncode and done.stdout and not may_report:
        sys.exit(f"{what}: something on standard output")
    if leftovers(work) and is_new and "for the next run" in errors:
        again = run(case.arguments, work)
        if again.returncode or not case.new_is_right(work):
            sys.exit(f"{what}: the next run fails: {again.stderr.decode()}")
    if leftovers(work):
        sys.exit(f"{what}: left behind: {leftovers(work)}: {errors}")


def check_kill(case, work, before, what):
    now = case.look(work)
    if now is not None:
        # What lies aside does not count until the next run; neither do empty folders.
        now = [line for line in now
               if not any(name.startswith(".nacre-") for name in line[0].split("/"))]
    if not case.new_is_right(work) or hasattr(case, "reports"):
        if not case.new_is_right(work) and not case.old_is_right(before, now):
            sys.exit(f"{what}: neither as before nor as it should be\n{now}")
        done = run(case.arguments, work)
        if done.returncode:
            sys.exit(f"{what}: the next run fails: {done.stderr.decode()}")
        if not case.new_is_right(work):
            sys.exit(f"{what}: the next run does not get it right")
        if leftovers(work):
            sys.exit(f"{what}: the next run does not sweep up: {leftovers(work)}")


def one(case, template, how, at, scratch):
    """One run. Returns whether its call came at all."""
    work, mark = os.path.join(scratch, "work"), os.path.join(scratch, "mark")
    shutil.copytree(template, work, symlinks=True)
    if os.path.exists(mark):
        os.unlink(mark)
    before = case.look(work)
    done = run(case.arguments, work, LD_PRELOAD=SHIM, FAILCALL_HOW=how, FAILCALL_AT=str(at),
               FAILCALL_MARK=mark)
    with open(mark, "rb") as file:
        name = file.read().partition(b"\0")[0].decode()
    reached = name != ""
    what = f"{' '.join(case.arguments)}: {how} at call {at} ({name})"
    if not reached and done.returncode:
        sys.exit(f"{what}: {done.stderr.decode()}")
    if not reached and not case.new_is_right(work):
        sys.exit(f"{what}: wrong, and nothing has failed")
    if reached and how == "KILL" and done.returncode < 0:
        check_kill(case, work, before, what)
    elif reached:
        check_failure(case, work, before, done, what)
    shutil.rmtree(work)
    return reached


def prepare(template):
    context = template + "/context"
    write(context + "/tree/a/x", b"x" * 5000)
    write(context + "/tree/b", b"second\n")
    write(context + "/nacre.yaml", RECIPE.encode())
    write(template + "/things/lib/thing", b"thing" * 2000)
    subprocess.run(["tar", "-C", template + "/things", "--owner=0", "--group=0", "--mtime=@5", "-cf",
                    context + "/things.tar", "."], check=True)
    shutil.rmtree(template + "/things")


def make_case(name, template):
    new = ["build", "context", "-j", "1", "-t", "oci:layout:new"]
    verify = [["verify", "oci:layout:new", "--unsigned", "--deep"]]
    if name == "build-fresh":
        return Layout(new, verify)
    must(["build", "context", "-t", "oci:layout:old"], template)
    if name == "build":
        with open(template + "/context/tree/b", "ab") as file:
            file.write(b"and more\n")
        return Layout(new, verify + [["verify", "oci:layout:old", "--unsigned", "--deep"]])
    if name == "sign":
        # Not encrypted: each run would spend nearly all of its time in scrypt.
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "ed25519", "-out", "release.key"],
                       cwd=template, check=True)
        subprocess.run(["openssl", "pkey", "-in", "release.key", "-pubout", "-out", "release.pub"],
                       cwd=template, check=True)
        return Layout(["sign", "oci:layout:old", "--key", "release.key", "--plain", "--identity", "h.org/a:v1"],
                      [["verify", "oci:layout:old", "--key", "release.pub", "--deep"]])
    if name in ("copy", "copy-layout"):
        return make_copy(name, template)
    if name == "key-passwd":
        os.mkdir(template + "/keys")
        must(["key", "new", "keys/release"], template)
        write(template + "/new", b"new\n")
        return Passwd()
    if name == "build-known":
        # All of it is in the cache, and the layout has none of it.
        os.rename(template + "/layout", template + "/elsewhere")
        return Layout(new, verify)
    if name == "build-check":
        return Layout([*new, "--check", "--no-cache", "--record", "made.json"], verify)
    if name in ("squash", "rebase", "commit", "config", "lock", "vendor"):
        return make_rework(name, template, verify)
    if name == "plan":
        return Nothing(["plan", "oci:layout:old", "rootfs"])
    if name == "unpack":
        arguments = ["unpack", "oci:layout:old", "rootfs", "--unsigned"]
        must(arguments, template)
        after = state(template + "/rootfs")
        shutil.rmtree(template + "/rootfs")
        return Whole(arguments, "rootfs", after)
    if name == "check-repair":
        must(["unpack", "oci:layout:old", "rootfs", "--unsigned"], template)
        after = state(template + "/rootfs")
        write(template + "/rootfs/srv/a/x", b"y" * 5000)
        os.link(template + "/rootfs/srv/a/x", template + "/elsewhere")
        write(template + "/rootfs/var/lib/more", b"of the container\n")
        shutil.rmtree(template + "/rootfs/usr")
        write(template + "/rootfs/usr", b"a file\n")
        os.unlink(template + "/rootfs/bin")
        os.chmod(template + "/rootfs/etc/conf", 0o600)
        os.chown(template + "/rootfs/srv", 1, 8)
        return Repair(["check", "rootfs", "oci:layout:old", "--unsigned", "--repair", "-j", "1"],
                      "rootfs", after)
    if name in ("unpack-ledger", "unpack-no-ledger"):
        with open(template + "/context/tree/b", "ab") as file:
            file.write(b"and more\n")
        must(["build", "context", "-t", "oci:layout:new"], template)
        how = ["--no-owner"] if name == "unpack-ledger" else []
        case = WithLedger(["unpack", "oci:layout:new", "rootfs", "--unsigned", "--replace", *how],
                          "rootfs", None)
        must(case.arguments, template)
        case.after = case.look(template)
        if (case.after[-1] == ("ledger", ())) != (name == "unpack-no-ledger"):
            sys.exit(f"what is lost here? {case.after}")
        shutil.rmtree(template + "/rootfs")
        must(["unpack", "oci:layout:old", "rootfs", "--unsigned", "--no-owner"], template)
        return case
    if name == "unpack-replace":
        with open(template + "/context/tree/b", "ab") as file:
            file.write(b"and more\n")
        must(["build", "context", "-t", "oci:layout:new"], template)
        arguments = ["unpack", "oci:layout:new", "rootfs", "--unsigned", "--replace"]
        must(arguments, template)
        after = state(template + "/rootfs")
        shutil.rmtree(template + "/rootfs")
        must(["unpack", "oci:layout:old", "rootfs", "--unsigned"], template)
        # As a container might have left it, and so that old and new differ in more than a file.
        write(template + "/rootfs/var/lib/more", b"of the container\n")
        os.chmod(template + "/rootfs/var", 0o555)
        return Whole(arguments, "rootfs", after)
    sys.exit(f"there is no case {name}")


def make_copy(name, template):
    """An image with its signatures, into an archive in the place of another, and out of it."""
    must(["key", "new", "release"], template)
    must(["sign", "oci:layout:old", "--key", "release.key"], template)
    os.mkdir(template + "/out")
    arguments = ["copy", "oci:layout:old", "oci-archive:out/image.tar"]
    must(arguments, template)
    if name == "copy":
        after = state(template + "/out")
        write(template + "/out/image.tar", b"another one\n")
        return Whole(arguments, "out", after)
    case = Layout(["copy", "oci-archive:out/image.tar", "oci:fresh:v1"],
                  [["verify", "oci:fresh:v1", "--key", "release.pub", "--deep"]])
    case.target = "fresh"
    return case


BASED = """\
nacre: 1
from: oci:../layout:old
layers: [{name: more, steps: [{file: {path: /etc/more, text: "more\\n"}}]}]
"""


def make_rework(name, template, verify):
    """Images out of images, and what a recipe takes from outside."""
    to = ["-t", "oci:layout:new", "--unsigned"]
    write(template + "/based/nacre.yaml", BASED.encode())
    if name == "lock":
        must(["lock", "based"], template)
        after = state(template + "/based")
        os.unlink(template + "/based/nacre.lock")
        return Whole(["lock", "based"], "based", after)
    if name == "vendor":
        must(["lock", "based"], template)
        case = Layout(["vendor", "gathered", "based"],
                      [["build", "based", "--vendor", "gathered", "-t", "oci:made:v1", "--no-cache"]])
        case.target = "gathered"
        return case
    if name == "squash":
        return Layout(["squash", "oci:layout:old", *to], verify)
    if name == "config":
        return Layout(["config", "oci:layout:old", "--user", "7", *to], verify)
    if name == "commit":
        must(["unpack", "oci:layout:old", "rootfs", "--unsigned"], template)
        write(template + "/rootfs/var/lib/more", b"of the container\n")
        return Layout(["commit", "rootfs", "oci:layout:old", *to], verify)
    must(["build", "based", "-t", "oci:layout:based"], template)
    with open(template + "/context/tree/b", "ab") as file:
        file.write(b"and more\n")
    must(["build", "context", "-t", "oci:layout:base2"], template)
    return Layout(["rebase", "oci:layout:based", "--onto", "oci:layout:base2", *to], verify)


def main():
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as scratch:
        template = scratch + "/template"
        prepare(template)
        case = make_case(CASE, template)
        for how in ("EINTR", "SHORT"):
            one(case, template, how, -1, scratch)
        at, count = 0, 0
        while one(case, template, "EIO" if at % 2 else "ENOSPC", at, scratch):
            one(case, template, "KILL", at, scratch)
            at += STRIDE if at < DENSE else 3 * STRIDE
            count += 1
        if at < 20:
            sys.exit(f"only {count} calls: is {SHIM} in the way at all?")
        print(f"{CASE}: {count} calls of {at}, each failed and killed")


if __name__ == "__main__":
    main()
