/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip by zlib. Reading takes any number of members. Writing makes one, out of blocks of a fixed
 * size that are compressed each for itself, with the end of the block before as a dictionary, by
 * any number of threads. The threads only turn blocks into bytes; the order, the checksum of the
 * whole and the sink are the caller's thread's.
 */
#include "layers/codec_parts.h"

#define ZLIB_CONST /* input is const */
#include <zlib.h>

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ decode */

#define GZIP_FIRST_BYTE 0x1f
#define WINDOW_BITS 15
#define ONLY_GZIP 16 /* for inflateInit2: header and trailer are gzip's, and checked */

struct gzip_decoder {
	struct nacre_decoder base;
	z_stream z;
	bool in_member;
};

static int decode_error(const struct gzip_decoder *d, int result, struct nacre_err *err)
{
	if (result == Z_MEM_ERROR)
		return nacre_fail_nomem(err);
	return nacre_fail(
		err, NACRE_E_FORMAT, "damaged gzip: %s", d->z.msg ? d->z.msg : "bad data");
}

static int begin_member(
	struct gzip_decoder *d, const struct nacre_decode_step *step, struct nacre_err *err)
{
	if (step->in[0] != GZIP_FIRST_BYTE)
		return nacre_fail(err, NACRE_E_UNSAFE, "something follows the last gzip member");
	if (inflateReset(&d->z) != Z_OK)
		return nacre_fail(err, NACRE_E_FORMAT, "damaged gzip: no new member");
	d->in_member = true;
	d->base.may_end = false;
	return 0;
}

static uInt most(size_t len)
{
	return len < UINT_MAX ? (uInt)len : UINT_MAX;
}

static int inflate_some(struct gzip_decoder *d, struct nacre_decode_step *step)
{
	uInt in_len = most(step->in_len), out_len = most(step->out_len);
	int result;

	d->z.next_in = step->in;
	d->z.avail_in = in_len;
	d->z.next_out = step->out;
	d->z.avail_out = out_len;
	result = inflate(&d->z, Z_NO_FLUSH);
	step->in += in_len - d->z.avail_in;
	step->in_len -= in_len - d->z.avail_in;
	step->out += out_len - d->z.avail_out;
	step->out_len -= out_len - d->z.avail_out;
	return result;
}

static int gzip_run(
	struct nacre_decoder *decoder, struct nacre_decode_step *step, struct nacre_err *err)
{
	struct gzip_decoder *d = (struct gzip_decoder *)decoder;

	for (;;) {
		int result;

		if (!d->in_member) {
			int rc = step->in_len > 0 ? begin_member(d, step, err) : 0;

			if (rc || !d->in_member)
				return rc;
		}
		result = inflate_some(d, step);
		if (result == Z_BUF_ERROR)
			return 0; /* wants input or room */
		if (result != Z_OK && result != Z_STREAM_END)
			return decode_error(d, result, err);
		d->in_member = result != Z_STREAM_END;
		d->base.may_end = !d->in_member;
	}
}

static void gzip_decoder_free(struct nacre_decoder *decoder)
{
	struct gzip_decoder *d = (struct gzip_decoder *)decoder;

	(void)inflateEnd(&d->z);
	free(d);
}

int nacre_gzip_decoder_new(const struct nacre_limits *limits, struct nacre_decoder **out_decoder,
	struct nacre_err *err)
{
	struct gzip_decoder *d = calloc(1, sizeof(*d));

	(void)limits; /* its window is 32 KiB at most */
	if (!d)
		return nacre_fail_nomem(err);
	d->base = (struct nacre_decoder){ gzip_run, gzip_decoder_free, false };
	if (inflateInit2(&d->z, WINDOW_BITS + ONLY_GZIP) != Z_OK) {
		free(d);
		return nacre_fail_nomem(err);
	}
	*out_decoder = &d->base;
	return 0;
}

/* ------------------------------------------------------------------ encode */

/*
 * The size of a block decides on the bytes: changing it changes blob digests. A block costs five
 * bytes for its end and the search for what the dictionary does not reach.
 */
#define BLOCK_BYTES ((size_t)128 << 10)
#define DICT_BYTES ((size_t)32 << 10)
/* deflate grows what it cannot shrink by 5 bytes for each 16 KiB; this is far more. */
#define ROOM_BYTES (BLOCK_BYTES + BLOCK_BYTES / 8 + 1024)
#define MEM_LEVEL 8
#define WORKERS_MOST 64

struct block {
	size_t dict_len;
	size_t len;
	size_t out_len;
	uLong crc;
	bool done;
	unsigned char in[DICT_BYTES + BLOCK_BYTES]; /* the dictionary ends where the block begins */
	unsigned char out[ROOM_BYTES];
};

