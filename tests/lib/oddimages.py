#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""oddimages.py DIR: images with something wrong or odd, each a layout DIR/CASE with a tag v1.

Prints a line a case: its name, and the rules of docs/lint.md that are to be found in it, notes too.
Members of layers come from tests/vectors/make.py; what is said of a case here is said by hand.
"""
import base64
import gzip
import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "vectors"))
sys.dont_write_bytecode = True
from make import d, f, hard, header, c, layer, member, opq, pad, pax, wh, HI  # noqa: E402

OCI = "application/vnd.oci.image."
PLAIN = layer(d("etc"), f("etc/motd", HI))


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def pack(data, how):
    if how == "gzip":
        return gzip.compress(data, mtime=0)
    if how == "zstd":
        return subprocess.run(["zstd", "-cq"], input=data, check=True, stdout=subprocess.PIPE).stdout
    return data


class Image:
    """A good image of one layer, until somebody changes its parts; then it is stored."""

    def __init__(self, *tars, how="gzip"):
        tars = tars or (PLAIN,)
        self.blobs = {}
        self.layers = []
        for tar in tars:
            data = pack(tar, how)
            kind = {"gzip": "+gzip", "zstd": "+zstd", "none": ""}[how]
            self.layers.append(self.add(data, OCI + "layer.v1.tar" + kind))
        self.config = {
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [sha256(tar) for tar in tars]},
            "history": [{"created_by": "test"} for _ in tars],
        }
        self.config_type = OCI + "config.v1+json"
        self.manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json"}
        self.index = {"schemaVersion": 2}
        self.top = {}
        self.more = []
        self.edit = lambda text: text  # of the manifest, as bytes
        self.after = lambda root: None  # of what lies on disk

    def add(self, data, media_type):
        self.blobs[sha256(data)] = data
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    def replace_layer(self, data, **more):
        self.blobs.pop(self.layers[0]["digest"])
        self.layers[0] = dict(self.add(data, self.layers[0]["mediaType"]), **more)

    def store(self, root):
        config = self.add(json.dumps(self.config).encode(), self.config_type)
        manifest = self.edit(json.dumps({"config": config, "layers": self.layers, **self.manifest}))
        top = self.add(manifest.encode(), OCI + "manifest.v1+json")
        top.update({"annotations": {"org.opencontainers.image.ref.name": "v1"}, **self.top})
        os.makedirs(os.path.join(root, "blobs/sha256"))
        with open(os.path.join(root, "oci-layout"), "w", encoding="ascii") as file:
            file.write('{"imageLayoutVersion":"1.0.0"}')
        with open(os.path.join(root, "index.json"), "w", encoding="utf-8") as file:
            json.dump({**self.index, "manifests": [top, *self.more]}, file)
        for digest, data in self.blobs.items():
            with open(self.path(root, digest), "wb") as file:
                file.write(data)
        self.after(root)

    @staticmethod
    def path(root, digest):
        return os.path.join(root, "blobs", digest.replace(":", "/"))


CASES = {}


def case(*rules):
    def keep(make):
        CASES[make.__name__.replace("_", "-")] = (make, rules)
        return make
    return keep


def changed(name, rules, change, *tars, **how):
    def make():
        image = Image(*tars, **how)
        change(image)
        return image
    CASES[name] = (make, rules)


def set_in(part, key, value):
    return lambda image: getattr(image, part).__setitem__(key, value)


def on_disk(action):
    """An action on the file of the first layer's blob."""
    return lambda image: setattr(image, "after", lambda root: action(image.path(root, image.layers[0]["digest"])))


def rewrite(data):
    def action(path):
        with open(path, "wb") as file:
            file.write(data)
    return action


def put_fifo(path):
    os.unlink(path)
    os.mkfifo(path)


def put_link(path):
    os.rename(path, path + "x")
    os.symlink(os.path.basename(path) + "x", path)


