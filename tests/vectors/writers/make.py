#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py GO JAR BUSYBOX PIGZ: writes the lists and the archives beside it, which
tests/oracle/writers.py reads.

A list is a tree as tests/lib/listing.h prints it. writer.go and Writer.java read one and write it
as an archive with the library that each language's container tools use. GO, BUSYBOX and PIGZ are
the commands, JAR is commons-compress (javac and java are found by themselves); the versions that
the archives here are from stand in VERSIONS. Debian has them all: golang-go,
default-jdk-headless, libcommons-compress-java, busybox, pigz.

An archive is WRITER.LIST.tar.gz. As a rule the compression is only for this folder; pigz's is the
one that Docker used wherever it found it, in blocks that begin anew.
"""
import gzip
import os
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "lib"))

# pylint: disable=wrong-import-position
from listing import make_tree, read_list

TIME = 1_700_000_000
CAFE = "caf\\xc3\\xa9"
ROOT = f"d 0755 0 0 {TIME} 0 /"

USTAR = [
    ROOT,
    f"d 0755 0 0 {TIME} 0 bin",
    f"f 4755 0 0 {TIME} 3 bin/su \"su\\x0a\"",
    f"l 0777 0 0 {TIME} 0 bin/sh -> ../bin/su",
    f"d 0750 1000 1001 {TIME} 0 data",
    f"f 0644 1000 1001 {TIME} 0 data/empty \"\"",
    "f 0640 262143 262143 0 3 data/first \"one\"",
    "f 0640 262143 262143 0 3 data/second \"one\" = data/first",
    f"d 0755 0 0 {TIME} 0 dev",
    f"b 0660 0 6 {TIME} 8:17 dev/disk",
    f"p 0600 0 0 {TIME} 0 dev/fifo",
    f"c 0666 0 0 {TIME} 1:3 dev/null",
    # Names of 100 bytes, of 101, which have to be split, and the longest: 155 and 100.
    f"d 0755 0 0 {TIME} 0 " + "d" * 50,
    f"f 0644 0 0 {TIME} 1 " + "d" * 50 + "/" + "e" * 49 + " \"1\"",
    f"f 0644 0 0 {TIME} 1 " + "d" * 50 + "/" + "f" * 50 + " \"2\"",
    f"d 0755 0 0 {TIME} 0 " + "g" * 77,
    f"d 0755 0 0 {TIME} 0 " + "g" * 77 + "/" + "h" * 77,
    f"f 0644 0 0 {TIME} 1 " + "g" * 77 + "/" + "h" * 77 + "/" + "i" * 100 + " \"3\"",
    f"d 1777 0 0 {TIME} 0 tmp",
    f"l 0777 0 0 {TIME} 0 tmp/long -> " + "t" * 100,
]

GNU = USTAR + [
    f"d 0755 0 0 {TIME} 0 " + CAFE,
    f"f 0644 0 0 {TIME} 1 {CAFE}/na\\xc3\\xafve \"4\"",
    f"f 0644 2097152 4294967294 {TIME} 1 ids \"5\"",
    f"f 0644 2097151 2097151 {TIME} 1 ids-of-seven-digits \"5\"",
    f"d 0755 0 0 {TIME} 0 " + "n" * 255,
    f"f 0644 0 0 {TIME} 1 " + "n" * 255 + "/" + "o" * 255 + " \"6\"",
    f"l 0777 0 0 {TIME} 0 " + "n" * 255 + "/" + "p" * 101 + " -> " + "t" * 101,
    f"l 0777 0 0 {TIME} 0 tmp/longer -> " + "t" * 1000,
    f"f 0644 0 0 {TIME} 1 zlink \"6\" = " + "n" * 255 + "/" + "o" * 255,
]

# What busybox makes of greater ones is another number.
BUSYBOX = [line for line in GNU if " ids " not in line]

GO_GNU = GNU + [f"f 0644 0 0 -5 1 tmp/before \"7\"", f"f 0644 0 0 8589934592 1 tmp/later \"8\""]

PAX = GO_GNU + [
    f"f 0644 0 0 {TIME}+123456700 1 tmp/hundreds \"9\"",  # as fine as Java goes
    f"f 0644 0 0 {TIME} 1 tmp/xattrs \"x\" user.binary=000a3d user.empty= user.text=31",
]
GO_PAX = PAX + [
    f"f 0644 0 0 {TIME}+123456789 1 tmp/nanoseconds \"9\"",
    "f 0644 0 0 -2+750000000 1 tmp/quarter \"q\"",
]

# Names that are no UTF-8, in fields, in GNU long names and in pax records.
RAW = [
    ROOT,
    f"d 0755 0 0 {TIME} 0 \\xff\\xfe",
    f"f 0644 0 0 {TIME} 1 \\xff\\xfe/\\x80 \"1\"",
    f"l 0777 0 0 {TIME} 0 \\xff\\xfe/link -> \\xc3(",
    f"f 0644 0 0 {TIME} 1 \\xff\\xfe/" + "\\xe9" * 200 + " \"2\"",
]

LISTS = {"ustar": USTAR, "gnu": GNU, "go-gnu": GO_GNU, "pax": PAX,
         "go-pax": GO_PAX, "busybox": BUSYBOX, "raw": RAW}


def with_busybox(busybox, name):
    """busybox tar writes what lies on disk, in its one format: GNU's."""
    with tempfile.TemporaryDirectory() as top, open(list_path(name), "rb") as file:
        make_tree(top, read_list(file.read()))
        return subprocess.run([busybox, "tar", "-C", top, "-c", "."], check=True,
                              stdout=subprocess.PIPE).stdout


