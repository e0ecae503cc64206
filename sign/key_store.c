/* SPDX-License-Identifier: Apache-2.0 */
/* Key files: written aside, and there whole or not at all. What is in them is for key.c. */
#include "base/file.h"
#include "base/staged.h"
#include "sign/key.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 256 /* a file name, with its NUL */

static int stage(
	struct nacre_staged *file, int dir, const char *text, mode_t mode, struct nacre_err *err)
{
	int rc = nacre_staged_open(file, dir, 0600, err);

	if (rc == 0)
		rc = nacre_write_all(file->fd, text, strlen(text), err);
	/* By descriptor, because the umask has no say in it. */
	if (rc == 0 && fchmod(file->fd, mode) < 0)
		rc = nacre_fail_os(err, "mode of a new file");
	return rc ? rc : nacre_staged_sync(file, err);
}

static int place_both(int dir, const char *name, const char *private_text, const char *public_text,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged private_file = NACRE_STAGED;
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged public_file = NACRE_STAGED;
	char private_name[NAME_BYTES], public_name[NAME_BYTES];
	int rc;

	if (snprintf(private_name, sizeof(private_name), "%s.key", name) >= NAME_BYTES ||
		snprintf(public_name, sizeof(public_name), "%s.pub", name) >= NAME_BYTES)
		return nacre_fail(err, NACRE_E_ARG, "'%s' is too long for a name", name);
	rc = stage(&private_file, dir, private_text, 0600, err);
	if (rc == 0)
		rc = stage(&public_file, dir, public_text, 0644, err);
	/* The private key first: if we are killed in between, the public one can be made of it. */
	if (rc == 0)
		rc = nacre_staged_rename_new(&private_file, private_name, err);
	if (rc)
		return rc;
	rc = nacre_staged_rename_new(&public_file, public_name, err);
	if (rc) {
		(void)unlinkat(dir, private_name, 0);
		return rc;
	}
	return fsync(dir) < 0 ? nacre_fail_os(err, "flush directory") : 0;
}

int nacre_key_store_pair(const struct nacre_key *key, const char *prefix, const char *passphrase,
	struct nacre_err *err)
{
	nacre_autofree char *private_text = NULL, *public_text = NULL;
	char name[NAME_BYTES];
	nacre_autofd int dir = -1;
	int rc;

	rc = nacre_dir_open_parent(prefix, &dir, name, sizeof(name), err);
	if (rc == 0)
		rc = nacre_key_emit_private(key, passphrase, &private_text, err);
	if (rc == 0)
		rc = nacre_key_emit_public(key, &public_text, err);
	if (rc == 0)
		rc = place_both(dir, name, private_text, public_text, err);
	return rc;
}

/* ------------------------------------------------------ one in another's place */

/* Where the file lies that a path means, all links followed: there something can be renamed. */
static int open_place(
	const char *path, int *out_dir, char out_name[NAME_BYTES], struct nacre_err *err)
{
	nacre_autofree char *real = realpath(path, NULL);

	if (!real)
		return nacre_fail_os(err, "%s", path);
	return nacre_dir_open_parent(real, out_dir, out_name, NAME_BYTES, err);
}

/* What root writes for somebody stays theirs. The group matters to nobody in a mode of 0600. */
static int keep_owner(int fd, const struct stat *old, struct nacre_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return nacre_fail_os(err, "new file");
	if (st.st_uid == old->st_uid && st.st_gid == old->st_gid)
		return 0;
	if (fchown(fd, old->st_uid, old->st_gid) < 0 && st.st_uid != old->st_uid)
		return nacre_fail_os(err, "owner of a new file");
	return 0;
}

static int replace_at(int dir, const char *name, const char *text, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged file = NACRE_STAGED;
	nacre_autofd int old = -1;
	struct stat st;
	int rc;

	rc = nacre_file_open_at(dir, name, &old, NULL, err);
	if (rc)
		return rc;
	if (fstat(old, &st) < 0)
		return nacre_fail_os(err, "%s", name);
	nacre_staging_sweep(dir);
	rc = stage(&file, dir, text, 0600, err);
	if (rc == 0)
		rc = keep_owner(file.fd, &st, err);
	return rc ? rc : nacre_staged_commit(&file, name, err);
}

int nacre_key_store_private(const struct nacre_key *key, const char *path, const char *passphrase,
	struct nacre_err *err)
{
	nacre_autofree char *text = NULL;
	char name[NAME_BYTES];
	nacre_autofd int dir = -1;
	int rc;

	rc = open_place(path, &dir, name, err);
	if (rc == 0)
		rc = nacre_key_emit_private(key, passphrase, &text, err);
	if (rc == 0)
		rc = replace_at(dir, name, text, err);
	return rc;
}
