/* SPDX-License-Identifier: Apache-2.0 */
/* The layout around the images. What an image itself is made of is lint.c's. */
#include "builder/lint_layout.h"

#include "base/digest.h"
#include "base/file.h"
#include "builder/lint_document.h"
#include "formats/mediatype.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEX_DIGITS 64

/* ------------------------------------------------------------------ oci-layout */

/* Opening the layout has proven that there is one, of major version 1. */
static int lint_marker(const struct nacre_layout *layout, const struct nacre_limits *limits,
	struct nacre_lint *lint, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	const char *version = NULL;
	int rc = nacre_layout_marker_bytes(layout, &bytes, err);

	if (rc == 0)
		rc = nacre_json_parse(bytes.data, bytes.len, limits, &json, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(
			nacre_json_root(json), "imageLayoutVersion", &version, err);
	if (rc || strcmp(version, "1.0.0") == 0)
		return rc;
	return nacre_lint_remark(lint, NACRE_RULE_LAYOUT_VERSION, err,
		"imageLayoutVersion: '%.64s', not 1.0.0", version);
}

/* ------------------------------------------------------------------ index.json */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each name once, however many descriptors have it. */
static int tell_twice(
	const char *const *names, size_t count, struct nacre_lint *lint, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 1; i < count && rc == 0; i++) {
		bool is_second = strcmp(names[i - 1], names[i]) == 0;

		if (is_second && (i == 1 || strcmp(names[i - 2], names[i]) != 0))
			rc = nacre_lint_remark(lint, NACRE_RULE_LAYOUT_NAME_TWICE, err,
				"several descriptors are named '%.200s'", names[i]);
	}
	return rc;
}

static int lint_names(
	const struct nacre_descriptors *list, struct nacre_lint *lint, struct nacre_err *err)
{
	nacre_autofree const char **names = calloc(list->count + 1, sizeof(*names));
	size_t count = 0;

	if (!names)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < list->count; i++) {
		const char *name = nacre_descriptor_ref_name(&list->items[i]);

		if (name)
			names[count++] = name;
	}
	if (count > 1)
		qsort(names, count, sizeof(*names), by_name);
	return tell_twice(names, count, lint, err);
}

/* ----------------------------------------------------------------------- blobs */

/* What index.json leads to. */
struct reach {
	const struct nacre_layout *layout;
	const struct nacre_limits *limits;
	struct nacre_digest *items;
	size_t count, room;
	uint64_t documents;
	bool is_incomplete; /* something on the way could not be read */
};

static void reach_clear(struct reach *reach)
{
	free(reach->items);
}

static int add(struct reach *reach, const struct nacre_digest *digest, struct nacre_err *err)
{
	if (reach->count == reach->room) {
		size_t room = reach->room ? reach->room * 2 : 64;
		struct nacre_digest *more = reallocarray(reach->items, room, sizeof(*more));

		if (!more)
			return nacre_fail_nomem(err);
		reach->items = more;
		reach->room = room;
	}
	reach->items[reach->count++] = *digest;
	return 0;
}

static int add_list(struct reach *reach, const struct nacre_descriptors *list, unsigned depth,
	struct nacre_err *err);

static int add_manifest(
	struct reach *reach, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	int rc = nacre_layout_load_manifest(reach->layout, desc, reach->limits, &manifest, NULL);

	if (rc) {
		reach->is_incomplete = true;
		return 0;
	}
	rc = add(reach, &manifest.config.digest, err);
	for (size_t i = 0; i < manifest.layers.count && rc == 0; i++)
		rc = add(reach, &manifest.layers.items[i].digest, err);
	return rc;
}

static int add_index(struct reach *reach, const struct nacre_descriptor *desc, unsigned depth,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };

	if (nacre_layout_load_index(reach->layout, desc, reach->limits, &index, NULL)) {
		reach->is_incomplete = true;
		return 0;
	}
	return add_list(reach, &index.manifests, depth + 1, err);
}

