/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays tests/vectors/sign. A case is a folder with one of
 *
 *	key			and, when there is one, passphrase
 *	payload			a payload that is parsed
 *	message			with key and signature (base64): whether it is good
 *
 * and what must come of it: "expect", one line, a result or "error: CODE: text".
 */
#include "base/base64.h"
#include "fixture.h"

#include "sign/box.h"
#include "sign/payload.h"

#include <dirent.h>

#define FILE_BYTES 1048576

static bool load(int dir, const char *name, struct nacre_buf *out_data)
{
	nacre_autofd int fd = -1;

	*out_data = (struct nacre_buf)NACRE_BUF(FILE_BYTES);
	return nacre_file_open_at(dir, name, &fd, NULL, NULL) == 0 &&
		nacre_buf_read_fd(out_data, fd, NULL) == 0;
}

static const char *name_of(int code)
{
	static const struct {
		int code;
		const char *name;
	} rows[] = {
		{ NACRE_E_ARG, "ARG" },
		{ NACRE_E_FORMAT, "FORMAT" },
		{ NACRE_E_UNSUPPORTED, "UNSUPPORTED" },
		{ NACRE_E_LIMIT, "LIMIT" },
		{ NACRE_E_UNSAFE, "UNSAFE" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].code == code)
			return rows[i].name;
	}
	return "another";
}

static int run_key(int dir, struct nacre_buf *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf passphrase = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = NULL;
	bool given = load(dir, "passphrase", &passphrase);
	int rc;

	assert_true(load(dir, "key", &text));
	rc = nacre_key_parse(text.data, text.len, given ? passphrase.data : NULL, 0, &key, err);
	return rc ? rc
		  : nacre_buf_printf(out, err, "%s %s %s\n", nacre_key_type_name(key),
			    nacre_key_is_private(key) ? "private" : "public", nacre_key_id(key));
}

static int run_payload(int dir, struct nacre_buf *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload payload = { 0 };
	int rc;

	assert_true(load(dir, "payload", &text));
	rc = nacre_payload_parse(text.data, text.len, &payload, err);
	return rc ? rc
		  : nacre_buf_printf(out, err, "%s %s\n", payload.identity, payload.digest.text);
}

static int run_message(int dir, struct nacre_buf *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf message = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf base64 = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = NULL;
	unsigned char signature[4096];
	size_t len = 0;
	bool good;

	assert_true(load(dir, "message", &message));
	assert_true(load(dir, "key", &text));
	assert_true(load(dir, "signature", &base64));
	assert_int_equal(nacre_key_parse(text.data, text.len, NULL, 0, &key, err), 0);
	assert_int_equal(nacre_base64_parse(
				 base64.data, base64.len, signature, sizeof(signature), &len, err),
		0);
	good = nacre_key_verify(key, message.data, message.len, signature, len);
	return nacre_buf_add_text(out, good ? "good\n" : "bad\n", err);
}

static bool replay(int top, const char *name)
{
	static const struct {
		const char *file;
		int (*run)(int dir, struct nacre_buf *out, struct nacre_err *err);
	} rows[] = { { "message", run_message }, { "payload", run_payload }, { "key", run_key } };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf want = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf got = NACRE_BUF(FILE_BYTES);
	struct nacre_err why = { 0 };
	nacre_autofd int dir = -1;
	size_t i = 0;
	int rc;

	assert_works(nacre_dir_open_at(top, name, &dir, err));
	assert_true(load(dir, "expect", &want));
	assert_int_equal(faccessat(dir, "why", R_OK, 0), 0);
	while (i < COUNT(rows) && faccessat(dir, rows[i].file, R_OK, 0) < 0)
		i++;
	assert_true(i < COUNT(rows));
	rc = rows[i].run(dir, &got, &why);
	if (rc)
		assert_works(nacre_buf_printf(&got, err, "error: %s: %s\n", name_of(rc), why.text));
	if (want.len == got.len && memcmp(want.data, got.data, got.len) == 0)
		return true;
	print_error("%s: wants\n%sgot\n%s", name, want.data, got.data);
	return false;
}

static void every_case_comes_out_as_expected(void **state)
{
	DIR *stream = opendir(NACRE_VECTORS "/sign");
	struct dirent *entry;
	size_t count = 0, bad = 0;

	(void)state;
	assert_non_null(stream);
	while ((entry = readdir(stream))) {
		if (strchr(entry->d_name, '.')) /* make.py */
			continue;
		count++;
		bad += !replay(dirfd(stream), entry->d_name);
	}
	(void)closedir(stream);
	assert_true(count > 0);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_case_comes_out_as_expected) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
