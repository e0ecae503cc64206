/* SPDX-License-Identifier: Apache-2.0 */
/** The config of an image: what to run, and what the layers are. */
#ifndef NACRE_FORMATS_CONFIG_H
#define NACRE_FORMATS_CONFIG_H

#include "formats/health.h"
#include "formats/manifest.h"

struct nacre_history {
	char *created; /* each text may be NULL */
	char *created_by;
	char *author;
	char *comment;
	bool empty_layer;
};

/** All zero is the empty config; texts may be NULL. */
struct nacre_config {
	struct nacre_buf raw; /* the bytes it was parsed from; empty for one that is being made */
	struct nacre_platform platform;
	char *os_version;
	struct nacre_texts os_features;
	char *created; /* RFC 3339, as it was written */
	char *author;

	char *user;
	struct nacre_texts env; /* NAME=VALUE */
	struct nacre_texts entrypoint;
	struct nacre_texts cmd;
	char *working_dir;
	struct nacre_texts exposed_ports; /* "8080/tcp" */
	struct nacre_texts volumes;
	struct nacre_pairs labels;
	char *stop_signal;
	struct nacre_health health;
	struct nacre_pairs run_more; /* what else `config` has ("Shell", "OnBuild", …): its name,
					and its value as JSON */

	struct nacre_digest *diff_ids; /* lowest layer first */
	size_t diff_id_count;
	struct nacre_history *history;
	size_t history_count;
};

void nacre_config_clear(struct nacre_config *config);

/**
 * Parses an image config.
 *
 * @param limits      document_bytes, layers; none zero
 * @param out_config  taken as empty; untouched unless it succeeds
 *
 * Errors: FORMAT; UNSUPPORTED (rootfs.type, digest algorithm); LIMIT; NOMEM.
 * Spec:   OCI image-spec v1.1.1, config.md.
 */
NACRE_CHECKED int nacre_config_parse(const void *data, size_t len,
	const struct nacre_limits *limits, struct nacre_config *out_config, struct nacre_err *err);

/** Deep; `raw` too. @param out_config  taken as empty. Errors: NOMEM. */
NACRE_CHECKED int nacre_config_copy(
	const struct nacre_config *from, struct nacre_config *out_config, struct nacre_err *err);

/**
 * The same bytes for the same content: compact, members in the order of the specification, sets and
 * labels sorted by bytes, empty members left out; but created (1970 when there is none),
 * architecture, os, config and rootfs are always there. `raw` is not looked at.
 *
 * @param out_buf  the caller's to clear; set on success only
 * Errors: FORMAT (text that is not UTF-8), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_config_emit(
	const struct nacre_config *config, struct nacre_buf *out_buf, struct nacre_err *err);

NACRE_CHECKED int nacre_config_add_diff_id(
	struct nacre_config *config, const struct nacre_digest *diff_id, struct nacre_err *err);

/** Copies the texts. */
NACRE_CHECKED int nacre_config_add_history(
	struct nacre_config *config, const struct nacre_history *history, struct nacre_err *err);

/** Takes all DiffIDs and all of the history out. */
void nacre_config_clear_layers(struct nacre_config *config);

/**
 * How many entries of the history tell of the lowest `layers` layers: those up to the last that
 * made one. Of a config without history, as many as there are layers.
 */
size_t nacre_config_history_of(const struct nacre_config *config, size_t layers);

/**
 * Checks that config and manifest speak of the same layers: a diff_id for each layer, and, when
 * there is a history at all, an entry without empty_layer for each.
 *
 * Errors: FORMAT.
 */
NACRE_CHECKED int nacre_config_check(const struct nacre_config *config,
	const struct nacre_manifest *manifest, struct nacre_err *err);

/**
 * The ChainID of the first `count` layers; the empty digest for none.
 *
 * Spec: OCI image-spec v1.1.1, config.md, "Layer ChainID".
 */
void nacre_chain_id(
	const struct nacre_digest *diff_ids, size_t count, struct nacre_digest *out_digest);

#endif
