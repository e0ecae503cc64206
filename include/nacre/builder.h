/* SPDX-License-Identifier: Apache-2.0 */
/** From a recipe to an image, from an image to a root file system. */
#ifndef NACRE_BUILDER_H
#define NACRE_BUILDER_H

#include <nacre/base.h>
#include <nacre/formats.h>
#include <nacre/layers.h>
#include <nacre/sign.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ places */

/**
 * Opens the layout that a reference lies in.
 *
 * @param ref    oci: or a name in the store
 * @param store  the layout of bare names; NULL: there is none
 *
 * Errors: ARG (a bare name without a store), UNSUPPORTED (another transport), those of
 * nacre_layout_open().
 */
NACRE_API NACRE_CHECKED int nacre_image_open(const struct nacre_ref *ref, const char *store,
	struct nacre_layout **out_layout, struct nacre_err *err);

/* ------------------------------------------------------------------- build */

/** NAME=VALUE for an arg of the recipe. */
struct nacre_arg {
	const char *name;
	const char *value;
};

/** How the network is reached. All NULL: directly, with the system's certificates. */
struct nacre_net {
	const char *proxy;    /**< as libcurl takes it: "http://host:3128" */
	const char *no_proxy; /**< hosts that are reached without, with commas between */
	const char *ca_file;  /**< certificates to believe, instead of the system's */
};

/** What of a build is told of. */
enum nacre_explained_kind {
	NACRE_EXPLAINED_BASE,  /**< what the image or a stage begins from */
	NACRE_EXPLAINED_STEP,  /**< accounts too */
	NACRE_EXPLAINED_LAYER, /**< what all steps of a layer come to */
};

/** Whether a part of a build was known before, and why not. All text is valid during the call. */
struct nacre_explained {
	enum nacre_explained_kind kind;
	bool is_hit;	   /**< nothing was done again for it */
	const char *place; /**< "layer app", "stage compile", "image" */
	const char *what;  /**< "copy"; of a base, as the recipe has it; of a layer "content" */
	const char *file;  /**< of the recipe, with line and column, counted from 1 */
	unsigned line;
	unsigned column;
	const char *why; /**< "src/main.c changed"; "" for a hit. May hold any byte but NUL */
};

typedef void nacre_explain_fn(const struct nacre_explained *part, void *user);

/** What a cache may come to, in bytes, unless something else is said: 8 GiB. */
#define NACRE_CACHE_BYTES ((uint64_t)8 << 30)

/** What to build and where to put it. Zero where a comment says so, else required. */
struct nacre_build_options {
	const char *context;	      /**< the directory that sources are relative to */
	const char *recipe;	      /**< a file; NULL: nacre.yaml or nacre.json in the context */
	const struct nacre_arg *args; /**< may be NULL */
	size_t arg_count;
	const struct nacre_ref *tags; /**< may be NULL: the recipe's name, in the store */
	size_t tag_count;
	const char *store; /**< the layout of bare names; NULL: there is none */
	struct nacre_compression compression;
	bool has_epoch;	    /**< false: the recipe's epoch, else 0 */
	int64_t epoch;	    /**< when the recipe has none (SOURCE_DATE_EPOCH) */
	bool all_xattrs;    /**< of a root file system in a directory: more than user.* and
			       security.capability */
	bool no_ledger;	    /**< of that, what a ledger beside it knows is left alone */
	const char *ledger; /**< its ledger, of whatever tree it says it is; NULL: the one beside */
	const char *cache;  /**< a directory for what is fetched and for what was built before, made
			       when it is missing; NULL: nothing is kept */
	uint64_t cache_bytes; /**< what may stay in it; 0: NACRE_CACHE_BYTES */
	bool no_cache;	      /**< only what is fetched is kept there: all is built anew */
	bool assert_cached;   /**< fail where something is not known from an earlier build */
	bool check; /**< build twice, the second time in other surroundings and without a cache;
		       what is not the same is an error that explains it */
	const char *record; /**< a file that says how the image was made, written at the end; NULL:
			       none */
	nacre_explain_fn *explain; /**< NULL: nobody asks */
	void *explain_user;	   /**< handed to explain */
	struct nacre_net net;
	const char *vendor; /**< a layout that nacre_recipe_vendor() has made: bases and what URLs
			       name are taken from it, and from nowhere else. NULL: none */
};

