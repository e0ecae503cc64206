/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a file system makes of a tree: its inodes, and its blocks between two figures.
 *
 * A kind of file system is a row of numbers. nacre_plan_space_look() alone asks the system.
 */
#ifndef NACRE_BUILDER_PLAN_SPACE_H
#define NACRE_BUILDER_PLAN_SPACE_H

#include "layers/tree.h"

#include <nacre/builder.h>

/** What matters of a kind of file system, in bytes where nothing else is said. */
struct nacre_plan_disk {
	const char *name;
	uint32_t magic;		  /* f_type of statfs(2); 0: any other */
	uint32_t file_inside;	  /* content of at most so much may lie with the inode */
	uint32_t link_inside;	  /* a target of at most so much may lie in the inode … */
	uint32_t link_surely;	  /* … and of at most so much does */
	uint32_t dir_inside;	  /* names of at most so much may lie in the inode … */
	uint32_t dir_surely;	  /* … and of at most so much do */
	uint32_t dir_block;	  /* a directory is made of pieces of so much; 0: of blocks */
	uint32_t inode_most;	  /* what an inode may take of the free blocks */
	uint32_t group_most;	  /* what inodes may take at once, for each place they begin in */
	uint32_t name_most;	  /* what a name may take outside of its directory, and … */
	uint32_t name_times;	  /* … so many times its length */
	uint32_t extents_inside;  /* pieces of a file that the inode itself can point to */
	bool is_without_dirs;	  /* directories and their names take nothing */
	bool counts_all_as_inode; /* names, and xattrs by the KiB, are counted as inodes */
};

/** The row of a magic number; that of any other file system when it has none. */
const struct nacre_plan_disk *nacre_plan_disk_find(uint32_t magic);

/**
 * Finds least_bytes, most_bytes and inodes of a tree, with its root, and the lock and the ledger
 * that are made beside it.
 *
 * @param tree          as it is going to be written; inode->first is used
 * @param ledger_bytes  the most that may be in the ledger
 */
void nacre_plan_space_count(struct nacre_tree *tree, uint64_t ledger_bytes,
	const struct nacre_plan_disk *disk, uint64_t block_bytes,
	struct nacre_plan_space *out_space);

/** Holds what is needed against what is free. */
enum nacre_fit nacre_plan_fit(uint64_t least, uint64_t most, uint64_t free, uint64_t reserve);

/**
 * All of it, for the file system that a directory is on.
 *
 * @param may_use_reserve  the last blocks are for this process, too
 * Errors: IO.
 */
NACRE_CHECKED int nacre_plan_space_look(struct nacre_tree *tree, uint64_t ledger_bytes, int dir,
	bool may_use_reserve, struct nacre_plan_space *out_space, struct nacre_err *err);

#endif
