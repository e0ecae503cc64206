#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Keys and signatures between nacre and the tools that others sign and verify with: cosign 2 and 3,
# skopeo, podman, oras, umoci. Labelled "slow": they come over the network (lib/peers13.bash).

load ../lib/common
. "$lib/peers13.bash"

setup_file() {
	peers_up
}

teardown_file() {
	peers_down
}

make_key() { # make_key NAME TYPE: one with a passphrase
	COSIGN_PASSWORD='two words' nacre key new --type "$2" "$1" >/dev/null
}

# signed LAYOUT KEY [IDENTITY]: an image v1 there, signed.
signed() {
	[ -e context ] || make_context
	[ -e "$1" ] || nacre build context -t "oci:$1:v1" --compression gzip >/dev/null
	nacre sign "oci:$1:v1" --key "$2" ${3:+--identity "$3"} >/dev/null
}

# What cosign looks at: version 3 at bundles, as soon as there is one.
kind_of() { # kind_of COSIGN
	[ "$1" = cosign2 ] && echo signatures || echo attestations
}

# says_digest COSIGN DIGEST: in the file "out". Of a bundle in a layout cosign 3 prints empty fields.
says_digest() {
	[ "$1" = cosign3 ] ||
		[ "$(jq -r '.[].critical.image["docker-manifest-digest"]' out)" = "$2" ]
}

# Repositories of the test's own.
repo() { # repo NAME
	echo "$registry/t$BATS_TEST_NUMBER/$1"
}

@test "the peers are those of Debian 13, and a cosign 3" {
	[[ $(version_in trixie cosign) == 2.5.* ]]
	[[ $(version_in forky cosign) == 3.* ]]
	[[ $(skopeo --version) == *" 1.18."* ]]
	[[ $(podman --version) == *" 5.4."* ]]
	[[ $(oras version) == *" 1.2."* ]]
	echo "# cosign $(version_in trixie cosign) and $(version_in forky cosign)" >&3
}

@test "cosign opens nacre's private keys and gets the same public key" {
	local type cosign
	for type in ed25519 p256; do
		make_key $type $type
		for cosign in cosign2 cosign3; do
			COSIGN_PASSWORD='two words' $cosign public-key --key $type.key | cmp - $type.pub
			COSIGN_PASSWORD='two word' denied decrypt $cosign public-key --key $type.key
		done
	done
}

@test "nacre opens cosign's private keys and signs with them" {
	local cosign
	for cosign in cosign2 cosign3; do
		COSIGN_PASSWORD='two words' $cosign generate-key-pair --output-key-prefix $cosign
		[ "$(COSIGN_PASSWORD='two words' nacre key show $cosign.key | grep ^id)" = \
			"$(nacre key show $cosign.pub | grep ^id)" ]
		COSIGN_PASSWORD='two words' signed $cosign.layout $cosign.key
		cosign_verify $cosign $cosign.pub --local-image $cosign.layout
		nacre verify oci:$cosign.layout:v1 --key $cosign.pub
		COSIGN_PASSWORD='two word' refused 1 "wrong passphrase" \
			sign oci:$cosign.layout:v1 --key $cosign.key
	done
}

@test "nacre opens skopeo's private keys and signs with them" {
	echo 'two words' >passphrase
	skopeo generate-sigstore-key --output-prefix made --passphrase-file passphrase
	[ "$(nacre key show made.private --passphrase-file passphrase | grep ^id)" = \
		"$(nacre key show made.pub | grep ^id)" ]
	COSIGN_PASSWORD='two words' signed layout made.private "$(repo shop):v1"
	publish layout "$(repo shop)"
	trust made.pub
	skopeo copy -q "docker://$(repo shop):v1" dir:taken
}

@test "cosign verifies a layout that nacre signed, by that key alone" {
	local type cosign
	nacre key new other
	for type in ed25519 p256; do
		nacre key new --type $type $type
		signed $type.layout $type.key
		for cosign in cosign2 cosign3; do
			cosign_verify $cosign $type.pub --local-image $type.layout >out
			says_digest $cosign "$(digest_of $type.layout v1)"
			denied "no matching $(kind_of $cosign)" \
				cosign_verify $cosign other.pub --local-image $type.layout
		done
	done
}

