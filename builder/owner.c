/* SPDX-License-Identifier: Apache-2.0 */
/* Reading passwd and group as they are in the tree. */
#include "builder/owner.h"

#include "base/scope.h"
#include "builder/account_file.h"

/* A user's line, and its uid and group. */
static bool look_up(const struct nacre_buf *text, unsigned key, const char *want, uint32_t *out_uid,
	uint32_t *out_gid)
{
	struct nacre_account_line line;

	return nacre_account_find(text, key, want, NACRE_ACCOUNT_GID, &line) &&
		nacre_account_number(&line, NACRE_ACCOUNT_ID, out_uid) &&
		nacre_account_number(&line, NACRE_ACCOUNT_GID, out_gid);
}

static int find_user(const struct nacre_tree *tree, const struct nacre_recipe_id *user,
	bool wants_group, uint32_t *out_uid, uint32_t *out_gid, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(NACRE_ACCOUNT_FILE_BYTES);
	int rc;

	*out_gid = 0;
	*out_uid = user->number;
	if (user->is_number && !wants_group)
		return 0;
	rc = nacre_account_file_load(tree, "etc/passwd", &text, NULL, err);
	if (user->is_number) {
		if (rc == NACRE_E_NOT_FOUND)
			return 0;
		if (rc == 0)
			(void)look_up(&text, NACRE_ACCOUNT_ID, user->text, out_uid, out_gid);
		return rc;
	}
	if (rc)
		return nacre_within(err, rc, "user '%s'", user->text);
	if (!look_up(&text, NACRE_ACCOUNT_NAME, user->text, out_uid, out_gid))
		return nacre_account_fail_unknown(&text, user->text, err,
			"no user '%s' in the image's /etc/passwd", user->text);
	return 0;
}

static int find_group(const struct nacre_tree *tree, const struct nacre_recipe_id *group,
	uint32_t *out_gid, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(NACRE_ACCOUNT_FILE_BYTES);
	struct nacre_account_line line;
	int rc;

	if (group->is_number) {
		*out_gid = group->number;
		return 0;
	}
	rc = nacre_account_file_load(tree, "etc/group", &text, NULL, err);
	if (rc)
		return nacre_within(err, rc, "group '%s'", group->text);
	if (!nacre_account_find(&text, NACRE_ACCOUNT_NAME, group->text, NACRE_ACCOUNT_ID, &line) ||
		!nacre_account_number(&line, NACRE_ACCOUNT_ID, out_gid))
		return nacre_account_fail_unknown(&text, group->text, err,
			"no group '%s' in the image's /etc/group", group->text);
	return 0;
}

int nacre_owner_find(const struct nacre_tree *tree, const struct nacre_recipe_owner *owner,
	uint32_t *out_uid, uint32_t *out_gid, struct nacre_err *err)
{
	int rc;

	*out_uid = 0;
	*out_gid = 0;
	if (!owner->given)
		return 0;
	rc = find_user(tree, &owner->user, !owner->group.text, out_uid, out_gid, err);
	if (rc == 0 && owner->group.text)
		rc = find_group(tree, &owner->group, out_gid, err);
	return rc;
}
