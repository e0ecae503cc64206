#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What holds for the command as such: help, options, output, terminal, signals, surroundings.

load ../lib/common

# shellcheck disable=SC2016 # what another shell is to expand

@test "each command of the overview has a help, asked for in either way" {
	local -a names
	mapfile -t names < <(nacre help | sed -nE 's/^  (([a-z]+ )+)\[?[A-Z].*/\1/p' | grep -v '^help')
	[ "${#names[@]}" -ge 7 ]
	for name in "${names[@]}"; do
		# shellcheck disable=SC2086
		nacre help $name >one
		# shellcheck disable=SC2086
		nacre $name --help >two
		cmp one two
		head -n 1 one | grep -q "^usage: nacre $name"
	done
}

@test "a mistake in a word brings the word that was meant" {
	refused 2 "near is 'build'" biuld
	refused 2 "near is --tag" build --tga oci:layout:v1
	refused 2 "near is 'layer-bytes'" build --limit layer-byte=1k
	refused 2 "document-bytes" build --limit frob=1k
	refused 2 "'key new'" key
	refused 2 "'key nwe'" key nwe
	refused 2 "see nacre key new --help" key new
}

@test "an option that is given twice or in vain is refused" {
	make_signed
	cp release.pub again.pub
	refused 2 "--json is given twice" inspect oci:layout:v1 --json --json
	refused 2 "--unsigned" verify oci:layout:v1 --unsigned --key release.pub
	refused 2 "--threshold needs --key" verify oci:layout:v1 --unsigned --threshold 1
	refused 2 "--identity needs --key" verify oci:layout:v1 --unsigned --identity a/b
	refused 2 "the same key as release.pub" verify oci:layout:v1 --key release.pub --key again.pub
	refused 2 "--xattrs" unpack oci:layout:v1 rootfs --unsigned --xattrs some
	refused 2 "--platform" inspect oci:layout:v1 --platform amd64
	refused 2 "--key is missing" sign oci:layout:v1
	refused 2 "--limit" inspect oci:layout:v1 --limit layers=0
	refused 2 "--limit" inspect oci:layout:v1 --limit layers
	refused 2 "--limit" inspect oci:layout:v1 --limit layers=1K
}

@test "a private key in the place of a public one is said to be one" {
	make_signed
	refused 3 "release.key: a private key" verify oci:layout:v1 --key release.key
}

@test "a limit on the command line holds" {
	make_signed
	refused 3 layer verify oci:layout:v1 --unsigned --deep --limit layer-members=2
	refused 3 layer unpack oci:layout:v1 rootfs --unsigned --limit layer-members=2
	refused 3 'more than 10 bytes' build context -t oci:layout:v2 --limit recipe-bytes=10
}

@test "only a name that was signed is taken, when one is asked for" {
	make_context
	nacre build context -t oci:layout:v1
	nacre key new release
	nacre sign oci:layout:v1 --key release.key --identity example.org/shop:1.4
	nacre verify oci:layout:v1 --key release.pub --identity example.org/shop:1.4
	nacre verify oci:layout:v1 --key release.pub --identity example.org/shop
	refused 4 v1 verify oci:layout:v1 --key release.pub --identity example.org/shop:1.5
	refused 4 v1 unpack oci:layout:v1 rootfs --key release.pub --identity example.org/other
}

@test "a standard output that takes nothing is an error" {
	make_signed
	run -1 --separate-stderr bash -c '"$NACRE" inspect oci:layout:v1 >/dev/full'
	[ "$stderr" = "nacre: inspect oci:layout:v1: standard output: No space left on device" ]
	run -1 bash -c '"$NACRE" --version >&-'
	run -1 bash -c 'exec 3> >(:); wait $!; "$NACRE" help >&3 2>err'
	[ "$(<err)" = "nacre: standard output: Broken pipe" ]
}

@test "no file that is opened becomes somebody's standard output" {
	make_context
	nacre build context -t oci:first:v1
	"$NACRE" build context -t oci:second:v1 2>&- <&-
	run -1 bash -c '"$NACRE" build context -t oci:third:v1 <&- >&- 2>&-'
	diff -r first second
	diff -r first third
}

@test "what is wrong with a name cannot speak to the terminal" {
	refused 1 'a\x1b[31mb\x07\n\xff' inspect $'oci:a\e[31mb\a\n\xff:v1'
	! LC_ALL=C grep -q $'[\001-\010\013-\037\177-\237]' "$BATS_TEST_TMPDIR/err"
}

@test "SOURCE_DATE_EPOCH is a whole number or a mistake of usage" {
	make_context
	local value
	for value in '' yesterday -1 1.5 ' 1' 1k 99999999999999999999 253402300800; do
		SOURCE_DATE_EPOCH=$value refused 2 SOURCE_DATE_EPOCH build context -t oci:layout:v1
	done
}

@test "the store is NACRE_STORE, else in XDG_DATA_HOME, else in HOME" {
	make_context
	nacre build context -t shop:1
	[ -f store/index.json ]
	unset NACRE_STORE
	XDG_DATA_HOME=$scratch/data nacre build context -t shop:1
	[ -f data/nacre/store/index.json ]
	XDG_DATA_HOME=relative nacre build context -t shop:1
	[ -f home/.local/share/nacre/store/index.json ]
	[ ! -e relative ]
	env -u HOME "$NACRE" build context -t oci:layout:v1
	refused_command 2 store env -u HOME "$NACRE" build context -t shop:1
}

