/* SPDX-License-Identifier: Apache-2.0 */
/** Users and groups of a recipe, written into the image. */
#ifndef NACRE_BUILDER_ACCOUNTS_H
#define NACRE_BUILDER_ACCOUNTS_H

#include "builder/steps.h"

/**
 * Adds the recipe's accounts to /etc/passwd, /etc/group, /etc/shadow and, where the image has one,
 * /etc/gshadow; files that are missing are made, 0644 and the shadow 0640, root's. Lines that are
 * there stay, byte for byte, but for members that a group gets. Passwords are locked.
 *
 * Errors: EXISTS (a name with other numbers, a number of another name), NOT_FOUND (a group or
 * member that nobody knows), each with FILE:LINE:COLUMN; LIMIT, NOMEM, those of reading.
 * Spec:   passwd(5), group(5), shadow(5), gshadow(5).
 */
NACRE_CHECKED int nacre_accounts_add(
	struct nacre_steps *steps, struct nacre_tree *tree, struct nacre_err *err);

#endif
