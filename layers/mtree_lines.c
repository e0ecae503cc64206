/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an mtree list. Strict, because a list may come from anywhere: every line is complete
 * and printable, and no keyword comes twice.
 */
#include "layers/mtree.h"

#include "base/base64.h"
#include "base/path.h"
#include "base/scope.h"
#include "base/text.h"
#include "layers/mtree_value.h"

#include <inttypes.h>
#include <string.h>

enum key {
	KEY_TYPE,
	KEY_MODE,
	KEY_UID,
	KEY_GID,
	KEY_TIME,
	KEY_SIZE,
	KEY_SHA256,
	KEY_DEVICE,
	KEY_LINK,
	KEYS,
};

static const char *const key_words[KEYS] = {
	[KEY_TYPE] = "type",
	[KEY_MODE] = "mode",
	[KEY_UID] = "uid",
	[KEY_GID] = "gid",
	[KEY_TIME] = "time",
	[KEY_SIZE] = "size",
	[KEY_SHA256] = "sha256",
	[KEY_DEVICE] = "device",
	[KEY_LINK] = "link",
};

#define BIT(key) (1U << (key))
#define COMMON (BIT(KEY_TYPE) | BIT(KEY_MODE) | BIT(KEY_UID) | BIT(KEY_GID) | BIT(KEY_TIME))

/* Which keywords a type must have, and which it may. */
static const struct type_row {
	const char *word;
	enum nacre_type type;
	unsigned must;
	unsigned may;
} types[] = {
	{ "file", NACRE_TYPE_FILE, COMMON | BIT(KEY_SIZE), BIT(KEY_SHA256) },
	{ "dir", NACRE_TYPE_DIR, COMMON, 0 },
	{ "link", NACRE_TYPE_SYMLINK, COMMON | BIT(KEY_LINK), 0 },
	{ "char", NACRE_TYPE_CHAR, COMMON | BIT(KEY_DEVICE), 0 },
	{ "block", NACRE_TYPE_BLOCK, COMMON | BIT(KEY_DEVICE), 0 },
	{ "fifo", NACRE_TYPE_FIFO, COMMON, 0 },
};

#define NOTE "#nacre "
#define TARGET_MOST 4095
/* What Linux can hold of a device's numbers: 12 and 20 bits. */
#define MAJOR_MOST 0xfffU
#define MINOR_MOST 0xfffffU

struct reader {
	struct nacre_source *source;
	const struct nacre_limits *limits;
	struct nacre_tree *tree;
	const struct nacre_mtree_listener *listener;
	void *user;
	uint64_t entries;
	struct nacre_buf line; /* without its newline */
	struct nacre_buf note; /* what "#nacre " said before the next entry */
	bool has_note;
	size_t at; /* in `data` */
	size_t len;
	char data[1 << 16];
};

static void reader_clear(struct reader *reader)
{
	nacre_buf_clear(&reader->line);
	nacre_buf_clear(&reader->note);
}

static void reader_freep(struct reader **reader)
{
	if (*reader)
		reader_clear(*reader);
	free(*reader);
}

static int bad(struct nacre_err *err, const char *what, const char *text)
{
	return nacre_fail(err, NACRE_E_FORMAT, "%s '%.200s'", what, text);
}

/* Takes the next line. *out_more is false at the end of the text. */
static int read_line(struct reader *reader, bool *out_more, struct nacre_err *err)
{
	int rc = nacre_buf_reserve(&reader->line, 0, err);

	if (rc)
		return rc;
	reader->line.len = 0;
	reader->line.data[0] = '\0';
	while (rc == 0) {
		const char *from = reader->data + reader->at, *end;

		if (reader->at == reader->len) {
			reader->at = 0;
			rc = nacre_source_read(reader->source, reader->data, sizeof(reader->data),
				&reader->len, err);
			if (rc || reader->len > 0)
				continue;
			*out_more = false;
			if (reader->line.len == 0)
				return 0;
			return nacre_fail(err, NACRE_E_FORMAT, "the last line has no end");
		}
		end = memchr(from, '\n', reader->len - reader->at);
		rc = nacre_buf_add(&reader->line, from,
			end ? (size_t)(end - from) : reader->len - reader->at, err);
		reader->at = end ? (size_t)(end - reader->data) + 1 : reader->len;
		if (end && rc == 0)
			break;
	}
	*out_more = true;
	for (size_t i = 0; rc == 0 && i < reader->line.len; i++) {
		unsigned char c = (unsigned char)reader->line.data[i];

		if (c < 0x20 || c > 0x7e)
			rc = nacre_fail(err, NACRE_E_FORMAT, "byte 0x%02x is not printable", c);
	}
	return rc;
}

