/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories of a layout, or the archive in their place, and the blobs in them. Which blob an
 * image is, lookup.c finds out; batch.c writes.
 */
#include "formats/layout.h"

#include "base/env.h"
#include "base/file.h"
#include "base/staged.h"
#include "base/stream.h"
#include "formats/mediatype.h"
#include "formats/packed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}"
#define INDEX_TEXT "{\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_INDEX "\",\"manifests\":[]}"

/* The marker has one member; whoever puts megabytes there means no layout. */
#define MARKER_BYTES 65536

struct nacre_layout {
	int dir; /* these three are -1 for an archive */
	int blobs;
	int sha256;
	struct nacre_packed packed; /* fd -1 for a directory */
};

static bool is_packed(const struct nacre_layout *layout)
{
	return layout->packed.fd >= 0;
}

void nacre_layout_free(struct nacre_layout *layout)
{
	if (!layout)
		return;
	nacre_fd_close(&layout->dir);
	nacre_fd_close(&layout->blobs);
	nacre_fd_close(&layout->sha256);
	nacre_packed_clear(&layout->packed);
	free(layout);
}

void nacre_layout_freep(struct nacre_layout **layout)
{
	nacre_layout_free(*layout);
	*layout = NULL;
}

int nacre_layout_dir(const struct nacre_layout *layout)
{
	return layout->dir;
}

int nacre_layout_blob_dir(const struct nacre_layout *layout)
{
	return layout->sha256;
}

bool nacre_layout_is_packed(const struct nacre_layout *layout)
{
	return is_packed(layout);
}

const struct nacre_packed *nacre_layout_packed(const struct nacre_layout *layout)
{
	return is_packed(layout) ? &layout->packed : NULL;
}

/* ----------------------------------------------------------------- opening */

/* Reads a whole file of the layout. */
static int read_file(
	int dir, const char *name, uint64_t most, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF((size_t)most);
	nacre_autofd int fd = -1;
	int rc = nacre_file_open_at(dir, name, &fd, NULL, err);

	if (rc)
		return rc;
	rc = nacre_buf_read_fd(&bytes, fd, err);
	if (rc)
		return nacre_within(err, rc, "%s", name);
	*out_buf = nacre_buf_steal(&bytes);
	return 0;
}

/* A file of an archive: where it is, in a descriptor of the caller's own. */
static int open_packed(const struct nacre_packed *packed, const char *name, int *out_fd,
	uint64_t *out_offset, uint64_t *out_size_bytes, struct nacre_err *err)
{
	const struct nacre_packed_file *file = nacre_packed_find(packed, name);

	if (!file)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "%s: not in the archive", name);
	*out_fd = fcntl(packed->fd, F_DUPFD_CLOEXEC, 3);
	if (*out_fd < 0)
		return nacre_fail_os(err, "%s", name);
	*out_offset = file->offset;
	*out_size_bytes = file->size_bytes;
	return 0;
}

/* All of it, from where it begins. */
static int read_part(int fd, uint64_t offset, uint64_t size_bytes, struct nacre_buf *out_bytes,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	size_t len = (size_t)size_bytes;
	int rc;

	if (size_bytes > out_bytes->max)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %zu bytes", out_bytes->max);
	rc = nacre_buf_reserve(out_bytes, len, err);
	if (rc == 0)
		rc = nacre_source_fd(fd, offset, size_bytes, &source, err);
	if (rc == 0)
		rc = nacre_source_read_full(source, out_bytes->data, len, &out_bytes->len, err);
	if (rc == 0)
		out_bytes->data[out_bytes->len] = '\0';
	return rc;
}

/* The same as read_file() for an archive. */
static int read_packed(const struct nacre_packed *packed, const char *name, uint64_t most,
	struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF((size_t)most);
	nacre_autofd int fd = -1;
	uint64_t offset = 0, size_bytes = 0;
	int rc = open_packed(packed, name, &fd, &offset, &size_bytes, err);

	if (rc)
		return rc;
	rc = read_part(fd, offset, size_bytes, &bytes, err);
	if (rc)
		return nacre_within(err, rc, "%s", name);
	*out_buf = nacre_buf_steal(&bytes);
	return 0;
}

