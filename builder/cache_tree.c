/* SPDX-License-Identifier: Apache-2.0 */
/* Trees in the cache, as one process hands them to another: layers/tree_wire.h. */
#include "builder/cache_tree.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/worker.h"
#include "builder/archive_tree.h"
#include "builder/content_key.h"
#include "builder/fd_digest.h"
#include "layers/tree_wire.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What was read within other limits might not be read within these. */
static int add_limits(const struct nacre_env *env, struct nacre_buf *key, struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(env);
	struct nacre_digest digest;

	limits.seconds = 0;
	nacre_digest_of(&limits, sizeof(limits), &digest);
	return nacre_buf_printf(key, err, "tree %d %s", NACRE_CACHE_TREE_FORMAT, digest.text);
}

static void keep_tree(struct nacre_cache *cache, const char *key, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		nacre_cache_keep_file(cache, NACRE_CACHE_TREE, key, fd, (uint64_t)st.st_size);
}

/* ------------------------------------------------------------------ images */

static int find_image_key(const struct nacre_image_tree *image,
	const struct nacre_manifest *manifest, const struct nacre_config *config,
	const struct nacre_env *env, char out_key[65], struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf key = NACRE_BUF(SIZE_MAX / 4);
	int rc = add_limits(env, &key, err);

	for (size_t i = 0; i < image->layer_count && rc == 0; i++) {
		const struct nacre_budget *budget = nacre_layer_blob_budget(image->layers[i]);

		rc = nacre_buf_printf(&key, err, "\nlayer %s %s %s %d %llu %llu %llu",
			manifest->layers.items[i].media_type, manifest->layers.items[i].digest.text,
			config->diff_ids[i].text, budget->is_there,
			(unsigned long long)budget->bytes, (unsigned long long)budget->entries,
			(unsigned long long)budget->xattr_bytes);
	}
	if (rc == 0)
		nacre_cache_key(key.data, key.len, out_key);
	return rc;
}

/* A tree that cannot be read after all is none, and the next one begins anew. */
static bool load_image(struct nacre_cache *cache, const char *key, const struct nacre_env *env,
	struct nacre_image_tree *image)
{
	nacre_autofd int fd = -1;
	struct nacre_digest digest;
	uint64_t size;

	return nacre_cache_open_file(cache, NACRE_CACHE_TREE, key, true, &fd, &size, &digest) &&
		nacre_image_tree_load(image, fd, env, NULL) == 0;
}

static int read_image(struct nacre_cache *cache, const char *key, const struct nacre_env *env,
	struct nacre_image_tree *image, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc;

	nacre_tree_clear(&image->tree);
	rc = nacre_tree_init(&image->tree, err);
	if (rc == 0)
		rc = nacre_image_tree_read_opened(image, env, err);
	if (rc || !cache)
		return rc;
	rc = nacre_worker_file(&fd, err);
	if (rc == 0)
		rc = nacre_image_tree_store(image, fd, err);
	if (rc == 0)
		keep_tree(cache, key, fd);
	return rc;
}

int nacre_cached_image_tree_read(struct nacre_cache *cache, const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config, int scratch,
	const struct nacre_env *env, struct nacre_image_tree *out_image, bool *out_is_read,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	char key[65] = "";
	int rc;

	memset(&image, 0, sizeof(image));
	rc = nacre_image_tree_open(layout, manifest, config, scratch, env, &image, err);
	if (rc == 0)
		rc = find_image_key(&image, manifest, config, env, key, err);
	if (rc)
		return rc;
	*out_is_read = !load_image(cache, key, env, &image);
	if (*out_is_read)
		rc = read_image(cache, key, env, &image, err);
	if (rc)
		return rc;
	*out_image = image;
	memset(&image, 0, sizeof(image));
	return 0;
}

/* ---------------------------------------------------------------- archives */

/* Both files of an archive in the cache. */
struct keys {
	char tree[65];
	char contents[65];
	char name[NACRE_DIGEST_TEXT + 32]; /* of the spool */
};

static int find_archive_keys(const struct nacre_archive *archive, const struct nacre_env *env,
	struct keys *out_keys, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf key = NACRE_BUF(SIZE_MAX / 4);
	int rc = add_limits(env, &key, err);

	(void)snprintf(out_keys->name, sizeof(out_keys->name), "archive %d %s %u",
		NACRE_CACHE_TREE_FORMAT, archive->found.text, archive->strip);
	if (rc == 0)
		rc = nacre_buf_printf(&key, err, "\n%s", out_keys->name);
	if (rc)
		return rc;
	nacre_cache_key(key.data, key.len, out_keys->tree);
	rc = nacre_buf_add_text(&key, " contents", err);
	if (rc == 0)
		nacre_cache_key(key.data, key.len, out_keys->contents);
	return rc;
}

/* The digest of a file that was read before and has not changed since. */
static bool know_file(struct nacre_cache *cache, int fd, char out_name[NACRE_CONTENT_NAME],
	struct nacre_digest *out_digest)
{
	struct stat st;

