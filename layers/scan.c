/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a directory into a tree. One directory is read at a time and those in it are remembered for
 * later, so neither depth nor width needs more than a bounded number of descriptors.
 */
#include "layers/scan.h"

#include "base/env.h"
#include "base/file.h"
#include "layers/dirs.h"
#include "layers/member.h"
#include "layers/scan_xattrs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define TARGET_BYTES 4095 /* PATH_MAX without its NUL */

/* A directory on disk: how it is found again, and what it was. */
struct place {
	const struct place *parent;
	dev_t dev;
	ino_t ino;
	struct nacre_node *node; /* for the walk: where its names go */
	struct place *next;	 /* for the walk: what is still to be read */
	uint64_t depth;		 /* in the tree */
	uint64_t path_bytes;	 /* in the tree */
	char name[];
};

/* A regular file with content: how it is found again, and what it must still be. */
struct content {
	const struct place *parent;
	dev_t dev;
	ino_t ino;
	uint64_t size_bytes;
	struct timespec mtime;
	struct timespec ctime;
	char name[];
};

struct nacre_scan {
	struct nacre_origin base;
	int64_t racy_from;
	int top;
	struct nacre_arena arena;
	struct nacre_dirs *dirs;
	struct content **contents; /* by key */
	size_t count;
	size_t room;
};

/* What a walk needs and an origin does not. */
struct walk {
	struct nacre_scan *scan;
	const struct nacre_scan_options *options;
	struct nacre_limits limits;
	struct nacre_tree *tree;
	struct place *todo;
	struct nacre_xattr_reader xattrs;
	void *links;	       /* of struct link, by tsearch(3) */
	struct nacre_buf path; /* of what is looked at, below the scanned directory */
	uint64_t members;
};

/* A file with more than one name, and its inode. */
struct link {
	dev_t dev;
	ino_t ino;
	struct nacre_inode *inode;
};

static const void *parent_of(const void *key)
{
	return ((const struct place *)key)->parent;
}

static const char *name_of(const void *key, const void *user)
{
	(void)user;
	return ((const struct place *)key)->name;
}

/* -------------------------------------------------------------- the origin */

static int put_path(const struct place *place, struct nacre_buf *path, struct nacre_err *err)
{
	size_t len = 0, end;
	int rc;

	for (const struct place *at = place; at->parent; at = at->parent)
		len += strlen(at->name) + 1;
	rc = nacre_buf_reserve(path, len, err);
	if (rc)
		return rc;
	end = path->len += len;
	path->data[end] = '\0';
	for (const struct place *at = place; at->parent; at = at->parent) {
		size_t name_len = strlen(at->name);

		path->data[--end] = '/';
		end -= name_len;
		memcpy(path->data + end, at->name, name_len);
	}
	return 0;
}

static int within_content(const struct content *content, int code, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF(SIZE_MAX / 2);

	if (put_path(content->parent, &path, NULL) ||
		nacre_buf_add_text(&path, content->name, NULL))
		return nacre_within(err, code, "'%s'", content->name);
	return nacre_within(err, code, "'%.600s'", path.data);
}

static int fail_changed(struct nacre_err *err)
{
	return nacre_fail(err, NACRE_E_IO, "changed while it was read");
}

static bool is_same(const struct content *content, const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_dev == content->dev && st->st_ino == content->ino &&
		(uint64_t)st->st_size == content->size_bytes &&
		st->st_mtim.tv_sec == content->mtime.tv_sec &&
		st->st_mtim.tv_nsec == content->mtime.tv_nsec;
}

struct scan_source {
	struct nacre_source base;
	int fd;
	uint64_t left;
	const struct content *content;
	bool is_named;
};

/* Where contents have names, nothing may change at all: a name stands for one content. */
static int check_same(const struct scan_source *source, struct nacre_err *err)
{
	const struct content *content = source->content;
	struct stat st;

	if (fstat(source->fd, &st) < 0)
		return nacre_fail_os(err, "stat");
	if (!is_same(content, &st))
		return fail_changed(err);
	if (source->is_named &&
		(st.st_ctim.tv_sec != content->ctime.tv_sec ||
			st.st_ctim.tv_nsec != content->ctime.tv_nsec))
		return fail_changed(err);
	return 0;
}

