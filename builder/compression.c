/* SPDX-License-Identifier: Apache-2.0 */
/* Compression as the caller says it. */
#include "builder/compression.h"
#include "base/err.h"
#include "base/text.h"

#include <string.h>

/* Rows in the order of enum nacre_compressor. */
static const struct {
	const char *name;
	enum nacre_codec codec;
	int levels; /* 1 … levels; 0: none */
} compressors[] = {
	{ "zstd", NACRE_CODEC_ZSTD, 19 },
	{ "gzip", NACRE_CODEC_GZIP, 9 },
	{ "none", NACRE_CODEC_NONE, 0 },
};

#define COMPRESSORS (sizeof(compressors) / sizeof(compressors[0]))

int nacre_compression_parse(
	const char *text, struct nacre_compression *out_compression, struct nacre_err *err)
{
	size_t len = strcspn(text, ":");
	uint64_t level = 0;

	for (size_t i = 0; i < COMPRESSORS; i++) {
		if (strlen(compressors[i].name) != len ||
			memcmp(compressors[i].name, text, len) != 0)
			continue;
		if (text[len] == ':' &&
			(!nacre_number_parse(text + len + 1, strlen(text + len + 1), &level) ||
				level < 1 || level > (uint64_t)compressors[i].levels)) {
			if (compressors[i].levels == 0)
				return nacre_fail(err, NACRE_E_ARG, "'%s': %s has no levels", text,
					compressors[i].name);
			return nacre_fail(err, NACRE_E_ARG, "'%s': levels of %s are 1 to %d", text,
				compressors[i].name, compressors[i].levels);
		}
		out_compression->compressor = (enum nacre_compressor)i;
		out_compression->level = (int)level;
		return 0;
	}
	return nacre_fail(err, NACRE_E_ARG, "'%s' is not a compression: zstd, gzip or none", text);
}

enum nacre_codec nacre_compression_codec(const struct nacre_compression *compression)
{
	return compressors[compression->compressor].codec;
}
