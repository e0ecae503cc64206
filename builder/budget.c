/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets: three numbers, their annotations, and the limits that they lower. */
#include "builder/budget.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct part {
	const char *annotation;
	const char *name; /* of the part, in messages */
	const char *of;	  /* what it counts */
	size_t offset;
	const char *limit;
	size_t limit_offset;
} parts[] = {
	{ "dev.nacre.layer.bytes", "bytes", "bytes", offsetof(struct nacre_budget, bytes),
		"layer-bytes", offsetof(struct nacre_limits, layer_bytes) },
	{ "dev.nacre.layer.entries", "entries", "members", offsetof(struct nacre_budget, entries),
		"layer-members", offsetof(struct nacre_limits, layer_members) },
	{ "dev.nacre.layer.xattr-bytes", "xattr-bytes", "bytes of xattrs",
		offsetof(struct nacre_budget, xattr_bytes), "layer-xattr-bytes",
		offsetof(struct nacre_limits, layer_xattr_bytes) },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static uint64_t *number_at(void *object, size_t offset)
{
	return (uint64_t *)(void *)((char *)object + offset);
}

static uint64_t number_of(const struct nacre_budget *budget, const struct part *part)
{
	return *(const uint64_t *)(const void *)((const char *)budget + part->offset);
}

/* One way to write a number, so that two readers cannot take it differently. */
static int parse_number(
	const struct part *part, const char *text, uint64_t *out_number, struct nacre_err *err)
{
	size_t len = strlen(text);

	if (!nacre_number_parse(text, len, out_number) || (len > 1 && text[0] == '0'))
		return nacre_fail(err, NACRE_E_FORMAT, "annotation %s: '%.40s' is no number",
			part->annotation, text);
	return 0;
}

int nacre_budget_parse(const struct nacre_pairs *annotations, struct nacre_budget *out_budget,
	struct nacre_err *err)
{
	struct nacre_budget budget = { 0 };
	const struct part *missing = NULL;

	for (size_t i = 0; i < PARTS; i++) {
		const char *text = nacre_pairs_find(annotations, parts[i].annotation);
		int rc;

		if (!text) {
			missing = &parts[i];
			continue;
		}
		budget.is_there = true;
		rc = parse_number(&parts[i], text, number_at(&budget, parts[i].offset), err);
		if (rc)
			return rc;
	}
	if (budget.is_there && missing)
		return nacre_fail(err, NACRE_E_FORMAT, "annotation %s is missing, others are there",
			missing->annotation);
	*out_budget = budget;
	return 0;
}

int nacre_budget_annotate(
	const struct nacre_budget *budget, struct nacre_pairs *annotations, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < PARTS && rc == 0; i++) {
		char text[24];

		(void)snprintf(text, sizeof(text), "%llu",
			(unsigned long long)number_of(budget, &parts[i]));
		rc = nacre_pairs_set(annotations, parts[i].annotation, text, err);
	}
	return rc;
}

int nacre_budget_lower(
	const struct nacre_budget *budget, struct nacre_limits *limits, struct nacre_err *err)
{
	for (size_t i = 0; i < PARTS && budget->is_there; i++) {
		uint64_t *limit = number_at(limits, parts[i].limit_offset);
		uint64_t number = number_of(budget, &parts[i]);

		if (number > *limit)
			return nacre_fail(err, NACRE_E_LIMIT,
				"the manifest says %llu %s, more than %llu (limit %s)",
				(unsigned long long)number, parts[i].of, (unsigned long long)*limit,
				parts[i].limit);
		*limit = number;
	}
	return 0;
}

/* Whether a message ends in the limit's name, as all do that come of one (<nacre/base.h>). */
static bool names_limit(const struct nacre_err *err, const char *limit)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "(limit %s)", limit);
	return err && strstr(err->text, text);
}

static int explain_limit(const struct nacre_budget *budget, struct nacre_err *err)
{
	for (size_t i = 0; i < PARTS && budget->is_there; i++) {
		unsigned long long number = number_of(budget, &parts[i]);

		if (names_limit(err, parts[i].limit))
			return nacre_fail(err, NACRE_E_LIMIT,
				"more than %llu %s, the manifest says %llu (budget %s)", number,
				parts[i].of, number, parts[i].name);
	}
	return NACRE_E_LIMIT;
}

int nacre_budget_settle(const struct nacre_budget *budget, const struct nacre_layer_counts *counts,
	uint64_t tar_bytes, int rc, struct nacre_err *err)
{
	const struct nacre_budget got = { true, tar_bytes, counts->members, counts->xattr_bytes };

	if (rc == NACRE_E_LIMIT)
		return explain_limit(budget, err);
	for (size_t i = 0; rc == 0 && i < PARTS && budget->is_there; i++) {
		if (number_of(&got, &parts[i]) != number_of(budget, &parts[i]))
			rc = nacre_fail(err, NACRE_E_FORMAT,
				"%llu %s, the manifest says %llu (budget %s)",
				(unsigned long long)number_of(&got, &parts[i]), parts[i].of,
				(unsigned long long)number_of(budget, &parts[i]), parts[i].name);
	}
	return rc;
}
