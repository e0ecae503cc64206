/* SPDX-License-Identifier: Apache-2.0 */
/** What the readers of a policy file share: its words, its scopes, its keys, its names. */
#ifndef NACRE_SIGN_POLICY_PARTS_H
#define NACRE_SIGN_POLICY_PARTS_H

#include "formats/json.h"
#include "sign/policy_file.h"

/** The most keys of one requirement, and the most requirements of one list. */
#define NACRE_POLICY_KEYS 256
#define NACRE_POLICY_REQUIREMENTS 64

/* Lists of names are NULL-terminated. */

/**
 * Refuses what is no object, members of other names, and members that are null: Go takes null for
 * nothing said, and a policy says it or does not.
 *
 * Errors: FORMAT ("default[0]: unknown member 'keypath'; did you mean 'keyPath'?").
 */
NACRE_CHECKED int nacre_policy_check_members(
	const struct nacre_jvalue *object, const char *const *known, struct nacre_err *err);

/** Fails with "default[0].type: unknown type 'signed'; did you mean 'signedBy'?". */
NACRE_CHECKED int nacre_policy_fail_word(const struct nacre_jvalue *value, struct nacre_err *err,
	const char *what, const char *got, const char *const *known);

/** A text that is not empty. Errors: FORMAT. */
NACRE_CHECKED int nacre_policy_text(
	const struct nacre_jvalue *value, const char **out_text, struct nacre_err *err);

/**
 * Parses "signedIdentity" and the like.
 *
 * @param out_identity  taken as empty; the caller's to clear, also after an error
 * Errors: FORMAT; NOMEM.
 */
NACRE_CHECKED int nacre_policy_identity(const struct nacre_jvalue *object,
	struct nacre_identity *out_identity, struct nacre_err *err);

/** How far a requirement is read. */
struct nacre_policy_reading {
	int dir;   /* that paths of keys are seen from */
	bool load; /* the keys, too; otherwise no file is opened */
};

/**
 * "signedBy", "signedBaseLayer" and "sigstoreSigned". Their members are known to be of those that
 * there are; all else is looked at here.
 *
 * @param out  taken as empty; the caller's to clear, also after an error
 * Errors: FORMAT; LIMIT; ARG (a key file); NOMEM.
 */
NACRE_CHECKED int nacre_policy_signed_by(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err);
NACRE_CHECKED int nacre_policy_signed_base(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err);
NACRE_CHECKED int nacre_policy_sigstore(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err);

/**
 * Refuses names of scopes that no image can be in.
 *
 * @param scopes  an object whose own name is that of the transport
 * Errors: FORMAT.
 */
NACRE_CHECKED int nacre_policy_check_scopes(
	const struct nacre_jvalue *scopes, struct nacre_err *err);

/**
 * Finds the most specific scope that an image is in, "" among them.
 *
 * @param transports  NULL: there are none
 * @param out_list    its requirements; NULL: no scope
 * Errors: ARG (no name of that transport); NOMEM.
 * Spec:   containers/image, docs/containers-policy.json.5.md, "Supported transports and their
 *         scopes".
 */
NACRE_CHECKED int nacre_policy_find_scope(const struct nacre_jvalue *transports,
	const struct nacre_policy_scope *scope, const struct nacre_jvalue **out_list,
	struct nacre_err *err);

#endif
