/* SPDX-License-Identifier: Apache-2.0 */
/** Mount points, of which a tree that is removed or replaced must have none. */
#ifndef NACRE_BUILDER_MOUNT_POINT_H
#define NACRE_BUILDER_MOUNT_POINT_H

#include "base/err.h"

/**
 * Checks that a directory is no mount point and that nothing is mounted below it, as far as this
 * process's mount namespace goes.
 *
 * @param name  for messages
 *
 * Errors: UNSAFE, naming the mount point; IO (no /proc to look it up in); NOMEM.
 */
NACRE_CHECKED int nacre_mount_point_check(int dir, const char *name, struct nacre_err *err);

#endif
