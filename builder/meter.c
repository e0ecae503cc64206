/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of what is written: an event every few MiB. */
#include "builder/meter.h"

#include "base/env.h"

#include <stdlib.h>

#define STEP_BYTES ((uint64_t)4 << 20)

struct meter {
	struct nacre_sink base;
	struct nacre_sink *inner;
	const struct nacre_env *env;
	const char *subject;
	uint64_t bytes;
	uint64_t told;
};

static int meter_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	struct meter *meter = (struct meter *)sink;
	int rc = nacre_sink_write(meter->inner, data, len, err);

	meter->bytes += len;
	if (rc || meter->bytes - meter->told < STEP_BYTES)
		return rc;
	meter->told = meter->bytes;
	return nacre_progress(meter->env, meter->subject, meter->bytes, 0, err);
}

static int meter_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	return nacre_sink_finish(((struct meter *)sink)->inner, err);
}

static void meter_free(struct nacre_sink *sink)
{
	free(sink);
}

int nacre_meter_new(struct nacre_sink *inner, const struct nacre_env *env, const char *subject,
	struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct meter *meter = calloc(1, sizeof(*meter));

	if (!meter)
		return nacre_fail_nomem(err);
	meter->base = (struct nacre_sink){ meter_write, meter_finish, meter_free };
	meter->inner = inner;
	meter->env = env;
	meter->subject = subject;
	*out_sink = &meter->base;
	return 0;
}
