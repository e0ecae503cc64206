#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""limits.py NACRE FASTCLOCK: each limit lets through exactly what it says, and no error is without
its name.

One image is made whose every measure is known. For each limit that the command knows, the measure
itself is enough and one less is refused with "(limit NAME)". A limit without a row here fails the
test, so a new one needs one.
"""
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../vectors"))
import make as tar  # noqa: E402

OCI = "application/vnd.oci.image."
REF_NAME = "org.opencontainers.image.ref.name"
NACRE, FASTCLOCK = sys.argv[1:3]
STEPS_EACH = 64  # docs/layer-encoding.md, "Folding"
IMPLIED_EACH = 16


def nacre(*words, **env):
    done = subprocess.run([NACRE, *words], check=False, capture_output=True, text=True,
                          env={**os.environ, "COSIGN_PASSWORD": "", **env})
    return done.returncode, done.stderr.strip()


# ---- a layout ------------------------------------------------------------------------------------

def put(layout, data, media_type, **more):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{layout}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data), **more}


def put_json(layout, value, media_type, **more):
    return put(layout, json.dumps(value).encode(), media_type, **more)


def put_index(layout, manifests, **more):
    return put_json(layout, {"schemaVersion": 2, "manifests": manifests},
                    OCI + "index.v1+json", **more)


def put_image(layout, layers, **config_more):
    """layers: (tar, blob, suffix of the media type)"""
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [
        "sha256:" + hashlib.sha256(data).hexdigest() for data, _, _ in layers]}, **config_more}
    return put_json(layout, {
        "schemaVersion": 2,
        "config": put_json(layout, config, OCI + "config.v1+json"),
        "layers": [put(layout, blob, OCI + "layer.v1.tar" + suffix) for _, blob, suffix in layers],
    }, OCI + "manifest.v1+json", platform={"architecture": "amd64", "os": "linux"})


def write_layout(layout, **tagged):
    """tagged: functions that put an image and return its descriptor."""
    os.makedirs(f"{layout}/blobs/sha256")
    with open(f"{layout}/oci-layout", "w", encoding="utf-8") as file:
        file.write('{"imageLayoutVersion": "1.0.0"}')
    manifests = [{**make(layout), "annotations": {REF_NAME: name}}
                 for name, make in tagged.items()]
    with open(f"{layout}/index.json", "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": manifests}, file)


def zstd(data, log):
    """With a window of 2^log: from a pipe, as the size is not known then."""
    return subprocess.run(["zstd", "-cq", "-3", f"--zstd=wlog={log}"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


# ---- what it measures ----------------------------------------------------------------------------

DEEP = "d1/d2/d3/d4/d5/d6/file"
GNU_NAME = "g" * 100 + "/" + "g" * 140
PAX_NAME = "p" * 120 + "/" + "q" * 180  # the longest path
XATTRS = {"user.a": "1" * 10, "user.longest-name": "", "user.b": "2" * 300}
FEW_XATTRS = {"user.c": "x"}
DOTS, THROUGH = 1000, 12  # steps of a link, members behind it
TARGET = "./" * DOTS + "end"


def xattr_records(xattrs):
    return [("SCHILY.xattr." + name, value) for name, value in xattrs.items()]


def size_of(xattrs):
    return sum(len(name) + len(value) for name, value in xattrs.items())


PAX = [tar.record("path", PAX_NAME), *(tar.record(*r) for r in xattr_records(XATTRS))]


def lower():
    """[member, …]; what leads through links comes last."""
    return [
        tar.member(DEEP),
        tar.long("L", GNU_NAME) + tar.member("g", magic=tar.GNU),
        tar.pax(*PAX) + tar.member("p"),
        tar.pax(*xattr_records(FEW_XATTRS)) + tar.member("few"),
        tar.member("end/x"),
        # Steps: the link itself, its dots, and "end".
        *(tar.pax(("linkpath", TARGET)) + tar.member(name, "2", link="x")
          for name in "ab"),
        *(tar.member(f"{'ab'[i % 2]}/{i}") for i in range(THROUGH)),
    ]


LOWER, UPPER = lower(), [tar.member("one"), tar.member("two"), tar.member("three")]
LOWER_TAR, UPPER_TAR = b"".join(LOWER) + tar.END, b"".join(UPPER) + tar.END
# Each member may pay for its own steps, the last one for the most of all.
LINK_STEPS = THROUGH * (1 + DOTS + 1) - STEPS_EACH * len(LOWER)
BIG_TAR = tar.member("zeros", data=bytes((64 << 20) + 1)) + tar.END
LABELS = {f"label{i}": "" for i in range(70)}
NESTED = json.loads("[" * 30 + "]" * 30)


def values(value):
    """A member is one value, with its name."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(values, below))


