/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The encoder of parts: cuts the input, has any number of threads look the parts up or compress
 * them, and writes them in their order. The threads only turn a part into bytes; cuts, the order,
 * the checksum of the whole and the sink are the caller's thread's.
 */
#include "layers/parts.h"

#include "layers/codec_parts.h"
#include "layers/cutter.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MOST 64

struct part {
	unsigned char *in; /* NACRE_PART_MOST */
	size_t len;
	uint64_t number;
	unsigned char *out; /* encoder->room */
	size_t out_len;
	uint32_t check;
	bool is_found; /* in the store */
	bool done;
	int failed; /* the code in err */
	struct nacre_err err;
	char key[NACRE_PART_KEY_TEXT];
};

/*
 * Parts are numbered as they come and lie in a ring: written <= taken <= filled, and never more
 * than `parts_count` from written to filled. With one job there is no thread.
 */
struct parts_encoder {
	struct nacre_encoder base;
	const struct nacre_packer *packer;
	const struct nacre_part_store *store;
	pthread_mutex_t store_lock; /* of calls to it */
	struct nacre_sink *inner;
	int level;
	size_t room;
	struct nacre_cutter cutter;
	struct part *parts;
	size_t parts_count;
	pthread_t threads[WORKERS_MOST];
	size_t threads_count;
	uint64_t written;
	uint64_t in_bytes;
	uint32_t check;

	pthread_mutex_t lock; /* of what follows, and of part.done */
	pthread_cond_t work;  /* a part was filled, or stop */
	pthread_cond_t done;  /* a part is done */
	uint64_t filled;      /* changed by the caller's thread alone */
	uint64_t taken;
	bool stop;
};

static struct part *part_of(const struct parts_encoder *e, uint64_t number)
{
	return &e->parts[number % e->parts_count];
}

static void compress(struct parts_encoder *e, struct part *part)
{
	part->failed = e->packer->pack(
		e->level, part->in, part->len, part->out, e->room, &part->out_len, &part->err);
	if (e->packer->check)
		part->check = e->packer->check(part->in, part->len);
}

/* What the store has is used only if it still is what it was given. */
static void look_up(struct parts_encoder *e, struct part *part)
{
	struct nacre_digest content, want, got;
	bool found;

	nacre_digest_of(part->in, part->len, &content);
	(void)snprintf(part->key, sizeof(part->key), "%d %s %s %d %s", NACRE_PARTS_FORMAT,
		e->packer->name, e->packer->version(), e->level, content.text);
	(void)pthread_mutex_lock(&e->store_lock);
	found = e->store->find(
		e->store->user, part->number, part->key, part->out, e->room, &part->out_len, &want);
	(void)pthread_mutex_unlock(&e->store_lock);
	if (!found || part->out_len > e->room)
		return;
	nacre_digest_of(part->out, part->out_len, &got);
	part->is_found = strcmp(got.text, want.text) == 0;
	if (part->is_found && e->packer->check)
		part->check = e->packer->check(part->in, part->len);
}

/* From a part to its bytes, whoever has them. */
static void pack(struct parts_encoder *e, struct part *part)
{
	if (e->store)
		look_up(e, part);
	if (!part->is_found)
		compress(e, part);
}

static void *work(void *arg)
{
	struct parts_encoder *e = arg;

	(void)pthread_mutex_lock(&e->lock);
	for (;;) {
		struct part *part;

		while (!e->stop && e->taken == e->filled)
			(void)pthread_cond_wait(&e->work, &e->lock);
		if (e->stop)
			break;
		part = part_of(e, e->taken++);
		(void)pthread_mutex_unlock(&e->lock);
		pack(e, part);
		(void)pthread_mutex_lock(&e->lock);
		part->done = true;
		(void)pthread_cond_signal(&e->done);
	}
	(void)pthread_mutex_unlock(&e->lock);
	return NULL;
}

static int write_head(struct parts_encoder *e, struct nacre_err *err)
{
	if (e->written > 0 || e->packer->head_len == 0)
		return 0;
	return nacre_sink_write(e->inner, e->packer->head, e->packer->head_len, err);
}

