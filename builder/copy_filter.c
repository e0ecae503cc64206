/* SPDX-License-Identifier: Apache-2.0 */
/* Excludes, the ignore file and a pattern, asked together. */
#include "builder/copy_filter.h"

#include "base/scope.h"
#include "builder/exclude.h"
#include "builder/pattern.h"

#include <stdlib.h>
#include <string.h>

static bool is_ignored(struct nacre_copy_filter *filter, const char *path, bool is_dir)
{
	size_t dir = strlen(filter->dir), len = strlen(path);
	nacre_autofree char *whole = NULL;

	if (!filter->ignore)
		return false;
	whole = malloc(dir + 1 + len + 1);
	if (!whole) {
		filter->rc = nacre_fail_nomem(NULL);
		return true;
	}
	memcpy(whole, filter->dir, dir);
	whole[dir] = '/';
	memcpy(whole + dir + 1, path, len + 1);
	return nacre_ignore_match(filter->ignore, dir > 0 ? whole : path, is_dir);
}

/* A match, or below one. */
static bool is_taken(struct nacre_copy_filter *filter, const char *path)
{
	nacre_autofree char *part = strdup(path);
	char *slash;

	if (!part) {
		filter->rc = nacre_fail_nomem(NULL);
		return false;
	}
	do {
		if (nacre_pattern_match(filter->pattern, filter->pattern_len, part))
			return true;
		slash = strrchr(part, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
	return false;
}

bool nacre_copy_filter_leaves_out(const char *path, bool is_dir, void *user)
{
	struct nacre_copy_filter *filter = user;

	if (nacre_exclude_match(filter->exclude, path, is_dir) || is_ignored(filter, path, is_dir))
		return true;
	if (!filter->pattern || is_taken(filter, path))
		return false;
	return !is_dir || !nacre_pattern_leads(filter->pattern, filter->pattern_len, path);
}
