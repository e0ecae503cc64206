/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer, read by the strict reader with a lint in its hand. What is wrong with the compressed
 * bytes is told here; with members, by the reader and the fold.
 */
#include "layers/lint_layer.h"

#include "base/scope.h"
#include "layers/fold.h"
#include "layers/tar_read.h"

#include <string.h>

/* ------------------------------------------------------------------ the head */

/* The first bytes of a source, looked at and then read again. */
struct headed {
	struct nacre_source base; /* first */
	struct nacre_source *inner;
	size_t at, len;
	unsigned char head[NACRE_CODEC_HEAD];
};

static int headed_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct headed *headed = (struct headed *)source;
	size_t left = headed->len - headed->at;

	if (left == 0)
		return nacre_source_read(headed->inner, data, cap, out_len, err);
	*out_len = cap < left ? cap : left;
	memcpy(data, headed->head + headed->at, *out_len);
	headed->at += *out_len;
	return 0;
}

/* Which codec the bytes want, and what is odd about the first of them. */
static int look(struct headed *headed, struct nacre_lint *lint, enum nacre_codec *codec,
	struct nacre_err *err)
{
	enum nacre_codec got;
	int rc = nacre_source_read_full(
		headed->inner, headed->head, sizeof(headed->head), &headed->len, err);

	if (rc)
		return rc;
	got = nacre_codec_detect(headed->head, headed->len);
	if (got != *codec)
		rc = nacre_lint_refuse(lint, NACRE_RULE_BLOB_COMPRESSION, err,
			headed->len ? "compression is %s, expected %s"
				    : "empty: compression is %s, expected %s",
			nacre_codec_name(got), nacre_codec_name(*codec));
	*codec = got;
	if (rc == 0 && got == NACRE_CODEC_ZSTD && (headed->head[0] & 0xf0) == 0x50)
		rc = nacre_lint_remark(lint, NACRE_RULE_BLOB_SKIPPABLE, err,
			"a skippable frame in front, which podman and buildah fail on");
	return rc;
}

/* -------------------------------------------------------------------- members */

static int open_nothing(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	(void)origin;
	(void)key;
	(void)size;
	(void)out_source;
	return nacre_fail(err, NACRE_E_ARG, "content of a layer that was only looked through");
}

static struct nacre_origin nowhere = { .open = open_nothing };

static enum nacre_rule_id stream_rule(int rc)
{
	return rc == NACRE_E_LIMIT     ? NACRE_RULE_LIMIT
		: rc == NACRE_E_UNSAFE ? NACRE_RULE_BLOB_TRAILING
				       : NACRE_RULE_BLOB_STREAM;
}

/* How a layer was left. */
struct left {
	bool is_broken; /* the source: it would fail in the same way again */
	bool is_given_up;
};

/*
 * Of an error that came to the top: who made it has told it, or it is the source's own and told
 * here. Only what says nothing about the content stays one.
 */
static int settle(struct nacre_lint *lint, int rc, struct left *left, struct nacre_err *err)
{
	if (!nacre_lint_is_content(rc))
		return rc;
	if (!lint->is_over) {
		rc = nacre_lint_about(lint, NULL, err);
		if (rc == 0)
			rc = nacre_lint_end_as(lint, stream_rule(err->code), err->code, err);
		left->is_broken = true;
	}
	if (!nacre_lint_is_content(rc))
		return rc;
	lint->is_over = false;
	return 0;
}

static int read_members(struct nacre_tar_reader *reader, struct nacre_fold *fold, struct left *left,
	struct nacre_err *err)
{
	const struct nacre_member *member = NULL;
	int rc;

	for (;;) {
		rc = nacre_tar_reader_next(reader, &member, err);
		if (rc || !member)
			return rc;
		rc = nacre_fold_add(fold, member, err);
		if (rc) {
			left->is_given_up = true;
			return rc;
		}
	}
}

