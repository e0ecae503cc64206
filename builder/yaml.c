/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes from YAML, through the events of libyaml. It resolves nothing (no, 0755 and ~ are texts)
 * and unfolds nothing (an alias is an event), so strictness is a matter of refusing events. The
 * depth is held to its limit at the event that goes beyond it: libyaml takes a time that is
 * quadratic in the depth it has seen.
 */
#include "builder/yaml.h"

#include <yaml.h>

#include <string.h>

/* A list or map that has begun and not ended. */
struct frame {
	struct nacre_value *value;
	struct nacre_value *key; /* of a map: waits for its value */
	struct nacre_value_child *last;
	size_t count;
};

struct reader {
	yaml_parser_t yaml;
	const struct nacre_textfile *doc;
	struct nacre_arena *arena;
	struct frame frames[NACRE_VALUE_DEPTH];
	size_t depth;
	struct nacre_value *root;
};

static struct nacre_mark mark_of(const struct reader *r, yaml_mark_t mark)
{
	return (struct nacre_mark){ (unsigned)mark.line + 1, (unsigned)mark.column + 1,
		r->doc->file };
}

/* At its end libyaml is in a line that the file may not have. */
static struct nacre_mark mark_inside(const struct reader *r, yaml_mark_t mark)
{
	struct nacre_mark last = nacre_textfile_mark(r->doc, r->doc->len);
	struct nacre_mark got = mark_of(r, mark);

	return got.line > last.line ? last : got;
}

/* What libyaml says, with the context it gives: "while parsing a block mapping from 3:1". */
static int fail_syntax(const struct reader *r, struct nacre_err *err)
{
	const yaml_parser_t *yaml = &r->yaml;
	struct nacre_mark mark = mark_inside(r, yaml->problem_mark);
	struct nacre_mark context = mark_inside(r, yaml->context_mark);
	const char *problem = yaml->problem ? yaml->problem : "unreadable";
	size_t at = nacre_textfile_offset(r->doc, mark);

	if (yaml->error == YAML_MEMORY_ERROR)
		return nacre_fail_nomem(err);
	if (at < r->doc->len && r->doc->text[at] == '\t')
		return nacre_textfile_fail(r->doc, mark, NACRE_E_FORMAT, err,
			"not YAML: a tab where only spaces can stand");
	if (!yaml->context)
		return nacre_textfile_fail(
			r->doc, mark, NACRE_E_FORMAT, err, "not YAML: %s", problem);
	return nacre_textfile_fail(r->doc, mark, NACRE_E_FORMAT, err, "not YAML: %s, %s from %u:%u",
		problem, yaml->context, context.line, context.column);
}

static int fail_at(
	const struct reader *r, const yaml_event_t *event, const char *what, struct nacre_err *err)
{
	return nacre_textfile_fail(
		r->doc, mark_of(r, event->start_mark), NACRE_E_FORMAT, err, "%s", what);
}

static int add_child(struct reader *r, struct nacre_value *value, struct nacre_err *err)
{
	struct frame *frame = &r->frames[r->depth - 1];
	struct nacre_value_child *child = nacre_arena_new(r->arena, sizeof(*child));

	if (!child)
		return nacre_fail_nomem(err);
	child->next = frame->last;
	child->key = frame->key;
	child->item = value;
	frame->last = child;
	frame->key = NULL;
	frame->count++;
	return 0;
}

static int check_key(const struct reader *r, const struct nacre_value *value, struct nacre_err *err)
{
	const char *wrong = NULL;

	if (value->kind != NACRE_VALUE_TEXT)
		wrong = "a key is a text, not a list or a mapping";
	else if (value->len == 0)
		wrong = "an empty key";
	else if (value->style == NACRE_VALUE_PLAIN && strcmp(value->text, "<<") == 0)
		wrong = "'<<' merges mappings, which a recipe does not do";
	return wrong ? nacre_textfile_fail(r->doc, value->mark, NACRE_E_FORMAT, err, "%s", wrong)
		     : 0;
}

/* Puts a value where the document is at: as the root, a key, a value, or an item. */
static int place(struct reader *r, struct nacre_value *value, struct nacre_err *err)
{
	struct frame *frame = r->depth > 0 ? &r->frames[r->depth - 1] : NULL;
	int rc;

	if (!frame) {
		r->root = value;
		return 0;
	}
	if (frame->value->kind == NACRE_VALUE_LIST || frame->key)
		return add_child(r, value, err);
	rc = check_key(r, value, err);
	if (rc == 0)
		frame->key = value;
	return rc;
}

