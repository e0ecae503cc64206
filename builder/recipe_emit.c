/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe back as JSON: one text for all recipes that mean the same, whatever their spelling. It
 * is read again as a recipe, so a "$" becomes "$$" wherever args would be looked for.
 */
#include "builder/recipe.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/scope.h"
#include "base/text.h"
#include "formats/json.h"

#include <stdio.h>
#include <string.h>

/* What is emitted is bounded by the recipe, and that by a limit. */
#define EMIT_BYTES (SIZE_MAX / 4)

/* The emitter, and a failure of our own beside it. */
struct emitter {
	struct nacre_jemit json;
	int rc;
	struct nacre_err *err;
};

static void clear_emitter(struct emitter *e)
{
	nacre_jemit_clear(&e->json);
}

#define EMITTER(err_where)                                                                         \
	{                                                                                          \
		.json = NACRE_JEMIT(EMIT_BYTES), .err = (err_where)                                \
	}

static int finish(struct emitter *e, struct nacre_buf *out_buf)
{
	return e->rc ? e->rc : nacre_jemit_finish(&e->json, out_buf, e->err);
}

/* ------------------------------------------------------------------ values */

static void put(struct emitter *e, const char *name, const char *text, size_t len)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf escaped = NACRE_BUF(EMIT_BYTES);
	size_t at = 0;

	if (!memchr(text, '$', len)) {
		nacre_jemit_text_len(&e->json, name, text, len);
		return;
	}
	while (e->rc == 0 && at < len) {
		size_t step = strcspn(text + at, "$");

		if (at + step < len)
			step++;
		e->rc = nacre_buf_add(&escaped, text + at, step, e->err);
		at += step;
		if (e->rc == 0 && text[at - 1] == '$')
			e->rc = nacre_buf_add(&escaped, "$", 1, e->err);
	}
	if (e->rc == 0)
		nacre_jemit_text_len(&e->json, name, escaped.data, escaped.len);
}

static void put_text(struct emitter *e, const char *name, const struct nacre_recipe_text *text)
{
	if (text->text)
		put(e, name, text->text, text->len);
}

static void put_list(struct emitter *e, const char *name, const struct nacre_recipe_list *list)
{
	if (!list->given)
		return;
	nacre_jemit_array(&e->json, name);
	for (size_t i = 0; i < list->count; i++)
		put_text(e, NULL, &list->items[i]);
	nacre_jemit_end(&e->json);
}

static void put_pairs(struct emitter *e, const char *name, const struct nacre_recipe_pairs *pairs)
{
	if (!pairs->given)
		return;
	nacre_jemit_object(&e->json, name);
	for (size_t i = 0; i < pairs->count; i++)
		put_text(e, pairs->items[i].name.text, &pairs->items[i].value);
	nacre_jemit_end(&e->json);
}

static void put_time(struct emitter *e, const char *name, const struct nacre_recipe_time *time)
{
	char text[NACRE_TIME_TEXT];

	if (!time->given)
		return;
	nacre_time_print(time->seconds, text);
	nacre_jemit_text(&e->json, name, text);
}

/* ------------------------------------------------------------------- steps */

/* Paths in the image are emitted with their slash: the root would be an empty text. */
static void put_path(
	struct emitter *e, const char *name, const struct nacre_recipe_text *path, bool slash)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(EMIT_BYTES);

	if (!path->text || e->rc)
		return;
	e->rc = nacre_buf_printf(
		&text, e->err, "/%s%s", path->text, slash && path->len > 0 ? "/" : "");
	if (e->rc == 0)
		put(e, name, text.data, text.len);
}

/* Where a pattern may stand, a name that is none has its backslashes again. */
static void put_pattern(struct emitter *e, const char *name, const struct nacre_recipe_text *path,
	const char *prefix, bool is_glob)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(EMIT_BYTES);

	if (!path->text || e->rc)
		return;
	e->rc = nacre_buf_add_text(&text, prefix, e->err);
	for (size_t i = 0; e->rc == 0 && i < path->len; i++) {
		if (!is_glob && strchr("*?[\\", path->text[i]))
			e->rc = nacre_buf_add(&text, "\\", 1, e->err);
		if (e->rc == 0)
			e->rc = nacre_buf_add(&text, path->text + i, 1, e->err);
	}
	if (e->rc == 0 && text.len == 0)
		e->rc = nacre_buf_add_text(&text, ".", e->err);
	if (e->rc == 0)
		put(e, name, text.data, text.len);
}

