#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What only some recipes have: stages, accounts, privileges, ghosts, includes.

load ../lib/common

# built NAME: the recipe on standard input becomes oci:NAME:v1, and that the directory NAME.root.
built() {
	write context/nacre.yaml
	nacre build context -t "oci:$1:v1" --json >"$1.json"
	nacre unpack "oci:$1:v1" "$1.root" --unsigned >/dev/null
}

# layer_names NAME I: the members of layer I, counted from 0.
layer_names() {
	zstd -dc "$(blob_path "$1" "$(manifest "$1" v1 | jq -r ".layers[$2].digest")")" | tar -t
}

# fails_with TEXT…: the recipe on standard input is refused, and each text is in what is said.
fails_with() {
	local text

	write context/nacre.yaml
	run --separate-stderr nacre build context -t oci:refused:v1
	[ "$status" -ne 0 ]
	[ ! -e refused ]
	for text; do
		[[ "$stderr" = *"$text"* ]] || { echo "no '$text' in: $stderr"; return 1; }
	done
}

# ------------------------------------------------------------------------ stages

@test "a layer gets out of stages what it copies, with their modes and links" {
	write context/src/tool <<<tool
	built out <<-'E'
	nacre: 1
	from: scratch
	stages:
	  one:
	    from: scratch
	    steps:
	      - copy: {from: src, to: /opt}
	      - perms: {path: /opt/tool, mode: "0750"}
	      - hardlink: {path: /opt/same, to: /opt/tool}
	  two:
	    from: scratch
	    steps:
	      - copy: {stage: one, from: /opt, to: /usr}
	      - file: {path: /usr/extra, text: more}
	layers:
	  - name: app
	    steps:
	      - copy: {stage: two, from: /usr, to: /srv}
	E
	[ "$(stat -c %a out.root/srv/tool)" = 750 ]
	[ out.root/srv/tool -ef out.root/srv/same ]
	[ "$(cat out.root/srv/extra)" = more ]
	[ ! -e out.root/opt ]
	[ "$(jq '.layers | length' out.json)" = 1 ]
}

@test "a stage that nothing copies from is not built, and its base not opened" {
	built out <<-'E'
	nacre: 1
	from: scratch
	stages:
	  unused: {from: "rootfs:none.tar", steps: []}
	  reached: {from: "rootfs:none.tar", steps: [{copy: {stage: unused, from: /a, to: /}}]}
	layers: [{name: a, steps: [{file: {path: /f, text: x}}]}]
	E
	[ -e out.root/f ]
}

@test "a stage on an image gives what the image has, and not a layer of it" {
	built base <<-'E'
	nacre: 1
	from: scratch
	layers: [{name: a, steps: [{file: {path: /usr/bin/cc, text: cc, mode: "0755"}}]}]
	E
	mv base context/base
	built out <<-'E'
	nacre: 1
	from: scratch
	stages: {tools: {from: "oci:base:v1", steps: []}}
	layers: [{name: a, steps: [{copy: {stage: tools, from: "/usr/bin/*", to: /bin/}}]}]
	E
	[ "$(cat out.root/bin/cc)" = cc ]
	[ "$(jq '.layers | length' out.json)" = 1 ]
}

@test "what a stage does not have is refused with its name" {
	fails_with "nacre.yaml:4:36: copy: '/none' is not in stage 's'" <<-'E'
	nacre: 1
	from: scratch
	stages: {s: {from: scratch, steps: []}}
	layers: [{name: a, steps: [       {copy: {stage: s, from: /none, to: /}}]}]
	E
}

# ---------------------------------------------------------------------- accounts

@test "accounts are in passwd, group and shadow before the first step" {
	built out <<-'E'
	nacre: 1
	from: scratch
	accounts:
	  groups: [{name: app, gid: 10001}, {name: web, gid: 10002, members: [app]}]
	  users:
	    - {name: app, uid: 10001, home: /srv/app, shell: /bin/sh, comment: The shop}
	    - {name: worker, uid: 10003, gid: web, groups: [app]}
	layers: [{name: a, steps: [{dir: {path: /srv/app, owner: "app:web"}}]}]
	E
	[ "$(stat -c '%u:%g' out.root/srv/app)" = 10001:10002 ]
	diff - out.root/etc/passwd <<-'E'
	app:x:10001:10001:The shop:/srv/app:/bin/sh
	worker:x:10003:10002::/nonexistent:/usr/sbin/nologin
	E
	diff - out.root/etc/group <<-'E'
	app:x:10001:worker
	web:x:10002:app
	E
	diff - out.root/etc/shadow <<-'E'
	app:!:::::::
	worker:!:::::::
	E
	[ "$(stat -c %a out.root/etc/shadow)" = 640 ]
	[ ! -e out.root/etc/gshadow ]
	[ "$(jq '.layers | length' out.json)" = 1 ]
}

