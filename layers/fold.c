/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding a layer into a tree. The first layer is placed as it comes; for others the members are
 * kept until the last has come, because a whiteout anywhere in the archive acts before all of them.
 *
 * node->layer says which layer put a node there, node->touched which one last put something below
 * it or went through it. With the two, everything that would mean different things to different
 * readers is seen: a path twice (also by way of a link), a link replaced after members went through
 * it.
 */
#include "layers/fold.h"

#include "base/path.h"
#include "base/scope.h"
#include "layers/place.h"
#include "layers/tar_read.h"

#include <stdlib.h>
#include <string.h>

/* A parent that no member names: what is not said about it must be said here. */
static const struct nacre_inode implied_dir = { .type = NACRE_TYPE_DIR, .mode = 0755 };

/* Work that links may cost a layer: limits.link_steps, and so much for each of its members. */
#define LINK_STEPS_EACH 64

struct kept {
	struct kept *next;
	uint64_t place; /* in the archive, from 1 on */
	enum nacre_member_kind kind;
	const char *path;
	const char *link_path;
	struct nacre_inode *inode;
};

/* A link of lower layers for which this layer has a directory. */
struct replaced {
	const struct nacre_node *link;
	uint64_t place;
};

struct nacre_fold {
	struct nacre_tree *tree;
	struct nacre_origin *origin;
	struct nacre_limits limits;
	unsigned layer;
	bool is_first;		  /* nothing lies below: members are placed at once */
	struct nacre_arena arena; /* of kept members */
	struct kept *members;
	struct kept **members_end;
	struct kept *whiteouts;
	struct kept **whiteouts_end;
	uint64_t members_count;
	size_t whiteouts_count;
	struct replaced *replaced; /* sorted by link */
	size_t replaced_count;
	uint64_t steps_before; /* tree->link_steps at the begin */
	size_t path_room;
	char *parent_path;	   /* of the last member placed … */
	struct nacre_node *parent; /* … and where it is; NULL: not known … */
	uint64_t parent_depth;	   /* … and how deep, if that is not what the path says */
	uint64_t parent_bytes;
};

int nacre_fold_new(struct nacre_tree *tree, unsigned layer, struct nacre_origin *origin,
	const struct nacre_limits *limits, struct nacre_fold **out_fold, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_fold_freep)
	struct nacre_fold *fold = calloc(1, sizeof(*fold));

	if (!fold)
		return nacre_fail_nomem(err);
	fold->path_room = nacre_path_room(limits);
	fold->parent_path = calloc(1, fold->path_room);
	if (!fold->parent_path)
		return nacre_fail_nomem(err);
	fold->tree = tree;
	fold->origin = origin;
	fold->limits = *limits;
	fold->layer = layer;
	fold->steps_before = tree->link_steps;
	fold->is_first = !nacre_node_first(tree->root);
	fold->members_end = &fold->members;
	fold->whiteouts_end = &fold->whiteouts;
	*out_fold = nacre_steal(&fold);
	return 0;
}

void nacre_fold_free(struct nacre_fold *fold)
{
	if (!fold)
		return;
	nacre_arena_clear(&fold->arena);
	free(fold->parent_path);
	free(fold);
}

void nacre_fold_freep(struct nacre_fold **fold)
{
	nacre_fold_free(*fold);
	*fold = NULL;
}

/* ----------------------------------------------------------------------- links */

/* Without this a layer of a few megabytes could ask for hours of walking along its links. */
static int check_steps(const struct nacre_fold *fold, struct nacre_err *err)
{
	uint64_t most = fold->limits.link_steps + LINK_STEPS_EACH * fold->members_count;

	if (fold->tree->link_steps - fold->steps_before > most)
		return nacre_fail(err, NACRE_E_LIMIT,
			"following the layer's links takes more than %llu steps (limit link-steps)",
			(unsigned long long)most);
	return 0;
}

static int by_link(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct replaced *)a)->link;
	uintptr_t y = (uintptr_t)((const struct replaced *)b)->link;

	return x < y ? -1 : x > y;
}

