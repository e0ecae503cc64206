/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as records: a head of fixed size, then name and text. */
#include "builder/lint_wire.h"

#include "base/file.h"
#include "base/stream.h"

#include <stdio.h>
#include <string.h>

#define NO_NAME UINT32_MAX

struct head {
	uint32_t rule;
	uint32_t layer; /* 0: of all layers */
	uint32_t name_len;
	uint32_t text_len;
	uint64_t offset;
	uint64_t has_offset;
};

/* --------------------------------------------------------------------- writing */

static void count_rest(struct nacre_lint_rest *rest, enum nacre_severity severity)
{
	uint64_t *const counts[] = {
		[NACRE_NOTE_FINDING] = &rest->notes,
		[NACRE_WARNING_FINDING] = &rest->warnings,
		[NACRE_REFUSED_FINDING] = &rest->refused,
	};

	(*counts[severity])++;
}

static size_t length_of(const char *text, size_t room)
{
	return text ? strnlen(text, room - 1) : 0;
}

int nacre_lint_wire_tell(const struct nacre_lint_finding *finding, void *user)
{
	struct nacre_lint_wire *wire = user;
	size_t name_len = length_of(finding->name, NACRE_LINT_NAME);
	size_t text_len = length_of(finding->text, NACRE_ERR_TEXT);
	struct head head = {
		.rule = (uint32_t)(finding->rule - nacre_rule_get(0)),
		.layer = finding->layer,
		.name_len = finding->name ? (uint32_t)name_len : NO_NAME,
		.text_len = (uint32_t)text_len,
		.offset = finding->offset,
		.has_offset = finding->has_offset,
	};
	uint64_t bytes = sizeof(head) + name_len + text_len;

	if (wire->bytes + bytes > NACRE_LINT_WIRE_BYTES) {
		wire->bytes = NACRE_LINT_WIRE_BYTES; /* in their order: none behind one left out */
		count_rest(&wire->rest, finding->rule->severity);
		return 0;
	}
	wire->bytes += bytes;
	wire->rc = nacre_write_all(wire->fd, &head, sizeof(head), &wire->err);
	if (wire->rc == 0 && name_len > 0)
		wire->rc = nacre_write_all(wire->fd, finding->name, name_len, &wire->err);
	if (wire->rc == 0)
		wire->rc = nacre_write_all(wire->fd, finding->text, text_len, &wire->err);
	return wire->rc;
}

/* --------------------------------------------------------------------- reading */

static int read_text(
	struct nacre_source *source, char *text, size_t len, size_t room, struct nacre_err *err)
{
	size_t got = 0;
	int rc = len < room ? nacre_source_read_full(source, text, len, &got, err) : 0;

	if (rc == 0 && (got != len || memchr(text, '\0', len)))
		rc = nacre_fail(err, NACRE_E_UNSAFE, "the worker that reads speaks nonsense");
	text[got] = '\0';
	return rc;
}

static int enter(struct nacre_lint *lint, uint32_t layer, size_t layers, char place[64],
	struct nacre_err *err)
{
	if (layer == 0)
		return nacre_lint_enter(lint, "all layers", 0, err);
	(void)snprintf(place, 64, "layer %u of %zu", layer, layers);
	return nacre_lint_enter(lint, place, layer, err);
}

static int replay_one(struct nacre_source *source, const struct head *head, size_t layers,
	struct nacre_lint *lint, struct nacre_err *err)
{
	char name[NACRE_LINT_NAME], text[NACRE_ERR_TEXT], place[64];
	const char *named = head->name_len == NO_NAME ? NULL : name;
	int rc = 0;

	if (head->rule >= NACRE_RULES || head->layer > layers)
		return nacre_fail(err, NACRE_E_UNSAFE, "the worker that reads speaks nonsense");
	if (named)
		rc = read_text(source, name, head->name_len, sizeof(name), err);
	if (rc == 0)
		rc = read_text(source, text, head->text_len, sizeof(text), err);
	if (rc == 0)
		rc = enter(lint, head->layer, layers, place, err);
	if (rc == 0 && head->has_offset)
		rc = nacre_lint_about_member(lint, head->offset, named, err);
	else if (rc == 0)
		rc = nacre_lint_about(lint, named, err);
	return rc ? rc : nacre_lint_remark(lint, (enum nacre_rule_id)head->rule, err, "%s", text);
}

int nacre_lint_wire_replay(int fd, size_t layers, const struct nacre_lint_rest *rest,
	struct nacre_lint *lint, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct head head;
	size_t got = sizeof(head);
	int rc = nacre_source_fd(fd, 0, UINT64_MAX, &source, err);

	while (rc == 0) {
		rc = nacre_source_read_full(source, &head, sizeof(head), &got, err);
		if (rc || got == 0)
			break;
		if (got < sizeof(head))
			return nacre_fail(
				err, NACRE_E_UNSAFE, "the worker that reads speaks nonsense");
		rc = replay_one(source, &head, layers, lint, err);
	}
	lint->refused += rest->refused;
	lint->warnings += rest->warnings;
	lint->notes += rest->notes;
	return rc;
}
