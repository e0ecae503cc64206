/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes of a policy file: which image is in which, a table by transport. Transports that nacre has
 * no images of may name theirs as they like.
 */
#include "sign/policy_parts.h"

#include "base/scope.h"
#include "formats/name.h"

#include <string.h>

/* ------------------------------------------------------------- their names */

/* As a path is when nothing can be left out of it: /a/b. */
static bool is_clean_path(const char *path)
{
	if (*path != '/')
		return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
			(len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return true;
}

static int check_path(const struct nacre_jvalue *scope, struct nacre_err *err)
{
	const char *name = nacre_jvalue_name(scope);

	if (strcmp(name, "/") == 0)
		return nacre_jvalue_fail(
			scope, err, NACRE_E_FORMAT, "a scope of all there is, which is \"\"");
	if (!is_clean_path(name))
		return nacre_jvalue_fail(scope, err, NACRE_E_FORMAT,
			"a scope that is no absolute path without '.', '..' and '//'");
	return 0;
}

/* HOST[/REPO[:TAG|@DIGEST]] or *.DOMAIN; whatever else is wrong with it matches nothing, either. */
static int check_docker(const struct nacre_jvalue *scope, struct nacre_err *err)
{
	const char *name = nacre_jvalue_name(scope);
	const char *rest = strncmp(name, "*.", 2) == 0 ? name + 2 : name;

	if (strstr(name, "//") || strncmp(name, "docker:", strlen("docker:")) == 0)
		return nacre_jvalue_fail(scope, err, NACRE_E_FORMAT,
			"a scope with a transport in front: they are HOST/REPO, as in "
			"docker.io/library/debian");
	if (name[0] == '/' || name[strlen(name) - 1] == '/')
		return nacre_jvalue_fail(
			scope, err, NACRE_E_FORMAT, "a scope that begins or ends with '/'");
	if (strpbrk(rest, rest == name ? "*" : "*/:@") || !*rest)
		return nacre_jvalue_fail(
			scope, err, NACRE_E_FORMAT, "a scope with a '*' that is not *.DOMAIN");
	return 0;
}

static int check_none(const struct nacre_jvalue *scope, struct nacre_err *err)
{
	return nacre_jvalue_fail(scope, err, NACRE_E_FORMAT, "a transport whose one scope is \"\"");
}

/* ------------------------------------------------------- the scope of an image */

/* @param scopes  NULL: the file has none of that transport */
static const struct nacre_jvalue *find_list(const struct nacre_jvalue *scopes, const char *name)
{
	return scopes ? nacre_jvalue_find(scopes, name) : NULL;
}

/* The path, and the directories above it but "/". Cuts the text. */
static const struct nacre_jvalue *find_upwards(const struct nacre_jvalue *scopes, char *text)
{
	while (*text) {
		const struct nacre_jvalue *found = find_list(scopes, text);
		char *slash = strrchr(text, '/');

		if (found || !slash)
			return found;
		*slash = '\0';
	}
	return NULL;
}

/* "*.b.c" and "*.c" for "a.b.c:5000". Cuts the text. */
static const struct nacre_jvalue *find_wildcard(const struct nacre_jvalue *scopes, char *host)
{
	host[strcspn(host, ":")] = '\0';
	for (char *dot = strchr(host, '.'); dot && dot > host; dot = strchr(dot + 1, '.')) {
		const struct nacre_jvalue *found;

		dot[-1] = '*';
		found = find_list(scopes, dot - 1);
		if (found)
			return found;
	}
	return NULL;
}

static int find_docker(const struct nacre_jvalue *scopes, char *text,
	const struct nacre_jvalue **out_list, struct nacre_err *err)
{
	char full[NACRE_NAME_BYTES + 1];
	struct nacre_name name;
	int rc = nacre_name_parse(text, &name, NULL);

	/* Which of tag and digest a scope would be for, nobody says. */
	if (rc || (name.tag[0] != '\0') == (name.digest.text[0] != '\0'))
		return nacre_fail(err, NACRE_E_ARG,
			"'%.300s' is not HOST/REPO:TAG or HOST/REPO@DIGEST", text);
	nacre_name_print(&name, full);
	*out_list = find_list(scopes, full);
	if (!*out_list)
		*out_list = find_upwards(scopes, name.repository);
	/* Nothing but the host is left of it. */
	if (!*out_list)
		*out_list = find_wildcard(scopes, name.repository);
	return 0;
}

static int find_path(const struct nacre_jvalue *scopes, char *text,
	const struct nacre_jvalue **out_list, struct nacre_err *err)
{
	if (strcmp(text, "/") != 0 && !is_clean_path(text))
		return nacre_fail(err, NACRE_E_ARG, "'%.300s' is not the whole of a path", text);
	*out_list = find_upwards(scopes, text);
	return 0;
}

/* The first colon ends the directory, as it does in a reference. */
static int find_oci(const struct nacre_jvalue *scopes, char *text,
	const struct nacre_jvalue **out_list, struct nacre_err *err)
{
	const struct nacre_jvalue *whole = find_list(scopes, text);
	int rc;

	text[strcspn(text, ":")] = '\0';
	rc = find_path(scopes, text, out_list, err);
	if (rc == 0 && whole)
		*out_list = whole;
	return rc;
}

static int find_none(const struct nacre_jvalue *scopes, char *text,
	const struct nacre_jvalue **out_list, struct nacre_err *err)
{
	(void)scopes;
	(void)text;
	(void)err;
	*out_list = NULL;
	return 0;
}

static const struct transport {
	const char *name;
	int (*check)(const struct nacre_jvalue *scope, struct nacre_err *err);
	int (*find)(const struct nacre_jvalue *scopes, char *text,
		const struct nacre_jvalue **out_list, struct nacre_err *err);
} transports[] = {
	{ "docker", check_docker, find_docker },
	{ "oci", check_path, find_oci },
	{ "oci-archive", check_path, find_path },
	{ "docker-archive", check_none, find_none },
	{ "dir", check_path, NULL },
};

static const struct transport *find_transport(const char *name)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (strcmp(transports[i].name, name) == 0)
			return &transports[i];
	}
	return NULL;
}

int nacre_policy_check_scopes(const struct nacre_jvalue *scopes, struct nacre_err *err)
{
	const struct transport *transport = find_transport(nacre_jvalue_name(scopes));
	int rc = nacre_jvalue_want(scopes, NACRE_JOBJECT, err);

	if (rc || !transport)
		return rc;
	for (const struct nacre_jvalue *scope = nacre_jvalue_first(scopes); rc == 0 && scope;
		scope = nacre_jvalue_next(scope)) {
		if (*nacre_jvalue_name(scope))
			rc = transport->check(scope, err);
	}
	return rc;
}

int nacre_policy_find_scope(const struct nacre_jvalue *transports_object,
	const struct nacre_policy_scope *scope, const struct nacre_jvalue **out_list,
	struct nacre_err *err)
{
	const struct transport *transport = find_transport(scope->transport);
	const struct nacre_jvalue *scopes = NULL;
	nacre_autofree char *text = NULL;
	int rc;

	*out_list = NULL;
	if (!transport || !transport->find)
		return nacre_fail(
			err, NACRE_E_ARG, "no image has the transport '%.64s'", scope->transport);
	if (transports_object)
		scopes = nacre_jvalue_find(transports_object, scope->transport);
	text = strdup(scope->name);
	if (!text)
		return nacre_fail_nomem(err);
	rc = transport->find(scopes, text, out_list, err);
	if (rc == 0 && !*out_list)
		*out_list = find_list(scopes, "");
	return rc;
}
