/* SPDX-License-Identifier: Apache-2.0 */
/* One entry as a line of an mtree list; layers/mtree.h has the format. */
#include "layers/mtree.h"

#include "base/base64.h"
#include "base/scope.h"

#include <inttypes.h>
#include <string.h>

static const char *const type_words[] = {
	[NACRE_TYPE_FILE] = "file",
	[NACRE_TYPE_DIR] = "dir",
	[NACRE_TYPE_SYMLINK] = "link",
	[NACRE_TYPE_CHAR] = "char",
	[NACRE_TYPE_BLOCK] = "block",
	[NACRE_TYPE_FIFO] = "fifo",
};

int nacre_mtree_escape(const char *text, struct nacre_buf *buf, struct nacre_err *err)
{
	int rc = 0;

	for (const unsigned char *at = (const unsigned char *)text; rc == 0 && *at; at++) {
		if (*at > 0x20 && *at < 0x7f && !strchr("#=\\*?[", *at))
			rc = nacre_buf_add(buf, at, 1, err);
		else
			rc = nacre_buf_printf(buf, err, "\\%03o", *at);
	}
	return rc;
}

/* "./usr/lib/x"; "." for the root. */
static int add_path(struct nacre_buf *buf, const char *path, struct nacre_err *err)
{
	int rc = nacre_buf_add_text(buf, *path ? "./" : ".", err);

	return rc ? rc : nacre_mtree_escape(path, buf, err);
}

static int add_xattr(struct nacre_buf *buf, const struct nacre_xattr *xattr, struct nacre_err *err)
{
	int rc = nacre_buf_add_text(buf, " xattr.", err);

	if (rc == 0)
		rc = nacre_mtree_escape(xattr->name, buf, err);
	if (rc == 0)
		rc = nacre_buf_add_text(buf, "=", err);
	if (rc == 0)
		rc = nacre_base64_emit(xattr->value, xattr->len, buf, err);
	return rc;
}

static int add_comment(
	struct nacre_buf *buf, const struct nacre_mtree_line *line, struct nacre_err *err)
{
	const struct nacre_xattrs *xattrs = line->inode->xattrs;
	size_t count = xattrs ? xattrs->count : 0;
	int rc;

	if (!line->words && !line->hardlink && count == 0)
		return 0;
	rc = nacre_buf_add_text(buf, "#nacre", err);
	if (rc == 0 && line->words)
		rc = nacre_buf_add_text(buf, line->words, err);
	if (rc == 0 && line->hardlink)
		rc = nacre_buf_add_text(buf, " hardlink=", err);
	if (rc == 0 && line->hardlink)
		rc = add_path(buf, line->hardlink, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_xattr(buf, &xattrs->items[i], err);
	return rc ? rc : nacre_buf_add_text(buf, "\n", err);
}

/* What only this type of entry has. */
static int add_own(struct nacre_buf *buf, const struct nacre_inode *inode,
	const struct nacre_digest *sha256, struct nacre_err *err)
{
	int rc = 0;

	switch (inode->type) {
	case NACRE_TYPE_FILE:
		rc = nacre_buf_printf(buf, err, " size=%" PRIu64, inode->size_bytes);
		if (rc == 0 && sha256)
			rc = nacre_buf_printf(buf, err, " sha256=%s", nacre_digest_hex(sha256));
		return rc;
	case NACRE_TYPE_SYMLINK:
		rc = nacre_buf_add_text(buf, " link=", err);
		return rc ? rc : nacre_mtree_escape(inode->u.target, buf, err);
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		return nacre_buf_printf(buf, err, " device=native,%" PRIu32 ",%" PRIu32,
			inode->u.device.major, inode->u.device.minor);
	default:
		return 0;
	}
}

int nacre_mtree_emit_line(
	const struct nacre_mtree_line *line, struct nacre_buf *buf, struct nacre_err *err)
{
	const struct nacre_inode *inode = line->inode;
	int rc;

	if (inode->type == NACRE_TYPE_WHITEOUT)
		return nacre_fail(err, NACRE_E_ARG, "a whiteout has no line in an mtree list");
	rc = add_comment(buf, line, err);
	if (rc == 0)
		rc = add_path(buf, line->path, err);
	if (rc == 0)
		rc = nacre_buf_printf(buf, err,
			" type=%s mode=0%03o uid=%" PRIu32 " gid=%" PRIu32 " time=%" PRId64
			".%09" PRIu32,
			type_words[inode->type], inode->mode, inode->uid, inode->gid,
			inode->mtime_s, inode->mtime_ns);
	if (rc == 0)
		rc = add_own(buf, inode, line->sha256, err);
	return rc ? rc : nacre_buf_add_text(buf, "\n", err);
}

int nacre_mtree_emit(const struct nacre_node *node, const struct nacre_node *first,
	const struct nacre_digest *sha256, struct nacre_buf *buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF(buf->max);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf hardlink = NACRE_BUF(buf->max);
	struct nacre_mtree_line line = { .inode = node->inode, .sha256 = sha256 };
	int rc = nacre_node_path(node, &path, err);

	if (rc == 0 && first)
		rc = nacre_node_path(first, &hardlink, err);
	if (rc)
		return rc;
	line.path = path.data;
	line.hardlink = first ? hardlink.data : NULL;
	return nacre_mtree_emit_line(&line, buf, err);
}
