/* SPDX-License-Identifier: Apache-2.0 */
/* The media types of images, as one table. */
#include "formats/mediatype.h"

#include <string.h>

#define OCI_FOREIGN "application/vnd.oci.image.layer.nondistributable.v1.tar"
#define DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"
#define DOCKER_FOREIGN "application/vnd.docker.image.rootfs.foreign.diff.tar"

/* The first row of a compression is the one that is written. */
static const struct nacre_media table[] = {
	{ NACRE_MEDIA_MANIFEST, NACRE_MEDIA_KIND_MANIFEST, NULL },
	{ NACRE_MEDIA_INDEX, NACRE_MEDIA_KIND_INDEX, NULL },
	{ NACRE_MEDIA_CONFIG, NACRE_MEDIA_KIND_CONFIG, NULL },
	{ NACRE_MEDIA_LAYER, NACRE_MEDIA_KIND_LAYER, "none" },
	{ NACRE_MEDIA_LAYER_GZIP, NACRE_MEDIA_KIND_LAYER, "gzip" },
	{ NACRE_MEDIA_LAYER_ZSTD, NACRE_MEDIA_KIND_LAYER, "zstd" },
	{ OCI_FOREIGN, NACRE_MEDIA_KIND_LAYER, "none" },
	{ OCI_FOREIGN "+gzip", NACRE_MEDIA_KIND_LAYER, "gzip" },
	{ OCI_FOREIGN "+zstd", NACRE_MEDIA_KIND_LAYER, "zstd" },
	{ NACRE_MEDIA_DOCKER_MANIFEST, NACRE_MEDIA_KIND_MANIFEST, NULL },
	{ NACRE_MEDIA_DOCKER_LIST, NACRE_MEDIA_KIND_INDEX, NULL },
	{ "application/vnd.docker.container.image.v1+json", NACRE_MEDIA_KIND_CONFIG, NULL },
	{ DOCKER_LAYER, NACRE_MEDIA_KIND_LAYER, "none" },
	{ DOCKER_LAYER ".gzip", NACRE_MEDIA_KIND_LAYER, "gzip" },
	{ DOCKER_LAYER ".zstd", NACRE_MEDIA_KIND_LAYER, "zstd" },
	{ DOCKER_FOREIGN, NACRE_MEDIA_KIND_LAYER, "none" },
	{ DOCKER_FOREIGN ".gzip", NACRE_MEDIA_KIND_LAYER, "gzip" },
	{ DOCKER_FOREIGN ".zstd", NACRE_MEDIA_KIND_LAYER, "zstd" },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

const struct nacre_media *nacre_media_find(const char *media_type)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(table[i].name, media_type) == 0)
			return &table[i];
	}
	return NULL;
}

enum nacre_media_kind nacre_media_kind(const char *media_type)
{
	const struct nacre_media *media = media_type ? nacre_media_find(media_type) : NULL;

	return media ? media->kind : NACRE_MEDIA_KIND_OTHER;
}

const char *nacre_media_layer(const char *compression)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].compression && strcmp(table[i].compression, compression) == 0)
			return table[i].name;
	}
	return NULL;
}
