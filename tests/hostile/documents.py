# SPDX-License-Identifier: Apache-2.0
"""Digests, JSON, manifests, indexes and configs that lie or can be read in two ways."""
import base64
import json

from case import EVIL, Case
from image import INDEX, LAYER, MANIFEST, Image, Layer, compact, gzip, put, sha
from tarbytes import f, layer

GOOD = [f("f", "good")]
TREE = GOOD
OTHER = [f("evil", EVIL)]
LINUX = {"os": "linux", "architecture": "amd64"}


def first_layer(**changes):
    """A hook that changes the descriptor of the first layer."""
    return lambda manifest: manifest["layers"][0].update(changes)


def in_first_layer(change):
    return lambda manifest: change(manifest["layers"][0])


def swapped(which, data):
    """Puts other bytes where a blob lies."""
    return lambda top, image: put(image.path(top, which), data(image))


def digests(out):
    def longer(image):
        return image.blobs[image.names["layer"]] + b"x"

    rows = (
        ("layer-swapped", "puts another layer where the named one was", {"after": swapped(
            "layer", lambda image: gzip(layer(*OTHER))[:len(image.blobs[image.names["layer"]])]
            .ljust(len(image.blobs[image.names["layer"]]), b"\0"))}, "content has digest"),
        ("layer-longer", "puts bytes behind a layer", {"after": swapped("layer", longer)},
         "descriptor says"),
        ("layer-empty", "empties a layer", {"after": swapped("layer", lambda _: b"")},
         "0 bytes, descriptor says"),
        ("config-swapped", "changes a byte of the config", {"after": swapped(
            "config", lambda image: image.blobs[image.names["config"]].replace(b"amd64", b"arm64"))},
         "content has digest"),
        ("manifest-swapped", "changes a byte of the manifest", {"after": swapped(
            "manifest", lambda image: image.blobs[image.names["manifest"]].replace(b"layers", b"lazers"))},
         "content has digest"),
        ("size-less", "says fewer bytes than a blob has", {"manifest": in_first_layer(
            lambda desc: desc.update(size=desc["size"] - 1))}, "descriptor says"),
        ("size-more", "says more bytes than a blob has", {"manifest": first_layer(size=2**40)},
         "limit blob-bytes"),
        ("size-zero", "says that a blob is empty", {"manifest": first_layer(size=0)},
         "descriptor says 0"),
        ("config-size", "has a config larger than documents may be",
         {"manifest": lambda manifest: manifest["config"].update(size=2**33)}, "limit document-bytes"),
        ("diff-id-wrong", "has the DiffID of another layer", {"config": lambda config: config[
            "rootfs"].update(diff_ids=[sha(b"x")])}, "the config says"),
        ("diff-ids-fewer", "has fewer DiffIDs than layers", {"config": lambda config: config[
            "rootfs"].update(diff_ids=[])}, "diff_ids"),
        ("diff-ids-more", "has more DiffIDs than layers", {"config": lambda config: config[
            "rootfs"]["diff_ids"].append(sha(b"x"))}, "diff_ids"),
        ("diff-ids-none", "has no DiffIDs", {"config": lambda config: config.pop("rootfs")}, "rootfs"),
    )
    for name, tries, hooks, word in rows:
        yield Case(name, tries, Image(GOOD, **hooks), refused=word,
                   refs="CVE-2014-8179" if name == "manifest-swapped" else "")
    for name, tries, digest, word in (
            ("climbs", "climbs by its digest", f"sha256:../../../../../..{out}/secret", "digest"),
            ("short", "has a digest of too few digits", "sha256:abcd", "digest"),
            ("upper", "has a digest in capitals", sha(b"x").upper().replace("SHA", "sha"), "digest"),
            ("algorithm-upper", "has an algorithm in capitals", "SHA256:" + "0" * 64, "digest"),
            ("md5", "has a digest that is no proof", "md5:" + "0" * 32, "digest"),
            ("sha1", "has a digest that is no proof any more", "sha1:" + "0" * 40, "digest"),
            ("empty", "has an empty digest", "", "digest"),
            ("no-algorithm", "has a digest of nothing said", ":" + "0" * 64, "digest"),
            ("slash", "has a path for an algorithm", "../sha256:" + "0" * 64, "digest"),
            ("newline", "has a digest and a line more", sha(b"x") + "\n", "digest"),
            ("nul", "has a digest and a NUL", sha(b"x") + "\0", "NUL"),
            ("terminal", "has a digest that speaks to the terminal", "\x1b[2Jsha256:x", "digest")):
        yield Case(f"digest-{name}", tries, Image(GOOD, manifest=first_layer(digest=digest)),
                   refused=word, refs={"climbs": "CVE-2014-9358 CVE-2024-3727", "short": "CVE-2024-3727",
                                       "empty": "CVE-2024-3727"}.get(name, ""))
    yield Case("digest-missing", "names a blob that is not there", Image(
        GOOD, manifest=first_layer(digest=sha(b"nothing"))), refused="not in the layout", code=1)
    yield Case("digest-sha512", "names its layer by sha512, which is allowed",
               Image(Layer(*GOOD, algorithm="sha512")), tree=TREE)


