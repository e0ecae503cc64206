#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The build cache: what is known is not done again, whatever is known the image is the same, and
# nothing that happens to the cache is an error.

load ../lib/common

make_ctx() { # make_ctx DIR
	mkdir -p "$1/src/deep"
	seq 1 30000 >"$1/src/numbers"
	head -c 3000000 /dev/urandom >"$1/src/noise"
	echo one >"$1/src/deep/one"
	echo two >"$1/src/deep/two"
	tar -C arch --owner=0 --group=0 --mtime=@7 -cf "$1/arch.tar" usr
	write "$1/nacre.yaml" <<-E
	nacre: 1
	name: it
	from: scratch
	accounts: {users: [{name: app, uid: 10002, gid: 10002}], groups: [{name: app, gid: 10002}]}
	stages:
	  tools:
	    from: scratch
	    steps:
	      - copy: {from: src/deep, to: /deep}
	layers:
	  - name: app
	    steps:
	      - dir: {path: /srv, owner: app}
	      - copy: {from: src, to: /srv}
	      - archive: {from: arch.tar, to: /opt}
	      - remove: {path: /opt/usr/inside}
	  - name: more
	    steps:
	      - copy: {stage: tools, from: /deep, to: /etc/deep}
	      - file: {path: /etc/x, text: "x\n"}
	E
}

# Files that were changed just now are not remembered: they may change again without a sign of it.
# So all tests wait once, together.
setup_file() {
	cd "$BATS_FILE_TMPDIR"
	mkdir -p arch/usr
	echo inside >arch/usr/inside
	head -c 200000 /dev/urandom >arch/usr/blob
	for i in {1..30}; do
		make_ctx "ctx$i"
	done
	sleep 3.1
}

begin() {
	export NACRE_CACHE=$PWD/cache
	unset NACRE_CACHE_BYTES
	mv "$BATS_FILE_TMPDIR/ctx$BATS_TEST_NUMBER" ctx
}

settle() {
	sleep 3.1
}

# parts [ARG…]: "HIT PLACE WHAT" for each part of a build, reasons in `why`.
parts() {
	nacre build ctx -t oci:out:v1 --explain --json "$@" >built.json
	jq -r '.parts[] | "\(if .hit then "hit" else "miss" end) \(.place) \(.what)"' built.json >parts
	jq -r '.parts[] | select(.hit | not) | .why' built.json >why
	cat parts why
}

misses() {
	grep -c '^miss' parts || true
}

# same_as_new: what was built last is what a build without a cache gives, byte for byte.
same_as_new() {
	rm -rf new
	nacre build ctx -t oci:new:v1 --no-cache -q >/dev/null
	cmp out/index.json new/index.json
}

# files_read COMMAND…: regular files of the context that were read. Leaks are looked for by tracing, too.
files_read() {
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -f -qq -e trace=openat -e signal=none -o trace "$@" >/dev/null 2>&1
	sed -n 's/.*openat([0-9]*, "\([^"]*\)", O_RDONLY[^=]*= [0-9].*/\1/p' trace |
		grep -xE 'numbers|noise|one|two|arch.tar' | sort
}

@test "a second build does nothing again, and gives the same image" {
	begin
	parts
	[ "$(misses)" = "$(wc -l <parts)" ]
	cp out/index.json first
	parts
	[ "$(misses)" = 0 ]
	grep -qx 'hit layer app archive' parts
	grep -qx 'hit layer app accounts' parts
	grep -qx 'hit stage tools copy' parts
	grep -qx 'hit layer more content' parts
	cmp out/index.json first
	nacre build ctx -t oci:out:v1 --assert-cached -q
	same_as_new
}

