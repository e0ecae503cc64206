/* SPDX-License-Identifier: Apache-2.0 */
/* What --explain prints. Names, and what is wrong with signatures, come from outside. */
#include "cli/verdict.h"

#include "cli/out.h"

#include <stdio.h>

static const char *const forms[] = {
	[NACRE_SIGNATURE_SIMPLE] = "simple",
	[NACRE_SIGNATURE_BUNDLE] = "bundle",
};

static const struct {
	const char *name; /* for programs */
	const char *text;
} fates[] = {
	[NACRE_FATE_COUNTS] = { "counts", "counts" },
	[NACRE_FATE_AGAIN] = { "again", "counts no more: its key has signed already" },
	[NACRE_FATE_OTHER_KEY] = { "other-key", "by no key that is asked for" },
	[NACRE_FATE_OTHER_IMAGE] = { "other-image", "for another image" },
	[NACRE_FATE_INDEX] = { "index", "for the index, which does not count for its image" },
	[NACRE_FATE_OTHER_NAME] = { "other-name", "for another name" },
	[NACRE_FATE_ANNOTATION] = { "annotation", "without an annotation that is asked for" },
	[NACRE_FATE_OTHER_KIND] = { "other-kind", "says something else" },
	[NACRE_FATE_DAMAGED] = { "damaged", "damaged" },
};

static void print_requirement(const struct nacre_requirement_note *note, size_t number)
{
	printf("requirement %zu  ", number);
	out_text(stdout, note->type);
	if (note->identity) {
		printf(" by %zu of %zu key%s, name ", note->threshold, note->key_count,
			note->key_count == 1 ? "" : "s");
		out_text(stdout, note->identity);
		printf(": %zu %s signed", note->have, note->have == 1 ? "has" : "have");
	}
	puts(note->is_met ? ", met" : ", not met");
}

static void print_signature(const struct nacre_signature_note *note)
{
	printf("  %s  %s  ", forms[note->form], note->lies_in.text);
	(void)fputs(fates[note->fate].text, stdout);
	if (note->why) {
		(void)fputs(": ", stdout);
		out_text(stdout, note->why);
	}
	(void)putchar('\n');
	if (note->key_id)
		printf("          key   %s\n", note->key_id);
	if (note->identity) {
		(void)fputs("          name  ", stdout);
		out_text(stdout, note->identity);
		(void)putchar('\n');
	}
}

void cli_verdict_print(const struct nacre_verdict *verdict)
{
	const struct nacre_requirement_note *requirement;
	const struct nacre_signature_note *signature;

	(void)fputs("rule      ", stdout);
	out_text(stdout, nacre_verdict_rule(verdict) ? nacre_verdict_rule(verdict) : "--key");
	(void)putchar('\n');
	for (size_t i = 0; (requirement = nacre_verdict_requirement(verdict, i)); i++) {
		print_requirement(requirement, i + 1);
		for (size_t k = 0; (signature = nacre_verdict_signature(verdict, k)); k++) {
			if (signature->requirement == i)
				print_signature(signature);
		}
	}
}

static void put_text(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	if (text)
		out_json(stdout, text);
	else
		(void)fputs("null", stdout);
}

static void put_requirement(const struct nacre_requirement_note *note)
{
	(void)fputs("{\"type\":", stdout);
	out_json(stdout, note->type);
	put_text("identity", note->identity);
	printf(",\"keys\":%zu,\"threshold\":%zu,\"have\":%zu,\"met\":%s}", note->key_count,
		note->threshold, note->have, note->is_met ? "true" : "false");
}

static void put_signature(const struct nacre_signature_note *note)
{
	printf("{\"requirement\":%zu,\"form\":\"%s\",\"manifest\":\"%s\",\"fate\":\"%s\"",
		note->requirement + 1, forms[note->form], note->lies_in.text,
		fates[note->fate].name);
	put_text("key", note->key_id);
	put_text("name", note->identity);
	put_text("why", note->why);
	(void)putchar('}');
}

void cli_verdict_print_json(const struct nacre_verdict *verdict)
{
	const struct nacre_requirement_note *requirement;
	const struct nacre_signature_note *signature;

	(void)fputs("{\"rule\":", stdout);
	out_json(stdout, nacre_verdict_rule(verdict) ? nacre_verdict_rule(verdict) : "--key");
	(void)fputs(",\"requirements\":[", stdout);
	for (size_t i = 0; (requirement = nacre_verdict_requirement(verdict, i)); i++) {
		(void)fputs(i ? "," : "", stdout);
		put_requirement(requirement);
	}
	(void)fputs("],\"signatures\":[", stdout);
	for (size_t i = 0; (signature = nacre_verdict_signature(verdict, i)); i++) {
		(void)fputs(i ? "," : "", stdout);
		put_signature(signature);
	}
	(void)fputs("]}", stdout);
}
