/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a ledger, each put to the entry of the tree that it speaks of. A ledger may come from
 * anywhere: it can only restore what has a place in a layer, and says each thing once.
 */
#include "base/path.h"
#include "base/scope.h"
#include "base/text.h"
#include "layers/ledger.h"
#include "layers/ledger_restore.h"
#include "layers/member.h"
#include "layers/mtree.h"
#include "layers/mtree_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A name that an entry gets when all lines are read: until then the disk's are the ones. */
struct rename {
	struct nacre_node *node;
	const char *name;
};

struct ledger {
	const struct nacre_limits *limits;
	nacre_ledger_entry_fn *entry;
	void *user;
	/* Of the entry that comes next. */
	struct nacre_loss loss;
	const char **xattrs;
	size_t xattr_room;
	const char *name;
};

static void ledger_clear(struct ledger *ledger)
{
	free(ledger->xattrs);
}

/* A tree that gets back what it had lost. */
struct apply {
	struct nacre_tree *tree;
	struct rename *renames;
	size_t rename_count;
	size_t rename_room;
};

static void apply_clear(struct apply *apply)
{
	free(apply->renames);
}

/* -------------------------------------------------------------- the first line */

static int fail_first(struct nacre_err *err)
{
	return nacre_fail(err, NACRE_E_FORMAT, "not the first line of a ledger");
}

/* Takes "KEY=" and the word behind it off a line, or leaves all as it is. */
static bool take_word(char **at, const char *key, char **out_value)
{
	size_t len = strlen(key);

	if (!*at || strncmp(*at, key, len) != 0)
		return false;
	*out_value = *at + len;
	*at = *out_value + strcspn(*out_value, " ");
	if (**at)
		*(*at)++ = '\0';
	else
		*at = NULL;
	return true;
}

int nacre_ledger_id_parse(const char *line, struct nacre_ledger_id *out_id, struct nacre_err *err)
{
	struct nacre_ledger_id id = { .has_birth = false };
	char text[NACRE_LEDGER_FIRST], *at = text, *value = NULL;
	size_t len = strlen(line);
	uint64_t version;

	if (len >= sizeof(text))
		return fail_first(err);
	memcpy(text, line, len + 1);
	if (!take_word(&at, "#mtree nacre-ledger=", &value) ||
		!nacre_number_parse(value, strlen(value), &version))
		return fail_first(err);
	if (version != NACRE_LEDGER_VERSION)
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "a ledger of version %" PRIu64, version);
	if (!take_word(&at, "image=", &value) || nacre_digest_parse(value, &id.image, NULL))
		return fail_first(err);
	if (!take_word(&at, "tree=", &value) ||
		!nacre_number_parse(value, strlen(value), &id.inode))
		return fail_first(err);
	id.has_birth = take_word(&at, "born=", &value);
	if (id.has_birth && !nacre_mtree_time(value, &id.birth_s, &id.birth_ns))
		return fail_first(err);
	if (at)
		return fail_first(err);
	*out_id = id;
	return 0;
}

bool nacre_ledger_id_same_tree(const struct nacre_ledger_id *a, const struct nacre_ledger_id *b)
{
	if (a->inode != b->inode)
		return false;
	return !a->has_birth || !b->has_birth ||
		(a->birth_s == b->birth_s && a->birth_ns == b->birth_ns);
}

static int read_first(const char *line, void *user, struct nacre_err *err)
{
	struct nacre_ledger_id id;

	(void)user;
	return nacre_ledger_id_parse(line, &id, err);
}

/* ----------------------------------------------------------------- words */

static bool parse_owner(struct nacre_loss *loss, const char *value)
{
	const char *colon = strchr(value, ':');

	return colon &&
		nacre_mtree_u32(value, (size_t)(colon - value), UINT32_MAX - 1, &loss->uid) &&
		nacre_mtree_u32(colon + 1, strlen(colon + 1), UINT32_MAX - 1, &loss->gid);
}

static bool parse_mode(struct nacre_loss *loss, const char *value)
{
	return nacre_mtree_mode(value, &loss->mode);
}

