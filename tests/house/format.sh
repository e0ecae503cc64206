#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# clang-format has nothing to change in any C file. Its versions differ in small things, so this
# runs in .ci/run with the formatter of Debian 12 (14) and not in every ctest.
set -eu
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

mapfile -d '' -t files < <(find base builder cli examples formats include layers sign tests \
	-name '*.[ch]' -print0 | sort -z)
[ ${#files[@]} -gt 0 ]
version=$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')
if [ "$version" -ne 14 ]; then
	echo "format: ${#files[@]} files are written by clang-format 14, this is $version: not judged"
	exit 0
fi
clang-format --dry-run -Werror "${files[@]}"
echo "format: ${#files[@]} files as clang-format $version has them"
