/* SPDX-License-Identifier: Apache-2.0 */
/** One member of a layer, as the reader hands it to the fold: checked for itself, not yet placed.
 */
#ifndef NACRE_LAYERS_MEMBER_H
#define NACRE_LAYERS_MEMBER_H

#include "layers/tree.h"

/** What every name of a whiteout begins with. Spec: image-spec v1.1.1, layer.md, "Whiteouts". */
#define NACRE_WHITEOUT_PREFIX ".wh."

/**
 * Where AUFS kept files of which other members are hard links. They are entries to the reader, for
 * the links' sake, and no part of the image.
 */
#define NACRE_AUFS_LINKS ".wh..wh.plnk"

enum nacre_member_kind {
	NACRE_MEMBER_ENTRY,    /* inode holds it */
	NACRE_MEMBER_LINK,     /* another name of link_path */
	NACRE_MEMBER_WHITEOUT, /* path goes, as far as lower layers brought it */
	NACRE_MEMBER_OPAQUE,   /* what lower layers brought below path goes */
};

/** Everything in it is the reader's, valid until the next member. */
struct nacre_member {
	enum nacre_member_kind kind;
	uint64_t offset;	  /* of its header in the archive, for messages */
	const char *path;	  /* clean (base/path.h); "" is the root */
	const char *link_path;	  /* clean; of a LINK */
	struct nacre_inode inode; /* of an ENTRY; content.key is the offset of its data */
};

/** How much an archive holds; pax headers and long names belong to the member behind them. */
struct nacre_layer_counts {
	uint64_t members;
	uint64_t xattr_bytes; /* names and values */
};

#endif
