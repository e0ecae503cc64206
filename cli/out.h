/* SPDX-License-Identifier: Apache-2.0 */
/** Text from outside, made harmless on its way out. */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdio.h>

/**
 * Writes a sentence so that a terminal shows it and does nothing else: control characters, those
 * that change the direction or the lines of text, and what is not UTF-8 come as \xNN, byte by byte,
 * and a newline as \n.
 */
void out_text(FILE *to, const char *text);

/** The same for a name; a backslash comes doubled, so that two names never look the same. */
void out_name(FILE *to, const char *name);

/** A JSON string with its quotes. A byte that is not UTF-8 becomes U+FFFD. */
void out_json(FILE *to, const char *text);

/**
 * A member of a JSON object whose value may be any bytes, without loss: "path":"…" when they are
 * UTF-8, else "path_base64":"…".
 */
void out_json_bytes(FILE *to, const char *key, const char *text);

#endif
