/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bug planted in the workers of a library that is built for this test alone: once the worker is
 * in its cage, it does what somebody would do who has taken it over. tests/lib/planted.py drives
 * it.
 *
 * PLANTED          the attack, by its name in the table below
 * PLANTED_WORKER   a word of the name of the worker that is attacked: "reads", "writes"
 * PLANTED_LOG      a file that the caller, whom nobody has attacked, writes the outcome to
 * PLANTED_UNCAGED  set: the cage is left out, to see that the attack is one
 * PLANTED_DIR      a directory outside: secret, socket (listening), and room for more
 * PLANTED_PID      a process outside; PLANTED_PORT: a port on 127.0.0.1 that listens
 */
#include "base/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

bool nacre_planted_uncaged(void);
void nacre_planted_bug(const struct nacre_worker_job *job);

/* Shared by caller and workers: what an attack that kills its process had come to. */
static struct outcome {
	int begun;
	int succeeded;
	int number;
} * outcome;

static char dir[512];
static char attack[64], attacked[64];
static bool is_uncaged;
static pid_t victim;
static in_port_t port;

static const char *in_dir(const char *name)
{
	static char path[600];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* -------------------------------------------------------------------- attacks */

static bool read_secret(int fd)
{
	char byte;

	return fd >= 0 && read(fd, &byte, 1) == 1;
}

static bool open_a_file(const struct nacre_worker_job *job)
{
	(void)job;
	return read_secret(openat(AT_FDCWD, in_dir("secret"), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
}

/* From what is open, up and out: the directory that is written to, or whatever was inherited. */
static bool open_upwards(const struct nacre_worker_job *job)
{
	char path[900];

	(void)job;
	(void)snprintf(path, sizeof(path), "../../../../../../../../../../../../../../../..%s",
		in_dir("secret"));
	for (int fd = 0; fd < 64; fd++) {
		if (read_secret(openat(fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)))
			return true;
	}
	return false;
}

static bool create_a_file(const struct nacre_worker_job *job)
{
	(void)job;
	return openat(AT_FDCWD, in_dir("made"), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		       0644) >= 0;
}

static bool write_a_file(const struct nacre_worker_job *job)
{
	int fd = openat(AT_FDCWD, in_dir("secret"), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	(void)job;
	return fd >= 0 && write(fd, "x", 1) == 1;
}

static bool make_a_directory(const struct nacre_worker_job *job)
{
	(void)job;
	return mkdirat(AT_FDCWD, in_dir("made"), 0755) == 0;
}

static bool make_a_device(const struct nacre_worker_job *job)
{
	(void)job;
	return syscall(SYS_mknodat, job->cage.dir, "disk", S_IFBLK | 0666, 0x800) == 0;
}

static bool remove_a_file(const struct nacre_worker_job *job)
{
	(void)job;
	return unlinkat(AT_FDCWD, in_dir("secret"), 0) == 0;
}

static bool rename_a_file(const struct nacre_worker_job *job)
{
	char to[600];

	(void)job;
	(void)snprintf(to, sizeof(to), "%s", in_dir("made"));
	return renameat(AT_FDCWD, in_dir("secret"), AT_FDCWD, to) == 0;
}

static bool link_a_file(const struct nacre_worker_job *job)
{
	char to[600];

	(void)job;
	(void)snprintf(to, sizeof(to), "%s", in_dir("made"));
	return linkat(AT_FDCWD, in_dir("secret"), AT_FDCWD, to, 0) == 0;
}

static bool change_a_mode(const struct nacre_worker_job *job)
{
	int fd = openat(AT_FDCWD, in_dir("secret"), O_PATH | O_NOFOLLOW | O_CLOEXEC);

	(void)job;
	return syscall(SYS_fchmodat, AT_FDCWD, in_dir("secret"), 0777) == 0 ||
		(fd >= 0 && syscall(452 /* fchmodat2 */, fd, "", 0777, AT_EMPTY_PATH) == 0);
}

static bool change_an_owner(const struct nacre_worker_job *job)
{
	(void)job;
	return fchownat(AT_FDCWD, in_dir("secret"), geteuid() == 0 ? 12345 : geteuid(), (gid_t)-1,
		       AT_SYMLINK_NOFOLLOW) == 0;
}

static bool change_a_time(const struct nacre_worker_job *job)
{
	(void)job;
	return utimensat(AT_FDCWD, in_dir("secret"), NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool change_an_attribute(const struct nacre_worker_job *job)
{
	(void)job;
	return lsetxattr(in_dir("secret"), "user.planted", "x", 1, 0) == 0;
}

static bool connect_tcp(const struct nacre_worker_job *job)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)job;
	return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool send_udp(const struct nacre_worker_job *job)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)job;
	return fd >= 0 && sendto(fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)) == 1;
}

static bool connect_unix(const struct nacre_worker_job *job)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *path = in_dir("socket");

	(void)job;
	if (strlen(path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, strlen(path) + 1);
	return fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;
}

/*
 * The program that takes the place of this one cannot be asked: it makes a file that is looked for.
 * Without a cage a child runs it, since the caller kills a worker that has let go of its link.
 */
static bool run_a_program(const struct nacre_worker_job *job)
{
	char path[600];
	char *const arguments[] = { (char[]){ "touch" }, path, NULL };
	pid_t child = nacre_planted_uncaged() ? fork() : 0;

	(void)job;
	(void)snprintf(path, sizeof(path), "%s", in_dir("made"));
	if (child == 0)
		(void)execv("/usr/bin/touch", arguments);
	if (child > 0)
		(void)waitpid(child, NULL, 0);
	return false;
}

static bool start_a_process(const struct nacre_worker_job *job)
{
	long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)job;
	if (child == 0)
		_exit(0);
	return child > 0;
}

static bool signal_a_process(const struct nacre_worker_job *job)
{
	(void)job;
	return kill(victim, SIGTERM) == 0;
}

static bool signal_the_caller(const struct nacre_worker_job *job)
{
	(void)job;
	return kill(getppid(), 0) == 0;
}

/* Without a call that sends one: the kernel does, when something comes in. */
static bool have_a_signal_sent(const struct nacre_worker_job *job)
{
	(void)job;
	for (int fd = 0; fd < 64; fd++) { /* one of them is the link to the caller */
		if (fcntl(fd, F_SETOWN, victim) == 0)
			return true;
	}
	return false;
}

static bool open_a_device(const struct nacre_worker_job *job)
{
	bool is_open;

	(void)syscall(SYS_mknodat, job->cage.dir, "null", S_IFCHR | 0666, 0x103);
	is_open = openat(job->cage.dir, "null", O_WRONLY | O_NOFOLLOW | O_CLOEXEC) >= 0;
	(void)unlinkat(job->cage.dir, "null", 0);
	return is_open;
}

static bool read_the_environment(const struct nacre_worker_job *job)
{
	(void)job;
	return getenv("PLANTED_SECRET") != NULL;
}

static bool trace_a_process(const struct nacre_worker_job *job)
{
	(void)job;
	return ptrace(PTRACE_SEIZE, victim, NULL, NULL) == 0;
}

static bool read_memory(const struct nacre_worker_job *job)
{
	char path[64];

	(void)job;
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
	return openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) >= 0;
}

