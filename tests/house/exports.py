#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""exports.py ROOT LIBNACRE.SO LIBNACRE.A

The shared library exports the functions that the public headers declare NACRE_API, each of them and
nothing else; and every global name of the static library begins with nacre_, so that linking it
takes no name away from a program.
"""
import glob
import re
import subprocess
import sys


def declared(root):
    names = {}
    for path in sorted(glob.glob(f"{root}/include/nacre/*.h")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
        text = re.sub(r"^\s*#(?:\\\n|[^\n])*", "", text, flags=re.M)
        text = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text)
        for match in re.finditer(r"\bNACRE_API\b([^;{]*)[;{]", text):
            call = re.search(r"(\w+)\s*\(", match.group(1))
            if not call:
                sys.exit(f"{path}: NACRE_API before what is no function: {match.group(1)}")
            names[call.group(1)] = path
    return names


def defined(*command):
    """Names of symbols that others can link to: capital letters in nm's table, weak ones too."""
    done = subprocess.run(["nm", "-P", *command], check=True, capture_output=True, text=True)
    words = map(str.split, done.stdout.splitlines())
    return {w[0] for w in words if len(w) > 1 and w[1] in "TDBRVWi"}


def main():
    root, shared, static = sys.argv[1:4]
    want = declared(root)
    have = defined("-D", "--defined-only", shared)
    bad = [f"{want[name]}: {name} is declared and not exported" for name in want.keys() - have]
    bad += [f"{name} is exported and not declared NACRE_API" for name in have - want.keys()]
    # What a sanitizer adds to every object is the compiler's, not ours.
    bad += [
        f"{name} is global and does not begin with nacre_"
        for name in defined("-g", "--defined-only", static)
        if not name.startswith(("nacre_", "__asan", "__odr_asan", "__tsan", "__ubsan"))
    ]
    if not want:
        bad.append("no NACRE_API function found")
    print("\n".join(sorted(bad)) or f"{len(want)} functions")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