def documents():
    changed("good", [], lambda image: None)
    changed("good-zstd", [], lambda image: None, how="zstd")
    changed("good-plain", [], lambda image: None, how="none")
    changed("manifest-name-twice", ["json/twice"],
            lambda image: setattr(image, "edit", lambda text: text[:-1] + ', "layers": []}'))
    changed("manifest-cut", ["json/syntax"], lambda image: setattr(image, "edit", lambda text: text[:-1]))
    changed("manifest-case", ["json/case"], set_in("manifest", "Layers", []))
    changed("manifest-and-index", ["document/kind"], set_in("manifest", "manifests", []))
    changed("manifest-and-schema-1", ["document/kind"], set_in("manifest", "fsLayers", []))
    changed("manifest-of-another-type", ["document/media-type"],
            set_in("manifest", "mediaType", "application/vnd.docker.distribution.manifest.v2+json"))
    changed("manifest-version", ["document/value"], set_in("manifest", "schemaVersion", 1))
    changed("manifest-annotations", ["document/value"], set_in("manifest", "annotations", {"a": 1}))
    changed("descriptor-no-digest", ["document/descriptor"], lambda image: image.layers[0].pop("digest"))
    changed("descriptor-size", ["document/descriptor"], lambda image: image.layers[0].update(size=-1))
    changed("descriptor-case", ["json/case"], lambda image: image.layers[0].update(Digest="x"))
    changed("descriptor-data", ["document/data"],
            lambda image: image.layers[0].update(data=base64.b64encode(b"other").decode()))
    changed("index-case", ["json/case"], set_in("index", "MANIFESTS", []))
    changed("index-and-manifest", ["document/kind"], set_in("index", "layers", []))
    changed("config-diff-ids-fewer", ["config/diff-ids", "config/history"],
            lambda image: (image.config["rootfs"]["diff_ids"].clear(), image.config["history"].append({})))
    changed("config-diff-ids-more", ["config/diff-ids"],
            lambda image: image.config["rootfs"]["diff_ids"].append(sha256(b"")))
    changed("config-no-history", ["config/no-history"], lambda image: image.config.pop("history"))
    changed("config-no-os", ["config/no-platform"], lambda image: image.config.pop("os"))
    changed("config-case", ["json/case"], set_in("config", "RootFS", {}))
    changed("config-no-rootfs", ["document/value"], lambda image: image.config.pop("rootfs"))
    changed("config-platform", ["config/platform"],
            set_in("top", "platform", {"os": "linux", "architecture": "arm64"}))
    changed("artifact", ["manifest/config-type"],
            lambda image: setattr(image, "config_type", "application/vnd.example.config"))
    changed("name-twice", ["layout/name-twice", "layout/ambiguous"],
            lambda image: image.more.append(dict(
                image.add(b'{"schemaVersion":2,"config":{},"layers":[]}', OCI + "manifest.v1+json"),
                annotations={"org.opencontainers.image.ref.name": "v1"})))


def blobs():
    tar_gz = pack(PLAIN, "gzip")
    tar_zst = pack(PLAIN, "zstd")
    skippable = b"\x50\x2a\x4d\x18\x02\0\0\0hi"
    changed("blob-missing", ["blob/missing"], on_disk(os.unlink))
    changed("blob-fifo", ["layout/odd-blob", "blob/not-a-file"], on_disk(put_fifo))
    changed("blob-link", ["layout/odd-blob", "layout/odd-blob", "blob/not-a-file"], on_disk(put_link))
    changed("blob-longer", ["blob/size"], on_disk(rewrite(tar_gz + b"x")))
    changed("blob-other", ["blob/digest"], on_disk(rewrite(tar_gz[:-1] + b"x")))
    changed("layer-media-type", ["blob/media-type"],
            lambda image: image.layers[0].update(mediaType="application/octet-stream"))
    changed("layer-elsewhere", ["blob/media-type"],
            lambda image: image.layers[0].update(mediaType=OCI + "layer.nondistributable.v1.tar+gzip"))
    changed("layer-compression", ["blob/compression"],
            lambda image: image.layers[0].update(mediaType=OCI + "layer.v1.tar+zstd"))
    changed("layer-empty", ["blob/compression", "tar/end-missing", "blob/diff-id"], lambda image: image.replace_layer(b""))
    changed("gzip-trailing-zeros", ["blob/trailing"], lambda image: image.replace_layer(tar_gz + bytes(512)))
    changed("gzip-trailing-text", ["blob/trailing"], lambda image: image.replace_layer(tar_gz + b"text"))
    changed("gzip-two-members", [],
            lambda image: image.replace_layer(pack(PLAIN[:700], "gzip") + pack(PLAIN[700:], "gzip")))
    changed("gzip-cut", ["blob/stream"], lambda image: image.replace_layer(tar_gz[:-4]))
    changed("gzip-damaged", ["blob/stream"], lambda image: image.replace_layer(tar_gz[:-8] + bytes(8)))
    changed("gzip-flags", ["blob/stream"], lambda image: image.replace_layer(tar_gz[:3] + b"\xe0" + tar_gz[4:]))
    changed("zstd-skippable-first", ["blob/skippable-first"],
            lambda image: image.replace_layer(skippable + tar_zst), how="zstd")
    changed("zstd-skippable-last", [], lambda image: image.replace_layer(tar_zst + skippable), how="zstd")
    changed("zstd-trailing", ["blob/trailing"], lambda image: image.replace_layer(tar_zst + bytes(4)), how="zstd")
    changed("diff-id", ["blob/diff-id"],
            lambda image: image.config["rootfs"].update(diff_ids=[sha256(b"other")]))
    changed("budget", ["blob/budget"],
            lambda image: image.layers[0].update(annotations={
                "dev.nacre.layer.bytes": str(len(PLAIN)), "dev.nacre.layer.entries": "3",
                "dev.nacre.layer.xattr-bytes": "0"}))


