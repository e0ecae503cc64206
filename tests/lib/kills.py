#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills a command and the processes that it forks at system calls that change something.

    kills.py NACRE TRACECALL CASE

faults.py lets calls of the C library fail; here the kernel's own calls are counted, by ptrace
(tracecall.c), in all processes together. For every second such call, on a fresh copy of the same files:

- the command is killed there: the old or the new state, the next run sweeps up, also one that makes
  something else beside it, and no process lives on;
- a process that it has forked is killed there: that is an error of one line, and nothing is left;
- the command gets SIGTERM or SIGINT there: it says so in one line, or had done its work, and nothing
  is left;
- while it stands still there, the same is done under another name beside it: both are right.

And once: contents and names are flushed in the order that a crash of the machine asks for.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import faults  # noqa: E402

NACRE, TRACECALL, CASE = sys.argv[1:4]
# Every how many calls; a sanitizer makes each run ten times as long.
STRIDE = int(os.environ.get("KILLS_STRIDE", "7" if os.environ.get("NACRE_SANITIZE") else
                            "3" if CASE in faults.SPARSE else "2"))


def traced(case, work, who, action, at, arguments=None, **variables):
    """Runs the command. Returns what came of it, and the calls that were counted."""
    report = os.path.join(os.path.dirname(work), "report")
    env = {"PATH": os.environ["PATH"], "HOME": work, "NACRE_STORE": work + "/store", "COSIGN_PASSWORD": "",
           "ASAN_OPTIONS": "detect_leaks=0", **variables}
    done = subprocess.run([TRACECALL, who, action, str(at), report, NACRE, *(arguments or case.arguments)],
                          cwd=work, env=env, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)
    with open(report, encoding="ascii") as file:
        return done, file.read().splitlines()


def fresh(template, scratch):
    work = os.path.join(scratch, "work")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(template, work, symlinks=True)
    return work


def elsewhere(case):
    """The same command, for another target in the same directory."""
    return ["rootfs2" if word == "rootfs" else word for word in case.arguments]


def check_killed(case, work, before, done, lines, what):
    if done.returncode != 128 + signal.SIGKILL:
        sys.exit(f"{what}: not killed, exit code {done.returncode}")
    if any(line.startswith("lives on") for line in lines):
        sys.exit(f"{what}: a process that it has forked lives on: {lines[-1]}")
    beside = os.path.join(os.path.dirname(work), "beside")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(work, beside, symlinks=True)
    faults.check_kill(case, work, before, what)
    # Where a killed run has left something, any run beside it sweeps up.
    if isinstance(case, faults.Whole):
        other = faults.run(elsewhere(case), beside)
        if other.returncode or faults.leftovers(beside):
            sys.exit(f"{what}: a run for another target leaves {faults.leftovers(beside)}: "
                     f"{other.stderr.decode()}")
    shutil.rmtree(beside)


def check_stopped(case, work, before, done, number, what):
    errors = done.stderr.decode()
    is_new = case.new_is_right(work)
    now = faults.state(os.path.join(work, case.target))
    if done.returncode == 0 and not is_new:
        sys.exit(f"{what}: it says that all is well, and it is not")
    if done.returncode and not is_new and not case.old_is_right(before, now):
        sys.exit(f"{what}: neither as before nor as it should be: {errors}\n{now}")
    # Before it listens for signals it dies of them.
    if done.returncode not in (0, 128 + number):
        sys.exit(f"{what}: exit code {done.returncode}: {errors}")
    if done.returncode and len(errors.splitlines()) > 1:
        sys.exit(f"{what}: not one line: {errors}")
    if faults.leftovers(work):
        sys.exit(f"{what}: left behind: {faults.leftovers(work)}: {errors}")