@test "what is known is not read: neither files nor archives" {
	begin
	files_read "$NACRE" build ctx -t oci:out:v1 >cold
	[ "$(sort -u cold | tr '\n' ' ')" = "arch.tar noise numbers one two " ]
	# The archive is looked at: it is opened, and its digest known by what it is.
	files_read "$NACRE" build ctx -t oci:out:v1 >warm
	[ "$(cat warm)" = arch.tar ]
	echo three >ctx/src/deep/one
	files_read "$NACRE" build ctx -t oci:out:v1 >changed
	[ "$(sort -u changed | tr '\n' ' ')" = "arch.tar noise numbers one two " ] || cat changed
	same_as_new
}

@test "a file that changed is found by its name, and only what it takes is done again" {
	begin
	parts
	echo other >ctx/src/deep/one
	parts
	grep -qx 'miss stage tools copy' parts
	grep -qx 'miss layer app copy' parts
	grep -qx 'hit layer app archive' parts
	grep -qx 'hit layer app dir' parts
	grep -qx 'miss layer more copy' parts
	grep -qx 'hit layer more file' parts
	grep -qx 'deep/one changed' why
	grep -qx 'stage tools changed' why
	grep -qx 'the image before it changed' why
	same_as_new
	parts
	[ "$(misses)" = 0 ]
	rm ctx/src/deep/two
	echo new >ctx/src/deep/three
	parts
	grep -qx 'deep/three is new, deep/two is gone' why
	same_as_new
}

@test "a change of the recipe is a change of its step" {
	begin
	parts
	sed -i 's/text: "x/text: "y/' ctx/nacre.yaml
	parts
	grep -qx 'miss layer more file' parts
	[ "$(misses)" = 2 ]
	grep -qx 'not done before as the recipe has it' why
	same_as_new
	SOURCE_DATE_EPOCH=5 parts
	grep -qx 'miss layer app dir' parts
	# back again: all of it is known
	parts
	[ "$(misses)" = 0 ]
}

@test "one byte of a large layer: all parts but few are taken as they were" {
	begin
	head -c 40000000 /dev/urandom >ctx/src/noise
	settle
	parts
	printf x | dd of=ctx/src/noise bs=1 seek=20000000 conv=notrunc status=none
	parts
	grep -xE 'made anew; [0-9]+ of [0-9]+ compressed parts were known' why >layer
	found=$(grep -oE '[0-9]+' layer | sed -n 1p) all=$(grep -oE '[0-9]+' layer | sed -n 2p)
	[ "$all" -ge 10 ] && [ $((all - found)) -le 3 ] && [ "$found" -lt "$all" ]
	same_as_new
}

@test "the same content under other times is the same step" {
	begin
	parts
	touch ctx/src/numbers ctx/src/deep/one
	parts
	[ "$(misses)" = 0 ]
}

@test "a change that leaves size and mtime alone is seen" {
	begin
	parts
	before=$(stat -c %y ctx/src/deep/one)
	printf 'eno\n' >ctx/src/deep/one
	touch -d "$before" ctx/src/deep/one
	parts
	grep -qx 'deep/one changed' why
	same_as_new
}

@test "a file that was changed a moment ago is read again next time" {
	begin
	for i in 1 2 3 4 5 6; do
		echo "$i$i" >ctx/src/deep/one
		parts >/dev/null
		[ "$(layer out v1 | tar -xO srv/deep/one)" = "$i$i" ]
	done
	same_as_new
}

@test "--assert-cached fails on a miss, names it, and writes nothing" {
	begin
	run --separate-stderr nacre build ctx -t oci:none:v1 --assert-cached
	[ "$status" -eq 1 ]
	[[ "$stderr" = *"nacre.yaml:9:9: copy of stage tools is not in the cache: not done before"* ]]
	[ ! -e none ]
	nacre build ctx -t oci:out:v1 -q
	nacre build ctx -t oci:out:v1 --assert-cached -q
	cp out/index.json before
	echo z >ctx/src/deep/one
	run --separate-stderr nacre build ctx -t oci:out:v1 --assert-cached
	[ "$status" -eq 1 ]
	[[ "$stderr" = *"nacre.yaml:9:9: copy of stage tools is not in the cache: one changed"* ]]
	cmp out/index.json before
	run --separate-stderr nacre build ctx --assert-cached --no-cache
	[ "$status" -eq 2 ]
}

