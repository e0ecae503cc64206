/* SPDX-License-Identifier: Apache-2.0 */
/* From the key files of a recipe to a policy, and from that to a verified manifest. */
#include "builder/base_trust.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "sign/policy.h"
#include "sign/trusted.h"

#include <sys/stat.h>

#define KEY_BYTES ((size_t)64 << 10) /* what nacre_key_parse() takes */

static int open_key(int context, const char *path, int *out_fd, struct nacre_err *err)
{
	struct stat st;
	int rc = nacre_user_open(context, path, 0, out_fd, err);

	if (rc)
		return rc;
	if (fstat(*out_fd, &st) < 0)
		return nacre_fail_os(err, "'%s'", path);
	return S_ISREG(st.st_mode)
		? 0
		: nacre_fail(err, NACRE_E_UNSAFE, "'%s' is not a regular file", path);
}

static int add_key(
	int context, const char *path, struct nacre_policy *policy, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(KEY_BYTES);
	struct nacre_key *key = NULL;
	nacre_autofd int fd = -1;
	int rc = open_key(context, path, &fd, err);

	if (rc)
		return rc;
	rc = nacre_buf_read_fd(&text, fd, err);
	if (rc == 0)
		rc = nacre_key_parse(text.data ? text.data : "", text.len, NULL, 0, &key, err);
	if (rc == NACRE_E_ARG) /* only a private key wants more than to be read */
		return nacre_fail(err, NACRE_E_FORMAT,
			"'%s' is a private key, where the public one belongs", path);
	if (rc)
		return nacre_within(err, rc, "'%s'", path);
	return nacre_policy_add_key_take(policy, key, err);
}

static int make_policy(const struct nacre_recipe *recipe, const struct nacre_recipe_from *from,
	int context, struct nacre_policy **out_policy, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;
	int rc = nacre_policy_new(&policy, err);

	if (rc == 0)
		rc = nacre_policy_set_threshold(policy, from->threshold, err);
	for (size_t i = 0; i < from->keys.count && rc == 0; i++) {
		rc = add_key(context, from->keys.items[i].text, policy, err);
		if (rc)
			return nacre_recipe_within(
				err, recipe, from->keys.items[i].mark, rc, "key");
	}
	if (rc == 0)
		*out_policy = nacre_steal(&policy);
	return rc;
}

int nacre_base_verify(const struct nacre_recipe *recipe, const struct nacre_recipe_from *from,
	int context, const struct nacre_layout *layout, const struct nacre_digest *top,
	const struct nacre_env *env, struct nacre_digest *out_manifest, struct nacre_err *err)
{
	struct nacre_ref pinned = *from->ref;
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	int rc = make_policy(recipe, from, context, &policy, err);

	pinned.tag[0] = '\0';
	pinned.digest = *top;
	if (rc == 0)
		rc = nacre_verify(
			layout, &pinned, policy, &recipe->platform.value, env, &trusted, err);
	if (rc == 0)
		*out_manifest = *nacre_trusted_digest(trusted);
	return rc;
}