static bool is_plain_text(const struct nacre_recipe_text *text)
{
	return !memchr(text->text, '\0', text->len) && nacre_utf8_valid(text->text, text->len);
}

static void put_base64(struct emitter *e, const struct nacre_recipe_text *bytes)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(EMIT_BYTES);

	if (e->rc == 0)
		e->rc = nacre_base64_emit(bytes->text, bytes->len, &text, e->err);
	if (e->rc == 0)
		nacre_jemit_text(&e->json, "base64", text.data);
}

static void put_owner(struct emitter *e, const struct nacre_recipe_owner *owner)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(EMIT_BYTES);

	if (!owner->given || e->rc)
		return;
	e->rc = nacre_buf_printf(&text, e->err, "%s%s%s", owner->user.text,
		owner->group.text ? ":" : "", owner->group.text ? owner->group.text : "");
	if (e->rc == 0)
		nacre_jemit_text(&e->json, "owner", text.data);
}

static void put_mode(struct emitter *e, const struct nacre_recipe_mode *mode)
{
	char text[16];

	if (mode->kind == NACRE_MODE_KEEP)
		nacre_jemit_text(&e->json, "mode", "keep");
	if (mode->kind != NACRE_MODE_BITS)
		return;
	(void)snprintf(text, sizeof(text), "%04o", (unsigned)mode->bits);
	nacre_jemit_text(&e->json, "mode", text);
}

static void put_content(struct emitter *e, const struct nacre_recipe_text *content)
{
	if (!content->text)
		return;
	if (is_plain_text(content))
		put_text(e, "text", content);
	else
		put_base64(e, content);
}

static void put_xattrs(struct emitter *e, const struct nacre_recipe_xattrs *xattrs)
{
	if (!xattrs->given)
		return;
	nacre_jemit_object(&e->json, "xattrs");
	for (size_t i = 0; i < xattrs->count; i++) {
		const struct nacre_recipe_xattr *xattr = &xattrs->items[i];

		if (is_plain_text(&xattr->value)) {
			put_text(e, xattr->name.text, &xattr->value);
			continue;
		}
		nacre_jemit_object(&e->json, xattr->name.text);
		put_base64(e, &xattr->value);
		nacre_jemit_end(&e->json);
	}
	nacre_jemit_end(&e->json);
}

static void put_step_path(struct emitter *e, const struct nacre_recipe_step *step)
{
	if (step->kind == NACRE_RECIPE_REMOVE || step->kind == NACRE_RECIPE_PERMS)
		put_pattern(e, "path", &step->path, "/", step->is_glob);
	else
		put_path(e, "path", &step->path, false);
}

static void put_step_sources(struct emitter *e, const struct nacre_recipe_step *step)
{
	put_text(e, "stage", &step->stage_name);
	if (step->kind == NACRE_RECIPE_COPY)
		put_pattern(e, "from", &step->from, step->stage ? "/" : "", step->is_glob);
	else
		put_text(e, "from", &step->from);
	put_text(e, "url", &step->url);
	if (step->kind == NACRE_RECIPE_LINK)
		put_text(e, "to", &step->to);
	else
		put_path(e, "to", &step->to, step->into);
}

static void put_step(struct emitter *e, const struct nacre_recipe_step *step)
{
	nacre_jemit_object(&e->json, NULL);
	nacre_jemit_object(&e->json, nacre_recipe_step_name(step->kind));
	put_step_path(e, step);
	put_step_sources(e, step);
	put_content(e, &step->content);
	if (step->recursive)
		nacre_jemit_bool(&e->json, "recursive", true);
	put_owner(e, &step->owner);
	put_mode(e, &step->mode);
	put_time(e, "mtime", &step->mtime);
	put_xattrs(e, &step->xattrs);
	put_list(e, "capabilities", &step->capabilities);
	put_list(e, "exclude", &step->exclude);
	if (!nacre_digest_is_empty(&step->sha256))
		nacre_jemit_text(&e->json, "sha256", nacre_digest_hex(&step->sha256));
	if (step->strip > 0)
		nacre_jemit_u64(&e->json, "strip", step->strip);
	nacre_jemit_end(&e->json);
	nacre_jemit_end(&e->json);
}

static void put_steps(struct emitter *e, const struct nacre_recipe_step *steps, size_t count)
{
	nacre_jemit_array(&e->json, "steps");
	for (size_t i = 0; i < count; i++)
		put_step(e, &steps[i]);
	nacre_jemit_end(&e->json);
}

