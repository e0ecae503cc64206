#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0

load ../lib/common

teardown() {
	cd /
	if mountpoint -q "$scratch/disk" 2>/dev/null; then
		umount "$scratch/disk"
	fi
}

# image_of TREE…: makes oci:layout:v1 of them, one upon the other.
image_of() {
	local dir

	rm -rf layout
	umoci init --layout layout
	umoci new --image layout:v1
	for dir; do
		tar -C "$dir" --numeric-owner --xattrs --xattrs-include='*' --format=posix \
			-cf "$dir.tar" .
		umoci raw add-layer --image layout:v1 "$dir.tar"
	done
}

# Every kind of file, owners, modes and attributes that want every capability there is.
make_odd() {
	mkdir -p odd/d/e odd/usr/lib odd/mail
	printf 'content\n' >odd/d/f
	ln odd/d/f odd/d/g
	ln odd/d/f odd/usr/h
	head -c 300000 /dev/zero >odd/usr/lib/big
	: >odd/empty
	ln -s usr/lib odd/lib
	ln -s "$(printf 'x%.0s' {1..200})" odd/long
	mkfifo odd/fifo
	mknod odd/null c 1 3
	mknod odd/ram b 1 0
	chown 1:2 odd/d/f
	chown -h 3:4 odd/lib
	chown 0:8 odd/mail
	chmod 2755 odd/mail
	printf tool >odd/tool
	chmod 4755 odd/tool
	printf wall >odd/wall
	chown 0:5 odd/wall
	chmod 2755 odd/wall
	setfattr -n user.a -v b odd/d/f
	setfattr -n trusted.b -v c odd/empty
	setfacl -m u:7:r odd/empty
	setcap cap_net_raw=ep odd/usr/lib/big
	touch -h -d '@5.000000007' odd/lib
	touch -d '@-1.25' odd/d/f
	touch -d '2039-01-01' odd/tool
	setfattr -n user.long -v "$(head -c 3000 /dev/zero | tr '\0' y)" odd/tool
	mkdir -p upper/lib
	printf more >upper/lib/more
	printf odd >"odd/$(printf '\xff')"
	image_of odd
	tar -C upper --numeric-owner --format=posix -cf upper.tar lib/more
	umoci raw add-layer --image layout:v1 upper.tar
	# Times that the disk under this test may not have.
	"$PYTHON" - <<-'P'
	import tarfile
	with tarfile.open("times.tar", "w", format=tarfile.PAX_FORMAT) as tar:
	    for name, mtime in (("old", "-2500000000"), ("new", "16725225600.5")):
	        member = tarfile.TarInfo(name)
	        member.pax_headers = {"mtime": mtime}
	        tar.addfile(member)
	P
	umoci raw add-layer --image layout:v1 times.tar
}

# disk TYPE SIZE [MKFS-OPTION…]: an empty file system, mounted at disk/.
disk() {
	local type=$1 size=$2

	shift 2
	mkdir -p disk
	if mountpoint -q disk; then
		umount disk
	fi
	if [ "$type" = tmpfs ]; then
		mount -t tmpfs -o "size=$size" tmpfs disk
		return
	fi
	command -v "mkfs.$type" >/dev/null || skip "no mkfs.$type here"
	rm -f disk.img
	truncate -s "$size" disk.img
	"mkfs.$type" -q "$@" disk.img
	mount -o loop disk.img disk || skip "no loop devices here"
}

