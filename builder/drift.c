/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of differences, and who fills it: one thread walks over the disk, others hash what it
 * hands them, while a worker reads the layers to know what the hashes should be. Only the caller's
 * own thread tells events.
 */
#include "builder/drift.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/drift_links.h"
#include "builder/drift_walk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	[NACRE_DRIFT_MISSING] = "missing",
	[NACRE_DRIFT_EXTRA] = "extra",
	[NACRE_DRIFT_TYPE] = "type",
	[NACRE_DRIFT_MODE] = "mode",
	[NACRE_DRIFT_UID] = "uid",
	[NACRE_DRIFT_GID] = "gid",
	[NACRE_DRIFT_MTIME] = "mtime",
	[NACRE_DRIFT_SIZE] = "size",
	[NACRE_DRIFT_CONTENT] = "content",
	[NACRE_DRIFT_TARGET] = "target",
	[NACRE_DRIFT_DEVICE] = "device",
	[NACRE_DRIFT_LINK] = "link",
	[NACRE_DRIFT_NAMES] = "names",
	[NACRE_DRIFT_XATTR] = "xattr",
	[NACRE_DRIFT_MOUNT] = "mount",
	[NACRE_DRIFT_CHANGING] = "changing",
	[NACRE_DRIFT_UNREADABLE] = "unreadable",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == NACRE_DRIFT_KINDS, "a name for each kind");

const char *nacre_drift_name(enum nacre_drift_kind what)
{
	return (unsigned)what < NACRE_DRIFT_KINDS ? names[what] : NULL;
}

/* ------------------------------------------------------------------------ order */

/* A place on disk: a node, or a name that the tree has not in the directory that a node is. */
struct place {
	const struct nacre_node *node;
	const char *extra;
};

static const struct nacre_node *dir_of(const struct place *place)
{
	return place->extra ? place->node : place->node->parent;
}

static const char *name_of(const struct place *place)
{
	return place->extra ? place->extra : place->node->name;
}

static size_t depth_of(const struct place *place)
{
	size_t depth = 0;

	for (const struct nacre_node *at = dir_of(place); at; at = at->parent)
		depth++;
	return depth;
}

static void go_up(struct place *place)
{
	*place = (struct place){ dir_of(place), NULL };
}

/* In the order of a walk: parents first, siblings by the bytes of their names. */
static int compare_places(struct place a, struct place b)
{
	size_t depth_a = depth_of(&a), depth_b = depth_of(&b);
	int deeper = depth_a < depth_b ? -1 : depth_a > depth_b;
	int order;

	for (; depth_a > depth_b; depth_a--)
		go_up(&a);
	for (; depth_b > depth_a; depth_b--)
		go_up(&b);
	while (dir_of(&a) != dir_of(&b)) {
		go_up(&a);
		go_up(&b);
	}
	order = strcmp(name_of(&a), name_of(&b));
	return order ? order : deeper;
}

int nacre_drift_compare(const struct nacre_drift_item *a, const struct nacre_drift_item *b)
{
	int order = compare_places(
		(struct place){ a->node, a->extra }, (struct place){ b->node, b->extra });

	if (order == 0)
		order = a->what < b->what ? -1 : a->what > b->what;
	if (order == 0 && a->xattr && b->xattr)
		order = strcmp(a->xattr, b->xattr);
	return order;
}

int nacre_drift_compare_nodes(const struct nacre_node *a, const struct nacre_node *b)
{
	return compare_places((struct place){ a, NULL }, (struct place){ b, NULL });
}

static int compare_items(const void *a, const void *b)
{
	return nacre_drift_compare(a, b);
}

/* ------------------------------------------------------------------------ items */

static int copy_text(struct nacre_drift *drift, const char **text, struct nacre_err *err)
{
	if (!*text)
		return 0;
	*text = nacre_arena_text(&drift->arena, *text, strlen(*text));
	return *text ? 0 : nacre_fail_nomem(err);
}

int nacre_drift_add_item(
	struct nacre_drift *drift, const struct nacre_drift_item *item, struct nacre_err *err)
{
	struct nacre_drift_item copy = *item;
	int rc = 0;

	if (drift->arena.used_bytes + drift->room * sizeof(*item) > drift->most_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more differences than %llu bytes can hold (limit tree-bytes)",
			(unsigned long long)drift->most_bytes);
	if (drift->count == drift->room) {
		size_t room = drift->room ? drift->room * 2 : 64;
		struct nacre_drift_item *items = realloc(drift->items, room * sizeof(*items));

		if (!items)
			return nacre_fail_nomem(err);
		drift->items = items;
		drift->room = room;
	}
	rc = copy_text(drift, &copy.extra, err);
	if (rc == 0)
		rc = copy_text(drift, &copy.xattr, err);
	if (rc == 0)
		rc = copy_text(drift, &copy.want, err);
	if (rc == 0)
		rc = copy_text(drift, &copy.have, err);
	if (rc == 0)
		drift->items[drift->count++] = copy;
	return rc;
}

