/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the environment for fetches. */
#include "cli/inputs.h"

#include <errno.h>
#include <stdio.h>

/* The first that is set and not empty; NULL: none. */
static const char *first_of(const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return NULL;
}

static int set_cache(struct cli *cli, struct nacre_build_options *options)
{
	static const struct {
		const char *name;
		const char *below;
	} places[] = { { "NACRE_CACHE", "" }, { "XDG_CACHE_HOME", "/nacre" },
		{ "HOME", "/.cache/nacre" } };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *value = getenv(places[i].name);
		char *path = NULL;

		if (!value || !*value)
			continue;
		if (asprintf(&path, "%s%s", value, places[i].below) < 0)
			return cli_fail(cli, CLI_FAILED, "out of memory");
		options->cache = path;
		return 0;
	}
	return 0;
}

static int set_cache_bytes(struct cli *cli, struct nacre_build_options *options)
{
	const char *text = getenv("NACRE_CACHE_BYTES");
	char *end;

	if (!text || !*text)
		return 0;
	errno = 0;
	options->cache_bytes = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || options->cache_bytes == 0)
		return cli_fail_usage(cli, "NACRE_CACHE_BYTES: '%s' is no number of bytes", text);
	return 0;
}

int cli_inputs_set(struct cli *cli, struct nacre_build_options *options)
{
	static const char *const proxies[] = { "https_proxy", "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY", NULL };
	static const char *const direct[] = { "no_proxy", "NO_PROXY", NULL };
	static const char *const certificates[] = { "CURL_CA_BUNDLE", "SSL_CERT_FILE", NULL };

	int code;

	options->net.proxy = first_of(proxies);
	options->net.no_proxy = first_of(direct);
	options->net.ca_file = first_of(certificates);
	code = set_cache_bytes(cli, options);
	return code ? code : set_cache(cli, options);
}
