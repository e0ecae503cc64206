/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: the same bytes each time, one meaning, and what a verified one has become meanwhile. */
#include "builder/archive.h"

#include "formats/packed.h"
#include "image_fixture.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define REF "oci:x:app:1"

static const struct nacre_limits *limits_of(void)
{
	static struct nacre_limits limits;

	limits = nacre_env_limits(NULL);
	return &limits;
}

static int open_archive(const char *path, struct nacre_layout **out_layout, struct nacre_err *err)
{
	return nacre_archive_open(path, limits_of(), out_layout, err);
}

static struct nacre_layout *must_open(const char *path)
{
	struct nacre_layout *layout = NULL;

	assert_works(open_archive(path, &layout, err));
	return layout;
}

static void copy_to(const struct nacre_layout *from, const char *to)
{
	struct nacre_ref ref = make_ref(REF), target = make_ref(to);
	struct nacre_copied copied;

	assert_works(nacre_image_copy_to(from, &ref, &target, NULL, &unsynced, &copied, err));
}

static void assert_same_file(const char *a, const char *b)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf x = read_file(a);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf y = read_file(b);

	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
}

/* A layout "d" with an image that a key has signed, and an archive "a.tar" of it. */
static struct image make_all(const struct nacre_key *key, const char *text)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	struct image image = make_image(layout, "app:1", text);
	struct nacre_ref ref = make_ref(REF);

	if (key)
		sign_image(layout, &ref, key);
	copy_to(layout, "oci-archive:a.tar");
	return image;
}

static void put_all(const struct nacre_key *key, const char *text)
{
	struct image image = make_all(key, text);

	image_clear(&image);
}

/* ------------------------------------------------------------------- writing */

static void the_same_image_makes_the_same_archive(void **state)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key();
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *other = NULL;
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *archive = NULL;
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = NULL;

	(void)state;
	put_all(key, "text");
	layout = open_layout("d");
	copy_to(layout, "oci-archive:twice.tar");
	assert_same_file("a.tar", "twice.tar");
	/* beside other images, among other blobs */
	put_image(layout, "more:1", "more");
	copy_to(layout, "oci-archive:beside.tar");
	assert_same_file("a.tar", "beside.tar");
	/* out of the archive, and through a directory */
	archive = must_open("a.tar");
	copy_to(archive, "oci-archive:again.tar");
	assert_same_file("a.tar", "again.tar");
	copy_to(archive, "oci:e");
	other = open_layout("e");
	copy_to(other, "oci-archive:through.tar");
	assert_same_file("a.tar", "through.tar");
	/* over itself */
	copy_to(archive, "oci-archive:a.tar");
	assert_same_file("a.tar", "again.tar");
}

static void an_archive_has_nobodys_owner_and_time(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);

	(void)state;
	put_all(NULL, "text");
	bytes = read_file("a.tar");
	for (size_t at = 0; at + 512 <= bytes.len && bytes.data[at];) {
		unsigned long size = strtoul(bytes.data + at + 124, NULL, 8);

		assert_int_equal(strtoul(bytes.data + at + 108, NULL, 8), 0);
		assert_int_equal(strtoul(bytes.data + at + 116, NULL, 8), 0);
		assert_int_equal(strtoul(bytes.data + at + 136, NULL, 8), 0);
		at += 512 + (size + 511) / 512 * 512;
	}
}

static void a_damaged_blob_makes_no_archive(void **state)
{
	NACRE_CLEANUP(image_clear)
	struct image image = make_all(NULL, "text");
	const struct nacre_digest *const digests[] = { &image.manifest.digest, &image.config,
		&image.layer };

	(void)state;
	for (size_t i = 0; i < COUNT(digests); i++) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = open_layout("d");
		struct nacre_ref ref = make_ref(REF), to = make_ref("oci-archive:b.tar");
		struct nacre_copied copied;
		char path[128];
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf bytes = NACRE_BUF(0);

		(void)snprintf(
			path, sizeof(path), "d/blobs/sha256/%s", nacre_digest_hex(digests[i]));
		bytes = read_file(path);
		bytes.data[bytes.len / 2] ^= 1;
		put_bytes(path, bytes.data, bytes.len);
		assert_int_equal(
			nacre_image_copy_to(layout, &ref, &to, NULL, &unsynced, &copied, NULL),
			NACRE_E_DIGEST);
		assert_false(is_there("b.tar"));
		assert_false(has_leftovers("."));
		bytes.data[bytes.len / 2] ^= 1;
		put_bytes(path, bytes.data, bytes.len);
	}
}

