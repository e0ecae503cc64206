/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents: a lint must find something to refuse in exactly those that their parser refuses.
 *
 * The first byte says which kind of document it is, and what its descriptor says of it.
 */
#include "builder/lint_document.h"
#include "base/env.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int see(const struct nacre_lint_finding *finding, void *user)
{
	(void)user;
	if (!finding->rule->id || !finding->text[0])
		abort();
	return 0;
}

static void check(int rc, int strict, const struct nacre_lint *lint)
{
	if (rc == NACRE_E_NOMEM || strict == NACRE_E_NOMEM)
		return;
	if (rc != 0 || (strict == 0) != (lint->refused == 0))
		abort();
}

static void check_manifest(const struct nacre_buf *bytes, const char *media_type,
	const struct nacre_limits *limits, struct nacre_lint *lint)
{
	struct nacre_manifest strict = { 0 }, lenient = { 0 };
	struct nacre_err err;
	bool usable = false;
	int strict_rc =
		nacre_manifest_parse(bytes->data, bytes->len, media_type, limits, &strict, NULL);

	check(nacre_lint_manifest(lint, bytes, media_type, limits, &lenient, &usable, &err),
		strict_rc, lint);
	if (strict_rc == 0 && (!usable || lenient.layers.count != strict.layers.count))
		abort();
	nacre_manifest_clear(&strict);
	nacre_manifest_clear(&lenient);
}

static void check_index(const struct nacre_buf *bytes, const char *media_type,
	const struct nacre_limits *limits, struct nacre_lint *lint)
{
	struct nacre_index strict = { 0 }, lenient = { 0 };
	struct nacre_err err;
	bool usable = false;
	int strict_rc =
		nacre_index_parse(bytes->data, bytes->len, media_type, limits, &strict, NULL);

	check(nacre_lint_index(lint, bytes, media_type, limits, &lenient, &usable, &err), strict_rc,
		lint);
	if ((strict_rc == 0) != usable)
		abort();
	nacre_index_clear(&strict);
	nacre_index_clear(&lenient);
}

static void check_config(
	const struct nacre_buf *bytes, const struct nacre_limits *limits, struct nacre_lint *lint)
{
	struct nacre_config strict = { 0 }, lenient = { 0 };
	struct nacre_err err;
	bool usable = false;
	int strict_rc = nacre_config_parse(bytes->data, bytes->len, limits, &strict, NULL);

	check(nacre_lint_config(lint, bytes, limits, &lenient, &usable, &err), strict_rc, lint);
	nacre_config_clear(&strict);
	nacre_config_clear(&lenient);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const media_types[] = { NULL,
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.oci.image.index.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json" };
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_lint lint = { .tell = see, .place = "a document" };
	struct nacre_buf bytes = NACRE_BUF(size + 1);
	const char *media_type;

	if (size == 0 || nacre_buf_add(&bytes, data + 1, size - 1, NULL))
		return 0;
	media_type = media_types[data[0] / 3 % 4];
	if (data[0] % 3 == 0)
		check_manifest(&bytes, media_type, &limits, &lint);
	else if (data[0] % 3 == 1)
		check_index(&bytes, media_type, &limits, &lint);
	else
		check_config(&bytes, &limits, &lint);
	nacre_buf_clear(&bytes);
	return 0;
}
