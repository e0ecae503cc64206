#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# What comes from outside: files and archives by their URLs, from a server that misbehaves.

load ../lib/common

serve() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout server.pem -out ca.pem 2>/dev/null
	cat ca.pem >>server.pem
	mkdir -p served
	"$PYTHON" "$lib/fetchserver.py" server.pem served requests >port 3>&- &
	server=$!
	until [ -s port ]; do sleep 0.05; done
	url=https://127.0.0.1:$(cat port)
	export CURL_CA_BUNDLE=$PWD/ca.pem NACRE_CACHE=$PWD/cache
	unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY SSL_CERT_FILE
	: >requests
}

teardown() {
	cd /
	[ -z "${server:-}" ] || kill "$server"
}

sha256_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# recipe URL FILE [TO]: a recipe that fetches it, with the digest that FILE has.
recipe() {
	write context/nacre.yaml <<-E
	nacre: 1
	from: scratch
	layers:
	  - name: a
	    steps:
	      - fetch: {url: "$1", sha256: $(sha256_of "$2"), to: ${3:-/got}, mode: "0640"}
	E
}

built() { # built NAME
	nacre build context -t "oci:$1:v1" -q >"$1.id"
	nacre unpack "oci:$1:v1" "$1.root" --unsigned >/dev/null
}

fails_with() { # fails_with CODE TEXT
	run --separate-stderr nacre build context -t oci:refused:v1
	[ "$status" -eq "$1" ] || { echo "$status: $stderr"; return 1; }
	[[ "$stderr" = *"$2"* ]] || { echo "no '$2' in: $stderr"; return 1; }
	[ ! -e refused ]
}

@test "a file is fetched once, proven, and kept under its digest" {
	serve
	head -c 300000 /dev/urandom >served/data
	recipe "$url/plain/data?v=1" served/data /etc/ssl/
	sed -i 's/plain/moved/; s/?v=1//' context/nacre.yaml
	built one
	cmp served/data one.root/etc/ssl/data
	[ "$(stat -c %a one.root/etc/ssl/data)" = 640 ]
	cmp served/data "cache/inputs/sha256/$(sha256_of served/data)"
	[ "$(wc -l <requests)" = 2 ] # one of them the redirection
	kill "$server"
	server=
	built two
	cmp one.id two.id
}

@test "a transfer that breaks off is gone on with, also by the next run" {
	serve
	head -c 300000 /dev/urandom >served/data
	recipe "$url/cut/data" served/data
	built one
	cmp served/data one.root/got
	[ "$(wc -l <requests)" -gt 3 ]
	grep -q '^/cut/data 150000$' requests

	head -c 200000 /dev/urandom >served/more
	mkdir -p cache/inputs/sha256
	head -c 70000 served/more >"cache/inputs/sha256/$(sha256_of served/more).part"
	recipe "$url/plain/more" served/more
	built two
	cmp served/more two.root/got
	grep -q '^/plain/more 70000$' requests
	[ -z "$(find cache -name '*.part')" ]
}

@test "what was kept and is no begin of the file is thrown away, and so is what is damaged" {
	serve
	head -c 100000 /dev/urandom >served/data
	mkdir -p cache/inputs/sha256
	head -c 40000 /dev/zero >"cache/inputs/sha256/$(sha256_of served/data).part"
	recipe "$url/plain/data" served/data
	built one
	cmp served/data one.root/got
	head -c 100000 /dev/zero >"cache/inputs/sha256/$(sha256_of served/data)"
	built two
	cmp served/data two.root/got
}

@test "a server that knows no ranges is asked from the start" {
	serve
	head -c 100000 /dev/urandom >served/data
	recipe "$url/deaf/data" served/data
	built one
	cmp served/data one.root/got
}

@test "a server in trouble is asked again, and not for ever" {
	serve
	echo data >served/data
	recipe "$url/busy/data" served/data
	built one
	[ "$(grep -c busy requests)" = 3 ]
	recipe "$url/never/data" served/data
	rm -r cache
	fails_with 1 "/never/data: the server answers 503"
	[ "$(grep -c never requests)" = 5 ]
}

@test "another content, another certificate, http and what is not there are refused" {
	serve
	echo data >served/data
	echo other >other
	recipe "$url/plain/data" other
	fails_with 3 "nacre.yaml:6:9: fetch: $url/plain/data: its content has digest sha256:$(sha256_of served/data)"
	[ -z "$(ls -A cache/inputs/sha256)" ]
	recipe "$url/plain/none" other
	fails_with 1 "/plain/none: the server answers 404"
	recipe "$url/http/data" served/data
	fails_with 1 "/http/data: "
	recipe "$url/plain/data" served/data
	CURL_CA_BUNDLE=/dev/null fails_with 1 "/plain/data: "
	https_proxy=http://127.0.0.1:1 fails_with 1 "/plain/data: "
	https_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 built one
}

@test "more than blob-bytes is not fetched" {
	serve
	head -c 100000 /dev/urandom >served/data
	recipe "$url/plain/data" served/data
	run --separate-stderr nacre build context -t oci:refused:v1 --limit blob-bytes=4k
	[ "$status" -eq 3 ]
	[[ "$stderr" = *"more than 4096 bytes (limit blob-bytes)"* ]]
}

@test "file: takes a file of this machine, and an archive may have a URL" {
	export NACRE_CACHE=$PWD/cache
	write tree/a <<<a
	tar -cf a.tar -C tree a
	write context/nacre.yaml <<-E
	nacre: 1
	from: scratch
	layers:
	  - name: a
	    steps:
	      - fetch: {url: "file://$PWD/a.tar", sha256: $(sha256_of a.tar), to: /}
	      - archive: {url: "file://$PWD/a.tar", sha256: $(sha256_of a.tar), to: /tree}
	E
	built one
	cmp a.tar one.root/a.tar
	[ "$(cat one.root/tree/a)" = a ]
}

@test "without a place to keep it nothing is fetched" {
	echo data >data
	recipe "file://$PWD/data" data
	run --separate-stderr env -u HOME -u NACRE_CACHE -u XDG_CACHE_HOME "$NACRE" build context -t oci:out:v1
	[ "$status" -eq 2 ]
	[[ "$stderr" = *"there is no cache directory to fetch into; NACRE_CACHE names one"* ]]
}

@test "two builds that fetch the same at once both get it" {
	serve
	head -c 400000 /dev/urandom >served/data
	recipe "$url/cut/data" served/data
	nacre build context -t oci:one:v1 -q >one.id &
	nacre build context -t oci:two:v1 -q >two.id
	wait %2 || wait -n
	cmp one.id two.id
	cmp served/data "cache/inputs/sha256/$(sha256_of served/data)"
}
