/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A recipe: what an image is made of, checked as far as its text alone allows.
 *
 * All texts are the recipe's, NUL-terminated, valid UTF-8 and without NUL inside; references to
 * args have been replaced. What was left out is NULL, or has `given` false. Everything has the
 * place where it was written, so that whoever finds a mistake later can name it:
 * nacre_recipe_fail().
 */
#ifndef NACRE_BUILDER_RECIPE_H
#define NACRE_BUILDER_RECIPE_H

#include <nacre/builder.h>

#include "base/buf.h"
#include "builder/value.h"

struct nacre_recipe_text {
	const char *text; /**< NULL: left out */
	size_t len;
	struct nacre_mark mark;
};

struct nacre_recipe_list {
	bool given; /**< an empty list may be given too */
	struct nacre_mark mark;
	size_t count;
	struct nacre_recipe_text *items;
};

struct nacre_recipe_pair {
	struct nacre_recipe_text name;
	struct nacre_recipe_text value;
};

struct nacre_recipe_pairs {
	bool given;
	struct nacre_mark mark;
	size_t count;
	struct nacre_recipe_pair *items; /**< names are all different */
};

/** name: value, where the value may be any bytes. */
struct nacre_recipe_xattr {
	struct nacre_recipe_text name;
	struct nacre_recipe_text value; /**< any bytes, NUL too: mind len */
};

struct nacre_recipe_xattrs {
	bool given;
	struct nacre_mark mark;
	size_t count;
	struct nacre_recipe_xattr *items; /**< sorted by name, names are all different */
};

enum nacre_recipe_from_kind {
	NACRE_FROM_SCRATCH, /**< nothing */
	NACRE_FROM_ROOTFS,  /**< a root file system tarball: path */
	NACRE_FROM_DIR,	    /**< a root file system in a directory: path */
	NACRE_FROM_OCI,	    /**< an image in a layout: ref */
};

struct nacre_recipe_from {
	struct nacre_mark mark;
	enum nacre_recipe_from_kind kind;
	const char *text; /**< as written, with args replaced */
	const char *path; /**< of a rootfs or directory, seen from the context; else NULL */
	const struct nacre_ref *ref; /**< of an image: oci:DIR, seen from the context; else NULL */
	struct nacre_recipe_list keys; /**< of an image: public key files, seen from the context;
					  empty: it is not asked who has signed it */
	uint32_t threshold;	       /**< how many of the keys; 1 when left out; 0 without keys */
};

struct nacre_recipe_platform {
	bool given; /**< false: linux/amd64 stands here, whatever the machine */
	struct nacre_mark mark;
	struct nacre_platform value;
};

struct nacre_recipe_time {
	bool given;
	struct nacre_mark mark;
	int64_t seconds;
};

/** Half of an owner: a number, or a name for the image's own /etc/passwd or /etc/group. */
struct nacre_recipe_id {
	const char *text; /**< as written; NULL: left out */
	bool is_number;
	uint32_t number; /**< at most 4294967294; 0 for a name */
};

struct nacre_recipe_owner {
	bool given; /**< false: 0:0 */
	struct nacre_mark mark;
	struct nacre_recipe_id user;  /**< always there when given */
	struct nacre_recipe_id group; /**< text NULL: the user's own group, 0 when it has none */
};

enum nacre_recipe_mode_kind {
	NACRE_MODE_DEFAULT, /**< left out */
	NACRE_MODE_BITS,    /**< bits; of copied files, and directories get x where they get r */
	NACRE_MODE_KEEP,    /**< copy: the source's permission bits */
};

struct nacre_recipe_mode {
	enum nacre_recipe_mode_kind kind;
	struct nacre_mark mark;
	uint32_t bits; /**< at most 07777 */
};

enum nacre_recipe_step_kind {
	NACRE_RECIPE_DIR,      /**< path, owner, mode, mtime, xattrs */
	NACRE_RECIPE_COPY,     /**< stage, from, is_glob, to, into, owner, mode, exclude */
	NACRE_RECIPE_FILE,     /**< path, content, owner, mode, xattrs, capabilities */
	NACRE_RECIPE_LINK,     /**< path, to (verbatim), owner */
	NACRE_RECIPE_HARDLINK, /**< path, to (in the image, clean) */
	NACRE_RECIPE_ARCHIVE,  /**< from or url, to, sha256, strip, owner */
	NACRE_RECIPE_FETCH,    /**< url, sha256, to, into, owner, mode */
	NACRE_RECIPE_REMOVE,   /**< path, is_glob */
	NACRE_RECIPE_PERMS, /**< path, is_glob, recursive, owner, mode, mtime, xattrs, capabilities
			     */
};

