#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# One file across the gap: an image with its signatures in an archive, checked and unpacked there.

load ../lib/common

# Three keys, of which two have signed oci:layout:v1.
make_crossing() {
	local key

	make_context
	nacre build context -t oci:layout:v1 >/dev/null
	for key in one two three; do
		nacre key new $key >/dev/null
	done
	nacre sign oci:layout:v1 --key one.key --key two.key --identity example.org/shop:v1 >/dev/null
	nacre copy oci:layout:v1 oci-archive:image.tar >/dev/null
}

# spoil FILE DIGEST: one bit of a blob in the archive is another.
spoil() {
	"$PYTHON" - "$1" "${2#*:}" <<-'P'
	import sys, tarfile
	with tarfile.open(sys.argv[1]) as archive:
	    member = archive.getmember("blobs/sha256/" + sys.argv[2])
	    at = member.offset_data + member.size // 2
	with open(sys.argv[1], "r+b") as file:
	    file.seek(at)
	    byte = file.read(1)[0]
	    file.seek(at)
	    file.write(bytes([byte ^ 1]))
	P
}

@test "verify and unpack take the archive as it is, with thresholds and names" {
	make_crossing
	mkdir away
	mv layout context away
	nacre verify oci-archive:image.tar --key one.pub --key two.pub --key three.pub --threshold 2 \
		--identity example.org/shop:v1 --deep
	nacre unpack oci-archive:image.tar:v1 rootfs --key one.pub --key two.pub --threshold 2
	nacre unpack oci:away/layout:v1 other --unsigned
	same_tree rootfs other
	refused 4 "1 of 2 needed signatures" verify oci-archive:image.tar --key one.pub --key three.pub --threshold 2
	refused 4 "none by a given key" unpack oci-archive:image.tar none --key three.pub
	refused 4 "for another name" unpack oci-archive:image.tar none --key one.pub --identity example.org/shop:v2
	refused 1 "no image 'v2'" verify oci-archive:image.tar:v2 --key one.pub
}

@test "one bit of any blob in the archive refuses it, and nothing is unpacked" {
	local digest
	make_crossing
	cp image.tar good.tar
	for digest in $(cd layout/blobs/sha256 && ls); do
		# The empty config of a bundle's manifest is of no use to anybody.
		[ "$digest" != 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a ] || continue
		case $digest in
		"$(manifest layout "$(digest_of layout v1 | sed 's/:/-/').sig" | jq -r '.config.digest | sub(".*:"; "")')")
			continue ;; # of the signatures' manifest likewise
		esac
		spoil image.tar "$digest"
		run ! nacre unpack oci-archive:image.tar rootfs --key one.pub --key two.pub --threshold 2
		[ ! -e rootfs ]
		cp good.tar image.tar
	done
	nacre unpack oci-archive:image.tar rootfs --key one.pub --key two.pub --threshold 2
}

@test "a layer with another DiffID is refused in the archive, before anything is written" {
	make_crossing
	local config manifest hex
	config=$(config layout v1 | jq -c '.rootfs.diff_ids[0] |= sub("[0-9a-f]{8}$"; "00000000")')
	hex=$(printf %s "$config" | sha256sum | cut -d' ' -f1)
	printf %s "$config" >"layout/blobs/sha256/$hex"
	cp one.key release.key
	change ".config.digest = \"sha256:$hex\" | .config.size = ${#config}"
	nacre copy oci:layout:v1 oci-archive:image.tar >/dev/null
	nacre verify oci-archive:image.tar --key one.pub
	refused 3 layer verify oci-archive:image.tar --key one.pub --deep
	refused 3 layer unpack oci-archive:image.tar rootfs --key one.pub
}

@test "the same image makes the same archive, whatever was there" {
	make_crossing
	cp -a layout other
	nacre copy oci:other:v1 oci-archive:again.tar >/dev/null
	cmp image.tar again.tar
	echo rubbish >again.tar
	SOURCE_DATE_EPOCH=7 TZ=Asia/Tokyo nacre copy oci:other:v1 oci-archive:again.tar >/dev/null
	cmp image.tar again.tar
	nacre copy oci-archive:image.tar oci-archive:again.tar >/dev/null
	cmp image.tar again.tar
}

@test "an archive becomes a layout or an image of the store, and back" {
	make_crossing
	nacre copy oci-archive:image.tar oci:fresh:v7
	nacre verify oci:fresh:v7 --key one.pub --key two.pub --threshold 2 --deep
	nacre copy oci-archive:image.tar shop:v1
	nacre verify shop:v1 --key one.pub --key two.pub --threshold 2 --deep
	nacre copy shop:v1 oci-archive:back.tar:v1
	cmp image.tar back.tar
}

@test "what is not of the image stays behind" {
	make_crossing
	echo "another note" >context/dist/share/note
	nacre build context -t oci:layout:v2 >/dev/null
	nacre sign oci:layout:v2 --key three.key >/dev/null
	nacre copy oci:layout:v1 oci-archive:again.tar --json >copied.json
	cmp image.tar again.tar
	jq -e --arg digest "$(digest_of layout v1)" '.manifest == $digest and .attached == 3' copied.json
	refused 2 "DEST" copy oci:layout:v1 oci-archive:
	refused 2 "a digest" copy oci:layout:v1 "oci:fresh@$(digest_of layout v1)"
	refused 3 "not supported" copy oci:layout:v1 docker://example.org/shop:v1
}

