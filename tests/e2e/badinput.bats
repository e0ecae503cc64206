#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Every kind of mistake: its exit code, one line that names the thing and the reason, and nothing
# changed anywhere.

load ../lib/common

# recipe TEXT…: the lines of a recipe that has a correct head
recipe() {
	mkdir -p context
	printf '%s\n' "nacre: 1" "name: x" "from: scratch" "$@" >context/nacre.yaml
}

# step TEXT: the one step of the one layer
step() {
	recipe "layers:" "  - name: a" "    steps:" "      - $1"
}

bad_recipe() { # bad_recipe TEXT: refused, in this file
	refused 3 "$1" build context -t oci:layout:v1
	grep -Eq 'nacre\.yaml:[0-9]+:[0-9]+: ' "$BATS_TEST_TMPDIR/err"
}

@test "a wrong command line is said before anything is looked at" {
	make_context
	refused 2 frobnicate frobnicate
	refused 2 --frob build context --frob
	refused 2 -t build context -t
	refused 2 --jobs build context -t oci:layout:v1 --jobs none
	refused 2 --jobs build context -t oci:layout:v1 --jobs -1
	refused 2 lzma build context -t oci:layout:v1 --compression lzma
	refused 2 99 build context -t oci:layout:v1 --compression zstd:99
	refused 2 VERSION build context -t oci:layout:v1 --arg VERSION
	refused 2 UNKNOWN build context -t oci:layout:v1 --arg UNKNOWN=1
	refused 2 two build context two -t oci:layout:v1
	refused 2 'oci:' build context -t oci:
	refused 2 'Upper' build context -t Upper:v1
	refused 2 '/bad/' build context -t oci:layout:/bad/
	refused 2 ftp://host/x build context -t ftp://host/x:1
}

@test "without a command, the usage is the answer" {
	run --separate-stderr nacre
	[ "$status" -eq 2 ]
	run --separate-stderr nacre --help
	[ "$status" -eq 0 ]
	[[ $output == *build* && $output == *unpack* ]]
}

@test "what is missing is named" {
	refused 1 nowhere build nowhere -t oci:layout:v1
	mkdir context
	refused 1 nacre.yaml build context -t oci:layout:v1
	make_context
	refused 1 other.yaml build context -f other.yaml -t oci:layout:v1
	rm -r context/dist
	refused 1 dist build context -t oci:layout:v1
	recipe "from: rootfs:none.tar"
	sed -i '/^from: scratch/d' context/nacre.yaml
	refused 1 none.tar build context -t oci:layout:v1
	sed -i 's/^from: .*/from: oci:none:v1/' context/nacre.yaml
	refused 1 none build context -t oci:layout:v1
}

@test "every mistake in a recipe is refused in its line" {
	recipe "layers: ["
	bad_recipe ""
	recipe "nmae: y"
	bad_recipe name
	recipe "name: y"
	bad_recipe name
	recipe "layers: {}"
	bad_recipe layers
	recipe "epoch: yesterday"
	bad_recipe epoch
	recipe "epoch: 2026-02-30T00:00:00Z"
	bad_recipe epoch
	recipe "platform: amd64"
	bad_recipe platform
	recipe "args: {A: &x b, B: *x}"
	bad_recipe ""
	recipe "args: {A: !!str b}"
	bad_recipe ""
	recipe 'config: {labels: {a: "${MISSING}"}}'
	bad_recipe MISSING
	recipe "config: {entrypoint: sh}"
	bad_recipe entrypoint
	recipe "config: {workdir: relative}"
	bad_recipe workdir
	recipe "..." "---" "nacre: 1"
	bad_recipe ""
	step 'file: {path: /a}'
	bad_recipe ""
	step 'file: {path: /a, text: "", content: ""}'
	bad_recipe content
	step 'file: {path: /a, text: "", mode: "0999"}'
	bad_recipe 0999
	step 'file: {path: /a, text: "", owner: "1:2:3"}'
	bad_recipe 2:3
	step 'file: {path: /a, text: "", owner: "4294967295"}'
	bad_recipe 4294967295
	step 'file: {path: /a/../b, text: ""}'
	bad_recipe ..
	step 'copy: {from: ../outside, to: /}'
	bad_recipe ..
	step 'copy: {form: dist, to: /}'
	bad_recipe from
	step 'frob: {path: /a}'
	bad_recipe frob
	step 'dir: {path: /a, path: /b}'
	bad_recipe path
	step '{dir: {path: /a}, file: {path: /b, text: ""}}'
	bad_recipe ""
	step 'archive: {from: x.tar, to: /, sha256: abc}'
	bad_recipe sha256
	printf 'nacre: 1\nname: \xff\n' >context/nacre.yaml
	bad_recipe ""
	printf 'nacre: 2\nname: x\nfrom: scratch\n' >context/nacre.yaml
	bad_recipe nacre
	: >context/nacre.yaml
	bad_recipe ""
	printf '{"nacre": 1, "name": "x", "from": "scratch", "from": "scratch"}' >context/nacre.yaml
	bad_recipe from
}

