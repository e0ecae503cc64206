#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# policy.json of containers: which scope applies, what it asks for, and what an account of it says.

load ../lib/common

# Three keys; two of them have signed oci:layout:v1 as example.org/shop:v1.
make_judged() {
	local key

	make_context
	nacre build context -t oci:layout:v1 >/dev/null
	for key in one two three; do
		nacre key new $key >/dev/null
	done
	nacre sign oci:layout:v1 --key one.key --key two.key --identity example.org/shop:v1 >/dev/null
	nacre copy oci:layout:v1 oci-archive:image.tar >/dev/null
}

# policy TRANSPORT SCOPE REQUIREMENT…: policy.json, which rejects everything else.
policy() {
	local IFS=,

	printf '{"default":[{"type":"reject"}],"transports":{"%s":{"%s":[%s]}}}\n' "$1" "$2" \
		"${*:3}" >policy.json
}

# signed KEYS [MEMBER…]: a requirement.
signed() {
	local IFS=,
	local keys=("${@:2}")

	printf '{"type":"sigstoreSigned","keyPaths":["%s.pub"]%s}' "${1//,/.pub\",\"}" \
		"${keys[*]:+,${keys[*]}}"
}

@test "a layout and an archive are judged by the scopes of their paths" {
	make_judged
	local where rule='{"type":"insecureAcceptAnything"}' dir
	dir=$(realpath .)
	for where in "$dir/layout" "$dir" "$(dirname "$dir")"; do
		policy oci "$where" "$rule"
		nacre verify oci:layout:v1 --policy policy.json >out
		grep -qF "not verified: policy.json: transports.oci.\"$where\" takes it from anybody" out
		refused 4 "policy.json: default: reject" verify oci-archive:image.tar --policy policy.json
	done
	policy oci-archive "$dir/image.tar" "$rule"
	nacre verify oci-archive:image.tar --policy policy.json
	refused 4 "policy.json: default: reject" verify oci:layout:v1 --policy policy.json
	policy oci "" "$rule"
	nacre verify oci:layout:v1 --policy policy.json
	# Another way to the same place does not lead to another rule.
	policy oci "$dir/layout" '{"type":"reject"}' && sed -i 's/"default":\[{"type":"reject"}\]/"default":[{"type":"insecureAcceptAnything"}]/' policy.json
	ln -s layout link
	refused 4 "reject" verify oci:link:v1 --policy policy.json
	refused 4 "reject" verify "oci:./context/../layout:v1" --policy policy.json
	# A tag is no part of a scope, nor is leaving it out a way around.
	refused 4 "reject" verify oci:layout --policy policy.json
}

@test "with a name the scopes of that name apply, and it is the name that must be signed" {
	make_judged
	policy docker example.org/shop "$(signed one)"
	nacre verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1 >out
	grep -qF 'signed by 1 key, as policy.json: transports.docker."example.org/shop" asks' out
	nacre verify oci-archive:image.tar --policy policy.json --identity example.org/shop:v1
	refused 4 "for another name" verify oci:layout:v1 --policy policy.json --identity example.org/shop:v2
	refused 4 "default: reject" verify oci:layout:v1 --policy policy.json --identity example.org/other:v1
	# What the layout calls itself decides nothing.
	refused 4 "default: reject" verify oci:layout:v1 --policy policy.json
	policy docker example.org "$(signed one '"signedIdentity":{"type":"matchRepository"}')"
	nacre verify oci:layout:v1 --policy policy.json --identity example.org/shop:v2
	refused 4 "for another name" verify oci:layout:v1 --policy policy.json --identity example.org/other:v1
	policy docker example.org "$(signed one '"signedIdentity":{"type":"exactReference","dockerReference":"example.org/shop:v1"}')"
	nacre verify oci:layout:v1 --policy policy.json --identity example.org/mirror:v9
	policy oci "" "$(signed one)"
	refused 4 "for another name" verify oci:layout:v1 --policy policy.json
	policy oci "" "$(signed one '"signedIdentity":{"type":"exactRepository","dockerRepository":"example.org/shop"}')"
	nacre verify oci:layout:v1 --policy policy.json
}

@test "a threshold counts different keys of the list" {
	make_judged
	local member
	policy docker example.org "$(signed one,two,three '"threshold":2')"
	nacre verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
	policy docker example.org "$(signed one,two,three '"threshold":3')"
	refused 4 "2 of 3 needed signatures" \
		unpack oci:layout:v1 rootfs --policy policy.json --identity example.org/shop:v1
	policy docker example.org "$(signed one,one '"threshold":2')"
	refused 1 "distinct" verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
	for member in 0 -1 1.5 '"2"' null; do
		policy docker example.org "$(signed one,two "\"threshold\":$member")"
		refused 1 "threshold" verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
	done
}