def main_image(layout):
    blob = zstd(LOWER_TAR, 23)
    return put_image(layout, [(LOWER_TAR, blob, "+zstd"), (UPPER_TAR, UPPER_TAR, "")],
                     config={"Labels": LABELS}, nested=NESTED)


def nested_image(layout):
    inner = put_image(layout, [(UPPER_TAR, UPPER_TAR, "")])
    for _ in range(2):
        inner = put_index(layout, [inner])
    other = {**inner, "mediaType": OCI + "manifest.v1+json",
             "platform": {"architecture": "arm64", "os": "linux"}}
    return put_index(layout, [other, other, inner])  # depth 3; 3, 1 and 1 descriptors


def ratio_image(layout):
    return put_image(layout, [(BIG_TAR, gzip.compress(BIG_TAR, 6), "+gzip")])


IMPLIED_TAR = tar.member("d/" * 40 + "file") + tar.END


def implied_image(layout):
    return put_image(layout, [(IMPLIED_TAR, IMPLIED_TAR, "")])


def documents(layout):
    """The config, the manifest and the index of the image: {"bytes": …, "values": …} of the most."""
    with open(f"{layout}/index.json", "rb") as file:
        index = file.read()
    found = [index]
    for name in ("main", "config"):
        descriptor = (json.loads(found[1])["config"] if name == "config" else
                      next(m for m in json.loads(index)["manifests"]
                           if m["annotations"][REF_NAME] == name))
        with open(f"{layout}/blobs/sha256/{descriptor['digest'][7:]}", "rb") as file:
            found.append(file.read())
    return {"bytes": max(map(len, found)), "values": max(values(json.loads(f)) for f in found)}


def names_of_tree():
    """What all layers come to: parents that no member names count, too."""
    files = [DEEP, GNU_NAME, PAX_NAME, "few", "end/x", "a", "b", "one", "two", "three",
             *(f"end/{i}" for i in range(THROUGH))]
    return {"/".join(parts[:n + 1]) for parts in (path.split("/") for path in files)
            for n in range(len(parts))}


def measures(layout):
    """{limit: (measure, tag)}; no tag: see special()."""
    of = documents(layout)
    blobs = [os.path.getsize(f"{layout}/blobs/sha256/{name}")
             for name in os.listdir(f"{layout}/blobs/sha256")]
    paths = [DEEP, GNU_NAME, PAX_NAME]
    main = {
        "document-bytes": of["bytes"],
        "json-depth": 31,
        "json-members": len(LABELS),
        "json-values": of["values"],
        "layers": 2,
        "blob-bytes": max(len(UPPER_TAR), len(zstd(LOWER_TAR, 23))),
        "layer-bytes": max(len(LOWER_TAR), len(UPPER_TAR)),
        "image-bytes": len(LOWER_TAR) + len(UPPER_TAR),
        "zstd-window-bytes": 1 << 23,
        "layer-members": len(LOWER),
        "image-members": len(names_of_tree()),
        "path-bytes": max(map(len, paths)),
        "name-bytes": max(len(name) for path in paths for name in path.split("/")),
        "depth": max(path.count("/") + 1 for path in paths),
        "link-steps": LINK_STEPS,
        "pax-bytes": len(tar.record("linkpath", TARGET)),
        "long-name-bytes": len(GNU_NAME) + 1,
        "xattrs": len(XATTRS),
        "xattr-name-bytes": max(map(len, XATTRS)),
        "xattr-value-bytes": max(map(len, XATTRS.values())),
        "xattr-bytes": size_of(XATTRS),
        "layer-xattr-bytes": size_of(XATTRS) + size_of(FEW_XATTRS),
    }
    assert len(blobs) > 5
    return {**{name: (value, "main") for name, value in main.items()},
            "implied-dirs": (40 - IMPLIED_EACH, "implied"),
            "index-depth": (3, "nested"), "index-descriptors": (5, "nested")}


