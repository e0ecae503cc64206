#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ocilayers.py LAYOUT TAG DIR [--tar gnu|bsd]: the rootfs of an image, made without nacre.
ocilayers.py LAYOUT TAG --layer N: layer N, uncompressed, on standard output.

GNU tar or bsdtar extracts each layer; whiteouts and changes of type are applied here, as image-spec
v1.1.1, layer.md has them. Blob digests, sizes and DiffIDs are checked. What no member of a layer
speaks of keeps its time: a directory's mtime is the one that its last member gave it.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from decimal import Decimal

EXTRACT = {
    "gnu": ["tar", "--extract", "--preserve-permissions", "--same-owner", "--numeric-owner",
            "--xattrs", "--xattrs-include=*", "--keep-directory-symlink", "--warning=no-timestamp",
            "--delay-directory-restore", "--exclude=.wh.*", "--file=-"],
    # -P: lower layers may have links to directories on the way, as usr-merge has.
    "bsd": ["bsdtar", "-x", "-P", "-p", "--same-owner", "--numeric-owner", "--xattrs",
            "--exclude=.wh.*", "-f", "-"],
}


def read_blob(layout, descriptor):
    algorithm, _, digest = descriptor["digest"].partition(":")
    with open(os.path.join(layout, "blobs", algorithm, digest), "rb") as file:
        data = file.read()
    if hashlib.new(algorithm, data).hexdigest() != digest or len(data) != descriptor["size"]:
        sys.exit(f"blob {descriptor['digest']}: not what its descriptor says")
    return data


def decompress(media_type, data):
    if media_type.endswith("+gzip"):
        return gzip.decompress(data)
    if media_type.endswith("+zstd"):
        return subprocess.run(["zstd", "-dcq", "--long=27"], input=data, check=True,
                              stdout=subprocess.PIPE).stdout
    return data


def load_image(layout, tag):
    """The manifest and the config that a tag of a layout names."""
    with open(os.path.join(layout, "index.json"), "rb") as file:
        index = json.load(file)
    found = [d for d in index["manifests"]
             if d.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag]
    if len(found) != 1:
        sys.exit(f"{layout}: {len(found)} descriptors named {tag}")
    manifest = json.loads(read_blob(layout, found[0]))
    return manifest, json.loads(read_blob(layout, manifest["config"]))


def layers(layout, tag):
    """The uncompressed layers of an image, lowest first."""
    manifest, config = load_image(layout, tag)
    diff_ids = config["rootfs"]["diff_ids"]
    if len(diff_ids) != len(manifest["layers"]):
        sys.exit(f"{layout}: {len(diff_ids)} diff_ids for {len(manifest['layers'])} layers")
    for descriptor, diff_id in zip(manifest["layers"], diff_ids):
        data = decompress(descriptor["mediaType"], read_blob(layout, descriptor))
        if "sha256:" + hashlib.sha256(data).hexdigest() != diff_id:
            sys.exit(f"layer {descriptor['digest']}: its DiffID is not {diff_id}")
        yield data


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def make_room(root, members):
    """Takes away what this layer hides, and what stands where it puts another type."""
    for member in members:
        parent, name = os.path.split(os.path.normpath(member.name))
        if name == ".wh..wh..opq":
            for child in os.listdir(os.path.join(root, parent)):
                remove(os.path.join(root, parent, child))
        elif name.startswith(".wh."):
            remove(os.path.join(root, parent, name[len(".wh."):]))
    for member in members:
        path = os.path.normpath(os.path.join(root, member.name))
        directory = os.path.isdir(path) and not os.path.islink(path)
        if os.path.lexists(path) and directory != member.isdir():
            remove(path)


def set_directory(path, member):
    mtime_ns = int(Decimal(member.pax_headers.get("mtime", member.mtime)) * 1_000_000_000)
    os.chown(path, member.uid, member.gid)
    os.chmod(path, member.mode)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def apply_layer(root, data, tar_name, times):
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errors="surrogateescape") as tar:
        members = tar.getmembers()
    make_room(root, members)
    subprocess.run(EXTRACT[tar_name], cwd=root, input=data, check=True)
    for member in filter(tarfile.TarInfo.isdir, members):
        path = os.path.normpath(os.path.join(root, member.name))
        if tar_name == "bsd":  # which leaves directories that were there before as they were
            set_directory(path, member)
        times[path] = os.lstat(path).st_mtime_ns


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("layout")
    parser.add_argument("tag")
    parser.add_argument("dir", nargs="?")
    parser.add_argument("--layer", type=int)
    parser.add_argument("--tar", choices=EXTRACT, default="gnu")
    args = parser.parse_args()
    if args.layer is not None:
        sys.stdout.buffer.write(list(layers(args.layout, args.tag))[args.layer])
        return
    os.umask(0o022)
    os.mkdir(args.dir)
    times = {}
    for data in layers(args.layout, args.tag):
        apply_layer(args.dir, data, args.tar, times)
    for path, mtime_ns in times.items():
        if os.path.isdir(path) and not os.path.islink(path):
            os.utime(path, ns=(mtime_ns, mtime_ns))


if __name__ == "__main__":
    main()
