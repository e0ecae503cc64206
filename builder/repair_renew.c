/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has to be new: written aside by the writer of unpacking, as the children of one directory
 * that have numbers for names, and renamed into place one after the other.
 *
 * A file with several names is new under all of them, unless one that is as it should be is there:
 * then the others become links to that one.
 */
#include "base/env.h"
#include "base/file.h"
#include "builder/drift_links.h"
#include "builder/layer_stream.h"
#include "builder/mount_point.h"
#include "builder/repair_parts.h"
#include "builder/staging.h"
#include "layers/write.h"
#include "layers/write_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_TEXT 24

/* A name that becomes a link to another one. */
struct link {
	struct nacre_node *node;
	struct nacre_node *to;
};

struct renew {
	struct nacre_repair *repair;
	struct nacre_tree patch;   /* its inodes are those of the image */
	struct nacre_node **nodes; /* of the image; child number i of the patch goes there */
	size_t node_count;
	size_t node_room;
	struct link *links;
	size_t link_count;
	size_t link_room;
	struct nacre_staging staging;
};

static void renew_clear(struct renew *renew)
{
	nacre_tree_clear(&renew->patch);
	free(renew->nodes);
	free(renew->links);
	nacre_staging_clear(&renew->staging);
}

static bool is_new(const struct nacre_repair_job *job)
{
	return job && (job->kinds & NACRE_REPAIR_NEW);
}

/* ------------------------------------------------------------------ choosing */

/* The name under which a file is as it should be, but for attributes; NULL: there is none. */
static struct nacre_node *find_good(struct renew *renew, const struct nacre_inode *inode)
{
	struct nacre_node *found = nacre_drift_links_find(renew->repair->drift, inode);

	return found && !is_new(nacre_repair_find(renew->repair, found)) ? found : NULL;
}

/* inode->changed: it becomes new under all its names. */
static void mark(struct renew *renew)
{
	struct nacre_repair *repair = renew->repair;

	for (struct nacre_node *node = repair->image->tree.root; node; node = nacre_tree_next(node))
		node->inode->changed = false;
	for (size_t i = 0; i < repair->job_count; i++) {
		struct nacre_inode *inode = repair->jobs[i].node->inode;

		if (is_new(&repair->jobs[i]) && inode->type != NACRE_TYPE_DIR &&
			!find_good(renew, inode))
			inode->changed = true;
	}
}

static void *grow(void *items, size_t count, size_t *room, size_t size)
{
	size_t want = *room ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return items;
	grown = realloc(items, want * size);
	if (grown)
		*room = want;
	return grown;
}

static int add_link(
	struct renew *renew, struct nacre_node *node, struct nacre_node *to, struct nacre_err *err)
{
	struct link *links =
		grow(renew->links, renew->link_count, &renew->link_room, sizeof(struct link));

	if (!links)
		return nacre_fail_nomem(err);
	renew->links = links;
	links[renew->link_count++] = (struct link){ node, to };
	return 0;
}

/* Adds to the patch what a new directory has in it. */
static int add_below(
	struct renew *renew, struct nacre_node *dir, struct nacre_node *copy, struct nacre_err *err)
{
	struct nacre_node *end = nacre_tree_next_skip(dir), *at = nacre_tree_next(dir);
	struct nacre_node *into = copy, *last = dir;
	int rc = 0;

	while (rc == 0 && at != end) {
		struct nacre_node *good = at->inode->type == NACRE_TYPE_DIR || at->inode->changed
			? NULL
			: find_good(renew, at->inode);
		bool is_ignored = nacre_drift_ignore_has(renew->repair->options->ignore, at);

		/* Along with the walk: down into what was added last, or up to its parents. */
		for (; last != at->parent; last = last->parent)
			into = into->parent;
		if (good)
			rc = add_link(renew, at, good, err);
		else if (!is_ignored)
			rc = nacre_tree_add(
				&renew->patch, into, at->name, at->name_len, at->inode, &copy, err);
		if (!good && !is_ignored && at->inode->type == NACRE_TYPE_DIR) {
			into = copy;
			last = at;
		}
		at = is_ignored ? nacre_tree_next_skip(at) : nacre_tree_next(at);
	}
	return rc;
}

