#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Images made out of other images: nacre squash, config, rebase, commit.

load ../lib/common

# oci:layout:v1 of four layers, with what layers can do to each other: files replaced and removed, a
# directory made opaque, a hard link into a lower layer, a link that later layers go through.
make_layers() {
	make_base base.tar
	mkdir -p context
	write context/nacre.yaml <<-'E'
	nacre: 1
	from: rootfs:base.tar
	epoch: 2026-01-01T00:00:00Z
	layers:
	  - name: app
	    ghosts: keep
	    steps:
	      - file: {path: /srv/app/one, text: "one\n"}
	      - file: {path: /srv/app/two, text: "two\n"}
	      - link: {path: /opt, to: srv}
	  - name: change
	    steps:
	      - file: {path: /srv/app/one, text: "another one\n"}
	      - remove: {path: /usr/share/doc}
	config: {entrypoint: [/bin/tool], env: {A: one, B: two}, labels: {x: "1"}}
	E
	mv base.tar context
	nacre build context -t oci:layout:v1 --compression gzip --quiet >/dev/null
	mkdir -p upper/srv/app upper/opt/more
	: >upper/srv/app/.wh..wh..opq
	echo three >upper/srv/app/three
	ln upper/srv/app/three upper/srv/app/same
	echo more >upper/opt/more/file
	find upper -exec touch -h -d @1700000001.25 {} +
	tar -C upper --numeric-owner --sort=name --format=posix -cf upper.tar srv opt/more
	umoci raw add-layer --image layout:v1 --history.created_by 'by hand' \
		--history.created 2026-01-02T00:00:00Z upper.tar
}

layers_of() { # layers_of LAYOUT TAG: descriptors, a line each
	manifest "$1" "$2" | jq -c '.layers[]'
}

history_of() { # history_of LAYOUT TAG: "by", with "-" in front of what made no layer
	config "$1" "$2" | jq -r '.history[] | (if .empty_layer then "-" else "" end) + .created_by'
}

unpacked() { # unpacked TAG DIR, with another reader of DIR.umoci
	nacre unpack --unsigned "oci:layout:$1" "$2" >/dev/null
	umoci unpack --image "layout:$1" "$2.umoci" >/dev/null
}

# ------------------------------------------------------------------------ squash

@test "an image that is squashed has one layer and the same tree, for other readers too" {
	make_layers
	nacre squash oci:layout:v1 --unsigned -t oci:layout:flat --compression gzip >id
	[ "$(layers_of layout flat | wc -l)" = 1 ]
	[ "$(config layout flat | sha256sum | cut -d' ' -f1)" = "$(sed s/sha256:// id)" ]
	unpacked v1 old
	unpacked flat new
	same_tree old new
	same_tree old.umoci/rootfs new.umoci/rootfs
	# What is no more there is not in the layer, and no whiteout either.
	layer layout flat >flat.tar
	! tar -tf flat.tar | grep -E '\.wh\.|share/doc|app/(one|two)'
	nacre lint oci:layout:flat
	nacre verify --deep --unsigned oci:layout:flat
	skopeo copy oci:layout:flat oci:copied:flat
	[ "$(config layout v1 | jq -cS .config)" = "$(config layout flat | jq -cS .config)" ]
}

@test "the layers below and above a range stay the same blobs" {
	make_layers
	nacre squash oci:layout:v1 --unsigned --from 2 --to 3 -t oci:other:v1 2>said >/dev/null
	layers_of layout v1 >before
	layers_of other v1 >after
	[ "$(wc -l <after)" = 3 ]
	[ "$(sed -n 1p before)" = "$(sed -n 1p after)" ]
	[ "$(sed -n 4p before)" = "$(sed -n 3p after)" ]
	[ "$(grep -c 'as it was' said)" = 2 ]
	sed -n 2p after | grep -q dev.nacre.layer.entries
	nacre unpack --unsigned oci:layout:v1 old >/dev/null
	nacre unpack --unsigned oci:other:v1 new >/dev/null
	same_tree old new
	# A whiteout for what the layer below has, none for what both layers made between them.
	"$PYTHON" "$lib/ocilayers.py" other v1 --layer 1 | tar -tf - >names
	grep -x 'usr/share/.wh.doc' names
	[ "$(grep -c '\.wh\.' names)" = 1 ]
	grep -x 'srv/app/one' names
}

