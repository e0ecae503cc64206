/* SPDX-License-Identifier: Apache-2.0 */
/** Rows of options, and the words of a command line put where the rows say. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <nacre/base.h>

enum cli_kind {
	CLI_END,    /**< behind the last row */
	CLI_FLAG,   /**< bool */
	CLI_TEXT,   /**< const char * */
	CLI_NUMBER, /**< uint64_t, at least 1; stays 0 when not given */
	CLI_LIST,   /**< struct cli_list; the only one that may be given more than once */
};

struct cli_opt {
	enum cli_kind kind;
	char letter;	   /**< "-t"; 0: none */
	const char *name;  /**< "--tag" */
	const char *value; /**< what help calls its value; NULL for a flag */
	size_t at;	   /**< where in the command's own struct */
	const char *help;
};

/** The values of an option in the order given, or all operands; borrowed from argv. */
struct cli_list {
	const char **items;
	size_t count;
};

/**
 * Sorts words into options, stored in `args` as the rows say, and operands. Operands may stand
 * between options; "--" ends the options.
 *
 * @param words  without the command's own name
 * @param args   zeroed; to be cleared by cli_args_clear(), also when this fails
 *
 * Errors: ARG (each names the option, and for an unknown one the nearest name); NOMEM.
 */
NACRE_CHECKED int cli_args_parse(const struct cli_opt *opts, char *const *words, size_t count,
	void *args, struct cli_list *out_operands, struct nacre_err *err);
void cli_args_clear(const struct cli_opt *opts, void *args, struct cli_list *operands);

/** Whether the count fits names like "IMAGE [DIR]". Errors: ARG. */
NACRE_CHECKED int cli_operands_check(
	const char *names, const struct cli_list *operands, struct nacre_err *err);

/** Decimal digits, with `suffixes` also one of k, M, G behind them (powers of 1024). */
bool cli_number_parse(const char *text, bool suffixes, uint64_t *out_value);

/** The nearest name seen so far; start with all zero but `got`. */
struct cli_nearest {
	const char *got;
	const char *name;
	size_t edits;
};

void cli_nearest_offer(struct cli_nearest *nearest, const char *name);

#endif
