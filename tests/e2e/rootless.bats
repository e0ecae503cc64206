#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Unpacking, reading, replacing and removing as a user with subordinate ids, with one id, and as root
# who may not do everything, as in a container. Users, and what /etc says of them, are those of a
# mount namespace of the test: the machine's are not touched.

load ../lib/common
load ../lib/kinds

# as_user COMMAND…: as user 61000, who is called tester and has subordinate ids.
as_user() {
	local bin=$BATS_TEST_TMPDIR/bin etc=$BATS_TEST_TMPDIR/etc

	as_nobody true
	if [ ! -d "$etc" ]; then
		cp -a /etc "$etc"
		echo "tester:x:61000:61000::$HOME:/bin/sh" >>"$etc/passwd"
		echo tester:x:61000: >>"$etc/group"
		printf 'tester:1000000:65536\n61000:2000000:10\n' >"$etc/subuid"
		printf 'tester:1000000:65536\n61000:3000000:10\n' >"$etc/subgid"
	fi
	# shellcheck disable=SC2016
	env LD_LIBRARY_PATH="$bin" PATH="$bin:$PATH" ETC="$etc" unshare --mount sh -ec '
		mount --bind "$ETC" /etc
		exec setpriv --reuid=61000 --regid=61000 --clear-groups "$@"' as_user "$@"
}

# root_without CAPABILITIES COMMAND…
root_without() {
	local which=$1

	shift
	setpriv --bounding-set="$which" "$@"
}

need_namespaces() {
	as_user unshare --user true || skip "lacks user namespaces"
}

# unpacked TREE [OPTION…]: as $as, with a ledger.
unpacked() {
	local tree=$1

	shift
	run --separate-stderr $as "$NACRE" unpack oci:layout:full "$tree" --unsigned "$@"
	echo "$output$stderr"
	[ "$status" = 0 ]
	[[ $output == *"ledger    $tree.nacre-ledger" ]]
}

@test "a user with subordinate ids keeps owners and setuid, and builds the same layer back" {
	need_namespaces
	make_kinds
	make_folder 61000:61000
	run --separate-stderr as_user nacre unpack oci:layout:full mine/tree --unsigned --rootless
	[ "$status" = 0 ]
	[ "$(stat -c '%u:%g %a' mine/tree/etc/shadow)" = "61000:1000041 640" ]
	[ "$(stat -c '%u:%g %a' mine/tree/usr/bin/su)" = "61000:61000 4755" ]
	# Beyond the ids that there are.
	[[ $stderr == *"'srv/team': owner 70000:70001 not set: Invalid argument"* ]]
	[[ $output == *"ledger    mine/tree.nacre-ledger" ]]
	as=as_user
	comes_back "$scratch/mine/tree" --rootless
}

