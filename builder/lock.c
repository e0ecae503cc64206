/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: reading, writing, comparing. */
#include "builder/lock.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/descriptor.h"

#include <stdlib.h>
#include <string.h>

#define LOCK_VERSION 1

#define HOW_TO_MEND "; nacre lock writes it anew"

static const char *const root_names[] = { "nacreLock", "inputs", NULL };
static const char *const entry_names[] = { "kind", "name", "digest", "size", NULL };

void nacre_lock_clear(struct nacre_lock *lock)
{
	for (size_t i = 0; i < lock->count; i++)
		free(lock->entries[i].name);
	free(lock->entries);
	*lock = (struct nacre_lock){ NULL, 0 };
}

int nacre_lock_add(struct nacre_lock *lock, enum nacre_input_kind kind, const char *name,
	const struct nacre_digest *digest, uint64_t size_bytes, struct nacre_err *err)
{
	struct nacre_lock_entry *entries =
		reallocarray(lock->entries, lock->count + 1, sizeof(*entries));
	char *copy;

	if (!entries)
		return nacre_fail_nomem(err);
	lock->entries = entries;
	copy = strdup(name);
	if (!copy)
		return nacre_fail_nomem(err);
	entries[lock->count++] = (struct nacre_lock_entry){ kind, copy, *digest, size_bytes };
	return 0;
}

static int compare_entry(
	const struct nacre_lock_entry *entry, enum nacre_input_kind kind, const char *name)
{
	return nacre_input_compare(entry->kind, entry->name, kind, name);
}

