/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing contents by digests that are known, else side by side, up to the first difference. */
#include "builder/same_content.h"

#include "base/scope.h"

#include <string.h>

int nacre_same_content(const struct nacre_inode *a, const struct nacre_inode *b, void *user,
	bool *out_same, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *x = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *y = NULL;
	char left[32768], right[32768];
	size_t left_len = 1, right_len = 0;
	int rc;

	(void)user;
	if (a->sha256 && b->sha256) {
		*out_same = memcmp(a->sha256, b->sha256, 32) == 0;
		return 0;
	}
	rc = nacre_inode_open(a, &x, err);
	if (rc == 0)
		rc = nacre_inode_open(b, &y, err);
	*out_same = true;
	while (rc == 0 && *out_same && left_len > 0) {
		rc = nacre_source_read_full(x, left, sizeof(left), &left_len, err);
		if (rc == 0)
			rc = nacre_source_read_full(y, right, sizeof(right), &right_len, err);
		if (rc == 0)
			*out_same = left_len == right_len && memcmp(left, right, left_len) == 0;
	}
	return rc;
}
