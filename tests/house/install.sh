#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# install.sh BUILD [SANITIZERS]: what `cmake --install` puts down can be used, from wherever it was
# moved to: by pkg-config, shared and static, and by find_package(nacre); and each public header
# compiles alone, as C11 and as C++17.
set -eu
build=$1 sanitize=${2-}
cc=${CC:-cc}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/nacre-install.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
flags=(-Wall -Wextra -Werror -pedantic)
[ -z "$sanitize" ] || flags+=("-fsanitize=$sanitize")

say() {
	echo "install: $*"
}

cmake --install "$build" --prefix "$scratch/before" >"$scratch/log" || {
	cat "$scratch/log"
	exit 1
}
mv "$scratch/before" "$scratch/prefix"
prefix=$scratch/prefix
pc=$(find "$prefix" -name nacre.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=$lib/pkgconfig
unset LD_LIBRARY_PATH
version=$(pkg-config --modversion nacre)

if grep -rlF -e "$scratch/before" -e "$build" "$prefix" --include='*.pc' --include='*.cmake'; then
	say "the files above name the folder they were built in"
	exit 1
fi

[ "$("$prefix/bin/nacre" --version | head -n 1)" = "nacre $version" ] || {
	say "bin/nacre --version does not say 'nacre $version'"
	exit 1
}

cat >"$scratch/main.c" <<'C'
#include <nacre/nacre.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct nacre_limits limits = { 0 };

	nacre_limits_default(&limits);
	return argc != 2 || strcmp(nacre_version(), argv[1]) != 0 || limits.layers == 0;
}
C

use() { # use NAME COMMAND…: run what was made
	local name=$1

	shift
	"$@" "$version" || {
		say "$name: the program did not find version $version"
		exit 1
	}
}

read -ra words < <(pkg-config --cflags --libs nacre)
"$cc" -std=c11 "${flags[@]}" -o "$scratch/shared" "$scratch/main.c" "${words[@]}"
use "pkg-config, shared" env LD_LIBRARY_PATH="$lib" "$scratch/shared"
readelf -d "$scratch/shared" | grep -q 'NEEDED.*libnacre\.so'

# Without the shared library in reach, -lnacre is the static one.
mkdir "$scratch/aside"
mv "$lib"/libnacre.so* "$scratch/aside"
read -ra words < <(pkg-config --static --cflags --libs nacre)
"$cc" -std=c11 "${flags[@]}" -o "$scratch/static" "$scratch/main.c" "${words[@]}"
use "pkg-config, static" "$scratch/static"
mv "$scratch/aside"/* "$lib"

cat >"$scratch/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(nacre ${WANTED} EXACT REQUIRED COMPONENTS shared static)
foreach(kind shared static)
	add_executable(with_${kind} main.c)
	target_link_libraries(with_${kind} PRIVATE nacre::${kind})
endforeach()
CMAKE
cmake -G Ninja -S "$scratch" -B "$scratch/out" -DCMAKE_PREFIX_PATH="$prefix" -DWANTED="$version" \
	-DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="${flags[*]}" >"$scratch/log" 2>&1 &&
	cmake --build "$scratch/out" >>"$scratch/log" 2>&1 || {
	cat "$scratch/log"
	say "find_package(nacre) does not work"
	exit 1
}
use "find_package, shared" "$scratch/out/with_shared"
use "find_package, static" "$scratch/out/with_static"

count=0
for header in "$prefix"/include/nacre/*.h; do
	name=nacre/${header##*/}
	printf '#include <%s>\n#include <%s>\n' "$name" "$name" >"$scratch/alone.c"
	"$cc" -std=c11 "${flags[@]}" -fsyntax-only -I "$prefix/include" "$scratch/alone.c"
	"${CXX:-c++}" -x c++ -std=c++17 "${flags[@]}" -fsyntax-only -I "$prefix/include" \
		"$scratch/alone.c"
	count=$((count + 1))
done
say "shared, static, CMake and $count headers work"
