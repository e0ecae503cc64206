#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The independent unpacking that nacre is compared with does what image-spec asks for.

Needs root.
"""
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib", "ocilayers.py")
EPOCH = 1_000_000_000


def layer(*members):
    """A tar of (name, kind, text or target, what else a member has)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, content, *more in members:
            info = tarfile.TarInfo(name)
            info.type = {"d": tarfile.DIRTYPE, "f": tarfile.REGTYPE, "l": tarfile.SYMTYPE,
                         "h": tarfile.LNKTYPE}[kind]
            info.mode, info.mtime = (0o755 if kind == "d" else 0o644), EPOCH
            for key, value in (more[0] if more else {}).items():
                setattr(info, key, value)
            data = content.encode() if kind == "f" else b""
            info.size = len(data)
            if kind in "lh":
                info.linkname = content
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def put(layout, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def image(layout, *tars):
    os.makedirs(f"{layout}/blobs/sha256")
    config = {"rootfs": {"type": "layers",
                         "diff_ids": ["sha256:" + hashlib.sha256(t).hexdigest() for t in tars]}}
    manifest = {"config": put(layout, json.dumps(config).encode()), "layers": []}
    for tar in tars:
        blob = put(layout, gzip.compress(tar))
        blob["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip"
        manifest["layers"].append(blob)
    descriptor = put(layout, json.dumps(manifest).encode())
    descriptor["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    with open(f"{layout}/index.json", "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [descriptor]}, file)


LOWER = layer(
    ("./", "d", ""),
    ("d", "d", ""), ("d/gone", "f", "1"), ("d/kept", "f", "2"),
    ("o", "d", ""), ("o/below", "f", "3"),
    ("becomes-dir", "l", "d"), ("becomes-file", "d", ""), ("becomes-file/x", "f", "4"),
    ("one", "f", "5"), ("two", "h", "one"),
    ("usr", "d", ""), ("usr/bin", "d", ""), ("bin", "l", "usr/bin"),
)
UPPER = layer(
    ("bin/tool", "f", "6", {"mode": 0o4755, "uid": 10001, "gid": 10002}),
    ("becomes-dir", "d", ""), ("becomes-dir/y", "f", "7"),
    ("becomes-file", "f", "8"),
    ("d/.wh.gone", "f", ""), ("d/.wh.never", "f", ""), ("d/new", "f", "9"),
    ("o/above", "f", "10"), ("o/.wh..wh..opq", "f", ""),
    ("two", "f", "11"),
    ("x", "f", "12", {"mtime": 1.5, "pax_headers": {"SCHILY.xattr.user.k": "v"}}),
)


class Unpacked(unittest.TestCase):
    def check(self, root):
        def text(name):
            with open(os.path.join(root, name), encoding="ascii") as file:
                return file.read()

        self.assertEqual(sorted(os.listdir(root)), ["becomes-dir", "becomes-file", "bin", "d", "o",
                                                    "one", "two", "usr", "x"])
        self.assertEqual(sorted(os.listdir(f"{root}/d")), ["kept", "new"])
        self.assertEqual(os.listdir(f"{root}/o"), ["above"])
        self.assertEqual(os.listdir(f"{root}/becomes-dir"), ["y"])
        self.assertEqual((text("becomes-file"), text("one"), text("two")), ("8", "5", "11"))
        self.assertTrue(os.path.islink(f"{root}/bin"))
        tool = os.lstat(f"{root}/usr/bin/tool")
        self.assertEqual((tool.st_mode & 0o7777, tool.st_uid, tool.st_gid), (0o4755, 10001, 10002))
        self.assertEqual(os.lstat(f"{root}/x").st_mtime_ns, 1_500_000_000)
        self.assertEqual(os.getxattr(f"{root}/x", "user.k"), b"v")
        for name in (".", "d", "o", "usr", "usr/bin"):
            self.assertEqual(os.lstat(f"{root}/{name}").st_mtime, EPOCH, name)

    def test_by_gnu_tar_and_by_bsdtar(self):
        for tar in ("gnu", "bsd"):
            with self.subTest(tar), tempfile.TemporaryDirectory() as scratch:
                image(f"{scratch}/layout", LOWER, UPPER)
                subprocess.run([sys.executable, PROGRAM, f"{scratch}/layout", "v1",
                                f"{scratch}/root", "--tar", tar], check=True)
                self.check(f"{scratch}/root")

    def test_a_blob_of_another_size_is_refused(self):
        with tempfile.TemporaryDirectory() as scratch:
            image(f"{scratch}/layout", LOWER)
            manifest = f"{scratch}/layout/index.json"
            with open(manifest, encoding="ascii") as file:
                text = file.read()
            with open(manifest, "w", encoding="ascii") as file:
                file.write(text.replace('"size": ', '"size": 1'))
            done = subprocess.run([sys.executable, PROGRAM, f"{scratch}/layout", "v1",
                                   f"{scratch}/root"], check=False, capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("not what its descriptor says", done.stderr)


if __name__ == "__main__":
    unittest.main()