struct worker {
	struct gzip_encoder *encoder;
	pthread_t thread;
	bool has_stream;
	z_stream z;
};

/*
 * Blocks are numbered as they come and lie in a ring: written <= taken <= filled, and never more
 * than `blocks_count` from written to filled. With one job there is no thread, and the one worker
 * is the caller.
 */
struct gzip_encoder {
	struct nacre_encoder base;
	struct nacre_sink *inner;
	struct block *blocks;
	size_t blocks_count;
	struct worker *workers;
	size_t workers_count;
	size_t threads; /* how many of the workers run in one */
	uint64_t written;
	uLong crc;
	uint64_t in_bytes;
	bool has_header;

	pthread_mutex_t lock; /* of what follows, and of block.done */
	pthread_cond_t work;  /* a block was filled, or stop */
	pthread_cond_t done;  /* a block is done */
	uint64_t filled;      /* changed by the caller's thread alone */
	uint64_t taken;
	bool stop;
};

static struct block *block_of(const struct gzip_encoder *e, uint64_t number)
{
	return &e->blocks[number % e->blocks_count];
}

/*
 * Raw deflate up to a byte boundary, with an empty stored block as the end (Z_SYNC_FLUSH), so that
 * blocks can be put behind each other. Cannot fail for a stream that was initialised and room
 * enough: where it does, memory is not what it was.
 */
static void compress_block(z_stream *z, struct block *block)
{
	unsigned char *in = block->in + DICT_BYTES;

	if (deflateReset(z) != Z_OK ||
		(block->dict_len > 0 &&
			deflateSetDictionary(z, in - block->dict_len, (uInt)block->dict_len) !=
				Z_OK))
		abort();
	z->next_in = in;
	z->avail_in = (uInt)block->len;
	z->next_out = block->out;
	z->avail_out = (uInt)sizeof(block->out);
	if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in > 0 || z->avail_out == 0)
		abort();
	block->out_len = sizeof(block->out) - z->avail_out;
	block->crc = crc32(0, in, (uInt)block->len);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct gzip_encoder *e = worker->encoder;

	(void)pthread_mutex_lock(&e->lock);
	for (;;) {
		struct block *block;

		while (!e->stop && e->taken == e->filled)
			(void)pthread_cond_wait(&e->work, &e->lock);
		if (e->stop)
			break;
		block = block_of(e, e->taken++);
		(void)pthread_mutex_unlock(&e->lock);
		compress_block(&worker->z, block);
		(void)pthread_mutex_lock(&e->lock);
		block->done = true;
		(void)pthread_cond_signal(&e->done);
	}
	(void)pthread_mutex_unlock(&e->lock);
	return NULL;
}

static int put_header(struct gzip_encoder *e, struct nacre_err *err)
{
	/* Magic, deflate, no flags, no time, no hint, system unknown. */
	static const unsigned char header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

	if (e->has_header)
		return 0;
	e->has_header = true;
	return nacre_sink_write(e->inner, header, sizeof(header), err);
}

/* Waits for the oldest block and writes it. */
static int write_oldest(struct gzip_encoder *e, struct nacre_err *err)
{
	struct block *block = block_of(e, e->written);
	int rc = put_header(e, err);

	if (rc)
		return rc;
	(void)pthread_mutex_lock(&e->lock);
	while (!block->done)
		(void)pthread_cond_wait(&e->done, &e->lock);
	(void)pthread_mutex_unlock(&e->lock);
	e->crc = crc32_combine(e->crc, block->crc, (z_off_t)block->len);
	e->in_bytes += block->len;
	e->written++;
	return nacre_sink_write(e->inner, block->out, block->out_len, err);
}

/* Hands the block that is being filled to the workers. */
static void submit(struct gzip_encoder *e)
{
	struct block *block = block_of(e, e->filled);

	if (e->threads == 0)
		compress_block(&e->workers[0].z, block);
	(void)pthread_mutex_lock(&e->lock);
	block->done = e->threads == 0;
	e->filled++;
	(void)pthread_cond_signal(&e->work);
	(void)pthread_mutex_unlock(&e->lock);
}

/* Submits a full block, makes room for the next one and gives it its dictionary. */
static int next_block(struct gzip_encoder *e, struct nacre_err *err)
{
	const struct block *last = block_of(e, e->filled);
	struct block *block;

	submit(e);
	if (e->filled - e->written == e->blocks_count) {
		int rc = write_oldest(e, err);

		if (rc)
			return rc;
	}
	block = block_of(e, e->filled);
	memcpy(block->in, last->in + BLOCK_BYTES, DICT_BYTES);
	block->dict_len = DICT_BYTES;
	block->len = 0;
	return 0;
}

