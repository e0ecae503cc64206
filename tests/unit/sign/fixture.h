/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of sign share: short checks, keys, and a layout with images in it. */
#ifndef NACRE_TESTS_SIGN_FIXTURE_H
#define NACRE_TESTS_SIGN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/env.h"
#include "base/file.h"
#include "formats/batch.h"
#include "formats/mediatype.h"
#include "sign/key.h"
#include "sign/policy.h"
#include "sign/signatures.h"
#include "sign/trusted.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** The call failed with this code and this message. */
#define assert_refused(call, want_code, want_text)                                                 \
	do {                                                                                       \
		struct nacre_err refused_err = { 0 };                                              \
		struct nacre_err *err = &refused_err;                                              \
		int refused_rc = (call);                                                           \
		assert_string_equal(refused_err.text, want_text);                                  \
		assert_int_equal(refused_rc, want_code);                                           \
		assert_int_equal(refused_err.code, want_code);                                     \
	} while (0)

/** The call worked; otherwise its message is shown. */
#define assert_works(call)                                                                         \
	do {                                                                                       \
		struct nacre_err works_err = { 0 };                                                \
		struct nacre_err *err = &works_err;                                                \
		if ((call) != 0)                                                                   \
			fail_msg("%s", works_err.text);                                            \
	} while (0)

struct scratch {
	char path[64];
	int dir;
	struct nacre_layout *layout;
};

static inline int open_scratch(void **state)
{
	static struct scratch scratch;

	(void)snprintf(scratch.path, sizeof(scratch.path), "/tmp/nacre-sign-XXXXXX");
	if (!mkdtemp(scratch.path))
		return -1;
	scratch.dir = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scratch.layout = NULL;
	*state = &scratch;
	return scratch.dir < 0 ? -1 : nacre_layout_create_dir(scratch.dir, &scratch.layout, NULL);
}

static inline int close_scratch(void **state)
{
	struct scratch *scratch = *state;

	nacre_autofd int top = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	nacre_layout_free(scratch->layout);
	(void)close(scratch->dir);
	return nacre_tree_remove_at(top, scratch->path + strlen("/tmp/"), NULL);
}

#define scratch_test(name) cmocka_unit_test_setup_teardown(name, open_scratch, close_scratch)

/* ----------------------------------------------------------------- images */

static const struct nacre_env unsynced = { .no_sync = true };

/** A blob that is in the layout. */
static inline struct nacre_descriptor put_blob(
	const struct scratch *scratch, const char *text, const char *media_type)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	struct nacre_descriptor desc = { 0 };

	assert_works(nacre_batch_new(scratch->layout, &unsynced, &batch, err));
	assert_works(nacre_batch_add_blob(batch, text, strlen(text), media_type, &desc, err));
	assert_works(nacre_batch_commit(batch, err));
	return desc;
}

static inline void put_tag(
	const struct scratch *scratch, const struct nacre_descriptor *desc, const char *name)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;

	assert_works(nacre_batch_new(scratch->layout, &unsynced, &batch, err));
	assert_works(nacre_batch_tag(batch, desc, name, err));
	assert_works(nacre_batch_commit(batch, err));
}

/** What make_image() makes, when it is not to be a good one. */
struct image_parts {
	const char *layer_type;	 /* NULL: a plain layer */
	const char *config_type; /* NULL: the right one */
	const char *config;	 /* NULL: one that fits the layer */
};

/** A manifest of one layer, whose text it is known by; tagged unless `name` is NULL. */
static inline struct nacre_descriptor make_image(const struct scratch *scratch, const char *name,
	const char *content, const struct image_parts *parts)
{
	static const struct image_parts good = { 0 };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	struct nacre_descriptor layer, desc;
	struct nacre_digest digest;
	char config[512];

	parts = parts ? parts : &good;
	layer = put_blob(
		scratch, content, parts->layer_type ? parts->layer_type : NACRE_MEDIA_LAYER);
	nacre_digest_of(content, strlen(content), &digest);
	(void)snprintf(config, sizeof(config),
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":"
		"\"layers\",\"diff_ids\":[\"%s\"]},\"history\":[{}]}",
		digest.text);
	manifest.config = put_blob(scratch, parts->config ? parts->config : config,
		parts->config_type ? parts->config_type : NACRE_MEDIA_CONFIG);
	assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	assert_works(nacre_manifest_emit(&manifest, &json, err));
	desc = put_blob(scratch, json.data, NACRE_MEDIA_MANIFEST);
	if (name)
		put_tag(scratch, &desc, name);
	return desc;
}

/** The same, for when nobody asks what it is. */
static inline void put_image(const struct scratch *scratch, const char *name, const char *content,
	const struct image_parts *parts)
{
	struct nacre_descriptor desc = make_image(scratch, name, content, parts);

	nacre_descriptor_clear(&desc);
}

/** An index of two images: amd64 with `content`, arm64 with another. */
static inline struct nacre_descriptor make_index(
	const struct scratch *scratch, const char *name, const char *content)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	struct nacre_descriptor amd = make_image(scratch, NULL, content, NULL);
	struct nacre_descriptor arm = make_image(scratch, NULL, "the arm64 layer", NULL);
	struct nacre_descriptor desc;

	assert_works(nacre_platform_parse("linux/amd64", &amd.platform, err));
	assert_works(nacre_platform_parse("linux/arm64", &arm.platform, err));
	assert_works(nacre_descriptors_add_take(&index.manifests, &amd, err));
	assert_works(nacre_descriptors_add_take(&index.manifests, &arm, err));
	assert_works(nacre_index_emit(&index, &json, err));
	desc = put_blob(scratch, json.data, NACRE_MEDIA_INDEX);
	put_tag(scratch, &desc, name);
	return desc;
}

/** A reference into the store, which prints as its name. */
static inline struct nacre_ref make_ref(const char *name)
{
	struct nacre_ref ref;

	assert_works(nacre_ref_parse(name, strlen(name), &ref, err));
	return ref;
}

/** The bytes of a file below the layout; cleared by the caller. */
static inline struct nacre_buf read_all(const struct scratch *scratch, const char *name)
{
	struct nacre_buf buf = NACRE_BUF((size_t)1 << 20);
	nacre_autofd int fd = openat(scratch->dir, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_works(nacre_buf_read_fd(&buf, fd, err));
	return buf;
}

/* ------------------------------------------------------------------- keys */

static inline struct nacre_key *make_key(enum nacre_key_type type)
{
	struct nacre_key *key = NULL;

	assert_works(nacre_key_new(type, &key, err));
	return key;
}

/** The public half. */
static inline struct nacre_key *public_of(const struct nacre_key *key)
{
	nacre_autofree char *text = NULL;
	struct nacre_key *half = NULL;

	assert_works(nacre_key_emit_public(key, &text, err));
	assert_works(nacre_key_parse(text, strlen(text), NULL, 0, &half, err));
	return half;
}

static inline struct nacre_policy *make_policy(
	const struct nacre_key *const *keys, size_t count, size_t threshold)
{
	struct nacre_policy *policy = NULL;

	assert_works(nacre_policy_new(&policy, err));
	for (size_t i = 0; i < count; i++)
		assert_works(nacre_policy_add_key_take(policy, public_of(keys[i]), err));
	assert_works(nacre_policy_set_threshold(policy, threshold, err));
	return policy;
}

#endif
