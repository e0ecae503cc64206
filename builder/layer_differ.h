/* SPDX-License-Identifier: Apache-2.0 */
/** Two layers that are not the same: the first entry, field and byte that differ. */
#ifndef NACRE_BUILDER_LAYER_DIFFER_H
#define NACRE_BUILDER_LAYER_DIFFER_H

#include "layers/codec.h"

struct nacre_layer_file {
	int fd;
	uint64_t size_bytes;
};

struct nacre_layer_difference {
	bool is_entry;	 /* path says which */
	char path[4096]; /* cut when it is longer */
	char text[512];	 /* "'srv/x': mode 644, and 755 the second time" */
};

/**
 * @param one,two  blobs, as the one and the other build has made them; not to be trusted more than
 *                 those, so for layers of one's own
 * @param limits   none zero
 *
 * Errors: those of reading them.
 */
NACRE_CHECKED int nacre_layers_differ(const struct nacre_layer_file *one,
	const struct nacre_layer_file *two, enum nacre_codec codec,
	const struct nacre_limits *limits, struct nacre_layer_difference *out_difference,
	struct nacre_err *err);

#endif