/* "./a/b" becomes "a/b", "." becomes "": the one form there is. In place. */
static int parse_path(
	char *text, const struct nacre_limits *limits, char **out_path, struct nacre_err *err)
{
	char *path = text + 2;
	nacre_autofree char *clean = NULL;
	size_t len;
	int rc;

	if (strcmp(text, ".") == 0) {
		*out_path = text + 1;
		return 0;
	}
	if (strncmp(text, "./", 2) != 0 || !*path)
		return bad(err, "no path that begins with './':", text);
	rc = nacre_mtree_unescape(path, err);
	if (rc)
		return rc;
	len = strlen(path);
	clean = malloc(len + 1);
	if (!clean)
		return nacre_fail_nomem(err);
	rc = nacre_path_clean(path, len, limits, clean, len + 1, err);
	if (rc == 0 && strcmp(path, clean) != 0)
		rc = nacre_fail(
			err, NACRE_E_UNSAFE, "'%.200s' is not the plain form of a path", path);
	*out_path = path;
	return rc;
}

static bool parse_device(const char *text, struct nacre_inode *inode)
{
	static const char prefix[] = "native,";
	const char *major = text + sizeof(prefix) - 1, *comma;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	comma = strchr(major, ',');
	return comma &&
		nacre_mtree_u32(
			major, (size_t)(comma - major), MAJOR_MOST, &inode->u.device.major) &&
		nacre_mtree_u32(comma + 1, strlen(comma + 1), MINOR_MOST, &inode->u.device.minor);
}

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static int parse_target(
	struct nacre_tree *tree, char *text, struct nacre_inode *inode, struct nacre_err *err)
{
	int rc = nacre_mtree_unescape(text, err);

	if (rc)
		return rc;
	if (!*text || strlen(text) > TARGET_MOST)
		return nacre_fail(
			err, NACRE_E_FORMAT, "a link's target has 1 to %d bytes", TARGET_MOST);
	inode->u.target = nacre_arena_text(&tree->arena, text, strlen(text));
	return inode->u.target ? 0 : nacre_fail_nomem(err);
}

/* One keyword of an entry whose type is known. */
static int parse_value(struct nacre_tree *tree, enum key key, char *value,
	struct nacre_inode *inode, struct nacre_err *err)
{
	bool is_good = true;

	switch (key) {
	case KEY_MODE:
		is_good = nacre_mtree_mode(value, &inode->mode);
		break;
	case KEY_UID: /* the last number means "nobody asked" to the kernel */
		is_good = nacre_mtree_u32(value, strlen(value), UINT32_MAX - 1, &inode->uid);
		break;
	case KEY_GID:
		is_good = nacre_mtree_u32(value, strlen(value), UINT32_MAX - 1, &inode->gid);
		break;
	case KEY_TIME:
		is_good = nacre_mtree_time(value, &inode->mtime_s, &inode->mtime_ns);
		break;
	case KEY_SIZE:
		is_good = nacre_number_parse(value, strlen(value), &inode->size_bytes) &&
			inode->size_bytes <= INT64_MAX;
		break;
	case KEY_SHA256:
		is_good = is_sha256(value);
		break;
	case KEY_DEVICE:
		is_good = parse_device(value, inode);
		break;
	case KEY_LINK:
		return parse_target(tree, value, inode, err);
	case KEY_TYPE:
	case KEYS:
		break;
	}
	return is_good ? 0 : bad(err, key_words[key], value);
}

static int find_key(
	char *word, unsigned *seen, enum key *out_key, char **out_value, struct nacre_err *err)
{
	char *equals = strchr(word, '=');
	unsigned key = 0;

	if (!equals)
		return bad(err, "a keyword without a value:", word);
	*equals = '\0';
	while (key < KEYS && strcmp(word, key_words[key]) != 0)
		key++;
	if (key == KEYS)
		return bad(err, "unknown keyword", word);
	if (*seen & BIT(key))
		return bad(err, "twice the keyword", word);
	*seen |= BIT(key);
	*out_key = (enum key)key;
	*out_value = equals + 1;
	return 0;
}

