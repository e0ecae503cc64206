/* SPDX-License-Identifier: Apache-2.0 */
/** What all commands share: their rows, how they fail, and the surroundings they run in. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/args.h"

#include <nacre/nacre.h>
#include <stdlib.h>

#define CLI_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CLI_CLEANUP(fn) __attribute__((cleanup(fn)))

static inline void cli_freep(void *where)
{
	void **p = where;

	free(*p);
	*p = NULL;
}

/** Exit codes. 130 and 143 are what is left of SIGINT and SIGTERM. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,	   /**< the system refused, something is missing or in the way */
	CLI_USAGE = 2,	   /**< the command line is wrong */
	CLI_REFUSED = 3,   /**< the content is wrong */
	CLI_UNTRUSTED = 4, /**< the content is from nobody who is trusted */
};

struct cli;

/** A command: one of these a file, one line in the table of main.c. */
struct cli_command {
	const char *name;     /**< "key new" */
	const char *operands; /**< "[CONTEXT]", "IMAGE DIR" */
	const char *summary;
	const struct cli_opt *opts;
	size_t args_bytes; /**< of its own struct, which begins with struct cli_common */
	int (*run)(struct cli *cli, const void *args); /**< returns the exit code */
};

extern const struct cli_command cli_build, cli_check, cli_inspect, cli_key_new, cli_key_passwd,
	cli_key_show, cli_lint, cli_ls, cli_plan, cli_sign, cli_unpack, cli_verify;
extern const struct cli_command cli_commit, cli_config, cli_rebase, cli_squash;
extern const struct cli_command cli_copy, cli_lock, cli_vendor;

/** One run of one command. */
struct cli {
	const struct cli_command *command;
	struct cli_list operands;
	char subject[NACRE_REF_TEXT]; /**< the image, once it has been named */
	char *store;		      /**< where bare names lie; NULL: nowhere */
	struct nacre_env env;	      /**< listens already */
	bool verbose;
	bool progress_shown;	 /**< the terminal's last line is not finished */
	long long progress_msec; /**< when it was drawn */
};

/** What every command takes. */
struct cli_common {
	bool verbose;
	bool help;
};

#define CLI_COMMON_OPTS(type)                                                                      \
	{ CLI_FLAG, 'v', "verbose", NULL, offsetof(type, common.verbose), "say what is done" },    \
		{ CLI_FLAG, 'h', "help", NULL, offsetof(type, common.help), "show this" },         \
	{                                                                                          \
		CLI_END, 0, NULL, NULL, 0, NULL                                                    \
	}

#define CLI_LIMIT_OPT(type)                                                                        \
	{                                                                                          \
		CLI_LIST, 0, "limit", "NAME=VALUE", offsetof(type, limits),                        \
			"change a limit; VALUE may end in k, M, G"                                 \
	}

#define CLI_CAGE_OPT(type)                                                                         \
	{                                                                                          \
		CLI_FLAG, 0, "require-cage", NULL, offsetof(type, require_cage),                   \
			"fail where the workers cannot be shut in whole"                           \
	}

#define CLI_PLATFORM_OPT(type)                                                                     \
	{                                                                                          \
		CLI_TEXT, 0, "platform", "OS/ARCH", offsetof(type, platform),                      \
			"which image of an index, else linux/amd64"                                \
	}

/* -------------------------------------------------------------- surroundings */

/** Store, events, signals, and standard descriptors that are open. */
void cli_init(struct cli *cli);
void cli_clear(struct cli *cli);

/** Puts NAME=VALUE into the limits, and lets the time of one begin. Returns an exit code. */
NACRE_CHECKED int cli_limits_set(struct cli *cli, const struct cli_list *limits);

/** How many threads: as many as processors for 0. Returns an exit code. */
NACRE_CHECKED int cli_jobs_set(struct cli *cli, uint64_t jobs);

/** SOURCE_DATE_EPOCH, if it is set. Returns an exit code. */
NACRE_CHECKED int cli_epoch_read(struct cli *cli, bool *out_is_set, int64_t *out_epoch);

/** The signal that asked to stop; 0: none. */
int cli_signal(void);

/** Writes out what is left of standard output. Returns `code`, or CLI_FAILED when that cannot be.
 */
int cli_finish(struct cli *cli, int code);

/* -------------------------------------------------------------------- errors */

/** Ends an unfinished progress line, so that something else can be written. */
void cli_clear_progress(struct cli *cli);

/** Each writes one line, "nacre: verify app:1.4: …", and returns the exit code. */
int cli_fail(struct cli *cli, int code, const char *fmt, ...) CLI_PRINTF(3, 4);
int cli_fail_usage(struct cli *cli, const char *fmt, ...) CLI_PRINTF(2, 3);

int cli_fail_with(struct cli *cli, const struct nacre_err *err);

/* -------------------------------------------------------------------- images */

/** An image that somebody has named. */
struct cli_image {
	struct nacre_ref ref;
	struct nacre_platform platform;	 /**< zero: not said */
	const struct nacre_platform *on; /**< &platform, or NULL */
	struct nacre_layout *layout;	 /**< NULL until opened */
};

void cli_image_clear(struct cli_image *image);

/** Parses the first operand, and a platform, which may be NULL. Returns an exit code. */
NACRE_CHECKED int cli_image_name(
	struct cli *cli, const char *platform, struct cli_image *out_image);

/** The same for another operand. */
NACRE_CHECKED int cli_image_name_at(
	struct cli *cli, size_t operand, const char *platform, struct cli_image *out_image);

/** Opens the layout it lies in. Returns an exit code. */
NACRE_CHECKED int cli_image_open(struct cli *cli, struct cli_image *image);

/** Parses a reference. @param subject  the option or operand. Returns an exit code. */
NACRE_CHECKED int cli_ref_parse(
	struct cli *cli, const char *subject, const char *text, struct nacre_ref *out_ref);

#endif
