/* SPDX-License-Identifier: Apache-2.0 */
/** Values of an image's config that have a form of their own, for recipes and for changes. */
#ifndef NACRE_BUILDER_RUN_VALUES_H
#define NACRE_BUILDER_RUN_VALUES_H

#include <stdbool.h>

/** "65535/sctp" and its NUL. */
#define NACRE_PORT_TEXT 16

/**
 * Writes a port as it stands in a config: "8080" is "8080/tcp". False when it is not a number from
 * 1 to 65535 with /tcp, /udp or /sctp, or without one.
 *
 * Spec: OCI image-spec v1.1.1, config.md, "ExposedPorts".
 */
bool nacre_port_clean(const char *text, char out_clean[NACRE_PORT_TEXT]);

/**
 * Whether it is the name of a signal of Linux, or a number from 1 to 64.
 *
 * @param out_nearest  set when it is not: a name that was perhaps meant, else NULL; static
 */
bool nacre_signal_is_known(const char *text, const char **out_nearest);

#endif
