/* SPDX-License-Identifier: Apache-2.0 */
/** What a writer will make, in the order it makes it: the tree, checked and sorted into lists. */
#ifndef NACRE_LAYERS_WRITE_PLAN_H
#define NACRE_LAYERS_WRITE_PLAN_H

#include "layers/loss.h"
#include "layers/write.h"

struct nacre_write_file {
	struct nacre_node *node;
	bool written;
};

struct nacre_write_link {
	struct nacre_node *old; /* the first name, which the others are linked to */
	struct nacre_node *node;
	const struct nacre_loss *lost; /* what the first has lost */
};

struct nacre_write_plan {
	struct nacre_node **dirs; /* parents first, without the root */
	size_t dir_count;
	struct nacre_write_file *files; /* with content; by origin, then key */
	size_t file_count;
	struct nacre_node **others; /* empty files, symlinks, fifos, devices */
	size_t other_count;
	struct nacre_write_link *links;
	size_t link_count;
	struct nacre_write_link **links_by_old;
	uint64_t bytes; /* of all contents */
};

/** Errors: UNSAFE, ARG, LIMIT, NOMEM; see nacre_writer_new(). */
NACRE_CHECKED int nacre_write_plan_init(struct nacre_write_plan *plan, struct nacre_tree *tree,
	const struct nacre_write_options *options, struct nacre_err *err);
void nacre_write_plan_clear(struct nacre_write_plan *plan);

/**
 * The files of an origin, as a range of plan->files.
 *
 * Errors: UNSAFE (two of them overlap, or one ends beyond 2^64), ARG (written before).
 */
NACRE_CHECKED int nacre_write_plan_range(struct nacre_write_plan *plan,
	const struct nacre_origin *origin, size_t *out_begin, size_t *out_end,
	struct nacre_err *err);

/** The further names of a node; *out_count is 0 when there are none. */
struct nacre_write_link *const *nacre_write_plan_links(
	const struct nacre_write_plan *plan, const struct nacre_node *node, size_t *out_count);

/** nacre_fail_os with the path of a node in front. */
int nacre_write_fail_os(const struct nacre_node *node, const char *what, struct nacre_err *err);

/** nacre_within with the path of a node. */
int nacre_write_within(const struct nacre_node *node, int code, struct nacre_err *err);

#endif
