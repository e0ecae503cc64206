/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the files of a plan. What may be made and in which order is write_plan.c's business,
 * attributes are write_meta.c's. Asks for no user by name, needs no /proc, changes no umask: it can
 * run where little more than *at calls below one directory is allowed.
 */
#include "layers/write.h"

#include "base/env.h"
#include "base/file.h"
#include "layers/dirs.h"
#include "layers/write_loss.h"
#include "layers/write_meta.h"
#include "layers/write_names.h"
#include "layers/write_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define CHUNK ((size_t)256 << 10)
#define REPORT_BYTES ((uint64_t)4 << 20) /* between two progress events */
#define OBJECT_BYTES 4096		 /* what a file system object counts for in that */
#define TRIES_MOST 1000			 /* names for one entry */

enum state {
	STATE_NEW,
	STATE_DIRS,
	STATE_FINISHED,
	STATE_BROKEN,
};

struct nacre_writer {
	int staging;
	const struct nacre_env *env;
	struct nacre_write_options options;
	struct nacre_write_plan plan;
	struct nacre_write_names names;
	struct nacre_write_loss loss;
	struct nacre_write_meta meta;
	struct nacre_dirs *dirs;
	struct nacre_node *root;
	enum state state;
	uint64_t done_bytes;
	uint64_t unreported_bytes;
	char *chunk;
};

static const void *parent_of(const void *key)
{
	return ((const struct nacre_node *)key)->parent;
}

static const char *name_of(const void *key, const void *names)
{
	return nacre_write_names_get(names, key);
}

static int enter(struct nacre_writer *writer, enum state from, struct nacre_err *err)
{
	if (writer->state != from)
		return nacre_fail(err, NACRE_E_ARG, "a writer's steps out of order");
	/* Until the step says otherwise: a step that fails leaves it so. */
	writer->state = STATE_BROKEN;
	return 0;
}

static int leave(struct nacre_writer *writer, enum state to, int rc)
{
	if (rc == 0)
		writer->state = to;
	return rc;
}

static int report(struct nacre_writer *writer, uint64_t bytes, struct nacre_err *err)
{
	writer->unreported_bytes += bytes;
	if (writer->unreported_bytes < REPORT_BYTES)
		return 0;
	writer->unreported_bytes = 0;
	return nacre_progress(writer->env, "files", writer->done_bytes, writer->plan.bytes, err);
}

/* ------------------------------------------------------------------- files */

static int open_parent(struct nacre_writer *writer, const struct nacre_node *node, int *out_dir,
	struct nacre_err *err)
{
	*out_dir = nacre_dirs_get(writer->dirs, node->parent);
	return *out_dir < 0 ? nacre_write_fail_os(node->parent, "open directory", err) : 0;
}

/* Makes an entry as `name` in a directory. As a system call: -1 and errno. */
typedef int maker(int dir, const char *name, const struct nacre_node *node, const void *from);

/* Whether another name may do, after errno. */
static bool is_of_name(const struct nacre_writer *writer, unsigned tries)
{
	if (!writer->options.bear_losses || tries == TRIES_MOST)
		return false;
	/* The second name is of plain letters then: it was not the name. */
	if (errno == EINVAL)
		return tries == 0;
	return errno == EEXIST || errno == EILSEQ || errno == ENAMETOOLONG;
}

/*
 * Makes an entry under its own name or, where the file system takes that for another's or refuses
 * it, under one that is free. *out_made is what the system call returned: when it is negative,
 * nothing was made, and errno says why.
 */
static int make(struct nacre_writer *writer, int dir, const struct nacre_node *node, maker *how,
	const void *from, int *out_made, struct nacre_err *err)
{
	char other[256];
	int reason, rc;

	*out_made = how(dir, node->name, node, from);
	reason = errno;
	for (unsigned tries = 0; *out_made < 0 && is_of_name(writer, tries); tries++) {
		nacre_write_names_make(&writer->names, node, errno != EEXIST, other);
		*out_made = how(dir, other, node, from);
		if (*out_made < 0)
			continue;
		rc = nacre_write_names_give(&writer->names, node, other, err);
		errno = reason;
		return rc ? rc : nacre_write_loss_warn_os(&writer->loss, node, "name", err);
	}
	errno = reason;
	return 0;
}

