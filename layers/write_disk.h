/* SPDX-License-Identifier: Apache-2.0 */
/** What a file system keeps of modes and times, learned once instead of looked at per file. */
#ifndef NACRE_LAYERS_WRITE_DISK_H
#define NACRE_LAYERS_WRITE_DISK_H

#include "layers/tree.h"

/** Zero: nothing is known to be kept, so that whoever cares has to look. */
struct nacre_write_disk {
	bool modes;
	bool seconds;
	bool nanoseconds;
	int64_t after_s; /* times between these two, exclusive */
	int64_t before_s;
};

/** Tries out a directory that was made for it. */
void nacre_write_disk_learn(struct nacre_write_disk *disk, int dir);

/** Whether a time is surely kept as it is. */
bool nacre_write_disk_keeps(
	const struct nacre_write_disk *disk, int64_t mtime_s, uint32_t mtime_ns);

#endif