static int scan_read(
	struct nacre_source *base, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct scan_source *source = (struct scan_source *)base;
	size_t want = cap < source->left ? cap : (size_t)source->left;
	ssize_t got = 0;
	int rc = 0;

	if (want > 0) {
		do
			got = read(source->fd, data, want);
		while (got < 0 && errno == EINTR);
	}
	if (got < 0)
		rc = nacre_fail_os(err, "read");
	else if (got == 0 && want > 0)
		rc = fail_changed(err);
	source->left -= got > 0 ? (uint64_t)got : 0;
	/* Also at the end, since what was written meanwhile may have been read in part. */
	if (rc == 0 && got > 0 && source->left == 0)
		rc = check_same(source, err);
	if (rc)
		return within_content(source->content, rc, err);
	*out_len = (size_t)got;
	return 0;
}

static void scan_source_free(struct nacre_source *base)
{
	struct scan_source *source = (struct scan_source *)base;

	nacre_fd_close(&source->fd);
	free(source);
}

static int open_content(
	struct nacre_scan *scan, const struct content *content, int *out_fd, struct nacre_err *err)
{
	int dir = nacre_dirs_get(scan->dirs, content->parent);
	int rc;

	if (dir < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return fail_changed(err);
	if (dir < 0)
		return nacre_fail_os(err, "open directory");
	rc = nacre_file_open_at(dir, content->name, out_fd, NULL, err);
	/* It has gone, or is something else now. */
	return rc == NACRE_E_NOT_FOUND || rc == NACRE_E_UNSAFE ? fail_changed(err) : rc;
}

static int scan_open(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	struct nacre_scan *scan = (struct nacre_scan *)origin;
	struct nacre_source *opened;
	struct scan_source *source;
	int rc;

	if (key >= scan->count || scan->contents[key]->size_bytes != size)
		return nacre_fail(err, NACRE_E_ARG, "no content with this key and size");
	source = calloc(1, sizeof(*source));
	if (!source)
		return nacre_fail_nomem(err);
	*source = (struct scan_source){ { scan_read, scan_source_free }, -1, size,
		scan->contents[key], scan->base.name != NULL };
	opened = &source->base;
	rc = open_content(scan, source->content, &source->fd, err);
	if (rc == 0)
		rc = check_same(source, err);
	if (rc) {
		rc = within_content(source->content, rc, err);
		nacre_source_free(opened);
		return rc;
	}
	*out_source = opened;
	return 0;
}

static bool scan_name(struct nacre_origin *origin, uint64_t key, uint64_t size, char *out_name)
{
	const struct nacre_scan *scan = (const struct nacre_scan *)origin;
	const struct content *c = key < scan->count ? scan->contents[key] : NULL;
	const struct stat st = c ? (struct stat){ .st_dev = c->dev,
		.st_ino = c->ino,
		.st_size = (off_t)size,
		.st_mtim = c->mtime,
		.st_ctim = c->ctime }
				 : (struct stat){ .st_dev = 0 };

	return c && nacre_stat_name(&st, scan->racy_from, out_name, NACRE_CONTENT_NAME);
}

static int scan_new(int top, const struct nacre_scan_options *options, struct nacre_scan **out_scan,
	struct nacre_err *err)
{
	static const struct nacre_dirs_shape shape = { parent_of, name_of, NULL };
	NACRE_CLEANUP(nacre_scan_freep)
	struct nacre_scan *scan = calloc(1, sizeof(*scan));
	int rc;

