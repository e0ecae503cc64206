/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files: which list an image falls under, what comes of it, and what is refused and how. */
#include "fixture.h"

#include "base/base64.h"
#include "sign/policy_file.h"

#define NAME "h.org/team/app:1"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define REJECT "[{\"type\":\"reject\"}]"
#define ANYTHING "[{\"type\":\"insecureAcceptAnything\"}]"
#define DEFAULT(requirements) "{\"default\":[" requirements "]}"
#define SIGSTORE(members) "{\"type\":\"sigstoreSigned\"," members "}"
#define BY_PATH(members) DEFAULT(SIGSTORE("\"keyPath\":\"a.pub\"" members))
#define IDENTITY(members) BY_PATH(",\"signedIdentity\":{" members "}")

static const struct nacre_policy_scope an_image = { "docker", NAME };

static int parse_for(const char *text, int dir, const struct nacre_policy_scope *scope,
	struct nacre_policy **out_policy, struct nacre_err *err)
{
	return nacre_policy_parse(text, strlen(text), dir, "p.json", scope, NAME, out_policy, err);
}

static int parse(const char *text, int dir, struct nacre_policy **out_policy, struct nacre_err *err)
{
	return parse_for(text, dir, &an_image, out_policy, err);
}

#define REFUSED_IN(dir, text, code, message)                                                       \
	do {                                                                                       \
		struct nacre_policy *refused_policy = NULL;                                        \
		assert_refused(parse(text, dir, &refused_policy, err), code, message);             \
		assert_null(refused_policy);                                                       \
	} while (0)
#define REFUSED(text, message) REFUSED_IN(-1, text, NACRE_E_FORMAT, "p.json: " message)

