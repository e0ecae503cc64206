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
	(cd root && find . -depth -xdev -type d) | while IFS= read -r dir; do
		[ ! -d "pristine/$dir" ] || touch -r "pristine/$dir" "root/$dir"
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
	change '"$PYTHON" -c "
import os
for name in [\"deep\"] + 420 * [10 * \"d\"]:
    os.mkdir(name)
    os.chdir(name)"
		cd usr/lib; seq -f %.0f.extra 1 1000 | xargs touch'
	findings >out
	[ "$(wc -l <out)" -eq 1001 ]
	[ "$(head -n 1 out)" = 'deep: extra directory' ]
	[ "$(sed -n 2p out)" = 'usr/lib/1.extra: extra file' ]
	diff <(tail -n +2 out) <(tail -n +2 out | sort)
	check --ignore-extra >/dev/null
	check --limit tree-bytes=40k >out 2>err || [ $? -eq 3 ]
	grep -q "more differences than .*limit tree-bytes" err
	check --repair >/dev/null
	same_tree pristine root
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

# ---------------------------------------------------------------------- repair

# What every name of a tree is on disk: inode and ctime.
identities() { # identities DIR
	(cd "$1" && find . -printf '%P %i %C@\n' | sort)
}

# After `change COMMAND`: repairs, and holds the result to the pristine tree. All but the paths
# given (and what is below them) keep inode and ctime.
repairs() { # repairs COMMAND PATH…
	change "$1"
	shift
	identities root >before
	nacre check root "$image" --unsigned --devices --repair >out
	identities root >after
	same_tree pristine root
	nacre check root "$image" --unsigned --devices >/dev/null
	[ -z "$(find . -name '.nacre-*')" ]
	local path pattern='^$'
	for path; do
		pattern+="|^${path//./\\.}[ /]"
	done
	diff -u <(grep -Ev "$pattern" before) <(grep -Ev "$pattern" after)
}

@test "repair brings back exactly what differs" {
	make_image
	repairs true
	repairs 'chmod 600 usr/lib/big' usr/lib/big
	repairs 'chown 5:6 empty' "" empty
	repairs 'chown -h 5 lib; touch -h -d @3 lib' lib
	repairs 'chown 5 fifo null; chmod 777 fifo null' fifo null
	repairs 'chmod 700 d; chown 5 usr; touch upper' d usr upper
	repairs 'setcap -r usr/tool; setfattr -x user.a usr/lib/big' usr usr/tool usr/lib/big
	repairs 'chown 5 usr/tool' usr usr/tool
	repairs 'setfattr -n user.a -v other usr/lib/big; setfattr -n user.b -v x d; setfattr -n trusted.overlay.opaque -v y d' usr/lib/big d
	repairs 'setfacl -m u:5:rw,d:u:6:rx d; setfacl -m u:5:rwx usr/lib/big' d usr/lib/big
	repairs 'echo more >>upper/file' upper upper/file
	repairs 'tr a b <../pristine/usr/lib/big >usr/lib/big; touch -r ../pristine/usr/lib/big usr/lib/big' \
		usr/lib usr/lib/big
	repairs 'ln -sfn elsewhere lib' "" lib
	repairs 'rm null; mknod null b 7 0' "" null
	repairs 'rm null fifo empty lib' "" null fifo empty lib
	repairs 'touch more; mkdir -p d/x/y; touch d/x/y/z; ln usr/lib/big d/big; mkfifo p' \
		"" d more p d/x d/big usr/lib/big
	repairs 'rm -r usr' "" usr
	repairs 'rm -r d' "" d @x
	repairs 'rm -r d @x upper' "" d @x upper
	repairs 'rm -r d; echo file >d' "" d @x
	repairs 'rm usr/tool; mkdir -p usr/tool/deep; touch usr/tool/deep/x' usr usr/tool
	repairs 'rm lib; mkdir lib; mkdir -p upper/more/below' "" lib upper
	repairs 'touch .wh.x s; rm s; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"s\")"' "" .wh.x s
}

@test "repair restores which names are one file" {
	make_image
	repairs 'cp -p d/g copy; mv copy d/g' d d/g d/f @x/h
	repairs 'rm d/f' d d/g d/f @x/h
	repairs 'rm @x/h' @x d/g d/f @x/h
	repairs 'rm d/f d/g @x/h' d @x
	repairs 'echo other >>d/f' d @x
	repairs 'cp -p d/g copy; mv copy @x/h' d @x
	repairs 'rm usr/tool; ln upper/file usr/tool' usr upper/file usr/tool
	repairs 'ln usr/lib/big ../elsewhere' usr/lib usr/lib/big
	rm elsewhere
	repairs 'ln d/f ../elsewhere; chmod 600 d/f' d @x
	[ "$(stat -c %a elsewhere)" = 600 ]
}

@test "repair leaves everything outside alone" {
	make_image
	mkdir -p outside/lib outside/d
	echo sentinel >outside/lib/big
	echo sentinel >outside/file
	ln -s ../file outside/d/link
	cp -a outside outside.before
	identities outside >outside.identities
	repairs 'rm -r usr; ln -s ../outside usr' "" usr
	repairs 'rm upper/file; ln -s ../../outside/file upper/file' upper
	repairs 'mkdir more; ln -s ../../outside more/link; ln -s ../outside more2; rm -r d; ln -s ../outside/d d' \
		"" more more2 d @x
	repairs 'rm -r usr/lib; ln -s ../../outside/lib usr/lib' usr
	identities outside | diff outside.identities -
	same_tree outside.before outside
}

@test "repair does not cross into what is mounted" {
	make_image
	mkdir full
	mount -t tmpfs tmpfs full
	echo secret >full/file
	change 'rm -r d/e; chmod 600 empty; mkdir -p more/below; rm -r upper; mkdir -p upper'
	mount --bind full root/usr
	mount --bind full root/more/below
	local got=0
	nacre check root "$image" --unsigned --devices --repair >out 2>err || got=$?
	umount root/more/below root/usr full
	[ "$got" -eq 3 ]
	grep -qx 'usr: mount' out
	grep -qx 'more: extra directory' out
	grep -qx 'd/e: missing (repaired)' out
	grep -q "not repaired: 'more': .*mount point" err
	nacre check root "$image" --unsigned --devices --ignore more --ignore-times
}

@test "repair with options touches no more than they say" {
	make_image
	change 'touch more empty; chmod 600 usr/tool upper/file; rm null'
	nacre check root "$image" --unsigned --devices --repair --ignore usr --ignore-times \
		--ignore-extra >out
	[ -e root/more ]
	[ "$(stat -c %a root/usr/tool)" = 600 ]
	[ "$(stat -c %a root/upper/file)" = 644 ]
	[ -c root/null ]
	[ "$(stat -c %Y root/empty)" != "$(stat -c %Y pristine/empty)" ]
	grep -v '  ' out | diff -u - <(printf '%s\n' 'null: missing (repaired)' \
		'upper/file: mode 0600, not 0644 (repaired)')
}

@test "a repaired rootfs of somebody without root is as they unpacked it" {
	make_context
	chmod 755 .
	nacre build context -t oci:layout:v1 >/dev/null
	mkdir nobodys
	chown 65534:65534 nobodys
	as_nobody nacre unpack oci:layout:v1 nobodys/pristine --unsigned --no-owner >/dev/null
	cp -a nobodys/pristine nobodys/root
	as_nobody sh -c 'cd nobodys/root && chmod 0 etc/shop.conf && rm -r usr && chmod 500 srv &&
		echo more >>srv/app/share/note && touch etc/more && chmod 500 etc . && chmod 0 srv/app/bin'
	as_nobody nacre check nobodys/root oci:layout:v1 --unsigned --no-owner --repair >out
	same_tree nobodys/pristine nobodys/root
	[ -z "$(find . -name '.nacre-*')" ]
	# Where what lies above is not theirs.
	chown 0 nobodys
	rm -r "nobodys/root"/usr
	as_nobody nacre check nobodys/root oci:layout:v1 --unsigned --no-owner --repair >out
	same_tree nobodys/pristine nobodys/root
	[ -z "$(find . -name '.nacre-*')" ]
}

@test "a rootfs that is a mount point of its own is repaired inside" {
	make_image
	mkdir full
	mount -t tmpfs tmpfs full
	nacre unpack "$image" full/r --unsigned --devices >/dev/null
	mkdir root
	mount --bind full/r root
	rm -r root/usr root/d/g
	local got=0
	nacre check root "$image" --unsigned --devices --repair >/dev/null || got=$?
	same_tree pristine root || got=99
	umount root full
	[ "$got" -eq 0 ]
}

@test "repair reports in JSON what it did, and reads only layers that it needs" {
	make_image
	change 'rm upper/file; chmod 600 empty'
	check --repair --json --verbose >out 2>err
	jq -e -s '.[0] == {path: "empty", what: "mode", want: "4755", have: "0600", repaired: true}' out
	jq -e -s '.[1] == {path: "upper/file", what: "missing", repaired: true}' out
	jq -e -s '.[2] | .findings == 0 and .repaired == 2' out
	grep -q "repairing from layer 2 of 2" err
	! grep -q "repairing from layer 1 of 2" err
	change 'touch more'
	check --repair --quiet >out
	[ ! -s out ]
	[ ! -e root/more ]
}

# ---------------------------------------------------------------------- ledgers

@test "what the ledger says is lost is not drift, and what is changed since is" {
	local how
	make_base context/base.tar
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: rootfs:base.tar
	layers: [{name: one, steps: [{dir: {path: /srv, owner: "5:6"}}]}]
	R
	chmod 755 .
	nacre build context -t oci:layout:v1 >/dev/null
	mkdir nobodys
	chown 65534:65534 nobodys
	as_nobody nacre unpack oci:layout:v1 nobodys/r --unsigned --no-owner >/dev/null 2>&1
	[ -s nobodys/r.nacre-ledger ]
	# The owner is in the ledger as well as in the option.
	for how in "--no-owner" ""; do
		# shellcheck disable=SC2086
		nacre check nobodys/r oci:layout:v1 --unsigned $how
	done
	nacre check nobodys/r oci:layout:v1 --unsigned --no-owner --no-ledger >out 2>/dev/null ||
		[ $? -eq 3 ]
	[ "$(grep -c -v '  ' out)" -eq 1 ]
	grep -q '^usr/bin/ping: xattr security.capability none, not 0s' out
	chmod 4755 nobodys/r/usr/bin/tool
	chmod 700 nobodys/r/srv
	as_nobody nacre check nobodys/r oci:layout:v1 --unsigned >out 2>/dev/null || [ $? -eq 3 ]
	grep -v '  ' out | diff -u - <(printf '%s\n' 'srv: mode 0700, not 0755' \
		'usr/bin/same-tool: mode 4755, not 0755')
	rm -r nobodys/r/usr/bin
	as_nobody nacre check nobodys/r oci:layout:v1 --unsigned --repair >out
	as_nobody nacre check nobodys/r oci:layout:v1 --unsigned >out
	[ -s nobodys/r.nacre-ledger ]
}

@test "a ledger of another image is not used, and one of somebody else is refused" {
	make_base context/base.tar
	printf 'nacre: 1\nfrom: rootfs:base.tar\n' | write context/nacre.yaml
	chmod 755 .
	nacre build context -t oci:layout:v1 >/dev/null
	printf 'config: {user: "5"}\n' >>context/nacre.yaml
	nacre build context -t oci:layout:v2 >/dev/null
	mkdir nobodys
	chown 65534:65534 nobodys
	as_nobody nacre unpack oci:layout:v1 nobodys/r --unsigned --no-owner >/dev/null 2>&1
	nacre check nobodys/r oci:layout:v2 --unsigned --no-owner >out 2>err || [ $? -eq 3 ]
	grep -q 'warning: the ledger is of image sha256:' err
	grep -q 'security.capability none' out
	chown 7 nobodys/r.nacre-ledger
	refused 3 "it belongs to uid 7" check nobodys/r oci:layout:v1 --unsigned
	nacre check nobodys/r oci:layout:v1 --unsigned --no-owner --no-ledger >out 2>&1 || [ $? -eq 3 ]
}

@test "a file that was somebody else's is made anew and not given back, as they may have it open" {
	mkdir -p context/fs/srv
	write context/fs/srv/tool <<<'#!/bin/sh'
	chmod 4755 context/fs/srv/tool
	chown 65534:65534 context/fs/srv
	printf 'nacre: 1\nfrom: rootfs:fs/\n' >context/nacre.yaml
	nacre build context -t oci:setuid:v1 >/dev/null
	nacre unpack oci:setuid:v1 theirs --unsigned >/dev/null
	cp --preserve=timestamps theirs/srv/tool theirs/srv/new
	chown 65534:65534 theirs/srv/new
	mv theirs/srv/new theirs/srv/tool
	exec 8<>theirs/srv/tool # as its owner may have it
	nacre check theirs oci:setuid:v1 --unsigned --repair >/dev/null
	echo 'evil' >&8
	exec 8>&-
	[ "$(stat -c '%u %a' theirs/srv/tool)" = "0 4755" ]
	[ "$(cat theirs/srv/tool)" = '#!/bin/sh' ]
	nacre check theirs oci:setuid:v1 --unsigned >/dev/null
}
