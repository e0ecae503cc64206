#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

@test "an image that its key signed is verified, and the digest is said" {
	make_signed
	run --separate-stderr nacre verify oci:layout:v1 --key release.pub
	[ "$status" -eq 0 ]
	[[ $output == *"$(digest_of layout v1)"* ]]
	nacre verify oci:layout:v1 --key release.pub --deep
	nacre verify oci:layout:v1 --key release.pub --json | jq -e \
		--arg id "$(digest_of layout v1)" '[.. | strings] | index($id)'
}

@test "verifying needs nothing but reading" {
	make_signed
	chmod -R a-w layout
	as_nobody nacre verify oci:layout:v1 --key release.pub --deep
}

@test "another key is not trusted" {
	make_signed
	nacre key new other
	refused 4 v1 verify oci:layout:v1 --key other.pub
	refused 4 v1 verify oci:layout:v1 --key other.pub --deep
}

@test "an image without a signature is not trusted" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new release
	refused 4 v1 verify oci:layout:v1 --key release.pub
}

@test "a threshold counts different keys" {
	make_signed
	nacre key new second
	cp release.pub again.pub
	refused 4 v1 verify oci:layout:v1 --key release.pub --key second.pub --threshold 2
	refused 4 v1 verify oci:layout:v1 --key release.pub --key again.pub --threshold 2 ||
		refused 2 again.pub verify oci:layout:v1 --key release.pub --key again.pub --threshold 2
	nacre sign oci:layout:v1 --key second.key
	nacre verify oci:layout:v1 --key release.pub --key second.pub --threshold 2
}

@test "a threshold that no number of keys could meet is a mistake of usage" {
	make_signed
	refused 2 threshold verify oci:layout:v1 --key release.pub --threshold 2
	refused 2 threshold verify oci:layout:v1 --key release.pub --threshold 0
	refused 2 threshold verify oci:layout:v1 --key release.pub --threshold many
}

@test "without saying whom to trust nothing is verified, and the choices are named" {
	make_signed
	refused 2 --key verify oci:layout:v1
	refused 2 --unsigned verify oci:layout:v1
}

@test "a digest is trust enough, and --unsigned is a choice" {
	make_signed
	nacre verify "oci:layout@$(digest_of layout v1)" --deep
	nacre verify oci:layout:v1 --unsigned --deep
}

@test "a signature over one image does not hold for another" {
	make_signed
	local old new
	old=$(digest_of layout v1)
	echo changed >>context/dist/share/note
	nacre build context -t oci:layout:v2
	new=$(digest_of layout v2)
	jq -c --arg old "${old/:/-}.sig" --arg new "${new/:/-}.sig" '
		.manifests += [.manifests[]
			| select(.annotations["org.opencontainers.image.ref.name"] == $old)
			| .annotations["org.opencontainers.image.ref.name"] = $new]' \
		layout/index.json >index.json
	cp index.json layout/index.json
	refused 4 v2 verify oci:layout:v2 --key release.pub
	nacre verify oci:layout:v1 --key release.pub
}

@test "--deep finds one changed byte in any blob, and a missing and a longer one" {
	make_signed
	local blob which
	for which in layer config manifest; do
		case $which in
		layer) blob=$(manifest layout v1 | jq -r '.layers[0].digest') ;;
		config) blob=$(manifest layout v1 | jq -r .config.digest) ;;
		manifest) blob=$(digest_of layout v1) ;;
		esac
		blob=$(blob_path layout "$blob")
		cp "$blob" saved
		"$PYTHON" -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(20); byte = f.read(1); f.seek(20); f.write(bytes([byte[0] ^ 1]))' "$blob"
		refused 3 "${blob##*/}" verify oci:layout:v1 --key release.pub --deep
		cat saved >"$blob"
		echo >>"$blob"
		refused 3 "${blob##*/}" verify oci:layout:v1 --key release.pub --deep
		rm "$blob"
		refused 1 "${blob##*/}" verify oci:layout:v1 --key release.pub --deep
		mkfifo "$blob"
		refused 3 "${blob##*/}" verify oci:layout:v1 --key release.pub --deep
		rm "$blob"
		cat saved >"$blob"
	done
	nacre verify oci:layout:v1 --key release.pub --deep
}

@test "--deep finds a layer whose DiffID is not the config's" {
	make_context
	nacre build context -t oci:layout:v1 --compression none
	local config manifest
	config=$(config layout v1 | jq -c '.rootfs.diff_ids[0] |= sub("[0-9a-f]{8}$"; "00000000")')
	put() { # put TEXT: as a blob; its hex digest
		local hex
		hex=$(printf %s "$1" | sha256sum | cut -d' ' -f1)
		printf %s "$1" >"layout/blobs/sha256/$hex"
		echo "$hex"
	}
	manifest=$(manifest layout v1 | jq -c --arg d "sha256:$(put "$config")" --argjson n ${#config} \
		'.config.digest = $d | .config.size = $n')
	jq -c --arg d "sha256:$(put "$manifest")" --argjson n ${#manifest} \
		'.manifests[0].digest = $d | .manifests[0].size = $n' layout/index.json >index.json
	cp index.json layout/index.json
	nacre verify oci:layout:v1 --unsigned
	refused 3 layer verify oci:layout:v1 --unsigned --deep
	refused 3 layer unpack oci:layout:v1 rootfs --unsigned
}

@test "a key that is no key is refused" {
	make_signed
	echo nonsense >bad.pub
	refused 3 bad.pub verify oci:layout:v1 --key bad.pub
	refused 1 none.pub verify oci:layout:v1 --key none.pub
}

# Lists so many bundles that are not there.
flood() {
	jq -c --argjson count "$2" '
		(.manifests[] | select(.artifactType) | .artifactType) as $type |
		.manifests += [range($count) | {
			mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: $type, size: 1,
			digest: ("sha256:" + ("0" * 64 + tostring)[-64:])}]' "$1/index.json" >"$1/new.json"
	mv "$1/new.json" "$1/index.json"
}

@test "a list of thousands of bundles that are not there keeps nobody busy" {
	make_signed
	flood layout 15000
	# Without a limit on them this took twenty minutes; the time is for a hang, not for a speed.
	run --separate-stderr timeout 60 "$NACRE" verify oci:layout:v1 --key release.pub
	[ "$status" -ne 124 ]
	[ "$status" -ne 0 ]
	[[ $stderr == *"limit signatures"* ]]
}

@test "bundles of nobody in a store of several images refuse none of them" {
	make_signed
	nacre build context -t oci:layout:other --compression none
	flood layout 15000
	timeout 60 "$NACRE" verify oci:layout:v1 --key release.pub
}

@test "a wrong entry does not hide the bundle that it names" {
	make_signed
	jq -c '[.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] // "" |
			endswith(".sig") | not)] as $kept |
		.manifests = [$kept[] | select(.artifactType) | .size += 1] + $kept' \
		layout/index.json >new.json
	jq -e '.manifests | length == 3' new.json
	mv new.json layout/index.json
	nacre verify oci:layout:v1 --key release.pub
}
