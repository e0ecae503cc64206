/* SPDX-License-Identifier: Apache-2.0 */
/** The JSON in which cosign, skopeo and podman keep an encrypted private key. */
#ifndef NACRE_SIGN_KEYFILE_H
#define NACRE_SIGN_KEYFILE_H

#include "sign/box.h"

/** More than the file of any key there is. */
#define NACRE_KEYFILE_BYTES 65536

/**
 * Runs nothing: that is for nacre_box_open().
 *
 * @param out_box  taken as empty; untouched unless it succeeds
 * Errors: FORMAT; UNSUPPORTED (another cipher, scrypt parameters that cosign would not take);
 * LIMIT, UNSAFE (as nacre_json_parse()); NOMEM.
 */
NACRE_CHECKED int nacre_keyfile_parse(
	const void *data, size_t len, struct nacre_box *out_box, struct nacre_err *err);

/** @param out_json  the caller's to clear; set on success only. Errors: NOMEM. */
NACRE_CHECKED int nacre_keyfile_emit(
	const struct nacre_box *box, struct nacre_buf *out_json, struct nacre_err *err);

#endif
