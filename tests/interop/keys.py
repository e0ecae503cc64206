#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""keys.py KEYTOOL NACRE: key files and signatures against python3-cryptography and python3-nacl.

What nacre writes is decrypted and verified there; what is made there is read and verified by nacre.
"""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
import nacl.exceptions
import nacl.secret

KEYTOOL, NACRE = sys.argv.pop(1), sys.argv.pop(1)
MESSAGE = b"the message \x00 with any byte \xff"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PKCS8 = serialization.PrivateFormat.PKCS8
PLAIN = serialization.NoEncryption()


def keytool(*words):
    return subprocess.run([KEYTOOL, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def nacre(*words, cwd, data=""):
    """The command, with no passphrase in the environment; `data` is its standard input."""
    env = {name: value for name, value in os.environ.items() if name != "COSIGN_PASSWORD"}
    return subprocess.run([NACRE, *words], cwd=cwd, env=env, input=data, capture_output=True, text=True)


def pem(label, data):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def unpem(text):
    lines = text.strip().split("\n")
    return lines[0][11:-5], base64.b64decode("".join(lines[1:-1]), validate=True)


def scrypt(passphrase, salt, n):
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=n, r=8, p=1, dklen=32, maxmem=2**28)


def encrypt(private, passphrase, label="ENCRYPTED COSIGN PRIVATE KEY", n=32768):
    salt, nonce = os.urandom(32), os.urandom(24)
    box = nacl.secret.SecretBox(scrypt(passphrase, salt, n))
    sealed = box.encrypt(private.private_bytes(DER, PKCS8, PLAIN), nonce).ciphertext
    b64 = lambda data: base64.b64encode(data).decode()
    body = {"kdf": {"name": "scrypt", "params": {"N": n, "r": 8, "p": 1}, "salt": b64(salt)},
            "cipher": {"name": "nacl/secretbox", "nonce": b64(nonce)}, "ciphertext": b64(sealed)}
    return pem(label, json.dumps(body).encode())


def decrypt(text, passphrase):
    label, data = unpem(text)
    body = json.loads(data)
    key = scrypt(passphrase, base64.b64decode(body["kdf"]["salt"]), body["kdf"]["params"]["N"])
    plain = nacl.secret.SecretBox(key).decrypt(
        base64.b64decode(body["ciphertext"]), base64.b64decode(body["cipher"]["nonce"]))
    return label, body, serialization.load_der_private_key(plain, None)


def check(public, signature, message=MESSAGE):
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(signature, message)
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))


def sign(private, hash=hashes.SHA256(), message=MESSAGE):
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), hash)
    return private.sign(message, ec.ECDSA(hash))


def keys():
    """One of each kind that nacre reads, by its name."""
    return {"Ed25519": ed25519.Ed25519PrivateKey.generate(),
            "P-256": ec.generate_private_key(ec.SECP256R1()),
            "P-384": ec.generate_private_key(ec.SECP384R1()),
            "RSA-2048": rsa.generate_private_key(65537, 2048)}


def der(private):
    return private.private_bytes(DER, PKCS8, PLAIN)


def key_id(public):
    return hashlib.sha256(public.public_bytes(DER, SPKI)).hexdigest()


class Scratch(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()


class Keys(Scratch):
    def setUp(self):
        super().setUp()
        self.message = self.write("message", MESSAGE)

    def verify(self, public, signature):
        file = self.write("pub", public.public_bytes(PEM, SPKI))
        run = keytool("verify", file, self.message, base64.b64encode(signature).decode())
        self.assertIn(run.returncode, (0, 1), run.stdout + run.stderr)
        return run.returncode == 0

    def test_our_key_files_decrypt_and_our_signatures_verify(self):
        for kind, passphrase in (("ed25519", "sesame"), ("p256", ""), ("p256", "schlüssel")):
            with self.subTest(kind=kind, passphrase=passphrase):
                prefix = self.path(kind + str(len(passphrase)))
                run = keytool("new", kind, prefix, passphrase)
                self.assertEqual(run.returncode, 0, run.stdout)
                text = self.read(prefix + ".key")
                label, body, private = decrypt(text, passphrase)
                self.assertEqual(label, "ENCRYPTED SIGSTORE PRIVATE KEY")
                self.assertEqual(body["kdf"]["params"], {"N": 65536, "r": 8, "p": 1})
                self.assertEqual(text, pem(label, unpem(text)[1]))
                public = private.public_key()
                self.assertEqual(self.read(prefix + ".pub"), public.public_bytes(PEM, SPKI).decode())
                run = keytool("sign", prefix + ".key", passphrase, self.message)
                signature = base64.b64decode(run.stdout.strip(), validate=True)
                check(public, signature)
                with self.assertRaises(InvalidSignature):
                    check(public, signature[:-1] + bytes([signature[-1] ^ 1]))

    def test_foreign_keys_are_read_and_their_signatures_verify(self):
        for name, private in keys().items():
            with self.subTest(name=name):
                public = private.public_key()
                self.assertTrue(self.verify(public, sign(private)))
                self.assertFalse(self.verify(public, sign(private)[:-1]))
                file = self.write("key", encrypt(private, "p"))
                run = keytool("show", file, "p")
                self.assertEqual(run.stdout, f"{name} {key_id(public)} private\n")
                run = keytool("sign", file, "p", self.message)
                check(public, base64.b64decode(run.stdout.strip(), validate=True))
                run = keytool("show", file, "q")
                self.assertEqual(run.stdout, f"-1: {file}: wrong passphrase\n")

    def test_each_strength_and_label_of_the_others_is_read(self):
        private = ec.generate_private_key(ec.SECP256R1())
        for label in ("ENCRYPTED COSIGN PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY"):
            for n in (32768, 65536, 131072):
                with self.subTest(label=label, n=n):
                    file = self.write("key", encrypt(private, "", label, n))
                    run = keytool("show", file, "")
                    self.assertEqual(run.stdout, f"P-256 {key_id(private.public_key())} private\n")

    def test_raw_ecdsa_signatures_are_refused(self):
        private = ec.generate_private_key(ec.SECP256R1())
        r, s = utils.decode_dss_signature(sign(private))
        self.assertFalse(self.verify(private.public_key(), r.to_bytes(32, "big") + s.to_bytes(32, "big")))

    def test_another_hash_or_padding_is_refused(self):
        for private in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
            self.assertFalse(self.verify(private.public_key(), sign(private, hashes.SHA384())))
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        self.assertFalse(self.verify(private.public_key(), private.sign(MESSAGE, pss, hashes.SHA256())))

    def test_other_kinds_of_keys_are_refused(self):
        other = "-8: {}: a key other than Ed25519, RSA, or an uncompressed P-256 or P-384\n"
        p256 = ec.generate_private_key(ec.SECP256R1()).public_key()
        point = p256.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
        compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
        rows = (
            (ec.generate_private_key(ec.SECP521R1()).public_key().public_bytes(DER, SPKI), other),
            (ec.generate_private_key(ec.SECP256K1()).public_key().public_bytes(DER, SPKI), other),
            (compressed, other),
            (rsa.generate_private_key(65537, 1024).public_key().public_bytes(DER, SPKI),
             "-8: {}: an RSA key of 1024 bits, not 2048 to 16384\n"),
            (p256.public_bytes(DER, SPKI) + b"\0", "-7: {}: a public key that is not in DER\n"),
            (b"", "-7: {}: not a public key\n"),
        )
        for der, message in rows:
            file = self.write("pub", pem("PUBLIC KEY", der))
            self.assertEqual(keytool("show", file).stdout, message.format(file))

    def test_a_plain_private_key_is_not_taken_unasked(self):
        private = ec.generate_private_key(ec.SECP256R1())
        file = self.write("key", private.private_bytes(PEM, PKCS8, PLAIN))
        self.assertEqual(keytool("show", file, "").stdout, f"-1: {file}: a private key that is not encrypted\n")


class Command(Scratch):
    """The same by the command: what key passwd, key show and sign write and read."""

    def nacre(self, *words, data=""):
        return nacre(*words, cwd=self.scratch.name, data=data)

    def works(self, *words, data=""):
        done = self.nacre(*words, data=data)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout

    def passwd(self, *words, data):
        self.works("key", "passwd", "key", *words, data=data)
        self.assertEqual(os.stat(self.path("key")).st_mode, 0o100600)

    def assert_opens(self, passphrase, private):
        label, body, got = decrypt(self.read(self.path("key")), passphrase)
        self.assertEqual(label, "ENCRYPTED SIGSTORE PRIVATE KEY")
        self.assertEqual(body["kdf"]["params"], {"N": 65536, "r": 8, "p": 1})
        self.assertEqual(der(got), der(private))

    def test_a_foreign_key_gets_another_passphrase_and_opens_there(self):
        both = ("--passphrase-fd", "0", "--new-passphrase-fd", "0")
        for name, private in keys().items():
            with self.subTest(name=name):
                before = encrypt(private, "old", n=32768)
                self.write("key", before)
                done = self.nacre("key", "passwd", "key", *both, data="Old\nnew\n")
                self.assertEqual((done.returncode, done.stderr),
                                 (1, "nacre: key passwd: key: wrong passphrase\n"))
                self.assertEqual(self.read(self.path("key")), before)
                self.passwd(*both, data="old\nschlüssel\n")
                self.assert_opens("schlüssel", private)
                with self.assertRaises(nacl.exceptions.CryptoError):
                    decrypt(self.read(self.path("key")), "old")

    def test_a_passphrase_that_was_changed_elsewhere_is_the_new_one_here(self):
        ours = self.works("key", "new", "--passphrase-fd", "0", "ours", data="first\n")
        _, _, private = decrypt(self.read(self.path("ours.key")), "first")
        for label in ("ENCRYPTED COSIGN PRIVATE KEY", "ENCRYPTED SIGSTORE PRIVATE KEY"):
            for n in (32768, 65536, 131072):
                with self.subTest(label=label, n=n):
                    self.write("key", encrypt(private, "theirs", label, n))
                    self.passwd("--passphrase-fd", "0", "--new-passphrase-fd", "0", data="theirs\n\n")
                    self.assert_opens("", private)
                    self.assertTrue(self.works("key", "show", "key", "--passphrase-fd", "0", data="\n")
                                    .startswith(ours))

    def test_a_plain_key_is_encrypted_when_asked(self):
        for name, private in keys().items():
            with self.subTest(name=name):
                plain = private.private_bytes(PEM, PKCS8, PLAIN)
                self.write("key", plain)
                done = self.nacre("key", "passwd", "key", "--new-passphrase-fd", "0", data="new\n")
                self.assertEqual(done.returncode, 3)
                self.assertIn("--plain takes it", done.stderr)
                self.assertEqual(self.read(self.path("key")), plain.decode())
                self.passwd("--plain", "--new-passphrase-fd", "0", data="new\n")
                self.assert_opens("new", private)

    def test_a_key_is_shown_as_it_is_there(self):
        for name, private in keys().items():
            with self.subTest(name=name):
                public = private.public_key()
                spki = public.public_bytes(DER, SPKI)
                os.chmod(self.write("key", encrypt(private, "p")), 0o600)
                run = ("key", "show", "key", "--passphrase-fd", "0")
                self.assertEqual(self.works(*run, "--public", data="p\n"),
                                 public.public_bytes(PEM, SPKI).decode())
                self.assertEqual(json.loads(self.works(*run, "--json", data="p\n")), {
                    "type": name, "id": key_id(public), "half": "private",
                    "hint": base64.b64encode(hashlib.sha256(spki).digest()).decode()})

    def blob(self, digest):
        with open(self.path("layout/blobs/" + digest.replace(":", "/")), "rb") as file:
            return file.read()

    def put_blob(self, data):
        digest = hashlib.sha256(data).hexdigest()
        self.write("layout/blobs/sha256/" + digest, data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    def signatures(self):
        """The index of the layout, the descriptor in it of the signatures, and their manifest."""
        index = json.loads(self.read(self.path("layout/index.json")))
        (desc,) = [desc for desc in index["manifests"]
                   if desc["annotations"].get("org.opencontainers.image.ref.name", "").endswith(".sig")]
        return index, desc, json.loads(self.blob(desc["digest"]))

    def referrer(self):
        """The same for the one manifest that holds a bundle, and the bundle."""
        index = json.loads(self.read(self.path("layout/index.json")))
        (desc,) = [desc for desc in index["manifests"] if "artifactType" in desc]
        manifest = json.loads(self.blob(desc["digest"]))
        (layer,) = manifest["layers"]
        return index, desc, manifest, json.loads(self.blob(layer["digest"]))

    @staticmethod
    def pae(envelope):
        """What is signed of a DSSE envelope."""
        kind, payload = envelope["payloadType"], base64.b64decode(envelope["payload"])
        return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)

    def put_bundle(self, index, desc, manifest, bundle):
        data = json.dumps(bundle).encode()
        manifest["layers"][0].update(self.put_blob(data))
        desc.update(self.put_blob(json.dumps(manifest).encode()))
        self.write("layout/index.json", json.dumps(index))

    def test_bundles_are_signed_and_verified_by_each_kind_of_key(self):
        self.write("nacre.yaml", "nacre: 1\nname: a\nfrom: scratch\n"
                   "layers: [{name: a, steps: [{file: {path: /a, text: a}}]}]\n")
        for name, private in keys().items():
            with self.subTest(name=name):
                public = private.public_key()
                shutil.rmtree(self.path("layout"), ignore_errors=True)
                self.works("build", ".", "-q", "--no-cache", "-t", "oci:layout:v1")
                os.chmod(self.write("key", private.private_bytes(PEM, PKCS8, PLAIN)), 0o600)
                self.write("pub", public.public_bytes(PEM, SPKI))
                self.works("sign", "oci:layout:v1", "--key", "key", "--plain", "--form", "bundle")
                index, desc, manifest, bundle = self.referrer()
                envelope = bundle["dsseEnvelope"]
                (signature,) = envelope["signatures"]
                check(public, base64.b64decode(signature["sig"], validate=True), self.pae(envelope))
                spki = public.public_bytes(serialization.Encoding.DER, SPKI)
                self.assertEqual(bundle["verificationMaterial"]["publicKey"]["hint"],
                                 base64.b64encode(hashlib.sha256(spki).digest()).decode())
                # And the other way: a statement as others write it.
                statement = json.loads(base64.b64decode(envelope["payload"]))
                statement["subject"][0] = {"digest": statement["subject"][0]["digest"],
                                           "annotations": {}}
                for change, code in (({}, 0), ({"predicateType": "https://spdx.dev/Document"}, 4),
                                     ({"subject": 2 * statement["subject"]}, 4),
                                     ({"_type": "https://in-toto.io/Statement/v0.1"}, 4)):
                    envelope["payload"] = base64.b64encode(
                        json.dumps({**statement, **change}, indent=1).encode()).decode()
                    signature["sig"] = base64.b64encode(
                        sign(private, hashes.SHA256(), self.pae(envelope))).decode()
                    self.put_bundle(index, desc, manifest, bundle)
                    done = self.nacre("verify", "oci:layout:v1", "--key", "pub")
                    self.assertEqual(done.returncode, code, done.stderr)
                # Signed as the plain payload is, which is another message.
                envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
                signature["sig"] = base64.b64encode(sign(
                    private, hashes.SHA256(), base64.b64decode(envelope["payload"]))).decode()
                self.put_bundle(index, desc, manifest, bundle)
                self.assertEqual(self.nacre("verify", "oci:layout:v1", "--key", "pub").returncode, 4)

    def test_images_are_signed_and_verified_by_each_kind_of_key(self):
        annotation = "dev.cosignproject.cosign/signature"
        self.write("nacre.yaml", "nacre: 1\nname: a\nfrom: scratch\n"
                   "layers: [{name: a, steps: [{file: {path: /a, text: a}}]}]\n")
        self.works("build", ".", "-q", "--no-cache", "-t", "oci:layout:v1")
        for name, private in keys().items():
            with self.subTest(name=name):
                public = private.public_key()
                shutil.rmtree(self.path("layout"))
                self.works("build", ".", "-q", "--no-cache", "-t", "oci:layout:v1")
                os.chmod(self.write("key", private.private_bytes(PEM, PKCS8, PLAIN)), 0o600)
                self.write("pub", public.public_bytes(PEM, SPKI))
                self.works("sign", "oci:layout:v1", "--key", "key", "--plain", "--form", "simple")
                index, desc, manifest = self.signatures()
                (layer,) = manifest["layers"]
                payload = self.blob(layer["digest"])
                check(public, base64.b64decode(layer["annotations"][annotation], validate=True), payload)
                # And the other way: a signature by them, and one over another hash.
                for hash, code in ((hashes.SHA256(), 0), (hashes.SHA384(), 4)):
                    signature = sign(private, hash, payload)
                    if name == "Ed25519" and code:
                        signature = bytes(64)
                    layer["annotations"][annotation] = base64.b64encode(signature).decode()
                    desc.update(self.put_blob(json.dumps(manifest).encode()))
                    self.write("layout/index.json", json.dumps(index))
                    done = self.nacre("verify", "oci:layout:v1", "--key", "pub")
                    self.assertEqual(done.returncode, code, done.stderr)


if __name__ == "__main__":
    unittest.main()