/* "1.", whatever comes behind: a minor version must not break readers of an earlier one. */
static int check_version(const struct nacre_buf *bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	static const char *const names[] = { "imageLayoutVersion", NULL };
	const char *version = NULL;
	int rc = nacre_json_parse(bytes->data, bytes->len, NULL, &json, err);

	if (rc == 0)
		rc = nacre_jvalue_check_names(nacre_json_root(json), names, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(nacre_json_root(json), names[0], &version, err);
	if (rc == 0 && strncmp(version, "1.", 2) != 0)
		rc = nacre_fail(err, NACRE_E_UNSUPPORTED, "imageLayoutVersion: '%.64s', not 1.0.0",
			version);
	return rc ? nacre_within(err, rc, "oci-layout") : 0;
}

static int check_marker(int dir, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	int rc = read_file(dir, "oci-layout", MARKER_BYTES, &bytes, err);

	if (rc == NACRE_E_NOT_FOUND)
		return nacre_fail(err, rc, "no image layout: oci-layout is missing");
	return rc ? rc : check_version(&bytes, err);
}

int nacre_layout_new_packed(
	struct nacre_packed *packed, struct nacre_layout **out_layout, struct nacre_err *err)
{
	static const struct nacre_packed none = NACRE_PACKED;
	NACRE_CLEANUP(nacre_packed_clear)
	struct nacre_packed taken = *packed;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	struct nacre_layout *layout;
	int rc;

	*packed = none;
	if (!nacre_packed_find(&taken, "oci-layout"))
		return nacre_fail(err, NACRE_E_FORMAT, "no image layout: oci-layout is missing");
	rc = read_packed(&taken, "oci-layout", MARKER_BYTES, &bytes, err);
	if (rc == 0)
		rc = check_version(&bytes, err);
	if (rc)
		return rc;
	layout = calloc(1, sizeof(*layout));
	if (!layout)
		return nacre_fail_nomem(err);
	layout->dir = layout->blobs = layout->sha256 = -1;
	layout->packed = taken;
	taken = none;
	*out_layout = layout;
	return 0;
}

/* A link in the place of a directory is content to refuse, not a system that does. */
static int open_blob_dir(
	int dir, const char *name, const char *shown, int *out_dir, struct nacre_err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_fail_os(err, "%s", shown);
	if (!S_ISDIR(st.st_mode))
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: not a directory", shown);
	return nacre_dir_open_at(dir, name, out_dir, err);
}

static int open_dirs(struct nacre_layout *layout, struct nacre_err *err)
{
	int rc = open_blob_dir(layout->dir, "blobs", "blobs", &layout->blobs, err);

	if (rc == 0)
		rc = open_blob_dir(layout->blobs, "sha256", "blobs/sha256", &layout->sha256, err);
	if (rc == NACRE_E_NOT_FOUND)
		rc = nacre_fail(err, NACRE_E_FORMAT, "no image layout: blobs/sha256 is missing");
	return rc;
}

int nacre_layout_open_dir(int dir, struct nacre_layout **out_layout, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = NULL;
	int rc = check_marker(dir, err);

	if (rc)
		return rc;
	layout = calloc(1, sizeof(*layout));
	if (!layout)
		return nacre_fail_nomem(err);
	layout->dir = layout->blobs = layout->sha256 = layout->packed.fd = -1;
	rc = nacre_dir_open_at(dir, ".", &layout->dir, err);
	if (rc == 0)
		rc = open_dirs(layout, err);
	if (rc == 0)
		*out_layout = nacre_steal(&layout);
	return rc;
}

int nacre_layout_open(const char *path, struct nacre_layout **out_layout, struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	int rc = nacre_dir_open(path, &dir, err);

	if (rc)
		return rc;
	rc = nacre_layout_open_dir(dir, out_layout, err);
	return rc ? nacre_within(err, rc, "%s", path) : 0;
}

/* ---------------------------------------------------------------- creating */

static bool is_own_name(const char *name)
{
	static const char *const names[] = { ".", "..", "blobs", "index.json" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return strncmp(name, NACRE_STAGING_PREFIX, strlen(NACRE_STAGING_PREFIX)) == 0;
}

/* Whether there is nothing in it but what a killed run of ours may have left. */
static int check_vacant(int dir, struct nacre_err *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int rc = 0;

	if (!stream) {
		rc = nacre_fail_os(err, "open directory");
		nacre_fd_close(&copy);
		return rc;
	}
	while (rc == 0 && (entry = readdir(stream))) {
		if (!is_own_name(entry->d_name))
			rc = nacre_fail(err, NACRE_E_EXISTS,
				"not empty, and not an image layout: '%s' is in it", entry->d_name);
	}
	(void)closedir(stream);
	return rc;
}

static int make_dir(int dir, const char *name, int *out_dir, struct nacre_err *err)
{
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return nacre_fail_os(err, "%s", name);
	return open_blob_dir(dir, name, name, out_dir, err);
}

/* Under its name, whole and on the disk; what has the name already stays. */
static int make_file(int dir, const char *name, const char *text, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged file = NACRE_STAGED;
	int rc = nacre_staged_open(&file, dir, 0644, err);

	if (rc == 0)
		rc = nacre_write_all(file.fd, text, strlen(text), err);
	if (rc == 0)
		rc = nacre_staged_sync(&file, err);
	if (rc)
		return nacre_within(err, rc, "%s", name);
	rc = nacre_staged_rename_new(&file, name, err);
	if (rc == NACRE_E_EXISTS)
		return 0;
	if (rc == 0 && fsync(dir) < 0)
		rc = nacre_fail_os(err, "flush directory");
	return rc;
}

/* The marker comes last: what has it is complete. */
static int fill(int dir, struct nacre_err *err)
{
	nacre_autofd int blobs = -1, sha256 = -1;
	int rc = check_vacant(dir, err);

	if (rc == 0)
		rc = make_dir(dir, "blobs", &blobs, err);
	if (rc == 0)
		rc = make_dir(blobs, "sha256", &sha256, err);
	if (rc == 0 && fsync(blobs) < 0)
		rc = nacre_fail_os(err, "flush directory");
	if (rc == 0)
		rc = make_file(dir, "index.json", INDEX_TEXT, err);
	if (rc == 0)
		rc = make_file(dir, "oci-layout", LAYOUT_TEXT, err);
	return rc;
}

static bool is_there(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int nacre_layout_create_dir(int dir, struct nacre_layout **out_layout, struct nacre_err *err)
{
	nacre_autofd int lock = -1;
	int rc = 0;

	if (is_there(dir, "oci-layout"))
		return nacre_layout_open_dir(dir, out_layout, err);
	/* Two may be creating it. The second then finds a layout. */
	rc = nacre_layout_lock(dir, &lock, err);
	if (rc == 0 && !is_there(dir, "oci-layout"))
		rc = fill(dir, err);
	return rc ? rc : nacre_layout_open_dir(dir, out_layout, err);
}

static int make_last_dir(const char *path, int *out_dir, struct nacre_err *err)
{
	nacre_autofd int parent = -1;
	char name[256];
	int rc = nacre_dir_open(path, out_dir, NULL);

	if (rc == 0)
		return 0;
	rc = nacre_dir_open_parent(path, &parent, name, sizeof(name), err);
	if (rc)
		return rc;
	if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		return nacre_fail_os(err, "%s", path);
	if (fsync(parent) < 0)
		return nacre_fail_os(err, "flush directory");
	return nacre_dir_open(path, out_dir, err);
}

int nacre_layout_create(const char *path, struct nacre_layout **out_layout, struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	int rc = make_last_dir(path, &dir, err);

	if (rc)
		return rc;
	rc = nacre_layout_create_dir(dir, out_layout, err);
	return rc ? nacre_within(err, rc, "%s", path) : 0;
}

int nacre_layout_lock(int dir, int *out_lock, struct nacre_err *err)
{
	/* A description of its own, so that two threads with one layout exclude each other, too. */
	nacre_autofd int lock = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0)
		return nacre_fail_os(err, "lock");
	while (flock(lock, LOCK_EX) < 0) {
		if (errno != EINTR)
			return nacre_fail_os(err, "lock");
	}
	*out_lock = nacre_steal_fd(&lock);
	return 0;
}

/* ------------------------------------------------------------------- blobs */

int nacre_layout_index_bytes(const struct nacre_layout *layout, const struct nacre_limits *limits,
	struct nacre_buf *out_buf, struct nacre_err *err)
{
	int rc = is_packed(layout)
		? read_packed(&layout->packed, "index.json", limits->document_bytes, out_buf, err)
		: read_file(layout->dir, "index.json", limits->document_bytes, out_buf, err);

	if (rc == NACRE_E_LIMIT)
		return nacre_fail(err, rc,
			"index.json: more than %llu bytes (limit document-bytes)",
			(unsigned long long)limits->document_bytes);
	return rc;
}

int nacre_layout_marker_bytes(
	const struct nacre_layout *layout, struct nacre_buf *out_buf, struct nacre_err *err)
{
	return is_packed(layout)
		? read_packed(&layout->packed, "oci-layout", MARKER_BYTES, out_buf, err)
		: read_file(layout->dir, "oci-layout", MARKER_BYTES, out_buf, err);
}

int nacre_layout_index(const struct nacre_layout *layout, const struct nacre_limits *limits,
	struct nacre_index *out_index, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	int rc = nacre_layout_index_bytes(layout, limits, &bytes, err);

	if (rc)
		return rc;
	rc = nacre_index_parse(bytes.data, bytes.len, NULL, limits, out_index, err);
	return rc ? nacre_within(err, rc, "index.json") : 0;
}

static int open_file(const struct nacre_layout *layout, const struct nacre_digest *digest,
	int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err)
{
	const char *algorithm = nacre_digest_algorithm(digest);
	const char *hex = nacre_digest_hex(digest);
	nacre_autofd int dir = -1;
	int rc;

	if (strcmp(algorithm, "sha256") == 0)
		return nacre_file_open_at(layout->sha256, hex, out_fd, out_size_bytes, err);
	rc = open_blob_dir(layout->blobs, algorithm, algorithm, &dir, err);
	return rc ? rc : nacre_file_open_at(dir, hex, out_fd, out_size_bytes, err);
}

static int open_part(const struct nacre_layout *layout, const struct nacre_digest *digest,
	int *out_fd, uint64_t *out_offset, uint64_t *out_size_bytes, struct nacre_err *err)
{
	char name[NACRE_DIGEST_TEXT + 8];

	(void)snprintf(name, sizeof(name), "blobs/%s/%s", nacre_digest_algorithm(digest),
		nacre_digest_hex(digest));
	return open_packed(&layout->packed, name, out_fd, out_offset, out_size_bytes, err);
}

/* The size is that of the file, whatever a descriptor says. */
static int open_digest(const struct nacre_layout *layout, const struct nacre_digest *digest,
	int *out_fd, uint64_t *out_offset, uint64_t *out_size_bytes, struct nacre_err *err)
{
	int rc;

	*out_offset = 0;
	rc = is_packed(layout) ? open_part(layout, digest, out_fd, out_offset, out_size_bytes, err)
			       : open_file(layout, digest, out_fd, out_size_bytes, err);
	if (rc == NACRE_E_NOT_FOUND)
		return nacre_fail(err, rc, "blob %s: not in the layout", digest->text);
	if (rc == NACRE_E_UNSAFE)
		return nacre_fail(err, rc, "blob %s: not a regular file", digest->text);
	return rc ? nacre_within(err, rc, "blob %s", digest->text) : 0;
}

int nacre_layout_open_blob(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	int *out_fd, uint64_t *out_offset, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	uint64_t offset = 0, size_bytes = 0;
	int rc = open_digest(layout, &desc->digest, &fd, &offset, &size_bytes, err);

	if (rc)
		return rc;
	if (size_bytes != desc->size_bytes)
		return nacre_fail(err, NACRE_E_FORMAT, "blob %s: %llu bytes, descriptor says %llu",
			desc->digest.text, (unsigned long long)size_bytes,
			(unsigned long long)desc->size_bytes);
	if (!out_offset && is_packed(layout))
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"blob %s: in an archive, and no file of its own", desc->digest.text);
	if (out_offset)
		*out_offset = offset;
	*out_fd = nacre_steal_fd(&fd);
	return 0;
}

static int prove(struct nacre_hash *hash, const struct nacre_digest *digest, struct nacre_err *err)
{
	struct nacre_digest got;

	nacre_hash_finish(hash, &got);
	if (nacre_digest_equal(&got, digest))
		return 0;
	return nacre_fail(err, NACRE_E_DIGEST, "content has digest %s", got.text);
}

static int load_bytes(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(desc->size_bytes);
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	nacre_autofd int fd = -1;
	uint64_t offset = 0;
	int rc = nacre_layout_open_blob(layout, desc, &fd, &offset, err);

	if (rc)
		return rc;
	rc = read_part(fd, offset, desc->size_bytes, &bytes, err);
	if (rc == 0)
		rc = nacre_hash_new_like(&desc->digest, &hash, err);
	if (rc == 0) {
		nacre_hash_add(hash, bytes.data, bytes.len);
		rc = prove(hash, &desc->digest, err);
	}
	if (rc)
		return nacre_within(err, rc, "blob %s", desc->digest.text);
	*out_buf = nacre_buf_steal(&bytes);
	return 0;
}

static int check_size(const struct nacre_descriptor *desc, uint64_t most, const char *limit,
	struct nacre_err *err)
{
	if (desc->size_bytes <= most)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT, "blob %s: more than %llu bytes (limit %s)",
		desc->digest.text, (unsigned long long)most, limit);
}

