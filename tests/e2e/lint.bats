#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# nacre lint: all that is wrong with an image is found, and nothing in those that others make.

load ../lib/common

# odd_images: the images of oddimages.py below odd/, and their rules in odd.list.
odd_images() {
	mkdir odd
	"$PYTHON" "$lib/oddimages.py" odd >odd.list
}

# found LAYOUT: the rules of the findings, in one line.
found() {
	{ nacre lint "oci:$1:v1" --json || true; } 2>/dev/null |
		jq -r 'select(.rule) | .rule' | paste -sd ' '
}

@test "each odd image gives the findings that are said of it, and no other" {
	local wrong=0 name rules

	odd_images
	[ "$(wc -l <odd.list)" -ge 55 ]
	while read -r name rules; do
		if [ "$(found "odd/$name")" != "$rules" ]; then
			echo "$name: wants '$rules', finds '$(found "odd/$name")'"
			wrong=1
		fi
	done <odd.list
	return "$wrong"
}

@test "what is refused has a finding to refuse, and what is taken has none" {
	local wrong=0 name rules

	odd_images
	while read -r name rules; do
		local lint=0 unpack=0

		nacre lint "oci:odd/$name:v1" >/dev/null 2>&1 || lint=$?
		nacre unpack --unsigned "oci:odd/$name:v1" "out-$name" >/dev/null 2>&1 || unpack=$?
		# what is not there is no fault of what is
		[ "$rules" != blob/missing ] || unpack=3
		if [ "$lint" -ne "$unpack" ]; then
			echo "$name: lint says $lint, unpack $unpack"
			wrong=1
		fi
		if [ "$lint" -eq 0 ]; then
			[ -d "out-$name" ]
		else
			[ ! -e "out-$name" ]
		fi
	done <odd.list
	return "$wrong"
}

@test "each finding is one line with place, offset, name, sentence and rule, and a last one counts" {
	odd_images
	run -3 --separate-stderr nacre lint oci:odd/many:v1
	[ "${#lines[@]}" -eq 13 ]
	[[ ${lines[4]} == "layer 1 of 4, byte 1536, ../x: '..' in a path [tar/dot-dot]" ]]
	[[ ${lines[9]} == "layer 4 of 4, byte 512, x: a whiteout of nothing [fold/whiteout-of-nothing, note]" ]]
	[[ ${lines[11]} == *"[fold/hard-link-lower, warning]" ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == "nacre: lint oci:odd/many:v1: 10 refused, 1 warnings, 2 notes" ]]
}

@test "JSON lines say the same, and the last object counts" {
	odd_images
	run -3 --separate-stderr nacre lint oci:odd/many:v1 --json
	jq -es 'length == 14' <<<"$output"
	jq -es '.[4] == {rule: "tar/dot-dot", severity: "refused", place: "layer 1 of 4", layer: 1,
		offset: 1536, name: "../x", text: "\u0027..\u0027 in a path"}' <<<"$output"
	jq -es '.[-1] == {refused: 10, warnings: 1, notes: 2, more: 0}' <<<"$output"
}

@test "no more is printed than was asked for, and the rest is counted" {
	odd_images
	run -3 --separate-stderr nacre lint oci:odd/many:v1 --most 2
	[ "${#lines[@]}" -eq 3 ]
	[ "${lines[2]}" = "and 11 more" ]
	run -3 --separate-stderr nacre lint oci:odd/many:v1 --most 2 --json
	jq -es 'length == 3 and .[-1].more == 11 and .[-1].refused == 10' <<<"$output"
}

@test "warnings fail with --strict alone, and notes never" {
	odd_images
	run -0 --separate-stderr nacre lint oci:odd/config-no-history:v1
	[[ $output == *"[config/no-history, warning]" ]]
	run -3 --separate-stderr nacre lint oci:odd/config-no-history:v1 --strict
	run -0 --separate-stderr nacre lint oci:odd/case-twins:v1 --strict
	[[ $output == *"[tree/case-twins, note]" ]]
	[ -z "$stderr" ]
}

@test "names of an image reach no terminal" {
	"$PYTHON" - "$lib" <<-'P'
		import os, sys
		sys.path[:0] = [sys.argv[1], os.path.join(sys.argv[1], "../vectors")]
		import oddimages
		from make import layer, member
		oddimages.Image(layer(member("\x1b[31m/../x"), member("n\n", "5", bytes(512)))).store("escapes")
	P
	run -3 --separate-stderr nacre lint oci:escapes:v1
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == *'\x1b[31m/../x: '* ]]
	[[ ${lines[1]} == *', n\n: data behind what is not a file [tar/data]' ]]
	[[ $output != *$'\x1b'* ]]
}

