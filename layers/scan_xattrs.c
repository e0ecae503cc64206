/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and reads xattrs, by descriptor where there is one, and keeps those that are wanted. */
#include "layers/scan_xattrs.h"

#include "layers/xattr_at.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int nacre_xattr_reader_init(struct nacre_xattr_reader *reader, const struct nacre_limits *limits,
	bool all, struct nacre_err *err)
{
	size_t most = limits->xattrs < NACRE_XATTR_LIST_BYTES ? (size_t)limits->xattrs
							      : NACRE_XATTR_LIST_BYTES;

	*reader = (struct nacre_xattr_reader){ limits, all, NULL, NULL, NULL };
	if (limits->xattr_bytes >= SIZE_MAX)
		return nacre_fail_nomem(err);
	reader->names = malloc(NACRE_XATTR_LIST_BYTES);
	reader->values = malloc((size_t)limits->xattr_bytes + 1);
	reader->items = calloc(most + 1, sizeof(reader->items[0]));
	if (!reader->names || !reader->values || !reader->items) {
		nacre_xattr_reader_clear(reader);
		return nacre_fail_nomem(err);
	}
	return 0;
}

void nacre_xattr_reader_clear(struct nacre_xattr_reader *reader)
{
	free(reader->names);
	free(reader->values);
	free(reader->items);
	*reader = (struct nacre_xattr_reader){ 0 };
}

static bool is_wanted(const struct nacre_xattr_reader *reader, const char *name)
{
	if (reader->all || strcmp(name, "security.capability") == 0)
		return true;
	return strncmp(name, "user.", 5) == 0 && strncmp(name, "user.overlay.", 13) != 0;
}

/* Puts one xattr behind the others. One that has gone since it was listed is none. */
static int take(struct nacre_xattr_reader *reader, const struct nacre_xattr_at *subject,
	const char *name, size_t *count, size_t *used, struct nacre_err *err)
{
	uint64_t most = reader->limits->xattr_bytes, name_len = strlen(name);
	ssize_t len;

	if (*count >= reader->limits->xattrs)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu xattrs (limit xattrs)",
			(unsigned long long)reader->limits->xattrs);
	len = nacre_xattr_at_get(subject, name, reader->values + *used, (size_t)(most - *used) + 1);
	if (len < 0 && errno == ENODATA)
		return 0;
	if (len < 0 && errno != ERANGE)
		return nacre_fail_os(err, "xattr %s", name);
	if (len < 0 || name_len + (uint64_t)len > most - *used)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu bytes of xattrs (limit xattr-bytes)",
			(unsigned long long)most);
	reader->items[(*count)++] =
		(struct nacre_xattr){ name, reader->values + *used, (size_t)len };
	/* The name needs no room here, but it counts. */
	*used += (size_t)(name_len + (uint64_t)len);
	return 0;
}

int nacre_xattr_reader_read(struct nacre_xattr_reader *reader, int fd, int dir, const char *name,
	struct nacre_arena *arena, const struct nacre_xattrs **out_xattrs, struct nacre_err *err)
{
	struct nacre_xattr_at subject = { fd, dir, name };
	ssize_t len = nacre_xattr_at_list(&subject, reader->names, NACRE_XATTR_LIST_BYTES);
	size_t count = 0, used = 0;

	*out_xattrs = NULL;
	if (len < 0)
		return errno == EOPNOTSUPP ? 0 : nacre_fail_os(err, "xattrs");
	for (const char *at = reader->names; at < reader->names + len; at += strlen(at) + 1) {
		int rc = is_wanted(reader, at) ? take(reader, &subject, at, &count, &used, err) : 0;

		if (rc)
			return rc;
	}
	return nacre_xattrs_make(arena, reader->items, count, out_xattrs, err);
}
