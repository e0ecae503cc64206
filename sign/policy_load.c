/* SPDX-License-Identifier: Apache-2.0 */
/* From the path of a policy and a reference to the requirements. What it says is for policy_file.c.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "sign/policy_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int read_policy(const char *path, struct nacre_buf *out_bytes, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_file_open(path, &fd, NULL, err);

	if (rc)
		return rc;
	rc = nacre_buf_read_fd(out_bytes, fd, err);
	return rc ? nacre_within(err, rc, "%s", path) : 0;
}

/* An absolute path without links, as scopes of layouts and archives are written. */
static int resolve(const char *path, char **out_path, struct nacre_err *err)
{
	*out_path = realpath(path, NULL);
	return *out_path ? 0 : nacre_fail_os(err, "%s", path);
}

static int find_scope(const struct nacre_ref *ref, const char *store, const char *image,
	struct nacre_policy_scope *out_scope, char **out_path, struct nacre_err *err)
{
	int rc;

	if (image) {
		*out_scope = (struct nacre_policy_scope){ "docker", image };
		return 0;
	}
	if (ref->transport == NACRE_STORE && !store)
		return nacre_fail(err, NACRE_E_ARG, "a bare name, but there is no store");
	rc = resolve(ref->transport == NACRE_STORE ? store : ref->path, out_path, err);
	/* What is behind one is a tag to others. */
	if (rc == 0 && strchr(*out_path, ':'))
		rc = nacre_fail(err, NACRE_E_ARG,
			"'%.256s' has a colon, and can be no scope: say what name the image has",
			*out_path);
	*out_scope = (struct nacre_policy_scope){
		ref->transport == NACRE_OCI_ARCHIVE ? "oci-archive" : "oci", *out_path
	};
	return rc;
}

int nacre_policy_load(const char *path, const struct nacre_ref *ref, const char *store,
	const char *image, struct nacre_policy **out_policy, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(NACRE_POLICY_BYTES);
	struct nacre_policy_scope scope = { 0 };
	nacre_autofree char *where = NULL;
	nacre_autofd int dir = -1;
	char name[256];
	int rc = nacre_dir_open_parent(path, &dir, name, sizeof(name), err);

	if (rc == 0)
		rc = read_policy(path, &bytes, err);
	if (rc == 0)
		rc = find_scope(ref, store, image, &scope, &where, err);
	return rc ? rc
		  : nacre_policy_parse(
			    bytes.data, bytes.len, dir, path, &scope, image, out_policy, err);
}
