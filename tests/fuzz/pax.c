/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pax records: what was accepted must come out of its own records the same, and a global header
 * must be refused whenever it says anything.
 */
#include "base/env.h"
#include "layers/tar_pax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_record(
	struct nacre_buf *buf, const char *prefix, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(prefix) + strlen(key) + len + 3, total = rest + 1;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", total) != total)
		total++;
	if (nacre_buf_printf(buf, NULL, "%zu %s%s=", total, prefix, key) ||
		nacre_buf_add(buf, value, len, NULL) || nacre_buf_add(buf, "\n", 1, NULL))
		abort();
}

static void add_number(struct nacre_buf *buf, const char *key, bool is_there, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (is_there)
		add_record(buf, "", key, text, strlen(text));
}

/* Seconds and nanoseconds forward as one decimal fraction. */
static void add_mtime(struct nacre_buf *buf, const struct nacre_pax *pax)
{
	bool is_negative = pax->mtime_s < 0;
	uint64_t s = is_negative ? -(uint64_t)pax->mtime_s : (uint64_t)pax->mtime_s;
	uint32_t ns = pax->mtime_ns;
	char text[64];

	if (is_negative && ns > 0) {
		s--;
		ns = 1000000000 - ns;
	}
	(void)snprintf(text, sizeof(text), "%s%llu.%09u", is_negative ? "-" : "",
		(unsigned long long)s, ns);
	if (pax->has_mtime)
		add_record(buf, "", "mtime", text, strlen(text));
}

static bool same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return !a == !b && a_len == b_len && (!a || memcmp(a, b, a_len) == 0);
}

static bool is_same(const struct nacre_pax *a, const struct nacre_pax *b)
{
	if (!same_text(a->path, a->path_len, b->path, b->path_len) ||
		!same_text(a->link, a->link_len, b->link, b->link_len) ||
		a->has_size != b->has_size || a->size_bytes != b->size_bytes ||
		a->has_uid != b->has_uid || a->uid != b->uid || a->has_gid != b->has_gid ||
		a->gid != b->gid || a->has_mtime != b->has_mtime || a->mtime_s != b->mtime_s ||
		a->mtime_ns != b->mtime_ns || a->xattr_count != b->xattr_count)
		return false;
	for (size_t i = 0; i < a->xattr_count; i++) {
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 ||
			!same_text(a->xattrs[i].value, a->xattrs[i].len, b->xattrs[i].value,
				b->xattrs[i].len))
			return false;
	}
	return true;
}

static void check(const struct nacre_pax *pax, const struct nacre_limits *limits)
{
	struct nacre_buf body = NACRE_BUF((size_t)1 << 26);
	struct nacre_arena arena = NACRE_ARENA;
	struct nacre_pax again;

	if (nacre_buf_reserve(&body, 0, NULL))
		abort();
	if (pax->path)
		add_record(&body, "", "path", pax->path, pax->path_len);
	if (pax->link)
		add_record(&body, "", "linkpath", pax->link, pax->link_len);
	add_number(&body, "size", pax->has_size, pax->size_bytes);
	add_number(&body, "uid", pax->has_uid, pax->uid);
	add_number(&body, "gid", pax->has_gid, pax->gid);
	add_mtime(&body, pax);
	for (size_t i = 0; i < pax->xattr_count; i++)
		add_record(&body, "SCHILY.xattr.", pax->xattrs[i].name, pax->xattrs[i].value,
			pax->xattrs[i].len);
	if (pax->mtime_ns > 999999999 ||
		nacre_pax_parse(body.data, body.len, false, limits, &arena, NULL, &again, NULL) ||
		!is_same(pax, &again))
		abort();
	nacre_arena_clear(&arena);
	nacre_buf_clear(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_arena arena = NACRE_ARENA;
	char *body = malloc(size + 1), *copy = malloc(size + 1);
	struct nacre_pax pax, global;

	if (!body || !copy)
		abort();
	if (size) {
		memcpy(body, data, size);
		memcpy(copy, data, size);
	}
	if (nacre_pax_parse(body, size, false, &limits, &arena, NULL, &pax, NULL) == 0) {
		bool says = pax.path || pax.link || pax.has_size || pax.has_uid || pax.has_gid ||
			pax.has_mtime || pax.xattr_count > 0;

		check(&pax, &limits);
		if (nacre_pax_parse(copy, size, true, &limits, &arena, NULL, &global, NULL) == 0 &&
			says)
			abort();
	}
	nacre_arena_clear(&arena);
	free(body);
	free(copy);
	return 0;
}