@test "limits are findings, and can be changed" {
	odd_images
	run -3 --separate-stderr nacre lint oci:odd/good:v1 --limit layer-members=1
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"more than 1 members (limit layer-members) [limit]" ]]
	run -0 --separate-stderr nacre lint oci:odd/good:v1
	[ -z "$output" ]
}

@test "nothing is written, and nothing that is not there is found" {
	odd_images
	snapshot >before
	nacre lint oci:odd/many:v1 >/dev/null 2>&1 || true
	diff <(grep -v 'before' before) <(snapshot | grep -v before)
	refused 1 "no image 'v2'" lint oci:odd/good:v2
	refused 1 "nowhere" lint oci:nowhere:v1
	refused 2 "IMAGE is missing" lint
	refused 2 "looks at no image" lint oci:odd/good:v1 --rules
}

@test "the rules are printed as text and as JSON" {
	nacre lint --rules | grep -q '^tar/pax-twice  *refused '
	nacre lint --rules --json | jq -es 'length > 90 and all(.[]; .rule and .severity and .text and .source)'
}

@test "what nacre builds has not even a note" {
	make_base context/base.tar
	write context/nacre.yaml <<-'R'
	nacre: 1
	name: shop
	from: rootfs:base.tar
	layers:
	  - name: first
	    steps:
	      - dir:    {path: /srv}
	      - file:   {path: /srv/a, text: a}
	      - remove: {path: /usr/share/doc}
	R
	for how in zstd gzip none; do
		nacre build context -t "oci:layout-$how:v1" --compression "$how" >/dev/null
		run -0 --separate-stderr nacre lint "oci:layout-$how:v1" --strict
		[ -z "$output$stderr" ]
	done
}

@test "what umoci makes has nothing to refuse" {
	command -v umoci >/dev/null || skip "no umoci"
	umoci init --layout layout
	umoci new --image layout:v1
	umoci unpack --image layout:v1 bundle
	mkdir -p bundle/rootfs/usr/lib
	echo x >bundle/rootfs/usr/lib/x
	ln bundle/rootfs/usr/lib/x bundle/rootfs/usr/lib/y
	ln -s usr/lib bundle/rootfs/lib
	umoci repack --image layout:v1 bundle
	rm -rf bundle
	umoci unpack --image layout:v1 bundle
	rm bundle/rootfs/usr/lib/y
	echo z >bundle/rootfs/usr/lib/z
	umoci repack --image layout:v1 bundle
	run -0 --separate-stderr nacre lint oci:layout:v1
	[ -z "$stderr" ]
}

@test "what skopeo converts from an archive in docker's style has nothing to refuse" {
	command -v skopeo >/dev/null || skip "no skopeo"
	make_base base.tar
	nacre build "$(make_context && echo context)" -t oci:layout:v1 --compression gzip >/dev/null
	skopeo --insecure-policy copy -q oci:layout:v1 docker-archive:archive.tar:shop:v1
	skopeo --insecure-policy copy -q docker-archive:archive.tar oci:again:v1
	run -0 --separate-stderr nacre lint oci:again:v1
	[ -z "$stderr" ]
}

@test "what GNU tar, bsdtar and Python write as layers has nothing to refuse" {
	mkdir -p root/usr/lib
	echo x >root/usr/lib/x
	ln root/usr/lib/x root/usr/lib/y
	ln -s usr/lib root/lib
	mkfifo root/fifo
	touch "root/$(printf 'n%.0s' {1..150})"
	setfattr -n user.x -v value root/usr/lib/x
	for format in gnu pax ustar v7; do
		[ "$format" = gnu ] || [ "$format" = pax ] || rm -f root/nnn*
		tar -C root --format="$format" --xattrs -cf "gnu-$format.tar" . 2>/dev/null ||
			tar -C root --format="$format" -cf "gnu-$format.tar" .
	done
	touch "root/$(printf 'n%.0s' {1..150})"
	for format in pax ustar gnutar; do
		bsdtar -C root --format="$format" -cf "bsd-$format.tar" . 2>/dev/null || true
	done
	"$PYTHON" -c 'import tarfile; tarfile.open("python.tar", "w").add("root", ".")'
	for tar in *.tar; do
		"$PYTHON" - "$lib" "$tar" <<-'P'
			import sys
			sys.path.insert(0, sys.argv[1])
			import oddimages
			with open(sys.argv[2], "rb") as file:
			    oddimages.Image(file.read()).store("from-" + sys.argv[2])
		P
		run -0 --separate-stderr nacre lint "oci:from-$tar:v1"
		[ -z "$stderr" ]
	done
}