@test "the history still tells of every layer, with an entry for each that is there" {
	make_layers
	history_of layout v1 >before
	[ "$(grep -vc ^- before)" = 4 ]
	nacre squash oci:layout:v1 --unsigned --from 2 --to 3 -t oci:layout:some \
		--compression gzip --comment why >/dev/null
	diff - <(history_of layout some) <<-E
	$(sed -n 1p before)
	-nacre: app
	-nacre: change
	nacre: squash
	by hand
	E
	[ "$(config layout some | jq -r '.history[3].comment')" = why ]
	nacre squash oci:layout:v1 --unsigned -t oci:layout:all >/dev/null
	[ "$(history_of layout all | grep -v ^-)" = 'nacre: squash' ]
	[ "$(history_of layout all | wc -l)" = 5 ]
	# skopeo wants an entry for each layer when it makes a Docker image of it.
	skopeo copy oci:layout:some dir:docker --format v2s2
}

@test "what two layers make and take away again leaves no layer" {
	make_layers
	mkdir -p a b
	echo x >a/x
	: >b/.wh.x
	tar -C a -cf a.tar x
	tar -C b -cf b.tar .wh.x
	umoci raw add-layer --image layout:v1 a.tar
	umoci raw add-layer --image layout:v1 b.tar
	nacre squash oci:layout:v1 --unsigned --from 5 -t oci:layout:v2 >/dev/null
	[ "$(layers_of layout v2 | wc -l)" = 4 ]
	[ "$(history_of layout v2 | tail -n 1)" = '-nacre: squash' ]
	nacre unpack --unsigned oci:layout:v2 root >/dev/null
	[ ! -e root/x ]
}

@test "squashing twice gives the same bytes, and the time is the image's or the caller's" {
	make_layers
	nacre squash oci:layout:v1 --unsigned -t oci:a:v1 >/dev/null
	nacre squash oci:layout:v1 --unsigned -t oci:b:v1 --jobs 3 >/dev/null
	diff -r a b
	nacre squash oci:a:v1 --unsigned -t oci:a:v2 >/dev/null
	[ "$(layers_of a v1)" = "$(layers_of a v2)" ]
	[ "$(config a v1 | jq -r .created)" = 2026-01-01T00:00:00Z ]
	SOURCE_DATE_EPOCH=0 nacre squash oci:layout:v1 --unsigned -t oci:b:v2 >/dev/null
	[ "$(config b v2 | jq -r '.created, .history[-1].created' | uniq)" = 1970-01-01T00:00:00Z ]
}

@test "an image of Docker's media types becomes one of OCI's" {
	make_layers
	skopeo copy oci:layout:v1 dir:docker --format v2s2
	skopeo copy dir:docker oci:again:v1
	manifest layout v1 >/dev/null
	# The documents of Docker in a layout, as some tools write them.
	local digest size
	mkdir -p mixed
	cp -a again/. mixed
	digest=$(sha256sum docker/manifest.json | cut -d' ' -f1)
	size=$(stat -c %s docker/manifest.json)
	cp docker/manifest.json "mixed/blobs/sha256/$digest"
	jq -r '.layers[].digest, .config.digest' docker/manifest.json | cut -d: -f2 | while read -r hex; do
		cp "docker/$hex" mixed/blobs/sha256/
	done
	jq -n --arg d "sha256:$digest" --argjson s "$size" '{schemaVersion: 2, manifests: [{
		mediaType: "application/vnd.docker.distribution.manifest.v2+json", digest: $d, size: $s,
		annotations: {"org.opencontainers.image.ref.name": "v1"}}]}' >mixed/index.json
	nacre squash oci:mixed:v1 --unsigned --to 2 -t oci:out:v1 >/dev/null
	! manifest out v1 | grep docker
	nacre unpack --unsigned oci:layout:v1 old >/dev/null
	nacre unpack --unsigned oci:out:v1 new >/dev/null
	same_tree old new
}

@test "squash needs to be told whom to trust, a name and layers that are there" {
	make_signed
	refused 2 "nothing says whom to trust" squash oci:layout:v1 -t oci:new:v1
	refused 2 "--tag is missing" squash oci:layout:v1 --unsigned
	refused 2 "no layer 2: the image has 1" squash oci:layout:v1 --unsigned -t oci:new:v1 --to 2
	refused 2 "no layer 3: the image has 1" squash oci:layout:v1 --unsigned -t oci:new:v1 --from 3
	refused 2 "a digest cannot be given" squash oci:layout:v1 --unsigned \
		-t "oci:new@$(digest_of layout v1)"
	nacre key new other
	refused 4 "none by a given key" squash oci:layout:v1 --key other.pub -t oci:new:v1
	nacre squash oci:layout:v1 --key release.pub -t oci:new:v1
	nacre squash "oci:layout@$(digest_of layout v1)" -t oci:new:v2
	make_layers
	refused 2 "layer 3 does not lie below layer 2" squash oci:layout:v1 --unsigned \
		-t oci:new:v3 --from 3 --to 2
}

