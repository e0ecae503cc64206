/* SPDX-License-Identifier: Apache-2.0 */
/* A lock that is accepted must come back the same from being written and read again. */
#include "builder/lock.h"
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

static void check_again(const struct nacre_lock *lock, const struct nacre_limits *limits)
{
	struct nacre_buf first = NACRE_BUF(0), second = NACRE_BUF(0);
	struct nacre_lock again = { NULL, 0 };

	if (nacre_lock_emit(lock, &first, NULL) ||
		nacre_lock_parse(first.data, first.len, limits, &again, NULL) ||
		nacre_lock_emit(&again, &second, NULL) || first.len != second.len ||
		memcmp(first.data, second.data, first.len) != 0)
		abort();
	for (size_t i = 0; i < lock->count; i++) {
		const struct nacre_lock_entry *at = &lock->entries[i];

		const struct nacre_lock_entry *found = NULL;

		if (nacre_lock_find(&again, at->kind, at->name, &found, NULL) != 0 ||
			found != &again.entries[i] ||
			nacre_lock_check(&again, at->kind, at->name, &at->digest, at->size_bytes,
				NULL) != 0 ||
			nacre_lock_check(&again, at->kind, at->name, &at->digest,
				at->size_bytes ^ 1, NULL) != NACRE_E_DIGEST)
			abort();
	}
	nacre_lock_clear(&again);
	nacre_buf_clear(&first);
	nacre_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_lock lock = { NULL, 0 };

	if (nacre_lock_parse(data, size, &limits, &lock, NULL) == 0)
		check_again(&lock, &limits);
	nacre_lock_clear(&lock);
	return 0;
}
