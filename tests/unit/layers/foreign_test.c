/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of tests/vectors/foreign, which make.py there makes, through libarchive. */
#include "layers/foreign.h"

#include "base/file.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NFC "\xc3\xa9"
#define NFD "e\xcc\x81"
#define RAW "\xff\xfe"
#define LONG                                                                                       \
	"d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"                             \
	"d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"
#define THEN 1700000000

struct archive_case {
	int fd;
	struct nacre_limits limits;
	struct nacre_foreign *foreign;
	struct nacre_foreign_member member;
	struct nacre_err err;
};

static int open_limited(struct archive_case *c, const char *name, const struct nacre_limits *limits)
{
	char path[512];

	memset(c, 0, sizeof(*c));
	if (limits)
		c->limits = *limits;
	nacre_limits_default(&c->limits);
	assert_in_range(snprintf(path, sizeof(path), "%s/foreign/%s", NACRE_VECTORS, name), 1,
		sizeof(path) - 1);
	assert_int_equal(nacre_file_open(path, &c->fd, NULL, &c->err), 0);
	return nacre_foreign_open(c->fd, &c->limits, &c->foreign, &c->err);
}

static void open_case(struct archive_case *c, const char *name)
{
	assert_int_equal(open_limited(c, name, NULL), 0);
}

static void close_case(struct archive_case *c)
{
	nacre_foreign_free(c->foreign);
	nacre_fd_close(&c->fd);
}

static void expect_member(struct archive_case *c, const char *path, enum nacre_type type)
{
	bool has = false;

	if (nacre_foreign_next(c->foreign, &c->member, &has, &c->err))
		fail_msg("%s: %s", path, c->err.text);
	assert_true(has);
	assert_string_equal(c->member.path, path);
	assert_int_equal(c->member.type, type);
}

static void expect_end(struct archive_case *c)
{
	bool has = true;

	assert_int_equal(nacre_foreign_next(c->foreign, &c->member, &has, &c->err), 0);
	assert_false(has);
}

static void expect_content(struct archive_case *c, const void *want, size_t want_len)
{
	nacre_autofree char *got = malloc(want_len + 1);
	size_t len = 0;

	assert_non_null(got);
	assert_int_equal(c->member.size_bytes, want_len);
	assert_int_equal(nacre_source_read_full(
				 nacre_foreign_data(c->foreign), got, want_len + 1, &len, &c->err),
		0);
	assert_int_equal(len, want_len);
	assert_memory_equal(got, want, want_len);
}

/* The whole archive is read, to its end or to the error that is returned. */
static int read_all(struct archive_case *c)
{
	bool has = true;
	int rc = 0;

	while (rc == 0 && has) {
		rc = nacre_foreign_next(c->foreign, &c->member, &has, &c->err);
		if (rc == 0 && has) {
			struct nacre_sink *sink = NULL;
			uint64_t bytes = 0, counted = 0;

			assert_int_equal(nacre_sink_hash(NULL, NULL, &counted, &sink, NULL), 0);
			rc = nacre_stream_copy(
				nacre_foreign_data(c->foreign), sink, &bytes, &c->err);
			nacre_sink_free(sink);
			if (rc == 0)
				assert_int_equal(bytes, c->member.size_bytes);
		}
	}
	return rc;
}

static void expect_refused(
	const char *name, const struct nacre_limits *limits, int code, const char *text)
{
	struct archive_case c;
	int rc = open_limited(&c, name, limits);

	if (rc == 0)
		rc = read_all(&c);
	if (rc != code || strcmp(c.err.text, text) != 0)
		fail_msg("%s: %d '%s' instead of %d '%s'", name, rc, c.err.text, code, text);
	close_case(&c);
}

static void check_types(const char *name)
{
	struct archive_case c;

	open_case(&c, name);
	expect_member(&c, "./", NACRE_TYPE_DIR);
	assert_int_equal(c.member.mode, 0755);
	assert_int_equal(c.member.mtime_s, THEN);
	expect_member(&c, "bin/", NACRE_TYPE_DIR);
	assert_int_equal(c.member.mode, 01777);
	assert_int_equal(c.member.uid, 1);
	assert_int_equal(c.member.gid, 2);
	expect_member(&c, "bin/su", NACRE_TYPE_FILE);
	assert_int_equal(c.member.mode, 04755);
	assert_null(c.member.link);
	expect_content(&c, "content\n", 8);
	expect_member(&c, "bin/sh", NACRE_TYPE_SYMLINK);
	assert_string_equal(c.member.link, "../usr/bin/dash");
	assert_false(c.member.is_hard_link);
	expect_content(&c, "", 0);
	expect_member(&c, "bin/again", NACRE_TYPE_FILE);
	assert_true(c.member.is_hard_link);
	assert_string_equal(c.member.link, "bin/su");
	expect_content(&c, "", 0);
	expect_member(&c, "null", NACRE_TYPE_CHAR);
	assert_int_equal(c.member.major, 1);
	assert_int_equal(c.member.minor, 3);
	expect_member(&c, "disk", NACRE_TYPE_BLOCK);
	assert_int_equal(c.member.major, 259);
	assert_int_equal(c.member.minor, 70000);
	expect_member(&c, "pipe", NACRE_TYPE_FIFO);
	expect_member(&c, "../etc/passwd", NACRE_TYPE_FILE);
	expect_content(&c, "x", 1);
	expect_end(&c);
	expect_end(&c);
	close_case(&c);
}

