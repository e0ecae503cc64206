# SPDX-License-Identifier: Apache-2.0
"""What the kernel's overlayfs makes of layers that are unpacked each by itself.

unpack() does to one layer what containerd 1.6 does (archive/tar.go, applyNaive with
OverlayConvertWhiteout): members one by one in archive order, links resolved inside this layer
alone, ".wh.NAME" a character device 0:0, ".wh..wh..opq" the attribute trusted.overlay.opaque; a
parent that the layer does not name gets the attributes it has below. The lowest layer is none of an
overlay to it, and a whiteout there removes what is there. mount() is the kernel's part.

The two were compared with containerd 1.6.20 itself and its overlayfs snapshotter, case by case.
"""
import os
import shutil
import stat
import subprocess

from cases import SECOND

WHITEOUT, OPAQUE = b".wh.", b".wh..wh..opq"


def inside(root, path, links=0):
    """The place on disk of a path below a root, all links resolved as in a chroot."""
    if links > 255:
        raise OSError("too many links")
    here = root
    for name in path.split(b"/"):
        if name in (b"", b"."):
            continue
        if name == b"..":
            here = here if here == root else os.path.dirname(here)
            continue
        here = os.path.join(here, name)
        if os.path.islink(here):
            target = os.readlink(here)
            start = b"" if target.startswith(b"/") else os.path.relpath(os.path.dirname(here), root)
            here = inside(root, start + b"/" + target, links + 1)
    return here


def set_attributes(path, entry):
    os.lchown(path, *entry.owner)
    for name, value in entry.xattrs.items():
        os.setxattr(path, name, value, follow_symlinks=False)
    if entry.kind != "symlink":
        os.chmod(path, entry.mode)
    time = entry.layer * SECOND * 10**9
    os.utime(path, ns=(time, time), follow_symlinks=False)


def copy_attributes(path, below, relative):
    """From the topmost of the layers below that has something there, if that is a directory."""
    for layer in reversed(below):
        place = inside(layer, relative)
        if not os.path.lexists(place):
            continue
        if os.path.isdir(place):
            st = os.stat(place)
            os.chown(path, st.st_uid, st.st_gid)
            os.chmod(path, stat.S_IMODE(st.st_mode))
            os.utime(path, ns=(st.st_mtime_ns, st.st_mtime_ns))
        return


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def make_parent(path, root, below):
    if os.path.isdir(path):
        return
    if os.path.lexists(path):
        raise NotADirectoryError(path)
    make_parent(os.path.dirname(path), root, below)
    os.mkdir(path, 0o755)
    os.utime(path, (0, 0))
    copy_attributes(path, below, os.path.relpath(path, root))


def remove_whiteout(path):
    """Whether it was one; an opaque one finds only what its own layer has brought."""
    directory, name = os.path.split(path)
    if name.startswith(WHITEOUT) and name != OPAQUE:
        remove(os.path.join(directory, name[len(WHITEOUT):]))
    return name.startswith(WHITEOUT)


def convert_whiteout(path):
    """Whether it was one."""
    directory, name = os.path.split(path)
    if name == OPAQUE:
        os.setxattr(directory, "trusted.overlay.opaque", b"y")
    elif name.startswith(WHITEOUT):
        os.mknod(os.path.join(directory, name[len(WHITEOUT):]), stat.S_IFCHR, 0)
    return name.startswith(WHITEOUT)


def create(root, path, entry):
    if entry.kind == "dir":
        if not os.path.isdir(path):
            os.mkdir(path)
    elif entry.kind == "file":
        with open(path, "xb") as file:
            file.write(entry.value)
    elif entry.kind == "symlink":
        os.symlink(entry.value, path)
    elif entry.kind == "link":
        parent, _, last = entry.value.strip(b"/").rpartition(b"/")
        os.link(os.path.join(inside(root, parent), last), path, follow_symlinks=False)
        return
    elif entry.kind == "fifo":
        os.mkfifo(path)
    else:
        kind = stat.S_IFCHR if entry.kind == "char" else stat.S_IFBLK
        os.mknod(path, kind, os.makedev(*(int(number) for number in entry.value.split(b":"))))
    set_attributes(path, entry)


def unpack(root, members, below):
    """One layer into a directory of its own. OSError is containerd's refusal."""
    os.mkdir(root)
    copy_attributes(root, below, b"")
    directories = []
    for entry in members:
        name = os.path.normpath(entry.name.lstrip(b"/"))
        parent = inside(root, os.path.dirname(name))
        path = os.path.normpath(os.path.join(parent, os.path.basename(name)))
        if path == root:  # it leaves the root as it is
            continue
        if not below and remove_whiteout(path):
            continue
        make_parent(parent, root, below)
        if convert_whiteout(path):
            continue
        if os.path.islink(path) or not os.path.isdir(path) or entry.kind != "dir":
            remove(path)
        create(root, path, entry)
        if entry.kind == "dir":
            directories.append((path, entry))
    for path, entry in directories:
        if os.path.isdir(path) and not os.path.islink(path):
            os.utime(path, (entry.layer * SECOND, entry.layer * SECOND))


def mount(layers, where):
    """Layers that are directories, the lowest first, over one another and read-only."""
    os.mkdir(where)
    nothing = where + b".nothing"  # one layer alone cannot be mounted
    os.mkdir(nothing)
    # By names from there: the mount of Debian 13 hands the kernel at most 256 bytes of them.
    top = os.path.dirname(where)
    lower = b":".join(os.path.relpath(path, top) for path in [*reversed(layers), nothing])
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", b"ro,lowerdir=" + lower, where],
                   check=True, cwd=top)
