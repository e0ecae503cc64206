/* SPDX-License-Identifier: Apache-2.0 */
/** Whether files of layers have the same content, without reading where the layers themselves tell.
 */
#ifndef NACRE_BUILDER_LAYER_SAME_H
#define NACRE_BUILDER_LAYER_SAME_H

#include "layers/tree.h"

/**
 * A nacre_same_content_fn for files whose contents lie in layers of images: the same place of two
 * layers with the same DiffID has the same bytes. All else is compared.
 *
 * Errors: those of opening and reading contents.
 */
NACRE_CHECKED int nacre_layer_same_content(const struct nacre_inode *a, const struct nacre_inode *b,
	void *user, bool *out_same, struct nacre_err *err);

/**
 * Whether two entries of images are the same: attributes, target, device and content; of
 * directories not the time, which says only when something was put into them.
 *
 * @param a,b  NULL: no entry
 */
NACRE_CHECKED int nacre_layer_same_entry(const struct nacre_inode *a, const struct nacre_inode *b,
	bool *out_same, struct nacre_err *err);

#endif
