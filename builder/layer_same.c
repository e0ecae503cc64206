/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing what lies in layers. */
#include "builder/layer_same.h"

#include "builder/layer_blob.h"
#include "builder/same_content.h"

int nacre_layer_same_content(const struct nacre_inode *a, const struct nacre_inode *b, void *user,
	bool *out_same, struct nacre_err *err)
{
	const struct nacre_layer_blob *x = (const struct nacre_layer_blob *)a->u.content.origin;
	const struct nacre_layer_blob *y = (const struct nacre_layer_blob *)b->u.content.origin;

	*out_same = a->size_bytes == b->size_bytes && a->u.content.key == b->u.content.key &&
		nacre_digest_equal(&x->diff_id, &y->diff_id);
	return *out_same ? 0 : nacre_same_content(a, b, user, out_same, err);
}

int nacre_layer_same_entry(const struct nacre_inode *a, const struct nacre_inode *b, bool *out_same,
	struct nacre_err *err)
{
	struct nacre_inode dated;

	*out_same = a == b;
	if (!a || !b || a == b)
		return 0;
	dated = *b;
	if (a->type == NACRE_TYPE_DIR) {
		dated.mtime_s = a->mtime_s;
		dated.mtime_ns = a->mtime_ns;
	}
	*out_same = nacre_inode_same_attrs(a, &dated);
	if (!*out_same || a->type != NACRE_TYPE_FILE || a->size_bytes == 0)
		return 0;
	return nacre_layer_same_content(a, b, NULL, out_same, err);
}
