/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ghosts over recipes made by chance: the image is the same tree with and without them, and without
 * them no layer holds a content that the image does not.
 *
 * NACRE_ROUNDS and NACRE_SEED take other numbers of rounds and another chance.
 */
#include "builder/ghosts.h"

#include "builder/content_key.h"
#include "builder/image_tree.h"
#include "builder/tree_key.h"
#include "fixture.h"
#include "formats/layout.h"
#include "lib/chance.h"

#define NAMES 6
#define LAYERS 4

/* What the image has so far: at each of d0 … d5 nothing, a file, or a directory with some of f0 …
 * f5. */
struct model {
	enum { NOTHING, A_FILE, A_DIR } top[NAMES];
	bool below[NAMES][NAMES];
};

static void add_step(struct model *m, unsigned serial, struct nacre_buf *text)
{
	unsigned d = pick(NAMES), f = pick(NAMES);

	if (m->top[d] != NOTHING && pick(3) == 0) {
		assert_works(nacre_buf_printf(text, err, "      - remove: {path: /d%u}\n", d));
		m->top[d] = NOTHING;
		memset(m->below[d], 0, sizeof(m->below[d]));
	} else if (m->top[d] == A_DIR && m->below[d][f] && pick(2)) {
		assert_works(
			nacre_buf_printf(text, err, "      - remove: {path: /d%u/f%u}\n", d, f));
		m->below[d][f] = false;
	} else if (m->top[d] != A_DIR && pick(3) == 0) {
		assert_works(nacre_buf_printf(text, err,
			"      - file: {path: /d%u, text: \"content %u\"}\n", d, serial));
		m->top[d] = A_FILE;
	} else if (m->top[d] != A_FILE) {
		assert_works(nacre_buf_printf(text, err,
			"      - file: {path: /d%u/f%u, text: \"content %u\", mode: \"06%u0\"}\n",
			d, f, pick(4) ? serial : 7, pick(2) ? 4U : 0U));
		m->top[d] = A_DIR;
		m->below[d][f] = true;
	} else {
		assert_works(nacre_buf_printf(
			text, err, "      - perms: {path: /d%u, mode: \"0640\"}\n", d));
	}
}

/* The same recipe twice: `kept` says what every layer says of its ghosts. */
static void write_recipes(void)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf steps = NACRE_BUF(1 << 16);
	struct model model = { 0 };
	unsigned serial = 10;

	assert_works(nacre_buf_add_text(&steps, "nacre: 1\nfrom: scratch\nlayers:\n", err));
	for (unsigned layer = 0; layer < LAYERS; layer++) {
		assert_works(nacre_buf_printf(
			&steps, err, "  - name: l%u\n    ghosts: %%s\n    steps:\n", layer));
		for (unsigned i = 1 + pick(6); i > 0; i--)
			add_step(&model, serial++, &steps);
	}
	for (unsigned i = 0; i < 2; i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf text = NACRE_BUF(1 << 16);
		const char *how = i ? "keep" : "drop", *at = steps.data, *mark;

		while ((mark = strstr(at, "%s"))) {
			assert_works(nacre_buf_add(&text, at, (size_t)(mark - at), err));
			assert_works(nacre_buf_add_text(&text, how, err));
			at = mark + 2;
		}
		assert_works(nacre_buf_add_text(&text, at, err));
		if (i == 0) {
			/* Dropping is what happens when nothing is said. */
			char *line;

			while ((line = strstr(text.data, "    ghosts: drop\n")))
				memmove(line, line + strlen("    ghosts: drop\n"),
					strlen(line + strlen("    ghosts: drop\n")) + 1);
			text.len = strlen(text.data);
		}
		put_bytes(i ? "context/kept.yaml" : "context/plain.yaml", text.data, text.len);
	}
}

struct image {
	struct nacre_layout *layout;
	struct nacre_manifest manifest;
	struct nacre_config config;
	struct nacre_image_tree tree;
	struct nacre_built built;
};

static void image_clear(struct image *image)
{
	nacre_image_tree_clear(&image->tree);
	nacre_config_clear(&image->config);
	nacre_manifest_clear(&image->manifest);
	nacre_layout_free(image->layout);
}

