/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte chooses the codec, the rest is decoded under small limits. Never more comes out
 * than layer_bytes, whatever the size of reads; and what came out whole comes out again, and the
 * same, when it is compressed and decompressed by ourselves.
 */
#include "layers/codec.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

#define MOST ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(
	enum nacre_codec codec, const void *data, size_t len, size_t chunk, struct nacre_buf *out)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *inner = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct nacre_limits limits = { .layer_bytes = MOST, .zstd_window_bytes = MOST };
	size_t got = 1;
	int rc = 0;

	nacre_limits_default(&limits);
	if (nacre_source_memory(data, len, &inner, NULL) ||
		nacre_decode_new(codec, inner, &limits, &source, NULL))
		abort();
	while (rc == 0 && got > 0) {
		/* One more than may come, so that too much would show. */
		if (nacre_buf_reserve(out, chunk, NULL))
			abort();
		rc = nacre_source_read(source, out->data + out->len, chunk, &got, NULL);
		if (got > chunk || (rc && got > 0))
			abort();
		out->len += got;
		if (out->len > MOST)
			abort();
	}
	if (nacre_source_read(source, &(char){ 0 }, 1, &got, NULL) != rc || got != 0)
		abort(); /* errors and ends stay */
	return rc;
}

static void expect_same(const struct nacre_buf *a, const struct nacre_buf *b)
{
	if (a->len != b->len || (a->len > 0 && memcmp(a->data, b->data, a->len) != 0))
		abort();
}

static void round_trip(enum nacre_codec codec, const struct nacre_buf *plain)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf packed = NACRE_BUF(2 * MOST);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf again = NACRE_BUF(2 * MOST);
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *inner = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;

	if (nacre_sink_buf(&packed, &inner, NULL) ||
		nacre_encode_new(codec, codec == NACRE_CODEC_NONE ? 0 : 1, 1, inner, &sink, NULL) ||
		nacre_sink_write(sink, plain->data, plain->len, NULL) ||
		nacre_sink_finish(sink, NULL) ||
		decode(codec, packed.data, packed.len, 65536, &again))
		abort();
	expect_same(plain, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf plain = NACRE_BUF(2 * MOST);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf other = NACRE_BUF(2 * MOST);
	enum nacre_codec codec;
	int rc;

	if (size < 1)
		return 0;
	codec = (enum nacre_codec)(data[0] % 3);
	rc = decode(codec, data + 1, size - 1, 65536, &plain);
	if (decode(codec, data + 1, size - 1, 4093, &other) != rc)
		abort(); /* how it is read makes no difference */
	if (rc)
		return 0;
	expect_same(&plain, &other);
	round_trip(codec, &plain);
	return 0;
}