@test "lines of the base stay, files of the base keep their owner and mode" {
	make_base context/base.tar
	built out <<-'E'
	nacre: 1
	from: rootfs:base.tar
	accounts:
	  groups: [{name: new, gid: 77}]
	  users: [{name: app, uid: 10001, gid: 10002}, {name: new, uid: 77}]
	E
	diff - out.root/etc/passwd <<-'E'
	root:x:0:0:root:/root:/bin/sh
	app:x:10001:10002::/srv/app:/bin/sh
	new:x:77:77::/nonexistent:/usr/sbin/nologin
	E
	[ "$(tail -n 1 out.root/etc/group)" = new:x:77: ]
	[ "$(jq '.layers | length' out.json)" = 2 ]
}

@test "accounts that contradict the image, or name nobody, are refused with the nearest name" {
	make_base context/base.tar
	fails_with "nacre.yaml:3:20: 'app' has the uid 10001 in the image's /etc/passwd, and 5 here" <<-'E'
	nacre: 1
	from: rootfs:base.tar
	accounts: {users: [{name: app, uid: 5, gid: 10002}]}
	E
	fails_with "nacre.yaml:3:21: the gid 10002 is that of 'app' in the image's /etc/group" <<-'E'
	nacre: 1
	from: rootfs:base.tar
	accounts: {groups: [{name: shop, gid: 10002}]}
	E
	fails_with "neither the image nor the recipe has a group 'rot'; did you mean 'root'?" <<-'E'
	nacre: 1
	from: rootfs:base.tar
	accounts: {users: [{name: shop, uid: 5, gid: rot}]}
	E
	fails_with "no user 'roof' in the image's /etc/passwd; did you mean 'root'?" <<-'E'
	nacre: 1
	from: rootfs:base.tar
	layers: [{name: a, steps: [{dir: {path: /srv, owner: roof}}]}]
	E
}

# ------------------------------------------------------------------------- allow

@test "privileges that a build adds must be in allow, and all that are not are named" {
	fails_with "'/bin/su' (setuid)" "'/bin/mail' (setgid)" "'/bin/ping' (capabilities)" \
		"'/tmp' (world-writable)" \
		"nacre.yaml:6:9: file: '/bin/su' is a setuid file, and is not in allow: setuid" <<-'E'
	nacre: 1
	from: scratch
	layers:
	  - name: a
	    steps:
	      - file: {path: /bin/su, text: x, mode: "4755"}
	      - file: {path: /bin/mail, text: x, mode: "2755"}
	      - file: {path: /bin/ping, text: x, mode: "0755", capabilities: [cap_net_raw]}
	      - dir: {path: /tmp, mode: "1777"}
	E
	[ "$status" -eq 3 ]
}

@test "what is allowed is built, and a line that nothing needs is a warning" {
	write context/nacre.yaml <<-'E'
	nacre: 1
	from: scratch
	allow: {setuid: [/bin/su, /none], capabilities: ["/bin/p*"], world-writable: [/tmp]}
	layers:
	  - name: a
	    steps:
	      - file: {path: /bin/su, text: x, mode: "4755"}
	      - file: {path: /bin/ping, text: x, mode: "0755", capabilities: [cap_net_raw]}
	      - dir: {path: /tmp, mode: "1777"}
	E
	run --separate-stderr nacre build context -t oci:out:v1
	[ "$status" -eq 0 ]
	[[ "$stderr" = *"nacre.yaml:3:27: allow: nothing needs setuid '/none'"* ]]
	nacre unpack oci:out:v1 root --unsigned
	[ "$(stat -c %a root/bin/su)" = 4755 ]
	getcap root/bin/ping | grep -q cap_net_raw
}

@test "the base's privileges are the base's matter, unless the build gives a file more" {
	make_base context/base.tar
	built out <<-'E'
	nacre: 1
	from: rootfs:base.tar
	layers: [{name: a, steps: [{perms: {path: /usr/bin/tool, owner: "1"}}]}]
	E
	[ "$(stat -c %a out.root/usr/bin/tool)" = 4755 ]
	fails_with "'/usr/bin/tool' (setgid)" <<-'E'
	nacre: 1
	from: rootfs:base.tar
	layers: [{name: a, steps: [{perms: {path: /usr/bin/tool, mode: "6755"}}]}]
	E
}

# ------------------------------------------------------------------------ ghosts

