/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Squashing and rebasing over images made by chance: what is promised of trees is asked of the
 * trees that the new images fold to. The rules are spelled out again here, in terms of paths alone.
 */
#include "builder/rework.h"

#include "builder/image_documents.h"
#include "builder/layer_emit.h"
#include "fixture.h"
#include "lib/randomtree.h"
#include "sign/trusted.h"

#define MOST_LAYERS 6

static const struct nacre_compression plain = { NACRE_COMPRESS_NONE, 0 };

static int same_content(const struct nacre_inode *a, const struct nacre_inode *b, void *user,
	bool *out_same, struct nacre_err *err)
{
	(void)user;
	(void)err;
	*out_same = same_bytes(a, b);
	return 0;
}

/* ------------------------------------------------------------------ images by chance */

/* The layers of an image, as they are written; and, unless it is wild, the trees that they are the
 * differences of. */
struct stack {
	struct nacre_tree trees[MOST_LAYERS + 1];
	struct nacre_tree layers[MOST_LAYERS];
	size_t count;
};

static void stack_clear(struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		nacre_tree_clear(&stack->layers[i]);
	for (size_t i = 0; i <= stack->count; i++)
		nacre_tree_clear(&stack->trees[i]);
}

/* A layer that is the difference to a tree a little changed, or to another one. */
static void add_difference(struct stack *stack)
{
	struct nacre_tree *before = &stack->trees[stack->count], *after = before + 1;
	struct nacre_origin *origin = pick(2) ? &before_origin : &after_origin;

	if (pick(5) == 0) {
		make_random(after, origin);
	} else {
		assert_works(nacre_tree_clone(before, after, err));
		for (unsigned changes = pick(5); changes > 0; changes--)
			change_something(after, origin);
	}
	assert_works(nacre_tree_diff(
		before, after, same_content, NULL, &stack->layers[stack->count], err));
	stack->count++;
}

/* A layer as others may write it: what is there already comes again, names go that nobody has,
 * parents are not named. */
static void add_wild(struct stack *stack)
{
	struct nacre_tree *layer = &stack->layers[stack->count];

	assert_works(nacre_tree_init(&stack->trees[stack->count + 1], err));
	make_random(layer, &after_origin);
	for (struct nacre_node *at = nacre_tree_next(layer->root); at; at = nacre_tree_next(at)) {
		bool is_dir = at->inode->type == NACRE_TYPE_DIR;

		if (!nacre_node_first(at) && pick(4) == 0)
			at->inode = nacre_inode_new(layer, NACRE_TYPE_WHITEOUT);
		else
			at->is_explicit = !is_dir || pick(2);
		assert_non_null(at->inode);
	}
	stack->count++;
}

static void add_layers(struct stack *stack, size_t count, bool is_wild)
{
	while (count-- > 0) {
		if (is_wild)
			add_wild(stack);
		else
			add_difference(stack);
	}
}

/* The lowest `count` layers of another one, which must outlive it. */
static void begin_stack(struct stack *stack, struct stack *from, size_t count)
{
	memset(stack, 0, sizeof(*stack));
	if (!from) {
		assert_works(nacre_tree_init(&stack->trees[0], err));
		return;
	}
	for (size_t i = 0; i <= count; i++)
		assert_works(nacre_tree_clone(&from->trees[i], &stack->trees[i], err));
	for (; stack->count < count; stack->count++)
		assert_works(nacre_tree_clone(
			&from->layers[stack->count], &stack->layers[stack->count], err));
}

/* --------------------------------------------------------------- images in the layout */

static void parse_tag(const char *tag, struct nacre_ref *out_ref)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "oci:layout:%s", tag);
	assert_works(nacre_ref_parse(text, strlen(text), out_ref, err));
}

