/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of archives and copies share: images in layouts, by hand, and keys. */
#ifndef NACRE_TESTS_BUILDER_IMAGE_FIXTURE_H
#define NACRE_TESTS_BUILDER_IMAGE_FIXTURE_H

#include "base/digest.h"
#include "fixture.h"
#include "formats/batch.h"
#include "formats/layout.h"
#include "formats/mediatype.h"
#include "sign/key.h"
#include "sign/policy.h"
#include "sign/trusted.h"

static inline struct nacre_layout *open_layout(const char *path)
{
	struct nacre_layout *layout = NULL;

	assert_works(nacre_layout_create(path, &layout, err));
	return layout;
}

static inline struct nacre_ref make_ref(const char *text)
{
	struct nacre_ref ref;

	assert_works(nacre_ref_parse(text, strlen(text), &ref, err));
	return ref;
}

static inline struct nacre_descriptor put_blob_bytes(
	const struct nacre_layout *layout, const void *data, size_t len, const char *media_type)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	struct nacre_descriptor desc = { 0 };

	assert_works(nacre_batch_new(layout, &unsynced, &batch, err));
	assert_works(nacre_batch_add_blob(batch, data, len, media_type, &desc, err));
	assert_works(nacre_batch_commit(batch, err));
	return desc;
}

static inline struct nacre_descriptor put_blob(
	const struct nacre_layout *layout, const char *text, const char *media_type)
{
	return put_blob_bytes(layout, text, strlen(text), media_type);
}

static inline void put_tag(
	const struct nacre_layout *layout, const struct nacre_descriptor *desc, const char *name)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;

	assert_works(nacre_batch_new(layout, &unsynced, &batch, err));
	assert_works(nacre_batch_tag(batch, desc, name, err));
	assert_works(nacre_batch_commit(batch, err));
}

/** What is in a manifest, by digest. */
struct image {
	struct nacre_descriptor manifest;
	struct nacre_digest config, layer;
};

static inline void image_clear(struct image *image)
{
	nacre_descriptor_clear(&image->manifest);
}

/** An image of one file, etc/motd, with this text; tagged unless `name` is NULL. */
static inline struct image make_image(
	const struct nacre_layout *layout, const char *name, const char *text)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf tar = NACRE_BUF((size_t)1 << 20);
	const char zeros[1024] = { 0 };
	struct nacre_descriptor layer;
	struct image image = { 0 };
	char config[512];

	add_tar(&tar, "etc/", '5', 0755, NULL, NULL);
	add_tar(&tar, "etc/motd", '0', 0644, NULL, text);
	assert_works(nacre_buf_add(&tar, zeros, sizeof(zeros), err));
	layer = put_blob_bytes(layout, tar.data, tar.len, NACRE_MEDIA_LAYER);
	image.layer = layer.digest;
	(void)snprintf(config, sizeof(config),
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":"
		"\"layers\",\"diff_ids\":[\"%s\"]},\"history\":[{}]}",
		layer.digest.text);
	manifest.config = put_blob(layout, config, NACRE_MEDIA_CONFIG);
	image.config = manifest.config.digest;
	assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	assert_works(nacre_manifest_emit(&manifest, &json, err));
	image.manifest = put_blob(layout, json.data, NACRE_MEDIA_MANIFEST);
	if (name)
		put_tag(layout, &image.manifest, name);
	return image;
}

/** The same, for when nobody asks what it is. */
static inline void put_image(const struct nacre_layout *layout, const char *name, const char *text)
{
	struct image image = make_image(layout, name, text);

	image_clear(&image);
}

/** A file, whole; cleared by the caller. */
static inline struct nacre_buf read_file(const char *path)
{
	struct nacre_buf bytes = NACRE_BUF((size_t)16 << 20);
	nacre_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_works(nacre_buf_read_fd(&bytes, fd, err));
	return bytes;
}

static inline struct nacre_key *make_key(void)
{
	struct nacre_key *key = NULL;

	assert_works(nacre_key_new(NACRE_KEY_ED25519, &key, err));
	return key;
}

static inline struct nacre_policy *make_policy(const struct nacre_key *key)
{
	nacre_autofree char *text = NULL;
	struct nacre_key *half = NULL;
	struct nacre_policy *policy = NULL;

	assert_works(nacre_key_emit_public(key, &text, err));
	assert_works(nacre_key_parse(text, strlen(text), NULL, 0, &half, err));
	assert_works(nacre_policy_new(&policy, err));
	assert_works(nacre_policy_add_key_take(policy, half, err));
	return policy;
}

static inline void sign_image(
	const struct nacre_layout *layout, const struct nacre_ref *ref, const struct nacre_key *key)
{
	const struct nacre_sign_options options = { .identity = "h.org/app:1" };

	assert_works(nacre_sign(layout, ref, &key, 1, &options, &unsynced, NULL, err));
}

#endif
