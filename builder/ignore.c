/* SPDX-License-Identifier: Apache-2.0 */
/* The ignore file: the text is kept and lines are found in it again for each path. */
#include "builder/ignore.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/pattern.h"

#include <stdlib.h>
#include <string.h>

struct rule {
	const char *pattern; /* in the text */
	size_t len;
	bool brings_back;
};

struct nacre_ignore {
	char *text;
	struct rule *rules;
	size_t count;
};

/* With a slash in front: at the top of the context alone. */
static const char *const defaults[] = { "/nacre.yaml", "/nacre.json", "/nacre.lock",
	("/" NACRE_IGNORE_FILE) };

#define DEFAULTS (sizeof(defaults) / sizeof(defaults[0]))

void nacre_ignore_free(struct nacre_ignore *ignore)
{
	if (!ignore)
		return;
	free(ignore->text);
	free(ignore->rules);
	free(ignore);
}

/* Spaces at the end go, but for one with a backslash before it. */
static size_t trim(const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	while (len > 0 && line[len - 1] == ' ' && !(len > 1 && line[len - 2] == '\\'))
		len--;
	return len;
}

static void add_line(struct nacre_ignore *ignore, const char *line, size_t len)
{
	struct rule *rule = &ignore->rules[ignore->count];

	len = trim(line, len);
	if (len == 0 || line[0] == '#')
		return;
	rule->brings_back = line[0] == '!';
	rule->pattern = line + rule->brings_back;
	rule->len = len - rule->brings_back;
	ignore->count++;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t count = 1;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	return count;
}

static void add_lines(struct nacre_ignore *ignore, size_t len)
{
	const char *at = ignore->text, *end = at + len;

	for (size_t i = 0; i < DEFAULTS; i++)
		ignore->rules[ignore->count++] =
			(struct rule){ defaults[i], strlen(defaults[i]), false };
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;

		add_line(ignore, at, (size_t)(line_end - at));
		at = line_end + 1;
	}
}

int nacre_ignore_parse(
	const char *text, size_t len, struct nacre_ignore **out_ignore, struct nacre_err *err)
{
	struct nacre_ignore *ignore = calloc(1, sizeof(*ignore));

	if (!ignore)
		return nacre_fail_nomem(err);
	ignore->text = malloc(len + 1);
	ignore->rules = calloc(DEFAULTS + count_lines(text, len), sizeof(ignore->rules[0]));
	if (!ignore->text || !ignore->rules) {
		nacre_ignore_free(ignore);
		return nacre_fail_nomem(err);
	}
	if (len > 0)
		memcpy(ignore->text, text, len);
	ignore->text[len] = '\0';
	add_lines(ignore, len);
	*out_ignore = ignore;
	return 0;
}

int nacre_ignore_load(
	int context, uint64_t most_bytes, struct nacre_ignore **out_ignore, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF((size_t)most_bytes);
	nacre_autofd int fd = -1;
	int rc = nacre_file_open_at(context, NACRE_IGNORE_FILE, &fd, NULL, err);

	if (rc == NACRE_E_NOT_FOUND)
		return nacre_ignore_parse("", 0, out_ignore, err);
	if (rc == 0)
		rc = nacre_buf_read_fd(&text, fd, err);
	if (rc == NACRE_E_LIMIT)
		rc = nacre_fail(err, rc, "more than %llu bytes (limit recipe-bytes)",
			(unsigned long long)most_bytes);
	if (rc)
		return nacre_within(err, rc, "%s", NACRE_IGNORE_FILE);
	return nacre_ignore_parse(text.data ? text.data : "", text.len, out_ignore, err);
}

bool nacre_ignore_match(const struct nacre_ignore *ignore, const char *path, bool is_dir)
{
	for (size_t i = ignore->count; i > 0; i--) {
		const struct rule *rule = &ignore->rules[i - 1];

		if (nacre_pattern_match_below(rule->pattern, rule->len, path, is_dir))
			return !rule->brings_back;
	}
	return false;
}
