/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "memory.h"
#include "sign/pem.h"

#include <errno.h>

static const enum nacre_key_type made[] = { NACRE_KEY_ED25519, NACRE_KEY_P256 };

static struct nacre_buf sign_text(const struct nacre_key *key, const char *text)
{
	struct nacre_buf signature = NACRE_BUF(4096);

	assert_works(nacre_key_sign(key, text, strlen(text), &signature, err));
	return signature;
}

static void a_key_comes_back_from_its_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(made[i]);
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *again = NULL;
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *half = public_of(key);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf signature = NACRE_BUF(0);
		nacre_autofree char *text = NULL;

		assert_works(nacre_key_emit_private(key, "sesame", &text, err));
		assert_refused(nacre_key_parse(text, strlen(text), "Sesame", 0, &again, err),
			NACRE_E_ARG, "wrong passphrase");
		assert_refused(nacre_key_parse(text, strlen(text), NULL, 0, &again, err),
			NACRE_E_ARG, "an encrypted key, and no passphrase");
		assert_null(again);
		assert_works(nacre_key_parse(text, strlen(text), "sesame", 0, &again, err));
		assert_true(nacre_key_is_private(again));
		assert_false(nacre_key_is_private(half));
		assert_string_equal(nacre_key_id(again), nacre_key_id(key));
		assert_string_equal(nacre_key_id(half), nacre_key_id(key));
		assert_string_equal(nacre_key_type_name(half), i == 0 ? "Ed25519" : "P-256");
		signature = sign_text(again, "message");
		assert_true(nacre_key_verify(half, "message", 7, signature.data, signature.len));
	}
}

static void no_byte_of_a_signature_can_be_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(made[i]);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf signature = sign_text(key, "message");

		for (size_t at = 0; at < signature.len; at++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				signature.data[at] ^= (char)(1u << bit);
				assert_false(nacre_key_verify(
					key, "message", 7, signature.data, signature.len));
				signature.data[at] ^= (char)(1u << bit);
			}
		}
		for (size_t len = 0; len < signature.len; len++)
			assert_false(nacre_key_verify(key, "message", 7, signature.data, len));
		assert_works(nacre_buf_add(&signature, "", 1, err));
		assert_false(nacre_key_verify(key, "message", 7, signature.data, signature.len));
		assert_true(nacre_key_verify(key, "message", 7, signature.data, signature.len - 1));
	}
}

static void no_byte_of_a_message_can_be_changed(void **state)
{
	char message[] = "a message of some length";

	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(made[i]);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf signature = sign_text(key, message);

		for (size_t at = 0; at < strlen(message); at++) {
			message[at] ^= 1;
			assert_false(nacre_key_verify(
				key, message, strlen(message), signature.data, signature.len));
			message[at] ^= 1;
		}
		assert_true(nacre_key_verify(
			key, message, strlen(message), signature.data, signature.len));
	}
}

static void another_key_does_not_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(made); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(made[i]);
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *other = make_key(made[i]);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf signature = sign_text(key, "x");

		assert_false(nacre_key_verify(other, "x", 1, signature.data, signature.len));
	}
}

static void a_public_key_signs_nothing_and_has_no_private_half(void **state)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *half = public_of(key);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(4096);
	char *text = NULL;

	(void)state;
	assert_refused(nacre_key_sign(half, "x", 1, &signature, err), NACRE_E_ARG,
		"a public key cannot sign");
	assert_refused(nacre_key_emit_private(half, "p", &text, err), NACRE_E_ARG,
		"a public key has no private half");
	assert_refused(nacre_key_emit_private(key, NULL, &text, err), NACRE_E_ARG,
		"no passphrase to encrypt the key with");
	assert_null(text);
}

static void keys_that_do_not_work_everywhere_are_not_made(void **state)
{
	struct nacre_key *key = NULL;

	(void)state;
	assert_refused(nacre_key_new(NACRE_KEY_P384, &key, err), NACRE_E_UNSUPPORTED,
		"only Ed25519 and P-256 keys are made: others do not work everywhere");
	assert_refused(nacre_key_new(NACRE_KEY_RSA, &key, err), NACRE_E_UNSUPPORTED,
		"only Ed25519 and P-256 keys are made: others do not work everywhere");
	assert_null(key);
}