	if (!scan)
		return nacre_fail_nomem(err);
	scan->base.open = scan_open;
	scan->base.name = options->has_names ? scan_name : NULL;
	scan->racy_from = options->racy_from;
	scan->top = fcntl(top, F_DUPFD_CLOEXEC, 0);
	if (scan->top < 0)
		return nacre_fail_os(err, "directory");
	rc = nacre_dirs_new(scan->top, &shape, &scan->dirs, err);
	if (rc == 0)
		*out_scan = nacre_steal(&scan);
	return rc;
}

void nacre_scan_free(struct nacre_scan *scan)
{
	if (!scan)
		return;
	nacre_dirs_free(scan->dirs);
	nacre_fd_close(&scan->top);
	nacre_arena_clear(&scan->arena);
	free(scan->contents);
	free(scan);
}

void nacre_scan_freep(struct nacre_scan **scan)
{
	nacre_scan_free(*scan);
	*scan = NULL;
}

/* -------------------------------------------------------------- remembering */

static struct place *place_new(struct nacre_scan *scan, const struct place *parent,
	const char *name, const struct stat *st)
{
	struct place *place = nacre_arena_new(&scan->arena, sizeof(*place) + strlen(name) + 1);

	if (!place)
		return NULL;
	place->parent = parent;
	place->dev = st->st_dev;
	place->ino = st->st_ino;
	memcpy(place->name, name, strlen(name));
	return place;
}

static int add_content(struct nacre_scan *scan, const struct place *parent, const char *name,
	const struct stat *st, uint64_t *out_key, struct nacre_err *err)
{
	struct content *content =
		nacre_arena_new(&scan->arena, sizeof(*content) + strlen(name) + 1);

	if (!content)
		return nacre_fail_nomem(err);
	if (scan->count == scan->room) {
		size_t room = scan->room ? scan->room * 2 : 256;
		struct content **contents = realloc(scan->contents, room * sizeof(*contents));

		if (!contents)
			return nacre_fail_nomem(err);
		scan->contents = contents;
		scan->room = room;
	}
	content->parent = parent;
	content->dev = st->st_dev;
	content->ino = st->st_ino;
	content->size_bytes = (uint64_t)st->st_size;
	content->mtime = st->st_mtim;
	content->ctime = st->st_ctim;
	memcpy(content->name, name, strlen(name));
	*out_key = scan->count;
	scan->contents[scan->count++] = content;
	return 0;
}

/* ------------------------------------------------------------------ inodes */

static bool type_of(const struct stat *st, enum nacre_type *out_type)
{
	static const struct {
		mode_t format;
		enum nacre_type type;
	} rows[] = {
		{ S_IFREG, NACRE_TYPE_FILE },
		{ S_IFDIR, NACRE_TYPE_DIR },
		{ S_IFLNK, NACRE_TYPE_SYMLINK },
		{ S_IFCHR, NACRE_TYPE_CHAR },
		{ S_IFBLK, NACRE_TYPE_BLOCK },
		{ S_IFIFO, NACRE_TYPE_FIFO },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((st->st_mode & S_IFMT) == rows[i].format) {
			*out_type = rows[i].type;
			return true;
		}
	}
	return false;
}

static uint32_t mode_of(const struct walk *walk, enum nacre_type type, const struct stat *st)
{
	if (type == NACRE_TYPE_SYMLINK)
		return 0777;
	if (walk->options->keep_mode)
		return st->st_mode & 07777;
	return type == NACRE_TYPE_DIR || (type == NACRE_TYPE_FILE && (st->st_mode & S_IXUSR))
		? 0755
		: 0644;
}

static void set_attributes(
	const struct walk *walk, struct nacre_inode *inode, const struct stat *st)
{
	const struct nacre_scan_options *options = walk->options;

	inode->mode = mode_of(walk, inode->type, st);
	inode->uid = options->keep_owner ? st->st_uid : options->uid;
	inode->gid = options->keep_owner ? st->st_gid : options->gid;
	inode->mtime_s = options->keep_mtime ? st->st_mtim.tv_sec : options->mtime_s;
	inode->mtime_ns = options->keep_mtime ? (uint32_t)st->st_mtim.tv_nsec : options->mtime_ns;
}

static int read_target(struct walk *walk, struct nacre_inode *inode, int dir, const char *name,
	struct nacre_err *err)
{
	char target[TARGET_BYTES + 1];
	ssize_t len = readlinkat(dir, name, target, sizeof(target));