#define NACRE_BUILT_LAYERS 256

struct nacre_built_layer {
	struct nacre_digest diff_id;
	struct nacre_digest blob;
	uint64_t tar_bytes; /**< 0 for a layer taken over from the base, which is not decompressed
			       again */
	uint64_t blob_bytes;
	uint64_t members; /**< whiteouts too; 0 for a layer taken over from the base */
	uint64_t whiteouts;
};

/** What was built. */
struct nacre_built {
	struct nacre_digest image_id; /**< of the config */
	struct nacre_digest manifest;
	uint64_t ghost_files; /**< that later layers of the recipe remove or replace, and that no
				 layer holds */
	uint64_t ghost_bytes; /**< of their contents */
	size_t layer_count;
	struct nacre_built_layer layers[NACRE_BUILT_LAYERS];
};

/**
 * Builds an image and stores it. The same recipe with the same inputs gives the same image ID.
 *
 * @param out_built  set on success only
 *
 * Errors: those of reading the recipe, the sources, the base and of writing the layout; NOT_FOUND
 * (something is not cached, and has to be); DIGEST (built twice, and not the same); a layout is as
 * before when it fails, unless only the record could not be written.
 */
NACRE_API NACRE_CHECKED int nacre_build(const struct nacre_build_options *options,
	const struct nacre_env *env, struct nacre_built *out_built, struct nacre_err *err);

/* ------------------------------------------------------------------ inputs */

/** What came from outside of a recipe's folder. */
struct nacre_gathered {
	size_t count;	  /**< inputs of the recipe */
	uint64_t bytes;	  /**< of them all, as the lock has them */
	bool has_changed; /**< nacre_recipe_lock(): the lock was written, being another one before
			   */
};

/**
 * Writes digest and size of everything that a recipe takes from outside of its folder into the lock
 * beside the recipe. From then on nacre_build() takes nothing else.
 *
 * @param options  those that say which recipe it is, and how the inputs are got
 * @param check    writes nothing: a lock that is not what would be written is an error
 *
 * Errors: those of reading the recipe and of getting the inputs; with `check` NOT_FOUND, FORMAT and
 * DIGEST (no lock, or another one). The lock is as before when it fails.
 */
NACRE_API NACRE_CHECKED int nacre_recipe_lock(const struct nacre_build_options *options, bool check,
	const struct nacre_env *env, struct nacre_gathered *out_gathered, struct nacre_err *err);

/**
 * Gathers everything that the lock of a recipe names in an image layout: options->vendor of later
 * builds. It may hold the inputs of several recipes.
 *
 * @param path  of the layout; made when it is not there
 *
 * Errors: ARG (no lock); UNSUPPORTED (a root file system in a directory); those of reading the
 * recipe, of getting the inputs and of writing. The layout is as before when it fails.
 */
NACRE_API NACRE_CHECKED int nacre_recipe_vendor(const struct nacre_build_options *options,
	const char *path, const struct nacre_env *env, struct nacre_gathered *out_gathered,
	struct nacre_err *err);

/* ------------------------------------------------------------------ rework */

/**
 * What holds for all that makes an image out of another one. The new image has the other's config
 * and annotations; layers that nothing is done to stay the same blobs, with their annotations, and
 * so do their entries in the history. Its manifest is OCI's.
 */