static int fold_tar(struct nacre_tree *tree, unsigned layer, struct nacre_source *tar,
	const struct nacre_limits *limits, struct nacre_lint *lint,
	struct nacre_layer_counts *out_counts, struct left *left, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tar_reader_freep)
	struct nacre_tar_reader *reader = NULL;
	NACRE_CLEANUP(nacre_fold_freep)
	struct nacre_fold *fold = NULL;
	int rc = nacre_tar_reader_new(tar, limits, &reader, err);

	memset(out_counts, 0, sizeof(*out_counts));
	if (rc == 0)
		rc = nacre_fold_new(tree, layer, &nowhere, limits, &fold, err);
	if (rc)
		return rc;
	nacre_tar_reader_set_lint(reader, lint);
	nacre_fold_set_lint(fold, lint);
	rc = read_members(reader, fold, left, err);
	*out_counts = *nacre_tar_reader_counts(reader);
	rc = settle(lint, rc, left, err);
	/* Of a layer that was cut, what there is: upper layers stand on it. */
	if (rc == 0 && !left->is_given_up)
		rc = settle(lint, nacre_fold_finish(fold, err), left, err);
	return rc ? rc : nacre_lint_about(lint, NULL, err);
}

int nacre_lint_tar(struct nacre_tree *tree, unsigned layer, struct nacre_source *tar,
	const struct nacre_limits *limits, struct nacre_lint *lint,
	struct nacre_layer_counts *out_counts, struct nacre_err *err)
{
	struct left left = { false, false };
	struct nacre_err own;

	return fold_tar(tree, layer, tar, limits, lint, out_counts, &left, err ? err : &own);
}

/* ---------------------------------------------------------------------- bytes */

struct counted {
	struct nacre_source base; /* first */
	struct nacre_source *inner;
	uint64_t bytes;
};

static int counted_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct counted *counted = (struct counted *)source;
	int rc = nacre_source_read(counted->inner, data, cap, out_len, err);

	counted->bytes += rc ? 0 : *out_len;
	return rc;
}

/* What the reader left, because it gave up: the DiffID is of all of it. */
static int drain(struct nacre_source *source, struct nacre_err *err)
{
	char data[16384];
	size_t got = 1;
	int rc = 0;

	while (rc == 0 && got > 0)
		rc = nacre_source_read(source, data, sizeof(data), &got, err);
	return rc;
}

static int read_decoded(struct nacre_tree *tree, unsigned layer, struct nacre_source *decoded,
	const struct nacre_digest *like, const struct nacre_limits *limits, struct nacre_lint *lint,
	struct nacre_linted *out_linted, struct nacre_err *err)
{
	struct counted counted = { .base = { counted_read, NULL } };
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *hashed = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	struct left left = { false, false };
	int rc = nacre_hash_new_like(like, &hash, err);

	if (rc == 0)
		rc = nacre_source_hash(decoded, hash, &hashed, err);
	counted.inner = hashed;
	if (rc == 0)
		rc = fold_tar(
			tree, layer, &counted.base, limits, lint, &out_linted->counts, &left, err);
	if (rc == 0 && !left.is_broken)
		rc = settle(lint, drain(&counted.base, err), &left, err);
	if (rc == 0 && !left.is_broken)
		nacre_hash_finish(hash, &out_linted->diff_id);
	out_linted->tar_bytes = counted.bytes;
	return rc;
}

int nacre_lint_layer(struct nacre_tree *tree, unsigned layer, enum nacre_codec codec,
	struct nacre_source *blob, const struct nacre_digest *like,
	const struct nacre_limits *limits, struct nacre_lint *lint, struct nacre_linted *out_linted,
	struct nacre_err *err)
{
	struct headed headed = { .base = { headed_read, NULL }, .inner = blob };
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *decoded = NULL;
	int rc = look(&headed, lint, &codec, err);

	memset(out_linted, 0, sizeof(*out_linted));
	if (rc == 0)
		rc = nacre_decode_new(codec, &headed.base, limits, &decoded, err);
	return rc ? rc : read_decoded(tree, layer, decoded, like, limits, lint, out_linted, err);
}
