#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py NACRE [MODULE…]: unpacks every attack of tests/hostile and judges what came of it.

Each case is unpacked by root and again by an ordinary user with --no-owner, when root runs this;
else by whoever does. Around the target lie sentinels, which must be the same afterwards to the last
attribute; time, memory and disk are limited.

    ok        as the case wants it
    ESCAPED   something around the target was changed, made, removed or read
    TIME, MEMORY, DISK    beyond what a case may take
    CRASHED   ended by a signal or a sanitizer
    ACCEPTED  should have been refused
    REFUSED   should have been unpacked
    REASON    refused with another exit code or for another reason
    LEFT      refused, and something is left
    DIFFERS   unpacked, and not what should be there
    NOISE     not one line of plain text about it

The last line is "N passed, N failed"; the exit code is 0 when none failed.
"""
import argparse
import copy
import fnmatch
import importlib
import os
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from case import ROOT, USER  # noqa: E402
from image import TAG  # noqa: E402
from place import NOBODY, Place, Tree, remove  # noqa: E402
from tarbytes import implied  # noqa: E402

MODULES = ("names", "links", "whiteouts", "kinds", "members", "streams", "documents", "layouts",
           "targets")
SECONDS, DISK_MIB = 20, 256
SANITIZERS = (b"AddressSanitizer", b"LeakSanitizer", b"runtime error: ")


def cases_of(module, outside):
    found = list(importlib.import_module(module).cases(outside))
    names = [case.name for case in found]
    if len(set(names)) != len(names):
        sys.exit(f"{module}: a name twice: {[n for n in names if names.count(n) > 1]}")
    return found


# --------------------------------------------------------------------------------- one process

def family(pid):
    """A process and all below it."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children", encoding="ascii") as file:
                    found += [int(child) for child in file.read().split()]
        except OSError:
            continue
    return found


def resident_mib(pid):
    pages = 0
    for one in family(pid):
        try:
            with open(f"/proc/{one}/statm", encoding="ascii") as file:
                pages += int(file.read().split()[1])
        except (OSError, IndexError):
            continue
    return pages * resource.getpagesize() >> 20


def disk_mib(place):
    total = 0
    for folder, _, files in os.walk(place.run):
        for name in files:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks
            except OSError:
                continue
    return total >> 11


class Run:
    """One command within its limits: what it said, its exit code, and which limit it met."""

    def __init__(self, command, place, env, memory_mib, slow):
        self.limit = None
        self.peak_mib = 0
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            began = time.monotonic()
            as_user = ({"user": place.uid, "group": place.uid, "extra_groups": []}
                       if os.geteuid() == 0 else {})
            self.process = subprocess.Popen(command, cwd=place.cwd, env=env, stdout=out, stderr=err,
                                            stdin=subprocess.DEVNULL, umask=0o022, **as_user)
            self.watch(place, began, SECONDS * slow, memory_mib * slow)
            self.seconds = time.monotonic() - began
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read(1 << 20), err.read(1 << 20)
        self.code = self.process.returncode

    def watch(self, place, began, seconds, memory_mib):
        nap, turns = 0.002, 0
        while self.limit is None:
            try:
                self.process.wait(nap)
                return
            except subprocess.TimeoutExpired:
                pass
            nap, turns = min(nap * 1.5, 0.05), turns + 1
            self.peak_mib = max(self.peak_mib, resident_mib(self.process.pid))
            if time.monotonic() - began > seconds:
                self.limit = "TIME"
            elif self.peak_mib > memory_mib:
                self.limit = "MEMORY"
            elif turns % 20 == 0 and disk_mib(place) > DISK_MIB:
                self.limit = "DISK"
        for one in family(self.process.pid):
            try:
                os.kill(one, 9)
            except ProcessLookupError:
                continue
        self.process.wait()


# ----------------------------------------------------------------------------------- judgement

def expected_lines(case, uid):
    """The listing that a tree must have for whoever unpacks."""
    entries = {entry.path: copy.copy(entry) for entry in case.tree}
    entries.setdefault(b"", implied(""))
    for entry in entries.values():
        entry.implied = False
        if uid == 0:
            continue
        # What would run as somebody else runs as nobody.
        if entry.letter == "f":
            entry.mode &= ~((0o4000 if entry.uid != uid else 0) |
                            (0o2000 if entry.gid != uid else 0))
        entry.uid = entry.gid = uid
    order = sorted(entries, key=lambda path: path.split(b"/") if path else [])
    return [entries[path].line() for path in order]