@test "a damaged layer in the range is refused, and nothing is written" {
	make_layers
	local path

	path=$(blob_path layout "$(manifest layout v1 | jq -r '.layers[1].digest')")
	printf x | dd of="$path" bs=1 seek=20 conv=notrunc status=none
	refused 3 "layer 2 of 4: blob sha256:" squash oci:layout:v1 --unsigned -t oci:new:v1
	refused 3 "layer 2 of 4: blob sha256:" squash oci:layout:v1 --unsigned --from 3 -t oci:new:v1
	refused 3 "(limit layer-members)" squash oci:layout:v1 --unsigned --to 1 -t oci:new:v1 \
		--limit layer-members=3
}

# ------------------------------------------------------------------------ config

@test "config changes what it is told, and nothing else" {
	make_layers
	nacre config oci:layout:v1 --unsigned -t oci:layout:v2 --user app:10002 --env B=three --env C= \
		--unset-env A --label y=2 --unset-label x --workdir /srv --port 53/udp --port 8080 \
		--volume /data --stopsignal SIGINT --author me --annotation a.b=c \
		--healthcheck CMD --healthcheck /bin/tool --cmd=-v --cmd x >id
	diff - <(config layout v2 | jq -c .config) <<-'E'
	{"User":"app:10002","ExposedPorts":{"53/udp":{},"8080/tcp":{}},"Env":["B=three","C="],"Entrypoint":["/bin/tool"],"Cmd":["-v","x"],"Volumes":{"/data":{}},"WorkingDir":"/srv","Labels":{"y":"2"},"StopSignal":"SIGINT","Healthcheck":{"Test":["CMD","/bin/tool"]}}
	E
	[ "$(config layout v2 | jq -r .author)" = me ]
	[ "$(manifest layout v2 | jq -c .annotations)" = '{"a.b":"c"}' ]
	[ "$(layers_of layout v1)" = "$(layers_of layout v2)" ]
	[ "$(config layout v1 | jq -c '.rootfs, .os')" = "$(config layout v2 | jq -c '.rootfs, .os')" ]
	[ "$(history_of layout v2)" = "$(history_of layout v1; echo '-nacre: config')" ]
	[ "$(skopeo inspect --config oci:layout:v2 | jq -r .config.User)" = app:10002 ]
	# And all of it taken away again is what there was at first.
	nacre config oci:layout:v2 --unsigned -t oci:layout:v3 --unset-user --unset-env B \
		--unset-env C --env A=one --env B=two --unset-label y --label x=1 --unset-workdir \
		--unset-port 53/udp --unset-port 8080 --unset-volume /data --unset-stopsignal \
		--unset-author --unset-annotation a.b --unset-healthcheck --unset-cmd >/dev/null
	[ "$(config layout v1 | jq -c .config)" = "$(config layout v3 | jq -c .config)" ]
	[ "$(manifest layout v3 | jq .annotations)" = null ]
}

@test "umoci makes the same of the same changes" {
	make_layers
	nacre config oci:layout:v1 --unsigned -t oci:layout:v2 --env A=9 --workdir /srv --label l=m \
		--entrypoint /bin/tool --entrypoint go --cmd fast >/dev/null
	umoci config --image layout:v1 --tag v3 --config.env A=9 --config.workingdir /srv \
		--config.label l=m --config.entrypoint /bin/tool --config.entrypoint go \
		--config.cmd fast
	diff <(config layout v2 | jq -S .config) <(config layout v3 | jq -S .config)
}

@test "a new entrypoint takes the old words away, as in recipes" {
	make_signed
	nacre config oci:layout:v1 --unsigned -t oci:layout:v2 --cmd one >/dev/null
	nacre config oci:layout:v2 --unsigned -t oci:layout:v3 --entrypoint /bin/x >/dev/null
	[ "$(config layout v3 | jq -c '[.config.Entrypoint, .config.Cmd]')" = '[["/bin/x"],null]' ]
	nacre config oci:layout:v2 --unsigned -t oci:layout:v4 --unset-entrypoint --cmd two >/dev/null
	[ "$(config layout v4 | jq -c '[.config.Entrypoint, .config.Cmd]')" = '[null,["two"]]' ]
}

