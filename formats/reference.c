/* SPDX-License-Identifier: Apache-2.0 */
/* References as text. Nothing here looks whether what they name is there. */
#include <nacre/formats.h>

#include "base/digest.h"
#include "base/err.h"

#include <stdio.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* HOST/REPO of a registry: what its API takes. */
#define NAME_BYTES 255
#define TAG_BYTES 128

/* A piece of the text, which stays as one: the offset of a piece goes into messages. */
struct span {
	const char *text; /* the whole of it */
	size_t from;
	size_t to;
};

static size_t span_len(struct span s)
{
	return s.to - s.from;
}

static char span_at(struct span s, size_t i)
{
	return s.from + i < s.to ? s.text[s.from + i] : '\0';
}

static bool span_begins(struct span s, const char *with)
{
	size_t len = strlen(with);

	return span_len(s) >= len && memcmp(s.text + s.from, with, len) == 0;
}

/* Where a byte is, from the front or from the back; s.to when it is not there. */
static size_t span_find(struct span s, char c)
{
	size_t at = s.from;

	while (at < s.to && s.text[at] != c)
		at++;
	return at;
}

static size_t span_find_last(struct span s, char c)
{
	size_t at = s.to;

	while (at > s.from && s.text[at - 1] != c)
		at--;
	return at > s.from ? at - 1 : s.to;
}

static struct span span_part(struct span s, size_t from, size_t to)
{
	return (struct span){ s.text, from, to };
}

/* The run of bytes out of a set, from `at` on. */
static size_t run_of(struct span s, size_t at, const char *set)
{
	size_t len = 0;

	while (at + len < s.to && strchr(set, s.text[at + len]))
		len++;
	return len;
}

/* ----------------------------------------------------------------- grammars */

/* [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
static bool is_tag(struct span s)
{
	size_t len = span_len(s);

	return len > 0 && len <= TAG_BYTES && !strchr(".-", span_at(s, 0)) &&
		run_of(s, s.from, LOWER UPPER DIGITS "._-") == len;
}

/* component ("/" component)*, component = alphanumerics joined by one of -._:@+ or -- */
static bool is_ref_name(struct span s)
{
	size_t at = s.from;

	for (;;) {
		size_t run = run_of(s, at, LOWER UPPER DIGITS);

		at += run;
		if (run == 0 || at == s.to)
			return run > 0;
		if (!strchr("-._:@+/", s.text[at]))
			return false;
		at += span_begins(span_part(s, at, s.to), "--") ? 2 : 1;
	}
}

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*, such components joined by "/" */
static bool is_repository(struct span s)
{
	size_t at = s.from;

	for (;;) {
		size_t run = run_of(s, at, LOWER DIGITS);

		at += run;
		if (run == 0 || at == s.to)
			return run > 0;
		if (s.text[at] == '-')
			at += run_of(s, at, "-");
		else if (span_begins(span_part(s, at, s.to), "__"))
			at += 2;
		else if (strchr("._/", s.text[at]))
			at++;
		else
			return false;
	}
}

/* Labels joined by dots, or an IPv6 address in brackets; then perhaps a port. */
static bool is_host(struct span s)
{
	size_t at = s.from;

	if (span_at(s, 0) == '[') {
		at = span_find(s, ']');
		if (at == s.to || at == s.from + 1 ||
			run_of(s, s.from + 1, "0123456789abcdefABCDEF:.") != at - s.from - 1)
			return false;
		at++;
	} else {
		for (;;) {
			size_t run = run_of(s, at, LOWER UPPER DIGITS "-");

			if (run == 0 || s.text[at] == '-' || s.text[at + run - 1] == '-')
				return false;
			at += run;
			if (at == s.to || s.text[at] != '.')
				break;
			at++;
		}
	}
	if (at == s.to)
		return true;
	return s.text[at] == ':' && at + 1 < s.to && run_of(s, at + 1, DIGITS) == s.to - at - 1;
}

/* What makes the first component of a name a host, for lack of anything better to tell by. */
static bool looks_like_host(struct span s)
{
	return span_find(s, '.') < s.to || span_find(s, ':') < s.to || span_at(s, 0) == '[' ||
		(span_len(s) == 9 && span_begins(s, "localhost"));
}

/* ------------------------------------------------------------------- pieces */

static int fail_at(struct span s, struct nacre_err *err, const char *what)
{
	return nacre_fail(err, NACRE_E_FORMAT, "byte %zu: %s", s.from, what);
}

