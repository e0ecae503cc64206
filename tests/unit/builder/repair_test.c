/* SPDX-License-Identifier: Apache-2.0 */
/* Repairs of directories that somebody changes between the comparison and the repair. */
#include "builder/repair.h"

#include "drift_fixture.h"

#include <sys/xattr.h>

static const struct nacre_repair_options how = { .ignore = &nothing };

static char warned[1024]; /* the last warning */

static int hear(const struct nacre_event *event, void *user)
{
	(void)user;
	if (event->kind == NACRE_WARNING)
		(void)snprintf(warned, sizeof(warned), "%s", event->subject);
	return 0;
}

/* Compares, lets somebody in, repairs what was found. */
static void repair_after(void (*change)(void))
{
	static const struct nacre_env env = { .no_sync = true, .event = hear };
	NACRE_CLEANUP(nacre_drift_clear)
	struct nacre_drift drift = NACRE_DRIFT;
	nacre_autofd int dir = -1;
	uint64_t done;

	warned[0] = '\0';
	assert_works(find(&plain, &env, &drift, err));
	change();
	assert_works(nacre_dir_open("r", &dir, err));
	assert_works(nacre_repair_run(&image, dir, &drift, &how, &env, &done, err));
	assert_false(has_leftovers("."));
}

static void change_nothing(void)
{
}

static size_t count_findings(void)
{
	NACRE_CLEANUP(nacre_drift_clear)
	struct nacre_drift drift = NACRE_DRIFT;

	assert_works(find(&plain, &unsynced, &drift, err));
	return drift.count;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* ---------------------------------------------------------------------- tests */

static void all_kinds_are_put_right_by_one_repair(void **state)
{
	(void)state;
	add("d", NACRE_TYPE_DIR, NULL)->mode = 01777;
	add("d/f", NACRE_TYPE_FILE, NULL)->uid = 7;
	add("d/sub", NACRE_TYPE_DIR, NULL);
	add("d/sub/deep", NACRE_TYPE_FILE, NULL);
	add("fifo", NACRE_TYPE_FIFO, NULL);
	add("l", NACRE_TYPE_SYMLINK, NULL);
	write_tree();
	assert_int_equal(chmod("r/d", 0700), 0);
	assert_int_equal(chown("r/d/f", 0, 0), 0);
	assert_int_equal(unlink("r/d/sub/deep"), 0);
	assert_int_equal(rmdir("r/d/sub"), 0);
	assert_int_equal(unlink("r/l"), 0);
	assert_int_equal(mkfifo("r/l", 0600), 0);
	assert_int_equal(chmod("r/fifo", 0600), 0);
	put_file("r/more", "");
	assert_int_not_equal(count_findings(), 0);
	repair_after(change_nothing);
	assert_string_equal(warned, "");
	assert_int_equal(count_findings(), 0);
}

static void put_link_to_sentinel(void)
{
	assert_int_equal(unlink("r/f"), 0);
	assert_int_equal(link("sentinel", "r/f"), 0);
}

static void a_name_of_another_file_that_came_meanwhile_is_not_touched(void **state)
{
	(void)state;
	add("f", NACRE_TYPE_FILE, NULL)->mode = 0755;
	write_tree();
	put_file("sentinel", "");
	assert_int_equal(chmod("sentinel", 0600), 0);
	assert_int_equal(chmod("r/f", 0644), 0);
	repair_after(put_link_to_sentinel);
	assert_string_equal(warned, "not repaired: 'f': changed meanwhile");
	assert_int_equal(mode_of("sentinel"), 0600);
	/* The next one sees what it is, and gives the name a file of its own. */
	repair_after(change_nothing);
	assert_string_equal(warned, "");
	assert_int_equal(count_findings(), 0);
	assert_int_equal(mode_of("sentinel"), 0600);
}

static void put_symlink_to_outside(void)
{
	assert_int_equal(rename("r/d", "was-d"), 0);
	assert_int_equal(symlink("../outside", "r/d"), 0);
}

static void a_link_that_came_meanwhile_leads_nowhere(void **state)
{
	(void)state;
	add("d", NACRE_TYPE_DIR, NULL);
	add("d/f", NACRE_TYPE_FILE, NULL);
	add("d/g", NACRE_TYPE_FILE, NULL);
	write_tree();
	put_dir("outside");
	put_file("outside/f", "");
	put_file("outside/more", "");
	assert_int_equal(chmod("outside/f", 0600), 0);
	assert_int_equal(chmod("r/d/f", 0755), 0);
	assert_int_equal(unlink("r/d/g"), 0);
	put_file("r/d/more", "");
	repair_after(put_symlink_to_outside);
	assert_string_not_equal(warned, "");
	assert_int_equal(mode_of("outside/f"), 0600);
	assert_true(is_there("outside/more"));
	assert_false(is_there("outside/g"));
	repair_after(change_nothing);
	assert_int_equal(count_findings(), 0);
	assert_true(is_there("outside/more"));
}

static void mount_over_d(void)
{
	assert_int_equal(mount("outside", "r/d", NULL, MS_BIND, NULL), 0);
}

static void what_was_mounted_meanwhile_is_not_touched(void **state)
{
	(void)state;
	add("d", NACRE_TYPE_DIR, NULL);
	add("d/f", NACRE_TYPE_FILE, NULL);
	write_tree();
	put_dir("outside");
	put_file("outside/more", "");
	put_file("r/d/more", "");
	assert_int_equal(chmod("r/d/f", 0755), 0);
	repair_after(mount_over_d);
	assert_int_equal(umount("r/d"), 0);
	assert_string_equal(warned, "not repaired: 'd': a mount point");
	assert_true(is_there("outside/more"));
	assert_false(is_there("outside/f"));
}

static void a_directory_keeps_its_time(void **state)
{
	struct stat st;

	(void)state;
	add("d", NACRE_TYPE_DIR, NULL)->mtime_s = 77;
	add("d/f", NACRE_TYPE_FILE, NULL);
	write_tree();
	assert_int_equal(unlink("r/d/f"), 0);
	repair_after(change_nothing);
	assert_int_equal(stat("r/d", &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 77);
	assert_int_equal(count_findings(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(all_kinds_are_put_right_by_one_repair),
		tree_test(a_name_of_another_file_that_came_meanwhile_is_not_touched),
		tree_test(a_link_that_came_meanwhile_leads_nowhere),
		tree_test(what_was_mounted_meanwhile_is_not_touched),
		tree_test(a_directory_keeps_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
