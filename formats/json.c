/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON over jansson. A scan of the bytes comes first and settles what jansson does not limit;
 * jansson then decides the grammar; its values are wrapped into nodes that know where they are, for
 * messages. Emitting is done here, byte for byte. What the documents mean is their own files'
 * matter.
 */
#include "formats/json.h"

#include "base/arena.h"
#include "base/env.h"
#include "base/scope.h"
#include "base/text.h"

#include <jansson.h>

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* What a double holds exactly, as all below. */
#define EXACT_MOST (((long long)1 << 53) - 1)

struct nacre_jvalue {
	json_t *node;
	const struct nacre_jvalue *up; /* NULL for the root */
	const char *name;	       /* of a member */
	size_t index;
	struct nacre_jvalue *first;
	struct nacre_jvalue *next;
	size_t count;
};

struct nacre_json {
	json_t *root_node;
	struct nacre_arena arena;
	struct nacre_jvalue *root;
};

/* ------------------------------------------------------------ the scan before */

struct scan {
	const char *data;
	size_t len;
	const struct nacre_limits *limits;
	size_t at;
	unsigned depth;
	size_t values;
	size_t members[NACRE_JSON_DEPTH_MOST + 1];
	bool is_object[NACRE_JSON_DEPTH_MOST + 1];
	bool begun[NACRE_JSON_DEPTH_MOST + 1]; /* the element at hand is counted already */
};

void nacre_json_position(
	const void *data, size_t len, size_t offset, size_t *out_line, size_t *out_column)
{
	const char *text = data;
	size_t line = 1, column = 1;

	for (size_t i = 0; i < len && i < offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*out_line = line;
	*out_column = column;
}

static int scan_fail(
	const struct scan *scan, struct nacre_err *err, enum nacre_code code, const char *what)
{
	size_t line, column;

	nacre_json_position(scan->data, scan->len, scan->at, &line, &column);
	return nacre_fail(err, code, "%zu:%zu: %s", line, column, what);
}

static int scan_fail_limit(const struct scan *scan, struct nacre_err *err, const char *what,
	uint64_t most, const char *limit)
{
	char text[96];

	(void)snprintf(
		text, sizeof(text), "%s %llu (limit %s)", what, (unsigned long long)most, limit);
	return scan_fail(scan, err, NACRE_E_LIMIT, text);
}

static int check_characters(struct scan *scan, struct nacre_err *err)
{
	for (scan->at = 0; scan->at < scan->len;) {
		unsigned char first = (unsigned char)scan->data[scan->at];
		size_t step = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

		if (first == 0)
			return scan_fail(scan, err, NACRE_E_UNSAFE, "a NUL byte");
		if (step > scan->len - scan->at || !nacre_utf8_valid(scan->data + scan->at, step))
			return scan_fail(scan, err, NACRE_E_FORMAT, "not UTF-8");
		scan->at += step;
	}
	return 0;
}

/* The first byte of something: counts it once. A member counts with its name, not its value. */
static int count_value(struct scan *scan, struct nacre_err *err)
{
	const struct nacre_limits *limits = scan->limits;

	if (scan->begun[scan->depth])
		return 0;
	scan->begun[scan->depth] = true;
	if (++scan->values > limits->json_values)
		return scan_fail_limit(
			scan, err, "more values than", limits->json_values, "json-values");
	if (++scan->members[scan->depth] > limits->json_members && scan->is_object[scan->depth])
		return scan_fail_limit(scan, err, "an object with more members than",
			limits->json_members, "json-members");
	return 0;
}

static int scan_open(struct scan *scan, bool object, struct nacre_err *err)
{
	int rc = count_value(scan, err);

	if (rc)
		return rc;
	if (scan->depth >= scan->limits->json_depth || scan->depth == NACRE_JSON_DEPTH_MOST)
		return scan_fail_limit(scan, err, "nested deeper than", scan->depth, "json-depth");
	scan->depth++;
	scan->members[scan->depth] = 0;
	scan->is_object[scan->depth] = object;
	scan->begun[scan->depth] = false;
	return 0;
}

static int scan_close(struct scan *scan, struct nacre_err *err)
{
	if (scan->depth == 0)
		return scan_fail(scan, err, NACRE_E_FORMAT, "a bracket that nothing opened");
	scan->depth--;
	return 0;
}

static void skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->len && scan->data[scan->at] != '"'; scan->at++) {
		if (scan->data[scan->at] == '\\')
			scan->at++;
	}
}

