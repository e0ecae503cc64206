/* SPDX-License-Identifier: Apache-2.0 */
/** Whether a secret is anywhere in this process. */
#ifndef NACRE_TESTS_SIGN_MEMORY_H
#define NACRE_TESTS_SIGN_MEMORY_H

#include "fixture.h"

#define CHUNK_BYTES 65536
#define MASK 0x5a

static inline bool holds(const unsigned char *data, size_t len, const unsigned char masked[32])
{
	for (size_t at = 0; at + 32 <= len; at++) {
		size_t i = 0;

		while (i < 32 && data[at + i] == (masked[i] ^ MASK))
			i++;
		if (i == 32)
			return true;
	}
	return false;
}

/** Whether 32 bytes, known by what they are with a mask, are anywhere in what we may write to. */
static inline bool is_in_memory(const unsigned char masked[32])
{
	static unsigned char chunk[CHUNK_BYTES + 32];
	nacre_autofd int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	char line[512], mode[5];
	bool found = false;

	assert_true(mem >= 0);
	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &begin, &end, mode) != 3 || mode[1] != 'w' ||
			end - begin > 256ul << 20) /* shadows of sanitizers */
			continue;
		for (unsigned long at = begin; !found && at < end; at += CHUNK_BYTES) {
			size_t want = end - at < sizeof(chunk) ? end - at : sizeof(chunk);
			ssize_t got;

			/* This buffer must not find itself. */
			memset(chunk, 0, sizeof(chunk));
			got = pread(mem, chunk, want, (off_t)at);
			found = got > 0 && holds(chunk, (size_t)got, masked);
		}
	}
	(void)fclose(maps);
	memset(chunk, 0, sizeof(chunk));
	return found;
}

#endif
