# SPDX-License-Identifier: Apache-2.0
"""What lies where the target shall be, put there by a local user or a container."""
import os
import subprocess

from case import EVIL, ROOT, Case
from tarbytes import d, f, l

IMAGE = [[d("etc"), f("etc/passwd", "new"), l("link", "etc"), f("f", "f")]]
TREE = IMAGE[0]
REPLACE = ["--replace"]


def link_to(name):
    def prepare(place):
        os.symlink(os.path.join(place.outside, name), place.target)
    return prepare


def a_file(place):
    place.file(place.target, 0o644)


def a_fifo(place):
    os.mkfifo(place.target)


def empty(place):
    os.mkdir(place.target, 0o700)
    os.chown(place.target, place.uid, place.uid)


def full(place):
    empty(place)
    place.file(os.path.join(place.target, "mine"), 0o644)
    place.files.remove(os.path.join(place.target, "mine"))


def hostile(place):
    """A tree that a container has had in its hands."""
    empty(place)
    os.symlink(place.outside, os.path.join(place.target, "etc"))
    os.symlink(os.path.join(place.outside, "secret"), os.path.join(place.target, "f"))
    os.symlink("/", os.path.join(place.target, "root"))
    os.mkdir(os.path.join(place.target, "shut"))
    os.symlink(place.outside, os.path.join(place.target, "shut", "out"))
    os.mkfifo(os.path.join(place.target, "fifo"))
    for folder, dirs, files in os.walk(place.target):
        for name in dirs + files:
            os.chown(os.path.join(folder, name), place.uid, place.uid, follow_symlinks=False)
    os.chmod(os.path.join(place.target, "shut"), 0)


def everybody(place):
    os.chmod(place.parent, 0o777)


def sticky(place):
    os.chmod(place.parent, 0o1777)


def staging_names(place):
    """Names of stagings that somebody has made before: links, and trees to be swept up."""
    marks = ["0" * 16, "f" * 16, "0123456789abcdef"]
    os.symlink(os.path.join(place.outside, "secret"), os.path.join(place.parent, ".nacre-" + marks[0]))
    os.symlink(place.outside, os.path.join(place.parent, ".nacre-" + marks[0] + ".d"))
    os.mkfifo(os.path.join(place.parent, ".nacre-" + marks[1]))
    os.symlink(place.outside, os.path.join(place.parent, ".nacre-" + marks[2] + ".d"))
    os.mkdir(os.path.join(place.parent, ".nacre-lookalike.d"))


def ledger_is(suffix, make):
    """Where the ledger will be, somebody has put something else."""
    def prepare(place):
        make(place, place.ledger + suffix)
    return prepare


def link_out(place, path):
    os.symlink(os.path.join(place.outside, "secret"), path)


def mounted(place):
    """Something is mounted in the tree that shall be replaced."""
    full(place)
    inner = os.path.join(place.target, "mnt")
    os.mkdir(inner)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", inner], check=True)
    put = os.path.join(inner, "theirs")
    with open(put, "wb") as file:
        file.write(EVIL)

    def undo():
        # Wherever it has been moved to.
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            for line in file:
                if line.split()[4].startswith(place.run):
                    subprocess.run(["umount", line.split()[4]], check=True)
    return undo


def cases(_):
    rows = (
        ("link", "is a link to a directory outside", link_to(""), "not a directory"),
        ("link-dangling", "is a link to what could be made outside", link_to("made"),
         "not a directory"),
        ("link-file", "is a link to a file outside", link_to("secret"), "not a directory"),
        ("file", "is somebody's file", a_file, "not a directory"),
        ("fifo", "is a fifo", a_fifo, "not a directory"),
        ("full", "is somebody's directory with files", full, "not empty"),
        ("hostile", "has links in it that lead where files shall go", hostile, "not empty"),
    )
    for name, tries, prepare, word in rows:
        yield Case(name, tries, IMAGE, refused=word, code=1, prepare=prepare)
        if name not in ("full", "hostile"):
            yield Case(f"replace-{name}", f"{tries}, and shall be replaced", IMAGE, refused=word,
                       code=1, prepare=prepare, options=REPLACE)
    yield Case("empty", "is an empty directory with attributes of its own", IMAGE, tree=TREE,
               prepare=empty)
    yield Case("replace-full", "is a directory with files, and shall be replaced", IMAGE, tree=TREE,
               prepare=full, options=REPLACE)
    yield Case("replace-hostile", "is a tree with links and shut directories, and shall be replaced",
               IMAGE, tree=TREE, prepare=hostile, options=REPLACE,
               refs="CVE-2018-15664 CVE-2019-18466 CVE-2024-23652")
    yield Case("replace-mounted", "has a mount in it, and shall be replaced", IMAGE,
               refused="is a mount point", prepare=mounted, options=REPLACE, who=[ROOT],
               refs="CVE-2024-23652")
    yield Case("parent-everybody", "lies where everybody may rename it", IMAGE,
               refused="everybody may write", prepare=everybody)
    yield Case("parent-sticky", "lies where everybody may write and nobody rename", IMAGE, tree=TREE,
               prepare=sticky)
    for name, tries, prepare in (
            ("link", "a link to a file outside", ledger_is("", link_out)),
            ("new-link", "a link where it is written first", ledger_is(".new", link_out)),
            ("fifo", "a fifo, which would be waited for",
             ledger_is("", lambda _, path: os.mkfifo(path))),
            ("directory", "a directory", ledger_is("", lambda _, path: os.mkdir(path)))):
        yield Case(f"ledger-{name}", f"has {tries} where the ledger of what is lost will be", IMAGE,
                   refused="is there already, and no ledger", code=1, prepare=prepare)
    yield Case("staging-names", "has names beside it that look like our own", IMAGE, tree=TREE,
               prepare=staging_names)