static const struct type_row *find_type(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].word, word) == 0)
			return &types[i];
	}
	return NULL;
}

/* All words of an entry behind its path; `type` is the first of them. */
static int parse_words(
	struct nacre_tree *tree, char *rest, struct nacre_inode **out_inode, struct nacre_err *err)
{
	struct nacre_inode *inode = NULL;
	const struct type_row *row = NULL;
	unsigned seen = 0;
	int rc = 0;

	for (char *word, *save = NULL; rc == 0 && (word = strtok_r(rest, " ", &save));
		rest = NULL) {
		enum key key = KEYS;
		char *value = NULL;

		rc = find_key(word, &seen, &key, &value, err);
		if (rc == 0 && !row && key != KEY_TYPE)
			rc = bad(err, "before the type stands", word);
		if (rc)
			return rc;
		if (row) {
			rc = parse_value(tree, key, value, inode, err);
			continue;
		}
		row = find_type(value);
		if (!row)
			return bad(err, "type", value);
		inode = nacre_inode_new(tree, row->type);
		rc = inode ? 0 : nacre_fail_nomem(err);
	}
	if (rc)
		return rc;
	if (!row)
		return nacre_fail(err, NACRE_E_FORMAT, "an entry without a type");
	for (unsigned key = 0; key < KEYS; key++) {
		if ((row->must & BIT(key)) && !(seen & BIT(key)))
			return bad(err, "an entry without", key_words[key]);
		if ((seen & ~(row->must | row->may)) & BIT(key))
			return nacre_fail(
				err, NACRE_E_FORMAT, "a %s has no %s", row->word, key_words[key]);
	}
	*out_inode = inode;
	return 0;
}

static int parse_xattr(struct nacre_arena *arena, char *name, char *value,
	const struct nacre_limits *limits, uint64_t *sum, struct nacre_xattr *out_xattr,
	struct nacre_err *err)
{
	size_t len = strlen(value), room = NACRE_BASE64_ROOM(len);
	int rc = nacre_mtree_unescape(name, err);
	void *data;

	if (rc)
		return rc;
	if (!*name || strlen(name) > 255)
		return nacre_fail(err, NACRE_E_FORMAT, "an xattr's name has 1 to 255 bytes");
	data = nacre_arena_new(arena, room + 1);
	if (!data)
		return nacre_fail_nomem(err);
	rc = nacre_base64_parse(value, len, data, room, &out_xattr->len, err);
	if (rc)
		return nacre_within(err, rc, "xattr '%s'", name);
	out_xattr->name = name;
	out_xattr->value = data;
	*sum += strlen(name) + out_xattr->len;
	if (*sum > limits->xattr_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "xattrs of more than %" PRIu64 " bytes",
			limits->xattr_bytes);
	return 0;
}

/* A word that is neither an xattr nor a hard link. */
static int parse_word(struct reader *reader, char *key, char *value, struct nacre_err *err)
{
	if (!reader->listener->word)
		return bad(err, "unknown or twice: the keyword", key);
	return reader->listener->word(key, value, reader->user, err);
}

/* What a comment says of the entry behind it. */
static int parse_note(struct reader *reader, char *rest, char **out_hardlink,
	const struct nacre_xattrs **out_xattrs, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_arena_clear)
	struct nacre_arena scratch = NACRE_ARENA;
	nacre_autofree struct nacre_xattr *items = NULL;
	uint64_t sum = 0;
	size_t count = 0;
	int rc = 0;

	for (char *word, *save = NULL; rc == 0 && (word = strtok_r(rest, " ", &save));
		rest = NULL) {
		char *equals = strchr(word, '=');

		if (!equals)
			return bad(err, "a keyword without a value:", word);
		*equals = '\0';
		if (strcmp(word, "hardlink") == 0 && !*out_hardlink) {
			*out_hardlink = equals + 1;
			continue;
		}
		if (strncmp(word, "xattr.", 6) != 0) {
			rc = parse_word(reader, word, equals + 1, err);
			continue;
		}
		if (count == reader->limits->xattrs)
			return nacre_fail(err, NACRE_E_LIMIT, "more than %zu xattrs", count);
		if ((count & (count - 1)) == 0) { /* full, at each power of two */
			struct nacre_xattr *more =
				reallocarray(items, count ? 2 * count : 1, sizeof(*items));

			if (!more)
				return nacre_fail_nomem(err);
			items = more;
		}
		rc = parse_xattr(
			&scratch, word + 6, equals + 1, reader->limits, &sum, &items[count], err);
		count++;
	}
	if (rc || count == 0)
		return rc;
	return nacre_xattrs_make(&reader->tree->arena, items, count, out_xattrs, err);
}

