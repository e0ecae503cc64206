/* SPDX-License-Identifier: Apache-2.0 */
/* Mount points from /proc/self/mountinfo: one a line, the fifth word is where, escaped. */
#include "builder/mount_point.h"

#include "base/scope.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_octal(const char *at)
{
	return at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		at[3] >= '0' && at[3] <= '7';
}

/* "\040" becomes a blank, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; to++) {
		if (is_octal(at)) {
			*to = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
}

static char *fifth_word(char *line)
{
	char *rest = NULL, *word = strtok_r(line, " ", &rest);

	for (int i = 1; i < 5 && word; i++)
		word = strtok_r(NULL, " ", &rest);
	return word;
}

static int check_line(char *line, const char *path, const char *name, struct nacre_err *err)
{
	char *where = fifth_word(line);
	size_t len = strlen(path);

	if (!where)
		return nacre_fail(err, NACRE_E_IO, "/proc/self/mountinfo: a line too short");
	unescape(where);
	if (strncmp(where, path, len) != 0)
		return 0;
	if (where[len] == '\0')
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: a mount point", name);
	if (where[len] == '/')
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: '%s' in it is a mount point", name,
			where + len + 1);
	return 0;
}

int nacre_mount_point_check(int dir, const char *name, struct nacre_err *err)
{
	nacre_autofree char *line = NULL;
	char link[64], path[PATH_MAX];
	size_t room = 0;
	ssize_t len;
	FILE *file;
	int rc = 0;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, path, sizeof(path));
	if (len < 0 || (size_t)len >= sizeof(path)) {
		errno = len < 0 ? errno : ENAMETOOLONG;
		return nacre_fail_os(err, "%s: where it lies, by /proc", name);
	}
	path[len] = '\0';
	file = fopen("/proc/self/mountinfo", "re");
	if (!file)
		return nacre_fail_os(err, "%s: what is mounted in it, by /proc", name);
	errno = 0;
	while (rc == 0 && getline(&line, &room, file) > 0)
		rc = check_line(line, path, name, err);
	if (rc == 0 && (ferror(file) || errno == ENOMEM))
		rc = nacre_fail_os(err, "/proc/self/mountinfo");
	(void)fclose(file);
	return rc;
}
