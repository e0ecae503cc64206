/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ABC256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define ABC512                                                                                     \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

/* The answers of FIPS 180-4's examples. */
static void hashing_gives_the_known_answers(void **state)
{
	struct nacre_digest digest, like;
	struct nacre_hash *hash = NULL;

	(void)state;
	nacre_digest_of("abc", 3, &digest);
	assert_string_equal(digest.text, "sha256:" ABC256);
	nacre_digest_of("", 0, &digest);
	assert_string_equal(digest.text,
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(nacre_digest_parse("sha512:" ABC512, &like, NULL), 0);
	assert_int_equal(nacre_hash_new_like(&like, &hash, NULL), 0);
	nacre_hash_add(hash, "a", 1);
	nacre_hash_add(hash, "", 0);
	nacre_hash_add(hash, "bc", 2);
	nacre_hash_finish(hash, &digest);
	assert_true(nacre_digest_equal(&digest, &like));
	assert_string_equal(nacre_digest_hex(&digest), ABC512);
	assert_string_equal(nacre_digest_algorithm(&digest), "sha512");
	nacre_hash_free(hash);
}

static void a_digest_comes_back_as_it_was_written(void **state)
{
	struct nacre_digest digest = { "" };

	(void)state;
	assert_true(nacre_digest_is_empty(&digest));
	assert_string_equal(nacre_digest_hex(&digest), "");
	assert_string_equal(nacre_digest_algorithm(&digest), "");
	assert_int_equal(nacre_digest_parse("sha256:" ABC256, &digest, NULL), 0);
	assert_string_equal(digest.text, "sha256:" ABC256);
	assert_string_equal(nacre_digest_hex(&digest), ABC256);
	assert_string_equal(nacre_digest_algorithm(&digest), "sha256");
	assert_false(nacre_digest_is_empty(&digest));
}

static const struct {
	const char *text;
	int code;
	const char *message;
} refused[] = {
	{ "", NACRE_E_FORMAT, "'' is not a digest" },
	{ "sha256", NACRE_E_FORMAT, "'sha256' is not a digest" },
	{ ":" ABC256, NACRE_E_FORMAT, "':" ABC256 "' is not a digest" },
	{ "../x:" ABC256, NACRE_E_FORMAT, "'../x:" ABC256 "' is not a digest" },
	{ "SHA256:" ABC256, NACRE_E_FORMAT, "'SHA256:" ABC256 "' is not a digest" },
	{ "sha256+:ab", NACRE_E_FORMAT, "'sha256+:ab' is not a digest" },
	{ "a++b:ab", NACRE_E_FORMAT, "'a++b:ab' is not a digest" },
	{ "md5:ab", NACRE_E_UNSUPPORTED, "digest 'md5:ab': algorithm is not sha256 or sha512" },
	{ "sha256+b64:ab", NACRE_E_UNSUPPORTED,
		"digest 'sha256+b64:ab': algorithm is not sha256 or sha512" },
	{ "sha256:", NACRE_E_FORMAT, "digest 'sha256:': sha256 wants 64 lower-case hex digits" },
	{ "sha256:ab", NACRE_E_FORMAT,
		"digest 'sha256:ab': sha256 wants 64 lower-case hex digits" },
	{ "sha256:" ABC256 "0", NACRE_E_FORMAT,
		"digest 'sha256:" ABC256 "0': sha256 wants 64 lower-case hex digits" },
	{ "sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", NACRE_E_FORMAT,
		"digest 'sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad': "
		"sha256 wants 64 lower-case hex digits" },
	{ "sha256:../../../../../../../../../../../../../../../../../../../../etc/pas",
		NACRE_E_FORMAT,
		"digest 'sha256:../../../../../../../../../../../../../../../../../../../../etc/"
		"pas': sha256 wants 64 lower-case hex digits" },
	{ "sha512:" ABC256, NACRE_E_FORMAT,
		"digest 'sha512:" ABC256 "': sha512 wants 128 lower-case hex digits" },
};

static void what_is_no_digest_is_refused_and_leaves_the_result_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct nacre_digest digest = { "before" };
		struct nacre_err err;

		assert_int_equal(
			nacre_digest_parse(refused[i].text, &digest, &err), refused[i].code);
		assert_string_equal(err.text, refused[i].message);
		assert_int_equal(err.code, refused[i].code);
		assert_string_equal(digest.text, "before");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashing_gives_the_known_answers),
		cmocka_unit_test(a_digest_comes_back_as_it_was_written),
		cmocka_unit_test(what_is_no_digest_is_refused_and_leaves_the_result_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
