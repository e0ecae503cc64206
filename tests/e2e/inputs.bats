#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Locks beside recipes, and builds from what was gathered, with nothing else left.

load ../lib/common

sha256_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

base() { # base NAME TEXT: oci:NAME:v1
	mkdir -p "$1.src"
	printf '%s' "$2" >"$1.src/data"
	write "$1.src/nacre.yaml" <<-E
	nacre: 1
	from: scratch
	layers: [{name: a, steps: [{copy: {from: data, to: /etc/base}}]}]
	E
	nacre build "$1.src" -t "oci:$1:v1" -q >/dev/null
}

# A recipe with an input of each kind that can be gathered; its places lie outside of its folder.
all_kinds() {
	export NACRE_CACHE=$PWD/cache
	unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	base one first
	base tools second
	nacre key new signer 2>/dev/null
	nacre sign oci:tools:v1 --key signer.key >/dev/null
	mkdir -p root/usr outside context
	echo hello >root/usr/hello
	tar -C root --owner=0 --group=0 --mtime=@5 -cf root.tar .
	head -c 5000 /dev/urandom >outside/blob
	tar -C root --mtime=@5 -cf outside/tool.tar .
	write context/nacre.yaml <<-E
	nacre: 1
	from: oci:../one:v1
	args: {TO: /srv}
	stages:
	  tools:
	    from: {image: oci:../tools:v1, key: ../signer.pub}
	    steps: [{dir: {path: /x}}]
	  disk:
	    from: rootfs:../root.tar
	    steps: [{dir: {path: /x}}]
	  unused:
	    from: rootfs:../not-there.tar
	    steps: [{dir: {path: /x}}]
	layers:
	  - name: a
	    steps:
	      - fetch: {url: "file://$PWD/outside/blob", sha256: $(sha256_of outside/blob), to: "\${TO}/blob"}
	      - archive: {url: "file://$PWD/outside/tool.tar", sha256: $(sha256_of outside/tool.tar), to: /opt}
	      - copy: {stage: tools, from: /etc/base, to: /etc/tools}
	      - copy: {stage: disk, from: /usr/hello, to: /etc/hello}
	E
}

fails_with() { # fails_with CODE TEXT COMMAND…
	local code=$1 text=$2

	shift 2
	run --separate-stderr nacre "$@"
	[ "$status" -eq "$code" ] || { echo "$status: $stderr"; return 1; }
	[[ "$stderr" = *"$text"* ]] || { echo "no '$text' in: $stderr"; return 1; }
}

@test "a lock has what the recipe takes from outside, each with digest and size" {
	all_kinds
	[ "$(nacre lock context --json | jq -c '[.inputs, .changed]')" = '[5,true]' ]
	[ "$(jq -c '[.inputs[].kind]' context/nacre.lock)" = '["file","file","image","image","rootfs"]' ]
	[ "$(wc -l <context/nacre.lock)" = 7 ]
	[ "$(jq -r '.inputs[4] | .digest + " \(.size)"' context/nacre.lock)" = \
		"sha256:$(sha256_of root.tar) $(stat -c %s root.tar)" ]
	[ "$(jq -r '.inputs[2].digest' context/nacre.lock)" = "$(jq -r '.manifests[0].digest' one/index.json)" ]
	cp context/nacre.lock before
	[ "$(nacre lock context --json | jq .changed)" = false ]
	nacre lock context --check
	cmp before context/nacre.lock
	nacre build context -t oci:out:v1 -q
}

@test "with a lock, the image is the one that it was without" {
	all_kinds
	nacre build context -t oci:free:v1 -q >free.id
	nacre lock context
	nacre build context -t oci:locked:v1 -q >locked.id
	cmp free.id locked.id
	cmp free/index.json locked/index.json
}

@test "a build from what was gathered needs nothing else, and gives the same image" {
	all_kinds
	nacre lock context
	nacre build context -t oci:before:v1 -q >before.id
	nacre vendor gathered context
	rm -r one tools root.tar outside cache
	# nothing but the gathered inputs is there any more
	fails_with 1 "nacre.yaml:2:" build context -t oci:refused:v1
	[ ! -e refused ]
	unshare --net true 2>/dev/null && alone=(unshare --net) || alone=()
	"${alone[@]}" "$NACRE" build context --vendor gathered -t oci:after:v1 -q >after.id
	cmp before.id after.id
	cmp before/index.json after/index.json
	[ -z "$(find cache -path "*/inputs/*" -type f)" ]
}

@test "gathering twice, and for a second recipe, adds to what is there" {
	all_kinds
	nacre lock context
	nacre vendor gathered context
	cp gathered/index.json once
	nacre vendor gathered context
	cmp once gathered/index.json
	mkdir other
	write other/nacre.yaml <<-E
	nacre: 1
	from: oci:../tools:v1
	layers: [{name: a, steps: [{dir: {path: /y}}]}]
	E
	nacre lock other
	nacre vendor gathered other
	nacre build other --vendor gathered -t oci:o:v1 -q
	nacre build context --vendor gathered -t oci:c:v1 -q
	for blob in gathered/blobs/sha256/*; do
		[ "$(sha256_of "$blob")" = "${blob##*/}" ]
	done
}

