/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers, by libcurl. It is loaded when the first one begins: with all that it stands on it
 * would cost every run of every command more time than most of them take.
 */
#include "builder/transfer.h"

#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"
#define REDIRECTIONS 10L
#define CONNECT_SECONDS 30L
#define STALL_SECONDS 30L

#undef curl_easy_setopt
#undef curl_easy_getinfo

struct library {
	void *handle;
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_strerror) *easy_strerror;
};

static struct library lib;
static pthread_once_t loading = PTHREAD_ONCE_INIT;

static void *symbol(const char *name)
{
	return lib.handle ? dlsym(lib.handle, name) : NULL;
}

/* Never unloaded: some of what it stands on cannot be. */
static void load(void)
{
	lib.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	*(void **)&lib.global_init = symbol("curl_global_init");
	*(void **)&lib.easy_init = symbol("curl_easy_init");
	*(void **)&lib.easy_setopt = symbol("curl_easy_setopt");
	*(void **)&lib.easy_getinfo = symbol("curl_easy_getinfo");
	*(void **)&lib.easy_perform = symbol("curl_easy_perform");
	*(void **)&lib.easy_cleanup = symbol("curl_easy_cleanup");
	*(void **)&lib.easy_strerror = symbol("curl_easy_strerror");
	if (!lib.global_init || !lib.easy_init || !lib.easy_setopt || !lib.easy_getinfo ||
		!lib.easy_perform || !lib.easy_cleanup || !lib.easy_strerror ||
		lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		lib.handle = NULL;
}

struct run {
	const struct nacre_transfer *transfer;
	const struct nacre_env *env;
	struct nacre_err *err;
	uint64_t got;
	int rc; /* of what was called back */
};

static size_t on_data(char *data, size_t size, size_t count, void *user)
{
	struct run *run = user;
	uint64_t all = run->transfer->offset + run->got;
	size_t len = size * count;

	if (len > run->transfer->most_bytes || all > run->transfer->most_bytes - len)
		run->rc = nacre_fail(run->err, NACRE_E_LIMIT,
			"more than %llu bytes (limit blob-bytes)",
			(unsigned long long)run->transfer->most_bytes);
	else
		run->rc = nacre_write_all(run->transfer->fd, data, len, run->err);
	if (run->rc)
		return 0;
	run->got += len;
	return len;
}

static int on_progress(
	void *user, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up_done)
{
	struct run *run = user;
	uint64_t offset = run->transfer->offset;

	(void)up_total;
	(void)up_done;
	if (run->rc == 0)
		run->rc = nacre_progress(run->env, run->transfer->url, offset + (uint64_t)done,
			total > 0 ? offset + (uint64_t)total : 0, run->err);
	return run->rc ? 1 : 0;
}

#define TEXT(text) ((text) ? (text) : "")

/* An empty text stops libcurl from looking into the environment by itself. */
static bool set_options(CURL *curl, struct run *run, const struct nacre_net *net)
{
	static const struct nacre_net none = { NULL, NULL, NULL };
	const struct nacre_net *at = net ? net : &none;
	bool ok = true;

#define SET(option, value) (ok = ok && lib.easy_setopt(curl, option, value) == CURLE_OK)
	SET(CURLOPT_URL, run->transfer->url);
	SET(CURLOPT_PROTOCOLS_STR, "https,file");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, REDIRECTIONS);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_USERAGENT, "nacre/" NACRE_VERSION);
	SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)run->transfer->offset);
	SET(CURLOPT_PROXY, TEXT(at->proxy));
	SET(CURLOPT_NOPROXY, TEXT(at->no_proxy));
	if (at->ca_file)
		SET(CURLOPT_CAINFO, at->ca_file);
	SET(CURLOPT_WRITEFUNCTION, on_data);
	SET(CURLOPT_WRITEDATA, run);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, run);
#undef SET
	return ok;
}

/* Where trying again can help. */
static bool is_passing(CURLcode code)
{
	static const CURLcode codes[] = { CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY,
		CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT,
		CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR,
		CURLE_HTTP2, CURLE_HTTP2_STREAM };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

static int judge_status(
	const struct run *run, long status, enum nacre_transfer_end *out_end, struct nacre_err *err)
{
	int code = status == 404 || status == 410 ? NACRE_E_NOT_FOUND : NACRE_E_IO;

	/* The file that is there is longer than the server's: not its begin, then. */
	if (status == 416 && run->transfer->offset > 0) {
		*out_end = NACRE_TRANSFER_RESTART;
		return 0;
	}
	(void)nacre_fail(err, code, "the server answers %ld", status);
	if (status != 408 && status != 429 && (status < 500 || status > 504 || status == 501))
		return code;
	*out_end = NACRE_TRANSFER_AGAIN;
	return 0;
}

static int judge(CURL *curl, const struct run *run, CURLcode code, enum nacre_transfer_end *out_end,
	struct nacre_err *err)
{
	long status = 0;

	if (run->rc)
		return run->rc;
	if (code == CURLE_OK) {
		*out_end = NACRE_TRANSFER_DONE;
		return 0;
	}
	if (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME) {
		*out_end = NACRE_TRANSFER_RESTART;
		return 0;
	}
	if (code == CURLE_HTTP_RETURNED_ERROR &&
		lib.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
		return judge_status(run, status, out_end, err);
	(void)nacre_fail(err,
		code == CURLE_FILE_COULDNT_READ_FILE  ? NACRE_E_NOT_FOUND
			: code == CURLE_OUT_OF_MEMORY ? NACRE_E_NOMEM
						      : NACRE_E_IO,
		"%s", lib.easy_strerror(code));
	if (!is_passing(code))
		return err ? err->code : NACRE_E_IO;
	*out_end = NACRE_TRANSFER_AGAIN;
	return 0;
}

int nacre_transfer_run(const struct nacre_transfer *transfer, const struct nacre_net *net,
	const struct nacre_env *env, enum nacre_transfer_end *out_end, struct nacre_err *err)
{
	struct nacre_err own = { 0 };
	struct run run = { transfer, env, err ? err : &own, 0, 0 };
	CURL *curl;
	int rc;

	(void)pthread_once(&loading, load);
	if (!lib.handle)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"to fetch, " LIBRARY " is needed, which is missing");
	curl = lib.easy_init();
	if (!curl)
		return nacre_fail_nomem(err);
	rc = set_options(curl, &run, net)
		? judge(curl, &run, lib.easy_perform(curl), out_end, run.err)
		: nacre_fail(err, NACRE_E_UNSUPPORTED,
			  "this " LIBRARY " is older than 7.85, or was built without TLS");
	lib.easy_cleanup(curl);
	return rc;
}
