/* SPDX-License-Identifier: Apache-2.0 */
/** The 512 bytes of a tar header: what reader and writer share. */
#ifndef NACRE_LAYERS_TAR_HEADER_H
#define NACRE_LAYERS_TAR_HEADER_H

#include <stddef.h>
#include <stdint.h>

#define NACRE_TAR_BLOCK 512

/** Spec: POSIX.1-2017, pax, "ustar Interchange Format". */
struct nacre_tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char major[8];
	char minor[8];
	char prefix[155];
	char rest[12];
};

_Static_assert(sizeof(struct nacre_tar_header) == NACRE_TAR_BLOCK, "a header is one block");

/** The sum of all bytes with the checksum field as spaces; of signed bytes too, as old writers did.
 */
static inline uint32_t nacre_tar_checksum(
	const struct nacre_tar_header *header, int32_t *out_signed)
{
	const unsigned char *at = (const unsigned char *)header;
	const unsigned from = offsetof(struct nacre_tar_header, checksum);
	uint32_t sum = 0;
	int32_t signed_sum = 0;

	for (unsigned i = 0; i < NACRE_TAR_BLOCK; i++) {
		unsigned char byte = i >= from && i < from + 8 ? ' ' : at[i];

		sum += byte;
		signed_sum += (signed char)byte;
	}
	if (out_signed)
		*out_signed = signed_sum;
	return sum;
}

#endif
