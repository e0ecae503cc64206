/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical tar writer. Which nodes a layer holds is decided in diff.c. */
#include "layers/tar_write.h"

#include "base/scope.h"
#include "layers/member.h"
#include "layers/tar_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)128 << 10)
#define PAX_NAME "././@PaxHeader"
#define MTIME_FIELD_MOST 077777777777LL
#define SIZE_FIELD_MOST 077777777777ULL
#define ID_FIELD_MOST 07777777U

struct writer {
	const struct nacre_limits *limits;
	struct nacre_sink *sink;
	struct nacre_layer_stats *stats;
	struct nacre_buf path; /* of the current node, as the tar has it */
	struct nacre_buf link; /* of the first name of its inode */
	struct nacre_buf pax;
	char *chunk;
};

/* --------------------------------------------------------------------- fields */

static void put_octal(char *field, size_t len, uint64_t value)
{
	field[len - 1] = '\0';
	for (size_t i = len - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

static void put_checksum(struct nacre_tar_header *header)
{
	put_octal(header->checksum, 7, nacre_tar_checksum(header, NULL));
	header->checksum[7] = ' ';
}

static void init_header(struct nacre_tar_header *header, char type)
{
	memset(header, 0, sizeof(*header));
	put_octal(header->mode, sizeof(header->mode), 0);
	put_octal(header->uid, sizeof(header->uid), 0);
	put_octal(header->gid, sizeof(header->gid), 0);
	put_octal(header->size, sizeof(header->size), 0);
	put_octal(header->mtime, sizeof(header->mtime), 0);
	put_octal(header->major, sizeof(header->major), 0);
	put_octal(header->minor, sizeof(header->minor), 0);
	header->type = type;
	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
}

static size_t decimal_digits(size_t value)
{
	size_t digits = 1;

	while (value >= 10) {
		value /= 10;
		digits++;
	}
	return digits;
}

/* "LEN KEY=VALUE\n", where LEN counts itself too. */
static int put_record(struct writer *w, const char *prefix, const char *key, const void *value,
	size_t value_len, struct nacre_err *err)
{
	size_t rest = strlen(prefix) + strlen(key) + value_len + 3; /* " ", "=", "\n" */
	size_t len = rest + decimal_digits(rest);
	int rc;

	len = rest + decimal_digits(len);
	if (len > w->pax.max - w->pax.len)
		return nacre_fail(err, NACRE_E_LIMIT,
			"a pax header of more than %zu bytes (limit pax-bytes)", w->pax.max);
	rc = nacre_buf_printf(&w->pax, err, "%zu %s%s=", len, prefix, key);
	if (rc == 0)
		rc = nacre_buf_add(&w->pax, value, value_len, err);
	if (rc == 0)
		rc = nacre_buf_add(&w->pax, "\n", 1, err);
	return rc;
}

static int put_number_record(
	struct writer *w, const char *key, uint64_t value, struct nacre_err *err)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

	return put_record(w, "", key, text, (size_t)len, err);
}

static int put_name(struct writer *w, struct nacre_tar_header *header, struct nacre_err *err)
{
	const char *path = w->path.data;
	size_t len = w->path.len;

	if (len <= sizeof(header->name)) {
		memcpy(header->name, path, len);
		return 0;
	}
	/* The split that leaves the longest name: the first slash from which what follows fits. */
	if (len <= sizeof(header->name) + 1 + sizeof(header->prefix)) {
		for (size_t at = len - sizeof(header->name) - 1;
			at <= sizeof(header->prefix) && at < len - 1; at++) {
			if (at == 0 || path[at] != '/')
				continue;
			memcpy(header->prefix, path, at);
			memcpy(header->name, path + at + 1, len - at - 1);
			return 0;
		}
	}
	memcpy(header->name, path, sizeof(header->name));
	return put_record(w, "", "path", path, len, err);
}

static int put_link_name(struct writer *w, struct nacre_tar_header *header, const char *text,
	size_t len, struct nacre_err *err)
{
	if (len <= sizeof(header->link)) {
		memcpy(header->link, text, len);
		return 0;
	}
	memcpy(header->link, text, sizeof(header->link));
	return put_record(w, "", "linkpath", text, len, err);
}

static int put_id(
	struct writer *w, const char *key, char *field, uint32_t id, struct nacre_err *err)
{
	if (id <= ID_FIELD_MOST) {
		put_octal(field, 8, id);
		return 0;
	}
	if (id == UINT32_MAX)
		return nacre_fail(err, NACRE_E_UNSAFE, "its %s is above 4294967294", key);
	return put_number_record(w, key, id, err);
}

static int put_mtime(struct writer *w, struct nacre_tar_header *header,
	const struct nacre_inode *inode, struct nacre_err *err)
{
	int64_t seconds = inode->mtime_s;
	uint32_t ns = inode->mtime_ns;
	const char *sign = "";
	char text[48];
	size_t len;

	if (ns == 0 && seconds >= 0 && seconds <= MTIME_FIELD_MOST) {
		put_octal(header->mtime, sizeof(header->mtime), (uint64_t)seconds);
		return 0;
	}
	/* Text counts from zero both ways, the inode only forward: -1 s + 0.25 s is "-0.75". */
	if (seconds < 0) {
		sign = "-";
		if (ns > 0) {
			seconds++;
			ns = 1000000000 - ns;
		}
	}
	len = (size_t)snprintf(text, sizeof(text), "%s%llu.%09u", sign,
		seconds < 0 ? -(unsigned long long)seconds : (unsigned long long)seconds, ns);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	return put_record(w, "", "mtime", text, len, err);
}

static int put_xattrs(struct writer *w, const struct nacre_xattrs *xattrs, struct nacre_err *err)
{
	for (size_t i = 0; xattrs && i < xattrs->count; i++) {
		const struct nacre_xattr *item = &xattrs->items[i];
		int rc;

		if (!*item->name || strchr(item->name, '='))
			return nacre_fail(err, NACRE_E_UNSAFE,
				"xattr '%s': a name with '=', or none, has no place in a tar",
				item->name);
		rc = put_record(w, "SCHILY.xattr.", item->name, item->value, item->len, err);
		if (rc)
			return rc;
		w->stats->xattr_bytes += strlen(item->name) + item->len;
	}
	return 0;
}

/* -------------------------------------------------------------------- members */

static int write_padded(struct writer *w, const void *data, size_t len, struct nacre_err *err)
{
	static const char zeros[NACRE_TAR_BLOCK];
	int rc = nacre_sink_write(w->sink, data, len, err);

	if (rc == 0 && len % NACRE_TAR_BLOCK)
		rc = nacre_sink_write(w->sink, zeros, NACRE_TAR_BLOCK - len % NACRE_TAR_BLOCK, err);
	return rc;
}

static int write_headers(struct writer *w, struct nacre_tar_header *header, struct nacre_err *err)
{
	int rc = 0;

	if (w->pax.len > 0) {
		struct nacre_tar_header pax;

		init_header(&pax, 'x');
		memcpy(pax.name, PAX_NAME, strlen(PAX_NAME));
		put_octal(pax.size, sizeof(pax.size), w->pax.len);
		put_checksum(&pax);
		rc = nacre_sink_write(w->sink, &pax, sizeof(pax), err);
		if (rc == 0)
			rc = write_padded(w, w->pax.data, w->pax.len, err);
	}
	put_checksum(header);
	if (rc == 0)
		rc = nacre_sink_write(w->sink, header, sizeof(*header), err);
	w->stats->members++;
	return rc;
}

static int write_content(struct writer *w, const struct nacre_inode *inode, struct nacre_err *err)
{
	static const char zeros[NACRE_TAR_BLOCK];
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	uint64_t left = inode->size_bytes;
	int rc = nacre_inode_open(inode, &source, err);

	while (rc == 0 && left > 0) {
		size_t got = 0;

		rc = nacre_source_read(
			source, w->chunk, left < CHUNK ? (size_t)left : CHUNK, &got, err);
		if (rc == 0 && got == 0)
			rc = nacre_fail(err, NACRE_E_IO, "%llu bytes less than its size",
				(unsigned long long)left);
		if (rc == 0)
			rc = nacre_sink_write(w->sink, w->chunk, got, err);
		left -= got;
	}
	if (rc == 0 && inode->size_bytes % NACRE_TAR_BLOCK)
		rc = nacre_sink_write(w->sink, zeros,
			(size_t)(NACRE_TAR_BLOCK - inode->size_bytes % NACRE_TAR_BLOCK), err);
	w->stats->file_bytes += inode->size_bytes;
	return rc;
}

static int check_name(const struct nacre_node *node, struct nacre_err *err)
{
	if (strncmp(node->name, NACRE_WHITEOUT_PREFIX, strlen(NACRE_WHITEOUT_PREFIX)) == 0)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a name that begins with '.wh.' would be taken for a whiteout");
	return 0;
}

static int check_path(const struct writer *w, struct nacre_err *err)
{
	if (w->path.len > w->limits->path_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"a path of more than %llu bytes (limit path-bytes)",
			(unsigned long long)w->limits->path_bytes);
	return 0;
}

static int write_whiteout(struct writer *w, const struct nacre_node *node, struct nacre_err *err)
{
	struct nacre_tar_header header;
	int rc;

	w->path.len = 0;
	rc = check_name(node, err);
	if (rc == 0)
		rc = nacre_node_path(node->parent, &w->path, err);
	if (rc == 0 && w->path.len > 0)
		rc = nacre_buf_add(&w->path, "/", 1, err);
	if (rc == 0)
		rc = nacre_buf_printf(&w->path, err, NACRE_WHITEOUT_PREFIX "%s", node->name);
	if (rc == 0)
		rc = check_path(w, err);
	if (rc)
		return rc;
	w->pax.len = 0;
	init_header(&header, '0');
	rc = put_name(w, &header, err);
	if (rc == 0)
		rc = write_headers(w, &header, err);
	w->stats->whiteouts++;
	return rc;
}

static int put_device(
	struct nacre_tar_header *header, const struct nacre_inode *inode, struct nacre_err *err)
{
	if (inode->u.device.major > 0xfff || inode->u.device.minor > 0xfffff)
		return nacre_fail(err, NACRE_E_UNSAFE, "device number %u:%u is beyond 4095:1048575",
			inode->u.device.major, inode->u.device.minor);
	put_octal(header->major, sizeof(header->major), inode->u.device.major);
	put_octal(header->minor, sizeof(header->minor), inode->u.device.minor);
	return 0;
}

/* The records stand in this order: path, linkpath, size, uid, gid, mtime, xattrs. */
static int fill_header(struct writer *w, const struct nacre_node *node, bool is_link,
	struct nacre_tar_header *header, struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;
	int rc = put_name(w, header, err);

	if (rc == 0 && is_link)
		rc = put_link_name(w, header, w->link.data, w->link.len, err);
	else if (rc == 0 && inode->type == NACRE_TYPE_SYMLINK)
		rc = put_link_name(w, header, inode->u.target, strlen(inode->u.target), err);
	else if (rc == 0 && inode->type == NACRE_TYPE_FILE) {
		if (inode->size_bytes <= SIZE_FIELD_MOST)
			put_octal(header->size, sizeof(header->size), inode->size_bytes);
		else
			rc = put_number_record(w, "size", inode->size_bytes, err);
	} else if (rc == 0 && (inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK)) {
		rc = put_device(header, inode, err);
	}
	put_octal(header->mode, sizeof(header->mode), inode->mode);
	if (rc == 0)
		rc = put_id(w, "uid", header->uid, inode->uid, err);
	if (rc == 0)
		rc = put_id(w, "gid", header->gid, inode->gid, err);
	if (rc == 0)
		rc = put_mtime(w, header, inode, err);
	if (rc == 0 && !is_link)
		rc = put_xattrs(w, inode->xattrs, err);
	return rc;
}

static int write_entry(struct writer *w, struct nacre_node *node, struct nacre_err *err)
{
	static const char types[] = { '0', '5', '2', '3', '4', '6' };
	struct nacre_inode *inode = node->inode;
	bool is_link = inode->type != NACRE_TYPE_DIR && inode->first;
	struct nacre_tar_header header;
	int rc;

	w->path.len = 0;
	w->link.len = 0;
	w->pax.len = 0;
	rc = node->parent ? nacre_node_path(node, &w->path, err)
			  : nacre_buf_add(&w->path, ".", 1, err);
	if (rc == 0)
		rc = check_path(w, err);
	if (rc == 0 && inode->type == NACRE_TYPE_DIR)
		rc = nacre_buf_add(&w->path, "/", 1, err);
	if (rc == 0 && is_link)
		rc = nacre_node_path(inode->first, &w->link, err);
	init_header(&header, is_link ? '1' : types[inode->type]);
	if (rc == 0)
		rc = fill_header(w, node, is_link, &header, err);
	if (rc == 0)
		rc = write_headers(w, &header, err);
	if (rc == 0 && inode->type == NACRE_TYPE_FILE && !is_link)
		rc = write_content(w, inode, err);
	if (!inode->first)
		inode->first = node;
	return rc;
}

/* Whiteouts of a directory stand before its entries (layer.md: "before sibling entries"). */
static int write_whiteouts_in(struct writer *w, const struct nacre_node *dir, struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *node = nacre_node_first(dir); node && rc == 0;
		node = nacre_node_next(node)) {
		if (node->inode->type == NACRE_TYPE_WHITEOUT)
			rc = write_whiteout(w, node, err);
	}
	return rc;
}

