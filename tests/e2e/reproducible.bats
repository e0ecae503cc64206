#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The same image whoever builds it, where and when: docs/reproducible.md.

load ../lib/common
load ../lib/matrix

teardown() {
	cd "$scratch" && unmounted
	cd /
}

# Of everything that a context may hold, and with every step that reads it.
context() {
	local i

	mkdir -p ctx/src/deep/er ctx/src/bin arch/usr/lib base/etc base/usr
	for i in {1..40}; do
		echo "file $i" >"ctx/src/deep/f$i"
	done
	for i in {1..6}; do
		echo same >"ctx/src/deep/er/same$i"
		seq "$i" 20000 >"ctx/src/numbers$i"
	done
	head -c 3000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >ctx/src/noise
	: >ctx/src/empty
	printf '#!/bin/sh\n' >ctx/src/bin/tool
	chmod 755 ctx/src/bin/tool
	ln -s ../deep/f1 ctx/src/bin/link
	echo utf >ctx/src/deep/ÄÖÜ-日本
	echo I >ctx/src/deep/I
	echo i >ctx/src/deep/i
	echo long >"ctx/src/deep/$(printf 'n%.0s' {1..200})"
	echo arch >arch/usr/lib/a
	ln arch/usr/lib/a arch/usr/lib/b
	tar -C arch --sort=name --owner=0 --group=0 --mtime=@1000000000 -cf ctx/arch.tar usr
	printf 'root:x:0:0::/:/bin/sh\n' >base/etc/passwd
	printf 'root:x:0:\n' >base/etc/group
	echo old >base/usr/old
	tar -C base --sort=name --owner=0 --group=0 --mtime=@1000000001 -cf ctx/base.tar .
	write ctx/nacre.yaml <<-'E'
	nacre: 1
	name: everything
	from: rootfs:base.tar
	accounts:
	  groups: [{name: app, gid: 1000}]
	  users: [{name: app, uid: 1000, gid: 1000}]
	stages:
	  tools:
	    from: scratch
	    steps:
	      - copy: {from: src/bin, to: /bin}
	layers:
	  - name: files
	    steps:
	      - dir: {path: /srv, owner: app:app, mode: "0750"}
	      - copy: {from: src, to: /srv/src, owner: app}
	      - archive: {from: arch.tar, to: /opt}
	      - hardlink: {path: /srv/again, to: /srv/src/noise}
	  - name: more
	    steps:
	      - copy: {stage: tools, from: /bin, to: /usr/local/bin}
	      - copy: {from: "src/deep/f*", to: /some/}
	      - remove: {path: /usr/old}
	      - perms: {path: /srv/src/bin/tool, mode: "0755", xattrs: {user.note: "x"}}
	      - link: {path: /bin, to: usr/local/bin}
	      - file: {path: /etc/conf, text: "a = 1\n"}
	config: {user: app, labels: {b: "2", a: "1"}}
	E
}

@test "the same image in all surroundings, as zstd" {
	context
	same_everywhere ctx
}

@test "the same image in all surroundings, as gzip" {
	context
	same_everywhere ctx --compression gzip
}

@test "the same image in all surroundings, as plain tar" {
	context
	same_everywhere ctx --compression none
}

@test "the compression changes the manifest, and not the image ID" {
	context
	plain ctx >zstd
	plain ctx --compression gzip >gzip
	plain ctx --compression none >none
	[ "$(cut -d ' ' -f 1 zstd gzip none | sort -u | wc -l)" = 1 ]
	[ "$(cut -d ' ' -f 2 zstd gzip none | sort -u | wc -l)" = 3 ]
}

# Were a comparison one that cannot fail, this would pass as well.
@test "a byte, a name or an x bit more is another image" {
	context
	plain ctx >before
	printf x >>ctx/src/empty
	plain ctx >content
	: >ctx/src/empty
	: >ctx/src/empty2
	plain ctx >name
	rm ctx/src/empty2
	chmod +x ctx/src/empty
	plain ctx >mode
	chmod -x ctx/src/empty
	plain ctx | cmp before
	[ "$(sort -u before content name mode | wc -l)" = 4 ]
	vary_umask_all() { chmod +x ctx/src/empty && plain "$@"; }
	run same_everywhere ctx
	[ "$status" -ne 0 ]
	[[ "$output" = *"umask_all: "* ]]
}

@test "time zone, locale and clock are really others where they are varied" {
	vary_locale . >/dev/null 2>&1 || true
	[ "$(LOCPATH=$PWD/locales LC_ALL=tr_TR.UTF-8 locale charmap)" = UTF-8 ]
	[ "$(env NO_FAKE_STAT=1 faketime -f '2038-01-19 03:14:08' date +%Y)" = 2038 ]
	[ "$(unshare --uts sh -c 'echo elsewhere >/proc/sys/kernel/hostname && uname -n')" = elsewhere ]
}