/* Waits for the oldest part and writes it. */
static int write_oldest(struct parts_encoder *e, struct nacre_err *err)
{
	struct part *part = part_of(e, e->written);
	struct nacre_digest digest;
	int rc = write_head(e, err);

	if (rc)
		return rc;
	(void)pthread_mutex_lock(&e->lock);
	while (!part->done)
		(void)pthread_cond_wait(&e->done, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
	if (part->failed) {
		if (err)
			*err = part->err;
		return part->failed;
	}
	if (e->store && !part->is_found) {
		nacre_digest_of(part->out, part->out_len, &digest);
		(void)pthread_mutex_lock(&e->store_lock);
		e->store->made(
			e->store->user, part->number, part->key, part->out, part->out_len, &digest);
		(void)pthread_mutex_unlock(&e->store_lock);
	}
	if (e->packer->join)
		e->check = e->packer->join(e->check, part->check, part->len);
	e->in_bytes += part->len;
	e->written++;
	return nacre_sink_write(e->inner, part->out, part->out_len, err);
}

/* Hands the part that is being filled to the workers, and makes room for the next one. */
static int submit(struct parts_encoder *e, struct nacre_err *err)
{
	struct part *part = part_of(e, e->filled);
	int rc = 0;

	part->number = e->filled;
	part->is_found = false;
	part->failed = 0;
	if (e->threads_count == 0)
		pack(e, part);
	(void)pthread_mutex_lock(&e->lock);
	part->done = e->threads_count == 0;
	e->filled++;
	(void)pthread_cond_signal(&e->work);
	(void)pthread_mutex_unlock(&e->lock);
	if (e->filled - e->written == e->parts_count)
		rc = write_oldest(e, err);
	part_of(e, e->filled)->len = 0;
	return rc;
}

static int parts_add(
	struct nacre_encoder *encoder, const void *data, size_t len, struct nacre_err *err)
{
	struct parts_encoder *e = (struct parts_encoder *)encoder;
	const unsigned char *at = data;

	while (len > 0) {
		struct part *part = part_of(e, e->filled);
		bool ended;
		size_t taken = nacre_cutter_take(&e->cutter, at, len, &ended);
		int rc;

		memcpy(part->in + part->len, at, taken);
		part->len += taken;
		at += taken;
		len -= taken;
		rc = ended ? submit(e, err) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

static int parts_end(struct nacre_encoder *encoder, struct nacre_err *err)
{
	struct parts_encoder *e = (struct parts_encoder *)encoder;
	unsigned char tail[NACRE_PACKER_TAIL];
	int rc = 0;

	/* Nothing at all is one part of nothing: a stream of no frames would be no stream. */
	if (part_of(e, e->filled)->len > 0 || e->filled == 0)
		rc = submit(e, err);
	while (rc == 0 && e->written < e->filled)
		rc = write_oldest(e, err);
	if (rc || !e->packer->tail)
		return rc;
	return nacre_sink_write(e->inner, tail, e->packer->tail(e->check, e->in_bytes, tail), err);
}

static void parts_encoder_free(struct nacre_encoder *encoder)
{
	struct parts_encoder *e = (struct parts_encoder *)encoder;

	(void)pthread_mutex_lock(&e->lock);
	e->stop = true;
	(void)pthread_cond_broadcast(&e->work);
	(void)pthread_mutex_unlock(&e->lock);
	for (size_t i = 0; i < e->threads_count; i++)
		(void)pthread_join(e->threads[i], NULL);
	for (size_t i = 0; e->parts && i < e->parts_count; i++) {
		free(e->parts[i].in);
		free(e->parts[i].out);
	}
	(void)pthread_cond_destroy(&e->done);
	(void)pthread_cond_destroy(&e->work);
	(void)pthread_mutex_destroy(&e->store_lock);
	(void)pthread_mutex_destroy(&e->lock);
	free(e->parts);
	free(e);
}

/* One for each worker, one that waits for the next worker, and the one being filled. */
static int make_room(struct parts_encoder *e, size_t workers, struct nacre_err *err)
{
	e->parts_count = workers > 1 ? workers + 2 : 1;
	e->parts = calloc(e->parts_count, sizeof(*e->parts));
	if (!e->parts)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < e->parts_count; i++) {
		e->parts[i].in = malloc(NACRE_PART_MOST);
		e->parts[i].out = malloc(e->room);
		if (!e->parts[i].in || !e->parts[i].out)
			return nacre_fail_nomem(err);
	}
	return 0;
}

/*
 * Signals stay with the threads of the caller. A system that gives fewer threads than asked for,
 * even none, gets the same bytes later.
 */
static void start_threads(struct parts_encoder *e, size_t workers)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (e->threads_count < workers &&
		pthread_create(&e->threads[e->threads_count], NULL, work, e) == 0)
		e->threads_count++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int nacre_parts_encoder_new(const struct nacre_packer *packer, int level, unsigned jobs,
	const struct nacre_part_store *store, struct nacre_sink *inner,
	struct nacre_encoder **out_encoder, struct nacre_err *err)
{
	size_t workers = jobs < WORKERS_MOST ? jobs : WORKERS_MOST;
	struct parts_encoder *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return nacre_fail_nomem(err);
	e->base = (struct nacre_encoder){ parts_add, parts_end, parts_encoder_free };
	e->packer = packer;
	e->store = store;
	e->inner = inner;
	e->level = level;
	e->room = packer->room(NACRE_PART_MOST);
	nacre_cutter_init(&e->cutter);
	(void)pthread_mutex_init(&e->lock, NULL);
	(void)pthread_mutex_init(&e->store_lock, NULL);
	(void)pthread_cond_init(&e->work, NULL);
	(void)pthread_cond_init(&e->done, NULL);
	rc = make_room(e, workers, err);
	if (rc) {
		parts_encoder_free(&e->base);
		return rc;
	}
	if (workers > 1)
		start_threads(e, workers);
	*out_encoder = &e->base;
	return 0;
}
