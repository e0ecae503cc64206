/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/steps.h"

#include "fixture.h"

/* What a list of steps has made. */
struct done {
	struct nacre_recipe *recipe;
	struct nacre_steps *steps;
	struct nacre_tree tree;
};

static void done_clear(struct done *done)
{
	nacre_tree_clear(&done->tree);
	nacre_steps_free(done->steps);
	nacre_recipe_free(done->recipe);
}

static const struct nacre_inputs nothing; /* from outside */

/* Does steps, each a line "- dir: {…}", to an empty tree, at the epoch 9. */
static int try_steps(const char *steps, struct done *done, struct nacre_err *out_err)
{
	nacre_autofd int context = open("context", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[4096];
	int rc = 0;

	memset(done, 0, sizeof(*done));
	(void)snprintf(text, sizeof(text),
		"nacre: 1\nfrom: scratch\nlayers:\n- name: a\n  steps:\n%s\n", steps);
	assert_works(
		nacre_recipe_parse("f", text, strlen(text), NULL, 0, NULL, &done->recipe, err));
	assert_works(nacre_tree_init(&done->tree, err));
	assert_works(nacre_steps_new(
		done->recipe, context, scratch.dir, 9, &nothing, NULL, &done->steps, err));
	for (size_t i = 0; i < done->recipe->layers[0].step_count && rc == 0; i++)
		rc = nacre_steps_do(done->steps, &done->recipe->layers[0].steps[i], (uint32_t)i + 1,
			&done->tree, out_err);
	return rc;
}

static void assert_makes(const char *steps, const char *want)
{
	NACRE_CLEANUP(done_clear)
	struct done done;

	assert_works(try_steps(steps, &done, err));
	assert_listed(&done.tree, want);
}

static void assert_steps_refused(const char *steps, int code, const char *message)
{
	NACRE_CLEANUP(done_clear)
	struct done done;

	assert_refused(try_steps(steps, &done, err), code, message);
}

/* -------------------------------------------------------------------- dir */

static void a_directory_has_what_the_step_says_and_its_parents_have_the_defaults(void **state)
{
	(void)state;
	assert_makes("  - dir: {path: /srv/app, owner: \"5:6\", mode: \"0750\", mtime: 77}",
		"srv d 0755 0:0 @9\n"
		"srv/app d 0750 5:6 @77\n");
}

static void a_directory_that_is_there_keeps_what_the_step_does_not_say(void **state)
{
	(void)state;
	assert_makes("  - dir: {path: /a, owner: \"5:6\", mode: \"0700\", mtime: 77}\n"
		     "  - file: {path: /a/f, text: x}\n"
		     "  - dir: {path: /a, mode: \"0711\"}",
		"a d 0711 5:6 @77\n"
		"a/f f 0644 0:0 @9 1\n");
	assert_makes("  - dir: {path: /a, mode: \"0700\"}\n"
		     "  - dir: {path: /a, owner: \"5\", mtime: 3}",
		"a d 0700 5:0 @3\n");
}

static void the_root_can_be_changed(void **state)
{
	NACRE_CLEANUP(done_clear)
	struct done done;

	(void)state;
	assert_works(try_steps("  - dir: {path: /, mode: \"0711\"}", &done, err));
	assert_int_equal(done.tree.root->inode->mode, 0711);
}

static void a_directory_by_way_of_a_link_changes_what_the_link_leads_to(void **state)
{
	(void)state;
	assert_makes("  - dir: {path: /usr/lib}\n"
		     "  - link: {path: /lib, to: usr/lib}\n"
		     "  - dir: {path: /lib, mode: \"0700\"}",
		"lib l 0777 0:0 @9 -> usr/lib\n"
		"usr d 0755 0:0 @9\n"
		"usr/lib d 0700 0:0 @9\n");
}

static void a_directory_over_something_else_is_refused(void **state)
{
	(void)state;
	assert_steps_refused("  - file: {path: /a, text: x}\n  - dir: {path: /a}", NACRE_E_EXISTS,
		"f:7:5: dir: 'a' is a file in the image, and a directory here");
	assert_steps_refused("  - file: {path: /a, text: x}\n  - dir: {path: /a/b}", NACRE_E_UNSAFE,
		"f:7:5: dir: 'a' is a file");
	assert_steps_refused("  - link: {path: /a, to: none}\n  - dir: {path: /a}", NACRE_E_EXISTS,
		"f:7:5: dir: 'a' is a symlink in the image, and a directory here");
	assert_steps_refused("  - link: {path: /a, to: none}\n  - dir: {path: /a/b}",
		NACRE_E_UNSAFE,
		"f:7:5: dir: 'a' is a link to 'none', which is not a directory in the image");
}

/* ------------------------------------------------------------- file, link */

static void a_file_has_the_text_of_the_recipe(void **state)
{
	NACRE_CLEANUP(done_clear)
	struct done done;

	(void)state;
	assert_works(try_steps("  - file: {path: /etc/f, text: \"a\\nb\", owner: \"3\"}\n"
			       "  - file: {path: /e, text: \"\", mode: \"04755\"}",
		&done, err));
	assert_listed(&done.tree,
		"e f 4755 0:0 @9 0\n"
		"etc d 0755 0:0 @9\n"
		"etc/f f 0644 3:0 @9 3\n");
	assert_content(&done.tree, "etc/f", "a\nb");
}

static void a_file_over_a_link_replaces_the_link(void **state)
{
	(void)state;
	assert_makes("  - file: {path: /old, text: x}\n"
		     "  - link: {path: /a, to: old}\n"
		     "  - file: {path: /a, text: new}",
		"a f 0644 0:0 @9 3\n"
		"old f 0644 0:0 @9 1\n");
}

static void a_file_over_a_directory_is_refused(void **state)
{
	(void)state;
	assert_steps_refused("  - dir: {path: /a}\n  - file: {path: /a, text: x}", NACRE_E_EXISTS,
		"f:7:5: file: 'a' is a directory in the image, and a file here");
	assert_steps_refused("  - dir: {path: /a}\n  - link: {path: /a, to: b}", NACRE_E_EXISTS,
		"f:7:5: link: 'a' is a directory in the image, and a symlink here");
}

static void a_link_says_what_is_written(void **state)
{
	(void)state;
	assert_makes("  - link: {path: /a/l, to: \"../..//x/\", owner: \"4:5\"}",
		"a d 0755 0:0 @9\n"
		"a/l l 0777 4:5 @9 -> ../..//x/\n");
}

/* ----------------------------------------------------------------- remove */

static void a_directory_is_removed_with_all_below_it(void **state)
{
	(void)state;
	assert_makes("  - file: {path: /a/b/c, text: x}\n"
		     "  - file: {path: /a/d, text: x}\n"
		     "  - remove: {path: /a/b}",
		"a d 0755 0:0 @9\n"
		"a/d f 0644 0:0 @9 1\n");
}

static void a_link_is_removed_and_not_what_it_leads_to(void **state)
{
	(void)state;
	assert_makes("  - dir: {path: /usr/lib}\n"
		     "  - link: {path: /lib, to: usr/lib}\n"
		     "  - remove: {path: /lib}",
		"usr d 0755 0:0 @9\n"
		"usr/lib d 0755 0:0 @9\n");
	assert_makes("  - file: {path: /usr/lib/x, text: x}\n"
		     "  - link: {path: /lib, to: /usr/lib}\n"
		     "  - remove: {path: /lib/x}",
		"lib l 0777 0:0 @9 -> /usr/lib\n"
		"usr d 0755 0:0 @9\n"
		"usr/lib d 0755 0:0 @9\n");
}

static void what_is_not_there_cannot_be_removed(void **state)
{
	(void)state;
	assert_steps_refused("  - remove: {path: /a/b}", NACRE_E_NOT_FOUND,
		"f:6:5: remove: '/a/b' is not in the image");
	assert_steps_refused("  - dir: {path: /a}\n  - link: {path: /up, to: a/..}\n"
			     "  - remove: {path: /up/up/b}",
		NACRE_E_NOT_FOUND, "f:8:5: remove: '/up/up/b' is not in the image");
}

/* ------------------------------------------------------------------- copy */

static void make_sources(void)
{
	put_dir("context/d");
	put_dir("context/d/sub");
	put_file("context/d/f", "ff");
	put_file("context/d/sub/x", "xxx");
	put_file("context/d/sub/x.a", "a");
	assert_int_equal(chmod("context/d/sub/x", 0700), 0);
	assert_int_equal(symlink("../nowhere", "context/d/l"), 0);
}

static void what_is_in_a_directory_is_copied_with_modes_as_git_has_them(void **state)
{
	(void)state;
	make_sources();
	assert_int_equal(chmod("context/d/f", 06606), 0);
	assert_int_equal(chmod("context/d/sub", 0700), 0);
	assert_makes("  - copy: {from: d, to: /t, owner: \"1:2\"}",
		"t d 0755 1:2 @9\n"
		"t/f f 0644 1:2 @9 2\n"
		"t/l l 0777 1:2 @9 -> ../nowhere\n"
		"t/sub d 0755 1:2 @9\n"
		"t/sub/x f 0755 1:2 @9 3\n"
		"t/sub/x.a f 0644 1:2 @9 1\n");
}

static void mode_bits_go_to_files_and_directories_get_x_where_they_get_r(void **state)
{
	(void)state;
	make_sources();
	assert_makes("  - copy: {from: d, to: /t, mode: \"0640\"}",
		"t d 0750 0:0 @9\n"
		"t/f f 0640 0:0 @9 2\n"
		"t/l l 0777 0:0 @9 -> ../nowhere\n"
		"t/sub d 0750 0:0 @9\n"
		"t/sub/x f 0640 0:0 @9 3\n"
		"t/sub/x.a f 0640 0:0 @9 1\n");
}

static void mode_keep_keeps_the_bits_of_the_source(void **state)
{
	(void)state;
	make_sources();
	assert_int_equal(chmod("context/d/f", 0604), 0);
	assert_int_equal(chmod("context/d/sub", 01770), 0);
	assert_makes("  - copy: {from: d, to: /t, mode: keep, exclude: [x.a, l]}",
		"t d 0755 0:0 @9\n"
		"t/f f 0604 0:0 @9 2\n"
		"t/sub d 1770 0:0 @9\n"
		"t/sub/x f 0700 0:0 @9 3\n");
}

static void excludes_leave_out_names_paths_and_directories(void **state)
{
	(void)state;
	make_sources();
	assert_makes("  - copy: {from: d, to: /t, exclude: [\"*.a\", \"sub/?\", \"f/\"]}",
		"t d 0755 0:0 @9\n"
		"t/f f 0644 0:0 @9 2\n"
		"t/l l 0777 0:0 @9 -> ../nowhere\n"
		"t/sub d 0755 0:0 @9\n");
	assert_makes("  - copy: {from: d, to: /t, exclude: [\"sub/\", l]}",
		"t d 0755 0:0 @9\n"
		"t/f f 0644 0:0 @9 2\n");
}

static void a_copy_through_a_link_lands_where_the_link_leads(void **state)
{
	(void)state;
	make_sources();
	assert_makes("  - dir: {path: /usr/lib}\n"
		     "  - link: {path: /lib, to: usr/lib}\n"
		     "  - copy: {from: d/f, to: /lib/}",
		"lib l 0777 0:0 @9 -> usr/lib\n"
		"usr d 0755 0:0 @9\n"
		"usr/lib d 0755 0:0 @9\n"
		"usr/lib/f f 0644 0:0 @9 2\n");
}

static void a_copied_directory_over_a_link_to_a_directory_goes_into_that(void **state)
{
	(void)state;
	make_sources();
	assert_makes("  - dir: {path: /real, mode: \"0700\"}\n"
		     "  - link: {path: /sub, to: real}\n"
		     "  - copy: {from: d, to: /, exclude: [l, f]}",
		"real d 0700 0:0 @9\n"
		"real/x f 0755 0:0 @9 3\n"
		"real/x.a f 0644 0:0 @9 1\n"
		"sub l 0777 0:0 @9 -> real\n");
}

static void a_copied_file_gets_its_new_name_or_goes_into_a_directory(void **state)
{
	(void)state;
	make_sources();
	assert_makes("  - copy: {from: d/f, to: /n}\n"
		     "  - copy: {from: d/f, to: /in/}\n"
		     "  - copy: {from: d/f, to: /}\n"
		     "  - copy: {from: d/l, to: /link}",
		"f f 0644 0:0 @9 2\n"
		"in d 0755 0:0 @9\n"
		"in/f f 0644 0:0 @9 2\n"
		"link l 0777 0:0 @9 -> ../nowhere\n"
		"n f 0644 0:0 @9 2\n");
}

static void a_file_copied_over_a_directory_is_refused_with_a_hint(void **state)
{
	(void)state;
	make_sources();
	assert_steps_refused("  - dir: {path: /bin}\n  - copy: {from: d/f, to: /bin}",
		NACRE_E_EXISTS,
		"f:7:5: copy: '/bin' is a directory in the image; a '/' behind it copies into "
		"it");
}

static void kinds_that_clash_are_refused(void **state)
{
	(void)state;
	make_sources();
	assert_steps_refused("  - file: {path: /t/sub, text: x}\n  - copy: {from: d, to: /t}",
		NACRE_E_EXISTS,
		"f:7:5: copy: 't/sub' is a file in the image, and a directory here");
	assert_steps_refused("  - dir: {path: /t/f}\n  - copy: {from: d, to: /t}", NACRE_E_EXISTS,
		"f:7:5: copy: 't/f' is a directory in the image, and a file here");
	assert_steps_refused("  - file: {path: /t, text: x}\n  - copy: {from: d, to: /t}",
		NACRE_E_EXISTS, "f:7:5: copy: '/t' is a file in the image");
}

static void sources_must_be_there_inside_of_the_context_and_of_a_known_kind(void **state)
{
	(void)state;
	make_sources();
	assert_int_equal(symlink("/etc", "context/out"), 0);
	assert_int_equal(mkfifo("context/fifo", 0600), 0);
	assert_steps_refused("  - copy: {from: none, to: /}", NACRE_E_NOT_FOUND,
		"f:6:5: copy: 'none': No such file or directory");
	assert_steps_refused("  - copy: {from: out/passwd, to: /}", NACRE_E_UNSAFE,
		"f:6:5: copy: 'out/passwd' leads out of the context");
	assert_steps_refused("  - copy: {from: fifo, to: /}", NACRE_E_UNSUPPORTED,
		"f:6:5: copy: 'fifo': a fifo, and special files were not asked for");
	/* The link itself is a source like others. */
	assert_makes("  - copy: {from: out, to: /}", "out l 0777 0:0 @9 -> /etc\n");
}

static void an_owner_by_name_is_looked_up_in_the_image(void **state)
{
	(void)state;
	make_sources();
	assert_makes("  - file: {path: /etc/passwd, text: \"app:x:10:20::/:\\n\"}\n"
		     "  - copy: {from: d/f, to: /f, owner: app}",
		"etc d 0755 0:0 @9\n"
		"etc/passwd f 0644 0:0 @9 16\n"
		"f f 0644 10:20 @9 2\n");
	assert_steps_refused("  - file: {path: /a, text: x, owner: app}", NACRE_E_NOT_FOUND,
		"f:6:5: file: user 'app': the image has no /etc/passwd");
}

/* ---------------------------------------------------------------- archive */

static void make_archive(void)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf tar = NACRE_BUF((size_t)1 << 20);

	add_tar(&tar, "top/", '5', 0700, NULL, NULL);
	add_tar(&tar, "top/f", '0', 0640, NULL, "content");
	add_tar(&tar, "top/deep/g", '0', 0600, NULL, "g");
	end_tar(&tar, "context/a.tar");
}

