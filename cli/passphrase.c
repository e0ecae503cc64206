/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passphrases: from a file or a descriptor, from the environment, or from whoever sits at the
 * terminal. Nothing is read through stdio, whose buffers would keep a copy.
 */
#include "cli/passphrase.h"

#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define VARIABLE "COSIGN_PASSWORD"
#define ROOM (CLI_PASSPHRASE_BYTES + 2) /* one too many and a NUL */

/*
 * Pages that nothing else is in, so that unlocking them unlocks nobody else's. Without the lock,
 * where RLIMIT_MEMLOCK is too small for one, it goes on.
 */
static int make_room(struct cli_passphrase *pass)
{
	void *pages;

	if (pass->text)
		return 0;
	pages = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		return errno;
	(void)mlock(pages, ROOM);
	(void)madvise(pages, ROOM, MADV_DONTDUMP);
	pass->text = pages;
	return 0;
}

void cli_passphrase_clear(struct cli_passphrase *pass)
{
	if (pass->text) {
		explicit_bzero(pass->text, ROOM);
		(void)munmap(pass->text, ROOM); /* unlocks, too */
	}
	*pass = (struct cli_passphrase){ 0 };
}

/* In a time that does not depend on how much of them is the same; unused room is zero. */
static bool is_same(const struct cli_passphrase *a, const struct cli_passphrase *b)
{
	volatile unsigned char differs = 0;

	for (size_t i = 0; i < ROOM; i++)
		differs |= (unsigned char)(a->text[i] ^ b->text[i]);
	return differs == 0;
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
 * Returns 0 or an errno: EINTR for a signal that asks to stop, E2BIG, EILSEQ for a NUL,
 * ENODATA for an end where the line would begin; then it is empty.
 */
static int read_line(int fd, struct cli_passphrase *out_pass)
{
	size_t len = 0;
	int reason = make_room(out_pass);

	while (reason == 0 && len <= CLI_PASSPHRASE_BYTES) {
		char *byte = out_pass->text + len;
		ssize_t got;

		reason = wait_for(fd);
		if (reason)
			break;
		got = read(fd, byte, 1);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return errno;
		if (got == 0 || *byte == '\n') {
			*byte = '\0';
			out_pass->is_given = true;
			return got == 0 && len == 0 ? ENODATA : 0;
		}
		if (*byte == '\0')
			return EILSEQ;
		len++;
	}
	return reason ? reason : E2BIG;
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
	if (reason == ENODATA)
		return cli_fail(cli, CLI_FAILED, "%s: ends before a passphrase", subject);
	return cli_fail(cli, CLI_FAILED, "%s: %s", subject, strerror(reason));
}

/* Takes it out of the environment: what is started from here need not know it. */
static int read_variable(struct cli *cli, struct cli_passphrase *out_pass)
{
	char *variable = getenv(VARIABLE);
	int reason;

	if (!variable)
		return 0;
	reason = strlen(variable) > CLI_PASSPHRASE_BYTES ? E2BIG : make_room(out_pass);
	if (reason)
		return fail_line(cli, VARIABLE, reason);
	(void)strcpy(out_pass->text, variable);
	out_pass->is_given = true;
	explicit_bzero(variable, strlen(variable));
	(void)unsetenv(VARIABLE);
	return 0;
}

static int read_file(struct cli *cli, const char *file, struct cli_passphrase *out_pass)
{
	/* O_NONBLOCK: for the writer of a fifo it is waited where a signal can end it. */
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	int reason;

	if (fd < 0)
		return fail_line(cli, file, errno);
	reason = read_line(fd, out_pass);
	(void)close(fd);
	/* An empty file is an empty passphrase, as skopeo and podman have it. */
	return reason && reason != ENODATA ? fail_line(cli, file, reason) : 0;
}

/*
 * Unlike a file it must bring a line: the end of a pipe is what is left of a program that failed.
 * What we have opened ourselves is close-on-exec and so what nobody has handed to us.
 */
static int read_fd(
	struct cli *cli, const char *option, const char *text, struct cli_passphrase *out_pass)
{
	char subject[64];
	uint64_t fd;
	int flags, reason;

	if (!cli_number_parse(text, false, &fd) || fd > INT_MAX)
		return cli_fail_usage(
			cli, "%s: '%s' is not the number of a descriptor", option, text);
	(void)snprintf(subject, sizeof(subject), "%s %d", option, (int)fd);
	flags = fcntl((int)fd, F_GETFD);
	if (flags < 0 || flags & FD_CLOEXEC)
		return fail_line(cli, subject, EBADF);
	if (isatty((int)fd))
		return cli_fail(cli, CLI_FAILED,
			"%s: a terminal, which would show it; it is asked for without the option",
			subject);
	reason = read_line((int)fd, out_pass);
	return reason ? fail_line(cli, subject, reason) : 0;
}

/* By --passphrase-file and --passphrase-fd, or what they are called with a prefix. */
static int read_given(struct cli *cli, const char *prefix, const struct cli_passphrase_from *from,
	struct cli_passphrase *out_pass)
{
	char option[32];

	if (from->file && from->fd)
		return cli_fail_usage(cli,
			"--%spassphrase-file and --%spassphrase-fd exclude each other", prefix,
			prefix);
	(void)snprintf(option, sizeof(option), "--%spassphrase-fd", prefix);
	if (from->fd)
		return read_fd(cli, option, from->fd, out_pass);
	return from->file ? read_file(cli, from->file, out_pass) : 0;
}

int cli_passphrase_read(
	struct cli *cli, const struct cli_passphrase_from *from, struct cli_passphrase *out_pass)
{
	int code = read_given(cli, "", from, out_pass);

	return code || out_pass->is_given ? code : read_variable(cli, out_pass);
}

int cli_passphrase_read_new(
	struct cli *cli, const struct cli_passphrase_from *from, struct cli_passphrase *out_pass)
{
	return read_given(cli, "new-", from, out_pass);
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
	return reason == ENODATA ? 0 : reason; /* an empty answer */
}

static const struct {
	const char *what; /* in a message */
	const char *question;
	bool twice;
	const char *ways;
} asks[] = {
	[CLI_PASSPHRASE_OF_KEY] = { "passphrase", "Passphrase for ", false,
		"set COSIGN_PASSWORD, give --passphrase-file or --passphrase-fd" },
	[CLI_PASSPHRASE_OF_NEW_KEY] = { "passphrase", "Passphrase for ", true,
		"set COSIGN_PASSWORD, give --passphrase-file or --passphrase-fd" },
	[CLI_PASSPHRASE_INSTEAD] = { "new passphrase", "New passphrase for ", true,
		"give --new-passphrase-file or --new-passphrase-fd" },
};

int cli_passphrase_ask(struct cli *cli, const char *path, enum cli_passphrase_why why,
	struct cli_passphrase *out_pass)
{
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase again = { 0 };
	int reason;

	if (!isatty(STDIN_FILENO))
		return cli_fail(cli, CLI_FAILED, "%s: no %s: %s, or use a terminal", path,
			asks[why].what, asks[why].ways);
	reason = ask_once(asks[why].question, path, out_pass);
	if (reason == 0 && asks[why].twice)
		reason = ask_once("Once more, for ", path, &again);
	if (reason)
		return fail_line(cli, path, reason);
	if (out_pass->text[0] == '\0')
		return cli_fail(cli, CLI_FAILED, "%s: no %s", path, asks[why].what);
	if (asks[why].twice && !is_same(out_pass, &again))
		return cli_fail(cli, CLI_FAILED, "%s: the passphrases are not the same", path);
	return 0;
}

/* Whether it is a private key that wants no passphrase. */
static bool is_plain(const char *path)
{
	CLI_CLEANUP(cli_key_freep) struct nacre_key *key = NULL;

	return nacre_key_load(path, NULL, NACRE_KEY_PLAIN, &key, NULL) != NACRE_E_ARG;
}

int cli_key_load(struct cli *cli, const char *path, const struct cli_passphrase *pass,
	unsigned flags, struct nacre_key **out_key)
{
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase asked = { 0 };
	struct nacre_err err;
	int rc = nacre_key_load(path, pass->is_given ? pass->text : NULL, flags, out_key, &err);

	if (rc == NACRE_E_ARG && !(flags & NACRE_KEY_PLAIN) && is_plain(path))
		return cli_fail(cli, CLI_REFUSED,
			"%s: a private key that is not encrypted; --plain takes it", path);
	/* Without one, the answer says whether the key needs one: a public key does not. */
	if (rc == NACRE_E_ARG && !pass->is_given) {
		int code = cli_passphrase_ask(cli, path, CLI_PASSPHRASE_OF_KEY, &asked);

		if (code)
			return code;
		rc = nacre_key_load(path, asked.text, flags, out_key, &err);
	}
	if (rc == NACRE_E_ARG) /* a wrong passphrase: the command line is right */
		return cli_fail(cli, CLI_FAILED, "%s", err.text);
	return rc ? cli_fail_with(cli, &err) : 0;
}
