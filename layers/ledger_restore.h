/* SPDX-License-Identifier: Apache-2.0 */
/** What a ledger gives back to an entry, and what it leaves as the disk has it. */
#ifndef NACRE_LAYERS_LEDGER_RESTORE_H
#define NACRE_LAYERS_LEDGER_RESTORE_H

#include "layers/loss.h"

/** Whether what is on the disk is what was left of `want`, be it changed or not. */
bool nacre_ledger_is_left(const struct nacre_inode *on_disk, const struct nacre_inode *want,
	const struct nacre_loss *loss);

/** Gives it what it lost and what the disk has not got otherwise since. Errors: NOMEM. */
NACRE_CHECKED int nacre_ledger_restore(struct nacre_arena *arena, struct nacre_inode *on_disk,
	const struct nacre_inode *want, const struct nacre_loss *loss, struct nacre_err *err);

#endif
