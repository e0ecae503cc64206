#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

# An image of two layers with every kind of file, unpacked into `pristine`.
make_image() {
	mkdir -p tree/d/e tree/usr/lib tree/@x
	printf 'content\n' >tree/d/f
	ln tree/d/f tree/d/g
	ln tree/d/f tree/@x/h
	: >tree/empty
	head -c 300000 /dev/urandom >tree/usr/lib/big
	printf tool >tree/usr/tool
	ln -s usr/lib tree/lib
	mkfifo tree/fifo
	mknod tree/null c 1 3
	printf 3 >tree/$'\e]0;title\a'
	chmod 4755 tree/empty
	chmod 1777 tree/d
	setcap cap_net_raw=ep tree/usr/tool
	setfattr -n user.a -v b tree/usr/lib/big
	chown -h 12:34 tree/lib
	touch -h -d '1960-01-01 00:00:00.25' tree/empty
	tar -C tree --numeric-owner --xattrs --xattrs-include='*' --format=posix -cf lower.tar .
	rm -rf tree
	mkdir -p tree/upper/below
	printf more >tree/upper/file
	tar -C tree --numeric-owner --format=posix -cf upper.tar upper
	rm -rf tree
	umoci init --layout layout
	umoci new --image layout:v1
	umoci raw add-layer --image layout:v1 lower.tar
	umoci raw add-layer --image layout:v1 upper.tar
	image=oci:layout:v1
	nacre unpack "$image" pristine --unsigned --devices >/dev/null
}

# A fresh copy of the rootfs in `root`, changed by a command in it; the times of its directories
# are put back, so that the command has done that one thing.
change() { # change COMMAND
	rm -rf root
	cp -a pristine root
	(cd root && eval "$1")
	(cd pristine && find . -depth -type d) | while IFS= read -r dir; do
		[ ! -d "root/$dir" ] || [ -L "root/$dir" ] || touch -r "pristine/$dir" "root/$dir"
	done
}

check() {
	timeout 60 "$NACRE" check root "$image" --unsigned --devices "$@"
}

# The differences found, without the lines about the image.
findings() {
	check "$@" 2>/dev/null | grep -Ev '^(image ID|manifest|trust|compared)  '
}

# finds COMMAND LINE…: after the command, these and no others are the findings.
finds() {
	change "$1"
	shift
	diff -u <(printf '%s\n' "$@") <(findings)
}

@test "a rootfs that was just unpacked has no drift, whatever the options" {
	local how
	make_image
	for how in "" "--no-owner" "--no-setid" "--xattrs all" "--no-owner --no-setid"; do
		# shellcheck disable=SC2086
		nacre unpack "$image" fresh --unsigned --devices $how >/dev/null
		# shellcheck disable=SC2086
		nacre check fresh "$image" --unsigned --devices $how >out
		grep -qx 'compared  18 entries, 300017 bytes' out
		rm -rf fresh
	done
	[ "$(grep -c : out)" -eq 3 ]
}

@test "a rootfs that somebody without root has unpacked has no drift" {
	mkdir nobodys
	chown 65534:65534 nobodys
	chmod 755 .
	make_context
	nacre build context -t oci:layout:v2 >/dev/null
	as_nobody nacre unpack oci:layout:v2 nobodys/r --unsigned --no-owner >/dev/null
	as_nobody nacre check nobodys/r oci:layout:v2 --unsigned --no-owner
	nacre check nobodys/r oci:layout:v2 --unsigned --no-owner
	chown 5 nobodys/r/etc/shop.conf
	chgrp 6 nobodys/r/srv
	nacre check nobodys/r oci:layout:v2 --unsigned --no-owner >out || [ $? -eq 3 ]
	grep -qx 'etc/shop.conf: uid 5, not 65534' out
	grep -qx 'srv: gid 6, not 65534' out
	[ "$(grep -c ': [ug]id' out)" -eq 2 ]
}

