/* SPDX-License-Identifier: Apache-2.0 */
/* Reading passwd and group as they are in the tree. */
#include "builder/owner.h"

#include "base/scope.h"
#include "base/text.h"

#include <string.h>

#define FILE_BYTES ((size_t)4 << 20)

static int load(const struct nacre_tree *tree, const char *path, struct nacre_buf *out_text,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	struct nacre_node *node = NULL;
	int rc = nacre_tree_resolve(tree, path, NACRE_RESOLVE_FOLLOW, 0, &node, err);

	if (rc)
		return rc;
	if (!node || node->inode->type != NACRE_TYPE_FILE)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "the image has no /%s", path);
	rc = nacre_inode_open(node->inode, &source, err);
	if (rc == 0)
		rc = nacre_sink_buf(out_text, &sink, err);
	if (rc == 0)
		rc = nacre_stream_copy(source, sink, NULL, err);
	return rc ? nacre_within(err, rc, "/%s of the image", path) : 0;
}

/* Field number i (from 0) of a line of fields with ":" between. */
static bool field(const char *line, size_t len, unsigned i, const char **out_text, size_t *out_len)
{
	const char *end = line + len;

	for (;; i--) {
		const char *colon = memchr(line, ':', (size_t)(end - line));

		if (i == 0) {
			*out_text = line;
			*out_len = (size_t)((colon ? colon : end) - line);
			return true;
		}
		if (!colon)
			return false;
		line = colon + 1;
	}
}

static bool is_text(const char *text, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(text, want, len) == 0;
}

static bool number(const char *line, size_t line_len, unsigned i, uint32_t *out_number)
{
	const char *text;
	uint64_t value = 0;
	size_t len;

	if (!field(line, line_len, i, &text, &len) || !nacre_number_parse(text, len, &value) ||
		value >= UINT32_MAX)
		return false;
	*out_number = (uint32_t)value;
	return true;
}

/*
 * The first line whose field `key` is `want`, and its fields 2 and 3 as numbers; `out_gid` NULL:
 * only field 2. Lines without these numbers are passed over, as the C library does.
 */
static bool look_up(const struct nacre_buf *text, unsigned key, const char *want, uint32_t *out_id,
	uint32_t *out_gid)
{
	const char *at = text->data, *end = at + text->len, *got;
	uint32_t id = 0, gid = 0;
	size_t len;

	while (at && at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((newline ? newline : end) - at);

		if (field(at, line, key, &got, &len) && is_text(got, len, want) &&
			number(at, line, 2, &id) && (!out_gid || number(at, line, 3, &gid))) {
			*out_id = id;
			if (out_gid)
				*out_gid = gid;
			return true;
		}
		at = newline ? newline + 1 : end;
	}
	return false;
}

static int find_user(const struct nacre_tree *tree, const struct nacre_recipe_id *user,
	bool wants_group, uint32_t *out_uid, uint32_t *out_gid, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(FILE_BYTES);
	int rc;

	*out_gid = 0;
	*out_uid = user->number;
	if (user->is_number && !wants_group)
		return 0;
	rc = load(tree, "etc/passwd", &text, err);
	if (user->is_number) {
		if (rc == NACRE_E_NOT_FOUND)
			return 0;
		if (rc == 0)
			(void)look_up(&text, 2, user->text, out_uid, out_gid);
		return rc;
	}
	if (rc)
		return nacre_within(err, rc, "user '%s'", user->text);
	if (!look_up(&text, 0, user->text, out_uid, out_gid))
		return nacre_fail(err, NACRE_E_NOT_FOUND, "no user '%s' in the image's /etc/passwd",
			user->text);
	return 0;
}

static int find_group(const struct nacre_tree *tree, const struct nacre_recipe_id *group,
	uint32_t *out_gid, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(FILE_BYTES);
	int rc;

	if (group->is_number) {
		*out_gid = group->number;
		return 0;
	}
	rc = load(tree, "etc/group", &text, err);
	if (rc)
		return nacre_within(err, rc, "group '%s'", group->text);
	if (!look_up(&text, 0, group->text, out_gid, NULL))
		return nacre_fail(err, NACRE_E_NOT_FOUND, "no group '%s' in the image's /etc/group",
			group->text);
	return 0;
}

int nacre_owner_find(const struct nacre_tree *tree, const struct nacre_recipe_owner *owner,
	uint32_t *out_uid, uint32_t *out_gid, struct nacre_err *err)
{
	int rc;

	*out_uid = 0;
	*out_gid = 0;
	if (!owner->given)
		return 0;
	rc = find_user(tree, &owner->user, !owner->group.text, out_uid, out_gid, err);
	if (rc == 0 && owner->group.text)
		rc = find_group(tree, &owner->group, out_gid, err);
	return rc;
}