# compare PLAN ROOT: what plan said in JSON with what unpack has made.
compare() {
	"$PYTHON" - "$@" <<'P'
import json, os, stat, sys
plan, root = json.load(open(sys.argv[1], encoding="utf-8")), os.fsencode(sys.argv[2])
kinds = {stat.S_IFDIR: "directories", stat.S_IFREG: "files", stat.S_IFLNK: "symlinks",
         stat.S_IFIFO: "fifos", stat.S_IFCHR: "characterDevices", stat.S_IFBLK: "blockDevices"}
seen, names, size = {}, 0, 0
got = dict.fromkeys([*kinds.values(), "hardLinks"], 0)
lists = {"setuid": [], "setgid": [], "fileCapabilities": []}
for top, dirs, files in os.walk(root):
    for name in dirs + files:
        path = os.path.join(top, name)
        st = os.lstat(path)
        names += 1
        if stat.S_ISREG(st.st_mode):
            short = os.fsdecode(os.path.relpath(path, root))
            for key, bit in (("setuid", 0o4000), ("setgid", 0o2000)):
                if st.st_mode & bit:
                    lists[key].append(short)
            if "security.capability" in os.listxattr(path):
                lists["fileCapabilities"].append(short)
        if st.st_ino in seen:
            got["hardLinks"] += 1
            continue
        seen[st.st_ino] = path
        got[kinds[stat.S_IFMT(st.st_mode)]] += 1
        size += st.st_size if stat.S_ISREG(st.st_mode) else 0
assert plan["kinds"] == got, (plan["kinds"], got)
assert (plan["entries"], plan["bytes"]) == (names, size), (plan["entries"], names, size)
assert plan["inodes"] == len(seen) + 1, (plan["inodes"], len(seen))
for key, want in lists.items():
    assert plan[key]["count"] == len(want), key
    assert sorted(item["path"] for item in plan[key]["paths"]) == sorted(want), key
P
}

@test "plan counts what unpack makes" {
	make_odd
	nacre plan oci:layout:v1 root --devices --json >plan.json
	nacre unpack oci:layout:v1 root --unsigned --devices >unpacked
	compare plan.json root
	nacre plan oci:layout:v1 other --devices >plan
	[ "$(grep ^entries plan)" = "$(grep ^entries unpacked)" ]
	[ ! -e other ]

	make_base context/base.tar
	printf 'nacre: 1\nname: base\nfrom: rootfs:base.tar\n' >context/nacre.yaml
	nacre build context -t oci:base:v1 >/dev/null
	nacre plan oci:base:v1 --json >plan.json
	nacre unpack oci:base:v1 base-root --unsigned >/dev/null
	compare plan.json base-root
	nacre plan oci:base:v1 --json --no-setid >plan.json
	nacre unpack oci:base:v1 plain-root --unsigned --no-setid >/dev/null
	compare plan.json plain-root
	[ "$(jq '.setuid.count + .fileCapabilities.count' plan.json)" -eq 0 ]
}

@test "an empty image is a directory" {
	image_of
	nacre plan oci:layout:v1 root --json >plan.json
	nacre unpack oci:layout:v1 root --unsigned >/dev/null
	compare plan.json root
	[ "$(jq -c '[.entries, .bytes, .inodes, .privileges]' plan.json)" = '[0,0,1,[]]' ]
}

@test "plan writes nothing, wherever it looks" {
	make_odd
	snapshot >"$BATS_TEST_TMPDIR/before"
	nacre plan oci:layout:v1 root --devices >/dev/null
	nacre plan oci:layout:v1 --devices --json >/dev/null
	snapshot | diff -u "$BATS_TEST_TMPDIR/before" -
}

@test "plan refuses what unpack refuses, with its words and its exit code" {
	local options
	make_odd
	for options in "" "--devices --limit image-members=3" "--devices --limit depth=1"; do
		# shellcheck disable=SC2086
		run -3 --separate-stderr nacre unpack oci:layout:v1 root --unsigned $options
		# shellcheck disable=SC2086,SC2154
		refused 3 "${stderr#nacre: unpack }" plan oci:layout:v1 root $options
	done
	mkdir full
	echo mine >full/file
	refused 1 "full: not empty" plan oci:layout:v1 full --devices
	nacre plan oci:layout:v1 full --devices --replace >/dev/null
	refused 1 no/such plan oci:layout:v1 no/such/root --devices
	refused 2 xattrs plan oci:layout:v1 root --xattrs some
}

@test "plan says whether it was told whom to trust, and refuses whom unpack refuses" {
	make_signed
	nacre key new other
	nacre plan oci:layout:v1 | grep -x 'trust     not verified: nothing said whom to trust'
	nacre plan oci:layout:v1 --json | jq -e '.verified == false'
	nacre plan oci:layout:v1 --json --unsigned | jq -e '.verified == false'
	nacre plan oci:layout:v1 --json --key release.pub | jq -e '.verified and .signers[0]'
	refused 4 v1 plan oci:layout:v1 --key other.pub
	refused 2 'nothing says whom to trust' plan oci:layout:v1 --threshold 2
}

