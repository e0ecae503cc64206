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
/* Directories that no member names: limits.implied_dirs, and so many for each of its members. */
#define IMPLIED_DIRS_EACH 16

struct kept {
	struct kept *next;
	uint64_t place; /* in the archive, from 1 on */
	enum nacre_member_kind kind;
	const char *path;
	const char *link_path;
	struct nacre_inode *inode;
};

/* Where the archive has the member that makes a link, or replaces one. */
struct link_place {
	const struct nacre_node *link;
	uint64_t place;
};

struct link_places {
	struct link_place *items; /* sorted by link */
	size_t count;
};

struct nacre_fold {
	struct nacre_tree *tree;
	struct nacre_origin *origin;
	struct nacre_limits limits;
	struct nacre_lint *lint; /* NULL: the first violation is an error */
	uint64_t *offsets;	 /* with a lint: of each member, by its place */
	uint64_t offsets_room;
	unsigned layer;
	bool is_first;		  /* nothing lies below: members are placed at once */
	struct nacre_arena arena; /* of kept members */
	struct kept *members;
	struct kept **members_end;
	struct kept *whiteouts;
	struct kept **whiteouts_end;
	uint64_t members_count;
	size_t whiteouts_count;
	struct link_places replaced; /* links of lower layers for which this one has directories */
	struct link_places own;	     /* links that this layer has brought */
	struct nacre_node *placed;   /* the last member; NULL when it was kept aside */
	struct nacre_tree aufs;	     /* what it kept aside for links of this layer */
	uint64_t steps_before;	     /* tree->link_steps at the begin */
	uint64_t implied_before;     /* tree->implied_dirs at the begin */
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
	fold->implied_before = tree->implied_dirs;
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
	nacre_tree_clear(&fold->aufs);
	free(fold->parent_path);
	free(fold->offsets);
	free(fold);
}

void nacre_fold_freep(struct nacre_fold **fold)
{
	nacre_fold_free(*fold);
	*fold = NULL;
}

void nacre_fold_set_lint(struct nacre_fold *fold, struct nacre_lint *lint)
{
	fold->lint = lint;
}

/* ----------------------------------------------------------------------- links */

static enum nacre_rule_id parent_rule(int rc)
{
	return rc == NACRE_E_LIMIT ? NACRE_RULE_LIMIT : NACRE_RULE_PARENT;
}

/* What the next findings are about. */
static int about(
	const struct nacre_fold *fold, uint64_t place, const char *path, struct nacre_err *err)
{
	return fold->lint ? nacre_lint_about_member(fold->lint, fold->offsets[place], path, err)
			  : 0;
}

/* Without this a layer of a few megabytes could ask for hours of walking along its links. */
static int check_steps(const struct nacre_fold *fold, struct nacre_err *err)
{
	uint64_t most = fold->limits.link_steps + LINK_STEPS_EACH * fold->members_count;

	if (fold->tree->link_steps - fold->steps_before > most)
		return nacre_lint_end(fold->lint, NACRE_RULE_LIMIT, err,
			"following the layer's links takes more than %llu steps (limit link-steps)",
			(unsigned long long)most);
	return 0;
}

/* One path can be a thousand inodes: a file of some kilobytes would make a million of them. */
static int check_implied(const struct nacre_fold *fold, struct nacre_err *err)
{
	uint64_t most = fold->limits.implied_dirs + IMPLIED_DIRS_EACH * fold->members_count;

	if (fold->tree->implied_dirs - fold->implied_before > most)
		return nacre_lint_end(fold->lint, NACRE_RULE_LIMIT, err,
			"more than %llu directories that no member names (limit implied-dirs)",
			(unsigned long long)most);
	return 0;
}

static int by_link(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct link_place *)a)->link;
	uintptr_t y = (uintptr_t)((const struct link_place *)b)->link;

	return x < y ? -1 : x > y;
}

