/* SPDX-License-Identifier: Apache-2.0 */
/** Numbers by chance, the same for the same seed. */
#ifndef NACRE_TESTS_CHANCE_H
#define NACRE_TESTS_CHANCE_H

#include <stdint.h>
#include <stdlib.h>

static uint64_t seed;

/** A number below another one. */
static inline unsigned pick(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/** Takes the seed out of NACRE_SEED, and how many rounds out of NACRE_ROUNDS. Returns these. */
static inline unsigned chance_rounds(uint64_t usual_seed, unsigned usual_rounds)
{
	const char *from = getenv("NACRE_SEED"), *rounds = getenv("NACRE_ROUNDS");

	seed = from ? strtoull(from, NULL, 10) : usual_seed;
	return rounds ? (unsigned)strtoul(rounds, NULL, 10) : usual_rounds;
}

#endif
