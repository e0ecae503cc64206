/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing files, and keeping them from changing meanwhile. */
#include "builder/fd_digest.h"

#include "base/scope.h"
#include "base/staged.h"
#include "base/stream.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

int nacre_fd_digest(int fd, struct nacre_sink *kept, struct nacre_digest *out_digest,
	uint64_t *out_size_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	int rc = nacre_hash_new(&hash, err);

	*out_size_bytes = 0;
	if (rc == 0)
		rc = nacre_source_fd(fd, 0, UINT64_MAX, &source, err);
	if (rc == 0)
		rc = nacre_sink_hash(kept, hash, out_size_bytes, &sink, err);
	if (rc == 0)
		rc = nacre_stream_copy(source, sink, NULL, err);
	if (rc == 0)
		nacre_hash_finish(hash, out_digest);
	return rc;
}

static int copy_bytes(int from, int to, uint64_t most_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *capped = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc = nacre_source_fd(from, 0, UINT64_MAX, &source, err);

	if (rc == 0)
		rc = nacre_source_most(source, most_bytes, &capped, err);
	if (rc == 0)
		rc = nacre_sink_fd(to, &sink, err);
	if (rc == 0)
		rc = nacre_stream_copy(capped, sink, NULL, err);
	if (rc == NACRE_E_LIMIT)
		return nacre_fail(err, rc, "more than %llu bytes (limit blob-bytes)",
			(unsigned long long)most_bytes);
	return rc;
}

int nacre_fd_own(int *fd, int scratch, uint64_t most_bytes, struct nacre_digest *out_digest,
	uint64_t *out_size_bytes, struct nacre_err *err)
{
	nacre_autofd int copy = -1;
	int rc = nacre_nameless_open(scratch, &copy, err);

	if (rc)
		return rc;
	if (ioctl(copy, FICLONE, *fd) < 0)
		rc = copy_bytes(*fd, copy, most_bytes, err);
	if (rc == 0)
		rc = nacre_fd_digest(copy, NULL, out_digest, out_size_bytes, err);
	if (rc)
		return rc;
	if (lseek(copy, 0, SEEK_SET) < 0)
		return nacre_fail_os(err, "go to the begin of a temporary file");
	nacre_fd_close(fd);
	*fd = nacre_steal_fd(&copy);
	return 0;
}
