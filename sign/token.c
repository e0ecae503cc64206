/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider is loaded when a key in a token is asked for, and never before, into a context that
 * nothing else uses: what it does to a context is its own affair. Which module it talks to is said
 * by the surroundings, as its manual has it: PKCS11_PROVIDER_MODULE, else p11-kit's list.
 */
#include "sign/token.h"

#include "base/scope.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#define SCHEME "pkcs11:"
#define PROVIDER "pkcs11"

/*
 * One for all keys that are in tokens. A module is initialised once in a process, and the provider
 * that is unloaded finalises it: with one for each key, the first to go would take it from the
 * rest.
 */
static struct nacre_token {
	pthread_mutex_t lock;
	size_t users;
	OSSL_LIB_CTX *context;
	OSSL_PROVIDER *usual;
	OSSL_PROVIDER *pkcs11;
} shared = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void free_method(UI_METHOD **method)
{
	UI_destroy_method(*method);
}

static void free_der(unsigned char **der)
{
	OPENSSL_free(*der);
}

static void close_store(OSSL_STORE_CTX **store)
{
	(void)OSSL_STORE_close(*store);
}

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void unload(struct nacre_token *token)
{
	if (token->pkcs11)
		(void)OSSL_PROVIDER_unload(token->pkcs11);
	if (token->usual)
		(void)OSSL_PROVIDER_unload(token->usual);
	OSSL_LIB_CTX_free(token->context);
	token->pkcs11 = token->usual = NULL;
	token->context = NULL;
}

void nacre_token_free(struct nacre_token *token)
{
	if (!token)
		return;
	(void)pthread_mutex_lock(&token->lock);
	if (--token->users == 0)
		unload(token);
	(void)pthread_mutex_unlock(&token->lock);
}

void nacre_token_freep(struct nacre_token **token)
{
	nacre_token_free(*token);
	*token = NULL;
}

bool nacre_token_is_uri(const char *name)
{
	return strncmp(name, SCHEME, strlen(SCHEME)) == 0;
}

struct ossl_lib_ctx_st *nacre_token_context(const struct nacre_token *token)
{
	return token->context;
}

static int load(struct nacre_token *token, struct nacre_err *err)
{
	token->context = OSSL_LIB_CTX_new();
	if (!token->context)
		return nacre_fail_nomem(err);
	token->usual = OSSL_PROVIDER_load(token->context, "default");
	token->pkcs11 = OSSL_PROVIDER_load(token->context, PROVIDER);
	if (token->usual && token->pkcs11)
		return 0;
	ERR_clear_error();
	return nacre_fail(err, NACRE_E_NOT_FOUND,
		"OpenSSL's provider '" PROVIDER "' is not there (Debian 13: pkcs11-provider)");
}

static int take_shared(struct nacre_token **out_token, struct nacre_err *err)
{
	int rc;

	(void)pthread_mutex_lock(&shared.lock);
	rc = shared.users > 0 ? 0 : load(&shared, err);
	if (rc)
		unload(&shared);
	else
		shared.users++;
	(void)pthread_mutex_unlock(&shared.lock);
	if (rc == 0)
		*out_token = &shared;
	return rc;
}

struct pin {
	const char *text;
	bool is_asked_for;
	bool is_too_long;
};

/*
 * The PIN, to whoever asks for something that is not to be shown. There is always an answer:
 * without one the provider asks by itself, at the terminal.
 */
static int answer(UI *ui, UI_STRING *question)
{
	struct pin *pin = UI_get0_user_data(ui);

	if (UI_get_string_type(question) != UIT_PROMPT)
		return 1;
	pin->is_asked_for = true;
	if (UI_set_result(ui, question, pin->text) >= 0)
		return 1;
	pin->is_too_long = true;
	return UI_set_result(ui, question, "") >= 0;
}

/* The provider says nothing of a wrong PIN, but asks for one only where there is a token. */
static int refuse(const struct pin *pin, struct nacre_err *err)
{
	if (pin->is_too_long)
		return nacre_fail(err, NACRE_E_ARG, "a PIN that is longer than any can be");
	if (pin->is_asked_for && !*pin->text)
		return nacre_fail(err, NACRE_E_ARG, "a key behind a PIN, and an empty one");
	return nacre_fail(err, NACRE_E_NOT_FOUND, "%s",
		pin->is_asked_for ? "no such private key in the token, or not the right PIN"
				  : "no such token, or no private key there");
}

