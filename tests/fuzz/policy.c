/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy files, for some images. What is accepted must give requirements that can be decided, be
 * the same after it was written once more, and name the scope that a second way of finding it
 * names: the longest of those that the image is in. Without its default, or with a member that
 * there is not, nothing is accepted.
 */
#include "base/scope.h"
#include "formats/json.h"
#include "sign/key.h"
#include "sign/policy_file.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Written once more, everything may be escaped. */
#define MOST_BYTES (NACRE_POLICY_BYTES / 8)

static const struct image {
	struct nacre_policy_scope scope;
	const char *name; /* HOST/REPO, or the path */
	const char *host; /* without its port */
} images[] = {
	{ { "docker", "docker.io/library/busybox:latest" }, "docker.io/library/busybox",
		"docker.io" },
	{ { "docker",
		  "r.example.org:5000/team/app@sha256:"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
		"r.example.org:5000/team/app", "r.example.org" },
	{ { "oci", "/srv/images/app:h:5000/x:1" }, "/srv/images/app", "" },
	{ { "oci", "/srv/images" }, "/srv/images", "" },
	{ { "oci-archive", "/srv/images/a:b.tar" }, "/srv/images/a:b.tar", "" },
	{ { "docker-archive", "/srv/images/app.tar" }, "", "" },
};

static int parse(
	const void *data, size_t size, const struct image *image, struct nacre_policy **out_policy)
{
	return nacre_policy_parse(
		data, size, -1, "p", &image->scope, "h.org/app:1", out_policy, NULL);
}

/* ---------------------------------------------------------- the second way */

static bool begins_with(const char *text, const char *with)
{
	size_t len = strlen(with);

	return len > 0 && strncmp(text, with, len) == 0 && strchr("/", text[len]);
}

static bool ends_with(const char *text, const char *with)
{
	size_t len = strlen(text), with_len = strlen(with);

	return len > with_len && strcmp(text + len - with_len, with) == 0;
}

/* How well a scope fits: 0, not at all. */
static size_t fit(const struct image *image, const char *scope)
{
	if (!*scope)
		return 1;
	if (!*image->name)
		return 0;
	if (strcmp(scope, image->scope.name) == 0 || begins_with(image->name, scope))
		return 10000 + strlen(scope);
	if (strncmp(scope, "*.", 2) == 0 && ends_with(image->host, scope + 1))
		return 1 + strlen(scope);
	return 0;
}

static void check_rule(const struct nacre_jvalue *root, const struct image *image, const char *rule)
{
	const struct nacre_jvalue *transports = nacre_jvalue_find(root, "transports");
	const struct nacre_jvalue *scopes =
		transports ? nacre_jvalue_find(transports, image->scope.transport) : NULL;
	char want[512] = "p: default";
	size_t best = 0;

	for (const struct nacre_jvalue *at = scopes ? nacre_jvalue_first(scopes) : NULL; at;
		at = nacre_jvalue_next(at)) {
		size_t how = fit(image, nacre_jvalue_name(at));

		if (how <= best)
			continue;
		best = how;
		(void)snprintf(want, sizeof(want), "p: transports.%s.\"%s\"",
			image->scope.transport, nacre_jvalue_name(at));
	}
	if (strcmp(want, rule) != 0)
		abort();
}

/* -------------------------------------------------------------- requirements */

static void check_identity(const struct nacre_identity *identity)
{
	bool named = identity->kind == NACRE_IDENTITY_EXACT_REFERENCE ||
		identity->kind == NACRE_IDENTITY_EXACT_REPOSITORY;

	if (identity->kind < NACRE_IDENTITY_REPO_DIGEST_OR_EXACT ||
		identity->kind > NACRE_IDENTITY_REMAP || (identity->reference != NULL) != named)
		abort();
	if (named && !nacre_identity_match(identity, NULL, identity->reference))
		abort();
	if (!named && nacre_identity_match(identity, NULL, "h.org/app:1"))
		abort();
}

static void check_signed(const struct nacre_requirement *requirement)
{
	if (requirement->threshold == 0 || requirement->threshold > requirement->key_count)
		abort();
	for (size_t i = 0; i < requirement->key_count; i++) {
		if (nacre_key_is_private(requirement->keys[i]))
			abort();
		for (size_t j = 0; j < i; j++) {
			if (strcmp(nacre_key_id(requirement->keys[i]),
				    nacre_key_id(requirement->keys[j])) == 0)
				abort();
		}
	}
	check_identity(&requirement->identity);
}

static void check_policy(const struct nacre_policy *policy)
{
	if (policy->count == 0 || strcmp(policy->image, "h.org/app:1") != 0)
		abort();
	for (size_t i = 0; i < policy->count; i++) {
		const struct nacre_requirement *requirement = &policy->items[i];

		if (requirement->kind == NACRE_REQUIRE_SIGNED)
			check_signed(requirement);
		else if (requirement->key_count > 0)
			abort();
		if ((requirement->kind == NACRE_REQUIRE_UNSUPPORTED) != (requirement->what != NULL))
			abort();
	}
}

/* ---------------------------------------------------------- written once more */

/* Without its default, or with one member more, or as it is. */
static struct nacre_buf emit(const struct nacre_jvalue *root, const char *without, const char *more)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_POLICY_BYTES);
	struct nacre_buf json = NACRE_BUF(0);

	nacre_jemit_object(&out, NULL);
	for (const struct nacre_jvalue *at = nacre_jvalue_first(root); at;
		at = nacre_jvalue_next(at)) {
		if (strcmp(nacre_jvalue_name(at), without) != 0)
			nacre_jemit_value(&out, nacre_jvalue_name(at), at);
	}
	nacre_jemit_text_if(&out, "more", more);
	nacre_jemit_end(&out);
	if (nacre_jemit_finish(&out, &json, NULL))
		abort();
	return json;
}

static void check_again(const struct nacre_jvalue *root, const struct image *image,
	const struct nacre_policy *policy)
{
	static const struct {
		const char *without;
		const char *more;
	} bad[] = { { "default", NULL }, { "", "x" } };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *again = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf same = emit(root, "", NULL);

	if (parse(same.data, same.len, image, &again) || strcmp(again->rule, policy->rule) != 0 ||
		again->count != policy->count)
		abort();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf json = emit(root, bad[i].without, bad[i].more);
		struct nacre_policy *none = NULL;

		if (parse(json.data, json.len, image, &none) == 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;

	if (size > MOST_BYTES)
		return 0;
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;

		if (parse(data, size, &images[i], &policy))
			continue;
		if (!json && nacre_json_parse(data, size, NULL, &json, NULL))
			abort();
		check_policy(policy);
		check_rule(nacre_json_root(json), &images[i], policy->rule);
		check_again(nacre_json_root(json), &images[i], policy);
	}
	return 0;
}
