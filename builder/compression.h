/* SPDX-License-Identifier: Apache-2.0 */
/** From the compression that the caller names to the codec that does it. */
#ifndef NACRE_BUILDER_COMPRESSION_H
#define NACRE_BUILDER_COMPRESSION_H

#include "layers/codec.h"

#include <nacre/layers.h>

enum nacre_codec nacre_compression_codec(const struct nacre_compression *compression);

#endif
