/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archives. Where files are found, they lie within the archive, none in another and none under a
 * name twice; behind a tar header that says their name; and what is read is what lies there.
 */
#include "builder/archive.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "formats/packed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOBS "blobs/sha256/"

/* One file is used for all inputs. */
static int put_archive(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("archive", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return fd;
}

/* Whether a block is the header of a file: its sum is right, with signs or without, and its type.
 */
static bool is_header(const uint8_t *block)
{
	char field[9] = { 0 };
	long sum = 0, signed_sum = 0, want;

	memcpy(field, block + 148, 8);
	want = strtol(field, NULL, 8);
	for (size_t i = 0; i < 512; i++) {
		bool is_field = i >= 148 && i < 156;

		sum += is_field ? ' ' : block[i];
		signed_sum += is_field ? ' ' : (int8_t)block[i];
	}
	return (want == sum || want == signed_sum) && memchr("07", block[156], 3);
}

static void check_places(const struct nacre_packed *packed, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < packed->count; i++) {
		const struct nacre_packed_file *file = &packed->files[i];

		if (!nacre_packed_wants(file->name) ||
			nacre_packed_find(packed, file->name) != file)
			abort();
		if (file->size_bytes > size || file->offset > size - file->size_bytes ||
			file->offset < 512 || file->offset % 512 != 0 ||
			!is_header(data + file->offset - 512))
			abort();
		for (size_t k = 0; k < i; k++) {
			const struct nacre_packed_file *other = &packed->files[k];

			if (strcmp(file->name, other->name) == 0)
				abort();
			if (file->offset < other->offset + other->size_bytes &&
				other->offset < file->offset + file->size_bytes)
				abort();
		}
	}
}

/* Its digest decides whether a blob is given out, and then it is those bytes. */
static void check_blob(const struct nacre_layout *layout, const struct nacre_packed_file *file,
	const uint8_t *data, const struct nacre_limits *limits)
{
	struct nacre_descriptor desc = { .size_bytes = file->size_bytes };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	struct nacre_digest real;
	char text[NACRE_DIGEST_TEXT];
	int rc;

	if (strncmp(file->name, BLOBS, strlen(BLOBS)) != 0 ||
		strlen(file->name) != strlen(BLOBS) + 64 ||
		file->size_bytes > limits->document_bytes)
		return;
	(void)snprintf(text, sizeof(text), "sha256:%s", file->name + strlen(BLOBS));
	if (nacre_digest_parse(text, &desc.digest, NULL))
		return;
	nacre_digest_of(data + file->offset, file->size_bytes, &real);
	rc = nacre_layout_load(layout, &desc, limits, &bytes, NULL);
	if (rc != (nacre_digest_equal(&real, &desc.digest) ? 0 : NACRE_E_DIGEST))
		abort();
	if (rc == 0 &&
		(bytes.len != file->size_bytes ||
			memcmp(bytes.data, data + file->offset, bytes.len) != 0))
		abort();
}

static void check_index(const struct nacre_layout *layout, const struct nacre_packed *packed,
	const uint8_t *data, const struct nacre_limits *limits)
{
	const struct nacre_packed_file *file = nacre_packed_find(packed, "index.json");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	int rc = nacre_layout_index_bytes(layout, limits, &bytes, NULL);

	if ((rc == NACRE_E_NOT_FOUND) != !file)
		abort();
	if (rc == 0 &&
		(bytes.len != file->size_bytes ||
			memcmp(bytes.data, data + file->offset, bytes.len) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = NULL;
	const struct nacre_packed *packed;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", put_archive(data, size));
	if (nacre_archive_open(path, &limits, &layout, NULL))
		return 0;
	packed = nacre_layout_packed(layout);
	if (!packed || !nacre_packed_find(packed, "oci-layout"))
		abort();
	check_places(packed, data, size);
	check_index(layout, packed, data, &limits);
	for (size_t i = 0; i < packed->count; i++)
		check_blob(layout, &packed->files[i], data, &limits);
	return 0;
}
