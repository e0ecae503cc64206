/* SPDX-License-Identifier: Apache-2.0 */
/* The description as JSON: own names for what nacre says, the specification's for the rest. */
#include "builder/inspect.h"

#include <string.h>

#define JSON_BYTES ((size_t)16 << 20)

static void emit_blob(struct nacre_jemit *out, const struct nacre_descriptor *desc)
{
	nacre_jemit_text_if(out, "mediaType", desc->media_type);
	nacre_jemit_text(out, "digest", desc->digest.text);
	nacre_jemit_u64(out, "size", desc->size_bytes);
}

static void emit_layers(struct nacre_jemit *out, const struct nacre_inspected *image)
{
	struct nacre_digest chain;

	nacre_jemit_array(out, "layers");
	for (size_t i = 0; i < image->manifest.layers.count; i++) {
		nacre_jemit_object(out, NULL);
		emit_blob(out, &image->manifest.layers.items[i]);
		nacre_jemit_text(out, "diffId", image->config.diff_ids[i].text);
		nacre_chain_id(image->config.diff_ids, i + 1, &chain);
		nacre_jemit_text(out, "chainId", chain.text);
		nacre_pairs_emit(&image->manifest.layers.items[i].annotations, out, "annotations");
		nacre_jemit_end(out);
	}
	nacre_jemit_end(out);
}

static void emit_health(struct nacre_jemit *out, const struct nacre_health *health)
{
	if (!health->given)
		return;
	nacre_jemit_object(out, "healthcheck");
	nacre_texts_emit(&health->test, out, "test");
	nacre_jemit_u64(out, "intervalNs", health->interval_ns);
	nacre_jemit_u64(out, "timeoutNs", health->timeout_ns);
	nacre_jemit_u64(out, "startPeriodNs", health->start_period_ns);
	nacre_jemit_u64(out, "startIntervalNs", health->start_interval_ns);
	nacre_jemit_u64(out, "retries", health->retries);
	nacre_jemit_end(out);
}

/* Their values are JSON already. */
static void emit_more(struct nacre_jemit *out, const struct nacre_pairs *more)
{
	if (more->count == 0)
		return;
	nacre_jemit_object(out, "more");
	for (size_t i = 0; i < more->count; i++)
		nacre_jemit_raw(out, more->items[i].name, more->items[i].value,
			strlen(more->items[i].value));
	nacre_jemit_end(out);
}

static void emit_run(struct nacre_jemit *out, const struct nacre_config *config)
{
	nacre_jemit_object(out, "config");
	nacre_jemit_text_if(out, "user", config->user);
	nacre_texts_emit(&config->env, out, "env");
	nacre_texts_emit(&config->entrypoint, out, "entrypoint");
	nacre_texts_emit(&config->cmd, out, "cmd");
	nacre_jemit_text_if(out, "workdir", config->working_dir);
	nacre_texts_emit(&config->volumes, out, "volumes");
	nacre_texts_emit(&config->exposed_ports, out, "ports");
	nacre_pairs_emit(&config->labels, out, "labels");
	nacre_jemit_text_if(out, "stopsignal", config->stop_signal);
	emit_health(out, &config->health);
	emit_more(out, &config->run_more);
	nacre_jemit_end(out);
}

static void emit_history(struct nacre_jemit *out, const struct nacre_config *config)
{
	nacre_jemit_array(out, "history");
	for (size_t i = 0; i < config->history_count; i++) {
		const struct nacre_history *entry = &config->history[i];

		nacre_jemit_object(out, NULL);
		nacre_jemit_text_if(out, "created", entry->created);
		nacre_jemit_text_if(out, "createdBy", entry->created_by);
		nacre_jemit_text_if(out, "author", entry->author);
		nacre_jemit_text_if(out, "comment", entry->comment);
		nacre_jemit_bool(out, "emptyLayer", entry->empty_layer);
		nacre_jemit_end(out);
	}
	nacre_jemit_end(out);
}

int nacre_inspect_json(
	const struct nacre_inspected *image, struct nacre_buf *out_text, struct nacre_err *err)
{
	struct nacre_jemit out = NACRE_JEMIT(JSON_BYTES);
	char platform[NACRE_PLATFORM_TEXT];
	int rc;

	nacre_platform_print(&image->config.platform, platform);
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "imageId", image->manifest.config.digest.text);
	nacre_jemit_object(&out, "manifest");
	emit_blob(&out, &image->desc);
	nacre_jemit_end(&out);
	if (!nacre_digest_equal(&image->top.digest, &image->desc.digest)) {
		nacre_jemit_object(&out, "index");
		emit_blob(&out, &image->top);
		nacre_jemit_end(&out);
	}
	nacre_jemit_text(&out, "platform", platform);
	nacre_jemit_text_if(&out, "created", image->config.created);
	nacre_jemit_text_if(&out, "author", image->config.author);
	nacre_jemit_u64(&out, "signatures", image->signatures);
	nacre_jemit_text_if(&out, "osVersion", image->config.os_version);
	nacre_texts_emit(&image->config.os_features, &out, "osFeatures");
	emit_run(&out, &image->config);
	emit_layers(&out, image);
	emit_history(&out, &image->config);
	nacre_pairs_emit(&image->manifest.annotations, &out, "annotations");
	nacre_jemit_end(&out);
	rc = nacre_jemit_finish(&out, out_text, err);
	nacre_jemit_clear(&out);
	return rc ? rc : nacre_buf_add(out_text, "\n", 1, err);
}