static int by_link_and_place(const void *a, const void *b)
{
	const struct replaced *x = a, *y = b;
	int order = by_link(a, b);

	return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

/*
 * Overlay file systems mark a directory that was made over a link as opaque, so what they pack
 * holds "d/" and "d/.wh..wh..opq" where lower layers have a link d. That whiteout is of the new
 * directory, and the link does not lead to it any more.
 */
static int note_replaced_links(struct nacre_fold *fold, struct nacre_err *err)
{
	size_t room = 0;

	for (const struct kept *kept = fold->members; kept; kept = kept->next)
		room += kept->inode && kept->inode->type == NACRE_TYPE_DIR;
	if (room == 0 || fold->whiteouts_count == 0)
		return 0;
	fold->replaced = nacre_arena_new(&fold->arena, room * sizeof(*fold->replaced));
	if (!fold->replaced)
		return nacre_fail_nomem(err);
	for (const struct kept *kept = fold->members; kept; kept = kept->next) {
		const struct nacre_node *node;

		if (!kept->inode || kept->inode->type != NACRE_TYPE_DIR)
			continue;
		node = nacre_tree_find(fold->tree, kept->path);
		if (node && node->inode->type == NACRE_TYPE_SYMLINK)
			fold->replaced[fold->replaced_count++] =
				(struct replaced){ node, kept->place };
	}
	qsort(fold->replaced, fold->replaced_count, sizeof(*fold->replaced), by_link_and_place);
	return 0;
}

static bool is_replaced_before(
	const struct nacre_fold *fold, const struct nacre_node *link, uint64_t place)
{
	struct replaced key = { link, 0 };
	const struct replaced *found = fold->replaced_count == 0
		? NULL
		: bsearch(&key, fold->replaced, fold->replaced_count, sizeof(key), by_link);

	return found && found->place < place;
}

/*
 * Goes down a path in what is there, following links; NULL when there is no such directory.
 *
 * `place` is that of a whiteout in the archive, 0 for what is no whiteout.
 */
static int find_dir(struct nacre_fold *fold, const char *path, size_t len, uint64_t place,
	struct nacre_node **out_dir, struct nacre_err *err)
{
	const char *at = path, *end = path + len, *name;
	struct nacre_node *here = fold->tree->root;
	struct nacre_walked walked = { 0, 0 };

	while (here && at < end) {
		size_t name_len = nacre_path_next(&at, &name);
		int rc;

		here = nacre_node_find(here, name, name_len);
		if (here && here->inode->type == NACRE_TYPE_SYMLINK) {
			if (is_replaced_before(fold, here, place)) {
				here = NULL;
				break;
			}
			rc = nacre_tree_follow(fold->tree, here, fold->layer, &walked, &here, err);
			if (rc)
				return rc;
		}
		if (here && here->inode->type != NACRE_TYPE_DIR)
			here = NULL;
	}
	*out_dir = here;
	return check_steps(fold, err);
}

/* ------------------------------------------------------------------- whiteouts */

static int by_path(const void *a, const void *b)
{
	const struct kept *x = *(const struct kept *const *)a;
	const struct kept *y = *(const struct kept *const *)b;
	int order = strcmp(x->path, y->path);

	return order ? order : (int)x->kind - (int)y->kind;
}

static int refuse_twice(struct nacre_fold *fold, struct nacre_err *err)
{
	const struct kept **sorted;
	size_t count = 0;

	if (fold->whiteouts_count < 2)
		return 0;
	sorted = nacre_arena_new(&fold->arena, fold->whiteouts_count * sizeof(const void *));
	if (!sorted)
		return nacre_fail_nomem(err);
	for (const struct kept *kept = fold->whiteouts; kept; kept = kept->next)
		sorted[count++] = kept;
	qsort(sorted, count, sizeof(const void *), by_path);
	for (size_t i = 1; i < count; i++) {
		if (by_path(&sorted[i - 1], &sorted[i]) == 0)
			return nacre_fail(err, NACRE_E_UNSAFE,
				"whiteout of '%.300s': twice in one layer", sorted[i]->path);
	}
	return 0;
}

/* Takes out of a directory what lower layers brought: all of it, as no member is placed yet. */
static int clear_below(struct nacre_fold *fold, struct nacre_node *dir, struct nacre_err *err)
{
	struct nacre_node *child;

	while ((child = nacre_node_first(dir))) {
		struct nacre_node *end = nacre_tree_next_skip(child);

		for (struct nacre_node *at = child; at != end; at = nacre_tree_next(at)) {
			if (at->touched == fold->layer)
				return nacre_fail(err, NACRE_E_UNSAFE,
					"a whiteout of a link that another goes through");
		}
		nacre_tree_remove(fold->tree, child);
	}
	return 0;
}

static int remove_lower(struct nacre_fold *fold, struct nacre_node *node, struct nacre_err *err)
{
	int rc = 0;

	if (node->touched == fold->layer)
		return nacre_fail(
			err, NACRE_E_UNSAFE, "a whiteout of a link that another goes through");
	if (node->inode->type == NACRE_TYPE_DIR)
		rc = clear_below(fold, node, err);
	if (rc == 0)
		nacre_tree_remove(fold->tree, node);
	return rc;
}

/* Where the parents are links, they are those of the lower layers: whiteouts act first. */
static int apply_whiteout(struct nacre_fold *fold, const struct kept *kept, struct nacre_err *err)
{
	bool is_opaque = kept->kind == NACRE_MEMBER_OPAQUE;
	size_t leaf = nacre_path_leaf(kept->path), len = leaf > 0 ? leaf - 1 : 0;
	struct nacre_node *dir = NULL, *node;
	int rc = find_dir(
		fold, kept->path, is_opaque ? strlen(kept->path) : len, kept->place, &dir, err);

	if (rc || !dir)
		return rc;
	if (is_opaque)
		return clear_below(fold, dir, err);
	node = nacre_node_find(dir, kept->path + leaf, strlen(kept->path + leaf));
	return node ? remove_lower(fold, node, err) : 0;
}

/* --------------------------------------------------------------------- parents */

/* Links can lead deeper than any path of a member says. */
static void measure_parent(struct nacre_fold *fold)
{
	fold->parent_depth = 0;
	fold->parent_bytes = 0;
	for (const struct nacre_node *at = fold->parent; at->parent; at = at->parent) {
		fold->parent_depth++;
		fold->parent_bytes += at->name_len + 1U;
	}
}

static int check_reach(const struct nacre_fold *fold, size_t leaf_len, struct nacre_err *err)
{
	if (fold->parent_depth >= fold->limits.depth)
		return nacre_fail(err, NACRE_E_LIMIT,
			"its links lead more than %llu directories deep (limit depth)",
			(unsigned long long)fold->limits.depth);
	if (fold->parent_bytes + leaf_len > fold->limits.path_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"its links lead to a path of more than %llu bytes (limit path-bytes)",
			(unsigned long long)fold->limits.path_bytes);
	return 0;
}

/* Members mostly come directory by directory: the last parent is remembered. */
static int get_parent(struct nacre_fold *fold, const char *path, struct nacre_node **out_parent,
	const char **out_leaf, struct nacre_err *err)
{
	size_t leaf = nacre_path_leaf(path), len = leaf > 0 ? leaf - 1 : 0;
	uint64_t steps = fold->tree->link_steps;
	int rc;

	*out_leaf = path + leaf;
	if (!fold->parent || strncmp(fold->parent_path, path, len) != 0 ||
		fold->parent_path[len] != '\0') {
		fold->parent = NULL;
		if (len >= fold->path_room)
			return nacre_fail(err, NACRE_E_LIMIT,
				"a path of more than %zu bytes (limit path-bytes)",
				fold->path_room - 1);
		rc = nacre_tree_make_dirs(
			fold->tree, path, len, &implied_dir, fold->layer, out_parent, err);
		if (rc == 0)
			rc = check_steps(fold, err);
		if (rc)
			return rc;
		memcpy(fold->parent_path, path, len);
		fold->parent_path[len] = '\0';
		fold->parent = *out_parent;
		fold->parent_depth = 0;
		fold->parent_bytes = 0;
		if (fold->tree->link_steps != steps)
			measure_parent(fold);
	}
	*out_parent = fold->parent;
	return check_reach(fold, strlen(path + leaf), err);
}

/* --------------------------------------------------------------------- placing */

static void touch_parents(struct nacre_fold *fold, struct nacre_node *node)
{
	for (node = node->parent; node && node->touched != fold->layer; node = node->parent)
		node->touched = (uint16_t)fold->layer;
}

/* Makes way for `inode` where a node is; *out_keep is true when the node itself can take it. */
static int make_way(struct nacre_fold *fold, struct nacre_node *node,
	const struct nacre_inode *inode, bool *out_keep, struct nacre_err *err)
{
	bool both_dirs = node->inode->type == NACRE_TYPE_DIR && inode->type == NACRE_TYPE_DIR;

	if (node->layer == fold->layer && node->is_explicit)
		return nacre_fail(err, NACRE_E_UNSAFE, "twice in one layer");
	*out_keep = both_dirs;
	if (both_dirs)
		return 0;
	if (node->touched == fold->layer && node->inode->type == NACRE_TYPE_SYMLINK)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a link is replaced through which other members of the layer went");
	if (node->touched == fold->layer || node->layer == fold->layer)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a directory with members of the layer is replaced by a %s",
			nacre_type_name(inode->type));
	for (struct nacre_node *at = node, *end = nacre_tree_next_skip(node); at != end;
		at = nacre_tree_next(at)) {
		if (at->touched == fold->layer)
			return nacre_fail(err, NACRE_E_UNSAFE,
				"a link is removed through which other members of the layer went");
	}
	/* The remembered parent could be below what goes. */
	fold->parent = NULL;
	nacre_tree_remove(fold->tree, node);
	return 0;
}