int nacre_recipe_step_emit(
	const struct nacre_recipe_step *step, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_emitter)
	struct emitter e = EMITTER(err);

	put_step(&e, step);
	return finish(&e, out_buf);
}

/* --------------------------------------------------------------- the whole */

static void put_platform(struct emitter *e, const struct nacre_recipe_platform *platform)
{
	char text[NACRE_PLATFORM_TEXT];

	if (!platform->given)
		return;
	nacre_platform_print(&platform->value, text);
	nacre_jemit_text(&e->json, "platform", text);
}

/* Nothing is replaced in args, so nothing is escaped. */
static void put_args(struct emitter *e, const struct nacre_recipe_pairs *args)
{
	if (args->count == 0)
		return;
	nacre_jemit_object(&e->json, "args");
	for (size_t i = 0; i < args->count; i++)
		nacre_jemit_text_len(&e->json, args->items[i].name.text, args->items[i].value.text,
			args->items[i].value.len);
	nacre_jemit_end(&e->json);
}

static void put_from(struct emitter *e, const struct nacre_recipe_from *from)
{
	if (!from->keys.given) {
		put(e, "from", from->text, strlen(from->text));
		return;
	}
	nacre_jemit_object(&e->json, "from");
	put(e, "image", from->text, strlen(from->text));
	put_list(e, "key", &from->keys);
	if (from->threshold > 1)
		nacre_jemit_u64(&e->json, "threshold", from->threshold);
	nacre_jemit_end(&e->json);
}

static void put_groups(struct emitter *e, const struct nacre_recipe_accounts *accounts)
{
	if (accounts->group_count == 0)
		return;
	nacre_jemit_array(&e->json, "groups");
	for (size_t i = 0; i < accounts->group_count; i++) {
		const struct nacre_recipe_group *group = &accounts->groups[i];

		nacre_jemit_object(&e->json, NULL);
		put_text(e, "name", &group->name);
		nacre_jemit_u64(&e->json, "gid", group->gid);
		put_list(e, "members", &group->members);
		nacre_jemit_end(&e->json);
	}
	nacre_jemit_end(&e->json);
}

static void put_users(struct emitter *e, const struct nacre_recipe_accounts *accounts)
{
	if (accounts->user_count == 0)
		return;
	nacre_jemit_array(&e->json, "users");
	for (size_t i = 0; i < accounts->user_count; i++) {
		const struct nacre_recipe_user *user = &accounts->users[i];

		nacre_jemit_object(&e->json, NULL);
		put_text(e, "name", &user->name);
		nacre_jemit_u64(&e->json, "uid", user->uid);
		if (user->group.is_number)
			nacre_jemit_u64(&e->json, "gid", user->group.number);
		else
			nacre_jemit_text_if(&e->json, "gid", user->group.text);
		put_list(e, "groups", &user->groups);
		put_text(e, "home", &user->home);
		put_text(e, "shell", &user->shell);
		put_text(e, "comment", &user->comment);
		nacre_jemit_end(&e->json);
	}
	nacre_jemit_end(&e->json);
}

static void put_accounts(struct emitter *e, const struct nacre_recipe_accounts *accounts)
{
	if (accounts->group_count + accounts->user_count == 0)
		return;
	nacre_jemit_object(&e->json, "accounts");
	put_groups(e, accounts);
	put_users(e, accounts);
	nacre_jemit_end(&e->json);
}

int nacre_recipe_accounts_emit(const struct nacre_recipe_accounts *accounts,
	struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_emitter)
	struct emitter e = EMITTER(err);

	nacre_jemit_object(&e.json, NULL);
	put_accounts(&e, accounts);
	nacre_jemit_end(&e.json);
	return finish(&e, out_buf);
}

static void put_allow(struct emitter *e, const struct nacre_recipe_allow *allow)
{
	if (!allow->setuid.given && !allow->setgid.given && !allow->capabilities.given &&
		!allow->devices.given && !allow->world_writable.given)
		return;
	nacre_jemit_object(&e->json, "allow");
	put_list(e, "setuid", &allow->setuid);
	put_list(e, "setgid", &allow->setgid);
	put_list(e, "capabilities", &allow->capabilities);
	put_list(e, "devices", &allow->devices);
	put_list(e, "world-writable", &allow->world_writable);
	nacre_jemit_end(&e->json);
}