struct nacre_rework_options {
	const struct nacre_ref *tags; /**< at least one */
	size_t tag_count;
	const char *store;		      /**< the layout of bare names; NULL: there is none */
	struct nacre_compression compression; /**< of layers that are new */
	bool has_epoch;	     /**< false: the new image says the time that the old one said */
	int64_t epoch;	     /**< SOURCE_DATE_EPOCH: seconds */
	const char *comment; /**< of the entry in the history; NULL: none */
};

/** Layers, the lowest is 1. Zero: from the lowest, to the highest. */
struct nacre_squash_range {
	size_t from;
	size_t to;
};

/**
 * Makes one layer of several: what turns the tree below the first of them into the tree of the
 * last. The entries of the history that told of them stay, as ones that made no layer.
 *
 * @param out_built  set on success only, as for all of these; the numbers of a layer that was kept
 *                   are zero but for its blob's
 *
 * Errors: ARG (no such layers, no tag); those of nacre_image_check() about the image, and of
 * nacre_build() about writing.
 */
NACRE_API NACRE_CHECKED int nacre_image_squash(const struct nacre_layout *layout,
	const struct nacre_trusted *image, const struct nacre_squash_range *range,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err);

/** What can be changed of a config; of annotations, those of the manifest. */
enum nacre_config_part {
	NACRE_CONFIG_USER,
	NACRE_CONFIG_ENTRYPOINT, /**< as cmd: the first change begins anew, each is a word more */
	NACRE_CONFIG_CMD,	 /**< a new entrypoint takes the old one away */
	NACRE_CONFIG_ENV,	 /**< named, as labels and annotations are */
	NACRE_CONFIG_LABEL,
	NACRE_CONFIG_WORKDIR,
	NACRE_CONFIG_VOLUME, /**< names without values, as ports are */
	NACRE_CONFIG_PORT,
	NACRE_CONFIG_STOPSIGNAL,
	NACRE_CONFIG_HEALTHCHECK, /**< words too: "CMD", "CMD-SHELL" or "NONE" is the first */
	NACRE_CONFIG_AUTHOR,
	NACRE_CONFIG_ANNOTATION,
};

/** The number of parts in enum nacre_config_part. */
#define NACRE_CONFIG_PARTS 12

struct nacre_config_change {
	enum nacre_config_part part;
	const char *name;  /**< of what is named; "" for all else */
	const char *value; /**< NULL: to be taken away */
};

/**
 * Changes the config of an image, in the order of the changes. No layer is touched; the history
 * gets an entry that made none.
 *
 * Errors: ARG (a value that its part does not take, no tag); NOT_FOUND (what is to be taken away is
 * not there); those of writing.
 */
NACRE_API NACRE_CHECKED int nacre_image_configure(const struct nacre_layout *layout,
	const struct nacre_trusted *image, const struct nacre_config_change *changes, size_t count,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err);

struct nacre_rebase_options {
	const struct nacre_layout *onto_layout;
	const struct nacre_trusted *onto; /**< the new base */
	const struct nacre_trusted *base; /**< what the image stands on. NULL: what its annotation
					     org.opencontainers.image.base.digest names, in its own
					     layout or that of the new base */
	bool force; /**< where image and new base do not go together, the image's layers win */
};

/**
 * Puts the layers that an image has above its base onto another base. They stay the same blobs;
 * where they only repeat a directory that the new base has otherwise, one more layer puts it right.
 * Of the config, what is as the old base had it becomes what the new base has.
 *
 * Errors: ARG (the base is not what the image stands on, or not known; no tag); UNSAFE (paths that
 * both have changed, or that come to lie elsewhere); UNSUPPORTED (another platform); those of
 * nacre_image_check() about both images, and of nacre_build() about writing.
 */
NACRE_API NACRE_CHECKED int nacre_image_rebase(const struct nacre_layout *layout,
	const struct nacre_trusted *image, const struct nacre_rebase_options *how,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err);

/** How a directory is read, as nacre_build() has it. Zero is a good value. */
struct nacre_commit_options {
	bool all_xattrs;    /**< more than user.* and security.capability */
	bool no_ledger;	    /**< what a ledger beside it knows is left alone */
	const char *ledger; /**< its ledger; NULL: the one beside */
};