static int store_text(
	struct span s, char *out_text, size_t room, const char *what, struct nacre_err *err)
{
	size_t len = span_len(s);

	if (len >= room)
		return nacre_fail(err, NACRE_E_LIMIT, "byte %zu: a %s of more than %zu bytes",
			s.from, what, room - 1);
	memcpy(out_text, s.text + s.from, len);
	out_text[len] = '\0';
	return 0;
}

/* Takes "@DIGEST" off the end, if `at` is where it begins. */
static int take_digest(
	struct span *s, size_t at, struct nacre_digest *out_digest, struct nacre_err *err)
{
	struct span digest = span_part(*s, at + 1, s->to);
	char text[2 * NACRE_DIGEST_TEXT];
	int rc;

	if (span_len(digest) >= sizeof(text))
		return fail_at(digest, err, "bad digest");
	memcpy(text, digest.text + digest.from, span_len(digest));
	text[span_len(digest)] = '\0';
	rc = nacre_digest_parse(text, out_digest, err);
	s->to = at;
	return rc ? nacre_within(err, rc, "byte %zu", digest.from) : 0;
}

/*
 * In a path "@" is a byte like others, so only "@sha256:" and "@sha512:" begin a digest there. It
 * is looked for before the colon that ends the path, because it has one of its own.
 */
static int take_path_digest(struct span *s, struct nacre_digest *out_digest, struct nacre_err *err)
{
	size_t at = span_find_last(*s, '@');
	struct span behind = span_part(*s, at < s->to ? at + 1 : at, s->to);

	if (!span_begins(behind, "sha256:") && !span_begins(behind, "sha512:"))
		return 0;
	return take_digest(s, at, out_digest, err);
}

/* Repositories and tags have no "@", so whatever is behind one is meant for a digest. */
static int take_name_digest(struct span *s, struct nacre_digest *out_digest, struct nacre_err *err)
{
	size_t at = span_find(*s, '@');

	return at < s->to ? take_digest(s, at, out_digest, err) : 0;
}

/* Where the tag's colon is: behind the last slash, since a port stands before one. */
static size_t find_tag_colon(struct span s)
{
	size_t slash = span_find_last(s, '/');

	return span_find_last(span_part(s, slash < s.to ? slash : s.from, s.to), ':');
}

/* [HOST/]REPO. For a registry the host must be there. */
static int check_name(struct span s, bool host_wanted, struct nacre_err *err)
{
	size_t slash = span_find(s, '/');
	struct span first = span_part(s, s.from, slash);
	bool host = slash < s.to && looks_like_host(first);

	if (span_len(s) == 0)
		return fail_at(s, err, "no name");
	if (host_wanted && !host)
		return nacre_fail(err, NACRE_E_FORMAT,
			"byte %zu: no host (say HOST/REPO, as in docker.io/library/debian)",
			s.from);
	if (host && !is_host(first))
		return fail_at(s, err, "bad host");
	if (host)
		s.from = slash + 1;
	if (!is_repository(s))
		return fail_at(s, err, "bad name (a-z, 0-9, joined by . _ - /)");
	return 0;
}

static int check_name_len(struct span s, struct nacre_err *err)
{
	if (span_len(s) <= NAME_BYTES)
		return 0;
	return nacre_fail(
		err, NACRE_E_LIMIT, "byte %zu: a name of more than %d bytes", s.from, NAME_BYTES);
}

/* --------------------------------------------------------------- transports */

static int take_path(struct span s, struct nacre_ref *ref, const char *what, struct span *out_rest,
	bool *out_more, struct nacre_err *err)
{
	size_t colon = span_find(s, ':');

	if (colon == s.from)
		return nacre_fail(err, NACRE_E_FORMAT, "byte %zu: no %s", s.from, what);
	*out_more = colon < s.to;
	*out_rest = span_part(s, *out_more ? colon + 1 : s.to, s.to);
	return store_text(span_part(s, s.from, colon), ref->path, sizeof(ref->path), what, err);
}

static int parse_layout(
	struct span s, const char *what, struct nacre_ref *ref, struct nacre_err *err)
{
	struct span tag = s;
	bool tagged = false;
	int rc = take_path_digest(&s, &ref->digest, err);

	if (rc == 0)
		rc = take_path(s, ref, what, &tag, &tagged, err);
	if (rc || !tagged)
		return rc;
	if (!is_ref_name(tag))
		return fail_at(tag, err, "bad tag");
	return store_text(tag, ref->tag, sizeof(ref->tag), "tag", err);
}

