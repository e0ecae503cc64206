/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing lists of inputs. */
#include "builder/explain_list.h"

#include "base/scope.h"

#include <stdio.h>
#include <string.h>

#define NAMED 3 /* differences that are told by name */

struct item {
	const char *digest; /* up to a space */
	const char *name;
};

struct items {
	struct item *all;
	size_t count;
};

static void items_clear(struct items *items)
{
	free(items->all);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

static bool split(const struct nacre_buf *list, struct items *out_items)
{
	size_t count = 0;

	for (size_t i = 0; i < list->len; i++)
		count += list->data[i] == '\0';
	out_items->all = calloc(count + 1, sizeof(out_items->all[0]));
	if (!out_items->all)
		return false;
	for (const char *at = list->data; out_items->count < count; at += strlen(at) + 1) {
		const char *space = strchr(at, ' ');

		out_items->all[out_items->count++] = (struct item){ at, space ? space + 1 : at };
	}
	qsort(out_items->all, count, sizeof(out_items->all[0]), by_name);
	return true;
}

struct telling {
	char *text;
	size_t room;
	size_t len;
	size_t count;
};

static void add(struct telling *t, const char *name, const char *how)
{
	int len;

	if (t->count++ >= NAMED)
		return;
	len = snprintf(t->text + t->len, t->room - t->len, "%s%.100s %s", t->len > 0 ? ", " : "",
		name, how);
	if (len > 0 && t->len + (size_t)len < t->room)
		t->len += (size_t)len;
}

void nacre_explain_lists(
	const struct nacre_buf *before, const struct nacre_buf *now, char *out_text, size_t room)
{
	NACRE_CLEANUP(items_clear)
	struct items old = { 0 };
	NACRE_CLEANUP(items_clear)
	struct items new = { 0 };
	struct telling t = { out_text, room, 0, 0 };
	size_t i = 0, k = 0;

	out_text[0] = '\0';
	if (!split(before, &old) || !split(now, &new))
		return;
	while (i < old.count || k < new.count) {
		int order = i == old.count ? 1
			: k == new.count   ? -1
					   : by_name(&old.all[i], &new.all[k]);

		if (order < 0)
			add(&t, old.all[i++].name, "is gone");
		else if (order > 0)
			add(&t, new.all[k++].name, "is new");
		else if (strcspn(old.all[i].digest, " ") != strcspn(new.all[k].digest, " ") ||
			strncmp(old.all[i].digest, new.all[k].digest,
				strcspn(old.all[i].digest, " ")) != 0)
			add(&t, (i++, new.all[k++].name), "changed");
		else
			i++, k++;
	}
	if (t.count == 0)
		(void)snprintf(out_text, room, "the same was read, and done by another version");
	else if (t.count > NAMED)
		(void)snprintf(out_text + t.len, room - t.len, " and %zu more", t.count - NAMED);
}
