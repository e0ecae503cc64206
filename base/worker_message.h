/* SPDX-License-Identifier: Apache-2.0 */
/** What a worker and its caller say to each other. For worker*.c alone. */
#ifndef NACRE_BASE_WORKER_MESSAGE_H
#define NACRE_BASE_WORKER_MESSAGE_H

#include "base/worker.h"

enum nacre_message_type {
	NACRE_MESSAGE_EVENT = 1, /* kind, done, total; text: the subject */
	NACRE_MESSAGE_REPORT,	 /* text: the bytes of the report */
	NACRE_MESSAGE_PAUSE,	 /* the same, and the worker waits for a byte */
	NACRE_MESSAGE_END,	 /* code; text: the message of the error */
};

struct nacre_message {
	uint32_t type;
	uint32_t kind;
	int32_t code;
	uint32_t len; /* of text */
	uint64_t done;
	uint64_t total;
	char text[NACRE_WORKER_REPORT];
};

#define NACRE_MESSAGE_HEAD offsetof(struct nacre_message, text)

_Static_assert(NACRE_WORKER_REPORT >= NACRE_ERR_TEXT, "an error's text fits into a message");

/** The worker's life: enters the cage, works, tells how it ended. Returns the exit status. */
int nacre_worker_live(const struct nacre_worker_job *job, const struct nacre_env *env, int link);

#endif
