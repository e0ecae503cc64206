/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What of a build was there before, and why the rest was not. Each part of a build (a base, a step,
 * a layer) says what it reads, input by input, and what it had to do anew. The digest of all its
 * inputs is its key (design: step key); the list of them is kept, so that the next build can name
 * the one that changed.
 */
#ifndef NACRE_BUILDER_EXPLAIN_H
#define NACRE_BUILDER_EXPLAIN_H

#include "builder/layer_emit.h"
#include "builder/recipe.h"
#include "builder/tree_key.h"

/** Changes whenever a step with the same inputs may do something else. */
#define NACRE_STEP_FORMAT 1

struct nacre_explainer;

/**
 * @param options  borrowed: explain, assert_cached
 * @param context  of the recipe: builds of one recipe are told apart by it
 * @param cache    borrowed; NULL: all is new
 *
 * Errors: NOMEM, IO.
 */
NACRE_CHECKED int nacre_explainer_new(const struct nacre_build_options *options,
	const struct nacre_recipe *recipe, int context, struct nacre_cache *cache,
	struct nacre_explainer **out_explainer, struct nacre_err *err);
void nacre_explainer_free(struct nacre_explainer *x);

/** The image or stage that what follows is of: "layer app", "stage compile". Copied. */
void nacre_explain_place(struct nacre_explainer *x, const char *kind, const char *name);

/**
 * A part begins. All of these take NULL for nobody who asks; a failure is remembered for
 * nacre_explain_end().
 *
 * @param what  "copy", borrowed until the end
 * @param text  all that the recipe says of it
 */
void nacre_explain_begin(struct nacre_explainer *x, enum nacre_explained_kind kind,
	struct nacre_mark mark, const char *what, const char *text);

/** It reads something. @param digest  any text that changes with it */
void nacre_explain_input(struct nacre_explainer *x, const char *name, const char *digest);

/** It reads all that is in a tree, whose files have digests. */
void nacre_explain_tree(struct nacre_explainer *x, struct nacre_tree *tree);

/** It reads the image as it is so far. */
void nacre_explain_image(struct nacre_explainer *x);

/** It reads a stage, counted from 0. */
void nacre_explain_stage(struct nacre_explainer *x, size_t stage);

/** Something was done for it that was not to be done again. @param why  static */
void nacre_explain_redone(struct nacre_explainer *x, const char *why);

/**
 * A part has ended: whether it was a hit, and if not why, is told.
 *
 * Errors: NOT_FOUND (no hit, and assert_cached); NOMEM; CANCELED.
 */
NACRE_CHECKED int nacre_explain_end(struct nacre_explainer *x, struct nacre_err *err);

/** A layer was written or found. Errors: as before. */
NACRE_CHECKED int nacre_explain_layer(struct nacre_explainer *x, const char *name,
	struct nacre_mark mark, const struct nacre_layer_reuse *reuse, struct nacre_err *err);

/** What the image so far comes from: a base begins it anew, each step adds to it. */
struct nacre_digest nacre_explain_state(const struct nacre_explainer *x);
void nacre_explain_set_state(struct nacre_explainer *x, const struct nacre_digest *state);

/** The image so far is what a stage is, counted from 0. */
void nacre_explain_stage_done(struct nacre_explainer *x, size_t stage);

#endif