def texts():
    def appended(text):
        return {"manifest_bytes": lambda raw: raw[:-1] + text + b"}"}

    def sized(text):
        def change(raw):
            size = json.loads(raw)["layers"][0]["size"]
            return raw.replace(b'"size":%d}]' % size, b'"size":' + text % size + b"}]")
        return {"manifest_bytes": change}

    twin = b'"layers":[],"config":{"mediaType":"x","digest":"sha256:x","size":1}'
    rows = (
        ("twice", "says its layers twice, and readers take the first or the last",
         appended(b"," + twin), "a name that its object has already", "CVE-2014-8179 CVE-2021-41190"),
        ("twice-escaped", "says its layers twice, once in escapes", appended(b',"l\\u0061yers":[]'),
         "a name that its object has already", ""),
        ("case", "says its layers again in capitals, which Go takes for the same",
         appended(b',"LAYERS":[]'), "'LAYERS' differs", ""),
        ("case-nested", "says a digest again in capitals",
         {"manifest": first_layer(Digest=sha(b"x"))}, "'Digest' differs", ""),
        ("deep", "nests arrays until the stack is gone",
         appended(b',"x":' + b"[" * 100000 + b"]" * 100000), "limit json-depth", "CVE-2016-4425"),
        ("deep-open", "opens arrays and never closes them",
         {"manifest_bytes": lambda _: b"[" * 3000000}, "limit json-depth", "CVE-2016-4425"),
        ("wide", "has more names than an object may have",
         appended(b"," + b",".join(b'"%d":1' % i for i in range(11000))), "limit json-members",
         "CVE-2013-6401"),
        ("values", "has more values than a document may have",
         appended(b',"x":[' + b"1," * 300000 + b"1]"), "limit json-values", "CVE-2020-1702"),
        ("large", "is larger than a document may be",
         {"manifest_bytes": lambda raw: raw + b" " * (5 << 20)}, "limit document-bytes",
         "CVE-2020-1702 CVE-2023-25153"),
        ("nul", "has a NUL in a string", appended(b',"x":"a\\u0000b"'), "NUL", ""),
        ("nul-byte", "has a NUL byte behind its end", {"manifest_bytes": lambda raw: raw + b"\0"},
         "NUL", ""),
        ("behind", "has a second document behind it", {"manifest_bytes": lambda raw: raw + b"{}"},
         "something behind the document", ""),
        ("bom", "begins with a byte order mark",
         {"manifest_bytes": lambda raw: b"\xef\xbb\xbf" + raw}, "manifest", ""),
        ("utf16", "is UTF-16", {"manifest_bytes": lambda raw: raw.decode().encode("utf-16")},
         "not UTF-8", ""),
        ("latin1", "is no UTF-8", appended(b',"x":"\xff"'), "not UTF-8", ""),
        ("surrogate", "has half a character", appended(b',"x":"\\ud800"'), "manifest", ""),
        ("comment", "has a comment", {"manifest_bytes": lambda raw: b"/* */" + raw}, "manifest", ""),
        ("cut", "ends in the middle", {"manifest_bytes": lambda raw: raw[:-20]}, "manifest",
         "CVE-2021-21285"),
        ("empty", "is empty", {"manifest_bytes": lambda _: b""}, "manifest", "CVE-2021-21285"),
        ("array", "is an array", {"manifest_bytes": lambda raw: b"[" + raw + b"]"}, "not an object",
         "CVE-2021-21285"),
        ("null", "is null", {"manifest_bytes": lambda _: b"null"}, "expected", "CVE-2021-21285"),
        ("null-layer", "has null for a layer",
         {"manifest": lambda manifest: manifest.update(layers=[None])}, "not an object",
         "CVE-2021-21285"),
        ("size-negative", "has a negative size", sized(b"-%d"), "not a whole number", ""),
        ("size-text", "has a size in quotes", sized(b'"%d"'), "not a whole number", ""),
        ("size-fraction", "has a size with a fraction", sized(b"%d.0"), "not a whole number", ""),
        ("size-exponent", "has a size with an exponent", sized(b"%de0"), "not a whole number", ""),
        ("size-huge", "has a size of 80 bits", sized(b"%d" + b"0" * 24), "a number out of range", ""),
        ("size-zeros", "has a size with zeros in front", sized(b"0%d"), "manifest", ""),
    )
    for name, tries, hooks, word, refs in rows:
        yield Case(f"json-{name}", tries, Image(GOOD, **hooks), refused=word, refs=refs)
    yield Case("json-unknown", "has names that nobody knows, which is allowed",
               Image(GOOD, **appended(b',"x-vendor":{"a":[1,-0,1e-3,true,null]}')), tree=TREE)


