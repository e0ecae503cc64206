/* SPDX-License-Identifier: Apache-2.0 */
/* From --key, a pinned digest or --unsigned to a struct nacre_trusted. */
#include "cli/trust.h"

#include "cli/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_trusted_freep(struct nacre_trusted **trusted)
{
	nacre_trusted_free(*trusted);
	*trusted = NULL;
}

static void policy_freep(struct nacre_policy **policy)
{
	nacre_policy_free(*policy);
	*policy = NULL;
}

int cli_trust_check(struct cli *cli, const struct cli_trust *trust, const struct cli_image *image)
{
	bool is_pinned = image->ref.digest.text[0] != '\0', is_signed;

	is_signed = trust->keys.count > 0 || trust->policy;
	if (!is_signed && !trust->is_unsigned && !is_pinned)
		return cli_fail_usage(cli,
			"nothing says whom to trust: --key PUB, --policy FILE, "
			"IMAGE@sha256:DIGEST or --unsigned");
	if (is_signed && trust->is_unsigned)
		return cli_fail_usage(cli, "--%s and --unsigned exclude each other",
			trust->policy ? "policy" : "key");
	if (trust->keys.count > 0 && trust->policy)
		return cli_fail_usage(cli, "--key and --policy exclude each other");
	if (trust->keys.count == 0 && (trust->threshold || trust->annotations.count > 0))
		return cli_fail_usage(
			cli, "--%s needs --key", trust->threshold ? "threshold" : "annotation");
	if (!is_signed && trust->identity)
		return cli_fail_usage(cli, "--identity needs --key or --policy");
	if (trust->threshold > trust->keys.count)
		return cli_fail_usage(cli, "--threshold: more than there are --key");
	return 0;
}

/* @param seen  the keys before this one, which the policy holds */
static int add_key(struct cli *cli, const struct cli_list *paths, size_t which,
	struct nacre_policy *policy, const struct nacre_key **seen)
{
	const char *path = paths->items[which];
	struct nacre_key *key = NULL;
	struct nacre_err err;
	int rc = nacre_key_load(path, NULL, 0, &key, &err);

	if (rc == NACRE_E_ARG) /* only a private key wants more than to be read */
		return cli_fail(
			cli, CLI_REFUSED, "%s: a private key, where the public one belongs", path);
	if (rc)
		return cli_fail_with(cli, &err);
	for (size_t i = 0; i < which; i++) {
		if (strcmp(nacre_key_id(seen[i]), nacre_key_id(key)) == 0) {
			nacre_key_free(key);
			return cli_fail_usage(
				cli, "--key %s: the same key as %s", path, paths->items[i]);
		}
	}
	seen[which] = key;
	return nacre_policy_add_key_take(policy, key, &err) ? cli_fail_with(cli, &err) : 0;
}

static int add_annotation(struct cli *cli, const char *item, struct nacre_policy *policy)
{
	const char *equals = strchr(item, '=');
	CLI_CLEANUP(cli_freep) char *name = NULL;
	struct nacre_err err;

	if (!equals || equals == item)
		return cli_fail_usage(cli, "--annotation: '%s' is not NAME=VALUE", item);
	name = strndup(item, (size_t)(equals - item));
	if (!name)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	return nacre_policy_add_annotation(policy, name, equals + 1, &err)
		? cli_fail_with(cli, &err)
		: 0;
}

/* Keys, and how many of them. */
static int make_policy(
	struct cli *cli, const struct cli_trust *trust, struct nacre_policy **out_policy)
{
	CLI_CLEANUP(policy_freep) struct nacre_policy *policy = NULL;
	CLI_CLEANUP(cli_freep) const struct nacre_key **seen = NULL;
	struct nacre_err err;
	int code = 0;
	int rc = nacre_policy_new(&policy, &err);

	seen = calloc(trust->keys.count, sizeof(*seen));
	if (!seen)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	if (rc == 0 && trust->threshold)
		rc = nacre_policy_set_threshold(policy, trust->threshold, &err);
	if (rc == 0 && trust->identity)
		rc = nacre_policy_set_identity(policy, trust->identity, &err);
	if (rc)
		return cli_fail_with(cli, &err);
	for (size_t i = 0; code == 0 && i < trust->keys.count; i++)
		code = add_key(cli, &trust->keys, i, policy, seen);
	for (size_t i = 0; code == 0 && i < trust->annotations.count; i++)
		code = add_annotation(cli, trust->annotations.items[i], policy);
	if (code)
		return code;
	*out_policy = policy;
	policy = NULL;
	return 0;
}

static int load_policy(struct cli *cli, const struct cli_trust *trust,
	const struct cli_image *image, struct nacre_policy **out_policy)
{
	struct nacre_err err;

	/* Whatever is wrong there is the policy's fault, and no image's. */
	if (nacre_policy_load(
		    trust->policy, &image->ref, cli->store, trust->identity, out_policy, &err))
		return cli_fail(cli, CLI_FAILED, "--policy: %s", err.text);
	return 0;
}

int cli_trust_explained(struct cli *cli, const struct cli_trust *trust,
	const struct cli_image *image, struct nacre_verdict **out_verdict,
	struct nacre_trusted **out_trusted)
{
	CLI_CLEANUP(policy_freep) struct nacre_policy *policy = NULL;
	struct nacre_env env = cli->env;
	struct nacre_err err;
	int rc;

	if (trust->keys.count > 0 || trust->policy) {
		int code = trust->policy ? load_policy(cli, trust, image, &policy)
					 : make_policy(cli, trust, &policy);

		if (code)
			return code;
		rc = nacre_verify_explained(image->layout, &image->ref, policy, image->on, &env,
			out_verdict, out_trusted, &err);
	} else if (image->ref.digest.text[0]) {
		rc = nacre_trust_pinned(
			image->layout, &image->ref, image->on, &env, out_trusted, &err);
	} else {
		env.event = NULL; /* who has typed it needs no warning; the result says it again */
		rc = nacre_trust_unsigned(image->layout, &image->ref, "--unsigned", image->on, &env,
			out_trusted, &err);
	}
	return rc ? cli_fail_with(cli, &err) : 0;
}

int cli_trust_image(struct cli *cli, const struct cli_trust *trust, const struct cli_image *image,
	struct nacre_trusted **out_trusted)
{
	struct nacre_verdict *verdict = NULL;
	int code = cli_trust_explained(cli, trust, image, &verdict, out_trusted);

	nacre_verdict_free(verdict);
	return code;
}

void cli_trusted_print(const struct nacre_trusted *trusted)
{
	printf("image ID  %s\n", nacre_trusted_image_id(trusted)->text);
	printf("manifest  %s\n", nacre_trusted_digest(trusted)->text);
	(void)fputs("trust     ", stdout);
	out_text(stdout, nacre_trusted_reason(trusted));
	(void)fputc('\n', stdout);
	for (size_t i = 0; nacre_trusted_signer(trusted, i); i++)
		printf("key       %s\n", nacre_trusted_signer(trusted, i));
}

void cli_trusted_print_json(const struct nacre_trusted *trusted)
{
	printf("\"imageId\":\"%s\",", nacre_trusted_image_id(trusted)->text);
	printf("\"manifest\":\"%s\",\"trust\":", nacre_trusted_digest(trusted)->text);
	out_json(stdout, nacre_trusted_reason(trusted));
	(void)fputs(",\"signers\":[", stdout);
	for (size_t i = 0; nacre_trusted_signer(trusted, i); i++)
		printf("%s\"%s\"", i ? "," : "", nacre_trusted_signer(trusted, i));
	(void)fputc(']', stdout);
}