static void a_file_too_long_to_be_a_key_is_refused(void **state)
{
	nacre_autofree char *text = calloc(1, 65537);
	struct nacre_key *key = NULL;

	(void)state;
	assert_non_null(text);
	assert_refused(nacre_key_parse(text, 65537, NULL, 0, &key, err), NACRE_E_LIMIT,
		"a key of more than 65536 bytes");
}

static void a_key_that_was_read_and_written_leaves_nothing_in_memory(void **state)
{
	static const unsigned char begin[] = { 0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70,
		4, 0x22, 4, 0x20 };
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret der = NACRE_SECRET;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf pem = NACRE_BUF(4096);
	nacre_autofree char *text = NULL;
	struct nacre_key *key = NULL;
	unsigned char masked[32];

	(void)state;
	assert_works(nacre_secret_new(sizeof(begin) + sizeof(masked), &der, err));
	memcpy(der.data, begin, sizeof(begin));
	for (size_t i = 0; i < sizeof(masked); i++) {
		masked[i] = (unsigned char)(i * 29 + 3);
		der.data[sizeof(begin) + i] = masked[i] ^ MASK;
	}
	assert_works(nacre_pem_emit("PRIVATE KEY", der.data, der.len, &pem, err));
	nacre_secret_clear(&der);
	assert_false(is_in_memory(masked));
	assert_works(nacre_key_parse(pem.data, pem.len, NULL, NACRE_KEY_PLAIN, &key, err));
	assert_true(is_in_memory(masked));
	assert_works(nacre_key_emit_private(key, "p", &text, err));
	nacre_key_free(key);
	assert_false(is_in_memory(masked));
	assert_works(nacre_key_parse(text, strlen(text), "p", 0, &key, err));
	assert_true(is_in_memory(masked));
	nacre_key_free(key);
	assert_false(is_in_memory(masked));
}

/* ------------------------------------------------------------------- files */

static void in_scratch(const struct scratch *scratch, const char *name, char out_path[128])
{
	(void)snprintf(out_path, 128, "%s/%s", scratch->path, name);
}

