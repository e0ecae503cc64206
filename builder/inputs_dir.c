/* SPDX-License-Identifier: Apache-2.0 */
/* Making and opening the place of what is fetched. */
#include "builder/inputs_dir.h"

#include "base/file.h"
#include "base/scope.h"

#include <stdio.h>

int nacre_inputs_dir_open(const char *cache, int *out_dir, struct nacre_err *err)
{
	nacre_autofree char *path = NULL;
	int rc;

	if (!cache)
		return nacre_fail(err, NACRE_E_ARG,
			"there is no cache directory to fetch into; NACRE_CACHE names one");
	if (asprintf(&path, "%s/inputs/sha256/", cache) < 0) {
		path = NULL;
		return nacre_fail_nomem(err);
	}
	rc = nacre_dir_make_parents(path, err);
	if (rc == 0)
		rc = nacre_dir_open(path, out_dir, err);
	return rc ? nacre_within(err, rc, "cache") : 0;
}
