/* SPDX-License-Identifier: Apache-2.0 */
/** The capabilities of Linux by their names in recipes: those of capabilities(7), lower case. */
#ifndef NACRE_BUILDER_CAPABILITY_NAMES_H
#define NACRE_BUILDER_CAPABILITY_NAMES_H

#define NACRE_CAPABILITY_NAMES 41

/** By number (linux/capability.h), NULL behind the last: "cap_chown", "cap_dac_override", … */
extern const char *const nacre_capability_names[NACRE_CAPABILITY_NAMES + 1];

/** The number of a name; -1 when there is none such. */
int nacre_capability_number(const char *name);

#endif
