/* SPDX-License-Identifier: Apache-2.0 */
/* What counts is what containers/image would take, with the same words of policy.json. */
#include "fixture.h"

#include "sign/identity.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_HEX "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

struct row {
	const char *image;
	const char *name;
	bool fits;
};

static void check(const struct nacre_identity *identity, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (nacre_identity_match(identity, rows[i].image, rows[i].name) != rows[i].fits)
			fail_msg("%s: '%s' for '%s': not %d", nacre_identity_name(identity),
				rows[i].name, rows[i].image ? rows[i].image : "(none)",
				rows[i].fits);
	}
}

/* What no kind that compares takes as signed. */
static const char *const no_names[] = { "", "h.org/App:1", "h.org/app:", "h.org/app:1:2", "/app:1",
	"https://h.org/app:1", "docker://h.org/app:1", " h.org/app:1", "h.org/app:1 ",
	"h.org/app:1@", "h.org/app:1@sha256:00", "h.org/app@md5:00000000000000000000000000000000",
	HEX };

static void an_exact_name_has_the_same_tag_and_digest(void **state)
{
	static const struct nacre_identity identity = { .kind = NACRE_IDENTITY_EXACT };
	static const struct row rows[] = {
		{ "h.org/app:1", "h.org/app:1", true },
		{ "h.org/app:1", "h.org/app:2", false },
		{ "h.org/app:1", "h.org/app", false },
		{ "h.org/app:latest", "h.org/app", false },
		{ "h.org/app", "h.org/app", false },
		{ "h.org/app", "h.org/app:latest", false },
		{ "h.org/app:1", "h.org/other:1", false },
		{ "h.org/app:1", "h.org:5000/app:1", false },
		{ "h.org/app:1", "H.org/app:1", false },
		{ "h.org/app@sha256:" HEX, "h.org/app@sha256:" HEX, true },
		{ "h.org/app@sha256:" HEX, "h.org/app@sha256:" OTHER_HEX, false },
		{ "h.org/app@sha256:" HEX, "h.org/app:1", false },
		{ "h.org/app:1", "h.org/app:1@sha256:" HEX, false },
		{ NULL, "h.org/app:1", false },
		{ "not A name", "h.org/app:1", false },
	};

	(void)state;
	check(&identity, rows, COUNT(rows));
}

static void a_digest_takes_any_tag_of_its_repository_and_a_tag_only_itself(void **state)
{
	static const struct nacre_identity identity = {
		.kind = NACRE_IDENTITY_REPO_DIGEST_OR_EXACT
	};
	static const struct row rows[] = {
		{ "h.org/app:1", "h.org/app:1", true },
		{ "h.org/app:1", "h.org/app:2", false },
		{ "h.org/app:1", "h.org/app", false },
		{ "h.org/app:1", "h.org/app@sha256:" HEX, false },
		{ "h.org/app", "h.org/app", false },
		{ "h.org/app", "h.org/app:1", false },
		{ "h.org/app@sha256:" HEX, "h.org/app:1", true },
		{ "h.org/app@sha256:" HEX, "h.org/app:2", true },
		{ "h.org/app@sha256:" HEX, "h.org/app@sha256:" OTHER_HEX, true },
		{ "h.org/app@sha256:" HEX, "h.org/app", false },
		{ "h.org/app@sha256:" HEX, "h.org/other:1", false },
		{ "h.org/app:1@sha256:" HEX, "h.org/app:1", false },
		{ "h.org/app:1@sha256:" HEX, "h.org/app:1@sha256:" HEX, true },
		{ NULL, "h.org/app:1", false },
		{ "not A name", "h.org/app:1", false },
	};

	(void)state;
	check(&identity, rows, COUNT(rows));
}

static void a_repository_takes_all_its_tags_and_none(void **state)
{
	static const struct nacre_identity identity = { .kind = NACRE_IDENTITY_REPOSITORY };
	static const struct row rows[] = {
		{ "h.org/app:1", "h.org/app:2", true },
		{ "h.org/app:1", "h.org/app", true },
		{ "h.org/app", "h.org/app:2", true },
		{ "h.org/app@sha256:" HEX, "h.org/app", true },
		{ "h.org/app:1", "h.org/app/sub:1", false },
		{ "h.org/app:1", "h.org/ap:1", false },
		{ "h.org/app:1", "h.org:443/app:1", false },
		{ NULL, "h.org/app:1", false },
	};

	(void)state;
	check(&identity, rows, COUNT(rows));
}

