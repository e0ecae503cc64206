#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What a disk or a user cannot have of an image stands in a ledger beside the tree, and a layer that
# is built back from that tree is the one that was unpacked.

load ../lib/common
load ../lib/kinds

teardown() {
	cd /
	if mountpoint -q "$scratch/disk" 2>/dev/null; then
		umount "$scratch/disk"
	fi
}

# disk SIZE MKFS-OPTION…: an ext4 file system, mounted at disk/.
disk() {
	local size=$1

	shift
	truncate -s "$size" disk.img
	mkfs.ext4 -q "$@" disk.img 2>/dev/null
	mkdir disk
	mount -o loop disk.img disk || skip "lacks loop devices"
}

@test "a user with one id gets a ledger, and builds the same layer back from the tree" {
	make_kinds
	make_folder 65534:65534
	run --separate-stderr as_nobody nacre unpack oci:layout:full mine/tree --unsigned --no-owner
	[ "$status" = 0 ]
	[[ $output == *"ledger    mine/tree.nacre-ledger" ]]
	[ "$(stat -c %u:%g mine/tree/etc/shadow)" = 65534:65534 ]
	[ "$(stat -c %a mine/tree/usr/bin/su)" = 755 ]
	[ "$(ls mine)" = "tree
tree.nacre-ledger" ]
	as=as_nobody
	mkdir again && chown 65534 again
	comes_back "$scratch/mine/tree"
}

@test "root builds the same layer back from a user's tree" {
	make_kinds
	make_folder 65534:65534
	as_nobody nacre unpack oci:layout:full mine/tree --unsigned --no-owner
	comes_back "$scratch/mine/tree"
}

@test "what options leave out is in the ledger" {
	make_kinds
	nacre unpack oci:layout:full tree --unsigned --no-setid
	[ "$(stat -c %a tree/usr/bin/su)" = 755 ]
	comes_back "$scratch/tree"
}

@test "where nothing was lost there is no ledger, and an old one goes with its tree" {
	make_kinds
	nacre unpack oci:layout:full tree --unsigned --no-owner
	[ -f tree.nacre-ledger ]
	run --separate-stderr nacre unpack oci:layout:full tree --unsigned --xattrs all --replace
	[ "$status" = 0 ]
	[[ $output != *ledger* ]]
	[ "$(ls -d tree*)" = tree ]
	rebuilt "$scratch/tree" back --xattrs all
	[ "$(diff_ids back)" = "$(diff_ids full)" ]
}

@test "a change of the tree shows, and only that" {
	local folder

	make_kinds
	nacre unpack oci:layout:full tree --unsigned --no-owner
	folder=$(stat -c %y tree/usr/bin)
	echo mine >tree/usr/bin/ping
	touch -d @5 tree/usr/bin/ping
	rm tree/usr/bin/su
	touch -d "$folder" tree/usr/bin
	chmod 600 tree/etc/shadow
	rebuilt "$scratch/tree" changed
	nacre ls --mtree oci:layout:full | grep -v '^#mtree' | sed 's/ sha256=.*//' >was
	nacre ls --mtree oci:layout:changed | grep -v '^#mtree' | sed 's/ sha256=.*//' >is
	diff was is | grep '^[<>]' >what
	# What was written to has its owner still, and no capability; the other name of what was
	# removed has all that the first had.
	diff - what <<-'E'
	< ./etc/shadow type=file mode=0640 uid=0 gid=42 time=1700000000.500000000 size=7
	> ./etc/shadow type=file mode=0600 uid=0 gid=42 time=1700000000.500000000 size=7
	< #nacre xattr.security.capability=AQAAAgAgAAAAAAAAAAAAAAAAAAA= xattr.security.nacre=bGFiZWw= xattr.user.origin=AP8KIA==
	< ./usr/bin/ping type=file mode=0644 uid=0 gid=0 time=1700000000.500000000 size=5
	< #nacre hardlink=./usr/bin/also-su
	< ./usr/bin/su type=file mode=04755 uid=0 gid=0 time=2000000000.123456789 size=3
	> #nacre xattr.security.nacre=bGFiZWw= xattr.user.origin=AP8KIA==
	> ./usr/bin/ping type=file mode=0644 uid=0 gid=0 time=5.000000000 size=5
	E
}

@test "the ledger of another tree is refused, and can be named for a copy" {
	make_kinds
	nacre unpack oci:layout:full tree --unsigned --no-owner
	cp -a tree copy
	cp tree.nacre-ledger copy.nacre-ledger
	write again/nacre.yaml <<-R
	nacre: 1
	name: again
	from: rootfs:$scratch/copy/
	R
	refused 3 "'copy.nacre-ledger' is the ledger of another tree" \
		build again -t oci:layout:copy
	nacre build again -t oci:layout:copy --ledger copy.nacre-ledger
	[ "$(diff_ids copy)" = "$(diff_ids full)" ]
	# After a move it is the same tree.
	mv tree moved && mv tree.nacre-ledger moved.nacre-ledger
	comes_back "$scratch/moved"
	# A directory that is no more than named alike.
	rm -r moved && mkdir moved
	refused 3 "'moved.nacre-ledger' is the ledger of another tree" \
		build again -t oci:layout:moved
}

@test "a file that has the ledger's name and is none is never touched" {
	make_context
	nacre build context -t oci:layout:v1
	echo mine >tree.nacre-ledger
	refused 1 "'tree.nacre-ledger' is there already, and no ledger" \
		unpack oci:layout:v1 tree --unsigned --no-owner
	rm tree.nacre-ledger
	mkdir tree.nacre-ledger.new
	refused 1 "'tree.nacre-ledger.new' is there already, and no ledger" \
		unpack oci:layout:v1 tree --unsigned --no-owner
}

@test "whole seconds up to 2038 and no xattrs are losses, and one warning for all times" {
	make_kinds
	touch -h -d '1850-01-01T00:00:00.5Z' kinds/files/var/empty
	touch -h -d '2500-01-01T00:00:00Z' kinds/files/usr/bin/wall
	touch -h -d '1950-01-01T00:00:00Z' kinds/files/usr/bin/ping
	nacre build kinds -t oci:layout:full --xattrs all
	disk 8M -I 128 -O ^ext_attr
	run --separate-stderr nacre unpack oci:layout:full disk/tree --unsigned --xattrs all
	[ "$status" = 0 ]
	[ "$(grep -c ': time not set: the file system has ' <<<"$stderr")" = 1 ]
	[ "$(stat -c %Y disk/tree/usr/bin/ping)" = -631152000 ]
	[ "$(stat -c %Y disk/tree/usr/bin/wall)" != "$(date -d 2500-01-01T00:00:00Z +%s)" ]
	comes_back "$scratch/disk/tree" --xattrs all
	# What is touched since has the time that the disk has.
	touch -d @7 disk/tree/etc/passwd
	rebuilt "$scratch/disk/tree" touched
	nacre ls --mtree oci:layout:touched | grep -q '^./etc/passwd .* time=7.000000000'
	# A whole second that the disk keeps is no loss.
	! grep -B1 '^./usr/bin/ping ' disk/tree.nacre-ledger | grep -q lost.time
}

@test "names that a file system takes for one, or refuses, come back, and setgid that it drops" {
	local preload

	make_kinds
	mkdir -p kinds/files/Etc/Sub kinds/files/etc/sub kinds/files/ETC
	echo one >kinds/files/Etc/Sub/x
	echo two >kinds/files/etc/sub/x
	echo three >kinds/files/etc/sub/X
	ln kinds/files/etc/sub/x kinds/files/Etc/Sub/linked
	ln kinds/files/etc/sub/x kinds/files/Etc/Sub/LINKED
	ln -s x kinds/files/etc/sub/l
	ln -s X kinds/files/etc/sub/L
	mkfifo kinds/files/etc/sub/p kinds/files/etc/sub/P
	: >kinds/files/etc/sub/empty~1
	nacre build kinds -t oci:layout:full --xattrs all
	preload=${POORDISK:-$(dirname "$NACRE")/../tests/libpoordisk.so}
	run --separate-stderr env LD_PRELOAD="$preload" ASAN_OPTIONS=verify_asan_link_order=0 \
		"$NACRE" unpack oci:layout:full tree --unsigned --rootless
	[ "$status" = 0 ]
	[ "$(find tree -mindepth 1 -maxdepth 1 -iname etc | wc -l)" = 1 ]
	[ "$(find tree -iname 'etc~*' | wc -l)" = 2 ]
	[ "$(find tree/var -name 'nacre~*' | wc -l)" = 1 ]
	[ "$(stat -c %a tree/usr/bin/su)" = 755 ]
	comes_back "$scratch/tree"
	# Without --rootless nothing is called by another name.
	run -1 env LD_PRELOAD="$preload" ASAN_OPTIONS=verify_asan_link_order=0 \
		"$NACRE" unpack oci:layout:full strict --unsigned
	[[ $output == *"create: File exists"* ]]
	[ ! -e strict ]
	# What is changed under such a name is changed under its own.
	echo changed >"$(grep -rlx three tree)"
	rebuilt "$scratch/tree" changed
	[ "$(nacre ls -l oci:layout:changed /etc/sub/X | wc -l)" = 1 ]
	nacre unpack oci:layout:changed case --unsigned --no-owner
	[ "$(cat case/etc/sub/X)" = changed ]
	[ "$(cat case/etc/sub/x)" = two ]
}

@test "a ledger that a stranger has put beside the tree is refused, and one put there for a moment not seen" {
	mkdir -p context/fs/bin
	write context/fs/bin/sh <<<shell
	printf 'nacre: 1\nfrom: rootfs:fs/\n' >context/nacre.yaml
	printf '#mtree nacre-ledger=1 image=sha256:%064d tree=%d\n' 0 "$(stat -c %i context/fs)" \
		>context/fs.nacre-ledger
	chown 65534 context/fs.nacre-ledger
	refused 3 "'fs.nacre-ledger': it belongs to uid 65534" build context -t oci:layout:v1
	mv context/fs.nacre-ledger context/fs.nacre-ledger.new
	nacre build context -t oci:layout:v1
}