@test "cosign verifies each of two keys that signed one image" {
	local key cosign
	for key in one two three; do
		nacre key new --type p256 $key
		signed layout $key.key
	done
	for cosign in cosign2 cosign3; do
		for key in one two three; do
			cosign_verify $cosign $key.pub --local-image layout >out
			[ "$(jq length out)" -eq 1 ]
		done
	done
}

# Of a layout with two images signed, cosign takes the first, without a word about the second.
@test "cosign sees the first signed image of a layout" {
	local cosign
	nacre key new one
	nacre key new two
	signed layout one.key
	echo "another note" >context/dist/share/note
	nacre build context -t oci:layout:v2 --compression gzip
	nacre sign oci:layout:v2 --key two.key
	nacre verify oci:layout:v2 --key two.pub
	for cosign in cosign2 cosign3; do
		cosign_verify $cosign one.pub --local-image layout >out
		says_digest $cosign "$(digest_of layout v1)"
		denied "no matching $(kind_of $cosign)" cosign_verify $cosign two.pub --local-image layout
	done
}

@test "the signature of another image is taken by nobody" {
	local cosign repo old new
	repo=$(repo shop)
	nacre key new release
	signed theirs release.key "$repo:v1"
	echo "another note" >context/dist/share/note
	nacre build context -t oci:layout:v1 --compression gzip
	old=$(sig_of theirs v1)
	new=$(sig_of layout v1)
	cp theirs/blobs/sha256/* layout/blobs/sha256
	jq -c --arg old "$old" --arg new "$new" --slurpfile theirs theirs/index.json '
		.manifests[0].annotations.kind = "dev.cosignproject.cosign/image" |
		.manifests += [$theirs[].manifests[] |
			select(.annotations["org.opencontainers.image.ref.name"] == $old) |
			.annotations["org.opencontainers.image.ref.name"] = $new]' \
		layout/index.json >index.json
	cp index.json layout/index.json
	refused 4 "1 for another image" verify oci:layout:v1 --key release.pub
	for cosign in cosign2 cosign3; do
		denied "no matching signatures" cosign_verify $cosign release.pub --local-image layout
	done
	publish layout "$repo"
	for cosign in cosign2 cosign3; do
		denied "no matching signatures" cosign_verify $cosign release.pub "$repo:v1"
	done
	trust release.pub
	denied rejected skopeo copy -q "docker://$repo:v1" dir:taken
}

# cosign_sign COSIGN KEY IMAGE: without any service.
cosign_sign() {
	local old=()

	[ "$1" = cosign2 ] || old=(--new-bundle-format=false --use-signing-config=false)
	"$1" sign --key "$2" --tlog-upload=false "${old[@]}" --yes "$3"
}

@test "nacre verifies what cosign signed in a registry, by that key alone" {
	local cosign key
	make_context
	nacre build context -t oci:layout:v1
	nacre key new other
	nacre key new --type ed25519 ed25519
	nacre key new --type p256 p256
	cosign2 generate-key-pair --output-key-prefix own
	# With Ed25519 and the old format cosign 3.1 signs a hash (Ed25519ph), and then does not
	# verify that itself.
	for key in cosign2/own cosign2/p256 cosign2/ed25519 cosign3/own cosign3/p256; do
		cosign=${key%/*}
		copy oci:layout:v1 "docker://$(repo "$key"):v1"
		cosign_sign "$cosign" "${key#*/}.key" "$(repo "$key")@$(digest_of layout v1)"
		"$cosign" save --dir "$key" "$(repo "$key"):v1"
		nacre verify "oci:$key" --key "${key#*/}.pub"
		nacre verify "oci:$key" --key "${key#*/}.pub" --identity "$(repo "$key")"
		refused 4 "none by a given key" verify "oci:$key" --key other.pub
		refused 4 "1 for another name" verify "oci:$key" --key "${key#*/}.pub" --identity "$(repo other)"
	done
}

@test "cosign verifies in a registry what nacre signed" {
	local type cosign
	nacre key new other
	for type in ed25519 p256; do
		nacre key new --type $type $type
		signed $type.layout $type.key "$(repo $type):v1"
		publish $type.layout "$(repo $type)"
		for cosign in cosign2 cosign3; do
			cosign_verify $cosign $type.pub "$(repo $type):v1"
			denied "no matching signatures" cosign_verify $cosign other.pub "$(repo $type):v1"
		done
	done
}