static void an_archive_keeps_its_attributes_unless_an_owner_is_said(void **state)
{
	NACRE_CLEANUP(done_clear)
	struct done done;

	(void)state;
	make_archive();
	assert_works(try_steps("  - archive: {from: a.tar, to: /x}", &done, err));
	assert_content(&done.tree, "x/top/f", "content");
	assert_makes("  - archive: {from: a.tar, to: /x, strip: 1}",
		"x d 0755 0:0 @9\n"
		"x/deep d 0755 0:0 @0\n"
		"x/deep/g f 0600 7:8 @100 1\n"
		"x/f f 0640 7:8 @100 7\n");
	assert_makes("  - archive: {from: a.tar, to: /, strip: 2, owner: \"1:2\"}",
		"g f 0600 1:2 @100 1\n");
}

static void an_archive_that_is_another_or_none_is_refused(void **state)
{
	(void)state;
	make_archive();
	put_file("context/text", "no archive at all");
	put_file("context/empty", "");
	assert_steps_refused("  - archive: {from: empty, to: /, sha256: "
			     "0000000000000000000000000000000000000000000000000000000000000000}",
		NACRE_E_DIGEST,
		"f:6:5: archive: 'empty': its content has digest sha256:"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_steps_refused("  - archive: {from: none, to: /}", NACRE_E_NOT_FOUND,
		"f:6:5: archive: 'none': No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_directory_has_what_the_step_says_and_its_parents_have_the_defaults),
		scratch_test(a_directory_that_is_there_keeps_what_the_step_does_not_say),
		scratch_test(the_root_can_be_changed),
		scratch_test(a_directory_by_way_of_a_link_changes_what_the_link_leads_to),
		scratch_test(a_directory_over_something_else_is_refused),
		scratch_test(a_file_has_the_text_of_the_recipe),
		scratch_test(a_file_over_a_link_replaces_the_link),
		scratch_test(a_file_over_a_directory_is_refused),
		scratch_test(a_link_says_what_is_written),
		scratch_test(a_directory_is_removed_with_all_below_it),
		scratch_test(a_link_is_removed_and_not_what_it_leads_to),
		scratch_test(what_is_not_there_cannot_be_removed),
		scratch_test(what_is_in_a_directory_is_copied_with_modes_as_git_has_them),
		scratch_test(mode_bits_go_to_files_and_directories_get_x_where_they_get_r),
		scratch_test(mode_keep_keeps_the_bits_of_the_source),
		scratch_test(excludes_leave_out_names_paths_and_directories),
		scratch_test(a_copy_through_a_link_lands_where_the_link_leads),
		scratch_test(a_copied_directory_over_a_link_to_a_directory_goes_into_that),
		scratch_test(a_copied_file_gets_its_new_name_or_goes_into_a_directory),
		scratch_test(a_file_copied_over_a_directory_is_refused_with_a_hint),
		scratch_test(kinds_that_clash_are_refused),
		scratch_test(sources_must_be_there_inside_of_the_context_and_of_a_known_kind),
		scratch_test(an_owner_by_name_is_looked_up_in_the_image),
		scratch_test(an_archive_keeps_its_attributes_unless_an_owner_is_said),
		scratch_test(an_archive_that_is_another_or_none_is_refused),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