static int put_node(
	struct nacre_fold *fold, const char *path, struct nacre_inode *inode, struct nacre_err *err)
{
	struct nacre_node *parent = NULL, *node;
	const char *leaf;
	bool keep = false;
	int rc = get_parent(fold, path, &parent, &leaf, err);

	if (rc)
		return rc;
	node = *leaf ? nacre_node_find(parent, leaf, strlen(leaf)) : fold->tree->root;
	if (node)
		rc = make_way(fold, node, inode, &keep, err);
	if (rc)
		return rc;
	if (keep)
		node->inode = inode;
	else
		rc = nacre_tree_add(fold->tree, parent, leaf, strlen(leaf), inode, &node, err);
	if (rc)
		return rc;
	node->layer = (uint16_t)fold->layer;
	node->is_explicit = true;
	touch_parents(fold, node);
	return 0;
}

static bool is_in_tree(const struct nacre_fold *fold, const struct nacre_node *node)
{
	while (node->parent)
		node = node->parent;
	return node == fold->tree->root;
}

/* A link to a symlink is another name of the symlink: the last name is not followed. */
static int put_link(
	struct nacre_fold *fold, const char *path, const char *link_path, struct nacre_err *err)
{
	size_t leaf = nacre_path_leaf(link_path), len = leaf > 0 ? leaf - 1 : 0;
	struct nacre_node *dir = NULL, *target = NULL;
	int rc = find_dir(fold, link_path, len, 0, &dir, err);