# A secret that is removed, a file that is replaced, a file that gets another mode.
ghostly() { # ghostly KEY
	cat <<-E
	nacre: 1
	from: scratch
	layers:
	  - name: one
	    $1
	    steps:
	      - file: {path: /secret/key, text: "0123456789"}
	      - file: {path: /a, text: old}
	      - file: {path: /b, text: bb}
	      - file: {path: /c, text: stays}
	  - name: two
	    steps:
	      - remove: {path: /secret}
	      - file: {path: /a, text: newer}
	      - perms: {path: /b, mode: "0600"}
	      - file: {path: /c, text: stays}
	E
}

@test "what a later layer removes or replaces is in no layer, and the build says so" {
	ghostly 'ghosts: keep' | built kept
	ghostly '' | built out
	[ "$(jq -c '[.ghostFiles, .ghostBytes]' out.json)" = '[3,15]' ]
	[ "$(jq -c '[.ghostFiles, .ghostBytes]' kept.json)" = '[0,0]' ]
	[ "$(layer_names out 0)" = c ]
	[ "$(layer_names out 1 | sort | tr '\n' ' ')" = 'a b ' ]
	layer_names kept 0 | grep -q secret/key
	layer_names kept 1 | grep -q .wh.secret
	diff -r out.root kept.root
	nacre ls oci:out:v1 -l >one
	nacre ls oci:kept:v1 -l >other
	diff one other
	run --separate-stderr nacre build context -t oci:again:v1
	[[ "$stderr" = *"ghosts left out: 3 files, 15 bytes"* ]]
}

@test "a file of the base that two layers change is stored once, and its removal is a whiteout" {
	make_base context/base.tar
	built out <<-'E'
	nacre: 1
	from: rootfs:base.tar
	layers:
	  - {name: a, steps: [{file: {path: /usr/bin/ping, text: mine}}]}
	  - {name: b, steps: [{file: {path: /usr/bin/ping, text: other}}]}
	  - {name: c, steps: [{remove: {path: /usr/share/doc}}]}
	E
	# Layer a has nothing left to say.
	[ "$(jq '.layers | length' out.json)" = 3 ]
	layer_names out 1 | grep -q ping
	layer_names out 2 | grep -q .wh.doc
	[ "$(cat out.root/usr/bin/ping)" = other ]
}

# ---------------------------------------------------------------------- includes

@test "what a recipe includes is in it, and a mistake there has that file's name" {
	write context/parts/labels.yaml <<-'E'
	config: {labels: {vendor: shop}}
	layers: [{name: low, steps: [{file: {path: /low, text: x}}]}]
	E
	built out <<-'E'
	nacre: 1
	include: [parts/labels.yaml]
	from: scratch
	layers: [{name: high, steps: [{remove: {path: /low}}, {file: {path: /high, text: x}}]}]
	E
	[ -e out.root/high ] && [ ! -e out.root/low ]
	nacre inspect oci:out:v1 --json | grep -q '"vendor":"shop"'
	write context/parts/labels.yaml <<<'config: {lables: {a: b}}'
	fails_with "parts/labels.yaml:1:10: unknown key 'lables' in config; did you mean 'labels'?" \
		<<-'E'
	nacre: 1
	include: [parts/labels.yaml]
	from: scratch
	E
}

@test "paths resolve in the image as it is: copying to /lib lands in /usr/lib" {
	write context/lib/libz.so <<<z
	built out <<-'E'
	nacre: 1
	from: scratch
	layers:
	  - name: a
	    steps:
	      - dir: {path: /usr/lib}
	      - link: {path: /lib, to: usr/lib}
	      - copy: {from: lib, to: /lib}
	      - copy: {from: "lib/*.so", to: /lib/more/}
	E
	[ -L out.root/lib ]
	[ -f out.root/usr/lib/libz.so ] && [ -f out.root/usr/lib/more/libz.so ]
}

# ------------------------------------------------------------------------ config

@test "the config has all that the recipe says, the manifest its annotations, and inspect shows them" {
	built out <<-'E'
	nacre: 1
	from: scratch
	config:
	  os-version: "12"
	  os-features: [b, a]
	  healthcheck: {test: [CMD, /ok], interval: 1m30s, timeout: 500ms, start-period: 1h, retries: 3}
	annotations: {org.example.a: b}
	E
	jq -e '.["os.version"] == "12" and .["os.features"] == ["b", "a"] and
		.config.Healthcheck == {Test: ["CMD", "/ok"], Interval: 90000000000,
			Timeout: 500000000, StartPeriod: 3600000000000, Retries: 3}' \
		"$(blob_path out "$(manifest out v1 | jq -r .config.digest)")"
	[ "$(manifest out v1 | jq -r '.annotations["org.example.a"]')" = b ]
	nacre inspect oci:out:v1 | grep -q '^health *CMD /ok, interval 90.000 s, timeout 0.500 s'
	nacre inspect oci:out:v1 --json |
		jq -e '.config.healthcheck.intervalNs == 90000000000 and .osVersion == "12"'
}