static void tar_members_come_with_all_that_the_header_has(void **state)
{
	(void)state;
	check_types("types-gnu.tar");
	check_types("types-pax.tar");
}

static void names_of_a_tar_come_byte_for_byte_whatever_their_encoding(void **state)
{
	static const char *const archives[] = { "names-gnu.tar", "names-pax.tar" };
	static const char *const names[] = { NFC, NFD, RAW, LONG NFC, LONG NFD, LONG RAW };
	struct archive_case c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_case(&c, archives[i]);
		for (size_t k = 0; k < 6; k++) {
			expect_member(&c, names[k], NACRE_TYPE_FILE);
			expect_content(&c, "hi", 2);
		}
		expect_member(&c, "link", NACRE_TYPE_SYMLINK);
		assert_string_equal(c.member.link, NFD);
		expect_member(&c, "hard", NACRE_TYPE_FILE);
		assert_true(c.member.is_hard_link);
		assert_string_equal(c.member.link, NFD);
		expect_end(&c);
		close_case(&c);
	}
	open_case(&c, "names-pax-raw.tar");
	expect_member(&c, RAW, NACRE_TYPE_FILE);
	expect_end(&c);
	close_case(&c);
}

static void the_locale_of_the_process_and_of_the_thread_stay_as_they_were(void **state)
{
	locale_t mine = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = uselocale(mine);
	struct archive_case c;

	(void)state;
	open_case(&c, "names-pax.tar");
	assert_int_equal(read_all(&c), 0);
	close_case(&c);
	assert_ptr_equal(uselocale((locale_t)0), mine);
	assert_string_equal(setlocale(LC_ALL, NULL), "C");
	(void)uselocale(before);
	freelocale(mine);
}

static void times_have_nanoseconds_and_may_lie_before_1970(void **state)
{
	struct archive_case c;

	(void)state;
	open_case(&c, "time.tar");
	expect_member(&c, "x", NACRE_TYPE_FILE);
	assert_int_equal(c.member.mtime_s, THEN);
	assert_int_equal(c.member.mtime_ns, 1);
	expect_member(&c, "x", NACRE_TYPE_FILE);
	assert_true(c.member.mtime_s == -2);
	close_case(&c);
	expect_refused("time-negative-fraction.tar", NULL, NACRE_E_UNSUPPORTED,
		"x: a time before 1970 with a fraction of a second");
}

static void holes_are_read_as_zeros_up_to_the_size(void **state)
{
	char want[10000] = "ab";
	struct archive_case c;

	(void)state;
	memcpy(want + 4096, "cde", 3);
	open_case(&c, "sparse.tar");
	expect_member(&c, "sparse", NACRE_TYPE_FILE);
	expect_content(&c, want, sizeof(want));
	expect_end(&c);
	close_case(&c);
}

static void what_was_not_read_of_a_member_is_skipped(void **state)
{
	char byte;
	size_t len = 0;
	struct archive_case c;

	(void)state;
	open_case(&c, "types-gnu.tar");
	expect_member(&c, "./", NACRE_TYPE_DIR);
	expect_member(&c, "bin/", NACRE_TYPE_DIR);
	expect_member(&c, "bin/su", NACRE_TYPE_FILE);
	assert_int_equal(
		nacre_source_read(nacre_foreign_data(c.foreign), &byte, 1, &len, &c.err), 0);
	assert_int_equal(len, 1);
	assert_int_equal(byte, 'c');
	expect_member(&c, "bin/sh", NACRE_TYPE_SYMLINK);
	close_case(&c);
}

