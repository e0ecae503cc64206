/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes that come back, each only where nobody has set it since. */
#include "layers/ledger_restore.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

#define SETID 06000U

static bool has_lost(const struct nacre_loss *loss, enum nacre_lost kind)
{
	return loss->kinds & NACRE_LOSS_BIT(kind);
}

/* A file that was written to since is of another size or time. */
static bool is_untouched(const struct nacre_inode *on_disk, const struct nacre_inode *want,
	const struct nacre_loss *loss)
{
	bool lost_time = has_lost(loss, NACRE_LOST_TIME);
	uint64_t size = want->type == NACRE_TYPE_FILE ? want->size_bytes : 0;

	if (on_disk->type != NACRE_TYPE_FILE)
		return true;
	return on_disk->size_bytes == size &&
		on_disk->mtime_s == (lost_time ? loss->mtime_s : want->mtime_s) &&
		on_disk->mtime_ns == (lost_time ? loss->mtime_ns : want->mtime_ns);
}

bool nacre_ledger_is_left(const struct nacre_inode *on_disk, const struct nacre_inode *want,
	const struct nacre_loss *loss)
{
	/* What stands for a device is nothing but that while it is as it was left. */
	if (has_lost(loss, NACRE_LOST_DEVICE))
		return on_disk->type == NACRE_TYPE_FILE && is_untouched(on_disk, want, loss);
	return on_disk->type == want->type;
}

static void restore_mode(struct nacre_inode *on_disk, const struct nacre_inode *want,
	const struct nacre_loss *loss, bool untouched)
{
	if (on_disk->mode != loss->mode)
		return;
	on_disk->mode = want->mode & (untouched ? 07777U : ~SETID);
}

static int restore_xattrs(struct nacre_arena *arena, struct nacre_inode *on_disk,
	const struct nacre_inode *want, const struct nacre_loss *loss, bool untouched,
	struct nacre_err *err)
{
	size_t count = on_disk->xattrs ? on_disk->xattrs->count : 0;
	nacre_autofree struct nacre_xattr *items =
		calloc(count + loss->xattr_count + 1, sizeof(*items));

	if (!items)
		return nacre_fail_nomem(err);
	if (count > 0)
		memcpy(items, on_disk->xattrs->items, count * sizeof(*items));
	for (size_t i = 0; i < loss->xattr_count; i++) {
		const char *name = loss->xattrs[i];

		if (nacre_xattr_find(on_disk->xattrs, name) ||
			(!untouched && strcmp(name, "security.capability") == 0))
			continue;
		items[count++] = *nacre_xattr_find(want->xattrs, name);
	}
	return nacre_xattrs_make(arena, items, count, &on_disk->xattrs, err);
}

int nacre_ledger_restore(struct nacre_arena *arena, struct nacre_inode *on_disk,
	const struct nacre_inode *want, const struct nacre_loss *loss, struct nacre_err *err)
{
	bool untouched = is_untouched(on_disk, want, loss);

	if (has_lost(loss, NACRE_LOST_OWNER) && on_disk->uid == loss->uid &&
		on_disk->gid == loss->gid) {
		on_disk->uid = want->uid;
		on_disk->gid = want->gid;
	}
	if (has_lost(loss, NACRE_LOST_MODE))
		restore_mode(on_disk, want, loss, untouched);
	if (has_lost(loss, NACRE_LOST_TIME) && on_disk->mtime_s == loss->mtime_s &&
		on_disk->mtime_ns == loss->mtime_ns) {
		on_disk->mtime_s = want->mtime_s;
		on_disk->mtime_ns = want->mtime_ns;
	}
	if (has_lost(loss, NACRE_LOST_DEVICE)) {
		on_disk->type = want->type;
		on_disk->u.device.major = want->u.device.major;
		on_disk->u.device.minor = want->u.device.minor;
	}
	if (has_lost(loss, NACRE_LOST_XATTR))
		return restore_xattrs(arena, on_disk, want, loss, untouched, err);
	return 0;
}
