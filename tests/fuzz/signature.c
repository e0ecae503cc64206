/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Payloads, key files and PEM blocks. What is accepted must come back the same from being written
 * and read once more; a key that is accepted must keep its id.
 */
#include "base/scope.h"
#include "sign/key.h"
#include "sign/keyfile.h"
#include "sign/payload.h"
#include "sign/pem.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_payload(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload first = { 0 };
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload again = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	if (nacre_payload_parse(data, size, &first, NULL))
		return;
	if (nacre_payload_emit(&first, &json, NULL) ||
		nacre_payload_parse(json.data, json.len, &again, NULL) ||
		strcmp(first.identity, again.identity) != 0 ||
		!nacre_digest_equal(&first.digest, &again.digest))
		abort();
}

static void try_keyfile(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box first = { 0 };
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box again = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	/* as nacre_key_parse() bounds it */
	if (size > NACRE_KEYFILE_BYTES / 4 * 3 || nacre_keyfile_parse(data, size, &first, NULL))
		return;
	if (first.n != 32768 && first.n != 65536 && first.n != 131072)
		abort();
	if (nacre_keyfile_emit(&first, &json, NULL) ||
		nacre_keyfile_parse(json.data, json.len, &again, NULL) || first.n != again.n ||
		memcmp(first.salt, again.salt, sizeof(first.salt)) != 0 ||
		memcmp(first.nonce, again.nonce, sizeof(first.nonce)) != 0 ||
		first.content.len != again.content.len ||
		memcmp(first.content.data, again.content.data, first.content.len) != 0)
		abort();
}

static void try_pem(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_pem_clear)
	struct nacre_pem first = { "", NACRE_SECRET };
	NACRE_CLEANUP(nacre_pem_clear)
	struct nacre_pem again = { "", NACRE_SECRET };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(2 * size + 1024);

	if (nacre_pem_parse((const char *)data, size, &first, NULL))
		return;
	if (nacre_pem_emit(first.label, first.content.data, first.content.len, &text, NULL) ||
		nacre_pem_parse(text.data, text.len, &again, NULL) ||
		strcmp(first.label, again.label) != 0 || first.content.len != again.content.len ||
		memcmp(first.content.data, again.content.data, first.content.len) != 0)
		abort();
}

/* Without a passphrase, so scrypt never runs. */
static void try_key(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *first = NULL;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *again = NULL;
	nacre_autofree char *text = NULL;

	if (nacre_key_parse((const char *)data, size, NULL, NACRE_KEY_PLAIN, &first, NULL))
		return;
	if (nacre_key_emit_public(first, &text, NULL) ||
		nacre_key_parse(text, strlen(text), NULL, 0, &again, NULL) ||
		strcmp(nacre_key_id(first), nacre_key_id(again)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_payload(data, size);
	try_keyfile(data, size);
	try_pem(data, size);
	try_key(data, size);
	return 0;
}