static void data_cannot_be_read_before_the_first_and_behind_the_last_member(void **state)
{
	struct archive_case c;
	char byte;
	size_t len = 1;

	(void)state;
	open_case(&c, "three.tar");
	assert_int_equal(nacre_source_read(nacre_foreign_data(c.foreign), &byte, 1, &len, &c.err),
		NACRE_E_ARG);
	assert_int_equal(len, 0);
	assert_string_equal(c.err.text, "no member is open");
	assert_int_equal(read_all(&c), 0);
	assert_int_equal(nacre_source_read(nacre_foreign_data(c.foreign), &byte, 1, &len, &c.err),
		NACRE_E_ARG);
	close_case(&c);
}

static void an_xattr_that_comes_twice_with_one_value_is_one(void **state)
{
	struct archive_case c;
	bool seen = false;

	(void)state;
	open_case(&c, "xattrs.tar");
	expect_member(&c, "x", NACRE_TYPE_FILE);
	assert_int_equal(c.member.xattrs_count, 2);
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(c.member.xattrs[i].name, "user.a") != 0)
			continue;
		seen = true;
		assert_int_equal(c.member.xattrs[i].len, 5);
		assert_memory_equal(c.member.xattrs[i].value, "one\0\n", 5);
	}
	assert_true(seen);
	close_case(&c);
	expect_refused(
		"xattr-two-values.tar", NULL, NACRE_E_UNSAFE, "x: xattr 'user.a' with two values");
}

static void posix_acls_come_as_the_xattrs_the_kernel_keeps(void **state)
{
	static const unsigned char access[] = { 2, 0, 0, 0, /* version */
		1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,	    /* user::rw- */
		2, 0, 6, 0, 7, 0, 0, 0,			    /* user:7:rw- */
		2, 0, 5, 0, 0xe9, 3, 0, 0,		    /* user:1001:r-x */
		4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,	    /* group::r-- */
		16, 0, 7, 0, 0xff, 0xff, 0xff, 0xff,	    /* mask::rwx */
		32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };	    /* other::--- */
	static const unsigned char standard[] = { 2, 0, 0, 0, 1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 4,
		0, 5, 0, 0xff, 0xff, 0xff, 0xff, 32, 0, 5, 0, 0xff, 0xff, 0xff, 0xff };
	struct archive_case c;

	(void)state;
	open_case(&c, "acl.tar");
	expect_member(&c, "x", NACRE_TYPE_FILE);
	assert_int_equal(c.member.mode, 0670); /* group: the mask */
	assert_int_equal(c.member.xattrs_count, 2);
	assert_string_equal(c.member.xattrs[0].name, "system.posix_acl_access");
	assert_int_equal(c.member.xattrs[0].len, sizeof(access));
	assert_memory_equal(c.member.xattrs[0].value, access, sizeof(access));
	assert_string_equal(c.member.xattrs[1].name, "system.posix_acl_default");
	assert_int_equal(c.member.xattrs[1].len, sizeof(standard));
	assert_memory_equal(c.member.xattrs[1].value, standard, sizeof(standard));
	close_case(&c);
	expect_refused("acl-name-only.tar", NULL, NACRE_E_UNSUPPORTED,
		"x: an ACL for a name without a number");
	expect_refused("acl-nfs4.tar", NULL, NACRE_E_UNSUPPORTED, "x: an NFSv4 ACL");
}

static void compressed_tars_and_the_data_of_a_deb_are_told_by_their_bytes(void **state)
{
	static const char *const names[] = { "wrapped.tar.gz", "wrapped.tar.bz2", "wrapped.tar.xz",
		"wrapped.tar.zst", "good.deb" };
	struct archive_case c;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		open_case(&c, names[i]);
		expect_member(&c, "usr/", NACRE_TYPE_DIR);
		expect_member(&c, "usr/file", NACRE_TYPE_FILE);
		expect_content(&c, "content\n", 8);
		expect_end(&c);
		close_case(&c);
	}
}

static void cpio_members_come_with_the_content_at_the_last_of_their_names(void **state)
{
	struct archive_case c;

	(void)state;
	open_case(&c, "types.cpio");
	expect_member(&c, "dir", NACRE_TYPE_DIR);
	expect_member(&c, "dir/" RAW, NACRE_TYPE_FILE);
	assert_int_equal(c.member.uid, 5);
	assert_int_equal(c.member.gid, 6);
	assert_int_equal(c.member.mtime_s, THEN);
	expect_content(&c, "content\n", 8);
	expect_member(&c, NFD, NACRE_TYPE_SYMLINK);
	assert_string_equal(c.member.link, NFD);
	expect_member(&c, "tty", NACRE_TYPE_CHAR);
	assert_int_equal(c.member.major, 4);
	assert_int_equal(c.member.minor, 64);
	expect_member(&c, "one", NACRE_TYPE_FILE);
	expect_content(&c, "", 0);
	expect_member(&c, "two", NACRE_TYPE_FILE);
	assert_true(c.member.is_hard_link);
	assert_string_equal(c.member.link, "one");
	expect_content(&c, "content\n", 8);
	expect_end(&c);
	close_case(&c);
}