static void short_names_are_compared_in_full(void **state)
{
	static const struct nacre_identity identity = { .kind = NACRE_IDENTITY_EXACT };
	static const struct row rows[] = {
		{ "docker.io/library/busybox:latest", "busybox:latest", true },
		{ "docker.io/library/busybox:latest", "docker.io/busybox:latest", true },
		{ "docker.io/library/busybox:latest", "index.docker.io/library/busybox:latest",
			true },
		{ "docker.io/library/busybox:latest", "library/busybox:latest", true },
		{ "docker.io/busybox:latest", "docker.io/library/busybox:latest", true },
		{ "docker.io/library/busybox:latest", "busybox", false },
		{ "docker.io/library/busybox:latest", "team/busybox:latest", false },
		{ "docker.io/library/busybox:latest", "h.org/library/busybox:latest", false },
		{ "docker.io/library/busybox:latest", "registry-1.docker.io/library/busybox:latest",
			false },
		{ "h.org/library/busybox:latest", "h.org/busybox:latest", false },
		{ "localhost/app:1", "localhost/app:1", true },
	};

	(void)state;
	check(&identity, rows, COUNT(rows));
}

static void a_given_reference_does_not_look_at_the_image(void **state)
{
	const struct nacre_identity identity = {
		.kind = NACRE_IDENTITY_EXACT_REFERENCE,
		.reference = (char[]){ "busybox:1" },
	};
	static const struct row rows[] = {
		{ NULL, "busybox:1", true },
		{ NULL, "docker.io/library/busybox:1", true },
		{ "h.org/app:1", "busybox:1", true },
		{ "h.org/app:1", "h.org/app:1", false },
		{ NULL, "busybox:2", false },
		{ NULL, "busybox", false },
	};

	(void)state;
	check(&identity, rows, COUNT(rows));
}

static void a_given_repository_does_not_look_at_the_image(void **state)
{
	const struct nacre_identity identity = {
		.kind = NACRE_IDENTITY_EXACT_REPOSITORY,
		.reference = (char[]){ "h.org/app" },
	};
	static const struct row rows[] = {
		{ NULL, "h.org/app", true },
		{ NULL, "h.org/app:1", true },
		{ "h.org/other:1", "h.org/app@sha256:" HEX, true },
		{ "h.org/other:1", "h.org/other:1", false },
		{ NULL, "h.org/apple:1", false },
	};

	(void)state;
	check(&identity, rows, COUNT(rows));
}

