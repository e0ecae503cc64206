#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

# With the built command under its own name.
console() {
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$NACRE" "$BATS_TEST_TMPDIR/bin/nacre"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH "$PYTHON" "$lib/console.py" "$lib/../../docs/$1"
}

@test "the commands of docs/unpacking.md print what it says" {
	console unpacking.md
}

@test "the commands of docs/trust.md print what it says" {
	console trust.md
}

@test "a document that says something else is found out" {
	local docs=$scratch/docs

	mkdir "$docs"
	printf '```console\n$ echo one\none\n$ cat <<E\n> two\n> E\nt…o\n```\n' >"$docs/good"
	"$PYTHON" "$lib/console.py" "$docs/good"
	printf '```console\n$ echo one\none\n$ echo two\nt…e\n```\n' >"$docs/bad"
	run -1 "$PYTHON" "$lib/console.py" "$docs/bad"
	[[ $output == *'$ echo two'* ]]
	printf '```console\n$ echo one; echo two\none\n```\n' >"$docs/short"
	run -1 "$PYTHON" "$lib/console.py" "$docs/short"
	run -1 "$PYTHON" "$lib/console.py" /dev/null
}
