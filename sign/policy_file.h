/* SPDX-License-Identifier: Apache-2.0 */
/** policy.json of containers, read as far as it can be decided without a network. */
#ifndef NACRE_SIGN_POLICY_FILE_H
#define NACRE_SIGN_POLICY_FILE_H

#include "sign/policy.h"

/** The most that is read of one. */
#define NACRE_POLICY_BYTES 1048576

/** What an image is looked up as. */
struct nacre_policy_scope {
	const char *transport; /* "oci", "oci-archive", "docker", "docker-archive" */
	/*
	 * docker: HOST/REPO:TAG or HOST/REPO@DIGEST; oci: absolute path, with ":TAG" when there is
	 * one; oci-archive: absolute path; docker-archive: anything, because only "" is for it. The
	 * first colon ends the path of a layout: whoever has one with a colon in it must not look
	 * it up, because the scope of another directory would be found.
	 */
	const char *name;
};

/**
 * Finds the requirements for an image, and loads the keys that they name.
 *
 * @param dir         keyPath is seen from here when it is not absolute
 * @param path        of the file, for messages and for the policy's rule
 * @param scope       the most specific scope of its transport, then the transport's "", then
 *                    "default"
 * @param image       the policy's; NULL: none
 * @param out_policy  set on success only
 *
 * The whole file is parsed strictly: whatever is wrong anywhere in it is an error, also where it
 * does not apply.
 *
 * What is known and cannot be checked here becomes a requirement that says so. Keys that do not
 * apply are not loaded, and whether they are distinct is not known of them.
 *
 * Errors: FORMAT (with line and column, or the path of the member); LIMIT; UNSAFE (duplicate
 * members); ARG (no such key file and the like, no such scope: nothing is wrong with an image);
 * NOMEM.
 * Spec:   containers/image, docs/containers-policy.json.5.md; and docs/trust.md for "threshold" and
 *         "acceptIndexSignature", which are nacre's.
 */
NACRE_CHECKED int nacre_policy_parse(const void *data, size_t len, int dir, const char *path,
	const struct nacre_policy_scope *scope, const char *image, struct nacre_policy **out_policy,
	struct nacre_err *err);

#endif
