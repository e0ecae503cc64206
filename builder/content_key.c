/* SPDX-License-Identifier: Apache-2.0 */
/* Finding out the digests of contents, and remembering them. */
#include "builder/content_key.h"

#include "base/scope.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#define RAW 32
#define THREADS_MOST 16
#define CHUNK ((size_t)128 << 10)
#define TELL ((uint64_t)8 << 20) /* how often who reads tells of it */

struct job {
	struct nacre_inode *inode;
	unsigned char sha256[RAW];
};

/* Files that have to be read, and the threads that do it. */
struct reading {
	struct job *jobs;
	size_t count;
	size_t room;
	const struct nacre_env *env;
	pthread_mutex_t lock; /* of what follows, and of opening */
	size_t next;
	int rc;
	struct nacre_err err;
};

static void reading_clear(struct reading *r)
{
	free(r->jobs);
	(void)pthread_mutex_destroy(&r->lock);
}

static int add_job(struct reading *r, struct nacre_inode *inode, struct nacre_err *err)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 256;
		struct job *jobs = reallocarray(r->jobs, room, sizeof(*jobs));

		if (!jobs)
			return nacre_fail_nomem(err);
		r->jobs = jobs;
		r->room = room;
	}
	memset(&r->jobs[r->count], 0, sizeof(r->jobs[0]));
	r->jobs[r->count++].inode = inode;
	return 0;
}

/* ------------------------------------------------------------------ hashing */

/* Takes the next file and opens it: origins are not for two threads at once. */
static struct job *begin_job(struct reading *r, struct nacre_source **out_source)
{
	struct job *job = NULL;

	(void)pthread_mutex_lock(&r->lock);
	if (r->rc == 0 && r->next < r->count) {
		job = &r->jobs[r->next++];
		r->rc = nacre_inode_open(job->inode, out_source, &r->err);
	}
	if (r->rc)
		job = NULL;
	(void)pthread_mutex_unlock(&r->lock);
	return job;
}

/* @param env  of the caller's thread, who is told of progress and may stop; NULL in the others */
static int hash_source(struct nacre_source *source, const struct nacre_env *env,
	unsigned char out_raw[RAW], char *chunk, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	struct nacre_digest digest;
	uint64_t done = 0, told = 0;
	size_t got = 1;
	int rc = nacre_hash_new(&hash, err);

	while (rc == 0 && got > 0) {
		rc = nacre_source_read(source, chunk, CHUNK, &got, err);
		if (rc)
			break;
		nacre_hash_add(hash, chunk, got);
		done += got;
		if (env && (done - told >= TELL || told == 0)) {
			rc = nacre_progress(env, "reading files", done, 0, err);
			told = done;
		}
	}
	if (rc)
		return rc;
	nacre_hash_finish(hash, &digest);
	nacre_digest_raw(&digest, out_raw);
	return 0;
}

static void fail_job(struct reading *r, int rc, const struct nacre_err *err)
{
	(void)pthread_mutex_lock(&r->lock);
	if (r->rc == 0) {
		r->rc = rc;
		r->err = *err;
	}
	(void)pthread_mutex_unlock(&r->lock);
}

static void do_jobs(struct reading *r, const struct nacre_env *env)
{
	nacre_autofree char *chunk = malloc(CHUNK);
	struct nacre_source *source = NULL;
	struct nacre_err err = { 0 };
	struct job *job;

	if (!chunk) {
		fail_job(r, nacre_fail_nomem(&err), &err);
		return;
	}
	while ((job = begin_job(r, &source))) {
		int rc = hash_source(source, env, job->sha256, chunk, &err);

		nacre_source_freep(&source);
		if (rc)
			fail_job(r, rc, &err);
	}
}

static void *work(void *arg)
{
	do_jobs(arg, NULL);
	return NULL;
}

/* What has to be unpacked to be read is unpacked before there are threads: that may be a fork. */
static int open_origins(const struct reading *r, struct nacre_err *err)
{
	const struct nacre_origin *last = NULL;
	int rc = 0;

	for (size_t i = 0; i < r->count && rc == 0; i++) {
		NACRE_CLEANUP(nacre_source_freep)
		struct nacre_source *source = NULL;
		const struct nacre_inode *inode = r->jobs[i].inode;

		if (inode->u.content.origin == last)
			continue;
		last = inode->u.content.origin;
		rc = nacre_inode_open(inode, &source, err);
	}
	return rc;
}

static int read_all(struct reading *r, struct nacre_err *err)
{
	pthread_t threads[THREADS_MOST];
	unsigned wanted = r->env ? r->env->jobs : 1, started = 0;
	sigset_t all, before;
	int rc = open_origins(r, err);

	if (rc)
		return rc;
	if (wanted > r->count)
		wanted = (unsigned)r->count;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started + 1 < wanted && started < THREADS_MOST &&
		pthread_create(&threads[started], NULL, work, r) == 0)
		started++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	do_jobs(r, r->env);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	if (r->rc && err)
		*err = r->err;
	return r->rc;
}

