/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs that nothing leads to, by their names. */
#include "formats/layout.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/mediatype.h"
#include "formats/packed.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOBS "blobs/sha256/"

struct listing {
	struct nacre_index index;
	struct nacre_descriptors list;
	uint64_t size_most;
};

static void clear_listing(struct listing *listing)
{
	nacre_index_clear(&listing->index);
	nacre_descriptors_clear(&listing->list);
}

static bool is_listed(const struct nacre_index *index, const struct nacre_digest *digest)
{
	for (size_t i = 0; i < index->manifests.count; i++) {
		if (nacre_digest_equal(&index->manifests.items[i].digest, digest))
			return true;
	}
	return false;
}

/* A name that is no digest is no blob. */
static int add(struct listing *listing, const char *hex, uint64_t size_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_digest digest;
	char text[NACRE_DIGEST_TEXT];
	int rc;

	if (size_bytes == 0 || size_bytes > listing->size_most || strlen(hex) != 64)
		return 0;
	(void)snprintf(text, sizeof(text), "sha256:%s", hex);
	if (nacre_digest_parse(text, &digest, NULL) || is_listed(&listing->index, &digest))
		return 0;
	rc = nacre_descriptor_make(NACRE_MEDIA_MANIFEST, &digest, size_bytes, &desc, err);
	return rc ? rc : nacre_descriptors_add_take(&listing->list, &desc, err);
}

static int list_packed(
	struct listing *listing, const struct nacre_packed *packed, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < packed->count; i++) {
		const struct nacre_packed_file *file = &packed->files[i];

		if (strncmp(file->name, BLOBS, strlen(BLOBS)) == 0)
			rc = add(listing, file->name + strlen(BLOBS), file->size_bytes, err);
	}
	return rc;
}

static int list_dir(struct listing *listing, int blob_dir, struct nacre_err *err)
{
	int fd = openat(blob_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	size_t names = 0;
	int rc = 0;

	if (!stream) {
		rc = nacre_fail_os(err, "blobs/sha256");
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	while (rc == 0 && (entry = readdir(stream))) {
		if (++names > NACRE_BLOB_NAMES)
			rc = nacre_fail(err, NACRE_E_LIMIT, "more than %d blobs", NACRE_BLOB_NAMES);
		else if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && st.st_size > 0)
			rc = add(listing, entry->d_name, (uint64_t)st.st_size, err);
	}
	(void)closedir(stream);
	return rc;
}

static int by_digest(const void *a, const void *b)
{
	const struct nacre_descriptor *x = a, *y = b;

	return strcmp(x->digest.text, y->digest.text);
}

int nacre_layout_unlisted(const struct nacre_layout *layout, const struct nacre_limits *limits,
	uint64_t size_most, struct nacre_descriptors *out_list, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_listing)
	struct listing listing = { .size_most = size_most };
	const struct nacre_packed *packed = nacre_layout_packed(layout);
	int rc = nacre_layout_index(layout, limits, &listing.index, err);

	if (rc == 0)
		rc = packed ? list_packed(&listing, packed, err)
			    : list_dir(&listing, nacre_layout_blob_dir(layout), err);
	if (rc)
		return rc;
	if (listing.list.count > 0)
		qsort(listing.list.items, listing.list.count, sizeof(listing.list.items[0]),
			by_digest);
	*out_list = listing.list;
	memset(&listing.list, 0, sizeof(listing.list));
	return 0;
}
