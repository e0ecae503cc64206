/* SPDX-License-Identifier: Apache-2.0 */
/* Placing the members of a foreign archive. What layers must not hold, archives may: later wins. */
#include "builder/archive_tree.h"

#include "base/env.h"
#include "base/path.h"
#include "base/scope.h"
#include "builder/meter.h"
#include "layers/foreign.h"
#include "layers/member.h"
#include "layers/place.h"

#include <stdlib.h>
#include <string.h>

static const struct nacre_inode implied_dir = { .type = NACRE_TYPE_DIR, .mode = 0755 };

struct reader {
	struct nacre_foreign *foreign;
	struct nacre_tree *tree;
	struct nacre_spool *spool;
	struct nacre_sink *sink;
	struct nacre_limits limits;
	uint32_t strip;
	size_t path_room;
	char *path;
	char *link;
};

static int clean(const struct reader *r, const char *text, char *path, struct nacre_err *err)
{
	return nacre_path_clean(text, strlen(text), &r->limits, path, r->path_room, err);
}

/* Takes leading names off; false when nothing is left. */
static bool strip_names(const struct reader *r, const char **path)
{
	const char *name;

	for (uint32_t i = 0; i < r->strip; i++) {
		if (nacre_path_next(path, &name) == 0)
			return false;
	}
	return r->strip == 0 || **path;
}

/* Puts the content of the member that is being read aside. */
static int put_content(struct reader *r, const struct nacre_foreign_member *member,
	struct nacre_inode *inode, struct nacre_err *err)
{
	inode->size_bytes = member->size_bytes;
	inode->u.content.origin = nacre_spool_origin(r->spool);
	inode->u.content.key = nacre_spool_size(r->spool);
	return nacre_stream_copy(nacre_foreign_data(r->foreign), r->sink, NULL, err);
}

static int make_inode(struct reader *r, const struct nacre_foreign_member *member,
	struct nacre_inode **out_inode, struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_new(r->tree, member->type);
	int rc;

	if (!inode)
		return nacre_fail_nomem(err);
	inode->mode = member->mode;
	inode->uid = member->uid;
	inode->gid = member->gid;
	inode->mtime_s = member->mtime_s;
	inode->mtime_ns = member->mtime_ns;
	rc = nacre_xattrs_make(
		&r->tree->arena, member->xattrs, member->xattrs_count, &inode->xattrs, err);
	if (rc == 0 && member->type == NACRE_TYPE_SYMLINK) {
		inode->u.target =
			nacre_arena_text(&r->tree->arena, member->link, strlen(member->link));
		rc = inode->u.target ? 0 : nacre_fail_nomem(err);
	} else if (member->type == NACRE_TYPE_CHAR || member->type == NACRE_TYPE_BLOCK) {
		inode->u.device.major = member->major;
		inode->u.device.minor = member->minor;
	} else if (rc == 0 && member->type == NACRE_TYPE_FILE && member->size_bytes > 0) {
		rc = put_content(r, member, inode, err);
	}
	*out_inode = inode;
	return rc;
}

static int find_link(struct reader *r, const struct nacre_foreign_member *member,
	struct nacre_inode **out_inode, struct nacre_err *err)
{
	const char *path = r->link;
	struct nacre_node *node = NULL;
	int rc = clean(r, member->link, r->link, err);

	if (rc == 0 && strip_names(r, &path))
		rc = nacre_tree_resolve(r->tree, path, NACRE_RESOLVE_NOFOLLOW, 0, &node, err);
	if (rc)
		return nacre_within(err, rc, "hard link target");
	if (!node || node->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a hard link to '%s', which is no file before it", member->link);
	*out_inode = node->inode;
	if (member->size_bytes == 0)
		return 0;
	if (node->inode->type != NACRE_TYPE_FILE)
		return nacre_fail(err, NACRE_E_UNSAFE, "content for '%s', which is a %s",
			member->link, nacre_type_name(node->inode->type));
	/* In a cpio the last name of a file brings its content. */
	return put_content(r, member, node->inode, err);
}

static int put_node(
	struct reader *r, const char *path, struct nacre_inode *inode, struct nacre_err *err)
{
	size_t leaf = nacre_path_leaf(path);
	struct nacre_node *dir = NULL, *node;
	int rc;

	if (!path[leaf]) {
		if (inode->type != NACRE_TYPE_DIR)
			return nacre_fail(err, NACRE_E_UNSAFE, "the root is not a directory");
		r->tree->root->inode = inode;
		return 0;
	}
	if (strncmp(path + leaf, NACRE_WHITEOUT_PREFIX, strlen(NACRE_WHITEOUT_PREFIX)) == 0)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a name that begins with '.wh.' would be taken for a whiteout");
	rc = nacre_tree_make_dirs(
		r->tree, path, leaf > 0 ? leaf - 1 : 0, &implied_dir, 0, &dir, err);
	if (rc)
		return rc;
	node = nacre_node_find(dir, path + leaf, strlen(path + leaf));
	if (node && node->inode->type == NACRE_TYPE_DIR && inode->type == NACRE_TYPE_DIR) {
		node->inode = inode;
		return 0;
	}
	if (node && node->inode->type == NACRE_TYPE_DIR && nacre_node_first(node))
		return nacre_fail(err, NACRE_E_UNSAFE, "a %s where there is a directory",
			nacre_type_name(inode->type));
	if (node)
		nacre_tree_remove(r->tree, node);
	return nacre_tree_add(r->tree, dir, path + leaf, strlen(path + leaf), inode, NULL, err);
}

static int put_member(
	struct reader *r, const struct nacre_foreign_member *member, struct nacre_err *err)
{
	const char *path = r->path;
	struct nacre_inode *inode = NULL;
	int rc = clean(r, member->path, r->path, err);

	if (rc == 0 && !strip_names(r, &path))
		return 0;
	if (rc == 0)
		rc = member->is_hard_link ? find_link(r, member, &inode, err)
					  : make_inode(r, member, &inode, err);
	if (rc == 0)
		rc = put_node(r, path, inode, err);
	return rc ? nacre_within(err, rc, "'%s'", member->path) : 0;
}

int nacre_archive_tree_read_here(int fd, uint32_t strip, struct nacre_spool *spool,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_foreign_freep)
	struct nacre_foreign *foreign = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *meter = NULL;
	const struct nacre_limits limits = nacre_env_limits(env);
	size_t path_room = nacre_path_room(&limits);
	nacre_autofree char *path = malloc(path_room);
	nacre_autofree char *link = malloc(path_room);
	struct reader r = { .tree = tree,
		.spool = spool,
		.limits = limits,
		.strip = strip,
		.path_room = path_room,
		.path = path,
		.link = link };
	int rc;

	if (!path || !link)
		return nacre_fail_nomem(err);
	rc = nacre_foreign_open(fd, &r.limits, &foreign, err);
	if (rc == 0)
		rc = nacre_spool_sink(spool, &sink, err);
	if (rc == 0)
		rc = nacre_meter_new(sink, env, "reading the archive", &meter, err);
	r.foreign = foreign;
	r.sink = meter;
	while (rc == 0) {
		struct nacre_foreign_member member;
		bool has = false;

		rc = nacre_foreign_next(foreign, &member, &has, err);
		if (rc || !has)
			break;
		rc = put_member(&r, &member, err);
	}
	return rc;
}
