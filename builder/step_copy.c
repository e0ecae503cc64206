/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies, from the context or a stage: what is copied becomes a part, a tree of its own, out of
 * which it is put into the image.
 */
#include "base/path.h"
#include "base/scope.h"
#include "builder/context.h"
#include "builder/copy_filter.h"
#include "builder/owner.h"
#include "builder/pattern.h"
#include "builder/step_parts.h"
#include "builder/tree_glob.h"

#include <stdlib.h>
#include <string.h>

/* A source, looked up. */
struct source {
	struct nacre_steps *steps;
	const struct nacre_recipe_step *step;
	struct nacre_copy_filter filter;
	struct nacre_step_part *part; /* what is copied: below its root */
	bool is_dir;		      /* the root is the directory, else a file lies in it */
	uint32_t uid;
	uint32_t gid;
};

/* ----------------------------------------------------------------------- from the context */

static int scan(struct source *source, const char *path, struct nacre_err *err)
{
	struct nacre_steps *steps = source->steps;
	const struct nacre_scan_options options = {
		.keep_mode = source->step->mode.kind == NACRE_MODE_KEEP,
		.mtime_s = steps->epoch,
		.uid = source->uid,
		.gid = source->gid,
		.exclude = nacre_copy_filter_leaves_out,
		.user = &source->filter,
		.has_names = steps->inputs->known != NULL,
		.racy_from = nacre_cache_racy_from(steps->inputs->known),
		.reversed = steps->inputs->reversed,
	};
	struct nacre_step_part *part = source->part;
	enum nacre_source_kind kind = NACRE_SOURCE_OTHER;
	nacre_autofd int dir = -1;
	const char *name = "";
	int rc = nacre_context_find(steps->context, path, &kind, &dir, &name, err);

	if (rc)
		return rc;
	source->is_dir = kind == NACRE_SOURCE_DIR;
	if (source->is_dir)
		return nacre_scan_dir(
			dir, &options, steps->env, &part->tree, part->tree.root, &part->scan, err);
	return nacre_scan_file(dir, name, &options, steps->env, &part->tree, part->tree.root, NULL,
		&part->scan, err);
}

/*
 * What is copied, file by file. Patterns may take less of it than was read: a change of what they
 * leave out is then a change, too.
 */
static int know_sources(struct source *source, struct nacre_err *err)
{
	const struct nacre_inputs *inputs = source->steps->inputs;
	struct nacre_contents_counts counts = { 0 };
	int rc = 0;

	if (inputs->known)
		rc = nacre_contents_digest(
			inputs->known, &source->part->tree, source->steps->env, &counts, err);
	if (rc == 0)
		nacre_explain_tree(inputs->explain, &source->part->tree);
	return rc;
}

static int read_context(struct source *source, const char *path, struct nacre_err *err)
{
	struct nacre_steps *steps = source->steps;
	int rc = nacre_step_ignore(steps, &source->filter.ignore, err);

	if (rc == 0)
		rc = scan(source, path, err);
	return rc ? rc : know_sources(source, err);
}

/* -------------------------------------------------------------------------- from a stage */

/* Names of one file stay names of one file: `peer` of the stage's inode is the copy. */
static int copy_inode(struct source *source, struct nacre_inode *from,
	struct nacre_inode **out_inode, struct nacre_err *err)
{
	struct nacre_inode *inode = from->peer;

	if (!inode) {
		inode = nacre_inode_copy(&source->part->tree, from);
		if (!inode)
			return nacre_fail_nomem(err);
		inode->uid = source->uid;
		inode->gid = source->gid;
		from->peer = inode;
	}
	*out_inode = inode;
	return 0;
}

static int add_copy(struct source *source, struct nacre_node *from, struct nacre_node *into,
	struct nacre_node **out_node, struct nacre_err *err)
{
	struct nacre_inode *inode = NULL;
	int rc = copy_inode(source, from->inode, &inode, err);

	return rc ? rc
		  : nacre_tree_add(&source->part->tree, into, from->name, from->name_len, inode,
			    out_node, err);
}