int nacre_layout_load(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_limits *limits, struct nacre_buf *out_buf, struct nacre_err *err)
{
	int rc = check_size(desc, limits->document_bytes, "document-bytes", err);

	return rc ? rc : load_bytes(layout, desc, out_buf, err);
}

int nacre_layout_load_manifest(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_manifest *out_manifest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	int rc = nacre_layout_load(layout, desc, limits, &bytes, err);

	if (rc)
		return rc;
	rc = nacre_manifest_parse(
		bytes.data, bytes.len, desc->media_type, limits, out_manifest, err);
	return rc ? nacre_within(err, rc, "manifest %s", desc->digest.text) : 0;
}

int nacre_layout_load_index(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_limits *limits, struct nacre_index *out_index, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	int rc = nacre_layout_load(layout, desc, limits, &bytes, err);

	if (rc)
		return rc;
	rc = nacre_index_parse(bytes.data, bytes.len, desc->media_type, limits, out_index, err);
	return rc ? nacre_within(err, rc, "index %s", desc->digest.text) : 0;
}

int nacre_layout_load_config(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_limits *limits, struct nacre_config *out_config, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	int rc = nacre_layout_load(layout, desc, limits, &bytes, err);

	if (rc)
		return rc;
	rc = nacre_config_parse(bytes.data, bytes.len, limits, out_config, err);
	return rc ? nacre_within(err, rc, "config %s", desc->digest.text) : 0;
}