static bool mount_something(const struct nacre_worker_job *job)
{
	(void)job;
	return mount("planted", in_dir("room"), "tmpfs", 0, NULL) == 0;
}

static bool new_namespace(const struct nacre_worker_job *job)
{
	(void)job;
	return unshare(CLONE_NEWUSER) == 0;
}

static bool change_the_root(const struct nacre_worker_job *job)
{
	(void)job;
	return chroot("..") == 0 || chroot(".") == 0;
}

static bool run_new_code(const struct nacre_worker_job *job)
{
	(void)job;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		MAP_FAILED;
}

static bool use_a_ring(const struct nacre_worker_job *job)
{
	char parameters[256] = "";

	(void)job;
	return syscall(SYS_io_uring_setup, 1, parameters) >= 0;
}

static bool store_a_key(const struct nacre_worker_job *job)
{
	(void)job;
	return syscall(SYS_add_key, "user", "planted", "x", 1, -2 /* the process's */) > 0;
}

static bool raise_a_limit(const struct nacre_worker_job *job)
{
	const uint64_t most[2] = { 100, 100 };

	(void)job;
	return syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, most, NULL) == 0;
}

static bool change_the_user(const struct nacre_worker_job *job)
{
	(void)job;
	return syscall(SYS_setresuid, geteuid(), geteuid(), geteuid()) == 0;
}

