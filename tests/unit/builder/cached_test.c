/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds with a cache against builds without, over contexts and recipes that change by chance: the
 * manifest is the same each time, and a build that nothing has changed for knows all of it.
 *
 * NACRE_ROUNDS and NACRE_SEED take other numbers of rounds and another chance.
 */
#include "fixture.h"
#include "lib/chance.h"

#define FILES 12
#define RACY_SECONDS 2

static void name_file(unsigned i, char out[64])
{
	(void)snprintf(out, 64, "context/src/%s%u", i % 3 ? "" : "deep/", i);
}

/* Some large enough for several parts, some empty. */
static void write_file(unsigned i)
{
	static char data[5 << 20];
	char name[64];
	size_t len = pick(8) == 0 ? sizeof(data) - pick(100000) : pick(300);

	for (size_t k = 0; k < len; k++)
		data[k] = (char)(pick(4) == 0 ? pick(256) : 'a');
	name_file(i, name);
	put_bytes(name, data, len);
}

static void change_one(void)
{
	unsigned i = pick(FILES);
	char name[64], other[64];
	struct stat st;
	nacre_autofd int fd = -1;

	name_file(i, name);
	switch (pick(6)) {
	case 0:
	case 1:
		(void)unlink(name); /* may be a link to another one */
		write_file(i);
		break;
	case 2:
		(void)unlink(name);
		break;
	case 3: /* another byte, the same size and times */
		fd = open(name, O_RDWR | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
			break;
		assert_int_equal(pwrite(fd, "#", 1, (off_t)pick((unsigned)st.st_size)), 1);
		assert_int_equal(
			futimens(fd, (const struct timespec[2]){ st.st_atim, st.st_mtim }), 0);
		break;
	case 4:
		(void)chmod(name, pick(2) ? 0755 : 0644);
		break;
	default:
		name_file(pick(FILES), other);
		if (strcmp(name, other) != 0) {
			(void)unlink(name);
			if (link(other, name) < 0)
				assert_int_equal(errno, ENOENT);
		}
	}
}

static void write_recipe(void)
{
	static const char *const steps[] = {
		"      - copy: {from: src, to: /a}\n",
		"      - copy: {from: src/deep, to: /b, mode: \"0700\"}\n",
		"      - copy: {stage: s, from: /x, to: /c}\n",
		"      - file: {path: /d, text: \"d\\n\"}\n",
		"      - copy: {from: src, to: /a/again, exclude: [\"1*\"]}\n",
		"      - dir: {path: /e/f, mode: \"0711\"}\n",
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(1 << 16);

	assert_works(nacre_buf_printf(&text, err,
		"nacre: 1\nfrom: scratch\nepoch: 2026-01-0%uT00:00:00Z\nstages:\n  s:\n    from: "
		"scratch\n    steps: [{copy: {from: src/deep, to: /x}}]\nlayers:\n",
		1 + pick(2)));
	for (unsigned layer = 0; layer < 2; layer++) {
		assert_works(nacre_buf_printf(&text, err,
			"  - name: l%u\n    steps:\n      - dir: {path: /l%u}\n", layer, layer));
		for (size_t i = 0; i < COUNT(steps); i++) {
			if (pick(3) == 0)
				assert_works(nacre_buf_add_text(&text, steps[i], err));
		}
	}
	put_bytes("context/nacre.yaml", text.data, text.len);
}

static void count_misses(const struct nacre_explained *part, void *user)
{
	if (!part->is_hit)
		(*(size_t *)user)++;
}

static void build_by_chance(const char *layout, const char *cache, unsigned how,
	struct nacre_built *out, size_t *misses)
{
	static const enum nacre_compressor codecs[] = { NACRE_COMPRESS_ZSTD, NACRE_COMPRESS_GZIP,
		NACRE_COMPRESS_NONE };
	struct nacre_ref tag;
	struct nacre_build_options options = {
		.context = "context",
		.tags = &tag,
		.tag_count = 1,
		.compression = { codecs[how % COUNT(codecs)], 0 },
		.cache = cache,
		.explain = count_misses,
		.explain_user = misses,
	};
	struct nacre_env env = unsynced;

	env.jobs = 1 + how % 4;
	*misses = 0;
	assert_works(nacre_ref_parse(layout, strlen(layout), &tag, err));
	assert_works(nacre_build(&options, &env, out, err));
}

static void a_build_is_the_same_whatever_is_known(void **state)
{
	static struct nacre_built with, without;
	size_t misses, none;

	(void)state;
	put_dir("context/src");
	put_dir("context/src/deep");
	for (unsigned i = 0; i < FILES; i++)
		write_file(i);
	write_recipe();
	for (unsigned rounds = chance_rounds(20261127, 12); rounds > 0; rounds--) {
		unsigned how = pick(12);

		for (unsigned changes = pick(3); changes > 0; changes--)
			change_one();
		if (pick(4) == 0)
			write_recipe();
		build_by_chance("oci:with:v1", "cache", how, &with, &misses);
		build_by_chance("oci:without:v1", NULL, how, &without, &none);
		assert_string_equal(with.image_id.text, without.image_id.text);
		assert_string_equal(with.manifest.text, without.manifest.text);
		assert_true(none > 0);
		/* What is new has been found out by now, racy or not. */
		build_by_chance("oci:with:v1", "cache", how, &with, &misses);
		assert_string_equal(with.manifest.text, without.manifest.text);
		assert_int_equal(misses, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_build_is_the_same_whatever_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