static void make(const char *recipe, const char *layout, struct image *out)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_ref tag;
	const struct nacre_build_options options = {
		.context = "context",
		.recipe = recipe,
		.tags = &tag,
		.tag_count = 1,
		.compression = { NACRE_COMPRESS_NONE, 0 },
	};

	assert_works(nacre_ref_parse(layout, strlen(layout), &tag, err));
	assert_works(nacre_build(&options, &unsynced, &out->built, err));
	assert_works(nacre_layout_open(layout + strlen("oci:"), &out->layout, err));
	assert_works(nacre_layout_find(out->layout, &limits, NULL, NULL, &desc, err));
	assert_works(nacre_layout_load_manifest(out->layout, &desc, &limits, &out->manifest, err));
	assert_works(nacre_layout_load_config(
		out->layout, &out->manifest.config, &limits, &out->config, err));
	assert_works(nacre_image_tree_read(
		out->layout, &out->manifest, &out->config, scratch.dir, NULL, &out->tree, err));
}

static void find_key(struct nacre_cache *cache, struct image *image, struct nacre_digest *out)
{
	struct nacre_contents_counts counts = { 0 };

	assert_works(nacre_contents_digest(cache, &image->tree.tree, NULL, &counts, err));
	assert_works(nacre_tree_key(&image->tree.tree, NULL, NULL, out, err));
}

static uint64_t bytes_of(const struct image *image)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < image->built.layer_count; i++)
		bytes += image->built.layers[i].tar_bytes;
	return bytes;
}

/* Contents are all different but for "content 7", and stand in plain text in the layers. */
static void check_no_ghost(const struct image *image)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf seen = NACRE_BUF(1 << 20);

	for (struct nacre_node *at = image->tree.tree.root; at; at = nacre_tree_next(at)) {
		NACRE_CLEANUP(nacre_source_freep)
		struct nacre_source *source = NULL;
		char text[64];
		size_t len = 0;

		if (at->inode->type != NACRE_TYPE_FILE)
			continue;
		assert_works(nacre_inode_open(at->inode, &source, err));
		assert_works(nacre_source_read_full(source, text, sizeof(text), &len, err));
		assert_works(nacre_buf_printf(&seen, err, "%.*s;", (int)len, text));
	}
	for (size_t i = 0; i < image->manifest.layers.count; i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf tar = NACRE_BUF(1 << 20);
		nacre_autofd int fd = -1;

		assert_works(nacre_layout_open_blob(
			image->layout, &image->manifest.layers.items[i], &fd, NULL, err));
		assert_works(nacre_buf_read_fd(&tar, fd, err));
		for (size_t at = 0; at + 8 < tar.len; at++) {
			char want[32];

			if (memcmp(tar.data + at, "content ", 8) != 0)
				continue;
			(void)snprintf(want, sizeof(want), "%.20s;", tar.data + at);
			if (!seen.data || !strstr(seen.data, want))
				fail_msg("layer %zu holds '%s', and the image does not", i, want);
		}
	}
}

static void without_ghosts_the_image_is_the_same(void **state)
{
	struct nacre_cache *cache = NULL;
	uint64_t saved = 0;

	(void)state;
	assert_works(nacre_cache_open("cache", 0, NULL, &cache, err));
	for (unsigned i = chance_rounds(20261127, 40); i > 0; i--) {
		NACRE_CLEANUP(image_clear)
		struct image plain = { 0 };
		NACRE_CLEANUP(image_clear)
		struct image kept = { 0 };
		struct nacre_digest one, two;
		char layout[2][32];

		(void)snprintf(layout[0], sizeof(layout[0]), "oci:plain%u", i);
		(void)snprintf(layout[1], sizeof(layout[1]), "oci:kept%u", i);
		write_recipes();
		make("context/plain.yaml", layout[0], &plain);
		make("context/kept.yaml", layout[1], &kept);
		find_key(cache, &plain, &one);
		find_key(cache, &kept, &two);
		assert_string_equal(one.text, two.text);
		assert_int_equal(kept.built.ghost_files, 0);
		assert_true(bytes_of(&plain) <= bytes_of(&kept));
		saved += plain.built.ghost_files;
		check_no_ghost(&plain);
	}
	assert_true(saved > 0);
	nacre_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(without_ghosts_the_image_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