# limited CAPABILITY,… COMMAND…: as root with these alone, and in no other group.
limited() {
	local caps=$1

	shift
	setpriv --clear-groups --bounding-set "-all$caps" --inh-caps=-all "$NACRE" "$@"
}

@test "the capabilities that plan names are those that unpack needs, each and no other" {
	local name caps="" without
	make_odd
	nacre unpack oci:layout:v1 want --unsigned --devices --xattrs all
	setpriv --clear-groups "$NACRE" plan oci:layout:v1 --devices --xattrs all --json >plan.json
	[ "$(jq -r '.privileges[] | .name' plan.json | xargs)" = \
		"CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP CAP_SYS_ADMIN" ]
	jq -e 'all(.privileges[]; .held)' plan.json
	while read -r name; do
		caps+=,+${name#CAP_}
	done < <(jq -r '.privileges[] | .name | ascii_downcase' plan.json | sed s/cap_/CAP_/)
	limited "$caps" unpack oci:layout:v1 root --unsigned --devices --xattrs all
	same_tree want root
	while read -r name; do
		without=${caps/,+$name/}
		[ "$without" != "$caps" ]
		limited "$without" plan oci:layout:v1 --devices --xattrs all --json |
			jq -e --arg name "CAP_${name^^}" \
				'[.privileges[] | select(.held | not) | .name] == [$name]'
		rm -rf root
		if limited "$without" unpack oci:layout:v1 root --unsigned --devices --xattrs all; then
			! same_tree want root
		fi
	done < <(jq -r '.privileges[] | .name[4:] | ascii_downcase' plan.json)
}

@test "plan says for how many files a capability is needed, and which is the first" {
	make_odd
	nacre plan oci:layout:v1 --devices --xattrs all --json >plan.json
	jq -e '[.privileges[] | [.name, .files, .path]] == [
		["CAP_CHOWN", 4, "d/f"], ["CAP_DAC_OVERRIDE", 1, "d/f"], ["CAP_FOWNER", 2, "d/f"],
		["CAP_FSETID", 2, "mail"], ["CAP_MKNOD", 2, "null"],
		["CAP_SETFCAP", 1, "usr/lib/big"], ["CAP_SYS_ADMIN", 1, "empty"]]' plan.json
	nacre plan oci:layout:v1 --devices --no-owner --json >plan.json
	jq -e '[.privileges[] | .name] == ["CAP_MKNOD", "CAP_SETFCAP"]' plan.json
	nacre plan oci:layout:v1 --devices --no-owner --no-setid --json |
		jq -e '[.privileges[] | .name] == ["CAP_MKNOD"]'
}

@test "nobody holds nothing" {
	make_base context/base.tar
	printf 'nacre: 1\nname: base\nfrom: rootfs:base.tar\n' >context/nacre.yaml
	nacre build context -t oci:layout:v1 >/dev/null
	chmod -R a+rX layout
	run -1 --separate-stderr as_nobody nacre plan oci:layout:v1 --json
	printf '%s' "$output" >plan.json
	jq -e 'any(.privileges[]; .name == "CAP_CHOWN") and all(.privileges[]; .held | not)' plan.json
}

@test "links of lower layers that members of higher ones go through are named" {
	make_odd
	nacre plan oci:layout:v1 --devices --json | jq -e '.shadowed == {count: 1, paths: [{path: "lib"}]}'
	# A link of the same layer is no matter, nor is one that nobody goes through.
	image_of odd
	nacre plan oci:layout:v1 --devices --json | jq -e '.shadowed.count == 0'
}

@test "plan's text names the first of a long list and all when asked" {
	local i
	mkdir many
	for i in {10..29}; do
		install -m 4755 /dev/null "many/$i"
	done
	install -m 4755 /dev/null "many/$(printf '\e]0;title\a')"
	image_of many
	nacre plan oci:layout:v1 >plan
	grep -x 'setuid    21' plan
	grep -x '          and 16 more (--verbose shows them)' plan
	! grep -x '          29' plan
	nacre plan -v oci:layout:v1 >plan 2>/dev/null
	grep -x '          29' plan
	grep -Fx '          \x1b]0;title\x07' plan
	! LC_ALL=C grep -q $'[\001-\011\013-\037\177]' plan
	grep -x 'limit     layers: 1 of 256' plan
}

