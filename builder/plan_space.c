/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds, not a simulation: the least is what no state of the file system can undercut, the most
 * what a badly fragmented one can come to. Where a default of mkfs decides, the row says which.
 */
#include "builder/plan_space.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#define XFS_MAGIC 0x58465342U /* not in linux/magic.h of Debian 12 */

/* Inodes that begin in groups do so in no more places than this; XFS spreads directories. */
#define GROUPS_MOST 32U

/* What is made beside the tree: a lock, and a ledger that goes again when it is empty. */
#define FILES_BESIDE 2U

/* What tmpfs counts as an inode, and an xattr besides its name and value (mm/shmem.c, fs/xattr.c).
 */
#define TMPFS_INODE_BYTES 1024U
#define TMPFS_XATTR_BYTES 40U

/*
 * ext4: no inline_data. XFS: inodes of 512 bytes; a link may lie inside of older ones of 256, too.
 * btrfs: metadata twice, and its tree half full, so four times the items of btrfs_tree.h.
 */
static const struct nacre_plan_disk disks[] = {
	{ .name = "ext4",
		.magic = EXT4_SUPER_MAGIC,
		.link_inside = 59,
		.link_surely = 59,
		.extents_inside = 4 },
	{ .name = "xfs",
		.magic = XFS_MAGIC,
		.link_inside = 336,
		.link_surely = 156,
		.dir_inside = 336,
		.dir_surely = 100,
		.dir_block = 4096,
		.inode_most = 528,
		.group_most = 65536,
		.extents_inside = 9 },
	{ .name = "tmpfs",
		.magic = TMPFS_MAGIC,
		.link_inside = 127,
		.link_surely = 127,
		.is_without_dirs = true,
		.counts_all_as_inode = true,
		.extents_inside = UINT32_MAX },
	{ .name = "btrfs",
		.magic = BTRFS_SUPER_MAGIC,
		.file_inside = 2048,
		.link_inside = 4095,
		.link_surely = 4095,
		.is_without_dirs = true,
		.inode_most = 1600,
		.name_most = 800,
		.name_times = 16,
		.group_most = 65536,
		.extents_inside = 1 },
	{ .name = "",
		.link_inside = 4095,
		.dir_inside = UINT32_MAX,
		.dir_block = 4096,
		.inode_most = 4096,
		.group_most = 65536,
		.extents_inside = 1 },
};

#define DISKS (sizeof(disks) / sizeof(disks[0]))

struct sums {
	const struct nacre_plan_disk *disk;
	uint64_t block;
	uint64_t least;
	uint64_t most;
	uint64_t inodes;
	uint64_t dirs;
	uint64_t xattr_bytes;
};

const struct nacre_plan_disk *nacre_plan_disk_find(uint32_t magic)
{
	size_t i = 0;

	while (i < DISKS - 1 && disks[i].magic != magic)
		i++;
	return &disks[i];
}

/* ------------------------------------------------------------------ counting */

/* Numbers of an image may be of any size; a sum that is too large is too large for every disk. */
static void add(uint64_t *sum, uint64_t count, uint64_t each)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(count, each, &bytes) || __builtin_add_overflow(*sum, bytes, sum))
		*sum = UINT64_MAX;
}

static uint64_t ceiling(uint64_t bytes, uint64_t unit)
{
	return bytes / unit + (bytes % unit != 0);
}

static void add_file(struct sums *sums, const struct nacre_inode *inode)
{
	uint64_t size = inode->size_bytes, blocks = ceiling(size, sums->block);
	bool may_lie_inside = size <= sums->disk->file_inside;

	if (!may_lie_inside)
		add(&sums->least, blocks, sums->block);
	add(&sums->most, blocks, sums->block);
	/* Inside, its bytes are metadata, for which room is taken more than once. */
	if (may_lie_inside && size > 0)
		add(&sums->most, 2, sums->block);
	/* The blocks that list its pieces, 16 bytes each, half full. */
	if (blocks > sums->disk->extents_inside)
		add(&sums->most, 1 + ceiling(blocks, sums->block / 32), sums->block);
}

static void add_symlink(struct sums *sums, const struct nacre_inode *inode)
{
	uint64_t len = strlen(inode->u.target);
	uint32_t surely = inode->xattrs ? 0 : sums->disk->link_surely;

	if (sums->disk->link_inside == sums->disk->link_surely)
		surely = sums->disk->link_surely;
	if (len > sums->disk->link_inside)
		add(&sums->least, ceiling(len, sums->block), sums->block);
	/* Behind a header, as XFS has it. */
	if (len > surely)
		add(&sums->most, ceiling(len + 64, sums->block), sums->block);
}

/* A block that was split has at least half of it full, but for one name more or less. */
static uint64_t dir_blocks_most(uint64_t bytes, uint64_t longest, uint64_t unit)
{
	uint64_t half = unit / 2 - 16, full, leaves;

	if (bytes + 80 <= unit)
		return 1;
	full = half > longest + 64 ? half - longest : 64;
	leaves = ceiling(bytes, full);
	return leaves + 2 + ceiling(leaves, unit / 16);
}

