// SPDX-License-Identifier: Apache-2.0

// writer FORMAT <LIST >TAR: a tree (tests/lib/listing.h) as Go's archive/tar writes it, which is
// what Docker, containerd, buildah, umoci, kaniko, ko and apko use.
package main

import (
	"archive/tar"
	"bufio"
	"encoding/hex"
	"log"
	"os"
	"strconv"
	"strings"
	"time"
)

var formats = map[string]tar.Format{"ustar": tar.FormatUSTAR, "gnu": tar.FormatGNU,
	"pax": tar.FormatPAX}

var types = map[string]byte{"f": tar.TypeReg, "d": tar.TypeDir, "l": tar.TypeSymlink,
	"c": tar.TypeChar, "b": tar.TypeBlock, "p": tar.TypeFifo}

func number(text string, base int) int64 {
	value, err := strconv.ParseInt(text, base, 64)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func unescape(text string) string {
	out := []byte{}
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			out = append(out, byte(number(text[i+2:i+4], 16)))
			i += 3
		} else {
			out = append(out, text[i])
		}
	}
	return string(out)
}

func mtime(text string) time.Time {
	seconds, ns, _ := strings.Cut(text, "+")
	if ns == "" {
		ns = "0"
	}
	return time.Unix(number(seconds, 10), number(ns, 10))
}

// The fields behind the path: a target, a content, attributes, the first name of a group.
func rest(header *tar.Header, words []string) (content string) {
	for len(words) > 0 {
		word := words[0]
		switch {
		case word == "->":
			header.Linkname = unescape(words[1])
			words = words[1:]
		case word == "=":
			header.Typeflag = tar.TypeLink
			header.Linkname = unescape(words[1])
			words = words[1:]
		case word[0] == '"':
			content = unescape(word[1 : len(word)-1])
		default:
			name, value, _ := strings.Cut(word, "=")
			raw, err := hex.DecodeString(value)
			if err != nil {
				log.Fatal(err)
			}
			if header.PAXRecords == nil {
				header.PAXRecords = map[string]string{}
			}
			header.PAXRecords["SCHILY.xattr."+unescape(name)] = string(raw)
		}
		words = words[1:]
	}
	return content
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := tar.NewWriter(os.Stdout)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		header := &tar.Header{Typeflag: types[words[0]], Mode: number(words[1], 8),
			Uid: int(number(words[2], 10)), Gid: int(number(words[3], 10)),
			ModTime: mtime(words[4]), Name: unescape(words[6]), Format: formats[os.Args[1]]}
		if major, minor, is := strings.Cut(words[5], ":"); is {
			header.Devmajor, header.Devminor = number(major, 10), number(minor, 10)
		}
		content := rest(header, words[7:])
		if header.Name == "/" {
			header.Name = "./"
		} else if header.Typeflag == tar.TypeDir {
			header.Name += "/"
		}
		if header.Typeflag == tar.TypeReg {
			header.Size = int64(len(content))
		} else {
			content = ""
		}
		if err := out.WriteHeader(header); err != nil {
			log.Fatal(err)
		}
		if _, err := out.Write([]byte(content)); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
}