	if (rc)
		return rc;
	if (dir && link_path[leaf])
		target = nacre_node_find(dir, link_path + leaf, strlen(link_path + leaf));
	if (!target && link_path[0])
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a hard link to '%.300s', which is not there yet", link_path);
	if (!target || target->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(
			err, NACRE_E_UNSAFE, "a hard link to '%.300s', a directory", link_path);
	rc = put_node(fold, path, target->inode, err);
	if (rc == 0 && !is_in_tree(fold, target))
		rc = nacre_fail(err, NACRE_E_UNSAFE, "a hard link to '%.300s', which it replaces",
			link_path);
	return rc;
}

static int place(struct nacre_fold *fold, enum nacre_member_kind kind, const char *path,
	const char *link_path, struct nacre_inode *inode, struct nacre_err *err)
{
	int rc;

	if (kind == NACRE_MEMBER_LINK)
		rc = put_link(fold, path, link_path, err);
	else
		rc = put_node(fold, path, inode, err);
	return rc ? nacre_within(err, rc, "'%.300s'", path) : 0;
}

/* ---------------------------------------------------------------------- public */

static int keep_member(struct nacre_fold *fold, const struct nacre_member *member, bool is_whiteout,
	struct nacre_inode *inode, struct nacre_err *err)
{
	struct kept *kept = nacre_arena_new(&fold->arena, sizeof(*kept));

