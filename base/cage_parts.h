/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a cage is made of; cage.c puts the parts on in their order. For cage*.c alone.
 *
 * Each returns whether the part is on: false when the kernel does not have it or refuses it.
 */
#ifndef NACRE_BASE_CAGE_PARTS_H
#define NACRE_BASE_CAGE_PARTS_H

#include "base/cage.h"

/* Sanitizers have system calls of their own to make, and report to standard error. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NACRE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NACRE_SANITIZED 1
#endif
#endif
#ifndef NACRE_SANITIZED
#define NACRE_SANITIZED 0
#endif

bool nacre_cage_root(const struct nacre_cage *cage);
bool nacre_cage_landlock(const struct nacre_cage *cage);
bool nacre_cage_capabilities(const struct nacre_cage *cage);
bool nacre_cage_filter(const struct nacre_cage *cage);

#endif