static void put_stages(struct emitter *e, const struct nacre_recipe *recipe)
{
	if (recipe->stage_count == 0)
		return;
	nacre_jemit_object(&e->json, "stages");
	for (size_t i = 0; i < recipe->stage_count; i++) {
		const struct nacre_recipe_stage *stage = &recipe->stages[i];

		nacre_jemit_object(&e->json, stage->name.text);
		put_from(e, &stage->from);
		put_steps(e, stage->steps, stage->step_count);
		nacre_jemit_end(&e->json);
	}
	nacre_jemit_end(&e->json);
}

static void put_layers(struct emitter *e, const struct nacre_recipe *recipe)
{
	if (recipe->layer_count == 0)
		return;
	nacre_jemit_array(&e->json, "layers");
	for (size_t i = 0; i < recipe->layer_count; i++) {
		const struct nacre_recipe_layer *layer = &recipe->layers[i];

		nacre_jemit_object(&e->json, NULL);
		put_text(e, "name", &layer->name);
		if (layer->keeps_ghosts)
			nacre_jemit_text(&e->json, "ghosts", "keep");
		put_steps(e, layer->steps, layer->step_count);
		nacre_jemit_end(&e->json);
	}
	nacre_jemit_end(&e->json);
}

static void put_duration(struct emitter *e, const char *name, uint64_t ns)
{
	uint64_t ms = ns / 1000000;
	char text[32];

	if (ns == 0)
		return;
	if (ms % 1000)
		(void)snprintf(text, sizeof(text), "%llums", (unsigned long long)ms);
	else
		(void)snprintf(text, sizeof(text), "%llus", (unsigned long long)(ms / 1000));
	nacre_jemit_text(&e->json, name, text);
}

static void put_health(struct emitter *e, const struct nacre_recipe_healthcheck *health)
{
	if (!health->given)
		return;
	nacre_jemit_object(&e->json, "healthcheck");
	put_list(e, "test", &health->test);
	put_duration(e, "interval", health->interval_ns);
	put_duration(e, "timeout", health->timeout_ns);
	put_duration(e, "start-period", health->start_period_ns);
	put_duration(e, "start-interval", health->start_interval_ns);
	if (health->retries > 0)
		nacre_jemit_u64(&e->json, "retries", health->retries);
	nacre_jemit_end(&e->json);
}

static bool has_config(const struct nacre_recipe_config *config)
{
	return config->user.text || config->entrypoint.given || config->cmd.given ||
		config->env.given || config->workdir.text || config->labels.given ||
		config->volumes.given || config->ports.given || config->stopsignal.text ||
		config->healthcheck.given || config->os_version.text || config->os_features.given;
}

static void put_config(struct emitter *e, const struct nacre_recipe_config *config)
{
	if (!has_config(config))
		return;
	nacre_jemit_object(&e->json, "config");
	put_text(e, "user", &config->user);
	put_list(e, "entrypoint", &config->entrypoint);
	put_list(e, "cmd", &config->cmd);
	put_pairs(e, "env", &config->env);
	put_text(e, "workdir", &config->workdir);
	put_pairs(e, "labels", &config->labels);
	put_list(e, "volumes", &config->volumes);
	put_list(e, "ports", &config->ports);
	put_text(e, "stopsignal", &config->stopsignal);
	put_health(e, &config->healthcheck);
	put_text(e, "os-version", &config->os_version);
	put_list(e, "os-features", &config->os_features);
	nacre_jemit_end(&e->json);
}

int nacre_recipe_emit(
	const struct nacre_recipe *recipe, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_emitter)
	struct emitter e = EMITTER(err);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(EMIT_BYTES);
	int rc;

	nacre_jemit_object(&e.json, NULL);
	nacre_jemit_u64(&e.json, "nacre", 1);
	put_text(&e, "name", &recipe->name);
	put_from(&e, &recipe->from);
	put_platform(&e, &recipe->platform);
	put_time(&e, "epoch", &recipe->epoch);
	put_time(&e, "created", &recipe->created);
	put_text(&e, "author", &recipe->author);
	put_args(&e, &recipe->args);
	put_accounts(&e, &recipe->accounts);
	put_allow(&e, &recipe->allow);
	put_stages(&e, recipe);
	put_layers(&e, recipe);
	put_config(&e, &recipe->config);
	put_pairs(&e, "annotations", &recipe->annotations);
	nacre_jemit_end(&e.json);
	rc = finish(&e, &buf);
	if (rc == 0)
		rc = nacre_buf_add(&buf, "\n", 1, err);
	if (rc == 0)
		*out_buf = nacre_buf_steal(&buf);
	return rc;
}
