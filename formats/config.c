/* SPDX-License-Identifier: Apache-2.0 */
/* Image configs. What their values lead to at run time is for the runtime bundle to say. */
#include "formats/config.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/document.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define EPOCH "1970-01-01T00:00:00Z"

/* A member that is a text, a list of texts, or a set of names. */
struct field {
	const char *name;
	size_t offset;
};

#define FIELD(name, member)                                                                        \
	{                                                                                          \
		name, offsetof(struct nacre_config, member)                                        \
	}

static const struct field top_texts[] = {
	FIELD("created", created),
	FIELD("author", author),
	FIELD("os.version", os_version),
};
static const struct field run_texts[] = {
	FIELD("User", user),
	FIELD("WorkingDir", working_dir),
	FIELD("StopSignal", stop_signal),
};
static const struct field run_lists[] = {
	FIELD("Env", env),
	FIELD("Entrypoint", entrypoint),
	FIELD("Cmd", cmd),
};
static const struct field run_sets[] = {
	FIELD("ExposedPorts", exposed_ports),
	FIELD("Volumes", volumes),
};

static const struct field history_texts[] = {
	{ "created", offsetof(struct nacre_history, created) },
	{ "created_by", offsetof(struct nacre_history, created_by) },
	{ "author", offsetof(struct nacre_history, author) },
	{ "comment", offsetof(struct nacre_history, comment) },
};

static char **text_at(void *object, const struct field *field)
{
	return (char **)(void *)((char *)object + field->offset);
}

static const char *text_of(const void *object, const struct field *field)
{
	return *(char *const *)(const void *)((const char *)object + field->offset);
}

static struct nacre_texts *texts_at(struct nacre_config *config, const struct field *field)
{
	return (struct nacre_texts *)(void *)((char *)config + field->offset);
}

static const struct nacre_texts *texts_of(
	const struct nacre_config *config, const struct field *field)
{
	return (const struct nacre_texts *)(const void *)((const char *)config + field->offset);
}

/* ---------------------------------------------------------- clear and copy */

static void free_texts(void *object, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(*text_at(object, &fields[i]));
}

static void clear_history(struct nacre_history *history)
{
	free_texts(history, history_texts, COUNT(history_texts));
	memset(history, 0, sizeof(*history));
}

void nacre_config_clear_layers(struct nacre_config *config)
{
	free(config->diff_ids);
	config->diff_ids = NULL;
	config->diff_id_count = 0;
	for (size_t i = 0; i < config->history_count; i++)
		clear_history(&config->history[i]);
	free(config->history);
	config->history = NULL;
	config->history_count = 0;
}

void nacre_config_clear(struct nacre_config *config)
{
	nacre_buf_clear(&config->raw);
	free_texts(config, top_texts, COUNT(top_texts));
	free_texts(config, run_texts, COUNT(run_texts));
	for (size_t i = 0; i < COUNT(run_lists); i++)
		nacre_texts_clear(texts_at(config, &run_lists[i]));
	for (size_t i = 0; i < COUNT(run_sets); i++)
		nacre_texts_clear(texts_at(config, &run_sets[i]));
	nacre_texts_clear(&config->os_features);
	nacre_pairs_clear(&config->labels);
	nacre_health_clear(&config->health);
	nacre_pairs_clear(&config->run_more);
	nacre_config_clear_layers(config);
	memset(config, 0, sizeof(*config));
}

static int copy_texts(
	const void *from, void *to, const struct field *fields, size_t count, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = nacre_text_set(text_at(to, &fields[i]), text_of(from, &fields[i]), err);
	return rc;
}

static int copy_lists(const struct nacre_config *from, struct nacre_config *to,
	const struct field *fields, size_t count, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = nacre_texts_copy(texts_of(from, &fields[i]), texts_at(to, &fields[i]), err);
	return rc;
}

static int copy_layers(
	const struct nacre_config *from, struct nacre_config *to, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < from->diff_id_count; i++)
		rc = nacre_config_add_diff_id(to, &from->diff_ids[i], err);
	for (size_t i = 0; rc == 0 && i < from->history_count; i++)
		rc = nacre_config_add_history(to, &from->history[i], err);
	return rc;
}

