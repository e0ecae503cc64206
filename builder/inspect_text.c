/* SPDX-License-Identifier: Apache-2.0 */
/* The description for people. Every text out of an image goes through put_safe(). */
#include "builder/inspect.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct out {
	struct nacre_buf *buf;
	struct nacre_err *err;
	int rc; /* of the first call that failed; those behind it do nothing */
};

static void put(struct out *out, const char *text, size_t len)
{
	if (out->rc == 0)
		out->rc = nacre_buf_add(out->buf, text, len, out->err);
}

/* Only C0, DEL, C1 and what is no UTF-8 can do harm; text of any language comes through. */
static void put_safe(struct out *out, const char *text)
{
	while (*text) {
		size_t len = nacre_utf8_len(text);
		const unsigned char *at = (const unsigned char *)text;
		bool is_c1 = len == 2 && at[0] == 0xc2 && at[1] < 0xa0;
		char escaped[8];

		if (len > 0 && at[0] >= ' ' && at[0] != 0x7f && !is_c1) {
			put(out, text, len);
		} else {
			len = len > 0 ? len : 1;
			for (size_t i = 0; i < len; i++)
				put(out, escaped,
					(size_t)snprintf(
						escaped, sizeof(escaped), "\\x%02x", at[i]));
		}
		text += len;
	}
}

#define LABEL_WIDTH 12

static void put_label(struct out *out, const char *label)
{
	char text[32];

	put(out, text, (size_t)snprintf(text, sizeof(text), "%-*s", LABEL_WIDTH, label));
}

static void put_line(struct out *out, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	put_label(out, label);
	put_safe(out, text);
	put(out, "\n", 1);
}

static void put_texts(struct out *out, const char *label, const struct nacre_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		put_line(out, i == 0 ? label : "", texts->items[i]);
}

static void put_pairs(struct out *out, const char *label, const struct nacre_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		put_label(out, i == 0 ? label : "");
		put_safe(out, pairs->items[i].name);
		put(out, "=", 1);
		put_safe(out, pairs->items[i].value);
		put(out, "\n", 1);
	}
}

static void put_health_time(struct out *out, const char *what, uint64_t ns)
{
	char text[64];

	if (ns > 0)
		put(out, text,
			(size_t)snprintf(text, sizeof(text), ", %s %llu.%03llu s", what,
				(unsigned long long)(ns / 1000000000),
				(unsigned long long)(ns / 1000000 % 1000)));
}

static void put_health(struct out *out, const struct nacre_health *health)
{
	char text[32];

	if (!health->given)
		return;
	put_label(out, "health");
	for (size_t i = 0; i < health->test.count; i++) {
		if (i > 0)
			put(out, " ", 1);
		put_safe(out, health->test.items[i]);
	}
	put_health_time(out, "interval", health->interval_ns);
	put_health_time(out, "timeout", health->timeout_ns);
	put_health_time(out, "start period", health->start_period_ns);
	put_health_time(out, "start interval", health->start_interval_ns);
	if (health->retries > 0)
		put(out, text,
			(size_t)snprintf(text, sizeof(text), ", %llu retries",
				(unsigned long long)health->retries));
	put(out, "\n", 1);
}

static void put_layers(struct out *out, const struct nacre_inspected *image)
{
	for (size_t i = 0; i < image->manifest.layers.count; i++) {
		const struct nacre_descriptor *desc = &image->manifest.layers.items[i];
		char label[32], size[48];

		(void)snprintf(label, sizeof(label), "layer %zu", i + 1);
		put_line(out, label, desc->digest.text);
		(void)snprintf(
			size, sizeof(size), "%llu bytes, ", (unsigned long long)desc->size_bytes);
		put_label(out, "");
		put(out, size, strlen(size));
		put_safe(out, desc->media_type);
		put(out, "\n", 1);
		put_line(out, "  DiffID", image->config.diff_ids[i].text);
		put_pairs(out, "  annotated", &desc->annotations);
	}
}

static void put_history(struct out *out, const struct nacre_config *config)
{
	for (size_t i = 0; i < config->history_count; i++) {
		const struct nacre_history *entry = &config->history[i];

		put_label(out, i == 0 ? "history" : "");
		put_safe(out, entry->created ? entry->created : "(no time)");
		put(out, " ", 1);
		put_safe(out, entry->created_by ? entry->created_by : "");
		if (entry->empty_layer)
			put(out, " (no layer)", strlen(" (no layer)"));
		put(out, "\n", 1);
	}
}

int nacre_inspect_text(
	const struct nacre_inspected *image, struct nacre_buf *out_text, struct nacre_err *err)
{
	const struct nacre_config *config = &image->config;
	struct out out = { out_text, err, 0 };
	char platform[NACRE_PLATFORM_TEXT], count[24];

	nacre_platform_print(&config->platform, platform);
	(void)snprintf(count, sizeof(count), "%llu", (unsigned long long)image->signatures);
	put_line(&out, "image ID", image->manifest.config.digest.text);
	put_line(&out, "manifest", image->desc.digest.text);
	if (!nacre_digest_equal(&image->top.digest, &image->desc.digest))
		put_line(&out, "index", image->top.digest.text);
	put_line(&out, "name", nacre_descriptor_ref_name(&image->top));
	put_line(&out, "platform", platform);
	put_line(&out, "os version", config->os_version);
	put_texts(&out, "os feature", &config->os_features);
	put_line(&out, "created", config->created);
	put_line(&out, "author", config->author);
	put_line(&out, "signatures", count);
	put_line(&out, "user", config->user);
	put_texts(&out, "entrypoint", &config->entrypoint);
	put_texts(&out, "cmd", &config->cmd);
	put_texts(&out, "env", &config->env);
	put_line(&out, "workdir", config->working_dir);
	put_texts(&out, "volume", &config->volumes);
	put_texts(&out, "port", &config->exposed_ports);
	put_line(&out, "stopsignal", config->stop_signal);
	put_health(&out, &config->health);
	put_pairs(&out, "more", &config->run_more);
	put_pairs(&out, "label", &config->labels);
	put_pairs(&out, "annotation", &image->manifest.annotations);
	put_layers(&out, image);
	put_history(&out, config);
	return out.rc;
}