/* Two documents in one are for their parsers to refuse; here the first look decides. */
static const char *guess_media_type(const struct nacre_jvalue *root)
{
	const struct nacre_jvalue *own = nacre_jvalue_find(root, "mediaType");
	const char *text = NULL;

	if (own && nacre_jvalue_text(own, &text, NULL) == 0) {
		enum nacre_media_kind kind = nacre_media_kind(text);

		return kind == NACRE_MEDIA_KIND_MANIFEST || kind == NACRE_MEDIA_KIND_INDEX ? text
											   : NULL;
	}
	if (nacre_jvalue_find(root, "manifests"))
		return NACRE_MEDIA_INDEX;
	return nacre_jvalue_find(root, "layers") ? NACRE_MEDIA_MANIFEST : NULL;
}

int nacre_layout_describe(const struct nacre_layout *layout, const struct nacre_limits *limits,
	const struct nacre_digest *digest, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	struct nacre_descriptor desc = { .digest = *digest };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	nacre_autofd int fd = -1;
	const char *media_type;
	uint64_t offset = 0;
	int rc = open_digest(layout, digest, &fd, &offset, &desc.size_bytes, err);

	if (rc == 0)
		rc = nacre_layout_load(layout, &desc, limits, &bytes, err);
	if (rc)
		return rc;
	rc = nacre_json_parse(bytes.data, bytes.len, limits, &json, NULL);
	media_type = rc == 0 ? guess_media_type(nacre_json_root(json)) : NULL;
	if (!media_type)
		return nacre_fail(err, NACRE_E_FORMAT, "blob %s: neither a manifest nor an index",
			digest->text);
	return nacre_descriptor_make(media_type, digest, desc.size_bytes, out_desc, err);
}

