/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended attributes: two sorted lists side by side. A value is read only where the tree has one
 * of that name, and never more than one at a time.
 */
#include "base/base64.h"
#include "base/scope.h"
#include "builder/drift_entry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Each name takes two bytes at least. */
#define NAMES_MOST (NACRE_XATTR_LIST_BYTES / 2)
#define VALUE_TEXT (SIZE_MAX / 2) /* the limit of the image bounds it */

int nacre_drift_xattrs_init(struct nacre_drift_xattrs *xattrs, bool all, struct nacre_err *err)
{
	*xattrs = (struct nacre_drift_xattrs){
		.all = all,
		.names = malloc(NACRE_XATTR_LIST_BYTES),
		.sorted = calloc(NAMES_MOST, sizeof(char *)),
		.value = malloc(NACRE_XATTR_VALUE_BYTES),
		.want = NACRE_BUF(VALUE_TEXT),
		.have = NACRE_BUF(VALUE_TEXT),
	};
	if (xattrs->names && xattrs->sorted && xattrs->value)
		return 0;
	nacre_drift_xattrs_clear(xattrs);
	return nacre_fail_nomem(err);
}

void nacre_drift_xattrs_clear(struct nacre_drift_xattrs *xattrs)
{
	free(xattrs->names);
	free(xattrs->sorted);
	free(xattrs->value);
	nacre_buf_clear(&xattrs->want);
	nacre_buf_clear(&xattrs->have);
	*xattrs = (struct nacre_drift_xattrs){ 0 };
}

/*
 * What a host adds of its own (security.selinux, system.nfs4_acl) is nobody's change. An ACL gives
 * rights, a capability too, and overlayfs takes its own for orders: those come from somebody.
 */
static bool counts(const struct nacre_drift_xattrs *xattrs, const char *name)
{
	static const char *const prefixes[] = { "user.", "security.capability", "system.posix_acl_",
		"trusted.overlay." };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return xattrs->all;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(struct nacre_drift_xattrs *xattrs, size_t len)
{
	xattrs->count = 0;
	for (char *at = xattrs->names; at < xattrs->names + len; at += strlen(at) + 1) {
		if (xattrs->count < NAMES_MOST && counts(xattrs, at))
			xattrs->sorted[xattrs->count++] = at;
	}
	qsort(xattrs->sorted, xattrs->count, sizeof(char *), by_name);
}

static int add_unreadable(
	struct nacre_drift *drift, struct nacre_node *node, const char *what, struct nacre_err *err)
{
	char text[400];
	int number = errno;
	char reason[128];

	(void)snprintf(
		text, sizeof(text), "%s: %s", what, strerror_r(number, reason, sizeof(reason)));
	return nacre_drift_add(drift, NACRE_DRIFT_UNREADABLE, node, NULL, text, err);
}

/* Base64 behind the letters that setfattr knows it by. */
static int put_value(struct nacre_buf *buf, const void *value, size_t len, struct nacre_err *err)
{
	int rc;

	buf->len = 0;
	rc = nacre_buf_add_text(buf, "0s", err);
	return rc ? rc : nacre_base64_emit(value, len, buf, err);
}

/* @param xattr  of the tree, or NULL; @param name  of both, or of the one on disk */
static int compare_one(struct nacre_drift *drift, struct nacre_drift_xattrs *xattrs,
	struct nacre_node *node, const struct nacre_xattr_at *at, const struct nacre_xattr *xattr,
	const char *name, bool is_there, struct nacre_err *err)
{
	struct nacre_drift_item item = { .what = NACRE_DRIFT_XATTR, .node = node, .xattr = name };
	ssize_t len = 0;
	int rc = 0;

	if (is_there) {
		len = nacre_xattr_at_get(at, name, xattrs->value, NACRE_XATTR_VALUE_BYTES);
		is_there = len >= 0 || errno != ENODATA;
	}
	if (len < 0 && is_there)
		return add_unreadable(drift, node, name, err);
	if (is_there && xattr && xattr->len == (size_t)len &&
		memcmp(xattr->value, xattrs->value, xattr->len) == 0)
		return 0;
	if (xattr)
		rc = put_value(&xattrs->want, xattr->value, xattr->len, err);
	if (rc == 0 && is_there)
		rc = put_value(&xattrs->have, xattrs->value, (size_t)len, err);
	item.want = xattr ? xattrs->want.data : NULL;
	item.have = is_there ? xattrs->have.data : NULL;
	if (rc || (!xattr && !is_there))
		return rc;
	return nacre_drift_add_item(drift, &item, err);
}

int nacre_drift_entry_xattrs(struct nacre_drift *drift, struct nacre_drift_xattrs *xattrs,
	struct nacre_node *node, const struct nacre_xattr_at *at, struct nacre_err *err)
{
	const struct nacre_xattrs *want = node->inode->xattrs;
	size_t want_count = want ? want->count : 0, i = 0, j = 0;
	ssize_t len = nacre_xattr_at_list(at, xattrs->names, NACRE_XATTR_LIST_BYTES);
	int rc = 0;

	if (len < 0 && errno != EOPNOTSUPP)
		return add_unreadable(drift, node, "extended attributes", err);
	sort_names(xattrs, len > 0 ? (size_t)len : 0);
	while (rc == 0 && (i < want_count || j < xattrs->count)) {
		const struct nacre_xattr *xattr = i < want_count ? &want->items[i] : NULL;
		const char *name = j < xattrs->count ? xattrs->sorted[j] : NULL;
		int order = !xattr ? 1 : !name ? -1 : strcmp(xattr->name, name);

		rc = compare_one(drift, xattrs, node, at, order <= 0 ? xattr : NULL,
			order <= 0 ? xattr->name : name, order >= 0, err);
		i += order <= 0;
		j += order >= 0;
	}
	return rc;
}
