#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vectors.sh PYTHON: tests/vectors/layers is what make.py writes, no file more and no file less, and
# it writes the same a second time under another locale, time zone and hash seed.
set -eu
vectors=$(dirname "$(readlink -f "$0")")/../vectors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$1" "$vectors/make.py" "$scratch/one"
(cd / && umask 077 && LC_ALL=C TZ=Asia/Tokyo PYTHONHASHSEED=1 "$1" "$vectors/make.py" "$scratch/two")
diff -r "$scratch/one/layers" "$scratch/two/layers"
diff -r "$scratch/one/layers" "$vectors/layers"