	if (len < 0)
		return nacre_fail_os(err, "read link");
	if ((size_t)len > TARGET_BYTES)
		return nacre_fail(
			err, NACRE_E_LIMIT, "a target of more than %d bytes", TARGET_BYTES);
	inode->u.target = nacre_arena_text(&walk->tree->arena, target, (size_t)len);
	return inode->u.target ? 0 : nacre_fail_nomem(err);
}

/* A regular file is opened for its xattrs; the others have none that needs it. */
static int read_xattrs(struct walk *walk, struct nacre_inode *inode, int dir, const char *name,
	const struct stat *st, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct stat opened;
	int rc;

	if (!walk->options->keep_xattrs && !walk->options->all_xattrs)
		return 0;
	if (inode->type == NACRE_TYPE_FILE) {
		rc = nacre_file_open_at(dir, name, &fd, NULL, err);
		if (rc)
			return rc;
		if (fstat(fd, &opened) < 0)
			return nacre_fail_os(err, "stat");
		if (opened.st_dev != st->st_dev || opened.st_ino != st->st_ino)
			return fail_changed(err);
	}
	return nacre_xattr_reader_read(
		&walk->xattrs, fd, dir, name, &walk->tree->arena, &inode->xattrs, err);
}

static int fill_inode(struct walk *walk, const struct place *parent, struct nacre_inode *inode,
	int dir, const char *name, const struct stat *st, struct nacre_err *err)
{
	int rc = 0;

	set_attributes(walk, inode, st);
	switch (inode->type) {
	case NACRE_TYPE_DIR:
		return 0; /* its xattrs are read when it is open */
	case NACRE_TYPE_FILE:
		inode->size_bytes = (uint64_t)st->st_size;
		if (inode->size_bytes > 0) {
			inode->u.content.origin = &walk->scan->base;
			rc = add_content(walk->scan, parent, name, st, &inode->u.content.key, err);
		}
		break;
	case NACRE_TYPE_SYMLINK:
		rc = read_target(walk, inode, dir, name, err);
		break;
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		inode->u.device.major = major(st->st_rdev);
		inode->u.device.minor = minor(st->st_rdev);
		break;
	default:
		break;
	}
	return rc ? rc : read_xattrs(walk, inode, dir, name, st, err);
}

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* Finds the link with this device and inode, or adds it without an inode. */
static struct link *find_link(struct walk *walk, const struct stat *st)
{
	struct link *link = nacre_arena_new(&walk->scan->arena, sizeof(*link));
	void *found;

	if (!link)
		return NULL;
	link->dev = st->st_dev;
	link->ino = st->st_ino;
	found = tsearch(link, &walk->links, compare_links);
	return found ? *(struct link **)found : NULL;
}

static int make_inode(struct walk *walk, const struct place *parent, enum nacre_type type, int dir,
	const char *name, const struct stat *st, struct nacre_inode **out_inode,
	struct nacre_err *err)
{
	struct link *link = NULL;
	struct nacre_inode *inode;
	int rc;

	if (walk->options->keep_hard_links && type != NACRE_TYPE_DIR && st->st_nlink > 1) {
		link = find_link(walk, st);
		if (!link)
			return nacre_fail_nomem(err);
		*out_inode = link->inode;
		if (link->inode)
			return 0;
	}
	inode = nacre_inode_new(walk->tree, type);
	if (!inode)
		return nacre_fail_nomem(err);
	rc = fill_inode(walk, parent, inode, dir, name, st, err);
	if (link && rc == 0)
		link->inode = inode;
	*out_inode = inode;
	return rc;
}

/* ------------------------------------------------------------------- names */

static int check_kind(
	struct walk *walk, const struct stat *st, enum nacre_type *out_type, struct nacre_err *err)
{
	if (!type_of(st, out_type))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "sockets cannot be put in a layer");
	if (!walk->options->keep_special &&
		(*out_type == NACRE_TYPE_FIFO || *out_type == NACRE_TYPE_CHAR ||
			*out_type == NACRE_TYPE_BLOCK))
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"a %s, and special files were not asked for", nacre_type_name(*out_type));
	return 0;
}

static int check_limits(
	struct walk *walk, const struct place *parent, const char *as, struct nacre_err *err)
{
	uint64_t slash = parent->path_bytes > 0 ? 1 : 0;

	/* Spec: image-spec v1.1.1, layer.md, "Whiteouts": such a name can only remove. */
	if (strncmp(as, NACRE_WHITEOUT_PREFIX, strlen(NACRE_WHITEOUT_PREFIX)) == 0)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a name that begins with '%s' means removal in a layer",
			NACRE_WHITEOUT_PREFIX);
	if (++walk->members > walk->limits.layer_members)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu files (limit layer-members)",
			(unsigned long long)walk->limits.layer_members);
	if (parent->path_bytes + slash + strlen(as) > walk->limits.path_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"a path of more than %llu bytes (limit path-bytes)",
			(unsigned long long)walk->limits.path_bytes);
	if (parent->depth >= walk->limits.depth)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu directories deep (limit depth)",
			(unsigned long long)walk->limits.depth);
	return 0;
}

static int push_place(struct walk *walk, const struct place *parent, const char *name,
	const struct stat *st, struct nacre_node *node, struct nacre_err *err)
{
	struct place *place = place_new(walk->scan, parent, name, st);

	if (!place)
		return nacre_fail_nomem(err);
	place->node = node;
	place->depth = parent->depth + 1;
	place->path_bytes = parent->path_bytes + (parent->path_bytes > 0 ? 1 : 0) + node->name_len;
	place->next = walk->todo;
	walk->todo = place;
	return 0;
}

