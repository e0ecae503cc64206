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
	struct nacre_tree *tree; /* that `result` is in */
};

static int note_conflict(
	struct nacre_rebase_conflicts *conflicts, const struct place *at, struct nacre_err *err)
{
	const struct nacre_node *named = at->image ? at->image : at->onto ? at->onto : at->folded;
	char name[128];

	if (++conflicts->count > NACRE_REBASE_NAMED)
		return 0;
	return nacre_buf_printf(&conflicts->names, err, "%s'%s'", conflicts->count > 1 ? ", " : "",
		nacre_node_name(named, name, sizeof(name)));
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

/* What the image has removed stays away; what is new in the base may come, and nothing else. */
static int judge_foreign(
	const struct place *at, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	bool is_new = false;
	int rc;

	if (!at->folded)
		return 0;
	rc = same(at->folded, at->onto, &is_new, err);
	return rc || (is_new && !at->base) ? rc : note_conflict(conflicts, at, err);
}

static int judge(struct place *at, struct nacre_rebase_conflicts *conflicts, bool *out_inherited,
	struct nacre_err *err)
{
	int rc;

	*out_inherited = false;
	if (!at->image)
		return judge_foreign(at, conflicts, err);
	rc = same(at->base, at->image, out_inherited, err);
	if (rc)
		return rc;
	return *out_inherited ? judge_inherited(at, conflicts, err) : judge_own(at, conflicts, err);
}

/* The layers name what they do not change, too: directories on the way, all of a hard-link group.
 * What the new base has no more goes, unless something of the image is in it. */
static void forget(struct place *at)
{
	if (at->onto || !at->result || nacre_node_first(at->result))
		return;
	nacre_tree_remove(at->tree, at->result);
}

static struct place place_below(const struct place *at, const struct nacre_node *named)
{
	return (struct place){
		nacre_node_counterpart(at->base, named),
		nacre_node_counterpart(at->image, named),
		nacre_node_counterpart(at->onto, named),
		nacre_node_counterpart(at->folded, named),
		nacre_node_counterpart(at->result, named),
		at->tree,
	};
}

static bool is_dir(const struct nacre_node *node)
{
	return node && node->inode->type == NACRE_TYPE_DIR;
}

static struct nacre_node *first_in(const struct nacre_node *node)
{
	return is_dir(node) ? nacre_node_first(node) : NULL;
}

/* Goes down by recursion, which limits.depth bounds. */
static int visit(struct place *at, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	const struct place here = *at;
	const struct nacre_node *dirs[] = { here.image, here.onto, here.folded };
	bool is_inherited;
	int rc = judge(at, conflicts, &is_inherited, err);

	for (size_t i = 0; i < 3; i++) {
		for (struct nacre_node *child = first_in(dirs[i]); child && rc == 0;
			child = nacre_node_next(child)) {
			struct place next = place_below(&here, child);

			/* What an earlier one has, was visited from there. */
			if ((i > 0 && next.image) || (i > 1 && next.onto))
				continue;
			rc = visit(&next, conflicts, err);
		}
	}
	if (rc == 0 && is_inherited)
		forget(at);
	return rc;
}

int nacre_rebase_merge(const struct nacre_rebase_trees *trees, struct nacre_tree *result,
	struct nacre_rebase_conflicts *conflicts, struct nacre_err *err)
{
	struct place top = { trees->base->root, trees->image->root, trees->onto->root,
		trees->folded->root, result->root, result };

	return visit(&top, conflicts, err);
}