/* Nothing is read of a blob of no bytes, but there is only one such. */
static void a_blob_of_no_bytes_has_the_digest_of_none(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors listed = { 0 };
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors blobs = { 0 };
	struct nacre_descriptor desc = put_blob(layout, "", NACRE_MEDIA_LAYER);
	struct nacre_digest other;

	(void)state;
	nacre_digest_of("x", 1, &other);
	assert_works(nacre_descriptors_add_take(&blobs, &desc, err));
	assert_works(nacre_archive_write(layout, &listed, &blobs, "a.tar", &unsynced, err));
	assert_works(nacre_descriptor_make(NACRE_MEDIA_LAYER, &other, 0, &desc, err));
	assert_works(nacre_descriptors_add_take(&blobs, &desc, err));
	assert_int_equal(nacre_archive_write(layout, &listed, &blobs, "b.tar", &unsynced, NULL),
		NACRE_E_NOT_FOUND);
	assert_false(is_there("b.tar"));
	{
		char path[128];

		(void)snprintf(path, sizeof(path), "d/blobs/sha256/%s", nacre_digest_hex(&other));
		put_file(path, "");
	}
	assert_int_equal(nacre_archive_write(layout, &listed, &blobs, "b.tar", &unsynced, NULL),
		NACRE_E_DIGEST);
	assert_false(is_there("b.tar"));
}

/* ------------------------------------------------------------------- reading */

#define MARKER "{\"imageLayoutVersion\":\"1.0.0\"}"
#define INDEX "{\"schemaVersion\":2,\"manifests\":[]}"
#define HEX "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" /* of "x" */
#define BLOB "blobs/sha256/" HEX

struct member {
	const char *name;
	char type;
	const char *link, *content;
};

static void put_archive(const struct member *members, size_t count, const char *path)
{
	struct nacre_buf tar = NACRE_BUF((size_t)1 << 20);

	for (size_t i = 0; i < count && members[i].name; i++)
		add_tar(&tar, members[i].name, members[i].type, 0644, members[i].link,
			members[i].content);
	end_tar(&tar, path);
}

