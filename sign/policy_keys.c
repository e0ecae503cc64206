/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requirements that ask for signatures: where their keys are, how many must have signed, what name.
 * What nacre cannot check (GPG, certificates, transparency logs) is looked through all the same,
 * and becomes a requirement that nothing meets.
 */
#include "sign/policy_parts.h"

#include "base/base64.h"
#include "base/scope.h"
#include "formats/list.h"
#include "sign/key.h"
#include "sign/keyfile.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------ kinds of values */

static int decode(const char *text, struct nacre_buf *out_bytes, struct nacre_err *err)
{
	size_t len = strlen(text);
	int rc;

	out_bytes->max = NACRE_BASE64_ROOM(len);
	rc = nacre_buf_reserve(out_bytes, out_bytes->max, err);
	return rc ? rc
		  : nacre_base64_parse(
			    text, len, out_bytes->data, out_bytes->max, &out_bytes->len, err);
}

static int check_path(const struct nacre_jvalue *value, struct nacre_err *err)
{
	const char *text = NULL;

	return nacre_policy_text(value, &text, err);
}

static int check_data(const struct nacre_jvalue *value, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	const char *text = NULL;
	int rc = nacre_policy_text(value, &text, err);

	if (rc)
		return rc;
	rc = decode(text, &bytes, err);
	return rc ? nacre_jvalue_within(value, err, rc) : 0;
}

static int check_each(const struct nacre_jvalue *array,
	int (*check)(const struct nacre_jvalue *value, struct nacre_err *err),
	struct nacre_err *err)
{
	int rc = nacre_jvalue_want(array, NACRE_JARRAY, err);

	if (rc)
		return rc;
	if (nacre_jvalue_count(array) == 0)
		return nacre_jvalue_fail(array, err, NACRE_E_FORMAT, "an empty list");
	if (nacre_jvalue_count(array) > NACRE_POLICY_KEYS)
		return nacre_jvalue_fail(
			array, err, NACRE_E_LIMIT, "more than %d keys", NACRE_POLICY_KEYS);
	for (const struct nacre_jvalue *item = nacre_jvalue_first(array); rc == 0 && item;
		item = nacre_jvalue_next(item))
		rc = check(item, err);
	return rc;
}

static int check_paths(const struct nacre_jvalue *value, struct nacre_err *err)
{
	return check_each(value, check_path, err);
}

static int check_datas(const struct nacre_jvalue *value, struct nacre_err *err)
{
	return check_each(value, check_data, err);
}

/* ------------------------------------------------- one of several members */

/* Members of which there may be one. */
struct source {
	const char *name;
	int (*check)(const struct nacre_jvalue *value, struct nacre_err *err);
	/* A key of it; NULL: none that nacre verifies with. */
	int (*load)(const char *text, int dir, struct nacre_key **out_key, struct nacre_err *err);
	enum nacre_code code; /* when the key is a bad one */
};

/* *out_value is NULL when there is none. */
static int find_source(const struct nacre_jvalue *object, const struct source *sources,
	const struct source **out_source, const struct nacre_jvalue **out_value,
	struct nacre_err *err)
{
	int rc = 0;

	*out_value = NULL;
	for (; rc == 0 && sources->name; sources++) {
		const struct nacre_jvalue *value = nacre_jvalue_find(object, sources->name);

		if (!value)
			continue;
		if (*out_value)
			return nacre_jvalue_fail(object, err, NACRE_E_FORMAT,
				"'%s' and '%s', of which there can be one",
				nacre_jvalue_name(*out_value), sources->name);
		*out_source = sources;
		*out_value = value;
		rc = sources->check(value, err);
	}
	return rc;
}

static int fail_missing(
	const struct nacre_jvalue *object, const struct source *sources, struct nacre_err *err)
{
	char list[256] = "";
	size_t len = 0;

	for (const struct source *at = sources; at->name && len < sizeof(list); at++)
		len += (size_t)snprintf(
			list + len, sizeof(list) - len, "%s%s", len > 0 ? ", " : "", at->name);
	return nacre_jvalue_fail(object, err, NACRE_E_FORMAT, "one of %s is missing", list);
}

static int get_source(const struct nacre_jvalue *object, const struct source *sources,
	const struct source **out_source, const struct nacre_jvalue **out_value,
	struct nacre_err *err)
{
	int rc = find_source(object, sources, out_source, out_value, err);

	return rc == 0 && !*out_value ? fail_missing(object, sources, err) : rc;
}

/* The same, where nobody wants to know which. */
static int check_source(
	const struct nacre_jvalue *object, const struct source *sources, struct nacre_err *err)
{
	const struct source *source = NULL;
	const struct nacre_jvalue *value = NULL;

	return get_source(object, sources, &source, &value, err);
}

/* A text that is there or not. */
static int check_text(
	const struct nacre_jvalue *object, const char *name, bool *out_given, struct nacre_err *err)
{
	const struct nacre_jvalue *value = nacre_jvalue_find(object, name);

	*out_given = value != NULL;
	return value ? check_path(value, err) : 0;
}