/** One step. Which members it has, is listed at its kind; the others are empty. */
struct nacre_recipe_step {
	struct nacre_mark mark; /**< of its key: "copy" */
	enum nacre_recipe_step_kind kind;
	struct nacre_recipe_text path; /**< in the image, clean: no leading slash; "" is the root */
	struct nacre_recipe_text from; /**< in the context, clean; "" is the context itself; in the
					  image of `stage`, if there is one; text NULL: url */
	bool is_glob;		       /**< `path` or `from` is a pattern: builder/pattern.h */
	size_t stage; /**< 0: the context; else recipe->stages[stage - 1], which stands
			 before what this step is in */
	struct nacre_recipe_text stage_name; /**< of that stage; text NULL: the context */
	struct nacre_recipe_text url;	     /**< https: or file:; text NULL: none */
	struct nacre_recipe_text to; /**< in the image, clean; of a link: its target, verbatim */
	bool into; /**< `to` had a slash at its end, or is the root: put a single file into it */
	struct nacre_recipe_owner owner;
	struct nacre_recipe_mode mode;
	struct nacre_recipe_time mtime;
	struct nacre_recipe_list exclude;
	bool recursive;			       /**< also all that is below */
	struct nacre_recipe_xattrs xattrs;     /**< none of them security.capability */
	struct nacre_recipe_list capabilities; /**< "cap_net_bind_service", sorted; given and empty:
						  those there are go */
	struct nacre_recipe_text content;      /**< any bytes, NUL too: mind len */
	struct nacre_mark sha256_mark;
	struct nacre_digest sha256; /**< nacre_digest_is_empty(): left out */
	uint32_t strip;		    /**< leading components to take off each member's name */
};

struct nacre_recipe_layer {
	struct nacre_mark mark;
	struct nacre_recipe_text name; /**< different from those of the other layers */
	bool keeps_ghosts;	       /**< what later layers remove or replace stays in this one */
	size_t step_count;
	struct nacre_recipe_step *steps;
};

/** A tree of its own, from which copies are made; not built unless something copies from it. */
struct nacre_recipe_stage {
	struct nacre_mark mark;
	struct nacre_recipe_text name; /**< different from those of the other stages */
	struct nacre_recipe_from from;
	size_t step_count;
	struct nacre_recipe_step *steps;
};

struct nacre_recipe_group {
	struct nacre_mark mark;
	struct nacre_recipe_text name;
	uint32_t gid;
	struct nacre_recipe_list members; /**< names of users */
};

struct nacre_recipe_user {
	struct nacre_mark mark;
	struct nacre_recipe_text name;
	uint32_t uid;
	struct nacre_recipe_id group;	  /**< text NULL: the group that has the user's name */
	struct nacre_recipe_list groups;  /**< names of further groups */
	struct nacre_recipe_text home;	  /**< absolute; NULL: /nonexistent */
	struct nacre_recipe_text shell;	  /**< absolute; NULL: /usr/sbin/nologin */
	struct nacre_recipe_text comment; /**< NULL: "" */
};

/** Lines for passwd, group and shadow of the image; written before the first step. */
struct nacre_recipe_accounts {
	struct nacre_mark mark;
	size_t group_count;
	struct nacre_recipe_group *groups;
	size_t user_count;
	struct nacre_recipe_user *users;
};

/** Privileges that the build may add: patterns of paths in the image, without a leading slash. */
struct nacre_recipe_allow {
	struct nacre_recipe_list setuid;
	struct nacre_recipe_list setgid;
	struct nacre_recipe_list capabilities;
	struct nacre_recipe_list devices;
	struct nacre_recipe_list world_writable;
};

/** Spec: image-spec v1.1.1, config.md, "Healthcheck" is reserved; its members are Docker's. */
struct nacre_recipe_healthcheck {
	bool given;
	struct nacre_mark mark;
	struct nacre_recipe_list
		test;	      /**< words, as Docker has them: "CMD", "CMD-SHELL" or "NONE" first */
	uint64_t interval_ns; /**< 0: left out, as with the other four */
	uint64_t timeout_ns;
	uint64_t start_period_ns;
	uint64_t start_interval_ns;
	uint32_t retries;
};

struct nacre_recipe_config {
	struct nacre_mark mark;
	struct nacre_recipe_text user;
	struct nacre_recipe_list entrypoint;
	struct nacre_recipe_list cmd;
	struct nacre_recipe_pairs env;	  /**< in the order of the recipe */
	struct nacre_recipe_text workdir; /**< absolute and clean: "/srv/app" */
	struct nacre_recipe_pairs labels; /**< sorted by name */
	struct nacre_recipe_list volumes; /**< absolute and clean, sorted, all different */
	struct nacre_recipe_list ports;	  /**< "8080/tcp", sorted, all different */
	struct nacre_recipe_text stopsignal;
	struct nacre_recipe_healthcheck healthcheck;
	struct nacre_recipe_text os_version; /**< NULL: the base's */
	struct nacre_recipe_list os_features;
};