/*
 * Finds strings and brackets, nothing more: whether what stands between them is JSON is for jansson
 * to say, which by then can be neither deep nor wide.
 */
static int scan_limits(struct scan *scan, struct nacre_err *err)
{
	int rc = 0;

	for (scan->at = 0; rc == 0 && scan->at < scan->len; scan->at++) {
		switch (scan->data[scan->at]) {
		case ' ':
		case '\t':
		case '\n':
		case '\r':
		case ':':
			break;
		case ',':
			scan->begun[scan->depth] = false;
			break;
		case '{':
		case '[':
			rc = scan_open(scan, scan->data[scan->at] == '{', err);
			break;
		case '}':
		case ']':
			rc = scan_close(scan, err);
			break;
		case '"':
			rc = count_value(scan, err);
			skip_string(scan);
			break;
		default:
			rc = count_value(scan, err);
		}
	}
	return rc;
}

/* ----------------------------------------------------------------- parsing */

static int fail_parse(const json_error_t *error, struct nacre_err *err)
{
	static const struct {
		enum json_error_code from;
		enum nacre_code to;
		const char *text; /* NULL: jansson's own */
	} rows[] = {
		{ json_error_out_of_memory, NACRE_E_NOMEM, "out of memory" },
		{ json_error_stack_overflow, NACRE_E_LIMIT, NULL },
		{ json_error_duplicate_key, NACRE_E_UNSAFE, "a name that its object has already" },
		{ json_error_null_character, NACRE_E_UNSAFE, "a NUL in a string" },
		{ json_error_null_byte_in_key, NACRE_E_UNSAFE, "a NUL in a name" },
		{ json_error_numeric_overflow, NACRE_E_FORMAT, "a number out of range" },
		{ json_error_end_of_input_expected, NACRE_E_FORMAT,
			"something behind the document" },
	};
	enum nacre_code code = NACRE_E_FORMAT;
	const char *text = error->text;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].from != json_error_code(error))
			continue;
		code = rows[i].to;
		text = rows[i].text ? rows[i].text : text;
	}
	if (error->line < 1)
		return nacre_fail(err, code, "%s", text);
	return nacre_fail(err, code, "%d:%d: %s", error->line, error->column, text);
}

/* Given here, because jansson would otherwise open a file for it, which a sandbox may not allow. */
static void seed_hashes(void)
{
	size_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed) || seed == 0)
		seed = (size_t)(uintptr_t)&seed;
	json_object_seed(seed);
}

static struct nacre_jvalue *wrap(struct nacre_json *json, json_t *node,
	const struct nacre_jvalue *up, const char *name, size_t index);

static bool wrap_members(struct nacre_json *json, struct nacre_jvalue *value)
{
	struct nacre_jvalue **tail = &value->first;
	const char *name;
	json_t *node;

	json_object_foreach(value->node, name, node)
	{
		*tail = wrap(json, node, value, name, value->count);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
		value->count++;
	}
	return true;
}

static bool wrap_elements(struct nacre_json *json, struct nacre_jvalue *value)
{
	struct nacre_jvalue **tail = &value->first;
	json_t *node;
	size_t i;

	json_array_foreach(value->node, i, node)
	{
		*tail = wrap(json, node, value, NULL, i);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
		value->count++;
	}
	return true;
}

/* Recursive, to the depth that the scan has allowed. */
static struct nacre_jvalue *wrap(struct nacre_json *json, json_t *node,
	const struct nacre_jvalue *up, const char *name, size_t index)
{
	struct nacre_jvalue *value = nacre_arena_new(&json->arena, sizeof(*value));

	if (!value)
		return NULL;
	value->node = node;
	value->up = up;
	value->name = name;
	value->index = index;
	if (json_is_object(node) && !wrap_members(json, value))
		return NULL;
	if (json_is_array(node) && !wrap_elements(json, value))
		return NULL;
	return value;
}

int nacre_json_parse(const void *data, size_t len, const struct nacre_limits *limits,
	struct nacre_json **out_json, struct nacre_err *err)
{
	const struct nacre_limits defaults = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	struct scan scan = { .data = data, .len = len, .limits = limits ? limits : &defaults };
	json_error_t error;
	int rc = check_characters(&scan, err);