/* Only a directory's files may have names, and have none. */
static bool may_change(const struct nacre_inode *inode)
{
	char name[NACRE_CONTENT_NAME];

	return inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0 &&
		inode->u.content.origin->name && !nacre_inode_content_name(inode, name);
}

int nacre_contents_are_still(struct nacre_tree *tree, bool *out_still, struct nacre_err *err)
{
	nacre_autofree char *chunk = malloc(CHUNK);
	int rc = chunk ? 0 : nacre_fail_nomem(err);

	*out_still = true;
	for (struct nacre_node *node = tree->root; node && rc == 0 && *out_still;
		node = nacre_tree_next(node)) {
		NACRE_CLEANUP(nacre_source_freep)
		struct nacre_source *source = NULL;
		unsigned char raw[RAW];

		if (!may_change(node->inode))
			continue;
		rc = nacre_inode_open(node->inode, &source, err);
		if (rc == 0)
			rc = hash_source(source, NULL, raw, chunk, err);
		if (rc == 0)
			*out_still = memcmp(raw, node->inode->sha256, RAW) == 0;
	}
	return rc;
}

/* ------------------------------------------------------------------ the cache */

static int set_digest(struct nacre_cache *cache, struct nacre_inode *inode,
	const unsigned char raw[RAW], struct nacre_err *err)
{
	unsigned char *kept = nacre_cache_new(cache, RAW);

	if (!kept)
		return nacre_fail_nomem(err);
	memcpy(kept, raw, RAW);
	inode->sha256 = kept;
	return 0;
}

bool nacre_content_find(
	struct nacre_cache *cache, const char *name, struct nacre_digest *out_digest)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf value = NACRE_BUF(NACRE_DIGEST_TEXT);

	return nacre_cache_get(cache, NACRE_CACHE_CONTENT, name, &value) && value.len > 0 &&
		nacre_digest_parse(value.data, out_digest, NULL) == 0;
}

void nacre_content_keep(
	struct nacre_cache *cache, const char *name, const struct nacre_digest *digest)
{
	nacre_cache_put(cache, NACRE_CACHE_CONTENT, name, digest->text, strlen(digest->text));
}

static bool look_up(
	struct nacre_cache *cache, const struct nacre_inode *inode, unsigned char out_raw[RAW])
{
	char name[NACRE_CONTENT_NAME];
	struct nacre_digest digest;

	if (!nacre_inode_content_name(inode, name) || !nacre_content_find(cache, name, &digest))
		return false;
	nacre_digest_raw(&digest, out_raw);
	return true;
}

static void remember(struct nacre_cache *cache, const struct job *job)
{
	char name[NACRE_CONTENT_NAME];
	struct nacre_digest digest;

	if (!nacre_inode_content_name(job->inode, name))
		return;
	nacre_digest_from_raw(job->sha256, &digest);
	nacre_content_keep(cache, name, &digest);
}

static int finish(struct nacre_cache *cache, const struct reading *r,
	struct nacre_contents_counts *counts, struct nacre_err *err)
{
	int rc = 0;

	nacre_cache_begin(cache);
	for (size_t i = 0; i < r->count && rc == 0; i++) {
		rc = set_digest(cache, r->jobs[i].inode, r->jobs[i].sha256, err);
		if (rc == 0)
			remember(cache, &r->jobs[i]);
		counts->read++;
		counts->read_bytes += r->jobs[i].inode->size_bytes;
	}
	nacre_cache_end(cache);
	return rc;
}

int nacre_contents_digest(struct nacre_cache *cache, struct nacre_tree *tree,
	const struct nacre_env *env, struct nacre_contents_counts *counts, struct nacre_err *err)
{
	NACRE_CLEANUP(reading_clear)
	struct reading reading = { .env = env, .lock = PTHREAD_MUTEX_INITIALIZER };
	int rc = 0;

	nacre_tree_forget_first(tree);
	nacre_cache_begin_reading(cache);
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node)) {
		struct nacre_inode *inode = node->inode;
		unsigned char raw[RAW];

		if (inode->type != NACRE_TYPE_FILE || inode->size_bytes == 0 || inode->sha256 ||
			inode->first)
			continue;
		inode->first = node;
		if (look_up(cache, inode, raw)) {
			rc = set_digest(cache, inode, raw, err);
			counts->known++;
		} else {
			rc = add_job(&reading, inode, err);
		}
	}
	nacre_cache_end(cache);
	if (rc || reading.count == 0)
		return rc;
	rc = nacre_step(env, err, "reading %zu files", reading.count);
	if (rc == 0)
		rc = read_all(&reading, err);
	return rc ? rc : finish(cache, &reading, counts, err);
}