static int add_new(struct renew *renew, struct nacre_node *node, struct nacre_err *err)
{
	struct nacre_node **nodes = grow(
		renew->nodes, renew->node_count, &renew->node_room, sizeof(struct nacre_node *));
	struct nacre_node *copy;
	char number[NUMBER_TEXT];
	int rc;

	if (!nodes)
		return nacre_fail_nomem(err);
	renew->nodes = nodes;
	(void)snprintf(number, sizeof(number), "%zu", renew->node_count);
	nodes[renew->node_count++] = node;
	rc = nacre_tree_add(
		&renew->patch, renew->patch.root, number, strlen(number), node->inode, &copy, err);
	return rc == 0 && node->inode->type == NACRE_TYPE_DIR ? add_below(renew, node, copy, err)
							      : rc;
}

static int choose(struct renew *renew, struct nacre_err *err)
{
	struct nacre_node *node = renew->repair->image->tree.root;
	int rc = 0;

	while (rc == 0 && node) {
		bool is_dir = node->inode->type == NACRE_TYPE_DIR;
		bool is_wrong = is_new(nacre_repair_find(renew->repair, node));
		bool is_ignored = nacre_drift_ignore_has(renew->repair->options->ignore, node);

		if (!is_ignored && ((is_dir && is_wrong) || node->inode->changed))
			rc = add_new(renew, node, err);
		else if (!is_ignored && is_wrong)
			rc = add_link(renew, node, find_good(renew, node->inode), err);
		node = is_ignored || is_wrong ? nacre_tree_next_skip(node) : nacre_tree_next(node);
	}
	return rc;
}

/* ------------------------------------------------------------- writing aside */

static int write_layer(struct nacre_writer *writer, struct nacre_layer_blob *blob,
	const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	int rc = nacre_step(env, err, "repairing from %s", nacre_layer_blob_name(blob));

	if (rc == 0)
		rc = nacre_layer_stream_open(blob, env, &stream, err);
	if (rc == 0)
		rc = nacre_writer_stream(writer, nacre_layer_blob_origin(blob),
			nacre_layer_stream_source(stream), err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, NULL, err);
	return rc ? nacre_within(err, rc, "%s", nacre_layer_blob_name(blob)) : 0;
}

/* Whether a layer holds what is to be written: the others are not read. */
static bool is_wanted(const struct renew *renew, struct nacre_layer_blob *blob)
{
	struct nacre_node *node = renew->patch.root;

	while ((node = nacre_tree_next(node))) {
		if (node->inode->type == NACRE_TYPE_FILE && node->inode->size_bytes > 0 &&
			node->inode->u.content.origin == nacre_layer_blob_origin(blob))
			return true;
	}
	return false;
}

static int write_patch(struct renew *renew, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_writer_freep)
	struct nacre_writer *writer = NULL;
	const struct nacre_repair *repair = renew->repair;
	const struct nacre_write_options how = {
		.keep_owner = true,
		.devices = repair->options->devices,
		.bear_losses = true, /* the next look shows them */
	};
	int rc = nacre_writer_new(
		&renew->patch, renew->staging.dir, &how, repair->env, &writer, err);

	if (rc == 0)
		rc = nacre_writer_dirs(writer, err);
	for (size_t i = 0; rc == 0 && i < repair->image->layer_count; i++) {
		if (is_wanted(renew, repair->image->layers[i]))
			rc = write_layer(writer, repair->image->layers[i], repair->env, err);
	}
	if (rc == 0)
		rc = nacre_writer_finish(writer, err);
	/* A name must never come to stand for less than what it replaces. */
	if (rc == 0 && (!repair->env || !repair->env->no_sync))
		rc = nacre_writer_sync(writer, err);
	return rc;
}

/* The directory that all is written into stays ours alone. */
static int begin_patch(struct renew *renew, struct nacre_err *err)
{
	struct nacre_inode *root;
	struct stat st;
	int rc = nacre_tree_init(&renew->patch, err);

	if (rc)
		return rc;
	if (fstat(renew->staging.dir, &st) < 0)
		return nacre_fail_os(err, "stat");
	root = renew->patch.root->inode;
	root->mode = 0700;
	root->uid = st.st_uid;
	root->gid = st.st_gid;
	return 0;
}

/* ------------------------------------------------------------ putting in place */

/* A directory that gives way must be all of a tree, since what comes out of it is removed. */
static int check_no_mount(int dir, const char *name, struct nacre_err *err)
{
	nacre_autofd int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? nacre_fail_os(err, "open directory")
		      : nacre_mount_point_check(fd, name, err);
}

/* Whoever looks meanwhile sees the one or the other, where the file system can exchange two names.
 */
