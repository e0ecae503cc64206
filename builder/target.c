/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a layout to write to; a new one through a staging directory. */
#include "builder/target.h"

#include "base/file.h"
#include "builder/store.h"
#include "formats/layout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Inside of the staging directory, whose lock is our sign of life: the layout has a lock of its
 * own. */
#define NAME "layout"

static int make_new(struct nacre_target *target, const char *path, struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	int rc = nacre_staging_open(&target->staging, path, false, err);

	if (rc)
		return rc;
	if (mkdirat(target->staging.dir, NAME, 0777) < 0)
		return nacre_fail_os(err, "new directory beside '%s'", path);
	rc = nacre_dir_open_at(target->staging.dir, NAME, &dir, err);
	if (rc == 0)
		rc = nacre_layout_create_dir(dir, &target->layout, err);
	if (rc == 0)
		target->is_new = true;
	return rc;
}

/* Said before the work and with the layout's name, rather than by the first blob. */
static int open_existing(struct nacre_target *target, const char *path, struct nacre_err *err)
{
	int rc = nacre_layout_create(path, &target->layout, err);

	if (rc)
		return rc;
	if (faccessat(nacre_layout_blob_dir(target->layout), ".", W_OK | X_OK, AT_EACCESS) < 0)
		return nacre_fail_os(err, "layout '%s'", path);
	return 0;
}

int nacre_target_open(struct nacre_target *target, const struct nacre_ref *ref, const char *store,
	struct nacre_err *err)
{
	const char *path = NULL;
	bool is_there = false;
	int rc = nacre_store_path(ref, store, &path, err);

	if (rc == 0)
		rc = nacre_store_look(path, &is_there, err);
	if (rc)
		return rc;
	if (is_there)
		return open_existing(target, path, err);
	if (ref->transport == NACRE_STORE)
		rc = nacre_dir_make_parents(path, err);
	return rc ? nacre_within(err, rc, "store") : make_new(target, path, err);
}

int nacre_target_commit(struct nacre_target *target, bool sync, struct nacre_err *err)
{
	int rc;

	if (!target->is_new)
		return 0;
	rc = nacre_staging_commit_inner(&target->staging, NAME, sync, err);
	if (rc == 0)
		target->is_new = false;
	return rc;
}

void nacre_target_clear(struct nacre_target *target)
{
	nacre_layout_free(target->layout);
	target->layout = NULL;
	nacre_staging_clear(&target->staging);
}
