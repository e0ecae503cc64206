/* SPDX-License-Identifier: Apache-2.0 */
/* The step that brings a file from outside of the recipe's folder. */
#include "base/scope.h"
#include "builder/fd_digest.h"
#include "builder/step_parts.h"

#include <stdlib.h>
#include <string.h>

/* The content goes into the spool as it is proven: what is kept may change meanwhile. */
static int take_content(struct nacre_spool *spool, int fd, const struct nacre_digest *want,
	struct nacre_inode *inode, struct nacre_err *err)
{
	uint64_t offset = nacre_spool_size(spool);
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *kept = NULL;
	struct nacre_digest got;
	int rc = nacre_spool_sink(spool, &kept, err);

	if (rc == 0)
		rc = nacre_fd_digest(fd, kept, &got, &inode->size_bytes, err);
	if (rc)
		return rc;
	if (!nacre_digest_equal(&got, want))
		return nacre_fail(err, NACRE_E_DIGEST, "its content has digest %s", got.text);
	if (inode->size_bytes > 0) {
		inode->u.content.origin = nacre_spool_origin(spool);
		inode->u.content.key = offset;
	}
	return 0;
}

int nacre_step_fetch(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_inode *inode = NULL;
	struct nacre_spool *spool = NULL;
	nacre_autofd int fd = -1;
	nacre_autofree char *name = NULL;
	size_t len = 0;
	const char *last = nacre_recipe_url_name(step->url.text, &len);
	int rc = nacre_inputs_open_url(
		steps->inputs, step->url.text, &step->sha256, steps->env, &fd, err);

	if (rc == 0)
		rc = nacre_step_spool(steps, &spool, err);
	if (rc == 0)
		rc = nacre_step_make_inode(steps, step, tree, NACRE_TYPE_FILE, &inode, err);
	if (rc)
		return rc;
	rc = take_content(spool, fd, &step->sha256, inode, err);
	if (rc)
		return nacre_within(err, rc, "%s", step->url.text);
	/* A file that goes into a directory has a name: the parser has seen to it. */
	name = strndup(last ? last : "", last ? len : 0);
	if (!name)
		return nacre_fail_nomem(err);
	return nacre_step_put_file(steps, &step->to, step->into, name, inode, tree, err);
}
