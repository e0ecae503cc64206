/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is called, what it starts from, and what it runs on. Opens nothing. */
#include "builder/recipe_read.h"

#include "base/digest.h"
#include "base/text.h"

#include <string.h>

/* -------------------------------------------------------------------- name */

int nacre_recipe_read_name(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text *name = out;
	char shown[NACRE_SHOWN];
	struct nacre_ref ref;
	int rc = nacre_recipe_read_nonempty(r, value, what, name, err);

	if (rc)
		return rc;
	(void)nacre_value_show(name->text, name->len, shown);
	rc = nacre_ref_parse(name->text, name->len, &ref, err);
	if (rc)
		return nacre_recipe_within(err, r->recipe, value->mark, rc, "name '%s'", shown);
	if (ref.transport != NACRE_STORE || strcmp(ref.path, name->text) != 0)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"name '%s' is more than a name; tag, digest and transport are given to the "
			"build",
			shown);
	return 0;
}

/* -------------------------------------------------------------------- from */

static int fail_from(const struct nacre_recipe_reader *r, const struct nacre_recipe_from *from,
	enum nacre_code code, const char *why, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	return nacre_recipe_fail(err, r->recipe, from->mark, code, "from '%s': %s",
		nacre_value_show(from->text, strlen(from->text), shown), why);
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* `rest` is the text behind the transport's colon; each of these fills in the members it gives. */
typedef int transport_fn(struct nacre_recipe_reader *r, const char *rest,
	struct nacre_recipe_from *from, struct nacre_err *err);

static int read_scratch(struct nacre_recipe_reader *r, const char *rest,
	struct nacre_recipe_from *from, struct nacre_err *err)
{
	if (*rest)
		return fail_from(r, from, NACRE_E_FORMAT, "scratch has nothing behind it", err);
	from->kind = NACRE_FROM_SCRATCH;
	return 0;
}

static int read_rootfs(struct nacre_recipe_reader *r, const char *rest,
	struct nacre_recipe_from *from, struct nacre_err *err)
{
	static const char *const ends[] = { ".tar", ".tar.zst", ".tar.gz", ".tar.xz" };

	from->path = rest;
	from->kind =
		ends_in(rest, "/") || strcmp(rest, "/") == 0 ? NACRE_FROM_DIR : NACRE_FROM_ROOTFS;
	if (from->kind == NACRE_FROM_DIR)
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (ends_in(rest, ends[i]))
			return 0;
	}
	return fail_from(r, from, NACRE_E_FORMAT,
		"expected rootfs:FILE with FILE ending in .tar, .tar.zst, .tar.gz or .tar.xz, or "
		"rootfs:DIR/",
		err);
}

static int read_oci(struct nacre_recipe_reader *r, const char *rest, struct nacre_recipe_from *from,
	struct nacre_err *err)
{
	struct nacre_ref *ref = nacre_arena_new(&r->recipe->arena, sizeof(*ref));
	char shown[NACRE_SHOWN];
	int rc;

	(void)rest;
	if (!ref)
		return nacre_fail_nomem(err);
	from->kind = NACRE_FROM_OCI;
	from->ref = ref;
	rc = nacre_ref_parse(from->text, strlen(from->text), ref, err);
	if (rc)
		return nacre_recipe_within(err, r->recipe, from->mark, rc, "from '%s'",
			nacre_value_show(from->text, strlen(from->text), shown));
	return 0;
}

static int refuse_transport(struct nacre_recipe_reader *r, const char *rest,
	struct nacre_recipe_from *from, struct nacre_err *err)
{
	(void)rest;
	return fail_from(r, from, NACRE_E_UNSUPPORTED,
		"not yet supported; copy the image into a layout and name it oci:DIR:TAG", err);
}

/* In the order in which they are listed to whoever wrote something else. */
static const struct transport {
	const char *name;
	transport_fn *read;
} transports[] = {
	{ "scratch", read_scratch },
	{ "rootfs", read_rootfs },
	{ "oci", read_oci },
	{ "oci-archive", read_oci },
	{ "docker-archive", refuse_transport },
	{ "docker", refuse_transport },
	{ "docker-daemon", refuse_transport },
	{ "containers-storage", refuse_transport },
	{ "dir", refuse_transport },
};

#define TRANSPORTS (sizeof(transports) / sizeof(transports[0]))

static int fail_unknown_transport(const struct nacre_recipe_reader *r,
	const struct nacre_recipe_from *from, const char *name, struct nacre_err *err)
{
	static const char *const names[] = { "scratch", "rootfs", "oci", NULL };
	const char *nearest = nacre_nearest(name, names);

	if (!nearest)
		return fail_from(r, from, NACRE_E_FORMAT,
			"expected scratch, rootfs:FILE or oci:DIR:TAG", err);
	return fail_from(r, from, NACRE_E_FORMAT,
		nearest == names[0]	      ? "did you mean 'scratch'?"
			: nearest == names[1] ? "did you mean 'rootfs:FILE'?"
					      : "did you mean 'oci:DIR:TAG'?",
		err);
}

