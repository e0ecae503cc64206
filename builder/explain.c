/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of steps, and telling of them. */
#include "builder/explain.h"

#include "base/scope.h"
#include "builder/explain_list.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LIST_BYTES ((size_t)16 << 20) /* of one step; beyond, what changed cannot be named */
#define SHORT 16		      /* digits of a digest that are kept in a list */

struct nacre_explainer {
	const struct nacre_build_options *options;
	const struct nacre_recipe *recipe;
	struct nacre_cache *cache;
	char recipe_key[65];
	char place[300];
	struct nacre_digest state;
	struct nacre_digest *stages;

	/* the part that is going on */
	enum nacre_explained_kind kind;
	struct nacre_mark mark;
	const char *what;
	char list_key[65];
	struct nacre_hash *hash;
	struct nacre_buf list;
	bool list_is_whole;
	const char *redone;
	int rc;
	struct nacre_err err;
};

int nacre_explainer_new(const struct nacre_build_options *options,
	const struct nacre_recipe *recipe, int context, struct nacre_cache *cache,
	struct nacre_explainer **out_explainer, struct nacre_err *err)
{
	struct nacre_explainer *x = calloc(1, sizeof(*x));
	char text[4096];
	struct stat st;
	int len;

	if (!x)
		return nacre_fail_nomem(err);
	x->stages = calloc(recipe->stage_count + 1, sizeof(x->stages[0]));
	if (!x->stages || fstat(context, &st) < 0) {
		len = x->stages ? nacre_fail_os(err, "context") : nacre_fail_nomem(err);
		nacre_explainer_free(x);
		return len;
	}
	x->options = options;
	x->recipe = recipe;
	x->cache = cache;
	x->list = (struct nacre_buf)NACRE_BUF(LIST_BYTES);
	len = snprintf(text, sizeof(text), "%llu %llu %s", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino, recipe->file_name);
	nacre_cache_key(
		text, len < (int)sizeof(text) ? (size_t)len : sizeof(text) - 1, x->recipe_key);
	*out_explainer = x;
	return 0;
}

void nacre_explainer_free(struct nacre_explainer *x)
{
	if (!x)
		return;
	nacre_hash_free(x->hash);
	nacre_buf_clear(&x->list);
	free(x->stages);
	free(x);
}

void nacre_explain_place(struct nacre_explainer *x, const char *kind, const char *name)
{
	if (x)
		(void)snprintf(x->place, sizeof(x->place), "%s %s", kind, name);
}

/* ------------------------------------------------------------------ inputs */

void nacre_explain_begin(struct nacre_explainer *x, enum nacre_explained_kind kind,
	struct nacre_mark mark, const char *what, const char *text)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf all = NACRE_BUF(SIZE_MAX / 4);

	if (!x)
		return;
	x->kind = kind;
	x->mark = mark;
	x->what = what;
	x->list.len = 0;
	x->list_is_whole = true;
	x->redone = NULL;
	nacre_hash_freep(&x->hash);
	x->rc = nacre_hash_new(&x->hash, &x->err);
	if (x->rc == 0)
		x->rc = nacre_buf_printf(
			&all, &x->err, "%s\n%s\n%s\n%s", x->recipe_key, x->place, what, text);
	if (x->rc)
		return;
	nacre_cache_key(all.data, all.len, x->list_key);
	nacre_explain_input(x, what, text);
}

static void add_to_list(struct nacre_explainer *x, const char *name, const char *digest)
{
	char brief[65];

	if (!x->list_is_whole)
		return;
	nacre_cache_key(digest, strlen(digest), brief);
	if (nacre_buf_printf(&x->list, NULL, "%.*s %s", SHORT, brief, name) ||
		nacre_buf_add(&x->list, "", 1, NULL))
		x->list_is_whole = false;
}

void nacre_explain_input(struct nacre_explainer *x, const char *name, const char *digest)
{
	if (!x || x->rc || !x->hash)
		return;
	nacre_hash_add(x->hash, name, strlen(name) + 1);
	nacre_hash_add(x->hash, digest, strlen(digest) + 1);
	add_to_list(x, name, digest);
}

static int add_entry(const struct nacre_node *node, const struct nacre_digest *digest, void *user,
	struct nacre_err *err)
{
	struct nacre_explainer *x = user;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF(SIZE_MAX / 2);
	int rc = nacre_node_path(node, &path, err);

	if (rc == 0)
		nacre_explain_input(x, path.len > 0 ? path.data : ".", digest->text);
	return rc;
}

void nacre_explain_tree(struct nacre_explainer *x, struct nacre_tree *tree)
{
	struct nacre_digest digest;

	if (x && x->cache && x->rc == 0)
		x->rc = nacre_tree_key(tree, add_entry, x, &digest, &x->err);
}

void nacre_explain_image(struct nacre_explainer *x)
{
	if (x)
		nacre_explain_input(x, "the image before it", x->state.text);
}

