/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What some file systems make of a name: APFS and HFS+ take two compositions of one text for one
 * name, and they, NTFS and ext4 directories with casefold take two cases of it for one.
 *
 * Known are the letters of Latin-1 and Latin Extended-A, Greek and Cyrillic letters, kana and
 * Hangul: what people have on their keyboards, not all of Unicode. What is not UTF-8 stays as it
 * is.
 */
#ifndef NACRE_LAYERS_TWIN_H
#define NACRE_LAYERS_TWIN_H

#include <stdbool.h>
#include <stddef.h>

/** Room for the key of any name of 255 bytes. */
#define NACRE_TWIN_KEY (3 * 255 + 4)

/** Two names with the same key are one to such a file system. */
void nacre_twin_key(const char *name, bool fold_case, char out_key[NACRE_TWIN_KEY]);

#endif