def manifests():
    def change(**more):
        return {"manifest": lambda manifest: manifest.update(more)}

    def media(value):
        return {"manifest": first_layer(mediaType=value)}

    def without(key):
        return {"manifest": lambda manifest: manifest.pop(key)}

    rows = (
        ("and-index", "is a manifest and an index", change(manifests=[]), "a manifest with 'manifests'",
         "CVE-2021-41190"),
        ("and-schema1", "is a manifest of two ages", change(fsLayers=[]), "a manifest with 'fsLayers'",
         "CVE-2021-41190"),
        ("says-index", "says that it is an index", change(mediaType=INDEX), "descriptor says",
         "CVE-2021-41190"),
        ("says-docker", "says another type than its descriptor",
         change(mediaType="application/vnd.docker.distribution.manifest.v2+json"), "descriptor says",
         "CVE-2021-41190"),
        ("schema-1", "is of an age that had no digests", change(schemaVersion=1), "not 2", ""),
        ("schema-none", "says no version", without("schemaVersion"), "schemaVersion is missing", ""),
        ("no-config", "has no config", without("config"), "config is missing", "CVE-2021-21285"),
        ("no-layers", "has no list of layers", without("layers"), "layers is missing",
         "CVE-2021-21285"),
        ("artifact", "has a config that is none of an image",
         {"manifest": lambda manifest: manifest["config"].update(mediaType="application/x")},
         "not an image", ""),
        ("foreign", "has a layer that lies at an address of the attacker's",
         {"manifest": first_layer(mediaType=LAYER.replace("layer.v1", "layer.nondistributable.v1"),
                                  urls=["http://127.0.0.1:1/x"])},
         "whose content is elsewhere", "CVE-2020-15157"),
        ("layer-is-manifest", "has a manifest for a layer", media(MANIFEST), "is no layer", ""),
        ("data-other", "has another layer's bytes in its descriptor", {"manifest": first_layer(
            data=base64.b64encode(gzip(layer(*OTHER))).decode())}, "descriptor says", ""),
        ("data-no-base64", "has bytes in its descriptor that are none",
         {"manifest": first_layer(data="*")}, "data", ""),
    )
    for name, tries, hooks, word, refs in rows:
        yield Case(f"manifest-{name}", tries, Image(GOOD, **hooks), refused=word, refs=refs)
    yield Case("manifest-257-layers", "has one layer more than an image may have",
               Image(*[GOOD] * 257), refused="limit layers")
    yield Case("manifest-no-layer", "has no layer, which is an empty root", Image(), tree=[])
    yield Case("manifest-urls", "has addresses beside a layer that is there", Image(
        GOOD, manifest=first_layer(urls=["http://127.0.0.1:1/x"])), tree=TREE, refs="CVE-2020-15157")
    yield Case("manifest-data", "has its layer's bytes in its descriptor, too", Image(
        GOOD, manifest=first_layer(data=base64.b64encode(gzip(layer(*GOOD))).decode())), tree=TREE)


def nested(levels):
    def entries(image):
        data, media = image.make_manifest(), MANIFEST
        for _ in range(levels):
            data = compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
                image.desc(data, media, platform=LINUX)]})
            media = INDEX
        return [image.tagged(data, media)]
    return Image(GOOD, entries=entries)


def branching(image):
    """Indexes of ten entries each that are all the same one, nine levels of it: 10^9 ways."""
    data, media = image.make_manifest(), MANIFEST
    for level in range(4):
        entry = image.desc(data, media, platform={"os": "plan9", "architecture": "mips"})
        data = compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] * 40,
                        "annotations": {"level": str(level)}})
        media = INDEX
    return [image.tagged(data, media)]