static void put_file(const struct scratch *scratch, const char *name, const char *text)
{
	nacre_autofd int fd =
		openat(scratch->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_works(nacre_write_all(fd, text, strlen(text), err));
}

/* A new key, whose public half lies in a file. */
static struct nacre_key *put_key(const struct scratch *scratch, const char *name)
{
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	nacre_autofree char *text = NULL;

	assert_works(nacre_key_emit_public(key, &text, err));
	put_file(scratch, name, text);
	return key;
}

/* The same, for when nobody asks which. */
static void put_some_key(const struct scratch *scratch, const char *name)
{
	nacre_key_free(put_key(scratch, name));
}

static struct nacre_buf data_of(const struct nacre_key *key)
{
	struct nacre_buf text = NACRE_BUF(NACRE_POLICY_BYTES);
	nacre_autofree char *pem = NULL;

	assert_works(nacre_key_emit_public(key, &pem, err));
	assert_works(nacre_base64_emit(pem, strlen(pem), &text, err));
	return text;
}

/* ------------------------------------------------------------------ scopes */

/* Each scope of these has a requirement of its own, so the rule says it all. */
static void the_most_specific_scope_applies(void **state)
{
	static const struct {
		const char *scopes; /* names, with commas between them */
		struct nacre_policy_scope image;
		const char *found; /* NULL: the default */
	} rows[] = {
		{ "", { "docker", NAME }, NULL },
		{ "|,h.org/team/app:1,h.org/team/app", { "docker", NAME }, "h.org/team/app:1" },
		{ "|,h.org/team/app,h.org/team", { "docker", NAME }, "h.org/team/app" },
		{ "|,h.org/team,h.org", { "docker", NAME }, "h.org/team" },
		{ "|,h.org,*.org", { "docker", NAME }, "h.org" },
		{ "|,*.org", { "docker", NAME }, "*.org" },
		{ "|,h.org/team/ap,h.org/te,h.or,*.h.org,*.rg", { "docker", NAME }, "" },
		{ "h.org/team/ap,h.org/team/app/sub,h.org/team/app:2", { "docker", NAME }, NULL },
		{ "|", { "docker", NAME }, "" },
		/* the port belongs to the host, and not to wildcards */
		{ "|,h.org", { "docker", "h.org:5000/app:1" }, "" },
		{ "|,h.org:5000,*.org", { "docker", "h.org:5000/app:1" }, "h.org:5000" },
		{ "|,*.org", { "docker", "h.org:5000/app:1" }, "*.org" },
		{ "*.b.org,*.org", { "docker", "x.a.b.org/app:1" }, "*.b.org" },
		{ "*.a.b.org,*.b.org", { "docker", "x.a.b.org/app:1" }, "*.a.b.org" },
		{ "*.a.b.org", { "docker", "a.b.org/app:1" }, NULL },
		{ "|,*.localhost", { "docker", "localhost/app:1" }, "" },
		/* digests, and short names in full */
		{ "h.org/app@sha256:" HEX, { "docker", "h.org/app@sha256:" HEX },
			"h.org/app@sha256:" HEX },
		{ "h.org/app:1,h.org/app", { "docker", "h.org/app@sha256:" HEX }, "h.org/app" },
		{ "docker.io/library/busybox", { "docker", "docker.io/busybox:1" },
			"docker.io/library/busybox" },
		{ "docker.io/library/busybox:1", { "docker", "busybox:1" },
			"docker.io/library/busybox:1" },
		{ "|,busybox,library", { "docker", "busybox:1" }, "" },
		{ "/srv/app:1,/srv/app,/srv", { "oci", "/srv/app:1" }, "/srv/app:1" },
		{ "|,/srv/app,/srv", { "oci", "/srv/app:1" }, "/srv/app" },
		{ "|,/srv/app,/srv", { "oci", "/srv/app" }, "/srv/app" },
		{ "|,/srv/app:1,/srv", { "oci", "/srv/app" }, "/srv" },
		{ "|,/srv/app,/srv", { "oci", "/srv/app:h:5000/x/y:1" }, "/srv/app" },
		{ "|,/srv/app:h:5000/x", { "oci", "/srv/app:h:5000/x/y:1" }, "" },
		{ "|,/srv/ap,/srv/app/1,/sr", { "oci", "/srv/app:1" }, "" },
		{ "|,/srv", { "oci", "/" }, "" },
		{ "/:1", { "oci", "/:1" }, "/:1" },
		{ "/srv/a.tar,/srv", { "oci-archive", "/srv/a.tar" }, "/srv/a.tar" },
		{ "/srv", { "oci-archive", "/srv/a/b/c.tar" }, "/srv" },
		{ "/srv/a", { "oci-archive", "/srv/a:b.tar" }, NULL },
		{ "|", { "docker-archive", "whatever" }, "" },
		{ "", { "docker-archive", "" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;
		char text[2048], rule[256], names[256], *rest = names;
		size_t len;

		(void)snprintf(names, sizeof(names), "%s", rows[i].scopes);
		len = (size_t)snprintf(text, sizeof(text),
			"{\"default\":%s,\"transports\":{\"%s\":{", ANYTHING,
			rows[i].image.transport);
		for (char *name; *names && (name = strsep(&rest, ","));)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%s\":%s",
				name == names ? "" : ",", strcmp(name, "|") ? name : "", REJECT);
		(void)snprintf(text + len, sizeof(text) - len, "},\"other\":{\"%s\":%s}}}",
			rows[i].image.name, REJECT);
		assert_works(parse_for(text, -1, &rows[i].image, &policy, err));
		(void)snprintf(rule, sizeof(rule), "p.json: transports.%s.\"%s\"",
			rows[i].image.transport, rows[i].found ? rows[i].found : "");
		assert_string_equal(policy->rule, rows[i].found ? rule : "p.json: default");
		assert_string_equal(policy->image, NAME);
		assert_int_equal(policy->count, 1);
		assert_int_equal(policy->items[0].kind,
			rows[i].found ? NACRE_REQUIRE_REJECT : NACRE_REQUIRE_ANYTHING);
	}
}

static void an_image_without_a_whole_name_is_looked_up_nowhere(void **state)
{
	static const struct {
		struct nacre_policy_scope image;
		const char *message;
	} rows[] = {
		{ { "docker", "h.org/app" },
			"p.json: 'h.org/app' is not HOST/REPO:TAG or HOST/REPO@DIGEST" },
		{ { "docker", "h.org/app:1@sha256:" HEX },
			"p.json: 'h.org/app:1@sha256:" HEX
			"' is not HOST/REPO:TAG or HOST/REPO@DIGEST" },
		{ { "docker", "h.org/App:1" },
			"p.json: 'h.org/App:1' is not HOST/REPO:TAG or HOST/REPO@DIGEST" },
		{ { "oci", "srv/app" }, "p.json: 'srv/app' is not the whole of a path" },
		{ { "oci", "" }, "p.json: '' is not the whole of a path" },
		{ { "oci", "/srv/../app:1" }, "p.json: '/srv/../app' is not the whole of a path" },
		{ { "oci-archive", "/srv/" }, "p.json: '/srv/' is not the whole of a path" },
		{ { "dir", "/srv/app" }, "p.json: no image has the transport 'dir'" },
		{ { "", "" }, "p.json: no image has the transport ''" },
	};
	static const char *const texts[] = { "{\"default\":" ANYTHING "}",
		"{\"default\":" ANYTHING ",\"transports\":{\"docker\":{\"\":" ANYTHING
		"},\"oci\":{\"\":" ANYTHING ",\"/srv\":" ANYTHING
		"},\"oci-archive\":{\"\":" ANYTHING "},\"dir\":{\"\":" ANYTHING "}}}" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t j = 0; j < COUNT(texts); j++) {
			struct nacre_policy *policy = NULL;

			assert_refused(parse_for(texts[j], -1, &rows[i].image, &policy, err),
				NACRE_E_ARG, rows[i].message);
		}
	}
}

static void a_scope_that_no_image_can_be_in_is_refused(void **state)
{
	static const struct {
		const char *transport, *scope, *message;
	} rows[] = {
		{ "docker", "docker://h.org/app",
			"a scope with a transport in front: they are HOST/REPO, as in "
			"docker.io/library/debian" },
		{ "docker", "docker:h.org",
			"a scope with a transport in front: they are HOST/REPO, as in "
			"docker.io/library/debian" },
		{ "docker", "h.org//app",
			"a scope with a transport in front: they are HOST/REPO, as in "
			"docker.io/library/debian" },
		{ "docker", "h.org/", "a scope that begins or ends with '/'" },
		{ "docker", "/h.org", "a scope that begins or ends with '/'" },
		{ "docker", "example*.*.com", "a scope with a '*' that is not *.DOMAIN" },
		{ "docker", "*", "a scope with a '*' that is not *.DOMAIN" },
		{ "docker", "*.", "a scope with a '*' that is not *.DOMAIN" },
		{ "docker", "*.org/app", "a scope with a '*' that is not *.DOMAIN" },
		{ "docker", "*.org:5000", "a scope with a '*' that is not *.DOMAIN" },
		{ "docker", "h.org/*", "a scope with a '*' that is not *.DOMAIN" },
		{ "oci", "/", "a scope of all there is, which is \"\"" },
		{ "oci", "srv", "a scope that is no absolute path without '.', '..' and '//'" },
		{ "oci", "/srv/", "a scope that is no absolute path without '.', '..' and '//'" },
		{ "oci", "/srv/./a",
			"a scope that is no absolute path without '.', '..' and '//'" },
		{ "oci-archive", "/srv/../a",
			"a scope that is no absolute path without '.', '..' and '//'" },
		{ "dir", "//srv", "a scope that is no absolute path without '.', '..' and '//'" },
		{ "docker-archive", "/srv/a.tar", "a transport whose one scope is \"\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_policy *policy = NULL;
		char text[512], message[512];

		(void)snprintf(text, sizeof(text),
			"{\"default\":%s,\"transports\":{\"%s\":{\"%s\":%s}}}", REJECT,
			rows[i].transport, rows[i].scope, REJECT);
		(void)snprintf(message, sizeof(message), "p.json: transports.%s.%s: %s",
			rows[i].transport, rows[i].scope, rows[i].message);
		assert_refused(parse(text, -1, &policy, err), NACRE_E_FORMAT, message);
	}
}

static void other_transports_name_their_scopes_as_they_like(void **state)
{
	static const char text[] =
		"{\"default\":" REJECT
		",\"transports\":{\"containers-storage\":{\"[a@b]x/\":" REJECT
		"},\"atomic\":{\"*/\":" REJECT
		"},\"docker-daemon\":{},\"from-the-future\":{\"\":" ANYTHING "}}}";
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;

	(void)state;
	assert_works(parse(text, -1, &policy, err));
	assert_string_equal(policy->rule, "p.json: default");
	REFUSED("{\"default\":" REJECT ",\"transports\":{\"from-the-future\":{\"x\":[]}}}",
		"transports.from-the-future.x: no requirement (say insecureAcceptAnything if that "
		"is meant)");
}

/* -------------------------------------------------------------------- form */

static void what_is_wrong_is_named_with_its_place(void **state)
{
	(void)state;
	REFUSED("{\n \"default\": x}", "2:13: invalid token near 'x'");
	REFUSED("[]", "not an object");
	REFUSED("{}", "default is missing");
	REFUSED("{\"default\":null}", "default: null");
	REFUSED("{\"default\":{}}", "default: not an array");
	REFUSED("{\"default\":[]}",
		"default: no requirement (say insecureAcceptAnything if that is meant)");
	REFUSED("{\"default\":[[]]}", "default[0]: not an object");
	REFUSED("{\"Default\":" REJECT "}", "unknown member 'Default'; did you mean 'default'?");
	REFUSED("{\"default\":" REJECT ",\"comment\":\"\"}", "unknown member 'comment'");
	REFUSED("{\"default\":" REJECT ",\"transport\":{}}",
		"unknown member 'transport'; did you mean 'transports'?");
	REFUSED("{\"default\":" REJECT ",\"transports\":null}", "transports: null");
	REFUSED("{\"default\":" REJECT ",\"transports\":[]}", "transports: not an object");
	REFUSED("{\"default\":" REJECT ",\"transports\":{\"docker\":[]}}",
		"transports.docker: not an object");
	REFUSED("{\"default\":" REJECT ",\"transports\":{\"docker\":null}}",
		"transports.docker: not an object");
	REFUSED("{\"default\":" REJECT ",\"transports\":{\"docker\":{\"\":{}}}}",
		"transports.docker.: not an array");
	REFUSED(DEFAULT("{}"), "default[0]: type is missing");
	REFUSED(DEFAULT("{\"type\":1}"), "default[0].type: not a string");
	REFUSED(DEFAULT("{\"type\":\"signed\"}"),
		"default[0].type: unknown type 'signed'; did you mean 'signedBy'?");
	REFUSED(DEFAULT("{\"type\":\"Reject\"}"),
		"default[0].type: unknown type 'Reject'; did you mean 'reject'?");
	REFUSED(DEFAULT("{\"type\":\"reject\",\"keyPath\":\"x\"}"),
		"default[0]: unknown member 'keyPath'");
	REFUSED(DEFAULT("{\"type\":\"reject\"},{\"type\":\"insecureAcceptAnything\",\"a\":1}"),
		"default[1]: unknown member 'a'");
	REFUSED(BY_PATH(",\"keypath\":\"x\""),
		"default[0]: unknown member 'keypath'; did you mean 'keyPath'?");
	REFUSED(BY_PATH(",\"signedIdentity\":null"), "default[0].signedIdentity: null");
}

static void members_that_are_there_twice_are_refused(void **state)
{
	struct nacre_policy *policy = NULL;

	(void)state;
	assert_int_equal(
		parse("{\"default\":" ANYTHING ",\"default\":" REJECT "}", -1, &policy, NULL),
		NACRE_E_UNSAFE);
	assert_int_equal(parse("{\"default\":" REJECT ",\"transports\":{\"docker\":{\"\":" ANYTHING
			       ",\"\":" REJECT "}}}",
				 -1, &policy, NULL),
		NACRE_E_UNSAFE);
}

static void limits_are_kept(void **state)
{
	nacre_autofree char *text = calloc(1, NACRE_POLICY_BYTES + 2);
	size_t len;

	(void)state;
	memset(text, ' ', NACRE_POLICY_BYTES + 1);
	memcpy(text, "{\"default\":" REJECT "}", strlen("{\"default\":" REJECT "}"));
	REFUSED_IN(-1, text, NACRE_E_LIMIT, "p.json: a policy of more than 1048576 bytes");
	text[NACRE_POLICY_BYTES] = '\0';
	{
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;

		assert_works(parse(text, -1, &policy, err));
	}
	len = (size_t)sprintf(text, "{\"default\":[{\"type\":\"reject\"}");
	for (int i = 0; i < 64; i++)
		len += (size_t)sprintf(text + len, ",{\"type\":\"reject\"}");
	(void)strcpy(text + len, "]}");
	REFUSED_IN(-1, text, NACRE_E_LIMIT, "p.json: default: more than 64 requirements");
	len = (size_t)sprintf(
		text, "{\"default\":[{\"type\":\"sigstoreSigned\",\"keyPaths\":[\"a\"");
	for (int i = 0; i < 256; i++)
		len += (size_t)sprintf(text + len, ",\"a\"");
	(void)strcpy(text + len, "]}]}");
	REFUSED_IN(-1, text, NACRE_E_LIMIT, "p.json: default[0].keyPaths: more than 256 keys");
}

static void what_is_wrong_in_another_scope_is_wrong_all_the_same(void **state)
{
	(void)state;
	REFUSED("{\"default\":" REJECT ",\"transports\":{\"docker\":{\"other.org\":[{\"type\":"
		"\"sigstoreSigned\"}]}}}",
		"transports.docker.other.org[0]: one of keyPath, keyPaths, keyData, keyDatas, "
		"fulcio, pki is missing");
	REFUSED("{\"default\":" REJECT ",\"transports\":{\"dir\":{\"\":[{\"type\":"
		"\"sigstoreSigned\",\"keyData\":\"*\"}]}}}",
		"transports.dir.[0].keyData: not base64");
}

/* -------------------------------------------------------------------- keys */

static void keys_have_one_source(void **state)
{
	(void)state;
	REFUSED(DEFAULT("{\"type\":\"sigstoreSigned\"}"),
		"default[0]: one of keyPath, keyPaths, keyData, keyDatas, fulcio, pki is missing");
	REFUSED(BY_PATH(",\"keyPaths\":[\"b\"]"),
		"default[0]: 'keyPath' and 'keyPaths', of which there can be one");
	REFUSED(BY_PATH(",\"keyData\":\"YQ==\""),
		"default[0]: 'keyPath' and 'keyData', of which there can be one");
	REFUSED(BY_PATH(",\"fulcio\":{}"),
		"default[0]: 'keyPath' and 'fulcio', of which there can be one");
	REFUSED(BY_PATH(",\"rekorPublicKeyPath\":\"r\",\"rekorPublicKeyData\":\"YQ==\""),
		"default[0]: 'rekorPublicKeyPath' and 'rekorPublicKeyData', of which there can be "
		"one");
	REFUSED(DEFAULT(SIGSTORE("\"keyPath\":\"\"")), "default[0].keyPath: empty");
	REFUSED(DEFAULT(SIGSTORE("\"keyPath\":[\"a\"]")), "default[0].keyPath: not a string");
	REFUSED(DEFAULT(SIGSTORE("\"keyPaths\":\"a\"")), "default[0].keyPaths: not an array");
	REFUSED(DEFAULT(SIGSTORE("\"keyPaths\":[]")), "default[0].keyPaths: an empty list");
	REFUSED(DEFAULT(SIGSTORE("\"keyPaths\":[\"a\",\"\"]")), "default[0].keyPaths[1]: empty");
	REFUSED(DEFAULT(SIGSTORE("\"keyPaths\":[\"a\",null]")),
		"default[0].keyPaths[1]: not a string");
	REFUSED(DEFAULT(SIGSTORE("\"keyDatas\":[]")), "default[0].keyDatas: an empty list");
	REFUSED(DEFAULT(SIGSTORE("\"keyDatas\":[\"YQ\"]")), "default[0].keyDatas[0]: not base64");
	REFUSED(DEFAULT(SIGSTORE("\"keyData\":\"YQ==\\n\"")), "default[0].keyData: not base64");
}

static void keys_come_from_files_beside_the_policy_and_from_the_policy(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *a = put_key(scratch, "a.pub");
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *b = put_key(scratch, "b.pub");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf a_data = data_of(a);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf b_data = data_of(b);
	const struct {
		const char *format;
		const char *a, *b;
		size_t count;
	} rows[] = {
		{ "\"keyPath\":\"%s\"%s", "a.pub", "", 1 },
		{ "\"keyPath\":\"%s/a.pub\"%s", scratch->path, "", 1 },
		{ "\"keyPaths\":[\"%s\",\"%s\"]", "a.pub", "b.pub", 2 },
		{ "\"keyPaths\":[\"%s\",\"%s\",\"./a.pub\"]", "a.pub", "b.pub", 2 },
		{ "\"keyData\":\"%s\"%s", a_data.data, "", 1 },
		{ "\"keyDatas\":[\"%s\",\"%s\"]", a_data.data, b_data.data, 2 },
		{ "\"keyDatas\":[\"%s\",\"%s\"]", a_data.data, a_data.data, 1 },
	};

	assert_int_equal(symlinkat("a.pub", scratch->dir, "link"), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;
		char keys[2048], text[4096];
		const struct nacre_requirement *first;

		/* The format is one of those above. */
		(void)snprintf(keys, sizeof(keys), "%s", rows[i].format);
		(void)snprintf(text, sizeof(text), "{\"default\":[{\"type\":\"sigstoreSigned\",");
		for (const char *at = keys, *put = rows[i].a; *at; at++) {
			char one[] = { *at, '\0' };

			if (strncmp(at, "%s", 2) == 0) {
				(void)strcat(text, put);
				put = rows[i].b;
				at++;
			} else {
				(void)strcat(text, one);
			}
		}
		(void)strcat(text, "}]}");
		assert_works(parse(text, scratch->dir, &policy, err));
		assert_int_equal(policy->count, 1);
		first = &policy->items[0];
		assert_int_equal(first->kind, NACRE_REQUIRE_SIGNED);
		assert_int_equal(first->key_count, rows[i].count);
		assert_string_equal(nacre_key_id(first->keys[0]), nacre_key_id(a));
		if (rows[i].count == 2)
			assert_string_equal(nacre_key_id(first->keys[1]), nacre_key_id(b));
		assert_int_equal(first->threshold, 1);
		assert_false(first->takes_index);
		assert_int_equal(first->identity.kind, NACRE_IDENTITY_REPO_DIGEST_OR_EXACT);
	}
}

static void a_bad_key_file_is_no_fault_of_the_image(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = put_key(scratch, "good.pub");
	nacre_autofree char *secret = NULL;

	assert_works(nacre_key_emit_private(key, "pass", &secret, err));
	REFUSED_IN(scratch->dir, BY_PATH(""), NACRE_E_ARG,
		"p.json: default[0].keyPath: a.pub: No such file or directory");
	put_file(scratch, "a.pub", "rubbish");
	REFUSED_IN(scratch->dir, BY_PATH(""), NACRE_E_ARG,
		"p.json: default[0].keyPath: a.pub: not a PEM file");
	put_file(scratch, "s.key", secret);
	REFUSED_IN(scratch->dir, DEFAULT(SIGSTORE("\"keyPaths\":[\"good.pub\",\"s.key\"]")),
		NACRE_E_ARG,
		"p.json: default[0].keyPaths[1]: s.key: an encrypted key, and no passphrase (a "
		"policy has public keys)");
	assert_int_equal(mkfifoat(scratch->dir, "fifo", 0600), 0);
	REFUSED_IN(scratch->dir, DEFAULT(SIGSTORE("\"keyPath\":\"fifo\"")), NACRE_E_ARG,
		"p.json: default[0].keyPath: fifo: not a regular file");
}

static void a_bad_key_in_the_policy_is_one_of_the_policy(void **state)
{
	(void)state;
	REFUSED(DEFAULT(SIGSTORE("\"keyData\":\"cnViYmlzaA==\"")),
		"default[0].keyData: not a PEM file");
	/* -----BEGIN PRIVATE KEY----- and so on */
	REFUSED(DEFAULT(SIGSTORE("\"keyDatas\":[\"LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCllRPT0KLS0t"
				 "LS1FTkQgUFJJVkFURSBLRVktLS0tLQo=\"]")),
		"default[0].keyDatas[0]: a private key that is not encrypted (a policy has public "
		"keys)");
}

static void only_keys_that_apply_are_loaded(void **state)
{
	static const char text[] = "{\"default\":[" SIGSTORE(
		"\"keyPath\":\"/nowhere\"") "],\"transports\":{\"docker\":{\"h.org\":" REJECT
					    ",\"other.org\":[" SIGSTORE(
						    "\"keyPath\":\"/nowhere/at/all\"") "]}}}";
	static const struct nacre_policy_scope other = { "docker", "other.org/a:1" };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;

	(void)state;
	assert_works(parse(text, -1, &policy, err));
	assert_int_equal(policy->items[0].kind, NACRE_REQUIRE_REJECT);
	{
		struct nacre_policy *none = NULL;

		assert_refused(parse_for(text, -1, &other, &none, err), NACRE_E_ARG,
			"p.json: transports.docker.other.org[0].keyPath: /nowhere/at/all: No such "
			"file or directory");
	}
}

static void a_threshold_counts_distinct_keys(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;

	put_some_key(scratch, "a.pub");
	put_some_key(scratch, "b.pub");
	assert_works(parse(DEFAULT(SIGSTORE("\"keyPaths\":[\"a.pub\",\"b.pub\"],\"threshold\":2")),
		scratch->dir, &policy, err));
	assert_int_equal(policy->items[0].threshold, 2);
	REFUSED_IN(scratch->dir,
		DEFAULT(SIGSTORE("\"keyPaths\":[\"a.pub\",\"a.pub\"],\"threshold\":2")),
		NACRE_E_FORMAT, "p.json: default[0].threshold: 2 with 1 distinct key");
	/* before any file is opened */
	REFUSED(DEFAULT(SIGSTORE("\"keyPaths\":[\"x\",\"y\"],\"threshold\":3")),
		"default[0].threshold: 3 with 2 keys");
	REFUSED(BY_PATH(",\"threshold\":0"), "default[0].threshold: 0, which would trust anybody");
	REFUSED(BY_PATH(",\"threshold\":2"), "default[0].threshold: 2 with 1 key");
	REFUSED(BY_PATH(",\"threshold\":-1"), "default[0].threshold: not a whole number");
	REFUSED(BY_PATH(",\"threshold\":1.0"), "default[0].threshold: not a whole number");
	REFUSED(BY_PATH(",\"threshold\":\"1\""), "default[0].threshold: not a whole number");
	REFUSED(DEFAULT(SIGSTORE("\"pki\":{\"caRootsPath\":\"r\",\"subjectEmail\":\"e\"},"
				 "\"threshold\":1")),
		"default[0].threshold: 1 with 0 keys");
}

static void an_index_signature_counts_when_the_policy_says_so(void **state)
{
	const struct scratch *scratch = *state;
	static const struct {
		const char *text;
		bool takes;
	} rows[] = {
		{ BY_PATH(""), false },
		{ BY_PATH(",\"acceptIndexSignature\":false"), false },
		{ BY_PATH(",\"acceptIndexSignature\":true"), true },
	};

	put_some_key(scratch, "a.pub");
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;

		assert_works(parse(rows[i].text, scratch->dir, &policy, err));
		assert_int_equal(policy->items[0].takes_index, rows[i].takes);
	}
	REFUSED(BY_PATH(",\"acceptIndexSignature\":1"),
		"default[0].acceptIndexSignature: not true or false");
	REFUSED(DEFAULT("{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"k\","
			"\"acceptIndexSignature\":true}"),
		"default[0]: unknown member 'acceptIndexSignature'");
}

/* -------------------------------------------------------------------- names */

static void each_identity_has_its_members(void **state)
{
	const struct scratch *scratch = *state;
	static const struct {
		const char *text;
		struct {
			enum nacre_identity_kind kind;
			const char *reference, *prefix, *signed_prefix;
		} want;
	} rows[] = {
		{ IDENTITY("\"type\":\"matchExact\""), { NACRE_IDENTITY_EXACT, NULL, NULL, NULL } },
		{ IDENTITY("\"type\":\"matchRepoDigestOrExact\""),
			{ NACRE_IDENTITY_REPO_DIGEST_OR_EXACT, NULL, NULL, NULL } },
		{ IDENTITY("\"type\":\"matchRepository\""),
			{ NACRE_IDENTITY_REPOSITORY, NULL, NULL, NULL } },
		{ IDENTITY("\"type\":\"exactReference\",\"dockerReference\":\"busybox:1\""),
			{ NACRE_IDENTITY_EXACT_REFERENCE, "busybox:1", NULL, NULL } },
		{ IDENTITY("\"type\":\"exactRepository\",\"dockerRepository\":\"h.org/app\""),
			{ NACRE_IDENTITY_EXACT_REPOSITORY, "h.org/app", NULL, NULL } },
		{ IDENTITY("\"type\":\"remapIdentity\",\"prefix\":\"m.org:5000\","
			   "\"signedPrefix\":\"h.org/team\""),
			{ NACRE_IDENTITY_REMAP, NULL, "m.org:5000", "h.org/team" } },
	};

	put_some_key(scratch, "a.pub");
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;
		const struct nacre_identity *got;

		assert_works(parse(rows[i].text, scratch->dir, &policy, err));
		got = &policy->items[0].identity;
		assert_int_equal(got->kind, rows[i].want.kind);
		assert_string_equal(got->reference ? got->reference : "",
			rows[i].want.reference ? rows[i].want.reference : "");
		assert_string_equal(got->prefix ? got->prefix : "",
			rows[i].want.prefix ? rows[i].want.prefix : "");
		assert_string_equal(got->signed_prefix ? got->signed_prefix : "",
			rows[i].want.signed_prefix ? rows[i].want.signed_prefix : "");
	}
}

