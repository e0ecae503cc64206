/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of recipes are read in a worker: libarchive and the decompressors reach no file system.
 */
#include "builder/archive_tree.h"

#include "base/env.h"
#include "base/scope.h"
#include "base/worker.h"
#include "builder/image_tree.h"
#include "layers/tree_wire.h"

struct reading {
	int fd;
	uint32_t strip;
	struct nacre_spool *spool;
	struct nacre_tree *tree;
	int file; /* for the tree */
};

static int store_tree(const struct reading *reading, struct nacre_err *err)
{
	struct nacre_origin *origin = nacre_spool_origin(reading->spool);
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc = nacre_sink_fd(reading->file, &sink, err);

	return rc ? rc : nacre_tree_wire_write(reading->tree, &origin, 1, sink, err);
}

static int load_tree(
	const struct reading *reading, const struct nacre_limits *limits, struct nacre_err *err)
{
	struct nacre_origin *origin = nacre_spool_origin(reading->spool);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	int rc = nacre_source_fd(reading->file, 0, UINT64_MAX, &source, err);

	return rc ? rc : nacre_tree_wire_read(source, &origin, 1, limits, reading->tree, err);
}

static int read_archive(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	const struct reading *reading = user;
	uint64_t size;
	int rc = nacre_archive_tree_read_here(reading->fd, reading->strip, reading->spool,
		nacre_worker_env(self), reading->tree, err);

	if (rc == 0)
		rc = store_tree(reading, err);
	size = nacre_spool_size(reading->spool);
	return rc ? rc : nacre_worker_report(self, &size, sizeof(size), err);
}

int nacre_archive_tree_read(int fd, uint32_t strip, struct nacre_spool *spool,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	nacre_autofd int file = -1;
	struct reading reading = { fd, strip, spool, tree, -1 };
	int keep[] = { fd, nacre_spool_fd(spool), -1 };
	const struct nacre_worker_job job = {
		.name = "the worker that reads the archive",
		.cage = { .kind = NACRE_CAGE_READ,
			.memory_bytes = nacre_image_tree_memory(&limits),
			/* As much as the spool may hold, which both builders of spools give. */
			.file_bytes = limits.image_bytes > limits.tree_bytes ? limits.image_bytes
									     : limits.tree_bytes },
		.fds = keep,
		.fd_count = 3,
		.run = read_archive,
		.user = &reading,
	};
	uint64_t size = 0;
	int rc = nacre_worker_file(&file, err);

	reading.file = keep[2] = file;
	if (rc == 0)
		rc = nacre_worker_start(&job, env, &worker, err);
	if (rc == 0)
		rc = nacre_worker_wait(worker, &size, sizeof(size), err);
	if (rc == 0)
		rc = nacre_spool_grow(spool, size, err);
	return rc ? rc : load_tree(&reading, &limits, err);
}