/* Recursive, as deep as indexes may be. */
static int add_list(struct reach *reach, const struct nacre_descriptors *list, unsigned depth,
	struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < list->count && rc == 0; i++) {
		const struct nacre_descriptor *desc = &list->items[i];
		enum nacre_media_kind kind = nacre_media_kind(desc->media_type);

		if (depth > reach->limits->index_depth ||
			++reach->documents > reach->limits->index_descriptors) {
			reach->is_incomplete = true;
			return 0;
		}
		rc = add(reach, &desc->digest, err);
		if (rc == 0 && kind == NACRE_MEDIA_KIND_MANIFEST)
			rc = add_manifest(reach, desc, err);
		else if (rc == 0 && kind == NACRE_MEDIA_KIND_INDEX)
			rc = add_index(reach, desc, depth, err);
	}
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(
		((const struct nacre_digest *)a)->text, ((const struct nacre_digest *)b)->text);
}

static bool is_reached(const struct reach *reach, const char *hex)
{
	struct nacre_digest key = { "" };

	(void)stpcpy(stpcpy(key.text, "sha256:"), hex);
	return reach->count > 0 &&
		bsearch(&key, reach->items, reach->count, sizeof(key), by_text) != NULL;
}

static bool is_hex(const char *name)
{
	return strlen(name) == HEX_DIGITS && strspn(name, "0123456789abcdef") == HEX_DIGITS;
}

static int lint_blob(int dir, const char *name, const struct reach *reach, uint64_t *unreached,
	struct nacre_lint *lint, struct nacre_err *err)
{
	struct stat st;
	int rc;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (is_hex(name) && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode)) {
		*unreached += !is_reached(reach, name);
		return 0;
	}
	rc = nacre_lint_about(lint, name, err);
	return rc ? rc
		  : nacre_lint_remark(lint, NACRE_RULE_LAYOUT_ODD_BLOB, err,
			    is_hex(name) ? "not a regular file" : "not the name of a blob");
}

static int lint_blobs(const struct nacre_layout *layout, const struct reach *reach,
	struct nacre_lint *lint, struct nacre_err *err)
{
	int fd = openat(nacre_layout_blob_dir(layout), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	uint64_t unreached = 0;
	struct dirent *entry;
	int rc = 0;

	if (!stream) {
		rc = nacre_fail_os(err, "blobs/sha256");
		nacre_fd_close(&fd);
		return rc;
	}
	while (rc == 0 && (entry = readdir(stream)))
		rc = lint_blob(fd, entry->d_name, reach, &unreached, lint, err);
	(void)closedir(stream);
	if (rc == 0)
		rc = nacre_lint_about(lint, NULL, err);
	if (rc || unreached == 0 || reach->is_incomplete)
		return rc;
	return nacre_lint_remark(lint, NACRE_RULE_LAYOUT_UNREFERENCED, err,
		"%llu blobs that nothing in index.json leads to", (unsigned long long)unreached);
}

/* ------------------------------------------------------------------------- all */

int nacre_lint_layout(const struct nacre_layout *layout, const struct nacre_limits *limits,
	struct nacre_lint *lint, bool *out_usable, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(reach_clear)
	struct reach reach = { .layout = layout, .limits = limits };
	int rc = nacre_lint_enter(lint, "oci-layout", 0, err);

	if (rc == 0)
		rc = lint_marker(layout, limits, lint, err);
	if (rc == 0)
		rc = nacre_lint_enter(lint, "index.json", 0, err);
	if (rc == 0)
		rc = nacre_layout_index_bytes(layout, limits, &bytes, err);
	*out_usable = false;
	if (rc)
		return nacre_lint_refuse_as(lint,
			rc == NACRE_E_LIMIT ? NACRE_RULE_LIMIT : NACRE_RULE_BLOB_NO_FILE, rc, err);
	rc = nacre_lint_index(lint, &bytes, NULL, limits, &index, out_usable, err);
	if (rc || !*out_usable)
		return rc;
	rc = lint_names(&index.manifests, lint, err);
	if (rc == 0)
		rc = add_list(&reach, &index.manifests, 1, err);
	if (rc)
		return rc;
	if (reach.count > 0)
		qsort(reach.items, reach.count, sizeof(reach.items[0]), by_text);
	/* Of an archive what stands in it besides is of no use to anybody. */
	if (nacre_layout_is_packed(layout))
		return 0;
	rc = nacre_lint_enter(lint, "blobs/sha256", 0, err);
	return rc ? rc : lint_blobs(layout, &reach, lint, err);
}