@test "what a step finds wrong is said with the step's place" {
	step 'remove: {path: /not/there}'
	bad_recipe not/there || refused 1 not/there build context -t oci:layout:v1
	step 'file: {path: /a, text: "", owner: "nobody-of-that-name"}'
	bad_recipe nobody-of-that-name || refused 1 nobody-of-that-name build context -t oci:layout:v1
	recipe "layers:" "  - name: a" "    steps:" "      - file: {path: /a, text: x}" \
		"      - dir: {path: /a/b}"
	bad_recipe a
	mkdir -p context
	echo "not an archive" >context/x.tar
	step 'archive: {from: x.tar, to: /}'
	bad_recipe x.tar
	step "archive: {from: x.tar, to: /, sha256: $(printf '0%.0s' {1..64})}"
	bad_recipe x.tar
}

@test "files of a kind that an image cannot have are refused" {
	make_context
	"$PYTHON" -c 'import socket; socket.socket(socket.AF_UNIX).bind("context/dist/socket")'
	refused 3 socket build context -t oci:layout:v1
}

@test "a recipe that is too large, and a fifo, do not keep it busy" {
	mkdir context
	head -c 2000000 /dev/zero | tr '\0' '#' >context/nacre.yaml
	refused 3 nacre.yaml build context -t oci:layout:v1
	rm context/nacre.yaml
	mkfifo context/nacre.yaml
	refused_command 3 nacre.yaml timeout 20 "$NACRE" build context -t oci:layout:v1
}

@test "a source that may not be read is an error and not a hole" {
	make_context
	chmod 000 context/dist/share/note
	mkdir out
	chown 65534 out
	refused_command 1 note as_nobody nacre build context -t oci:out/layout:v1
	chmod 644 context/dist/share/note
	chmod 000 context/dist/share
	refused_command 1 share as_nobody nacre build context -t oci:out/layout:v1
	chmod 755 context/dist/share
	as_nobody nacre build context -t oci:out/layout:v1
}

@test "a place that may not be written is an error" {
	make_context
	refused_command 1 layout as_nobody nacre build context -t oci:layout:v1
	nacre build context -t oci:layout:v1
	refused_command 1 layout as_nobody nacre build context -t oci:layout:v2
	refused_command 1 rootfs as_nobody nacre unpack oci:layout:v1 rootfs --unsigned
	refused_command 1 new as_nobody nacre key new new
}

@test "a full disk leaves a new layout absent and an old one as it was" {
	make_context
	mkdir full
	mount -t tmpfs -o size=1m tmpfs full
	nacre build context -t oci:full/layout:v1
	head -c 3000000 /dev/urandom >context/dist/share/big
	refused 1 "No space left on device" build context -t oci:full/layout:v2
	refused 1 "No space left on device" build context -t oci:full/another:v1
	nacre verify oci:full/layout:v1 --unsigned --deep
}

@test "a layout that is none is refused" {
	make_context
	mkdir layout
	echo mine >layout/file
	refused 1 layout build context -t oci:layout:v1 || refused 3 layout build context -t oci:layout:v1
	rm -r layout
	nacre build context -t oci:layout:v1
	cp -a layout good
	echo '{"imageLayoutVersion":"9.9.9"}' >layout/oci-layout
	refused 3 layout inspect oci:layout:v1
	cp good/oci-layout layout
	printf '{"schemaVersion":2,"manifests":[' >layout/index.json
	refused 3 index.json inspect oci:layout:v1
	refused 3 index.json build context -t oci:layout:v2
	rm layout/index.json
	mkfifo layout/index.json
	refused_command 3 index.json timeout 20 "$NACRE" inspect oci:layout:v1
}