static int parse_hardlink(
	const struct reader *reader, char *text, char **out_path, struct nacre_err *err)
{
	int rc = parse_path(text, reader->limits, out_path, err);

	return rc ? nacre_within(err, rc, "hardlink") : 0;
}

static int read_entry(struct reader *reader, struct nacre_err *err)
{
	char *text = reader->line.data, *rest = strchr(text, ' '), *path = NULL, *hardlink = NULL;
	struct nacre_inode *inode = NULL;
	int rc;

	if (!rest)
		return bad(err, "an entry without keywords:", text);
	if (reader->entries++ == reader->limits->image_members)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %" PRIu64 " image-members",
			reader->limits->image_members);
	*rest++ = '\0';
	rc = parse_path(text, reader->limits, &path, err);
	if (rc == 0)
		rc = parse_words(reader->tree, rest, &inode, err);
	if (rc == 0 && reader->has_note)
		rc = parse_note(
			reader, reader->note.data + strlen(NOTE), &hardlink, &inode->xattrs, err);
	if (rc == 0 && hardlink)
		rc = parse_hardlink(reader, hardlink, &hardlink, err);
	if (rc == 0)
		rc = reader->listener->entry(path, inode, hardlink, reader->user, err);
	if (rc == 0 && reader->tree->arena.used_bytes > reader->limits->tree_bytes)
		rc = nacre_fail(err, NACRE_E_LIMIT, "more than %" PRIu64 " tree-bytes",
			reader->limits->tree_bytes);
	reader->has_note = false;
	return rc;
}

/* What a line says: nothing, a note for the next entry, or an entry. */
static int read_content(struct reader *reader, struct nacre_err *err)
{
	const char *text = reader->line.data;

	if (reader->line.len == 0)
		return 0;
	if (*text != '#')
		return read_entry(reader, err);
	if (strncmp(text, NOTE, strlen(NOTE)) != 0)
		return 0;
	if (reader->has_note)
		return nacre_fail(err, NACRE_E_FORMAT, "'%s' twice for one entry", NOTE);
	reader->has_note = true;
	reader->note.len = 0;
	return nacre_buf_add(&reader->note, text, reader->line.len, err);
}

static int read_first(struct reader *reader, struct nacre_err *err)
{
	bool has_more = true;
	int rc = read_line(reader, &has_more, err);

	return rc ? rc : reader->listener->first(reader->line.data, reader->user, err);
}

static int read_lines(struct reader *reader, struct nacre_err *err)
{
	bool has_more = true;
	uint64_t number = 1;
	int rc = read_first(reader, err);

	while (rc == 0 && has_more) {
		number++;
		rc = read_line(reader, &has_more, err);
		if (rc == 0 && has_more)
			rc = read_content(reader, err);
		else if (rc == 0 && reader->has_note)
			rc = nacre_fail(err, NACRE_E_FORMAT, "'%s' at the end, for no entry", NOTE);
	}
	return rc ? nacre_within(err, rc, "line %" PRIu64, number) : 0;
}

/* The longest line that limits allow: every byte of two paths as \ooo, or all xattrs in base64. */
static size_t line_most(const struct nacre_limits *limits)
{
	const uint64_t fixed = 4 * TARGET_MOST + 4096, most = (uint64_t)1 << 30;
	uint64_t paths, xattrs, sum;

	if (__builtin_mul_overflow(limits->path_bytes, 8, &paths) ||
		__builtin_mul_overflow(limits->xattr_bytes, 4, &xattrs) ||
		__builtin_add_overflow(paths, xattrs, &sum) ||
		__builtin_add_overflow(sum, fixed, &sum))
		return most;
	return sum < most ? (size_t)sum : (size_t)most;
}

int nacre_mtree_each(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, const struct nacre_mtree_listener *listener, void *user,
	struct nacre_err *err)
{
	NACRE_CLEANUP(reader_freep)
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return nacre_fail_nomem(err);
	reader->source = source;
	reader->limits = limits;
	reader->tree = tree;
	reader->listener = listener;
	reader->user = user;
	reader->line.max = line_most(limits);
	reader->note.max = reader->line.max;
	return read_lines(reader, err);
}
