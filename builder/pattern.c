/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching by the two-pointer way: of a mismatch only the last star can be to blame, so that no
 * pattern makes it try all ways to spread its stars. The same is done twice, with the bytes of a
 * name and with the names of a path.
 */
#include "builder/pattern.h"

#include <string.h>

/* A piece of text; `at` moves. */
struct span {
	const char *at;
	const char *end;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alpha(unsigned char c)
{
	return is_lower(c) || is_upper(c);
}

static bool is_alnum(unsigned char c)
{
	return is_alpha(c) || is_digit(c);
}

static bool is_xdigit(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_cntrl(unsigned char c)
{
	return c < 32 || c == 127;
}

static bool is_print(unsigned char c)
{
	return c >= 32 && c < 127;
}

static bool is_graph(unsigned char c)
{
	return c > 32 && c < 127;
}

static bool is_punct(unsigned char c)
{
	return is_graph(c) && !is_alnum(c);
}

/* [:NAME:], as isalpha(3) and the others have them in the C locale. */
static const struct {
	const char *name;
	bool (*has)(unsigned char c);
} classes[] = {
	{ "alnum", is_alnum },
	{ "alpha", is_alpha },
	{ "blank", is_blank },
	{ "cntrl", is_cntrl },
	{ "digit", is_digit },
	{ "graph", is_graph },
	{ "lower", is_lower },
	{ "print", is_print },
	{ "punct", is_punct },
	{ "space", is_space },
	{ "upper", is_upper },
	{ "xdigit", is_xdigit },
};

/* At "[:NAME:]": goes behind it, and says whether it has `c`. Else it stays where it is. */
static bool named_class(struct span *p, unsigned char c, bool *out_has)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t len = strlen(classes[i].name);

		if ((size_t)(p->end - p->at) < len + 4 || memcmp(p->at, "[:", 2) != 0 ||
			memcmp(p->at + 2, classes[i].name, len) != 0 ||
			memcmp(p->at + 2 + len, ":]", 2) != 0)
			continue;
		p->at += len + 4;
		*out_has = classes[i].has(c);
		return true;
	}
	return false;
}

/* One byte of a class, which a backslash may stand in front of. */
static bool class_byte(struct span *p, unsigned char *out_byte)
{
	if (*p->at == '\\')
		p->at++;
	if (p->at == p->end)
		return false;
	*out_byte = (unsigned char)*p->at++;
	return true;
}

/* A byte, or two with a "-" between them. */
static bool class_range(struct span *p, unsigned char c, bool *out_has)
{
	unsigned char low = 0, high;

	if (!class_byte(p, &low))
		return false;
	high = low;
	if (p->end - p->at >= 2 && p->at[0] == '-' && p->at[1] != ']') {
		p->at++;
		if (!class_byte(p, &high))
			return false;
	}
	*out_has = low <= c && c <= high;
	return true;
}

/* At "[": goes behind the "]" and says whether the class has `c`. False: it is not a class. */
static bool match_class(struct span *pattern, unsigned char c, bool *out_has)
{
	struct span p = { pattern->at + 1, pattern->end };
	bool is_not = p.at < p.end && (*p.at == '!' || *p.at == '^');
	bool has = false;

	p.at += is_not;
	for (bool is_first = true; p.at < p.end; is_first = false) {
		bool one = false;

		if (*p.at == ']' && !is_first) {
			pattern->at = p.at + 1;
			*out_has = has != is_not;
			return true;
		}
		if (!named_class(&p, c, &one) && !class_range(&p, c, &one))
			return false;
		has = has || one;
	}
	return false;
}

