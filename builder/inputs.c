/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what comes from outside. */
#include "builder/inputs.h"

#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/fd_digest.h"
#include "builder/fetch.h"
#include "builder/inputs_dir.h"
#include "builder/lock_file.h"

#include <string.h>
#include <sys/stat.h>

void nacre_inputs_clear(struct nacre_inputs *inputs)
{
	nacre_layout_free(inputs->vendor);
	nacre_lock_clear(&inputs->lock);
	memset(inputs, 0, sizeof(*inputs));
}

static int open_lock(const struct nacre_build_options *options, int context,
	const struct nacre_recipe *recipe, const struct nacre_env *env, struct nacre_inputs *inputs,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_lock_file_clear)
	struct nacre_lock_file file = NACRE_LOCK_FILE;
	int rc = nacre_lock_file_find(options, context, &file, err);

	if (rc == 0)
		rc = nacre_lock_file_load(&file, env, &inputs->lock, &inputs->is_locked, err);
	if (rc || !inputs->is_locked)
		return rc;
	rc = nacre_lock_fit(&inputs->lock, recipe, err);
	return rc ? nacre_within(err, rc, "%s", file.name) : 0;
}

int nacre_inputs_open(const struct nacre_build_options *options, int context,
	const struct nacre_recipe *recipe, const struct nacre_env *env,
	struct nacre_inputs *out_inputs, struct nacre_err *err)
{
	int rc = open_lock(options, context, recipe, env, out_inputs, err);

	out_inputs->cache = options->cache;
	out_inputs->net = &options->net;
	if (rc || !options->vendor)
		return rc;
	if (!out_inputs->is_locked)
		return nacre_fail(err, NACRE_E_ARG,
			"%s: no lock beside the recipe says what to take from it; nacre lock "
			"writes one",
			options->vendor);
	return nacre_layout_open(options->vendor, &out_inputs->vendor, err);
}

int nacre_inputs_check(const struct nacre_inputs *inputs, enum nacre_input_kind kind,
	const char *name, const struct nacre_digest *digest, uint64_t size_bytes,
	struct nacre_err *err)
{
	return inputs->is_locked
		? nacre_lock_check(&inputs->lock, kind, name, digest, size_bytes, err)
		: 0;
}

/* A blob that was gathered, by what the lock says of it. */
static int open_gathered(const struct nacre_inputs *inputs, enum nacre_input_kind kind,
	const char *name, int *out_fd, struct nacre_err *err)
{
	const struct nacre_lock_entry *entry;
	struct nacre_descriptor desc;
	int rc = nacre_lock_find(&inputs->lock, kind, name, &entry, err);

	if (rc)
		return rc;
	memset(&desc, 0, sizeof(desc));
	desc.digest = entry->digest;
	desc.size_bytes = entry->size_bytes;
	return nacre_layout_open_blob(inputs->vendor, &desc, out_fd, NULL, err);
}

static int fetch(const struct nacre_inputs *inputs, const char *url,
	const struct nacre_digest *sha256, const struct nacre_env *env, int *out_fd,
	struct nacre_err *err)
{
	nacre_autofd int dir = -1, fd = -1;
	struct stat st;
	int rc = nacre_inputs_dir_open(inputs->cache, &dir, err);

	if (rc == 0 && faccessat(dir, nacre_digest_hex(sha256), F_OK, 0) < 0)
		nacre_explain_redone(inputs->explain, "it had to be fetched");
	if (rc == 0)
		rc = nacre_fetch(dir, url, sha256, inputs->net, env, &fd, err);
	if (rc)
		return rc;
	if (fstat(fd, &st) < 0)
		return nacre_fail_os(err, "stat");
	nacre_cache_use_input(inputs->known, sha256, (uint64_t)st.st_size);
	rc = nacre_inputs_check(inputs, NACRE_INPUT_FILE, url, sha256, (uint64_t)st.st_size, err);
	if (rc == 0)
		*out_fd = nacre_steal_fd(&fd);
	return rc;
}

int nacre_inputs_open_url(const struct nacre_inputs *inputs, const char *url,
	const struct nacre_digest *sha256, const struct nacre_env *env, int *out_fd,
	struct nacre_err *err)
{
	int rc = inputs->vendor ? open_gathered(inputs, NACRE_INPUT_FILE, url, out_fd, err)
				: fetch(inputs, url, sha256, env, out_fd, err);

	return rc ? nacre_within(err, rc, "%s", url) : 0;
}

int nacre_inputs_open_rootfs(const struct nacre_inputs *inputs,
	const struct nacre_recipe_from *from, int context, int scratch, const struct nacre_env *env,
	int *out_fd, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	nacre_autofd int fd = -1;
	struct nacre_digest digest;
	uint64_t size = 0;
	int rc = inputs->vendor ? open_gathered(inputs, NACRE_INPUT_ROOTFS, from->text, &fd, err)
				: nacre_user_open(context, from->path, 0, &fd, err);

	if (rc == 0 && inputs->is_locked)
		rc = nacre_fd_own(&fd, scratch, limits.blob_bytes, &digest, &size, err);
	if (rc == 0 && inputs->is_locked)
		rc = nacre_inputs_check(inputs, NACRE_INPUT_ROOTFS, from->text, &digest, size, err);
	if (rc == 0)
		*out_fd = nacre_steal_fd(&fd);
	return rc;
}