static mode_t mode_of(const struct scratch *scratch, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(scratch->dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode;
}

static void a_pair_is_stored_with_its_modes_whatever_the_umask(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *secret = NULL;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *half = NULL;
	char path[128];
	mode_t mask = umask(0177);

	in_scratch(scratch, "release", path);
	assert_works(nacre_key_store_pair(key, path, "", err));
	(void)umask(mask);
	assert_int_equal(mode_of(scratch, "release.key"), S_IFREG | 0600);
	assert_int_equal(mode_of(scratch, "release.pub"), S_IFREG | 0644);
	in_scratch(scratch, "release.key", path);
	assert_works(nacre_key_load(path, "", 0, &secret, err));
	in_scratch(scratch, "release.pub", path);
	assert_works(nacre_key_load(path, NULL, 0, &half, err));
	assert_string_equal(nacre_key_id(secret), nacre_key_id(half));
}

static void an_existing_half_leaves_nothing_half_made(void **state)
{
	static const char *const rows[][2] = { { "a.key", "a.pub" }, { "a.pub", "a.key" } };
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	char path[128], message[128];

	in_scratch(scratch, "a", path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf kept = NACRE_BUF(0);
		nacre_autofd int fd = openat(scratch->dir, rows[i][0], O_WRONLY | O_CREAT, 0600);

		assert_int_equal(write(fd, "mine", 4), 4);
		(void)snprintf(message, sizeof(message), "%s: File exists", rows[i][0]);
		assert_refused(nacre_key_store_pair(key, path, "p", err), NACRE_E_EXISTS, message);
		assert_int_equal(faccessat(scratch->dir, rows[i][1], F_OK, 0), -1);
		assert_int_equal(errno, ENOENT);
		kept = read_all(scratch, rows[i][0]);
		assert_string_equal(kept.data, "mine");
		assert_int_equal(unlinkat(scratch->dir, rows[i][0], 0), 0);
	}
}

static void another_passphrase_replaces_what_a_link_leads_to(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *again = NULL;
	char path[128], message[256];

	in_scratch(scratch, "r", path);
	assert_works(nacre_key_store_pair(key, path, "old", err));
	assert_int_equal(fchmodat(scratch->dir, "r.key", 0644, 0), 0);
	assert_int_equal(symlinkat("r.key", scratch->dir, "link"), 0);
	in_scratch(scratch, "link", path);
	assert_works(nacre_key_store_private(key, path, "new", err));
	assert_int_equal(mode_of(scratch, "link") & S_IFMT, S_IFLNK);
	assert_int_equal(mode_of(scratch, "r.key"), S_IFREG | 0600);
	(void)snprintf(message, sizeof(message), "%s: wrong passphrase", path);
	assert_refused(nacre_key_load(path, "old", 0, &again, err), NACRE_E_ARG, message);
	assert_works(nacre_key_load(path, "new", 0, &again, err));
	assert_string_equal(nacre_key_id(again), nacre_key_id(key));
}

static void only_a_regular_file_is_replaced_and_only_by_a_private_key(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *half = public_of(key);
	char path[128], message[256];

	in_scratch(scratch, "place", path);
	(void)snprintf(message, sizeof(message), "%s: No such file or directory", path);
	assert_refused(nacre_key_store_private(key, path, "p", err), NACRE_E_NOT_FOUND, message);
	assert_int_equal(mkfifoat(scratch->dir, "place", 0644), 0);
	assert_refused(nacre_key_store_private(key, path, "p", err), NACRE_E_UNSAFE,
		"place: not a regular file");
	assert_int_equal(mode_of(scratch, "place"), S_IFIFO | 0644);
	in_scratch(scratch, "r", path);
	assert_works(nacre_key_store_pair(key, path, "p", err));
	in_scratch(scratch, "r.pub", path);
	assert_refused(nacre_key_store_private(half, path, "p", err), NACRE_E_ARG,
		"a public key has no private half");
	assert_int_equal(mode_of(scratch, "r.pub"), S_IFREG | 0644);
}

static void a_key_that_is_no_regular_file_is_not_read(void **state)
{
	const struct scratch *scratch = *state;
	struct nacre_key *key = NULL;
	char path[128], message[256];

	in_scratch(scratch, "fifo", path);
	assert_int_equal(mkfifoat(scratch->dir, "fifo", 0600), 0);
	(void)snprintf(message, sizeof(message), "%s: not a regular file", path);
	assert_refused(nacre_key_load(path, NULL, 0, &key, err), NACRE_E_UNSAFE, message);
	in_scratch(scratch, "none", path);
	(void)snprintf(message, sizeof(message), "%s: No such file or directory", path);
	assert_refused(nacre_key_load(path, NULL, 0, &key, err), NACRE_E_NOT_FOUND, message);
}

static void a_long_key_file_is_refused_by_its_name(void **state)
{
	const struct scratch *scratch = *state;
	nacre_autofd int fd = openat(scratch->dir, "long", O_WRONLY | O_CREAT, 0600);
	struct nacre_key *key = NULL;
	char path[128], message[256];

	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	in_scratch(scratch, "long", path);
	(void)snprintf(message, sizeof(message), "%s: a key of more than 65536 bytes", path);
	assert_refused(nacre_key_load(path, NULL, 0, &key, err), NACRE_E_LIMIT, message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_comes_back_from_its_files),
		cmocka_unit_test(no_byte_of_a_signature_can_be_changed),
		cmocka_unit_test(no_byte_of_a_message_can_be_changed),
		cmocka_unit_test(another_key_does_not_verify),
		cmocka_unit_test(a_public_key_signs_nothing_and_has_no_private_half),
		cmocka_unit_test(keys_that_do_not_work_everywhere_are_not_made),
		cmocka_unit_test(a_file_too_long_to_be_a_key_is_refused),
		cmocka_unit_test(a_key_that_was_read_and_written_leaves_nothing_in_memory),
		scratch_test(a_pair_is_stored_with_its_modes_whatever_the_umask),
		scratch_test(an_existing_half_leaves_nothing_half_made),
		scratch_test(another_passphrase_replaces_what_a_link_leads_to),
		scratch_test(only_a_regular_file_is_replaced_and_only_by_a_private_key),
		scratch_test(a_key_that_is_no_regular_file_is_not_read),
		scratch_test(a_long_key_file_is_refused_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