static void an_identity_that_matches_nothing_is_refused(void **state)
{
	(void)state;
	REFUSED(BY_PATH(",\"signedIdentity\":\"matchExact\""),
		"default[0].signedIdentity: not an object");
	REFUSED(IDENTITY(""), "default[0].signedIdentity: type is missing");
	REFUSED(IDENTITY("\"type\":\"matchexact\""),
		"default[0].signedIdentity.type: unknown type 'matchexact'; did you mean "
		"'matchExact'?");
	REFUSED(IDENTITY("\"type\":\"matchExact\",\"dockerReference\":\"h.org/app:1\""),
		"default[0].signedIdentity: unknown member 'dockerReference'");
	REFUSED(IDENTITY("\"type\":\"exactReference\""),
		"default[0].signedIdentity: dockerReference is missing");
	REFUSED(IDENTITY("\"type\":\"exactReference\",\"dockerReference\":\"\""),
		"default[0].signedIdentity.dockerReference: empty");
	REFUSED(IDENTITY("\"type\":\"exactReference\",\"dockerReference\":\"h.org/App:1\""),
		"default[0].signedIdentity.dockerReference: 'h.org/App:1' is no name of an image");
	REFUSED(IDENTITY("\"type\":\"exactReference\",\"dockerReference\":\"h.org/app\""),
		"default[0].signedIdentity.dockerReference: 'h.org/app' has no tag and no digest");
	REFUSED(IDENTITY("\"type\":\"exactRepository\",\"dockerRepository\":\"https://h.org\""),
		"default[0].signedIdentity.dockerRepository: 'https://h.org' is no name of an "
		"image");
	REFUSED(IDENTITY("\"type\":\"remapIdentity\",\"prefix\":\"h.org\""),
		"default[0].signedIdentity: signedPrefix is missing");
	REFUSED(IDENTITY("\"type\":\"remapIdentity\",\"prefix\":\"busybox\",\"signedPrefix\":"
			 "\"h.org\""),
		"default[0].signedIdentity.prefix: 'busybox' is not HOST or HOST/REPO, in full as "
		"docker.io/library/debian");
	REFUSED(IDENTITY("\"type\":\"remapIdentity\",\"prefix\":\"h.org\",\"signedPrefix\":"
			 "\"h.org/a:1\""),
		"default[0].signedIdentity.signedPrefix: 'h.org/a:1' is not HOST or HOST/REPO, in "
		"full as docker.io/library/debian");
}

