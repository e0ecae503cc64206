/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers on their way to a disk: an archive that is folded, judged and written must leave all
 * that lies around the new root alone, and what was written must be the tree again.
 *
 * The input is that of layer.c: the first byte is the length of the lower layer in blocks of 512.
 * Around the root, which lies two directories down, stand sentinels; their attributes, times of
 * change too, are looked at after every input.
 */
#include "base/env.h"
#include "base/file.h"
#include "builder/unpack_policy.h"
#include "layers/fold.h"
#include "layers/scan.h"
#include "layers/write.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MOST 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory_origin {
	struct nacre_origin base;
	const char *data;
	size_t len;
};

static int open_memory(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	const struct memory_origin *memory = (const struct memory_origin *)origin;

	if (key > memory->len || size > memory->len - key)
		abort();
	return nacre_source_memory(memory->data + key, (size_t)size, out_source, err);
}

static bool fold(struct nacre_tree *tree, unsigned layer, struct memory_origin *origin)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_source *source = NULL;
	struct nacre_layer_counts counts;
	int rc = nacre_source_memory(origin->data, origin->len, &source, NULL);

	if (rc == 0)
		rc = nacre_fold_layer(tree, layer, &origin->base, source, &limits, &counts, NULL);
	nacre_source_free(source);
	return rc == 0;
}

/* ------------------------------------------------------------------- sentinels */

/* "top" holds "middle", which holds "root"; every other name here is there to be left alone. */
static const char *const sentinels[] = { "file", "link", "dir", "dir/file", "root-evil", "middle",
	"middle/file", "middle/root-evil", "middle/root-evil/file" };

#define SENTINELS (sizeof(sentinels) / sizeof(sentinels[0]))

static struct {
	char path[64];
	int top;
	int middle;
	struct stat before[SENTINELS];
} place = { .top = -1 };

static void leave(void)
{
	nacre_autofd int parent = -1;
	char name[256];

	if (nacre_dir_open_parent(place.path, &parent, name, sizeof(name), NULL) ||
		nacre_tree_remove_at(parent, name, NULL))
		perror(place.path);
}

static void put_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	if (fd < 0 || write(fd, "sentinel\n", 9) != 9 || close(fd) < 0)
		abort();
}

static void look(struct stat *stats)
{
	for (size_t i = 0; i < SENTINELS; i++) {
		if (fstatat(place.top, sentinels[i], &stats[i], AT_SYMLINK_NOFOLLOW) < 0)
			abort();
	}
}

