/* SPDX-License-Identifier: Apache-2.0 */
/* Where layouts lie. */
#include "builder/store.h"

#include "base/scope.h"
#include "builder/archive.h"

#include <nacre/builder.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *transport_name(enum nacre_transport transport)
{
	switch (transport) {
	case NACRE_DOCKER_ARCHIVE:
		return "docker-archive:";
	case NACRE_DOCKER:
		return "docker://";
	default:
		return "";
	}
}

int nacre_store_path(const struct nacre_ref *ref, const char *store, const char **out_path,
	struct nacre_err *err)
{
	switch (ref->transport) {
	case NACRE_STORE:
		if (!store)
			return nacre_fail(err, NACRE_E_ARG, "a bare name, but there is no store");
		*out_path = store;
		return 0;
	case NACRE_OCI:
		*out_path = ref->path;
		return 0;
	case NACRE_OCI_ARCHIVE:
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"oci-archive: is only read here; nacre copy writes one");
	default:
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "%s is not supported yet",
			transport_name(ref->transport));
	}
}

int nacre_store_look(const char *path, bool *out_is_there, struct nacre_err *err)
{
	struct stat st;

	*out_is_there = lstat(path, &st) == 0;
	return !*out_is_there && errno != ENOENT ? nacre_fail_os(err, "%s", path) : 0;
}

int nacre_image_open(const struct nacre_ref *ref, const char *store,
	struct nacre_layout **out_layout, struct nacre_err *err)
{
	const char *path = NULL;
	int rc;

	if (ref->transport == NACRE_OCI_ARCHIVE) {
		struct nacre_limits limits = nacre_env_limits(NULL);

		return nacre_archive_open(ref->path, &limits, out_layout, err);
	}
	rc = nacre_store_path(ref, store, &path, err);
	if (rc == 0)
		rc = nacre_layout_open(path, out_layout, err);
	/* Most who see this have left out "oci:". */
	if (rc == NACRE_E_NOT_FOUND && ref->transport == NACRE_STORE)
		return nacre_fail(err, rc,
			"there is no store yet at '%s'; an image in a layout is called "
			"oci:DIR:TAG",
			path);
	return rc;
}
