#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Images by nacre in the hands of the tools that others use: they take them, and see the same.

load ../lib/common

# An image of three layers, as the peers that know no zstd want it.
make_image() {
	make_base context/base.tar
	write context/dist/bin/shop <<<'#!/bin/sh'
	chmod 755 context/dist/bin/shop
	write context/nacre.yaml <<-'R'
	nacre: 1
	name: shop
	from: rootfs:base.tar
	layers:
	  - name: first
	    steps:
	      - copy:   {from: dist, to: /srv/app, owner: "10001:10002"}
	      - link:   {path: /usr/bin/shop, to: /srv/app/bin/shop}
	      - remove: {path: /usr/share/doc}
	  - name: second
	    steps:
	      - file:   {path: /etc/shop.conf, text: "listen = 8080\n"}
	      - remove: {path: /etc/group}
	config:
	  user: app
	  entrypoint: [/usr/bin/shop]
	  workdir: /srv/app
	R
	nacre build context -t oci:layout:v1 --compression "${1:-gzip}" >/dev/null
}

# storage COMMAND ARGUMENT…: podman or buildah on storage of its own. podman takes only a short name
# for what it keeps while it runs; and both want / to be a mount point, which it is not in a bare
# chroot.
storage() {
	local command=$1 enter=()

	shift
	if ! awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo; then
		mkdir -p "$scratch/root"
		mountpoint -q "$scratch/root" || mount --rbind / "$scratch/root"
		enter=(chroot "$scratch/root" env -C "$scratch")
	fi
	"${enter[@]}" "$command" --root "$scratch/storage" --runroot "$run_root" \
		--storage-driver "${driver:-vfs}" "$@"
}

teardown() {
	cd /
	if mountpoint -q "$scratch/root"; then
		umount -R -l "$scratch/root"
	fi
	if mountpoint -q "$scratch/storage"; then
		umount -R -l "$scratch/storage"
	fi
	[ -z "${run_root-}" ] || rm -rf "$run_root"
}

@test "skopeo inspects it, and sees the digest and the labels that nacre wrote" {
	make_image zstd
	skopeo inspect oci:layout:v1 >seen
	[ "$(jq -r .Digest seen)" = "$(digest_of layout v1)" ]
	[ "$(jq -r '.Layers | length' seen)" -eq 3 ]
	skopeo inspect --config oci:layout:v1 | jq -e '.config.User == "app"'
}

@test "skopeo copies it to a directory byte for byte" {
	make_image zstd
	skopeo --insecure-policy copy -q --preserve-digests oci:layout:v1 dir:copy
	cmp <(manifest layout v1) copy/manifest.json
	for blob in $(manifest layout v1 | jq -r '.config.digest, .layers[].digest'); do
		cmp "$(blob_path layout "$blob")" "copy/${blob#sha256:}"
	done
}

@test "skopeo turns it into a docker archive with the same DiffIDs" {
	make_image gzip
	skopeo --insecure-policy copy -q oci:layout:v1 docker-archive:out.tar:shop:v1
	local config
	config=$(tar -xOf out.tar manifest.json | jq -r '.[0].Config')
	[ "$(tar -xOf out.tar "$config" | jq -c .rootfs.diff_ids)" = \
		"$(config layout v1 | jq -c .rootfs.diff_ids)" ]
}

@test "umoci unpacks the same rootfs" {
	make_image gzip
	umoci unpack --image layout:v1 bundle
	nacre unpack oci:layout:v1 rootfs --unsigned
	same_tree bundle/rootfs rootfs
	jq -e '.process.args == ["/usr/bin/shop"] and .process.cwd == "/srv/app" and
		.process.user.uid == 10001' bundle/config.json
}

@test "buildah takes it and mounts the same rootfs" {
	make_image zstd
	local container mounted
	run_root=$(mktemp -d /tmp/run.XXXXXX)
	container=$(storage buildah from --signature-policy "$BATS_TEST_DIRNAME/policy.json" \
		oci:layout:v1)
	mounted=$(storage buildah mount "$container")
	nacre unpack oci:layout:v1 rootfs --unsigned
	# Only its root is the storage's own.
	same_tree "$mounted" rootfs >differences || true
	grep -q '^18 entries, ' differences
	run ! grep -vE '^\.: (mode|mtime): |^18 entries' differences
	storage buildah umount "$container"
	storage buildah rm "$container"
}

# The overlay driver unpacks each layer by itself: a layer that puts something into /tmp and does not
# say what /tmp is would make it 0755 and root's for everybody.
@test "the overlay driver keeps the attributes of directories that a later layer writes into" {
	local container mounted driver=overlay
	write context/nacre.yaml <<-'R'
	nacre: 1
	from: scratch
	epoch: 2026-01-01T00:00:00Z
	allow: {world-writable: [/tmp]}
	layers:
	  - name: below
	    steps:
	      - dir:  {path: /tmp, mode: "1777"}
	      - dir:  {path: /srv/app, owner: "10001:10002", mode: "0750"}
	      - file: {path: /srv/app/old, text: "old"}
	  - name: above
	    steps:
	      - file:   {path: /tmp/new, text: "new"}
	      - remove: {path: /srv/app/old}
	R
	nacre build context -t oci:layout:v1 --compression gzip >/dev/null
	nacre unpack oci:layout:v1 rootfs --unsigned
	run_root=$(mktemp -d /tmp/run.XXXXXX)
	# Of its own, because overlay does not stack upon an overlay without trusted.* attributes.
	mkdir storage
	mount -t tmpfs tmpfs storage
	container=$(storage buildah from --signature-policy "$BATS_TEST_DIRNAME/policy.json" \
		oci:layout:v1)
	mounted=$(storage buildah mount "$container")
	# What was mounted behind a chroot is seen there.
	[ -d "$mounted/tmp" ] || mounted=$scratch/root$mounted
	[ "$(stat -c '%a %u:%g %Y' "$mounted/tmp")" = "1777 0:0 1767225600" ]
	[ "$(stat -c '%a %u:%g %Y' "$mounted/srv/app")" = "750 10001:10002 1767225600" ]
	same_tree "$mounted" rootfs >differences || true
	run ! grep -vE '^\.: (mode|mtime): |^[0-9]+ entries' differences
	storage buildah umount "$container"
	storage buildah rm "$container"
}