static void enter(void)
{
	(void)snprintf(place.path, sizeof(place.path), "%s/nacre-fuzz-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(place.path))
		abort();
	(void)atexit(leave);
	place.top = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.top < 0 || mkdirat(place.top, "dir", 0750) < 0 ||
		mkdirat(place.top, "middle", 0750) < 0 ||
		mkdirat(place.top, "middle/root-evil", 0750) < 0 ||
		symlinkat("dir", place.top, "link") < 0)
		abort();
	put_file(place.top, "file");
	put_file(place.top, "root-evil");
	put_file(place.top, "dir/file");
	put_file(place.top, "middle/file");
	put_file(place.top, "middle/root-evil/file");
	place.middle = openat(place.top, "middle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.middle < 0)
		abort();
	look(place.before);
}

static bool is_same(const struct stat *a, const struct stat *b, bool is_middle)
{
	if (a->st_ino != b->st_ino || a->st_mode != b->st_mode || a->st_uid != b->st_uid ||
		a->st_gid != b->st_gid)
		return false;
	/* The root itself comes and goes in it. */
	return is_middle ||
		(a->st_size == b->st_size && a->st_nlink == b->st_nlink &&
			a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
			a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
			a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
			a->st_ctim.tv_nsec == b->st_ctim.tv_nsec);
}

static void check_names(int dir, size_t expected)
{
	struct nacre_tree tree;
	struct nacre_scan *scan = NULL;
	const struct nacre_scan_options options = { .keep_special = true };
	size_t count = 0;

	if (nacre_tree_init(&tree, NULL) ||
		nacre_scan_dir(dir, &options, NULL, &tree, tree.root, &scan, NULL))
		abort();
	for (struct nacre_node *at = nacre_node_first(tree.root); at; at = nacre_node_next(at))
		count++;
	if (count != expected)
		abort();
	nacre_scan_free(scan);
	nacre_tree_clear(&tree);
}

static void check_sentinels(void)
{
	struct stat now[SENTINELS];

	look(now);
	for (size_t i = 0; i < SENTINELS; i++) {
		if (!is_same(&now[i], &place.before[i], strcmp(sentinels[i], "middle") == 0))
			abort();
	}
	check_names(place.top, 5);
	check_names(place.middle, 2);
}

/* --------------------------------------------------------------------- the tree */

/* What is on the disk is the tree: for root; others cannot give files away. */
static void check_written(struct nacre_tree *tree, int root)
{
	const struct nacre_scan_options options = {
		.keep_mode = true,
		.keep_owner = true,
		.keep_hard_links = true,
		.keep_special = true,
		.keep_top = true,
	};
	struct nacre_tree again;
	struct nacre_scan *scan = NULL;
	struct nacre_node *x, *y;

	if (nacre_tree_init(&again, NULL) ||
		nacre_scan_dir(root, &options, NULL, &again, again.root, &scan, NULL))
		abort();
	nacre_tree_forget_first(tree);
	nacre_tree_forget_first(&again);
	for (x = tree->root, y = again.root; x && y;
		x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		const struct nacre_inode *a = x->inode, *b = y->inode;

		if (strcmp(x->name, y->name) != 0 || a->type != b->type ||
			a->size_bytes != b->size_bytes || !x->inode->first != !y->inode->first)
			abort();
		if (x->inode->first && strcmp(x->inode->first->name, y->inode->first->name) != 0)
			abort();
		if (geteuid() == 0 && (a->uid != b->uid || a->gid != b->gid))
			abort();
		if (geteuid() == 0 && a->type != NACRE_TYPE_SYMLINK && a->mode != b->mode)
			abort();
		if (a->type == NACRE_TYPE_SYMLINK && strcmp(a->u.target, b->u.target) != 0)
			abort();
		x->inode->first = x->inode->first ? x->inode->first : x;
		y->inode->first = y->inode->first ? y->inode->first : y;
	}
	if (x || y)
		abort();
	nacre_scan_free(scan);
	nacre_tree_clear(&again);
}

static void write_tree(struct nacre_tree *tree)
{
	const struct nacre_unpack_options options = { .no_owner = geteuid() != 0 };
	const struct nacre_write_options how = { .keep_owner = geteuid() == 0 };
	struct nacre_unpacked unpacked;
	int root;

	if (nacre_unpack_policy_apply(tree, &options, NULL, &unpacked, NULL))
		return;
	if (mkdirat(place.middle, "root", 0700) < 0)
		abort();
	root = openat(place.middle, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		abort();
	if (nacre_tree_write(tree, root, &how, NULL, NULL) == 0)
		check_written(tree, root);
	(void)close(root);
	if (nacre_tree_remove_at(place.middle, "root", NULL))
		abort();
	check_sentinels();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t lower = size > 0 ? (size_t)data[0] * 512 : 0;
	struct memory_origin origins[2];
	struct nacre_tree tree;

	if (size == 0)
		return 0;
	if (place.top < 0)
		enter();
	data++;
	size--;
	lower = lower < size ? lower : size;
	origins[0] = (struct memory_origin){ { .open = open_memory }, (const char *)data, lower };
	origins[1] = (struct memory_origin){ { .open = open_memory }, (const char *)data + lower,
		size - lower };
	if (nacre_tree_init(&tree, NULL))
		return 0;
	if (fold(&tree, 1, &origins[0]) && fold(&tree, 2, &origins[1]) && tree.nodes <= NAMES_MOST)
		write_tree(&tree);
	nacre_tree_clear(&tree);
	return 0;
}
