/* SPDX-License-Identifier: Apache-2.0 */
/* What an image holds, entry by entry, without unpacking it. */
#include "base/env.h"
#include "base/path.h"
#include "base/scope.h"
#include "builder/content_hash.h"
#include "layers/mtree.h"

#include <nacre/builder.h>

#include <stdlib.h>
#include <string.h>

/* More than one entry's mtree lines can be: a MiB of path twice, a target, and xattrs. */
#define MTREE_MOST ((size_t)64 << 20)

struct lister {
	struct nacre_image_tree image;
	struct nacre_content_hashes hashes;
	struct nacre_buf path;
	struct nacre_buf link;
	struct nacre_buf mtree;
	const struct nacre_list_options *options;
	nacre_entry_fn *each;
	void *user;
};

static void lister_clear(struct lister *lister)
{
	nacre_content_hashes_clear(&lister->hashes);
	nacre_image_tree_clear(&lister->image);
	nacre_buf_clear(&lister->path);
	nacre_buf_clear(&lister->link);
	nacre_buf_clear(&lister->mtree);
}

static int read_tree(struct lister *lister, const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_platform *platform,
	const struct nacre_env *env, struct nacre_err *err)
{
	static const struct nacre_platform usual = { "linux", "amd64", "" };
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };
	int rc = nacre_layout_find(layout, &limits, ref->tag, &ref->digest, &top, err);

	if (rc == 0)
		rc = nacre_layout_resolve(
			layout, &limits, &top, platform ? platform : &usual, &desc, err);
	if (rc == 0)
		rc = nacre_layout_load_manifest(layout, &desc, &limits, &manifest, err);
	if (rc == 0)
		rc = nacre_layout_load_config(layout, &manifest.config, &limits, &config, err);
	if (rc == 0)
		rc = nacre_config_check(&config, &manifest, err);
	if (rc == 0)
		rc = nacre_image_tree_read(
			layout, &manifest, &config, -1, env, &lister->image, err);
	return rc;
}

/* A directory that a link stands for is gone into; any other link is what was asked for. */
static int find_top(struct lister *lister, const struct nacre_limits *limits,
	struct nacre_node **out_top, struct nacre_err *err)
{
	const struct nacre_tree *tree = &lister->image.tree;
	const char *asked = lister->options->path;
	size_t room = asked ? strlen(asked) + 1 : 0;
	nacre_autofree char *path = NULL;
	struct nacre_node *node = NULL, *behind = NULL;
	int rc;

	*out_top = tree->root;
	if (!asked)
		return 0;
	path = malloc(room);
	if (!path)
		return nacre_fail_nomem(err);
	rc = nacre_path_clean(asked, strlen(asked), limits, path, room, err);
	if (rc == 0)
		rc = nacre_tree_resolve(tree, path, NACRE_RESOLVE_NOFOLLOW, 0, &node, err);
	if (rc == 0 && !node)
		rc = nacre_fail(err, NACRE_E_NOT_FOUND, "'%.300s' is not in the image", path);
	if (rc == 0 && node->inode->type == NACRE_TYPE_SYMLINK)
		rc = nacre_tree_resolve(tree, path, NACRE_RESOLVE_FOLLOW, 0, &behind, err);
	if (rc)
		return rc;
	*out_top = behind && behind->inode->type == NACRE_TYPE_DIR ? behind : node;
	return 0;
}

static int set_path(struct nacre_buf *buf, const struct nacre_node *node, struct nacre_err *err)
{
	buf->len = 0;
	return node->parent ? nacre_node_path(node, buf, err) : nacre_buf_add_text(buf, ".", err);
}

static void fill(
	struct nacre_entry *entry, const struct nacre_inode *inode, const struct lister *lister)
{
	static const char letters[] = {
		[NACRE_TYPE_FILE] = '-',
		[NACRE_TYPE_DIR] = 'd',
		[NACRE_TYPE_SYMLINK] = 'l',
		[NACRE_TYPE_CHAR] = 'c',
		[NACRE_TYPE_BLOCK] = 'b',
		[NACRE_TYPE_FIFO] = 'p',
	};

	entry->path = lister->path.data;
	entry->type = letters[inode->type];
	entry->mode = inode->mode;
	entry->uid = inode->uid;
	entry->gid = inode->gid;
	entry->mtime_s = inode->mtime_s;
	entry->mtime_ns = inode->mtime_ns;
	if (inode->type == NACRE_TYPE_FILE)
		entry->size_bytes = inode->size_bytes;
	if (inode->type == NACRE_TYPE_SYMLINK)
		entry->target = inode->u.target;
	if (inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK) {
		entry->major = inode->u.device.major;
		entry->minor = inode->u.device.minor;
	}
}

static int hand_out(struct lister *lister, struct nacre_node *node, struct nacre_err *err)
{
	struct nacre_inode *inode = node->inode;
	struct nacre_entry entry = { .layer = node->layer };
	struct nacre_digest digest;
	int rc = set_path(&lister->path, node, err);

	if (rc == 0 && inode->first) {
		rc = set_path(&lister->link, inode->first, err);
		entry.hardlink = lister->link.data;
	}
	if (rc == 0 && lister->options->mtree) {
		nacre_content_hashes_get(&lister->hashes, inode, &digest);
		lister->mtree.len = 0;
		rc = nacre_mtree_emit(node, inode->first, &digest, &lister->mtree, err);
		entry.mtree = lister->mtree.data;
	}
	if (rc)
		return rc;
	fill(&entry, inode, lister);
	if (!inode->first && inode->type != NACRE_TYPE_DIR)
		inode->first = node;
	if (lister->each(&entry, lister->user))
		return nacre_fail(err, NACRE_E_CANCELED, "canceled");
	return 0;
}

/* Both readers of mtree lists want every parent before what lies in it. */
static int hand_out_parents(
	struct lister *lister, const struct nacre_node *top, struct nacre_err *err)
{
	struct nacre_node *next = lister->image.tree.root;

	while (next != top) {
		const struct nacre_node *below = top;
		int rc = hand_out(lister, next, err);

		if (rc)
			return rc;
		while (below->parent != next)
			below = below->parent;
		next = nacre_node_find(next, below->name, below->name_len);
	}
	return 0;
}

int nacre_image_list(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, const struct nacre_list_options *options,
	nacre_entry_fn *each, void *user, const struct nacre_env *env, struct nacre_err *err)
{
	static const struct nacre_list_options plain;
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(lister_clear)
	struct lister lister = {
		.path = NACRE_BUF(MTREE_MOST),
		.link = NACRE_BUF(MTREE_MOST),
		.mtree = NACRE_BUF(MTREE_MOST),
		.options = options ? options : &plain,
		.each = each,
		.user = user,
	};
	struct nacre_node *top = NULL, *end;
	int rc = read_tree(&lister, layout, ref, platform, env, err);

	if (rc == 0)
		rc = find_top(&lister, &limits, &top, err);
	if (rc == 0 && lister.options->mtree)
		rc = nacre_content_hashes_read(&lister.image, top, env, &lister.hashes, err);
	if (rc)
		return rc;
	nacre_tree_forget_first(&lister.image.tree);
	end = nacre_tree_next_skip(top);
	if (lister.options->mtree)
		rc = hand_out_parents(&lister, top, err);
	for (struct nacre_node *at = top; rc == 0 && at != end; at = nacre_tree_next(at))
		rc = hand_out(&lister, at, err);
	return rc;
}
