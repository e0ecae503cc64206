/* SPDX-License-Identifier: Apache-2.0 */
/* A tree that is read from the wire is written to it again as the same bytes, blocks apart. */
#include "layers/tree_wire.h"
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nacre_origin layers[3];
static struct nacre_origin *const origins[3] = { &layers[0], &layers[1], &layers[2] };

static bool take(struct nacre_tree *tree, const void *data, size_t len, size_t *out_used)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_source *source = NULL;
	char rest[4096];
	size_t left = 0, got = 1;
	bool is_good;

	if (nacre_tree_init(tree, NULL) || nacre_source_memory(data, len, &source, NULL))
		abort();
	is_good = nacre_tree_wire_read(source, origins, 3, &limits, tree, NULL) == 0;
	while (got > 0) {
		if (nacre_source_read(source, rest, sizeof(rest), &got, NULL))
			abort();
		left += got;
	}
	*out_used = len - left;
	nacre_source_free(source);
	return is_good;
}

static void emit(struct nacre_tree *tree, struct nacre_buf *buf)
{
	struct nacre_sink *sink = NULL;

	if (nacre_sink_buf(buf, &sink, NULL) || nacre_tree_wire_write(tree, origins, 3, sink, NULL))
		abort();
	nacre_sink_free(sink);
}

/* The bytes of the blocks, without their heads: where they are cut is the writer's business. */
static void join(const char *data, size_t len, struct nacre_buf *out)
{
	size_t at = 0;

	while (at < len) {
		const unsigned char *head = (const unsigned char *)data + at;
		size_t block = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;

		if (nacre_buf_add(out, data + at + 4, block, NULL))
			abort();
		at += 4 + block;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_buf once = NACRE_BUF(1 << 26), twice = NACRE_BUF(1 << 26);
	struct nacre_buf a = NACRE_BUF(1 << 26), b = NACRE_BUF(1 << 26);
	struct nacre_tree tree, again;
	size_t used = 0;

	if (take(&tree, data, size, &used)) {
		emit(&tree, &once);
		if (!take(&again, once.data, once.len, &used) || used != once.len)
			abort();
		emit(&again, &twice);
		join(once.data, once.len, &a);
		join(twice.data, twice.len, &b);
		if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
			abort();
		nacre_tree_clear(&again);
	}
	nacre_tree_clear(&tree);
	nacre_buf_clear(&once);
	nacre_buf_clear(&twice);
	nacre_buf_clear(&a);
	nacre_buf_clear(&b);
	return 0;
}
