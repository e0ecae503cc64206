/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Where a build gets what comes from outside of the recipe's folder, and what it must be: from the
 * places that the recipe names and through a cache, or from a directory in which all of it was
 * gathered; and as a lock has it, where there is one.
 */
#ifndef NACRE_BUILDER_INPUTS_H
#define NACRE_BUILDER_INPUTS_H

#include "builder/explain.h"
#include "builder/lock.h"
#include "formats/layout.h"

/** All zero: nothing can be fetched, and nothing is locked. */
struct nacre_inputs {
	const char *cache; /* borrowed; NULL: nothing can be fetched */
	const struct nacre_net *net;
	struct nacre_lock lock;
	bool is_locked;
	struct nacre_layout *vendor;	 /* NULL: nothing is gathered */
	struct nacre_cache *known;	 /* borrowed; NULL: nothing is remembered */
	struct nacre_explainer *explain; /* borrowed; NULL: nobody asks */
	bool reversed;			 /* as nacre_scan_options has it */
};

/**
 * Reads the lock beside the recipe, if there is one, and opens the directory of options->vendor.
 *
 * @param options     borrowed
 * @param out_inputs  taken as all zero; the caller's to clear, also after an error
 *
 * Errors: those of nacre_lock_file_load() and nacre_lock_fit(); ARG (a vendor directory, and no
 * lock that says what is in it); those of nacre_layout_open().
 */
NACRE_CHECKED int nacre_inputs_open(const struct nacre_build_options *options, int context,
	const struct nacre_recipe *recipe, const struct nacre_env *env,
	struct nacre_inputs *out_inputs, struct nacre_err *err);
void nacre_inputs_clear(struct nacre_inputs *inputs);

/** Whether an input is what the lock says; without a lock it is. Errors: NOT_FOUND, DIGEST. */
NACRE_CHECKED int nacre_inputs_check(const struct nacre_inputs *inputs, enum nacre_input_kind kind,
	const char *name, const struct nacre_digest *digest, uint64_t size_bytes,
	struct nacre_err *err);

/**
 * Opens what a URL names. Its size is the lock's; its content is for the caller to prove again as
 * it is read, as others may write where it lies.
 *
 * Errors: ARG (no cache directory), those of nacre_fetch() and nacre_inputs_check(), with the URL
 * in front; NOT_FOUND (not in the vendor directory).
 */
NACRE_CHECKED int nacre_inputs_open_url(const struct nacre_inputs *inputs, const char *url,
	const struct nacre_digest *sha256, const struct nacre_env *env, int *out_fd,
	struct nacre_err *err);

/** Opens an archive of a root file system, at its begin; one that is locked is a copy that nobody
 * else can change, and proven. Errors: as before. */
NACRE_CHECKED int nacre_inputs_open_rootfs(const struct nacre_inputs *inputs,
	const struct nacre_recipe_from *from, int context, int scratch, const struct nacre_env *env,
	int *out_fd, struct nacre_err *err);

#endif
