/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a lock: each input is got as a build would get it, and measured. */
#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/base_image.h"
#include "builder/fd_digest.h"
#include "builder/lock_file.h"
#include "builder/recipe_load.h"
#include "builder/rootfs_tree.h"
#include "builder/tree_digest.h"

#include <string.h>

struct locking {
	const struct nacre_build_options *options;
	const struct nacre_env *env;
	int context;
	struct nacre_recipe *recipe;
	struct nacre_lock_file file;
	struct nacre_inputs inputs; /* without any lock */
	struct nacre_lock lock;
};

static void locking_clear(struct locking *l)
{
	nacre_lock_clear(&l->lock);
	nacre_inputs_clear(&l->inputs);
	nacre_lock_file_clear(&l->file);
	nacre_recipe_free(l->recipe);
	nacre_fd_close(&l->context);
}

/* What an input is. */
struct measure {
	struct nacre_digest digest;
	uint64_t size_bytes;
};

static int measure_image(const struct locking *l, const struct nacre_recipe_from *from,
	struct measure *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_base_image_clear)
	struct nacre_base_image image = { 0 };
	int rc =
		nacre_base_image_find(l->recipe, from, l->context, &l->inputs, l->env, &image, err);

	if (rc)
		return rc;
	*out = (struct measure){ image.top.digest, image.top.size_bytes };
	return 0;
}

static int measure_directory(const struct locking *l, const struct nacre_recipe_from *from,
	struct measure *out, struct nacre_err *err)
{
	const struct nacre_rootfs_tree_options options = { .all_xattrs = l->options->all_xattrs,
		.no_ledger = l->options->no_ledger,
		.ledger = l->options->ledger };
	NACRE_CLEANUP(nacre_rootfs_tree_clear)
	struct nacre_rootfs_tree rootfs = NACRE_ROOTFS_TREE;
	int rc = nacre_rootfs_tree_read(l->context, from->path, &options, l->env, &rootfs, err);

	return rc ? rc
		  : nacre_tree_digest(&rootfs.tree, l->env, &out->digest, &out->size_bytes, err);
}

static int measure_rootfs(const struct locking *l, const struct nacre_recipe_from *from,
	struct measure *out, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_user_open(l->context, from->path, 0, &fd, err);

	return rc ? rc : nacre_fd_digest(fd, NULL, &out->digest, &out->size_bytes, err);
}

static int measure_file(const struct locking *l, const struct nacre_recipe_step *step,
	struct measure *out, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_inputs_open_url(&l->inputs, step->url.text, &step->sha256, l->env, &fd, err);

	if (rc == 0)
		rc = nacre_fd_digest(fd, NULL, &out->digest, &out->size_bytes, err);
	if (rc == 0 && !nacre_digest_equal(&out->digest, &step->sha256))
		rc = nacre_fail(err, NACRE_E_DIGEST, "%s: its content has digest %s",
			step->url.text, out->digest.text);
	return rc;
}

static int measure(const struct locking *l, const struct nacre_input *input, struct measure *out,
	struct nacre_err *err)
{
	switch (input->kind) {
	case NACRE_INPUT_DIRECTORY:
		return measure_directory(l, input->from, out, err);
	case NACRE_INPUT_FILE:
		return measure_file(l, input->step, out, err);
	case NACRE_INPUT_IMAGE:
		return measure_image(l, input->from, out, err);
	case NACRE_INPUT_ROOTFS:
		break;
	}
	return measure_rootfs(l, input->from, out, err);
}

static int measure_all(
	struct locking *l, struct nacre_gathered *out_gathered, struct nacre_err *err)
{
	nacre_autofree struct nacre_input *inputs = NULL;
	size_t count = 0;
	int rc = nacre_recipe_inputs(l->recipe, &inputs, &count, err);

	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct nacre_input *input = &inputs[i];
		struct measure got;

		rc = nacre_step(l->env, err, "measuring %s", input->name);
		if (rc == 0)
			rc = measure(l, input, &got, err);
		if (rc)
			return nacre_recipe_within(err, l->recipe, input->mark, rc, "%s '%s'",
				nacre_input_kind_name(input->kind), input->name);
		rc = nacre_lock_add(
			&l->lock, input->kind, input->name, &got.digest, got.size_bytes, err);
		out_gathered->count++;
		out_gathered->bytes += got.size_bytes;
	}
	return rc;
}

/* The old lock is what the new one would be. */
static int compare(const struct locking *l, const struct nacre_lock *old, struct nacre_err *err)
{
	int rc = nacre_lock_fit(old, l->recipe, err);

	for (size_t i = 0; i < l->lock.count && rc == 0; i++) {
		const struct nacre_lock_entry *now = &l->lock.entries[i];

		rc = nacre_lock_check(
			old, now->kind, now->name, &now->digest, now->size_bytes, err);
		if (rc)
			rc = nacre_within(err, rc, "%s", now->name);
	}
	return rc;
}

static int check(const struct locking *l, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_lock_clear)
	struct nacre_lock old = { NULL, 0 };
	bool is_there = false;
	int rc = nacre_lock_file_load(&l->file, l->env, &old, &is_there, err);

	if (rc)
		return rc;
	if (!is_there)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "%s: there is none", l->file.name);
	rc = compare(l, &old, err);
	return rc ? nacre_within(err, rc, "%s", l->file.name) : 0;
}

/* One that cannot be read is another one; it is what this is there to replace. */
static int store(const struct locking *l, bool *out_has_changed, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_lock_clear)
	struct nacre_lock old = { NULL, 0 };
	bool is_there = false;
	int rc = nacre_lock_file_load(&l->file, l->env, &old, &is_there, NULL);

	if (rc == 0 && is_there && compare(l, &old, NULL) == 0)
		return 0;
	*out_has_changed = true;
	return nacre_lock_file_store(&l->file, &l->lock, l->env, err);
}

int nacre_recipe_lock(const struct nacre_build_options *options, bool check_only,
	const struct nacre_env *env, struct nacre_gathered *out_gathered, struct nacre_err *err)
{
	NACRE_CLEANUP(locking_clear)
	struct locking l;
	struct nacre_gathered gathered = { 0, 0, false };
	int rc;

	memset(&l, 0, sizeof(l));
	l.options = options;
	l.env = env;
	l.file = (struct nacre_lock_file)NACRE_LOCK_FILE;
	l.inputs.cache = options->cache;
	l.inputs.net = &options->net;
	rc = nacre_recipe_load(options, env, &l.context, &l.recipe, err);
	if (rc == 0)
		rc = nacre_lock_file_find(options, l.context, &l.file, err);
	if (rc == 0)
		rc = measure_all(&l, &gathered, err);
	if (rc == 0)
		rc = check_only ? check(&l, err) : store(&l, &gathered.has_changed, err);
	if (rc == 0)
		*out_gathered = gathered;
	return rc;
}
