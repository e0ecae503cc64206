#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# nacre build --check: the same again in other surroundings, and what is not the same explained; and
# the record of how an image was made.

load ../lib/common

begin() {
	export NACRE_CACHE=$PWD/cache
	mkdir -p ctx/src/deep
	printf 'steady as she goes\n' >ctx/src/deep/note
	echo other >ctx/src/steady
	ln -s note ctx/src/deep/link
	seq 1 5000 >ctx/src/numbers
	write ctx/nacre.yaml <<-'E'
	nacre: 1
	name: it
	from: scratch
	layers:
	  - name: first
	    steps:
	      - dir: {path: /srv}
	  - name: second
	    steps:
	      - file: {path: /etc/x, text: "x\n"}
	      - copy: {from: src, to: /srv}
	E
}

# unsteady WHAT COMMAND…: with a machine on which WHAT is not what it was (lib/unsteady.c).
unsteady() {
	local what=$1

	shift
	UNSTEADY=$what LD_PRELOAD=$UNSTEADY_LIB ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 \
		"$@"
}

differs() { # differs WHAT TEXT [ARG…]
	local what=$1 text=$2

	shift 2
	run --separate-stderr unsteady "$what" nacre build ctx -t oci:out:v1 --check "$@"
	[ "$status" -eq 3 ] || { echo "$status: $stderr"; return 1; }
	[[ "$stderr" = *"built twice, and not the same"* ]]
	[[ "$stderr" = *"$text"* ]] || { echo "no '$text' in: $stderr"; return 1; }
	[ ! -e out ]
}

@test "a build that is the same twice is stored, and is what it is without --check" {
	begin
	for how in zstd gzip none; do
		rm -rf out plain
		nacre build ctx -t oci:out:v1 --check --compression $how -q >checked.id
		nacre build ctx -t oci:plain:v1 --compression $how -q >plain.id
		cmp checked.id plain.id
		cmp out/index.json plain/index.json
		[ "$(find out -name '.nacre-*')" = '' ]
		[ "$(find out/blobs -type f | wc -l)" = "$(find plain/blobs -type f | wc -l)" ]
	done
	nacre build ctx -t oci:out:v2 --check --no-cache -q -j 3
}

@test "what is not the same is named by layer, entry, field and line, and nothing is stored" {
	begin
	differs mode "nacre.yaml:11:9: copy: built twice, and not the same: layer 'second': 'srv/deep/note': mode 0644, and 0755 the second time"
	differs mode "mode 0644, and 0755" --no-cache --compression gzip
	differs target "nacre.yaml:11:9: copy: built twice, and not the same: layer 'second': 'srv/deep/link': target 'note', and 'Tote' the second time"
	differs gone "nacre.yaml:11:9: copy: built twice, and not the same: layer 'second': 'srv/steady' where the second time is 'the end'" --compression none
}

@test "a byte of a content is named with its place and both values" {
	begin
	differs content "nacre.yaml:11:9: copy: built twice, and not the same: layer 'second': content of 'srv/deep/note': byte 5 is 0x79, and 0x59 the second time"
}

@test "what a stage brought is told with the line that copies it" {
	begin
	write ctx/nacre.yaml <<-'E'
	nacre: 1
	from: scratch
	stages:
	  s:
	    from: scratch
	    steps: [{copy: {from: src, to: /s}}]
	layers:
	  - name: only
	    steps:
	      - copy: {stage: s, from: /s/deep, to: /d}
	E
	differs mode "nacre.yaml:10:9: copy: built twice, and not the same: layer 'only': 'd/note': mode 0644, and 0755"
}

@test "a difference is found also when the first build came out of the cache" {
	begin
	nacre build ctx -t oci:before:v1 -q
	sleep 3.1
	nacre build ctx -t oci:before:v1 -q
	nacre build ctx -t oci:before:v1 --assert-cached -q
	differs content "byte 5 is 0x79, and 0x59 the second time"
}

