#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

@test "a new key is a private file that only its owner reads, and a public PEM" {
	umask 000
	nacre key new release
	[ "$(stat -c '%a' release.key)" = 600 ]
	head -n 1 release.key | grep -qx -- '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----'
	head -n 1 release.pub | grep -qx -- '-----BEGIN PUBLIC KEY-----'
}

@test "both types are made, and openssl knows them" {
	nacre key new --type ed25519 one
	nacre key new --type p256 two
	openssl pkey -pubin -in one.pub -noout -text | grep -qi ed25519
	openssl pkey -pubin -in two.pub -noout -text | grep -q prime256v1
}

@test "two keys are never the same" {
	nacre key new one
	nacre key new two
	run ! cmp -s one.pub two.pub
	run ! cmp -s one.key two.key
}

@test "the private file is what cosign writes" {
	COSIGN_PASSWORD=secret nacre key new release
	sed '1d;$d' release.key | base64 -d | jq -e '
		.kdf.name == "scrypt" and .kdf.params == {"N": 65536, "r": 8, "p": 1} and
		(.kdf.salt | @base64d | length) > 0 and
		.cipher.name == "nacl/secretbox" and (.ciphertext | length) > 0'
}

@test "the passphrase is asked again when the key is used" {
	make_context
	nacre build context -t oci:layout:v1
	COSIGN_PASSWORD=secret nacre key new release
	COSIGN_PASSWORD=Secret refused 1 release.key sign oci:layout:v1 --key release.key ||
		COSIGN_PASSWORD=Secret refused 3 release.key sign oci:layout:v1 --key release.key ||
		COSIGN_PASSWORD=Secret refused 4 release.key sign oci:layout:v1 --key release.key
	COSIGN_PASSWORD=secret nacre sign oci:layout:v1 --key release.key
	nacre verify oci:layout:v1 --key release.pub
}

@test "a passphrase file counts to the end of its first line" {
	make_context
	nacre build context -t oci:layout:v1
	printf 'secret\nnot this\n' >phrase
	unset COSIGN_PASSWORD
	nacre key new --passphrase-file phrase release
	COSIGN_PASSWORD=secret nacre sign oci:layout:v1 --key release.key
	nacre verify oci:layout:v1 --key release.pub
}

@test "no key file is ever written over" {
	nacre key new release
	refused 1 release.key key new release
	rm release.key
	refused 1 release.pub key new release
}

@test "an unknown type is a mistake of usage" {
	refused 2 rsa key new --type rsa release
}

@test "without locked memory it all works as well" {
	printf secret >phrase
	chmod 777 .
	chmod 644 phrase
	as_nobody bash -c 'ulimit -l 0 && "$@"' - nacre key new --passphrase-file phrase release
	as_nobody bash -c 'ulimit -l 0 && "$@"' - nacre key show --passphrase-file phrase release.key
}

@test "a passphrase is read into memory that is locked and not dumped" {
	local pid tries=100

	[ -z "$NACRE_SANITIZE" ] || skip "lacks mlock, which sanitizers leave out"
	mkfifo phrase
	"$NACRE" key new --passphrase-file phrase release &
	pid=$!
	exec 8>phrase
	printf sec >&8
	until grep -q '^VmLck:.* [1-9]' /proc/$pid/status; do
		[ $((tries--)) -gt 0 ]
		sleep 0.1
	done
	grep -q '^VmFlags:.* lo .*dd' /proc/$pid/smaps
	echo ret >&8
	exec 8>&-
	wait $pid
	COSIGN_PASSWORD=secret nacre key show release.key
}

@test "a descriptor's next line is a passphrase, and what is behind it is left" {
	local rest

	make_context
	nacre build context -t oci:layout:v1
	printf 'secret\nbehind\n' >phrase
	exec 7<phrase
	nacre key new --passphrase-fd 7 release
	read -r rest <&7
	exec 7<&-
	[ "$rest" = behind ]
	nacre key show --passphrase-fd 0 release.key <phrase
	echo secret | nacre sign oci:layout:v1 --key release.key --passphrase-fd 0
	nacre verify oci:layout:v1 --key release.pub
	echo | nacre key new --passphrase-fd=0 empty
	COSIGN_PASSWORD='' nacre key show empty.key
	COSIGN_PASSWORD=other nacre key new --passphrase-fd 9 other 9<phrase
	COSIGN_PASSWORD=secret nacre key show other.key
}