/* Recursion is as deep as a stage's tree may be: limits.depth. */
static int copy_below(struct source *source, const struct nacre_node *top, struct nacre_node *from,
	struct nacre_node *into, struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *child = nacre_node_first(from); child && rc == 0;
		child = nacre_node_next(child)) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf path = NACRE_BUF((size_t)16 << 20);
		struct nacre_node *copy = NULL;
		bool is_dir = child->inode->type == NACRE_TYPE_DIR;

		rc = nacre_node_path_below(top, child, &path, err);
		if (rc || nacre_copy_filter_leaves_out(path.data, is_dir, &source->filter))
			continue;
		rc = add_copy(source, child, into, &copy, err);
		if (rc == 0 && is_dir)
			rc = copy_below(source, top, child, copy, err);
	}
	return rc;
}

static int read_stage(struct source *source, const char *path, struct nacre_err *err)
{
	size_t i = source->step->stage - 1;
	const struct nacre_tree *stage = source->steps->stages[i];
	const char *name = source->steps->recipe->stages[i].name.text;
	struct nacre_node *node = NULL, *copy = NULL, *into = source->part->tree.root;
	int rc = nacre_tree_resolve(stage, path,
		source->step->is_glob ? NACRE_RESOLVE_FOLLOW : NACRE_RESOLVE_NOFOLLOW, 0, &node,
		err);

	if (rc == 0 && !node)
		rc = nacre_fail(err, NACRE_E_NOT_FOUND, "'/%s' is not in stage '%s'", path, name);
	if (rc)
		return rc;
	for (struct nacre_node *at = stage->root; at; at = nacre_tree_next(at))
		at->inode->peer = NULL;
	source->is_dir = node->inode->type == NACRE_TYPE_DIR;
	if (!source->is_dir)
		return add_copy(source, node, into, &copy, err);
	/* Its own mode is of use where the directory has to be made. */
	into->inode->mode = node->inode->mode;
	into->inode->mtime_s = node->inode->mtime_s;
	into->inode->mtime_ns = node->inode->mtime_ns;
	into->inode->xattrs = node->inode->xattrs;
	return copy_below(source, node, node, into, err);
}

/* ------------------------------------------------------------------------------- putting */

static void set_modes(const struct nacre_recipe_step *step, struct nacre_step_part *part)
{
	if (step->mode.kind != NACRE_MODE_BITS)
		return;
	for (struct nacre_node *node = part->tree.root; node; node = nacre_tree_next(node)) {
		if (node->inode->type == NACRE_TYPE_DIR)
			node->inode->mode = nacre_step_dir_mode(step->mode.bits);
		else if (node->inode->type != NACRE_TYPE_SYMLINK)
			node->inode->mode = step->mode.bits;
	}
}

/* The inode of a copied directory itself; a checkout's has the defaults. */
static void set_top(struct source *source)
{
	struct nacre_inode *top = source->part->tree.root->inode;

	if (!source->step->stage)
		top->mtime_s = source->steps->epoch;
	top->uid = source->uid;
	top->gid = source->gid;
}

static int read_source(struct source *source, const char *path, struct nacre_err *err)
{
	int rc = nacre_step_part_new(source->steps, &source->part, err);

	source->filter.dir = path;
	if (rc == 0)
		rc = source->step->stage ? read_stage(source, path, err)
					 : read_context(source, path, err);
	if (rc == 0 && source->filter.rc)
		rc = nacre_fail_nomem(err);
	if (rc)
		return rc;
	set_top(source);
	set_modes(source->step, source->part);
	nacre_step_part_sign(source->steps, source->part);
	return 0;
}

static int copy_one(struct source *source, struct nacre_tree *tree, struct nacre_err *err)
{
	const struct nacre_recipe_step *step = source->step;
	struct nacre_node *root, *file;
	int rc = read_source(source, step->from.text, err);

	if (rc)
		return rc;
	root = source->part->tree.root;
	if (source->is_dir)
		return nacre_step_put_dir(
			source->steps, step->to.text, root->inode, root, tree, err);
	file = nacre_node_first(root);
	return nacre_step_put_file(
		source->steps, &step->to, step->into, file->name, file->inode, tree, err);
}

