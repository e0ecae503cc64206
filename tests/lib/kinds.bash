# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A root file system with every kind of entry, and whether a layer comes back from a tree.

# A root file system with every kind of entry, and the image oci:layout:full of it.
make_kinds() { # make_kinds [EXTRA…]: names of more to put in
	local root=kinds/files extra

	mkdir -p $root/{etc,usr/bin,var/tmp,srv/team}
	echo 'root:x' >$root/etc/passwd
	echo secret >$root/etc/shadow
	chmod 640 $root/etc/shadow
	chown 0:42 $root/etc/shadow
	echo su >$root/usr/bin/su
	ln $root/usr/bin/su $root/usr/bin/also-su
	chmod 4755 $root/usr/bin/su
	echo wall >$root/usr/bin/wall
	chown 0:5 $root/usr/bin/wall
	chmod 2755 $root/usr/bin/wall
	echo ping >$root/usr/bin/ping
	setcap cap_net_raw=ep $root/usr/bin/ping
	setfattr -n user.origin -v 0x00ff0a20 $root/usr/bin/ping
	setfattr -n security.nacre -v label $root/usr/bin/ping
	ln -s su $root/usr/bin/link
	chown -h 1000:1000 $root/usr/bin/link
	mkfifo -m 620 $root/var/pipe
	chown 10:20 $root/var/pipe
	: >$root/var/empty
	printf 'odd' >"$root/var/$(printf 'na\nme \\ \377#')"
	chown 70000:70001 $root/srv/team
	chmod 2770 $root/srv/team
	chmod 1777 $root/var/tmp
	for extra; do
		case $extra in
		devices)
			mkdir $root/dev
			mknod -m 666 $root/dev/null c 1 3
			mknod -m 660 $root/dev/sda b 8 0
			chown 0:6 $root/dev/sda
			;;
		esac
	done
	find $root -exec touch -h -d @1700000000.5 {} +
	touch -h -d '1969-12-31T23:59:58.250000001Z' $root/etc/passwd $root/usr/bin/link
	touch -h -d '2033-05-18T03:33:20.123456789Z' $root/usr/bin/su $root/var/pipe
	touch -d '2001-09-09T01:46:40.5Z' $root/usr $root/srv/team $root
	write kinds/nacre.yaml <<-'R'
	nacre: 1
	name: kinds
	from: rootfs:files/
	R
	nacre build kinds -t oci:layout:full --xattrs all >/dev/null
}

diff_ids() { # diff_ids TAG
	config layout "$1" | jq -r '.rootfs.diff_ids[]'
}

# rebuilt TREE TAG [OPTION…]: an image of a tree, by whatever $as says.
rebuilt() {
	local tree=$1 tag=$2

	shift 2
	write again/nacre.yaml <<-R
	nacre: 1
	name: again
	from: rootfs:$tree/
	R
	PATH=$(dirname "$NACRE"):$PATH $as nacre build again -t "oci:layout:$tag" "$@" >/dev/null
}

# comes_back TREE [OPTION…]: its layer is the one of oci:layout:full, and without the ledger it is not.
comes_back() {
	local tree=$1

	shift
	rebuilt "$tree" back "$@"
	[ "$(diff_ids back)" = "$(diff_ids full)" ]
	rebuilt "$tree" plain --no-ledger "$@"
	[ "$(diff_ids plain)" != "$(diff_ids full)" ]
}

# A folder in which a user may write, with the layout theirs too.
make_folder() { # make_folder UID
	mkdir -p "$scratch/mine"
	chown -R "$1" "$scratch/mine" layout
}
