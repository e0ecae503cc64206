#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# hardening.sh CONFIG ARCHIVE FILE…: each ELF file carries the hardening that the top CMakeLists.txt
# asks for. CONFIG is the build type: _FORTIFY_SOURCE wants an optimised one. Indirect branch tracking
# and the shadow stack are looked for in the objects of ARCHIVE: the linker drops the note where the
# C library's own start files have none, as Debian's.
set -u
config=$1 archive=$2
shift 2
failed=0

want() { # want FILE WHAT COMMAND…: the command succeeds
	local file=$1 what=$2

	shift 2
	"$@" >/dev/null || {
		echo "${file##*/}: no $what"
		failed=1
	}
}
has() { # has TEXT PATTERN
	grep -Eq -- "$2" <<<"$1"
}
lacks() {
	! has "$@"
}

for file; do
	header=$(readelf -hW "$file") segments=$(readelf -lW "$file")
	dynamic=$(readelf -dW "$file")
	symbols=$(readelf --dyn-syms -W "$file")

	want "$file" "position independence" has "$header" 'Type: +DYN'
	case $file in
	*.so*) ;;
	*) want "$file" "PIE flag" has "$dynamic" 'FLAGS_1.*PIE' ;;
	esac
	want "$file" "relro" has "$segments" 'GNU_RELRO'
	want "$file" "binding at start (full relro)" has "$dynamic" 'BIND_NOW|FLAGS_1.*NOW'
	want "$file" "stack without execution" has "$segments" 'GNU_STACK.* RW +0x'
	want "$file" "freedom from text relocations" lacks "$dynamic" 'TEXTREL'
	want "$file" "freedom from RPATH" lacks "$dynamic" 'RPATH'
	want "$file" "stack protector" has "$symbols" '__stack_chk_fail'
	case $config in
	Release | RelWithDebInfo)
		want "$file" "fortified call" has "$symbols" '__[a-z]+_chk(@| |$)'
		;;
	esac
done

if has "$header" 'X86-64'; then
	objects=$(ar t "$archive" | wc -l)
	marked=$(readelf -nW "$archive" | grep -c 'IBT.*SHSTK')
	want "$archive" "branch tracking in $((objects - marked)) objects" [ "$objects" -eq "$marked" ]
fi
[ $failed -eq 0 ] && echo "$# files hardened"
exit $failed
