/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking: plan, then write. The first half reads everything and touches nothing; what passes
 * between the halves is the tree and, for each layer, a stream of its bytes. The second half
 * neither parses nor resolves: it copies spans of a stream to single names. Each half is a worker
 * of its own in a cage; here the staging directory is made, and renamed when both are done.
 */
#include "base/env.h"
#include "base/frames.h"
#include "base/scope.h"
#include "builder/ledger_file.h"
#include "builder/staging.h"
#include "builder/unpack_workers.h"
#include "sign/trusted.h"

#include <string.h>

/* The file that the writer is going to write losses to, and whose they are. */
static int open_ledger(struct nacre_unpack_work *work, const struct nacre_staging *staging,
	struct nacre_ledger_file *ledger, struct nacre_err *err)
{
	int rc = nacre_ledger_file_open(ledger, staging->parent, staging->target, err);

	if (rc == 0)
		rc = nacre_ledger_id_of(staging->dir, work->digest, &work->ledger_id, err);
	work->ledger = ledger->staged.fd;
	return rc;
}

/* A worker's ends are for it alone: who holds them too would never see them close. */
static int read_and_write(struct nacre_unpack_work *work, struct nacre_staging *staging,
	struct nacre_ledger_file *ledger, const char *target, struct nacre_unpacked *out_unpacked,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *reader = NULL;
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *writer = NULL;
	nacre_autofd int from = -1, to = -1;
	int ends[2] = { -1, -1 };
	int rc = nacre_frames_pipe(ends, err);

	from = ends[0];
	work->contents = to = ends[1];
	if (rc == 0)
		rc = nacre_unpack_reader_start(work, &reader, err);
	nacre_fd_close(&to);
	/* The reader lives on: what it has been judged by is not its to change any more. */
	if (rc == 0)
		rc = nacre_worker_file_seal(work->tree_file, err);
	if (rc == 0)
		rc = nacre_staging_open(staging, target, work->options->replace, err);
	if (rc == 0)
		rc = open_ledger(work, staging, ledger, err);
	work->staging = staging->dir;
	work->contents = from;
	if (rc == 0)
		rc = nacre_unpack_writer_start(work, &writer, err);
	nacre_fd_close(&from);
	return rc ? rc : nacre_unpack_workers_finish(reader, writer, out_unpacked, err);
}

/* Tree and ledger were written aside: now both get their names. */
static int commit_both(struct nacre_staging *staging, struct nacre_ledger_file *ledger,
	const struct nacre_env *env, struct nacre_err *err)
{
	bool sync = !env || !env->no_sync;
	int rc = nacre_ledger_file_offer(ledger, sync, err);

	if (rc == 0)
		rc = nacre_staging_commit(staging, sync, err);
	if (rc)
		return rc;
	nacre_ledger_file_commit(ledger, env);
	nacre_staging_retire(staging, env);
	return 0;
}

int nacre_unpack(const struct nacre_layout *layout, const struct nacre_trusted *trusted,
	const char *target, const struct nacre_unpack_options *options, const struct nacre_env *env,
	struct nacre_unpacked *out_unpacked, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	NACRE_CLEANUP(nacre_ledger_file_clear)
	struct nacre_ledger_file ledger = NACRE_LEDGER_FILE;
	nacre_autofd int tree_file = -1;
	static const struct nacre_unpack_options plain;
	struct nacre_unpack_work work = {
		.image = &image,
		.digest = &nacre_trusted_descriptor(trusted)->digest,
		.options = options ? options : &plain,
		.env = env,
	};
	struct nacre_unpacked unpacked;
	int rc;

	memset(&image, 0, sizeof(image));
	/* First, because nobody wants to hear about it after a minute of reading. */
	rc = nacre_staging_check(target, work.options->replace, err);
	if (rc == 0)
		rc = nacre_image_tree_open(layout, nacre_trusted_manifest(trusted),
			nacre_trusted_config(trusted), -1, env, &image, err);
	if (rc == 0)
		rc = nacre_worker_file(&tree_file, err);
	work.tree_file = tree_file;
	if (rc == 0)
		rc = read_and_write(&work, &staging, &ledger, target, &unpacked, err);
	if (rc == 0)
		rc = commit_both(&staging, &ledger, env, err);
	if (rc)
		return rc;
	unpacked.has_ledger = ledger.has_entries;
	if (out_unpacked)
		*out_unpacked = unpacked;
	return 0;
}