static const struct {
	struct member members[5];
	int code; /* 0: it is good */
	const char *message;
} member_rows[] = {
	{ { { "oci-layout", '0', NULL, MARKER }, { "index.json", '0', NULL, INDEX },
		  { BLOB, '0', NULL, "x" } },
		0, NULL },
	/* as others write them */
	{ { { "./oci-layout", '0', NULL, MARKER }, { "./index.json", '0', NULL, INDEX },
		  { "./blobs/", '5', NULL, NULL }, { "./" BLOB, '0', NULL, "x" } },
		0, NULL },
	{ { { "/oci-layout", '0', NULL, MARKER }, { "//index.json", '0', NULL, INDEX },
		  { "blobs//sha256/./" HEX, '0', NULL, "x" } },
		0, NULL },
	{ { { "index.json", '0', NULL, INDEX }, { BLOB, '0', NULL, "x" },
		  { "oci-layout", '0', NULL, MARKER }, { "README", '2', "/etc/passwd", NULL },
		  { "manifest.json", '0', NULL, "[" } },
		0, NULL },
	/* a name twice */
	{ { { "oci-layout", '0', NULL, MARKER }, { "index.json", '0', NULL, INDEX },
		  { "index.json", '0', NULL, INDEX } },
		NACRE_E_UNSAFE, "a: 'index.json' is in it twice" },
	{ { { "oci-layout", '0', NULL, MARKER }, { "index.json", '0', NULL, INDEX },
		  { BLOB, '0', NULL, "x" }, { "./" BLOB, '0', NULL, "y" } },
		NACRE_E_UNSAFE, "a: '" BLOB "' is in it twice" },
	{ { { "oci-layout", '0', NULL, MARKER }, { "/oci-layout", '0', NULL, MARKER } },
		NACRE_E_UNSAFE, "a: 'oci-layout' is in it twice" },
	/* something else in the place of a file */
	{ { { "oci-layout", '0', NULL, MARKER }, { "index.json", '2', "other", NULL } },
		NACRE_E_UNSAFE, "a: 'index.json' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { "other", '0', NULL, INDEX },
		  { "index.json", '1', "other", NULL } },
		NACRE_E_UNSAFE, "a: 'index.json' is not a regular file" },
	{ { { "oci-layout", '5', NULL, NULL } }, NACRE_E_UNSAFE,
		"a: 'oci-layout' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { BLOB, '5', NULL, NULL } }, NACRE_E_UNSAFE,
		"a: '" BLOB "' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { BLOB, '2', "/etc/passwd", NULL } },
		NACRE_E_UNSAFE, "a: '" BLOB "' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { BLOB, '1', "oci-layout", NULL } },
		NACRE_E_UNSAFE, "a: '" BLOB "' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { BLOB, '6', NULL, NULL } }, NACRE_E_UNSAFE,
		"a: '" BLOB "' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { BLOB, '3', NULL, NULL } }, NACRE_E_UNSAFE,
		"a: '" BLOB "' is not a regular file" },
	{ { { "oci-layout", '0', NULL, MARKER }, { ".wh.index.json", '0', NULL, NULL } },
		NACRE_E_UNSAFE, "a: 'index.json' is not a regular file" },
	/* out of it */
	{ { { "oci-layout", '0', NULL, MARKER }, { "../index.json", '0', NULL, INDEX } },
		NACRE_E_UNSAFE, "a: '../index.json': '..' in a path" },
	{ { { "oci-layout", '0', NULL, MARKER },
		  { "blobs/sha256/../../index.json", '0', NULL, INDEX } },
		NACRE_E_UNSAFE, "a: 'blobs/sha256/../../index.json': '..' in a path" },
	/* no layout */
	{ { { "index.json", '0', NULL, INDEX } }, NACRE_E_FORMAT,
		"a: no image layout: oci-layout is missing" },
	{ { { NULL, 0, NULL, NULL } }, NACRE_E_FORMAT,
		"a: no image layout: oci-layout is missing" },
	{ { { "layout/oci-layout", '0', NULL, MARKER } }, NACRE_E_FORMAT,
		"a: no image layout: oci-layout is missing" },
	{ { { "OCI-layout", '0', NULL, MARKER } }, NACRE_E_FORMAT,
		"a: no image layout: oci-layout is missing" },
	{ { { "oci-layout", '0', NULL, "{\"imageLayoutVersion\":\"2.0.0\"}" } },
		NACRE_E_UNSUPPORTED, "a: oci-layout: imageLayoutVersion: '2.0.0', not 1.0.0" },
	{ { { "oci-layout", '0', NULL, NULL } }, NACRE_E_FORMAT,
		"a: oci-layout: 1:0: '[' or '{' expected near end of file" },
};

static void an_archive_has_one_meaning_or_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(member_rows); i++) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = NULL;
		NACRE_CLEANUP(nacre_index_clear)
		struct nacre_index index = { 0 };
		struct nacre_descriptor blob = { .size_bytes = 1 };

		put_archive(member_rows[i].members, COUNT(member_rows[i].members), "a");
		if (member_rows[i].code) {
			assert_refused(open_archive("a", &layout, err), member_rows[i].code,
				member_rows[i].message);
			assert_null(layout);
			continue;
		}
		assert_works(open_archive("a", &layout, err));
		assert_true(nacre_layout_is_packed(layout));
		assert_works(nacre_layout_index(layout, limits_of(), &index, err));
		nacre_digest_of("x", 1, &blob.digest);
		assert_works(nacre_layout_check_blob(layout, &blob, NULL, err));
	}
}