static void zip_members_come_with_modes_and_links_and_without_a_time(void **state)
{
	nacre_autofree char *want = malloc(800);
	struct archive_case c;

	(void)state;
	assert_non_null(want);
	for (size_t i = 0; i < 100; i++)
		memcpy(want + 8 * i, "content\n", 8);
	open_case(&c, "types.zip");
	expect_member(&c, "dir/", NACRE_TYPE_DIR);
	assert_int_equal(c.member.mode, 0750);
	expect_member(&c, "dir/tool", NACRE_TYPE_FILE);
	assert_int_equal(c.member.mode, 0755);
	assert_int_equal(c.member.mtime_s, 0);
	expect_content(&c, want, 800);
	expect_member(&c, "dir/link", NACRE_TYPE_SYMLINK);
	assert_string_equal(c.member.link, "tool");
	expect_member(&c, NFC, NACRE_TYPE_FILE);
	expect_member(&c, NFC, NACRE_TYPE_FILE); /* libarchive's doing, see foreign.h */
	expect_end(&c);
	close_case(&c);
	open_case(&c, "raw-name.zip");
	expect_member(&c, RAW, NACRE_TYPE_FILE);
	expect_end(&c);
	close_case(&c);
}

static void an_archive_without_members_ends_at_once(void **state)
{
	struct archive_case c;

	(void)state;
	open_case(&c, "empty.tar");
	expect_end(&c);
	close_case(&c);
}

static void what_cannot_be_believed_is_refused_by_name(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *text;
	} rows[] = {
		{ "pax-malformed.tar", NACRE_E_FORMAT,
			"x: damaged archive: Ignoring malformed pax extended attribute" },
		{ "owner-2-32.tar", NACRE_E_UNSAFE,
			"x: owner 4294967296:0, which no file can have" },
		{ "owner-none.tar", NACRE_E_UNSAFE,
			"x: owner 0:4294967295, which no file can have" },
		{ "device-wide.tar", NACRE_E_UNSAFE,
			"d: device 4104:0, which Linux does not have" },
		{ "cut.tar", NACRE_E_FORMAT, "cut: damaged archive: Truncated tar archive" },
		{ "socket.cpio", NACRE_E_UNSUPPORTED, "run/log: a socket" },
		{ "encrypted.zip", NACRE_E_UNSUPPORTED, "secret: encrypted" },
		{ "library.a", NACRE_E_UNSUPPORTED, "an ar archive that is no Debian package" },
		{ "old.deb", NACRE_E_UNSUPPORTED, "a Debian package of another format than 2" },
		{ "no-data.deb", NACRE_E_FORMAT, "a Debian package without data" },
		{ "make.py", NACRE_E_FORMAT, "damaged archive: Unrecognized archive format" },
		{ "bomb.tar.gz", NACRE_E_LIMIT,
			"bomb: more than 100 times its compressed size (limit ratio)" },
		{ "bomb.zip", NACRE_E_LIMIT,
			"bomb: more than 100 times its compressed size (limit ratio)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_refused(rows[i].name, NULL, rows[i].code, rows[i].text);
}

/* The words are libarchive's and vary with its version; code and member do not. */
static void damage_that_libarchive_names_is_a_format_error(void **state)
{
	static const char *const names[] = { "bad-crc.zip", "not-utf8.zip", "cut.tar.gz",
		"pax-malformed-behind-name.tar" };
	struct archive_case c;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int rc = open_limited(&c, names[i], NULL);

		if (rc == 0)
			rc = read_all(&c);
		assert_int_equal(rc, NACRE_E_FORMAT);
		assert_non_null(strstr(c.err.text, "damaged archive: "));
		close_case(&c);
	}
}

static void a_bad_checksum_shows_also_when_the_end_was_not_read(void **state)
{
	char text[12];
	bool has = false;
	size_t len = 0;
	struct archive_case c;

	(void)state;
	open_case(&c, "bad-crc.zip");
	expect_member(&c, "secret", NACRE_TYPE_FILE);
	if (nacre_source_read_full(nacre_foreign_data(c.foreign), text, 12, &len, &c.err) == 0)
		assert_int_equal(len, 12);
	assert_int_equal(nacre_foreign_next(c.foreign, &c.member, &has, &c.err), NACRE_E_FORMAT);
	assert_int_equal(strncmp(c.err.text, "secret: damaged archive: ", 25), 0);
	assert_false(has);
	close_case(&c);
}

