/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/keyfile.h"

#define SALT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NONCE "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define BOX "AAECAwQFBgcICQoLDA0ODxA="
#define KDF(n, r, p)                                                                               \
	"{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":" n ",\"r\":" r ",\"p\":" p "},"          \
	"\"salt\":\"" SALT "\"},"
#define REST                                                                                       \
	"\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":\"" NONCE "\"},"                        \
	"\"ciphertext\":\"" BOX "\"}"

#define REFUSED(text, code, message)                                                               \
	do {                                                                                       \
		struct nacre_box refused_box = { .n = 7 };                                         \
		assert_refused(nacre_keyfile_parse(text, strlen(text), &refused_box, err), code,   \
			message);                                                                  \
		assert_int_equal(refused_box.n, 7);                                                \
	} while (0)

static void what_cosign_writes_is_read_and_written_alike(void **state)
{
	static const char text[] = KDF("65536", "8", "1") REST;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	(void)state;
	assert_works(nacre_keyfile_parse(text, strlen(text), &box, err));
	assert_int_equal(box.n, 65536);
	assert_int_equal(box.salt[31], 31);
	assert_int_equal(box.nonce[23], 23);
	assert_int_equal(box.content.len, 17);
	assert_works(nacre_keyfile_emit(&box, &json, err));
	assert_string_equal(json.data, text);
}

static void three_strengths_of_scrypt_are_taken(void **state)
{
	static const char *const texts[] = { KDF("32768", "8", "1") REST,
		KDF("65536", "8", "1") REST, KDF("131072", "8", "1") REST };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		NACRE_CLEANUP(nacre_box_clear)
		struct nacre_box box = { 0 };

		assert_works(nacre_keyfile_parse(texts[i], strlen(texts[i]), &box, err));
		assert_int_equal(box.n, (uint64_t)32768 << i);
	}
}

/* With these, opening would take hours or all memory, or hardly protect the key. */
static void other_parameters_of_scrypt_are_refused(void **state)
{
	static const char *const rows[][3] = { { "16384", "8", "1" }, { "262144", "8", "1" },
		{ "1", "8", "1" }, { "0", "8", "1" }, { "65536", "9", "1" }, { "65536", "8", "2" },
		{ "65536", "8", "0" }, { "65536", "0", "1" },
		{ "18446744073709551615", "8", "1" } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[1024], message[256];

		(void)snprintf(text, sizeof(text),
			"{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":%s,\"r\":%s,\"p\":%s},"
			"\"salt\":\"" SALT "\"}," REST,
			rows[i][0], rows[i][1], rows[i][2]);
		(void)snprintf(message, sizeof(message),
			"kdf.params: scrypt with N %s, r %s, p %s; only N 32768, 65536 or 131072, "
			"r 8, p 1",
			rows[i][0], rows[i][1], rows[i][2]);
		if (i == COUNT(rows) - 1) {
			struct nacre_box box = { 0 };

			/* beyond what JSON here knows as a whole number, whatever it calls it */
			assert_int_not_equal(
				nacre_keyfile_parse(text, strlen(text), &box, NULL), 0);
			continue;
		}
		REFUSED(text, NACRE_E_UNSUPPORTED, message);
	}
	REFUSED(KDF("-65536", "8", "1") REST, NACRE_E_FORMAT, "kdf.params.N: not a whole number");
	REFUSED(KDF("65536.0", "8", "1") REST, NACRE_E_FORMAT, "kdf.params.N: not a whole number");
	REFUSED(KDF("\"65536\"", "8", "1") REST, NACRE_E_FORMAT,
		"kdf.params.N: not a whole number");
}

static void other_methods_are_refused(void **state)
{
	(void)state;
	REFUSED("{\"kdf\":{\"name\":\"argon2\",\"params\":{},\"salt\":\"\"}," REST,
		NACRE_E_UNSUPPORTED, "kdf: 'argon2', not 'scrypt'");
	REFUSED(KDF("65536", "8", "1") "\"cipher\":{\"name\":\"none\",\"nonce\":\"" NONCE
				       "\"},\"ciphertext\":\"" BOX "\"}",
		NACRE_E_UNSUPPORTED, "cipher: 'none', not 'nacl/secretbox'");
}

static void bytes_of_another_number_are_refused(void **state)
{
	(void)state;
	REFUSED("{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":65536,\"r\":8,\"p\":1},"
		"\"salt\":\"Zm9v\"}," REST,
		NACRE_E_FORMAT, "salt: 3 bytes, not 32");
	REFUSED(KDF("65536", "8", "1") "\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":"
				       "\"" SALT "\"},\"ciphertext\":\"" BOX "\"}",
		NACRE_E_LIMIT, "nonce: more than 24 bytes");
	REFUSED(KDF("65536", "8", "1") "\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":"
				       "\"!!!!\"},\"ciphertext\":\"" BOX "\"}",
		NACRE_E_FORMAT, "nonce: not base64");
	REFUSED(KDF("65536", "8", "1") "\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":\"" NONCE
				       "\"},\"ciphertext\":\"AAECAwQFBgcICQoLDA0ODw==\"}",
		NACRE_E_FORMAT, "ciphertext: 16 bytes, too few");
	REFUSED(KDF("65536", "8", "1") "\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":\"" NONCE
				       "\"},\"ciphertext\":\"\"}",
		NACRE_E_FORMAT, "ciphertext: 0 bytes, too few");
}

static void a_missing_member_is_named(void **state)
{
	(void)state;
	REFUSED("{}", NACRE_E_FORMAT, "kdf is missing");
	REFUSED("[]", NACRE_E_FORMAT, "not an object");
	REFUSED(KDF("65536", "8", "1") "\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":\"" NONCE
				       "\"}}",
		NACRE_E_FORMAT, "ciphertext is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cosign_writes_is_read_and_written_alike),
		cmocka_unit_test(three_strengths_of_scrypt_are_taken),
		cmocka_unit_test(other_parameters_of_scrypt_are_refused),
		cmocka_unit_test(other_methods_are_refused),
		cmocka_unit_test(bytes_of_another_number_are_refused),
		cmocka_unit_test(a_missing_member_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