static void what_is_no_archive_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		int code;
		const char *message;
	} rows[] = {
		{ "", 0, NACRE_E_FORMAT, "a: no image layout: oci-layout is missing" },
		{ "text", 4, NACRE_E_FORMAT, "a: the archive ends in the middle of a header" },
		{ "\x1f\x8b\x08\0\0\0\0\0", 8, NACRE_E_UNSUPPORTED,
			"a: an archive that is compressed (gzip): decompress it first" },
		{ "\x28\xb5\x2f\xfd\0\0\0\0", 8, NACRE_E_UNSUPPORTED,
			"a: an archive that is compressed (zstd): decompress it first" },
		{ "\xfd"
		  "7zXZ\0\0\0",
			8, NACRE_E_UNSUPPORTED,
			"a: an archive that is compressed (xz): decompress it first" },
		{ "BZh91AY&", 8, NACRE_E_UNSUPPORTED,
			"a: an archive that is compressed (bzip2): decompress it first" },
		{ "\x1f\x8b", 2, NACRE_E_UNSUPPORTED,
			"a: an archive that is compressed (gzip): decompress it first" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_layout *layout = NULL;

		put_bytes("a", rows[i].bytes, rows[i].len);
		assert_refused(open_archive("a", &layout, err), rows[i].code, rows[i].message);
		assert_null(layout);
	}
}

static void an_archive_is_a_regular_file(void **state)
{
	struct nacre_layout *layout = NULL;

	(void)state;
	put_dir("a");
	assert_int_equal(open_archive("a", &layout, NULL), NACRE_E_UNSAFE);
	assert_int_equal(mkfifo("f", 0644), 0);
	assert_int_equal(open_archive("f", &layout, NULL), NACRE_E_UNSAFE);
	assert_int_equal(open_archive("none", &layout, NULL), NACRE_E_NOT_FOUND);
	assert_null(layout);
}

/* Cut anywhere, it is refused, or has all but the members that are cut off. */
static void a_cut_archive_has_no_half_of_a_member(void **state)
{
	NACRE_CLEANUP(image_clear)
	struct image image = make_all(NULL, "text");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = read_file("a.tar");
	const struct nacre_descriptor *const desc = &image.manifest;
	size_t opened = 0;

	(void)state;
	for (size_t len = 0; len < bytes.len; len += 64) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = NULL;
		struct nacre_err err;
		int rc;

		put_bytes("cut.tar", bytes.data, len);
		rc = open_archive("cut.tar", &layout, &err);
		if (len % 512 != 0 && len < bytes.len - 1024)
			assert_int_equal(rc, NACRE_E_FORMAT);
		if (rc)
			continue;
		opened++;
		rc = nacre_layout_check_blob(layout, desc, NULL, &err);
		assert_true(rc == 0 || rc == NACRE_E_NOT_FOUND);
	}
	assert_true(opened > 0);
}

static void what_lies_beyond_the_end_is_refused(void **state)
{
	static const struct member members[] = {
		{ "oci-layout", '0', NULL, MARKER },
		{ "index.json", '0', NULL, INDEX },
		{ BLOB, '0', NULL, NULL },
	};
	static const struct {
		const char *size;
		int code;
		const char *message;
	} rows[] = {
		{ "00000002001", NACRE_E_FORMAT,
			"a: '" BLOB "': the archive ends in the middle of a member" },
		{ "77777777777", NACRE_E_FORMAT,
			"a: '" BLOB "': the archive ends in the middle of a member" },
		{ "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", NACRE_E_LIMIT,
			"a: '" BLOB "': more than 17179869184 bytes (limit layer-bytes)" },
		{ "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", NACRE_E_FORMAT,
			"a: '" BLOB "': its size is not a number" },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", NACRE_E_FORMAT,
			"a: '" BLOB "': its size is negative" },
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);

	(void)state;
	put_archive(members, COUNT(members), "a");
	bytes = read_file("a");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_layout *layout = NULL;
		char *header = bytes.data + 4 * 512;
		unsigned sum = 0;
		char text[8];

		memcpy(header + 124, rows[i].size, 12);
		memset(header + 148, ' ', 8);
		for (size_t k = 0; k < 512; k++)
			sum += (unsigned char)header[k];
		(void)snprintf(text, sizeof(text), "%06o", sum);
		memcpy(header + 148, text, 7);
		put_bytes("a", bytes.data, bytes.len);
		assert_refused(open_archive("a", &layout, err), rows[i].code, rows[i].message);
		assert_null(layout);
	}
}