int nacre_config_copy(
	const struct nacre_config *from, struct nacre_config *out_config, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };
	int rc = nacre_document_keep(from->raw.data, from->raw.len, &config.raw, err);

	config.platform = from->platform;
	if (rc == 0)
		rc = copy_texts(from, &config, top_texts, COUNT(top_texts), err);
	if (rc == 0)
		rc = copy_texts(from, &config, run_texts, COUNT(run_texts), err);
	if (rc == 0)
		rc = copy_lists(from, &config, run_lists, COUNT(run_lists), err);
	if (rc == 0)
		rc = copy_lists(from, &config, run_sets, COUNT(run_sets), err);
	if (rc == 0)
		rc = nacre_texts_copy(&from->os_features, &config.os_features, err);
	if (rc == 0)
		rc = nacre_pairs_copy(&from->labels, &config.labels, err);
	if (rc == 0)
		rc = nacre_health_copy(&from->health, &config.health, err);
	if (rc == 0)
		rc = nacre_pairs_copy(&from->run_more, &config.run_more, err);
	if (rc == 0)
		rc = copy_layers(from, &config, err);
	if (rc)
		return rc;
	*out_config = config;
	memset(&config, 0, sizeof(config));
	return 0;
}

int nacre_config_add_diff_id(
	struct nacre_config *config, const struct nacre_digest *diff_id, struct nacre_err *err)
{
	struct nacre_digest *more = reallocarray(
		config->diff_ids, config->diff_id_count + 1, sizeof(*config->diff_ids));

	if (!more)
		return nacre_fail_nomem(err);
	config->diff_ids = more;
	config->diff_ids[config->diff_id_count++] = *diff_id;
	return 0;
}

/* Moves it in. */
static int add_history(
	struct nacre_config *config, struct nacre_history *history, struct nacre_err *err)
{
	struct nacre_history *more =
		reallocarray(config->history, config->history_count + 1, sizeof(*config->history));

	if (!more)
		return nacre_fail_nomem(err);
	config->history = more;
	config->history[config->history_count++] = *history;
	memset(history, 0, sizeof(*history));
	return 0;
}

int nacre_config_add_history(
	struct nacre_config *config, const struct nacre_history *history, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_history)
	struct nacre_history copy = { 0 };
	int rc = copy_texts(history, &copy, history_texts, COUNT(history_texts), err);

	copy.empty_layer = history->empty_layer;
	return rc ? rc : add_history(config, &copy, err);
}

/* ----------------------------------------------------------------- parsing */

static int parse_texts(const struct nacre_jvalue *object, void *to, const struct field *fields,
	size_t count, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const char *text = NULL;

		rc = nacre_jvalue_find_text(object, fields[i].name, &text, err);
		if (rc == 0)
			rc = nacre_text_set(text_at(to, &fields[i]), text, err);
	}
	return rc;
}

static int parse_list(const struct nacre_jvalue *object, const char *name,
	struct nacre_texts *out_texts, struct nacre_err *err)
{
	const struct nacre_jvalue *array = NULL;
	int rc = nacre_jvalue_find_typed(object, name, NACRE_JARRAY, &array, err);

	return rc ? rc : nacre_texts_parse(array, out_texts, err);
}

/* {"8080/tcp":{}}: the names count, and what they name is always empty. */
static int parse_set(const struct nacre_jvalue *object, const char *name,
	struct nacre_texts *out_texts, struct nacre_err *err)
{
	const struct nacre_jvalue *set = NULL, *at;
	int rc = nacre_jvalue_find_typed(object, name, NACRE_JOBJECT, &set, err);

	for (at = rc == 0 && set ? nacre_jvalue_first(set) : NULL; rc == 0 && at;
		at = nacre_jvalue_next(at))
		rc = nacre_texts_add(out_texts, nacre_jvalue_name(at), err);
	return rc;
}

static const char *const run_names[] = { "User", "ExposedPorts", "Env", "Entrypoint", "Cmd",
	"Volumes", "WorkingDir", "Labels", "StopSignal", "Healthcheck", NULL };

static bool is_run_name(const char *name)
{
	for (size_t i = 0; run_names[i]; i++) {
		if (strcmp(run_names[i], name) == 0)
			return true;
	}
	return false;
}

