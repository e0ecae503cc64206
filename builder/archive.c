/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an archive: where its files lie. What is in them is read as that of any layout. */
#include "builder/archive.h"

#include "base/file.h"
#include "base/scope.h"
#include "formats/packed.h"
#include "layers/tar_read.h"

#include <string.h>

static int check_plain(int fd, struct nacre_err *err)
{
	static const struct {
		const char *name;
		size_t len;
		const char *magic;
	} rows[] = {
		{ "gzip", 2, "\x1f\x8b" },
		{ "zstd", 4, "\x28\xb5\x2f\xfd" },
		{ "xz", 6,
			"\xfd"
			"7zXZ" },
		{ "bzip2", 3, "BZh" },
	};
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char head[8] = { 0 };
	size_t got = 0;
	int rc = nacre_source_fd(fd, 0, UINT64_MAX, &source, err);

	if (rc == 0)
		rc = nacre_source_read_full(source, head, sizeof(head), &got, err);
	for (size_t i = 0; rc == 0 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (got >= rows[i].len && memcmp(head, rows[i].magic, rows[i].len) == 0)
			rc = nacre_fail(err, NACRE_E_UNSUPPORTED,
				"an archive that is compressed (%s): decompress it first",
				rows[i].name);
	}
	return rc;
}

/* What is no file of a layout is of no interest, whatever it is. */
static int add_member(
	struct nacre_packed *packed, const struct nacre_member *member, struct nacre_err *err)
{
	bool is_file = member->kind == NACRE_MEMBER_ENTRY && member->inode.type == NACRE_TYPE_FILE;

	if (!nacre_packed_wants(member->path))
		return 0;
	if (!is_file)
		return nacre_fail(
			err, NACRE_E_UNSAFE, "'%.256s' is not a regular file", member->path);
	return nacre_packed_add(
		packed, member->path, member->inode.u.content.key, member->inode.size_bytes, err);
}

static int read_members(struct nacre_packed *packed, uint64_t size_bytes,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_tar_reader_freep)
	struct nacre_tar_reader *reader = NULL;
	const struct nacre_member *member = NULL;
	int rc = nacre_source_fd(packed->fd, 0, size_bytes, &source, err);

	if (rc == 0)
		rc = nacre_tar_reader_new(source, limits, &reader, err);
	while (rc == 0) {
		rc = nacre_tar_reader_next(reader, &member, err);
		if (rc || !member)
			break;
		rc = add_member(packed, member, err);
	}
	return rc ? rc : nacre_packed_sort(packed, err);
}

int nacre_archive_open_fd_take(int fd, uint64_t size_bytes, const struct nacre_limits *limits,
	struct nacre_layout **out_layout, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_packed_clear)
	struct nacre_packed packed = { fd, NULL, 0 };
	int rc = check_plain(fd, err);

	if (rc == 0)
		rc = read_members(&packed, size_bytes, limits, err);
	return rc ? rc : nacre_layout_new_packed(&packed, out_layout, err);
}

int nacre_archive_open(const char *path, const struct nacre_limits *limits,
	struct nacre_layout **out_layout, struct nacre_err *err)
{
	uint64_t size_bytes = 0;
	int fd = -1;
	int rc = nacre_file_open(path, &fd, &size_bytes, err);

	if (rc)
		return rc;
	rc = nacre_archive_open_fd_take(fd, size_bytes, limits, out_layout, err);
	return rc ? nacre_within(err, rc, "%s", path) : 0;
}
