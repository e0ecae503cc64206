/* SPDX-License-Identifier: Apache-2.0 */
/** Capabilities of files as an xattr. */
#ifndef NACRE_BUILDER_FILE_CAPABILITY_H
#define NACRE_BUILDER_FILE_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#define NACRE_FILE_CAPABILITY "security.capability"
#define NACRE_FILE_CAPABILITY_BYTES 20

/** The number of "cap_net_raw"; false for a name that is none. */
bool nacre_file_capability_parse(const char *name, unsigned *out_number);

/** The name of a number; NULL past the last. */
const char *nacre_file_capability_name(unsigned number);

/**
 * Writes capabilities (a bit each) as permitted and effective.
 *
 * Spec: capabilities(7), "File capability extended attribute versioning": version 2, struct
 * vfs_cap_data of linux/capability.h, little-endian.
 */
void nacre_file_capability_emit(
	uint64_t bits, unsigned char out_value[NACRE_FILE_CAPABILITY_BYTES]);

#endif
