/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An accepted manifest, index or config is emitted as a document that is accepted and emitted again
 * as the same bytes, with the same descriptors; and no document is both manifest and index.
 */
#include "formats/manifest.h"
#include "formats/config.h"
#include "formats/index.h"

#include "base/env.h"
#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool truth)
{
	if (!truth)
		abort();
}

static bool is_same(const struct nacre_buf *a, const struct nacre_buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void check_same(const struct nacre_descriptors *a, const struct nacre_descriptors *b)
{
	check(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		check(nacre_digest_equal(&a->items[i].digest, &b->items[i].digest));
		check(a->items[i].size_bytes == b->items[i].size_bytes);
		check(strcmp(a->items[i].media_type, b->items[i].media_type) == 0);
	}
}

static bool try_manifest(const uint8_t *data, size_t size, const struct nacre_limits *limits)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest one = { 0 }, two = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf first = NACRE_BUF(0), second = NACRE_BUF(0);

	if (nacre_manifest_parse(data, size, NULL, limits, &one, NULL))
		return false;
	check(nacre_manifest_emit(&one, &first, NULL) == 0);
	check(nacre_manifest_parse(first.data, first.len, one.media_type, limits, &two, NULL) == 0);
	check_same(&one.layers, &two.layers);
	check(nacre_digest_equal(&one.config.digest, &two.config.digest));
	check(nacre_manifest_emit(&two, &second, NULL) == 0 && is_same(&first, &second));
	return true;
}

static bool try_index(const uint8_t *data, size_t size, const struct nacre_limits *limits)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index one = { 0 }, two = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf first = NACRE_BUF(0), second = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf third = NACRE_BUF(0), fourth = NACRE_BUF(0);

	if (nacre_index_parse(data, size, NULL, limits, &one, NULL))
		return false;
	check(nacre_index_emit(&one, &first, NULL) == 0);
	check(nacre_index_parse(first.data, first.len, one.media_type, limits, &two, NULL) == 0);
	check_same(&one.manifests, &two.manifests);
	check(nacre_index_emit(&two, &second, NULL) == 0 && is_same(&first, &second));
	/* Amending by nothing keeps all descriptors, and is settled after one time. */
	check(nacre_index_amend(data, size, NULL, 0, limits, &third, NULL) == 0);
	nacre_index_clear(&two);
	check(nacre_index_parse(third.data, third.len, one.media_type, limits, &two, NULL) == 0);
	check_same(&one.manifests, &two.manifests);
	check(nacre_index_amend(third.data, third.len, NULL, 0, limits, &fourth, NULL) == 0);
	check(is_same(&third, &fourth));
	return true;
}

static void try_config(const uint8_t *data, size_t size, const struct nacre_limits *limits)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config one = { 0 }, two = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf first = NACRE_BUF(0), second = NACRE_BUF(0);

	if (nacre_config_parse(data, size, limits, &one, NULL))
		return;
	check(nacre_config_emit(&one, &first, NULL) == 0);
	check(nacre_config_parse(first.data, first.len, limits, &two, NULL) == 0);
	check(nacre_config_emit(&two, &second, NULL) == 0 && is_same(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_limits limits = nacre_env_limits(NULL);

	/* Written out anew a document can be longer than it was, by what others leave out. */
	if (size > limits.document_bytes / 8)
		return 0;
	check(!(try_manifest(data, size, &limits) && try_index(data, size, &limits)));
	(void)try_index(data, size, &limits);
	try_config(data, size, &limits);
	return 0;
}
