#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The layer encoding: docs/layer-encoding.md alone gives the same bytes, and every tar reads them
# alike.

load ../lib/common

layerfmt() {
	"$PYTHON" "$lib/layerfmt.py" "$@"
}

# Layers with something of everything: long names at each border, owners and times that need
# records, links of both kinds, devices, attributes, whiteouts.
make_rich() {
	local root=$BATS_TEST_TMPDIR/rich n name

	mkdir -p "$root"/{a,b,dev,gone} context
	for n in 90 91 92 93 94 95 96 97 98 99 100 101 155 156 157 254 255; do
		name=$(printf 'n%.0s' $(seq "$n"))
		echo "$n" >"$root/a/$name"
		mkdir -p "$root/b/$name/sub"
		ln -s "$name" "$root/b/link-$n"
		[ "$n" -gt 200 ] || ln -s "$name$name$name" "$root/b/long-$n"
	done
	mkdir -p "$root/$(printf 'deep%.0s/' $(seq 90))"
	echo ümläut >"$root/a/ümläut"
	echo odd >"$root/a/$(printf 'not-utf8-\377')"
	echo after >"$root/a-b"
	echo first >"$root/b/zz"
	ln "$root/b/zz" "$root/a/zz"
	ln -s target "$root/a/sym"
	ln "$root/a/sym" "$root/b/sym-too"
	mknod "$root/dev/null" c 1 3
	mknod "$root/dev/big" b 4095 1048575
	mkfifo "$root/dev/fifo"
	setfattr -n user.one -v 1 "$root/a-b"
	setfattr -n user.two -v "$(printf 'x%.0s' {1..90})" "$root/a-b"
	setcap cap_net_raw=ep "$root/b/zz"
	chown -h 3000000:4294967294 "$root/a/sym" "$root/dev/fifo"
	chown 2097151:2097152 "$root/a-b"
	find "$root" -exec touch -h -d @1700000000.5 {} +
	touch -d @-5 "$root/gone"
	touch -d @8589934592 "$root/a-b"
	touch -d @1700000000.123456789 "$root/a/ümläut"
	tar -C "$root" --numeric-owner --xattrs --xattrs-include='*' --format=posix \
		--sort=name -cf context/rich.tar .
	write context/nacre.yaml <<-'R'
	nacre: 1
	name: rich
	from: rootfs:rich.tar
	epoch: 2026-01-01T00:00:00Z
	allow: {setuid: [/b/new]}
	layers:
	  - name: change
	    steps:
	      - remove: {path: /gone}
	      - remove: {path: /a/zz}
	      - file:   {path: /b/new, text: "new\n", owner: "3000000:1", mode: "04755"}
	R
	nacre build context -t oci:layout:v1 --compression none >/dev/null
}

@test "a reader and writer made from the document alone gives the same bytes" {
	make_rich
	layer layout v1 0 | layerfmt check
	layer layout v1 1 | layerfmt check
}

@test "the document alone gives the layer of a recipe" {
	make_context
	nacre build context -t oci:layout:v1
	"$PYTHON" - >description.json <<-'P'
	import json
	T, APP = [1767225600, 0], (10001, 10001)
	def entry(path, kind, mode, owner=(0, 0), **more):
	    return {"path": path, "type": kind, "mode": mode, "uid": owner[0], "gid": owner[1],
	            "mtime": T, **more}
	print(json.dumps([
	    *(entry(p, "directory", 0o755) for p in ("etc", "srv", "usr", "usr/bin")),
	    *(entry(p, "directory", 0o755, APP) for p in ("srv/app/bin", "srv/app/share")),
	    entry("srv/app", "directory", 0o750, APP),
	    entry("etc/shop.conf", "file", 0o644, content="listen = 8080\n"),
	    entry("srv/app/bin/shop", "file", 0o755, APP, content="#!/bin/sh\n"),
	    entry("srv/app/share/note", "file", 0o644, APP, content="a note\n"),
	    entry("usr/bin/shop", "symlink", 0o777, target="/srv/app/bin/shop"),
	]))
	P
	cmp <(layerfmt write <description.json) <(layer layout v1)
}

@test "GNU tar, bsdtar, Python and the document list the same members" {
	make_rich
	local number
	for number in 0 1; do
		layer layout v1 $number >layer.tar
		"$PYTHON" -c 'import os, sys, tarfile
for m in tarfile.open("layer.tar", errors="surrogateescape"):
    sys.stdout.buffer.write(os.fsencode(m.name.rstrip("/") + "\n"))' | sed 's,^\./,,;s,^\.$,,' >python
		tar --quoting-style=literal -tf layer.tar | sed 's,/$,,;s,^\.$,,' >gnu
		LC_ALL=C bsdtar -tf layer.tar | sed 's,/$,,;s,^\.$,,' >bsd
		cmp python gnu
		[ "$(wc -l <bsd)" -eq "$(wc -l <gnu)" ]
		[ "$(wc -l <gnu)" -eq "$(layerfmt parse <layer.tar | jq length)" ]
	done
}

@test "what GNU tar extracts is what nacre unpacks" {
	make_rich
	nacre unpack oci:layout:v1 rootfs --unsigned --devices 2>/dev/null ||
		nacre unpack oci:layout:v1 rootfs --unsigned
	"$PYTHON" "$lib/ocilayers.py" layout v1 gnu --tar gnu
	same_tree gnu rootfs
}
