#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/recipe.schema.json says what the parser says, as far as a schema can.

It accepts every recipe of tests/vectors/recipe that the parser accepts, and those of examples/ and
docs/recipe.md. It refuses the others, except for the cases below, whose mistakes a schema cannot see.

usage: schema.py SOURCE-DIRECTORY
"""
import json
import pathlib
import re
import sys

import jsonschema
import yaml

# Mistakes of the spelling, which are gone once YAML or JSON is read.
SPELLING = """
alias anchor anchor-on-text control-character directive duplicate-key duplicate-key-quoted
json-duplicate-key json-flow-yaml json-lone-surrogate json-nul line-separator
lone-carriage-return merge-key nul-byte escape-nul tag tag-directive tag-on-map
""".split()

# Mistakes of the meaning: args that are not there, days that are not in the calendar, numbers
# within texts, the same thing in two spellings, two of one name, names of what is not above.
MEANING = """
accounts-twice accounts-uid-twice allow-class arg-behind-escape arg-behind-letters arg-in-block
arg-none arg-unknown copy-arg-climbs copy-glob-open copy-list-file env-twice-in-list
epoch-no-such-day fetch-long-name fetch-no-name file-bad-base64 from-mapping-threshold
from-mapping-two-digests include-alone json-number-mode layer-twice lone-dollar mode-decimal
owner-too-great port-too-great port-twice stage-below stage-itself stage-unknown
unclosed-reference user-too-great volume-twice
""".split()


class Loader(yaml.SafeLoader):
    """YAML 1.2: the core schema (YAML 1.2.2, 10.3.2) instead of what YAML 1.1 guesses."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
]:
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(rf"^(?:{pattern})$"), first)
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value, 10))


def load(data):
    """The document; None, which no schema of a mapping takes, for what is not YAML or JSON."""
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip().startswith("{"):
            return json.loads(text)
        return yaml.load(text, Loader)
    except (UnicodeDecodeError, ValueError, yaml.YAMLError):
        return None


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "docs/recipe.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    wrong, counts = [], {"accepted": 0, "refused": 0, "beyond": 0}

    def judge(name, data, good, beyond):
        mistake = jsonschema.exceptions.best_match(validator.iter_errors(load(data)))
        if beyond:
            # Should the schema learn to see it, the list above is to be shortened.
            if mistake and name in MEANING:
                wrong.append(f"{name}: is refused and listed as beyond a schema")
            counts["beyond"] += 1
        elif good and mistake:
            wrong.append(f"{name}: {mistake.json_path}: {mistake.message}")
        elif not good and not mistake:
            wrong.append(f"{name}: is accepted, but not by the parser")
        else:
            counts["accepted" if good else "refused"] += 1

    for case in sorted((source / "tests/vectors/recipe").iterdir()):
        path = next(case.glob("recipe.*"))
        good = (case / "expect").read_text(encoding="utf-8") == "ok\n"
        judge(case.name, path.read_bytes(), good, case.name in SPELLING + MEANING)
    part = validator.evolve(schema={**schema["$defs"]["part"], "$defs": schema["$defs"]})
    for path in sorted((source / "examples").glob("*/nacre.yaml")):
        judge(str(path), path.read_bytes(), True, False)
        for name in (load(path.read_bytes()) or {}).get("include", []):
            for mistake in part.iter_errors(load((path.parent / name).read_bytes())):
                wrong.append(f"{path.parent / name}: {mistake.json_path}: {mistake.message}")
    manual = (source / "docs/recipe.md").read_bytes()
    for block in re.findall(rb"^```yaml\n(nacre:.*?)^```$", manual, re.DOTALL | re.MULTILINE):
        judge("docs/recipe.md", block, True, False)
    for name in SPELLING + MEANING:
        if not (source / "tests/vectors/recipe" / name).is_dir():
            wrong.append(f"{name}: there is no such case")
    for line in wrong:
        print(line)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if wrong or counts["accepted"] < 15 or counts["refused"] < 80 else 0


if __name__ == "__main__":
    sys.exit(main())
