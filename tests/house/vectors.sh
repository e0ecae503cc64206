#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vectors.sh PYTHON: tests/vectors/layers and tests/vectors/documents are what their scripts write, no
# file more and no file less, and they write the same a second time under another locale, time zone
# and hash seed.
set -eu
vectors=$(dirname "$(readlink -f "$0")")/../vectors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

write() { # write DIR PYTHON
	"$2" "$vectors/make.py" "$1"
	"$2" "$vectors/documents/make.py" "$1/documents"
}

write "$scratch/one" "$1"
(cd / && umask 077 && export LC_ALL=C TZ=Asia/Tokyo PYTHONHASHSEED=1 && write "$scratch/two" "$1")
diff -r "$scratch/one" "$scratch/two"
diff -r "$scratch/one/layers" "$vectors/layers"
diff -r --exclude=make.py --exclude=__pycache__ "$scratch/one/documents" "$vectors/documents"