static void add_dir(struct sums *sums, const struct nacre_node *dir)
{
	const struct nacre_plan_disk *disk = sums->disk;
	uint64_t unit = disk->dir_block > sums->block ? disk->dir_block : sums->block;
	uint64_t least = 24, most = 48, longest = 0; /* "." and ".." */

	sums->dirs++;
	for (struct nacre_node *at = nacre_node_first(dir); at; at = nacre_node_next(at)) {
		least += 8U + at->name_len;
		most += 32U + at->name_len;
		longest = at->name_len > longest ? at->name_len : longest;
		add(&sums->most, 1, disk->name_most + (uint64_t)disk->name_times * at->name_len);
	}
	if (disk->is_without_dirs)
		return;
	if (least > disk->dir_inside)
		add(&sums->least, ceiling(least, unit), unit);
	if (most > disk->dir_surely || dir->inode->xattrs)
		add(&sums->most, dir_blocks_most(most, longest + 32, unit), unit);
}

static void add_xattrs(struct sums *sums, const struct nacre_xattrs *xattrs)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < xattrs->count; i++) {
		const struct nacre_xattr *item = &xattrs->items[i];

		add(&bytes, 1, TMPFS_XATTR_BYTES + strlen(item->name) + 1);
		add(&bytes, 1, item->len);
	}
	add(&sums->xattr_bytes, 1, bytes);
	if (!sums->disk->counts_all_as_inode)
		add(&sums->most, 1 + ceiling(bytes, sums->block), sums->block);
}

static void add_inode(struct sums *sums, const struct nacre_node *node)
{
	const struct nacre_inode *inode = node->inode;

	sums->inodes++;
	add(&sums->most, 1, sums->disk->inode_most);
	if (inode->xattrs)
		add_xattrs(sums, inode->xattrs);
	if (inode->type == NACRE_TYPE_FILE)
		add_file(sums, inode);
	else if (inode->type == NACRE_TYPE_SYMLINK)
		add_symlink(sums, inode);
	else if (inode->type == NACRE_TYPE_DIR)
		add_dir(sums, node);
}

void nacre_plan_space_count(struct nacre_tree *tree, uint64_t ledger_bytes,
	const struct nacre_plan_disk *disk, uint64_t block_bytes,
	struct nacre_plan_space *out_space)
{
	struct sums sums = { .disk = disk, .block = block_bytes };
	uint64_t inodes;

	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		if (node->inode->first)
			continue;
		node->inode->first = node;
		add_inode(&sums, node);
	}
	add(&sums.most, sums.dirs < GROUPS_MOST ? sums.dirs : GROUPS_MOST, disk->group_most);
	/* Even one without entries has a first line until that is known. */
	add(&sums.most, 1 + ceiling(ledger_bytes, block_bytes), block_bytes);
	/* The parent may need another block for the names of all that. */
	add(&sums.most, 1, disk->dir_block > block_bytes ? disk->dir_block : block_bytes);
	inodes = sums.inodes;
	if (disk->counts_all_as_inode)
		inodes = tree->nodes + 1 + ceiling(sums.xattr_bytes, TMPFS_INODE_BYTES);
	out_space->file_system = disk->name;
	out_space->block_bytes = block_bytes;
	out_space->least_bytes = sums.least;
	out_space->most_bytes = sums.most;
	out_space->inodes = inodes + FILES_BESIDE;
}

/* ------------------------------------------------------------------- judging */

enum nacre_fit nacre_plan_fit(uint64_t least, uint64_t most, uint64_t free, uint64_t reserve)
{
	if (most <= free)
		return NACRE_FIT_YES;
	return least <= free || least - free <= reserve ? NACRE_FIT_CLOSE : NACRE_FIT_NO;
}

static uint64_t bytes_of(uint64_t blocks, uint64_t each)
{
	uint64_t bytes = 0;

	add(&bytes, blocks, each);
	return bytes;
}

int nacre_plan_space_look(struct nacre_tree *tree, uint64_t ledger_bytes, int dir,
	bool may_use_reserve, struct nacre_plan_space *out_space, struct nacre_err *err)
{
	struct nacre_plan_space *space = out_space;
	struct statfs st;
	uint64_t block;

	if (fstatfs(dir, &st) < 0)
		return nacre_fail_os(err, "file system");
	block = (uint64_t)(st.f_frsize > 0 ? st.f_frsize : st.f_bsize);
	/* Some have none; some, blocks of a size that says nothing about files. */
	if (block < 512 || block > ((uint64_t)1 << 20))
		block = 4096;
	nacre_plan_space_count(
		tree, ledger_bytes, nacre_plan_disk_find((uint32_t)st.f_type), block, space);
	space->free_bytes = bytes_of(st.f_bavail, block);
	space->reserve_bytes = may_use_reserve && st.f_bfree > st.f_bavail
		? bytes_of(st.f_bfree - st.f_bavail, block)
		: 0;
	space->free_inodes = st.f_ffree;
	/* Without blocks or inodes in all it has no end, or does not count them. */
	space->bytes_fit = st.f_blocks == 0 ? NACRE_FIT_UNKNOWN
					    : nacre_plan_fit(space->least_bytes, space->most_bytes,
						      space->free_bytes, space->reserve_bytes);
	space->inodes_fit = st.f_files == 0
		? NACRE_FIT_UNKNOWN
		: nacre_plan_fit(space->inodes, space->inodes, space->free_inodes, 0);
	return 0;
}
