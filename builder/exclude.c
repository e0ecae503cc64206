/* SPDX-License-Identifier: Apache-2.0 */
/* Excludes: a list of patterns of which any will do. */
#include "builder/exclude.h"

#include "builder/pattern.h"

bool nacre_exclude_match(const struct nacre_recipe_list *patterns, const char *path, bool is_dir)
{
	for (size_t i = 0; i < patterns->count; i++) {
		const struct nacre_recipe_text *item = &patterns->items[i];

		if (nacre_pattern_match_below(item->text, item->len, path, is_dir))
			return true;
	}
	return false;
}
