/* SPDX-License-Identifier: Apache-2.0 */
/* Other names for what a file system takes for the same, or refuses. */
#include "layers/write_names.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

struct alias {
	const struct nacre_node *node;
	const char *name;
};

static int by_node(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct alias *)a)->node;
	uintptr_t y = (uintptr_t)((const struct alias *)b)->node;

	return x < y ? -1 : x > y;
}

static void keep_alias(void *alias)
{
	(void)alias; /* the arena's */
}

void nacre_write_names_clear(struct nacre_write_names *names)
{
	tdestroy(names->aliases, keep_alias);
	nacre_arena_clear(&names->arena);
	*names = (struct nacre_write_names){ 0 };
}

const char *nacre_write_names_get(
	const struct nacre_write_names *names, const struct nacre_node *node)
{
	const struct alias want = { node, NULL };
	struct alias *const *found = names->aliases ? tfind(&want, &names->aliases, by_node) : NULL;

	return found ? (*found)->name : node->name;
}

void nacre_write_names_make(struct nacre_write_names *names, const struct nacre_node *node,
	bool plain, char out_name[256])
{
	int len;

	do {
		const char *stem = plain ? "nacre" : node->name;

		len = snprintf(out_name, 256, "%.230s~%" PRIu64, stem, ++names->tried);
	} while (nacre_node_find(node->parent, out_name, (size_t)len));
}

int nacre_write_names_give(struct nacre_write_names *names, const struct nacre_node *node,
	const char *name, struct nacre_err *err)
{
	struct alias *alias = nacre_arena_new(&names->arena, sizeof(*alias));

	if (!alias)
		return nacre_fail_nomem(err);
	alias->node = node;
	alias->name = nacre_arena_text(&names->arena, name, strlen(name));
	if (!alias->name || !tsearch(alias, &names->aliases, by_node))
		return nacre_fail_nomem(err);
	return 0;
}

int nacre_write_names_path(const struct nacre_write_names *names, const struct nacre_node *node,
	struct nacre_buf *path, struct nacre_err *err)
{
	size_t len = 0, end;
	int rc;

	for (const struct nacre_node *at = node; at->parent; at = at->parent)
		len += strlen(nacre_write_names_get(names, at)) + (at->parent->parent ? 1U : 0U);
	path->len = 0;
	rc = nacre_buf_reserve(path, len, err);
	if (rc)
		return rc;
	path->len = end = len;
	path->data[end] = '\0';
	for (const struct nacre_node *at = node; at->parent; at = at->parent) {
		const char *name = nacre_write_names_get(names, at);
		size_t name_len = strlen(name);

		end -= name_len;
		memcpy(path->data + end, name, name_len);
		if (at->parent->parent)
			path->data[--end] = '/';
	}
	return 0;
}