#define CHUNK ((size_t)128 << 10)

static int hash_all(struct nacre_source *source, struct nacre_hash *hash, uint64_t total,
	const char *subject, const struct nacre_env *env, struct nacre_err *err)
{
	nacre_autofree char *data = malloc(CHUNK);
	uint64_t done = 0;
	size_t got = 1;
	int rc = data ? 0 : nacre_fail_nomem(err);

	while (rc == 0 && got > 0) {
		rc = nacre_source_read(source, data, CHUNK, &got, err);
		if (rc)
			break;
		nacre_hash_add(hash, data, got);
		done += got;
		rc = nacre_progress(env, subject, done, total, err);
	}
	return rc;
}

int nacre_layout_check_blob(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_env *env, struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	nacre_autofd int fd = -1;
	uint64_t offset = 0;
	int rc = check_size(desc, limits.blob_bytes, "blob-bytes", err);

	if (rc == 0)
		rc = nacre_layout_open_blob(layout, desc, &fd, &offset, err);
	if (rc)
		return rc;
	rc = nacre_source_fd(fd, offset, desc->size_bytes, &source, err);
	if (rc == 0)
		rc = nacre_hash_new_like(&desc->digest, &hash, err);
	if (rc == 0)
		rc = hash_all(source, hash, desc->size_bytes, desc->digest.text, env, err);
	if (rc == 0)
		rc = prove(hash, &desc->digest, err);
	return rc ? nacre_within(err, rc, "blob %s", desc->digest.text) : 0;
}
