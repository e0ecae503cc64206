#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What is measured with must itself be right: floors that hash and unpack what they say, and a
# report that says no target is met which is not.

load ../lib/common

bench=$BATS_TEST_DIRNAME/../bench

make_floor() {
	local cflags=(-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -pthread) deep

	cc "${cflags[@]}" -o floor "$bench"/floor*.c -lzstd -lz -lcrypto
	cc "${cflags[@]}" -o measure "$bench/measure.c"
	cc "${cflags[@]}" -o nothing "$bench/nothing.c"
	deep=tree/sub/$(printf '%0100d' 1)/$(printf '%0100d' 2)
	mkdir -p "$deep"
	head -c 9000000 /dev/urandom >tree/large
	echo some >tree/sub/small
	echo deep >"$deep/file"
	touch tree/empty
	chmod 4751 tree/sub/small
	ln -s small tree/sub/link
	ln -s "$(printf '%0150d' 3)" tree/sub/long
	mkfifo tree/fifo
	find tree -exec touch -h -d @1700000000 {} +
}

listing() { # DIR
	(cd "$1" && find . -mindepth 1 -printf '%y %p %m %U %G %T@ %l\n' | sort)
}

@test "floors hash what they say, make a tar that others read, and unpack the same tree" {
	make_floor
	for how in zstd gzip; do
		./floor pack tree out.$how $how >sums
		"$how" -dc <out.$how >tar
		[ "$(sed -n 1p sums)" = "$(sha256sum <tar)" ]
		sed -n 2p sums | sha256sum -c
		./floor deep out.$how >deep
		[ "$(sort deep)" = "$(sort sums)" ]
		./floor unpack out.$how new.$how >unpacked
		[ "$(sort unpacked)" = "$(sort sums)" ]
		mkdir tar.$how
		tar -xpf tar -C tar.$how
		for other in new.$how tar.$how; do
			diff <(listing tree) <(listing $other)
			diff -r --no-dereference -x fifo tree $other
		done
	done
	[ "$(./floor hash tree/large tree/sub/small | sort)" = \
		"$(sha256sum tree/large tree/sub/small | sort)" ]
	./floor walk tree && ./floor tree tree && ./nothing
}

@test "a command that fails is no measurement" {
	make_floor
	./measure times 1 true
	[ "$(cut -f5 times)" -eq 0 ]
	run ./measure times 3 false
	[ "$status" -eq 1 ]
	bats_require_minimum_version 1.5.0
	run -127 ./measure times 1 ./nothing-here
}

@test "a report holds each round against its own reference, and says what is missed" {
	{
		printf 'job\tcorpus\tname\trole\tround\twall\tuser\tsystem\trss_kib\tbytes\n'
		printf 'build-zstd\tdeb\tnacre build\tnacre\t%d\t%s\t1\t0\t1024\t0\n' 1 0.8 2 1.6 3 9
		printf 'build-zstd\tdeb\ttar\treference\t%d\t%s\t2\t0\t1024\t0\n' 1 1 2 2 3 10
		printf 'check\tdeb\tnacre check\tnacre\t%d\t%s\t1\t0\t1024\t0\n' 1 1.3 2 2.6
		printf 'check\tdeb\tfloor\treference\t%d\t%s\t1\t0\t1024\t0\n' 1 1 2 2
	} >results
	echo "nacre 0" >versions
	python3 "$bench/report.py" results "$bench/targets.tsv" versions plot.svg >report
	grep -F 'wall 0.80 of 0.85 x: met; cpu 0.50 of 0.65 x: met' report
	grep -F 'wall 1.30 of 1.2 x: missed' report
}
