/* SPDX-License-Identifier: Apache-2.0 */
/** The cache as the place of compressed parts (layers/parts.h), which also notes what a stream of
 * them is made of. */
#ifndef NACRE_BUILDER_CACHE_PARTS_H
#define NACRE_BUILDER_CACHE_PARTS_H

#include "builder/cache.h"
#include "layers/parts.h"

struct nacre_cache_part {
	struct nacre_digest digest; /* empty: not made yet */
	size_t len;
};

struct nacre_cache_parts {
	struct nacre_part_store store; /* what the encoder is given */
	struct nacre_cache *cache;
	struct nacre_cache_part *items; /* in the order of the stream */
	size_t count;
	size_t room;
	size_t found;  /* that were not made anew */
	bool is_known; /* all of them are in items */
};

/** @param out_parts  stays where it is; the caller's to clear, after the encoder was freed */
void nacre_cache_parts_init(struct nacre_cache_parts *out_parts, struct nacre_cache *cache);
void nacre_cache_parts_clear(struct nacre_cache_parts *parts);

#endif