@test "a descriptor that cannot be read is refused, also one of our own" {
	local fd

	printf secret >phrase
	for fd in 3 4 5 6 9; do
		# In a shell of its own: the runner of these tests has descriptors open.
		refused_command 1 "--passphrase-fd $fd: Bad file descriptor" \
			bash -c 'exec 3<&- 4<&- 5<&- 6<&- 9<&-; "$@"' - \
			"$NACRE" key new --passphrase-fd $fd release
	done
	refused_command 1 "--passphrase-fd 0: Bad file descriptor" \
		bash -c '"$@" <&-' - "$NACRE" key new --passphrase-fd 0 release
	refused_command 1 "--passphrase-fd 7: Bad file descriptor" \
		bash -c '"$@" 7>>phrase' - "$NACRE" key new --passphrase-fd 7 release
	refused_command 1 "--passphrase-fd 7: Is a directory" \
		bash -c '"$@" 7<.' - "$NACRE" key new --passphrase-fd 7 release
	refused 1 "--passphrase-fd 0: ends before a passphrase" key new --passphrase-fd 0 release
	for fd in -1 x '' 7x 2147483648 99999999999999999999; do
		refused 2 "'$fd' is not the number of a descriptor" key new --passphrase-fd="$fd" release
	done
	refused 2 "--passphrase-file and --passphrase-fd exclude each other" \
		key new --passphrase-file phrase --passphrase-fd 0 release
	refused 2 "--passphrase-file and --passphrase-fd exclude each other" \
		sign oci:nowhere --key release.key --passphrase-file phrase --passphrase-fd 0
}

# opens PASSPHRASE: release.key, with that one
opens() {
	COSIGN_PASSWORD=$1 nacre key show release.key
}

@test "a passphrase is changed, and the key is the same" {
	local id

	COSIGN_PASSWORD=old nacre key new release
	id=$(nacre key show release.pub | grep ^id)
	echo new >new
	COSIGN_PASSWORD=old nacre key passwd release.key --new-passphrase-file new | grep -qx "$id"
	opens new | grep -qx "$id"
	run ! opens old
	[ "$(stat -c '%a' release.key)" = 600 ]
	printf 'new\nnewer\n' | nacre key passwd release.key --passphrase-fd 0 --new-passphrase-fd 0
	opens newer
	echo | COSIGN_PASSWORD=newer nacre key passwd release.key --new-passphrase-fd 0
	opens ''
	[ -z "$(find . -name '.nacre-*')" ]
}

@test "without the right old passphrase or a new one a key file stays as it is" {
	COSIGN_PASSWORD=old nacre key new release
	echo new >new
	ln release.key other
	COSIGN_PASSWORD=Old refused 1 "wrong passphrase" \
		key passwd release.key --new-passphrase-file new
	COSIGN_PASSWORD=old refused 1 "release.key: no new passphrase: give --new-passphrase-file" \
		key passwd release.key
	COSIGN_PASSWORD=old refused 1 "--new-passphrase-fd 0: ends before a passphrase" \
		key passwd release.key --new-passphrase-fd 0
	COSIGN_PASSWORD=old refused 1 nothing key passwd release.key --new-passphrase-file nothing
	COSIGN_PASSWORD=old refused 2 "--new-passphrase-file and --new-passphrase-fd exclude" \
		key passwd release.key --new-passphrase-file new --new-passphrase-fd 0
	refused 3 "release.pub: a public key has no passphrase" \
		key passwd release.pub --new-passphrase-file new
	refused 1 "none: No such file" key passwd none --new-passphrase-file new
	cmp release.key other
}

