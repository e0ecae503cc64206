/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The files of a layout that lie in one file, one behind the other: an archive. Who has found out
 * where they lie is not of interest here.
 */
#ifndef NACRE_FORMATS_PACKED_H
#define NACRE_FORMATS_PACKED_H

#include "formats/layout.h"

/** The most files that an archive may have. */
#define NACRE_PACKED_FILES 65536

/** All zero, with fd -1, is none. */
struct nacre_packed {
	int fd; /* of the archive; its own */
	struct nacre_packed_file *files;
	size_t count;
};

struct nacre_packed_file {
	char *name; /* "index.json", "blobs/sha256/…" */
	uint64_t offset;
	uint64_t size_bytes;
};

#define NACRE_PACKED                                                                               \
	{                                                                                          \
		-1, NULL, 0                                                                        \
	}

void nacre_packed_clear(struct nacre_packed *packed);

/** Whether a path is that of a file which a layout has: of all others nobody asks. */
bool nacre_packed_wants(const char *name);

/** Adds a file, unsorted. Errors: LIMIT (more than NACRE_PACKED_FILES), NOMEM. */
NACRE_CHECKED int nacre_packed_add(struct nacre_packed *packed, const char *name, uint64_t offset,
	uint64_t size_bytes, struct nacre_err *err);

/** Once all are in. Errors: UNSAFE (the same name twice: readers differ about which one counts). */
NACRE_CHECKED int nacre_packed_sort(struct nacre_packed *packed, struct nacre_err *err);

/** NULL: there is no such file. */
const struct nacre_packed_file *nacre_packed_find(
	const struct nacre_packed *packed, const char *name);

/**
 * A layout of such files, to be read only.
 *
 * @param packed  sorted; moved in, also on failure
 * Errors: as nacre_layout_open().
 */
NACRE_CHECKED int nacre_layout_new_packed(
	struct nacre_packed *packed, struct nacre_layout **out_layout, struct nacre_err *err);

/** The files of an archive; borrowed. NULL: it is a directory. */
const struct nacre_packed *nacre_layout_packed(const struct nacre_layout *layout);

#endif
