/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Losses of one entry at a time. Nothing stays of them but what further names of a file will need:
 * whoever writes a ledger gets its lines in the order of writing.
 */
#include "layers/write_loss.h"

#include "base/env.h"
#include "base/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Warnings of one writer; a tree of a million refused attributes is told in so many lines. */
#define WARNINGS_MOST 20

void nacre_write_loss_init(struct nacre_write_loss *loss, const struct nacre_env *env,
	const struct nacre_write_options *options)
{
	*loss = (struct nacre_write_loss){
		.env = env,
		.options = options,
		.path = NACRE_BUF(SIZE_MAX / 2),
	};
}

void nacre_write_loss_clear(struct nacre_write_loss *loss)
{
	free(loss->xattrs);
	nacre_buf_clear(&loss->path);
	nacre_arena_clear(&loss->kept);
	*loss = (struct nacre_write_loss){ 0 };
}

static void add(struct nacre_write_loss *loss, enum nacre_lost kind)
{
	loss->now.kinds |= NACRE_LOSS_BIT(kind);
}

void nacre_write_loss_owner(struct nacre_write_loss *loss, uint32_t uid, uint32_t gid)
{
	add(loss, NACRE_LOST_OWNER);
	loss->now.uid = uid;
	loss->now.gid = gid;
}

void nacre_write_loss_mode(struct nacre_write_loss *loss, uint32_t mode)
{
	add(loss, NACRE_LOST_MODE);
	loss->now.mode = mode;
}

void nacre_write_loss_time(struct nacre_write_loss *loss, int64_t mtime_s, uint32_t mtime_ns)
{
	add(loss, NACRE_LOST_TIME);
	loss->now.mtime_s = mtime_s;
	loss->now.mtime_ns = mtime_ns;
}

void nacre_write_loss_device(struct nacre_write_loss *loss)
{
	add(loss, NACRE_LOST_DEVICE);
}

int nacre_write_loss_xattr(struct nacre_write_loss *loss, const char *name, struct nacre_err *err)
{
	if (loss->now.xattr_count == loss->xattr_room) {
		size_t room = loss->xattr_room ? 2 * loss->xattr_room : 16;
		const char **xattrs = reallocarray(loss->xattrs, room, sizeof(*xattrs));

		if (!xattrs)
			return nacre_fail_nomem(err);
		loss->xattrs = xattrs;
		loss->xattr_room = room;
	}
	add(loss, NACRE_LOST_XATTR);
	loss->xattrs[loss->now.xattr_count++] = name;
	return 0;
}

static int tell(struct nacre_write_loss *loss, struct nacre_loss *what,
	const struct nacre_node *node, const struct nacre_write_names *names, struct nacre_err *err)
{
	int rc;

	if (nacre_write_names_get(names, node) != node->name)
		what->kinds |= NACRE_LOSS_BIT(NACRE_LOST_NAME);
	if (what->kinds == 0 || !loss->options->lost)
		return 0;
	rc = nacre_write_names_path(names, node, &loss->path, err);
	what->node = node;
	what->path = loss->path.data;
	return rc ? rc : loss->options->lost(what, loss->options->user, err);
}

/* The names of xattrs are the tree's: the list alone is copied. */
static int keep(struct nacre_write_loss *loss, struct nacre_write_link *const *links, size_t count,
	struct nacre_err *err)
{
	struct nacre_loss *kept = nacre_arena_new(&loss->kept, sizeof(*kept));
	size_t bytes = loss->now.xattr_count * sizeof(loss->xattrs[0]);
	const char **xattrs = nacre_arena_new(&loss->kept, bytes + 1);

	if (!kept || !xattrs)
		return nacre_fail_nomem(err);
	*kept = loss->now;
	if (bytes > 0)
		memcpy(xattrs, loss->xattrs, bytes);
	kept->xattrs = xattrs;
	kept->kinds &= ~NACRE_LOSS_BIT(NACRE_LOST_NAME);
	for (size_t i = 0; i < count; i++)
		links[i]->lost = kept;
	return 0;
}

int nacre_write_loss_settle(struct nacre_write_loss *loss, const struct nacre_node *node,
	const struct nacre_write_names *names, const struct nacre_write_plan *plan,
	struct nacre_err *err)
{
	struct nacre_write_link *const *links = NULL;
	size_t count = 0;
	int rc;

	loss->now.xattrs = loss->xattrs;
	rc = tell(loss, &loss->now, node, names, err);
	if (rc == 0 && loss->now.kinds)
		links = nacre_write_plan_links(plan, node, &count);
	if (count > 0)
		rc = keep(loss, links, count, err);
	loss->now = (struct nacre_loss){ 0 };
	return rc;
}

int nacre_write_loss_settle_link(struct nacre_write_loss *loss, const struct nacre_write_link *link,
	const struct nacre_write_names *names, struct nacre_err *err)
{
	struct nacre_loss what = link->lost ? *link->lost : (struct nacre_loss){ 0 };

	return tell(loss, &what, link->node, names, err);
}

/* ---------------------------------------------------------------- warnings */

int nacre_write_loss_warn(struct nacre_write_loss *loss, const struct nacre_node *node,
	const char *what, const char *reason, struct nacre_err *err)
{
	char name[600];

	if (loss->told++ >= WARNINGS_MOST)
		return 0;
	nacre_node_name(node, name, sizeof(name));
	return nacre_warn(loss->env, err, "'%s': %s not set: %s", name, what, reason);
}

int nacre_write_loss_warn_os(struct nacre_write_loss *loss, const struct nacre_node *node,
	const char *what, struct nacre_err *err)
{
	char reason[128];

	return nacre_write_loss_warn(
		loss, node, what, strerror_r(errno, reason, sizeof(reason)), err);
}

int nacre_write_loss_finish(struct nacre_write_loss *loss, struct nacre_err *err)
{
	if (loss->told <= WARNINGS_MOST)
		return 0;
	return nacre_warn(loss->env, err, "%llu more attributes not set",
		(unsigned long long)(loss->told - WARNINGS_MOST));
}