static int make_or_fail(struct nacre_writer *writer, int dir, const struct nacre_node *node,
	maker *how, const void *from, int *out_made, struct nacre_err *err)
{
	int rc = make(writer, dir, node, how, from, out_made, err);

	return rc == 0 && *out_made < 0 ? nacre_write_fail_os(node, "create", err) : rc;
}

static int make_file(int dir, const char *name, const struct nacre_node *node, const void *from)
{
	(void)node;
	(void)from;
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static int open_new(struct nacre_writer *writer, const struct nacre_node *node, int *out_fd,
	struct nacre_err *err)
{
	int dir = -1;
	int rc = open_parent(writer, node, &dir, err);

	return rc ? rc : make_or_fail(writer, dir, node, make_file, NULL, out_fd, err);
}

/* What was written is finished: its losses are told. */
static int settle(struct nacre_writer *writer, const struct nacre_node *node, struct nacre_err *err)
{
	int rc = nacre_write_loss_settle(&writer->loss, node, &writer->names, &writer->plan, err);

	return rc ? rc : report(writer, OBJECT_BYTES, err);
}

static int close_new(
	struct nacre_writer *writer, const struct nacre_node *node, int *fd, struct nacre_err *err)
{
	int rc = nacre_write_meta_fd(&writer->meta, *fd, node, err);

	if (rc)
		return rc;
	/* Some file systems say only here that they had no room. */
	if (close(nacre_steal_fd(fd)) < 0)
		return nacre_write_fail_os(node, "close", err);
	return settle(writer, node, err);
}

static int put_bytes(struct nacre_writer *writer, const struct nacre_node *node, int fd,
	const char *data, size_t len, struct nacre_err *err)
{
	int rc = nacre_write_all(fd, data, len, err);

	if (rc)
		return nacre_write_within(node, rc, err);
	writer->done_bytes += len;
	return 0;
}

/* ----------------------------------------------------------------- streams */

/* Where a stream is, and the range of plan.files that is still to come. */
struct flow {
	uint64_t at;
	size_t file;
	size_t end;
	int fd; /* of the file that has begun; -1 between files */
};

static void flow_clear(struct flow *flow)
{
	nacre_fd_close(&flow->fd);
}

static int put_chunk(
	struct nacre_writer *writer, struct flow *flow, size_t len, struct nacre_err *err)
{
	uint64_t chunk_end = flow->at + len;
	int rc = 0;

	while (rc == 0 && flow->file < flow->end) {
		struct nacre_write_file *file = &writer->plan.files[flow->file];
		const struct nacre_inode *inode = file->node->inode;
		uint64_t begin = inode->u.content.key, end = begin + inode->size_bytes;
		uint64_t from = begin > flow->at ? begin : flow->at;
		uint64_t upto = end < chunk_end ? end : chunk_end;

		if (begin >= chunk_end)
			break;
		if (flow->fd < 0)
			rc = open_new(writer, file->node, &flow->fd, err);
		if (rc == 0)
			rc = put_bytes(writer, file->node, flow->fd,
				writer->chunk + (from - flow->at), (size_t)(upto - from), err);
		if (rc || end > chunk_end)
			break;
		rc = close_new(writer, file->node, &flow->fd, err);
		file->written = true;
		flow->file++;
	}
	flow->at = chunk_end;
	return rc;
}

static int check_ended(
	const struct nacre_writer *writer, const struct flow *flow, struct nacre_err *err)
{
	const struct nacre_node *node;
	uint64_t end;
	int rc;

	if (flow->file == flow->end)
		return 0;
	node = writer->plan.files[flow->file].node;
	end = node->inode->u.content.key + node->inode->size_bytes;
	rc = nacre_fail(err, NACRE_E_FORMAT, "the stream ends %llu bytes too early",
		(unsigned long long)(end - flow->at));
	return nacre_write_within(node, rc, err);
}

static int write_stream(struct nacre_writer *writer, const struct nacre_origin *origin,
	struct nacre_source *source, struct nacre_err *err)
{
	NACRE_CLEANUP(flow_clear)
	struct flow flow = { 0, 0, 0, -1 };
	size_t got = 0;
	int rc;

	rc = nacre_write_plan_range(&writer->plan, origin, &flow.file, &flow.end, err);
	/* To the end also when no more file comes: the caller hashes what passes. */
	do {
		if (rc == 0)
			rc = nacre_source_read_full(source, writer->chunk, CHUNK, &got, err);
		if (rc == 0)
			rc = put_chunk(writer, &flow, got, err);
		if (rc == 0)
			rc = report(writer, got, err);
	} while (rc == 0 && got == CHUNK);
	return rc ? rc : check_ended(writer, &flow, err);
}

/* Reads on where the content should have ended: an origin that yields more is as wrong as less. */
static int write_opened(struct nacre_writer *writer, const struct nacre_node *node,
	struct nacre_source *source, int fd, struct nacre_err *err)
{
	uint64_t left = node->inode->size_bytes;
	size_t got = 0;

	do {
		int rc = nacre_source_read_full(source, writer->chunk, CHUNK, &got, err);

		if (rc == 0 && got > left)
			rc = nacre_fail(err, NACRE_E_FORMAT, "more content than %llu bytes",
				(unsigned long long)node->inode->size_bytes);
		if (rc)
			return nacre_write_within(node, rc, err);
		rc = put_bytes(writer, node, fd, writer->chunk, got, err);
		if (rc == 0)
			rc = report(writer, got, err);
		if (rc)
			return rc;
		left -= got;
	} while (got == CHUNK);
	if (left > 0) {
		int rc = nacre_fail(err, NACRE_E_FORMAT, "the content ends %llu bytes too early",
			(unsigned long long)left);

		return nacre_write_within(node, rc, err);
	}
	return 0;
}

static int write_file(
	struct nacre_writer *writer, struct nacre_write_file *file, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	nacre_autofd int fd = -1;
	int rc;

	rc = nacre_inode_open(file->node->inode, &source, err);
	if (rc)
		return nacre_write_within(file->node, rc, err);
	rc = open_new(writer, file->node, &fd, err);
	if (rc == 0)
		rc = write_opened(writer, file->node, source, fd, err);
	if (rc == 0)
		rc = close_new(writer, file->node, &fd, err);
	file->written = true;
	return rc;
}

/* -------------------------------------------------------------- all others */

static int make_symlink(int dir, const char *name, const struct nacre_node *node, const void *from)
{
	(void)from;
	return symlinkat(node->inode->u.target, dir, name);
}

static int make_special(int dir, const char *name, const struct nacre_node *node, const void *from)
{
	const struct nacre_inode *inode = node->inode;
	bool is_fifo = inode->type == NACRE_TYPE_FIFO;
	mode_t type = is_fifo ? S_IFIFO : inode->type == NACRE_TYPE_CHAR ? S_IFCHR : S_IFBLK;
	dev_t device = is_fifo ? 0 : makedev(inode->u.device.major, inode->u.device.minor);

	(void)from;
	return mknodat(dir, name, type | inode->mode, device);
}

/* An empty file that stands for what the system has refused, as errno says. */
static int write_stand_in(
	struct nacre_writer *writer, const struct nacre_node *node, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_write_loss_warn_os(
		&writer->loss, node, nacre_type_name(node->inode->type), err);

	nacre_write_loss_device(&writer->loss);
	if (rc == 0)
		rc = open_new(writer, node, &fd, err);
	return rc ? rc : close_new(writer, node, &fd, err);
}

static int write_special(
	struct nacre_writer *writer, const struct nacre_node *node, struct nacre_err *err)
{
	bool is_symlink = node->inode->type == NACRE_TYPE_SYMLINK;
	bool is_device = !is_symlink && node->inode->type != NACRE_TYPE_FIFO;
	int dir = -1, made = -1;
	int rc = open_parent(writer, node, &dir, err);

	if (rc == 0)
		rc = make(writer, dir, node, is_symlink ? make_symlink : make_special, NULL, &made,
			err);
	if (rc)
		return rc;
	if (made < 0 && !is_symlink && writer->options.bear_losses && nacre_write_is_refusal(errno))
		return write_stand_in(writer, node, err);
	if (made < 0)
		return nacre_write_fail_os(node,
			is_device && errno == EPERM ? "device nodes need root" : "create", err);
	rc = nacre_write_meta_at(
		&writer->meta, dir, nacre_write_names_get(&writer->names, node), node, err);
	return rc ? rc : settle(writer, node, err);
}

static int write_other(
	struct nacre_writer *writer, const struct nacre_node *node, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc;

	if (node->inode->type != NACRE_TYPE_FILE)
		return write_special(writer, node, err);
	rc = open_new(writer, node, &fd, err);
	return rc ? rc : close_new(writer, node, &fd, err);
}

/* The first name of a file. */
struct link_from {
	int dir;
	const char *name;
};

static int make_link(int dir, const char *name, const struct nacre_node *node, const void *from)
{
	const struct link_from *old = from;

	(void)node;
	return linkat(old->dir, old->name, dir, name, 0);
}

static int write_link(
	struct nacre_writer *writer, const struct nacre_write_link *link, struct nacre_err *err)
{
	struct link_from from = { -1, nacre_write_names_get(&writer->names, link->old) };
	nacre_autofd int old_dir = -1;
	int dir = -1, made = -1;
	int rc;

	rc = open_parent(writer, link->old, &dir, err);
	if (rc)
		return rc;
	/* A copy, as opening the second parent may close the first. */
	from.dir = old_dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (old_dir < 0)
		return nacre_write_fail_os(link->old, "open directory", err);
	rc = open_parent(writer, link->node, &dir, err);
	if (rc == 0)
		rc = make(writer, dir, link->node, make_link, &from, &made, err);
	if (rc)
		return rc;
	if (made < 0)
		return nacre_write_fail_os(link->node, "link", err);
	rc = nacre_write_loss_settle_link(&writer->loss, link, &writer->names, err);
	return rc ? rc : report(writer, OBJECT_BYTES, err);
}

/* ------------------------------------------------------------- directories */

static int make_subdir(int dir, const char *name, const struct nacre_node *node, const void *from)
{
	(void)node;
	(void)from;
	return mkdirat(dir, name, 0700);
}

static int make_dir(
	struct nacre_writer *writer, const struct nacre_node *node, struct nacre_err *err)
{
	const char *name;
	int dir = -1, made = -1;
	int rc = open_parent(writer, node, &dir, err);

	if (rc == 0)
		rc = make_or_fail(writer, dir, node, make_subdir, NULL, &made, err);
	if (rc)
		return rc;
	name = nacre_write_names_get(&writer->names, node);
	/* The name was made just now in a directory that is ours alone: see set_special_mode(). */
	if (writer->meta.masked && fchmodat(dir, name, 0700, 0) < 0)
		return nacre_write_fail_os(node, "mode", err);
	return report(writer, OBJECT_BYTES, err);
}

static int finish_dir(
	struct nacre_writer *writer, const struct nacre_node *node, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int dir = -1;
	int rc = open_parent(writer, node, &dir, err);

	if (rc)
		return rc;
	fd = openat(dir, nacre_write_names_get(&writer->names, node),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return nacre_write_fail_os(node, "open directory", err);
	rc = nacre_write_meta_fd(&writer->meta, fd, node, err);
	return rc ? rc : settle(writer, node, err);
}

/* ------------------------------------------------------------------ public */

int nacre_writer_new(struct nacre_tree *tree, int staging_dir,
	const struct nacre_write_options *options, const struct nacre_env *env,
	struct nacre_writer **out_writer, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_writer_freep)
	struct nacre_writer *writer = calloc(1, sizeof(*writer));
	struct nacre_dirs_shape shape = { parent_of, name_of, NULL };
	int rc;

	if (!writer)
		return nacre_fail_nomem(err);
	shape.user = &writer->names;
	writer->options = *options;
	nacre_write_loss_init(&writer->loss, env, &writer->options);
	writer->staging = staging_dir;
	writer->env = env;
	writer->root = tree->root;
	writer->chunk = malloc(CHUNK);
	if (!writer->chunk)
		return nacre_fail_nomem(err);
	rc = nacre_write_plan_init(&writer->plan, tree, options, err);
	if (rc == 0)
		rc = nacre_dirs_new(staging_dir, &shape, &writer->dirs, err);
	if (rc == 0)
		rc = nacre_write_meta_init(&writer->meta, staging_dir, options, &writer->loss, err);
	if (rc == 0)
		*out_writer = nacre_steal(&writer);
	return rc;
}

void nacre_writer_free(struct nacre_writer *writer)
{
	if (!writer)
		return;
	nacre_write_plan_clear(&writer->plan);
	nacre_write_names_clear(&writer->names);
	nacre_write_loss_clear(&writer->loss);
	nacre_dirs_free(writer->dirs);
	free(writer->chunk);
	free(writer);
}

void nacre_writer_freep(struct nacre_writer **writer)
{
	nacre_writer_free(*writer);
	*writer = NULL;
}

int nacre_writer_dirs(struct nacre_writer *writer, struct nacre_err *err)
{
	int rc = enter(writer, STATE_NEW, err);

	for (size_t i = 0; rc == 0 && i < writer->plan.dir_count; i++)
		rc = make_dir(writer, writer->plan.dirs[i], err);
	return leave(writer, STATE_DIRS, rc);
}

int nacre_writer_stream(struct nacre_writer *writer, const struct nacre_origin *origin,
	struct nacre_source *source, struct nacre_err *err)
{
	int rc = enter(writer, STATE_DIRS, err);

	if (rc == 0)
		rc = write_stream(writer, origin, source, err);
	return leave(writer, STATE_DIRS, rc);
}

int nacre_writer_finish(struct nacre_writer *writer, struct nacre_err *err)
{
	struct nacre_write_plan *plan = &writer->plan;
	int rc = enter(writer, STATE_DIRS, err);

	for (size_t i = 0; rc == 0 && i < plan->file_count; i++) {
		if (!plan->files[i].written)
			rc = write_file(writer, &plan->files[i], err);
	}
	for (size_t i = 0; rc == 0 && i < plan->other_count; i++)
		rc = write_other(writer, plan->others[i], err);
	for (size_t i = 0; rc == 0 && i < plan->link_count; i++)
		rc = write_link(writer, &plan->links[i], err);
	/* Children before parents, so that no time and no right to write is lost again. */
	for (size_t i = plan->dir_count; rc == 0 && i > 0; i--)
		rc = finish_dir(writer, plan->dirs[i - 1], err);
	if (rc == 0)
		rc = nacre_write_meta_fd(&writer->meta, writer->staging, writer->root, err);
	if (rc == 0)
		rc = settle(writer, writer->root, err);
	if (rc == 0)
		rc = nacre_write_loss_finish(&writer->loss, err);
	return leave(writer, STATE_FINISHED, rc);
}

int nacre_writer_sync(struct nacre_writer *writer, struct nacre_err *err)
{
	if (syncfs(writer->staging) < 0)
		return nacre_fail_os(err, "sync");
	return 0;
}

int nacre_tree_write(struct nacre_tree *tree, int staging_dir,
	const struct nacre_write_options *options, const struct nacre_env *env,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_writer_freep)
	struct nacre_writer *writer = NULL;
	int rc = nacre_writer_new(tree, staging_dir, options, env, &writer, err);

	if (rc == 0)
		rc = nacre_writer_dirs(writer, err);
	if (rc == 0)
		rc = nacre_writer_finish(writer, err);
	return rc;
}