@test "nacre and cosign sign one image in turn, and both signatures count for both" {
	local cosign key
	nacre key new --type p256 one
	nacre key new --type p256 two
	signed layout one.key
	publish layout "$(repo shop)"
	cosign_sign cosign2 two.key "$(repo shop)@$(digest_of layout v1)"
	fetch "$(repo shop)" fetched
	nacre verify oci:fetched:v1 --key one.pub --key two.pub --threshold 2
	nacre key new --type p256 three
	nacre sign oci:fetched:v1 --key three.key
	copy "oci:fetched:$(sig_of fetched v1)" "docker://$(repo shop):$(sig_of fetched v1)"
	for cosign in cosign2 cosign3; do
		for key in one two three; do
			cosign_verify $cosign $key.pub "$(repo shop):v1"
		done
	done
}

@test "skopeo and podman take from a registry what nacre signed, under that key's policy alone" {
	local type repo
	nacre key new other
	for type in ed25519 p256; do
		repo=$(repo $type)
		nacre key new --type $type $type
		signed $type.layout $type.key "$repo:v1"
		publish $type.layout "$repo"
		trust other.pub
		denied rejected skopeo copy -q "docker://$repo:v1" dir:$type
		denied rejected podman pull -q "$repo:v1"
		trust $type.pub
		skopeo copy -q "docker://$repo:v1" dir:$type
		cmp <(manifest $type.layout v1) $type/manifest.json
		[ "$(podman pull -q "$repo:v1")" = \
			"$(manifest $type.layout v1 | jq -r '.config.digest | ltrimstr("sha256:")')" ]
	done
}

@test "skopeo and podman take it by no other name than the signed one" {
	nacre key new release
	signed layout release.key "$(repo shop):v1"
	publish layout "$(repo other)"
	copy oci:layout:v1 "docker://$(repo shop):v2"
	copy "oci:layout:$(sig_of layout v1)" "docker://$(repo shop):$(sig_of layout v1)"
	trust release.pub
	denied "not accepted" skopeo copy -q "docker://$(repo other):v1" dir:taken
	denied "not accepted" podman pull -q "$(repo other):v1"
	denied "not accepted" podman pull -q "$(repo shop):v2"
	trust release.pub matchRepository
	denied "not accepted" podman pull -q "$(repo other):v1"
	podman pull -q "$(repo shop):v2"
	# So it is for nacre.
	nacre verify oci:layout:v1 --key release.pub --identity "$(repo shop)"
	refused 4 "for another name" verify oci:layout:v1 --key release.pub --identity "$(repo shop):v2"
	refused 4 "for another name" verify oci:layout:v1 --key release.pub --identity "$(repo other):v1"
}

# signed_by_peer NAME: what came back from the registry is signed by the key NAME, as what it is.
signed_by_peer() {
	fetch "$(repo "$1")" "$1.layout"
	nacre verify "oci:$1.layout:v1" --key "$1.pub"
	nacre verify "oci:$1.layout:v1" --key "$1.pub" --identity "$(repo "$1"):v1"
	refused 4 "none by a given key" verify "oci:$1.layout:v1" --key other.pub
	refused 4 "1 for another name" \
		verify "oci:$1.layout:v1" --key "$1.pub" --identity "$(repo other):v1"
}

@test "nacre verifies what skopeo signed with nacre's key" {
	local type
	make_context
	nacre build context -t oci:layout:v1
	nacre key new other
	echo 'two words' >passphrase
	for type in ed25519 p256; do
		make_key $type $type
		trust $type.pub
		skopeo --insecure-policy copy -q --sign-by-sigstore-private-key $type.key \
			--sign-passphrase-file passphrase oci:layout:v1 "docker://$(repo $type):v1"
		signed_by_peer $type
	done
}

@test "nacre verifies what podman pushed and signed with nacre's key" {
	local type
	make_context
	nacre build context -t oci:layout:v1 --compression gzip
	copy oci:layout:v1 "docker://$(repo shop):v1"
	nacre key new other
	echo 'two words' >passphrase
	cp "$BATS_TEST_DIRNAME/policy.json" .
	podman pull -q --signature-policy policy.json "$(repo shop):v1"
	for type in ed25519 p256; do
		make_key $type $type
		trust $type.pub
		podman push -q --sign-by-sigstore-private-key $type.key \
			--sign-passphrase-file passphrase "$(repo shop):v1" "docker://$(repo $type):v1"
		signed_by_peer $type
	done
}

