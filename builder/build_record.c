/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a build, as JSON. */
#include "builder/build_record.h"

#include "base/file.h"
#include "base/replacement.h"
#include "base/scope.h"
#include "builder/compression.h"
#include "formats/json.h"
#include "layers/foreign.h"
#include "layers/parts.h"
#include "layers/tar_write.h"

#include <string.h>

/* The recipe as one text, whatever its spelling. */
static int put_recipe(
	struct nacre_jemit *out, const struct nacre_recipe *recipe, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(SIZE_MAX / 4);
	struct nacre_digest digest;
	int rc = nacre_recipe_emit(recipe, &text, err);

	if (rc)
		return rc;
	nacre_digest_of(text.data, text.len, &digest);
	nacre_jemit_text(out, "recipe", digest.text);
	return 0;
}

static void put_made_by(struct nacre_jemit *out, const struct nacre_compression *compression)
{
	char version[NACRE_ENCODE_VERSION];

	nacre_encode_version(nacre_compression_codec(compression), compression->level, version);
	nacre_jemit_object(out, "madeBy");
	nacre_jemit_text(out, "nacre", nacre_version());
	nacre_jemit_u64(out, "archiveEncoding", NACRE_TAR_FORMAT);
	nacre_jemit_text(out, "compression", version);
	nacre_jemit_text(out, "archives", nacre_foreign_version());
	nacre_jemit_end(out);
}

static void put_layers(struct nacre_jemit *out, const struct nacre_built *built)
{
	nacre_jemit_array(out, "layers");
	for (size_t i = 0; i < built->layer_count; i++) {
		nacre_jemit_object(out, NULL);
		nacre_jemit_text(out, "diffId", built->layers[i].diff_id.text);
		nacre_jemit_text(out, "digest", built->layers[i].blob.text);
		nacre_jemit_u64(out, "size", built->layers[i].blob_bytes);
		nacre_jemit_end(out);
	}
	nacre_jemit_end(out);
}

static void put_inputs(struct nacre_jemit *out, const struct nacre_inputs *inputs)
{
	if (!inputs->is_locked)
		return;
	nacre_jemit_array(out, "inputs");
	for (size_t i = 0; i < inputs->lock.count; i++) {
		const struct nacre_lock_entry *entry = &inputs->lock.entries[i];

		nacre_jemit_object(out, NULL);
		nacre_jemit_text(out, "name", entry->name);
		nacre_jemit_text(out, "digest", entry->digest.text);
		nacre_jemit_u64(out, "size", entry->size_bytes);
		nacre_jemit_end(out);
	}
	nacre_jemit_end(out);
}

static int emit(
	const struct nacre_build_once *once, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(SIZE_MAX / 4);
	const struct nacre_built *built = &once->image.built;
	int rc;

	nacre_jemit_object(&out, NULL);
	nacre_jemit_u64(&out, "nacreRecord", 1);
	nacre_jemit_text(&out, "imageId", built->image_id.text);
	nacre_jemit_text(&out, "manifest", built->manifest.text);
	nacre_jemit_i64(&out, "epoch", once->image.epoch);
	rc = put_recipe(&out, once->recipe, err);
	if (rc)
		return rc;
	put_made_by(&out, &once->options->compression);
	put_layers(&out, built);
	put_inputs(&out, once->inputs);
	nacre_jemit_end(&out);
	return nacre_jemit_finish(&out, out_buf, err);
}

static int write_aside(
	const char *path, const struct nacre_buf *text, bool sync, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_replacement_clear)
	struct nacre_replacement file = NACRE_REPLACEMENT;
	int rc = nacre_replacement_open(&file, path, 0644, err);

	if (rc == 0)
		rc = nacre_write_all(file.file.fd, text->data, text->len, err);
	if (rc == 0)
		rc = nacre_write_all(file.file.fd, "\n", 1, err);
	return rc ? rc : nacre_replacement_commit(&file, sync, err);
}

int nacre_build_record_write(
	const char *path, const struct nacre_build_once *once, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(SIZE_MAX / 4);
	int rc = emit(once, &text, err);

	if (rc == 0)
		rc = write_aside(path, &text, !(once->env && once->env->no_sync), err);
	return rc ? nacre_within(err, rc, "record %s", path) : 0;
}

int nacre_build_record_check(const char *path, struct nacre_err *err)
{
	int rc = nacre_replacement_check(path, err);

	return rc ? nacre_within(err, rc, "record %s", path) : 0;
}