static void an_error_stays(void **state)
{
	struct archive_case c;
	bool has = true;

	(void)state;
	open_case(&c, "socket.cpio");
	assert_int_equal(read_all(&c), NACRE_E_UNSUPPORTED);
	memset(&c.err, 0, sizeof(c.err));
	assert_int_equal(
		nacre_foreign_next(c.foreign, &c.member, &has, &c.err), NACRE_E_UNSUPPORTED);
	assert_false(has);
	assert_string_equal(c.err.text, "run/log: a socket");
	close_case(&c);
}

static void each_limit_is_named(void **state)
{
	static const struct {
		const char *name;
		struct nacre_limits limits;
		const char *text;
	} rows[] = {
		{ "three.tar", { .layer_members = 2 },
			"more than 2 members (limit layer-members)" },
		{ "big.tar", { .layer_bytes = 69999 },
			"big: more than 69999 bytes (limit layer-bytes)" },
		{ "names-pax.tar", { .path_bytes = 121 },
			LONG NFC ": a path of more than 121 bytes (limit path-bytes)" },
		{ "types-gnu.tar", { .path_bytes = 14 },
			"bin/sh: a link target of more than 14 bytes (limit path-bytes)" },
		{ "xattrs.tar", { .xattrs = 1 }, "x: more than 1 xattrs (limit xattrs)" },
		{ "xattrs.tar", { .xattr_bytes = 49 },
			"x: xattrs of more than 49 bytes (limit xattr-bytes)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_refused(rows[i].name, &rows[i].limits, NACRE_E_LIMIT, rows[i].text);
}

static void limits_are_not_met_before_they_are_passed(void **state)
{
	static const struct {
		const char *name;
		struct nacre_limits limits;
	} rows[] = {
		{ "three.tar", { .layer_members = 3 } },
		{ "big.tar", { .layer_bytes = 71680 } }, /* the stream with its headers */
		{ "types-gnu.tar", { .path_bytes = 15 } },
		{ "xattrs.tar", { .xattrs = 2 } },
		{ "xattrs.tar", { .xattr_bytes = 50 } },
	};
	struct archive_case c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(open_limited(&c, rows[i].name, &rows[i].limits), 0);
		if (read_all(&c))
			fail_msg("%s: %s", rows[i].name, c.err.text);
		close_case(&c);
	}
}

static void only_a_regular_file_is_opened(void **state)
{
	struct nacre_limits limits = { .layers = 0 };
	struct nacre_foreign *foreign = NULL;
	struct nacre_err err;
	int ends[2];

	(void)state;
	nacre_limits_default(&limits);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(nacre_foreign_open(ends[0], &limits, &foreign, &err), NACRE_E_UNSUPPORTED);
	assert_string_equal(err.text, "not a regular file");
	assert_null(foreign);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(nacre_foreign_open(-1, &limits, &foreign, &err), NACRE_E_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tar_members_come_with_all_that_the_header_has),
		cmocka_unit_test(names_of_a_tar_come_byte_for_byte_whatever_their_encoding),
		cmocka_unit_test(the_locale_of_the_process_and_of_the_thread_stay_as_they_were),
		cmocka_unit_test(times_have_nanoseconds_and_may_lie_before_1970),
		cmocka_unit_test(holes_are_read_as_zeros_up_to_the_size),
		cmocka_unit_test(what_was_not_read_of_a_member_is_skipped),
		cmocka_unit_test(data_cannot_be_read_before_the_first_and_behind_the_last_member),
		cmocka_unit_test(an_xattr_that_comes_twice_with_one_value_is_one),
		cmocka_unit_test(posix_acls_come_as_the_xattrs_the_kernel_keeps),
		cmocka_unit_test(compressed_tars_and_the_data_of_a_deb_are_told_by_their_bytes),
		cmocka_unit_test(cpio_members_come_with_the_content_at_the_last_of_their_names),
		cmocka_unit_test(zip_members_come_with_modes_and_links_and_without_a_time),
		cmocka_unit_test(an_archive_without_members_ends_at_once),
		cmocka_unit_test(what_cannot_be_believed_is_refused_by_name),
		cmocka_unit_test(damage_that_libarchive_names_is_a_format_error),
		cmocka_unit_test(a_bad_checksum_shows_also_when_the_end_was_not_read),
		cmocka_unit_test(an_error_stays),
		cmocka_unit_test(each_limit_is_named),
		cmocka_unit_test(limits_are_not_met_before_they_are_passed),
		cmocka_unit_test(only_a_regular_file_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
