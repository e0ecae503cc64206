#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lint.py NACRE LINT.MD ROOT: docs/lint.md has the rules that the command has, and each is used.

lint.py NACRE LINT.MD ROOT --write: puts the command's table into the page.
"""
import json
import re
import subprocess
import sys

HEAD = "| rule | severity | what is so | nacre lint goes on | source |\n|---|---|---|---|---|\n"


def rules_of(nacre):
    done = subprocess.run([nacre, "lint", "--rules", "--json"], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def table_of(rules):
    keys = ("severity", "text", "continuation", "source")
    rows = (["`" + rule["rule"] + "`", *(rule[key] for key in keys)] for rule in rules)
    return HEAD + "".join("| " + " | ".join(row) + " |\n" for row in rows)


def check(rules, page, root):
    if table_of(rules) not in page:
        yield "the table is another than the command's; --write puts that in"
    names = [rule["rule"] for rule in rules]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is there twice"
    for name in names:
        if not re.fullmatch(r"[a-z]+(/[a-z0-9-]+)?", name):
            yield f"{name} is no id"
    used = subprocess.run(["grep", "-rhoE", "NACRE_RULE_[A-Z_]+", "--include=*.c", f"{root}/layers", f"{root}/builder"],
                          check=True, capture_output=True, text=True).stdout.split()
    for word in sorted(set(used)):
        if used.count(word) == 1:
            yield f"{word} is told by nobody"


def main():
    nacre, path, root = sys.argv[1:4]
    with open(path, encoding="utf-8") as file:
        page = file.read()
    rules = rules_of(nacre)
    if sys.argv[4:] == ["--write"]:
        begin = page.index(HEAD)
        end = page.find("\n\n", begin)
        page = page[:begin] + table_of(rules) + (page[end + 1:] if end >= 0 else "")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
    bad = list(check(rules, page, root))
    print("\n".join(bad) or f"{len(rules)} rules as the page has them")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