	if (rc == 0)
		rc = scan_limits(&scan, err);
	if (rc)
		return rc;
	seed_hashes();
	json = calloc(1, sizeof(*json));
	if (!json)
		return nacre_fail_nomem(err);
	json->root_node = json_loadb(len > 0 ? data : "", len, JSON_REJECT_DUPLICATES, &error);
	if (!json->root_node)
		return fail_parse(&error, err);
	json->root = wrap(json, json->root_node, NULL, NULL, 0);
	if (!json->root)
		return nacre_fail_nomem(err);
	*out_json = nacre_steal(&json);
	return 0;
}

void nacre_json_free(struct nacre_json *json)
{
	if (!json)
		return;
	json_decref(json->root_node);
	nacre_arena_clear(&json->arena);
	free(json);
}

void nacre_json_freep(struct nacre_json **json)
{
	nacre_json_free(*json);
	*json = NULL;
}

const struct nacre_jvalue *nacre_json_root(const struct nacre_json *json)
{
	return json->root;
}

/* ------------------------------------------------------------------ values */

enum nacre_jtype nacre_jvalue_type(const struct nacre_jvalue *value)
{
	switch (json_typeof(value->node)) {
	case JSON_OBJECT:
		return NACRE_JOBJECT;
	case JSON_ARRAY:
		return NACRE_JARRAY;
	case JSON_STRING:
		return NACRE_JTEXT;
	case JSON_INTEGER:
		return NACRE_JINTEGER;
	case JSON_REAL:
		return NACRE_JREAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return NACRE_JBOOL;
	case JSON_NULL:
		break;
	}
	return NACRE_JNULL;
}

const char *nacre_jvalue_name(const struct nacre_jvalue *value)
{
	return value->name;
}

size_t nacre_jvalue_count(const struct nacre_jvalue *value)
{
	return value->count;
}

const struct nacre_jvalue *nacre_jvalue_first(const struct nacre_jvalue *value)
{
	return value->first;
}

const struct nacre_jvalue *nacre_jvalue_next(const struct nacre_jvalue *value)
{
	return value->next;
}

const struct nacre_jvalue *nacre_jvalue_at(const struct nacre_jvalue *value, size_t i)
{
	const struct nacre_jvalue *at = value->first;

	while (at && i-- > 0)
		at = at->next;
	return at;
}

const struct nacre_jvalue *nacre_jvalue_find(const struct nacre_jvalue *object, const char *name)
{
	if (!json_is_object(object->node))
		return NULL;
	for (const struct nacre_jvalue *at = object->first; at; at = at->next) {
		if (strcmp(at->name, name) == 0)
			return at;
	}
	return NULL;
}

#define PATH_TEXT 256

/* "layers[2].size"; a path too long loses its end. */
static void print_path(const struct nacre_jvalue *value, char text[PATH_TEXT])
{
	const struct nacre_jvalue *chain[NACRE_JSON_DEPTH_MOST + 1];
	size_t depth = 0, len = 0;

	for (; value->up && depth <= NACRE_JSON_DEPTH_MOST; value = value->up)
		chain[depth++] = value;
	text[0] = '\0';
	while (depth > 0 && len < PATH_TEXT - 1) {
		const struct nacre_jvalue *at = chain[--depth];
		char *end = text + len;

		if (at->name)
			(void)snprintf(end, PATH_TEXT - len, "%s%s", len > 0 ? "." : "", at->name);
		else
			(void)snprintf(end, PATH_TEXT - len, "[%zu]", at->index);
		len += strlen(end);
	}
}

int nacre_jvalue_fail(const struct nacre_jvalue *value, struct nacre_err *err, enum nacre_code code,
	const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)nacre_fail(err, code, "%s", text);
	return nacre_jvalue_within(value, err, code);
}

int nacre_jvalue_within(const struct nacre_jvalue *value, struct nacre_err *err, int code)
{
	char path[PATH_TEXT];

	print_path(value, path);
	return path[0] ? nacre_within(err, code, "%s", path) : code;
}

/* ------------------------------------------------------- values of some type */