@test "without root, unpacking says what does without" {
	make_signed
	mkdir out
	chown 65534 out
	refused_command 1 --no-owner as_nobody nacre unpack oci:layout:v1 out/rootfs --unsigned
	as_nobody nacre unpack oci:layout:v1 out/rootfs --unsigned --no-owner
	[ "$(stat -c %u out/rootfs/srv/app)" = 65534 ]
}

@test "a passphrase is a file's, else the variable's, else there is no key" {
	unset COSIGN_PASSWORD
	refused 1 COSIGN_PASSWORD key new release
	printf 'se\0cret' >phrase
	refused 1 NUL key new --passphrase-file phrase release
	head -c 1025 /dev/zero | tr '\0' x >phrase
	refused 1 1024 key new --passphrase-file phrase release
	refused 1 nothing key new --passphrase-file nothing release
	printf secret >phrase
	COSIGN_PASSWORD=other nacre key new --passphrase-file phrase release
	COSIGN_PASSWORD=secret nacre key show release.key
	COSIGN_PASSWORD=other refused 1 "wrong passphrase" key show release.key
	nacre key show --passphrase-file <(echo secret) release.key
	[ "$(nacre key show release.pub | grep ^id)" = "$(COSIGN_PASSWORD=secret nacre key show release.key |
		grep ^id)" ]
}

# typed ANSWER… -- ARGUMENT…: nacre at a terminal, where each question gets the next answer
typed() {
	"$PYTHON" - "$NACRE" "$@" <<-'P'
	import os, pty, sys
	nacre, *rest = sys.argv[1:]
	split = rest.index("--")
	answers, words = rest[:split], rest[split + 1:]
	pid, terminal = pty.fork()
	if pid == 0:
	    os.execv(nacre, [nacre, *words])
	seen = asked = b""
	while True:
	    try:
	        data = os.read(terminal, 1000)
	    except OSError:
	        break
	    if not data:
	        break
	    seen, asked = seen + data, asked + data
	    if asked.endswith(b": ") and answers:
	        os.write(terminal, answers.pop(0).encode() + b"\n")
	        asked = b""
	sys.stdout.write(seen.decode())
	sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	P
}

@test "a terminal is asked twice for a new passphrase, and shows nothing of it" {
	unset COSIGN_PASSWORD
	run -0 typed hush hush -- key new release
	[[ $output == *"Passphrase for release: "*"Once more, for release: "* ]]
	[[ $output != *hush* ]]
	COSIGN_PASSWORD=hush nacre key show release.key
	run -0 typed hush -- key show release.key
	[[ $output == *"half  private"* ]]
	run -1 typed hush hash -- key new other
	[[ $output == *"not the same"* ]]
	run -1 typed "" "" -- key new other
	[[ $output == *"no passphrase"* ]]
	run -0 typed hush word word -- key passwd release.key
	[[ $output == *"Passphrase for release.key: "*"New passphrase for release.key: "*"Once more, "* ]]
	[[ $output != *word* ]]
	COSIGN_PASSWORD=word nacre key show release.key
	run -1 typed word hush hash -- key passwd release.key
	[[ $output == *"not the same"* ]]
	COSIGN_PASSWORD=word nacre key show release.key
	run -1 typed hush -- key new --passphrase-fd 0 other
	[[ $output == *"--passphrase-fd 0: a terminal"* ]]
	[ ! -e other.key ]
	[ ! -e other.pub ]
}

@test "a signal stops it with one line and the signal's exit code" {
	local pair pid status
	unset COSIGN_PASSWORD
	mkfifo phrase
	for pair in TERM:143 INT:130; do
		# A shell's background command ignores SIGINT; env gives it back.
		env --default-signal=INT "$NACRE" key new --passphrase-file phrase release 2>err &
		pid=$!
		exec 8>phrase # waits until it has been opened
		kill -"${pair%:*}" $pid
		status=0
		wait $pid || status=$?
		exec 8>&-
		[ "$status" -eq "${pair#*:}" ]
		[ "$(<err)" = "nacre: key new: stopped by SIG${pair%:*}" ]
		[ ! -e release.key ]
	done
}

@test "--verbose says the steps on standard error, and the results stay as they are" {
	make_context
	nacre build context -t oci:layout:v1 >one
	run -0 --separate-stderr nacre build context -t oci:layout:v1 --verbose
	[ "$output" = "$(<one)" ]
	[[ $stderr == *"nacre: "* ]]
	run -0 --separate-stderr nacre build context -t oci:layout:v1 -q
	[ "$output" = "$(<one)" ]
	[ -z "$stderr" ]
}

completed() { # completed WORD…: what bash offers for the last word
	local COMP_WORDS=("$NACRE" "$@") COMP_CWORD=$# COMPREPLY=()

	_nacre
	echo "${COMPREPLY[*]}"
}

@test "bash completes commands, options and files" {
	# shellcheck source=/dev/null
	. "$lib/../../cli/completion.bash"
	[ "$(completed uns)" = "" ]
	[ "$(completed un)" = unpack ]
	[ "$(completed key n)" = new ]
	[ "$(completed key p)" = passwd ]
	[ "$(completed build --comp)" = --compression ]
	[ "$(completed key new --p)" = "--passphrase-file --passphrase-fd" ]
	touch some-file
	[ "$(completed build some)" = some-file ]
}
