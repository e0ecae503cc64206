# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# One context built in many surroundings: what must not matter, one thing at a time and all at once.
# Sourced by bats files beside common.bash. Each function vary_NAME CONTEXT [OPTION…] builds what
# CONTEXT holds in its own surroundings and prints "IMAGE-ID MANIFEST-DIGEST".

surroundings=(user umask_none umask_all zone locale home host path clock jobs_2 jobs_7 modes mtimes hardlinks
	readdir_forward readdir_backward cached file_system_ext4 file_system_tmpfs file_system_overlay
	file_system_btrfs file_system_xfs all)

# result COMMAND…: runs what builds to oci:$out:v1, without a cache unless told otherwise.
result() {
	rm -rf "$out"
	"$@" >/dev/null || return 1
	"$NACRE" inspect "oci:$out:v1" --json | jq -r '.imageId + " " + .manifest.digest'
	rm -rf "$out"
}

plain() { # plain CONTEXT [OPTION…]
	out=$PWD/out result "$NACRE" build "$1" -t "oci:$PWD/out:v1" -q --no-cache \
		-j "${jobs:-1}" "${@:2}"
}

# copied CONTEXT DIR: a copy whose names are made in the order of the lines that come in.
copied() {
	local name

	mkdir -p "$2"
	while IFS= read -r -d '' name; do
		if [ -d "$1/$name" ] && [ ! -L "$1/$name" ]; then
			mkdir -p "$2/$name"
		else
			mkdir -p "$(dirname "$2/$name")"
			cp -P "$1/$name" "$2/$name"
		fi
	done
}

names() {
	(cd "$1" && find . -mindepth 1 -print0)
}

vary_user() {
	local dir=$PWD/nobody

	mkdir -p "$dir"
	chown 65534:65534 "$dir"
	out=$dir/out result as_nobody env HOME=/nonexistent nacre build "$1" -t "oci:$dir/out:v1" -q \
		--no-cache "${@:2}"
}

vary_umask_none() { (umask 000 && plain "$@"); }
vary_umask_all() { (umask 077 && plain "$@"); }
vary_zone() { TZ=Pacific/Kiritimati plain "$@"; }

# A locale in which i has another capital, made here: what the machine has does not count.
vary_locale() {
	mkdir -p locales
	[ -d locales/tr_TR.UTF-8 ] ||
		localedef -i tr_TR -f UTF-8 locales/tr_TR.UTF-8 >/dev/null 2>&1 || true
	[ -f locales/tr_TR.UTF-8/LC_CTYPE ] || return 1
	out=$PWD/out result env LOCPATH="$PWD/locales" LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 "$NACRE" \
		build "$1" -t "oci:$PWD/out:v1" -q --no-cache "${@:2}"
}

vary_home() { HOME=/nonexistent USER=somebody LOGNAME=somebody plain "$@"; }

vary_host() {
	out=$PWD/out result unshare --uts sh -c 'echo elsewhere >/proc/sys/kernel/hostname && exec "$@"' \
		sh "$NACRE" build "$1" -t "oci:$PWD/out:v1" -q --no-cache "${@:2}"
}

vary_path() {
	local dir="$PWD/a longer path/with ÄÖÜ/and more"

	mkdir -p "$dir"
	cp -a "$1" "$dir/context"
	(cd "$dir/context" &&
		out=$dir/out result "$NACRE" build . -t oci:../out:v1 -q --no-cache "${@:2}")
	rm -rf "$PWD/a longer path"
}

vary_clock() {
	out=$PWD/out result env NO_FAKE_STAT=1 faketime -f '2038-01-19 03:14:08' "$NACRE" build "$1" \
		-t "oci:$PWD/out:v1" -q --no-cache "${@:2}"
}

vary_jobs_2() { jobs=2 plain "$@"; }
vary_jobs_7() { jobs=7 plain "$@"; }

vary_modes() {
	cp -a "$1" changed
	chmod -R go-rwx,u+w changed
	plain changed "${@:2}"
	rm -rf changed
}

vary_mtimes() {
	cp -a "$1" changed
	find changed -exec touch -h -d '1999-12-31 23:59:59' {} +
	plain changed "${@:2}"
	rm -rf changed
}

