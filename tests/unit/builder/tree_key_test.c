/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/tree_key.h"

#include "fixture.h"

static unsigned char one[32] = { 1 }, two[32] = { 2 };

/* dir/ with a file, a link to it and a symlink. */
static void make(struct nacre_tree *tree)
{
	struct nacre_inode *dir, *file, *link;
	struct nacre_node *into, *node;

	assert_works(nacre_tree_init(tree, err));
	dir = nacre_inode_new(tree, NACRE_TYPE_DIR);
	file = nacre_inode_new(tree, NACRE_TYPE_FILE);
	link = nacre_inode_new(tree, NACRE_TYPE_SYMLINK);
	assert_true(dir && file && link);
	file->size_bytes = 3;
	file->sha256 = one;
	link->u.target = "a";
	assert_works(nacre_tree_add(tree, tree->root, "dir", 3, dir, &into, err));
	assert_works(nacre_tree_add(tree, into, "a", 1, file, &node, err));
	node->is_explicit = true;
	assert_works(nacre_tree_add(tree, into, "b", 1, file, &node, err));
	assert_works(nacre_tree_add(tree, into, "c", 1, link, &node, err));
}

static void key_of(struct nacre_tree *tree, struct nacre_digest *out)
{
	assert_works(nacre_tree_key(tree, NULL, NULL, out, err));
}

enum change {
	MODE,
	OWNER,
	GROUP,
	SECONDS,
	NANOSECONDS,
	SIZE,
	CONTENT,
	TARGET,
	XATTR,
	EXPLICIT,
	NAME,
	UNLINKED, /* b is a file of its own, and the same */
	MOVED,	  /* c lies beside dir */
	WHITEOUT,
	ROOT,
	CHANGES,
};

static void change(struct nacre_tree *tree, enum change which)
{
	static const struct nacre_xattr xattr = { "user.x", "1", 1 };
	struct nacre_node *a = nacre_tree_find(tree, "dir/a"), *c = nacre_tree_find(tree, "dir/c"),
			  *b = nacre_tree_find(tree, "dir/b"), *node;
	struct nacre_inode *inode = a->inode;

	switch (which) {
	case MODE:
		inode->mode ^= 1;
		break;
	case OWNER:
		inode->uid++;
		break;
	case GROUP:
		inode->gid++;
		break;
	case SECONDS:
		inode->mtime_s--;
		break;
	case NANOSECONDS:
		inode->mtime_ns++;
		break;
	case SIZE:
		inode->size_bytes++;
		break;
	case CONTENT:
		inode->sha256 = two;
		break;
	case TARGET:
		c->inode->u.target = "b";
		break;
	case XATTR:
		assert_works(nacre_xattrs_make(&tree->arena, &xattr, 1, &inode->xattrs, err));
		break;
	case EXPLICIT:
		a->is_explicit = false;
		break;
	case NAME:
		assert_works(nacre_tree_rename(tree, c, "d", 1, err));
		break;
	case UNLINKED:
		b->inode = nacre_inode_copy(tree, inode);
		break;
	case MOVED:
		inode = c->inode;
		nacre_tree_remove(tree, c);
		assert_works(nacre_tree_add(tree, tree->root, "e", 1, inode, &node, err));
		break;
	case WHITEOUT:
		c->inode = nacre_inode_new(tree, NACRE_TYPE_WHITEOUT);
		break;
	case ROOT:
		tree->root->inode->mode = 0700;
		break;
	default:
		break;
	}
}

static void every_change_is_another_key(void **state)
{
	struct nacre_digest keys[CHANGES + 1];

	(void)state;
	for (int i = 0; i <= CHANGES; i++) {
		NACRE_CLEANUP(nacre_tree_clear)
		struct nacre_tree tree = NACRE_TREE;

		make(&tree);
		change(&tree, (enum change)i);
		key_of(&tree, &keys[i]);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(keys[i].text, keys[k].text);
	}
}

static void the_same_tree_is_the_same_key(void **state)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree a = NACRE_TREE;
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree b = NACRE_TREE;
	struct nacre_digest x, y;

	(void)state;
	make(&a);
	make(&b);
	/* No attribute of a file: who has made it, and where its content lies. */
	nacre_tree_find(&b, "dir/a")->inode->maker = 7;
	nacre_tree_find(&b, "dir/a")->inode->u.content.key = 9;
	key_of(&a, &x);
	key_of(&b, &y);
	assert_string_equal(x.text, y.text);
	key_of(&a, &y);
	assert_string_equal(x.text, y.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_another_key),
		cmocka_unit_test(the_same_tree_is_the_same_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