def indexes():
    for levels in (1, 4):
        yield Case(f"index-{levels}", f"is {levels} indexes deep, which is allowed", nested(levels),
                   tree=TREE)
    yield Case("index-5", "is one index deeper than allowed", nested(5), refused="limit index-depth")
    yield Case("index-branching", "has more ways through its indexes than time to walk them",
               Image(GOOD, entries=branching), refused="limit index-descriptors")

    def circle(image):
        named = sha(b"not known before it is written")
        data = compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            {"mediaType": INDEX, "digest": named, "size": 300}]}).ljust(300)
        image.blobs[named] = data
        return [{"mediaType": INDEX, "digest": named, "size": 300,
                 "annotations": {"org.opencontainers.image.ref.name": "v1"}}]

    yield Case("index-circle", "names itself, under a digest that cannot be true",
               Image(GOOD, entries=circle), refused="content has digest")

    def two(image):
        good = image.make_manifest()
        other = Image(OTHER)
        evil = other.make_manifest()
        image.blobs.update(other.blobs)
        return good, evil

    yield Case("index-ambiguous", "has two images of one name", Image(
        GOOD, entries=lambda image: [image.tagged(data) for data in two(image)]), refused="ambiguous")
    yield Case("index-platform", "has no image for this platform", Image(GOOD, entries=lambda image: [
        image.tagged(compact({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            image.desc(data, MANIFEST, platform={"os": "windows", "architecture": "amd64"})
            for data in two(image)]}), INDEX)]), refused="no image for linux/amd64", code=1)

    def confused(document, media):
        def entries(image):
            manifest = json.loads(image.make_manifest())
            document(manifest, image)
            return [image.tagged(compact(manifest), media)]
        return Image(GOOD, entries=entries)

    yield Case("index-and-manifest", "is an index with the layers of a manifest", confused(
        lambda manifest, _: manifest.update(mediaType=INDEX, manifests=[]), INDEX),
        refused="an index with 'config'", refs="CVE-2021-41190")
    yield Case("index-is-manifest", "is a manifest that the list calls an index", confused(
        lambda manifest, _: manifest.pop("mediaType"), INDEX), refused="an index with 'config'",
        refs="CVE-2021-41190")
    yield Case("index-type-unknown", "is something that is neither", confused(
        lambda manifest, _: None, "text/plain"), refused="neither a manifest nor an index")
    for name, word, text in (
            ("twice", "a name that its object has already", b',"manifests":[]'),
            ("layers", "an index with 'layers'", b',"layers":[]'),
            ("case", "'Manifests' differs", b',"Manifests":[]')):
        yield Case(f"index-json-{name}", "has the list of images in two readings", Image(
            GOOD, index_bytes=lambda raw, text=text: raw[:-1] + text + b"}"), refused=word,
            refs="CVE-2021-41190")
    yield Case("index-large", "has a list of images larger than a document may be", Image(
        GOOD, index_bytes=lambda raw: raw + b" " * (5 << 20)), refused="limit document-bytes",
        refs="CVE-2023-25153")
    yield Case("index-terminal", "has names of images that speak to the terminal", Image(
        GOOD, entries=lambda image: [image.desc(image.make_manifest(), MANIFEST, annotations={
            "org.opencontainers.image.ref.name": "\x1b]0;x\x07\n\u202e"})]),
        refused="no image 'v1'", code=1)


def configs(out):
    def run(**more):
        return Image(GOOD, config=lambda config: config["config"].update(more))

    yield Case("config-values", "has values that would hurt who acts on them", run(
        User="4294967296:4294967296", WorkingDir="/proc/self/fd/7", Volumes={f"/../../..{out}": {}},
        Env=["LD_PRELOAD=/evil.so", "PATH=\x1b[2J"], Labels={"a": "\x1b[2J", "": ""},
        Entrypoint=["../../bin/sh"], ExposedPorts={"99999/tcp": {}}), tree=TREE,
        refs="CVE-2022-23648 CVE-2024-21626 CVE-2024-40635 CVE-2019-16884 CVE-2026-46680 "
        "CVE-2026-53488 CVE-2026-55686")
    yield Case("config-no-os", "does not say for which system it is", Image(
        GOOD, config=lambda config: config.pop("os")), tree=TREE)
    rows = (
        ("twice", "has its DiffIDs twice", {"config_bytes": lambda raw: raw[:-1] + b',"rootfs":{}}'},
         "a name that its object has already"),
        ("case", "has its DiffIDs again in capitals",
         {"config_bytes": lambda raw: raw[:-1] + b',"RootFS":{}}'}, "'RootFS' differs"),
        ("case-nested", "has its DiffIDs again in capitals, one level down",
         {"config": lambda config: config["rootfs"].update(Diff_IDs=[])}, "'Diff_IDs' differs"),
        ("type", "has a root that is no layers",
         {"config": lambda config: config["rootfs"].update(type="x")}, "rootfs"),
        ("diff-id-climbs", "climbs by a DiffID",
         {"config": lambda config: config["rootfs"].update(diff_ids=[f"sha256:../../..{out}"])},
         "diff_ids"),
        ("history-text", "has a history that is none",
         {"config": lambda config: config.update(history="x")}, "history"),
        ("array", "is an array", {"config_bytes": lambda raw: b"[]"}, "config"),
    )
    for name, tries, hooks, word in rows:
        yield Case(f"config-{name}", tries, Image(GOOD, **hooks), refused=word)




def cases(out):
    yield from digests(out)
    yield from texts()
    yield from manifests()
    yield from indexes()
    yield from configs(out)