static bool parse_time(struct nacre_loss *loss, const char *value)
{
	return nacre_mtree_time(value, &loss->mtime_s, &loss->mtime_ns);
}

static bool parse_device(struct nacre_loss *loss, const char *value)
{
	(void)loss;
	return strcmp(value, "file") == 0;
}

static const struct word {
	const char *key;
	enum nacre_lost kind;
	bool (*parse)(struct nacre_loss *loss, const char *value);
} words[] = {
	{ "lost.owner", NACRE_LOST_OWNER, parse_owner },
	{ "lost.mode", NACRE_LOST_MODE, parse_mode },
	{ "lost.time", NACRE_LOST_TIME, parse_time },
	{ "lost.device", NACRE_LOST_DEVICE, parse_device },
};

static int add_xattr(struct ledger *ledger, char *value, struct nacre_err *err)
{
	struct nacre_loss *loss = &ledger->loss;
	int rc = nacre_mtree_unescape(value, err);

	if (rc)
		return rc;
	if (loss->xattr_count == ledger->limits->xattrs)
		return nacre_fail(
			err, NACRE_E_LIMIT, "more than %" PRIu64 " xattrs", ledger->limits->xattrs);
	if (loss->xattr_count == ledger->xattr_room) {
		size_t room = ledger->xattr_room ? 2 * ledger->xattr_room : 16;
		const char **xattrs = reallocarray(ledger->xattrs, room, sizeof(*xattrs));

		if (!xattrs)
			return nacre_fail_nomem(err);
		ledger->xattrs = xattrs;
		ledger->xattr_room = room;
	}
	loss->kinds |= NACRE_LOSS_BIT(NACRE_LOST_XATTR);
	ledger->xattrs[loss->xattr_count++] = value;
	return 0;
}

/* A single name, and none that would mean something else in a layer. */
static int set_name(struct ledger *ledger, char *value, struct nacre_err *err)
{
	char clean[256];
	int rc = nacre_mtree_unescape(value, err);

	if (rc)
		return rc;
	if (nacre_path_clean(value, strlen(value), ledger->limits, clean, sizeof(clean), NULL) ||
		strcmp(clean, value) != 0 || strchr(value, '/'))
		return nacre_fail(err, NACRE_E_UNSAFE, "'%.200s' is no name", value);
	if (strncmp(value, NACRE_WHITEOUT_PREFIX, strlen(NACRE_WHITEOUT_PREFIX)) == 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "'%.200s' means removal in a layer", value);
	ledger->name = value;
	return 0;
}

static int read_word(const char *key, char *value, void *user, struct nacre_err *err)
{
	struct ledger *ledger = user;
	enum nacre_lost kind;
	size_t i = 0;

	if (strcmp(key, "lost.xattr") == 0)
		return add_xattr(ledger, value, err);
	while (i < sizeof(words) / sizeof(words[0]) && strcmp(key, words[i].key) != 0)
		i++;
	kind = i < sizeof(words) / sizeof(words[0]) ? words[i].kind : NACRE_LOST_NAME;
	if (kind == NACRE_LOST_NAME && strcmp(key, "name") != 0)
		return nacre_fail(err, NACRE_E_FORMAT, "unknown keyword '%.200s'", key);
	if (ledger->loss.kinds & NACRE_LOSS_BIT(kind))
		return nacre_fail(err, NACRE_E_FORMAT, "twice the keyword '%.200s'", key);
	ledger->loss.kinds |= NACRE_LOSS_BIT(kind);
	if (kind == NACRE_LOST_NAME)
		return set_name(ledger, value, err);
	return words[i].parse(&ledger->loss, value)
		? 0
		: nacre_fail(err, NACRE_E_FORMAT, "%s '%.200s'", key, value);
}

/* --------------------------------------------------------------- entries */

static bool is_device(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK;
}

