/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reading a recipe out of values: what recipe.c, recipe_from.c, recipe_steps.c and recipe_config.c
 * share. Each takes a value, `what` for messages (the key), and the place to fill in.
 */
#ifndef NACRE_BUILDER_RECIPE_READ_H
#define NACRE_BUILDER_RECIPE_READ_H

#include "builder/recipe.h"

/** The most args a recipe may have: they are looked up one by one. */
#define NACRE_RECIPE_ARGS 256

struct nacre_recipe_reader {
	struct nacre_recipe *recipe;
	struct nacre_textfile doc;
	struct nacre_limits limits;
	uint64_t left_bytes; /* that args may still add up to: 100000 uses of a long one are a bomb
			      */
};

typedef int nacre_recipe_read_fn(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err);

/** A row of a table of the keys of a mapping; the last row is { 0 }. */
struct nacre_recipe_field {
	const char *key;
	nacre_recipe_read_fn *read; /**< NULL: a key of other versions of nacre */
	size_t offset;		    /**< of the member to fill in */
	bool required;
};

/**
 * Reads the keys of a mapping in their order, each into its member of `out`.
 *
 * @param where  "config", "a layer"; NULL at the top
 *
 * Errors: FORMAT (unknown or missing keys), UNSUPPORTED (keys of other versions), the readers'.
 */
NACRE_CHECKED int nacre_recipe_read_map(struct nacre_recipe_reader *r,
	const struct nacre_value *value, const char *where, const struct nacre_recipe_field *fields,
	void *out, struct nacre_err *err);

/** Refuses a value of another kind. Errors: FORMAT. */
NACRE_CHECKED int nacre_recipe_want(const struct nacre_recipe_reader *r,
	const struct nacre_value *value, enum nacre_value_kind kind, const char *what,
	struct nacre_err *err);

/** Fails with "…; did you mean 'x'?", or else with the list of names. */
int nacre_recipe_fail_unknown(const struct nacre_recipe_reader *r, struct nacre_mark mark,
	struct nacre_err *err, const char *said, const char *got, const char *const *names);

/* ------------------------------------------------------------ recipe_args.c */

/** Reads args, without replacing anything in them, and puts the overrides in. */
NACRE_CHECKED int nacre_recipe_read_args(struct nacre_recipe_reader *r,
	const struct nacre_value *value, const struct nacre_arg *overrides, size_t override_count,
	struct nacre_err *err);

/** A text with its args replaced: "${NAME}" by a value, "$$" by "$". */
NACRE_CHECKED int nacre_recipe_expand(struct nacre_recipe_reader *r,
	const struct nacre_value *value, struct nacre_recipe_text *out_text, struct nacre_err *err);

/* ---------------------------------------------------------- recipe_values.c */

/** A text as it stands, without a look for args. Refuses null and what is no text. */
NACRE_CHECKED int nacre_recipe_read_verbatim(const struct nacre_recipe_reader *r,
	const struct nacre_value *value, const char *what, struct nacre_recipe_text *out_text,
	struct nacre_err *err);

nacre_recipe_read_fn nacre_recipe_read_text;	 /**< struct nacre_recipe_text, may be empty */
nacre_recipe_read_fn nacre_recipe_read_nonempty; /**< the same, not empty */
nacre_recipe_read_fn nacre_recipe_read_list;	 /**< struct nacre_recipe_list of texts */
nacre_recipe_read_fn nacre_recipe_read_pairs;	 /**< struct nacre_recipe_pairs, of a mapping */
nacre_recipe_read_fn nacre_recipe_read_time;	 /**< struct nacre_recipe_time */
nacre_recipe_read_fn nacre_recipe_read_mode;	 /**< struct nacre_recipe_mode */
nacre_recipe_read_fn nacre_recipe_read_owner;	 /**< struct nacre_recipe_owner */

/**
 * A clean path into a text, from outside text that has been read already.
 *
 * @param prefix  what goes in front of the clean path: "" or "/"
 *
 * Errors: FORMAT, UNSAFE, LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_recipe_clean_path(struct nacre_recipe_reader *r, const char *what,
	const char *prefix, struct nacre_recipe_text *path, struct nacre_err *err);

/** One half of an owner or user. `max` is the greatest number. */
NACRE_CHECKED int nacre_recipe_read_id(struct nacre_recipe_reader *r, struct nacre_mark mark,
	const char *what, const char *text, size_t len, uint32_t max,
	struct nacre_recipe_id *out_id, struct nacre_err *err);

/** Sorts a list, and refuses what is in it twice. */
NACRE_CHECKED int nacre_recipe_sort_list(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_list *list, struct nacre_err *err);

/** Sorts pairs by name. */
void nacre_recipe_sort_pairs(struct nacre_recipe_pairs *pairs);

/* ------------------------------------------------------------ one file each */

nacre_recipe_read_fn nacre_recipe_read_name;	 /**< struct nacre_recipe_text */
nacre_recipe_read_fn nacre_recipe_read_from;	 /**< struct nacre_recipe_from */
nacre_recipe_read_fn nacre_recipe_read_platform; /**< struct nacre_recipe_platform */
nacre_recipe_read_fn nacre_recipe_read_config;	 /**< struct nacre_recipe_config */

/** The steps of a layer: struct nacre_recipe_layer. */
nacre_recipe_read_fn nacre_recipe_read_steps;

#endif