static int parse_oci(struct span s, struct nacre_ref *ref, struct nacre_err *err)
{
	return parse_layout(s, "directory", ref, err);
}

static int parse_oci_archive(struct span s, struct nacre_ref *ref, struct nacre_err *err)
{
	return parse_layout(s, "file", ref, err);
}

static int parse_docker_archive(struct span s, struct nacre_ref *ref, struct nacre_err *err)
{
	struct span name = s;
	bool named = false;
	size_t colon;
	int rc = take_path(s, ref, "file", &name, &named, err);

	if (rc || !named)
		return rc;
	if (span_find(name, '@') < name.to)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"byte %zu: images in a docker-archive have no digest",
			span_find(name, '@'));
	colon = find_tag_colon(name);
	rc = check_name(span_part(name, name.from, colon), false, err);
	if (rc == 0)
		rc = check_name_len(span_part(name, name.from, colon), err);
	if (rc)
		return rc;
	if (colon == name.to || !is_tag(span_part(name, colon + 1, name.to)))
		return fail_at(span_part(name, colon < name.to ? colon + 1 : colon, name.to), err,
			"bad tag");
	return store_text(name, ref->tag, sizeof(ref->tag), "tag", err);
}

/* NAME[:TAG][@DIGEST] into its parts; the tag is empty when there is none. */
static int split_name(struct span s, bool host_wanted, struct nacre_ref *ref, struct span *out_tag,
	struct nacre_err *err)
{
	struct span name, tag;
	size_t colon;
	int rc = take_name_digest(&s, &ref->digest, err);

	if (rc)
		return rc;
	colon = find_tag_colon(s);
	name = span_part(s, s.from, colon);
	tag = span_part(s, colon < s.to ? colon + 1 : s.to, s.to);
	rc = check_name(name, host_wanted, err);
	if (rc == 0)
		rc = check_name_len(name, err);
	if (rc == 0 && colon < s.to && !is_tag(tag))
		rc = fail_at(tag, err, "bad tag");
	if (rc == 0)
		rc = store_text(name, ref->path, sizeof(ref->path), "name", err);
	*out_tag = tag;
	return rc;
}

static int parse_docker(struct span s, struct nacre_ref *ref, struct nacre_err *err)
{
	struct span tag = s;
	int rc = split_name(s, true, ref, &tag, err);

	if (rc)
		return rc;
	if (span_len(tag) > 0)
		return store_text(tag, ref->tag, sizeof(ref->tag), "tag", err);
	if (nacre_digest_is_empty(&ref->digest))
		(void)stpcpy(ref->tag, "latest");
	return 0;
}

/* What is neither a transport nor a name deserves a word about why. */
static int explain_name(struct span s, struct nacre_err *err)
{
	struct span first = span_part(s, s.from, span_find(s, '/'));
	struct span word = span_part(s, s.from, span_find(s, ':'));

	if (span_len(s) > 0 && strchr("./", span_at(s, 0)))
		return fail_at(s, err, "a path is no reference: say oci:DIR or oci-archive:FILE");
	/* A colon within the name: that of a port, or that of a transport. */
	s.to = span_find(s, '@');
	if (word.to < find_tag_colon(s) && !is_host(first) && span_len(word) < 64 &&
		run_of(word, word.from, LOWER DIGITS "+-") == span_len(word))
		return nacre_fail(err, NACRE_E_FORMAT,
			"byte %zu: no transport '%.*s' (there are oci:, oci-archive:, "
			"docker-archive: and docker://)",
			s.from, (int)span_len(word), word.text + word.from);
	return 0;
}

static int parse_store(struct span s, struct nacre_ref *ref, struct nacre_err *err)
{
	struct nacre_err own = { 0 };
	struct span tag = s;
	int rc = split_name(s, false, ref, &tag, &own);

	if (rc == NACRE_E_FORMAT) {
		int explained = explain_name(s, err);

		if (explained)
			return explained;
	}
	if (rc)
		return nacre_fail(err, own.code, "%s", own.text);
	if (span_len(tag) == 0 && !nacre_digest_is_empty(&ref->digest))
		return 0;
	(void)snprintf(ref->tag, sizeof(ref->tag), "%.*s:%.*s", NAME_BYTES, ref->path,
		span_len(tag) > 0 ? (int)span_len(tag) : 6,
		span_len(tag) > 0 ? tag.text + tag.from : "latest");
	return 0;
}