@test "what the base's config has and nacre has no word for stays, and so does its health check" {
	built base <<-'E'
	nacre: 1
	from: scratch
	config: {healthcheck: {test: [CMD, /ok]}}
	layers: [{name: a, steps: [{file: {path: /f, text: x}}]}]
	E
	"$PYTHON" - <<'P'
import hashlib, json, pathlib
blobs = pathlib.Path("base/blobs/sha256")
def put(document):
    data = json.dumps(document).encode()
    name = hashlib.sha256(data).hexdigest()
    (blobs / name).write_bytes(data)
    return {"digest": "sha256:" + name, "size": len(data)}
index = json.loads(pathlib.Path("base/index.json").read_text())
manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
config = json.loads((blobs / manifest["config"]["digest"][7:]).read_text())
config["config"]["Shell"] = ["/bin/sh", "-e"]
manifest["config"].update(put(config))
index["manifests"][0].update(put(manifest))
pathlib.Path("base/index.json").write_text(json.dumps(index))
P
	mv base context/base
	built out <<-'E'
	nacre: 1
	from: oci:base:v1
	config: {user: "5"}
	E
	jq -e '.config == {User: "5", Healthcheck: {Test: ["CMD", "/ok"]}, Shell: ["/bin/sh", "-e"]}' \
		"$(blob_path out "$(manifest out v1 | jq -r .config.digest)")"
}

# ------------------------------------------------------------------- signed bases

# A base oci:context/base:v1 that the key pair one has signed; two is another key pair.
signed_base() {
	built base <<-'E'
	nacre: 1
	from: scratch
	layers: [{name: a, steps: [{file: {path: /base, text: x}}]}]
	E
	nacre key new one >/dev/null
	nacre key new two >/dev/null
	nacre sign oci:base:v1 --key one.key >/dev/null
	mv base one.pub two.pub one.key context
}

@test "a base with a key is built upon when that key has signed it" {
	signed_base
	built out <<-'E'
	nacre: 1
	from: {image: "oci:base:v1", key: one.pub}
	layers: [{name: b, steps: [{file: {path: /more, text: x}}]}]
	E
	[ -e out.root/base ] && [ -e out.root/more ]
	built again <<-E
	nacre: 1
	from: {image: "oci:base:v1", digest: "$(digest_of context/base v1)", key: [two.pub, one.pub], threshold: 1}
	layers: [{name: b, steps: [{file: {path: /more, text: x}}]}]
	E
	[ "$(jq -r .imageId out.json)" = "$(jq -r .imageId again.json)" ]
}

@test "a base, or a stage's, that the keys have not signed, or too few of them, is refused" {
	signed_base
	fails_with "nacre.yaml:2:15: from 'oci:base:v1': " "none by a given key" <<-'E'
	nacre: 1
	from: {image: "oci:base:v1", key: two.pub}
	E
	[ "$status" -eq 4 ]
	fails_with "1 of 2 needed signatures" <<-'E'
	nacre: 1
	from: {image: "oci:base:v1", key: [one.pub, two.pub], threshold: 2}
	E
	[ "$status" -eq 4 ]
	fails_with "nacre.yaml:3:28: from 'oci:base:v1': " "none by a given key" <<-'E'
	nacre: 1
	from: scratch
	stages: {s: {from: {image: "oci:base:v1", key: two.pub}, steps: []}}
	layers: [{name: b, steps: [{copy: {stage: s, from: /base, to: /}}]}]
	E
	fails_with "'one.key' is a private key, where the public one belongs" <<-'E'
	nacre: 1
	from: {image: "oci:base:v1", key: one.key}
	E
	fails_with "nacre.yaml:2:35: key: 'none.pub': No such file or directory" <<-'E'
	nacre: 1
	from: {image: "oci:base:v1", key: none.pub}
	E
}

@test "a base that was signed and then changed is refused" {
	local other

	signed_base
	built other <<-'E'
	nacre: 1
	from: scratch
	layers: [{name: a, steps: [{file: {path: /evil, text: x}}]}]
	E
	cp other/blobs/sha256/* context/base/blobs/sha256/
	other=$(jq -c '.manifests[0]' other/index.json)
	jq -c --argjson other "$other" '(.manifests[] |
		select(.annotations["org.opencontainers.image.ref.name"] == "v1")) |=
		($other + {annotations: .annotations})' context/base/index.json >index.json
	mv index.json context/base/index.json
	fails_with "no signature" <<-'E'
	nacre: 1
	from: {image: "oci:base:v1", key: one.pub}
	E
	[ "$status" -eq 4 ]
}