@test "each single change is found, and nothing but it" {
	make_image
	local a=sha256:$(sha256sum pristine/usr/lib/big | cut -d' ' -f1)

	finds 'chmod 600 usr/lib/big' 'usr/lib/big: mode 0600, not 0644'
	finds 'chmod u-s empty' 'empty: mode 0755, not 4755'
	finds 'chmod 700 .' '.: mode 0700, not 0755'
	finds 'chown 5 usr/lib/big' 'usr/lib/big: uid 5, not 0'
	finds 'chgrp -h 5 lib' 'lib: gid 5, not 34'
	finds 'chown 5 fifo' 'fifo: uid 5, not 0'
	finds 'chmod 666 null' 'null: mode 0666, not 0644'
	finds 'touch -d @5.000000001 empty' 'empty: mtime 5.000000001, not -315619200.250000000'
	finds 'touch -h -d @6 lib' "lib: mtime 6.000000000, not $(stat -c %.9Y pristine/lib)"
	finds 'printf x >>upper/file; touch -r ../pristine/upper/file upper/file' \
		'upper/file: size 5, not 4'
	finds 'printf x | dd of=usr/lib/big bs=1 seek=7 conv=notrunc status=none
		head -c 300000 ../pristine/usr/lib/big | tr "\0-\377" "\1-\377\0" >usr/lib/big
		touch -r ../pristine/usr/lib/big usr/lib/big' \
		"usr/lib/big: content sha256:$(tr '\0-\377' '\1-\377\0' <pristine/usr/lib/big |
			sha256sum | cut -d' ' -f1), not $a"
	finds 'ln -sfn usr/bin lib; chown -h 12:34 lib; touch -h -r ../pristine/lib lib' \
		'lib: target usr/bin, not usr/lib'
	finds 'rm null; mknod null c 1 5; touch -r ../pristine/null null' 'null: device 1:5, not 1:3'
	finds 'setfattr -n user.b -v x d' 'd: xattr user.b 0seA=='
	finds 'setfattr -n user.a -v c usr/lib/big' 'usr/lib/big: xattr user.a 0sYw==, not 0sYg=='
	finds 'setfattr -x user.a usr/lib/big' 'usr/lib/big: xattr user.a none, not 0sYg=='
	finds 'setcap -r usr/tool' \
		'usr/tool: xattr security.capability none, not 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA='
	finds 'cp -p d/g copy; mv copy d/g' 'd/g: link none, not @x/h'
	finds 'ln usr/lib/big ../elsewhere' 'usr/lib/big: names 2, not 1'
	rm elsewhere
	finds 'ln usr/lib/big more' 'more: extra file'
	finds 'rm d/e -r' 'd/e: missing'
	finds 'rm -r upper' 'upper: missing'
	finds 'mkdir -p more/below; touch more/below/x' 'more: extra directory'
	finds 'rm -r d/e; touch d/e' 'd/e: type file, not directory'
	finds 'rm usr/lib/big; mkfifo usr/lib/big' 'usr/lib/big: type fifo, not file'
	finds "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'" 's: extra socket'
	finds 'touch .wh.x' '.wh.x: extra file'
	finds 'chmod 600 usr/lib/big; rm d/g; touch zz a' 'a: extra file' 'd/g: missing' \
		'usr/lib/big: mode 0600, not 0644' 'zz: extra file'
}

@test "an ACL is drift, and what a host labels files with is none" {
	make_image
	finds 'setfattr -n system.posix_acl_access -v \
		0sAgAAAAEABgD/////AgAEAAUAAAAEAAQA/////xAABAD/////IAAEAP////8= usr/lib/big' \
		"usr/lib/big: xattr system.posix_acl_access \
0sAgAAAAEABgD/////AgAEAAUAAAAEAAQA/////xAABAD/////IAAEAP////8="
	change 'setfattr -n trusted.label -v x usr/lib/big'
	check
	findings --xattrs all >out
	[ "$(<out)" = 'usr/lib/big: xattr trusted.label 0seA==' ]
	finds 'setfattr -n trusted.overlay.opaque -v y d' 'd: xattr trusted.overlay.opaque 0seQ=='
}