/**
 * Adds a layer to an image: what turns its tree into what a directory holds, with what the
 * directory's ledger knows. When that is nothing, the history alone tells of it.
 *
 * @param dir  a path that the user named
 *
 * Errors: those of nacre_image_check() about the image, of nacre_build() about a root file system
 * in a directory and about writing; ARG (no tag).
 */
NACRE_API NACRE_CHECKED int nacre_image_commit(const char *dir, const struct nacre_layout *layout,
	const struct nacre_trusted *image, const struct nacre_commit_options *from,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err);

/* ------------------------------------------------------------------- check */

/** What nacre_image_check() has read. */
struct nacre_checked {
	uint64_t blobs;
	uint64_t blob_bytes;
	uint64_t tar_bytes; /**< 0 unless deep */
	uint64_t members;   /**< 0 unless deep */
};

/**
 * Proves the size and digest of every layer blob of an image; with `deep` also decompresses each,
 * and proves its DiffID and that all layers fold into one tree.
 *
 * Errors: NOT_FOUND, DIGEST, FORMAT, LIMIT, UNSAFE, each naming the layer.
 */
NACRE_API NACRE_CHECKED int nacre_image_check(const struct nacre_layout *layout,
	const struct nacre_trusted *image, bool deep, const struct nacre_env *env,
	struct nacre_checked *out_checked, struct nacre_err *err);

/* ---------------------------------------------------------------- rootless */

/** Who this process is after nacre_rootless_enter(). */
enum nacre_rootless {
	NACRE_ROOTLESS_ROOT,   /**< as before: root, of the system or in a container */
	NACRE_ROOTLESS_MAPPED, /**< root of a new user namespace, with the user's subordinate ids */
	NACRE_ROOTLESS_SINGLE, /**< as before: a user with one id, who must use no_owner */
};

/**
 * Makes root of a user: the process enters a user namespace in which its own id is 0 and the
 * subordinate ids (/etc/subuid, /etc/subgid) follow from 1 on, mapped by newuidmap and newgidmap.
 * Trees that are unpacked there keep their owners; they are read, replaced and removed there too.
 * It is for the whole process, which must have one thread, and for good. What is missing for it is
 * a warning.
 *
 * @param path  directories in which both programs are looked for, with colons between them; NULL:
 *              /usr/bin and /bin
 *
 * Errors: CANCELED.
 */
NACRE_API NACRE_CHECKED int nacre_rootless_enter(const char *path, const struct nacre_env *env,
	enum nacre_rootless *out_how, struct nacre_err *err);

/* ------------------------------------------------------------------ unpack */

/** Safe when zero. */
struct nacre_unpack_options {
	bool no_owner;	  /**< all belongs to who unpacks; the way without root */
	bool devices;	  /**< make device nodes; else an image with one is refused */
	bool no_setid;	  /**< leave setuid, setgid and file capabilities out */
	bool all_xattrs;  /**< more than user.* and security.capability; never overlay's own */
	bool replace;	  /**< the target may be a directory with something in it */
	bool bear_losses; /**< what the system refuses to whoever unpacks (owners, devices, modes,
			     times, names) is a warning and a loss, and no error */
};

struct nacre_unpacked {
	uint64_t entries; /**< names written, the root not counted */
	uint64_t file_bytes;
	bool has_ledger; /**< something was lost */
};

