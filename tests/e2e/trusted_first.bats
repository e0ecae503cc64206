#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Nothing looks into a blob before its size and its digest are those that were named. Each blob is
# replaced by bytes that its parser or decompressor would complain about; what is said must be the
# digest, whoever reads.

load ../lib/common

# spoil BLOB HEAD: other bytes, as many as before, that begin so; what it was is in `saved`.
spoil() {
	cp "$1" saved
	"$PYTHON" - "$1" "$2" <<-'E'
	import os, sys
	path, head = sys.argv[1], sys.argv[2].encode().decode("unicode_escape").encode("latin-1")
	size = os.path.getsize(path)
	with open(path, "r+b") as file:
	    file.write((head + b"\xff" * size)[:size])
	E
}

# all_say TEXT: whoever reads all of oci:layout:v1 refuses it with TEXT.
all_say() {
	local words
	for words in "verify oci:layout:v1 --unsigned --deep" "unpack oci:layout:v1 rootfs --unsigned" \
		"build upper -t oci:out:v1"; do
		# shellcheck disable=SC2086
		refused 3 "$1" $words
	done
}

upper() {
	mkdir -p upper
	ln -sfn ../layout upper/base
	write upper/nacre.yaml <<-'R'
	nacre: 1
	from: oci:base:v1
	layers: [{name: more, steps: [{file: {path: /more, text: more}}]}]
	R
}

@test "a layer is no archive to anybody before its digest is the one that was named" {
	make_context
	upper
	local how blob head
	for how in zstd gzip none; do
		rm -rf layout
		nacre build context -t oci:layout:v1 --compression $how >/dev/null
		blob=$(blob_path layout "$(manifest layout v1 | jq -r '.layers[0].digest')")
		# Its own magic, or another one's, and nonsense behind it.
		case $how in
		gzip) head='\x1f\x8b\x08' ;;
		*) head='\x28\xb5\x2f\xfd' ;;
		esac
		spoil "$blob" "$head"
		all_say "blob sha256:${blob##*/}: content has digest sha256:"
		cp saved "$blob"
		nacre verify oci:layout:v1 --unsigned --deep
	done
}

@test "a manifest or a config is no JSON to anybody before its digest is the one that was named" {
	make_context
	upper
	nacre build context -t oci:layout:v1 >/dev/null
	local blob digest head
	for digest in "$(digest_of layout v1)" "$(manifest layout v1 | jq -r .config.digest)"; do
		blob=$(blob_path layout "$digest")
		for head in '{"layers":1,"layers":2}' ''; do
			spoil "$blob" "$head"
			all_say "blob $digest: content has digest sha256:"
			refused 3 "blob $digest: content has digest" inspect oci:layout:v1
			cp saved "$blob"
		done
	done
	nacre verify oci:layout:v1 --unsigned --deep
}

@test "a nested index is no JSON to anybody before its digest is the one that was named" {
	make_context
	upper
	nacre build context -t oci:layout:v1 >/dev/null
	local text hex blob
	text=$(jq -c '.manifests[0] |= del(.annotations)' layout/index.json)
	hex=$(printf %s "$text" | sha256sum | cut -d' ' -f1)
	blob=layout/blobs/sha256/$hex
	printf %s "$text" >"$blob"
	jq -c --arg d "sha256:$hex" --argjson n ${#text} '.manifests[0] |= (.digest = $d | .size = $n |
		.mediaType = "application/vnd.oci.image.index.v1+json")' layout/index.json >index.json
	cp index.json layout/index.json
	nacre verify oci:layout:v1 --unsigned --deep
	spoil "$blob" '{"manifests":1,"manifests":2}'
	all_say "blob sha256:$hex: content has digest sha256:"
}

@test "a signature's payload and manifest are nothing to anybody before their digests are right" {
	make_signed
	local manifest payload blob
	manifest=$(jq -r '.manifests[] | select(.annotations.kind // "" | endswith("/sigs")) | .digest' \
		layout/index.json)
	payload=$(jq -r '.layers[0].digest' "$(blob_path layout "$manifest")")
	for blob in "$manifest" "$payload"; do
		blob=$(blob_path layout "$blob")
		spoil "$blob" '{"critical":1,"critical":2}'
		refused 4 "blob sha256:${blob##*/}: content has digest" verify oci:layout:v1 --key release.pub
		cp saved "$blob"
	done
	nacre verify oci:layout:v1 --key release.pub
}

@test "a blob of another size than the descriptor says is refused without being read" {
	make_signed
	upper
	cp -a layout good
	local blob what bytes
	for what in '.layers[0]' .config; do
		rm -r layout
		cp -a good layout
		blob=$(manifest layout v1 | jq -r "$what.digest")
		bytes=$(manifest layout v1 | jq -r "$what.size")
		change "$what.size += 1" 2>/dev/null
		all_say "blob $blob: $bytes bytes, descriptor says $((bytes + 1))"
		# As long as it is said to be, and nothing else right: now it is the digest.
		echo >>"$(blob_path layout "$blob")"
		all_say "blob $blob: content has digest"
	done
}

@test "a layer that is compressed otherwise than its media type says is refused by both names" {
	make_context
	upper
	nacre key new release >/dev/null
	local pair is says
	for pair in zstd:gzip gzip:zstd zstd:none none:gzip; do
		is=${pair%:*} says=${pair#*:}
		rm -rf layout
		nacre build context -t oci:layout:v1 --compression "$is" >/dev/null
		change ".layers[0].mediaType = \"application/vnd.oci.image.layer.v1.tar+$says\" |
			.layers[0].mediaType |= rtrimstr(\"+none\")"
		all_say "layer 1 of 1: compression is $is, expected $says"
	done
}

@test "what an index.json says is strict even though nobody has named its digest" {
	make_context
	upper
	nacre build context -t oci:layout:v1 >/dev/null
	cp layout/index.json good.json
	sed 's/"manifests"/"manifests":[],"manifests"/' good.json >layout/index.json
	all_say "index.json: 1:"
	sed 's/"manifests"/"Manifests":[],"manifests"/' good.json >layout/index.json
	all_say "index.json: 'Manifests' differs from 'manifests' only in case"
	sed 's/"manifests"/"layers":[],"manifests"/' good.json >layout/index.json
	all_say "index.json: an index with 'layers'"
	cp good.json layout/index.json
	echo '{"imageLayoutVersion":"1.0.0","ImageLayoutVersion":"2"}' >layout/oci-layout
	all_say "oci-layout: 'ImageLayoutVersion' differs from 'imageLayoutVersion' only in case"
}