def list_path(name):
    return os.path.join(HERE, name + ".list")


def run(command, name):
    with open(list_path(name), "rb") as file:
        return subprocess.run(command, check=True, stdin=file, stdout=subprocess.PIPE).stdout


def implementation(jar):
    with zipfile.ZipFile(jar) as archive:
        manifest = archive.read("META-INF/MANIFEST.MF").decode()
    return next(line for line in manifest.splitlines() if "Implementation-Version" in line)


def first_line(*command):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode().splitlines()[0]


def main():
    go, jar, busybox, pigz = sys.argv[1:]
    for name, lines in LISTS.items():
        with open(list_path(name), "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in lines))
    archives = {}
    with tempfile.TemporaryDirectory() as classes:
        writer = os.path.join(classes, "writer")
        subprocess.run([go, "build", "-o", writer, os.path.join(HERE, "writer.go")], check=True)
        subprocess.run(["javac", "-cp", jar, "-d", classes, os.path.join(HERE, "Writer.java")],
                       check=True)
        java = ["java", "-cp", f"{classes}:{jar}", "Writer"]
        for form, names in (("ustar", ["ustar"]), ("gnu", ["go-gnu", "raw"]),
                            ("pax", ["go-pax", "raw"])):
            for name in names:
                archives[f"go-{form}.{name}"] = run([writer, form], name)
        archives["java-gnu.gnu"] = run([*java, "gnu"], "gnu")
        archives["java-posix.pax"] = run([*java, "posix"], "pax")
    for name in ("busybox", "raw"):
        archives["busybox." + name] = with_busybox(busybox, name)
    packed = {name: gzip.compress(data, mtime=0) for name, data in archives.items()}
    packed["pigz.go-pax"] = subprocess.run(
        [pigz, "-9nb", "32"], check=True, input=archives["go-pax.go-pax"],
        stdout=subprocess.PIPE).stdout
    for name, data in packed.items():
        with open(os.path.join(HERE, name + ".tar.gz"), "wb") as file:
            file.write(data)
    with open(os.path.join(HERE, "VERSIONS"), "w", encoding="utf-8") as file:
        file.write("\n".join((first_line(go, "version"), first_line("javac", "-version"),
                              "commons-compress " + implementation(jar), first_line(busybox),
                              first_line(pigz, "--version"))) + "\n")


if __name__ == "__main__":
    main()
