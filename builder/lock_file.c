/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, reading and replacing the lock beside a recipe. */
#include "builder/lock_file.h"

#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/staged.h"

#include <fcntl.h>
#include <string.h>

#define SUFFIX ".lock"

void nacre_lock_file_clear(struct nacre_lock_file *file)
{
	nacre_fd_close(&file->dir);
}

/* In the place of the last suffix; behind it, where it is our own. */
static int set_name(const char *recipe, struct nacre_lock_file *file, struct nacre_err *err)
{
	const char *dot = strrchr(recipe, '.');
	size_t len = dot && dot > recipe && strcmp(dot, SUFFIX) != 0 ? (size_t)(dot - recipe)
								     : strlen(recipe);

	if (len + sizeof(SUFFIX) > sizeof(file->name))
		return nacre_fail(err, NACRE_E_ARG,
			"'%s': a name this long leaves no room for its lock's", recipe);
	memcpy(file->name, recipe, len);
	memcpy(file->name + len, SUFFIX, sizeof(SUFFIX));
	return 0;
}

int nacre_lock_file_find(const struct nacre_build_options *options, int context,
	struct nacre_lock_file *out_file, struct nacre_err *err)
{
	char recipe[256];
	int rc;

	if (!options->recipe) {
		out_file->dir = fcntl(context, F_DUPFD_CLOEXEC, 3);
		return out_file->dir < 0 ? nacre_fail_os(err, "%s", options->context)
					 : set_name("nacre.yaml", out_file, err);
	}
	rc = nacre_dir_open_parent(options->recipe, &out_file->dir, recipe, sizeof(recipe), err);
	return rc ? rc : set_name(recipe, out_file, err);
}

static int too_long(const struct nacre_limits *limits, struct nacre_err *err)
{
	return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit document-bytes)",
		(unsigned long long)limits->document_bytes);
}

int nacre_lock_file_load(const struct nacre_lock_file *file, const struct nacre_env *env,
	struct nacre_lock *out_lock, bool *out_is_there, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(limits.document_bytes);
	nacre_autofd int fd = -1;
	int rc = nacre_file_open_at(file->dir, file->name, &fd, NULL, err);

	*out_is_there = rc != NACRE_E_NOT_FOUND;
	if (!*out_is_there)
		return 0;
	if (rc == 0)
		rc = nacre_buf_read_fd(&text, fd, err);
	if (rc == NACRE_E_LIMIT)
		rc = too_long(&limits, err);
	if (rc == 0)
		rc = nacre_lock_parse(text.data ? text.data : "", text.len, &limits, out_lock, err);
	return rc ? nacre_within(err, rc, "%s", file->name) : 0;
}

int nacre_lock_file_store(const struct nacre_lock_file *file, const struct nacre_lock *lock,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged staged = NACRE_STAGED;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	int rc = nacre_lock_emit(lock, &text, err);

	if (rc == 0 && text.len > limits.document_bytes)
		rc = too_long(&limits, err);
	if (rc == 0)
		nacre_staging_sweep(file->dir);
	if (rc == 0)
		rc = nacre_staged_open(&staged, file->dir, 0666, err);
	if (rc == 0)
		rc = nacre_write_all(staged.fd, text.data, text.len, err);
	if (rc == 0)
		rc = nacre_staged_commit(&staged, file->name, err);
	return rc ? nacre_within(err, rc, "%s", file->name) : 0;
}