static int by_link_and_place(const void *a, const void *b)
{
	const struct link_place *x = a, *y = b;
	int order = by_link(a, b);

	return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

/* Room for all of a type, which a hard link may be too; none where no whiteout could ask. */
static int make_room(struct nacre_fold *fold, enum nacre_type type, struct link_places *out_places,
	struct nacre_err *err)
{
	size_t room = 0;

	for (const struct kept *kept = fold->members; kept; kept = kept->next)
		room += kept->kind == NACRE_MEMBER_LINK || kept->inode->type == type;
	if (room == 0 || fold->whiteouts_count == 0)
		return 0;
	out_places->items = nacre_arena_new(&fold->arena, room * sizeof(*out_places->items));
	return out_places->items ? 0 : nacre_fail_nomem(err);
}

static void sort_places(struct link_places *places)
{
	if (places->count > 1)
		qsort(places->items, places->count, sizeof(*places->items), by_link_and_place);
}

static bool is_before(
	const struct link_places *places, const struct nacre_node *link, uint64_t place)
{
	struct link_place key = { link, 0 };
	const struct link_place *found;

	if (place == 0 || places->count == 0)
		return false;
	found = bsearch(&key, places->items, places->count, sizeof(key), by_link);
	return found && found->place < place;
}

/*
 * Overlay file systems mark a directory that was made over a link as opaque, so what they pack
 * holds "d/" and "d/.wh..wh..opq" where lower layers have a link d. That whiteout is of the new
 * directory, and the link does not lead to it any more.
 */
static int note_replaced_links(struct nacre_fold *fold, struct nacre_err *err)
{
	struct link_places *places = &fold->replaced;
	int rc = make_room(fold, NACRE_TYPE_DIR, places, err);

	for (const struct kept *kept = fold->members; kept && places->items; kept = kept->next) {
		const struct nacre_node *node;

		if (kept->kind == NACRE_MEMBER_LINK || kept->inode->type != NACRE_TYPE_DIR)
			continue;
		node = nacre_tree_find(fold->tree, kept->path);
		if (node && node->inode->type == NACRE_TYPE_SYMLINK)
			places->items[places->count++] = (struct link_place){ node, kept->place };
	}
	sort_places(places);
	return rc;
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
			if (is_before(&fold->replaced, here, place)) {
				here = NULL;
				break;
			}
			if (is_before(&fold->own, here, place))
				return nacre_fail(err, NACRE_E_UNSAFE,
					"it goes through a link that its own layer has before it");
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

/*
 * Tells of the first link of lower layers on a path, once for each link: who mounts layers over
 * each other has a directory there. `place` is as in find_dir().
 */
static int remark_lower_link(struct nacre_fold *fold, const char *path, size_t len, uint64_t place,
	struct nacre_err *err)
{
	const char *at = path, *end = path + len, *name = path;
	const struct nacre_node *here = fold->tree->root;
	size_t name_len = 0;

	if (!fold->lint)
		return 0;
	while (here && here->inode->type == NACRE_TYPE_DIR && at < end) {
		name_len = nacre_path_next(&at, &name);
		here = nacre_node_find(here, name, name_len);
	}
	if (!here || here->inode->type != NACRE_TYPE_SYMLINK || here->layer == fold->layer ||
		here->touched == fold->layer || is_before(&fold->replaced, here, place))
		return 0;
	return nacre_lint_remark(fold->lint, NACRE_RULE_THROUGH_LINK, err,
		"below '%.*s', a link of layer %u", (int)(name + name_len - path), path,
		here->layer);
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
		int rc;

		if (by_path(&sorted[i - 1], &sorted[i]) != 0)
			continue;
		rc = about(fold, sorted[i]->place, sorted[i]->path, err);
		if (rc == 0)
			rc = nacre_lint_refuse(fold->lint, NACRE_RULE_WHITEOUT_TWICE, err,
				"whiteout of '%.300s': twice in one layer", sorted[i]->path);
		if (rc)
			return rc;
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
				return nacre_lint_drop(fold->lint, NACRE_RULE_LINK_REPLACED, err,
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
		return nacre_lint_drop(fold->lint, NACRE_RULE_LINK_REPLACED, err,
			"a whiteout of a link that another goes through");
	if (node->inode->type == NACRE_TYPE_DIR)
		rc = clear_below(fold, node, err);
	if (rc == 0)
		nacre_tree_remove(fold->tree, node);
	return rc;
}

/* How much of its path is the directory that a whiteout stands in. */
static size_t hiding_len(const struct kept *kept)
{
	size_t leaf = nacre_path_leaf(kept->path);

	if (kept->kind == NACRE_MEMBER_OPAQUE)
		return strlen(kept->path);
	return leaf > 0 ? leaf - 1 : 0;
}

/* Where the parents are links, they are those of the lower layers: whiteouts act first. */
static int apply_whiteout(struct nacre_fold *fold, const struct kept *kept, struct nacre_err *err)
{
	const char *leaf = kept->path + nacre_path_leaf(kept->path);
	bool is_opaque = kept->kind == NACRE_MEMBER_OPAQUE;
	size_t len = hiding_len(kept);
	struct nacre_node *dir = NULL, *node = NULL;
	int rc = remark_lower_link(fold, kept->path, len, kept->place, err);

	if (rc)
		return rc;
	rc = find_dir(fold, kept->path, len, kept->place, &dir, err);
	if (rc)
		return nacre_lint_drop_as(fold->lint, parent_rule(rc), rc, err);
	if (dir && is_opaque)
		return clear_below(fold, dir, err);
	if (dir)
		node = nacre_node_find(dir, leaf, strlen(leaf));
	if (node)
		return remove_lower(fold, node, err);
	return nacre_lint_remark(
		fold->lint, NACRE_RULE_WHITEOUT_OF_NOTHING, err, "a whiteout of nothing");
}

/*
 * When all is in place: a link that stands in the archive before a whiteout below it was not there
 * yet when the whiteout acted, but is to readers that go by the archive's order.
 */
static int check_whiteout(struct nacre_fold *fold, const struct kept *kept, struct nacre_err *err)
{
	struct nacre_node *dir = NULL;
	int rc = find_dir(fold, kept->path, hiding_len(kept), kept->place, &dir, err);

	return nacre_lint_drop_as(fold->lint, NACRE_RULE_WHITEOUT_OWN_LINK, rc, err);
}

static int for_each_whiteout(struct nacre_fold *fold,
	int (*act)(struct nacre_fold *fold, const struct kept *kept, struct nacre_err *err),
	struct nacre_err *err)
{
	for (const struct kept *kept = fold->whiteouts; kept; kept = kept->next) {
		int rc = about(fold, kept->place, kept->path, err);

		if (rc == 0)
			rc = act(fold, kept, err);
		rc = nacre_lint_resume(fold->lint, rc);
		if (rc)
			return nacre_within(err, rc, "whiteout of '%.300s'", kept->path);
	}
	return 0;
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
		return nacre_lint_drop(fold->lint, NACRE_RULE_LIMIT, err,
			"its links lead more than %llu directories deep (limit depth)",
			(unsigned long long)fold->limits.depth);
	if (fold->parent_bytes + leaf_len > fold->limits.path_bytes)
		return nacre_lint_drop(fold->lint, NACRE_RULE_LIMIT, err,
			"its links lead to a path of more than %llu bytes (limit path-bytes)",
			(unsigned long long)fold->limits.path_bytes);
	return 0;
}

static int make_dirs(struct nacre_fold *fold, const char *path, size_t len,
	struct nacre_node **out_dir, struct nacre_err *err)
{
	int rc = nacre_tree_make_dirs(
		fold->tree, path, len, &implied_dir, fold->layer, out_dir, err);

	if (rc)
		return nacre_lint_drop_as(fold->lint, parent_rule(rc), rc, err);
	rc = check_implied(fold, err);
	return rc ? rc : check_steps(fold, err);
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
			return nacre_lint_drop(fold->lint, NACRE_RULE_LIMIT, err,
				"a path of more than %zu bytes (limit path-bytes)",
				fold->path_room - 1);
		rc = remark_lower_link(fold, path, len, 0, err);
		if (rc == 0)
			rc = make_dirs(fold, path, len, out_parent, err);
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
		return nacre_lint_drop(fold->lint, NACRE_RULE_TWICE, err, "twice in one layer");
	*out_keep = both_dirs;
	if (both_dirs)
		return 0;
	if (node->touched == fold->layer && node->inode->type == NACRE_TYPE_SYMLINK)
		return nacre_lint_drop(fold->lint, NACRE_RULE_LINK_REPLACED, err,
			"a link is replaced through which other members of the layer went");
	if (node->touched == fold->layer || node->layer == fold->layer)
		return nacre_lint_drop(fold->lint, NACRE_RULE_DIRECTORY_REPLACED, err,
			"a directory with members of the layer is replaced by a %s",
			nacre_type_name(inode->type));
	for (struct nacre_node *at = node, *end = nacre_tree_next_skip(node); at != end;
		at = nacre_tree_next(at)) {
		if (at->touched == fold->layer)
			return nacre_lint_drop(fold->lint, NACRE_RULE_LINK_REPLACED, err,
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
		return nacre_lint_drop_as(fold->lint, NACRE_RULE_LIMIT, rc, err);
	node->layer = (uint16_t)fold->layer;
	node->is_explicit = true;
	touch_parents(fold, node);
	fold->placed = node;
	return 0;
}

static bool is_in_tree(const struct nacre_fold *fold, const struct nacre_node *node)
{
	while (node->parent)
		node = node->parent;
	return node == fold->tree->root;
}

/*
 * Docker gives a file the owner, mode and time of each link to it, and unpacks each layer by
 * itself, where there is no file to link to.
 */
static int remark_link(struct nacre_fold *fold, const struct nacre_inode *link,
	const struct nacre_inode *file, unsigned file_layer, struct nacre_err *err)
{
	int rc = 0;

	if (file_layer < fold->layer)
		rc = nacre_lint_remark(fold->lint, NACRE_RULE_HARD_LINK_LOWER, err,
			"a hard link to a file of layer %u", file_layer);
	if (rc || !link || file->type == NACRE_TYPE_SYMLINK ||
		(link->uid == file->uid && link->gid == file->gid && link->mode == file->mode &&
			link->mtime_s == file->mtime_s))
		return rc;
	return nacre_lint_remark(fold->lint, NACRE_RULE_HARD_LINK_ATTRIBUTES, err,
		"mode %04o, owner %u:%u, time %lld, and its file has %04o, %u:%u, %lld", link->mode,
		link->uid, link->gid, (long long)link->mtime_s, file->mode, file->uid, file->gid,
		(long long)file->mtime_s);
}

/* What AUFS kept aside has its own tree: neither a name of the image nor a link leads there. */
static const char *name_aside(const char *path)
{
	size_t len = strlen(NACRE_AUFS_LINKS "/");

	return strncmp(path, NACRE_AUFS_LINKS "/", len) == 0 ? path + len : NULL;
}

static int put_aside(
	struct nacre_fold *fold, const char *name, struct nacre_inode *inode, struct nacre_err *err)
{
	struct nacre_node *node = NULL;
	int rc = fold->aufs.root ? 0 : nacre_tree_init(&fold->aufs, err);

	if (rc == 0)
		rc = nacre_tree_add(
			&fold->aufs, fold->aufs.root, name, strlen(name), inode, &node, err);
	if (rc == 0)
		node->layer = (uint16_t)fold->layer;
	if (rc == NACRE_E_EXISTS)
		return nacre_lint_drop(fold->lint, NACRE_RULE_TWICE, err, "twice in one layer");
	return nacre_lint_drop_as(fold->lint, NACRE_RULE_LIMIT, rc, err);
}

/* A link to a symlink is another name of the symlink: the last name is not followed. */
static int find_link_target(struct nacre_fold *fold, const char *link_path,
	struct nacre_node **out_target, struct nacre_err *err)
{
	size_t leaf = nacre_path_leaf(link_path), len = leaf > 0 ? leaf - 1 : 0;
	struct nacre_node *dir = fold->aufs.root, *target = NULL;
	int rc = name_aside(link_path) ? 0 : find_dir(fold, link_path, len, 0, &dir, err);

	if (rc)
		return nacre_lint_drop_as(fold->lint, parent_rule(rc), rc, err);
	if (dir && link_path[leaf])
		target = nacre_node_find(dir, link_path + leaf, strlen(link_path + leaf));
	if (!target && link_path[0])
		return nacre_lint_drop(fold->lint, NACRE_RULE_HARD_LINK, err,
			"a hard link to '%.300s', which is not there yet", link_path);
	if (!target || target->inode->type == NACRE_TYPE_DIR)
		return nacre_lint_drop(fold->lint, NACRE_RULE_HARD_LINK, err,
			"a hard link to '%.300s', a directory", link_path);
	*out_target = target;
	return 0;
}

/* @param own  what the link's header says; NULL: nobody asks */
static int put_link(struct nacre_fold *fold, const char *path, const char *link_path,
	const struct nacre_inode *own, struct nacre_err *err)
{
	struct nacre_node *target = NULL;
	unsigned target_layer;
	int rc = find_link_target(fold, link_path, &target, err);

	if (rc || !target)
		return rc;
	target_layer = target->layer;
	rc = put_node(fold, path, target->inode, err);
	if (rc == 0 && !name_aside(link_path) && !is_in_tree(fold, target))
		rc = nacre_lint_drop(fold->lint, NACRE_RULE_HARD_LINK_ITSELF, err,
			"a hard link to '%.300s', which it replaces", link_path);
	return rc ? rc : remark_link(fold, own, target->inode, target_layer, err);
}

/*
 * Members are cheap, but a hundred KiB of xattrs on each of a million would not be; nor the
 * thousand parents that each can imply without naming one of them.
 */
static int check_size(const struct nacre_fold *fold, struct nacre_err *err)
{
	const struct nacre_limits *limits = &fold->limits;

	if (fold->tree->arena.used_bytes + fold->aufs.arena.used_bytes + fold->arena.used_bytes >
		limits->tree_bytes)
		return nacre_lint_end(fold->lint, NACRE_RULE_LIMIT, err,
			"more than %llu bytes of names and attributes (limit tree-bytes)",
			(unsigned long long)limits->tree_bytes);
	if (fold->tree->nodes > limits->image_members)
		return nacre_lint_end(fold->lint, NACRE_RULE_LIMIT, err,
			"more than %llu names, parents that no member names included (limit "
			"image-members)",
			(unsigned long long)limits->image_members);
	return 0;
}

static int place(struct nacre_fold *fold, const struct kept *kept, struct nacre_err *err)
{
	const char *aside = name_aside(kept->path);
	int rc = about(fold, kept->place, kept->path, err);

	if (rc == 0 && kept->kind == NACRE_MEMBER_LINK)
		rc = put_link(fold, kept->path, kept->link_path, kept->inode, err);
	else if (rc == 0 && aside)
		rc = put_aside(fold, aside, kept->inode, err);
	else if (rc == 0)
		rc = put_node(fold, kept->path, kept->inode, err);
	rc = nacre_lint_resume(fold->lint, rc);
	if (rc == 0)
		rc = check_size(fold, err);
	return rc ? nacre_within(err, rc, "'%.300s'", kept->path) : 0;
}

static int place_members(struct nacre_fold *fold, struct nacre_err *err)
{
	struct link_places *own = &fold->own;
	int rc = make_room(fold, NACRE_TYPE_SYMLINK, own, err);

	for (const struct kept *kept = fold->members; kept && rc == 0; kept = kept->next) {
		fold->placed = NULL;
		rc = place(fold, kept, err);
		if (rc == 0 && own->items && fold->placed &&
			fold->placed->inode->type == NACRE_TYPE_SYMLINK)
			own->items[own->count++] = (struct link_place){ fold->placed, kept->place };
	}
	sort_places(own);
	return rc;
}

/* --------------------------------------------------------------------- remarks */

static int remark_behind(
	struct nacre_fold *fold, uint64_t place, const char *path, struct nacre_err *err)
{
	int rc = about(fold, place, path, err);

	return rc ? rc
		  : nacre_lint_remark(fold->lint, NACRE_RULE_WHITEOUT_BEHIND, err,
			    "a whiteout behind the entry of that name");
}

static int by_path_alone(const void *a, const void *b)
{
	return strcmp(
		(*(const struct kept *const *)a)->path, (*(const struct kept *const *)b)->path);
}

static int remark_nothing(struct nacre_fold *fold, struct nacre_err *err)
{
	int rc = 0;

	for (const struct kept *kept = fold->whiteouts; kept && rc == 0; kept = kept->next) {
		rc = about(fold, kept->place, kept->path, err);
		if (rc == 0)
			rc = nacre_lint_remark(fold->lint, NACRE_RULE_WHITEOUT_OF_NOTHING, err,
				"a whiteout of nothing");
	}
	return rc;
}

/* Which whiteouts stand behind an entry of the same name; in the lowest layer that was seen. */
static int remark_whiteouts(struct nacre_fold *fold, struct nacre_err *err)
{
	const struct kept **sorted;
	size_t count = 0, room = 0;
	int rc = 0;

	if (fold->is_first)
		return remark_nothing(fold, err);
	for (const struct kept *kept = fold->members; kept; kept = kept->next)
		room++;
	if (room == 0 || fold->whiteouts_count == 0)
		return 0;
	sorted = nacre_arena_new(&fold->arena, room * sizeof(const void *));
	if (!sorted)
		return nacre_fail_nomem(err);
	for (const struct kept *kept = fold->members; kept; kept = kept->next)
		sorted[count++] = kept;
	qsort(sorted, count, sizeof(const void *), by_path_alone);
	for (const struct kept *kept = fold->whiteouts; kept && rc == 0; kept = kept->next) {
		const struct kept *const *found =
			bsearch(&kept, sorted, count, sizeof(const void *), by_path_alone);

		if (kept->kind == NACRE_MEMBER_WHITEOUT && found && (*found)->place < kept->place)
			rc = remark_behind(fold, kept->place, kept->path, err);
	}
	return rc;
}

/* ---------------------------------------------------------------------- public */

static int keep_member(struct nacre_fold *fold, const struct kept *member, struct nacre_err *err)
{
	bool is_whiteout =
		member->kind == NACRE_MEMBER_WHITEOUT || member->kind == NACRE_MEMBER_OPAQUE;
	struct kept *kept = nacre_arena_new(&fold->arena, sizeof(*kept));

	if (!kept)
		return nacre_fail_nomem(err);
	*kept = *member;
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

/* Where each member lies in the archive: for findings alone. */
static int keep_offset(struct nacre_fold *fold, uint64_t offset, struct nacre_err *err)
{
	if (fold->members_count >= fold->offsets_room) {
		uint64_t room = fold->members_count * 2;
		uint64_t *more = reallocarray(fold->offsets, room, sizeof(*more));

		if (!more)
			return nacre_fail_nomem(err);
		fold->offsets = more;
		fold->offsets_room = room;
	}
	fold->offsets[fold->members_count] = offset;
	return 0;
}

/* In the lowest layer the entry is there already, or comes later. */
static int remark_behind_first(
	struct nacre_fold *fold, const struct nacre_member *member, struct nacre_err *err)
{
	const struct nacre_node *node = NULL;

	if (fold->lint && fold->is_first && member->kind == NACRE_MEMBER_WHITEOUT)
		node = nacre_tree_find(fold->tree, member->path);
	return node && node->is_explicit
		? remark_behind(fold, fold->members_count, member->path, err)
		: 0;
}

int nacre_fold_add(
	struct nacre_fold *fold, const struct nacre_member *member, struct nacre_err *err)
{
	bool is_whiteout =
		member->kind == NACRE_MEMBER_WHITEOUT || member->kind == NACRE_MEMBER_OPAQUE;
	struct kept kept = { NULL, ++fold->members_count, member->kind, member->path,
		member->link_path, NULL };
	int rc = check_size(fold, err);

	if (rc == 0 && fold->lint)
		rc = keep_offset(fold, member->offset, err);
	if (rc)
		return rc;
	/* What a link's own header says matters to findings alone. */
	if (member->kind == NACRE_MEMBER_ENTRY ||
		(member->kind == NACRE_MEMBER_LINK && fold->lint)) {
		kept.inode = nacre_inode_copy(fold->tree, &member->inode);
		if (!kept.inode)
			return nacre_fail_nomem(err);
		if (kept.inode->type == NACRE_TYPE_FILE)
			kept.inode->u.content.origin =
				kept.inode->size_bytes > 0 ? fold->origin : NULL;
	}
	if (!fold->is_first || is_whiteout) {
		rc = remark_behind_first(fold, member, err);
		return rc ? rc : keep_member(fold, &kept, err);
	}
	return place(fold, &kept, err);
}

int nacre_fold_finish(struct nacre_fold *fold, struct nacre_err *err)
{
	int rc = refuse_twice(fold, err);

	if (rc == 0 && fold->lint)
		rc = remark_whiteouts(fold, err);
	/* What the first layer has whiteouts of is not there. */
	if (rc || fold->is_first)
		return rc;
	rc = note_replaced_links(fold, err);
	if (rc == 0)
		rc = for_each_whiteout(fold, apply_whiteout, err);
	if (rc == 0)
		rc = place_members(fold, err);
	if (rc == 0 && fold->own.count > 0)
		rc = for_each_whiteout(fold, check_whiteout, err);
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
