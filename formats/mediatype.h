/* SPDX-License-Identifier: Apache-2.0 */
/** What a media type says about a blob. */
#ifndef NACRE_FORMATS_MEDIATYPE_H
#define NACRE_FORMATS_MEDIATYPE_H

#include <nacre/base.h>

#define NACRE_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define NACRE_MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define NACRE_MEDIA_CONFIG "application/vnd.oci.image.config.v1+json"
#define NACRE_MEDIA_LAYER "application/vnd.oci.image.layer.v1.tar"
#define NACRE_MEDIA_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define NACRE_MEDIA_LAYER_ZSTD "application/vnd.oci.image.layer.v1.tar+zstd"
#define NACRE_MEDIA_EMPTY "application/vnd.oci.empty.v1+json"
#define NACRE_MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define NACRE_MEDIA_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"

/** The empty config of a pure artifact: the two bytes "{}". */
#define NACRE_EMPTY_CONFIG "{}"
#define NACRE_EMPTY_DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

enum nacre_media_kind {
	NACRE_MEDIA_KIND_OTHER,
	NACRE_MEDIA_KIND_MANIFEST,
	NACRE_MEDIA_KIND_INDEX,
	NACRE_MEDIA_KIND_CONFIG,
	NACRE_MEDIA_KIND_LAYER,
};

struct nacre_media {
	const char *name;
	enum nacre_media_kind kind;
	const char *compression; /* of a layer: "none", "gzip" or "zstd"; NULL for all else */
};

/** NULL for a media type that no image document has. */
const struct nacre_media *nacre_media_find(const char *media_type);

/** The kind; OTHER for what is not known, and for NULL. */
enum nacre_media_kind nacre_media_kind(const char *media_type);

/** The OCI media type of a layer for "none", "gzip" or "zstd"; NULL for another name. */
const char *nacre_media_layer(const char *compression);

#endif