def is_plain(data):
    """Text that a terminal shows and does not obey."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(one == "\n" or one.isprintable() for one in text)


def judge_tree(case, place):
    want, got = expected_lines(case, place.uid), Tree(place.target).lines()
    missing = [line for line in want if line not in got]
    more = [line for line in got if line not in want]
    if missing or more:
        return "DIFFERS", "; ".join([f"-{line}" for line in missing[:3]] +
                                    [f"+{line}" for line in more[:3]])[:400]
    if any(place.secret in entry.data for entry in Tree(place.target).entries.values()):
        return "ESCAPED", "what lies outside can be read inside"
    return "ok", ""


def judge_refusal(case, place, run, was_there):
    lines = run.err.decode("utf-8", "replace").splitlines()
    said = lines[-1] if lines else ""
    if os.path.lexists(place.target) != was_there:
        return "LEFT", "the target is not as it was"
    if run.out or len(lines) != 1 or not said.startswith("nacre: "):
        return "NOISE", repr(run.out[:200] + run.err[:400])
    if run.code != case.code or (case.refused or "") not in said:
        return "REASON", f"exit code {run.code}: {said}"
    return "ok", said


def judge(case, place, run, before, was_there):
    """A verdict and why."""
    around = list(place.changed(before, run.code == 0))
    if around:
        kind = "LEFT" if run.code and all(
            line.startswith(place.parent + "/.nacre-") for line in around) else "ESCAPED"
        return kind, "; ".join(around[:3])
    if run.limit:
        return run.limit, f"{run.seconds:.1f} s, {run.peak_mib} MiB"
    if run.code < 0 or any(word in run.err for word in SANITIZERS):
        return "CRASHED", f"exit code {run.code}: {run.err[-2000:].decode('utf-8', 'replace')}"
    if not is_plain(run.out + run.err):
        return "NOISE", repr(run.err[:400])
    if run.code:
        if case.tree is not None and not case.either:
            return "REFUSED", run.err.decode()
        return judge_refusal(case, place, run, was_there)
    return ("ACCEPTED", "") if case.tree is None else judge_tree(case, place)


# ---------------------------------------------------------------------------------------- main

class Runner:
    """A scratch directory with a copy of the command that everybody may run."""

    def __init__(self, nacre, slow):
        self.base = tempfile.mkdtemp(prefix="nacre-hostile-")
        os.chmod(self.base, 0o755)
        self.slow = slow
        self.bin = os.path.join(self.base, "bin")
        os.mkdir(self.bin)
        needed = subprocess.run(["ldd", nacre], capture_output=True, text=True, check=True).stdout
        for path in [nacre] + [line.split()[2] for line in needed.splitlines() if "libnacre" in line]:
            shutil.copy(path, self.bin)
        self.outside = os.path.join(self.base, "outside")
        self.who = {ROOT: 0, USER: NOBODY} if os.geteuid() == 0 else {USER: os.geteuid()}
        secret = b"secret " + secrets.token_hex(16).encode() + b"\n"
        self.places = {uid: Place(self.base, uid, secret) for uid in self.who.values()}

    def env(self, place):
        kept = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": place.home, "LC_ALL": "C.UTF-8",
                "TMPDIR": os.path.join(place.run, "tmp"), "LD_LIBRARY_PATH": self.bin, **kept}

    def unpack(self, case, layout, uid):
        """A verdict, why, and the run."""
        place = self.places[uid]
        place.make()
        undo = case.prepare(place) if case.prepare else None
        place.is_fresh = not case.prepare
        options = case.options + ([] if uid == 0 else ["--no-owner"])
        was_there = os.path.lexists(place.target)
        before = place.snapshot()
        run = Run([os.path.join(self.bin, "nacre"), "unpack", "--unsigned", "--no-sync", *options,
                   f"oci:{layout}:{TAG}", place.target], place, self.env(place), case.memory,
                  self.slow)
        verdict, why = judge(case, place, run, before, was_there)
        if undo:
            undo()
        return verdict, why, run

    def cases(self, module, only):
        for case in cases_of(module, self.outside):
            if not fnmatch.fnmatch(case.name, only) or not self.who.keys() & set(case.who):
                continue
            layout = os.path.join(self.base, "image")
            case.write(layout)
            for who, uid in self.who.items():
                if who in case.who:
                    yield case, who, *self.unpack(case, layout, uid)
            remove(layout)

    def close(self):
        remove(self.base)


def show(text):
    return text.encode("ascii", "backslashreplace").decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("nacre")
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--only", default="*", help="a pattern of names")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what is ok, too")
    parser.add_argument("--slow", type=float, default=1, help="factor for time and memory")
    args = parser.parse_args()
    # Of what is started, too.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK_MIB << 20, DISK_MIB << 20))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    sys.setrecursionlimit(20000)
    runner = Runner(os.path.abspath(args.nacre), args.slow)
    passed = failed = 0
    try:
        for module in args.modules:
            for case, who, verdict, why, run in runner.cases(module, args.only):
                passed += verdict == "ok"
                failed += verdict != "ok"
                if verdict != "ok" or args.verbose:
                    print(f"{verdict:8} {module}/{case.name} ({who}, {run.seconds:.2f} s, "
                          f"{run.peak_mib} MiB) {show(why)}", flush=True)
    finally:
        runner.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