static enum nacre_value_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return NACRE_VALUE_QUOTED;
	case YAML_LITERAL_SCALAR_STYLE:
		return NACRE_VALUE_BLOCK;
	case YAML_FOLDED_SCALAR_STYLE:
		return NACRE_VALUE_FOLDED;
	default:
		return NACRE_VALUE_PLAIN;
	}
}

static struct nacre_value *new_value(
	struct reader *r, const yaml_event_t *event, enum nacre_value_kind kind)
{
	struct nacre_value *value = nacre_arena_new(r->arena, sizeof(*value));

	if (value) {
		value->kind = kind;
		value->mark = mark_of(r, event->start_mark);
	}
	return value;
}

static int take_scalar(struct reader *r, const yaml_event_t *event, struct nacre_err *err)
{
	const char *text = (const char *)event->data.scalar.value;
	struct nacre_value *value;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return fail_at(r, event, "anchors and tags have no place in a recipe", err);
	value = new_value(r, event, NACRE_VALUE_TEXT);
	if (!value)
		return nacre_fail_nomem(err);
	value->style = style_of(event->data.scalar.style);
	value->len = event->data.scalar.length;
	if (memchr(text, '\0', value->len))
		return fail_at(r, event, "a text with a NUL character", err);
	value->text = nacre_arena_text(r->arena, text, value->len);
	if (!value->text)
		return nacre_fail_nomem(err);
	return place(r, value, err);
}

static int begin(struct reader *r, const yaml_event_t *event, enum nacre_value_kind kind,
	bool marked, struct nacre_err *err)
{
	struct nacre_value *value;
	int rc;

	if (marked)
		return fail_at(r, event, "anchors and tags have no place in a recipe", err);
	if (r->depth == NACRE_VALUE_DEPTH)
		return nacre_textfile_fail(r->doc, mark_of(r, event->start_mark), NACRE_E_LIMIT,
			err, "more than %d lists and mappings in each other", NACRE_VALUE_DEPTH);
	value = new_value(r, event, kind);
	if (!value)
		return nacre_fail_nomem(err);
	rc = place(r, value, err);
	if (rc)
		return rc;
	r->frames[r->depth++] = (struct frame){ value, NULL, NULL, 0 };
	return 0;
}

static int end(struct reader *r, struct nacre_err *err)
{
	const struct frame *frame = &r->frames[--r->depth];

	return nacre_value_fill(frame->value, frame->last, frame->count, r->arena, r->doc, err);
}

static int begin_document(const struct reader *r, const yaml_event_t *event, struct nacre_err *err)
{
	if (r->root)
		return fail_at(r, event, "a second document; a recipe is one", err);
	if (event->data.document_start.version_directive ||
		event->data.document_start.tag_directives.start !=
			event->data.document_start.tag_directives.end)
		return fail_at(r, event, "directives have no place in a recipe", err);
	return 0;
}

static int take_event(struct reader *r, const yaml_event_t *event, struct nacre_err *err)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(r, event, err);
	case YAML_ALIAS_EVENT:
		return fail_at(r, event, "aliases have no place in a recipe", err);
	case YAML_SCALAR_EVENT:
		return take_scalar(r, event, err);
	case YAML_SEQUENCE_START_EVENT:
		return begin(r, event, NACRE_VALUE_LIST,
			event->data.sequence_start.anchor || event->data.sequence_start.tag, err);
	case YAML_MAPPING_START_EVENT:
		return begin(r, event, NACRE_VALUE_MAP,
			event->data.mapping_start.anchor || event->data.mapping_start.tag, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end(r, err);
	default:
		return 0;
	}
}

static int read_events(struct reader *r, struct nacre_err *err)
{
	bool done = false;
	int rc = 0;

	while (rc == 0 && !done) {
		yaml_event_t event;

		if (!yaml_parser_parse(&r->yaml, &event))
			return fail_syntax(r, err);
		done = event.type == YAML_STREAM_END_EVENT;
		rc = take_event(r, &event, err);
		yaml_event_delete(&event);
	}
	if (rc == 0 && !r->root)
		rc = nacre_textfile_fail(r->doc, (struct nacre_mark){ 1, 1, r->doc->file },
			NACRE_E_FORMAT, err, "there is nothing here");
	return rc;
}

int nacre_yaml_parse(const struct nacre_textfile *doc, struct nacre_arena *arena,
	struct nacre_value **out_value, struct nacre_err *err)
{
	struct reader r = { .doc = doc, .arena = arena };
	int rc;

	if (!yaml_parser_initialize(&r.yaml))
		return nacre_fail_nomem(err);
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)doc->text, doc->len);
	rc = read_events(&r, err);
	yaml_parser_delete(&r.yaml);
	if (rc == 0)
		*out_value = r.root;
	return rc;
}