/* Adds what `name` is to the tree as `as`, and remembers a directory for later. */
static int add_name(struct walk *walk, const struct place *parent, int dir, const char *name,
	const char *as, const struct stat *st, struct nacre_err *err)
{
	enum nacre_type type = NACRE_TYPE_FILE;
	struct nacre_inode *inode = NULL;
	struct nacre_node *node = NULL;
	int rc;

	rc = check_kind(walk, st, &type, err);
	if (rc == 0)
		rc = check_limits(walk, parent, as, err);
	if (rc == 0)
		rc = make_inode(walk, parent, type, dir, name, st, &inode, err);
	if (rc == 0)
		rc = nacre_tree_add(walk->tree, parent->node, as, strlen(as), inode, &node, err);
	if (rc)
		return rc;
	node->is_explicit = true;
	return type == NACRE_TYPE_DIR ? push_place(walk, parent, name, st, node, err) : 0;
}

static int within_path(const struct walk *walk, int code, struct nacre_err *err)
{
	size_t len = walk->path.len;

	/* A directory's own path has a slash behind it, for its names. */
	len -= len > 0 && walk->path.data[len - 1] == '/' ? 1 : 0;
	if (len == 0)
		return nacre_within(err, code, "'.'");
	return nacre_within(err, code, "'%.*s'", len < 600 ? (int)len : 600, walk->path.data);
}

static int add_entry(struct walk *walk, const struct place *parent, int dir, const char *name,
	struct nacre_err *err)
{
	const struct nacre_scan_options *options = walk->options;
	size_t path_len = walk->path.len;
	struct stat st;
	int rc;

	rc = nacre_buf_add_text(&walk->path, name, err);
	if (rc)
		return rc;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		rc = errno == ENOENT ? fail_changed(err) : nacre_fail_os(err, "stat");
	else if (!options->exclude ||
		!options->exclude(walk->path.data, S_ISDIR(st.st_mode), options->user))
		rc = add_name(walk, parent, dir, name, name, &st, err);
	if (rc)
		return within_path(walk, rc, err);
	walk->path.len = path_len;
	walk->path.data[path_len] = '\0';
	return 0;
}

/* ------------------------------------------------------------- directories */

static int open_place(
	struct walk *walk, const struct place *place, int *out_fd, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct stat st;
	int dir = nacre_dirs_get(walk->scan->dirs, place);

	if (dir >= 0)
		fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return fail_changed(err);
	if (fd < 0)
		return nacre_fail_os(err, "open directory");
	if (fstat(fd, &st) < 0)
		return nacre_fail_os(err, "stat");
	if (st.st_dev != place->dev || st.st_ino != place->ino)
		return fail_changed(err);
	*out_fd = nacre_steal_fd(&fd);
	return 0;
}

/* A name of a directory, for a walk that takes them in reverse. */
struct name {
	struct name *next;
	char text[];
};

static int take_reversed(struct walk *walk, const struct place *place, int dir,
	const struct name *names, struct nacre_err *err)
{
	int rc = 0;

	for (; names && rc == 0; names = names->next)
		rc = add_entry(walk, place, dir, names->text, err);
	return rc;
}

static int put_in_front(
	struct walk *walk, const char *text, struct name **names, struct nacre_err *err)
{
	struct name *name = nacre_arena_new(&walk->scan->arena, sizeof(*name) + strlen(text) + 1);

	if (!name)
		return nacre_fail_nomem(err);
	memcpy(name->text, text, strlen(text));
	name->next = *names;
	*names = name;
	return 0;
}

static int read_names(
	struct walk *walk, const struct place *place, DIR *stream, struct nacre_err *err)
{
	struct name *names = NULL;

	for (;;) {
		const struct dirent *entry;
		int rc;

		errno = 0;
		entry = readdir(stream);
		if (!entry && errno)
			return within_path(walk, nacre_fail_os(err, "read directory"), err);
		if (!entry)
			return take_reversed(walk, place, dirfd(stream), names, err);
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		rc = walk->options->reversed
			? put_in_front(walk, entry->d_name, &names, err)
			: add_entry(walk, place, dirfd(stream), entry->d_name, err);
		if (rc)
			return rc;
	}
}

