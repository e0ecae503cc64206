#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tree.py ROOT: what holds for every text file of the project.

Each source file says its licence on its first lines; nothing names a path of somebody's machine or
the address of a package registry's downloads.
"""
import os
import re
import sys

SKIPPED = re.compile(r"^(\.git|build|build-[^/]*|(.*/)?__pycache__)$")
DATA = re.compile(r"^(tests/fuzz/corpus|tests/vectors|tests/golden)/")
SOURCE = re.compile(r"(\.(c|h|py|sh|bash|bats|cmake)|CMakeLists\.txt|(^|/)run)$")
LICENCE = "SPDX-License-Identifier: Apache-2.0"
ELSEWHERE = re.compile(
    r"/(?:home|Users)/\w+|/root/[.\w]+|/work/\w+|"
    r"(?:registry\.npmjs\.org|files\.pythonhosted\.org|pypi\.org/simple|static\.crates\.io|"
    r"proxy\.golang\.org|rubygems\.org/downloads)"
)


def text_files(root):
    for where, dirs, files in os.walk(root):
        here = os.path.relpath(where, root)
        dirs[:] = sorted(d for d in dirs if not SKIPPED.match(os.path.normpath(f"{here}/{d}")))
        for name in sorted(files):
            path = os.path.normpath(os.path.join(here, name))
            # .git is a file in a working tree beside the first.
            if (os.path.islink(os.path.join(root, path)) or DATA.match(path) or
                    SKIPPED.match(path)):
                continue
            with open(os.path.join(root, path), "rb") as file:
                data = file.read()
            if b"\0" not in data:
                yield path, data.decode("utf-8", "surrogateescape")


def check(root):
    seen = 0
    for path, text in text_files(root):
        seen += 1
        lines = text.splitlines()
        if SOURCE.search(path) and not any(LICENCE in line for line in lines[:3]):
            yield f"{path}:1: no {LICENCE}"
        if path == os.path.relpath(__file__, root):
            continue
        for number, line in enumerate(lines, 1):
            for match in ELSEWHERE.finditer(line):
                yield f"{path}:{number}: names {match.group()}"
    if seen < 20:
        yield f"{root}: only {seen} text files found"


def main():
    bad = list(check(os.path.realpath(sys.argv[1])))
    for message in bad:
        print(message)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
