#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py OUTDIR: writes the vectors of tests/vectors/documents, the same bytes each time.

A vector is a folder with manifest.json, index.json or config.json, `expect` ("ok" or "error: CODE:
text", or how that begins where the rest is the JSON library's) and `why`; with `type` when it is read
through a descriptor, which says this media type. Each is one good document with one thing changed;
what is expected is said by hand.
"""
import base64
import os
import sys

OCI = "application/vnd.oci.image."
MANIFEST, INDEX = OCI + "manifest.v1+json", OCI + "index.v1+json"
CONFIG, LAYER = OCI + "config.v1+json", OCI + "layer.v1.tar+zstd"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
C, L, M = "c" * 64, "1" * 64, "5" * 64

GOOD = {
    "manifest": f'''{{"schemaVersion":2,"mediaType":"{MANIFEST}",
"config":{{"mediaType":"{CONFIG}","digest":"sha256:{C}","size":7}},
"layers":[{{"mediaType":"{LAYER}","digest":"sha256:{L}","size":9}}]}}
''',
    "index": f'''{{"schemaVersion":2,"mediaType":"{INDEX}",
"manifests":[{{"mediaType":"{MANIFEST}","digest":"sha256:{M}","size":8,
"platform":{{"os":"linux","architecture":"amd64"}}}}]}}
''',
    "config": f'''{{"created":"2026-01-01T00:00:00Z","architecture":"amd64","os":"linux",
"config":{{"User":"app","Env":["A=b"],"Labels":{{"k":"v"}}}},
"rootfs":{{"type":"layers","diff_ids":["sha256:{L}"]}},
"history":[{{"created_by":"x"}},{{"empty_layer":true}}]}}
''',
}
CASES = {}


def add(name, kind, why, expect, *changes, data=None, media_type=None):
    """changes: pairs of what is in the good document, once, and what stands there instead."""
    text = GOOD[kind]
    for old, new in zip(changes[::2], changes[1::2]):
        if text.count(old) != 1:
            sys.exit(f"{name}: {old!r} is there {text.count(old)} times")
        text = text.replace(old, new)
    data = text.encode() if data is None else data
    assert name not in CASES, name
    CASES[name] = {f"{kind}.json": data, "why": why + "\n", "expect": expect + "\n",
                   **({"type": media_type + "\n"} if media_type else {})}


def accept(name, kind, why, *changes, **more):
    add(name, kind, why, "ok", *changes, **more)


def refuse(name, kind, why, expect, *changes, **more):
    add(name, kind, why, "error: " + expect, *changes, **more)


def raw(kind, old, new):
    data = GOOD[kind].encode()
    assert data.count(old) == 1
    return data.replace(old, new)


SIZE, DIGEST = '"size":9', f'"digest":"sha256:{L}"'
LAYERS = '"layers":[{'


# ------------------------------------------------------------- documents as they are

def good():
    for kind in GOOD:
        accept(f"good-{kind}", kind, "the document that all others are changes of")
    accept("good-unknown-members", "manifest",
           "members that nobody knows are for others, whatever numbers they hold", LAYERS,
           '"x":{"Size":1e99,"n":9223372036854775807},' + LAYERS)
    accept("good-as-described", "manifest", "descriptor and document agree", media_type=MANIFEST)
    accept("good-untyped", "manifest", "a manifest may leave its media type to its descriptor",
           f'"mediaType":"{MANIFEST}",\n', "", media_type=MANIFEST)
    accept("good-null-layers", "manifest", "Go writes an empty list as null",
           GOOD["manifest"][GOOD["manifest"].index('"layers"'):-2], '"layers":null')
    accept("good-sha512", "manifest", "the other registered algorithm", f"sha256:{L}",
           "sha512:" + "ab" * 64)
    accept("good-minus-zero", "manifest", "-0 is the whole number 0 to every reader", SIZE,
           '"size":-0')
    accept("good-greatest-exact", "manifest", "the greatest number that every reader holds", SIZE,
           '"size":9007199254740991')


# ------------------------------------------------------------------ two meanings

def names():
    refuse("twice-top", "manifest", "Go takes the last of two, others the first (CVE-2020-15157 and "
           "its kin): a signed manifest would be two images",
           "UNSAFE: 5:", LAYERS, '"layers":[],\n\n' + LAYERS)
    refuse("twice-in-descriptor", "manifest", "a name twice, one level down",
           "UNSAFE: 3:", SIZE, '"size":9,"digest":"x"')
    refuse("twice-unknown", "manifest", "a name twice where nobody looks",
           "UNSAFE: 3:", LAYERS, '"x":[{"a":1,"a":1}],' + LAYERS)
    refuse("twice-escaped", "manifest", "the same name, one of them with an escape",
           "UNSAFE: 5:", LAYERS,
           '"layers":[],\n\n"l\\u0061yers":[{')
    refuse("twice-annotation", "index", "two names of one image",
           "UNSAFE: 2:", '"size":8',
           '"annotations":{"a":"1","a":"2"},"size":8')
    refuse("nul-in-name", "manifest", "a NUL ends a name for some readers",
           "UNSAFE: 3:", LAYERS, '"layers\\u0000":[],' + LAYERS)
    refuse("nul-in-value", "manifest", "a NUL ends a value for some readers",
           "UNSAFE: 3:", f'"{LAYER}"', f'"{LAYER}\\u0000"')
    refuse("nul-byte", "manifest", "a NUL byte ends the document for some readers",
           "UNSAFE: 4:1: a NUL byte", data=GOOD["manifest"].encode() + b"\0")
    for name, kind, old, new, place in (
            ("layers", "manifest", '"layers"', '"Layers":[],"layers"', ""),
            ("layers-alone", "manifest", '"layers"', '"LAYERS"', ""),
            ("schema", "manifest", '"schemaVersion":2', '"schemaversion":1,"schemaVersion":2', ""),
            ("media-type", "manifest", '"schemaVersion":2',
             '"mediatype":"x","schemaVersion":2', ""),
            ("manifests-in-manifest", "manifest", LAYERS, '"Manifests":[],' + LAYERS, ""),
            ("digest", "manifest", DIGEST, '"Digest":"x",' + DIGEST, "layers[0]"),
            ("size", "manifest", SIZE, '"Size":1,' + SIZE, "layers[0]"),
            ("size-long-s", "manifest", SIZE, '"\u017fize":1,' + SIZE, "layers[0]"),
            ("data", "manifest", SIZE, '"DATA":"eA==",' + SIZE, "layers[0]"),
            ("manifests", "index", '"manifests"', '"Manifests":[],"manifests"', ""),
            ("platform", "index", '"os":', '"OS":"windows","os":', "manifests[0].platform"),
            ("diff-ids", "config", '"diff_ids"', '"Diff_IDs":[],"diff_ids"', "rootfs"),
            ("rootfs", "config", '"rootfs"', '"RootFS":{},"rootfs"', ""),
            ("user", "config", '"User"', '"user":"root","User"', "config"),
            ("empty-layer", "config", '"empty_layer":true',
             '"Empty_Layer":false,"empty_layer":true', "history[1]")):
        wrong = new.split('"')[1]
        right = {"layers-alone": "layers", "schema": "schemaVersion", "media-type": "mediaType",
                 "manifests-in-manifest": "manifests", "size-long-s": "size",
                 "diff-ids": "diff_ids", "user": "User", "empty-layer": "empty_layer",
                 "platform": "os"}.get(name, name)
        refuse(f"case-{name}", kind, "Go takes names whatever their case, others do not",
               f"UNSAFE: {place + ': ' if place else ''}'{wrong}' differs from '{right}' only in "
               "case", old, new)


def kinds():
    for other in ("manifests", "fsLayers"):
        refuse(f"manifest-with-{other}", "manifest",
               "a manifest to one reader, another kind of document to the next (CVE-2021-41190)",
               f"UNSAFE: a manifest with '{other}'", LAYERS, f'"{other}":[],' + LAYERS)
    for other in ("layers", "config", "fsLayers"):
        refuse(f"index-with-{other}", "index",
               "an index to one reader, a manifest to the next (CVE-2021-41190)",
               f"UNSAFE: an index with '{other}'", '"manifests"', f'"{other}":[],"manifests"')
    for other in ("layers", "manifests", "fsLayers", "schemaVersion"):
        refuse(f"config-with-{other}", "config", "a config that is a manifest or an index as well",
               f"UNSAFE: a config with '{other}'", '"rootfs"', f'"{other}":[],"rootfs"')
    refuse("index-as-manifest", "index", "an index under a descriptor of a manifest",
           f"UNSAFE: mediaType: '{INDEX}', descriptor says '{MANIFEST}'", media_type=MANIFEST)
    refuse("manifest-as-docker", "manifest", "the descriptor says another media type",
           f"UNSAFE: mediaType: '{MANIFEST}', descriptor says '{DOCKER}'", media_type=DOCKER)
    refuse("manifest-typed-index", "manifest", "a manifest that says it is an index",
           f"UNSUPPORTED: mediaType: '{INDEX}' is not a manifest", f'"{MANIFEST}"', f'"{INDEX}"')
    refuse("manifest-type-parameter", "manifest", "a media type with a parameter is another one",
           f"UNSUPPORTED: mediaType: '{MANIFEST}; v=2' is not a manifest", f'"{MANIFEST}"',
           f'"{MANIFEST}; v=2"')
    refuse("schema-1", "manifest", "schema 1 has no digests of what it names",
           "UNSUPPORTED: schemaVersion: 1, not 2", '"schemaVersion":2', '"schemaVersion":1')
    refuse("schema-none", "manifest", "a manifest of no version",
           "FORMAT: schemaVersion is missing", '"schemaVersion":2,', "")
    refuse("schema-text", "manifest", "a version in quotes",
           "FORMAT: schemaVersion: not a whole number", '"schemaVersion":2', '"schemaVersion":"2"')
    refuse("schema-fraction", "manifest", "2.0 is a whole number to some readers",
           "FORMAT: schemaVersion: not a whole number", '"schemaVersion":2', '"schemaVersion":2.0')
    refuse("rootfs-type", "config", "another kind of root file system",
           "UNSUPPORTED: rootfs.type: 'diff', not 'layers'", '"type":"layers"', '"type":"diff"')
    refuse("array", "manifest", "a list of nothing", "FORMAT: not an object", data=b"[]")


# ------------------------------------------------------------------ descriptors

def descriptors():
    for name, number, said in (
            ("negative", "-1", "FORMAT: layers[0].size: not a whole number"),
            ("fraction", "9.5", "FORMAT: layers[0].size: not a whole number"),
            ("fraction-of-none", "9.0", "FORMAT: layers[0].size: not a whole number"),
            ("exponent", "9e0", "FORMAT: layers[0].size: not a whole number"),
            ("text", '"9"', "FORMAT: layers[0].size: not a whole number"),
            ("null", "null", "FORMAT: layers[0]: size is missing"),
            ("2-53", "9007199254740992", "UNSAFE: layers[0].size: a number that not every reader "
             "holds exactly, beyond 9007199254740991"),
            ("2-63", "9223372036854775808", "FORMAT: 3:"),
            ("2-64", "18446744073709551625", "FORMAT: 3:"),
            ("leading-zero", "09", "FORMAT: 3:"),
            ("plus", "+9", "FORMAT: 3:"),
            ("hex", "0x9", "FORMAT: 3:")):
        refuse(f"size-{name}", "manifest", "a size that readers take differently, or none", said,
               SIZE, f'"size":{number}')
    for name, digest, said in (
            ("upper-case", "sha256:" + "A" * 64, "sha256 wants 64 lower-case hex digits"),
            ("short", "sha256:" + "1" * 63, "sha256 wants 64 lower-case hex digits"),
            ("long", "sha256:" + "1" * 65, "sha256 wants 64 lower-case hex digits"),
            ("path", "sha256:../../../../../../etc/passwd",
             "sha256 wants 64 lower-case hex digits"),
            ("space", "sha256: " + "1" * 63, "sha256 wants 64 lower-case hex digits"),
            ("sha512-of-sha256", "sha512:" + "1" * 64, "sha512 wants 128 lower-case hex digits")):
        refuse(f"digest-{name}", "manifest", "what is no digest is no name of a blob",
               f"FORMAT: layers[0].digest: digest '{digest[:80]}': {said}", f"sha256:{L}", digest)
    for name, digest in (("sha1", "sha1:" + "1" * 40), ("md5", "md5:" + "1" * 32),
                         ("two", "sha256+b64u:" + "1" * 43)):
        refuse(f"digest-{name}", "manifest", "an algorithm that proves nothing, or is not known",
               f"UNSUPPORTED: layers[0].digest: digest '{digest}': algorithm is not sha256 or "
               "sha512", f"sha256:{L}", digest)
    for name, digest in (("algorithm-upper-case", "SHA256:" + "1" * 64), ("none", ""),
                         ("bare", "1" * 64)):
        refuse(f"digest-{name}", "manifest", "what is no digest is no name of a blob",
               f"FORMAT: layers[0].digest: '{digest}' is not a digest", f"sha256:{L}", digest)
    refuse("digest-diff-id", "config", "a DiffID that is no digest", "FORMAT: rootfs.diff_ids[0]: "
           f"digest 'sha256:{'1' * 63}': sha256 wants 64 lower-case hex digits", f"sha256:{L}",
           "sha256:" + "1" * 63)
    refuse("type-none", "manifest", "a layer of no type", "FORMAT: layers[0].mediaType: empty",
           f'"{LAYER}"', '""')
    refuse("annotation-number", "manifest", "an annotation that is no text",
           "FORMAT: layers[0].annotations.a: not a string", SIZE, '"annotations":{"a":1},' + SIZE)
    refuse("subject-of-nothing", "manifest", "a subject without a digest",
           "FORMAT: subject: mediaType is missing", LAYERS, '"subject":{},' + LAYERS)
    embedded()


def embedded():
    """SHA-256 of "x", which is what the data is."""
    right = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    text = base64.b64encode(b"x").decode()
    accept("data-right", "manifest", "embedded data that is the content", f"sha256:{L}",
           f"sha256:{right}", SIZE, f'"size":1,"data":"{text}"')
    refuse("data-other", "manifest", "content in two places can be two contents",
           f"DIGEST: layers[0].data: content has digest sha256:{right}", SIZE,
           f'"size":1,"data":"{text}"')
    refuse("data-size", "manifest", "embedded data of another size",
           "DIGEST: layers[0].data: 1 bytes, descriptor says 9", f"sha256:{L}", f"sha256:{right}",
           SIZE, f'{SIZE},"data":"{text}"')
    refuse("data-number", "manifest", "embedded data that is no text",
           "FORMAT: layers[0].data: not a string", SIZE, SIZE + ',"data":1')


# ------------------------------------------------------------------ no JSON

def grammar():
    for name, data, why, said in (
            ("bom", b"\xef\xbb\xbf" + GOOD["manifest"].encode(), "a byte order mark in front",
             "FORMAT: 1:"),
            ("trailing-document", GOOD["manifest"].encode() + b"{}",
             "a second document behind the first", "FORMAT: 4:1: something behind the document"),
            ("trailing-byte", GOOD["manifest"].encode() + b"x", "a byte behind the document",
             "FORMAT: 4:1: something behind the document"),
            ("cut", GOOD["manifest"].encode()[:-2], "a document that ends early",
             "FORMAT: 3:"),
            ("empty", b"", "no document at all",
             "FORMAT: 1:"),
            ("not-utf8", raw("manifest", b'"size":9', b'"x\xff":1,"size":9'), "a byte of no character",
             "FORMAT: 3:"),
            ("overlong", raw("manifest", b'"size":9', b'"x\xc0\xaf":1,"size":9'),
             "a slash in two bytes", "FORMAT: 3:"),
            ("surrogate", raw("manifest", b'"size":9', b'"x\xed\xa0\x80":1,"size":9'),
             "half of a pair as UTF-8", "FORMAT: 3:"),
            ("lone-surrogate", raw("manifest", b'"size":9', b'"\\ud800":1,"size":9'),
             "half of a pair as an escape", "FORMAT: 3:"),
            ("control", raw("manifest", b'"size":9', b'"a\tb":1,"size":9'),
             "a control character in a string", "FORMAT: 3:"),
            ("comment", b"/**/" + GOOD["manifest"].encode(), "a comment",
             "FORMAT: 1:"),
            ("trailing-comma", raw("manifest", b'"size":9', b'"size":9,'), "a comma too many",
             "FORMAT: 3:"),
            ("single-quotes", raw("manifest", b'"size":9', b"'size':9"), "other quotes",
             "FORMAT: 3:"),
            ("nan", raw("manifest", b'"size":9', b'"size":NaN'), "no number",
             "FORMAT: 3:")):
        refuse(f"json-{name}", "manifest", why, said, data=data)


def main():
    for part in (good, names, kinds, descriptors, grammar):
        part()
    for name, files in CASES.items():
        folder = os.path.join(sys.argv[1], name)
        os.makedirs(folder, exist_ok=True)
        for file, data in files.items():
            with open(os.path.join(folder, file), "wb") as out:
                out.write(data if isinstance(data, bytes) else data.encode())


if __name__ == "__main__":
    main()
