#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

# A tree with every kind of file and odd names, as an image of two layers.
make_odd() {
	mkdir -p tree/d/e tree/usr/lib tree/@x
	printf 'content\n' >tree/d/f
	ln tree/d/f tree/d/g
	ln tree/d/f tree/@x/h
	: >tree/empty
	head -c 300000 /dev/urandom >tree/usr/lib/big
	ln -s usr/lib tree/lib
	ln -s 'a b#c=\' "tree/odd link"
	ln -s nowhere tree/dangling
	mkfifo tree/fifo
	printf 1 >"$(printf 'tree/sp ace#=\\\xff\n-x[]!~')"
	printf 2 >tree/-dash
	printf 3 >tree/$'\e]0;title\a'
	chmod 4755 tree/empty
	chmod 1777 tree/d
	setfattr -n user.a -v b tree/d/f
	chown -h 12:34 tree/lib tree/-dash
	touch -h -d '1960-01-01 00:00:00.25' tree/-dash
	touch -h -d '@5.000000007' tree/lib
	tar -C tree --numeric-owner --xattrs --xattrs-include='*' --format=posix -cf lower.tar .
	rm -rf tree
	mkdir -p tree/upper
	printf more >tree/upper/file
	tar -C tree --numeric-owner --format=posix -cf upper.tar upper
	umoci init --layout layout
	umoci new --image layout:v1
	umoci raw add-layer --image layout:v1 lower.tar
	umoci raw add-layer --image layout:v1 upper.tar
	image=oci:layout:v1
}

@test "ls names what find finds in the unpacked image" {
	make_odd
	nacre ls "$image" >out
	nacre unpack --unsigned "$image" root >/dev/null
	[ "$(wc -l <out)" -eq "$(find root -printf x | wc -c)" ]
	# Names without anything odd come as they are.
	(cd root && find . -mindepth 1 | LC_ALL=C grep -x '[a-z/.@-]*' | sed 's,^\./,,' | sort) >want
	[ -s want ]
	! comm -13 <(sort out) want | grep .
}

@test "NetBSD's mtree finds no difference between the list and the unpacked image" {
	make_odd
	nacre ls --mtree "$image" >list
	nacre unpack --unsigned "$image" unpacked >/dev/null
	mtree -p unpacked <list >differences
	[ ! -s differences ]
	# And it does look: at contents, times, owners, modes, links and what is there.
	local change
	for change in 'printf "Content\n" >d/f; touch -r ../unpacked/d/f d/f' 'touch lib/big' \
		'chown 1 empty' 'chmod 700 d' 'ln -sfn d lib' 'rm fifo' 'touch more'; do
		rm -rf copy
		cp -a unpacked copy
		(cd copy && eval "$change")
		run mtree -p copy <list
		[ -n "$output" ]
	done
}

@test "bsdtar makes of the list the tree that it lists" {
	make_odd
	nacre ls --mtree "$image" >list
	nacre unpack --unsigned "$image" root >/dev/null
	(cd root && bsdtar --format=pax --options=hdrcharset=BINARY -cf ../again.tar @../list)
	mkdir again
	bsdtar -xpf again.tar -C again
	touch -r root again # bsdtar leaves the time of what was there before
	mtree -p again <list >differences
	[ ! -s differences ]
}

@test "a subtree is listed by its path, links followed inside the image" {
	make_odd
	[ "$(nacre ls "$image" /lib/)" = $'usr/lib\nusr/lib/big' ]
	[ "$(nacre ls "$image" dangling)" = dangling ]
	nacre ls --mtree "$image" usr/lib >list
	[ "$(grep -o '^\.[^ ]*' list)" = $'.\n./usr\n./usr/lib\n./usr/lib/big' ]
	refused 1 "'lib/none' is not in the image" ls "$image" lib/none
	refused 3 "'..'" ls "$image" ../etc
}

@test "ls --json has every name without loss, and hard links" {
	make_odd
	nacre ls --json "$image" >out
	nacre unpack --unsigned "$image" root >/dev/null
	"$PYTHON" - <<'PY'
import base64, json, os
def raw(entry, key):
    if key in entry:
        return entry[key].encode()
    return base64.b64decode(entry[key + "_base64"]) if key + "_base64" in entry else None
got = {}
for line in open("out", encoding="utf-8"):
    entry = json.loads(line)
    got[raw(entry, "path")] = entry
want = {b"."}
for top, dirs, files in os.walk(b"root"):
    want |= {os.path.relpath(os.path.join(top, n), b"root") for n in dirs + files}
assert set(got) == want, set(got) ^ want
assert any("path_base64" in e for e in got.values())
for path, entry in got.items():
    st = os.lstat(os.path.join(b"root", path))
    assert int(entry["mode"], 8) == st.st_mode & 0o7777, path
    assert (entry["uid"], entry["gid"]) == (st.st_uid, st.st_gid), path
    assert entry["mtime_s"] * 10**9 + entry["mtime_ns"] == st.st_mtime_ns, path
    assert entry.get("size", st.st_size) == st.st_size, path
    if entry["type"] == "symlink":
        assert raw(entry, "target") == os.readlink(os.path.join(b"root", path))
assert raw(got[b"d/f"], "hardlink") == b"@x/h"
PY
}

@test "what ls prints cannot speak to the terminal" {
	make_odd
	local form
	for form in --long --json --mtree; do
		nacre ls $form "$image" >out
		! LC_ALL=C grep -q $'[\001-\010\013-\037\177]' out
	done
	nacre ls "$image" | grep -Fx '\x1b]0;title\x07'
}

@test "ls --long shows type, mode, owner, size, time and target" {
	make_odd
	nacre ls -l "$image" >out
	grep -Fx 'lrwxrwxrwx 12/34          0 1970-01-01T00:00:05.000000007Z lib -> usr/lib' out
	grep -F -- '-rw-r--r-- 12/34          1 1960-01-01T00:00:00.250000000Z -dash' out
	grep -E '^-rwsr-xr-x 0/0 +0 .* empty$' out
	grep -E '^drwxrwxrwt .* d$' out
	grep -E ' d/g link to @x/h$' out
}

@test "ls takes one form at a time" {
	make_odd
	refused 2 'only one of' ls --json --mtree "$image"
}