static int read_place(struct walk *walk, const struct place *place, struct nacre_err *err)
{
	bool wants_xattrs = walk->options->keep_xattrs || walk->options->all_xattrs;
	struct nacre_inode *inode = place->node->inode;
	nacre_autofd int fd = -1;
	DIR *stream;
	int rc;

	walk->path.len = 0;
	rc = put_path(place, &walk->path, err);
	if (rc)
		return rc;
	rc = open_place(walk, place, &fd, err);
	if (rc == 0 && wants_xattrs && (place->parent || walk->options->keep_top))
		rc = nacre_xattr_reader_read(
			&walk->xattrs, fd, -1, NULL, &walk->tree->arena, &inode->xattrs, err);
	if (rc)
		return within_path(walk, rc, err);
	stream = fdopendir(fd);
	if (!stream)
		return within_path(walk, nacre_fail_os(err, "read directory"), err);
	(void)nacre_steal_fd(&fd);
	rc = read_names(walk, place, stream, err);
	(void)closedir(stream);
	return rc;
}

/* -------------------------------------------------------------------- walk */

static void keep_link(void *link)
{
	(void)link; /* the arena's */
}

static void walk_clear(struct walk *walk)
{
	tdestroy(walk->links, keep_link);
	nacre_xattr_reader_clear(&walk->xattrs);
	nacre_buf_clear(&walk->path);
	nacre_scan_freep(&walk->scan);
}

/* Begins a walk at `dir`, which is the place without a parent. */
static int walk_begin(struct walk *walk, int dir, const struct nacre_env *env,
	struct nacre_node *into, struct place **out_top, struct nacre_err *err)
{
	struct stat st;
	struct place *top;
	int rc;

	walk->limits = nacre_env_limits(env);
	if (into->inode->type != NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_ARG, "'%s' is not a directory", into->name);
	if (fstat(dir, &st) < 0)
		return nacre_fail_os(err, "stat");
	rc = scan_new(dir, walk->options, &walk->scan, err);
	if (rc == 0)
		rc = nacre_xattr_reader_init(
			&walk->xattrs, &walk->limits, walk->options->all_xattrs, err);
	if (rc)
		return rc;
	top = place_new(walk->scan, NULL, "", &st);
	if (!top)
		return nacre_fail_nomem(err);
	top->node = into;
	for (const struct nacre_node *at = into; at->parent; at = at->parent) {
		top->depth++;
		top->path_bytes += at->name_len + (at->parent->parent ? 1U : 0U);
	}
	*out_top = top;
	return 0;
}

/* A new inode, because trees that were cloned from this one share the old. */
static int set_top(struct walk *walk, struct nacre_node *into, int dir, struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_new(walk->tree, NACRE_TYPE_DIR);
	struct stat st;

	if (!inode)
		return nacre_fail_nomem(err);
	if (fstat(dir, &st) < 0)
		return nacre_fail_os(err, "stat");
	set_attributes(walk, inode, &st);
	into->inode = inode;
	into->is_explicit = true;
	return 0;
}

#define WALK(options, tree)                                                                        \
	{                                                                                          \
		.options = (options), .tree = (tree), .path = NACRE_BUF(SIZE_MAX / 2),             \
	}

int nacre_scan_dir(int dir, const struct nacre_scan_options *options, const struct nacre_env *env,
	struct nacre_tree *tree, struct nacre_node *into, struct nacre_scan **out_scan,
	struct nacre_err *err)
{
	NACRE_CLEANUP(walk_clear)
	struct walk walk = WALK(options, tree);
	int rc = walk_begin(&walk, dir, env, into, &walk.todo, err);

	if (rc == 0 && options->keep_top)
		rc = set_top(&walk, into, dir, err);
	while (rc == 0 && walk.todo) {
		struct place *place = walk.todo;

		walk.todo = place->next;
		rc = read_place(&walk, place, err);
	}
	if (rc == 0)
		*out_scan = nacre_steal(&walk.scan);
	return rc;
}

int nacre_scan_file(int dir, const char *name, const struct nacre_scan_options *options,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_node *into,
	const char *as, struct nacre_scan **out_scan, struct nacre_err *err)
{
	NACRE_CLEANUP(walk_clear)
	struct walk walk = WALK(options, tree);
	struct place *top = NULL;
	struct stat st;
	int rc = walk_begin(&walk, dir, env, into, &top, err);

	if (rc)
		return rc;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_fail_os(err, "'%s'", name);
	if (S_ISDIR(st.st_mode))
		return nacre_fail(err, NACRE_E_ARG, "'%s' is a directory", name);
	rc = add_name(&walk, top, dir, name, as ? as : name, &st, err);
	if (rc)
		return nacre_within(err, rc, "'%s'", name);
	*out_scan = nacre_steal(&walk.scan);
	return 0;
}