def layouts():
    def write(name, text):
        def action(root):
            with open(os.path.join(root, name), "w", encoding="ascii") as file:
                file.write(text)
        return lambda image: setattr(image, "after", action)

    changed("layout-version", ["layout/version"], write("oci-layout", '{"imageLayoutVersion":"1.1.0"}'))
    changed("odd-name", ["layout/odd-blob"], write("blobs/sha256/README", "x"))
    changed("unreferenced", ["layout/unreferenced"], lambda image: image.add(b"left over", ""))


def trees():
    changed("implied", ["tree/implied-directory"], lambda image: None, layer(f("a/b")))
    changed("case-twins", ["tree/case-twins"], lambda image: None, layer(f("README"), f("readme")))
    changed("device", ["unpack/device"], lambda image: None, layer(c("null", 1, 3)))
    changed("device-removed", [], lambda image: None, layer(c("null", 1, 3)), layer(wh("null")))
    changed("overlay-xattr", ["unpack/overlay-xattr"], lambda image: None,
            layer(pax(("SCHILY.xattr.trusted.overlay.opaque", "y")), d("d")))
    changed("other-xattr", ["unpack/xattr-left-out"], lambda image: None,
            layer(pax(("SCHILY.xattr.security.selinux", "x")), f("f")))


@case("json/case", "config/diff-ids", "config/history", "blob/digest", "tar/dot-dot", "blob/trailing", "blob/compression",
      "tar/two-sizes", "fold/whiteout-twice", "fold/whiteout-of-nothing", "fold/whiteout-of-nothing", "fold/hard-link-lower", "fold/hard-link")
def many():
    """Nothing hides behind something else."""
    image = Image(PLAIN, PLAIN + bytes(512), PLAIN + bytes(1024), layer(hard("h", "etc/motd"), wh("x"), wh("x"), hard("i", "gone")))
    image.layers[0] = image.add(pack(layer(d("etc"), f("etc/motd", HI), member("../x")), "gzip") + b"x", OCI + "layer.v1.tar+gzip")
    image.layers[1] = image.add(
        pack(layer(pax(("size", "3")), header("a", size=512) + pad(HI)), "gzip"), OCI + "layer.v1.tar+zstd")
    image.manifest["Layers"] = []
    image.config["rootfs"]["diff_ids"] = []
    image.config["history"] = [{}]
    damaged = image.path("", image.layers[2]["digest"])

    def damage(root):
        with open(os.path.join(root, damaged), "r+b") as file:
            file.write(b"no")
    image.after = damage
    return image


def main(out):
    for group in (documents, blobs, layouts, trees):
        group()
    for name, (make, rules) in CASES.items():
        make().store(os.path.join(out, name))
        print(name, *rules)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