# The new format, with keys that nacre made.
@test "cosign makes bundles with nacre's keys, and calls them by nacre's id" {
	local cosign image type key
	make_context
	nacre build context -t oci:layout:v1
	nacre key new other
	nacre key new --type ed25519 ed25519
	nacre key new --type p256 p256
	copy oci:layout:v1 "docker://$(repo shop):v1"
	image=$(repo shop)@$(digest_of layout v1)
	bundle_sign p256.key "$image" bundle.json
	[ "$(jq -r .verificationMaterial.publicKey.hint bundle.json | base64 -d | od -An -tx1 -v |
		tr -d ' \n')" = "$(nacre key show p256.pub | awk '$1 == "id" { print $2 }')" ]
	cosign_verify cosign3 p256.pub "$(repo shop):v1"
	denied "no matching attestations" cosign_verify cosign3 other.pub "$(repo shop):v1"
	echo '{"passed": true}' >predicate.json
	type=https://example.org/test
	for key in ed25519 p256; do
		cosign2 attest --key $key.key --new-bundle-format --tlog-upload=false --yes \
			--type $type --predicate predicate.json "$image"
	done
	for cosign in cosign2 cosign3; do
		bundle_verify $cosign p256.pub "$image"
		bundle_verify $cosign p256.pub "$image" $type
		bundle_verify $cosign ed25519.pub "$image" $type
		denied "no matching attestations" bundle_verify $cosign other.pub "$image"
		denied "no matching attestations" bundle_verify $cosign other.pub "$image" $type
	done
}

# For cosign 3 an old signature no longer counts once there is a bundle.
@test "nacre's signature counts beside the bundle of cosign" {
	local sig
	nacre key new --type p256 one
	nacre key new --type p256 two
	signed layout one.key "$(repo shop):v1"
	sig=$(sig_of layout v1)
	publish layout "$(repo shop)"
	bundle_sign two.key "$(repo shop)@$(digest_of layout v1)" bundle.json
	oras copy --recursive --from-plain-http "$(repo shop):v1" --to-oci-layout both:v1
	oras copy --from-plain-http "$(repo shop):$sig" --to-oci-layout "both:$sig"
	oras discover --oci-layout both:v1 | grep sha256: | grep -v both@
	nacre verify oci:both:v1 --key one.pub --identity "$(repo shop):v1"
	cosign_verify cosign2 one.pub "$(repo shop):v1"
	cosign_verify cosign3 two.pub "$(repo shop):v1"
	denied "no matching attestations" cosign_verify cosign3 one.pub "$(repo shop):v1"
}

@test "cosign verifies nacre's bundles in a layout and in a registry, by their key alone" {
	local type image
	nacre key new other
	for type in ed25519 p256; do
		image=$(repo $type):v1
		nacre key new --type $type $type
		make_context
		nacre build context -t oci:$type.layout:v1
		nacre sign oci:$type.layout:v1 --key $type.key --form bundle --identity "$image" -a team=red
		cosign_verify cosign3 $type.pub --local-image $type.layout
		denied "no matching attestations" cosign_verify cosign3 other.pub --local-image $type.layout
		oras copy --recursive --from-oci-layout $type.layout:v1 --to-plain-http "$image"
		cosign_verify cosign3 $type.pub "$image"
		denied "no matching attestations" cosign_verify cosign3 other.pub "$image"
		bundle_verify cosign2 $type.pub "$image"
		bundle_verify cosign3 $type.pub "$image"
		denied "no matching attestations" bundle_verify cosign2 other.pub "$image"
		# And back again: the referrers of a registry are as good as they were.
		oras copy --recursive --from-plain-http "$image" --to-oci-layout $type.again:v1
		nacre verify oci:$type.again:v1 --key $type.pub --identity "$image" -a team=red
		refused 4 "1 signature, none by a given key" verify oci:$type.again:v1 --key other.pub
	done
}

