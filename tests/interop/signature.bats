#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Keys and signatures in the hands of another library.

load ../lib/common

# The check that cosign, skopeo and podman make, by Python's cryptography.
check_signature() { # check_signature PUB LAYOUT DIGEST
	"$PYTHON" - "$@" <<-'P'
	import base64, hashlib, json, sys
	from cryptography.exceptions import InvalidSignature
	from cryptography.hazmat.primitives import hashes, serialization
	from cryptography.hazmat.primitives.asymmetric import ec, ed25519

	pub, layout, image = sys.argv[1:]
	def blob(digest):
	    with open(f"{layout}/blobs/" + digest.replace(":", "/"), "rb") as file:
	        data = file.read()
	    assert "sha256:" + hashlib.sha256(data).hexdigest() == digest
	    return data
	with open(pub, "rb") as file:
	    key = serialization.load_pem_public_key(file.read())
	with open(f"{layout}/index.json", "rb") as file:
	    index = json.load(file)
	tag = image.replace(":", "-") + ".sig"
	(descriptor,) = [d for d in index["manifests"]
	                 if d.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag]
	passed = 0
	for layer in json.loads(blob(descriptor["digest"]))["layers"]:
	    payload = blob(layer["digest"])
	    signature = base64.b64decode(layer["annotations"]["dev.cosignproject.cosign/signature"])
	    try:
	        if isinstance(key, ed25519.Ed25519PublicKey):
	            key.verify(signature, payload)
	        else:
	            key.verify(signature, payload, ec.ECDSA(hashes.SHA256()))
	    except InvalidSignature:
	        continue
	    critical = json.loads(payload)["critical"]
	    assert critical["image"]["docker-manifest-digest"] == image
	    passed += 1
	sys.exit(passed != 1)
	P
}

@test "a signature of each type of key verifies in Python's cryptography, and only with its key" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new --type ed25519 one
	nacre key new --type p256 two
	nacre key new --type p256 three
	nacre sign oci:layout:v1 --key one.key
	nacre sign oci:layout:v1 --key two.key
	check_signature one.pub layout "$(digest_of layout v1)"
	check_signature two.pub layout "$(digest_of layout v1)"
	! check_signature three.pub layout "$(digest_of layout v1)"
}
