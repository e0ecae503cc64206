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
