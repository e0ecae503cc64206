/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gear hash: each byte shifts the hash by one bit and adds a number of its own, so the upper bits
 * are made of the last 64 bytes. All numbers here decide on the bytes of blobs.
 */
#include "layers/cutter.h"

#define WINDOW_BYTES 64
#define CUT_SHIFT 44 /* the upper 20 bits are zero: once in a MiB */

void nacre_cutter_init(struct nacre_cutter *cutter)
{
	for (size_t i = 0; i < 256; i++) {
		uint64_t x = (uint64_t)(i + 1) * 0x9e3779b97f4a7c15U;

		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
		x = (x ^ x >> 27) * 0x94d049bb133111ebU;
		cutter->gear[i] = x ^ x >> 31;
	}
	cutter->hash = 0;
	cutter->len = 0;
}

size_t nacre_cutter_take(struct nacre_cutter *cutter, const void *data, size_t len, bool *out_ended)
{
	const unsigned char *bytes = data;
	const size_t quiet = NACRE_PART_LEAST - WINDOW_BYTES;
	size_t at = 0, most = NACRE_PART_MOST - cutter->len;
	uint64_t hash = cutter->hash;
	bool ended = false;

	if (most > len)
		most = len;
	/* Nothing can end here, so nothing needs a look. */
	if (cutter->len < quiet)
		at = quiet - cutter->len < most ? quiet - cutter->len : most;
	while (at < most && !ended) {
		hash = (hash << 1) + cutter->gear[bytes[at++]];
		ended = hash >> CUT_SHIFT == 0 && cutter->len + at >= NACRE_PART_LEAST;
	}
	cutter->len += at;
	ended = ended || cutter->len == NACRE_PART_MOST;
	cutter->hash = ended ? 0 : hash;
	cutter->len = ended ? 0 : cutter->len;
	*out_ended = ended;
	return at;
}
