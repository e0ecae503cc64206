/* SPDX-License-Identifier: Apache-2.0 */
/** Other surroundings for a process that builds: all that must not matter. */
#ifndef NACRE_BUILDER_PERTURB_H
#define NACRE_BUILDER_PERTURB_H

#include <nacre/base.h>

/**
 * Changes the calling process for good: umask, time zone, locale, home and other variables, host
 * name where that is possible, the places and first contents of memory; and the number of jobs.
 * The order in which directories are read is for who reads them (nacre_scan_options.reversed).
 */
void nacre_perturb(struct nacre_env *env);

#endif