/*
 * A key that is open already comes twice when it is opened again. The provider's own comparison
 * says nothing of elliptic curves.
 */
static bool have_same_half(const EVP_PKEY *a, const EVP_PKEY *b)
{
	NACRE_CLEANUP(free_der)
	unsigned char *a_der = NULL;
	NACRE_CLEANUP(free_der)
	unsigned char *b_der = NULL;
	int len = i2d_PUBKEY(a, &a_der);

	return len > 0 && i2d_PUBKEY(b, &b_der) == len && memcmp(a_der, b_der, (size_t)len) == 0;
}

/* Exactly one; none is no error yet. */
static int find_key(OSSL_STORE_CTX *store, EVP_PKEY **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(free_key)
	EVP_PKEY *found = NULL;

	while (!OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		EVP_PKEY *key = info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY
			? OSSL_STORE_INFO_get1_PKEY(info)
			: NULL;

		OSSL_STORE_INFO_free(info);
		if (!found) {
			found = key;
		} else if (key) {
			bool is_same = have_same_half(found, key);

			EVP_PKEY_free(key);
			if (!is_same)
				return nacre_fail(err, NACRE_E_UNSAFE,
					"more than one private key: say which");
		}
		if (!info && OSSL_STORE_error(store))
			break;
	}
	*out_key = nacre_steal(&found);
	return 0;
}

static int open_key(const struct nacre_token *token, const char *uri, const char *text,
	EVP_PKEY **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(free_method)
	UI_METHOD *method = UI_create_method("nacre");
	NACRE_CLEANUP(close_store)
	OSSL_STORE_CTX *store = NULL;
	struct pin pin = { .text = text };
	int rc = 0;

	if (!method || UI_method_set_reader(method, answer) != 0)
		return nacre_fail_nomem(err);
	ERR_clear_error();
	/* By that provider alone: OpenSSL's own looks first for a file of this name. */
	store = OSSL_STORE_open_ex(
		uri, token->context, "provider=" PROVIDER, method, &pin, NULL, NULL, NULL);
	if (!store || OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) != 1)
		rc = nacre_fail(err, NACRE_E_UNSUPPORTED,
			"OpenSSL's provider '" PROVIDER "' has no module that works "
			"(PKCS11_PROVIDER_MODULE; Debian 13: p11-kit-modules), or reads no such "
			"URI");
	if (rc == 0)
		rc = find_key(store, out_key, err);
	if (rc == 0 && !*out_key)
		rc = refuse(&pin, err);
	ERR_clear_error();
	return rc;
}

/* Whether it has this attribute, between any separators, and with a value. */
static bool has(const char *uri, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	for (const char *at = uri + strlen(SCHEME); at < uri + len; at++) {
		size_t left = (size_t)(uri + len - at);

		if (left > name_len + 1 && strncasecmp(at, name, name_len) == 0 &&
			at[name_len] == '=' && !strchr(";?&", at[name_len + 1]))
			return true;
		at += strcspn(at, ";?&");
	}
	return false;
}

int nacre_token_check(const char *uri, struct nacre_err *err)
{
	size_t len = strlen(uri), path_len = strcspn(uri, "?");

	if (has(uri, len, "pin-value") || has(uri, len, "pin-source"))
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a PIN in the name of a key can be read by everybody; give it as a "
			"passphrase");
	/* Each has few trials, and one is gone with each PIN that is another token's. */
	if (!has(uri, path_len, "token") && !has(uri, path_len, "serial"))
		return nacre_fail(err, NACRE_E_FORMAT,
			"a key in a token that is not named, by 'token=' or 'serial='");
	return 0;
}

int nacre_token_open(const char *uri, const char *pin, struct nacre_token **out_token,
	struct evp_pkey_st **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_token_freep)
	struct nacre_token *token = NULL;
	int rc;

	rc = take_shared(&token, err);
	if (rc == 0 && !pin)
		rc = nacre_fail(err, NACRE_E_ARG, "a key in a token, and no PIN");
	if (rc == 0)
		rc = open_key(token, uri, pin, out_key, err);
	if (rc == 0)
		*out_token = nacre_steal(&token);
	return rc;
}
