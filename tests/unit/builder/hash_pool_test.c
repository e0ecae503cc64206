/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/hash_pool.h"

#include "base/digest.h"
#include "fixture.h"

static struct nacre_hash_job job_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return (struct nacre_hash_job){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.size_bytes = (uint64_t)st.st_size,
		.ctime = st.st_ctim,
	};
}

static int open_it(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static enum nacre_hash_state run_one(struct nacre_hash_job *job, const char *path)
{
	NACRE_CLEANUP(nacre_hash_pool_freep)
	struct nacre_hash_pool *pool = NULL;

	assert_works(nacre_hash_pool_new(1, &pool, err));
	nacre_hash_pool_add_take(pool, job, open_it(path));
	nacre_hash_pool_finish(pool);
	return job->state;
}

static void each_file_gets_its_own_hash(void **state)
{
	static struct nacre_hash_job jobs[300];
	NACRE_CLEANUP(nacre_hash_pool_freep)
	struct nacre_hash_pool *pool = NULL;
	char name[32], text[1200];

	(void)state;
	assert_works(nacre_hash_pool_new(4, &pool, err));
	for (size_t i = 0; i < COUNT(jobs); i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		(void)snprintf(text, sizeof(text), "%0*zu", (int)(i * 4 % 1100), i);
		put_file(name, text);
		jobs[i] = job_of(name);
		nacre_hash_pool_add_take(pool, &jobs[i], open_it(name));
	}
	nacre_hash_pool_finish(pool);
	for (size_t i = 0; i < COUNT(jobs); i++) {
		struct nacre_digest want;

		(void)snprintf(text, sizeof(text), "%0*zu", (int)(i * 4 % 1100), i);
		nacre_digest_of(text, strlen(text), &want);
		assert_int_equal(jobs[i].state, NACRE_HASH_DONE);
		assert_string_equal(jobs[i].hex, nacre_digest_hex(&want));
	}
}

static void what_is_not_the_file_that_was_looked_at_is_not_hashed(void **state)
{
	struct nacre_hash_job job;

	(void)state;
	put_file("a", "text");
	put_file("b", "text");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	job = job_of("a");
	assert_int_equal(run_one(&job, "a"), NACRE_HASH_DONE);
	job = job_of("a");
	assert_int_equal(run_one(&job, "b"), NACRE_HASH_CHANGED);
	job = job_of("fifo");
	assert_int_equal(run_one(&job, "fifo"), NACRE_HASH_CHANGED);
	job = job_of("a");
	assert_int_equal(chmod("a", 0600), 0);
	job.ctime.tv_nsec ^= 1; /* a clock may be too coarse to see it */
	assert_int_equal(run_one(&job, "a"), NACRE_HASH_CHANGED);
	job = job_of("a");
	job.size_bytes = 3;
	assert_int_equal(run_one(&job, "a"), NACRE_HASH_CHANGED);
}

static void what_cannot_be_read_has_a_reason(void **state)
{
	NACRE_CLEANUP(nacre_hash_pool_freep)
	struct nacre_hash_pool *pool = NULL;
	struct nacre_hash_job job;

	(void)state;
	put_file("a", "text");
	job = job_of("a");
	assert_works(nacre_hash_pool_new(1, &pool, err));
	nacre_hash_pool_add_take(pool, &job, open("a", O_WRONLY | O_CLOEXEC));
	nacre_hash_pool_finish(pool);
	assert_int_equal(job.state, NACRE_HASH_FAILED);
	assert_int_equal(job.error, EBADF);
}

static void a_pool_that_is_stopped_takes_nothing_and_leaks_nothing(void **state)
{
	struct nacre_hash_job job;
	int before, after;

	(void)state;
	put_file("a", "text");
	before = open_it("a");
	for (size_t round = 0; round < 20; round++) {
		NACRE_CLEANUP(nacre_hash_pool_freep)
		struct nacre_hash_pool *pool = NULL;

		assert_works(nacre_hash_pool_new(2, &pool, err));
		nacre_hash_pool_stop(pool);
		for (size_t i = 0; i < 200; i++) {
			job = job_of("a");
			nacre_hash_pool_add_take(pool, &job, open_it("a"));
			assert_int_equal(job.state, NACRE_HASH_WAITING);
		}
	}
	after = open_it("a");
	assert_int_equal(after, before + 1);
	(void)close(before);
	(void)close(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(each_file_gets_its_own_hash),
		scratch_test(what_is_not_the_file_that_was_looked_at_is_not_hashed),
		scratch_test(what_cannot_be_read_has_a_reason),
		scratch_test(a_pool_that_is_stopped_takes_nothing_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
