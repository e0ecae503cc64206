/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux cuts a time to what the file system says that it can hold, without an error. So a few times
 * are set and read back: one with odd seconds and all digits of nanoseconds, and the two ends of
 * what there is, which come back as the ends of what this file system has. FAT has seconds in
 * twos, ext4 with inodes of 128 bytes whole ones up to 2038, tmpfs everything.
 */
#include "layers/write_disk.h"

#include <sys/stat.h>

static bool try_mode(int dir, mode_t mode)
{
	struct stat st;

	return fchmod(dir, mode) == 0 && fstat(dir, &st) == 0 && (st.st_mode & 07777) == mode;
}

/* The time that there is after `want` was set. */
static bool try_time(int dir, struct timespec want, struct timespec *out_got)
{
	const struct timespec times[2] = { want, want };
	struct stat st;

	if (futimens(dir, times) < 0 || fstat(dir, &st) < 0)
		return false;
	*out_got = st.st_mtim;
	return true;
}

static bool keeps(int dir, struct timespec want)
{
	struct timespec got;

	return try_time(dir, want, &got) && got.tv_sec == want.tv_sec &&
		got.tv_nsec == want.tv_nsec;
}

void nacre_write_disk_learn(struct nacre_write_disk *disk, int dir)
{
	struct timespec first, last;

	*disk = (struct nacre_write_disk){ 0 };
	disk->modes = try_mode(dir, 01750) && try_mode(dir, 0701);
	disk->seconds = keeps(dir, (struct timespec){ 1234567891, 0 });
	disk->nanoseconds = keeps(dir, (struct timespec){ 1234567891, 123456789 });
	if (!try_time(dir, (struct timespec){ INT64_MIN, 0 }, &first) ||
		!try_time(dir, (struct timespec){ INT64_MAX, 0 }, &last))
		return;
	disk->after_s = first.tv_sec;
	disk->before_s = last.tv_sec;
}

bool nacre_write_disk_keeps(const struct nacre_write_disk *disk, int64_t mtime_s, uint32_t mtime_ns)
{
	if (mtime_s <= disk->after_s || mtime_s >= disk->before_s)
		return false;
	return disk->nanoseconds || (disk->seconds && mtime_ns == 0);
}
