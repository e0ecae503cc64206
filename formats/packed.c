/* SPDX-License-Identifier: Apache-2.0 */
/* Names and places of files in an archive. */
#include "formats/packed.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

void nacre_packed_clear(struct nacre_packed *packed)
{
	for (size_t i = 0; i < packed->count; i++)
		free(packed->files[i].name);
	free(packed->files);
	nacre_fd_close(&packed->fd);
	packed->files = NULL;
	packed->count = 0;
}

bool nacre_packed_wants(const char *name)
{
	const char *rest;

	if (strcmp(name, "oci-layout") == 0 || strcmp(name, "index.json") == 0)
		return true;
	if (strncmp(name, "blobs/", 6) != 0)
		return false;
	rest = strchr(name + 6, '/');
	return rest && rest != name + 6 && rest[1] && !strchr(rest + 1, '/');
}

int nacre_packed_add(struct nacre_packed *packed, const char *name, uint64_t offset,
	uint64_t size_bytes, struct nacre_err *err)
{
	struct nacre_packed_file *files;

	if (packed->count >= NACRE_PACKED_FILES)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %d files", NACRE_PACKED_FILES);
	if (packed->count % 64 == 0) {
		files = reallocarray(packed->files, packed->count + 64, sizeof(*files));
		if (!files)
			return nacre_fail_nomem(err);
		packed->files = files;
	}
	files = &packed->files[packed->count];
	files->name = strdup(name);
	if (!files->name)
		return nacre_fail_nomem(err);
	files->offset = offset;
	files->size_bytes = size_bytes;
	packed->count++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct nacre_packed_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int nacre_packed_sort(struct nacre_packed *packed, struct nacre_err *err)
{
	if (packed->count > 0)
		qsort(packed->files, packed->count, sizeof(packed->files[0]), by_name);
	for (size_t i = 1; i < packed->count; i++) {
		if (by_name(&packed->files[i - 1], &packed->files[i]) == 0)
			return nacre_fail(err, NACRE_E_UNSAFE, "'%.256s' is in it twice",
				packed->files[i].name);
	}
	return 0;
}

const struct nacre_packed_file *nacre_packed_find(
	const struct nacre_packed *packed, const char *name)
{
	size_t low = 0, high = packed->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, packed->files[middle].name);

		if (order == 0)
			return &packed->files[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