/* Takes one thing that is no star off the pattern, when it is for `c`. */
static bool match_byte(struct span *p, char c)
{
	bool has = false;

	switch (*p->at) {
	case '?':
		p->at++;
		return true;
	case '[':
		if (match_class(p, (unsigned char)c, &has))
			return has;
		break;
	case '\\':
		if (p->end - p->at < 2 || p->at[1] != c)
			return false;
		p->at += 2;
		return true;
	default:
		break;
	}
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static void skip_stars(struct span *p)
{
	while (p->at < p->end && *p->at == '*')
		p->at++;
}

static bool match_name(struct span p, struct span name)
{
	const char *after_star = NULL, *retry = NULL;

	while (name.at < name.end) {
		if (p.at < p.end && *p.at == '*') {
			skip_stars(&p);
			after_star = p.at;
			retry = name.at;
		} else if (p.at < p.end && match_byte(&p, *name.at)) {
			name.at++;
		} else if (after_star) {
			p.at = after_star;
			name.at = ++retry;
		} else {
			return false;
		}
	}
	skip_stars(&p);
	return p.at == p.end;
}

/* ---------------------------------------------------------------- names of a path */

/* The next name; what is left stands in `rest`. False when there is none. */
static bool next_name(struct span *rest, struct span *out_name)
{
	const char *slash;

	while (rest->at < rest->end && *rest->at == '/')
		rest->at++;
	if (rest->at == rest->end)
		return false;
	slash = memchr(rest->at, '/', (size_t)(rest->end - rest->at));
	*out_name = (struct span){ rest->at, slash ? slash : rest->end };
	rest->at = out_name->end;
	return true;
}

static bool is_any_names(const struct span *name)
{
	return name->end - name->at == 2 && name->at[0] == '*' && name->at[1] == '*';
}

/* Takes a row of "**" off the pattern; false when none stands there. */
static bool take_any_names(struct span *pattern)
{
	struct span rest = *pattern, name;
	bool any = false;

	while (next_name(&rest, &name) && is_any_names(&name)) {
		*pattern = rest;
		any = true;
	}
	return any;
}

static bool is_empty(struct span rest)
{
	struct span name;

	return !next_name(&rest, &name);
}

/* Takes a name off both when they match. */
static bool match_names(struct span *pattern, struct span *path)
{
	struct span p = *pattern, s = *path, want, name;

	if (!next_name(&p, &want) || !next_name(&s, &name) || !match_name(want, name))
		return false;
	*pattern = p;
	*path = s;
	return true;
}

bool nacre_pattern_match(const char *pattern, size_t len, const char *path)
{
	struct span p = { pattern, pattern + len }, s = { path, path + strlen(path) };
	struct span after_any = { NULL, NULL }, retry = { NULL, NULL }, name;

	while (!is_empty(s)) {
		if (take_any_names(&p)) {
			if (is_empty(p))
				return true;
			after_any = p;
			retry = s;
		} else if (match_names(&p, &s)) {
			continue;
		} else if (after_any.at) {
			(void)next_name(&retry, &name);
			p = after_any;
			s = retry;
		} else {
			return false;
		}
	}
	return is_empty(p);
}

bool nacre_pattern_leads(const char *pattern, size_t len, const char *dir)
{
	struct span p = { pattern, pattern + len }, s = { dir, dir + strlen(dir) };

	while (!is_empty(s)) {
		if (take_any_names(&p))
			return true;
		if (!match_names(&p, &s))
			return false;
	}
	return !is_empty(p);
}

bool nacre_pattern_match_below(const char *pattern, size_t len, const char *path, bool is_dir)
{
	const char *leaf = strrchr(path, '/');
	bool wants_dir = len > 0 && pattern[len - 1] == '/';

	if (wants_dir)
		len--;
	if (len == 0 || (wants_dir && !is_dir))
		return false;
	if (!memchr(pattern, '/', len))
		path = leaf ? leaf + 1 : path;
	return nacre_pattern_match(pattern, len, path);
}

/* -------------------------------------------------------------------- plain names */

static bool has_meaning(const struct span *name)
{
	for (const char *at = name->at; at < name->end; at++) {
		if (*at == '*' || *at == '?' || *at == '[')
			return true;
		if (*at == '\\')
			at++;
	}
	return false;
}

size_t nacre_pattern_plain(const char *pattern, size_t len)
{
	struct span rest = { pattern, pattern + len }, name;

	while (next_name(&rest, &name)) {
		if (has_meaning(&name))
			return (size_t)(name.at - pattern);
	}
	return len;
}

void nacre_pattern_unescape(const char *pattern, size_t len, char *out_text)
{
	for (size_t i = 0; i < len; i++) {
		if (pattern[i] == '\\' && i + 1 < len)
			i++;
		*out_text++ = pattern[i];
	}
	*out_text = '\0';
}
