/* SPDX-License-Identifier: Apache-2.0 */
/* gzip over threads: each chunk becomes a member of its own, and they are put out in order. */
#include "floor.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LEVEL 6
#define SLOTS 8

enum state { EMPTY, FULL, DONE };

static struct slot {
	enum state state;
	size_t len;	/* of what goes in */
	size_t out_len; /* of what comes out */
	unsigned char *in;
	unsigned char *out;
} slots[SLOTS];

static struct {
	unsigned long added; /* chunks */
	unsigned long taken; /* chunks, by the threads */
	unsigned long put;   /* chunks */
	size_t most;	     /* bytes of a chunk that grew */
	int threads;
	bool is_ended;
	pthread_t ids[SLOTS];
	gzip_put_fn *out;
	pthread_mutex_t lock;
	pthread_cond_t changed;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void set_state(struct slot *slot, enum state state)
{
	(void)pthread_mutex_lock(&pool.lock);
	slot->state = state;
	(void)pthread_cond_broadcast(&pool.changed);
	(void)pthread_mutex_unlock(&pool.lock);
}

/* The next chunk to compress; NULL when there will be none. */
static struct slot *take_full(void)
{
	struct slot *slot = NULL;

	(void)pthread_mutex_lock(&pool.lock);
	while (pool.taken == pool.added && !pool.is_ended)
		(void)pthread_cond_wait(&pool.changed, &pool.lock);
	if (pool.taken < pool.added)
		slot = &slots[pool.taken++ % SLOTS];
	(void)pthread_mutex_unlock(&pool.lock);
	return slot;
}

static void *compress_slots(void *unused)
{
	z_stream z = { 0 };
	struct slot *slot;

	(void)unused;
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		die("zlib");
	while ((slot = take_full())) {
		z.next_in = slot->in;
		z.avail_in = (uInt)slot->len;
		z.next_out = slot->out;
		z.avail_out = (uInt)pool.most;
		if (deflate(&z, Z_FINISH) != Z_STREAM_END)
			die("zlib");
		slot->out_len = pool.most - z.avail_out;
		(void)deflateReset(&z);
		set_state(slot, DONE);
	}
	(void)deflateEnd(&z);
	return NULL;
}

void gzip_start(int threads, gzip_put_fn *put)
{
	pool.out = put;
	pool.threads = threads;
	pool.most = CHUNK + CHUNK / 8;
	for (int i = 0; i < SLOTS; i++) {
		slots[i].in = malloc(CHUNK);
		slots[i].out = malloc(pool.most);
		if (!slots[i].in || !slots[i].out)
			die("memory");
	}
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&pool.ids[i], NULL, compress_slots, NULL) != 0)
			die("thread");
	}
}

/* Puts out the oldest chunk, once it is compressed. */
static void put_oldest(void)
{
	struct slot *slot = &slots[pool.put++ % SLOTS];

	(void)pthread_mutex_lock(&pool.lock);
	while (slot->state != DONE)
		(void)pthread_cond_wait(&pool.changed, &pool.lock);
	(void)pthread_mutex_unlock(&pool.lock);
	pool.out(slot->out, slot->out_len);
	set_state(slot, EMPTY);
}

void gzip_add(const unsigned char *data, size_t len)
{
	struct slot *slot = &slots[pool.added % SLOTS];

	if (pool.added - pool.put == SLOTS)
		put_oldest();
	memcpy(slot->in, data, len);
	slot->len = len;
	(void)pthread_mutex_lock(&pool.lock);
	slot->state = FULL;
	pool.added++;
	(void)pthread_cond_broadcast(&pool.changed);
	(void)pthread_mutex_unlock(&pool.lock);
}

void gzip_end(void)
{
	(void)pthread_mutex_lock(&pool.lock);
	pool.is_ended = true;
	(void)pthread_cond_broadcast(&pool.changed);
	(void)pthread_mutex_unlock(&pool.lock);
	while (pool.put < pool.added)
		put_oldest();
	for (int i = 0; i < pool.threads; i++)
		(void)pthread_join(pool.ids[i], NULL);
}