@test "members of a config that nacre does not know stay" {
	make_signed
	local config hex
	config=$(config layout v1 | jq -c '.config.Shell = ["/bin/ash"] | .config.OnBuild = ["x"]')
	hex=$(printf %s "$config" | sha256sum | cut -d' ' -f1)
	printf %s "$config" >"layout/blobs/sha256/$hex"
	change ".config.digest = \"sha256:$hex\" | .config.size = ${#config}"
	nacre config oci:layout:v1 --key release.pub -t oci:layout:v2 --env A=b >/dev/null
	[ "$(config layout v2 | jq -c '[.config.Shell, .config.OnBuild]')" = '[["/bin/ash"],["x"]]' ]
}

@test "what a config cannot be is refused" {
	make_signed
	set -- config oci:layout:v1 --unsigned -t oci:layout:v2
	refused 2 "nothing to change" "$@"
	refused 2 "--env: 'A' is not NAME=VALUE" "$@" --env A
	refused 2 "--user and --unset-user exclude each other" "$@" --user a --unset-user
	refused 2 "port: 'x' is not a number from 1" "$@" --port x
	refused 2 "port: '65536' is not a number from 1" "$@" --port 65536
	refused 2 "workdir: 'srv' is not an absolute path" "$@" --workdir srv
	refused 2 "workdir: '/a/../b' is not a path without" "$@" --workdir /a/../b
	refused 2 "volume: '/' is not" "$@" --volume /
	refused 2 "'TERM' is not a signal like SIGTERM" "$@" --stopsignal TERM
	refused 2 "did you mean 'SIGTERM'" "$@" --stopsignal TERM
	refused 2 "user: '' is not" "$@" --user ""
	refused 2 "healthcheck: the first word is CMD" "$@" --healthcheck /bin/x
	refused 1 "env: there is no 'NONE'" "$@" --unset-env NONE
	refused 1 "label: there is no 'none'" "$@" --unset-label none
	refused 1 "port: there is no '80/tcp'" "$@" --unset-port 80
	refused 1 "workdir: there is none" "$@" --unset-workdir
	refused 1 "healthcheck: there is none" "$@" --unset-healthcheck
	refused 3 "UTF-8" "$@" --env $'A=\xff'
}

# ------------------------------------------------------------------------ commit

@test "a changed directory becomes one layer, which gives the directory again" {
	make_layers
	nacre unpack --unsigned oci:layout:v1 root >/dev/null
	echo motd >root/etc/motd
	rm -r root/srv/app
	ln root/usr/bin/tool root/usr/bin/third-tool
	chmod 700 root/var/empty
	chown 5:6 root/usr/bin/ping
	setcap cap_net_admin=ep root/usr/bin/ping
	ln -sfn nowhere root/opt
	mkfifo root/fifo
	# The same size and time, other bytes.
	printf 'ROOT' | dd of=root/etc/passwd bs=4 conv=notrunc status=none
	touch -d @1700000000 root/etc/passwd
	nacre commit root oci:layout:v1 --unsigned -t oci:layout:v2 --compression gzip \
		--comment 'by hand' >/dev/null
	[ "$(layers_of layout v2 | head -n 4)" = "$(layers_of layout v1)" ]
	[ "$(layers_of layout v2 | wc -l)" = 5 ]
	[ "$(config layout v2 | jq -r '.history[-1] | .created_by, .comment' | tr '\n' ' ')" = \
		'nacre: commit by hand ' ]
	unpacked v2 again
	same_tree root again
	same_tree root again.umoci/rootfs
	nacre verify --deep --unsigned oci:layout:v2
	# No more than what changed, with the directories on the way.
	diff - <(layer layout v2 4 | tar -tf - | sort) <<-'E'
	./
	etc/
	etc/motd
	etc/passwd
	fifo
	opt
	srv/
	srv/.wh.app
	usr/
	usr/bin/
	usr/bin/ping
	usr/bin/same-tool
	usr/bin/third-tool
	usr/bin/tool
	var/
	var/empty/
	E
}