@test "exit codes, and one line on standard error" {
	make_image
	change true
	check >out 2>err
	[ ! -s err ]
	change 'chmod 600 usr/lib/big; touch more'
	local got=0
	check >out 2>err || got=$?
	[ "$got" -eq 3 ]
	[ "$(<err)" = "nacre: check $image: root: 2 differences" ]
	check --quiet >out 2>/dev/null || [ $? -eq 3 ]
	[ ! -s out ]
	refused 2 "nothing says whom to trust" check root "$image"
	refused 2 "--json and --quiet" check root "$image" --unsigned --json --quiet
	refused 2 "--xattrs: 'some' is not 'all'" check root "$image" --unsigned --xattrs some
	refused 1 "nowhere: No such file" check nowhere "$image" --unsigned
	refused 3 "devices are not asked for" check root "$image" --unsigned
	refused 3 "ignore '../x'" check root "$image" --unsigned --devices --ignore ../x
	nacre key new release >/dev/null
	refused 4 "no signature" check root "$image" --devices --key release.pub
	printf x >>"$(blob_path layout "$(manifest layout v1 | jq -r '.layers[1].digest')")"
	refused 3 "layer 2 of 2" check root "$image" --unsigned --devices
}

@test "JSON has one object a difference and one at the end" {
	make_image
	change $'chmod 600 usr/lib/big; touch "$(printf "\\377")"; setfattr -n user.b -v x d'
	check --json >out 2>/dev/null || [ $? -eq 3 ]
	[ "$(wc -l <out)" -eq 4 ]
	jq -e -s '.[0] == {path: "d", what: "xattr", xattr: "user.b", have: "0seA=="}' out
	jq -e -s '.[1] == {path: "usr/lib/big", what: "mode", want: "0644", have: "0600"}' out
	jq -e -s '.[2] == {path_base64: "/w==", what: "extra", have: "file"}' out
	jq -e -s '.[3] | .findings == 3 and .unreadable == 0 and .entries == 18
		and .trust == "not verified: --unsigned" and (.imageId | startswith("sha256:"))' out
}

@test "what a terminal should not see is escaped" {
	make_image
	finds $'chmod 600 "\e]0;title\a"; touch "x\ny"; ln -sfn "\e[31m" lib
		chown -h 12:34 lib; touch -h -r ../pristine/lib lib' \
		'\x1b]0;title\x07: mode 0600, not 0644' 'lib: target \x1b[31m, not usr/lib' \
		'x\ny: extra file'
}

@test "nothing outside is looked at through a link" {
	make_image
	mkdir -p outside/lib
	cp -p pristine/usr/lib/big outside/lib/big
	finds 'mv usr ../moved; ln -s ../outside usr' 'usr: type symlink, not directory'
	rm -rf moved
	finds 'mv upper real; ln -s real upper' 'real: extra directory' \
		'upper: type symlink, not directory'
	finds 'rm usr/lib/big; ln -s ../../../outside/lib/big usr/lib/big' \
		'usr/lib/big: type symlink, not file'
}

@test "a fifo, a device or a socket in the place of a file is not opened" {
	make_image
	finds 'rm upper/file; mkfifo upper/file; rm usr/lib/big; mknod usr/lib/big c 1 5
		rm usr/tool; mkdir usr/tool; mkfifo usr/tool/x' \
		'upper/file: type fifo, not file' \
		'usr/lib/big: type character device, not file' 'usr/tool: type directory, not file'
}

@test "a directory of many names, and one that is very deep" {
	make_image
	change '(mkdir deep; cd -P deep; for i in $(seq 420); do mkdir dddddddddd; cd -P dddddddddd; done)
		cd usr/lib; seq -f %.0f.extra 1 3000 | xargs touch'
	findings >out
	[ "$(wc -l <out)" -eq 3001 ]
	[ "$(head -n 1 out)" = 'deep: extra directory' ]
	[ "$(sed -n 2p out)" = 'usr/lib/1.extra: extra file' ]
	diff <(tail -n +2 out) <(tail -n +2 out | sort)
	check --ignore-extra --ignore usr/lib >/dev/null
	check --limit tree-bytes=128k >out 2>err || [ $? -eq 3 ]
	grep -q "limit tree-bytes" err
}