@test "nacre verifies bundles that cosign 3 made, however the image was fetched" {
	local image
	make_context
	nacre build context -t oci:layout:v1
	nacre key new other
	nacre key new --type p256 p256
	copy oci:layout:v1 "docker://$(repo shop):v1"
	image=$(repo shop)@$(digest_of layout v1)
	bundle_sign p256.key "$image" bundle.json
	oras copy --recursive --from-plain-http "$(repo shop):v1" --to-oci-layout oras:v1
	nacre verify oci:oras:v1 --key p256.pub
	refused 4 "1 signature, none by a given key" verify oci:oras:v1 --key other.pub
	# cosign saves the bundle, and lists it nowhere.
	cosign3 save --dir saved "$(repo shop):v1"
	nacre verify oci:saved --key p256.pub
	refused 4 "1 signature, none by a given key" verify oci:saved --key other.pub
	nacre copy oci:saved oci-archive:one.tar
	nacre verify oci-archive:one.tar --key p256.pub
	# The list that registries without the referrers API keep under a tag.
	copy "docker://$(repo shop):v1" oci:tagged:v1
	copy --all "docker://$(repo shop):$(sig_of layout v1 | sed 's/\.sig$//')" \
		"oci:tagged:$(sig_of layout v1 | sed 's/\.sig$//')"
	nacre verify oci:tagged:v1 --key p256.pub
	# It says no name: a policy that wants one is not met.
	refused 4 "1 for another name" verify oci:oras:v1 --key p256.pub --identity "$(repo shop)"
}

@test "an attestation is no signature, whoever has made it" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new --type p256 p256
	copy oci:layout:v1 "docker://$(repo shop):v1"
	echo '{"passed": true}' >predicate.json
	cosign2 attest --key p256.key --new-bundle-format --tlog-upload=false --yes \
		--type https://example.org/test --predicate predicate.json \
		"$(repo shop)@$(digest_of layout v1)"
	oras copy --recursive --from-plain-http "$(repo shop):v1" --to-oci-layout oras:v1
	refused 4 "1 that says something else" verify oci:oras:v1 --key p256.pub
	nacre sign oci:oras:v1 --key p256.key
	nacre verify oci:oras:v1 --key p256.pub 2>warnings
	[ ! -s warnings ]
}

@test "umoci reads a signed layout, and its gc leaves the signature" {
	nacre key new release
	signed layout release.key
	[ "$(umoci ls --layout layout | sort)" = "$(printf '%s\n' "$(sig_of layout v1)" v1)" ]
	umoci stat --image layout:v1 --json | jq -e '.history | length == 1'
	umoci unpack --image layout:v1 bundle
	umoci gc --layout layout
	nacre verify oci:layout:v1 --key release.pub --deep
}

@test "oras reads a signed layout and publishes it" {
	local tag
	nacre key new release
	signed layout release.key
	oras discover --oci-layout layout:v1
	[ "$(oras repo tags --oci-layout layout | sort)" = "$(printf '%s\n' "$(sig_of layout v1)" v1)" ]
	for tag in v1 "$(sig_of layout v1)"; do
		oras manifest fetch --oci-layout "layout:$tag" | cmp - <(manifest layout "$tag")
		oras copy --from-oci-layout "layout:$tag" --to-plain-http "$(repo shop):$tag"
		oras copy --from-plain-http "$(repo shop):$tag" --to-oci-layout "again:$tag"
	done
	nacre verify oci:again:v1 --key release.pub
	cosign_verify cosign2 release.pub "$(repo shop):v1"
}

# agree POLICY NAME [WHY]: skopeo takes docker://NAME under this policy exactly when nacre takes what lies
# in the layout of that repository as NAME. With WHY, skopeo takes it and nacre does not.
agree() {
	local theirs=yes ours=yes

	echo "$1" >policy.json
	rm -rf taken
	skopeo --policy policy.json --registries.d registries.d copy -q "docker://$2" dir:taken \
		>theirs.log 2>&1 || theirs=no
	nacre verify "oci:$(layout_of "$2"):v1" --policy policy.json --identity "$2" >ours.log 2>&1 || ours=no
	count=$((count + 1))
	[ "$theirs" = yes ] && taken=$((taken + 1))
	[ "$theirs$ours" != "${3:+yesno}" ] || return 0
	[ "$theirs" = "$ours" ] && [ -z "${3-}" ] && return 0
	echo "policy $1 and $2: skopeo says $theirs, nacre $ours"
	cat theirs.log ours.log
	return 1
}

layout_of() { # layout_of NAME
	case $1 in
	*/bare*) echo bare ;;
	*) echo layout ;;
	esac
}