/**
 * Unpacks an image into a new directory. All of it is read, checked and folded into one tree first;
 * then the tree is written beside the target and renamed. A tree that it replaces exchanges its
 * name with the new one in one step and is removed then; what of it cannot be removed is a warning,
 * and left for the next call.
 *
 * What is not on the disk as the image has it, by options or because the system did not take it,
 * stands in a ledger beside the target, TARGET.nacre-ledger, from which nacre_build() with
 * rootfs:TARGET/ has it again.
 *
 * @param target  must not exist, or be an empty directory, or with `replace` any directory; its
 *                parent must exist
 *
 * Errors: EXISTS; those of nacre_image_check(); UNSAFE (a device without `devices`; with `replace`
 * a mount point at or in the target); UNSUPPORTED (with `replace`, a file system that cannot
 * exchange two names); EXISTS (a file that is no ledger has the ledger's name); IO. The target is
 * then as before, and nothing is left beside it.
 */
NACRE_API NACRE_CHECKED int nacre_unpack(const struct nacre_layout *layout,
	const struct nacre_trusted *image, const char *target,
	const struct nacre_unpack_options *options, const struct nacre_env *env,
	struct nacre_unpacked *out_unpacked, struct nacre_err *err);

/* -------------------------------------------------------------------- plan */

/** Zero is a good value. */
struct nacre_plan_options {
	struct nacre_unpack_options unpack; /**< as they would be given to nacre_unpack() */
	bool no_probe;			    /**< do not try anything out beside the target */
};

/** Paths in an image, any bytes but NUL, parents first. */
struct nacre_paths {
	uint64_t count;	 /**< of all there are */
	uint64_t listed; /**< of those in `text`, each with its NUL; less when they are too many */
	char *text;	 /**< NULL when none is listed */
};

/** What unpacking makes. Hard links make one file of several names. */
struct nacre_plan_kinds {
	uint64_t dirs; /**< the root not counted */
	uint64_t files;
	uint64_t symlinks;
	uint64_t fifos;
	uint64_t char_devices;
	uint64_t block_devices;
	uint64_t links; /**< further names of one of these */
};

/** Whether there is room. */
enum nacre_fit {
	NACRE_FIT_YES,	   /**< also the most that it can take is free */
	NACRE_FIT_CLOSE,   /**< the least that it can take is free, the most is not */
	NACRE_FIT_NO,	   /**< not even the least is free */
	NACRE_FIT_UNKNOWN, /**< the file system does not say what is free */
};

/**
 * What the tree takes of the file system that it goes to. Names, inodes and content are exact; what
 * a file system makes of them is between two figures.
 */
struct nacre_plan_space {
	const char *file_system; /**< "ext4"; "" when it is none that is known */
	uint64_t block_bytes;
	uint64_t least_bytes;
	uint64_t most_bytes;
	uint64_t free_bytes;	/**< for everybody */
	uint64_t reserve_bytes; /**< and for this process besides */
	uint64_t inodes;	/**< that the file system will count */
	uint64_t free_inodes;
	enum nacre_fit bytes_fit;
	enum nacre_fit inodes_fit;
};

/** A capability that is needed to give every file what the image says. */
struct nacre_plan_privilege {
	const char *name;	  /**< "CAP_CHOWN" */
	bool is_held;		  /**< by this process, where it counts */
	struct nacre_paths paths; /**< the files that need it; the first is listed */
};

#define NACRE_PLAN_PRIVILEGES 7

/** What would not be on the disk as the image has it. Further names count as entries, too. */
struct nacre_plan_losses {
	bool is_known;		      /**< it was tried out */
	char unknown[NACRE_ERR_TEXT]; /**< else why not */
	uint64_t untried; /**< entries that differ in more ways than are tried out: 65536 */
	struct nacre_paths kinds[NACRE_LOST_KINDS]; /**< by enum nacre_lost; the first is listed */
};

/** How much of a limit an image uses. */
struct nacre_plan_limit {
	const char *name;
	uint64_t used;
	uint64_t limit;
};

#define NACRE_PLAN_LIMITS 7

