#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

@test "signing adds a signature to the layout and leaves the image as it was" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new release
	local before
	before=$(digest_of layout v1)
	nacre sign oci:layout:v1 --key release.key
	[ "$(digest_of layout v1)" = "$before" ]
	[ "$(jq '.manifests | length' layout/index.json)" -eq 3 ]
	manifest layout "${before/:/-}.sig" | jq -e '
		.layers[0].mediaType == "application/vnd.dev.cosign.simplesigning.v1+json" and
		(.layers[0].annotations["dev.cosignproject.cosign/signature"] | length) > 0'
}

@test "the payload names the manifest that was signed" {
	make_signed
	local image payload
	image=$(digest_of layout v1)
	payload=$(blob_path layout \
		"$(manifest layout "${image/:/-}.sig" | jq -r '.layers[0].digest')")
	[ "$(jq -r '.critical.image["docker-manifest-digest"]' "$payload")" = "$image" ]
	[ "$(jq -r .critical.type "$payload")" = "cosign container image signature" ]
}

@test "signing twice with one Ed25519 key changes nothing" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new --type ed25519 release
	nacre sign oci:layout:v1 --key release.key
	cp -a layout before
	nacre sign oci:layout:v1 --key release.key
	diff -r before layout
}

@test "a second key adds its signature to the first one's" {
	make_signed
	nacre key new --type p256 second
	nacre sign oci:layout:v1 --key second.key
	local image
	image=$(digest_of layout v1)
	[ "$(manifest layout "${image/:/-}.sig" | jq '.layers | length')" -eq 2 ]
	nacre verify oci:layout:v1 --key release.pub --key second.pub --threshold 2
}

@test "what is not there is not signed" {
	make_signed
	refused 1 v2 sign oci:layout:v2 --key release.key
	refused 1 nowhere sign oci:nowhere:v1 --key release.key
	refused 1 missing.key sign oci:layout:v1 --key missing.key
}

@test "a public key does not sign" {
	make_signed
	refused 3 release.pub sign oci:layout:v1 --key release.pub
}

# make_plain NAME OPTION…: a private key in PKCS#8 and its public half, by openssl
make_plain() {
	openssl genpkey -out "$1.pem" "${@:2}" 2>/dev/null
	openssl pkey -in "$1.pem" -pubout -out "$1.pub"
	chmod 600 "$1.pem"
}

# What was signed first, and its signature.
take_signature() {
	local tag=${1/:/-}.sig

	cat "$(blob_path layout "$(manifest layout "$tag" | jq -r '.layers[0].digest')")" >payload
	manifest layout "$tag" |
		jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' |
		base64 -d >signature
}

@test "keys that are not encrypted sign when asked, in the way that openssl verifies" {
	local name image

	make_context
	make_plain ed25519 -algorithm ed25519
	make_plain p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	make_plain p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
	make_plain rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
	for name in ed25519 p256 p384 rsa; do
		rm -rf layout
		nacre build context -t oci:layout:v1
		image=$(digest_of layout v1)
		unset COSIGN_PASSWORD
		refused 3 "$name.pem: a private key that is not encrypted; --plain takes it" \
			sign oci:layout:v1 --key $name.pem
		COSIGN_PASSWORD=any refused 3 "--plain takes it" sign oci:layout:v1 --key $name.pem
		nacre sign oci:layout:v1 --key $name.pem --plain
		nacre verify oci:layout:v1 --key $name.pub
		take_signature "$image"
		if [ $name = ed25519 ]; then
			openssl pkeyutl -verify -pubin -inkey $name.pub -rawin -in payload -sigfile signature
		else
			openssl dgst -sha256 -verify $name.pub -signature signature payload
		fi
	done
}

@test "with --plain an encrypted key still wants its passphrase, and old forms are no keys" {
	make_signed
	COSIGN_PASSWORD=hush nacre key new second
	COSIGN_PASSWORD=hash refused 1 "wrong passphrase" sign oci:layout:v1 --plain --key second.key
	COSIGN_PASSWORD=hush nacre sign oci:layout:v1 --plain --key second.key
	openssl genrsa -traditional -out old.pem 2048
	refused 3 "'RSA PRIVATE KEY' is no key that nacre reads" sign oci:layout:v1 --plain --key old.pem
	make_plain small -algorithm RSA -pkeyopt rsa_keygen_bits:1024
	refused 3 "an RSA key of 1024 bits" sign oci:layout:v1 --plain --key small.pem
	make_plain p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
	refused 3 "a key other than" sign oci:layout:v1 --plain --key p521.pem
}

@test "each key signs in two forms, and one of them is enough" {
	make_context
	nacre build context -t oci:layout:v1
	cp -a layout other
	nacre key new --type p256 release
	nacre sign oci:layout:v1 --key release.key --form simple
	[ "$(jq '.manifests | length' layout/index.json)" -eq 2 ]
	nacre verify oci:layout:v1 --key release.pub
	nacre sign oci:other:v1 --key release.key --form bundle
	[ "$(jq '.manifests | length' other/index.json)" -eq 2 ]
	nacre verify oci:other:v1 --key release.pub
	nacre sign oci:layout:v1 --key release.key >out
	grep -q '^added *1$' out
	grep -q '^present *1$' out
	refused 2 "--form: 'cms'" sign oci:layout:v1 --key release.key --form cms
}