int nacre_jvalue_want(
	const struct nacre_jvalue *value, enum nacre_jtype type, struct nacre_err *err)
{
	static const char *const names[] = {
		[NACRE_JNULL] = "null",
		[NACRE_JBOOL] = "true or false",
		[NACRE_JINTEGER] = "a whole number",
		[NACRE_JREAL] = "a number with a fraction",
		[NACRE_JTEXT] = "a string",
		[NACRE_JARRAY] = "an array",
		[NACRE_JOBJECT] = "an object",
	};

	if (nacre_jvalue_type(value) == type)
		return 0;
	return nacre_jvalue_fail(value, err, NACRE_E_FORMAT, "not %s", names[type]);
}

int nacre_jvalue_text(
	const struct nacre_jvalue *value, const char **out_text, struct nacre_err *err)
{
	int rc = nacre_jvalue_want(value, NACRE_JTEXT, err);

	if (rc == 0)
		*out_text = json_string_value(value->node);
	return rc;
}

int nacre_jvalue_i64(const struct nacre_jvalue *value, int64_t *out_number, struct nacre_err *err)
{
	json_int_t number;
	int rc = nacre_jvalue_want(value, NACRE_JINTEGER, err);

	if (rc)
		return rc;
	/* RFC 7493, 2.2: beyond that a reader with doubles has another number. */
	number = json_integer_value(value->node);
	if (number > EXACT_MOST || number < -EXACT_MOST)
		return nacre_jvalue_fail(value, err, NACRE_E_UNSAFE,
			"a number that not every reader holds exactly, beyond %lld", EXACT_MOST);
	*out_number = number;
	return 0;
}

int nacre_jvalue_u64(const struct nacre_jvalue *value, uint64_t *out_number, struct nacre_err *err)
{
	int64_t number = 0;
	int rc = nacre_jvalue_i64(value, &number, err);

	if (rc)
		return rc;
	if (number < 0)
		return nacre_jvalue_fail(value, err, NACRE_E_FORMAT, "not a whole number");
	*out_number = (uint64_t)number;
	return 0;
}

int nacre_jvalue_bool(const struct nacre_jvalue *value, bool *out_flag, struct nacre_err *err)
{
	int rc = nacre_jvalue_want(value, NACRE_JBOOL, err);

	if (rc == 0)
		*out_flag = json_is_true(value->node);
	return rc;
}

/* The member unless it is absent or null. */
static int find_member(const struct nacre_jvalue *object, const char *name,
	const struct nacre_jvalue **out_value, struct nacre_err *err)
{
	int rc = nacre_jvalue_want(object, NACRE_JOBJECT, err);

	if (rc)
		return rc;
	*out_value = nacre_jvalue_find(object, name);
	if (*out_value && json_is_null((*out_value)->node))
		*out_value = NULL;
	return 0;
}

/* *out_value stays NULL exactly when it fails. */
static int get_member(const struct nacre_jvalue *object, const char *name,
	const struct nacre_jvalue **out_value, struct nacre_err *err)
{
	int rc = find_member(object, name, out_value, err);

	if (rc == 0 && !*out_value)
		rc = nacre_jvalue_fail(object, err, NACRE_E_FORMAT, "%s is missing", name);
	return rc;
}

int nacre_jvalue_get(const struct nacre_jvalue *object, const char *name, enum nacre_jtype type,
	const struct nacre_jvalue **out_value, struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = get_member(object, name, &value, err);

	if (value)
		rc = nacre_jvalue_want(value, type, err);
	if (rc == 0)
		*out_value = value;
	return rc;
}

int nacre_jvalue_get_text(const struct nacre_jvalue *object, const char *name,
	const char **out_text, struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = get_member(object, name, &value, err);

	return value ? nacre_jvalue_text(value, out_text, err) : rc;
}

int nacre_jvalue_get_u64(const struct nacre_jvalue *object, const char *name, uint64_t *out_number,
	struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = get_member(object, name, &value, err);

	return value ? nacre_jvalue_u64(value, out_number, err) : rc;
}

int nacre_jvalue_find_typed(const struct nacre_jvalue *object, const char *name,
	enum nacre_jtype type, const struct nacre_jvalue **out_value, struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = find_member(object, name, &value, err);

	if (rc == 0 && value)
		rc = nacre_jvalue_want(value, type, err);
	if (rc == 0)
		*out_value = value;
	return rc;
}

int nacre_jvalue_find_text(const struct nacre_jvalue *object, const char *name,
	const char **out_text, struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = find_member(object, name, &value, err);

	if (rc == 0 && value)
		return nacre_jvalue_text(value, out_text, err);
	if (rc == 0)
		*out_text = NULL;
	return rc;
}

