/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reading a recipe out of values: what recipe.c and the files beside it share. Each reader takes a
 * value, `what` for messages (the key), and the place to fill in, which may be filled already: then
 * an included file has been there, and what is read now wins or is added.
 */
#ifndef NACRE_BUILDER_RECIPE_READ_H
#define NACRE_BUILDER_RECIPE_READ_H

#include "builder/recipe.h"

/** The most args a recipe may have: they are looked up one by one. */
#define NACRE_RECIPE_ARGS 256

struct nacre_recipe_reader {
	struct nacre_recipe *recipe;
	const struct nacre_textfile *docs; /* by the `file` of a mark */
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
 * Refuses keys that no row has. Before anything is read: a misspelt `args` or `stages` would make
 * mistakes of what refers to it.
 */
NACRE_CHECKED int nacre_recipe_check_keys(const struct nacre_recipe_reader *r,
	const struct nacre_value *map, const char *where, const struct nacre_recipe_field *fields,
	struct nacre_err *err);

/**
 * Reads the keys of a mapping in the order of the rows, each into its member of `out`.
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

#define NACRE_RECIPE_PLACE 160

/** "line 4", or "common.yaml:4" of a place in another file than `from`. */
const char *nacre_recipe_place(const struct nacre_recipe_reader *r, struct nacre_mark mark,
	struct nacre_mark from, char out_place[NACRE_RECIPE_PLACE]);

/** Refuses a name that is there twice. `sorted`: pointers into one array; they are sorted. */
NACRE_CHECKED int nacre_recipe_check_twice(const struct nacre_recipe_reader *r, const char *what,
	const struct nacre_recipe_text **sorted, size_t count, struct nacre_err *err);

/** Room for `more` behind `count` items that lie in the arena; NULL when memory is out. */
void *nacre_recipe_grow(
	struct nacre_recipe_reader *r, const void *items, size_t count, size_t more, size_t size);

/* ------------------------------------------------------------ recipe_args.c */

/** Reads args, without replacing anything in them. */
NACRE_CHECKED int nacre_recipe_read_args(
	struct nacre_recipe_reader *r, const struct nacre_value *value, struct nacre_err *err);

/** Puts other values in. Errors: ARG (no such arg, not UTF-8), NOMEM. */
NACRE_CHECKED int nacre_recipe_override_args(struct nacre_recipe_reader *r,
	const struct nacre_arg *overrides, size_t count, struct nacre_err *err);

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
nacre_recipe_read_fn nacre_recipe_read_absolute; /**< struct nacre_recipe_text: "/srv/app" */
nacre_recipe_read_fn nacre_recipe_read_flag;	 /**< bool */
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

/** The same of a path that has to begin with a slash, and keeps it. */
NACRE_CHECKED int nacre_recipe_clean_absolute(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_text *path, struct nacre_err *err);

/** A whole number. Errors: FORMAT (also out of its range). */
NACRE_CHECKED int nacre_recipe_read_number(struct nacre_recipe_reader *r,
	const struct nacre_value *value, const char *what, uint64_t least, uint64_t most,
	uint64_t *out_number, struct nacre_err *err);

/** The name of a user or group: what an owner can say, 32 bytes at most. */
nacre_recipe_read_fn nacre_recipe_read_account_name;

/** One half of an owner or user. `max` is the greatest number. */
NACRE_CHECKED int nacre_recipe_read_id(struct nacre_recipe_reader *r, struct nacre_mark mark,
	const char *what, const char *text, size_t len, uint32_t max,
	struct nacre_recipe_id *out_id, struct nacre_err *err);

/** Sorts a list, and refuses what is in it twice. */
NACRE_CHECKED int nacre_recipe_sort_list(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_list *list, struct nacre_err *err);

/** Sorts pairs by name. */
void nacre_recipe_sort_pairs(struct nacre_recipe_pairs *pairs);

/** Puts `over` on top of `pairs`: its values win, names that are new stand behind. */
NACRE_CHECKED int nacre_recipe_merge_pairs(struct nacre_recipe_reader *r,
	struct nacre_recipe_pairs *pairs, const struct nacre_recipe_pairs *over,
	struct nacre_err *err);

/* -------------------------------------------------------- recipe_patterns.c */

/** What is wrong with a pattern of builder/pattern.h: "has a '[' without its ']'"; or NULL. */
const char *nacre_recipe_wrong_pattern(const char *pattern);

/**
 * Makes a path that may be a pattern clean. Of one that is none, the backslashes are taken off.
 *
 * Errors: FORMAT, UNSAFE, LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_recipe_clean_pattern(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_text *path, bool *out_is_glob, struct nacre_err *err);

nacre_recipe_read_fn nacre_recipe_read_exclude;	 /**< struct nacre_recipe_list, below `from` */
nacre_recipe_read_fn nacre_recipe_read_patterns; /**< struct nacre_recipe_list, added: of paths in
						     the image */

/* ------------------------------------------------------------ one file each */

nacre_recipe_read_fn nacre_recipe_read_name;	 /**< struct nacre_recipe_text */
nacre_recipe_read_fn nacre_recipe_read_from;	 /**< struct nacre_recipe_from */
nacre_recipe_read_fn nacre_recipe_read_platform; /**< struct nacre_recipe_platform */
nacre_recipe_read_fn nacre_recipe_read_config;	 /**< struct nacre_recipe_config */
nacre_recipe_read_fn nacre_recipe_read_health;	 /**< struct nacre_recipe_healthcheck */
nacre_recipe_read_fn nacre_recipe_read_labels;	 /**< struct nacre_recipe_pairs, sorted */
nacre_recipe_read_fn nacre_recipe_read_accounts; /**< struct nacre_recipe_accounts, added */
nacre_recipe_read_fn nacre_recipe_read_allow;	 /**< struct nacre_recipe_allow, added */
nacre_recipe_read_fn nacre_recipe_read_stages;	 /**< struct nacre_recipe, added */
nacre_recipe_read_fn nacre_recipe_read_layers;	 /**< struct nacre_recipe, added */
nacre_recipe_read_fn nacre_recipe_read_xattrs;	 /**< struct nacre_recipe_xattrs */
nacre_recipe_read_fn nacre_recipe_read_caps;	 /**< struct nacre_recipe_list of capabilities */

/** Refuses a user or group, or an id, that is there twice. Errors: FORMAT, NOMEM. */
NACRE_CHECKED int nacre_recipe_check_accounts(struct nacre_recipe_reader *r, struct nacre_err *err);

/** White space taken off, then base64 into any bytes. Errors: FORMAT, NOMEM. */
nacre_recipe_read_fn nacre_recipe_read_base64; /**< struct nacre_recipe_text */

/** A list of steps. */
NACRE_CHECKED int nacre_recipe_read_steps(struct nacre_recipe_reader *r,
	const struct nacre_value *value, const char *what, struct nacre_recipe_step **out_steps,
	size_t *out_count, struct nacre_err *err);

/* -------------------------------------------------------- recipe_includes.c */

/** A file of the recipe. */
struct nacre_recipe_document {
	const char *path; /**< seen from the context; NULL: unknown, and it includes nothing */
	const struct nacre_value *top;
	bool is_done; /**< all that it includes has been put in order */
};

/** All files of a recipe, and the order they stand in. */
struct nacre_recipe_documents {
	const struct nacre_recipe_loader *loader; /**< may be NULL */
	uint64_t left_bytes;			  /**< that all of them may still have */
	struct nacre_textfile texts[NACRE_RECIPE_FILES];
	struct nacre_recipe_document items[NACRE_RECIPE_FILES]; /**< by the `file` of a mark */
	size_t count;
	unsigned order[NACRE_RECIPE_FILES]; /**< what is included stands before what includes it */
	size_t ordered;
};

/**
 * Parses the text of the recipe itself, and loads and parses what it includes.
 *
 * Errors: FORMAT, UNSAFE, UNSUPPORTED, LIMIT, NOMEM, the loader's.
 */
NACRE_CHECKED int nacre_recipe_read_documents(struct nacre_recipe_reader *r,
	struct nacre_recipe_documents *docs, const char *text, size_t len, struct nacre_err *err);

#endif
