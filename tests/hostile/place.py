# SPDX-License-Identifier: Apache-2.0
"""Where a case is run: a directory of sentinels around the target, and how they are compared."""
import os
import shutil
import stat

from tarbytes import Entry

KINDS = {stat.S_IFREG: ("f", "0"), stat.S_IFLNK: ("l", "2"), stat.S_IFCHR: ("c", "3"),
         stat.S_IFBLK: ("b", "4"), stat.S_IFDIR: ("d", "5"), stat.S_IFIFO: ("p", "6")}
OLD = 1500000000
NOBODY = 65534


def xattrs_of(path):
    names = os.listxattr(path, follow_symlinks=False)
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in sorted(names)}


# -------------------------------------------------------------------------------- the sentinels

class Place:
    """Directories around a target, which belong to whoever unpacks.

    The target lies three directories down; at each height there are things to hurt beside it, and
    more of them in `outside`, whose absolute name the images know and all places share.
    """

    def __init__(self, base, uid, secret):
        self.uid, self.secret = uid, secret
        self.run = os.path.join(base, f"run-{uid}")
        self.outside = os.path.join(base, "outside")
        self.parent = os.path.join(self.run, "one", "two", "three")
        self.target = os.path.join(self.parent, "target")
        self.ledger = self.target + ".nacre-ledger"
        self.cwd = os.path.join(self.run, "cwd")
        self.home = os.path.join(self.run, "home")
        self.is_fresh = False
        self.files = []

    def make(self):
        """As at the beginning. What no run has touched is not made again."""
        remove(self.target)
        remove(self.ledger)
        if not self.is_fresh:
            self.build()
        self.is_fresh = True
        for path in self.files:
            os.utime(path, (OLD, OLD))  # so that a read changes the time of the last one

    def build(self):
        self.files = []
        self.clear()
        for folder in (self.parent, self.cwd, self.home, os.path.join(self.run, "tmp")):
            os.makedirs(folder)
        for height in ("", "one", "one/two", "one/two/three"):
            self.fill(os.path.join(self.run, height, "victim"))
        self.fill(self.outside)
        self.fill(os.path.join(self.outside, "victim"))
        self.file(os.path.join(self.parent, "target-evil"), 0o644)
        self.file(os.path.join(self.cwd, "victim.secret"), 0o600)
        if os.geteuid() == 0:
            self.give()

    def clear(self):
        for folder in (self.run, self.outside):
            remove(folder)

    def file(self, path, mode):
        with open(path, "wb") as file:
            file.write(self.secret)
        self.files.append(path)
        os.chmod(path, mode)

    def fill(self, folder):
        os.makedirs(os.path.join(folder, "sub", "deep"))
        self.file(os.path.join(folder, "file"), 0o644)
        self.file(os.path.join(folder, "secret"), 0o600)
        self.file(os.path.join(folder, "program"), 0o755)
        self.file(os.path.join(folder, "sub", "deep", "file"), 0o400)
        os.symlink("file", os.path.join(folder, "link"))
        os.mkfifo(os.path.join(folder, "fifo"))

    def give(self):
        """To whoever unpacks: that a thing is somebody else's must not be what saves it."""
        for top, uid in ((self.run, self.uid), (self.outside, NOBODY)):
            for folder, dirs, files in os.walk(top):
                for name in dirs + files:
                    os.chown(os.path.join(folder, name), uid, uid, follow_symlinks=False)
            os.chown(top, uid, uid)

    def changed(self, before, is_unpacked):
        """What is not as it was, a line each. Contents come last, as reading changes the atime.

        Beside what was unpacked there may be a ledger of what could not be set, a file of its own.
        """
        after = self.snapshot()
        if is_unpacked and self.ledger in after:
            before = {path: seen for path, seen in before.items() if path != self.ledger}
            ledger = after.pop(self.ledger)
            if not stat.S_ISREG(ledger["mode"]) or ledger["links"] != 1 or ledger["uid"] != self.uid:
                yield f"{self.ledger}: {ledger}"
        for line in compare(before, after):
            self.is_fresh = False
            yield line
        for path in self.files:
            with open(path, "rb") as file:
                if file.read() != self.secret:
                    self.is_fresh = False
                    yield f"{path}: another content"

    def snapshot(self):
        """All that lies around the target, to the last attribute; reads no file, so that a read of
        somebody else shows in its atime."""
        state = {}
        for top in (self.run, self.outside):
            for folder, dirs, files in os.walk(top):
                if folder == self.target:
                    dirs.clear()
                    continue
                state[folder] = look(folder, is_busy=folder == self.parent)
                for name in files + [d for d in dirs if os.path.islink(os.path.join(folder, d))]:
                    state[os.path.join(folder, name)] = look(os.path.join(folder, name))
        state.pop(self.target, None)
        return state