void nacre_explain_stage(struct nacre_explainer *x, size_t stage)
{
	char name[300];

	if (!x)
		return;
	(void)snprintf(name, sizeof(name), "stage %s", x->recipe->stages[stage].name.text);
	nacre_explain_input(x, name, x->stages[stage].text);
}

void nacre_explain_redone(struct nacre_explainer *x, const char *why)
{
	if (x && !x->redone)
		x->redone = why;
}

/* ------------------------------------------------------------------ telling */

static int tell(struct nacre_explainer *x, bool is_hit, const char *why, struct nacre_err *err)
{
	const struct nacre_explained told = {
		.kind = x->kind,
		.is_hit = is_hit,
		.place = x->place,
		.what = x->what,
		.file = x->recipe->files[x->mark.file],
		.line = x->mark.line,
		.column = x->mark.column,
		.why = why,
	};

	if (x->options->explain)
		x->options->explain(&told, x->options->explain_user);
	if (is_hit || !x->options->assert_cached)
		return 0;
	return nacre_recipe_fail(err, x->recipe, x->mark, NACRE_E_NOT_FOUND,
		"%s of %s is not in the cache: %s", x->what, x->place, why);
}

/* Why the key is not known: from what the same step read when it was done last. */
static void find_reason(struct nacre_explainer *x, char *out_why, size_t room)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf before = NACRE_BUF(LIST_BYTES);
	struct nacre_digest digest;
	nacre_autofd int fd = -1;
	uint64_t size = 0;

	if (!x->cache)
		(void)snprintf(out_why, room, "there is no cache");
	else if (!nacre_cache_open_file(
			 x->cache, NACRE_CACHE_LIST, x->list_key, true, &fd, &size, &digest) ||
		nacre_buf_read_fd(&before, fd, NULL))
		(void)snprintf(out_why, room, "not done before as the recipe has it");
	else if (!x->list_is_whole)
		(void)snprintf(out_why, room, "something of what it reads has changed");
	else
		nacre_explain_lists(&before, &x->list, out_why, room);
}

static void keep_list(struct nacre_explainer *x)
{
	struct nacre_digest digest;

	if (!x->list_is_whole)
		return;
	nacre_digest_of(x->list.data, x->list.len, &digest);
	nacre_cache_keep_bytes(
		x->cache, NACRE_CACHE_LIST, x->list_key, x->list.data, x->list.len, &digest);
}

static void add_to_state(struct nacre_explainer *x, const struct nacre_digest *key)
{
	char text[2 * NACRE_DIGEST_TEXT];
	int len = snprintf(text, sizeof(text), "%s %s",
		x->kind == NACRE_EXPLAINED_BASE ? "" : x->state.text, key->text);

	nacre_digest_of(text, (size_t)len, &x->state);
}

int nacre_explain_end(struct nacre_explainer *x, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf nothing = NACRE_BUF(0);
	char why[512] = "";
	char head[64];
	struct nacre_digest key;
	bool is_known;

	if (!x)
		return 0;
	if (x->rc) {
		if (err)
			*err = x->err;
		return x->rc;
	}
	(void)snprintf(head, sizeof(head), "step %d", NACRE_STEP_FORMAT);
	nacre_hash_add(x->hash, head, strlen(head));
	nacre_hash_finish(x->hash, &key);
	nacre_hash_freep(&x->hash);
	add_to_state(x, &key);
	is_known = nacre_cache_get(x->cache, NACRE_CACHE_STEP, nacre_digest_hex(&key), &nothing);
	if (is_known && !x->redone)
		return tell(x, true, "", err);
	if (is_known)
		(void)snprintf(why, sizeof(why), "%s", x->redone);
	else
		find_reason(x, why, sizeof(why));
	if (!is_known && x->cache) {
		keep_list(x);
		nacre_cache_put(x->cache, NACRE_CACHE_STEP, nacre_digest_hex(&key), "", 0);
	}
	return tell(x, false, why, err);
}

int nacre_explain_layer(struct nacre_explainer *x, const char *name, struct nacre_mark mark,
	const struct nacre_layer_reuse *reuse, struct nacre_err *err)
{
	char why[128] = "";

	if (!x)
		return 0;
	nacre_explain_place(x, "layer", name);
	x->kind = NACRE_EXPLAINED_LAYER;
	x->mark = mark;
	x->what = "content";
	if (!reuse->is_hit && !x->cache)
		(void)snprintf(why, sizeof(why), "there is no cache");
	else if (!reuse->is_hit)
		(void)snprintf(why, sizeof(why),
			"made anew; %zu of %zu compressed parts were known", reuse->parts_found,
			reuse->parts);
	return tell(x, reuse->is_hit, why, err);
}

struct nacre_digest nacre_explain_state(const struct nacre_explainer *x)
{
	struct nacre_digest none = { "" };

	return x ? x->state : none;
}

void nacre_explain_set_state(struct nacre_explainer *x, const struct nacre_digest *state)
{
	if (x)
		x->state = *state;
}

void nacre_explain_stage_done(struct nacre_explainer *x, size_t stage)
{
	if (x)
		x->stages[stage] = x->state;
}
