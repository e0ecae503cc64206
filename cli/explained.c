/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping and printing what was known of a build. */
#include "cli/explained.h"

#include "cli/out.h"

#include <stdio.h>
#include <string.h>

struct cli_explained_part {
	enum nacre_explained_kind kind;
	bool is_hit;
	unsigned line;
	unsigned column;
	char *place;
	char *what;
	char *file;
	char *why;
};

static const char *const kinds[] = {
	[NACRE_EXPLAINED_BASE] = "base",
	[NACRE_EXPLAINED_STEP] = "step",
	[NACRE_EXPLAINED_LAYER] = "layer",
};

static void free_part(const struct cli_explained_part *part)
{
	free(part->place);
	free(part->what);
	free(part->file);
	free(part->why);
}

static void keep(const struct nacre_explained *told, void *user)
{
	struct cli_explained *explained = user;
	struct cli_explained_part *part;

	if (explained->count == explained->room) {
		size_t room = explained->room ? explained->room * 2 : 32;
		struct cli_explained_part *parts =
			reallocarray(explained->parts, room, sizeof(*parts));

		explained->is_lost = explained->is_lost || !parts;
		if (!parts)
			return;
		explained->parts = parts;
		explained->room = room;
	}
	part = &explained->parts[explained->count];
	*part = (struct cli_explained_part){ told->kind, told->is_hit, told->line, told->column,
		strdup(told->place), strdup(told->what), strdup(told->file), strdup(told->why) };
	if (part->place && part->what && part->file && part->why) {
		explained->count++;
		return;
	}
	free_part(part);
	explained->is_lost = true;
}

void cli_explained_listen(struct cli_explained *explained, struct nacre_build_options *options)
{
	explained->is_wanted = true;
	options->explain = keep;
	options->explain_user = explained;
}

void cli_explained_clear(struct cli_explained *explained)
{
	for (size_t i = 0; i < explained->count; i++)
		free_part(&explained->parts[i]);
	free(explained->parts);
	*explained = (struct cli_explained){ 0 };
}

static void print_part(const struct cli_explained_part *part)
{
	(void)fputs(part->is_hit ? "hit   " : "miss  ", stderr);
	out_name(stderr, part->file);
	(void)fprintf(stderr, ":%u:%u: ", part->line, part->column);
	out_name(stderr, part->place);
	(void)fputs(": ", stderr);
	out_name(stderr, part->what);
	if (!part->is_hit) {
		(void)fputs(": ", stderr);
		out_text(stderr, part->why);
	}
	(void)fputc('\n', stderr);
}

void cli_explained_print(struct cli *cli, const struct cli_explained *explained)
{
	if (!explained->is_wanted)
		return;
	cli_clear_progress(cli);
	for (size_t i = 0; i < explained->count; i++)
		print_part(&explained->parts[i]);
	if (explained->is_lost)
		(void)fputs("some parts are not told of: out of memory\n", stderr);
}

static void print_member(const char *name, const char *value)
{
	printf(",\"%s\":", name);
	out_json(stdout, value);
}

void cli_explained_print_json(const struct cli_explained *explained)
{
	if (!explained->is_wanted)
		return;
	(void)fputs(",\"parts\":[", stdout);
	for (size_t i = 0; i < explained->count; i++) {
		const struct cli_explained_part *part = &explained->parts[i];

		printf("%s{\"kind\":\"%s\",\"hit\":%s", i > 0 ? "," : "", kinds[part->kind],
			part->is_hit ? "true" : "false");
		print_member("place", part->place);
		print_member("what", part->what);
		print_member("file", part->file);
		printf(",\"line\":%u,\"column\":%u", part->line, part->column);
		if (!part->is_hit)
			print_member("why", part->why);
		(void)putchar('}');
	}
	(void)putchar(']');
}