@test "--no-cache neither reads the cache nor writes to it" {
	begin
	nacre build ctx -t oci:out:v1 --no-cache -q
	[ ! -e cache/build.db ]
	parts
	rm -rf before && cp -r cache before
	parts --no-cache
	[ "$(misses)" = "$(wc -l <parts)" ]
	grep -qx 'there is no cache' why
	diff -r before cache
}

@test "another layout gets its layers out of the cache" {
	begin
	for how in zstd gzip:1 none; do
		rm -rf out
		nacre build ctx -t oci:out:v1 --compression $how -q
		rm -rf second
		nacre build ctx -t oci:second:v1 --compression $how -q
		cmp out/index.json second/index.json
		nacre verify oci:second:v1 --unsigned --deep >/dev/null 2>&1 ||
			nacre plan oci:second:v1 --unsigned >/dev/null
	done
	rm -rf second
	nacre build ctx -t oci:second:v1 --assert-cached -q
}

@test "a base that is an image is not decompressed again, nor one that is a tarball" {
	begin
	make_base base.tar
	write base/nacre.yaml <<-'E'
	nacre: 1
	from: rootfs:../base.tar
	layers: [{name: a, steps: [{file: {path: /etc/base, text: "b"}}]}]
	E
	touch -d 2020-01-01 base.tar
	sleep 3.1
	nacre build base -t oci:img:v1 -q
	nacre build base -t oci:img:v1 --assert-cached -q
	cp img/index.json first
	sed -i 's/^from: scratch/from: oci:..\/img:v1/; /^accounts/d; s/, owner: app//' ctx/nacre.yaml
	parts
	grep -qx 'miss image it oci:../img:v1' parts
	parts
	[ "$(misses)" = 0 ]
	same_as_new
	# without what was read, the same is read again
	rm -rf cache/blobs
	parts
	grep -qx 'miss image it oci:../img:v1' parts
	grep -qx 'the cache has no longer what is in it' why
	grep -qx 'the cache has no longer what was in the archive' why
	same_as_new
}

