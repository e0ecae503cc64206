/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Errors, digests, limits and events: what every other header stands on.
 *
 * Sizes are bytes unless the name says otherwise, times are seconds since 1970 (UTC). The library
 * prints nothing and reads no environment, locale or home directory, and no clock unless it is
 * given a deadline (nacre_env_start()).
 */
#ifndef NACRE_BASE_H
#define NACRE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NACRE_API __attribute__((visibility("default")))
#define NACRE_CHECKED __attribute__((warn_unused_result))

/** The version of the library, "0.1.0"; static. */
NACRE_API const char *nacre_version(void);

/* ------------------------------------------------------------------ errors */

/** One code for each thing that a caller would do differently. Functions return 0 or one of these.
 */
enum nacre_code {
	NACRE_OK = 0,
	NACRE_E_ARG = -1,	  /**< the caller's own mistake */
	NACRE_E_NOMEM = -2,	  /**< out of memory */
	NACRE_E_IO = -3,	  /**< the system refused: the message has its reason */
	NACRE_E_EXISTS = -4,	  /**< something is there already */
	NACRE_E_NOT_FOUND = -5,	  /**< something is not there */
	NACRE_E_CANCELED = -6,	  /**< the event function asked to stop */
	NACRE_E_FORMAT = -7,	  /**< content that is not what it claims to be */
	NACRE_E_UNSUPPORTED = -8, /**< content that is known and not handled */
	NACRE_E_LIMIT = -9,	  /**< content beyond a limit: the message names it */
	NACRE_E_UNSAFE = -10,	  /**< content that would do harm, or means two things */
	NACRE_E_DIGEST = -11,	  /**< content that is not what was named */
	NACRE_E_UNTRUSTED = -12,  /**< no sufficient signature */
};

#define NACRE_ERR_TEXT 1024

/**
 * What went wrong: "unpack app:1.4: layer 2 of 5: usr/lib/libz.so: more than 2147483648 bytes".
 *
 * The caller's, fixed size, allocates nothing; every function takes NULL instead. The text may hold
 * names out of an image, with any byte but NUL: escape it before it reaches a terminal.
 */
struct nacre_err {
	enum nacre_code code;
	char text[NACRE_ERR_TEXT];
};

/* ----------------------------------------------------------------- digests */

/** "sha512:" and 128 hex digits, and the final NUL. */
#define NACRE_DIGEST_TEXT 136

/**
 * A content digest, made only by its parser or by hashing.
 *
 * Spec: OCI image-spec v1.1.1, descriptor.md, "Digests": sha256 and sha512, lower-case hex.
 */
struct nacre_digest {
	char text[NACRE_DIGEST_TEXT];
};

/** Errors: FORMAT, UNSUPPORTED (an algorithm other than sha256 and sha512). */
NACRE_API NACRE_CHECKED int nacre_digest_parse(
	const char *text, struct nacre_digest *out_digest, struct nacre_err *err);

NACRE_API bool nacre_digest_equal(const struct nacre_digest *a, const struct nacre_digest *b);

/* ------------------------------------------------------------------ limits */

/**
 * The maxima of everything that numbers from outside could blow up. A zero means the default, which
 * nacre_limits_default() shows. Every error that comes of one names it.
 */
