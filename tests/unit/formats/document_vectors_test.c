/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays tests/vectors/documents: each case is a folder with one document, the media type that its
 * descriptor says if there is one, and what must come of parsing it, "ok" or "error: CODE: text":
 * or how that begins, where what follows is the JSON library's.
 */
#include "fixture.h"

#include "base/file.h"
#include "formats/config.h"
#include "formats/index.h"
#include "formats/manifest.h"

#include <dirent.h>

#define FILE_BYTES ((size_t)1 << 20)

static bool load(int dir, const char *name, struct nacre_buf *out_data)
{
	nacre_autofd int fd = -1;
	int rc = nacre_file_open_at(dir, name, &fd, NULL, NULL);

	*out_data = (struct nacre_buf)NACRE_BUF(FILE_BYTES);
	return rc == 0 && nacre_buf_read_fd(out_data, fd, NULL) == 0;
}

static int parse_manifest(const struct nacre_buf *data, const char *type, struct nacre_err *error)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_limits limits = default_limits();

	return nacre_manifest_parse(data->data, data->len, type, &limits, &manifest, error);
}

static int parse_index(const struct nacre_buf *data, const char *type, struct nacre_err *error)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	struct nacre_limits limits = default_limits();

	return nacre_index_parse(data->data, data->len, type, &limits, &index, error);
}

static int parse_config(const struct nacre_buf *data, const char *type, struct nacre_err *error)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };
	struct nacre_limits limits = default_limits();

	(void)type;
	return nacre_config_parse(data->data, data->len, &limits, &config, error);
}

static const char *code_name(int code)
{
	static const char *const names[] = { "OK", "ARG", "NOMEM", "IO", "EXISTS", "NOT_FOUND",
		"CANCELED", "FORMAT", "UNSUPPORTED", "LIMIT", "UNSAFE", "DIGEST", "UNTRUSTED" };

	assert_in_range(-code, 0, COUNT(names) - 1);
	return names[-code];
}

static void print_result(int dir, struct nacre_buf *out_text)
{
	static const struct {
		const char *file;
		int (*parse)(
			const struct nacre_buf *data, const char *type, struct nacre_err *error);
	} kinds[] = {
		{ "manifest.json", parse_manifest },
		{ "index.json", parse_index },
		{ "config.json", parse_config },
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf type = NACRE_BUF(0);
	bool typed = load(dir, "type", &type);

	if (typed)
		type.data[type.len - 1] = '\0';
	for (size_t i = 0; i < COUNT(kinds); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf data = NACRE_BUF(0);
		struct nacre_err error = { NACRE_OK, "" };
		int rc;

		if (!load(dir, kinds[i].file, &data))
			continue;
		rc = kinds[i].parse(&data, typed ? type.data : NULL, &error);
		assert_int_equal(rc, error.code);
		assert_works(rc ? nacre_buf_printf(out_text, err, "error: %s: %s\n", code_name(rc),
					  error.text)
				: nacre_buf_add_text(out_text, "ok\n", err));
	}
}

/* Returns whether the case came out as it must, and says what did not. */
static bool replay(int top, const char *name)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf want = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf got = NACRE_BUF(FILE_BYTES);
	nacre_autofd int dir = -1;
	bool is_same;

	assert_works(nacre_dir_open_at(top, name, &dir, err));
	assert_true(load(dir, "expect", &want));
	print_result(dir, &got);
	want.len -= want.len > 0 && want.data[want.len - 1] == '\n';
	is_same = want.len > 0 && got.len >= want.len && memcmp(want.data, got.data, want.len) == 0;
	if (!is_same)
		print_error(
			"%s: wants\n%s\ngot\n%s", name, want.data, got.len > 0 ? got.data : "\n");
	return is_same;
}

static int is_case(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && entry->d_name[0] != '.' && entry->d_name[0] != '_';
}

static void every_document_is_taken_or_refused_as_its_case_says(void **state)
{
	struct dirent **names = NULL;
	int count = scandir(NACRE_VECTORS "/documents", &names, is_case, alphasort), wrong = 0;
	nacre_autofd int top = -1;

	(void)state;
	assert_true(count >= 80);
	assert_works(nacre_dir_open(NACRE_VECTORS "/documents", &top, err));
	for (int i = 0; i < count; i++) {
		wrong += !replay(top, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_document_is_taken_or_refused_as_its_case_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
