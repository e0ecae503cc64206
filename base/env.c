/* SPDX-License-Identifier: Apache-2.0 */
/* Limits by name, and events. */
#include "base/env.h"

#include "base/deadline.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static const struct limit {
	const char *name;
	size_t offset;
	uint64_t value; /* the default */
	uint64_t most;
} limits_table[] = {
	{ "document-bytes", offsetof(struct nacre_limits, document_bytes), 4 * MIB, GIB },
	{ "json-depth", offsetof(struct nacre_limits, json_depth), 64, 1000 },
	{ "json-members", offsetof(struct nacre_limits, json_members), 10000, UINT64_MAX },
	{ "json-values", offsetof(struct nacre_limits, json_values), 200000, UINT64_MAX },
	{ "index-depth", offsetof(struct nacre_limits, index_depth), 4, 64 },
	{ "index-descriptors", offsetof(struct nacre_limits, index_descriptors), 1000, UINT64_MAX },
	{ "signatures", offsetof(struct nacre_limits, signatures), 256, UINT64_MAX },
	{ "layers", offsetof(struct nacre_limits, layers), 256, 65535 },
	{ "blob-bytes", offsetof(struct nacre_limits, blob_bytes), 16 * GIB, UINT64_MAX },
	{ "layer-bytes", offsetof(struct nacre_limits, layer_bytes), 16 * GIB, UINT64_MAX },
	{ "image-bytes", offsetof(struct nacre_limits, image_bytes), 64 * GIB, UINT64_MAX },
	{ "ratio", offsetof(struct nacre_limits, ratio), 100, UINT64_MAX },
	{ "zstd-window-bytes", offsetof(struct nacre_limits, zstd_window_bytes), 128 * MIB,
		2 * GIB },
	{ "layer-members", offsetof(struct nacre_limits, layer_members), 1000000, UINT64_MAX },
	{ "image-members", offsetof(struct nacre_limits, image_members), 4000000, UINT64_MAX },
	{ "path-bytes", offsetof(struct nacre_limits, path_bytes), 4095, MIB },
	{ "name-bytes", offsetof(struct nacre_limits, name_bytes), 255, 255 },
	{ "depth", offsetof(struct nacre_limits, depth), 1000, 10000 },
	{ "implied-dirs", offsetof(struct nacre_limits, implied_dirs), 65536, UINT32_MAX },
	{ "link-steps", offsetof(struct nacre_limits, link_steps), 65536, UINT32_MAX },
	{ "pax-bytes", offsetof(struct nacre_limits, pax_bytes), MIB, GIB },
	{ "long-name-bytes", offsetof(struct nacre_limits, long_name_bytes), 64 * KIB, GIB },
	{ "xattrs", offsetof(struct nacre_limits, xattrs), 100, UINT64_MAX },
	{ "xattr-name-bytes", offsetof(struct nacre_limits, xattr_name_bytes), 255, 255 },
	{ "xattr-value-bytes", offsetof(struct nacre_limits, xattr_value_bytes), 64 * KIB, GIB },
	{ "xattr-bytes", offsetof(struct nacre_limits, xattr_bytes), 128 * KIB, GIB },
	{ "layer-xattr-bytes", offsetof(struct nacre_limits, layer_xattr_bytes), 128 * MIB,
		UINT64_MAX },
	{ "tree-bytes", offsetof(struct nacre_limits, tree_bytes), GIB, UINT64_MAX },
	{ "recipe-bytes", offsetof(struct nacre_limits, recipe_bytes), MIB, GIB },
	{ "seconds", offsetof(struct nacre_limits, seconds), UINT64_MAX, UINT32_MAX },
};

#define LIMITS (sizeof(limits_table) / sizeof(limits_table[0]))

const char *nacre_version(void)
{
	return NACRE_VERSION;
}

static uint64_t *member_of(struct nacre_limits *limits, const struct limit *row)
{
	return (uint64_t *)(void *)((char *)limits + row->offset);
}

void nacre_limits_default(struct nacre_limits *limits)
{
	for (size_t i = 0; i < LIMITS; i++) {
		uint64_t *value = member_of(limits, &limits_table[i]);

		if (*value == 0)
			*value = limits_table[i].value;
	}
}

const char *nacre_limits_name(size_t i)
{
	return i < LIMITS ? limits_table[i].name : NULL;
}

static bool same_name(const char *want, const char *got)
{
	for (; *want; want++, got++) {
		if (*got != *want && !(*want == '-' && *got == '_'))
			return false;
	}
	return *got == '\0';
}

int nacre_limits_set(
	struct nacre_limits *limits, const char *name, uint64_t value, struct nacre_err *err)
{
	for (size_t i = 0; i < LIMITS; i++) {
		if (!same_name(limits_table[i].name, name))
			continue;
		if (value == 0)
			return nacre_fail(err, NACRE_E_ARG, "limit '%s' is zero", name);
		if (value > limits_table[i].most)
			return nacre_fail(err, NACRE_E_ARG, "limit '%s' is at most %llu", name,
				(unsigned long long)limits_table[i].most);
		*member_of(limits, &limits_table[i]) = value;
		return 0;
	}
	return nacre_fail(err, NACRE_E_NOT_FOUND, "there is no limit '%s'", name);
}

struct nacre_limits nacre_env_limits(const struct nacre_env *env)
{
	struct nacre_limits limits;

	if (env)
		limits = env->limits;
	else
		memset(&limits, 0, sizeof(limits));
	nacre_limits_default(&limits);
	return limits;
}

static int tell(const struct nacre_env *env, const struct nacre_event *event, struct nacre_err *err)
{
	if (env && env->event && env->event(event, env->user))
		return nacre_fail(err, NACRE_E_CANCELED, "canceled");
	return nacre_deadline_check(env, err);
}

int nacre_step(const struct nacre_env *env, struct nacre_err *err, const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	struct nacre_event event = { NACRE_STEP, text, 0, 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return tell(env, &event, err);
}

int nacre_warn(const struct nacre_env *env, struct nacre_err *err, const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	struct nacre_event event = { NACRE_WARNING, text, 0, 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return tell(env, &event, err);
}

int nacre_progress(const struct nacre_env *env, const char *subject, uint64_t done_bytes,
	uint64_t total_bytes, struct nacre_err *err)
{
	struct nacre_event event = { NACRE_PROGRESS, subject, done_bytes, total_bytes };

	return tell(env, &event, err);
}
