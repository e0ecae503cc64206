/* SPDX-License-Identifier: Apache-2.0 */
/* A staged file with the directory that it needs. */
#include "base/replacement.h"

#include "base/file.h"

/* A rename would put a file in the place of a device or of a link, too. */
static int open_place(const char *path, int *out_dir, char out_name[256], struct nacre_err *err)
{
	int rc = nacre_dir_open_parent(path, out_dir, out_name, 256, err);

	return rc ? rc : nacre_replaceable_at(*out_dir, out_name, err);
}

int nacre_replacement_check(const char *path, struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	char name[256];

	return open_place(path, &dir, name, err);
}

int nacre_replacement_open(struct nacre_replacement *replacement, const char *path, unsigned mode,
	struct nacre_err *err)
{
	int rc = open_place(path, &replacement->dir, replacement->name, err);

	if (rc)
		return rc;
	nacre_staging_sweep(replacement->dir);
	return nacre_staged_open(&replacement->file, replacement->dir, mode, err);
}

int nacre_replacement_commit(
	struct nacre_replacement *replacement, bool sync, struct nacre_err *err)
{
	return sync ? nacre_staged_commit(&replacement->file, replacement->name, err)
		    : nacre_staged_rename(&replacement->file, replacement->name, err);
}

void nacre_replacement_clear(struct nacre_replacement *replacement)
{
	nacre_staged_clear(&replacement->file); /* in the directory, which goes last */
	nacre_fd_close(&replacement->dir);
}
