/* SPDX-License-Identifier: Apache-2.0 */
/* From a reference to the layout that it lies in. */
#include "base/file.h"
#include "formats/layout.h"

#include <nacre/builder.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *transport_name(enum nacre_transport transport)
{
	switch (transport) {
	case NACRE_OCI_ARCHIVE:
		return "oci-archive:";
	case NACRE_DOCKER_ARCHIVE:
		return "docker-archive:";
	case NACRE_DOCKER:
		return "docker://";
	default:
		return "";
	}
}

/* The user's store is made with all directories on the way, as XDG's data directory wants it: 0700.
 */
static int make_parents(const char *path, struct nacre_err *err)
{
	nacre_autofree char *copy = strdup(path);

	if (!copy)
		return nacre_fail_nomem(err);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return nacre_fail_os(err, "store: %s", copy);
		*slash = '/';
	}
	return 0;
}

static int open_store(
	const char *store, bool create, struct nacre_layout **out_layout, struct nacre_err *err)
{
	int rc;

	if (!store)
		return nacre_fail(err, NACRE_E_ARG, "a bare name, but there is no store");
	if (!create) {
		rc = nacre_layout_open(store, out_layout, err);
		return rc ? nacre_within(err, rc, "store") : 0;
	}
	rc = make_parents(store, err);
	if (rc == 0)
		rc = nacre_layout_create(store, out_layout, err);
	return rc;
}

int nacre_image_open(const struct nacre_ref *ref, const char *store, bool create,
	struct nacre_layout **out_layout, struct nacre_err *err)
{
	switch (ref->transport) {
	case NACRE_STORE:
		return open_store(store, create, out_layout, err);
	case NACRE_OCI:
		return create ? nacre_layout_create(ref->path, out_layout, err)
			      : nacre_layout_open(ref->path, out_layout, err);
	default:
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "%s is not supported yet",
			transport_name(ref->transport));
	}
}