/** What nacre_unpack() would do. Cleared by nacre_planned_clear(). */
struct nacre_planned {
	struct nacre_unpacked unpacked; /**< what it would return */
	uint64_t inodes;		/**< all that it makes, the root too */
	struct nacre_plan_kinds kinds;
	struct nacre_plan_space space;
	struct nacre_plan_privilege privileges[NACRE_PLAN_PRIVILEGES]; /**< needed when count > 0 */
	struct nacre_plan_losses losses;
	char failure[NACRE_ERR_TEXT]; /**< what unpacking would fail with; "" when nothing known */
	struct nacre_plan_limit limits[NACRE_PLAN_LIMITS];
	struct nacre_paths setuid;	 /**< regular files */
	struct nacre_paths setgid;	 /**< regular files */
	struct nacre_paths capabilities; /**< files with security.capability */
	struct nacre_paths shadowed;	 /**< links of lower layers through which members of higher
					      ones go: other tools may put a directory there */
};

/**
 * Does the first half of nacre_unpack(), which reads and checks all of an image, and tells what
 * the second would do. What would be lost is tried out with a file of each kind in a directory
 * beside the target, which is gone afterwards.
 *
 * @param image    of any reason to trust: nothing of it is written
 * @param target   as for nacre_unpack(). NULL: some new name in the working directory
 * @param options  may be NULL
 *
 * Errors: those of nacre_unpack() before it writes: what it would refuse is refused here, with the
 * same words. That there is no room or no privilege, or a failure later on, is a result.
 */
NACRE_API NACRE_CHECKED int nacre_plan(const struct nacre_layout *layout,
	const struct nacre_trusted *image, const char *target,
	const struct nacre_plan_options *options, const struct nacre_env *env,
	struct nacre_planned *out_planned, struct nacre_err *err);

NACRE_API void nacre_planned_clear(struct nacre_planned *planned);

/* -------------------------------------------------------------------- lint */

/** What nacre_image_lint() has told. */
struct nacre_lint_counts {
	uint64_t refused;
	uint64_t warnings;
	uint64_t notes;
};

/**
 * Tells everything that different readers of an image would take differently, that nacre refuses,
 * or that is odd, without unpacking and without trust: of the layout, the documents, each member of
 * each layer, and the tree that they come to. Behind a fault it reads on, as the rule's
 * continuation says. docs/lint.md has the rules.
 *
 * An image in which it finds nothing to refuse can be unpacked; the reverse holds too, but for what
 * the options of nacre_unpack() allow.
 *
 * @param each        gets the findings of layout and documents as they are found, those of layers,
 *                    which a worker in a cage looks into, when it is done
 * @param out_counts  set on success only
 *
 * Errors: NOT_FOUND (the image); IO; NOMEM; CANCELED; LIMIT (seconds); UNSUPPORTED, UNSAFE (of the
 * worker).
 */
NACRE_API NACRE_CHECKED int nacre_image_lint(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_platform *platform, nacre_lint_fn *each,
	void *user, const struct nacre_env *env, struct nacre_lint_counts *out_counts,
	struct nacre_err *err);

/** Rule number i; NULL past the last; static. */
NACRE_API const struct nacre_rule *nacre_lint_rule(size_t i);

/* ----------------------------------------------------------------- inspect */

/**
 * Describes an image: IDs, platform, config, layers, history, annotations, signatures found.
 *
 * Nothing is verified but the digests of the documents read.
 *
 * @param json      as one JSON object, else as text for people, where bytes that are no harmless
 *                  text are escaped
 * @param out_text  malloc'd, NUL-terminated, with a newline at its end
 *
 * Errors: NOT_FOUND, DIGEST, FORMAT, LIMIT, NOMEM.
 */
NACRE_API NACRE_CHECKED int nacre_image_inspect(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_platform *platform, bool json,
	const struct nacre_env *env, char **out_text, struct nacre_err *err);