static const struct attack {
	const char *name;
	bool (*run)(const struct nacre_worker_job *job);
} attacks[] = {
	{ "open", open_a_file },
	{ "open-upwards", open_upwards },
	{ "create", create_a_file },
	{ "write", write_a_file },
	{ "mkdir", make_a_directory },
	{ "mknod", make_a_device },
	{ "unlink", remove_a_file },
	{ "rename", rename_a_file },
	{ "link", link_a_file },
	{ "chmod", change_a_mode },
	{ "chown", change_an_owner },
	{ "utimes", change_a_time },
	{ "setxattr", change_an_attribute },
	{ "connect-tcp", connect_tcp },
	{ "send-udp", send_udp },
	{ "connect-unix", connect_unix },
	{ "exec", run_a_program },
	{ "fork", start_a_process },
	{ "signal", signal_a_process },
	{ "signal-caller", signal_the_caller },
	{ "signal-by-kernel", have_a_signal_sent },
	{ "device", open_a_device },
	{ "environment", read_the_environment },
	{ "ptrace", trace_a_process },
	{ "read-memory", read_memory },
	{ "mount", mount_something },
	{ "namespace", new_namespace },
	{ "chroot", change_the_root },
	{ "new-code", run_new_code },
	{ "io-uring", use_a_ring },
	{ "add-key", store_a_key },
	{ "raise-limit", raise_a_limit },
	{ "setuid", change_the_user },
};

/* ---------------------------------------------------------------------- the bug */

static const char *text_of(const char *name)
{
	const char *text = getenv(name);

	return text ? text : "";
}

bool nacre_planted_uncaged(void)
{
	return is_uncaged;
}

void nacre_planted_bug(const struct nacre_worker_job *job)
{
	if (!outcome || !strstr(job->name, attacked))
		return;
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(attacks[i].name, attack) != 0)
			continue;
		outcome->begun = 1;
		errno = 0;
		if (attacks[i].run(job))
			outcome->succeeded = 1;
		outcome->number = errno;
	}
}

__attribute__((constructor)) static void prepare(void)
{
	void *shared;

	if (!getenv("PLANTED"))
		return;
	shared = mmap(
		NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	outcome = shared == MAP_FAILED ? NULL : shared;
	/* Now, as workers forget their environment. */
	is_uncaged = getenv("PLANTED_UNCAGED") != NULL;
	(void)snprintf(dir, sizeof(dir), "%s", text_of("PLANTED_DIR"));
	(void)snprintf(attack, sizeof(attack), "%s", text_of("PLANTED"));
	(void)snprintf(attacked, sizeof(attacked), "%s", text_of("PLANTED_WORKER"));
	victim = (pid_t)strtol(text_of("PLANTED_PID"), NULL, 10);
	port = (in_port_t)strtol(text_of("PLANTED_PORT"), NULL, 10);
}

__attribute__((destructor)) static void tell(void)
{
	FILE *log = outcome ? fopen(text_of("PLANTED_LOG"), "we") : NULL;

	if (!log)
		return;
	(void)fprintf(log, "%s %s %d\n", outcome->begun ? "begun" : "not-begun",
		outcome->succeeded ? "succeeded" : "failed", outcome->number);
	(void)fclose(log);
}
