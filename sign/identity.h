/* SPDX-License-Identifier: Apache-2.0 */
/** Which names in signatures count for an image of a given name. */
#ifndef NACRE_SIGN_IDENTITY_H
#define NACRE_SIGN_IDENTITY_H

#include "base/err.h"

#include <stdbool.h>

enum nacre_identity_kind {
	NACRE_IDENTITY_ANY,   /**< the name is not compared */
	NACRE_IDENTITY_NAMED, /**< `reference`: with a tag this one, else any tag */
	NACRE_IDENTITY_REPO_DIGEST_OR_EXACT,
	NACRE_IDENTITY_EXACT,
	NACRE_IDENTITY_REPOSITORY,
	NACRE_IDENTITY_EXACT_REFERENCE,	 /**< `reference`: HOST/REPO:TAG */
	NACRE_IDENTITY_EXACT_REPOSITORY, /**< `reference`: HOST/REPO */
	NACRE_IDENTITY_REMAP,		 /**< `prefix` of the image stands for `signed_prefix` */
};

/** All zero is NACRE_IDENTITY_ANY. */
struct nacre_identity {
	enum nacre_identity_kind kind;
	char *reference;
	char *prefix;
	char *signed_prefix;
};

void nacre_identity_clear(struct nacre_identity *identity);

/** matchExact, as policy.json has it; "any name", "HOST/REPO" for the two that it does not have. */
const char *nacre_identity_name(const struct nacre_identity *identity);

/**
 * Whether a signature for this name counts.
 *
 * @param image  HOST/REPO, HOST/REPO:TAG or HOST/REPO@DIGEST that the image is taken for; NULL: it
 *               has no name, as in a layout or an archive
 * @param name   as it was signed, from outside
 * Spec: containers/image, docs/containers-policy.json.5.md, "sigstoreSigned", "signedIdentity".
 */
bool nacre_identity_match(
	const struct nacre_identity *identity, const char *image, const char *name);

#endif