int nacre_drift_add(struct nacre_drift *drift, enum nacre_drift_kind what, struct nacre_node *node,
	const char *want, const char *have, struct nacre_err *err)
{
	const struct nacre_drift_item item = {
		.what = what, .node = node, .want = want, .have = have
	};

	return nacre_drift_add_item(drift, &item, err);
}

void nacre_drift_clear(struct nacre_drift *drift)
{
	nacre_drift_links_freep(&drift->links);
	nacre_arena_clear(&drift->arena);
	free(drift->items);
	free(drift->files);
	*drift = (struct nacre_drift)NACRE_DRIFT;
}

/* ---------------------------------------------------------------------- threads */

/* The walk's own thread: what it gets and what it leaves. */
struct walker {
	const struct nacre_tree *tree;
	int root;
	const struct nacre_drift_options *options;
	struct nacre_hash_pool *pool;
	struct nacre_drift *drift;
	atomic_bool stop;
	pthread_t thread;
	bool is_running;
	struct nacre_err err;
	int rc;
};

static void *run_walk(void *arg)
{
	struct walker *walker = arg;

	walker->rc = nacre_drift_walk(walker->tree, walker->root, walker->options, walker->pool,
		&walker->stop, walker->drift, &walker->err);
	return NULL;
}

static int walker_start(struct walker *walker, struct nacre_err *err)
{
	errno = pthread_create(&walker->thread, NULL, run_walk, walker);
	if (errno)
		return nacre_fail_os(err, "new thread");
	walker->is_running = true;
	return 0;
}

static void walker_wait(struct walker *walker)
{
	if (walker->is_running)
		(void)pthread_join(walker->thread, NULL);
	walker->is_running = false;
}

/* Whatever happens, no thread is left that looks at what the caller clears. */
static void walker_clear(struct walker *walker)
{
	walker->stop = true;
	if (walker->pool)
		nacre_hash_pool_stop(walker->pool);
	walker_wait(walker);
	nacre_hash_pool_freep(&walker->pool);
}

static int walk_and_hash(
	struct walker *walker, struct nacre_content_hashes *hashes, struct nacre_err *err)
{
	int rc = walker_start(walker, err);

	if (rc == 0)
		rc = nacre_content_hashes_finish(hashes, err);
	if (rc)
		return rc;
	walker_wait(walker);
	if (walker->rc) {
		if (err)
			*err = walker->err;
		return walker->rc;
	}
	nacre_hash_pool_finish(walker->pool);
	return 0;
}

/* --------------------------------------------------------------------- contents */

static int add_failed(
	struct nacre_drift *drift, const struct nacre_drift_file *file, struct nacre_err *err)
{
	char reason[128], text[192];

	(void)snprintf(text, sizeof(text), "content: %s",
		strerror_r(file->job.error, reason, sizeof(reason)));
	return nacre_drift_add(drift, NACRE_DRIFT_UNREADABLE, file->node, NULL, text, err);
}

static int compare_content(struct nacre_drift *drift, struct nacre_drift_file *file,
	const struct nacre_content_hashes *hashes, struct nacre_err *err)
{
	struct nacre_digest want, have = { "sha256:" };

	if (file->job.state == NACRE_HASH_FAILED)
		return add_failed(drift, file, err);
	if (file->job.state != NACRE_HASH_DONE)
		return nacre_drift_add(drift, NACRE_DRIFT_CHANGING, file->node, NULL, NULL, err);
	nacre_content_hashes_get(hashes, file->node->inode, &want);
	memcpy(have.text + strlen(have.text), file->job.hex, sizeof(file->job.hex));
	if (nacre_digest_equal(&want, &have))
		return 0;
	return nacre_drift_add(drift, NACRE_DRIFT_CONTENT, file->node, want.text, have.text, err);
}

int nacre_drift_find(struct nacre_image_tree *image, int root,
	const struct nacre_drift_options *options, const struct nacre_env *env,
	struct nacre_content_hashes *hashes, struct nacre_drift *out_drift, struct nacre_err *err)
{
	NACRE_CLEANUP(walker_clear)
	struct walker walker = {
		.tree = &image->tree, .root = root, .options = options, .drift = out_drift
	};
	int rc = nacre_step(env, err, "comparing");

	out_drift->most_bytes = nacre_env_limits(env).tree_bytes;
	if (rc == 0)
		rc = nacre_drift_links_new(&image->tree, &out_drift->links, err);
	/* A fork, and so before there is another thread. */
	if (rc == 0 && !hashes->items)
		rc = nacre_content_hashes_start(image, image->tree.root, env, hashes, err);
	if (rc == 0)
		rc = nacre_hash_pool_new(env && env->jobs ? env->jobs : 1, &walker.pool, err);
	if (rc == 0)
		rc = walk_and_hash(&walker, hashes, err);
	for (size_t i = 0; rc == 0 && i < out_drift->file_count; i++)
		rc = compare_content(out_drift, out_drift->files[i], hashes, err);
	if (rc == 0 && out_drift->count > 0)
		qsort(out_drift->items, out_drift->count, sizeof(*out_drift->items), compare_items);
	return rc;
}