int nacre_jvalue_find_u64(const struct nacre_jvalue *object, const char *name, uint64_t *out_number,
	struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = find_member(object, name, &value, err);

	return rc || !value ? rc : nacre_jvalue_u64(value, out_number, err);
}

int nacre_jvalue_find_i64(const struct nacre_jvalue *object, const char *name, int64_t *out_number,
	struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = find_member(object, name, &value, err);

	return rc || !value ? rc : nacre_jvalue_i64(value, out_number, err);
}

int nacre_jvalue_find_bool(
	const struct nacre_jvalue *object, const char *name, bool *out_flag, struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = find_member(object, name, &value, err);

	return rc || !value ? rc : nacre_jvalue_bool(value, out_flag, err);
}

/*
 * One character, folded as Go's encoding/json folds it: ASCII letters, and the two others that
 * Unicode folds into ASCII, U+017F (long s) and U+212A (Kelvin).
 */
static char fold(const char **at)
{
	char c = **at;

	if (strncmp(*at, "\xc5\xbf", 2) == 0) {
		*at += 2;
		return 's';
	}
	if (strncmp(*at, "\xe2\x84\xaa", 3) == 0) {
		*at += 3;
		return 'k';
	}
	(*at)++;
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_folded(const char *a, const char *b)
{
	while (*a && *b) {
		if (fold(&a) != fold(&b))
			return false;
	}
	return *a == *b;
}

int nacre_jvalue_check_names(
	const struct nacre_jvalue *object, const char *const *known, struct nacre_err *err)
{
	int rc = nacre_jvalue_want(object, NACRE_JOBJECT, err);

	for (const struct nacre_jvalue *at = object->first; rc == 0 && at; at = at->next) {
		for (size_t i = 0; rc == 0 && known[i]; i++) {
			if (strcmp(at->name, known[i]) != 0 && same_folded(at->name, known[i]))
				rc = nacre_jvalue_fail(object, err, NACRE_E_UNSAFE,
					"'%s' differs from '%s' only in case", at->name, known[i]);
		}
	}
	return rc;
}

/* ---------------------------------------------------------------- emitting */

void nacre_jemit_clear(struct nacre_jemit *out)
{
	nacre_buf_clear(&out->buf);
	memset(out->arrays, 0, sizeof(out->arrays));
	out->depth = 0;
	out->too_deep = 0;
	out->some = false;
	out->rc = 0;
}

static void put(struct nacre_jemit *out, const void *data, size_t len)
{
	if (out->rc == 0)
		out->rc = nacre_buf_add(&out->buf, data, len, &out->err);
}

static void put_escaped(struct nacre_jemit *out, unsigned char c)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char text[8];

	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2) {
		if ((unsigned char)shorts[i] == c) {
			(void)snprintf(text, sizeof(text), "\\%c", shorts[i + 1]);
			put(out, text, 2);
			return;
		}
	}
	(void)snprintf(text, sizeof(text), "\\u%04x", c);
	put(out, text, 6);
}

static void put_string(struct nacre_jemit *out, const char *text, size_t len)
{
	size_t plain = 0;

	if (out->rc == 0 && !nacre_utf8_valid(text, len))
		out->rc = nacre_fail(&out->err, NACRE_E_FORMAT, "a text that is not UTF-8");
	put(out, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		put(out, text + plain, i - plain);
		put_escaped(out, c);
		plain = i + 1;
	}
	put(out, text + plain, len - plain);
	put(out, "\"", 1);
}

/* Whether the innermost container is an array. */
static bool in_array(const struct nacre_jemit *out)
{
	return (out->arrays[out->depth / 64] >> (out->depth % 64)) & 1;
}

/* What stands before every value: a comma, the name. */
static void begin_value(struct nacre_jemit *out, const char *name)
{
	assert(out->rc || out->depth > 0 || !out->some);
	assert(out->rc || (out->depth > 0 && !in_array(out)) == (name != NULL));
	if (out->some)
		put(out, ",", 1);
	if (name) {
		put_string(out, name, strlen(name));
		put(out, ":", 1);
	}
	out->some = true;
}

