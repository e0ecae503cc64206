#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""claims.py ROOT: what the documents name is there.

Files and folders in backquotes, functions in backquotes with (), targets of links, and behind the
file of a test the quoted name of a test in it: `tests/e2e/x.bats`: "a sentence", and for an attack
the name of the case: `tests/hostile/x.py`: "a-name".
"""
import functools
import glob
import importlib
import os
import re
import sys

sys.dont_write_bytecode = True

DOCUMENTS = ("README.md", "HACKING.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md",
             "docs/security.md", "docs/trust.md")
FOLDERS = r"(?:\.ci|base|builder|cli|docs|examples|formats|include|layers|sign|tests)"
PATH = re.compile(rf"`({FOLDERS}/[\w./-]*)[^`]*`")
FUNCTION = re.compile(r"`(nacre_\w+)\(\)`")
TEST = re.compile(r'`(tests/[\w./-]+)`:\s+"([^"]+)"')
PLACEHOLDER = re.compile(r"\b(FOLDER|MODULE|NAME|TOPIC)\b|\b(FOLDER|MODULE|NAME|TOPIC)_")
LINK = re.compile(r"\]\(([\w./-]+)\)")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


@functools.cache
def attacks_of(root, path):
    sys.path[:0] = [os.path.join(root, "tests", folder) for folder in ("hostile", "lib")]
    module = importlib.import_module(os.path.basename(path)[:-len(".py")])
    return {case.name for case in module.cases("/outside")}


def has_test(root, path, sentence):
    if path.startswith("tests/hostile/"):
        return sentence in attacks_of(root, path)
    text = read(root, path)
    if path.endswith(".c"):
        name = sentence.replace(" ", "_")
        return re.search(rf"^static void {name}\(", text, re.M) and re.search(rf"\b{name}[,)]", text)
    return f'@test "{sentence}"' in text


def check(root):
    headers = "".join(
        read(path) for top in ("include/nacre", "base", "formats", "layers", "sign", "builder")
        for path in glob.glob(f"{root}/{top}/*.h")
    )
    seen = 0
    for name in DOCUMENTS:
        text = re.sub(r"\s+", " ", read(root, name))
        for path in PATH.findall(text):
            if not PLACEHOLDER.search(path) and not os.path.exists(os.path.join(root, path)):
                yield f"{name}: {path} is not there"
        for path in LINK.findall(text):
            if not os.path.exists(os.path.join(root, os.path.dirname(name), path)):
                yield f"{name}: a link to {path}, which is not there"
        for function in FUNCTION.findall(text):
            if not re.search(rf"\b{function}\(", headers):
                yield f"{name}: {function}() is in no header"
        for path, sentence in TEST.findall(text):
            seen += 1
            if os.path.exists(os.path.join(root, path)) and not has_test(root, path, sentence):
                yield f"{name}: {path} has no test '{sentence}'"
    if not seen:
        yield "no document names a test"


def main():
    bad = list(check(sys.argv[1]))
    print("\n".join(bad) or f"{len(DOCUMENTS)} documents name what there is")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