@test "a tag that was there stays what it was" {
	begin
	nacre build ctx -t oci:out:v1 -q >/dev/null
	cp out/index.json before
	run --separate-stderr unsteady mode nacre build ctx -t oci:out:v1 --check -q
	[ "$status" -eq 3 ]
	cmp out/index.json before
	[ "$(find out -name '.nacre-*')" = '' ]
}

@test "a second build that fails is an error that says so" {
	begin
	chmod 700 .
	write ctx/nacre.yaml <<-E
	nacre: 1
	from: scratch
	layers: [{name: a, steps: [{copy: {from: src/steady, to: /s}}, {copy: {from: src/deep, to: /d}}]}]
	E
	# The name is there for who asks for it, and not for who lists.
	sed -i 's/src\/steady/"src\/stead*"/; s/to: \/s}/to: \/s\/}/' ctx/nacre.yaml
	run --separate-stderr unsteady gone nacre build ctx -t oci:out:v1 --check -q
	[ "$status" -eq 1 ]
	[[ "$stderr" = *"building again: nacre.yaml:3:"*"nothing in the context matches"* ]]
	[ ! -e out ]
}

@test "killed while it builds again, nothing is left but what the next run sweeps up" {
	begin
	head -c 60000000 /dev/urandom >ctx/src/noise
	nacre build ctx -t oci:out:v0 --no-cache -q >/dev/null
	cp out/index.json before
	"$NACRE" build ctx -t oci:out:v1 --check --no-cache -q >/dev/null 2>&1 3>&- &
	for i in $(seq 200); do
		[ -z "$(find out -name '.nacre-*.d' 2>/dev/null)" ] || break
		sleep 0.02
	done
	kill -9 $!
	wait $! 2>/dev/null || true
	cmp out/index.json before
	# The other process goes with the first.
	for i in $(seq 100); do
		pgrep -f "oci:out:v1 --check" >/dev/null || break
		sleep 0.05
	done
	run ! pgrep -f "oci:out:v1 --check"
	nacre build ctx -t oci:out:v2 --no-cache -q >/dev/null
	[ "$(find out -name '.nacre-*')" = '' ]
}

@test "the record says what made an image, and is the same for the same build" {
	begin
	nacre build ctx -t oci:out:v1 --record made.json --compression gzip:9 --json >built.json
	nacre build ctx -t oci:two:v1 --record again.json --compression gzip:9 --no-cache -q
	cmp made.json again.json
	[ "$(jq -r .imageId made.json)" = "$(jq -r .imageId built.json)" ]
	[ "$(jq -r .manifest made.json)" = "$(jq -r .manifest built.json)" ]
	[ "$(jq -c '[.layers[].digest]' made.json)" = "$(jq -c '[.layers[].digest]' built.json)" ]
	jq -e '.madeBy.compression | test("^1 gzip [0-9.]+ 9$")' made.json
	jq -e '.madeBy.archives | test("^libarchive [0-9.]+")' made.json
	[ "$(jq -r .madeBy.nacre made.json)" = "$(nacre version | awk '{print $NF}')" ] ||
		[ "$(jq -r .madeBy.nacre made.json)" = 0.1.0 ]
	# The recipe's spelling is not the recipe.
	sed -i 's/^name: it/name:   "it"/' ctx/nacre.yaml
	nacre build ctx -t oci:two:v1 --record spelled.json --compression gzip:9 -q
	cmp made.json spelled.json
	run --separate-stderr nacre build ctx -t oci:none:v2 --record no/such/dir/file -q
	[ "$status" -eq 1 ]
	[ ! -e none ]
	[[ "$stderr" = *"record no/such/dir/file"* ]]
}

# What the record would replace must be a file: a rename would put one in the place of a device.
@test "a record takes the place of no link and of no device" {
	begin
	touch elsewhere
	ln -s elsewhere link
	mkfifo pipe
	refused 3 "record link: link: not a regular file" build ctx -t oci:none:v1 --record link --no-cache -q
	refused 3 "record pipe: pipe: not a regular file" build ctx -t oci:none:v1 --record pipe --no-cache -q
	refused 3 "not a regular file" build ctx -t oci:none:v1 --record /dev/stdout --no-cache -q
	[ -L /dev/stdout ]
}
