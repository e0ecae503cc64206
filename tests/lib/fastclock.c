/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A monotonic clock that runs fast (LD_PRELOAD): it is an hour later each time somebody asks. Only
 * for tests of what a limit of time does.
 */
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *out_time);

int clock_gettime(clockid_t clock, struct timespec *out_time)
{
	static time_t hours;

	(void)clock;
	out_time->tv_sec = 3600 * ++hours;
	out_time->tv_nsec = 0;
	return 0;
}
