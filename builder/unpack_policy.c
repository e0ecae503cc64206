/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy between the two halves of unpacking. It works on the final tree: what a higher layer
 * has removed harms nobody. It takes nothing out: what is left out is a loss that the ledger knows.
 */
#include "builder/unpack_policy.h"

#include "base/env.h"

#include <string.h>

struct policy {
	const struct nacre_unpack_options *options;
	struct nacre_write_options how;
	const struct nacre_env *env;
	uint64_t setid_dropped;
	uint64_t xattrs_dropped;
	char xattr_name[256]; /* the first one dropped */
};

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Forged overlay attributes hide or redirect the files of whoever mounts the tree as a lower layer.
 */
enum nacre_xattr_verdict nacre_unpack_judge_xattr(
	const struct nacre_write_options *how, const char *name)
{
	if (has_prefix(name, "trusted.overlay.") || has_prefix(name, "user.overlay."))
		return NACRE_XATTR_REFUSE;
	return nacre_write_wants_xattr(how, name) ? NACRE_XATTR_KEEP : NACRE_XATTR_LEAVE_OUT;
}

static int judge_xattrs(struct policy *p, const struct nacre_inode *inode, struct nacre_err *err)
{
	for (size_t i = 0; inode->xattrs && i < inode->xattrs->count; i++) {
		const char *name = inode->xattrs->items[i].name;
		enum nacre_xattr_verdict verdict = nacre_unpack_judge_xattr(&p->how, name);

		if (verdict == NACRE_XATTR_REFUSE)
			return nacre_fail(err, NACRE_E_UNSAFE,
				"xattr '%s', which overlayfs would take for its own", name);
		if (verdict == NACRE_XATTR_LEAVE_OUT && p->xattrs_dropped++ == 0)
			memcpy(p->xattr_name, name, strnlen(name, sizeof(p->xattr_name) - 1));
	}
	return 0;
}

static int judge_inode(struct policy *p, const struct nacre_inode *inode, struct nacre_err *err)
{
	bool is_device = inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK;

	if (is_device && !p->options->devices)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a %s, and devices are not asked for (--devices)",
			nacre_type_name(inode->type));
	if (is_device && inode->u.device.major == 0 && inode->u.device.minor == 0)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"the device 0:0, which overlayfs would take for a whiteout");
	if (p->options->no_setid && inode->type == NACRE_TYPE_FILE && (inode->mode & 06000))
		p->setid_dropped++;
	return judge_xattrs(p, inode, err);
}

static int tell_dropped(const struct policy *p, struct nacre_err *err)
{
	int rc = 0;

	if (p->xattrs_dropped > 0)
		rc = nacre_warn(p->env, err,
			"%llu extended attributes are left out, the first is '%s' (--xattrs all "
			"keeps them)",
			(unsigned long long)p->xattrs_dropped, p->xattr_name);
	if (rc == 0 && p->setid_dropped > 0)
		rc = nacre_warn(p->env, err, "setuid and setgid are left out of %llu files",
			(unsigned long long)p->setid_dropped);
	return rc;
}

struct nacre_write_options nacre_unpack_how(const struct nacre_unpack_options *options)
{
	return (struct nacre_write_options){
		.keep_owner = !options->no_owner,
		.devices = options->devices,
		.drop_setid = options->no_setid,
		.drop_xattrs = !options->all_xattrs,
		.bear_losses = options->bear_losses,
	};
}

int nacre_unpack_policy_apply(struct nacre_tree *tree, const struct nacre_unpack_options *options,
	const struct nacre_env *env, struct nacre_unpacked *out_unpacked, struct nacre_err *err)
{
	struct policy p = { options, nacre_unpack_how(options), env, 0, 0, "" };
	int rc = 0;

	*out_unpacked = (struct nacre_unpacked){ .entries = tree->nodes };
	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node)) {
		char name[256];

		if (node->inode->first)
			continue; /* a further name of one that was judged */
		node->inode->first = node;
		rc = judge_inode(&p, node->inode, err);
		if (rc)
			rc = nacre_within(
				err, rc, "'%s'", nacre_node_name(node, name, sizeof(name)));
		if (node->inode->type == NACRE_TYPE_FILE)
			out_unpacked->file_bytes += node->inode->size_bytes;
	}
	return rc ? rc : tell_dropped(&p, err);
}

static int leave_out(struct nacre_tree *tree, const struct nacre_write_options *how,
	struct nacre_inode *inode, struct nacre_err *err)
{
	size_t kept = 0;
	struct nacre_xattr *items;

	if (how->drop_setid && inode->type == NACRE_TYPE_FILE)
		inode->mode &= ~06000U;
	if (!inode->xattrs)
		return 0;
	items = nacre_arena_new(&tree->arena, inode->xattrs->count * sizeof(*items));
	if (!items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < inode->xattrs->count; i++) {
		if (nacre_write_wants_xattr(how, inode->xattrs->items[i].name))
			items[kept++] = inode->xattrs->items[i];
	}
	if (kept == inode->xattrs->count)
		return 0;
	return nacre_xattrs_make(&tree->arena, items, kept, &inode->xattrs, err);
}

int nacre_unpack_policy_leave_out(
	struct nacre_tree *tree, const struct nacre_unpack_options *options, struct nacre_err *err)
{
	const struct nacre_write_options how = nacre_unpack_how(options);
	int rc = 0;

	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node))
		rc = leave_out(tree, &how, node->inode, err);
	return rc;
}