@test "a user with subordinate ids replaces a tree of other owners, and nothing is left" {
	need_namespaces
	make_kinds
	make_folder 61000:61000
	as_user nacre unpack oci:layout:full mine/tree --unsigned --rootless --no-setid
	chown 1000041:1000041 mine/tree/srv mine/tree/var
	chmod 700 mine/tree/srv mine/tree/var
	as_user nacre unpack oci:layout:full mine/tree --unsigned --rootless --replace
	[ "$(ls -A mine)" = "tree
tree.nacre-ledger" ]
	[ "$(stat -c %u:%g mine/tree/srv)" = 61000:61000 ]
}

@test "check sees owners from where they were given" {
	need_namespaces
	make_context
	nacre build context -t oci:layout:v1
	make_folder 61000:61000
	as_user nacre unpack oci:layout:v1 mine/tree --unsigned --rootless
	[ ! -e mine/tree.nacre-ledger ]
	[ "$(stat -c %u mine/tree/srv/app)" = 1010000 ]
	as_user nacre check mine/tree oci:layout:v1 --unsigned --rootless
	run -3 as_user nacre check mine/tree oci:layout:v1 --unsigned
}

@test "devices are empty files for a user, and devices again in the layer" {
	need_namespaces
	make_kinds devices
	make_folder 61000:61000
	as_user nacre unpack oci:layout:full mine/tree --unsigned --rootless --devices
	[ "$(stat -c '%F %s' mine/tree/dev/null)" = "regular empty file 0" ]
	as=as_user
	comes_back "$scratch/mine/tree" --rootless
	echo written >mine/tree/dev/null
	rebuilt "$scratch/mine/tree" written --rootless
	nacre ls -l oci:layout:written /dev/null | grep -q '^-'
	nacre ls -l oci:layout:written /dev/sda | grep -q '^b'
	# They are asked for all the same.
	run -3 as_user nacre unpack oci:layout:full mine/other --unsigned --rootless
}

@test "without subordinate ids all belongs to the one user, and a warning says why" {
	make_kinds
	make_folder 65534:65534
	run --separate-stderr as_nobody nacre unpack oci:layout:full mine/tree --unsigned --rootless
	[ "$status" = 0 ]
	[[ $stderr == *"warning: all belongs to the one user 65534: /etc/subuid: no range for user 65534"* ]]
	[ "$(stat -c %u:%g mine/tree/etc/shadow)" = 65534:65534 ]
	as=as_nobody
	comes_back "$scratch/mine/tree" --rootless
}

@test "without newuidmap, or where it may not map, all belongs to the one user" {
	as_user true || skip "lacks mount namespaces"
	make_context
	nacre build context -t oci:layout:v1
	make_folder 61000:61000
	# shellcheck disable=SC2016
	run --separate-stderr as_user sh -c 'PATH=/nowhere:relative exec "$(command -v nacre)" "$@"' - \
		unpack oci:layout:v1 mine/one --unsigned --rootless
	[ "$status" = 0 ]
	[[ $stderr == *"the one user 61000: there is no program 'newuidmap'"* ]]
	run --separate-stderr as_user setpriv --no-new-privs \
		nacre unpack oci:layout:v1 mine/two --unsigned --rootless
	[ "$status" = 0 ]
	[[ $stderr == *"the one user 61000: newuidmap does not map the ranges of /etc/subuid"* ]] ||
		[[ $stderr == *"the one user 61000: a user namespace: "* ]]
	printf 'tester:1:x\n' >"$BATS_TEST_TMPDIR/etc/subgid"
	run --separate-stderr as_user nacre unpack oci:layout:v1 mine/three --unsigned --rootless
	[ "$status" = 0 ]
	[[ $stderr == *"the one user 61000: /etc/subgid: line 1: '1:x' is no range of ids"* ]]
	[ "$(stat -c %u:%g mine/three/srv/app)" = 61000:61000 ]
}

@test "root without some capabilities records what it could not do" {
	make_kinds devices
	for lacking in mknod chown fsetid setfcap; do
		as="root_without -$lacking"
		unpacked "$lacking" --devices --xattrs all --rootless
		comes_back "$scratch/$lacking" --xattrs all
	done
	as="root_without -chown"
	run -1 $as "$NACRE" unpack oci:layout:full strict --unsigned --devices
	[[ $output == *"owner "*"Operation not permitted"* ]]
	as="root_without -mknod"
	run -1 $as "$NACRE" unpack oci:layout:full strict --unsigned --devices
	[[ $output == *"device nodes need root"* ]]
	[ ! -e strict ]
}

@test "root of a container with one id records the owners" {
	unshare --user --map-root-user true || skip "lacks user namespaces"
	make_kinds devices
	as="unshare --user --map-root-user"
	unpacked tree --devices --rootless
	comes_back "$scratch/tree"
	run -1 $as "$NACRE" unpack oci:layout:full strict --unsigned --devices
	[ ! -e strict ]
}

# In the words of the ledger, how many entries lose what.
counted() {
	grep '^#nacre ' "$1" | sed 's/=[^ ]*//g; s/^#nacre //; s/ xattr[^ ]*//g' |
		awk '{ split("", seen); for (i = 1; i <= NF; i++) if (!seen[$i]++) n[$i]++ }
			END { for (w in n) print w, n[w] }' | sed 's/^lost[.]//' | sort
}

@test "what plan says with --rootless is what the ledger has" {
	local as
	need_namespaces
	make_kinds devices
	make_folder 61000:61000
	for as in as_user as_nobody; do
		[ "$as" = as_user ] || chown 65534:65534 mine
		$as nacre plan oci:layout:full mine/tree --rootless --devices --json >plan.json
		$as nacre unpack oci:layout:full mine/tree --rootless --devices --unsigned
		counted mine/tree.nacre-ledger >want
		jq -r '.losses.kinds[] | "\(.name) \(.entries)"' plan.json | sort | diff want -
		rm -rf mine/tree*
	done
}
