/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of tar members: ustar, and a pax record for a path that does not fit. */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type;
	char link[100], magic[8], owner[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a block");

/* --------------------------------------------------------------------- writing */

/* Digits to the last byte but one, which is a NUL. */
static void put_octal(char *field, size_t size, unsigned long long value)
{
	for (size_t i = size - 1; i > 0; i--) {
		field[i - 1] = (char)('0' + (value & 7));
		value >>= 3;
	}
	field[size - 1] = '\0';
}

static void put_sum(struct ustar *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	memset(header->sum, ' ', sizeof(header->sum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	put_octal(header->sum, sizeof(header->sum) - 1, sum);
}

static void put_text(char *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	memcpy(field, text, len < size ? len : size);
}

/* "LENGTH KEY=VALUE\n", whose length counts its own digits. */
static size_t put_record(char *to, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;
	char digits[24];

	while (rest + (size_t)snprintf(digits, sizeof(digits), "%zu", len) != len)
		len++;
	return (size_t)sprintf(to, "%s %s=%s\n", digits, key, value);
}

static size_t put_pax(unsigned char *out, const struct member *member)
{
	struct ustar header = { .type = 'x', .magic = "ustar\00000" };
	char *records = (char *)out + TAR_BLOCK;
	size_t len = 0;

	if (strlen(member->path) > sizeof(header.name))
		len += put_record(records, "path", member->path);
	if (strlen(member->link) > sizeof(header.link))
		len += put_record(records + len, "linkpath", member->link);
	if (len == 0)
		return 0;
	put_text(header.name, sizeof(header.name), "pax");
	put_octal(header.mode, sizeof(header.mode), 0644);
	put_octal(header.size, sizeof(header.size), len);
	put_sum(&header);
	memcpy(out, &header, sizeof(header));
	memset(records + len, 0, tar_padding(len));
	return TAR_BLOCK + len + tar_padding(len);
}

size_t tar_put(unsigned char *out, const struct member *member)
{
	struct ustar header = { .type = member->type, .magic = "ustar\00000" };
	size_t len = put_pax(out, member);

	put_text(header.name, sizeof(header.name), member->path);
	put_text(header.link, sizeof(header.link), member->link);
	put_octal(header.mode, sizeof(header.mode), member->mode);
	put_octal(header.uid, sizeof(header.uid), member->uid);
	put_octal(header.gid, sizeof(header.gid), member->gid);
	put_octal(header.size, sizeof(header.size), member->size);
	put_octal(header.mtime, sizeof(header.mtime), (unsigned long long)member->mtime);
	put_octal(header.major, sizeof(header.major), major(member->device));
	put_octal(header.minor, sizeof(header.minor), minor(member->device));
	put_sum(&header);
	memcpy(out + len, &header, sizeof(header));
	return len + sizeof(header);
}

/* --------------------------------------------------------------------- reading */

static unsigned long long get_octal(const char *field, size_t size)
{
	unsigned long long value = 0;

	for (size_t i = 0; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (unsigned long long)(field[i] - '0');
	return value;
}

/* As much as there is room for; these are tars of our own. */
static void get_text(char *out, const char *text, size_t size)
{
	size_t len = strnlen(text, size < TAR_PATH ? size : TAR_PATH - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

static void get_pax(struct member *out, size_t size)
{
	char *records = malloc(size + 1), *at, *value;
	long len;

	if (!records || !tar_take(records, size) || !tar_take(NULL, tar_padding(size)))
		die("pax records");
	records[size] = '\0';
	for (at = records; at < records + size; at += len) {
		char *key = NULL;

		len = strtol(at, &key, 10);
		value = len > 0 ? strchr(key, '=') : NULL;
		if (!value || at + len > records + size)
			die("pax records");
		value++;
		if (strncmp(key, " path=", 6) == 0)
			get_text(out->path, value, (size_t)(at + len - 1 - value));
		else if (strncmp(key, " linkpath=", 10) == 0)
			get_text(out->link, value, (size_t)(at + len - 1 - value));
	}
	free(records);
}

static void get_path(char *out, const struct ustar *header)
{
	size_t len = 0;

	if (header->prefix[0] != '\0') {
		get_text(out, header->prefix, sizeof(header->prefix));
		len = strlen(out);
		out[len++] = '/';
	}
	get_text(out + len, header->name, sizeof(header->name));
}

bool tar_get(struct member *out)
{
	struct ustar header;

	out->path[0] = out->link[0] = '\0';
	do {
		if (!tar_take(&header, sizeof(header)) || header.magic[0] == '\0')
			return false;
		out->size = get_octal(header.size, sizeof(header.size));
		if (header.type == 'x')
			get_pax(out, out->size);
	} while (header.type == 'x');
	if (out->path[0] == '\0')
		get_path(out->path, &header);
	if (out->link[0] == '\0')
		get_text(out->link, header.link, sizeof(header.link));
	out->type = header.type;
	out->mode = (mode_t)get_octal(header.mode, sizeof(header.mode));
	out->uid = (uid_t)get_octal(header.uid, sizeof(header.uid));
	out->gid = (gid_t)get_octal(header.gid, sizeof(header.gid));
	out->mtime = (long long)get_octal(header.mtime, sizeof(header.mtime));
	out->device = makedev((unsigned)get_octal(header.major, sizeof(header.major)),
		(unsigned)get_octal(header.minor, sizeof(header.minor)));
	return true;
}

bool tar_take(void *out, size_t len)
{
	unsigned char *to = out, *data = NULL;

	while (len > 0) {
		size_t got = ring_get(&data, len);

		if (got == 0)
			return false;
		if (to) {
			memcpy(to, data, got);
			to += got;
		}
		len -= got;
	}
	return true;
}

size_t tar_padding(unsigned long long len)
{
	return (size_t)((TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK);
}
