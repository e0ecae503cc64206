#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

@test "inspect says what the image is called by its content" {
	make_signed
	run --separate-stderr nacre inspect oci:layout:v1
	[ "$status" -eq 0 ]
	[[ $output == *"$(digest_of layout v1)"* ]]
	[[ $output == *"$(manifest layout v1 | jq -r .config.digest)"* ]]
	[[ $output == *"$(config layout v1 | jq -r '.rootfs.diff_ids[0]')"* ]]
	[[ $output == *linux/amd64* ]]
}

@test "inspect --json is one document with the same digests" {
	make_signed
	nacre inspect oci:layout:v1 --json >out.json
	jq -e -s 'length == 1' out.json
	local digest
	for digest in "$(digest_of layout v1)" "$(manifest layout v1 | jq -r .config.digest)" \
		"$(config layout v1 | jq -r '.rootfs.diff_ids[0]')"; do
		jq -e --arg id "$digest" '[.. | strings] | index($id)' out.json
	done
}

@test "what comes out of an image cannot speak to the terminal" {
	make_context
	sed -i 's/"${VERSION}"/"a\\e]0;title\\a\\e[31mred"/' context/nacre.yaml
	nacre build context -t oci:layout:v1
	nacre inspect oci:layout:v1 >out
	! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' out
}

@test "inspect needs neither trust nor the right to write" {
	make_signed
	chmod -R a-w layout
	as_nobody nacre inspect oci:layout:v1 >out
}

@test "what is not there is said by name" {
	make_signed
	refused 1 v2 inspect oci:layout:v2
	refused 1 nowhere inspect oci:nowhere:v1
	refused 1 shop inspect shop:v1
	refused 2 inspect inspect
	refused 2 --colour inspect oci:layout:v1 --colour
}

@test "a manifest that is not its digest is refused" {
	make_signed
	local blob
	blob=$(blob_path layout "$(digest_of layout v1)")
	sed -i 's/"schemaVersion":2/"schemaVersion":3/' "$blob"
	refused 3 "${blob##*/}" inspect oci:layout:v1
}