static int exchange(int aside, const char *made, int dir, const char *name)
{
	char away[NUMBER_TEXT + 8];

	if (renameat2(aside, made, dir, name, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	(void)snprintf(away, sizeof(away), "%s.old", made);
	if (renameat(dir, name, aside, away) < 0)
		return -1;
	return renameat2(aside, made, dir, name, RENAME_NOREPLACE);
}

/* What it replaces ends up aside, or nowhere. */
static int put_in_place(
	struct renew *renew, const char *made, const struct nacre_node *node, struct nacre_err *err)
{
	int aside = renew->staging.dir, dir = -1, got;
	struct stat old, new;
	int rc = nacre_repair_touch(renew->repair, node->parent, &dir, err);

	if (rc)
		return rc;
	if (fstatat(aside, made, &new, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_write_fail_os(node, "stat", err);
	if (fstatat(dir, node->name, &old, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return nacre_write_fail_os(node, "stat", err);
		got = renameat2(aside, made, dir, node->name, RENAME_NOREPLACE);
	} else {
		if (S_ISDIR(old.st_mode))
			rc = check_no_mount(dir, node->name, err);
		if (rc)
			return nacre_write_within(node, rc, err);
		got = S_ISDIR(old.st_mode) || S_ISDIR(new.st_mode)
			? exchange(aside, made, dir, node->name)
			: renameat(aside, made, dir, node->name);
	}
	return got < 0 ? nacre_write_fail_os(node, "put in place", err) : 0;
}

static int put_link(
	struct renew *renew, const char *made, const struct link *link, struct nacre_err *err)
{
	int dir = -1;
	int rc = nacre_repair_dir(renew->repair, link->to->parent, &dir, err);

	if (rc)
		return rc;
	if (linkat(dir, link->to->name, renew->staging.dir, made, 0) < 0)
		return nacre_write_fail_os(link->to, "link", err);
	return put_in_place(renew, made, link->node, err);
}

static int put_all(struct renew *renew, struct nacre_err *err)
{
	char number[NUMBER_TEXT];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < renew->node_count; i++) {
		(void)snprintf(number, sizeof(number), "%zu", i);
		rc = put_in_place(renew, number, renew->nodes[i], err);
		rc = nacre_repair_bear(renew->repair, renew->nodes[i], NULL, rc, err);
	}
	for (size_t i = 0; rc == 0 && i < renew->link_count; i++) {
		(void)snprintf(number, sizeof(number), "%zu", renew->node_count + i);
		rc = put_link(renew, number, &renew->links[i], err);
		rc = nacre_repair_bear(renew->repair, renew->links[i].node, NULL, rc, err);
	}
	return rc;
}

/* ------------------------------------------------------------------- staging */

/*
 * Beside the directory, where nobody who uses it can reach; in it when that is another file system,
 * whose names could not be exchanged, or is not ours to write in.
 */
static int open_staging(struct renew *renew, struct nacre_err *err)
{
	struct nacre_repair *repair = renew->repair;
	nacre_autofd int above = nacre_repair_open_above(repair->root);
	int root = -1;
	int rc = above < 0 ? NACRE_E_IO : nacre_staging_open_aside(&renew->staging, above, err);

	if (rc != NACRE_E_IO)
		return rc;
	nacre_staging_clear(&renew->staging);
	rc = nacre_repair_touch(repair, repair->image->tree.root, &root, err);
	return rc ? rc : nacre_staging_open_aside(&renew->staging, repair->root, err);
}

/* What has been replaced goes; it is too late to be canceled. */
static void tidy(struct renew *renew)
{
	struct nacre_staging *staging = &renew->staging;
	struct nacre_err why;

	if (nacre_tree_remove_at(staging->parent, staging->name, &why) == 0) {
		staging->name[0] = '\0';
		return;
	}
	staging->is_kept = true;
	(void)!nacre_warn(renew->repair->env, NULL,
		"what was replaced is left as '%s' for the next run: %s", staging->name, why.text);
}

int nacre_repair_renew(struct nacre_repair *repair, struct nacre_err *err)
{
	NACRE_CLEANUP(renew_clear)
	struct renew renew = { .repair = repair, .patch = NACRE_TREE, .staging = NACRE_STAGING };
	bool any = false;
	int rc;

	mark(&renew);
	for (size_t i = 0; i < repair->job_count; i++)
		any = any || is_new(&repair->jobs[i]);
	if (!any)
		return 0;
	rc = open_staging(&renew, err);
	if (rc == 0)
		rc = begin_patch(&renew, err);
	if (rc)
		return rc;
	rc = choose(&renew, err);
	if (rc == 0)
		rc = write_patch(&renew, err);
	if (rc == 0)
		rc = put_all(&renew, err);
	if (rc == 0)
		tidy(&renew);
	return rc;
}