@test "skopeo and nacre judge alike by the same policy" {
	local name one two three list both digest count=0 taken=0 requirement scope kind
	local any='{"type":"insecureAcceptAnything"}' no='{"type":"reject"}'
	nacre key new --type p256 one
	nacre key new two
	nacre key new three
	name=$(repo shop)
	signed layout one.key "$name:v1"
	signed layout two.key "$name:v1"
	publish layout "$name"
	copy oci:layout:v1 "docker://$name:v2"
	nacre copy oci:layout:v1 oci:bare:v1 --no-signatures
	copy oci:bare:v1 "docker://$(repo bare):v1"
	digest=$(digest_of layout v1)
	mkdir registries.d
	echo "docker: {\"$registry\": {use-sigstore-attachments: true}}" >registries.d/registry.yaml
	key() { printf '{"type":"sigstoreSigned","keyPath":"%s"%s}' "$PWD/$1.pub" "${2:+,$2}"; }
	identity() { printf '"signedIdentity":{"type":"%s"%s}' "$1" "${2:+,$2}"; }
	all() { printf '{"default":[%s]}' "$1"; }
	at() { printf '{"default":[%s],"transports":{"docker":{"%s":[%s]}}}' "$3" "$1" "$2"; }

	# Keys and names.
	one=$(key one) two=$(key two) three=$(key three)
	list=$(printf '{"type":"sigstoreSigned","keyPaths":["%s","%s"]}' "$PWD/three.pub" "$PWD/one.pub")
	both=$(printf '{"type":"sigstoreSigned","keyDatas":["%s"]}' "$(base64 -w0 two.pub)")
	for requirement in "$any" "$no" "$one" "$two" "$three" "$list" "$both" "$one,$two" "$one,$three" \
		"$any,$three" "$one,$any" "$one,$no"; do
		agree "$(all "$requirement")" "$name:v1"
		agree "$(all "$requirement")" "$(repo bare):v1"
	done
	for kind in matchRepoDigestOrExact matchExact matchRepository; do
		for requirement in "$name:v1" "$name:v2" "$name@$digest" "$(repo bare):v1"; do
			agree "$(all "$(key one "$(identity $kind)")")" "$requirement"
		done
	done
	for requirement in "$name:v1" "$name:v2" "$name" "$(repo other):v1"; do
		agree "$(all "$(key one "$(identity exactReference "\"dockerReference\":\"$requirement\"")")")" "$name:v2"
		agree "$(all "$(key one "$(identity exactRepository "\"dockerRepository\":\"$requirement\"")")")" "$name:v2"
	done
	for requirement in "$registry $registry" "$name $name" "${name%/*} ${name%/*}" "example.org $registry" \
		"$registry example.org" "${name%p} ${name%p}"; do
		agree "$(all "$(key one "$(identity remapIdentity "\"prefix\":\"${requirement% *}\",\"signedPrefix\":\"${requirement#* }\"")")")" "$name:v1"
	done
	# Scopes.
	for scope in "$name:v1" "$name:v2" "$name" "${name%/*}" "$registry" "" "${name%p}" "$(repo bare)" "example.org"; do
		agree "$(at "$scope" "$one" "$no")" "$name:v1"
		agree "$(at "$scope" "$no" "$any")" "$name:v1"
	done
	agree "{\"default\":[$any],\"transports\":{\"docker\":{\"$name\":[$one],\"$name:v1\":[$no]}}}" "$name:v1"
	agree "{\"default\":[$no],\"transports\":{\"docker\":{\"$registry\":[$no],\"$name\":[$one]}}}" "$name:v1"
	agree "{\"default\":[$no],\"transports\":{\"oci\":{\"\":[$any]}}}" "$name:v1"
	# What is wrong.
	for requirement in '{}' '[]' '' '{"default":[]}' "{\"default\":[$any],\"more\":1}" \
		"{\"default\":[$any],\"default\":[$any]}" '{"default":[{"type":"other"}]}' \
		'{"default":[{"type":"sigstoreSigned"}]}' "$(all "$(key one '"keyData":"YQ=="')")" \
		"$(all "$(key one '"more":1')")" "$(all "$(key missing)")" "$(all '{"type":"sigstoreSigned","keyData":"?"}')" \
		"$(all "$(key one "$(identity other)")")" "$(all "$(key one "$(identity exactReference)")")" \
		"$(all '{"type":"insecureAcceptAnything","keyPath":"/k"}')" \
		"$(all "$(key one '"threshold":1')")"; do
		case $requirement in
		*threshold*) # nacre's own
			run ! agree "$requirement" "$name:v1"
			continue
			;;
		esac
		agree "$requirement" "$name:v1"
	done
	echo "# $count policies and names, $taken of them taken" >&3
	[ "$count" -ge 80 ] && [ "$taken" -ge 20 ] && [ "$taken" -le 60 ]
}