/* Bit d of `arrays` is for depth d. What is too deep is remembered as an error and not opened. */
static void open_container(struct nacre_jemit *out, const char *name, bool array)
{
	uint64_t *word, bit;

	begin_value(out, name);
	if (out->depth == NACRE_JSON_DEPTH_MOST) {
		if (out->rc == 0)
			out->rc = nacre_fail(&out->err, NACRE_E_LIMIT, "nested deeper than %d",
				NACRE_JSON_DEPTH_MOST);
		out->too_deep++;
		return;
	}
	out->depth++;
	word = &out->arrays[out->depth / 64];
	bit = (uint64_t)1 << (out->depth % 64);
	*word = array ? *word | bit : *word & ~bit;
	put(out, array ? "[" : "{", 1);
	out->some = false;
}

void nacre_jemit_object(struct nacre_jemit *out, const char *name)
{
	open_container(out, name, false);
}

void nacre_jemit_array(struct nacre_jemit *out, const char *name)
{
	open_container(out, name, true);
}

void nacre_jemit_end(struct nacre_jemit *out)
{
	if (out->too_deep > 0) {
		out->too_deep--;
		return;
	}
	assert(out->depth > 0);
	put(out, in_array(out) ? "]" : "}", 1);
	out->depth--;
	out->some = true;
}

void nacre_jemit_text_len(struct nacre_jemit *out, const char *name, const char *text, size_t len)
{
	begin_value(out, name);
	put_string(out, text, len);
}

void nacre_jemit_text(struct nacre_jemit *out, const char *name, const char *text)
{
	nacre_jemit_text_len(out, name, text, strlen(text));
}

void nacre_jemit_text_if(struct nacre_jemit *out, const char *name, const char *text)
{
	if (text && *text)
		nacre_jemit_text(out, name, text);
}

void nacre_jemit_u64(struct nacre_jemit *out, const char *name, uint64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	nacre_jemit_raw(out, name, text, strlen(text));
}

void nacre_jemit_i64(struct nacre_jemit *out, const char *name, int64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	nacre_jemit_raw(out, name, text, strlen(text));
}

void nacre_jemit_bool(struct nacre_jemit *out, const char *name, bool flag)
{
	nacre_jemit_raw(out, name, flag ? "true" : "false", flag ? 4 : 5);
}

void nacre_jemit_null(struct nacre_jemit *out, const char *name)
{
	nacre_jemit_raw(out, name, "null", 4);
}

void nacre_jemit_raw(struct nacre_jemit *out, const char *name, const void *data, size_t len)
{
	begin_value(out, name);
	put(out, data, len);
}

/* jansson prints the shortest of 17 digits, with a point whatever the locale. */
static void emit_real(struct nacre_jemit *out, const char *name, const json_t *node)
{
	nacre_autofree char *text = json_dumps(node, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));

	if (text)
		nacre_jemit_raw(out, name, text, strlen(text));
	else if (out->rc == 0)
		out->rc = nacre_fail_nomem(&out->err);
}

static void emit_container(
	struct nacre_jemit *out, const char *name, const struct nacre_jvalue *value)
{
	open_container(out, name, json_is_array(value->node));
	for (const struct nacre_jvalue *at = value->first; at && out->rc == 0; at = at->next)
		nacre_jemit_value(out, at->name, at);
	nacre_jemit_end(out);
}

void nacre_jemit_value(struct nacre_jemit *out, const char *name, const struct nacre_jvalue *value)
{
	switch (nacre_jvalue_type(value)) {
	case NACRE_JOBJECT:
	case NACRE_JARRAY:
		emit_container(out, name, value);
		break;
	case NACRE_JTEXT:
		nacre_jemit_text_len(
			out, name, json_string_value(value->node), json_string_length(value->node));
		break;
	case NACRE_JINTEGER:
		nacre_jemit_i64(out, name, json_integer_value(value->node));
		break;
	case NACRE_JREAL:
		emit_real(out, name, value->node);
		break;
	case NACRE_JBOOL:
		nacre_jemit_bool(out, name, json_is_true(value->node));
		break;
	case NACRE_JNULL:
		nacre_jemit_null(out, name);
		break;
	}
}

int nacre_jemit_finish(struct nacre_jemit *out, struct nacre_buf *out_buf, struct nacre_err *err)
{
	if (out->rc)
		return nacre_fail(err, out->err.code, "%s", out->err.text);
	assert(out->depth == 0 && out->some);
	*out_buf = nacre_buf_steal(&out->buf);
	return 0;
}