/* What a pax header says the size is, it is, to where the next member begins. */
static void a_size_of_pax_counts(void **state)
{
	static const struct {
		const char *record;
		bool is_good;
	} rows[] = {
		{ "9 size=1\n", true },
		{ "9 size=0\n", false },
		{ "12 size=9999\n", false },
		{ "10 size=-1\n", false },
		{ "28 size=18446744073709551617\n", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = NULL;
		struct nacre_buf tar = NACRE_BUF((size_t)1 << 20);
		struct nacre_descriptor blob = { .size_bytes = 1 };
		const char block[512] = { 'x' };
		int rc;

		add_tar(&tar, "oci-layout", '0', 0644, NULL, MARKER);
		add_tar(&tar, "index.json", '0', 0644, NULL, INDEX);
		add_tar(&tar, "PaxHeaders/x", 'x', 0644, NULL, rows[i].record);
		/* by its own header it is empty */
		add_tar(&tar, BLOB, '0', 0644, NULL, NULL);
		assert_works(nacre_buf_add(&tar, block, sizeof(block), err));
		end_tar(&tar, "a");
		rc = open_archive("a", &layout, NULL);
		assert_int_equal(rc == 0, rows[i].is_good);
		if (rc)
			continue;
		nacre_digest_of("x", 1, &blob.digest);
		assert_works(nacre_layout_check_blob(layout, &blob, NULL, err));
	}
}

static void a_damaged_blob_of_an_archive_is_found_by_its_digest(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	size_t blobs = 0;

	(void)state;
	put_all(NULL, "text");
	bytes = read_file("a.tar");
	for (size_t at = 0; at + 512 <= bytes.len && bytes.data[at];) {
		size_t size = strtoul(bytes.data + at + 124, NULL, 8);
		struct nacre_descriptor desc = { .size_bytes = size };
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = NULL;
		struct nacre_err why;

		if (strncmp(bytes.data + at, "blobs/sha256/", 13) == 0 && size > 0) {
			char text[NACRE_DIGEST_TEXT];

			(void)snprintf(text, sizeof(text), "sha256:%.64s", bytes.data + at + 13);
			assert_works(nacre_digest_parse(text, &desc.digest, err));
			layout = must_open("a.tar");
			assert_works(nacre_layout_check_blob(layout, &desc, NULL, err));
			bytes.data[at + 512 + size - 1] ^= 0x20;
			put_bytes("a.tar", bytes.data, bytes.len);
			assert_int_equal(
				nacre_layout_check_blob(layout, &desc, NULL, &why), NACRE_E_DIGEST);
			bytes.data[at + 512 + size - 1] ^= 0x20;
			put_bytes("a.tar", bytes.data, bytes.len);
			blobs++;
		}
		at += 512 + (size + 511) / 512 * 512;
	}
	assert_int_equal(blobs, 3);
}

static void an_archive_is_read_only(void **state)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key();
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = NULL;
	struct nacre_layout_batch *batch = NULL;
	struct nacre_ref ref = make_ref(REF);

	(void)state;
	put_all(NULL, "text");
	layout = must_open("a.tar");
	assert_int_equal(nacre_batch_new(layout, &unsynced, &batch, NULL), NACRE_E_UNSUPPORTED);
	assert_refused(nacre_sign(layout, &ref, keys, 1, NULL, &unsynced, NULL, err),
		NACRE_E_UNSUPPORTED,
		"an archive cannot be changed: sign the layout, and copy that");
}

/* ------------------------------------------------------------------ swapping */

/* An image that was verified, and is about to be unpacked to "t/new". */
struct verified {
	struct nacre_key *key;
	struct nacre_layout *layout;
	struct nacre_trusted *trusted;
	struct image image;
};

