# SPDX-License-Identifier: Apache-2.0
"""OCI image layouts in the making.

What no hook spoils is right: every digest, size and DiffID is that of its bytes, so that whoever
reads a layout has to meet the attack itself and is not saved by an accident of ours.
"""
import hashlib
import json
import os
import struct
import zlib

from tarbytes import layer as archive

IMAGE = "application/vnd.oci.image."
INDEX, MANIFEST, CONFIG = (IMAGE + kind + ".v1+json" for kind in ("index", "manifest", "config"))
LAYER = IMAGE + "layer.v1.tar"
REF_NAME = "org.opencontainers.image.ref.name"
TAG = "v1"


def sha(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def compact(document):
    return json.dumps(document, separators=(",", ":")).encode()


# --------------------------------------------------------------------------------- compression

def gzip(data, flags=0, extra=b"", crc=0, size=0):
    """One gzip member. `crc` and `size` are added to what is true; `extra` follows the header."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    return (b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff" + extra + body +
            struct.pack("<II", (zlib.crc32(data) + crc) % 2**32, (len(data) + size) % 2**32))


def zeros_gzip(head, mebibytes):
    """A gzip member of `head` and as many MiB of zeros, made without compressing them all."""
    unit = bytes(1 << 20)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    run = deflate.compress(unit) + deflate.flush(zlib.Z_FULL_FLUSH)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(head)
    for _ in range(mebibytes):
        crc = zlib.crc32(unit, crc)
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + body + run * mebibytes + b"\x03\0" +
            struct.pack("<II", crc, (len(head) + (mebibytes << 20)) % 2**32))


def zstd_block(kind, size, is_last=False):
    """The header of a block: kind 0 is bytes as they are, 1 one byte over and over, 3 reserved."""
    return struct.pack("<I", is_last | kind << 1 | size << 3)[:3]


def zstd(data, repeat=0, byte=b"\0", window=0x38, dictionary=None, size=None, checksum=None,
         kind=0):
    """One zstd frame (RFC 8878) of blocks that are stored, then `repeat` times 128 KiB of a byte."""
    descriptor = ((1 if dictionary is not None else 0) | (4 if checksum is not None else 0) |
                  (0xc0 if size is not None else 0))
    out = [b"\x28\xb5\x2f\xfd", bytes([descriptor, window])]
    if dictionary is not None:
        out.append(bytes([dictionary]))
    if size is not None:
        out.append(struct.pack("<Q", size))
    for at in range(0, len(data), 1 << 17):
        part = data[at:at + (1 << 17)]
        out += [zstd_block(kind, len(part), not repeat and at + len(part) == len(data)), part]
    if repeat or not data:
        out += [(zstd_block(1, 1 << 17) + byte) * repeat, zstd_block(0, 0, is_last=True)]
    if checksum is not None:
        out.append(struct.pack("<I", checksum))
    return b"".join(out)


def skippable(data, number=0):
    return struct.pack("<II", 0x184d2a50 + number, len(data)) + data


CODECS = {"none": ("", lambda data: data), "gzip": ("+gzip", gzip), "zstd": ("+zstd", zstd)}


# -------------------------------------------------------------------------------------- layers

class Layer:
    """One layer: the parts of an archive, or the bytes of one.

    blob     the bytes as stored, in the place of the archive compressed
    diff_id  in the place of the archive's
    desc     changes the descriptor
    """

    def __init__(self, *parts, tar=None, codec="gzip", blob=None, diff_id=None, media=None,
                 desc=None, algorithm="sha256"):
        self.tar = archive(*parts) if tar is None else tar
        suffix, compress = CODECS[codec]
        self.blob = compress(self.tar) if blob is None else blob
        self.diff_id = diff_id or sha(self.tar)
        self.media = LAYER + suffix if media is None else media
        self.desc = desc
        self.algorithm = algorithm


# --------------------------------------------------------------------------------------- image

class Image:
    """An image in a layout of its own. The hooks spoil one thing at a time:

    config, manifest, index  change the document, a dictionary
    …_bytes                  take the document's bytes and give others
    entries                  given the image, the descriptors that the index lists
    marker                   the bytes of oci-layout
    after                    does what it wants to the directory; gets it and the image
    """

    def __init__(self, *layers, config=None, manifest=None, index=None, config_bytes=None,
                 manifest_bytes=None, index_bytes=None, entries=None, after=None,
                 marker=b'{"imageLayoutVersion":"1.0.0"}'):
        self.layers = [part if isinstance(part, Layer) else Layer(*part) for part in layers]
        self.hooks = {"config": (config, config_bytes), "manifest": (manifest, manifest_bytes),
                      "index": (index, index_bytes)}
        self.entries = entries
        self.after = after
        self.marker = marker
        self.blobs = {}
        self.names = {}  # "config", "manifest", "layer": the digest, for `after`

    def add(self, data, algorithm="sha256"):
        digest = sha(data, algorithm)
        self.blobs[digest] = data
        return digest

    def desc(self, data, media, algorithm="sha256", **more):
        return {"mediaType": media, "digest": self.add(data, algorithm), "size": len(data), **more}

    def document(self, kind, value):
        change, change_bytes = self.hooks[kind]
        if change:
            change(value)
        data = compact(value)
        return change_bytes(data) if change_bytes else data

    def make_manifest(self):
        layers = []
        for part in self.layers:
            desc = self.desc(part.blob, part.media, part.algorithm)
            self.names["layer"] = desc["digest"]
            if part.desc:
                part.desc(desc)
            layers.append(desc)
        config = self.document("config", {
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [part.diff_id for part in self.layers]},
            "history": [{"created_by": "hostile"} for _ in self.layers]})
        self.names["config"] = sha(config)
        manifest = self.document("manifest", {
            "schemaVersion": 2, "mediaType": MANIFEST, "config": self.desc(config, CONFIG),
            "layers": layers})
        self.names["manifest"] = sha(manifest)
        return manifest

    def tagged(self, data, media=MANIFEST, **more):
        return self.desc(data, media, annotations={REF_NAME: TAG}, **more)

    def path(self, top, name):
        """Where a blob lies: a digest, or "config", "manifest", "layer" (the last)."""
        algorithm, _, encoded = self.names.get(name, name).partition(":")
        return os.path.join(top, "blobs", algorithm, encoded)

    def write(self, top):
        entries = self.entries(self) if self.entries else [self.tagged(self.make_manifest())]
        index = self.document("index", {"schemaVersion": 2, "mediaType": INDEX,
                                        "manifests": entries})
        os.makedirs(os.path.join(top, "blobs", "sha256"))
        for digest, data in self.blobs.items():
            os.makedirs(os.path.dirname(self.path(top, digest)), exist_ok=True)
            put(self.path(top, digest), data)
        put(os.path.join(top, "index.json"), index)
        if self.marker is not None:
            put(os.path.join(top, "oci-layout"), self.marker)
        if self.after:
            self.after(top, self)


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)
