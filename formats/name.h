/* SPDX-License-Identifier: Apache-2.0 */
/** Names of images as registries and signatures have them. */
#ifndef NACRE_FORMATS_NAME_H
#define NACRE_FORMATS_NAME_H

#include <nacre/formats.h>

/** The most bytes of a name as it is written. */
#define NACRE_NAME_BYTES 640

/** In full, made only by its parser: "busybox" is docker.io/library/busybox. */
struct nacre_name {
	char repository[256];	    /* HOST/REPO */
	char tag[129];		    /* empty when none was given: "latest" is not assumed */
	struct nacre_digest digest; /* empty text when none was given */
};

/**
 * Parses [HOST/]REPO[:TAG][@DIGEST]. Without a host it is docker.io, there without a slash in REPO
 * it is library/REPO, and index.docker.io is docker.io.
 *
 * @param out_name  untouched unless it succeeds
 * Errors: FORMAT ("'App' is no name of an image"), for digests that are neither sha256 nor sha512,
 * too.
 * Spec:   distribution/reference of Docker, "ParseNormalizedNamed".
 */
NACRE_CHECKED int nacre_name_parse(
	const char *text, struct nacre_name *out_name, struct nacre_err *err);

/** HOST/REPO[:TAG][@DIGEST]. */
void nacre_name_print(const struct nacre_name *name, char out_text[NACRE_NAME_BYTES + 1]);

bool nacre_name_equal(const struct nacre_name *a, const struct nacre_name *b);

/** Whether it is HOST or HOST/REPO, in full: what names can begin with. */
bool nacre_name_is_prefix(const char *text);

#endif