struct nacre_recipe {
	struct nacre_arena arena; /**< all that the members below point to */
	const char *file_name;	  /**< for messages */
	const char *const *files; /**< what marks are places in: file_name, then the included files,
				     by their paths in the context */
	size_t file_count;
	struct nacre_recipe_text name;
	struct nacre_recipe_from from;
	struct nacre_recipe_platform platform;
	struct nacre_recipe_time epoch;
	struct nacre_recipe_time created;
	struct nacre_recipe_text author;
	struct nacre_recipe_pairs args; /**< in the order of the recipe, with the values in force */
	struct nacre_recipe_accounts accounts;
	struct nacre_recipe_allow allow;
	size_t stage_count;
	struct nacre_recipe_stage *stages; /**< each copies from those before it only */
	size_t layer_count;
	struct nacre_recipe_layer *layers;
	struct nacre_recipe_config config;
	struct nacre_recipe_pairs annotations; /**< of the manifest; sorted by name */
};

/**
 * Parses a recipe: JSON when its first character that is not white space is "{", else YAML.
 *
 * Messages begin with "FILE:LINE:COLUMN: ", both counted from 1, columns in characters.
 *
 * @param file_name       for messages; copied
 * @param overrides       values for args, the last of a name counts; may be NULL when there are
 * none
 * @param limits          recipe_bytes, path_bytes, depth, layers; NULL means the defaults
 *
 * Errors: FORMAT (any mistake in the text; an override for an arg that the recipe does not have is
 * ARG), UNSUPPORTED (keys and transports of other versions), UNSAFE (".." in a path), LIMIT, NOMEM.
 * Spec:   docs/recipe.md, docs/recipe.schema.json.
 */
NACRE_CHECKED int nacre_recipe_parse(const char *file_name, const char *text, size_t len,
	const struct nacre_arg *overrides, size_t override_count, const struct nacre_limits *limits,
	struct nacre_recipe **out_recipe, struct nacre_err *err);

/** How many files a recipe may be made of, and how deep they may include each other. */
#define NACRE_RECIPE_FILES 64
#define NACRE_RECIPE_INCLUDES_DEEP 8

/** What opens the files that a recipe includes. */
struct nacre_recipe_loader {
	/**
	 * Reads a file beneath the context.
	 *
	 * @param path      clean
	 * @param out_text  empty, with the most that may go in; what goes beyond is LIMIT
	 */
	int (*load)(
		void *user, const char *path, struct nacre_buf *out_text, struct nacre_err *err);
	void *user;
	const char *dir; /**< where the recipe lies, seen from the context and clean; NULL: outside,
			    so that it cannot include anything */
};

/**
 * The same, of a recipe that may include others. Those stand before it, each once; all together
 * have at most recipe_bytes.
 *
 * @param loader  NULL: `include` is refused
 *
 * Errors: as before, and the loader's; LIMIT (NACRE_RECIPE_FILES, NACRE_RECIPE_INCLUDES_DEEP).
 */
NACRE_CHECKED int nacre_recipe_parse_with(const struct nacre_recipe_loader *loader,
	const char *file_name, const char *text, size_t len, const struct nacre_arg *overrides,
	size_t override_count, const struct nacre_limits *limits, struct nacre_recipe **out_recipe,
	struct nacre_err *err);

void nacre_recipe_free(struct nacre_recipe *recipe);
void nacre_recipe_freep(struct nacre_recipe **recipe);

/**
 * The recipe as compact JSON with a fixed order of keys: args replaced, defaults left out, one
 * newline at the end; what was included is in it. Parsing it gives a recipe that emits the same
 * bytes.
 *
 * @param out_buf  the caller's to clear; set on success only
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_recipe_emit(
	const struct nacre_recipe *recipe, struct nacre_buf *out_buf, struct nacre_err *err);

/** One step in the same form, {"dir":{…}}, without a newline. Errors: NOMEM. */
NACRE_CHECKED int nacre_recipe_step_emit(
	const struct nacre_recipe_step *step, struct nacre_buf *out_buf, struct nacre_err *err);

/** The accounts in the same form, {"accounts":{…}}, without a newline. Errors: NOMEM. */
NACRE_CHECKED int nacre_recipe_accounts_emit(const struct nacre_recipe_accounts *accounts,
	struct nacre_buf *out_buf, struct nacre_err *err);

/** "dir", "copy", …: the key of a step. */
const char *nacre_recipe_step_name(enum nacre_recipe_step_kind kind);

/**
 * What stands behind the last slash of a URL's path, before its query: the name of a file.
 *
 * @param out_len  1 to 255
 * @return NULL when it is none: empty, ".", ".." or longer
 */
const char *nacre_recipe_url_name(const char *url, size_t *out_len);

/** Starts a message "FILE:LINE:COLUMN: …" and returns `code`. */
int nacre_recipe_fail(struct nacre_err *err, const struct nacre_recipe *recipe,
	struct nacre_mark mark, enum nacre_code code, const char *fmt, ...) NACRE_PRINTF(5, 6);

/** Puts "FILE:LINE:COLUMN: …: " in front of the message there is, and returns `code`. */
int nacre_recipe_within(struct nacre_err *err, const struct nacre_recipe *recipe,
	struct nacre_mark mark, int code, const char *fmt, ...) NACRE_PRINTF(5, 6);

#endif
