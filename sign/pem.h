/* SPDX-License-Identifier: Apache-2.0 */
/** PEM blocks. */
#ifndef NACRE_SIGN_PEM_H
#define NACRE_SIGN_PEM_H

#include "sign/box.h"

#define NACRE_PEM_LABEL 64

struct nacre_pem {
	char label[NACRE_PEM_LABEL]; /* "PUBLIC KEY" */
	struct nacre_secret content; /* it may be one */
};

void nacre_pem_clear(struct nacre_pem *pem);

/**
 * Parses a text that is one PEM block, with nothing but white space around it and in its base64.
 *
 * @param out_pem  taken as empty; untouched unless it succeeds
 * Errors: FORMAT; UNSUPPORTED (headers, as old encrypted keys have them); NOMEM.
 * Spec:   RFC 7468, section 3.
 */
NACRE_CHECKED int nacre_pem_parse(
	const char *text, size_t len, struct nacre_pem *out_pem, struct nacre_err *err);

/** Lines of 64, as everybody writes it. @param out_text  appended to. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_pem_emit(const char *label, const void *data, size_t len,
	struct nacre_buf *out_text, struct nacre_err *err);

#endif