# ---- the limits ----------------------------------------------------------------------------------

class Bad(Exception):
    pass


def expect(words, name, value, refused, **env):
    code, said = nacre(*words, "--limit", f"{name}={value}", **env)
    if not refused and code:
        raise Bad(f"{name}={value}: should be enough: {said}")
    if refused and (code != 3 or f"(limit {name})" not in said or len(said.splitlines()) != 1):
        raise Bad(f"{name}={value}: exit code {code}: {said}")


def boundary(words, name, value):
    expect(words, name, value, False)
    if value > 1:
        expect(words, name, value - 1, True)


def deep(tag, *words):
    return ["verify", f"oci:layout:{tag}", *(words or ["--unsigned"]), "--deep"]


def signed(name):
    """The manifest of the signatures, one in it, and a bundle."""
    nacre("key", "new", "release")
    code, said = nacre("sign", "oci:layout:main", "--key", "release.key")
    if code:
        raise Bad(said)
    boundary(["verify", "oci:layout:main", "--key", "release.pub"], name, 3)


def recipe(name):
    text = b"nacre: 1\nfrom: scratch\nlayers: []\n"
    os.mkdir("context")
    with open("context/nacre.yaml", "wb") as file:
        file.write(text)
    boundary(["build", "context", "-t", "oci:built:v1"], name, len(text))


def tree(name):
    """Memory, so not to the byte: what is enough is found by halving, and is not far from names."""
    low, high = 1, 1 << 20
    expect(deep("main"), name, high, False)
    while high - low > 1:
        middle = (low + high) // 2
        code, said = nacre(*deep("main"), "--limit", f"{name}={middle}")
        if code and f"(limit {name})" not in said:
            raise Bad(f"{name}={middle}: {said}")
        low, high = (middle, high) if code else (low, middle)
    if not 100 * len(LOWER) < high < 1000 * len(LOWER):
        raise Bad(f"{name}: {high} bytes for {len(LOWER)} members")


def ratio(name):
    """Nobody knows the size of a blob before its end, so only what is far off is certain."""
    expect(deep("ratio"), name, 2000, False)
    expect(deep("ratio"), name, 100, True)


def seconds(name):
    expect(deep("main"), name, 3600, False)
    if not os.environ.get("NACRE_SANITIZE"):
        expect(deep("main"), name, 3600, True, LD_PRELOAD=FASTCLOCK)


SPECIAL = {"signatures": signed, "recipe-bytes": recipe, "tree-bytes": tree, "ratio": ratio,
           "seconds": seconds}


def known_limits():
    _, said = nacre("inspect", "oci:x", "--limit", "?=1")
    return re.search(r"there are ([^;]+);", said).group(1).split()


def check():
    write_layout("layout", main=main_image, nested=nested_image, ratio=ratio_image,
                 implied=implied_image)
    rows = measures("layout")
    for name in known_limits():
        try:
            if name in SPECIAL:
                SPECIAL[name](name)
            elif name in rows:
                boundary(deep(rows[name][1]), name, rows[name][0])
            else:
                raise Bad(f"{name}: no row in this test")
        except Bad as bad:
            yield str(bad)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        bad = list(check())
        os.chdir("/")
    print("\n".join(bad) or f"{len(known_limits())} limits hold")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