def look(path, is_busy=False):
    """Attributes of one thing. Where something is made on purpose, times and links will differ."""
    st = os.lstat(path)
    seen = {"mode": st.st_mode, "uid": st.st_uid, "gid": st.st_gid, "inode": st.st_ino,
            "device": st.st_rdev, "xattrs": xattrs_of(path)}
    if not is_busy:
        seen.update(mtime=st.st_mtime_ns, ctime=st.st_ctime_ns, links=st.st_nlink, size=st.st_size)
    if stat.S_ISLNK(st.st_mode):
        seen["target"] = os.readlink(path)
    if stat.S_ISREG(st.st_mode):
        seen["atime"] = st.st_atime_ns
    return seen


def compare(before, after):
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            yield f"{path}: removed"
        elif path not in before:
            yield f"{path}: created"
        else:
            for key in before[path]:
                if before[path][key] != after[path][key]:
                    yield f"{path}: {key} {before[path][key]} became {after[path][key]}"


def remove(path):
    if os.path.islink(path) or not os.path.isdir(path):
        if os.path.lexists(path):
            os.unlink(path)
        return
    try:
        shutil.rmtree(path)
    except (OSError, RecursionError):
        # Python gives up where paths get long and where directories cannot be read.
        os.spawnlp(os.P_WAIT, "chmod", "chmod", "-R", "u+rwX", path)
        os.spawnlp(os.P_WAIT, "rm", "rm", "-rf", "--one-file-system", "--", path)


# -------------------------------------------------------------------------- what was unpacked

class Tree:
    """The entries below a directory, as they would be said of a layer. Follows nothing; goes by
    descriptors, so that no path is too long."""

    def __init__(self, top):
        self.entries = {}
        self.inodes = {}
        st = os.lstat(top)
        if os.geteuid():
            os.chmod(top, 0o700)
        fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            self.add(b"", st, fd, None)
        finally:
            os.close(fd)

    def add(self, path, st, fd, name):
        letter, kind = KINDS.get(stat.S_IFMT(st.st_mode), ("?", "?"))
        entry = Entry(letter, kind, path, stat.S_IMODE(st.st_mode),
                      dev=(os.major(st.st_rdev), os.minor(st.st_rdev)))
        entry.uid, entry.gid = st.st_uid, st.st_gid
        entry.mtime, entry.ns = divmod(st.st_mtime_ns, 10**9)
        first = self.inodes.setdefault(st.st_ino, path)
        entry.first = None if letter == "d" or first == path else first
        where = f"/proc/self/fd/{fd}".encode() + (b"/" + name if name is not None else b"/.")
        entry.xattrs = {key.encode("utf-8", "surrogateescape"): value
                        for key, value in xattrs_of(where).items() if key != "security.selinux"}
        needs = {"d": 0o500, "f": 0o400}.get(letter, 0)
        if name is not None and os.geteuid() and st.st_mode & needs != needs:
            os.chmod(name, 0o700, dir_fd=fd)  # it has been looked at; without root it is shut
        if letter == "f":
            with open(name, "rb", opener=lambda path, flags: os.open(
                    path, flags | os.O_NOFOLLOW | os.O_NOATIME, dir_fd=fd)) as file:
                entry.data = file.read()
        if letter == "l":
            entry.link = os.readlink(name, dir_fd=fd)
        self.entries[path] = entry
        if letter == "d":
            self.walk(path, fd, name)

    def walk(self, path, fd, name):
        here = os.open(b"." if name is None else name,
                       os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
        try:
            # Sorted as the listing is, so that the first of several names is the same.
            for child in sorted(os.fsencode(child) for child in os.listdir(here)):
                st = os.stat(child, dir_fd=here, follow_symlinks=False)
                self.add(path + b"/" + child if path else child, st, here, child)
        finally:
            os.close(here)

    def lines(self):
        order = sorted(self.entries, key=lambda path: path.split(b"/") if path else [])
        return [self.entries[path].line() for path in order]
