/* SPDX-License-Identifier: Apache-2.0 */
/** How layers are compressed, what of them a disk may not take, and what is wrong with them. */
#ifndef NACRE_LAYERS_H
#define NACRE_LAYERS_H

#include <nacre/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum nacre_compressor {
	NACRE_COMPRESS_ZSTD, /**< levels 1 to 19, else 3 */
	NACRE_COMPRESS_GZIP, /**< levels 1 to 9, else 6 */
	NACRE_COMPRESS_NONE,
};

/** Zero is a good value: zstd at its default level. */
struct nacre_compression {
	enum nacre_compressor compressor;
	int level; /**< 0: the compressor's default */
};

/** Parses "zstd", "gzip:9", "none". Errors: ARG. */
NACRE_API NACRE_CHECKED int nacre_compression_parse(
	const char *text, struct nacre_compression *out_compression, struct nacre_err *err);

/** What of a tree could not be written as it is. */
enum nacre_lost {
	NACRE_LOST_OWNER,  /**< uid or gid: it is who unpacks */
	NACRE_LOST_MODE,   /**< setuid or setgid, left out because the owner is lost */
	NACRE_LOST_XATTR,  /**< one extended attribute */
	NACRE_LOST_TIME,   /**< the time, or its nanoseconds */
	NACRE_LOST_DEVICE, /**< a device or fifo: an empty file stands there */
	NACRE_LOST_NAME,   /**< the name: on this file system it is another entry's */
};

/** The number of kinds in enum nacre_lost. */
#define NACRE_LOST_KINDS 6

/* ---------------------------------------------------------------- findings */

enum nacre_severity {
	NACRE_NOTE_FINDING,    /**< worth knowing; nobody is led astray */
	NACRE_WARNING_FINDING, /**< read as container tools do, but other readers make more of it */
	NACRE_REFUSED_FINDING, /**< an image with it is refused */
};

/** What can be wrong with an image, or odd. docs/lint.md explains each. */
struct nacre_rule {
	const char *id; /**< "tar/pax-twice": stays what it is */
	enum nacre_severity severity;
	enum nacre_code code;	  /**< of the refusal */
	const char *text;	  /**< what is so, and what readers make of it */
	const char *continuation; /**< how nacre lint reads on */
	const char *source;	  /**< where the rule comes from */
};

/** Something that one place of an image has done. All of it is valid during the call only. */
struct nacre_lint_finding {
	const struct nacre_rule *rule;
	const char *place; /**< "layer 2 of 5", "index.json", "config sha256:…" */
	unsigned layer;	   /**< 1, 2, …; 0: not of a layer */
	bool has_offset;
	uint64_t offset;  /**< of the header in the uncompressed tar */
	const char *name; /**< of the member or entry, any bytes but NUL; NULL: not known */
	const char *text; /**< what is so, in a sentence; any bytes but NUL */
};

/** Nonzero stops, and what it was called for fails with NACRE_E_CANCELED. */
typedef int nacre_lint_fn(const struct nacre_lint_finding *finding, void *user);

#ifdef __cplusplus
}
#endif

#endif
