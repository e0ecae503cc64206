# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the examples share. Sourced by examples/NAME/run with `here` set to their folder and the
# arguments of the call: run [DIR]. DIR is made, or used again with what was fetched into it; without
# DIR all happens in a scratch folder that is gone afterwards. NACRE names the command.
set -eu
. "$here/../../tests/lib/packages.sh"
NACRE=${NACRE:-nacre}
# A base system is a function of this, as far as Debian's mirror is the same.
export SOURCE_DATE_EPOCH=1735689600

if [ $# -gt 0 ]; then
	mkdir -p "$1"
	work=$(readlink -f "$1")
else
	work=$(mktemp -d "${TMPDIR:-/tmp}/nacre-example.XXXXXX")
	trap 'as_root rm -rf "$work"' EXIT
fi
chmod 755 "$work"

step() { # step WHAT COMMAND…: runs it, and says how long it took
	local what=$1 before=${EPOCHREALTIME/[.,]/} after

	shift
	"$@" || {
		echo "example: failed: $what" >&2
		exit 1
	}
	after=${EPOCHREALTIME/[.,]/}
	printf '%7d ms  %s\n' $(((after - before) / 1000)) "$what"
}

# debian TARBALL MMDEBSTRAP-OPTION…: a tree of Debian 12's packages, unless it is there already.
# Without device nodes: whoever runs the image has its own /dev. Without the caller's descriptors: that
# of Debian 13 has sh write to one that it gets, and dash knows none above 9.
debian() {
	local tarball=$1

	shift
	[ ! -f "$tarball" ] || return 0
	as_root env SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" mmdebstrap --quiet --mode=root \
		--format=tar --skip=output/dev "$@" bookworm "$tarball.part" </dev/null \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &&
		as_root chown "$(id -u):$(id -g)" "$tarball.part" &&
		mv "$tarball.part" "$tarball"
}

# fresh [NAME…]: what an earlier run left in DIR goes, those names too; what lies beside the recipe
# becomes the context.
fresh() {
	local name

	for name in context layout rootfs release.key release.pub "$@"; do
		as_root rm -rf "${work:?}/$name"
	done
	mkdir "$work/context"
	cp -R "$here/." "$work/context"
}

quietly() { # quietly FILE COMMAND…: what it prints goes into a file
	"${@:2}" >"$1"
}

nacre_build() { # nacre_build [OPTION…]
	step "nacre build" quietly "$work/built" \
		"$NACRE" build "$work/context" -t "oci:$work/layout:v1" "$@"
	sed -n 's/^sha256:/            image ID &/p' "$work/built"
}

nacre_unpack() { # nacre_unpack TRUST…
	step "nacre unpack" quietly "$work/unpacked" \
		as_root "$NACRE" unpack "oci:$work/layout:v1" "$work/rootfs" "$@"
}

# Builds, signs, and unpacks what is trusted: the same in all examples.
build_and_unpack() {
	nacre_build
	COSIGN_PASSWORD='' "$NACRE" key new "$work/release" >/dev/null
	COSIGN_PASSWORD='' "$NACRE" sign "oci:$work/layout:v1" --key "$work/release.key" >/dev/null
	nacre_unpack --key "$work/release.pub"
}