static void verified_clear(struct verified *v)
{
	nacre_trusted_free(v->trusted);
	nacre_layout_free(v->layout);
	nacre_key_free(v->key);
	image_clear(&v->image);
}

static struct verified verify(bool is_archive)
{
	struct verified v = { .key = make_key() };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(v.key);
	struct nacre_ref ref = make_ref(REF);

	v.image = make_all(v.key, "the good");
	v.layout = is_archive ? must_open("a.tar") : open_layout("d");
	assert_works(nacre_verify(v.layout, &ref, policy, NULL, &unsynced, &v.trusted, err));
	put_dir("t");
	return v;
}

static int unpack(const struct verified *v, struct nacre_err *err)
{
	const struct nacre_unpack_options options = { .no_owner = true };
	struct nacre_unpacked unpacked;

	return nacre_unpack(v->layout, v->trusted, "t/new", &options, &unsynced, &unpacked, err);
}

static void assert_good_tree(void)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = read_file("t/new/etc/motd");

	assert_string_equal(text.data, "the good");
	assert_false(has_leftovers("t"));
}

static void assert_nothing_there(void)
{
	nacre_autofree char *text = snapshot("t");

	assert_string_equal(text, "");
}

static void an_archive_that_is_renamed_over_is_not_seen(void **state)
{
	NACRE_CLEANUP(verified_clear)
	struct verified v = verify(true);
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("evil");

	(void)state;
	put_image(layout, "app:1", "the evil");
	copy_to(layout, "oci-archive:a.tar");
	assert_works(unpack(&v, err));
	assert_good_tree();
}

/* All of an archive's bytes become those of another, or all become zeros, or it is cut. */
static void an_archive_that_is_written_over_is_not_unpacked(void **state)
{
	NACRE_CLEANUP(verified_clear)
	struct verified v = verify(true);
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("evil");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf good = read_file("a.tar");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	nacre_autofree char *zeros = calloc(1, good.len);

	(void)state;
	put_image(layout, "app:1", "the evil");
	copy_to(layout, "oci-archive:evil.tar");
	bytes = read_file("evil.tar");
	put_bytes("a.tar", bytes.data, bytes.len);
	assert_int_not_equal(unpack(&v, NULL), 0);
	assert_nothing_there();
	put_bytes("a.tar", zeros, good.len);
	assert_int_not_equal(unpack(&v, NULL), 0);
	assert_nothing_there();
	put_bytes("a.tar", good.data, 0);
	assert_int_not_equal(unpack(&v, NULL), 0);
	assert_nothing_there();
	put_bytes("a.tar", good.data, good.len);
	assert_works(unpack(&v, err));
	assert_good_tree();
}

/* The bytes of a blob, where they lie: in the archive, or in a file of their own. */
static void overwrite(
	bool is_archive, const struct nacre_digest *digest, const char *from, const char *to)
{
	char path[128];
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	char *blob, *at;

	(void)snprintf(path, sizeof(path), "blobs/sha256/%s", nacre_digest_hex(digest));
	if (is_archive) {
		bytes = read_file("a.tar");
		blob = memmem(bytes.data, bytes.len, path, strlen(path));
		assert_non_null(blob);
	} else {
		(void)snprintf(path, sizeof(path), "d/blobs/sha256/%s", nacre_digest_hex(digest));
		bytes = read_file(path);
		blob = bytes.data;
	}
	at = memmem(blob, bytes.len - (size_t)(blob - bytes.data), from, strlen(from));
	assert_non_null(at);
	memcpy(at, to, strlen(to));
	put_bytes(is_archive ? "a.tar" : path, bytes.data, bytes.len);
}

/*
 * What was verified is in memory; the layer is not, and is proven as it is unpacked. So the tree is
 * the good one, or none.
 */
