/* SPDX-License-Identifier: Apache-2.0 */
/* Losses as lines. Runs where little more than writing to an open descriptor is allowed. */
#include "layers/ledger.h"

#include "base/file.h"
#include "layers/mtree.h"

#include <inttypes.h>

#define FLUSH_BYTES ((size_t)64 << 10)

int nacre_ledger_begin(struct nacre_ledger_writer *writer, int fd, const struct nacre_ledger_id *id,
	struct nacre_err *err)
{
	int rc;

	*writer = (struct nacre_ledger_writer){
		.fd = fd,
		.text = NACRE_BUF(SIZE_MAX / 2),
		.words = NACRE_BUF(SIZE_MAX / 2),
	};
	rc = nacre_buf_printf(&writer->text, err, "#mtree nacre-ledger=%d image=%s tree=%" PRIu64,
		NACRE_LEDGER_VERSION, id->image.text, id->inode);
	if (rc == 0 && id->has_birth)
		rc = nacre_buf_printf(&writer->text, err, " born=%" PRId64 ".%09" PRIu32,
			id->birth_s, id->birth_ns);
	return rc ? rc : nacre_buf_add_text(&writer->text, "\n", err);
}

void nacre_ledger_clear(struct nacre_ledger_writer *writer)
{
	nacre_buf_clear(&writer->text);
	nacre_buf_clear(&writer->words);
}

/* What was lost, and what stands there instead. */
static int add_word(struct nacre_buf *words, const struct nacre_loss *loss, enum nacre_lost kind,
	struct nacre_err *err)
{
	int rc = 0;

	switch (kind) {
	case NACRE_LOST_OWNER:
		return nacre_buf_printf(
			words, err, " lost.owner=%" PRIu32 ":%" PRIu32, loss->uid, loss->gid);
	case NACRE_LOST_MODE:
		return nacre_buf_printf(words, err, " lost.mode=0%03o", loss->mode);
	case NACRE_LOST_TIME:
		return nacre_buf_printf(words, err, " lost.time=%" PRId64 ".%09" PRIu32,
			loss->mtime_s, loss->mtime_ns);
	case NACRE_LOST_DEVICE:
		return nacre_buf_add_text(words, " lost.device=file", err);
	case NACRE_LOST_XATTR:
		for (size_t i = 0; rc == 0 && i < loss->xattr_count; i++) {
			rc = nacre_buf_add_text(words, " lost.xattr=", err);
			if (rc == 0)
				rc = nacre_mtree_escape(loss->xattrs[i], words, err);
		}
		return rc;
	case NACRE_LOST_NAME:
		rc = nacre_buf_add_text(words, " name=", err);
		return rc ? rc : nacre_mtree_escape(loss->node->name, words, err);
	}
	return rc;
}

static int flush(struct nacre_ledger_writer *writer, struct nacre_err *err)
{
	int rc = nacre_write_all(writer->fd, writer->text.data, writer->text.len, err);

	writer->text.len = 0;
	return rc ? nacre_within(err, rc, "ledger") : 0;
}

int nacre_ledger_add(const struct nacre_loss *loss, void *user, struct nacre_err *err)
{
	struct nacre_ledger_writer *writer = user;
	struct nacre_mtree_line line = { .path = loss->path, .inode = loss->node->inode };
	int rc = nacre_buf_reserve(&writer->words, 0, err);

	writer->words.len = 0;
	for (unsigned kind = 0; rc == 0 && kind < NACRE_LOST_KINDS; kind++) {
		if (loss->kinds & NACRE_LOSS_BIT(kind))
			rc = add_word(&writer->words, loss, (enum nacre_lost)kind, err);
	}
	line.words = writer->words.data;
	if (rc == 0)
		rc = nacre_mtree_emit_line(&line, &writer->text, err);
	return rc == 0 && writer->text.len >= FLUSH_BYTES ? flush(writer, err) : rc;
}

int nacre_ledger_finish(struct nacre_ledger_writer *writer, struct nacre_err *err)
{
	return flush(writer, err);
}
