/* SPDX-License-Identifier: Apache-2.0 */
/* One walk that measures names and attributes. */
#include "builder/plan_measure.h"

#include <string.h>

/* Every byte of a name may come as four, and a value in base64 (docs/ledger.md). */
static uint64_t ledger_entry(const struct nacre_inode *inode, uint64_t path_bytes)
{
	uint64_t bytes = 400 + 4 * (path_bytes + 255);

	if (inode->type == NACRE_TYPE_SYMLINK)
		bytes += 4 * strlen(inode->u.target);
	for (size_t i = 0; inode->xattrs && i < inode->xattrs->count; i++) {
		const struct nacre_xattr *item = &inode->xattrs->items[i];

		bytes += 32 + 8 * strlen(item->name) + item->len / 3 * 4;
	}
	return bytes;
}

static void raise_to(uint64_t *most, uint64_t value)
{
	*most = value > *most ? value : *most;
}

struct nacre_plan_measure nacre_plan_measure(const struct nacre_tree *tree)
{
	struct nacre_plan_measure got = { 0, 0, 0, 0 };
	const struct nacre_node *before = NULL;
	uint64_t bytes = 0, depth = 0; /* of the directory that the node at hand lies in */

	for (struct nacre_node *at = tree->root; at; at = nacre_tree_next(at)) {
		/* Up from the node before, until it is the one that this one lies in. */
		for (; before && before != at->parent; before = before->parent) {
			bytes -= before->name_len + 1U;
			depth--;
		}
		got.ledger_bytes += ledger_entry(at->inode, bytes + at->name_len);
		raise_to(&got.path_bytes, bytes + at->name_len);
		raise_to(&got.xattrs, at->inode->xattrs ? at->inode->xattrs->count : 0);
		if (at->parent) {
			bytes += at->name_len + 1U;
			depth++;
		}
		raise_to(&got.depth, depth);
		before = at;
	}
	return got;
}
