/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/box.h"

static struct nacre_secret make_secret(const char *text)
{
	struct nacre_secret secret = NACRE_SECRET;

	assert_works(nacre_secret_new(strlen(text), &secret, err));
	memcpy(secret.data, text, strlen(text));
	return secret;
}

static void a_sealed_box_opens_with_its_passphrase_alone(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("attack at dawn");
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "sesame", &box, err));
	assert_int_equal(box.n, 65536);
	assert_int_equal(box.content.len, plain.len + NACRE_BOX_MAC);
	assert_refused(nacre_box_open(&box, "sesam", &again, err), NACRE_E_ARG, "wrong passphrase");
	assert_null(again.data);
	assert_refused(nacre_box_open(&box, "", &again, err), NACRE_E_ARG, "wrong passphrase");
	assert_works(nacre_box_open(&box, "sesame", &again, err));
	assert_int_equal(again.len, plain.len);
	assert_memory_equal(again.data, plain.data, plain.len);
}

static void an_empty_passphrase_is_a_passphrase(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("x");
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "", &box, err));
	assert_works(nacre_box_open(&box, "", &again, err));
	assert_memory_equal(again.data, "x", 1);
}

static void two_boxes_have_nothing_in_common(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("same");
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box a = { 0 };
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box b = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "p", &a, err));
	assert_works(nacre_box_seal(&plain, "p", &b, err));
	assert_memory_not_equal(a.salt, b.salt, sizeof(a.salt));
	assert_memory_not_equal(a.nonce, b.nonce, sizeof(a.nonce));
	assert_memory_not_equal(a.content.data, b.content.data, a.content.len);
}

static void a_damaged_box_does_not_open(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("x");
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "p", &box, err));
	box.content.data[NACRE_BOX_MAC] ^= 1;
	assert_refused(nacre_box_open(&box, "p", &again, err), NACRE_E_ARG, "wrong passphrase");
	box.content.len = NACRE_BOX_MAC - 1;
	assert_refused(nacre_box_open(&box, "p", &again, err), NACRE_E_FORMAT,
		"too short to be encrypted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_box_opens_with_its_passphrase_alone),
		cmocka_unit_test(an_empty_passphrase_is_a_passphrase),
		cmocka_unit_test(two_boxes_have_nothing_in_common),
		cmocka_unit_test(a_damaged_box_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