/* ------------------------------------------------------------ certificates */

static int check_fulcio(const struct nacre_jvalue *object, struct nacre_err *err)
{
	static const char *const known[] = { "caPath", "caData", "oidcIssuer", "subjectEmail",
		NULL };
	static const struct source authorities[] = {
		{ "caPath", check_path, NULL, 0 },
		{ "caData", check_data, NULL, 0 },
		{ 0 },
	};
	const struct nacre_jvalue *value = NULL;
	int rc = nacre_policy_check_members(object, known, err);

	if (rc == 0)
		rc = check_source(object, authorities, err);
	if (rc == 0)
		rc = nacre_jvalue_get(object, "oidcIssuer", NACRE_JTEXT, &value, err);
	if (rc == 0)
		rc = check_path(value, err);
	if (rc == 0)
		rc = nacre_jvalue_get(object, "subjectEmail", NACRE_JTEXT, &value, err);
	return rc ? rc : check_path(value, err);
}

static int check_pki(const struct nacre_jvalue *object, struct nacre_err *err)
{
	static const char *const known[] = { "caRootsPath", "caRootsData", "caIntermediatesPath",
		"caIntermediatesData", "subjectEmail", "subjectHostname", NULL };
	static const struct source roots[] = {
		{ "caRootsPath", check_path, NULL, 0 },
		{ "caRootsData", check_data, NULL, 0 },
		{ 0 },
	};
	static const struct source between[] = {
		{ "caIntermediatesPath", check_path, NULL, 0 },
		{ "caIntermediatesData", check_data, NULL, 0 },
		{ 0 },
	};
	const struct source *source = NULL;
	const struct nacre_jvalue *value = NULL;
	bool email = false, host = false;
	int rc = nacre_policy_check_members(object, known, err);

	if (rc == 0)
		rc = check_source(object, roots, err);
	if (rc == 0)
		rc = find_source(object, between, &source, &value, err);
	if (rc == 0)
		rc = check_text(object, "subjectEmail", &email, err);
	if (rc == 0)
		rc = check_text(object, "subjectHostname", &host, err);
	if (rc == 0 && !email && !host)
		rc = nacre_jvalue_fail(object, err, NACRE_E_FORMAT,
			"one of subjectEmail, subjectHostname is missing");
	return rc;
}

/* -------------------------------------------------------------------- keys */

static int load_path(const char *text, int dir, struct nacre_key **out_key, struct nacre_err *err)
{
	return nacre_key_load_from(dir, text, NULL, 0, out_key, err);
}

static int load_data(const char *text, int dir, struct nacre_key **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf pem = NACRE_BUF(0);
	int rc = decode(text, &pem, err);

	(void)dir;
	return rc ? rc : nacre_key_parse(pem.data, pem.len, NULL, 0, out_key, err);
}

static const struct source key_sources[] = {
	{ "keyPath", check_path, load_path, NACRE_E_ARG },
	{ "keyPaths", check_paths, load_path, NACRE_E_ARG },
	{ "keyData", check_data, load_data, NACRE_E_FORMAT },
	{ "keyDatas", check_datas, load_data, NACRE_E_FORMAT },
	{ "fulcio", check_fulcio, NULL, 0 },
	{ "pki", check_pki, NULL, 0 },
	{ 0 },
};

static const struct source log_sources[] = {
	{ "rekorPublicKeyPath", check_path, NULL, 0 },
	{ "rekorPublicKeyPaths", check_paths, NULL, 0 },
	{ "rekorPublicKeyData", check_data, NULL, 0 },
	{ "rekorPublicKeyDatas", check_datas, NULL, 0 },
	{ 0 },
};

static const struct source keyring_sources[] = {
	{ "keyPath", check_path, NULL, 0 },
	{ "keyPaths", check_paths, NULL, 0 },
	{ "keyData", check_data, NULL, 0 },
	{ 0 },
};

/* Without a passphrase and flags, ARG is what the parser has for private keys. */
static int load_key(const struct nacre_jvalue *value, const struct source *source, int dir,
	struct nacre_requirement *out, struct nacre_err *err)
{
	struct nacre_err why = { 0 };
	struct nacre_key *key = NULL;
	const char *text = NULL;
	int rc = nacre_jvalue_text(value, &text, err);

	if (rc)
		return rc;
	rc = source->load(text, dir, &key, &why);
	if (rc == 0)
		return nacre_requirement_add_key_take(out, key, err);
	if (rc == NACRE_E_NOMEM)
		return nacre_fail_nomem(err);
	return nacre_jvalue_fail(value, err, source->code, "%s%s", why.text,
		rc == NACRE_E_ARG ? " (a policy has public keys)" : "");
}

static int load_keys(const struct nacre_jvalue *value, const struct source *source, int dir,
	struct nacre_requirement *out, struct nacre_err *err)
{
	int rc = 0;