static int write_tree(struct writer *w, struct nacre_tree *tree, struct nacre_err *err)
{
	static const char end[2 * NACRE_TAR_BLOCK];
	int rc = 0;

	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node)) {
		char name[256];

		if (node->inode->type == NACRE_TYPE_WHITEOUT)
			continue;
		rc = check_name(node, err);
		if (rc == 0 && node->is_explicit)
			rc = write_entry(w, node, err);
		if (rc == 0 && node->inode->type == NACRE_TYPE_DIR)
			rc = write_whiteouts_in(w, node, err);
		if (rc)
			rc = nacre_within(
				err, rc, "'%s'", nacre_node_name(node, name, sizeof(name)));
	}
	return rc ? rc : nacre_sink_write(w->sink, end, sizeof(end), err);
}

int nacre_tar_write(struct nacre_tree *tree, const struct nacre_limits *limits,
	struct nacre_sink *sink, struct nacre_layer_stats *out_stats, struct nacre_err *err)
{
	struct writer w = { limits, sink, out_stats, NACRE_BUF(SIZE_MAX / 2),
		NACRE_BUF(SIZE_MAX / 2), NACRE_BUF(limits->pax_bytes), malloc(CHUNK) };
	int rc;

	memset(out_stats, 0, sizeof(*out_stats));
	rc = w.chunk ? write_tree(&w, tree, err) : nacre_fail_nomem(err);
	nacre_buf_clear(&w.path);
	nacre_buf_clear(&w.link);
	nacre_buf_clear(&w.pax);
	free(w.chunk);
	return rc;
}