static void add_layer(struct nacre_layout_batch *batch, struct nacre_tree *layer,
	struct nacre_manifest *manifest, struct nacre_config *config)
{
	struct nacre_descriptor desc = { 0 };
	struct nacre_built_layer layer_built;
	const struct nacre_history entry = { .created_by = (char *)(uintptr_t) "by chance" };

	assert_works(nacre_layer_emit(
		"layer", layer, &plain, batch, &unsynced, &desc, &layer_built, err));
	assert_works(nacre_descriptors_add_take(&manifest->layers, &desc, err));
	assert_works(nacre_config_add_diff_id(config, &layer_built.diff_id, err));
	assert_works(nacre_config_add_history(config, &entry, err));
}

/* The first `count` layers of a stack become an image. */
static void store(struct stack *stack, size_t count, const char *tag)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { .platform = { "linux", "amd64", "" } };
	NACRE_CLEANUP(nacre_target_clear)
	struct nacre_target target = NACRE_TARGET;
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_build_tags tags;
	struct nacre_ref ref;
	struct nacre_build_options options = { .tags = &ref, .tag_count = 1 };

	parse_tag(tag, &ref);
	assert_works(nacre_build_tags_init(&tags, &options, NULL, err));
	assert_works(nacre_target_open(&target, &ref, NULL, err));
	assert_works(nacre_batch_new(target.layout, &unsynced, &batch, err));
	for (size_t i = 0; i < count; i++)
		add_layer(batch, &stack->layers[i], &manifest, &config);
	assert_works(nacre_image_documents_add(
		batch, &config, &manifest, &unsynced, &built, &desc, err));
	assert_works(nacre_build_tags_store(&tags, &target, batch, &desc, &unsynced, err));
}

static void open_stored(const char *tag, struct opened *out_image)
{
	struct nacre_ref ref;

	parse_tag(tag, &ref);
	assert_works(nacre_layout_open("layout", &out_image->layout, err));
	assert_works(nacre_trust_unsigned(
		out_image->layout, &ref, "a test", NULL, &unsynced, &out_image->trusted, err));
}

static const struct nacre_config *config_of(const struct opened *image)
{
	return nacre_trusted_config(image->trusted);
}

static int read_layers(const struct opened *image, size_t count, struct nacre_image_tree *out_tree,
	struct nacre_err *out_err)
{
	struct nacre_manifest manifest = *nacre_trusted_manifest(image->trusted);
	struct nacre_config config = *config_of(image);

	manifest.layers.count = count;
	config.diff_id_count = count;
	return nacre_image_tree_read(
		image->layout, &manifest, &config, scratch.dir, &unsynced, out_tree, out_err);
}

static void assert_same_layers(
	const struct opened *want, size_t from, size_t count, const struct opened *got, size_t at)
{
	assert_true(from + count <= config_of(want)->diff_id_count);
	assert_true(at + count <= config_of(got)->diff_id_count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(config_of(want)->diff_ids[from + i].text,
			config_of(got)->diff_ids[at + i].text);
		assert_string_equal(
			nacre_trusted_manifest(want->trusted)->layers.items[from + i].digest.text,
			nacre_trusted_manifest(got->trusted)->layers.items[at + i].digest.text);
	}
}

static void forget_layout(void)
{
	assert_works(nacre_tree_remove_at(scratch.dir, "layout", err));
}

/* ------------------------------------------------------------------------------ squash */

/* Squashes, and asks all that is promised of it. */
static void check_squash(
	const struct opened *image, struct nacre_tree *tree, size_t from, size_t to)
{
	const struct nacre_squash_range range = { from, to };
	const size_t count = config_of(image)->diff_id_count;
	struct nacre_ref ref;
	const struct nacre_rework_options options = {
		.tags = &ref, .tag_count = 1, .compression = plain
	};
	NACRE_CLEANUP(opened_clear)
	struct opened squashed = { 0 };
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree now = { .tree = NACRE_TREE };
	size_t low = from ? from : 1, high = to ? to : count, is_there;

	parse_tag("squashed", &ref);
	assert_works(nacre_image_squash(
		image->layout, image->trusted, &range, &options, &unsynced, &built, err));
	open_stored("squashed", &squashed);
	is_there = config_of(&squashed)->diff_id_count - (count - (high - low + 1));
	assert_in_range(is_there, 0, 1);
	assert_same_layers(image, 0, low - 1, &squashed, 0);
	assert_same_layers(image, high, count - high, &squashed, low - 1 + is_there);
	assert_works(read_layers(&squashed, config_of(&squashed)->diff_id_count, &now, err));
	check_equal(tree, &now.tree);
}