/* In the order of the enum. */
static const struct transport {
	const char *prefix;
	int (*parse)(struct span s, struct nacre_ref *ref, struct nacre_err *err);
} transports[] = {
	[NACRE_STORE] = { "", parse_store },
	[NACRE_OCI] = { "oci:", parse_oci },
	[NACRE_OCI_ARCHIVE] = { "oci-archive:", parse_oci_archive },
	[NACRE_DOCKER_ARCHIVE] = { "docker-archive:", parse_docker_archive },
	[NACRE_DOCKER] = { "docker://", parse_docker },
};

/* Transports of skopeo that a user may well try here. */
static const struct foreign {
	const char *prefix;
	const char *text;
} foreign_transports[] = {
	{ "docker:", "'docker:' wants '//' behind it" },
	{ "docker-daemon:", "transport 'docker-daemon' is not supported" },
	{ "containers-storage:", "transport 'containers-storage' is not supported" },
	{ "dir:", "transport 'dir' is not supported (oci: is a directory, too)" },
	{ "ostree:", "transport 'ostree' is not supported" },
	{ "sif:", "transport 'sif' is not supported" },
};

static const struct transport *find_transport(struct span s)
{
	for (size_t i = NACRE_OCI; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (span_begins(s, transports[i].prefix))
			return &transports[i];
	}
	return &transports[NACRE_STORE];
}

static int refuse_foreign(struct span s, struct nacre_err *err)
{
	for (size_t i = 0; i < sizeof(foreign_transports) / sizeof(foreign_transports[0]); i++) {
		if (span_begins(s, foreign_transports[i].prefix))
			return nacre_fail(
				err, NACRE_E_UNSUPPORTED, "byte 0: %s", foreign_transports[i].text);
	}
	return 0;
}

static bool is_word_of(const char *name, const char *prefix)
{
	size_t len = strcspn(prefix, ":");

	return len > 0 && strncmp(name, prefix, len) == 0 && name[len] == '\0';
}

/* "docker" would come back from a print as "docker:latest", and be something else. */
static int refuse_word(const struct nacre_ref *ref, struct nacre_err *err)
{
	bool taken = false;

	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		taken = taken || is_word_of(ref->path, transports[i].prefix);
	for (size_t i = 0; i < sizeof(foreign_transports) / sizeof(foreign_transports[0]); i++)
		taken = taken || is_word_of(ref->path, foreign_transports[i].prefix);
	if (!taken)
		return 0;
	return nacre_fail(
		err, NACRE_E_FORMAT, "byte 0: '%s' is the name of a transport", ref->path);
}

int nacre_ref_parse(const char *text, size_t len, struct nacre_ref *out_ref, struct nacre_err *err)
{
	struct span s = { text, 0, len };
	const struct transport *transport = find_transport(s);
	struct nacre_ref ref;
	int rc = 0;

	if (span_find(s, '\0') < s.to)
		return fail_at(span_part(s, span_find(s, '\0'), s.to), err, "a NUL byte");
	memset(&ref, 0, sizeof(ref));
	ref.transport = (enum nacre_transport)(transport - transports);
	if (ref.transport == NACRE_STORE)
		rc = refuse_foreign(s, err);
	s.from = strlen(transport->prefix);
	if (rc == 0)
		rc = transport->parse(s, &ref, err);
	if (rc == 0 && ref.transport == NACRE_STORE)
		rc = refuse_word(&ref, err);
	if (rc == 0)
		*out_ref = ref;
	return rc;
}

void nacre_ref_print(const struct nacre_ref *ref, char out_text[NACRE_REF_TEXT])
{
	/* The store's tag has the name in it; only a bare digest leaves it empty. */
	bool named = ref->transport == NACRE_STORE && ref->tag[0];

	(void)snprintf(out_text, NACRE_REF_TEXT, "%s%s%s%s%s%s", transports[ref->transport].prefix,
		named ? "" : ref->path, !named && ref->tag[0] ? ":" : "", ref->tag,
		ref->digest.text[0] ? "@" : "", ref->digest.text);
}

bool nacre_ref_equal(const struct nacre_ref *a, const struct nacre_ref *b)
{
	return a->transport == b->transport && strcmp(a->path, b->path) == 0 &&
		strcmp(a->tag, b->tag) == 0 && nacre_digest_equal(&a->digest, &b->digest);
}