	if (nacre_jvalue_type(value) != NACRE_JARRAY)
		return load_key(value, source, dir, out, err);
	for (const struct nacre_jvalue *item = nacre_jvalue_first(value); rc == 0 && item;
		item = nacre_jvalue_next(item))
		rc = load_key(item, source, dir, out, err);
	return rc;
}

/* How many keys are said; which of them are the same is known when they are loaded. */
static size_t count_keys(const struct nacre_jvalue *value, const struct source *source)
{
	if (!source->load)
		return 0;
	return nacre_jvalue_type(value) == NACRE_JARRAY ? nacre_jvalue_count(value) : 1;
}

/* ------------------------------------------------------------ requirements */

static int set_unsupported(struct nacre_requirement *out, const char *what, struct nacre_err *err)
{
	out->kind = NACRE_REQUIRE_UNSUPPORTED;
	return nacre_text_set(&out->what, what, err);
}

static int read_identity(
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err)
{
	const struct nacre_jvalue *value = nacre_jvalue_find(object, "signedIdentity");

	out->identity.kind = NACRE_IDENTITY_REPO_DIGEST_OR_EXACT;
	return value ? nacre_policy_identity(value, &out->identity, err) : 0;
}

/* Against the keys that were loaded, or else those that are said. */
static int read_threshold(const struct nacre_jvalue *object, size_t said,
	struct nacre_requirement *out, struct nacre_err *err)
{
	const struct nacre_jvalue *value = nacre_jvalue_find(object, "threshold");
	size_t keys = out->key_count > 0 ? out->key_count : said;
	uint64_t threshold = 1;
	int rc;

	out->threshold = 1;
	if (!value)
		return 0;
	rc = nacre_jvalue_u64(value, &threshold, err);
	if (rc)
		return rc;
	if (threshold == 0)
		return nacre_jvalue_fail(
			value, err, NACRE_E_FORMAT, "0, which would trust anybody");
	if (threshold > keys)
		return nacre_jvalue_fail(value, err, NACRE_E_FORMAT, "%llu with %zu %skey%s",
			(unsigned long long)threshold, keys, out->key_count > 0 ? "distinct " : "",
			keys == 1 ? "" : "s");
	out->threshold = (size_t)threshold;
	return 0;
}

int nacre_policy_signed_by(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err)
{
	static const char *const types[] = { "GPGKeys", "signedByGPGKeys", "X509Certificates",
		"signedByX509CAs", NULL };
	const struct nacre_jvalue *value = NULL;
	const char *type = NULL;
	size_t i = 0;
	int rc = nacre_jvalue_get(object, "keyType", NACRE_JTEXT, &value, err);

	(void)reading;
	if (rc == 0)
		rc = nacre_jvalue_text(value, &type, err);
	if (rc)
		return rc;
	while (types[i] && strcmp(types[i], type) != 0)
		i++;
	if (!types[i])
		return nacre_policy_fail_word(value, err, "type of keys", type, types);
	rc = check_source(object, keyring_sources, err);
	if (rc == 0)
		rc = read_identity(object, out, err);
	return rc ? rc : set_unsupported(out, "signedBy (GPG)", err);
}

int nacre_policy_signed_base(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = nacre_jvalue_get(object, "baseLayerIdentity", NACRE_JOBJECT, &value, err);

	(void)reading;
	if (rc == 0)
		rc = nacre_policy_identity(value, &out->identity, err);
	return rc ? rc : set_unsupported(out, "signedBaseLayer", err);
}

/* Certificates are short-lived: without a log nobody knows when one was used. */
static int check_log(const struct nacre_jvalue *object, const struct source *source,
	const struct nacre_jvalue **out_log, struct nacre_err *err)
{
	const struct source *log = NULL;
	int rc = find_source(object, log_sources, &log, out_log, err);

	if (rc == 0 && !*out_log && strcmp(source->name, "fulcio") == 0)
		rc = fail_missing(object, log_sources, err);
	return rc;
}

int nacre_policy_sigstore(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err)
{
	const struct source *source = NULL;
	const struct nacre_jvalue *keys = NULL, *log = NULL;
	char what[64];
	int rc;

	out->kind = NACRE_REQUIRE_SIGNED;
	rc = get_source(object, key_sources, &source, &keys, err);
	if (rc == 0)
		rc = check_log(object, source, &log, err);
	if (rc == 0)
		rc = nacre_jvalue_find_bool(object, "acceptIndexSignature", &out->takes_index, err);
	if (rc == 0)
		rc = read_identity(object, out, err);
	if (rc == 0 && reading->load && source->load && !log)
		rc = load_keys(keys, source, reading->dir, out, err);
	if (rc == 0)
		rc = read_threshold(object, count_keys(keys, source), out, err);
	if (rc || (source->load && !log))
		return rc;
	(void)snprintf(what, sizeof(what), "sigstoreSigned with %s",
		source->load ? nacre_jvalue_name(log) : source->name);
	return set_unsupported(out, what, err);
}