/* What has no meaning here, but one to somebody: an image that is built upon this keeps it. */
static int parse_more(
	const struct nacre_jvalue *run, struct nacre_pairs *out_more, struct nacre_err *err)
{
	int rc = 0;

	for (const struct nacre_jvalue *at = nacre_jvalue_first(run); rc == 0 && at;
		at = nacre_jvalue_next(at)) {
		NACRE_CLEANUP(nacre_jemit_clear)
		struct nacre_jemit out = NACRE_JEMIT(NACRE_DOCUMENT_MOST);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf text = NACRE_BUF(NACRE_DOCUMENT_MOST);

		if (is_run_name(nacre_jvalue_name(at)))
			continue;
		nacre_jemit_value(&out, NULL, at);
		rc = nacre_jemit_finish(&out, &text, err);
		if (rc == 0)
			rc = nacre_pairs_set(out_more, nacre_jvalue_name(at), text.data, err);
	}
	return rc;
}

static int parse_run(
	const struct nacre_jvalue *root, struct nacre_config *config, struct nacre_err *err)
{
	const struct nacre_jvalue *run = NULL, *labels = NULL;
	int rc = nacre_jvalue_find_typed(root, "config", NACRE_JOBJECT, &run, err);

	if (rc || !run)
		return rc;
	rc = nacre_jvalue_check_names(run, run_names, err);
	if (rc == 0)
		rc = parse_texts(run, config, run_texts, COUNT(run_texts), err);
	for (size_t i = 0; rc == 0 && i < COUNT(run_lists); i++)
		rc = parse_list(run, run_lists[i].name, texts_at(config, &run_lists[i]), err);
	for (size_t i = 0; rc == 0 && i < COUNT(run_sets); i++)
		rc = parse_set(run, run_sets[i].name, texts_at(config, &run_sets[i]), err);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(run, "Labels", NACRE_JOBJECT, &labels, err);
	if (rc == 0)
		rc = nacre_pairs_parse(labels, &config->labels, err);
	if (rc == 0)
		rc = nacre_health_parse(run, &config->health, err);
	return rc ? rc : parse_more(run, &config->run_more, err);
}

static int parse_diff_ids(const struct nacre_jvalue *array, const struct nacre_limits *limits,
	struct nacre_config *config, struct nacre_err *err)
{
	const struct nacre_jvalue *at;

