/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where a stream is cut into parts: decided by the bytes around the cut alone, so that a change
 * moves no cuts but the next few.
 *
 * Spec: docs/layer-encoding.md, section 7 "Parts".
 */
#ifndef NACRE_LAYERS_CUTTER_H
#define NACRE_LAYERS_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The least and the most bytes of a part; only the last one may have less. */
#define NACRE_PART_LEAST ((size_t)1 << 20)
#define NACRE_PART_MOST ((size_t)4 << 20)

struct nacre_cutter {
	uint64_t gear[256];
	uint64_t hash; /* of the last 64 bytes */
	size_t len;    /* of the part so far */
};

void nacre_cutter_init(struct nacre_cutter *cutter);

/**
 * How many of the next `len` bytes belong to the part that is going on.
 *
 * @param out_ended  whether the part ends behind them; a new one has then begun
 */
size_t nacre_cutter_take(
	struct nacre_cutter *cutter, const void *data, size_t len, bool *out_ended);

#endif
