/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of a build to its recipe, and from its includes to their texts. */
#include "builder/recipe_load.h"

#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/context.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const names[] = { "nacre.yaml", "nacre.json" };

static int open_named(
	int context, const char *dir, int *out_fd, const char **out_name, struct nacre_err *err)
{
	const char *found = NULL;
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fstatat(context, names[i], &st, 0) < 0)
			continue;
		if (found)
			return nacre_fail(err, NACRE_E_EXISTS,
				"%s: has both %s and %s; -f chooses one", dir, found, names[i]);
		found = names[i];
	}
	if (!found)
		return nacre_fail(
			err, NACRE_E_NOT_FOUND, "%s: no %s or %s in it", dir, names[0], names[1]);
	*out_name = found;
	return nacre_file_open_at(context, found, out_fd, NULL, err);
}

/* The loader of includes: beneath the context, and nowhere else. */
static int load_included(
	void *user, const char *path, struct nacre_buf *out_text, struct nacre_err *err)
{
	const int *context = user;
	nacre_autofd int fd = -1;
	int rc = nacre_context_open_file(*context, path, &fd, err);

	if (rc)
		return rc;
	rc = nacre_buf_read_fd(out_text, fd, err);
	return rc ? nacre_within(err, rc, "'%s'", path) : 0;
}

/*
 * Where a recipe lies that was named by itself (-f): its folder as seen from the context,
 * the caller's to free. NULL when it lies outside, which only includes mind.
 */
static char *folder_in_context(const char *recipe, const char *context)
{
	nacre_autofree char *top = realpath(context, NULL);
	nacre_autofree char *dir = strdup(recipe);
	nacre_autofree char *real = NULL;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	size_t len = top ? strlen(top) : 0;

	if (!top || !dir)
		return NULL;
	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	real = realpath(slash ? dir : ".", NULL);
	if (len == 1)
		len = 0; /* the context is "/" */
	if (!real || strncmp(real, top, len) != 0 || (real[len] != '/' && real[len] != '\0'))
		return NULL;
	return strdup(real + len + (real[len] == '/' ? 1 : 0));
}

static int load(const struct nacre_build_options *options, int context, const struct nacre_env *env,
	struct nacre_recipe **out_recipe, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	struct nacre_recipe_loader loader = { load_included, &context, "" };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(limits.recipe_bytes);
	nacre_autofree char *dir = NULL;
	const char *name = options->recipe;
	nacre_autofd int fd = -1;
	int rc;

	rc = name ? nacre_file_open(name, &fd, NULL, err)
		  : open_named(context, options->context, &fd, &name, err);
	if (rc == 0) {
		rc = nacre_buf_read_fd(&text, fd, err);
		if (rc == NACRE_E_LIMIT)
			rc = nacre_fail(err, rc, "more than %llu bytes (limit recipe-bytes)",
				(unsigned long long)limits.recipe_bytes);
		if (rc)
			return nacre_within(err, rc, "%s", name);
	}
	if (rc)
		return rc;
	if (options->recipe) {
		dir = folder_in_context(options->recipe, options->context);
		loader.dir = dir;
	}
	return nacre_recipe_parse_with(&loader, name, text.data, text.len, options->args,
		options->arg_count, &limits, out_recipe, err);
}

int nacre_recipe_load(const struct nacre_build_options *options, const struct nacre_env *env,
	int *out_context, struct nacre_recipe **out_recipe, struct nacre_err *err)
{
	int rc;

	*out_context = -1;
	rc = nacre_dir_open(options->context, out_context, err);
	return rc ? rc : load(options, *out_context, env, out_recipe, err);
}
