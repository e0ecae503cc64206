/* SPDX-License-Identifier: Apache-2.0 */
/* The strict reader and the emitter. */
#include "fixture.h"

#include "formats/json.h"

static int parse(const char *text, struct nacre_json **json, struct nacre_err *err)
{
	return nacre_json_parse(text, strlen(text), NULL, json, err);
}

static struct nacre_json *must_parse(const char *text)
{
	struct nacre_json *json = NULL;

	assert_works(parse(text, &json, err));
	return json;
}

static void a_mistake_is_reported_with_line_and_column(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ "{\"a\":1,\n \"a\":2}", NACRE_E_UNSAFE,
			"2:4: a name that its object has already" },
		{ "{\"a\":\"\\u0000\"}", NACRE_E_UNSAFE, "1:13: a NUL in a string" },
		{ "{\"\xff\":1}", NACRE_E_FORMAT, "1:3: not UTF-8" },
		{ "{\"\xed\xa0\x80\":1}", NACRE_E_FORMAT, "1:3: not UTF-8" },
		{ "{}\n {}", NACRE_E_FORMAT, "2:2: something behind the document" },
		{ "{\"a\":123456789012345678901}", NACRE_E_FORMAT, "1:26: a number out of range" },
		{ "]", NACRE_E_FORMAT, "1:1: a bracket that nothing opened" },
		{ "{}}", NACRE_E_FORMAT, "1:3: a bracket that nothing opened" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_json *json = NULL;

		assert_refused(parse(rows[i].text, &json, err), rows[i].code, rows[i].message);
		assert_null(json);
	}
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const texts[] = { "", " ", "1", "\"a\"", "null", "{", "[1,]",
		"{\"a\":1,}", "{'a':1}", "{a:1}", "[01]", "[NaN]", "[\"\t\"]", "[\"\\ud800\"]",
		"// c\n{}", "\xef\xbb\xbf{}", "{\"a\" 1}", "[+1]", "[1e999]", "[\"a" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct nacre_json *json = NULL;

		assert_int_equal(parse(texts[i], &json, NULL), NACRE_E_FORMAT);
		assert_null(json);
	}
}

static void a_nul_byte_is_not_an_end(void **state)
{
	struct nacre_json *json = NULL;

	(void)state;
	assert_refused(
		nacre_json_parse("{}\0{", 4, NULL, &json, err), NACRE_E_UNSAFE, "1:3: a NUL byte");
}

static void repeat(struct nacre_buf *buf, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		assert_works(nacre_buf_add_text(buf, text, err));
}

static void depth_64_is_the_most(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(1 << 20);
	struct nacre_json *json = NULL;

	(void)state;
	repeat(&buf, "[", 64);
	repeat(&buf, "]", 64);
	assert_works(nacre_json_parse(buf.data, buf.len, NULL, &json, err));
	nacre_json_free(json);
	buf.len = 0;
	repeat(&buf, "[", 65);
	repeat(&buf, "]", 65);
	assert_refused(nacre_json_parse(buf.data, buf.len, NULL, &json, err), NACRE_E_LIMIT,
		"1:65: nested deeper than 64 (limit json-depth)");
}

static void ten_thousand_members_are_the_most(void **state)
{
	for (int extra = 0; extra < 2; extra++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf buf = NACRE_BUF(1 << 20);
		struct nacre_json *json = NULL;

		repeat(&buf, "{", 1);
		for (int i = 0; i < 10000 + extra; i++)
			assert_works(
				nacre_buf_printf(&buf, err, "%s\"%d\":[{}]", i > 0 ? "," : "", i));
		repeat(&buf, "}", 1);
		assert_int_equal(nacre_json_parse(buf.data, buf.len, NULL, &json, NULL),
			extra ? NACRE_E_LIMIT : 0);
		if (!extra)
			assert_int_equal(nacre_jvalue_count(nacre_json_root(json)), 10000);
		nacre_json_free(json);
	}
	(void)state;
}

static void two_hundred_thousand_values_are_the_most(void **state)
{
	for (int extra = 0; extra < 2; extra++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf buf = NACRE_BUF(1 << 20);
		struct nacre_json *json = NULL;

		/* The array is a value, too. */
		repeat(&buf, "[1", 1);
		repeat(&buf, ",1", (size_t)(200000 - 2 + extra));
		repeat(&buf, "]", 1);
		assert_int_equal(nacre_json_parse(buf.data, buf.len, NULL, &json, NULL),
			extra ? NACRE_E_LIMIT : 0);
		nacre_json_free(json);
	}
	(void)state;
}