/** One entry of an image, parents before what lies in them. Names are any bytes but NUL. */
struct nacre_entry {
	const char *path; /**< "usr/lib/x", "." for the root; valid during the call, as all is */
	char type;	  /**< as ls has it: '-', 'd', 'l', 'c', 'b', 'p' */
	unsigned layer;	  /**< 1, 2, …: which brought it; 0: none named it */
	uint32_t mode;	  /**< 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime_s;
	uint32_t mtime_ns; /**< counted forward from mtime_s */
	uint32_t major;	   /**< of a device */
	uint32_t minor;
	uint64_t size_bytes;  /**< of a file's content */
	const char *target;   /**< of a symlink, else NULL */
	const char *hardlink; /**< the first name of the same file, when this is a further one */
	const char *mtree;    /**< its lines in an mtree list, with sha256; NULL: not asked for */
};

/** Nonzero stops the list, which then fails with NACRE_E_CANCELED. */
typedef int nacre_entry_fn(const struct nacre_entry *entry, void *user);

/** Zero is a good value. */
struct nacre_list_options {
	const char *path; /**< what to list, and all below it; NULL: the whole tree. Links on the
			       way, and one to a directory at its end, are followed in the image. */
	bool mtree;	  /**< also the lines for mtree, behind "#mtree"; parents of `path` too */
};

/**
 * Hands out what all layers of an image come to, without unpacking and without trust.
 *
 * Errors: NOT_FOUND (the image, a blob, options->path); those of the layers; those of a path;
 * CANCELED.
 */
NACRE_API NACRE_CHECKED int nacre_image_list(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_platform *platform,
	const struct nacre_list_options *options, nacre_entry_fn *each, void *user,
	const struct nacre_env *env, struct nacre_err *err);

/* ------------------------------------------------------------------- drift */

/** How a root file system on disk can differ from its image. */
enum nacre_drift_kind {
	NACRE_DRIFT_MISSING,	/**< it is not there, nor what lies below it */
	NACRE_DRIFT_EXTRA,	/**< the image has it not; have: its type */
	NACRE_DRIFT_TYPE,	/**< and what lies below is not looked at */
	NACRE_DRIFT_MODE,	/**< "0644" */
	NACRE_DRIFT_UID,	/**< a number */
	NACRE_DRIFT_GID,	/**< a number */
	NACRE_DRIFT_MTIME,	/**< seconds, a point, nine digits */
	NACRE_DRIFT_SIZE,	/**< bytes of a file, whose content is then not read */
	NACRE_DRIFT_CONTENT,	/**< the sha256 digest of a file of the right size */
	NACRE_DRIFT_TARGET,	/**< of a symlink */
	NACRE_DRIFT_DEVICE,	/**< "MAJOR:MINOR" */
	NACRE_DRIFT_LINK,	/**< the path of another name of the same file; NULL: none */
	NACRE_DRIFT_NAMES,	/**< how many names a file has: some are out of sight */
	NACRE_DRIFT_XATTR,	/**< base64 behind "0s", as setfattr has it; NULL: there is none */
	NACRE_DRIFT_MOUNT,	/**< a mount point, which is not looked into */
	NACRE_DRIFT_CHANGING,	/**< it has changed while it was looked at */
	NACRE_DRIFT_UNREADABLE, /**< have: the reason */
};

/** The number of kinds in enum nacre_drift_kind. */
#define NACRE_DRIFT_KINDS 17

/** "missing", "extra", "type", …; NULL past the last; static. */
NACRE_API const char *nacre_drift_name(enum nacre_drift_kind what);

/** One difference. All of it is valid during the call; names are any bytes but NUL. */
struct nacre_finding {
	const char *path; /**< "usr/lib/x", "." for the root */
	enum nacre_drift_kind what;
	const char *xattr; /**< whose value it is about, else NULL */
	const char *want;  /**< what the image has; NULL where there is nothing to say */
	const char *have;  /**< what the disk has; the same */
	bool repaired;
};

/** Nonzero ends the report, and the call fails with NACRE_E_CANCELED. */
typedef int nacre_finding_fn(const struct nacre_finding *finding, void *user);

