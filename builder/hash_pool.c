/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of open files, filled by one thread and emptied by others. */
#include "builder/hash_pool.h"

#include "base/digest.h"
#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#define RING 64
#define THREADS_MOST 64
#define CHUNK ((size_t)512 << 10)

struct slot {
	struct nacre_hash_job *job;
	int fd;
};

struct worker {
	struct nacre_hash_pool *pool;
	pthread_t thread;
	char *chunk;
};

struct nacre_hash_pool {
	struct worker workers[THREADS_MOST];
	size_t threads; /* that have been started, and not been waited for */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t work;  /* a slot was filled, or nothing more comes */
	pthread_cond_t room;  /* a slot was emptied */
	struct slot ring[RING];
	uint64_t filled;
	uint64_t taken;
	bool ended;	     /* nothing more comes */
	atomic_bool stopped; /* also looked at without the lock, inside of a long file */
};

/* -------------------------------------------------------------------- hashing */

/* That it is the file which was looked at, before anything is read and after all has been. */
static bool is_same(const struct nacre_hash_job *job, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_dev == job->dev &&
		st.st_ino == job->ino && (uint64_t)st.st_size == job->size_bytes &&
		st.st_ctim.tv_sec == job->ctime.tv_sec && st.st_ctim.tv_nsec == job->ctime.tv_nsec;
}

static ssize_t read_some(int fd, char *data, size_t want)
{
	ssize_t got;

	do
		got = read(fd, data, want);
	while (got < 0 && errno == EINTR);
	return got;
}

/* No more than there should be: a file that grows meanwhile has no end. */
static enum nacre_hash_state add_bytes(
	struct worker *worker, struct nacre_hash_job *job, int fd, struct nacre_hash *hash)
{
	uint64_t left = job->size_bytes;

	while (left > 0) {
		ssize_t got = read_some(fd, worker->chunk, left < CHUNK ? (size_t)left : CHUNK);

		if (got < 0)
			job->error = errno;
		if (got <= 0)
			return got < 0 ? NACRE_HASH_FAILED : NACRE_HASH_CHANGED;
		nacre_hash_add(hash, worker->chunk, (size_t)got);
		left -= (uint64_t)got;
		if (worker->pool->stopped)
			return NACRE_HASH_WAITING;
	}
	return NACRE_HASH_DONE;
}

static enum nacre_hash_state hash_file(struct worker *worker, struct nacre_hash_job *job, int fd)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	struct nacre_digest digest;
	enum nacre_hash_state state;

	if (!is_same(job, fd))
		return NACRE_HASH_CHANGED;
	if (nacre_hash_new(&hash, NULL)) {
		job->error = ENOMEM;
		return NACRE_HASH_FAILED;
	}
	state = add_bytes(worker, job, fd, hash);
	if (state != NACRE_HASH_DONE)
		return state;
	if (!is_same(job, fd))
		return NACRE_HASH_CHANGED;
	nacre_hash_finish(hash, &digest);
	memcpy(job->hex, nacre_digest_hex(&digest), sizeof(job->hex));
	return NACRE_HASH_DONE;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct nacre_hash_pool *pool = worker->pool;

	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct slot slot;

		while (pool->taken == pool->filled && !pool->ended && !pool->stopped)
			(void)pthread_cond_wait(&pool->work, &pool->lock);
		if (pool->taken == pool->filled || pool->stopped)
			break;
		slot = pool->ring[pool->taken++ % RING];
		(void)pthread_cond_signal(&pool->room);
		(void)pthread_mutex_unlock(&pool->lock);
		slot.job->state = hash_file(worker, slot.job, slot.fd);
		nacre_fd_close(&slot.fd);
		(void)pthread_mutex_lock(&pool->lock);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* --------------------------------------------------------------------- public */

static int start(struct nacre_hash_pool *pool, struct nacre_err *err)
{
	struct worker *worker = &pool->workers[pool->threads];

	worker->pool = pool;
	worker->chunk = malloc(CHUNK);
	if (!worker->chunk)
		return nacre_fail_nomem(err);
	errno = pthread_create(&worker->thread, NULL, work, worker);
	if (errno) {
		free(worker->chunk);
		return nacre_fail_os(err, "new thread");
	}
	pool->threads++;
	return 0;
}

int nacre_hash_pool_new(unsigned threads, struct nacre_hash_pool **out_pool, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_hash_pool_freep)
	struct nacre_hash_pool *pool = calloc(1, sizeof(*pool));
	int rc = 0;

	if (!pool)
		return nacre_fail_nomem(err);
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->work, NULL);
	(void)pthread_cond_init(&pool->room, NULL);
	while (rc == 0 && pool->threads < threads && pool->threads < THREADS_MOST)
		rc = start(pool, err);
	/* Fewer than wanted are as good, only slower. */
	if (pool->threads == 0)
		return rc;
	*out_pool = nacre_steal(&pool);
	return 0;
}

void nacre_hash_pool_add_take(struct nacre_hash_pool *pool, struct nacre_hash_job *job, int fd)
{
	(void)pthread_mutex_lock(&pool->lock);
	while (pool->filled - pool->taken == RING && !pool->stopped)
		(void)pthread_cond_wait(&pool->room, &pool->lock);
	if (!pool->stopped) {
		pool->ring[pool->filled++ % RING] = (struct slot){ job, fd };
		fd = -1;
		(void)pthread_cond_signal(&pool->work);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	nacre_fd_close(&fd);
}

void nacre_hash_pool_stop(struct nacre_hash_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	pool->stopped = true;
	(void)pthread_cond_broadcast(&pool->work);
	(void)pthread_cond_broadcast(&pool->room);
	(void)pthread_mutex_unlock(&pool->lock);
}

void nacre_hash_pool_finish(struct nacre_hash_pool *pool)
{
	(void)pthread_mutex_lock(&pool->lock);
	pool->ended = true;
	(void)pthread_cond_broadcast(&pool->work);
	(void)pthread_mutex_unlock(&pool->lock);
	while (pool->threads > 0) {
		struct worker *worker = &pool->workers[--pool->threads];

		(void)pthread_join(worker->thread, NULL);
		free(worker->chunk);
	}
}

void nacre_hash_pool_freep(struct nacre_hash_pool **where)
{
	struct nacre_hash_pool *pool = *where;

	*where = NULL;
	if (!pool)
		return;
	nacre_hash_pool_stop(pool);
	nacre_hash_pool_finish(pool);
	for (; pool->taken < pool->filled; pool->taken++)
		nacre_fd_close(&pool->ring[pool->taken % RING].fd);
	(void)pthread_cond_destroy(&pool->room);
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}