@test "a damaged cache is set aside, or what is damaged is made again" {
	begin
	parts
	for file in cache/blobs/sha256/*; do
		size=$(stat -c %s "$file")
		printf '\377' | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none
	done
	rm -rf out
	parts
	same_as_new
	parts
	[ "$(misses)" = 0 ]
	for file in cache/blobs/sha256/*; do
		truncate -s 1 "$file"
	done
	rm -rf out
	parts
	same_as_new
	head -c 5000 /dev/urandom >cache/build.db
	rm -f cache/build.db-wal cache/build.db-shm
	parts
	[ -e cache/build.db.damaged ]
	[ "$(misses)" = "$(wc -l <parts)" ]
	same_as_new
	parts
	[ "$(misses)" = 0 ]
	# damage in the middle, which opening does not show
	sqlite3 cache/build.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	size=$(stat -c %s cache/build.db)
	head -c $((size / 2)) /dev/urandom | dd of=cache/build.db bs=4096 seek=2 conv=notrunc status=none
	rm -f cache/build.db-wal cache/build.db-shm
	nacre build ctx -t oci:out:v1 -q
	same_as_new
	nacre build ctx -t oci:out:v1 -q
	parts
	[ "$(misses)" = 0 ]
}

@test "a cache of another program or version is left to it" {
	begin
	mkdir -p cache
	chmod 700 cache
	sqlite3 cache/build.db 'CREATE TABLE mine (a); INSERT INTO mine VALUES (1)'
	parts
	[ "$(sqlite3 cache/build.db.damaged 'SELECT a FROM mine')" = 1 ]
	sqlite3 cache/build.db 'PRAGMA user_version = 99'
	parts
	[ "$(misses)" = "$(wc -l <parts)" ]
	same_as_new
}

@test "a row that says something else than it was given says nothing" {
	begin
	parts
	sqlite3 cache/build.db "UPDATE entries SET value = replace(value, 'a', 'b') WHERE kind != 8"
	rm -rf out
	parts
	same_as_new
}

@test "a cache that others may write to is not used" {
	begin
	mkdir -p cache
	chmod 777 cache
	run --separate-stderr nacre build ctx -t oci:out:v1 -q
	[ "$status" -eq 0 ]
	[[ "$stderr" = *"warning: cache $PWD/cache: not used: others may write to it"* ]]
	[ ! -e cache/build.db ]
	same_as_new
}

@test "a cache that cannot be made is no error" {
	begin
	NACRE_CACHE=/proc/none nacre build ctx -t oci:out:v1 -q
	same_as_new
	NACRE_CACHE='' XDG_CACHE_HOME=/proc/none nacre build ctx -t oci:out:v1 -q
}

@test "builds at once use one cache" {
	begin
	for i in 1 2 3 4 5 6; do
		nacre build ctx -t "oci:out$i:v1" -q >/dev/null 2>"err$i" 3>&- &
	done
	wait
	cat err*
	nacre build ctx -t oci:out:v1 --assert-cached -q
	same_as_new
	for i in 1 2 3 4 5 6; do
		[ ! -s "err$i" ]
		cmp "out$i/index.json" new/index.json
	done
}

@test "builds that are killed at any moment leave a cache that is of use" {
	begin
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$NACRE" build ctx -t oci:killed:v1 -q >/dev/null 2>&1 3>&- &
		sleep "0.0$i"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
	done
	parts
	same_as_new
	[ ! -e cache/build.db.damaged ]
	[ -z "$(find cache -name '.nacre-*')" ]
	parts
	[ "$(misses)" = 0 ]
}

@test "the cache stays within its bound, and what was used last stays" {
	begin
	export NACRE_CACHE_BYTES=8000000
	for i in 1 2 3 4 5 6; do
		head -c 3000000 /dev/urandom >ctx/src/noise
		touch -d 2020-01-01 ctx/src/noise
		nacre build ctx -t oci:out:v1 -q
	done
	[ "$(du -sb cache/blobs | cut -f 1)" -le 8100000 ]
	[ "$(sqlite3 cache/build.db 'SELECT sum(bytes) <= 8000000 FROM entries')" = 1 ]
	sleep 3.1
	nacre build ctx -t oci:out:v1 -q
	parts
	[ "$(misses)" = 0 ]
	same_as_new
	for text in 0 x -1 1k; do
		NACRE_CACHE_BYTES=$text run --separate-stderr nacre build ctx -t oci:out:v1
		[ "$status" -eq 2 ]
		[[ "$stderr" = *NACRE_CACHE_BYTES* ]]
	done
}

@test "a file that nothing in the cache stands for goes when room is needed" {
	begin
	parts
	rm cache/build.db*
	export NACRE_CACHE_BYTES=5000000
	head -c 2000000 /dev/urandom >ctx/src/noise
	nacre build ctx -t oci:out:v1 -q
	nacre build ctx -t oci:out:v1 -q
	[ "$(du -sb cache/blobs | cut -f 1)" -le 5100000 ]
	same_as_new
}

@test "what is left out of the context is no input" {
	begin
	echo '*.log' >ctx/.nacreignore
	parts
	echo noise >ctx/src/a.log
	parts
	[ "$(misses)" = 0 ]
	same_as_new
}

@test "a fetched file that has gone is fetched again, and that is no hit" {
	begin
	mkdir -p outside
	echo fetched >outside/file
	write ctx/nacre.yaml <<-E
	nacre: 1
	from: scratch
	layers:
	  - name: a
	    steps:
	      - fetch: {url: "file://$PWD/outside/file", sha256: $(sha256sum outside/file | cut -d ' ' -f 1), to: /f}
	E
	parts
	parts
	[ "$(misses)" = 0 ]
	rm cache/inputs/sha256/*
	parts
	grep -qx 'miss layer a fetch' parts
	grep -qx 'it had to be fetched' why
	same_as_new
}
