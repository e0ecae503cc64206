/* SPDX-License-Identifier: Apache-2.0 */
/** What a file system makes of times, names and sizes, tried out in a directory of our own. */
#ifndef NACRE_BUILDER_PLAN_PROBE_H
#define NACRE_BUILDER_PLAN_PROBE_H

#include "layers/write_disk.h"

/** A directory to try things out in. */
struct nacre_plan_probe {
	int dir;     /* borrowed: empty, and ours */
	int subject; /* a directory in it, whose time is set */
	struct nacre_write_disk disk;
	bool is_odd; /* it takes some names for others, or takes some not at all */
};

/** Nothing yet: for nacre_plan_probe_clear(). */
#define NACRE_PLAN_PROBE                                                                           \
	{                                                                                          \
		.dir = -1, .subject = -1                                                           \
	}

/** Learns what can be learned once. Errors: IO. */
NACRE_CHECKED int nacre_plan_probe_open(
	struct nacre_plan_probe *probe, int dir, struct nacre_err *err);

/** Leaves the directory empty. */
void nacre_plan_probe_clear(struct nacre_plan_probe *probe);

/** Whether a file gets this time and no other. */
bool nacre_plan_probe_time(
	const struct nacre_plan_probe *probe, int64_t mtime_s, uint32_t mtime_ns);

/** Whether a file may be so large; errno has the reason why not. */
bool nacre_plan_probe_size(const struct nacre_plan_probe *probe, uint64_t size_bytes);

/** Told of each entry whose name cannot be had. Errors: the listener's own. */
typedef int nacre_plan_name_fn(
	const struct nacre_node *node, int number, void *user, struct nacre_err *err);

/**
 * Makes the names of a directory of the tree, all files, and removes them again.
 *
 * @param each  told of those that were refused, and of what errno was
 * Errors: IO, those of `each`.
 */
NACRE_CHECKED int nacre_plan_probe_names(const struct nacre_plan_probe *probe,
	const struct nacre_node *dir, nacre_plan_name_fn *each, void *user, struct nacre_err *err);

#endif
