#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What whiteouts and opaque directories mean, in a table of corner cases (cases.py has its form).

load ../lib/common

teardown() {
	cd /
	if mountpoint -q "$scratch/cases"; then
		umount -R -l "$scratch/cases"
	fi
}

# A file system of its own, because overlayfs does not stack upon an overlay without trusted.*
# attributes, which is what a container has for its root.
@test "each corner case means to nacre, image-spec, overlayfs and umoci what the table says" {
	mkdir cases
	mount -t tmpfs tmpfs cases
	"$PYTHON" "$BATS_TEST_DIRNAME/whiteouts.py" "$NACRE" "$scratch/cases"
}