static void a_given_name_that_is_none_takes_nothing(void **state)
{
	const struct nacre_identity rows[] = {
		{ .kind = NACRE_IDENTITY_EXACT_REFERENCE, .reference = (char[]){ "h.org/app" } },
		{ .kind = NACRE_IDENTITY_EXACT_REFERENCE, .reference = (char[]){ "h.org/App:1" } },
		{ .kind = NACRE_IDENTITY_EXACT_REPOSITORY, .reference = (char[]){ "h.org/App" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_false(nacre_identity_match(&rows[i], NULL, "h.org/app"));
		assert_false(nacre_identity_match(&rows[i], NULL, "h.org/app:1"));
		assert_false(nacre_identity_match(&rows[i], NULL, "h.org/App:1"));
	}
}

static void a_prefix_is_replaced_up_to_a_slash(void **state)
{
	struct {
		char prefix[24], signed_prefix[24];
		struct row row;
	} rows[] = {
		{ "mirror.org:5000/v", "vendor.org",
			{ "mirror.org:5000/v/app:1", "vendor.org/app:1", true } },
		{ "mirror.org:5000/v", "vendor.org",
			{ "mirror.org:5000/v/app:1", "vendor.org/app:2", false } },
		{ "mirror.org:5000/v", "vendor.org",
			{ "mirror.org:5000/v/app:1", "mirror.org:5000/v/app:1", false } },
		{ "mirror.org:5000/v", "vendor.org",
			{ "mirror.org:5000/v/app@sha256:" HEX, "vendor.org/app:7", true } },
		{ "mirror.org:5000/v", "vendor.org",
			{ "mirror.org:5000/v/app:1", "vendor.org/app", false } },
		/* not the prefix, or not up to a slash: the name as it is */
		{ "mirror.org/v", "vendor.org",
			{ "mirror.org/vv/app:1", "vendor.org/v/app:1", false } },
		{ "mirror.org/v", "vendor.org",
			{ "mirror.org/vv/app:1", "mirror.org/vv/app:1", true } },
		{ "mirror.org", "vendor.org",
			{ "mirror.org:5000/app:1", "vendor.org/app:1", false } },
		{ "mirror.org", "vendor.org",
			{ "mirror.org:5000/app:1", "mirror.org:5000/app:1", true } },
		{ "mirror.org", "vendor.org",
			{ "other.org/mirror.org/app:1", "vendor.org/app:1", false } },
		/* all of it */
		{ "mirror.org/app", "vendor.org/product",
			{ "mirror.org/app:1", "vendor.org/product:1", true } },
		{ "docker.io/library", "vendor.org/hub",
			{ "docker.io/busybox:1", "vendor.org/hub/busybox:1", true } },
		{ "mirror.org", "docker.io",
			{ "mirror.org/library/busybox:1", "busybox:1", true } },
		/* what comes of it is no name, or no name in full */
		{ "mirror.org", "docker.io", { "mirror.org/busybox:1", "busybox:1", false } },
		{ "mirror.org/app", "vendor.org", { "mirror.org/app:1", "vendor.org:1", false } },
		{ "mirror.org", "ns", { "mirror.org/app:1", "ns/app:1", false } },
		{ "mirror.org", "vendor.org", { NULL, "vendor.org/app:1", false } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct nacre_identity identity = {
			.kind = NACRE_IDENTITY_REMAP,
			.prefix = rows[i].prefix,
			.signed_prefix = rows[i].signed_prefix,
		};

		check(&identity, &rows[i].row, 1);
	}
}

static void a_prefix_that_makes_a_name_too_long_takes_nothing(void **state)
{
	char signed_prefix[300] = "vendor.org/", name[400];
	struct nacre_identity identity = {
		.kind = NACRE_IDENTITY_REMAP,
		.prefix = (char[]){ "mirror.org" },
		.signed_prefix = signed_prefix,
	};

	(void)state;
	for (size_t len = strlen(signed_prefix); len < 251; len++)
		signed_prefix[len] = 'a';
	(void)snprintf(name, sizeof(name), "%s/app:1", signed_prefix);
	assert_true(nacre_identity_match(&identity, "mirror.org/app:1", name));
	signed_prefix[251] = 'a';
	(void)snprintf(name, sizeof(name), "%s/app:1", signed_prefix);
	assert_false(nacre_identity_match(&identity, "mirror.org/app:1", name));
	(void)snprintf(name, sizeof(name), "%s/ap:1", signed_prefix);
	assert_false(nacre_identity_match(&identity, "mirror.org/app:1", name));
}

static void a_signed_text_that_is_no_name_never_counts(void **state)
{
	const struct nacre_identity identities[] = {
		{ .kind = NACRE_IDENTITY_REPO_DIGEST_OR_EXACT },
		{ .kind = NACRE_IDENTITY_EXACT },
		{ .kind = NACRE_IDENTITY_REPOSITORY },
		{ .kind = NACRE_IDENTITY_EXACT_REFERENCE, .reference = (char[]){ "h.org/app:1" } },
		{ .kind = NACRE_IDENTITY_EXACT_REPOSITORY, .reference = (char[]){ "h.org/app" } },
		{ .kind = NACRE_IDENTITY_REMAP,
			.prefix = (char[]){ "h.org" },
			.signed_prefix = (char[]){ "h.org" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(identities); i++) {
		assert_true(nacre_identity_match(&identities[i], "h.org/app:1", "h.org/app:1"));
		for (size_t j = 0; j < COUNT(no_names); j++) {
			const struct row rows[] = { { "h.org/app:1", no_names[j], false },
				{ no_names[j], no_names[j], false }, { NULL, no_names[j], false } };

			check(&identities[i], rows, COUNT(rows));
		}
	}
}

static void any_name_counts_when_none_is_asked_for(void **state)
{
	static const struct nacre_identity identity = { 0 };

	(void)state;
	assert_true(nacre_identity_match(&identity, NULL, ""));
	assert_true(nacre_identity_match(&identity, NULL, "not A name"));
	assert_string_equal(nacre_identity_name(&identity), "any name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exact_name_has_the_same_tag_and_digest),
		cmocka_unit_test(a_digest_takes_any_tag_of_its_repository_and_a_tag_only_itself),
		cmocka_unit_test(a_repository_takes_all_its_tags_and_none),
		cmocka_unit_test(short_names_are_compared_in_full),
		cmocka_unit_test(a_given_reference_does_not_look_at_the_image),
		cmocka_unit_test(a_given_repository_does_not_look_at_the_image),
		cmocka_unit_test(a_given_name_that_is_none_takes_nothing),
		cmocka_unit_test(a_prefix_is_replaced_up_to_a_slash),
		cmocka_unit_test(a_prefix_that_makes_a_name_too_long_takes_nothing),
		cmocka_unit_test(a_signed_text_that_is_no_name_never_counts),
		cmocka_unit_test(any_name_counts_when_none_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
