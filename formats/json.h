/* SPDX-License-Identifier: Apache-2.0 */
/**
 * JSON documents: a strict reader and an emitter with exact bytes.
 *
 * The reader refuses whatever two readers could take differently (duplicate names, NUL, ill-formed
 * UTF-8, anything behind the document) and whatever could blow up, before the JSON library sees a
 * byte: the limits json-depth, json-members and json-values. Names are compared exactly, case and
 * all. An optional member that is null counts as absent, because Go writes empty members so.
 */
#ifndef NACRE_FORMATS_JSON_H
#define NACRE_FORMATS_JSON_H

#include "base/buf.h"

/** The most that json-depth can be set to, and what is emitted. */
#define NACRE_JSON_DEPTH_MOST 1000

/* ----------------------------------------------------------------- reading */

struct nacre_json;   /* a document */
struct nacre_jvalue; /* a value in it, which lives as long as the document */

enum nacre_jtype {
	NACRE_JNULL,
	NACRE_JBOOL,
	NACRE_JINTEGER,
	NACRE_JREAL,
	NACRE_JTEXT,
	NACRE_JARRAY,
	NACRE_JOBJECT,
};

/**
 * Parses one document, which is an object or an array.
 *
 * @param limits  json_depth, json_members, json_values, none zero; NULL: the defaults
 * Errors: FORMAT with "LINE:COLUMN: …" in front; LIMIT; UNSAFE (duplicate name, NUL); NOMEM.
 * Spec:   RFC 8259; RFC 7493 (I-JSON), sections 2.1 and 2.3.
 */
NACRE_CHECKED int nacre_json_parse(const void *data, size_t len, const struct nacre_limits *limits,
	struct nacre_json **out_json, struct nacre_err *err);
void nacre_json_free(struct nacre_json *json);
void nacre_json_freep(struct nacre_json **json);
const struct nacre_jvalue *nacre_json_root(const struct nacre_json *json);

/**
 * Where in a text an offset is: lines and columns from 1, columns in characters. For messages.
 */
void nacre_json_position(
	const void *data, size_t len, size_t offset, size_t *out_line, size_t *out_column);

enum nacre_jtype nacre_jvalue_type(const struct nacre_jvalue *value);

/** The name of an object's member; NULL for all else. */
const char *nacre_jvalue_name(const struct nacre_jvalue *value);

/** Members of an object or elements of an array; 0 for all else. */
size_t nacre_jvalue_count(const struct nacre_jvalue *value);

/** The first member or element, in the order of the document; NULL when there is none. */
const struct nacre_jvalue *nacre_jvalue_first(const struct nacre_jvalue *value);
const struct nacre_jvalue *nacre_jvalue_next(const struct nacre_jvalue *value);

/** The element or member number i; NULL past the last. */
const struct nacre_jvalue *nacre_jvalue_at(const struct nacre_jvalue *value, size_t i);

/** The member of that name, null or not; NULL when there is none, or no object. */
const struct nacre_jvalue *nacre_jvalue_find(const struct nacre_jvalue *object, const char *name);

/**
 * Refuses an object that has a member whose name differs from one of `known` only in case: readers
 * that fold case, as Go's does, would take it for that one.
 *
 * @param known  NULL-terminated, ASCII
 * Errors: FORMAT (not an object); UNSAFE.
 */
NACRE_CHECKED int nacre_jvalue_check_names(
	const struct nacre_jvalue *object, const char *const *known, struct nacre_err *err);

/** Starts a message with where the value is, "layers[2].size: …", and returns `code`. */
int nacre_jvalue_fail(const struct nacre_jvalue *value, struct nacre_err *err, enum nacre_code code,
	const char *fmt, ...) NACRE_PRINTF(4, 5);

/** Puts where the value is in front of the message there is, and returns `code`. */
int nacre_jvalue_within(const struct nacre_jvalue *value, struct nacre_err *err, int code);

