/* SPDX-License-Identifier: Apache-2.0 */
/* A merge of three trees, held against what folding the layers gives. */
#include "builder/rebase_merge.h"

#include "builder/layer_same.h"

/* What the same path is in each tree; NULL: nothing. */
struct place {
	const struct nacre_node *base;
	const struct nacre_node *image;
	const struct nacre_node *onto;
	const struct nacre_node *folded;
	struct nacre_node *result;
};

static int note_conflict(
	struct nacre_rebase_conflicts *conflicts, const struct place *at, struct nacre_err *err)
{
	char name[128];

	if (++conflicts->count > NACRE_REBASE_NAMED)
		return 0;
	return nacre_buf_printf(&conflicts->names, err, "%s'%s'", conflicts->count > 1 ? ", " : "",
		nacre_node_name(at->image ? at->image : at->onto, name, sizeof(name)));
}

static int same(const struct nacre_node *a, const struct nacre_node *b, bool *out_same,
	struct nacre_err *err)
{
	return nacre_layer_same_entry(a ? a->inode : NULL, b ? b->inode : NULL, out_same, err);
}

/* What the image has made or changed. */
static int judge_own(
	const struct place *at, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	bool base_stays = false, agree = false, arrives = false;
	int rc = same(at->base, at->onto, &base_stays, err);

	if (rc == 0)
		rc = same(at->image, at->onto, &agree, err);
	if (rc == 0)
		rc = same(at->image, at->folded, &arrives, err);
	if (rc || ((base_stays || agree) && arrives))
		return rc;
	return note_conflict(conflicts, at, err);
}

/* What the image has from its base: it follows the new one. */
static int judge_inherited(
	struct place *at, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	bool follows = false;
	int rc;

	if (!at->onto)
		return 0;
	rc = same(at->folded, at->onto, &follows, err);
	if (rc || follows)
		return rc;
	if (!at->folded || at->folded->inode->type != at->onto->inode->type)
		return note_conflict(conflicts, at, err);
	at->result->inode = at->onto->inode;
	return 0;
}

static int judge(struct place *at, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	bool is_inherited = false;
	int rc = 0;

	if (!at->image)
		/* What the image has removed stays away; what is new in the base may come. */
		return at->base && at->folded ? note_conflict(conflicts, at, err) : 0;
	rc = same(at->base, at->image, &is_inherited, err);
	if (rc)
		return rc;
	return is_inherited ? judge_inherited(at, conflicts, err) : judge_own(at, conflicts, err);
}

static struct place place_below(const struct place *at, const struct nacre_node *named)
{
	return (struct place){
		nacre_node_counterpart(at->base, named),
		nacre_node_counterpart(at->image, named),
		nacre_node_counterpart(at->onto, named),
		nacre_node_counterpart(at->folded, named),
		nacre_node_counterpart(at->result, named),
	};
}

static bool is_dir(const struct nacre_node *node)
{
	return node && node->inode->type == NACRE_TYPE_DIR;
}

/* Goes down by recursion, which limits.depth bounds. */
static int visit(struct place *at, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	const struct place here = *at;
	int rc = judge(at, conflicts, err);

	for (struct nacre_node *child = is_dir(here.image) ? nacre_node_first(here.image) : NULL;
		child && rc == 0; child = nacre_node_next(child)) {
		struct place next = place_below(&here, child);

		rc = visit(&next, conflicts, err);
	}
	for (struct nacre_node *child = is_dir(here.onto) ? nacre_node_first(here.onto) : NULL;
		child && rc == 0; child = nacre_node_next(child)) {
		struct place next = place_below(&here, child);

		if (!next.image)
			rc = visit(&next, conflicts, err);
	}
	return rc;
}

int nacre_rebase_merge(const struct nacre_rebase_trees *trees, struct nacre_tree *result,
	struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	struct place top = { trees->base->root, trees->image->root, trees->onto->root,
		trees->folded->root, result->root };

	return visit(&top, conflicts, err);
}
