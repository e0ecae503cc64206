/* SPDX-License-Identifier: Apache-2.0 */
/* Turns paths into nodes once, so that no path is needed while a directory is walked. */
#include "builder/drift_ignore.h"

#include "base/path.h"
#include "base/scope.h"

#include <string.h>

static int resolve(struct nacre_drift_ignored *item, const char *path,
	const struct nacre_tree *tree, struct nacre_err *err)
{
	const char *at = path, *name = NULL;
	size_t len;

	item->node = tree->root;
	while ((len = nacre_path_next(&at, &name)) > 0) {
		const struct nacre_node *next = item->node->inode->type == NACRE_TYPE_DIR
			? nacre_node_find(item->node, name, len)
			: NULL;

		if (!next) {
			item->name = strndup(name, len);
			return item->name ? 0 : nacre_fail_nomem(err);
		}
		item->node = next;
	}
	return 0;
}

int nacre_drift_ignore_init(struct nacre_drift_ignore *ignore, const char *const *paths,
	size_t count, const struct nacre_tree *tree, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	*ignore = (struct nacre_drift_ignore){ NULL, 0 };
	ignore->items = calloc(count ? count : 1, sizeof(*ignore->items));
	if (!ignore->items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < count; i++) {
		size_t room = strlen(paths[i]) + 1;
		nacre_autofree char *path = malloc(room);
		int rc = path ? 0 : nacre_fail_nomem(err);

		if (rc == 0)
			rc = nacre_path_clean(paths[i], room - 1, limits, path, room, err);
		if (rc == 0 && !*path)
			rc = nacre_fail(err, NACRE_E_ARG, "that leaves nothing to compare");
		if (rc == 0)
			rc = resolve(&ignore->items[ignore->count++], path, tree, err);
		if (rc) {
			nacre_drift_ignore_clear(ignore);
			return nacre_within(err, rc, "ignore '%.300s'", paths[i]);
		}
	}
	return 0;
}

void nacre_drift_ignore_clear(struct nacre_drift_ignore *ignore)
{
	for (size_t i = 0; i < ignore->count; i++)
		free(ignore->items[i].name);
	free(ignore->items);
	*ignore = (struct nacre_drift_ignore){ NULL, 0 };
}

bool nacre_drift_ignore_has(const struct nacre_drift_ignore *ignore, const struct nacre_node *node)
{
	for (size_t i = 0; i < ignore->count; i++) {
		if (ignore->items[i].node == node && !ignore->items[i].name)
			return true;
	}
	return false;
}

bool nacre_drift_ignore_has_name(
	const struct nacre_drift_ignore *ignore, const struct nacre_node *dir, const char *name)
{
	for (size_t i = 0; i < ignore->count; i++) {
		const struct nacre_drift_ignored *item = &ignore->items[i];

		if (item->node == dir && item->name && strcmp(item->name, name) == 0)
			return true;
	}
	return false;
}
