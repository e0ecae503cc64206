/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twokeys IMAGE LAYOUT FIRST SECOND PIN: signs the image by the second key when the first one has
 * been freed. Each is a PKCS#11 URI; tests/e2e/debians.bats compiles it where there are tokens.
 */
#include <nacre/nacre.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct nacre_sign_options options = { .identity = "h.org/shop:two" };
	struct nacre_layout *layout = NULL;
	struct nacre_key *first = NULL, *second = NULL;
	const struct nacre_key *keys[1];
	struct nacre_env env = { 0 };
	struct nacre_sign_info info;
	struct nacre_err err = { 0 };
	struct nacre_ref ref;
	int rc;

	if (argc != 6)
		return 2;
	rc = nacre_ref_parse(argv[1], strlen(argv[1]), &ref, &err);
	if (rc == 0)
		rc = nacre_layout_open(argv[2], &layout, &err);
	if (rc == 0)
		rc = nacre_key_load(argv[3], argv[5], 0, &first, &err);
	if (rc == 0)
		rc = nacre_key_load(argv[4], argv[5], 0, &second, &err);
	nacre_key_free(first);
	keys[0] = second;
	if (rc == 0)
		rc = nacre_sign(layout, &ref, keys, 1, &options, &env, &info, &err);
	if (rc)
		(void)fprintf(stderr, "%s\n", err.text);
	nacre_key_free(second);
	nacre_layout_free(layout);
	return rc ? 1 : 0;
}
