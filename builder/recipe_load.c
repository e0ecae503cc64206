/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of a build to its recipe. */
#include "builder/recipe_load.h"

#include "base/env.h"
#include "base/file.h"

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

int nacre_recipe_load(const struct nacre_build_options *options, int context,
	const struct nacre_env *env, struct nacre_recipe **out_recipe, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(limits.recipe_bytes);
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
	return nacre_recipe_parse(name, text.data, text.len, options->args, options->arg_count,
		&limits, out_recipe, err);
}