@test "a directory that nobody changed adds no layer" {
	make_layers
	nacre unpack --unsigned oci:layout:v1 root >/dev/null
	nacre commit root oci:layout:v1 --unsigned -t oci:layout:v2 >/dev/null
	[ "$(layers_of layout v2)" = "$(layers_of layout v1)" ]
	[ "$(history_of layout v2 | tail -n 1)" = '-nacre: commit' ]
}

@test "what an unpacked tree has lost is no change of it" {
	make_layers
	chmod -R a+rX layout
	mkdir own
	chown nobody own
	as_nobody nacre unpack --unsigned oci:layout:v1 own/lost --no-owner >/dev/null
	[ -e own/lost.nacre-ledger ]
	as_nobody nacre commit own/lost oci:layout:v1 --unsigned -t oci:own/new:v1 >/dev/null
	cd own
	[ "$(layers_of new v1)" = "$(layers_of ../layout v1)" ]
	as_nobody sh -c 'echo more >lost/etc/more'
	as_nobody nacre commit lost oci:../layout:v1 --unsigned -t oci:new:v2 >/dev/null
	"$PYTHON" "$lib/ocilayers.py" new v2 --layer 4 | tar -tf - >names
	grep -qx etc/more names
	! grep -Ev '^(\./|etc/|etc/more)$' names
	# Without the ledger the disk is the truth.
	nacre commit lost oci:../layout:v1 --unsigned -t oci:new:v3 --no-ledger >/dev/null
	[ "$("$PYTHON" "$lib/ocilayers.py" new v3 --layer 4 | tar -tf - | wc -l)" -gt 10 ]
}

@test "commit refuses what it cannot read or put into a layer, and writes nothing" {
	make_layers
	mkdir root
	refused 1 "directory: 'none': No such file" commit none oci:layout:v1 --unsigned -t oci:new:v1
	refused 2 "nothing says whom to trust" commit root oci:layout:v1 -t oci:new:v1
	refused 2 "exclude each other" commit root oci:layout:v1 --unsigned -t oci:new:v1 \
		--ledger x --no-ledger
	touch root/.wh.x
	refused 3 ".wh.x" commit root oci:layout:v1 --unsigned -t oci:new:v1
}

# ------------------------------------------------------------------------ rebase

# make_stack TAG STEPS [ENV]: oci:bases:TAG from scratch, and oci:apps:TAG with an application on it.
make_stack() {
	local app=${4-'{file: {path: /usr/lib/app, text: app}}'}

	rm -rf ctx
	write ctx/base.yaml <<-E
	nacre: 1
	from: scratch
	layers:
	  - {name: one, steps: [{dir: {path: /usr/lib, mode: "0755"}}, {file: {path: /etc/conf, text: conf}}]}
	  - {name: two, steps: [$2]}
	config: {env: {V: "$1", SAME: x}, cmd: [base, "$1"], labels: {base: "$1"}}
	E
	nacre build ctx -f ctx/base.yaml -q -t "oci:bases:$1" --compression gzip
	mv bases ctx/
	write ctx/app.yaml <<-E
	nacre: 1
	from: oci:bases:$1
	layers:
	  - {name: app, steps: [$app]}
	  - {name: more, steps: [{remove: {path: /usr/doc}}, {file: {path: /srv/data, text: data}}]}
	config: {env: {APP: "1"}, labels: {app: "1"}}
	E
	nacre build ctx -f ctx/app.yaml -q -t "oci:apps:$1" --compression gzip
	mv ctx/bases .
}

one='{file: {path: /usr/lib/a, text: a1}}, {file: {path: /usr/doc/x, text: d1}}'
two='{file: {path: /usr/lib/a, text: a2}}, {file: {path: /usr/doc/x, text: d2}}, {file: {path: /etc/new, text: n}}'

rebase() { # rebase ARGUMENT…: of the application on the first base, onto the second
	nacre rebase oci:apps:one --onto oci:bases:two --unsigned -t oci:out:v1 "$@"
}

@test "a rebased image is what a build upon the new base gives" {
	make_stack one "$one"
	make_stack two "$two"
	rebase --base oci:bases:one >/dev/null
	# No byte of a layer is new: those of the new base, and the application's.
	diff <(layers_of out v1) <(layers_of bases two; layers_of apps one | tail -n 2)
	diff <(config out v1 | jq -S .config) <(config apps two | jq -S .config)
	diff <(history_of out v1) <(history_of apps two; echo '-nacre: rebase')
	nacre unpack --unsigned oci:out:v1 rebased >/dev/null
	nacre unpack --unsigned oci:apps:two rebuilt >/dev/null
	same_tree rebased rebuilt
	[ "$(cat rebased/usr/lib/a)" = a2 ] && [ ! -e rebased/usr/doc ]
	skopeo copy oci:out:v1 dir:docker --format v2s2
	umoci unpack --image out:v1 bundle
	same_tree rebased bundle/rootfs
}