/* -------------------------------------------------- what cannot be checked */

#define GPG(members) "{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\"," members "}"
#define FULCIO "\"caPath\":\"c\",\"oidcIssuer\":\"https://i\",\"subjectEmail\":\"a@b\""

static void what_cannot_be_checked_here_is_kept_as_such(void **state)
{
	static const struct {
		const char *text, *what;
	} rows[] = {
		{ DEFAULT(GPG("\"keyPath\":\"k\"")), "signedBy (GPG)" },
		{ DEFAULT(GPG("\"keyPaths\":[\"k\",\"l\"]")), "signedBy (GPG)" },
		{ DEFAULT(GPG("\"keyData\":\"YQ==\",\"signedIdentity\":{\"type\":\"matchExact\"}")),
			"signedBy (GPG)" },
		{ DEFAULT("{\"type\":\"signedBaseLayer\",\"baseLayerIdentity\":{\"type\":"
			  "\"exactRepository\",\"dockerRepository\":\"h.org/base\"}}"),
			"signedBaseLayer" },
		{ DEFAULT(SIGSTORE("\"fulcio\":{" FULCIO "},\"rekorPublicKeyPath\":\"r\"")),
			"sigstoreSigned with fulcio" },
		{ DEFAULT(SIGSTORE(
			  "\"pki\":{\"caRootsData\":\"YQ==\",\"caIntermediatesPath\":\"i\","
			  "\"subjectHostname\":\"h\"}")),
			"sigstoreSigned with pki" },
		{ BY_PATH(",\"rekorPublicKeyPath\":\"r\""),
			"sigstoreSigned with rekorPublicKeyPath" },
		{ BY_PATH(",\"rekorPublicKeyPaths\":[\"r\"]"),
			"sigstoreSigned with rekorPublicKeyPaths" },
		{ BY_PATH(",\"rekorPublicKeyData\":\"YQ==\""),
			"sigstoreSigned with rekorPublicKeyData" },
		{ BY_PATH(",\"rekorPublicKeyDatas\":[\"YQ==\"]"),
			"sigstoreSigned with rekorPublicKeyDatas" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;

		assert_works(parse(rows[i].text, -1, &policy, err));
		assert_int_equal(policy->count, 1);
		assert_int_equal(policy->items[0].kind, NACRE_REQUIRE_UNSUPPORTED);
		assert_string_equal(policy->items[0].what, rows[i].what);
		assert_int_equal(policy->items[0].key_count, 0);
	}
}

static void what_cannot_be_checked_here_is_well_formed_all_the_same(void **state)
{
	(void)state;
	REFUSED(DEFAULT("{\"type\":\"signedBy\",\"keyPath\":\"k\"}"),
		"default[0]: keyType is missing");
	REFUSED(DEFAULT("{\"type\":\"signedBy\",\"keyType\":\"GPGkeys\",\"keyPath\":\"k\"}"),
		"default[0].keyType: unknown type of keys 'GPGkeys'; did you mean 'GPGKeys'?");
	REFUSED(DEFAULT("{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\"}"),
		"default[0]: one of keyPath, keyPaths, keyData is missing");
	REFUSED(DEFAULT(GPG("\"keyPath\":\"k\",\"keyData\":\"YQ==\"")),
		"default[0]: 'keyPath' and 'keyData', of which there can be one");
	REFUSED(DEFAULT(GPG("\"keyPaths\":[]")), "default[0].keyPaths: an empty list");
	REFUSED(DEFAULT(GPG("\"keyPath\":\"k\",\"signedIdentity\":{\"type\":\"x\"}")),
		"default[0].signedIdentity.type: unknown type 'x'");
	REFUSED(DEFAULT("{\"type\":\"signedBaseLayer\"}"),
		"default[0]: baseLayerIdentity is missing");
	REFUSED(DEFAULT(SIGSTORE("\"fulcio\":{" FULCIO "}")),
		"default[0]: one of rekorPublicKeyPath, rekorPublicKeyPaths, rekorPublicKeyData, "
		"rekorPublicKeyDatas is missing");
	REFUSED(DEFAULT(SIGSTORE("\"fulcio\":{\"caPath\":\"c\",\"oidcIssuer\":\"i\"}")),
		"default[0].fulcio: subjectEmail is missing");
	REFUSED(DEFAULT(SIGSTORE("\"fulcio\":{\"caPath\":\"c\",\"subjectEmail\":\"i\"}")),
		"default[0].fulcio: oidcIssuer is missing");
	REFUSED(DEFAULT(SIGSTORE("\"fulcio\":{" FULCIO ",\"caData\":\"YQ==\"}")),
		"default[0].fulcio: 'caPath' and 'caData', of which there can be one");
	REFUSED(DEFAULT(SIGSTORE("\"fulcio\":{" FULCIO ",\"capath\":\"c\"}")),
		"default[0].fulcio: unknown member 'capath'; did you mean 'caPath'?");
	REFUSED(DEFAULT(SIGSTORE("\"pki\":{\"subjectEmail\":\"e\"}")),
		"default[0].pki: one of caRootsPath, caRootsData is missing");
	REFUSED(DEFAULT(SIGSTORE("\"pki\":{\"caRootsPath\":\"r\"}")),
		"default[0].pki: one of subjectEmail, subjectHostname is missing");
	REFUSED(DEFAULT(SIGSTORE(
			"\"pki\":{\"caRootsPath\":\"r\",\"subjectEmail\":\"e\","
			"\"caIntermediatesPath\":\"i\",\"caIntermediatesData\":\"YQ==\"}")),
		"default[0].pki: 'caIntermediatesPath' and 'caIntermediatesData', of which there "
		"can be one");
	REFUSED(BY_PATH(",\"rekorPublicKeyPaths\":[]"),
		"default[0].rekorPublicKeyPaths: an empty list");
}

static void all_requirements_of_a_list_are_kept_in_order(void **state)
{
	static const char text[] = DEFAULT("{\"type\":\"insecureAcceptAnything\"}," GPG(
		"\"keyPath\":\"k\"") ",{\"type\":\"reject\"}");
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;

	(void)state;
	assert_works(parse(text, -1, &policy, err));
	assert_int_equal(policy->count, 3);
	assert_int_equal(policy->items[0].kind, NACRE_REQUIRE_ANYTHING);
	assert_int_equal(policy->items[1].kind, NACRE_REQUIRE_UNSUPPORTED);
	assert_int_equal(policy->items[2].kind, NACRE_REQUIRE_REJECT);
}

static void an_image_without_a_name_has_none_in_the_policy(void **state)
{
	static const char text[] = "{\"default\":" REJECT "}";
	static const struct nacre_policy_scope scope = { "oci", "/srv/app" };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;

	(void)state;
	assert_works(
		nacre_policy_parse(text, strlen(text), -1, "p.json", &scope, NULL, &policy, err));
	assert_null(policy->image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_scope_applies),
		cmocka_unit_test(an_image_without_a_whole_name_is_looked_up_nowhere),
		cmocka_unit_test(a_scope_that_no_image_can_be_in_is_refused),
		cmocka_unit_test(other_transports_name_their_scopes_as_they_like),
		cmocka_unit_test(what_is_wrong_is_named_with_its_place),
		cmocka_unit_test(members_that_are_there_twice_are_refused),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(what_is_wrong_in_another_scope_is_wrong_all_the_same),
		cmocka_unit_test(keys_have_one_source),
		scratch_test(keys_come_from_files_beside_the_policy_and_from_the_policy),
		scratch_test(a_bad_key_file_is_no_fault_of_the_image),
		cmocka_unit_test(a_bad_key_in_the_policy_is_one_of_the_policy),
		cmocka_unit_test(only_keys_that_apply_are_loaded),
		scratch_test(a_threshold_counts_distinct_keys),
		scratch_test(an_index_signature_counts_when_the_policy_says_so),
		scratch_test(each_identity_has_its_members),
		cmocka_unit_test(an_identity_that_matches_nothing_is_refused),
		cmocka_unit_test(what_cannot_be_checked_here_is_kept_as_such),
		cmocka_unit_test(what_cannot_be_checked_here_is_well_formed_all_the_same),
		cmocka_unit_test(all_requirements_of_a_list_are_kept_in_order),
		cmocka_unit_test(an_image_without_a_name_has_none_in_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
