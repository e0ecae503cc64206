/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes over both trees side by side. The first decides which inodes of `after` are to be
 * written: those that some name of `before` does not stand for already. The second puts the result
 * together.
 *
 * Hard links make the first pass necessary: a name is unchanged only if its inode as a whole is,
 * that is if all its names stood for one inode before, and no other inode of `after` claims that
 * one.
 */
#include "layers/diff.h"

#include <string.h>

struct diff {
	nacre_same_content_fn *same;
	void *user;
	struct nacre_tree *out;
};

static int same_inode(struct diff *d, const struct nacre_inode *a, const struct nacre_inode *b,
	bool *out_same, struct nacre_err *err)
{
	*out_same = a == b;
	if (a == b || !nacre_inode_same_attrs(a, b))
		return 0;
	*out_same = true;
	if (a->type != NACRE_TYPE_FILE || a->size_bytes == 0)
		return 0;
	if (a->u.content.origin == b->u.content.origin && a->u.content.key == b->u.content.key)
		return 0;
	return d->same(a, b, d->user, out_same, err);
}

static void forget(struct nacre_tree *tree)
{
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		node->inode->peer = NULL;
		node->inode->first = NULL;
		node->inode->changed = false;
	}
}

/*
 * Claims for `now` the inode that the same name stood for before. `peer` of an inode of `after` is
 * what it claims; `first` of an inode of `before` tells which name of `after` came first to claim
 * it.
 */
static int claim(
	struct diff *d, struct nacre_node *was, struct nacre_node *now, struct nacre_err *err)
{
	struct nacre_inode *inode = now->inode, *old = was ? was->inode : NULL;
	bool is_same = false;
	int rc;

	if (inode->changed)
		return 0;
	if (!old) {
		inode->changed = true;
		return 0;
	}
	if (inode->peer) {
		/* A further name of an inode that is known to be the same as its peer. */
		inode->changed = inode->peer != old;
		return 0;
	}
	rc = same_inode(d, old, inode, &is_same, err);
	if (rc)
		return rc;
	if (!is_same || (old->first && old->first->inode != inode)) {
		inode->changed = true;
		return 0;
	}
	inode->peer = old;
	old->first = now;
	return 0;
}

/*
 * Both passes go down by recursion: limits.depth, which no tree exceeds and nobody can set above
 * 10000, bounds it.
 */
static int claim_below(struct diff *d, const struct nacre_node *was, const struct nacre_node *now,
	struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *child = nacre_node_first(now); child && rc == 0;
		child = nacre_node_next(child)) {
		struct nacre_node *old = nacre_node_counterpart(was, child);

		if (child->inode->type == NACRE_TYPE_DIR)
			rc = claim_below(d, old, child, err);
		else
			rc = claim(d, old, child, err);
	}
	return rc;
}

/* --------------------------------------------------------------- putting together */

/* A directory on the way down; its node in the result is made when something needs it. */
struct frame {
	struct frame *up;
	const struct nacre_node *now;
	struct nacre_node *out;
};

/*
 * A directory on the way is named again although it is the same. Runtimes that unpack each layer
 * into a directory of its own and mount them over each other (containers/storage, Docker) would
 * otherwise invent it, 0755 and root's, and hide the real /tmp of the layers below.
 */
static int need_dir(struct diff *d, struct frame *frame, struct nacre_err *err)
{
	int rc;

	if (frame->out)
		return 0;
	rc = need_dir(d, frame->up, err);
	if (rc == 0)
		rc = nacre_tree_add(d->out, frame->up->out, frame->now->name, frame->now->name_len,
			frame->now->inode, &frame->out, err);
	if (rc == 0)
		frame->out->is_explicit = true;
	return rc;
}

static int put(struct diff *d, struct frame *frame, const struct nacre_node *node,
	struct nacre_inode *inode, struct nacre_err *err)
{
	struct nacre_node *out = NULL;
	int rc = need_dir(d, frame, err);

	if (rc == 0)
		rc = nacre_tree_add(
			d->out, frame->out, node->name, node->name_len, inode, &out, err);
	if (rc == 0)
		out->is_explicit = true;
	return rc;
}

static int put_whiteouts(
	struct diff *d, const struct nacre_node *was, struct frame *frame, struct nacre_err *err)
{
	int rc = 0;

	if (!was || was->inode->type != NACRE_TYPE_DIR)
		return 0;
	for (struct nacre_node *old = nacre_node_first(was); old && rc == 0;
		old = nacre_node_next(old)) {
		struct nacre_inode *inode;

		if (nacre_node_find(frame->now, old->name, old->name_len))
			continue;
		inode = nacre_inode_new(d->out, NACRE_TYPE_WHITEOUT);
		rc = inode ? put(d, frame, old, inode, err) : nacre_fail_nomem(err);
	}
	return rc;
}

static bool is_same_dir(const struct nacre_node *was, const struct nacre_node *now)
{
	return was && nacre_inode_same_attrs(was->inode, now->inode);
}

static int put_below(
	struct diff *d, const struct nacre_node *was, struct frame *frame, struct nacre_err *err)
{
	int rc = put_whiteouts(d, was, frame, err);

	for (struct nacre_node *child = nacre_node_first(frame->now); child && rc == 0;
		child = nacre_node_next(child)) {
		struct nacre_node *old = nacre_node_counterpart(was, child);
		struct frame below = { frame, child, NULL };

		if (child->inode->type != NACRE_TYPE_DIR) {
			if (child->inode->changed)
				rc = put(d, frame, child, child->inode, err);
			continue;
		}
		if (!is_same_dir(old, child))
			rc = need_dir(d, &below, err);
		if (rc == 0)
			rc = put_below(d, old, &below, err);
	}
	return rc;
}

int nacre_tree_diff(struct nacre_tree *before, struct nacre_tree *after,
	nacre_same_content_fn *same, void *user, struct nacre_tree *out_diff, struct nacre_err *err)
{
	struct diff d = { same, user, out_diff };
	struct frame root = { NULL, after->root, NULL };
	int rc;

	forget(before);
	forget(after);
	rc = claim_below(&d, before->root, after->root, err);
	if (rc == 0)
		rc = nacre_tree_init(out_diff, err);
	if (rc)
		return rc;
	root.out = out_diff->root;
	root.out->inode = after->root->inode;
	root.out->is_explicit = !is_same_dir(before->root, after->root);
	rc = put_below(&d, before->root, &root, err);
	if (rc)
		nacre_tree_clear(out_diff);
	return rc;
}

bool nacre_tree_is_nothing(const struct nacre_tree *diff)
{
	return diff->nodes == 0 && !diff->root->is_explicit;
}

int nacre_tree_share(struct nacre_tree *before, struct nacre_tree *after,
	nacre_same_content_fn *same, void *user, struct nacre_err *err)
{
	struct diff d = { same, user, NULL };
	int rc;

	forget(before);
	forget(after);
	rc = claim_below(&d, before->root, after->root, err);
	for (struct nacre_node *node = after->root; node && rc == 0; node = nacre_tree_next(node)) {
		struct nacre_inode *peer = node->inode->peer;

		/* In trees that share inodes, what is claimed may stand elsewhere in `after`, too:
		 * as something changed, which must not get another name by this. */
		if (peer && !node->inode->changed && !peer->changed)
			node->inode = peer;
	}
	return rc;
}