	out_name[0] = '\0';
	return cache && fstat(fd, &st) == 0 &&
		nacre_stat_name(&st, nacre_cache_racy_from(cache), out_name, NACRE_CONTENT_NAME) &&
		nacre_content_find(cache, out_name, out_digest);
}

/* What is proven of it must be what is read of it: a copy that nobody else can change. */
static int own(struct nacre_archive *archive, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	uint64_t size;

	return nacre_fd_own(
		&archive->fd, archive->scratch, limits.blob_bytes, &archive->found, &size, err);
}

static int check_want(const struct nacre_archive *archive, struct nacre_err *err)
{
	if (nacre_digest_is_empty(&archive->want) ||
		nacre_digest_equal(&archive->found, &archive->want))
		return 0;
	return nacre_fail(err, NACRE_E_DIGEST, "its content has digest %s", archive->found.text);
}

/* Knows the archive, or makes it known. */
static int identify(struct nacre_cache *cache, struct nacre_archive *archive, bool *out_owned,
	const struct nacre_env *env, struct nacre_err *err)
{
	char name[NACRE_CONTENT_NAME], again[NACRE_CONTENT_NAME];
	struct nacre_digest other;
	nacre_autofd int original = -1;
	int rc;

	*out_owned = !know_file(cache, archive->fd, name, &archive->found);
	if (!*out_owned)
		return check_want(archive, err);
	original = dup(archive->fd);
	rc = own(archive, env, err);
	/* As long as it is what it was, this is its digest. */
	if (rc == 0 && *name && original >= 0 && !know_file(cache, original, again, &other) &&
		strcmp(name, again) == 0)
		nacre_content_keep(cache, name, &archive->found);
	return rc ? rc : check_want(archive, err);
}

static bool load_archive(struct nacre_cache *cache, const struct keys *keys,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_spool **out_spool)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;
	nacre_autofd int wire = -1, contents = -1;
	struct nacre_origin *origin;
	struct nacre_digest digest;
	uint64_t wire_bytes, bytes;

	if (!nacre_cache_open_file(
		    cache, NACRE_CACHE_TREE, keys->tree, true, &wire, &wire_bytes, &digest) ||
		!nacre_cache_open_file(cache, NACRE_CACHE_TREE, keys->contents, true, &contents,
			&bytes, &digest) ||
		nacre_spool_take(&contents, bytes, &spool, NULL) ||
		nacre_spool_set_name(spool, keys->name, NULL) ||
		nacre_source_fd(wire, 0, wire_bytes, &source, NULL))
		return false;
	origin = nacre_spool_origin(spool);
	if (nacre_tree_wire_read(source, &origin, 1, &limits, tree, NULL))
		return false;
	*out_spool = nacre_steal(&spool);
	return true;
}

static void keep_archive(struct nacre_cache *cache, const struct keys *keys,
	struct nacre_tree *tree, struct nacre_spool *spool)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	nacre_autofd int fd = -1;
	struct nacre_origin *origin = nacre_spool_origin(spool);

	if (nacre_worker_file(&fd, NULL) || nacre_sink_fd(fd, &sink, NULL) ||
		nacre_tree_wire_write(tree, &origin, 1, sink, NULL))
		return;
	nacre_cache_keep_file(cache, NACRE_CACHE_TREE, keys->contents, nacre_spool_fd(spool),
		nacre_spool_size(spool));
	keep_tree(cache, keys->tree, fd);
}

static int read_archive(struct nacre_cache *cache, struct nacre_archive *archive,
	const struct keys *keys, const struct nacre_env *env, struct nacre_tree *tree,
	struct nacre_spool **out_spool, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;
	int rc = nacre_spool_new(archive->scratch, archive->max_bytes, &spool, err);

	archive->is_read = true;
	if (rc == 0)
		rc = nacre_archive_tree_read(archive->fd, archive->strip, spool, env, tree, err);
	if (rc == 0 && cache)
		rc = nacre_spool_set_name(spool, keys->name, err);
	if (rc)
		return rc;
	if (cache)
		keep_archive(cache, keys, tree, spool);
	*out_spool = nacre_steal(&spool);
	return 0;
}

int nacre_cached_archive_read(struct nacre_cache *cache, struct nacre_archive *archive,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_spool **out_spool,
	struct nacre_err *err)
{
	struct keys keys = { 0 };
	bool owned = false;
	int rc = 0;

	if (cache || !nacre_digest_is_empty(&archive->want))
		rc = identify(cache, archive, &owned, env, err);
	if (rc == 0 && cache)
		rc = find_archive_keys(archive, env, &keys, err);
	if (rc)
		return rc;
	if (cache && load_archive(cache, &keys, env, tree, out_spool))
		return 0;
	/* What the cache knew of it is proven before it is read under that name. */
	if (cache && !owned) {
		rc = own(archive, env, err);
		if (rc == 0)
			rc = check_want(archive, err);
		if (rc == 0)
			rc = find_archive_keys(archive, env, &keys, err);
	}
	if (rc)
		return rc;
	nacre_tree_clear(tree);
	rc = nacre_tree_init(tree, err);
	return rc ? rc : read_archive(cache, archive, &keys, env, tree, out_spool, err);
}
