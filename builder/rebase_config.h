/* SPDX-License-Identifier: Apache-2.0 */
/** The config of an image on another base. */
#ifndef NACRE_BUILDER_REBASE_CONFIG_H
#define NACRE_BUILDER_REBASE_CONFIG_H

#include "formats/config.h"

/**
 * What an image has as its old base had it becomes what the new base has: environment, labels and
 * what else has names one by one, all else as a whole. What it has changed stays. Layers and
 * history are not looked at.
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_rebase_config(struct nacre_config *config, const struct nacre_config *was,
	const struct nacre_config *now, struct nacre_err *err);

#endif