@test "what is mounted is named and not looked into" {
	make_image
	change 'mkdir full'
	mkdir full
	mount -t tmpfs tmpfs full
	mkdir full/lib
	printf secret >full/lib/big
	mount --bind full root/usr
	mount --bind full/lib/big root/upper/file
	mount --bind root/d root/full
	findings >out || true
	umount root/full root/upper/file root/usr
	diff -u - out <<-'E'
	full: mount directory
	upper/file: mount
	usr: mount
	E
}

@test "what is to be ignored is left out, with all below it" {
	make_image
	change 'chmod 700 usr; rm usr/lib/big; touch usr/more; chmod 600 empty; mkdir -p run/x/y
		touch zz; chmod 700 d'
	check --ignore usr --ignore empty --ignore run/x --ignore /zz --ignore d/./
	diff -u - <(findings --ignore /usr/lib --ignore empty --ignore run) <<-'E'
	d: mode 0700, not 1777
	usr: mode 0700, not 0755
	usr/more: extra file
	zz: extra file
	E
	findings --ignore-extra --ignore usr --ignore d >out
	[ "$(<out)" = 'empty: mode 0600, not 4755' ]
	change 'touch d/e/new empty'
	touch -d @1 root/d/e
	check --ignore-times --ignore-extra
	[ "$(findings --ignore-extra | grep -c mtime)" -eq 2 ]
}

@test "what cannot be read is said, and is not the same as good" {
	make_context
	chmod 755 .
	nacre build context -t oci:layout:v1 >/dev/null
	mkdir nobodys
	chown 65534 nobodys
	as_nobody nacre unpack oci:layout:v1 nobodys/r --unsigned --no-owner >/dev/null
	chmod 0 nobodys/r/etc/shop.conf nobodys/r/srv
	local got=0
	as_nobody nacre check nobodys/r oci:layout:v1 --unsigned --no-owner >out 2>err || got=$?
	[ "$got" -eq 3 ]
	grep -v "  " out | diff -u - <(cat <<-'E'
	etc/shop.conf: mode 0000, not 0644
	etc/shop.conf: unreadable content: Permission denied
	srv: mode 0000, not 0755
	srv: unreadable directory: Permission denied
	E
	)
	# Where the image has it so.
	rm -rf nobodys/r
	sed -i 's/dir:  {path: .srv.app.*/dir: {path: \/srv\/none, mode: "0000"}/' context/nacre.yaml
	nacre build context -t oci:layout:v2 >/dev/null
	as_nobody nacre unpack oci:layout:v2 nobodys/r --unsigned --no-owner >/dev/null
	got=0
	as_nobody nacre check nobodys/r oci:layout:v2 --unsigned --no-owner >out 2>err || got=$?
	[ "$got" -eq 1 ]
	[ "$(<err)" = "nacre: check oci:layout:v2: nobodys/r: 1 entries cannot be read" ]
	nacre check nobodys/r oci:layout:v2 --unsigned --no-owner
}

@test "neither the number of threads nor the compression change what is found" {
	local how
	make_base context/base.tar
	for i in $(seq 100); do
		mkdir -p "context/dist/$((i % 7))"
		printf '%*d' "$((i * 300))" "$i" >"context/dist/$((i % 7))/$i"
	done
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: rootfs:base.tar
	layers:
	  - {name: one, steps: [{copy: {from: dist, to: /srv}}]}
	  - {name: two, steps: [{remove: {path: /srv/3}}, {copy: {from: dist/1, to: /opt}}]}
	R
	for how in zstd gzip none; do
		nacre build context -t "oci:layout:$how" --compression "$how" >/dev/null
	done
	nacre unpack oci:layout:zstd root --unsigned >/dev/null
	find root/srv -type f -name '*7*' -exec sed -i 's/^./x/' {} +
	for how in zstd gzip none; do
		nacre check root "oci:layout:$how" --unsigned -j 1 >"$how" 2>/dev/null || [ $? -eq 3 ]
		nacre check root "oci:layout:$how" --unsigned -j 8 2>/dev/null | diff - "$how"
		grep ' content ' "$how" >"$how.contents"
	done
	[ "$(wc -l <zstd.contents)" -eq "$(find root/srv -type f -name '*7*' | wc -l)" ]
	cmp zstd.contents gzip.contents
	cmp zstd.contents none.contents
}