struct nacre_limits {
	uint64_t document_bytes;    /**< one JSON document: 4 MiB */
	uint64_t json_depth;	    /**< objects and arrays in each other: 64 */
	uint64_t json_members;	    /**< members of one object: 10,000 */
	uint64_t json_values;	    /**< values of a document: 200,000 */
	uint64_t index_depth;	    /**< indexes in each other: 4 */
	uint64_t index_descriptors; /**< looked at to find an image in an index: 1000 */
	uint64_t signatures;	    /**< and their manifests, looked at to verify an image: 256 */
	uint64_t layers;	    /**< layers of an image: 256 */
	uint64_t blob_bytes;	    /**< one blob as stored: 16 GiB */
	uint64_t layer_bytes;	    /**< one layer, uncompressed: 16 GiB */
	uint64_t image_bytes;	    /**< all layers, uncompressed: 64 GiB */
	uint64_t ratio;		    /**< uncompressed to compressed, past 64 MiB: 100 */
	uint64_t zstd_window_bytes; /**< memory a zstd frame may ask for: 128 MiB */
	uint64_t layer_members;	    /**< members of one layer: 1,000,000 */
	uint64_t image_members;	    /**< members of all layers, and names they come to: 4,000,000 */
	uint64_t path_bytes;	    /**< a path: 4095 */
	uint64_t name_bytes;	    /**< a name in a path: 255 */
	uint64_t depth;		    /**< directories above each other: 1000 */
	uint64_t implied_dirs;	    /**< of a layer that no member names, and 16 a member: 65,536 */
	uint64_t link_steps;	    /**< through the links of a layer, and 64 a member: 65,536 */
	uint64_t pax_bytes;	    /**< one pax header: 1 MiB */
	uint64_t long_name_bytes;   /**< one GNU long name: 64 KiB */
	uint64_t xattrs;	    /**< extended attributes of a file: 100 */
	uint64_t xattr_name_bytes;  /**< the name of one: 255 */
	uint64_t xattr_value_bytes; /**< the value of one: 64 KiB */
	uint64_t xattr_bytes;	    /**< names and values of the xattrs of a file: 128 KiB */
	uint64_t layer_xattr_bytes; /**< names and values of all xattrs of a layer: 128 MiB */
	uint64_t tree_bytes;	    /**< memory for the names and attributes of all layers: 1 GiB */
	uint64_t recipe_bytes;	    /**< a recipe: 1 MiB */
	uint64_t seconds;	    /**< from nacre_env_start() on: without end */
};

/** Fills in the default for each member that is zero. */
NACRE_API void nacre_limits_default(struct nacre_limits *limits);

/**
 * Sets one limit by its name, "layer-bytes" or "layer_bytes".
 *
 * Errors: NOT_FOUND; ARG (zero, or more than what this limit may be: depth goes to 10000).
 */
NACRE_API NACRE_CHECKED int nacre_limits_set(
	struct nacre_limits *limits, const char *name, uint64_t value, struct nacre_err *err);

/** The name of limit number i as nacre_limits_set() takes it; NULL past the last. */
NACRE_API const char *nacre_limits_name(size_t i);

/* ------------------------------------------------------ events and the env */

enum nacre_event_kind {
	NACRE_STEP,	/**< something begins: subject */
	NACRE_PROGRESS, /**< bytes done of it */
	NACRE_WARNING,	/**< wrong but bearable: subject is the whole sentence */
};

struct nacre_event {
	enum nacre_event_kind kind;
	const char
		*subject; /**< "layer 2 of 5"; valid during the call; may hold any byte but NUL */
	uint64_t done_bytes;
	uint64_t total_bytes; /**< 0 when not known */
};

/** Nonzero stops the operation, which then fails with NACRE_E_CANCELED. */
typedef int nacre_event_fn(const struct nacre_event *event, void *user);

/** All that the library would otherwise have to ask its surroundings for. Zero is a good value. */
struct nacre_env {
	struct nacre_limits limits;
	unsigned jobs;	       /**< threads for compression and for hashing files; 0 means 1 */
	nacre_event_fn *event; /**< NULL: nobody listens */
	void *user;	       /**< handed to event */
	bool no_sync;	       /**< results need not survive a crash of the machine */
	bool require_cage; /**< fail, instead of warning, where a worker cannot be caged whole */
	const char *passphrase; /**< for encrypted private keys; NULL: none was given */
	uint64_t deadline_ns;	/**< of CLOCK_MONOTONIC; 0: none. nacre_env_start() sets it */
};

/**
 * Lets the time of limits.seconds begin. What still goes on with this env when it is over fails
 * with LIMIT, at its next event. Without this call nobody reads a clock.
 */
NACRE_API void nacre_env_start(struct nacre_env *env);

#ifdef __cplusplus
}
#endif

#endif
