/* SPDX-License-Identifier: Apache-2.0 */
/* Telling findings, and how reading goes on behind them. What the rules are is in lint_rules.c. */
#include "layers/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool nacre_lint_is_content(int rc)
{
	return rc == NACRE_E_FORMAT || rc == NACRE_E_UNSUPPORTED || rc == NACRE_E_LIMIT ||
		rc == NACRE_E_UNSAFE || rc == NACRE_E_DIGEST;
}

/* Cut to the room there is. */
static void copy_text(char *to, size_t room, const char *from, size_t len)
{
	size_t take = len < room ? len : room - 1;

	memcpy(to, from, take);
	to[take] = '\0';
}

/* ------------------------------------------------------------------ telling */

static void count(struct nacre_lint *lint, enum nacre_severity severity)
{
	switch (severity) {
	case NACRE_NOTE_FINDING:
		lint->notes++;
		break;
	case NACRE_WARNING_FINDING:
		lint->warnings++;
		break;
	case NACRE_REFUSED_FINDING:
		lint->refused++;
		break;
	}
}

static int tell_at(struct nacre_lint *lint, enum nacre_rule_id rule, uint64_t offset,
	const char *text, struct nacre_err *err)
{
	struct nacre_lint_finding finding = {
		.rule = nacre_rule_get(rule),
		.place = lint->place,
		.layer = lint->layer,
		.has_offset = lint->has_offset,
		.offset = offset,
		.name = lint->has_name ? lint->name : NULL,
		.text = text,
	};

	count(lint, finding.rule->severity);
	if (lint->tell(&finding, lint->user))
		return nacre_fail(err, NACRE_E_CANCELED, "canceled");
	return 0;
}

static int tell_held(struct nacre_lint *lint, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < lint->held_count && rc == 0; i++)
		rc = tell_at(
			lint, lint->held[i].rule, lint->held[i].offset, lint->held[i].text, err);
	lint->held_count = 0;
	return rc;
}

static int tell(
	struct nacre_lint *lint, enum nacre_rule_id rule, const char *text, struct nacre_err *err)
{
	struct nacre_held *held;
	int rc = 0;

	if (!lint->is_held)
		return tell_at(lint, rule, lint->offset, text, err);
	if (lint->held_count == NACRE_LINT_HELD)
		rc = tell_held(lint, err);
	held = &lint->held[lint->held_count++];
	held->rule = rule;
	held->offset = lint->offset;
	copy_text(held->text, sizeof(held->text), text, strlen(text));
	return rc;
}

NACRE_PRINTF(4, 0)
static int vtell(struct nacre_lint *lint, enum nacre_rule_id rule, struct nacre_err *err,
	const char *fmt, va_list ap)
{
	char text[NACRE_ERR_TEXT];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (!lint)
		return nacre_fail(err, nacre_rule_get(rule)->code, "%s", text);
	/* Also what will be resumed is an error until then. */
	(void)nacre_fail(err, nacre_rule_get(rule)->code, "%s", text);
	return tell(lint, rule, text, err);
}

/* --------------------------------------------------------------- violations */

int nacre_lint_refuse(struct nacre_lint *lint, enum nacre_rule_id rule, struct nacre_err *err,
	const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vtell(lint, rule, err, fmt, ap);
	va_end(ap);
	return rc;
}

int nacre_lint_drop(struct nacre_lint *lint, enum nacre_rule_id rule, struct nacre_err *err,
	const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vtell(lint, rule, err, fmt, ap);
	va_end(ap);
	if (!lint || rc)
		return rc;
	lint->is_dropped = true;
	return nacre_rule_get(rule)->code;
}

int nacre_lint_end(struct nacre_lint *lint, enum nacre_rule_id rule, struct nacre_err *err,
	const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vtell(lint, rule, err, fmt, ap);
	va_end(ap);
	if (!lint || rc)
		return rc;
	lint->is_over = true;
	return nacre_rule_get(rule)->code;
}

static int tell_as(struct nacre_lint *lint, enum nacre_rule_id rule, struct nacre_err *err)
{
	char text[NACRE_ERR_TEXT];

	copy_text(text, sizeof(text), err->text, strlen(err->text));
	return tell(lint, rule, text, err);
}

int nacre_lint_drop_as(
	struct nacre_lint *lint, enum nacre_rule_id rule, int rc, struct nacre_err *err)
{
	int told;

	if (!lint || !nacre_lint_is_content(rc) || lint->is_dropped || lint->is_over)
		return rc;
	told = tell_as(lint, rule, err);
	lint->is_dropped = told == 0;
	return told ? told : rc;
}

int nacre_lint_refuse_as(
	struct nacre_lint *lint, enum nacre_rule_id rule, int rc, struct nacre_err *err)
{
	return nacre_lint_resume(lint, nacre_lint_drop_as(lint, rule, rc, err));
}

int nacre_lint_end_as(
	struct nacre_lint *lint, enum nacre_rule_id rule, int rc, struct nacre_err *err)
{
	int told;

	if (!lint || !nacre_lint_is_content(rc) || lint->is_dropped || lint->is_over)
		return rc;
	told = tell_as(lint, rule, err);
	lint->is_over = told == 0;
	return told ? told : rc;
}

int nacre_lint_resume(struct nacre_lint *lint, int rc)
{
	if (!rc || !lint || !lint->is_dropped)
		return rc;
	lint->is_dropped = false;
	return 0;
}

int nacre_lint_remark(struct nacre_lint *lint, enum nacre_rule_id rule, struct nacre_err *err,
	const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	va_list ap;

	if (!lint)
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return tell(lint, rule, text, err);
}

/* --------------------------------------------------------------- what about */

void nacre_lint_hold(struct nacre_lint *lint, uint64_t offset)
{
	if (!lint)
		return;
	lint->has_offset = true;
	lint->offset = offset;
	lint->has_name = false;
	lint->is_held = true;
}

int nacre_lint_name(struct nacre_lint *lint, const char *name, size_t len, struct nacre_err *err)
{
	if (!lint)
		return 0;
	copy_text(lint->name, sizeof(lint->name), name, len);
	lint->has_name = true;
	lint->is_held = false;
	return tell_held(lint, err);
}

int nacre_lint_about(struct nacre_lint *lint, const char *name, struct nacre_err *err)
{
	int rc;

	if (!lint)
		return 0;
	rc = tell_held(lint, err); /* nameless */
	lint->has_offset = false;
	lint->is_held = false;
	lint->has_name = name != NULL;
	if (name)
		copy_text(lint->name, sizeof(lint->name), name, strlen(name));
	return rc;
}

int nacre_lint_about_member(
	struct nacre_lint *lint, uint64_t offset, const char *name, struct nacre_err *err)
{
	int rc = nacre_lint_about(lint, name && !*name ? "/" : name, err);

	if (lint) {
		lint->has_offset = true;
		lint->offset = offset;
	}
	return rc;
}

int nacre_lint_enter(
	struct nacre_lint *lint, const char *place, unsigned layer, struct nacre_err *err)
{
	int rc = nacre_lint_about(lint, NULL, err);

	if (lint) {
		lint->is_dropped = false;
		lint->is_over = false;
		lint->place = place;
		lint->layer = layer;
	}
	return rc;
}
