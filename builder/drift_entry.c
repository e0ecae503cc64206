/* SPDX-License-Identifier: Apache-2.0 */
/* What stat says. */
#include "builder/drift_entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	mode_t format;
	enum nacre_type type;
} types[] = {
	{ S_IFREG, NACRE_TYPE_FILE },
	{ S_IFDIR, NACRE_TYPE_DIR },
	{ S_IFLNK, NACRE_TYPE_SYMLINK },
	{ S_IFCHR, NACRE_TYPE_CHAR },
	{ S_IFBLK, NACRE_TYPE_BLOCK },
	{ S_IFIFO, NACRE_TYPE_FIFO },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

const char *nacre_drift_type_name(unsigned mode)
{
	for (size_t i = 0; i < TYPES; i++) {
		if ((mode & S_IFMT) == types[i].format)
			return nacre_type_name(types[i].type);
	}
	return S_ISSOCK(mode) ? "socket" : "thing of an unknown type";
}

bool nacre_drift_is_type(enum nacre_type type, unsigned mode)
{
	for (size_t i = 0; i < TYPES; i++) {
		if ((mode & S_IFMT) == types[i].format)
			return types[i].type == type;
	}
	return false;
}

#define NUMBER_TEXT 48

/* One attribute that is a number. */
struct attribute {
	enum nacre_drift_kind what;
	uint64_t want;
	uint64_t have;
};

static int compare(struct nacre_drift *drift, struct nacre_node *node,
	const struct attribute *attribute, struct nacre_err *err)
{
	char want[NUMBER_TEXT], have[NUMBER_TEXT];

	if (attribute->want == attribute->have)
		return 0;
	if (attribute->what == NACRE_DRIFT_MODE) {
		(void)snprintf(want, sizeof(want), "%04" PRIo64, attribute->want);
		(void)snprintf(have, sizeof(have), "%04" PRIo64, attribute->have);
	} else {
		(void)snprintf(want, sizeof(want), "%" PRIu64, attribute->want);
		(void)snprintf(have, sizeof(have), "%" PRIu64, attribute->have);
	}
	return nacre_drift_add(drift, attribute->what, node, want, have, err);
}

static int compare_time(struct nacre_drift *drift, struct nacre_node *node,
	const struct statx_timestamp *time, struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;
	char want[NUMBER_TEXT], have[NUMBER_TEXT];

	if (inode->mtime_s == time->tv_sec && inode->mtime_ns == time->tv_nsec)
		return 0;
	(void)snprintf(
		want, sizeof(want), "%" PRId64 ".%09" PRIu32, inode->mtime_s, inode->mtime_ns);
	(void)snprintf(have, sizeof(have), "%" PRId64 ".%09" PRIu32, (int64_t)time->tv_sec,
		(uint32_t)time->tv_nsec);
	return nacre_drift_add(drift, NACRE_DRIFT_MTIME, node, want, have, err);
}

static int compare_device(struct nacre_drift *drift, struct nacre_node *node,
	const struct statx *st, struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;
	char want[NUMBER_TEXT], have[NUMBER_TEXT];

	if (inode->u.device.major == st->stx_rdev_major &&
		inode->u.device.minor == st->stx_rdev_minor)
		return 0;
	(void)snprintf(want, sizeof(want), "%" PRIu32 ":%" PRIu32, inode->u.device.major,
		inode->u.device.minor);
	(void)snprintf(
		have, sizeof(have), "%" PRIu32 ":%" PRIu32, st->stx_rdev_major, st->stx_rdev_minor);
	return nacre_drift_add(drift, NACRE_DRIFT_DEVICE, node, want, have, err);
}

int nacre_drift_entry(struct nacre_drift *drift, struct nacre_node *node, const struct statx *st,
	bool ignore_times, struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;
	bool is_file = inode->type == NACRE_TYPE_FILE;
	bool is_device = inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK;
	uint32_t mode = inode->type == NACRE_TYPE_SYMLINK ? inode->mode : st->stx_mode & 07777U;
	const struct attribute attributes[] = {
		{ NACRE_DRIFT_MODE, inode->mode, mode },
		{ NACRE_DRIFT_UID, inode->uid, st->stx_uid },
		{ NACRE_DRIFT_GID, inode->gid, st->stx_gid },
		{ NACRE_DRIFT_SIZE, is_file ? inode->size_bytes : 0, is_file ? st->stx_size : 0 },
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(attributes) / sizeof(attributes[0]); i++)
		rc = compare(drift, node, &attributes[i], err);
	if (rc == 0 && !ignore_times)
		rc = compare_time(drift, node, &st->stx_mtime, err);
	if (rc == 0 && is_device)
		rc = compare_device(drift, node, st, err);
	return rc;
}
