#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ociwrite.py LAYOUT TAG LAYER.tar…: an OCI layout of one image out of layers as they are.

The archives become blobs byte for byte, the lowest layer first. It makes what the tests need for
reading what others wrote: no builder would put these layers together.
"""
import gzip
import hashlib
import json
import os
import sys

OCI = "application/vnd.oci.image."


def write_blob(layout, kind, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(layout, "blobs", "sha256", digest), "wb") as file:
        file.write(data)
    return {"mediaType": OCI + kind, "digest": "sha256:" + digest, "size": len(data)}


def diff_id(layer):
    data = gzip.decompress(layer) if layer.startswith(b"\x1f\x8b") else layer
    return "sha256:" + hashlib.sha256(data).hexdigest()


def write_layout(layout, tag, layers):
    """Writes a new layout; layers are bytes, of a tar or of a tar in gzip."""
    os.makedirs(os.path.join(layout, "blobs", "sha256"))
    descriptors = [
        write_blob(layout, "layer.v1.tar" + "+gzip" * layer.startswith(b"\x1f\x8b"), layer)
        for layer in layers]
    config = {
        "created": "2026-01-01T00:00:00Z", "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [diff_id(layer) for layer in layers]},
        "history": [{"created": "2026-01-01T00:00:00Z"} for _ in descriptors],
    }
    manifest = {
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
        "config": write_blob(layout, "config.v1+json", json.dumps(config).encode()),
        "layers": descriptors,
    }
    named = write_blob(layout, "manifest.v1+json", json.dumps(manifest).encode())
    named["annotations"] = {"org.opencontainers.image.ref.name": tag}
    documents = {
        "oci-layout": {"imageLayoutVersion": "1.0.0"},
        "index.json": {"schemaVersion": 2, "manifests": [named]},
    }
    for name, document in documents.items():
        with open(os.path.join(layout, name), "w", encoding="utf-8") as file:
            json.dump(document, file)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    layers = []
    for path in sys.argv[3:]:
        with open(path, "rb") as file:
            layers.append(file.read())
    write_layout(sys.argv[1], sys.argv[2], layers)


if __name__ == "__main__":
    main()
