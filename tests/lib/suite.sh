# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Building a preset and running its tests. Sourced after packages.sh, in the top folder.

export PYTHONDONTWRITEBYTECODE=1
jobs=${JOBS:-$(nproc)}
suite_wrap=() # what ctest runs under

# suite_build PRESET [CMAKE-OPTION…]
suite_build() {
	local preset=$1

	shift
	# A build by root must not stand in the way of the next one by an ordinary user.
	if [ -d "build/$preset" ] && [ ! -O "build/$preset" ]; then
		as_root chown -R "$(id -u):$(id -g)" build || return 1
	fi
	cmake --preset "$preset" "$@" && cmake --build --preset "$preset" --parallel "$jobs"
}

# suite_test PRESET [CTEST-OPTION…]: as root, because owners and devices are tested too. What the
# tests leave in the build folder goes back to the caller. One test more than there are processors:
# many wait, for the disk to have what was flushed and for packages to come.
suite_test() {
	local preset=$1 scratch rc=0

	shift
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/nacre-tests.XXXXXX") || return 1
	chmod 755 "$scratch"
	as_root env TMPDIR="$scratch" PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 "${suite_wrap[@]}" \
		ctest --preset "$preset" --parallel $((jobs + 1)) --output-on-failure --no-tests=error \
		--timeout 900 "$@" || rc=$?
	as_root rm -rf "$scratch"
	[ "$(id -u)" -eq 0 ] || as_root chown -R "$(id -u):$(id -g)" "build/$preset"
	return "$rc"
}

# suite PRESET [CTEST-OPTION…]: both
suite() {
	suite_build "$1" && suite_test "$@"
}
