/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of command lines. It knows rows and words; what an option's value means, and what a
 * mistake looks like on the terminal, is left to the commands and to cli.c.
 */
#include "cli/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names are short; what is longer is no misspelt one. */
#define NAME_BYTES 32

struct parser {
	const struct cli_opt *opts;
	char *const *words;
	size_t count;
	size_t next; /* the word to look at */
	char *args;
	struct nacre_err *err;
};

__attribute__((format(printf, 3, 4))) static int fail(
	struct nacre_err *err, enum nacre_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Single-byte edits: insert, delete, replace, swap of neighbours. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);
	size_t rows[NAME_BYTES + 1][NAME_BYTES + 1];

	if (len_a > NAME_BYTES || len_b > NAME_BYTES)
		return NAME_BYTES;
	for (size_t i = 0; i <= len_a; i++) {
		for (size_t k = 0; k <= len_b; k++) {
			size_t best = i + k;

			if (i > 0 && k > 0) {
				best = rows[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
				best = least(best, least(rows[i - 1][k], rows[i][k - 1]) + 1);
			}
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				best = least(best, rows[i - 2][k - 2] + 1);
			rows[i][k] = best;
		}
	}
	return rows[len_a][len_b];
}

void cli_nearest_offer(struct cli_nearest *nearest, const char *name)
{
	size_t edits = edit_distance(nearest->got, name);

	/* Two slips, but not so many that another word is meant. */
	if (edits > 2 || edits * 2 > strlen(name) || (nearest->name && edits >= nearest->edits))
		return;
	nearest->name = name;
	nearest->edits = edits;
}

bool cli_number_parse(const char *text, bool suffixes, uint64_t *out_value)
{
	static const char letters[] = "kMG";
	uint64_t value = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return false;
	}
	if (at == text)
		return false;
	if (suffixes && *at && strchr(letters, *at)) {
		for (const char *letter = letters; letter <= strchr(letters, *at); letter++) {
			if (__builtin_mul_overflow(value, 1024, &value))
				return false;
		}
		at++;
	}
	if (*at)
		return false;
	*out_value = value;
	return true;
}

static int fail_unknown(const struct parser *p, const char *name, size_t len)
{
	char got[NAME_BYTES + 2];
	struct cli_nearest nearest = { .got = got };

	(void)snprintf(
		got, sizeof(got), "%.*s", len > NAME_BYTES ? NAME_BYTES + 1 : (int)len, name);
	for (const struct cli_opt *opt = p->opts; opt->kind != CLI_END; opt++)
		cli_nearest_offer(&nearest, opt->name);
	if (nearest.name)
		return fail(p->err, NACRE_E_ARG, "no option --%.*s; near is --%s", (int)len, name,
			nearest.name);
	return fail(p->err, NACRE_E_ARG, "no option --%.*s", (int)len, name);
}

static int add(struct parser *p, struct cli_list *list, const char *item)
{
	/* No list can have more items than there are words. */
	if (!list->items)
		list->items = calloc(p->count, sizeof(*list->items));
	if (!list->items)
		return fail(p->err, NACRE_E_NOMEM, "out of memory");
	list->items[list->count++] = item;
	return 0;
}

static int put(struct parser *p, const struct cli_opt *opt, const char *value)
{
	void *at = p->args + opt->at;
	const char **text = at;
	uint64_t *number = at;
	bool *flag = at;
	bool again = false;

	switch (opt->kind) {
	case CLI_FLAG:
		again = *flag;
		*flag = true;
		break;
	case CLI_TEXT:
		again = *text != NULL;
		*text = value;
		break;
	case CLI_NUMBER:
		again = *number != 0;
		if (!cli_number_parse(value, false, number) || *number == 0)
			return fail(p->err, NACRE_E_ARG, "--%s: '%s' is not a whole number above 0",
				opt->name, value);
		break;
	case CLI_LIST:
		return add(p, at, value);
	case CLI_END:
		break;
	}
	return again ? fail(p->err, NACRE_E_ARG, "--%s is given twice", opt->name) : 0;
}

/* @param value  what stands in the same word, or NULL */
static int take(struct parser *p, const struct cli_opt *opt, const char *said, const char *value)
{
	if (opt->kind == CLI_FLAG)
		return value ? fail(p->err, NACRE_E_ARG, "--%s takes no value", opt->name)
			     : put(p, opt, NULL);
	if (!value) {
		if (p->next == p->count)
			return fail(p->err, NACRE_E_ARG, "%s: %s is missing", said, opt->value);
		value = p->words[p->next++];
	}
	return put(p, opt, value);
}

static int take_name(struct parser *p, const char *word)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);

	for (const struct cli_opt *opt = p->opts; opt->kind != CLI_END; opt++) {
		if (strlen(opt->name) == len && memcmp(opt->name, name, len) == 0)
			return take(p, opt, word, equals ? equals + 1 : NULL);
	}
	return fail_unknown(p, name, len);
}

/* "-qv", "-f FILE", "-fFILE" */
static int take_letters(struct parser *p, const char *word)
{
	int rc = 0;

	for (const char *at = word + 1; rc == 0 && *at; at++) {
		const struct cli_opt *opt = p->opts;
		char said[3] = { '-', *at, '\0' };

		while (opt->kind != CLI_END && opt->letter != *at)
			opt++;
		if (opt->kind == CLI_END)
			return fail(p->err, NACRE_E_ARG, "no option -%s", at);
		if (opt->kind != CLI_FLAG)
			return take(p, opt, said, at[1] ? at + 1 : NULL);
		rc = take(p, opt, said, NULL);
	}
	return rc;
}

int cli_args_parse(const struct cli_opt *opts, char *const *words, size_t count, void *args,
	struct cli_list *out_operands, struct nacre_err *err)
{
	struct parser p = { opts, words, count, 0, args, err };
	bool ended = false;
	int rc = 0;

	while (rc == 0 && p.next < count) {
		const char *word = words[p.next++];

		if (ended || word[0] != '-' || word[1] == '\0')
			rc = add(&p, out_operands, word);
		else if (strcmp(word, "--") == 0)
			ended = true;
		else if (word[1] == '-')
			rc = take_name(&p, word);
		else
			rc = take_letters(&p, word);
	}
	return rc;
}

void cli_args_clear(const struct cli_opt *opts, void *args, struct cli_list *operands)
{
	for (const struct cli_opt *opt = opts; opt->kind != CLI_END; opt++) {
		struct cli_list *list = (void *)((char *)args + opt->at);

		if (opt->kind == CLI_LIST)
			free(list->items);
	}
	free(operands->items);
	*operands = (struct cli_list){ 0 };
}

int cli_operands_check(const char *names, const struct cli_list *operands, struct nacre_err *err)
{
	const char *name = names;
	size_t count = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (count++ >= operands->count && *name != '[')
			return fail(err, NACRE_E_ARG, "%.*s is missing", (int)len, name);
		name += len + strspn(name + len, " ");
	}
	if (operands->count > count)
		return fail(err, NACRE_E_ARG, "'%s' is one word too many", operands->items[count]);
	return 0;
}