/* Whether what the words say can be true of such an entry. */
static int check_entry(
	const struct ledger *ledger, const struct nacre_inode *inode, struct nacre_err *err)
{
	const struct nacre_loss *loss = &ledger->loss;

	if (loss->kinds == 0)
		return nacre_fail(err, NACRE_E_FORMAT, "an entry that lost nothing");
	if ((loss->kinds & NACRE_LOSS_BIT(NACRE_LOST_DEVICE)) && !is_device(inode) &&
		inode->type != NACRE_TYPE_FIFO)
		return nacre_fail(
			err, NACRE_E_FORMAT, "a %s is no device", nacre_type_name(inode->type));
	if (is_device(inode) && inode->u.device.major == 0 && inode->u.device.minor == 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "a device 0:0");
	for (size_t i = 0; i < loss->xattr_count; i++) {
		if (!nacre_xattr_find(inode->xattrs, loss->xattrs[i]))
			return nacre_fail(err, NACRE_E_FORMAT,
				"lost.xattr '%.200s' without its value", loss->xattrs[i]);
	}
	return 0;
}

static int read_entry(const char *path, struct nacre_inode *inode, const char *hardlink, void *user,
	struct nacre_err *err)
{
	struct ledger *ledger = user;
	int rc;

	ledger->loss.xattrs = ledger->xattrs;
	if (hardlink)
		rc = nacre_fail(err, NACRE_E_FORMAT, "a ledger has no hardlink");
	else
		rc = check_entry(ledger, inode, err);
	if (rc == 0)
		rc = ledger->entry(path, inode, ledger->name, &ledger->loss, ledger->user, err);
	ledger->loss = (struct nacre_loss){ 0 };
	ledger->name = NULL;
	return rc;
}

int nacre_ledger_each(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, nacre_ledger_entry_fn *entry, void *user, struct nacre_err *err)
{
	static const struct nacre_mtree_listener listener = { read_first, read_word, read_entry };
	NACRE_CLEANUP(ledger_clear)
	struct ledger ledger = { .limits = limits, .entry = entry, .user = user };

	return nacre_mtree_each(source, limits, tree, &listener, &ledger, err);
}

/* --------------------------------------------------------------- giving back */

static int remember_name(
	struct apply *apply, struct nacre_node *node, const char *text, struct nacre_err *err)
{
	const char *name;

	if (!node->parent)
		return nacre_fail(err, NACRE_E_FORMAT, "a name for the root");
	name = nacre_arena_text(&apply->tree->arena, text, strlen(text));
	if (!name)
		return nacre_fail_nomem(err);
	if (apply->rename_count == apply->rename_room) {
		size_t room = apply->rename_room ? 2 * apply->rename_room : 64;
		struct rename *more = reallocarray(apply->renames, room, sizeof(*more));

		if (!more)
			return nacre_fail_nomem(err);
		apply->renames = more;
		apply->rename_room = room;
	}
	apply->renames[apply->rename_count++] = (struct rename){ node, name };
	return 0;
}

/* What is no longer there, or is something else, has nothing to get back. */
static int restore(const char *path, const struct nacre_inode *want, const char *name,
	const struct nacre_loss *loss, void *user, struct nacre_err *err)
{
	struct apply *apply = user;
	struct nacre_node *node = nacre_tree_find(apply->tree, path);
	int rc;

	if (!node)
		return 0;
	/* A scanned tree has no layers: the member is free for whoever walks it once. */
	if (node->touched)
		return nacre_fail(err, NACRE_E_UNSAFE, "'%.200s' stands there twice", path);
	node->touched = 1;
	if (!nacre_ledger_is_left(node->inode, want, loss))
		return 0;
	rc = nacre_ledger_restore(&apply->tree->arena, node->inode, want, loss, err);
	if (rc == 0 && name)
		rc = remember_name(apply, node, name, err);
	return rc;
}

static int rename_all(struct apply *apply, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < apply->rename_count; i++)
		rc = nacre_tree_rename(apply->tree, apply->renames[i].node, apply->renames[i].name,
			strlen(apply->renames[i].name), err);
	return rc;
}

int nacre_ledger_apply(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(apply_clear)
	struct apply apply = { .tree = tree };
	int rc = nacre_ledger_each(source, limits, tree, restore, &apply, err);

	if (rc == 0)
		rc = rename_all(&apply, err);
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node))
		node->touched = 0;
	return rc;
}