@test "a base that has changed is refused until the lock is written anew" {
	all_kinds
	nacre lock context
	base one changed
	fails_with 3 "the lock has sha256:" build context -t oci:refused:v1
	[[ "$stderr" = *"nacre.yaml:2:"*"oci:../one:v1"* ]]
	fails_with 3 "oci:../one:v1" lock context --check
	[ ! -e refused ]
	nacre lock context
	nacre build context -t oci:out:v1 -q
}

@test "an archive that has changed is refused, in size or in a byte" {
	all_kinds
	nacre lock context
	printf X | dd of=root.tar bs=1 seek=600 conv=notrunc status=none
	fails_with 3 "root.tar" build context -t oci:refused:v1
	[[ "$stderr" = *"the lock has sha256:"* ]]
	[ ! -e refused ]
}

@test "an input without an entry, an entry without an input, another digest of the recipe" {
	all_kinds
	nacre lock context
	cp context/nacre.lock whole
	sed -i 's|file://.*/blob", sha|file:///elsewhere", sha|' context/nacre.yaml
	fails_with 1 "nacre.yaml:17:" build context -t oci:refused:v1
	[[ "$stderr" = *"no file 'file:///elsewhere'"* ]]
	sed -i '/fetch:/d' context/nacre.yaml
	fails_with 3 "which the recipe does not need" build context -t oci:refused:v1
	nacre lock context
	nacre build context -t oci:out:v1 -q
	sed -i 's/sha256: [0-9a-f]*/sha256: '"$(printf '%064d' 7)"'/' context/nacre.yaml
	fails_with 3 "nacre.yaml:17:" build context -t oci:refused:v1
	[ ! -e refused ]
}

@test "a directory is locked by what it holds, and cannot be gathered" {
	mkdir -p root/usr context
	echo hello >root/usr/hello
	write context/nacre.yaml <<-E
	nacre: 1
	from: rootfs:../root/
	layers: [{name: a, steps: [{dir: {path: /y}}]}]
	E
	nacre lock context
	nacre build context -t oci:out:v1 -q
	[ "$(jq -r '.inputs[0].digest' context/nacre.lock)" = \
		"$(nacre inspect oci:out:v1 --json | jq -r '.. | .diffId? // empty' | head -1)" ]
	fails_with 3 "cannot be gathered" vendor gathered context
	[ ! -e gathered ]
	echo changed >root/usr/hello
	fails_with 3 "the lock has sha256:" build context -t oci:refused:v1
}

@test "the lock of a recipe that -f names lies beside it, under its name" {
	all_kinds
	mv context/nacre.yaml context/app.yaml
	nacre lock context -f context/app.yaml
	[ -e context/app.lock ]
	[ ! -e context/nacre.lock ]
	base one changed
	fails_with 3 "the lock has sha256:" build context -f context/app.yaml -t oci:refused:v1
}

@test "without a lock nothing is gathered, nor taken from what was" {
	all_kinds
	fails_with 2 "no lock beside the recipe" vendor gathered context
	[ ! -e gathered ]
	nacre lock context
	nacre vendor gathered context
	rm context/nacre.lock
	fails_with 2 "no lock beside the recipe" build context --vendor gathered -t oci:refused:v1
	fails_with 1 "there is none" lock context --check
}

@test "what was gathered and then changed is refused" {
	all_kinds
	nacre lock context
	nacre vendor gathered context
	blob=gathered/blobs/sha256/$(sha256_of outside/blob)
	printf X | dd of="$blob" bs=1 conv=notrunc status=none
	fails_with 3 "digest" build context --vendor gathered -t oci:refused:v1
	nacre vendor gathered context # heals it
	nacre build context --vendor gathered -t oci:out:v1 -q
	rm "gathered/blobs/sha256/$(sha256_of root.tar)"
	fails_with 1 "root.tar" build context --vendor gathered -t oci:refused:v1
	[ ! -e refused ]
}

@test "a base with keys must be signed where it was gathered, too" {
	all_kinds
	nacre lock context
	nacre vendor gathered context
	# Both forms come along, and one of them will do.
	jq -c '.manifests |= map(select(.annotations["org.opencontainers.image.ref.name"] // "" | endswith(".sig") | not))' \
		gathered/index.json >index
	cmp -s index gathered/index.json && return 1
	cp index gathered/index.json
	nacre build context --vendor gathered -t oci:out:v1 -q
	jq -c '.manifests |= map(select(.artifactType | not))' gathered/index.json >index
	cmp -s index gathered/index.json && return 1
	cp index gathered/index.json
	fails_with 4 "no signature" build context --vendor gathered -t oci:refused:v1
}

@test "a lock that is damaged is refused, and written anew" {
	all_kinds
	for text in '' '{}' '{"nacreLock":2,"inputs":[]}' '{"nacreLock":1,"inputs":[{}]}' \
		'{"nacreLock":1,"inputs":[],"more":1}'; do
		printf '%s' "$text" >context/nacre.lock
		fails_with 3 "nacre.lock: " build context -t oci:refused:v1
	done
	nacre lock context
	nacre build context -t oci:out:v1 -q
}

@test "a lock that could not be read again is not written" {
	all_kinds
	write context/nacre.yaml <<-E
	nacre: 1
	from: rootfs:../root.tar
	layers: [{name: a, steps: [{dir: {path: /y}}]}]
	E
	fails_with 3 "nacre.lock: more than 100 bytes (limit document-bytes)" \
		lock context --limit document-bytes=100
	[ ! -e context/nacre.lock ]
	[ "$(find context -mindepth 1)" = context/nacre.yaml ]
	nacre lock context --limit document-bytes=1000
}
