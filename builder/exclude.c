/* SPDX-License-Identifier: Apache-2.0 */
/* Excludes by fnmatch(3), which wants to be told its locale. */
#include "builder/exclude.h"

#include "base/path.h"

#include <fnmatch.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static bool match_one(const char *pattern, size_t len, const char *path, bool is_dir)
{
	char text[4096];
	bool wants_dir = len > 0 && pattern[len - 1] == '/';

	if (wants_dir)
		len--;
	if (len == 0 || len >= sizeof(text) || (wants_dir && !is_dir))
		return false;
	if (*pattern == '/') {
		pattern++;
		len--;
		memcpy(text, pattern, len);
		text[len] = '\0';
		return fnmatch(text, path, FNM_PATHNAME) == 0;
	}
	memcpy(text, pattern, len);
	text[len] = '\0';
	if (!strchr(text, '/'))
		path += nacre_path_leaf(path);
	return fnmatch(text, path, FNM_PATHNAME) == 0;
}

bool nacre_exclude_match(const struct nacre_recipe_list *patterns, const char *path, bool is_dir)
{
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = uselocale(plain);
	bool is_match = false;

	for (size_t i = 0; i < patterns->count && !is_match; i++)
		is_match = match_one(patterns->items[i].text, patterns->items[i].len, path, is_dir);
	(void)uselocale(before);
	freelocale(plain);
	return is_match;
}
