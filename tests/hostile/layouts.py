# SPDX-License-Identifier: Apache-2.0
"""Layouts whose files are of another kind than they should be."""
import os
import shutil
import socket
import stat

from case import ROOT, Case
from image import Image, put
from tarbytes import f

GOOD = [f("f", "good")]
FILES = ("layer", "config", "manifest", "index.json", "oci-layout")


def path_of(top, image, name):
    return image.path(top, name) if name in image.names else os.path.join(top, name)


def becomes(name, make):
    """A hook that puts something else where a file or directory of the layout is."""
    def after(top, image):
        path = path_of(top, image, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        make(path)
    return Image(GOOD, after=after)


def moved(name, outside):
    """A hook that moves something of the layout away and leaves a link to it."""
    def after(top, image):
        path = path_of(top, image, name)
        os.rename(path, path + ".moved")
        os.symlink(path + ".moved" if outside is None else outside, path)
    return Image(GOOD, after=after)


def bind(path):
    """A socket; by a short name, as its address has room for little."""
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(os.path.dirname(path))
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("s")
        os.rename("s", path)
    finally:
        os.fchdir(here)
        os.close(here)


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(200 << 20)


def cases(out):
    kinds = (
        ("fifo", "would be waited for", os.mkfifo),
        ("directory", "is a directory", os.mkdir),
        ("socket", "is a socket", bind),
        ("zero", "never ends", lambda path: os.symlink("/dev/zero", path)),
        ("dangling", "is a link to what could be made", lambda path: os.symlink(out + "/made", path)),
    )
    for name in FILES:
        for kind, tries, make in kinds:
            yield Case(f"{name}-{kind}", f"has {name} in the layout that {tries}",
                       becomes(name, make), refused="not a regular file")
        yield Case(f"{name}-link", f"has {name} as a link to the right bytes elsewhere",
                   moved(name, None), refused="not a regular file")
        yield Case(f"{name}-secret", f"has {name} as a link to a file of the host",
                   moved(name, out + "/secret"), refused="not a regular file")
    for name in ("blobs", "blobs/sha256"):
        yield Case(f"{name.replace('/', '-')}-link", f"has {name} as a link to elsewhere",
                   moved(name, None), refused="not a directory")
        yield Case(f"{name.replace('/', '-')}-file", f"has {name} as a file",
                   becomes(name, lambda path: put(path, b"x")), refused="not a directory")
    for name, word in (("index.json", "limit document-bytes"), ("oci-layout", "oci-layout"),
                       ("layer", "descriptor says"), ("manifest", "descriptor says")):
        yield Case(f"{name}-sparse", f"has {name} as a large file without content",
                   becomes(name, sparse), refused=word,
                   refs="CVE-2023-25153" if name in ("index.json", "oci-layout") else "")
    yield Case("layer-device", "has a device for a layer", becomes(
        "layer", lambda path: os.mknod(path, stat.S_IFCHR | 0o644, os.makedev(1, 5))),
        refused="not a regular file", who=[ROOT])
    for name, marker, word, code in (
            ("version", b'{"imageLayoutVersion":"2.0.0"}', "not 1.0.0", 3),
            ("version-number", b'{"imageLayoutVersion":1}', "not a string", 3),
            ("version-none", b"{}", "imageLayoutVersion is missing", 3),
            ("no-json", b"1.0.0\n", "oci-layout", 3),
            ("missing", None, "oci-layout is missing", 1)):
        yield Case(f"marker-{name}", "is no layout of a version that is known",
                   Image(GOOD, marker=marker), refused=word, code=code)
    yield Case("marker-later", "is a layout of a later minor version, which is allowed",
               Image(GOOD, marker=b'{"imageLayoutVersion":"1.9.0","x":1}'), tree=GOOD)