static void no_blob_can_be_changed_between_verifying_and_unpacking(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = { { "\"size\":", "\"Size\":" }, { "amd64", "evil4" },
		{ "the good", "the evil" } };

	for (unsigned i = 0; i < 2 * COUNT(rows); i++) {
		NACRE_CLEANUP(verified_clear)
		struct verified v = verify(i % 2);
		const struct nacre_digest *const digests[] = { &v.image.manifest.digest,
			&v.image.config, &v.image.layer };
		int rc;

		overwrite(i % 2, digests[i / 2], rows[i / 2].from, rows[i / 2].to);
		rc = unpack(&v, NULL);
		if (rc == 0)
			assert_good_tree();
		else
			assert_nothing_there();
		if (i / 2 == 2)
			assert_int_equal(rc, NACRE_E_DIGEST);
		/* who verifies again finds it out in any case */
		if (i / 2 < 2) {
			NACRE_CLEANUP(nacre_policy_freep)
			struct nacre_policy *policy = make_policy(v.key);
			struct nacre_trusted *trusted = NULL;
			struct nacre_ref ref = make_ref(REF);

			assert_int_equal(nacre_verify(v.layout, &ref, policy, NULL, &unsynced,
						 &trusted, NULL),
				NACRE_E_DIGEST);
			assert_null(trusted);
		}
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

static void a_name_that_is_moved_between_verifying_and_unpacking_does_not_matter(void **state)
{
	NACRE_CLEANUP(verified_clear)
	struct verified v = verify(false);

	(void)state;
	put_image(v.layout, "app:1", "the evil");
	assert_works(unpack(&v, err));
	assert_good_tree();
}

/* The layer written over and over, good and evil by turns; as long as the test lives. */
static void flip_forever(const char *path, off_t at)
{
	nacre_autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0;; i++) {
		if (pwrite(fd, i % 2 ? "the good" : "the evil", 8, at) != 8)
			_exit(1);
		(void)usleep(i * 7919 % 3000);
	}
}

static pid_t start_flipping(const char *path, off_t at)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		flip_forever(path, at);
	return pid;
}

static void a_layer_that_changes_all_the_time_is_the_good_one_or_none(void **state)
{
	NACRE_CLEANUP(verified_clear)
	struct verified v = verify(true);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = read_file("a.tar");
	char *at = memmem(bytes.data, bytes.len, "the good", 8);
	const struct nacre_unpack_options options = { .no_owner = true };
	pid_t pid;

	(void)state;
	assert_non_null(at);
	pid = start_flipping("a.tar", at - bytes.data);
	for (unsigned i = 0; i < 40; i++) {
		char target[32], path[64];
		struct nacre_unpacked unpacked;
		int rc;

		(void)snprintf(target, sizeof(target), "t/%u", i);
		rc = nacre_unpack(
			v.layout, v.trusted, target, &options, &unsynced, &unpacked, NULL);
		if (rc) {
			assert_int_equal(rc, NACRE_E_DIGEST);
			assert_false(is_there(target));
		} else {
			NACRE_CLEANUP(nacre_buf_clear)
			struct nacre_buf text = NACRE_BUF(0);

			(void)snprintf(path, sizeof(path), "%s/etc/motd", target);
			text = read_file(path);
			assert_string_equal(text.data, "the good");
		}
		assert_false(has_leftovers("t"));
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_same_image_makes_the_same_archive),
		scratch_test(an_archive_has_nobodys_owner_and_time),
		scratch_test(a_damaged_blob_makes_no_archive),
		scratch_test(a_blob_of_no_bytes_has_the_digest_of_none),
		scratch_test(an_archive_has_one_meaning_or_is_refused),
		scratch_test(what_is_no_archive_is_refused),
		scratch_test(an_archive_is_a_regular_file),
		scratch_test(a_cut_archive_has_no_half_of_a_member),
		scratch_test(what_lies_beyond_the_end_is_refused),
		scratch_test(a_size_of_pax_counts),
		scratch_test(a_damaged_blob_of_an_archive_is_found_by_its_digest),
		scratch_test(an_archive_is_read_only),
		scratch_test(an_archive_that_is_renamed_over_is_not_seen),
		scratch_test(an_archive_that_is_written_over_is_not_unpacked),
		scratch_test(no_blob_can_be_changed_between_verifying_and_unpacking),
		scratch_test(a_name_that_is_moved_between_verifying_and_unpacking_does_not_matter),
		scratch_test(a_layer_that_changes_all_the_time_is_the_good_one_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
