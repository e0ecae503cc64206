/* SPDX-License-Identifier: Apache-2.0 */
/* Making and opening the place of what is fetched. */
#include "builder/inputs_dir.h"

#include "base/file.h"
#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int nacre_inputs_dir_open(const char *cache, int *out_dir, struct nacre_err *err)
{
	nacre_autofree char *path = NULL;

	if (!cache)
		return nacre_fail(err, NACRE_E_ARG,
			"there is no cache directory to fetch into; NACRE_CACHE names one");
	if (asprintf(&path, "%s/inputs/sha256/", cache) < 0) {
		path = NULL;
		return nacre_fail_nomem(err);
	}
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return nacre_fail_os(err, "make '%s'", path);
		*slash = '/';
	}
	return nacre_dir_open(path, out_dir, err);
}
