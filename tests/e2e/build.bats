#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

names() { # names LAYOUT TAG [NUMBER]: the members of a layer
	layer "$@" | tar -t
}

@test "the first line of build is the image ID, the digest of the config" {
	make_context
	run --separate-stderr nacre build context -t oci:layout:v1
	[ "$status" -eq 0 ]
	[[ ${lines[0]} =~ ^sha256:[0-9a-f]{64}$ ]]
	[ "${lines[0]}" = "$(manifest layout v1 | jq -r .config.digest)" ]
	[ "${lines[0]}" = "sha256:$(config layout v1 | sha256sum | cut -d' ' -f1)" ]
}

@test "the layout holds what image-spec asks of it and nothing else" {
	make_context
	nacre build context -t oci:layout:v1
	[ "$(jq -c . layout/oci-layout)" = '{"imageLayoutVersion":"1.0.0"}' ]
	[ "$(jq -r .mediaType layout/index.json)" = application/vnd.oci.image.index.v1+json ]
	[ "$(manifest layout v1 | jq -r .mediaType)" = application/vnd.oci.image.manifest.v1+json ]
	[ "$(find layout -type f | wc -l)" -eq 5 ]
	for blob in layout/blobs/sha256/*; do
		[ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ]
	done
	[ "$(config layout v1 | jq '[.history[] | select(.empty_layer | not)] | length')" -eq 1 ]
	[ "$(config layout v1 | jq -r .created)" = 2026-01-01T00:00:00Z ]
	[ "$(config layout v1 | jq -c '[.os, .architecture]')" = '["linux","amd64"]' ]
	[ "$(config layout v1 | jq -c '[.config.User, .config.Entrypoint, .config.Env]')" = \
		'["10001",["/usr/bin/shop"],["PATH=/usr/bin:/bin"]]' ]
}

@test "a layer has the steps' files with the recipe's time and the owners and modes it names" {
	make_context
	nacre build context -t oci:layout:v1
	layer layout v1 | TZ=UTC tar -t --numeric-owner --full-time -v | tr -s ' ' |
		sed 's/ 2026-01-01 00:00:00 / /' | diff -u - <(
			cat <<-'L'
			drwxr-xr-x 0/0 0 etc/
			-rw-r--r-- 0/0 14 etc/shop.conf
			drwxr-xr-x 0/0 0 srv/
			drwxr-x--- 10001/10001 0 srv/app/
			drwxr-xr-x 10001/10001 0 srv/app/bin/
			-rwxr-xr-x 10001/10001 10 srv/app/bin/shop
			drwxr-xr-x 10001/10001 0 srv/app/share/
			-rw-r--r-- 10001/10001 7 srv/app/share/note
			drwxr-xr-x 0/0 0 usr/
			drwxr-xr-x 0/0 0 usr/bin/
			lrwxrwxrwx 0/0 0 usr/bin/shop -> /srv/app/bin/shop
			L
		)
}

@test "neither user, umask, time, zone, locale, folder, order nor jobs change a byte" {
	make_context one
	nacre build one -t oci:first:v1 >first.id

	# The same content, made the other way round, elsewhere, with other times and links.
	mkdir -p elsewhere/deep/two/dist/share
	cp one/dist/share/note elsewhere/deep/two/dist/share/other
	ln elsewhere/deep/two/dist/share/other elsewhere/deep/two/dist/share/note
	rm elsewhere/deep/two/dist/share/other
	ln elsewhere/deep/two/dist/share/note elsewhere/outside-link
	mkdir -m 700 elsewhere/deep/two/dist/bin
	install -m 511 one/dist/bin/shop elsewhere/deep/two/dist/bin/shop
	cp one/nacre.yaml elsewhere/deep/two/nacre.yaml
	find elsewhere -exec touch -h -d '1999-12-31 23:59' {} +
	chown -R 65534:65534 elsewhere
	mkdir out
	chown 65534:65534 out
	# shellcheck disable=SC2016
	TZ=Asia/Tokyo LC_ALL=C LANG=de_DE.UTF-8 as_nobody sh -c 'umask 077; cd elsewhere/deep &&
		nacre build two --jobs 4 -t oci:'"$scratch"'/out/second:v1' >second.id
	cmp first.id second.id
	diff -r first out/second
}

@test "the compressor changes the blob and not the image ID" {
	make_context
	local how id first=
	for how in zstd gzip none zstd:19 gzip:1; do
		id=$(nacre build context --compression "$how" -t "oci:layout:${how/:/-}" | head -n 1)
		[ "$id" = "${first:=$id}" ]
		layer layout "${how/:/-}" | cmp - <(layer layout none 2>/dev/null || layer layout zstd)
	done
	type_of() {
		manifest layout "$1" | jq -r '.layers[0].mediaType'
	}
	[ "$(type_of zstd)" = application/vnd.oci.image.layer.v1.tar+zstd ]
	[ "$(type_of gzip)" = application/vnd.oci.image.layer.v1.tar+gzip ]
	[ "$(type_of none)" = application/vnd.oci.image.layer.v1.tar ]
}

@test "jobs change no byte of a layer that is large enough to be cut" {
	make_context
	"$PYTHON" -c 'import random; random.seed(7)
for i in range(24): print("".join(random.choices("abcdefgh ", k=1 << 20)))' >context/dist/share/big
	local how jobs
	for how in zstd gzip; do
		for jobs in 1 2 5; do
			nacre build context --compression $how --jobs $jobs -t "oci:layout:$how-$jobs"
		done
		[ "$(digest_of layout "$how-1")" = "$(digest_of layout "$how-2")" ]
		[ "$(digest_of layout "$how-1")" = "$(digest_of layout "$how-5")" ]
	done
}

@test "the recipe's epoch wins over SOURCE_DATE_EPOCH, which wins over 0" {
	make_context
	SOURCE_DATE_EPOCH=1000000000 nacre build context -t oci:layout:recipe
	sed -i /^epoch/d context/nacre.yaml
	SOURCE_DATE_EPOCH=1000000000 nacre build context -t oci:layout:variable
	nacre build context -t oci:layout:zero
	[ "$(config layout recipe | jq -r .created)" = 2026-01-01T00:00:00Z ]
	[ "$(config layout variable | jq -r .created)" = 2001-09-09T01:46:40Z ]
	[ "$(config layout zero | jq -r .created)" = 1970-01-01T00:00:00Z ]
	layer layout variable | TZ=UTC tar -tv --full-time | grep -q '2001-09-09 01:46:40 etc/shop.conf'
}

@test "--arg replaces an arg of the recipe, the last one counts" {
	make_context
	nacre build context -t oci:layout:v1
	nacre build context --arg VERSION=1 --arg VERSION=2=b -t oci:layout:v2
	[ "$(config layout v1 | jq -r '.config.Labels["org.opencontainers.image.version"]')" = 1.4.2 ]
	[ "$(config layout v2 | jq -r '.config.Labels["org.opencontainers.image.version"]')" = 2=b ]
}

@test "the same recipe in JSON makes the same image" {
	make_context
	nacre build context -t oci:layout:yaml
	"$PYTHON" -c 'import json, sys, yaml
class Text(yaml.SafeLoader): pass
Text.add_constructor("tag:yaml.org,2002:timestamp", lambda l, n: n.value)
json.dump(yaml.load(sys.stdin, Text), sys.stdout)' <context/nacre.yaml >recipe.json
	nacre build context -f recipe.json -t oci:layout:json
	[ "$(digest_of layout yaml)" = "$(digest_of layout json)" ]
}

@test "on a base, only what differs is in the layer, and what was removed is a whiteout" {
	make_base context/base.tar
	write context/nacre.yaml <<-'R'
	nacre: 1
	name: shop
	from: rootfs:base.tar
	layers:
	  - name: app
	    steps:
	      - file:   {path: /usr/bin/shop, text: "new\n", mode: "0755"}
	      - remove: {path: /usr/share/doc}
	      - dir:    {path: /srv/app, owner: "app:app"}
	R
	nacre build context -t oci:layout:v1
	[ "$(manifest layout v1 | jq '.layers | length')" -eq 2 ]
	names layout v1 1 | grep -v '/$' | sort | diff -u - <(printf '%s\n' usr/bin/shop usr/share/.wh.doc)
	layer layout v1 1 | tar -tv --numeric-owner | grep -q '10001/10002 .* srv/app/$'
}

@test "steps that change nothing make a layer without members" {
	make_base context/base.tar
	mkdir context/etc
	tar -xOf context/base.tar ./etc/passwd >context/etc/passwd
	write context/nacre.yaml <<-'R'
	nacre: 1
	name: shop
	from: rootfs:base.tar
	epoch: 2023-11-14T22:13:20Z
	layers:
	  - name: nothing
	    steps:
	      - copy: {from: etc, to: /etc}
	R
	nacre build context -t oci:layout:v1
	[ -z "$(names layout v1 1)" ]
}

@test "an image of a layout can be built upon, and its layers are taken as they are" {
	make_context
	nacre build context -t oci:context/lower:v1 --compression gzip
	write context/upper.yaml <<-'R'
	nacre: 1
	name: upper
	from: oci:lower:v1
	epoch: 2026-01-01T00:00:00Z
	layers:
	  - name: more
	    steps:
	      - file:   {path: /etc/more, text: "more\n"}
	      - remove: {path: /srv/app/share}
	R
	nacre build context -f context/upper.yaml -t oci:layout:v1
	[ "$(manifest layout v1 | jq -r '.layers[0].digest')" = \
		"$(manifest context/lower v1 | jq -r '.layers[0].digest')" ]
	names layout v1 1 | grep -v '/$' | sort | diff -u - <(printf '%s\n' etc/more srv/app/.wh.share)
	[ "$(config layout v1 | jq '[.history[] | select(.empty_layer | not)] | length')" -eq 2 ]
}

@test "a tag moves to the new image, and several tags name one" {
	make_context
	nacre build context -t oci:layout:v1 -t oci:layout:latest
	[ "$(digest_of layout v1)" = "$(digest_of layout latest)" ]
	local before
	before=$(digest_of layout v1)
	echo changed >>context/dist/share/note
	nacre build context -t oci:layout:v1
	[ "$(digest_of layout latest)" = "$before" ]
	[ "$(digest_of layout v1)" != "$before" ]
	[ "$(digest_of layout v1 | wc -l)" -eq 1 ]
}

@test "a bare name lies in the store" {
	make_context
	nacre build context -t shop:1.4
	[ -f store/index.json ]
	nacre inspect shop:1.4 --json | jq -e . >/dev/null
}

@test "excluded files are not copied" {
	make_context
	echo object >context/dist/bin/shop.o
	sed -i 's/to: \/srv\/app, owner/to: \/srv\/app, exclude: ["*.o"], owner/' context/nacre.yaml
	nacre build context -t oci:layout:v1
	names layout v1 | grep -q srv/app/bin/shop
	! names layout v1 | grep -q 'shop\.o'
}

@test "names with every kind of byte survive" {
	make_context
	local long
	long=$(printf 'x%.0s' {1..200})
	mkdir -p "context/dist/$long/$long"
	echo 1 >"context/dist/$long/$long/ümläut"
	echo 2 >"context/dist/with space and 'quote'"
	ln -s "$long/$long/$long" "context/dist/long-link"
	nacre build context -t oci:layout:v1
	layer layout v1 | LC_ALL=C.UTF-8 tar -t --quoting-style=literal >list
	grep -qF "srv/app/$long/$long/ümläut" list
	grep -qF "srv/app/with space and 'quote'" list
}

@test "--json says the same for programs" {
	make_context
	local id
	id=$(nacre build context -t oci:layout:v1 | head -n 1)
	nacre build context -t oci:layout:v1 --json >out.json
	jq -e --arg id "$id" '[.. | strings] | index($id)' out.json
	jq -e --arg id "$(digest_of layout v1)" '[.. | strings] | index($id)' out.json
}

@test "a root file system in a directory is taken as it is" {
	mkdir -p context/fs/a
	write context/fs/a/b <<<content
	ln context/fs/a/b context/fs/c
	mknod context/fs/null c 1 3
	mkfifo context/fs/pipe
	ln -s 'no/where' context/fs/link
	setfattr -n user.origin -v debian context/fs/c
	setfattr -n trusted.more -v x context/fs/c
	chmod 4711 context/fs/a/b
	chown -h 5:6 context/fs/a context/fs/link
	touch -d "1969-12-31 23:59:58.25 UTC" context/fs/a
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: rootfs:fs/
	R
	nacre build context -t oci:layout:v1 >/dev/null
	nacre unpack oci:layout:v1 rootfs --unsigned --devices >/dev/null
	setfattr -x trusted.more context/fs/c
	same_tree context/fs rootfs
	[ "$(TZ=UTC stat -c %y rootfs/a)" = "1969-12-31 23:59:58.250000000 +0000" ]
	setfattr -n trusted.more -v x context/fs/c
	nacre build context -t oci:all:v1 --xattrs all >/dev/null
	nacre unpack oci:all:v1 everything --unsigned --devices --xattrs all >/dev/null
	same_tree context/fs everything
}

@test "more layers than the limit says are not built, those of the base counted" {
	make_context
	nacre build context -t oci:context/lower:v1
	write context/upper.yaml <<-'R'
	nacre: 1
	from: oci:lower:v1
	layers: [{name: more, steps: [{file: {path: /more, text: more}}]}]
	R
	refused 3 "layer 'more': more than 1 layers (limit layers)" \
		build context -f context/upper.yaml --limit layers=1 -t oci:layout:v1
	nacre build context -f context/upper.yaml --limit layers=2 -t oci:layout:v1
}

@test "a config or a manifest that no reader would take is not made" {
	make_context
	refused 3 "config: more than 300 bytes (limit document-bytes)" \
		build context -t oci:new:v1 --limit document-bytes=300
	[ ! -e new ]
}
