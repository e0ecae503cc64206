/* SPDX-License-Identifier: Apache-2.0 */
/* From an error of the layout to a rule. */
#include "builder/lint_blob.h"

int nacre_lint_refuse_blob(struct nacre_lint *lint, int rc, struct nacre_err *err)
{
	static const struct {
		int code;
		enum nacre_rule_id rule;
	} rows[] = {
		{ NACRE_E_FORMAT, NACRE_RULE_BLOB_SIZE },
		{ NACRE_E_DIGEST, NACRE_RULE_BLOB_DIGEST },
		{ NACRE_E_LIMIT, NACRE_RULE_LIMIT },
		{ NACRE_E_UNSAFE, NACRE_RULE_BLOB_NO_FILE },
	};

	/* In a list of what is wrong with an image this is one more. */
	if (rc == NACRE_E_NOT_FOUND)
		return nacre_lint_refuse(lint, NACRE_RULE_BLOB_MISSING, err, "not in the layout");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].code == rc)
			return nacre_lint_refuse_as(lint, rows[i].rule, rc, err);
	}
	return rc;
}