static int read_text(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, struct nacre_recipe_from *from, struct nacre_err *err)
{
	struct nacre_recipe_text text;
	size_t len;
	char *name;
	int rc = nacre_recipe_read_nonempty(r, value, what, &text, err);

	if (rc)
		return rc;
	from->mark = value->mark;
	from->text = text.text;
	len = strcspn(text.text, ":");
	for (size_t i = 0; i < TRANSPORTS; i++) {
		bool is_scratch = transports[i].read == read_scratch;

		if (strlen(transports[i].name) == len &&
			memcmp(transports[i].name, text.text, len) == 0 &&
			(text.text[len] == ':' || is_scratch))
			return transports[i].read(
				r, text.text + len + (is_scratch ? 0 : 1), from, err);
	}
	name = nacre_arena_text(&r->recipe->arena, text.text, len);
	return name ? fail_unknown_transport(r, from, name, err) : nacre_fail_nomem(err);
}

static int read_image(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_from *from = out;
	int rc = read_text(r, value, what, from, err);

	if (rc == 0 && from->kind != NACRE_FROM_OCI)
		return fail_from(r, from, NACRE_E_FORMAT,
			"only an image has a digest and keys; expected oci:DIR:TAG", err);
	return rc;
}

/* The digest goes where it stands in a text: oci:DIR:TAG@DIGEST. */
static int read_digest(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_from *from = out;
	struct nacre_recipe_text text;
	struct nacre_digest digest;
	char shown[NACRE_SHOWN];
	size_t len = strlen(from->text);
	char *joined;
	int rc = nacre_recipe_read_nonempty(r, value, what, &text, err);

	if (rc)
		return rc;
	if (nacre_digest_parse(text.text, &digest, NULL))
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"%s '%s' is not sha256: and 64 lower-case hex digits", what,
			nacre_value_show(text.text, text.len, shown));
	if (from->ref->digest.text[0])
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'image' has a digest already; write it once");
	joined = nacre_arena_new(&r->recipe->arena, len + text.len + 2);
	if (!joined)
		return nacre_fail_nomem(err);
	memcpy(joined, from->text, len);
	joined[len] = '@';
	memcpy(joined + len + 1, text.text, text.len);
	from->text = joined;
	return read_oci(r, "", from, err);
}

static int read_keys(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_from *from = out;
	struct nacre_recipe_list *keys = &from->keys;
	int rc = 0;

	from->threshold = 1;
	if (value->kind == NACRE_VALUE_TEXT) {
		keys->given = true;
		keys->mark = value->mark;
		keys->count = 1;
		keys->items = nacre_arena_new(&r->recipe->arena, sizeof(*keys->items));
		if (!keys->items)
			return nacre_fail_nomem(err);
		return nacre_recipe_read_nonempty(r, value, what, &keys->items[0], err);
	}
	if (value->kind == NACRE_VALUE_MAP)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' wants a file or a list of files, not a mapping", what);
	rc = nacre_recipe_read_list(r, value, what, keys, err);
	for (size_t i = 0; rc == 0 && i < keys->count; i++) {
		if (keys->items[i].len == 0)
			rc = nacre_recipe_fail(err, r->recipe, keys->items[i].mark, NACRE_E_FORMAT,
				"'%s[%zu]' is empty", what, i);
	}
	if (rc == 0 && keys->count == 0)
		rc = nacre_recipe_fail(
			err, r->recipe, value->mark, NACRE_E_FORMAT, "'%s' is an empty list", what);
	return rc;
}

static int read_threshold(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_from *from = out;
	uint64_t number = 0;
	int rc;

	if (!from->keys.given)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' says how many of 'key', which is missing", what);
	rc = nacre_recipe_read_number(r, value, what, 1, from->keys.count, &number, err);
	from->threshold = (uint32_t)number;
	return rc;
}

/* In this order: each needs those above. */
static const struct nacre_recipe_field from_fields[] = {
	{ "image", read_image, 0, true },
	{ "digest", read_digest, 0, false },
	{ "key", read_keys, 0, false },
	{ "threshold", read_threshold, 0, false },
	{ 0 },
};

int nacre_recipe_read_from(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	if (value->kind == NACRE_VALUE_LIST)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' wants a text, or a mapping like {image: ..., key: ...}, not a list",
			what);
	return value->kind == NACRE_VALUE_MAP
		? nacre_recipe_read_map(r, value, what, from_fields, out, err)
		: read_text(r, value, what, out, err);
}

/* ---------------------------------------------------------------- platform */

/* What uname calls them, and what image-spec (after Go) does. */
static const struct {
	const char *uname;
	const char *name;
} architectures[] = {
	{ "x86_64", "amd64" },
	{ "aarch64", "arm64" },
	{ "armv6l", "arm/v6" },
	{ "armv7l", "arm/v7" },
	{ "armhf", "arm/v7" },
	{ "i386", "386" },
	{ "i686", "386" },
	{ "ppc64el", "ppc64le" },
	{ "loongarch64", "loong64" },
};

static int check_architecture(const struct nacre_recipe_reader *r,
	const struct nacre_recipe_platform *platform, const char *shown, struct nacre_err *err)
{
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++) {
		if (strcmp(platform->value.architecture, architectures[i].uname) == 0)
			return nacre_recipe_fail(err, r->recipe, platform->mark, NACRE_E_FORMAT,
				"platform '%s': the architecture is called '%s'", shown,
				architectures[i].name);
	}
	return 0;
}

int nacre_recipe_read_platform(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_platform *platform = out;
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	platform->given = true;
	platform->mark = value->mark;
	(void)nacre_value_show(text.text, text.len, shown);
	if (nacre_platform_parse(text.text, &platform->value, NULL))
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"platform '%s' is not OS/ARCHITECTURE[/VARIANT] like linux/arm64", shown);
	return check_architecture(r, platform, shown, err);
}
