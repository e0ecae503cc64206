/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passphrases: from a file, from the environment, or from whoever sits at the terminal. Nothing is
 * read through stdio, whose buffers would keep a copy.
 */
#include "cli/passphrase.h"

#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

void cli_passphrase_clear(struct cli_passphrase *pass)
{
	explicit_bzero(pass, sizeof(*pass));
}

void cli_key_freep(struct nacre_key **key)
{
	nacre_key_free(*key);
	*key = NULL;
}

/* Waits for input. A signal that asks to stop ends it, also one that came before. */
static int wait_for(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	sigset_t stops, before;
	int rc = 0;

	(void)sigemptyset(&stops);
	(void)sigaddset(&stops, SIGINT);
	(void)sigaddset(&stops, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stops, &before);
	while (rc == 0 && !cli_signal() && ppoll(&wait, 1, NULL, &before) < 0)
		rc = errno == EINTR ? 0 : errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return cli_signal() ? EINTR : rc;
}

/*
 * Reads to a newline or to the end, byte by byte: what is behind it stays for the next reader.
 *
 * Returns 0 or an errno: EINTR for a signal that asks to stop, E2BIG, EILSEQ for a NUL.
 */
static int read_line(int fd, struct cli_passphrase *out_pass)
{
	size_t len = 0;

	while (len <= CLI_PASSPHRASE_BYTES) {
		char byte = '\0';
		int reason = wait_for(fd);
		ssize_t got = reason ? -1 : read(fd, &byte, 1);

		if (reason)
			return reason;
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return errno;
		if (got == 0 || byte == '\n') {
			out_pass->text[len] = '\0';
			out_pass->is_given = true;
			return 0;
		}
		if (byte == '\0')
			return EILSEQ;
		out_pass->text[len++] = byte;
	}
	return E2BIG;
}

static int fail_line(struct cli *cli, const char *subject, int reason)
{
	struct nacre_err stopped = { NACRE_E_CANCELED, "stopped" };

	if (reason == EINTR)
		return cli_fail_with(cli, &stopped);
	if (reason == E2BIG)
		return cli_fail(cli, CLI_FAILED, "%s: more than %d bytes of passphrase", subject,
			CLI_PASSPHRASE_BYTES);
	if (reason == EILSEQ)
		return cli_fail(cli, CLI_FAILED, "%s: a NUL byte in the passphrase", subject);
	return cli_fail(cli, CLI_FAILED, "%s: %s", subject, strerror(reason));
}

int cli_passphrase_read(struct cli *cli, const char *file, struct cli_passphrase *out_pass)
{
	const char *variable = getenv("COSIGN_PASSWORD");
	int fd, reason;

	if (!file && !variable)
		return 0;
	if (!file) {
		if (strlen(variable) > CLI_PASSPHRASE_BYTES)
			return fail_line(cli, "COSIGN_PASSWORD", E2BIG);
		(void)strcpy(out_pass->text, variable);
		out_pass->is_given = true;
		return 0;
	}
	/* O_NONBLOCK: for the writer of a fifo it is waited where a signal can end it. */
	fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail_line(cli, file, errno);
	reason = read_line(fd, out_pass);
	(void)close(fd);
	return reason ? fail_line(cli, file, reason) : 0;
}

/* Returns as read_line(). */
static int ask_once(const char *question, const char *path, struct cli_passphrase *out_pass)
{
	struct termios before, hidden;
	int reason;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return errno;
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) < 0)
		return errno;
	(void)fputs(question, stderr);
	out_name(stderr, path);
	(void)fputs(": ", stderr);
	(void)fflush(stderr);
	reason = read_line(STDIN_FILENO, out_pass);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)fputc('\n', stderr);
	return reason;
}

int cli_passphrase_ask(
	struct cli *cli, const char *path, bool twice, struct cli_passphrase *out_pass)
{
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase again = { 0 };
	int reason;

	if (!isatty(STDIN_FILENO))
		return cli_fail(cli, CLI_FAILED,
			"%s: no passphrase: set COSIGN_PASSWORD, give --passphrase-file, or use a "
			"terminal",
			path);
	reason = ask_once("Passphrase for ", path, out_pass);
	if (reason == 0 && twice)
		reason = ask_once("Once more, for ", path, &again);
	if (reason)
		return fail_line(cli, path, reason);
	if (out_pass->text[0] == '\0')
		return cli_fail(cli, CLI_FAILED, "%s: no passphrase", path);
	if (twice && strcmp(out_pass->text, again.text) != 0)
		return cli_fail(cli, CLI_FAILED, "%s: the passphrases are not the same", path);
	return 0;
}

int cli_key_load(struct cli *cli, const char *path, const struct cli_passphrase *pass,
	unsigned flags, struct nacre_key **out_key)
{
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase asked = { 0 };
	struct nacre_err err;
	int rc = nacre_key_load(path, pass->is_given ? pass->text : NULL, flags, out_key, &err);

	/* Without one, the answer says whether the key needs one: a public key does not. */
	if (rc == NACRE_E_ARG && !pass->is_given) {
		int code = cli_passphrase_ask(cli, path, false, &asked);

		if (code)
			return code;
		rc = nacre_key_load(path, asked.text, flags, out_key, &err);
	}
	if (rc == NACRE_E_ARG) /* a wrong passphrase: the command line is right */
		return cli_fail(cli, CLI_FAILED, "%s", err.text);
	return rc ? cli_fail_with(cli, &err) : 0;
}
