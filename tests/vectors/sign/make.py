#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the cases beside it, with python3-cryptography and python3-nacl; "expect" comes from here, not from nacre.

Keys are fixed, but for RSA; ECDSA and RSA-PSS signatures differ each time. So a file that is there stays as it
is: remove a case to have it made anew.
"""
import base64
import hashlib
import json
import os

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
import nacl.secret

HERE = os.path.dirname(os.path.abspath(__file__))
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI, PKCS8 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()
SHA256 = hashes.SHA256()

P256 = ec.derive_private_key(0x1234567, ec.SECP256R1())
P384 = ec.derive_private_key(0x1234567, ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MESSAGE = b'{"any":"bytes"}\n'
HEX = hashlib.sha256(b"manifest").hexdigest()


def write(case, why, expect, **files):
    os.makedirs(f"{HERE}/{case}", exist_ok=True)
    for name, data in {"why": why + "\n", "expect": expect + "\n", **files}.items():
        path = f"{HERE}/{case}/{name}"
        if not os.path.exists(path):
            with open(path, "wb") as file:
                file.write(data if isinstance(data, bytes) else data.encode())


def pem(label, data):
    text = base64.b64encode(data).decode()
    return "\n".join([f"-----BEGIN {label}-----", *(text[i:i + 64] for i in range(0, len(text), 64)),
                      f"-----END {label}-----", ""])


def public(private):
    return private.public_key().public_bytes(PEM, SPKI)


def key_id(private):
    return hashlib.sha256(private.public_key().public_bytes(DER, SPKI)).hexdigest()


def encrypted(private, passphrase, n=32768, r=8, p=1, kdf="scrypt", label="ENCRYPTED SIGSTORE PRIVATE KEY"):
    salt, nonce = bytes(range(32)), bytes(range(24))
    key = hashlib.scrypt(passphrase, salt=salt, n=32768, r=8, p=1, dklen=32, maxmem=2**28)
    sealed = nacl.secret.SecretBox(key).encrypt(private.private_bytes(DER, PKCS8, PLAIN), nonce).ciphertext
    text = lambda data: base64.b64encode(data).decode()
    return pem(label, json.dumps({
        "kdf": {"name": kdf, "params": {"N": n, "r": r, "p": p}, "salt": text(salt)},
        "cipher": {"name": "nacl/secretbox", "nonce": text(nonce)}, "ciphertext": text(sealed)}).encode())


def ecdsa(private, hash=SHA256):
    return private.sign(MESSAGE, ec.ECDSA(hash))


def signed(case, why, expect, private, signature):
    write(case, why, expect, message=MESSAGE, key=public(private), signature=base64.b64encode(signature))


def keys():
    for name, private in (("p256", P256), ("p384", P384), ("ed25519", ED25519)):
        shown = {"p256": "P-256", "p384": "P-384", "ed25519": "Ed25519"}[name]
        write(f"key-{name}", f"A public key of {shown} as every tool writes it.",
              f"{shown} public {key_id(private)}", key=public(private))
        write(f"key-{name}-encrypted", "A private key as cosign, skopeo and podman keep it.",
              f"{shown} private {key_id(private)}", key=encrypted(private, b"sesame"), passphrase="sesame")
    write("key-cosign-label", "The block name of older cosign.", f"P-256 private {key_id(P256)}",
          key=encrypted(P256, b"", label="ENCRYPTED COSIGN PRIVATE KEY"), passphrase="")
    write("key-wrong-passphrase", "The box does not open, and that is said as what it mostly is.",
          "error: ARG: wrong passphrase", key=encrypted(P256, b"sesame"), passphrase="Sesame")
    write("key-no-passphrase", "None given is not the same as an empty one.",
          "error: ARG: an encrypted key, and no passphrase", key=encrypted(P256, b""))
    write("key-scrypt-huge", "N = 2^30 with r = 8 asks for a terabyte: refused before scrypt runs.",
          "error: UNSUPPORTED: kdf.params: scrypt with N 1073741824, r 8, p 1; only N 32768, 65536 or 131072, r 8, p 1",
          key=encrypted(P256, b"", n=2**30), passphrase="")
    write("key-scrypt-weak", "N = 2 protects nothing; no tool writes it.",
          "error: UNSUPPORTED: kdf.params: scrypt with N 2, r 8, p 1; only N 32768, 65536 or 131072, r 8, p 1",
          key=encrypted(P256, b"", n=2), passphrase="")
    write("key-scrypt-p", "p multiplies the time: 2^20 runs would take days.",
          "error: UNSUPPORTED: kdf.params: scrypt with N 32768, r 8, p 1048576; only N 32768, 65536 or 131072, r 8, p 1",
          key=encrypted(P256, b"", p=2**20), passphrase="")
    write("key-plain", "An unencrypted private key is read only when asked for.",
          "error: ARG: a private key that is not encrypted", key=P256.private_bytes(PEM, PKCS8, PLAIN))
    point = P256.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    write("key-compressed", "The same key in another form would have another id and count twice.",
          "error: UNSUPPORTED: a key other than Ed25519, RSA, or an uncompressed P-256 or P-384",
          key=pem("PUBLIC KEY", bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point))
    write("key-secp256k1", "A curve that cosign does not take.",
          "error: UNSUPPORTED: a key other than Ed25519, RSA, or an uncompressed P-256 or P-384",
          key=public(ec.derive_private_key(5, ec.SECP256K1())))
    off = bytearray(P256.public_key().public_bytes(DER, SPKI))
    off[-1] ^= 1
    write("key-off-curve", "A point that is not on the curve (invalid curve attacks).",
          "error: FORMAT: not a public key", key=pem("PUBLIC KEY", bytes(off)))
    write("key-trailing", "Bytes behind the DER: two readers, two ids.",
          "error: FORMAT: a public key that is not in DER",
          key=pem("PUBLIC KEY", P256.public_key().public_bytes(DER, SPKI) + b"\0"))
    write("key-two", "Two keys in one file: which is meant?", "error: FORMAT: something stands behind 'PUBLIC KEY'",
          key=public(P256) + public(ED25519))
    write("key-certificate", "A PEM block, and no key.", "error: UNSUPPORTED: 'CERTIFICATE' is no key that nacre reads",
          key=pem("CERTIFICATE", b"0\0"))


def signatures():
    good = ecdsa(P256)
    r, s = utils.decode_dss_signature(good)
    pad = bytearray(good)  # r with a zero byte more than it needs
    rest = good[4 + good[3]:]
    long_r = b"\0" + good[4:4 + good[3]]
    pad = bytes([0x30, len(long_r) + 2 + len(rest), 2, len(long_r)]) + long_r + rest
    signed("sig-p256", "ECDSA in DER with SHA-256.", "good", P256, good)
    signed("sig-p384", "P-384 goes with SHA-256 in simple signing.", "good", P384, ecdsa(P384))
    signed("sig-p384-sha384", "SHA-384 with P-384 is what other formats have, not this one.", "bad",
           P384, ecdsa(P384, hashes.SHA384()))
    signed("sig-ed25519", "Over the message itself.", "good", ED25519, ED25519.sign(MESSAGE))
    signed("sig-ed25519-hashed", "Over the hash of the message: another scheme.", "bad", ED25519,
           ED25519.sign(hashlib.sha256(MESSAGE).digest()))
    order = 2**252 + 27742317777372353535851937790883648493
    ed = ED25519.sign(MESSAGE)
    signed("sig-ed25519-malleable", "s + L instead of s (RFC 8032, 5.1.7).", "bad", ED25519,
           ed[:32] + (int.from_bytes(ed[32:], "little") + order).to_bytes(32, "little"))
    signed("sig-raw", "r||s, which others accept beside DER.", "bad", P256,
           r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    signed("sig-ber", "A zero byte in front of r that DER does not allow.", "bad", P256, pad)
    signed("sig-trailing", "A byte behind the DER.", "bad", P256, good + b"\0")
    signed("sig-zero", "r = s = 0 (CVE-2022-21449).", "bad", P256, bytes.fromhex("3006020100020100"))
    signed("sig-empty", "No signature at all.", "bad", ED25519, b"")
    key = f"{HERE}/sig-rsa/key"
    if not os.path.exists(key):
        private = rsa.generate_private_key(65537, 2048)
        signed("sig-rsa", "PKCS#1 v1.5 with SHA-256.", "good", private,
               private.sign(MESSAGE, padding.PKCS1v15(), SHA256))
        signed("sig-rsa-pss", "Another padding than the one that is written here.", "bad", private,
               private.sign(MESSAGE, padding.PSS(padding.MGF1(SHA256), 32), SHA256))


def payload(critical=None, optional={"creator": "nacre"}, **more):
    whole = {"identity": {"docker-reference": "h.org/app:1"}, "image": {"docker-manifest-digest": f"sha256:{HEX}"},
             "type": "cosign container image signature"}
    return json.dumps({"critical": {**whole, **(critical or {})}, "optional": optional, **more})


def payloads():
    good = f"h.org/app:1 sha256:{HEX}"
    write("payload-cosign", "As cosign writes it: optional is null.", good, payload=payload(optional=None))
    write("payload-optional", "optional may hold anything.", good,
          payload=payload(optional={"creator": "x", "timestamp": 1700000000, "more": [1, {}]}))
    write("payload-unknown", "A member at the top that no reader knows.",
          "error: FORMAT: x: not a member of a signature", payload=payload(x=1))
    write("payload-critical-unknown", "A critical member that is not understood must not be skipped.",
          "error: FORMAT: critical.x: not a member of a signature", payload=payload({"x": 1}))
    write("payload-case", "Readers in Go fold case and would take either.",
          "error: FORMAT: critical.Type: not a member of a signature",
          payload=payload({"Type": "cosign container image signature"}))
    write("payload-type", "A signature of another kind.", "error: UNSUPPORTED: critical: type 'atomic container signature'",
          payload=payload({"type": "atomic container signature"}))
    write("payload-timestamp", "A time that is not whole seconds.",
          "error: FORMAT: optional.timestamp: not a whole number", payload=payload(optional={"timestamp": 1.5}))
    write("payload-identity-null", "Null, which counts as absent, where a text must be.",
          "error: FORMAT: critical.identity: docker-reference is missing",
          payload=payload({"identity": {"docker-reference": None}}))
    write("payload-bare", "Without critical there is nothing to compare.", "error: FORMAT: critical is missing",
          payload='{"optional":{}}')


keys()
signatures()
payloads()
