#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Each example of examples/ is built and used as its README says. Labelled "slow": Debian's packages
# come over the network.

load ../lib/common
load ../lib/matrix

# example NAME: what it says at its end.
example() {
	run --separate-stderr "$lib/../../examples/$1/run" "$BATS_FILE_TMPDIR/$1"
	[ "$status" -eq 0 ] || {
		echo "$output" "$stderr" >&2
		return 1
	}
	[[ "${lines[-1]}" = "example: "* ]]
}

# share TARBALL FROM TO: what one example has fetched, another need not fetch again.
share() {
	mkdir -p "$BATS_FILE_TMPDIR/$3"
	[ ! -f "$BATS_FILE_TMPDIR/$2/$1" ] || ln "$BATS_FILE_TMPDIR/$2/$1" "$BATS_FILE_TMPDIR/$3/$1"
}

@test "a static program is all that its image holds, and runs" {
	example static
	[[ "${lines[-1]}" = *"hello, nacre"* ]]
}

@test "a Python web application on Debian answers over HTTP, and its health check passes" {
	example webapp
	[[ "${lines[-1]}" = *'"count": 3'* ]]
	nacre inspect "oci:$BATS_FILE_TMPDIR/webapp/layout:v1" --json >inspected
	grep -q 'org.opencontainers.image.vendor' inspected
}

@test "a multi-stage image has python and no shell" {
	share debian.tar webapp distroless
	example distroless
	[[ "${lines[-1]}" = *" 0 shells"* ]]
}

@test "an image for a micro-VM boots" {
	example microvm
	[[ "${lines[-1]}" = *"microvm: Linux "*" is up"* ]]
}

# What took part in each example is its context, which they leave in their folders. Compressing is
# another matter (reproducible.bats): here it would only take its time.
@test "each example is the same image in all surroundings" {
	local name

	for name in static webapp distroless microvm; do
		rm -rf ctx
		cp -a "$BATS_FILE_TMPDIR/$name/context" ctx
		chmod -R a+rX ctx
		same_everywhere ctx --compression none || { echo "in $name"; return 1; }
	done
}

@test "each example is built twice in one, and is the same" {
	local name how

	for name in static webapp distroless microvm; do
		for how in zstd gzip:1; do
			nacre build "$BATS_FILE_TMPDIR/$name/context" -t oci:twice:v1 --check -q \
				--compression "$how"
		done
	done
}

@test "every example has a README and a run of its own" {
	local dir

	for dir in "$lib"/../../examples/*/; do
		[ -x "$dir/run" ]
		[ -s "$dir/README.md" ]
		[ -s "$dir/nacre.yaml" ]
	done
}