@test "all requirements of a list must be met" {
	make_judged
	policy docker example.org "$(signed one)" "$(signed two)"
	nacre verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
	policy docker example.org "$(signed one)" "$(signed three)"
	refused 4 "requirement 2 of 2: " verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
	policy docker example.org "$(signed one)" '{"type":"reject"}'
	refused 4 "requirement 2 of 2: reject" verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
	policy docker example.org '{"type":"insecureAcceptAnything"}' "$(signed three)"
	refused 4 "requirement 2 of 2: " verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
}

@test "what cannot be decided here refuses where it applies, and nowhere else" {
	make_judged
	local requirement
	for requirement in '{"type":"signedBy","keyType":"GPGKeys","keyPath":"/k"}' \
		'{"type":"sigstoreSigned","fulcio":{"caPath":"/c","oidcIssuer":"https://i.org","subjectEmail":"a@b.org"},"rekorPublicKeyPath":"/r"}' \
		'{"type":"sigstoreSigned","keyPath":"one.pub","rekorPublicKeyPath":"/r"}'; do
		policy docker example.org/shop "$requirement"
		refused 3 "cannot be checked here" verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
		policy docker example.org/shop "$(signed one)" "$requirement"
		refused 3 "cannot be checked here" verify oci:layout:v1 --policy policy.json --identity example.org/shop:v1
		refused 4 "default: reject" verify oci:layout:v1 --policy policy.json --identity example.org/other:v1
	done
}

@test "a policy that is wrong anywhere decides nothing" {
	make_judged
	local text
	for text in '' '[]' '{}' '{"default":[]}' '{"default":[{"type":"accept"}]}' \
		'{"default":[{"type":"reject"}],"default":[{"type":"insecureAcceptAnything"}]}' \
		'{"default":[{"type":"insecureAcceptAnything"}],"more":1}' \
		'{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{"other.org":[{"type":"sigstoreSigned"}]}}}' \
		'{"default":[{"type":"insecureAcceptAnything","keyPath":"one.pub"}]}' \
		'{"Default":[{"type":"insecureAcceptAnything"}]}' \
		'{"default":[{"type":"insecureAcceptAnything"}]} x'; do
		printf '%s' "$text" >policy.json
		refused 1 "policy.json" verify oci:layout:v1 --policy policy.json
		refused 1 "policy.json" unpack oci:layout:v1 rootfs --policy policy.json
	done
	refused 1 "missing.json" verify oci:layout:v1 --policy missing.json
	refused 1 "not a regular file" verify oci:layout:v1 --policy context
	truncate -s 2M large.json
	refused 1 "more than 1048576 bytes" verify oci:layout:v1 --policy large.json
	policy oci "" "$(signed nobody)"
	refused 1 "nobody.pub" verify oci:layout:v1 --policy policy.json
	cp one.key private.pub
	policy oci "" "$(signed private)"
	refused 1 "private.pub" verify oci:layout:v1 --policy policy.json
}

@test "keys of a policy are seen from where it lies" {
	make_judged
	mkdir -p etc/keys
	mv one.pub etc/keys/one.pub
	printf '{"default":[{"type":"sigstoreSigned","keyPath":"keys/one.pub","signedIdentity":{"type":"exactReference","dockerReference":"example.org/shop:v1"}}]}' >etc/policy.json
	nacre verify oci:layout:v1 --policy etc/policy.json
	(cd etc && nacre verify oci:../layout:v1 --policy policy.json)
	printf '{"default":[{"type":"sigstoreSigned","keyData":"%s","signedIdentity":{"type":"exactReference","dockerReference":"example.org/shop:v1"}}]}' \
		"$(base64 -w0 etc/keys/one.pub)" >data.json
	nacre verify oci:layout:v1 --policy data.json
}

# An index of one image, signed as such.
@test "the signature of an index counts for its image when the policy says so" {
	make_judged
	local image size
	image=$(digest_of layout v1)
	size=$(manifest layout v1 | wc -c)
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%s,"platform":{"os":"linux","architecture":"amd64"}}]}' \
		"$image" "$size" >index
	cp index "layout/blobs/sha256/$(sha256sum <index | cut -d' ' -f1)"
	jq -c --arg d "sha256:$(sha256sum <index | cut -d' ' -f1)" --argjson n "$(wc -c <index)" \
		'.manifests += [{mediaType: "application/vnd.oci.image.index.v1+json", digest: $d, size: $n,
			annotations: {"org.opencontainers.image.ref.name": "all"}}]' layout/index.json >new
	cp new layout/index.json
	nacre sign oci:layout:all --key three.key --identity example.org/shop:v1
	policy docker example.org "$(signed three)"
	refused 4 "for the index and not for the image" \
		verify oci:layout:all --policy policy.json --identity example.org/shop:v1
	policy docker example.org "$(signed three '"acceptIndexSignature":true')"
	nacre verify oci:layout:all --policy policy.json --identity example.org/shop:v1
	# For the image by its own digest it is another one's.
	refused 4 "none by a given key" \
		verify "oci:layout@$image" --policy policy.json --identity example.org/shop:v1
	nacre verify oci:layout:all --key three.pub
	refused 4 "none by a given key" verify "oci:layout@$image" --key three.pub
}

