/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of a cage that writes as its root. Landlock stops neither chmod nor chown nor
 * setxattr: it is because nothing else has a name that these reach nothing else.
 */
#include "base/cage_parts.h"
#include "base/file.h"
#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool put_text(const char *path, const char *text)
{
	nacre_autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && nacre_write_all(fd, text, strlen(text), NULL) == 0;
}

/*
 * Who may not change the root may do so in a user namespace of their own. There they stay who they
 * are, so that what stat says of their files is still true.
 */
static bool enter_namespace(void)
{
	char uids[64], gids[64];

	(void)snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	(void)snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	return unshare(CLONE_NEWUSER) == 0 && put_text("/proc/self/setgroups", "deny") &&
		put_text("/proc/self/uid_map", uids) && put_text("/proc/self/gid_map", gids);
}

bool nacre_cage_root(const struct nacre_cage *cage)
{
	if (cage->kind == NACRE_CAGE_READ) /* no call of it takes a path */
		return true;
	if (fchdir(cage->dir) < 0)
		return false;
	if (chroot(".") == 0)
		return true;
	/* Root would lose in a namespace what root is needed for. */
	return errno == EPERM && geteuid() != 0 && enter_namespace() && chroot(".") == 0;
}