	if (nacre_jvalue_count(array) > limits->layers)
		return nacre_jvalue_fail(array, err, NACRE_E_LIMIT, "more than %llu (limit layers)",
			(unsigned long long)limits->layers);
	for (at = nacre_jvalue_first(array); at; at = nacre_jvalue_next(at)) {
		struct nacre_digest digest;
		const char *text = NULL;
		int rc = nacre_jvalue_text(at, &text, err);

		if (rc)
			return rc;
		rc = nacre_digest_parse(text, &digest, err);
		if (rc)
			return nacre_jvalue_within(at, err, rc);
		rc = nacre_config_add_diff_id(config, &digest, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int parse_rootfs(const struct nacre_jvalue *root, const struct nacre_limits *limits,
	struct nacre_config *config, struct nacre_err *err)
{
	static const char *const names[] = { "type", "diff_ids", NULL };
	const struct nacre_jvalue *rootfs = NULL, *array = NULL;
	const char *type = NULL;
	int rc = nacre_jvalue_get(root, "rootfs", NACRE_JOBJECT, &rootfs, err);

	if (rc == 0)
		rc = nacre_jvalue_check_names(rootfs, names, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(rootfs, "type", &type, err);
	if (rc == 0 && strcmp(type, "layers") != 0)
		rc = nacre_jvalue_fail(nacre_jvalue_find(rootfs, "type"), err, NACRE_E_UNSUPPORTED,
			"'%.64s', not 'layers'", type);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(rootfs, "diff_ids", NACRE_JARRAY, &array, err);
	if (rc || !array)
		return rc;
	return parse_diff_ids(array, limits, config, err);
}

static int parse_history(
	const struct nacre_jvalue *root, struct nacre_config *config, struct nacre_err *err)
{
	static const char *const names[] = { "created", "created_by", "author", "comment",
		"empty_layer", NULL };
	const struct nacre_jvalue *array = NULL, *at;
	int rc = nacre_jvalue_find_typed(root, "history", NACRE_JARRAY, &array, err);

	for (at = rc == 0 && array ? nacre_jvalue_first(array) : NULL; rc == 0 && at;
		at = nacre_jvalue_next(at)) {
		NACRE_CLEANUP(clear_history)
		struct nacre_history history = { 0 };

		rc = nacre_jvalue_check_names(at, names, err);
		if (rc == 0)
			rc = parse_texts(at, &history, history_texts, COUNT(history_texts), err);
		if (rc == 0)
			rc = nacre_jvalue_find_bool(at, "empty_layer", &history.empty_layer, err);
		if (rc == 0)
			rc = add_history(config, &history, err);
	}
	return rc;
}

static int parse_root(const struct nacre_jvalue *root, const struct nacre_limits *limits,
	struct nacre_config *config, struct nacre_err *err)
{
	int rc = nacre_platform_parse_json(root, &config->platform, err);

	if (rc == 0)
		rc = parse_texts(root, config, top_texts, COUNT(top_texts), err);
	if (rc == 0)
		rc = parse_list(root, "os.features", &config->os_features, err);
	if (rc == 0)
		rc = parse_run(root, config, err);
	if (rc == 0)
		rc = parse_rootfs(root, limits, config, err);
	if (rc == 0)
		rc = parse_history(root, config, err);
	return rc;
}

int nacre_config_parse(const void *data, size_t len, const struct nacre_limits *limits,
	struct nacre_config *out_config, struct nacre_err *err)
{
	static const char *const names[] = { "created", "author", "architecture", "os",
		"os.version", "os.features", "variant", "config", "rootfs", "history",
		"schemaVersion", "layers", "manifests", "fsLayers", NULL };
	static const char *const others[] = { "schemaVersion", "layers", "manifests", "fsLayers",
		NULL };
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	int rc = nacre_document_parse(data, len, limits, names, &json, err);

	if (rc == 0)
		rc = nacre_document_refuse(nacre_json_root(json), "a config", others, err);
	if (rc == 0)
		rc = parse_root(nacre_json_root(json), limits, &config, err);
	if (rc == 0)
		rc = nacre_document_keep(data, len, &config.raw, err);
	if (rc)
		return rc;
	*out_config = config;
	memset(&config, 0, sizeof(config));
	return 0;
}

/* ---------------------------------------------------------------- emitting */

static int emit_set(const struct nacre_texts *set, struct nacre_jemit *out, const char *name,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_texts_clear)
	struct nacre_texts sorted = { 0 };
	int rc = nacre_texts_copy(set, &sorted, err);

	if (rc || sorted.count == 0)
		return rc;
	nacre_texts_sort(&sorted);
	nacre_jemit_object(out, name);
	for (size_t i = 0; i < sorted.count; i++) {
		if (i > 0 && strcmp(sorted.items[i], sorted.items[i - 1]) == 0)
			continue;
		nacre_jemit_object(out, sorted.items[i]);
		nacre_jemit_end(out);
	}
	nacre_jemit_end(out);
	return 0;
}

static int emit_labels(
	const struct nacre_pairs *labels, struct nacre_jemit *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs sorted = { 0 };
	int rc = nacre_pairs_copy(labels, &sorted, err);

	nacre_pairs_sort(&sorted);
	nacre_pairs_emit(&sorted, out, "Labels");
	return rc;
}

static int emit_more(const struct nacre_pairs *more, struct nacre_jemit *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs sorted = { 0 };
	int rc = nacre_pairs_copy(more, &sorted, err);

	nacre_pairs_sort(&sorted);
	for (size_t i = 0; i < sorted.count; i++)
		nacre_jemit_raw(out, sorted.items[i].name, sorted.items[i].value,
			strlen(sorted.items[i].value));
	return rc;
}

/* Always there: some readers take a config without it for broken. */
static int emit_run(
	const struct nacre_config *config, struct nacre_jemit *out, struct nacre_err *err)
{
	int rc;

	nacre_jemit_object(out, "config");
	nacre_jemit_text_if(out, "User", config->user);
	rc = emit_set(&config->exposed_ports, out, "ExposedPorts", err);
	nacre_texts_emit(&config->env, out, "Env");
	nacre_texts_emit(&config->entrypoint, out, "Entrypoint");
	nacre_texts_emit(&config->cmd, out, "Cmd");
	if (rc == 0)
		rc = emit_set(&config->volumes, out, "Volumes", err);
	nacre_jemit_text_if(out, "WorkingDir", config->working_dir);
	if (rc == 0)
		rc = emit_labels(&config->labels, out, err);
	nacre_jemit_text_if(out, "StopSignal", config->stop_signal);
	nacre_health_emit(&config->health, out);
	if (rc == 0)
		rc = emit_more(&config->run_more, out, err);
	nacre_jemit_end(out);
	return rc;
}

static void emit_rootfs(const struct nacre_config *config, struct nacre_jemit *out)
{
	nacre_jemit_object(out, "rootfs");
	nacre_jemit_text(out, "type", "layers");
	nacre_jemit_array(out, "diff_ids");
	for (size_t i = 0; i < config->diff_id_count; i++)
		nacre_jemit_text(out, NULL, config->diff_ids[i].text);
	nacre_jemit_end(out);
	nacre_jemit_end(out);
}

static void emit_history(const struct nacre_config *config, struct nacre_jemit *out)
{
	if (config->history_count == 0)
		return;
	nacre_jemit_array(out, "history");
	for (size_t i = 0; i < config->history_count; i++) {
		nacre_jemit_object(out, NULL);
		for (size_t k = 0; k < COUNT(history_texts); k++)
			nacre_jemit_text_if(out, history_texts[k].name,
				text_of(&config->history[i], &history_texts[k]));
		if (config->history[i].empty_layer)
			nacre_jemit_bool(out, "empty_layer", true);
		nacre_jemit_end(out);
	}
	nacre_jemit_end(out);
}

int nacre_config_emit(
	const struct nacre_config *config, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_DOCUMENT_MOST);
	bool dated = config->created && config->created[0];
	int rc;

	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "created", dated ? config->created : EPOCH);
	nacre_jemit_text_if(&out, "author", config->author);
	nacre_jemit_text(&out, "architecture", config->platform.architecture);
	nacre_jemit_text(&out, "os", config->platform.os);
	nacre_jemit_text_if(&out, "os.version", config->os_version);
	nacre_texts_emit(&config->os_features, &out, "os.features");
	nacre_jemit_text_if(&out, "variant", config->platform.variant);
	rc = emit_run(config, &out, err);
	emit_rootfs(config, &out);
	emit_history(config, &out);
	nacre_jemit_end(&out);
	return rc ? rc : nacre_jemit_finish(&out, out_buf, err);
}

/* ------------------------------------------------------------------ layers */

int nacre_config_check(const struct nacre_config *config, const struct nacre_manifest *manifest,
	struct nacre_err *err)
{
	size_t with_layer = 0;