@test "only one thing says whom to trust" {
	make_judged
	policy oci "" "$(signed one)"
	refused 2 "--key and --policy exclude each other" verify oci:layout:v1 --policy policy.json --key one.pub
	refused 2 "--policy and --unsigned exclude each other" verify oci:layout:v1 --policy policy.json --unsigned
	refused 2 "--threshold needs --key" verify oci:layout:v1 --policy policy.json --threshold 1
	refused 2 "--annotation needs --key" verify oci:layout:v1 --policy policy.json -a team=red
	refused 2 "--identity needs --key or --policy" verify oci:layout:v1 --unsigned --identity example.org/shop:v1
	refused 1 "example.org/shop" verify oci:layout:v1 --policy policy.json --identity example.org/shop
	refused 2 "--policy FILE" verify oci:layout:v1
}

@test "the account says which rule has decided, and the fate of each signature" {
	make_judged
	nacre sign oci:layout:v1 --key three.key --identity example.org/other:v1 --form simple
	policy docker example.org "$(signed one,three '"threshold":2')"
	run --separate-stderr -4 nacre verify oci:layout:v1 --policy policy.json \
		--identity example.org/shop:v1 --explain
	[[ $stderr = *"1 of 2 needed signatures (1 for another name)"* ]]
	[[ $output = *'rule      policy.json: transports.docker."example.org"'* ]]
	[[ $output = *'requirement 1  signed by 2 of 2 keys, name matchRepoDigestOrExact: 1 has signed, not met'* ]]
	[[ $output = *'counts no more: its key has signed already'* ]]
	[[ $output = *'by no key that is asked for'* ]]
	[[ $output = *'for another name'*'name  example.org/other:v1'* ]]
	run --separate-stderr -4 nacre verify oci:layout:v1 --policy policy.json \
		--identity example.org/shop:v1 --explain --json
	jq -e '.explain | .rule == "policy.json: transports.docker.\"example.org\"" and
		.requirements == [{type: "signed", identity: "matchRepoDigestOrExact", keys: 2,
			threshold: 2, have: 1, met: false}] and
		([.signatures[].fate] | sort) == ["again", "counts", "other-key", "other-key", "other-name"]' <<<"$output"
	nacre verify oci:layout:v1 --key one.pub --explain --json | jq -e '.trust == "signed by 1 key, 1 needed" and
		.explain.rule == "--key" and .explain.requirements[0].met'
	nacre verify oci:layout:v1 --key one.pub --explain | grep -q '^requirement 1  signed by 1 of 1 key, name any name: 1 has signed, met$'
	nacre verify "oci:layout@$(digest_of layout v1)" --explain --json | jq -e '.explain == null'
}

# A name that a good key has signed may be any text.
@test "no name in the account steers a terminal" {
	make_context
	nacre build context -t oci:layout:v1
	openssl genpkey -quiet -algorithm ed25519 -out key.pem
	openssl pkey -in key.pem -pubout -out key.pub
	nacre sign oci:layout:v1 --payload >payload
	nacre key new one
	nacre sign oci:layout:v1 --key one.key --form simple
	"$PYTHON" - "$(digest_of layout v1)" <<-'P'
	import base64, hashlib, json, subprocess, sys
	def put(data):
	    digest = hashlib.sha256(data).hexdigest()
	    with open("layout/blobs/sha256/" + digest, "wb") as file:
	        file.write(data)
	    return {"digest": "sha256:" + digest, "size": len(data)}
	def get(digest):
	    with open("layout/blobs/" + digest.replace(":", "/"), "rb") as file:
	        return json.load(file)
	with open("payload") as file:
	    payload = json.load(file)
	payload["critical"]["identity"]["docker-reference"] = "h.org/\x1b]0;evil\x07\u202e:v1"
	with open("message", "w") as file:
	    json.dump(payload, file)
	subprocess.run("openssl pkeyutl -sign -inkey key.pem -rawin -in message -out raw", shell=True, check=True)
	with open("message", "rb") as file, open("raw", "rb") as raw:
	    layer = {"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", **put(file.read()),
	             "annotations": {"dev.cosignproject.cosign/signature": base64.b64encode(raw.read()).decode()}}
	with open("layout/index.json") as file:
	    index = json.load(file)
	(desc,) = [d for d in index["manifests"] if d["annotations"].get("kind", "").endswith("/sigs")]
	manifest = get(desc["digest"])
	manifest["layers"] = [layer]
	desc.update(put(json.dumps(manifest).encode()))
	with open("layout/index.json", "w") as file:
	    json.dump(index, file)
	P
	nacre verify oci:layout:v1 --key key.pub --explain >out
	grep -qF 'name  h.org/\x1b]0;evil\x07\xe2\x80\xae:v1' out
	run ! grep -q "$(printf '\033')" out
	nacre verify oci:layout:v1 --key key.pub --explain --json >json
	run ! grep -q "$(printf '\033')" json
	jq -e '.explain.signatures[0].name == "h.org/\u001b]0;evil\u0007\u202e:v1"' json
}