@test "what a link leads to gets the new passphrase, and its owner keeps it" {
	mkdir keys
	COSIGN_PASSWORD=old nacre key new keys/release
	chown 65534:65534 keys/release.key
	chmod 640 keys/release.key
	ln -s keys/release.key release.key
	echo new | COSIGN_PASSWORD=old nacre key passwd release.key --new-passphrase-fd 0
	[ -L release.key ]
	[ "$(stat -c '%u:%g %a %F' keys/release.key)" = "65534:65534 600 regular file" ]
	opens new
	mkfifo fifo
	refused 3 "fifo: not a regular file" key passwd fifo --new-passphrase-file /dev/null
}

@test "a key that is not encrypted becomes one that is, when asked" {
	openssl genpkey -algorithm ed25519 -out release.key
	chmod 644 release.key
	echo new >new
	refused 3 "release.key: a private key that is not encrypted; --plain takes it" \
		key passwd release.key --new-passphrase-file new
	openssl pkey -in release.key -pubout -out theirs.pub
	nacre key passwd --plain release.key --new-passphrase-file new
	opens new | grep -qx "$(nacre key show theirs.pub | grep ^id)"
	[ "$(stat -c '%a' release.key)" = 600 ]
	head -n 1 release.key | grep -qx -- '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----'
	# --plain asks for no more than that: an encrypted one is taken too
	echo newer | COSIGN_PASSWORD=new nacre key passwd --plain release.key --new-passphrase-fd 0
	opens newer
}

@test "COSIGN_PASSWORD is not left in the environment" {
	local pid tries=100

	COSIGN_PASSWORD=a-secret-word nacre key new release
	mkfifo phrase
	COSIGN_PASSWORD=a-secret-word "$NACRE" key passwd release.key --new-passphrase-file phrase &
	pid=$!
	exec 8>phrase
	while grep -q a-secret-word /proc/$pid/environ; do
		[ $((tries--)) -gt 0 ]
		sleep 0.1
	done
	echo new >&8
	exec 8>&-
	wait $pid
	opens new
}

@test "a key is shown with its hashes as openssl computes them" {
	local id hint type

	for type in ed25519 p256; do
		nacre key new --type $type $type
		openssl pkey -pubin -in $type.pub -outform DER -out der
		id=$(openssl dgst -sha256 -hex -r der | cut -d' ' -f1)
		hint=$(openssl dgst -sha256 -binary der | base64)
		run -0 nacre key show $type.pub
		[ "${lines[1]}" = "id    $id" ]
		[ "${lines[2]}" = "hint  $hint" ]
		[ "${lines[3]}" = "half  public" ]
		nacre key show --json $type.key | jq -e --arg id "$id" --arg hint "$hint" \
			'. == {type: .type, id: $id, hint: $hint, half: "private"}'
	done
	[ "$(nacre key show --json p256.pub | jq -r .type)" = P-256 ]
}

@test "a public key that was lost is made of the private one" {
	local type

	for type in ed25519 p256; do
		COSIGN_PASSWORD=hush nacre key new --type $type $type
		COSIGN_PASSWORD=hush nacre key show --public $type.key | cmp - $type.pub
		nacre key show --public $type.pub | cmp - $type.pub
	done
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out plain 2>/dev/null
	chmod 600 plain
	openssl pkey -in plain -pubout -out theirs
	nacre key show --public plain | cmp - theirs
	refused 1 "wrong passphrase" key show --public p256.key
	refused 2 "exclude each other" key show --public --json p256.pub
}

@test "a private key that others may read is a warning, and a public one is not" {
	local mode

	nacre key new release
	for mode in 640 604; do
		chmod $mode release.key
		run -0 --separate-stderr nacre key show release.key
		[ "$stderr" = "nacre: warning: release.key: a private key that others may read, mode 0$mode" ]
		[ "${#lines[@]}" -eq 4 ]
	done
	chmod 600 release.key
	run -0 --separate-stderr nacre key show release.key
	[ -z "$stderr" ]
	run -0 --separate-stderr nacre key show release.pub
	[ -z "$stderr" ]
}