/* Returns whether the image could be read at all: one of wild layers may be refused. */
static bool squash_by_chance(bool is_wild)
{
	struct stack stack;
	NACRE_CLEANUP(opened_clear)
	struct opened image = { 0 };
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree tree = { .tree = NACRE_TREE };
	size_t count = 1 + pick(5), from = 1 + pick((unsigned)count);
	bool is_read;

	begin_stack(&stack, NULL, 0);
	add_layers(&stack, count, is_wild);
	store(&stack, count, "image");
	open_stored("image", &image);
	is_read = read_layers(&image, count, &tree, NULL) == 0;
	assert_true(is_read || is_wild);
	if (!is_wild)
		check_equal(&stack.trees[count], &tree.tree);
	if (is_read) {
		check_squash(&image, &tree.tree, 0, 0);
		check_squash(&image, &tree.tree, from, from + pick((unsigned)(count - from) + 1));
	}
	stack_clear(&stack);
	forget_layout();
	return is_read;
}

static void a_squashed_image_folds_to_the_same_tree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		seed = i;
		assert_true(squash_by_chance(false));
	}
}

static void so_does_one_of_layers_that_others_wrote(void **state)
{
	unsigned read = 0;

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		seed = 1000 + i;
		read += squash_by_chance(true);
	}
	assert_in_range(read, 8, 29); /* and some are refused */
}

/* ------------------------------------------------------------------------------ rebase */

/* An image, its base, another base; and its own layers one by one. */
struct scene {
	struct stack base_stack, onto_stack, image_stack;
	bool is_wild;
	struct opened base, onto, image, rebased;
	struct nacre_image_tree base_tree, onto_tree, result;
	struct nacre_image_tree
		own[MOST_LAYERS + 1]; /* own[0] is the base's, the last the image's */
	size_t own_count;
};

static struct scene scene;

static struct nacre_image_tree *image_tree(void)
{
	return &scene.own[scene.own_count];
}

static void rebased_clear(void)
{
	nacre_image_tree_clear(&scene.result);
	opened_clear(&scene.rebased);
	memset(&scene.rebased, 0, sizeof(scene.rebased));
}

static void scene_clear(void)
{
	rebased_clear();
	for (size_t i = 0; i <= scene.own_count; i++)
		nacre_image_tree_clear(&scene.own[i]);
	nacre_image_tree_clear(&scene.onto_tree);
	opened_clear(&scene.image);
	opened_clear(&scene.onto);
	opened_clear(&scene.base);
	stack_clear(&scene.image_stack);
	stack_clear(&scene.onto_stack);
	stack_clear(&scene.base_stack);
	forget_layout();
}

static bool set_scene(bool is_wild)
{
	size_t below = 1 + pick(2), same = pick((unsigned)below + 1), more = pick(3);
	bool is_read = true;

	memset(&scene, 0, sizeof(scene));
	scene.is_wild = is_wild;
	scene.own_count = 1 + pick(3);
	begin_stack(&scene.base_stack, NULL, 0);
	add_layers(&scene.base_stack, below, false);
	begin_stack(&scene.onto_stack, &scene.base_stack, same);
	add_layers(&scene.onto_stack, more, false);
	begin_stack(&scene.image_stack, &scene.base_stack, below);
	add_layers(&scene.image_stack, scene.own_count, is_wild);
	store(&scene.base_stack, below, "base");
	store(&scene.onto_stack, same + more, "onto");
	store(&scene.image_stack, below + scene.own_count, "image");
	open_stored("base", &scene.base);
	open_stored("onto", &scene.onto);
	open_stored("image", &scene.image);
	assert_works(read_layers(&scene.onto, same + more, &scene.onto_tree, err));
	for (size_t i = 0; i <= scene.own_count && is_read; i++)
		is_read = read_layers(&scene.image, below + i, &scene.own[i], NULL) == 0;
	assert_true(is_read || is_wild);
	return is_read;
}