/** Safe when zero. */
struct nacre_rootfs_check_options {
	struct nacre_unpack_options unpack; /**< as the directory was unpacked; not `replace` */
	const char *const *ignore; /**< paths that are left out, with all below them; may be NULL */
	size_t ignore_count;
	bool no_ledger;	   /**< what a ledger beside it says is lost is expected nevertheless */
	bool ignore_times; /**< of last change */
	bool ignore_extra; /**< what the image has not may be there */
	bool repair;
};

struct nacre_rootfs_checked {
	uint64_t entries; /**< names of the image that were looked at on disk */
	uint64_t file_bytes;
	uint64_t findings;   /**< what differs now, after repairing */
	uint64_t unreadable; /**< of these, what could not be looked at: NACRE_DRIFT_UNREADABLE */
	uint64_t repaired;
};

/**
 * Compares a directory with the image that it was unpacked from, and with `repair` makes of it what
 * the image has: exactly what differs is touched. Of extended attributes, without `all_xattrs`, it
 * looks at user.*, file capabilities, ACLs and overlayfs's own.
 *
 * The directory may be hostile: nothing is resolved by a path, no link is followed, nothing but
 * regular files is opened, no mount is crossed. What is repaired is made aside, beside the
 * directory or, when that is a mount point, in it, and renamed into place: whoever reads sees old
 * or new. A repair that was killed is finished by the next one. A path that cannot be repaired is a
 * warning, and remains a finding.
 *
 * @param dir   a path that the user named
 * @param each  gets the findings in the order of their paths, when all is done; may be NULL
 *
 * Errors: NOT_FOUND, IO (the directory); those of nacre_unpack() about the image; those of a path
 * to ignore; LIMIT (tree-bytes, of findings); CANCELED.
 */
NACRE_API NACRE_CHECKED int nacre_rootfs_check(const struct nacre_layout *layout,
	const struct nacre_trusted *image, const char *dir,
	const struct nacre_rootfs_check_options *options, nacre_finding_fn *each, void *user,
	const struct nacre_env *env, struct nacre_rootfs_checked *out_checked,
	struct nacre_err *err);

/* ----------------------------------------------------------------- copying */

/** Safe when zero. */
struct nacre_copy_options {
	/** Only this image of an index. NULL: the index, with all its images */
	const struct nacre_platform *platform;
	/** Leave signatures, attestations and other attachments behind. Tools that want a layout to
	 * list one image read the result. */
	bool no_attachments;
	/** The layout of bare names. NULL: there is none */
	const char *store;
};

struct nacre_copied {
	struct nacre_digest digest; /**< of the manifest or index; the same as it was */
	uint64_t attachments;	    /**< listed beside it */
	uint64_t blobs;
	uint64_t blob_bytes;
};

/**
 * Copies an image with all that is attached to it, byte for byte; each blob's digest is proven on
 * the way. Nobody is trusted by that: whom the image is from is asked where it arrives.
 *
 * @param layout   where it is: a directory or an archive
 * @param ref      its tag and digest; the layout is given
 * @param to       oci:DIR[:TAG] or a bare name, whose layout is made or added to; or
 *                 oci-archive:FILE[:TAG], a file that appears whole, over one that is there.
 * Without a tag it keeps its own
 * @param options  NULL: all zero
 * @param env      NULL: the defaults
 *
 * Errors: ARG (a digest in `to`); NOT_FOUND, FORMAT, DIGEST, LIMIT, UNSUPPORTED (what is copied, or
 * another transport); UNSAFE (no regular file is to be replaced); EXISTS, IO, NOMEM, CANCELED.
 * Spec:   OCI image-spec v1.1.1, image-layout.md.
 */
NACRE_API NACRE_CHECKED int nacre_image_copy_to(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_ref *to,
	const struct nacre_copy_options *options, const struct nacre_env *env,
	struct nacre_copied *out_copied, struct nacre_err *err);

#ifdef __cplusplus
}
#endif

#endif
