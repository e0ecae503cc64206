#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

# A base with everything that a file system has, a layer that removes and replaces.
make_full() {
	make_base context/base.tar
	write context/dist/bin/shop <<<'#!/bin/sh'
	chmod 755 context/dist/bin/shop
	write context/nacre.yaml <<-'R'
	nacre: 1
	name: shop
	from: rootfs:base.tar
	layers:
	  - name: first
	    steps:
	      - copy:   {from: dist, to: /srv/app, owner: "10001:10001"}
	      - link:   {path: /usr/bin/shop, to: /srv/app/bin/shop}
	      - remove: {path: /usr/share/doc}
	  - name: second
	    steps:
	      - file:   {path: /usr/share/doc, text: "now a file\n"}
	      - remove: {path: /srv/app/bin/shop}
	      - dir:    {path: /srv/app/bin/shop, mode: "02750"}
	R
	nacre build context -t oci:layout:v1 "$@" >/dev/null
}

@test "the rootfs is the one that GNU tar and bsdtar make of the layers" {
	local how
	for how in zstd gzip none; do
		make_full --compression $how
		nacre unpack oci:layout:v1 "rootfs-$how" --unsigned
		"$PYTHON" "$lib/ocilayers.py" layout v1 "gnu-$how" --tar gnu
		"$PYTHON" "$lib/ocilayers.py" layout v1 "bsd-$how" --tar bsd
		same_tree "gnu-$how" "rootfs-$how"
		same_tree "bsd-$how" "rootfs-$how"
	done
}

@test "what a build put in comes out" {
	make_full
	nacre unpack oci:layout:v1 rootfs --unsigned
	[ "$(readlink rootfs/bin)" = usr/bin ]
	[ "$(stat -c %h rootfs/usr/bin/tool)" -eq 2 ]
	[ "$(stat -c '%a %u:%g' rootfs/usr/bin/tool)" = "4755 0:0" ]
	getcap rootfs/usr/bin/ping | grep -q cap_net_raw
	[ "$(cat rootfs/usr/share/doc)" = "now a file" ]
	[ "$(stat -c '%F %a' rootfs/srv/app/bin/shop)" = "directory 2750" ]
	[ "$(stat -c '%u:%g' rootfs/srv/app)" = 10001:10001 ]
	[ "$(stat -c %a rootfs/var/empty)" = 1777 ]
	[ "$(stat -c %Y rootfs/usr/bin/tool)" = 1700000000 ]
	[ -z "$(find rootfs -name '.wh.*')" ]
}

@test "neither umask nor the working directory nor the environment change the rootfs" {
	make_full
	nacre unpack oci:layout:v1 one --unsigned
	(
		umask 077
		cd /
		TZ=Asia/Tokyo LC_ALL=C LANG=de_DE.UTF-8 nacre unpack "oci:$scratch/layout:v1" \
			"$scratch/two" --unsigned
	)
	same_tree one two
}

@test "an unpacked tree that is built again is the same layer" {
	make_context
	nacre build context -t oci:layout:v1
	nacre unpack oci:layout:v1 rootfs --unsigned
	write again/nacre.yaml <<-'R'
	nacre: 1
	name: again
	from: rootfs:rootfs.tar
	R
	tar -C rootfs --numeric-owner --sort=name --format=posix -cf again/rootfs.tar .
	if nacre build again -t oci:layout:again; then
		nacre unpack oci:layout:again rootfs-again --unsigned
		same_tree rootfs rootfs-again
	fi
}

@test "a signature is checked before anything is written" {
	make_signed
	nacre key new other
	refused 4 v1 unpack oci:layout:v1 rootfs --key other.pub
	[ ! -e rootfs ]
	nacre unpack oci:layout:v1 rootfs --key release.pub
	[ -e rootfs/srv/app/bin/shop ]
}

@test "without saying whom to trust nothing is unpacked" {
	make_signed
	refused 2 --key unpack oci:layout:v1 rootfs
	refused 2 --unsigned unpack oci:layout:v1 rootfs
}

@test "what is there already stays" {
	make_signed
	mkdir full
	echo mine >full/file
	refused 1 full unpack oci:layout:v1 full --unsigned
	echo mine >file
	refused 1 file unpack oci:layout:v1 file --unsigned
	ln -s elsewhere link
	refused 1 link unpack oci:layout:v1 link --unsigned
	mkdir elsewhere
	refused 1 link unpack oci:layout:v1 link --unsigned
	[ -z "$(ls -A elsewhere)" ]
}

@test "a folder that is not there is not made up" {
	make_signed
	refused 1 no/such unpack oci:layout:v1 no/such/rootfs --unsigned
}

@test "an empty directory that is a mount point is refused before the image is read" {
	make_full
	mkdir mounted
	mount -t tmpfs none mounted
	refused 3 "mounted: a mount point" unpack oci:layout:v1 mounted --unsigned
	umount mounted
	nacre unpack oci:layout:v1 mounted --unsigned
}

