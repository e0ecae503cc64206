#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What the manifest says of a layer (docs/budgets.md), and what becomes of layers that are otherwise.

load ../lib/common

budget() { # budget LAYOUT TAG LAYER: bytes, entries, xattr bytes
	manifest "$1" "$2" | jq -r --argjson n "$3" \
		'.layers[$n].annotations | .["dev.nacre.layer.bytes"], .["dev.nacre.layer.entries"],
		.["dev.nacre.layer.xattr-bytes"]' | paste -sd' '
}

counted() { # counted LAYOUT TAG LAYER: the same, as python's tarfile counts
	layer "$1" "$2" "$3" | "$PYTHON" -c 'import io, sys, tarfile
data = sys.stdin.buffer.read()
tar = tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape")
xattrs = [(k[len("SCHILY.xattr."):], v) for m in tar for k, v in m.pax_headers.items()
          if k.startswith("SCHILY.xattr.")]
size = lambda text: len(text.encode("utf-8", "surrogateescape"))
print(len(data), len(tar.getmembers()), sum(size(k) + size(v) for k, v in xattrs))'
}

# held TEXT: the changed image is refused, by all who read its layers, before anything is written.
held() {
	refused 3 "$1" verify oci:layout:v1 --key release.pub --deep
	refused 3 "$1" unpack oci:layout:v1 rootfs --key release.pub
	refused 3 "$1" ls oci:layout:v1
}

@test "the manifest says exactly what each layer holds, whatever compresses it" {
	make_base context/base.tar
	setfattr -n user.origin -v debian "$BATS_TEST_TMPDIR/base-root/etc/passwd"
	tar -C "$BATS_TEST_TMPDIR/base-root" --numeric-owner --sort=name --xattrs \
		--xattrs-include='*' --format=posix -cf context/base.tar .
	local long
	long=$(printf 'x%.0s' {1..200})
	write context/nacre.yaml <<-R
	nacre: 1
	from: rootfs:base.tar
	layers:
	  - name: app
	    steps:
	      - file:   {path: /usr/bin/$long, text: "new\n", mode: "0755"}
	      - remove: {path: /usr/share/doc}
	R
	local how
	for how in zstd gzip none; do
		nacre build context --compression $how -t oci:layout:$how
		[ "$(budget layout $how 0)" = "$(counted layout $how 0)" ]
		[ "$(budget layout $how 1)" = "$(counted layout $how 1)" ]
	done
	[ "$(budget layout zstd 0 | cut -d' ' -f3)" -gt 0 ]
	[ "$(budget layout zstd 1 | cut -d' ' -f2-)" = "5 0" ]
	nacre verify oci:layout:zstd --unsigned --deep
}

@test "a budget is part of the manifest and not of the image ID" {
	make_context
	local id
	id=$(nacre build context -t oci:layout:v1 | head -n 1)
	nacre key new release
	change 'del(.layers[].annotations)'
	[ "$(nacre inspect oci:layout:v1 --json | jq -r .imageId)" = "$id" ]
	nacre unpack oci:layout:v1 rootfs --key release.pub
}

@test "a layer that is not what the signed manifest says is refused before anything is written" {
	make_signed
	cp -a layout good
	local part off bytes entries xattrs value
	read -r bytes entries xattrs < <(budget layout v1 0)
	for part in bytes entries xattr-bytes; do
		case $part in
		bytes) value=$bytes ;;
		entries) value=$entries ;;
		xattr-bytes) value=$xattrs ;;
		esac
		for off in -1 1; do
			[ "$((value + off))" -ge 0 ] || continue
			rm -r layout
			cp -a good layout
			change ".layers[0].annotations[\"dev.nacre.layer.$part\"] = \"$((value + off))\""
			held "layer 1 of 1: "
			held "the manifest says $((value + off)) (budget $part)"
		done
	done
}

@test "a budget beyond a limit, or one that is no number, is refused before the layer is opened" {
	make_signed
	cp -a layout good
	local layer
	layer=$(blob_path layout "$(manifest layout v1 | jq -r '.layers[0].digest')")
	try() { # try TEXT JQ
		rm -r layout
		cp -a good layout
		change "$2"
		# Were it opened, this is what would be said.
		rm "$layer"
		held "$1"
	}
	try "layer 1 of 1: the manifest says 99999999999 bytes, more than 17179869184 (limit layer-bytes)" \
		'.layers[0].annotations["dev.nacre.layer.bytes"] = "99999999999"'
	try "layer 1 of 1: annotation dev.nacre.layer.entries: '1e3' is no number" \
		'.layers[0].annotations["dev.nacre.layer.entries"] = "1e3"'
	try "layer 1 of 1: annotation dev.nacre.layer.entries is missing, others are there" \
		'del(.layers[0].annotations["dev.nacre.layer.entries"])'
}

@test "a base's layers keep what they have, and what has none gets none" {
	make_context
	nacre build context -t oci:context/lower:v1
	nacre key new release
	cp -a context/lower layout
	change 'del(.layers[].annotations)'
	cp -a layout context/bare
	write context/upper.yaml <<-'R'
	nacre: 1
	from: oci:lower:v1
	layers:
	  - name: more
	    steps:
	      - file: {path: /etc/more, text: "more\n"}
	R
	sed 's/oci:lower/oci:bare/' context/upper.yaml >context/upper-bare.yaml
	nacre build context -f context/upper.yaml -t oci:out:lower
	nacre build context -f context/upper-bare.yaml -t oci:out:bare
	[ "$(budget out lower 0)" = "$(budget context/lower v1 0)" ]
	[ "$(manifest out bare | jq '.layers[0] | has("annotations")')" = false ]
	[ "$(budget out bare 1)" = "$(budget out lower 1)" ]
}

@test "building upon a base whose budget lies is refused" {
	make_signed
	change '.layers[0].annotations["dev.nacre.layer.entries"] = "10"'
	mkdir upper
	cp -a layout upper/base
	write upper/nacre.yaml <<-'R'
	nacre: 1
	from: oci:base:v1
	layers: [{name: more, steps: [{file: {path: /more, text: more}}]}]
	R
	refused 3 "budget entries" build upper -t oci:out:v1
}

@test "inspect shows a layer's budget" {
	make_signed
	nacre inspect oci:layout:v1 | grep -q ' dev.nacre.layer.entries=11$'
	[ "$(nacre inspect oci:layout:v1 --json |
		jq -r '.layers[0].annotations["dev.nacre.layer.entries"]')" = 11 ]
}
