/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "memory.h"

#include "sign/box.h"

#include <sys/mman.h>

#define PAGE_BYTES 4096

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

/* --------------------------------------------------------- where secrets lie */

static long locked_kb(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	long kb = -1;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		(void)sscanf(line, "VmLck: %ld kB", &kb);
	(void)fclose(file);
	return kb;
}

/* A sanitizer leaves mlock() out, and a limit may be too small for it. */
static bool can_lock(void)
{
	long before = locked_kb();
	void *page =
		mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool grew;

	assert_true(page != MAP_FAILED);
	grew = mlock(page, PAGE_BYTES) == 0 && locked_kb() > before;
	assert_int_equal(munmap(page, PAGE_BYTES), 0);
	return grew;
}

static void a_secret_is_locked_while_it_lives(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret secret = NACRE_SECRET;
	long before = locked_kb();

	(void)state;
	if (!can_lock()) {
		print_message("lacks mlock\n");
		skip();
	}
	assert_works(nacre_secret_new(32, &secret, err));
	assert_true(locked_kb() > before);
	nacre_secret_clear(&secret);
	assert_null(secret.data);
	assert_int_equal(locked_kb(), before);
	assert_works(nacre_secret_new(0, &secret, err));
	assert_int_equal(secret.len, 0);
}

static void a_secret_begins_as_zeros(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret secret = NACRE_SECRET;

	(void)state;
	assert_works(nacre_secret_new(PAGE_BYTES + 1, &secret, err));
	for (size_t i = 0; i < secret.len; i++)
		assert_int_equal(secret.data[i], 0);
}

static void a_secret_leaves_nothing_in_memory(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = NACRE_SECRET;
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };
	unsigned char masked[32];

	(void)state;
	assert_works(nacre_secret_new(sizeof(masked), &plain, err));
	for (size_t i = 0; i < sizeof(masked); i++) {
		masked[i] = (unsigned char)(i * 37 + 11);
		plain.data[i] = masked[i] ^ MASK;
	}
	assert_true(is_in_memory(masked));
	assert_works(nacre_box_seal(&plain, "p", &box, err));
	nacre_secret_clear(&plain);
	assert_false(is_in_memory(masked));
	assert_works(nacre_box_open(&box, "p", &again, err));
	assert_true(is_in_memory(masked));
	nacre_secret_clear(&again);
	assert_false(is_in_memory(masked));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_box_opens_with_its_passphrase_alone),
		cmocka_unit_test(an_empty_passphrase_is_a_passphrase),
		cmocka_unit_test(two_boxes_have_nothing_in_common),
		cmocka_unit_test(a_damaged_box_does_not_open),
		cmocka_unit_test(a_secret_is_locked_while_it_lives),
		cmocka_unit_test(a_secret_begins_as_zeros),
		cmocka_unit_test(a_secret_leaves_nothing_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