	if (!kept)
		return nacre_fail_nomem(err);
	kept->place = fold->members_count;
	kept->kind = member->kind;
	kept->inode = inode;
	kept->path = nacre_arena_text(&fold->arena, member->path, strlen(member->path));
	if (member->link_path)
		kept->link_path = nacre_arena_text(
			&fold->arena, member->link_path, strlen(member->link_path));
	if (!kept->path || (member->link_path && !kept->link_path))
		return nacre_fail_nomem(err);
	if (is_whiteout) {
		*fold->whiteouts_end = kept;
		fold->whiteouts_end = &kept->next;
		fold->whiteouts_count++;
	} else {
		*fold->members_end = kept;
		fold->members_end = &kept->next;
	}
	return 0;
}

/* Members are cheap, but a hundred KiB of xattrs on each of a million would not be. */
static int check_memory(const struct nacre_fold *fold, struct nacre_err *err)
{
	if (fold->tree->arena.used_bytes + fold->arena.used_bytes <= fold->limits.tree_bytes)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT,
		"more than %llu bytes of names and attributes (limit tree-bytes)",
		(unsigned long long)fold->limits.tree_bytes);
}

int nacre_fold_add(
	struct nacre_fold *fold, const struct nacre_member *member, struct nacre_err *err)
{
	bool is_whiteout =
		member->kind == NACRE_MEMBER_WHITEOUT || member->kind == NACRE_MEMBER_OPAQUE;
	struct nacre_inode *inode = NULL;
	int rc = check_memory(fold, err);

	if (rc)
		return rc;
	fold->members_count++;
	if (member->kind == NACRE_MEMBER_ENTRY) {
		inode = nacre_inode_copy(fold->tree, &member->inode);
		if (!inode)
			return nacre_fail_nomem(err);
		if (inode->type == NACRE_TYPE_FILE)
			inode->u.content.origin = inode->size_bytes > 0 ? fold->origin : NULL;
	}
	if (!fold->is_first || is_whiteout)
		return keep_member(fold, member, is_whiteout, inode, err);
	return place(fold, member->kind, member->path, member->link_path, inode, err);
}

int nacre_fold_finish(struct nacre_fold *fold, struct nacre_err *err)
{
	int rc = refuse_twice(fold, err);

	/* What the first layer has whiteouts of is not there. */
	if (rc || fold->is_first)
		return rc;
	rc = note_replaced_links(fold, err);
	for (const struct kept *kept = fold->whiteouts; kept && rc == 0; kept = kept->next) {
		rc = apply_whiteout(fold, kept, err);
		if (rc)
			rc = nacre_within(err, rc, "whiteout of '%.300s'", kept->path);
	}
	for (const struct kept *kept = fold->members; kept && rc == 0; kept = kept->next)
		rc = place(fold, kept->kind, kept->path, kept->link_path, kept->inode, err);
	return rc;
}

int nacre_fold_layer(struct nacre_tree *tree, unsigned layer, struct nacre_origin *origin,
	struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_layer_counts *out_counts, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tar_reader_freep)
	struct nacre_tar_reader *reader = NULL;
	NACRE_CLEANUP(nacre_fold_freep)
	struct nacre_fold *fold = NULL;
	const struct nacre_member *member = NULL;
	int rc = nacre_tar_reader_new(source, limits, &reader, err);

	if (rc == 0)
		rc = nacre_fold_new(tree, layer, origin, limits, &fold, err);
	while (rc == 0) {
		rc = nacre_tar_reader_next(reader, &member, err);
		if (rc || !member)
			break;
		rc = nacre_fold_add(fold, member, err);
	}
	*out_counts = reader ? *nacre_tar_reader_counts(reader) : (struct nacre_layer_counts){ 0 };
	return rc ? rc : nacre_fold_finish(fold, err);
}