@test "podman loads an archive of the layout, with the image ID that nacre said" {
	make_image zstd
	local id
	id=$(manifest layout v1 | jq -r .config.digest)
	run_root=$(mktemp -d /tmp/run.XXXXXX)
	tar -C layout -cf image.tar .
	storage podman load --signature-policy "$BATS_TEST_DIRNAME/policy.json" -i image.tar
	storage podman image inspect "${id#sha256:}" >seen
	[ "$(jq -r '.[0].Id' seen)" = "${id#sha256:}" ]
	[ "$(jq -c '.[0].RootFS.Layers' seen)" = "$(config layout v1 | jq -c .rootfs.diff_ids)" ]
}

@test "what skopeo wrote, nacre unpacks" {
	make_image gzip
	skopeo --insecure-policy copy -q oci:layout:v1 oci:again:v1
	nacre verify oci:again:v1 --unsigned --deep
	nacre unpack oci:again:v1 one --unsigned
	nacre unpack oci:layout:v1 two --unsigned
	same_tree one two
}

# change ROOT: what a container does to a root file system, something of each kind.
change() {
	rm "$1/usr/bin/shop" "$1/etc/shop.conf"
	rm -r "$1/usr/share"
	mkdir -p "$1/usr/share/new" "$1/opt/a/b"
	echo new >"$1/usr/share/new/file"
	ln "$1/usr/share/new/file" "$1/opt/a/b/again"
	ln -s ../b "$1/opt/a/b/link"
	rm -r "$1/srv/app/bin"
	echo "no directory" >"$1/srv/app/bin"
	chmod 1777 "$1/opt"
	chown 10001:10002 "$1/opt/a"
	find "$1" -newermt '-10 minutes' -exec touch -h -d @1700000005 {} +
}

# Its layers end at their last member's border.
@test "what umoci repacked, nacre unpacks" {
	make_image gzip
	umoci unpack --image layout:v1 bundle
	change bundle/rootfs
	umoci repack --image layout:v2 bundle
	layer layout v2 3 | tar -tf - | grep -q '^usr/bin/\.wh\.shop$'
	nacre unpack oci:layout:v2 rootfs --unsigned
	same_tree bundle/rootfs rootfs
}

# With the overlay driver its whiteouts and opaque directories come from the kernel.
@test "what buildah committed of an overlay, nacre unpacks" {
	local container mounted driver=overlay
	make_image gzip
	run_root=$(mktemp -d /tmp/run.XXXXXX)
	mkdir storage
	mount -t tmpfs tmpfs storage
	container=$(storage buildah from --signature-policy "$BATS_TEST_DIRNAME/policy.json" \
		oci:layout:v1)
	mounted=$(storage buildah mount "$container")
	[ -d "$mounted/usr" ] || mounted=$scratch/root$mounted
	change "$mounted"
	storage buildah commit -q --signature-policy "$BATS_TEST_DIRNAME/policy.json" \
		"$container" oci:committed:v1 >/dev/null
	layer committed v1 3 | tar -tf - | grep -q '\.wh\.\.wh\.\.opq$'
	nacre unpack oci:committed:v1 rootfs --unsigned
	same_tree "$mounted" rootfs >differences || true
	grep -q ' entries, ' differences
	run ! grep -vE '^\.: (mode|mtime): |^[0-9]+ entries' differences
	storage buildah umount "$container"
	storage buildah rm "$container"
}

@test "podman loads nacre's archive, and nacre reads those of podman, skopeo and buildah" {
	make_image gzip
	local id name container
	id=$(manifest layout v1 | jq -r .config.digest)
	nacre key new release
	nacre sign oci:layout:v1 --key release.key
	nacre copy oci:layout:v1 oci-archive:ours.tar --no-signatures
	run_root=$(mktemp -d /tmp/run.XXXXXX)
	storage podman load --signature-policy "$BATS_TEST_DIRNAME/policy.json" -i ours.tar
	[ "$(storage podman image inspect "${id#sha256:}" | jq -r '.[0].Id')" = "${id#sha256:}" ]
	# With signatures it lists more than one; by its tag it is read all the same.
	nacre copy oci:layout:v1 oci-archive:signed.tar
	skopeo --insecure-policy copy -q oci-archive:signed.tar:v1 dir:taken
	cmp taken/manifest.json <(manifest layout v1)
	storage podman save --signature-policy "$BATS_TEST_DIRNAME/policy.json" -q --format oci-archive \
		-o podman.tar "${id#sha256:}"
	skopeo --insecure-policy copy -q oci:layout:v1 oci-archive:skopeo.tar:v1
	container=$(storage buildah from --signature-policy "$BATS_TEST_DIRNAME/policy.json" "${id#sha256:}")
	storage buildah commit -q --signature-policy "$BATS_TEST_DIRNAME/policy.json" \
		"$container" oci-archive:buildah.tar >/dev/null
	nacre unpack oci:layout:v1 ours --unsigned
	for name in podman skopeo buildah; do
		nacre verify oci-archive:$name.tar --unsigned --deep
		nacre unpack oci-archive:$name.tar $name --unsigned
		same_tree ours $name
	done
	storage buildah rm "$container"
}
