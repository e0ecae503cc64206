#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What the cage of the workers is like for who uses nacre. What it is worth, lib/planted.py shows.

load ../lib/common

make_image() {
	make_base context/base.tar
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: rootfs:base.tar
	layers: [{name: more, steps: [{file: {path: /etc/motd, text: "hello\n"}}]}]
	R
	nacre build context -t oci:layout:v1 >/dev/null
}

@test "what the cage lacks is a warning, and a failure when it is required" {
	make_image
	without_chroot() {
		setpriv --bounding-set -sys_chroot --inh-caps -sys_chroot "$NACRE" "$@"
	}
	without_chroot unpack oci:layout:v1 rootfs --unsigned 2>warnings
	[ "$(wc -l <warnings)" -eq 1 ]
	grep -q '^nacre: .*warning: the cage of the worker that writes lacks a root of its own' warnings
	nacre unpack oci:layout:v1 whole --unsigned --require-cage
	same_tree whole rootfs
	refused_command 1 "the cage of the worker that writes lacks a root of its own" \
		without_chroot unpack oci:layout:v1 more --unsigned --require-cage
	# The worker that reads has no use for one.
	without_chroot verify oci:layout:v1 --unsigned --deep --require-cage
	without_chroot ls oci:layout:v1 --require-cage >/dev/null
}

@test "an ordinary user has all of the cage" {
	need_namespaces
	make_image
	mkdir theirs
	chown 65534:65534 theirs
	as_nobody nacre unpack oci:layout:v1 theirs/rootfs --unsigned --no-owner --require-cage
	as_nobody nacre verify oci:layout:v1 --unsigned --deep --require-cage
	[ "$(cat theirs/rootfs/etc/motd)" = hello ]
}

# without_call NUMBER COMMAND…: where the kernel does not have a system call yet.
without_call() {
	"$PYTHON" - "$@" <<-'P'
	import ctypes, os, sys
	seccomp = ctypes.CDLL("libseccomp.so.2")
	seccomp.seccomp_init.restype = ctypes.c_void_p
	context = ctypes.c_void_p(seccomp.seccomp_init(0x7fff0000))
	if seccomp.seccomp_rule_add(context, 0x50000 | 38, int(sys.argv[1]), 0) or \
	        seccomp.seccomp_load(context):
	    sys.exit("no filter")
	os.execv(sys.argv[2], sys.argv[2:])
	P
}

@test "fifos and devices have their modes and owners on kernels without fchmodat2, too" {
	mkdir -p context/fs
	mkfifo -m 0640 context/fs/one
	mkfifo -m 0622 context/fs/two
	mknod -m 0666 context/fs/null c 1 3
	chown 5:6 context/fs/two
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: rootfs:fs/
	R
	nacre build context -t oci:layout:v1 >/dev/null
	without_call 452 "$NACRE" unpack oci:layout:v1 rootfs --unsigned --devices
	same_tree context/fs rootfs
}

# begin_unpack: in the background, on an image that takes a while; sets pid, and workers to those that
# it has started. Nothing but that is waited for.
begin_unpack() {
	pid=
	"$NACRE" unpack oci:layout:v1 rootfs --unsigned >/dev/null 2>errors &
	pid=$!
	workers=
	while [ -z "$workers" ] && kill -0 "$pid" 2>/dev/null; do
		workers=$(pgrep -P "$pid" || true)
	done
	[ -n "$workers" ]
}

are_gone() {
	local worker
	for worker; do
		# One that has ended and that nobody has asked for yet has gone, too.
		! grep -q '^State:[[:space:]][^Z]' "/proc/$worker/status" 2>/dev/null || return 1
	done
}

make_large() {
	mkdir -p context
	truncate -s 300M context/zeros
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: scratch
	layers: [{name: zeros, steps: [{copy: {from: zeros, to: /zeros}}]}]
	R
	nacre build context -t oci:layout:v1 --compression none >/dev/null
}

@test "a signal to the command ends its workers, and leaves nothing" {
	local code=0
	make_large
	begin_unpack
	kill -TERM "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 143 ]
	are_gone $workers
	grep -q 'stopped by SIGTERM' errors
	[ ! -e rootfs ]
	[ -z "$(find . -name '.nacre-*')" ]
}

@test "workers do not outlive a command that is killed, and the next one sweeps up" {
	make_large
	begin_unpack
	kill -KILL "$pid"
	wait "$pid" || true
	while ! are_gone $workers; do sleep 0.01; done
	[ ! -e rootfs ]
	nacre unpack oci:layout:v1 rootfs --unsigned >/dev/null
	[ "$(stat -c %s rootfs/zeros)" -eq $((300 << 20)) ]
	[ -z "$(find . -name '.nacre-*')" ]
}