int nacre_lock_find(const struct nacre_lock *lock, enum nacre_input_kind kind, const char *name,
	const struct nacre_lock_entry **out_entry, struct nacre_err *err)
{
	size_t low = 0, high = lock->count;

	*out_entry = NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_entry(&lock->entries[middle], kind, name);

		if (order == 0) {
			*out_entry = &lock->entries[middle];
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return nacre_fail(err, NACRE_E_NOT_FOUND, "the lock has no %s '%s'" HOW_TO_MEND,
		nacre_input_kind_name(kind), name);
}

/* ------------------------------------------------------------------ reading */

static bool is_one_of(const char *const *names, const char *name)
{
	for (; *names; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

/* Exactly the members that are known: what a later version says with others is not passed over. */
static int check_members(
	const struct nacre_jvalue *object, const char *const *names, struct nacre_err *err)
{
	const struct nacre_jvalue *at = nacre_jvalue_first(object);

	for (; at; at = nacre_jvalue_next(at)) {
		if (!is_one_of(names, nacre_jvalue_name(at)))
			return nacre_jvalue_fail(at, err, NACRE_E_FORMAT, "not known here");
	}
	return 0;
}

static int parse_kind(
	const struct nacre_jvalue *object, enum nacre_input_kind *out_kind, struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_get_text(object, "kind", &text, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < NACRE_INPUT_KINDS; i++) {
		*out_kind = (enum nacre_input_kind)i;
		if (strcmp(text, nacre_input_kind_name(*out_kind)) == 0)
			return 0;
	}
	return nacre_jvalue_fail(nacre_jvalue_find(object, "kind"), err, NACRE_E_FORMAT,
		"neither directory, file, image nor rootfs");
}

static int parse_digest(
	const struct nacre_jvalue *object, struct nacre_digest *out_digest, struct nacre_err *err)
{
	int rc = nacre_digest_parse_json(object, out_digest, err);

	if (rc)
		return rc;
	return strcmp(nacre_digest_algorithm(out_digest), "sha256") == 0
		? 0
		: nacre_jvalue_fail(nacre_jvalue_find(object, "digest"), err, NACRE_E_UNSUPPORTED,
			  "not a sha256");
}

static int parse_entry(
	const struct nacre_jvalue *object, struct nacre_lock *lock, struct nacre_err *err)
{
	const struct nacre_lock_entry *last =
		lock->count > 0 ? &lock->entries[lock->count - 1] : NULL;
	struct nacre_digest digest;
	enum nacre_input_kind kind;
	uint64_t size = 0;
	const char *name;
	int rc = nacre_jvalue_want(object, NACRE_JOBJECT, err);

	if (rc == 0)
		rc = check_members(object, entry_names, err);
	if (rc == 0)
		rc = parse_kind(object, &kind, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(object, "name", &name, err);
	if (rc == 0)
		rc = parse_digest(object, &digest, err);
	if (rc == 0)
		rc = nacre_jvalue_get_u64(object, "size", &size, err);
	if (rc)
		return rc;
	if (last && compare_entry(last, kind, name) >= 0)
		return nacre_jvalue_fail(object, err, NACRE_E_FORMAT,
			"'%s' does not come behind '%s': entries are sorted, by kind and by name",
			name, last->name);
	return nacre_lock_add(lock, kind, name, &digest, size, err);
}

static int parse_root(
	const struct nacre_jvalue *root, struct nacre_lock *lock, struct nacre_err *err)
{
	const struct nacre_jvalue *inputs;
	uint64_t version = 0;
	int rc = nacre_jvalue_want(root, NACRE_JOBJECT, err);

	if (rc == 0)
		rc = nacre_jvalue_get_u64(root, "nacreLock", &version, err);
	if (rc == 0 && version != LOCK_VERSION)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"nacreLock: version %llu, where %d is known", (unsigned long long)version,
			LOCK_VERSION);
	if (rc == 0)
		rc = check_members(root, root_names, err);
	if (rc == 0)
		rc = nacre_jvalue_get(root, "inputs", NACRE_JARRAY, &inputs, err);
	if (rc)
		return rc;
	inputs = nacre_jvalue_first(inputs);
	for (; inputs && rc == 0; inputs = nacre_jvalue_next(inputs))
		rc = parse_entry(inputs, lock, err);
	return rc;
}

int nacre_lock_parse(const void *data, size_t len, const struct nacre_limits *limits,
	struct nacre_lock *out_lock, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_lock_clear)
	struct nacre_lock lock = { NULL, 0 };
	int rc = nacre_json_parse(data, len, limits, &json, err);

	if (rc == 0)
		rc = parse_root(nacre_json_root(json), &lock, err);
	if (rc)
		return rc;
	*out_lock = lock;
	lock = (struct nacre_lock){ NULL, 0 };
	return 0;
}

/* ------------------------------------------------------------------ writing */

static int emit_entry(
	const struct nacre_lock_entry *entry, struct nacre_buf *buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(SIZE_MAX);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf line = NACRE_BUF(0);
	int rc;

	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "kind", nacre_input_kind_name(entry->kind));
	nacre_jemit_text(&out, "name", entry->name);
	nacre_jemit_text(&out, "digest", entry->digest.text);
	nacre_jemit_u64(&out, "size", entry->size_bytes);
	nacre_jemit_end(&out);
	rc = nacre_jemit_finish(&out, &line, err);
	return rc ? rc : nacre_buf_add(buf, line.data, line.len, err);
}

int nacre_lock_emit(const struct nacre_lock *lock, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(SIZE_MAX);
	int rc = nacre_buf_add_text(&buf, "{\"nacreLock\":1,\"inputs\":[", err);

	for (size_t i = 0; i < lock->count && rc == 0; i++) {
		rc = nacre_buf_add_text(&buf, i > 0 ? ",\n" : "\n", err);
		if (rc == 0)
			rc = emit_entry(&lock->entries[i], &buf, err);
	}
	if (rc == 0)
		rc = nacre_buf_add_text(&buf, "\n]}\n", err);
	if (rc)
		return rc;
	*out_buf = buf;
	buf = (struct nacre_buf)NACRE_BUF(0);
	return 0;
}

/* ---------------------------------------------------------------- comparing */

static int fit_input(const struct nacre_lock *lock, const struct nacre_recipe *recipe,
	const struct nacre_input *input, struct nacre_err *err)
{
	const struct nacre_lock_entry *entry;
	struct nacre_err why;
	int rc = nacre_lock_find(lock, input->kind, input->name, &entry, &why);

	if (rc == 0 && input->step && !nacre_digest_equal(&entry->digest, &input->step->sha256))
		rc = nacre_fail(&why, NACRE_E_DIGEST, "the lock has %s for '%s'" HOW_TO_MEND,
			entry->digest.text, input->name);
	return rc ? nacre_recipe_fail(err, recipe, input->mark, (enum nacre_code)rc, "%s", why.text)
		  : 0;
}

/* Both are sorted, and all inputs have an entry: the first that differs is one too many. */
static int find_extra(const struct nacre_lock *lock, const struct nacre_input *inputs, size_t count,
	struct nacre_err *err)
{
	for (size_t i = 0; i < lock->count; i++) {
		const struct nacre_lock_entry *entry = &lock->entries[i];

		if (i >= count || compare_entry(entry, inputs[i].kind, inputs[i].name) != 0)
			return nacre_fail(err, NACRE_E_FORMAT,
				"the lock has %s '%s', which the recipe does not need" HOW_TO_MEND,
				nacre_input_kind_name(entry->kind), entry->name);
	}
	return 0;
}

int nacre_lock_fit(
	const struct nacre_lock *lock, const struct nacre_recipe *recipe, struct nacre_err *err)
{
	nacre_autofree struct nacre_input *inputs = NULL;
	size_t count = 0;
	int rc = nacre_recipe_inputs(recipe, &inputs, &count, err);

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = fit_input(lock, recipe, &inputs[i], err);
	return rc ? rc : find_extra(lock, inputs, count, err);
}

int nacre_lock_check(const struct nacre_lock *lock, enum nacre_input_kind kind, const char *name,
	const struct nacre_digest *digest, uint64_t size_bytes, struct nacre_err *err)
{
	const struct nacre_lock_entry *entry;
	int rc = nacre_lock_find(lock, kind, name, &entry, err);

	if (rc)
		return rc;
	if (nacre_digest_equal(&entry->digest, digest) && entry->size_bytes == size_bytes)
		return 0;
	return nacre_fail(err, NACRE_E_DIGEST,
		"is %s of %llu bytes, and the lock has %s of %llu" HOW_TO_MEND, digest->text,
		(unsigned long long)size_bytes, entry->digest.text,
		(unsigned long long)entry->size_bytes);
}