@test "a rebased image says what it stands on, and can be rebased without being told" {
	make_stack one "$one"
	make_stack two "$two"
	[ "$(manifest apps one | jq -r '.annotations["org.opencontainers.image.base.digest"]')" = \
		"$(digest_of bases one)" ]
	nacre config oci:apps:one --unsigned --unset-annotation org.opencontainers.image.base.digest \
		-t oci:apps:mute >/dev/null
	refused 2 "no annotation says what the image stands on" rebase oci:apps:mute --unsigned \
		--onto oci:bases:two -t oci:out:v1
	rebase >/dev/null
	[ "$(manifest out v1 | jq -r '.annotations["org.opencontainers.image.base.digest"]')" = \
		"$(digest_of bases two)" ]
	refused 1 "base.digest" rebase oci:out:v1 --unsigned --onto oci:apps:two -t oci:out:v2
	nacre rebase oci:out:v1 --unsigned --onto oci:bases:one -t oci:out:v2 >/dev/null
	diff <(layers_of out v2) <(layers_of apps one)
	diff <(config out v2 | jq -S .config) <(config apps one | jq -S .config)
}

@test "what image and new base have both changed is refused, unless one is told to win" {
	make_stack one "$one" '' '{file: {path: /usr/lib/a, text: mine}}'
	make_stack two "$two" '' '{file: {path: /usr/lib/a, text: mine}}'
	refused 3 "do not go together at 1 path: 'usr/lib/a'" rebase oci:apps:one --unsigned \
		--onto oci:bases:two --base oci:bases:one -t oci:out:v1
	rebase --base oci:bases:one --force 2>said >/dev/null
	grep -q "the image's layers win over the new base: 'usr/lib/a'" said
	nacre unpack --unsigned oci:out:v1 root >/dev/null
	[ "$(cat root/usr/lib/a)" = mine ]
	[ "$(cat root/etc/new)" = n ]
}

@test "a directory that the image only goes through is as the new base has it" {
	make_stack one "$one"
	make_stack two "$two, {perms: {path: /usr/lib, mode: \"0711\"}}"
	rebase --base oci:bases:one >/dev/null
	nacre unpack --unsigned oci:out:v1 root >/dev/null
	[ "$(stat -c %a root/usr/lib)" = 711 ]
	[ "$(layers_of out v1 | wc -l)" = 5 ]
	[ "$(history_of out v1 | tail -n 1)" = 'nacre: rebase' ]
	nacre unpack --unsigned oci:apps:two rebuilt >/dev/null
	same_tree root rebuilt
}

@test "files that a link of the new base would lead elsewhere are refused" {
	make_stack one "$one"
	make_stack two '{file: {path: /usr/doc/x, text: d2}}, {file: {path: /lib/a, text: a2}}, {remove: {path: /usr/lib}}, {link: {path: /usr/lib, to: ../lib}}'
	refused 3 "'usr/lib" rebase oci:apps:one --unsigned --onto oci:bases:two \
		--base oci:bases:one -t oci:out:v1
}

@test "only onto a base for the same platform, and from one that the image stands on" {
	make_stack one "$one"
	make_stack two "$two"
	refused 2 "its layer 2 is not the base's" rebase oci:apps:one --unsigned \
		--onto oci:bases:one --base oci:bases:two -t oci:out:v1
	refused 2 "its layer 3 is not the base's" rebase oci:bases:one --unsigned \
		--onto oci:bases:two --base oci:apps:one -t oci:out:v1
	refused 2 "--onto is missing" rebase oci:apps:one --unsigned -t oci:out:v1
	umoci config --image bases:two --tag arm --architecture arm64
	refused 3 "the image is for 'linux/amd64', and the new base for 'linux/arm64'" rebase \
		oci:apps:one --unsigned --onto oci:bases:arm --base oci:bases:one -t oci:out:v1
	# Every image that is named is held to the keys.
	nacre key new k
	nacre sign oci:apps:one --key k.key
	refused 4 "bases:two: no signature" rebase oci:apps:one --key k.pub --onto oci:bases:two \
		--base oci:bases:one -t oci:out:v1
}