@test "without signatures the archive lists one image" {
	make_crossing
	nacre copy oci:layout:v1 oci-archive:bare.tar --no-signatures
	[ "$(tar -xOf bare.tar index.json | jq '.manifests | length')" -eq 1 ]
	nacre verify oci-archive:bare.tar --unsigned --deep
	refused 4 "no signature" verify oci-archive:bare.tar --key one.pub
	skopeo inspect oci-archive:bare.tar | jq -e --arg d "$(digest_of layout v1)" '.Digest == $d'
}

@test "a copy takes the place of a file, and of nothing else" {
	make_crossing
	ln -s image.tar link
	mkfifo pipe
	refused 3 "not a regular file" copy oci:layout:v1 oci-archive:link
	refused 3 "not a regular file" copy oci:layout:v1 oci-archive:pipe
	refused 3 "not a regular file" copy oci:layout:v1 oci-archive:context
	refused 1 "No such file" copy oci:layout:v1 oci-archive:no/where.tar
}

@test "a blob that is damaged or missing leaves no archive and no image" {
	make_crossing
	local layer
	layer=$(blob_path layout "$(manifest layout v1 | jq -r '.layers[0].digest')")
	cp "$layer" saved
	printf X | dd of="$layer" bs=1 seek=20 conv=notrunc status=none
	refused 3 "content has digest" copy oci:layout:v1 oci-archive:new.tar
	refused 3 "content has digest" copy oci:layout:v1 oci:fresh:v1
	refused 3 "content has digest" copy oci:layout:v1 oci-archive:image.tar
	rm "$layer"
	refused 1 "not in the layout" copy oci:layout:v1 oci-archive:new.tar
	cp saved "$layer"
	nacre copy oci:layout:v1 oci-archive:new.tar
	cmp image.tar new.tar
}

@test "archives that mean two things, or none, are refused" {
	make_crossing
	gzip -k image.tar
	refused 3 "compressed (gzip)" verify oci-archive:image.tar.gz --unsigned
	zstd -q image.tar -o image.zst
	refused 3 "compressed (zstd)" verify oci-archive:image.zst --unsigned
	cp image.tar twice.tar
	tar -C layout -rf twice.tar index.json
	refused 3 "'index.json' is in it twice" verify oci-archive:twice.tar --unsigned
	mkdir links
	cp -a layout links/layout
	rm links/layout/index.json
	ln -s /etc/passwd links/layout/index.json
	tar -C links/layout -cf links.tar .
	refused 3 "'index.json' is not a regular file" verify oci-archive:links.tar --unsigned
	tar -C context -cf no.tar .
	refused 3 "no image layout: oci-layout is missing" verify oci-archive:no.tar --unsigned
	head -c 3000 image.tar >cut.tar
	run ! nacre verify oci-archive:cut.tar --unsigned --deep
	: >empty.tar
	refused 3 "oci-layout is missing" verify oci-archive:empty.tar --unsigned
	refused 3 "not a regular file" verify oci-archive:layout --unsigned
	refused 3 "an archive cannot be changed" sign oci-archive:image.tar --key one.key
}

@test "archives by GNU tar and bsdtar are read as well" {
	make_crossing
	tar -C layout -cf gnu.tar .
	bsdtar -C layout -cf bsd.tar oci-layout index.json blobs
	tar -C layout --format=posix -cf pax.tar index.json blobs oci-layout
	for file in gnu bsd pax; do
		nacre verify oci-archive:$file.tar --key one.pub --deep
		nacre unpack oci-archive:$file.tar $file --key one.pub
		same_tree gnu $file
	done
}

@test "inspect, ls, lint and plan look into an archive" {
	make_crossing
	[ "$(nacre inspect oci-archive:image.tar --json)" = "$(nacre inspect oci:layout:v1 --json)" ]
	[ "$(nacre ls oci-archive:image.tar -l)" = "$(nacre ls oci:layout:v1 -l)" ]
	nacre lint oci-archive:image.tar
	nacre plan oci-archive:image.tar --key one.pub
}

@test "a recipe begins from an archive as it does from a layout" {
	make_crossing
	local how
	mkdir recipe
	cp one.pub three.pub recipe
	for how in oci:../layout:v1 oci-archive:../image.tar:v1; do
		write recipe/nacre.yaml <<-E
		nacre: 1
		from: {image: "$how", key: [one.pub]}
		epoch: 2026-01-01T00:00:00Z
		layers: [{name: more, steps: [{file: {path: /etc/more, text: "more\n"}}]}]
		E
		nacre build recipe -t oci:built:v1 --no-cache -q >>ids
	done
	[ "$(sort -u ids | wc -l)" -eq 1 ]
	nacre lock recipe
	nacre vendor gathered recipe
	mv image.tar elsewhere.tar
	nacre build recipe --vendor gathered -t oci:again:v1 --no-cache -q >>ids
	[ "$(sort -u ids | wc -l)" -eq 1 ]
	refused 1 "image.tar" build recipe -t oci:none:v1 --no-cache -q
	nacre copy oci:layout:v1 oci-archive:image.tar --no-signatures
	refused 4 "no signature" build recipe -t oci:none:v1 --no-cache -q
	sed -i 's/one.pub/three.pub/' recipe/nacre.yaml
	rm recipe/nacre.lock
	mv elsewhere.tar image.tar
	refused 4 "none by a given key" build recipe -t oci:none:v1 --no-cache -q
}
