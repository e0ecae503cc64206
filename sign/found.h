/* SPDX-License-Identifier: Apache-2.0 */
/** All signatures in a layout that may be for an image, of both formats. */
#ifndef NACRE_SIGN_FOUND_H
#define NACRE_SIGN_FOUND_H

#include "formats/layout.h"
#include "sign/payload.h"

#include <nacre/sign.h>

/** One signature, not verified. What it points to lives during the call. */
struct nacre_found {
	enum nacre_signature_form form;
	struct nacre_digest lies_in; /* the manifest */
	bool is_ours;		     /* false: whose it is cannot be known, and there are others */
	int damage;		     /* a code, when it cannot be read; the rest is then empty */
	struct nacre_err why;

	const char *payload_type;	 /* bundle */
	const struct nacre_buf *payload; /* to be parsed when its signature is good */
	const struct nacre_buf
		*message; /* what was signed: the payload, or the payload and its type */
	const struct nacre_buf *signature; /* raw */
};

/** Nonzero ends the search, which then fails with it. */
typedef int nacre_found_fn(const struct nacre_found *found, void *user, struct nacre_err *err);

/**
 * Tells all signatures that are said to be for one of two digests, in the order of index.json. A
 * signature that cannot be read is told too; only what is the system's fault is an error. Of
 * referrers that cannot be read and may be another image's, no more are told than `signatures` lets
 * be looked at.
 *
 * Errors: LIMIT (signatures: manifests and signatures together; document-bytes, times index-depth:
 * what may be referrers); IO; NOMEM; those of the callback.
 */
NACRE_CHECKED int nacre_found_each(const struct nacre_layout *layout,
	const struct nacre_digest *const digests[2], const struct nacre_limits *limits,
	nacre_found_fn *fn, void *user, struct nacre_err *err);

/**
 * The same for bundles that no list names, for an image that nacre_is_saved_by_cosign(). Where
 * there are too many blobs to look at, nothing is told.
 */
NACRE_CHECKED int nacre_found_each_unlisted(const struct nacre_layout *layout,
	const struct nacre_digest *const digests[2], const struct nacre_limits *limits,
	nacre_found_fn *fn, void *user, struct nacre_err *err);

/**
 * Parses what a signature says, once it has been verified.
 *
 * @param out_payload  taken as empty
 * Errors: as nacre_payload_parse() and nacre_statement_parse().
 */
NACRE_CHECKED int nacre_found_parse(
	const struct nacre_found *found, struct nacre_payload *out_payload, struct nacre_err *err);

#endif