static int rebase(const struct opened *image, const struct opened *base, const struct opened *onto,
	bool force, struct nacre_err *out_err)
{
	struct nacre_ref ref;
	const struct nacre_rework_options options = {
		.tags = &ref, .tag_count = 1, .compression = plain
	};
	const struct nacre_rebase_options how = { .onto_layout = onto->layout,
		.onto = onto->trusted,
		.base = base ? base->trusted : NULL,
		.force = force };

	parse_tag("rebased", &ref);
	return nacre_image_rebase(
		image->layout, image->trusted, &how, &options, &unsynced, &built, out_err);
}

/* Opens what has come of it. */
static void look_at_rebased(void)
{
	rebased_clear();
	open_stored("rebased", &scene.rebased);
	assert_works(read_layers(
		&scene.rebased, config_of(&scene.rebased)->diff_id_count, &scene.result, err));
}

static void check_identity(void)
{
	const struct nacre_config *was = config_of(&scene.image);

	assert_works(rebase(&scene.image, &scene.base, &scene.base, false, err));
	look_at_rebased();
	assert_int_equal(config_of(&scene.rebased)->diff_id_count, was->diff_id_count);
	assert_same_layers(&scene.image, 0, was->diff_id_count, &scene.rebased, 0);
	check_equal(&image_tree()->tree, &scene.result.tree);
	assert_int_equal(config_of(&scene.rebased)->history_count, was->history_count + 1);
}

/* ------------------------------------------------------- the rule, path by path */

static bool is_dir(const struct nacre_node *node)
{
	return node && node->inode->type == NACRE_TYPE_DIR;
}

static bool same_entry(const struct nacre_node *a, const struct nacre_node *b)
{
	struct nacre_inode dated;

	if (!a || !b)
		return a == b;
	dated = *b->inode;
	if (is_dir(a)) {
		dated.mtime_s = a->inode->mtime_s;
		dated.mtime_ns = a->inode->mtime_ns;
	}
	return nacre_inode_same_attrs(a->inode, &dated) &&
		(a->inode->type != NACRE_TYPE_FILE || same_bytes(a->inode, b->inode));
}

/* Whether a layer of the image's own takes a name away, or puts something else in the place of a
 * directory on the way to it. */
static bool is_hidden_by_image(const struct nacre_node *node)
{
	for (const struct nacre_node *at = node; at->parent; at = at->parent) {
		for (size_t i = 1; i <= scene.own_count; i++) {
			const struct nacre_node *was = same_path(&scene.own[i - 1].tree, at);
			const struct nacre_node *now = same_path(&scene.own[i].tree, at);

			if ((was && !now) || (at != node && now && !is_dir(now)))
				return true;
		}
	}
	return scene.is_wild; /* it may have whiteouts for names that are not there */
}

static bool is_right(const struct nacre_node *node)
{
	const struct nacre_node *base = same_path(&scene.own[0].tree, node);
	const struct nacre_node *image = same_path(&image_tree()->tree, node);
	const struct nacre_node *onto = same_path(&scene.onto_tree.tree, node);
	const struct nacre_node *result = same_path(&scene.result.tree, node);

	if (image && !same_entry(base, image))
		return same_entry(image, result);
	if (image && onto)
		return same_entry(onto, result);
	if (image) /* but a directory stays for what the image has put into it */
		return !result || (is_dir(result) && nacre_node_first(result));
	if (base)
		return !result;
	return same_entry(onto, result) || (!result && is_hidden_by_image(node));
}

