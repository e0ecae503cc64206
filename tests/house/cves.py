#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cves.py ROOT: tests/hostile/CVES.md and the attacks name the same vulnerabilities in the same
cases; what has no case has a reason; each attack says in a sentence what it tries, and there are no
fewer of them than there were to be.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
ROW = re.compile(r"^\| (CVE-\d{4}-\d{4,}) \| ([^|]+) \| ([^|]+) \|$")
CASE = re.compile(r"`([a-z]+/[\w.-]+)`")
LEAST = 120


def attacks_of(root):
    sys.path[:0] = [os.path.join(root, "tests", folder) for folder in ("hostile", "lib")]
    from run import MODULES, cases_of  # pylint: disable=import-outside-toplevel
    return {f"{module}/{case.name}": case for module in MODULES
            for case in cases_of(module, "/outside")}


def rows_of(root):
    with open(os.path.join(root, "tests/hostile/CVES.md"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("| CVE-"):
                yield ROW.match(line.rstrip("\n")), line


def check(root):
    attacks = attacks_of(root)
    named = {}
    for name, case in attacks.items():
        for cve in case.refs:
            named.setdefault(cve, set()).add(name)
        if len(case.tries.split()) < 2:
            yield f"{name}: does not say what it tries"
    if len(attacks) < LEAST:
        yield f"only {len(attacks)} attacks"
    seen = set()
    for row, line in rows_of(root):
        if not row:
            yield f"not a row: {line}"
            continue
        cve, _, last = row.groups()
        cases = set(CASE.findall(last))
        if cve in seen:
            yield f"{cve}: twice"
        seen.add(cve)
        if cases != named.get(cve, set()):
            yield f"{cve}: the table has {sorted(cases)}, the attacks {sorted(named.get(cve, []))}"
    for cve in sorted(named.keys() - seen):
        yield f"{cve}: not in the table"


def main():
    bad = list(check(os.path.realpath(sys.argv[1])))
    print("\n".join(bad) or "the table of vulnerabilities is that of the attacks")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