# A thing of everything that takes room in its own way.
make_bulky() {
	mkdir -p bulky/{long,links,dirs}
	"$PYTHON" - <<'P'
import os, random
random.seed(3)
for i in range(400):
    open(f"bulky/long/{i:04}" + "n" * random.randrange(200), "wb").write(random.randbytes(i * 37))
    os.symlink("t" * (i % 400 + 1), f"bulky/links/{i}")
    os.makedirs(f"bulky/dirs/{i % 20}/{i}")
    if i % 4 == 0:
        path = f"bulky/dirs/{i % 20}/{i}/f"
        open(path, "wb").close()
        os.setxattr(path, "user.some", random.randbytes(i % 300 + 1))
for i in range(100):
    os.link("bulky/dirs/0/0/f", f"bulky/dirs/0/link-{i}")
open("bulky/big", "wb").write(random.randbytes(6000001))
P
	image_of bulky
}

# taken: bytes and inodes in use on disk/.
taken() {
	sync -f disk
	"$PYTHON" -c 'import os
st = os.statvfs("disk")
print((st.f_blocks - st.f_bfree) * st.f_frsize, st.f_files - st.f_ffree)'
}

# bounded TYPE [TIMES]: of a fresh file system, and the most is not more than so many times too much.
bounded() {
	local before after bytes inodes times=${2:-1.25}

	nacre plan oci:layout:v1 disk/root --json >plan.json
	read -ra before < <(taken)
	nacre unpack oci:layout:v1 disk/root --unsigned >/dev/null
	read -ra after < <(taken)
	bytes=$((after[0] - before[0]))
	inodes=$((after[1] - before[1]))
	echo "$bytes bytes, $inodes inodes: $(jq -c .space plan.json)"
	jq -e --argjson bytes "$bytes" --argjson inodes "$inodes" --arg name "$1" \
		--argjson times "$times" '.space |
		.fileSystem == $name and .bytesFit == "yes" and
		.leastBytes <= $bytes and $bytes <= .mostBytes and
		.mostBytes < $times * $bytes + 2500000 and
		($inodes == 0 or (.inodes - 3 <= $inodes and $inodes <= .inodes))' plan.json
}

@test "what ext4 takes lies between plan's two figures" {
	make_bulky
	disk ext4 40M -b 4096
	bounded ext4
	disk ext4 40M -b 1024
	bounded ext4
	disk ext4 40M -I 128
	bounded ext4
}

@test "what tmpfs takes lies between plan's two figures" {
	make_bulky
	disk tmpfs 40m
	bounded tmpfs
}

@test "what XFS takes lies between plan's two figures" {
	make_bulky
	disk xfs 400M
	bounded xfs
}

@test "what btrfs takes lies between plan's two figures" {
	make_bulky
	disk btrfs 400M
	bounded btrfs 2.5
}

@test "what does not fit fails, and what fits works, however much is free" {
	local ballast got code seen=""
	make_bulky
	disk ext4 16M -b 1024 -m 0
	for ballast in 1 2800 3200 3600 4000 4400 4800 6000; do
		rm -rf disk/root disk/ballast
		fallocate -l "${ballast}K" disk/ballast
		sync -f disk
		code=0
		nacre plan oci:layout:v1 disk/root --json >plan.json 2>err || code=$?
		got=$(jq -r .space.bytesFit plan.json)
		seen+=" $got"
		case $got in
		yes)
			[ "$code" -eq 0 ]
			nacre unpack oci:layout:v1 disk/root --unsigned >/dev/null
			;;
		no)
			[ "$code" -eq 1 ]
			grep -q '^nacre: plan oci:layout:v1: does not fit: at least [0-9]* bytes, [0-9]* are free$' err
			run -1 nacre unpack oci:layout:v1 disk/root --unsigned
			[[ $output == *"No space left on device"* ]]
			;;
		esac
	done
	echo "seen:$seen"
	[[ $seen == *yes*no* ]]
}

