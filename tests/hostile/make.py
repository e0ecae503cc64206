#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py OUTDIR [OUTSIDE]: writes every attack of tests/hostile as an image layout, for a look at
one or for another unpacker, and OUTDIR/cases.json: what each tries and what should come of it.

The layouts are OUTDIR/MODULE/NAME with the tag v1. OUTSIDE is the absolute name that those mean
which lead out. The output depends on nothing else.
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "lib")]
from run import MODULES, cases_of  # noqa: E402


def said_of(module, case):
    if case.tree is None:
        outcome = f"refused: {case.refused}"
    else:
        outcome = [entry.line() for entry in case.tree]
    return {"name": f"{module}/{case.name}", "tries": case.tries, "refs": case.refs,
            "options": case.options, "by": list(case.who), "outcome": outcome}


def main():
    out, outside = sys.argv[1], (sys.argv[2:] or ["/tmp/nacre-outside"])[0]
    said = []
    for module in MODULES:
        for case in cases_of(module, outside):
            case.write(os.path.join(out, module, case.name))
            said.append(said_of(module, case))
    with open(os.path.join(out, "cases.json"), "w", encoding="ascii") as file:
        json.dump(said, file, indent=1)
    print(f"{len(said)} cases in {out}")


if __name__ == "__main__":
    main()