	for (size_t i = 0; i < config->history_count; i++)
		with_layer += !config->history[i].empty_layer;
	if (config->diff_id_count != manifest->layers.count)
		return nacre_fail(err, NACRE_E_FORMAT, "config: %zu diff_ids for %zu layers",
			config->diff_id_count, manifest->layers.count);
	if (config->history_count > 0 && with_layer != manifest->layers.count)
		return nacre_fail(err, NACRE_E_FORMAT, "config: history of %zu layers for %zu",
			with_layer, manifest->layers.count);
	return 0;
}

size_t nacre_config_history_of(const struct nacre_config *config, size_t layers)
{
	size_t seen = 0, end = 0;

	if (config->history_count == 0)
		return layers;
	for (size_t i = 0; i < config->history_count && seen < layers; i++) {
		if (config->history[i].empty_layer)
			continue;
		seen++;
		end = i + 1;
	}
	return end;
}

void nacre_chain_id(
	const struct nacre_digest *diff_ids, size_t count, struct nacre_digest *out_digest)
{
	char text[2 * NACRE_DIGEST_TEXT];

	memset(out_digest, 0, sizeof(*out_digest));
	for (size_t i = 0; i < count; i++) {
		if (i == 0) {
			*out_digest = diff_ids[0];
			continue;
		}
		(void)stpcpy(stpcpy(stpcpy(text, out_digest->text), " "), diff_ids[i].text);
		nacre_digest_of(text, strlen(text), out_digest);
	}
}