@test "a damaged layer leaves neither a target nor anything beside it" {
	make_full
	local blob
	blob=$(blob_path layout "$(manifest layout v1 | jq -r '.layers[1].digest')")
	printf '\377' | dd of="$blob" bs=1 seek=30 conv=notrunc status=none
	refused 3 "${blob##*/}" unpack oci:layout:v1 rootfs --unsigned
	truncate -s -1 "$blob"
	refused 3 "${blob##*/}" unpack oci:layout:v1 rootfs --unsigned
	rm "$blob"
	refused 1 "${blob##*/}" unpack oci:layout:v1 rootfs --unsigned
}

@test "a full disk leaves the target as it was, absent" {
	make_context
	head -c 3000000 /dev/urandom >context/dist/share/big
	nacre build context -t oci:layout:v1
	mkdir full
	mount -t tmpfs -o size=1m tmpfs full
	refused 1 "No space left on device" unpack oci:layout:v1 full/rootfs --unsigned
	[ -z "$(ls -A full)" ]
}

# Two images in a layout, and the first of them as a root file system.
make_two() {
	make_context
	nacre build context -t oci:layout:v1 >/dev/null
	nacre unpack oci:layout:v1 rootfs --unsigned >/dev/null
	echo more >context/dist/share/more
	nacre build context -t oci:layout:v2 >/dev/null
	nacre unpack oci:layout:v2 want --unsigned >/dev/null
}

nothing_aside() {
	[ -z "$(find . -name '.nacre-*')" ]
}

@test "with --replace a new tree takes the place of the old one, whatever a container made of it" {
	make_two
	mkdir -m 0555 rootfs/readonly rootfs/readonly/below
	echo x >rootfs/readonly/below/file
	mkdir outside
	echo mine >outside/file
	ln -s "$PWD/outside" rootfs/link
	ln "$PWD/outside/file" rootfs/hardlink
	mkfifo rootfs/fifo
	chmod 000 rootfs
	nacre unpack oci:layout:v2 rootfs --unsigned --replace
	same_tree want rootfs
	[ "$(cat outside/file)" = mine ]
	nothing_aside
	# Nothing there, and an empty directory.
	nacre unpack oci:layout:v2 fresh --unsigned --replace
	same_tree want fresh
	mkdir empty
	nacre unpack oci:layout:v2 empty --unsigned --replace
	same_tree want empty
}

@test "with --replace a tree deeper than any path can name is removed" {
	make_two
	"$PYTHON" - rootfs <<-'P'
	import os, sys
	os.chdir(sys.argv[1])
	for _ in range(3000):
	    os.mkdir("d")
	    os.chdir("d")
	P
	nacre unpack oci:layout:v2 rootfs --unsigned --replace
	same_tree want rootfs
	nothing_aside
}

@test "with --replace what is mounted in the old tree is neither removed nor left behind" {
	make_two
	mkdir "rootfs/a b" full
	mount -t tmpfs -o size=1m tmpfs full
	echo mine >full/file
	mount --bind full "rootfs/a b"
	refused 3 "'a b' in it is a mount point" \
		unpack oci:layout:v2 rootfs --unsigned --replace
	umount "rootfs/a b"
	mount --bind rootfs rootfs
	refused 3 "rootfs: a mount point" unpack oci:layout:v2 rootfs --unsigned --replace
	umount rootfs
	[ "$(cat full/file)" = mine ]
	refused 3 "the working directory" unpack oci:layout:v2 "$PWD" --unsigned --replace
	mkdir other
	ln -s other link
	refused 1 link unpack oci:layout:v2 link --unsigned --replace
	nacre unpack oci:layout:v2 rootfs --unsigned --replace
	same_tree want rootfs
	nothing_aside
}

@test "with --replace what cannot be removed is a warning, and removed by the next run" {
	make_two
	echo x >rootfs/immutable
	chattr +i rootfs/immutable || skip "no immutable files here"
	run -0 --separate-stderr nacre unpack oci:layout:v2 rootfs --unsigned --replace
	same_tree want rootfs
	[[ $stderr == *"the old tree is left as '.nacre-"*"'immutable'"* ]]
	[ -e .nacre-*.d/immutable ]
	run -0 --separate-stderr nacre unpack oci:layout:v1 again --unsigned
	[ -e .nacre-*.d/immutable ]
	chattr -i .nacre-*.d/immutable
	rm -r again
	nacre unpack oci:layout:v1 again --unsigned
	nothing_aside
}

@test "with --replace and without privilege" {
	make_two
	chown -R 65534:65534 rootfs
	mkdir nobodys
	mv rootfs nobodys/
	chown 65534:65534 nobodys
	chmod 555 nobodys/rootfs
	chmod -R a+rX layout
	as_nobody nacre unpack oci:layout:v2 nobodys/rootfs --unsigned --no-owner --replace
	[ -e nobodys/rootfs/srv/app/share/more ]
	nothing_aside
}
