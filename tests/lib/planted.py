#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A worker that somebody has taken over reaches nothing outside of its cage.

    planted.py NACRE LIBRARY-DIR

The library in LIBRARY-DIR is nacre's own with a bug planted in its workers (planted.c). Each attack
is made in each worker of `nacre unpack`, as root and as an ordinary user: it has to fail, and what
lies outside has to be as before. The same attack without the cage has to succeed, or else it would
prove nothing; some that only root can make are left out for a user.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

NACRE, LIBRARIES = sys.argv[1:3]
HERE = os.path.dirname(os.path.realpath(__file__))
USER = 65534

# Not for somebody who is not root even without a cage; and what this kernel may have switched off.
ROOT_ALONE = {"device", "mknod", "mount", "chroot"}
MAY_BE_OFF = {"io-uring", "add-key", "namespace"}
# These begin from a directory that is open, and the worker that reads has none, caged or not.
WRITER_ALONE = {"device", "mknod", "open-upwards"}
# What no cage has to do with: the worker has forgotten it, caged or not.
FORGOTTEN = {"environment"}
RECIPE = """\
nacre: 1
from: scratch
layers: [{name: a, steps: [{file: {path: /d/f, text: "content"}}]}]
"""


def names():
    with open(os.path.join(HERE, "planted.c"), encoding="utf-8") as file:
        return re.findall(r'^\t\{ "([a-z-]+)", \w+ \},$', file.read(), re.M)


class Outside:
    """What an attack goes for: a directory with a secret, a process, two sockets."""

    def __init__(self, top, uid):
        self.dir = os.path.join(top, "outside")
        os.mkdir(self.dir)
        os.mkdir(os.path.join(self.dir, "room"))
        with open(os.path.join(self.dir, "secret"), "w", encoding="utf-8") as file:
            file.write("secret")
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(os.path.join(self.dir, "socket"))
        self.unix.listen(8)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        for where, dirs, files in os.walk(top):
            for name in [".", *dirs, *files]:
                os.chown(os.path.join(where, name), uid, uid)
        self.process = subprocess.Popen(["sleep", "600"], preexec_fn=lambda: become(uid))
        self.state = self.look()

    def look(self):
        state = []
        for where, dirs, files in sorted(os.walk(self.dir)):
            for name in [".", *sorted(dirs + files)]:
                path = os.path.join(where, name)
                st = os.lstat(path)
                state.append((path, st.st_ino, st.st_mode, st.st_uid, st.st_size, st.st_mtime_ns,
                              st.st_ctime_ns, st.st_nlink, os.listxattr(path)))
        mounts = open("/proc/self/mountinfo", encoding="utf-8").read().count(self.dir)
        return state, mounts, self.process.poll()

    def close(self):
        subprocess.run(["umount", "-q", os.path.join(self.dir, "room")], check=False)
        self.process.kill()
        self.process.wait()
        self.unix.close()
        self.tcp.close()


def become(uid):
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def users():
    """Root and an ordinary user; in a bare chroot the latter has no whole cage to be tried."""
    if subprocess.run(["unshare", "--user", "true"], preexec_fn=lambda: become(USER),
                      stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return (0, USER)
    print("only root's attacks are made: lacks user namespaces")
    return (0,)


def attack(name, worker, uid, caged):
    """("begun"|"not-begun", "succeeded"|"failed", whether anything outside is another)"""
    top = tempfile.mkdtemp(prefix="planted-")
    outside = Outside(top, uid)
    env = {"PATH": "/usr/bin:/bin", "HOME": top, "LD_LIBRARY_PATH": LIBRARIES,
           "NACRE_STORE": top + "/store", "PLANTED": name, "PLANTED_WORKER": worker,
           "PLANTED_LOG": top + "/log", "PLANTED_DIR": outside.dir,
           "PLANTED_PID": str(outside.process.pid),
           "PLANTED_PORT": str(outside.tcp.getsockname()[1]), "PLANTED_SECRET": "secret"}
    if not caged:
        env["PLANTED_UNCAGED"] = "1"
    try:
        # In a session of its own: what a test of signals hits is the command, not the tests.
        done = subprocess.run(
            [NACRE, "unpack", f"oci:{IMAGES}/layout:v1", top + "/rootfs", "--unsigned",
             "--no-owner", *(["--devices"] if name == "device" else []), *(["--require-cage"] if caged else [])], env=env, cwd=top,
            preexec_fn=lambda: become(uid), start_new_session=True, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=60, check=False)
        with open(top + "/log", encoding="utf-8") as file:
            begun, outcome, _ = file.read().split()
        if name == "exec":
            outcome = "succeeded" if os.path.exists(outside.dir + "/made") else "failed"
        if caged and done.returncode not in (0, 3):
            sys.exit(f"{worker} {name}: exit code {done.returncode}: {done.stderr.decode()}")
        if caged and done.returncode == 3 and os.path.lexists(top + "/rootfs"):
            sys.exit(f"{worker} {name}: refused, and the target is there")
        return begun, outcome, outside.look() != outside.state
    finally:
        outside.close()
        shutil.rmtree(top, ignore_errors=True)


def check(name, worker, uid):
    who = f"{'user' if uid else 'root'}: {name} in the worker that {worker}"
    begun, outcome, is_changed = attack(name, worker, uid, caged=True)
    if begun != "begun":
        return f"{who}: the attack was never made"
    if outcome != "failed" or is_changed:
        return f"{who}: {'it succeeded' if outcome != 'failed' else 'something outside changed'}"
    if name in MAY_BE_OFF | FORGOTTEN or (uid and name in ROOT_ALONE):
        return None
    begun, outcome, _ = attack(name, worker, uid, caged=False)
    if (begun, outcome) != ("begun", "succeeded"):
        return f"{who}: without the cage it is {begun} and has {outcome}, so it proves nothing"
    return None


def main():
    if os.geteuid() != 0:
        sys.exit("root is needed, to become others")
    os.umask(0o022)
    with open(IMAGES + "/nacre.yaml", "w", encoding="utf-8") as file:
        file.write(RECIPE)
    os.chmod(IMAGES, 0o755)
    subprocess.run([NACRE, "build", IMAGES, "-t", f"oci:{IMAGES}/layout:v1"], check=True,
                   stdout=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "HOME": IMAGES})
    bad, count, who = [], 0, users()
    for name in names():
        for worker in ("reads", "writes"):
            for uid in who:
                if worker == "reads" and name in WRITER_ALONE:
                    continue
                count += 1
                bad.append(check(name, worker, uid))
    bad = [text for text in bad if text]
    for text in bad:
        print(text)
    print(f"{count - len(bad)} passed, {len(bad)} failed")
    return 1 if bad or count < 50 * len(who) else 0


signal.signal(signal.SIGPIPE, signal.SIG_DFL)
IMAGES = tempfile.mkdtemp(prefix="planted-images-")
try:
    CODE = main()
finally:
    shutil.rmtree(IMAGES, ignore_errors=True)
sys.exit(CODE)