def each_call(case, template, scratch, who, action, check):
    at = 0
    while True:
        work = fresh(template, scratch)
        before = faults.state(os.path.join(work, case.target))
        done, lines = traced(case, work, who, action, at)
        what = f"{' '.join(case.arguments)}: {action} at call {at} of {who}"
        if "reached" not in lines:
            if done.returncode or not case.new_is_right(work):
                sys.exit(f"{what}: wrong, and nothing was done to it: {done.stderr.decode()}")
            return at
        what += f" ({lines[lines.index('reached') - 1]})"
        check(case, work, before, done, lines, what)
        at += STRIDE


def killed_worker(case, work, before, done, lines, what):
    faults.check_failure(case, work, before, done, what)


def terminated(case, work, before, done, lines, what):
    check_stopped(case, work, before, done, signal.SIGTERM, what)


def interrupted(case, work, before, done, lines, what):
    check_stopped(case, work, before, done, signal.SIGINT, what)


def beside_another(case, template, scratch):
    """All the while that one run stands still, another one makes its own target beside it."""
    other = elsewhere(case)
    log = os.path.join(scratch, "other")
    command = f"{NACRE} {' '.join(other)} >{log} 2>&1"

    def check(case, work, before, done, lines, what):
        if done.returncode or not case.new_is_right(work):
            sys.exit(f"{what}: wrong: {done.stderr.decode()}")
        target = os.path.join(work, "rootfs2")
        if "the other command failed" in lines or faults.state(target) != case.after:
            with open(log, encoding="utf-8") as file:
                sys.exit(f"{what}: the other run is wrong: {file.read()}")
        if faults.leftovers(work):
            sys.exit(f"{what}: left behind: {faults.leftovers(work)}")

    return each_call(case, template, scratch, "all", command, check)


def last(names, lines):
    return max((i for i, line in enumerate(lines) if line.split()[0] in names), default=-1)


def check_order(case, template, scratch):
    """Contents reach the disk before the name does, and the name before it is said to be there."""
    work = fresh(template, scratch)
    done, lines = traced(case, work, "all", "LOG", 1 << 30)
    calls = [line.split()[0] for line in lines]
    renames = [i for i, call in enumerate(calls) if call.startswith("renameat")]
    if done.returncode or len(renames) != 1 or calls.count("syncfs") != 1:
        sys.exit(f"not one rename and one flush of the file system: {calls}")
    sync, rename = calls.index("syncfs"), renames[0]
    made = last(("openat", "mkdirat", "symlinkat", "linkat", "mknodat", "fchown", "fchownat", "fchmod",
                 "fsetxattr", "utimensat"), lines[:rename])
    if not made < sync < rename:
        sys.exit(f"something is made at {made}, flushed at {sync}, named at {rename}: {calls}")
    if "fsync" not in calls[rename:]:
        sys.exit(f"the directory is not flushed after the rename: {calls[rename:]}")
    removed = [i for i, call in enumerate(calls) if call == "unlinkat" and i > sync]
    if any(i < rename + calls[rename:].index("fsync") for i in removed):
        sys.exit(f"something is removed before the new name is flushed: {calls[sync:]}")
    work = fresh(template, scratch)
    done, lines = traced(case, work, "all", "LOG", 1 << 30, [*case.arguments, "--no-sync"])
    if done.returncode or any("sync" in line for line in lines):
        sys.exit(f"--no-sync flushes: {[line for line in lines if 'sync' in line]}")


def main():
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as scratch:
        template = scratch + "/template"
        faults.prepare(template)
        case = faults.make_case(CASE, template)
        counts = [f"{each_call(case, template, scratch, who, action, check)} of {who} {action}"
                  for who, action, check in (("first", "KILL", check_killed),
                                             ("others", "KILL", killed_worker),
                                             ("first", "TERM", terminated),
                                             ("all", "INT", interrupted))]
        if isinstance(case, faults.Whole):
            counts.append(f"{beside_another(case, template, scratch)} beside another run")
            check_order(case, template, scratch)
        print(f"{CASE}: {', '.join(counts)}")


if __name__ == "__main__":
    main()