/** The value itself. Errors: FORMAT ("layers[2].size: not a whole number"). */
NACRE_CHECKED int nacre_jvalue_want(
	const struct nacre_jvalue *value, enum nacre_jtype type, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_text(
	const struct nacre_jvalue *value, const char **out_text, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_u64(
	const struct nacre_jvalue *value, uint64_t *out_number, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_i64(
	const struct nacre_jvalue *value, int64_t *out_number, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_bool(
	const struct nacre_jvalue *value, bool *out_flag, struct nacre_err *err);

/**
 * A member that must be there. `object` must be an object, else that is the error.
 *
 * Errors: FORMAT ("config: size is missing", "size: not a whole number").
 */
NACRE_CHECKED int nacre_jvalue_get(const struct nacre_jvalue *object, const char *name,
	enum nacre_jtype type, const struct nacre_jvalue **out_value, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_get_text(const struct nacre_jvalue *object, const char *name,
	const char **out_text, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_get_u64(const struct nacre_jvalue *object, const char *name,
	uint64_t *out_number, struct nacre_err *err);

/**
 * A member that may be absent or null: then the result is NULL, or left as it was for numbers and
 * flags. Errors: FORMAT (there, but of another type).
 */
NACRE_CHECKED int nacre_jvalue_find_typed(const struct nacre_jvalue *object, const char *name,
	enum nacre_jtype type, const struct nacre_jvalue **out_value, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_find_text(const struct nacre_jvalue *object, const char *name,
	const char **out_text, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_find_u64(const struct nacre_jvalue *object, const char *name,
	uint64_t *out_number, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_find_i64(const struct nacre_jvalue *object, const char *name,
	int64_t *out_number, struct nacre_err *err);
NACRE_CHECKED int nacre_jvalue_find_bool(
	const struct nacre_jvalue *object, const char *name, bool *out_flag, struct nacre_err *err);

/* ---------------------------------------------------------------- emitting */

/**
 * A document that is being made: compact, members in the order given. A mistake or a lack of
 * memory is remembered and told by nacre_jemit_finish(), so nothing need be checked on the way.
 *
 *	NACRE_CLEANUP(nacre_jemit_clear) struct nacre_jemit out = NACRE_JEMIT(max);
 *
 *	nacre_jemit_object(&out, NULL);
 *	nacre_jemit_text(&out, "mediaType", media_type);
 *	nacre_jemit_array(&out, "layers");
 *	…
 *	nacre_jemit_end(&out);
 *	nacre_jemit_end(&out);
 *	return nacre_jemit_finish(&out, out_buf, err);
 */
struct nacre_jemit {
	struct nacre_buf buf;
	uint64_t arrays[NACRE_JSON_DEPTH_MOST / 64 + 1]; /* a bit a depth: it is an array */
	unsigned depth;
	unsigned too_deep; /* containers that were not opened */
	bool some;	   /* something stands before, in the container at hand */
	int rc;
	struct nacre_err err;
};

#define NACRE_JEMIT(max_bytes)                                                                     \
	{                                                                                          \
		.buf = NACRE_BUF(max_bytes)                                                        \
	}

void nacre_jemit_clear(struct nacre_jemit *out);

/** In all of these `name` is that of the member in an object, and NULL in an array and at the top.
 */
void nacre_jemit_object(struct nacre_jemit *out, const char *name);
void nacre_jemit_array(struct nacre_jemit *out, const char *name);

/** Ends the innermost object or array. */
void nacre_jemit_end(struct nacre_jemit *out);

/** The text must be UTF-8; only what must be escaped is. */
void nacre_jemit_text(struct nacre_jemit *out, const char *name, const char *text);
void nacre_jemit_text_len(struct nacre_jemit *out, const char *name, const char *text, size_t len);

/** The same, but nothing at all for NULL and "". */
void nacre_jemit_text_if(struct nacre_jemit *out, const char *name, const char *text);
void nacre_jemit_u64(struct nacre_jemit *out, const char *name, uint64_t number);
void nacre_jemit_i64(struct nacre_jemit *out, const char *name, int64_t number);
void nacre_jemit_bool(struct nacre_jemit *out, const char *name, bool flag);
void nacre_jemit_null(struct nacre_jemit *out, const char *name);

/** A value of some document, in the order it has there. */
void nacre_jemit_value(struct nacre_jemit *out, const char *name, const struct nacre_jvalue *value);

/** Bytes that are one JSON value already; they are not looked at. */
void nacre_jemit_raw(struct nacre_jemit *out, const char *name, const void *data, size_t len);

/**
 * Hands the bytes over, when all containers are ended.
 *
 * @param out_buf  the caller's to clear; set on success only
 * Errors: FORMAT (text that is not UTF-8); LIMIT (more than max, deeper than 1000); NOMEM.
 */
NACRE_CHECKED int nacre_jemit_finish(
	struct nacre_jemit *out, struct nacre_buf *out_buf, struct nacre_err *err);

#endif
