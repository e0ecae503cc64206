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
#include "builder/staging.h"
#include "builder/unpack_workers.h"
#include "sign/trusted.h"

#include <string.h>

/* A worker's ends are for it alone: who holds them too would never see them close. */
static int read_and_write(struct nacre_unpack_work *work, struct nacre_staging *staging,
	const char *target, struct nacre_unpacked *out_unpacked, struct nacre_err *err)
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
	if (rc == 0)
		rc = nacre_staging_open(staging, target, work->options->replace, err);
	work->staging = staging->dir;
	work->contents = from;
	if (rc == 0)
		rc = nacre_unpack_writer_start(work, &writer, err);
	nacre_fd_close(&from);
	return rc ? rc : nacre_unpack_workers_finish(reader, writer, out_unpacked, err);
}

int nacre_unpack(const struct nacre_layout *layout, const struct nacre_trusted *trusted,
	const char *target, const struct nacre_unpack_options *options, const struct nacre_env *env,
	struct nacre_unpacked *out_unpacked, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	nacre_autofd int tree_file = -1;
	static const struct nacre_unpack_options plain;
	struct nacre_unpack_work work = {
		.image = &image, .options = options ? options : &plain, .env = env
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
		rc = read_and_write(&work, &staging, target, &unpacked, err);
	if (rc == 0)
		rc = nacre_staging_commit(&staging, !env || !env->no_sync, err);
	if (rc == 0)
		nacre_staging_retire(&staging, env);
	if (rc == 0 && out_unpacked)
		*out_unpacked = unpacked;
	return rc;
}
