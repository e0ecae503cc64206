/* SPDX-License-Identifier: Apache-2.0 */
/* Cleaning paths; nothing here looks at a file system. */
#include "base/path.h"

#include <string.h>

#define PATH_BYTES_MOST ((uint64_t)1 << 20) /* whatever the limit says */

size_t nacre_path_room(const struct nacre_limits *limits)
{
	uint64_t most = limits->path_bytes < PATH_BYTES_MOST ? limits->path_bytes : PATH_BYTES_MOST;

	return (size_t)most + 1;
}

static int add_name(char *path, size_t room, size_t *len, const char *name, size_t name_len,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	size_t slash = *len > 0 ? 1 : 0;

	if (*len + slash + name_len > limits->path_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"a path of more than %llu bytes (limit path-bytes)",
			(unsigned long long)limits->path_bytes);
	if (slash + name_len >= room - *len)
		return nacre_fail(err, NACRE_E_LIMIT, "a path of more than %zu bytes", room - 1);
	if (slash)
		path[(*len)++] = '/';
	memcpy(path + *len, name, name_len);
	*len += name_len;
	path[*len] = '\0';
	return 0;
}

/* The mark is not part of the name. */
static uint64_t name_most(
	const char *name, size_t name_len, const struct nacre_limits *limits, const char *mark)
{
	size_t mark_len = strlen(mark);
	bool is_marked = name_len >= mark_len && memcmp(name, mark, mark_len) == 0;

	return limits->name_bytes + (is_marked ? mark_len : 0);
}

int nacre_path_clean_marked(const char *text, size_t len, const struct nacre_limits *limits,
	const char *mark, char *out_path, size_t room, struct nacre_err *err)
{
	const char *end = text + len;
	size_t used = 0;
	uint64_t depth = 0;

	if (len == 0)
		return nacre_fail(err, NACRE_E_FORMAT, "an empty path");
	if (memchr(text, '\0', len))
		return nacre_fail(err, NACRE_E_UNSAFE, "a path with a NUL byte");
	out_path[0] = '\0';
	while (text < end) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		size_t name_len = (size_t)((slash ? slash : end) - text);
		int rc;

		if (name_len == 2 && text[0] == '.' && text[1] == '.')
			return nacre_fail(err, NACRE_E_UNSAFE, "'..' in a path");
		if (name_len > name_most(text, name_len, limits, mark))
			return nacre_fail(err, NACRE_E_LIMIT,
				"a name of more than %llu bytes (limit name-bytes)",
				(unsigned long long)limits->name_bytes);
		if (name_len > 0 && !(name_len == 1 && text[0] == '.')) {
			rc = add_name(out_path, room, &used, text, name_len, limits, err);
			if (rc)
				return rc;
			if (++depth > limits->depth)
				return nacre_fail(err, NACRE_E_LIMIT,
					"more than %llu directories deep (limit depth)",
					(unsigned long long)limits->depth);
		}
		text += name_len + (slash ? 1 : 0);
	}
	return 0;
}

int nacre_path_clean(const char *text, size_t len, const struct nacre_limits *limits,
	char *out_path, size_t room, struct nacre_err *err)
{
	return nacre_path_clean_marked(text, len, limits, "", out_path, room, err);
}

size_t nacre_path_leaf(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

size_t nacre_path_next(const char **at, const char **out_name)
{
	size_t len = strcspn(*at, "/");

	*out_name = *at;
	*at += len;
	if (**at == '/')
		(*at)++;
	return len;
}
