/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and bare signatures for tests/interop/keys.py, which holds them against another library:
 *
 *	keytool new ed25519|p256 PREFIX PASSPHRASE
 *	keytool show FILE [PASSPHRASE]		prints type, id, public or private
 *	keytool sign FILE PASSPHRASE MESSAGE	prints the signature in base64
 *	keytool verify FILE MESSAGE BASE64	ends with 0 when it is good, 1 when not
 *
 * MESSAGE is a file. A refusal is printed as "CODE: text" and ends with 3.
 */
#include "base/base64.h"
#include "base/file.h"
#include "sign/box.h"
#include "sign/key.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES 1048576

static int load(const char *path, struct nacre_buf *out_bytes, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_file_open(path, &fd, NULL, err);

	*out_bytes = (struct nacre_buf)NACRE_BUF(MESSAGE_BYTES);
	return rc ? rc : nacre_buf_read_fd(out_bytes, fd, err);
}

static int do_new(char **argv, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = NULL;
	bool is_ed25519 = strcmp(argv[0], "ed25519") == 0;
	int rc = nacre_key_new(is_ed25519 ? NACRE_KEY_ED25519 : NACRE_KEY_P256, &key, err);

	return rc ? rc : nacre_key_store_pair(key, argv[1], argv[2], err);
}

static int do_show(char **argv, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = NULL;
	int rc = nacre_key_load(argv[0], argv[1], 0, &key, err);

	if (rc == 0)
		(void)printf("%s %s %s\n", nacre_key_type_name(key), nacre_key_id(key),
			nacre_key_is_private(key) ? "private" : "public");
	return rc;
}

static int do_sign(char **argv, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf message = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(4096);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(8192);
	int rc = nacre_key_load(argv[0], argv[1], 0, &key, err);

	if (rc == 0)
		rc = load(argv[2], &message, err);
	if (rc == 0)
		rc = nacre_key_sign(key, message.data, message.len, &signature, err);
	if (rc == 0)
		rc = nacre_base64_emit(signature.data, signature.len, &text, err);
	if (rc == 0)
		(void)printf("%s\n", text.data);
	return rc;
}

static int do_verify(char **argv, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf message = NACRE_BUF(0);
	unsigned char signature[4096];
	size_t len = 0;
	int rc = nacre_key_load(argv[0], NULL, 0, &key, err);

	if (rc == 0)
		rc = load(argv[1], &message, err);
	if (rc == 0)
		rc = nacre_base64_parse(
			argv[2], strlen(argv[2]), signature, sizeof(signature), &len, err);
	if (rc)
		return rc;
	return nacre_key_verify(key, message.data, message.len, signature, len) ? 0 : 1;
}

static const struct {
	const char *name;
	int least, most;
	int (*run)(char **argv, struct nacre_err *err);
} commands[] = {
	{ "new", 3, 3, do_new },
	{ "show", 1, 2, do_show },
	{ "sign", 3, 3, do_sign },
	{ "verify", 3, 3, do_verify },
};

int main(int argc, char **argv)
{
	struct nacre_err err = { 0 };

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		int count = argc - 2, rc;

		if (strcmp(commands[i].name, argv[1]) != 0 || count < commands[i].least ||
			count > commands[i].most)
			continue;
		rc = commands[i].run(argv + 2, &err);
		if (rc < 0)
			(void)printf("%d: %s\n", rc, err.text);
		return rc < 0 ? 3 : rc;
	}
	(void)fprintf(stderr, "usage: keytool new|show|sign|verify …\n");
	return 2;
}