# Files that happen to be the same are one file.
vary_hardlinks() {
	cp -a "$1" changed
	hardlink --quiet --ignore-time --ignore-owner changed
	plain changed "${@:2}"
	rm -rf changed
}

vary_readdir_forward() {
	names "$1" | sort -z | copied "$1" changed
	plain changed "${@:2}"
	rm -rf changed
}

vary_readdir_backward() {
	names "$1" | sort -zr | copied "$1" changed
	plain changed "${@:2}"
	rm -rf changed
}

vary_cached() {
	export NACRE_CACHE=$PWD/cache
	out=$PWD/out result "$NACRE" build "$1" -t "oci:$PWD/out:v1" -q "${@:2}" >first
	out=$PWD/out result "$NACRE" build "$1" -t "oci:$PWD/out:v1" -q "${@:2}" >second
	cmp first second && cat second
	rm -rf cache
	unset NACRE_CACHE
}

# mounted KIND: an empty file system of that kind at ./mnt, for files as large as the context's.
mounted() {
	local options=()

	mkdir -p mnt
	case $1 in
	tmpfs)
		mount -t tmpfs -o size=2g none mnt
		;;
	overlay)
		mkdir -p lower upper work
		mount -t tmpfs -o size=2g none upper
		mkdir upper/upper upper/work
		mount -t overlay -o lowerdir=lower,upperdir=upper/upper,workdir=upper/work none mnt
		;;
	*)
		truncate -s 2G image
		[ "$1" != ext4 ] || options=(-O '^dir_index')
		"mkfs.$1" "${options[@]}" image >/dev/null 2>&1
		mount -o loop image mnt
		;;
	esac
}

unmounted() {
	local place

	for place in mnt upper; do
		! mountpoint -q "$PWD/$place" || umount "$PWD/$place"
	done
	rm -rf image lower upper work
}

# May this process mount? In a container without privileges it may not.
may_mount() {
	mkdir -p probe
	mount -t tmpfs none probe 2>/dev/null || return 1
	umount probe
}

# Sources, result and what lies aside are all on that file system.
on_file_system() {
	mounted "$1" || return 1
	names "$2" | shuf -z --random-source=<(yes) | copied "$2" mnt/context
	out=$PWD/mnt/out result "$NACRE" build mnt/context -t "oci:$PWD/mnt/out:v1" -q --no-cache \
		"${@:3}"
	unmounted
}

vary_file_system_ext4() { on_file_system ext4 "$@"; }
vary_file_system_tmpfs() { on_file_system tmpfs "$@"; }
vary_file_system_overlay() { on_file_system overlay "$@"; }
vary_file_system_btrfs() { on_file_system btrfs "$@"; }
vary_file_system_xfs() { on_file_system xfs "$@"; }

vary_all() {
	local dir="$PWD/all at once"

	mkdir -p "$dir/tmp"
	names "$1" | sort -zr | copied "$1" "$dir/context"
	hardlink --quiet --ignore-time --ignore-owner "$dir/context"
	find "$dir/context" -exec touch -h -d '2001-01-01' {} +
	chmod -R go-rwx "$dir/context"
	chown -R 65534:65534 "$dir"
	(umask 077 && cd "$dir" &&
		out=$dir/out result as_nobody env NO_FAKE_STAT=1 TZ=America/St_Johns LC_ALL=C \
			HOME=/nonexistent faketime -f '1981-01-01 00:00:00' nacre build context \
			-t oci:out:v1 -q --no-cache -j 5 "${@:2}")
	rm -rf "$dir"
}

# same_everywhere CONTEXT [OPTION…]: in all surroundings the same image ID and manifest digest.
same_everywhere() {
	local want got name bad=0

	want=$(plain "$@")
	[[ "$want" = sha256:*" sha256:"* ]] || { echo "no image: '$want'"; return 1; }
	for name in "${surroundings[@]}"; do
		[[ "$name" != file_system_* ]] || may_mount || {
			echo "# $name: left out, this process may not mount" >&3
			continue
		}
		got=$("vary_$name" "$@") || got=failed
		unmounted
		[ "$got" = "$want" ] || {
			echo "$name: '$got', and plainly '$want'"
			bad=1
		}
	done
	return "$bad"
}