/* --------------------------------------------------------------------------------- globs */

static int by_name(const void *a, const void *b)
{
	return strcmp(
		(*(struct nacre_node *const *)a)->name, (*(struct nacre_node *const *)b)->name);
}

/* Two sources of one name would be one file in the image: which of them would depend on an order.
 */
static int check_names(struct nacre_tree_glob *glob, struct nacre_err *err)
{
	char one[256], other[256];

	qsort(glob->items, glob->count, sizeof(glob->items[0]), by_name);
	for (size_t i = 1; i < glob->count; i++) {
		if (strcmp(glob->items[i - 1]->name, glob->items[i]->name) == 0)
			return nacre_fail(err, NACRE_E_EXISTS,
				"'%s' and '%s' would have the same name in the image",
				nacre_node_name(glob->items[i - 1], one, sizeof(one)),
				nacre_node_name(glob->items[i], other, sizeof(other)));
	}
	return 0;
}

/* A match goes into the directory `to`, a directory as one of its name. */
static int put_match(struct source *source, struct nacre_node *match, struct nacre_tree *tree,
	struct nacre_err *err)
{
	const struct nacre_recipe_text *to = &source->step->to;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF((size_t)16 << 20);
	int rc;

	if (match->inode->type != NACRE_TYPE_DIR)
		return nacre_step_put_file(
			source->steps, to, true, match->name, match->inode, tree, err);
	rc = nacre_buf_printf(&path, err, "%s%s%s", to->text, *to->text ? "/" : "", match->name);
	return rc ? rc
		  : nacre_step_put_dir(source->steps, path.data, match->inode, match, tree, err);
}

static int fail_no_match(const struct source *source, struct nacre_err *err)
{
	const struct nacre_recipe_step *step = source->step;

	if (!step->stage)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "nothing in the context matches '%s'",
			step->from.text);
	return nacre_fail(err, NACRE_E_NOT_FOUND, "nothing in stage '%s' matches '/%s'",
		source->steps->recipe->stages[step->stage - 1].name.text, step->from.text);
}

static int put_matches(struct source *source, struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_glob_clear)
	struct nacre_tree_glob glob = NACRE_TREE_GLOB;
	const struct nacre_recipe_text pattern = { .text = source->filter.pattern,
		.len = source->filter.pattern_len };
	int rc = source->is_dir
		? nacre_tree_glob_find(&source->part->tree, &pattern, true, 0, &glob, err)
		: NACRE_E_NOT_FOUND;

	if (rc == NACRE_E_NOT_FOUND)
		return fail_no_match(source, err);
	if (rc == 0)
		rc = check_names(&glob, err);
	for (size_t i = 0; i < glob.count && rc == 0; i++)
		rc = put_match(source, glob.items[i], tree, err);
	return rc;
}

static int copy_matches(struct source *source, struct nacre_tree *tree, struct nacre_err *err)
{
	const struct nacre_recipe_text *from = &source->step->from;
	size_t plain = nacre_pattern_plain(from->text, from->len);
	nacre_autofree char *top = malloc(plain + 1);
	int rc;

	if (!top)
		return nacre_fail_nomem(err);
	nacre_pattern_unescape(from->text, plain, top);
	if (*top && top[strlen(top) - 1] == '/')
		top[strlen(top) - 1] = '\0';
	source->filter.pattern = from->text + plain;
	source->filter.pattern_len = from->len - plain;
	rc = read_source(source, top, err);
	if (rc == 0)
		rc = put_matches(source, tree, err);
	source->filter.dir = NULL;
	return rc;
}

int nacre_step_copy(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct source source = {
		.steps = steps, .step = step, .filter = { .exclude = &step->exclude }
	};
	int rc = nacre_owner_find(tree, &step->owner, &source.uid, &source.gid, err);

	if (rc)
		return rc;
	return step->is_glob ? copy_matches(&source, tree, err) : copy_one(&source, tree, err);
}
