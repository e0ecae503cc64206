#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""console.py DOCUMENT: runs the commands of a Markdown document, and compares what they print.

In its ```console blocks a command begins with "$ " and goes on behind "> "; what follows is what it
prints on standard output and then on standard error, with "…" for any characters of a line. All
run in the working directory.
"""
import re
import subprocess
import sys


def commands(text):
    """(command, expected lines) of each command, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif line.startswith("> ") and not found[-1][1]:
                found[-1][0] += "\n" + line[2:]
            else:
                found[-1][1].append(line)
    return found


def is_alike(want, got):
    pattern = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", want))
    return re.fullmatch(pattern, got) is not None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        todo = commands(file.read())
    if not todo:
        sys.exit(f"{sys.argv[1]}: no commands")
    for command, want in todo:
        done = subprocess.run(["bash", "-c", command], check=False, stdin=subprocess.DEVNULL,
                              capture_output=True)
        got = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        if len(got) != len(want) or not all(map(is_alike, want, got)):
            print(f"$ {command}", *got, "", "where the document has:", *want, sep="\n")
            sys.exit(1)


main()
