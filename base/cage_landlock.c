/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock, with the constants of ABI 7: the header of Debian 12 knows those of ABI 2.
 *
 * Spec: Linux, include/uapi/linux/landlock.h; landlock(7).
 */
#include "base/cage_parts.h"
#include "base/scope.h"

#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define ASK_VERSION 1U
#define PATH_BENEATH 1

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,
};

/* What making a tree takes. Neither reading a file nor running one is among it. */
#define FS_WRITING                                                                                 \
	(FS_WRITE_FILE | FS_READ_DIR | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |              \
		FS_MAKE_REG | FS_MAKE_FIFO | FS_MAKE_SYM | FS_REFER)
#define FS_DEVICES (FS_MAKE_CHAR | FS_MAKE_BLOCK)

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* The rights that an ABI came with, and how much of struct ruleset it knows. */
static const struct abi {
	int version;
	struct ruleset all;
	size_t bytes;
} abis[] = {
	{ 6, { 0xffff, 3, 3 }, 24 },
	{ 5, { 0xffff, 3, 0 }, 16 },
	{ 4, { 0x7fff, 3, 0 }, 16 },
	{ 3, { 0x7fff, 0, 0 }, 8 },
	{ 2, { 0x3fff, 0, 0 }, 8 },
	{ 1, { 0x1fff, 0, 0 }, 8 },
};

static const struct abi *find_abi(void)
{
	long version = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);

	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
		if (version >= abis[i].version)
			return &abis[i];
	}
	return NULL;
}

static bool allow(int ruleset, const struct nacre_cage *cage, const struct abi *abi)
{
	struct path_beneath rule = { FS_WRITING, cage->dir };

	if (cage->kind == NACRE_CAGE_READ)
		return true;
	if (cage->devices)
		rule.allowed |= FS_DEVICES;
	rule.allowed &= abi->all.fs;
	return syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) == 0;
}

bool nacre_cage_landlock(const struct nacre_cage *cage)
{
	const struct abi *abi = find_abi();
	nacre_autofd int ruleset = -1;

	/* ABI 1 has no REFER, without which no hard link goes from one directory to another. */
	if (!abi || (cage->kind == NACRE_CAGE_WRITE && abi->version < 2))
		return false;
	ruleset = (int)syscall(CREATE_RULESET, &abi->all, abi->bytes, 0);
	return ruleset >= 0 && allow(ruleset, cage, abi) && syscall(RESTRICT_SELF, ruleset, 0) == 0;
}