@test "annotations are signed, and asked for" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new release
	for form in simple bundle; do
		rm -rf one
		cp -a layout one
		nacre sign oci:one:v1 --key release.key --form $form -a team=red --annotation "note=a = b"
		nacre verify oci:one:v1 --key release.pub -a team=red -a "note=a = b"
		refused 4 "1 without an annotation that is asked for" \
			verify oci:one:v1 --key release.pub -a team=blue
		refused 4 "1 without an annotation that is asked for" \
			unpack oci:one:v1 rootfs --key release.pub -a other=red
	done
	refused 2 "'team' is not NAME=VALUE" sign oci:layout:v1 --key release.key -a team
	refused 2 "'=red' is not NAME=VALUE" verify oci:layout:v1 --key release.pub -a =red
	refused 2 "annotation 'timestamp'" sign oci:layout:v1 --key release.key -a timestamp=1
}

# As with a key in a hardware module: nacre never sees it.
@test "openssl signs elsewhere, and what it has made is put in" {
	make_context
	nacre build context -t oci:layout:v1
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.pem
	openssl genpkey -quiet -algorithm ed25519 -out ed25519.pem
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
	nacre key new other
	local key form
	for key in p256 ed25519 rsa; do
		openssl pkey -in $key.pem -pubout -out $key.pub
		for form in simple bundle; do
			nacre sign oci:layout:v1 --payload --form $form --identity h.org/shop:v1 >message
			if [ $key = ed25519 ]; then
				openssl pkeyutl -sign -inkey $key.pem -rawin -in message -out raw
			else
				openssl dgst -sha256 -sign $key.pem -out raw message
			fi
			refused 4 "not a signature by key" sign oci:layout:v1 --attach raw --key other.pub \
				--form $form --identity h.org/shop:v1
			refused 4 "not a signature by key" sign oci:layout:v1 --attach raw --key $key.pub \
				--form $form --identity h.org/shop:v2
			rm -rf one
			cp -a layout one
			nacre sign oci:one:v1 --attach raw --key $key.pub --form $form --identity h.org/shop:v1
			nacre verify oci:one:v1 --key $key.pub --identity h.org/shop:v1
			rm -rf one
			cp -a layout one
			base64 raw | nacre sign oci:one:v1 --attach - --key $key.pub --form $form \
				--identity h.org/shop:v1
			nacre verify oci:one:v1 --key $key.pub --identity h.org/shop:v1
		done
	done
}

@test "the bytes to be signed are the same each time, and signing them is a choice of its own" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new release
	cp -a layout before
	nacre sign oci:layout:v1 --payload >one
	TZ=Asia/Tokyo nacre sign oci:layout:v1 --payload --form simple >two
	cmp one two
	jq -e --arg d "$(digest_of layout v1)" '.critical.image["docker-manifest-digest"] == $d' one
	nacre sign oci:layout:v1 --payload --form bundle | grep -q '^DSSEv1 28 application/vnd.in-toto+json '
	diff -r before layout
	refused 2 "--payload signs nothing and takes no --key" sign oci:layout:v1 --payload --key release.key
	refused 2 "--payload and --attach exclude each other" sign oci:layout:v1 --payload --attach one
	refused 2 "--attach wants one --key" sign oci:layout:v1 --attach one
	refused 2 "--form: one of them" sign oci:layout:v1 --payload --form both
	refused 1 "missing: No such file" sign oci:layout:v1 --attach missing --key release.pub
	head -c 5000 /dev/zero >large
	refused 3 "large: more than 4096 bytes" sign oci:layout:v1 --attach large --key release.pub
}

@test "a key in a token is not to be had without the provider for it" {
	make_context
	nacre build context -t oci:layout:v1
	refused 3 "can be read by everybody" sign oci:layout:v1 --key "pkcs11:object=x;pin-value=1234"
	run ! grep -q 1234 "$BATS_TEST_TMPDIR/err" # not in anybody's log, too
	refused 3 "can be read by everybody" sign oci:layout:v1 --key "pkcs11:token=x?a=b&PIN-value=1234"
	for name in "" "object=x" "token=;object=x" "object=x?token=one" "manufacturer=x;object=token=one"; do
		refused 3 "a token that is not named" sign oci:layout:v1 --key "pkcs11:$name"
	done
	refused 3 "which its own tools change" key passwd "pkcs11:token=one;object=x"
	# As if it were not installed.
	OPENSSL_MODULES=$scratch refused 1 "OpenSSL's provider 'pkcs11' is not there" \
		sign oci:layout:v1 --key "pkcs11:token=none;object=x"
}

@test "only what is a name can be signed as one" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new release
	local name
	for name in 'h.org/Shop:v1' 'h.org/shop:v 1' $'h.org/shop:v1\n' 'https://h.org/shop' ':v1' 'h.org/shop:' ''; do
		refused 2 "no name to be signed for" sign oci:layout:v1 --key release.key --identity "$name"
	done
	for name in shop:v1 h.org/shop h.org:5000/a/b__c:V1 "h.org/shop@$(digest_of layout v1)"; do
		nacre sign oci:layout:v1 --key release.key --identity "$name"
		nacre verify oci:layout:v1 --key release.pub --identity "$name"
	done
}