static void limits_can_be_set_and_are_named(void **state)
{
	/* Depth 3, at most 2 members in an object, 6 values: the root, a, its two, the object, x.
	 */
	static const char text[] = "{\"a\":[1,{\"x\":2}],\"b\":3}";
	static const struct {
		const char *name;
		uint64_t most;
		const char *message;
	} rows[] = {
		{ "json-depth", 3, "1:9: nested deeper than 2 (limit json-depth)" },
		{ "json-members", 2,
			"1:18: an object with more members than 1 (limit json-members)" },
		{ "json-values", 6, "1:18: more values than 5 (limit json-values)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_limits limits = default_limits();
		struct nacre_json *json = NULL;

		assert_works(nacre_limits_set(&limits, rows[i].name, rows[i].most, err));
		assert_works(nacre_json_parse(text, strlen(text), &limits, &json, err));
		nacre_json_free(json);
		json = NULL;
		assert_works(nacre_limits_set(&limits, rows[i].name, rows[i].most - 1, err));
		assert_refused(nacre_json_parse(text, strlen(text), &limits, &json, err),
			NACRE_E_LIMIT, rows[i].message);
		assert_null(json);
	}
}

static void what_the_greatest_depth_allows_is_read_and_emitted(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(1 << 20), again = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(1 << 20);
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	struct nacre_limits limits = default_limits();

	(void)state;
	assert_works(nacre_limits_set(&limits, "json-depth", NACRE_JSON_DEPTH_MOST, err));
	repeat(&buf, "[{\"a\":", NACRE_JSON_DEPTH_MOST / 2);
	repeat(&buf, "1", 1);
	repeat(&buf, "}]", NACRE_JSON_DEPTH_MOST / 2);
	assert_works(nacre_json_parse(buf.data, buf.len, &limits, &json, err));
	nacre_jemit_value(&out, NULL, nacre_json_root(json));
	assert_works(nacre_jemit_finish(&out, &again, err));
	assert_string_equal(again.data, buf.data);
}

static void brackets_in_strings_do_not_count(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(1 << 20);
	struct nacre_json *json = NULL;

	(void)state;
	repeat(&buf, "[\"\\\"", 1);
	repeat(&buf, "[{", 100);
	repeat(&buf, "\"]", 1);
	assert_works(nacre_json_parse(buf.data, buf.len, NULL, &json, err));
	nacre_json_free(json);
}

static void an_error_names_the_place_of_the_value(void **state)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = must_parse("{\"layers\":[{},{\"size\":\"x\",\"neg\":-1,\"r\":1.5,"
					     "\"z\":null}],\"n\":7}");
	const struct nacre_jvalue *root = nacre_json_root(json), *layer;
	uint64_t number = 5;
	const char *text = "before";

	(void)state;
	layer = nacre_jvalue_at(nacre_jvalue_find(root, "layers"), 1);
	assert_refused(nacre_jvalue_get_u64(layer, "size", &number, err), NACRE_E_FORMAT,
		"layers[1].size: not a whole number");
	assert_refused(nacre_jvalue_get_u64(layer, "neg", &number, err), NACRE_E_FORMAT,
		"layers[1].neg: not a whole number");
	assert_refused(nacre_jvalue_find_u64(layer, "r", &number, err), NACRE_E_FORMAT,
		"layers[1].r: not a whole number");
	assert_refused(nacre_jvalue_get_text(layer, "digest", &text, err), NACRE_E_FORMAT,
		"layers[1]: digest is missing");
	assert_refused(nacre_jvalue_get_text(layer, "z", &text, err), NACRE_E_FORMAT,
		"layers[1]: z is missing");
	assert_refused(
		nacre_jvalue_get_text(root, "n", &text, err), NACRE_E_FORMAT, "n: not a string");
	assert_refused(
		nacre_jvalue_get_text(root, "gone", &text, err), NACRE_E_FORMAT, "gone is missing");
	assert_refused(nacre_jvalue_want(root, NACRE_JARRAY, err), NACRE_E_FORMAT, "not an array");
	assert_int_equal(number, 5);
	assert_string_equal(text, "before");
}

static void null_and_absent_members_are_no_value(void **state)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = must_parse("{\"z\":null,\"t\":\"x\",\"b\":true}");
	const struct nacre_jvalue *root = nacre_json_root(json);
	const char *text = "before";
	uint64_t number = 5;
	bool flag = false;

	(void)state;
	assert_works(nacre_jvalue_find_text(root, "z", &text, err));
	assert_null(text);
	assert_works(nacre_jvalue_find_text(root, "t", &text, err));
	assert_string_equal(text, "x");
	assert_works(nacre_jvalue_find_u64(root, "T", &number, err));
	assert_int_equal(number, 5);
	assert_works(nacre_jvalue_find_bool(root, "b", &flag, err));
	assert_true(flag);
	assert_refused(nacre_jvalue_find_bool(root, "t", &flag, err), NACRE_E_FORMAT,
		"t: not true or false");
}

