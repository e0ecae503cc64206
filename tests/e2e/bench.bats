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

# columns: job name role entries rss_kib user, and then the wall time of each round
results() {
	local job name role entries rss user wall round

	printf 'job\tcorpus\tname\trole\tround\twall\tuser\tsystem\trss_kib\tcode\tbytes\tentries\n'
	while IFS=, read -r job name role entries rss user walls; do
		round=0
		for wall in $walls; do
			round=$((round + 1))
			printf '%s\tdeb\t%s\t%s\t%d\t%s\t%s\t0\t%d\t0\t0\t%d\n' \
				"$job" "$name" "$role" $round "$wall" "$user" "$rss" "$entries"
		done
	done
}

report() {
	echo "nacre 0" >versions
	python3 "$bench/report.py" results "$bench/targets.tsv" versions plot.svg "$@" >report
}

@test "a report holds each round against its own reference, and says what is missed" {
	results >results <<-'END'
		build-zstd,nacre build,nacre,1000,1024,1,0.8 1.6 9
		build-zstd,tar,reference,1000,1024,2,1 2 10
		check,nacre check,nacre,1000,1024,1,1.3 2.6
		check,floor,reference,1000,1024,1,1 2
	END
	report
	grep -F 'wall 0.80 of 0.85 x: met; cpu 0.50 of 0.65 x: met' report
	grep -F 'wall 1.30 of 1.2 x: missed' report
}

@test "what a target gives for nothing is given once" {
	results >results <<-'END'
		build-again,nacre build,nacre,1000,1024,1,0.175
		build-again,floor walk,reference,1000,1024,1,0.1
	END
	report
	grep -F 'wall 1.55 of 1.5 x + 20 ms: missed' report
}

@test "a target may be held against another row, and one that is not there is no target met" {
	results >results <<-'END'
		unpack-gzip,nacre unpack,nacre,1000,1024,1,0.4 0.4
		unpack-gzip,bsdtar,reference,1000,1024,1,1 1
		unpack-gzip,igzip; tar -xp; 2 sha256,peer,1000,1024,2,1 1
	END
	sed -i 's/igzip; tar -xp; /igzip, tar -xp, /' results
	report
	grep -F "wall 0.40 of 0.5 x: met; cpu 0.50 of 0.7 x of 'igzip, tar -xp, 2 sha256': met" report
	sed -i '/igzip/d' results
	report
	grep -F "no 'igzip, tar -xp, 2 sha256' to compare with" report
}

@test "memory has a bound by the entries, and that of the worst round counts" {
	results >results <<-'END'
		check,nacre check,nacre,1000000,314573,1,1 1
		check,floor,reference,1000000,1024,1,1 1
	END
	report
	grep -F 'memory 307 of 308 MiB: met' report
	sed -i '2s/314573/325000/' results
	report
	grep -F 'memory 317 of 308 MiB: missed' report
}

@test "growth is judged at each size, not only at the largest" {
	head -n 1 <(results </dev/null) >results
	{
		printf 'axis\tsize\tjob\tround\twall\tuser\tsystem\trss_kib\tcode\n'
		printf 'entries\t%d\tbuild\t1\t%s\t1\t0\t%d\t0\n' 1000 1 102400 1000000 1000 102400
	} >growth.tsv
	report growth.tsv growth.svg
	grep -Fx -e '- build: time grows with the power 1.00; at 1000 entries, memory 100 of 64 MiB: missed' report
}

@test "growth is measured, tabled and drawn" {
	make_floor
	head -n 1 <(results </dev/null) >results
	mkdir bin
	ln -s "$NACRE" bin/nacre
	ln -s "$PWD/measure" bin/measure
	PATH=$PWD/bin:$PATH NACRE_GROWTH_ENTRIES='10 1500' NACRE_GROWTH_MIB=1 NACRE_GROWTH_LAYERS='1 120' \
		"$bench/growth.sh" "$PWD/growth" growth.tsv 1
	[ "$(cut -f1-3,9 growth.tsv | grep -c '	0$')" -eq 15 ]
	report growth.tsv growth.svg
	grep -E '^\| 1500 \|' report
	grep -E '^- unpack: time grows with the power [0-9.-]+; at (1|120) layers, memory [0-9]+ of 67 MiB' report
	[ ! -x "$(command -v gnuplot)" ] || grep -q '</svg>' growth.svg
}