@test "the last inode decides" {
	local free need code=0
	make_bulky
	disk ext4 40M -N 1600
	nacre plan oci:layout:v1 disk/root --json >plan.json
	need=$(jq .space.inodes plan.json)
	free=$(jq .space.freeInodes plan.json)
	mkdir disk/ballast
	(cd disk/ballast && seq $((free - need - 1)) | xargs touch)
	nacre plan oci:layout:v1 disk/root --json |
		jq -e '.space | .inodesFit == "yes" and .freeInodes == .inodes'
	nacre unpack oci:layout:v1 disk/root --unsigned
	rm -rf disk/root
	touch disk/ballast/last
	nacre plan oci:layout:v1 disk/root --json >plan.json 2>err || code=$?
	[ "$code" -eq 1 ]
	jq -e '.space.inodesFit == "no" and .space.bytesFit == "yes"' plan.json
	grep -q "does not fit: $need inodes, $((need - 1)) are free" err
	run -1 nacre unpack oci:layout:v1 disk/root --unsigned
	[[ $output == *"No space left on device"* ]]
}

# losses JSON…, ledger FILE: how many entries lose what, in the same words.
losses() {
	jq -cS 'if .losses.known and .losses.untried == 0 then
		.losses.kinds | map({key: .name, value: .entries}) | from_entries else "unknown" end' "$1"
}

ledger() {
	"$PYTHON" - "$1" <<'P'
import collections, json, os, re, sys
got = collections.Counter()
if os.path.exists(sys.argv[1]):
    for line in open(sys.argv[1], encoding="ascii"):
        if line.startswith("#nacre "):
            words = {word.split("=")[0] for word in line.split()}
            got.update(word[5:] for word in words if word.startswith("lost."))
            got.update(word for word in words if word == "name")
print(json.dumps(got, sort_keys=True, separators=(",", ":")))
P
}

# loses_alike AS DIR OPTION…: what plan says is lost is what stands in the ledger.
loses_alike() {
	local as=$1 dir=$2

	shift 2
	$as nacre plan oci:layout:v1 "$dir" --json "$@" >plan.json
	$as nacre unpack oci:layout:v1 "$dir" --unsigned "$@" >unpacked
	echo "$as $dir $*: $(losses plan.json)"
	[ "$(losses plan.json)" = "$(ledger "$dir.nacre-ledger")" ]
}

@test "root loses what it leaves out, and plan says so" {
	make_odd
	disk tmpfs 40m
	loses_alike "" disk/all --devices --xattrs all
	[ "$(losses plan.json)" = '{}' ]
	nacre plan oci:layout:v1 disk/other --devices --xattrs all | grep -x 'loses     nothing'
	loses_alike "" disk/some --devices
	[ "$(losses plan.json)" = '{"xattr":1}' ]
	loses_alike "" disk/ours --devices --no-owner
	loses_alike "" disk/plain --devices --no-setid --no-owner
	jq -e '.losses.kinds | map(.name) == ["owner", "mode", "xattr"]' plan.json
}

@test "nobody loses owners, modes and attributes, and plan says which" {
	make_odd
	rm odd/null odd/ram
	image_of odd
	chmod -R a+rX layout
	install -d -o 65534 -g 65534 mine
	loses_alike as_nobody mine/root --no-owner
	jq -e '[.losses.kinds[] | [.name, .path]] == [["owner", "."], ["mode", "tool"],
		["xattr", "empty"]]' plan.json
	loses_alike as_nobody mine/plain --no-owner --no-setid
	loses_alike as_nobody mine/all --no-owner --xattrs all
	[ "$(ls -A mine | wc -l)" -eq 6 ]
}

@test "every file system loses what plan says" {
	local type
	make_odd
	disk tmpfs 40m
	loses_alike "" disk/root --devices --xattrs all
	disk ext4 40M -b 1024 -I 128
	loses_alike "" disk/root --devices --xattrs all
	jq -e '.losses.kinds | map(.name) == ["xattr", "time"]' plan.json
	disk ext4 40M -b 4096 -I 256
	loses_alike "" disk/root --devices --xattrs all
	jq -e '.losses.kinds == [{name: "time", entries: 2, path: "new"}]' plan.json
}