static bool both_have_changed(const struct nacre_node *node)
{
	const struct nacre_node *base = same_path(&scene.own[0].tree, node);
	const struct nacre_node *image = same_path(&image_tree()->tree, node);
	const struct nacre_node *onto = same_path(&scene.onto_tree.tree, node);

	return image && !same_entry(base, image) && !same_entry(base, onto) &&
		!same_entry(image, onto);
}

/* A path of any of the trees for which something holds, or NULL. */
static const struct nacre_node *find_path(bool (*holds)(const struct nacre_node *node))
{
	struct nacre_tree *trees[] = { &scene.own[0].tree, &image_tree()->tree,
		&scene.onto_tree.tree, &scene.result.tree };

	for (size_t i = 0; i < COUNT(trees); i++) {
		for (struct nacre_node *at = trees[i]->root; at; at = nacre_tree_next(at)) {
			if (holds(at))
				return at;
		}
	}
	return NULL;
}

static bool is_wrong(const struct nacre_node *node)
{
	return !is_right(node);
}

static void check_layers(void)
{
	size_t below = config_of(&scene.base)->diff_id_count;
	size_t onto = config_of(&scene.onto)->diff_id_count;
	size_t more = config_of(&scene.rebased)->diff_id_count - onto - scene.own_count;
	const char *named =
		nacre_pairs_find(&nacre_trusted_manifest(scene.rebased.trusted)->annotations,
			NACRE_ANNOTATION_BASE_DIGEST);

	assert_in_range(more, 0, 1);
	assert_same_layers(&scene.onto, 0, onto, &scene.rebased, 0);
	assert_same_layers(&scene.image, below, scene.own_count, &scene.rebased, onto);
	assert_non_null(named);
	assert_string_equal(named, nacre_trusted_digest(scene.onto.trusted)->text);
}

/* Returns whether image and new base go together. */
static bool check_rebase(void)
{
	struct nacre_err refusal = { 0 };
	int rc = rebase(&scene.image, &scene.base, &scene.onto, false, &refusal);
	const struct nacre_node *at;
	char name[64];

	if (rc && scene.is_wild && strncmp(refusal.text, "on the new base: ", 17) == 0)
		return false; /* it goes through what is no directory there */
	if (rc)
		assert_works(rebase(&scene.image, &scene.base, &scene.onto, true, err));
	look_at_rebased();
	check_layers();
	at = find_path(both_have_changed);
	if (!at)
		at = find_path(is_wrong);
	if (rc == 0 && at)
		fail_msg("'%s' is wrong, and nothing was said",
			nacre_node_name(at, name, sizeof(name)));
	if (rc && (rc != NACRE_E_UNSAFE || !at))
		fail_msg("all is right, and it is refused: %s", refusal.text);
	return rc == 0;
}

static void rebase_by_chance(unsigned first, unsigned count, bool is_wild, unsigned together)
{
	unsigned went = 0;

	for (unsigned i = 0; i < count; i++) {
		seed = first + i;
		if (set_scene(is_wild)) {
			check_identity();
			went += check_rebase();
		}
		scene_clear();
	}
	/* Neither is everything refused nor all let through. */
	assert_in_range(went, together, count - together);
}

static void an_image_on_another_base_has_what_either_changed(void **state)
{
	(void)state;
	rebase_by_chance(50100, 60, false, 15);
}

static void so_has_one_of_layers_that_others_wrote(void **state)
{
	(void)state;
	rebase_by_chance(90000, 50, true, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_squashed_image_folds_to_the_same_tree),
		scratch_test(so_does_one_of_layers_that_others_wrote),
		scratch_test(an_image_on_another_base_has_what_either_changed),
		scratch_test(so_has_one_of_layers_that_others_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