static void names_that_differ_only_in_case_are_refused(void **state)
{
	static const char *const known[] = { "layers", "links", NULL };
	static const struct {
		const char *text;
		const char *message; /* NULL: accepted */
	} rows[] = {
		{ "{\"layers\":1,\"Layer\":2}", NULL },
		{ "{\"LAYERS\":1}", "'LAYERS' differs from 'layers' only in case" },
		{ "{\"layer\xc5\xbf\":1}", "'layer\xc5\xbf' differs from 'layers' only in case" },
		{ "{\"lin\xe2\x84\xaas\":1}",
			"'lin\xe2\x84\xaas' differs from 'links' only in case" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_json_freep)
		struct nacre_json *json = must_parse(rows[i].text);
		const struct nacre_jvalue *root = nacre_json_root(json);

		if (rows[i].message)
			assert_refused(nacre_jvalue_check_names(root, known, err), NACRE_E_UNSAFE,
				rows[i].message);
		else
			assert_works(nacre_jvalue_check_names(root, known, err));
	}
}

static void emitted_bytes_are_exact(void **state)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(1 << 20);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "t", "\"\\/\b\f\n\r\t\x01\x1f\x7f<\xc3\xa9>");
	nacre_jemit_text_if(&out, "gone", "");
	nacre_jemit_array(&out, "a");
	nacre_jemit_u64(&out, NULL, UINT64_MAX);
	nacre_jemit_i64(&out, NULL, INT64_MIN);
	nacre_jemit_object(&out, NULL);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	nacre_jemit_bool(&out, "b", true);
	nacre_jemit_null(&out, "n");
	nacre_jemit_raw(&out, "r", "[1]", 3);
	nacre_jemit_end(&out);
	assert_works(nacre_jemit_finish(&out, &buf, err));
	assert_string_equal(buf.data,
		"{\"t\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f<\xc3\xa9>\","
		"\"a\":[18446744073709551615,-9223372036854775808,{}],\"b\":true,\"n\":null,"
		"\"r\":[1]}");
}

static void a_value_is_spliced_in_its_own_order(void **state)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = must_parse(
		"{ \"z\" : [1, -2, 1.5, 1e30, true, null],\n\"a\":{\"\\u00e9\":\"\\n\"} }");
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(1 << 20);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	nacre_jemit_value(&out, NULL, nacre_json_root(json));
	assert_works(nacre_jemit_finish(&out, &buf, err));
	assert_string_equal(
		buf.data, "{\"z\":[1,-2,1.5,1e30,true,null],\"a\":{\"\xc3\xa9\":\"\\n\"}}");
}

static void what_went_wrong_on_the_way_is_told_at_the_end(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);
	struct nacre_jemit out = NACRE_JEMIT(1 << 20), small = NACRE_JEMIT(8),
			   deep = NACRE_JEMIT(1 << 20);

	(void)state;
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "t", "\xff");
	nacre_jemit_end(&out);
	assert_refused(
		nacre_jemit_finish(&out, &buf, err), NACRE_E_FORMAT, "a text that is not UTF-8");
	nacre_jemit_clear(&out);
	nacre_jemit_array(&small, NULL);
	nacre_jemit_text(&small, NULL, "0123456789");
	nacre_jemit_end(&small);
	assert_refused(nacre_jemit_finish(&small, &buf, err), NACRE_E_LIMIT, "more than 8 bytes");
	nacre_jemit_clear(&small);
	for (int i = 0; i < 1003; i++)
		nacre_jemit_array(&deep, NULL);
	for (int i = 0; i < 1003; i++)
		nacre_jemit_end(&deep);
	assert_refused(
		nacre_jemit_finish(&deep, &buf, err), NACRE_E_LIMIT, "nested deeper than 1000");
	nacre_jemit_clear(&deep);
	assert_null(buf.data);
}

static void positions_count_characters(void **state)
{
	static const char text[] = "a\n\xc3\xa9\xc3\xa9x";
	size_t line = 0, column = 0;

	(void)state;
	nacre_json_position(text, sizeof(text) - 1, 6, &line, &column);
	assert_int_equal(line, 2);
	assert_int_equal(column, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mistake_is_reported_with_line_and_column),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(a_nul_byte_is_not_an_end),
		cmocka_unit_test(depth_64_is_the_most),
		cmocka_unit_test(ten_thousand_members_are_the_most),
		cmocka_unit_test(two_hundred_thousand_values_are_the_most),
		cmocka_unit_test(limits_can_be_set_and_are_named),
		cmocka_unit_test(what_the_greatest_depth_allows_is_read_and_emitted),
		cmocka_unit_test(brackets_in_strings_do_not_count),
		cmocka_unit_test(an_error_names_the_place_of_the_value),
		cmocka_unit_test(null_and_absent_members_are_no_value),
		cmocka_unit_test(names_that_differ_only_in_case_are_refused),
		cmocka_unit_test(emitted_bytes_are_exact),
		cmocka_unit_test(a_value_is_spliced_in_its_own_order),
		cmocka_unit_test(what_went_wrong_on_the_way_is_told_at_the_end),
		cmocka_unit_test(positions_count_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