@test "XFS loses what plan says" {
	make_odd
	disk xfs 400M
	loses_alike "" disk/root --devices --xattrs all
}

@test "btrfs loses what plan says" {
	make_odd
	disk btrfs 400M
	loses_alike "" disk/root --devices --xattrs all
}

# In a user namespace where root is the only user.
as_lone_root() {
	shift
	unshare -Ur "$NACRE" "$@"
}

@test "the root of a user namespace holds what counts there" {
	need_namespaces
	make_odd
	run -1 --separate-stderr as_lone_root nacre plan oci:layout:v1 root --devices --xattrs all \
		--json
	[ -n "$output" ] # jq -e takes nothing for true
	jq -e '[.privileges[] | select(.held | not) | .name] == ["CAP_MKNOD", "CAP_SYS_ADMIN"]' \
		<<<"$output"
}

# fails_alike AS DIR OPTION…: both say why, in the same words; plan has told all else by then.
fails_alike() {
	local as=$1 dir=$2

	shift 2
	run -1 --separate-stderr $as nacre unpack oci:layout:v1 "$dir" --unsigned "$@"
	# shellcheck disable=SC2154
	grep '^nacre: unpack' <<<"$stderr" >want
	run -1 --separate-stderr $as nacre plan oci:layout:v1 "$dir" --json "$@"
	grep '^nacre: plan' <<<"$stderr" | sed 's/^nacre: plan/nacre: unpack/' | diff want -
	jq -e --arg why "$(sed 's/^nacre: unpack oci:layout:v1: //' want)" '.failure == $why' \
		<<<"$output"
}

@test "what unpacking would fail with is told, and the exit code is its" {
	need_namespaces
	mkdir tree
	: >tree/f
	chown 7:8 tree/f
	image_of tree
	fails_alike as_lone_root root
	rm tree/f
	mknod tree/null c 1 3
	image_of tree
	chmod -R a+rX layout
	install -d -o 65534 -g 65534 mine
	fails_alike as_nobody mine/root --no-owner --devices
	fails_alike as_nobody mine/root --devices
	install -d locked
	fails_alike as_nobody locked/root --no-owner --devices
	rm tree/null
	ln -s "$(head -c 2000 /dev/zero | tr '\0' x)" tree/link
	image_of tree
	disk ext4 4M -b 1024
	fails_alike "" disk/root
	disk tmpfs 4m
	nacre plan oci:layout:v1 disk/root >/dev/null
}

@test "a file that is too large for the process or the disk is told of" {
	local limited="ulimit -f 100; trap '' XFSZ; \"\$@\""
	make_odd
	nacre plan oci:layout:v1 root --devices >/dev/null
	run -1 --separate-stderr bash -c "$limited" - "$NACRE" \
		unpack oci:layout:v1 root --unsigned --devices
	[[ $stderr == *": 'usr/lib/big': write: File too large" ]]
	run -1 --separate-stderr bash -c "$limited" - "$NACRE" plan oci:layout:v1 root --devices
	[[ $stderr == *"nacre: plan oci:layout:v1: 'usr/lib/big': write: File too large" ]]
	# Without the trap the limit kills who is beyond it; plan does not go there.
	run -1 --separate-stderr bash -c 'ulimit -f 100; "$@"' - "$NACRE" \
		plan oci:layout:v1 root --devices
}

@test "without a try the losses are not known" {
	make_odd
	nacre plan oci:layout:v1 root --devices --no-probe --json |
		jq -e '.losses | (.known | not) and .reason == "nothing was tried out (--no-probe)"'
	nacre plan oci:layout:v1 root --devices --no-probe |
		grep -Fx 'loses     not known: nothing was tried out (--no-probe)'
	# Where nobody may write, that is no failure of an unpacking elsewhere.
	chmod -R a+rX layout
	as_nobody nacre plan oci:layout:v1 --devices --no-owner --json >plan.json
	jq -e '(.losses.known | not) and has("failure") == false' plan.json
}