static int gzip_add(
	struct nacre_encoder *encoder, const void *data, size_t len, struct nacre_err *err)
{
	struct gzip_encoder *e = (struct gzip_encoder *)encoder;
	const unsigned char *at = data;

	while (len > 0) {
		struct block *block = block_of(e, e->filled);
		size_t part = BLOCK_BYTES - block->len < len ? BLOCK_BYTES - block->len : len;

		memcpy(block->in + DICT_BYTES + block->len, at, part);
		block->len += part;
		at += part;
		len -= part;
		if (block->len == BLOCK_BYTES) {
			int rc = next_block(e, err);

			if (rc)
				return rc;
		}
	}
	return 0;
}

static void put_u32(unsigned char *at, uint64_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

static int gzip_end(struct nacre_encoder *encoder, struct nacre_err *err)
{
	struct gzip_encoder *e = (struct gzip_encoder *)encoder;
	/* The last block, an empty one, then checksum and size (modulo 2^32). */
	unsigned char trailer[10] = { 0x03, 0x00 };
	int rc = 0;

	if (block_of(e, e->filled)->len > 0)
		submit(e);
	while (rc == 0 && e->written < e->filled)
		rc = write_oldest(e, err);
	if (rc == 0)
		rc = put_header(e, err);
	if (rc)
		return rc;
	put_u32(trailer + 2, e->crc);
	put_u32(trailer + 6, e->in_bytes);
	return nacre_sink_write(e->inner, trailer, sizeof(trailer), err);
}

static void gzip_encoder_free(struct nacre_encoder *encoder)
{
	struct gzip_encoder *e = (struct gzip_encoder *)encoder;

	(void)pthread_mutex_lock(&e->lock);
	e->stop = true;
	(void)pthread_cond_broadcast(&e->work);
	(void)pthread_mutex_unlock(&e->lock);
	for (size_t i = 0; i < e->threads; i++)
		(void)pthread_join(e->workers[i].thread, NULL);
	for (size_t i = 0; i < e->workers_count; i++) {
		if (e->workers[i].has_stream)
			(void)deflateEnd(&e->workers[i].z);
	}
	(void)pthread_cond_destroy(&e->done);
	(void)pthread_cond_destroy(&e->work);
	(void)pthread_mutex_destroy(&e->lock);
	free(e->workers);
	free(e->blocks);
	free(e);
}

static int make_room(struct gzip_encoder *e, size_t workers, struct nacre_err *err)
{
	/* Two for each worker and the one being filled; without threads one is enough. */
	size_t blocks = workers > 1 ? 2 * workers + 1 : 1;

	e->workers = calloc(workers, sizeof(*e->workers));
	e->blocks = calloc(blocks, sizeof(*e->blocks));
	if (!e->workers || !e->blocks)
		return nacre_fail_nomem(err);
	e->workers_count = workers;
	e->blocks_count = blocks;
	return 0;
}

static int init_streams(struct gzip_encoder *e, int level, struct nacre_err *err)
{
	for (size_t i = 0; i < e->workers_count; i++) {
		struct worker *worker = &e->workers[i];

		worker->encoder = e;
		if (deflateInit2(&worker->z, level, Z_DEFLATED, -WINDOW_BITS, MEM_LEVEL,
			    Z_DEFAULT_STRATEGY) != Z_OK)
			return nacre_fail_nomem(err);
		worker->has_stream = true;
	}
	return 0;
}

/*
 * Signals stay with the threads of the caller. A system that gives fewer threads than asked for,
 * even none, gets the same bytes later.
 */
static void start_threads(struct gzip_encoder *e)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (e->threads < e->workers_count &&
		pthread_create(
			&e->workers[e->threads].thread, NULL, work, &e->workers[e->threads]) == 0)
		e->threads++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int nacre_gzip_encoder_new(int level, unsigned jobs, struct nacre_sink *inner,
	struct nacre_encoder **out_encoder, struct nacre_err *err)
{
	struct gzip_encoder *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return nacre_fail_nomem(err);
	e->base = (struct nacre_encoder){ gzip_add, gzip_end, gzip_encoder_free };
	e->inner = inner;
	(void)pthread_mutex_init(&e->lock, NULL);
	(void)pthread_cond_init(&e->work, NULL);
	(void)pthread_cond_init(&e->done, NULL);
	rc = make_room(e, jobs < WORKERS_MOST ? jobs : WORKERS_MOST, err);
	if (rc == 0)
		rc = init_streams(e, level, err);
	if (rc) {
		gzip_encoder_free(&e->base);
		return rc;
	}
	if (e->workers_count > 1)
		start_threads(e);
	*out_encoder = &e->base;
	return 0;
}
