/* SPDX-License-Identifier: Apache-2.0 */
/* Layers in memory, folded and listed: what the tests of layers compare. */
#include "listing.h"

#include "base/digest.h"
#include "base/env.h"
#include "base/scope.h"
#include "layers/fold.h"

#include <string.h>

static int open_content(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	const struct listing_layer *layer = (const struct listing_layer *)origin;

	if (key > layer->len || size > layer->len - key)
		return nacre_fail(err, NACRE_E_ARG, "content beyond the layer");
	return nacre_source_memory((const char *)layer->data + key, (size_t)size, out_source, err);
}

void listing_layer_init(struct listing_layer *layer, const void *data, size_t len)
{
	layer->origin.open = open_content;
	layer->data = data;
	layer->len = len;
}

int listing_fold(struct nacre_tree *tree, struct listing_layer *layers, size_t count,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	struct nacre_limits defaults = nacre_env_limits(NULL);
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		NACRE_CLEANUP(nacre_source_freep)
		struct nacre_source *source = NULL;
		struct nacre_layer_counts counts;

		rc = nacre_source_memory(layers[i].data, layers[i].len, &source, err);
		if (rc == 0)
			rc = nacre_fold_layer(tree, (unsigned)i + 1, &layers[i].origin, source,
				limits ? limits : &defaults, &counts, err);
	}
	return rc;
}

static int print_escaped(struct nacre_buf *out, const char *text, size_t len, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < len && rc == 0; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c > ' ' && c < 127 && c != '\\')
			rc = nacre_buf_add(out, &text[i], 1, err);
		else
			rc = nacre_buf_printf(out, err, "\\x%02x", c);
	}
	return rc;
}

static int print_content(
	struct nacre_buf *out, const struct nacre_inode *inode, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf data = NACRE_BUF((size_t)inode->size_bytes);
	struct nacre_digest digest;
	size_t got = 0;
	int rc = nacre_inode_open(inode, &source, err);

	if (rc == 0)
		rc = nacre_buf_reserve(&data, data.max, err);
	if (rc == 0)
		rc = nacre_source_read_full(source, data.data, data.max, &got, err);
	if (rc == 0 && got != data.max)
		rc = nacre_fail(err, NACRE_E_IO, "short content");
	if (rc)
		return rc;
	if (got > 32) {
		nacre_digest_of(data.data, got, &digest);
		return nacre_buf_printf(out, err, " sha256:%.16s", nacre_digest_hex(&digest));
	}
	rc = nacre_buf_add_text(out, " \"", err);
	if (rc == 0)
		rc = print_escaped(out, data.data, got, err);
	return rc ? rc : nacre_buf_add_text(out, "\"", err);
}

static int print_xattrs(
	struct nacre_buf *out, const struct nacre_xattrs *xattrs, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; xattrs && i < xattrs->count && rc == 0; i++) {
		const struct nacre_xattr *item = &xattrs->items[i];
		const unsigned char *value = item->value;

		rc = nacre_buf_add_text(out, " ", err);
		if (rc == 0)
			rc = print_escaped(out, item->name, strlen(item->name), err);
		if (rc == 0)
			rc = nacre_buf_add_text(out, "=", err);
		for (size_t k = 0; k < item->len && rc == 0; k++)
			rc = nacre_buf_printf(out, err, "%02x", value[k]);
	}
	return rc;
}

static int print_numbers(
	struct nacre_buf *out, const struct nacre_inode *inode, struct nacre_err *err)
{
	static const char letters[] = "fdlcbpw";
	int rc = nacre_buf_printf(out, err, "%c %04o %u %u %lld", letters[inode->type], inode->mode,
		inode->uid, inode->gid, (long long)inode->mtime_s);

	if (rc == 0 && inode->mtime_ns)
		rc = nacre_buf_printf(out, err, "+%09u", inode->mtime_ns);
	if (rc)
		return rc;
	if (inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK)
		return nacre_buf_printf(
			out, err, " %u:%u ", inode->u.device.major, inode->u.device.minor);
	return nacre_buf_printf(out, err, " %llu ",
		(unsigned long long)(inode->type == NACRE_TYPE_FILE ? inode->size_bytes : 0));
}

static int print_path(struct nacre_buf *out, const struct nacre_node *node, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF((size_t)1 << 24);
	int rc = nacre_node_path(node, &path, err);

	if (rc == 0 && path.len == 0)
		rc = nacre_buf_add_text(&path, "/", err);
	return rc ? rc : print_escaped(out, path.data, path.len, err);
}

static int print_node(struct nacre_buf *out, struct nacre_node *node, struct nacre_err *err)
{
	struct nacre_inode *inode = node->inode;
	int rc = print_numbers(out, inode, err);

	if (rc == 0)
		rc = print_path(out, node, err);
	if (rc == 0 && inode->type == NACRE_TYPE_SYMLINK) {
		rc = nacre_buf_add_text(out, " -> ", err);
		if (rc == 0)
			rc = print_escaped(out, inode->u.target, strlen(inode->u.target), err);
	}
	if (rc == 0 && inode->type == NACRE_TYPE_FILE)
		rc = print_content(out, inode, err);
	if (rc == 0)
		rc = print_xattrs(out, inode->xattrs, err);
	if (rc == 0 && inode->first) {
		rc = nacre_buf_add_text(out, " = ", err);
		if (rc == 0)
			rc = print_path(out, inode->first, err);
	}
	if (rc == 0 && !node->is_explicit)
		rc = nacre_buf_add_text(out, " implied", err);
	if (!inode->first)
		inode->first = node;
	return rc ? rc : nacre_buf_add_text(out, "\n", err);
}

int listing_print(struct nacre_tree *tree, struct nacre_buf *out, struct nacre_err *err)
{
	int rc = 0;

	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node))
		rc = print_node(out, node, err);
	return rc;
}

const char *listing_code(int code)
{
	static const char *const names[] = { "OK", "ARG", "NOMEM", "IO", "EXISTS", "NOT_FOUND",
		"CANCELED", "FORMAT", "UNSUPPORTED", "LIMIT", "UNSAFE", "DIGEST", "UNTRUSTED" };

	return code <= 0 && code >= NACRE_E_UNTRUSTED ? names[-code] : "?";
}
