#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""manual.py NACRE NACRE.1: the manual page and the command know the same commands and options.

An option is its letter, its name and what its value is called. In the page a command's options are
the `.It Fl` lines of its own section and of the sections that it points to by `.Sx`; the names of
limits are held to what the command takes.
"""
import re
import subprocess
import sys


def run(nacre, *words):
    done = subprocess.run([nacre, *words], check=False, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else sys.exit(f"{' '.join(words)}: {done.stderr}")


def rows_of(nacre, command):
    line = re.compile(r"^ {2}(?:-(\w), | {4})--([\w-]+)(?: ([^\s]+))?(?: {2}|$)", re.M)
    return set(line.findall(run(nacre, "help", *command.split())))


def commands_of(nacre):
    """{"key new": "NAME"} from the overview."""
    rows = re.findall(r"^ {2}((?:[a-z]+ )+)((?:\[?[A-Z]+\]? ?)+) {2,}\S", run(nacre, "help"), re.M)
    return {name.strip(): operands.strip() for name, operands in rows if name.strip() != "help"}


class Page:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.text = text
        parts = re.split(r"^\.Ss (.*)$|^\.Sh .*$", text, flags=re.M)
        self.sections = {}
        for title, body in zip(parts[1::2], parts[2::2]):
            if title:
                self.sections[title.strip()] = body

    def commands(self):
        found = {}
        for title in self.sections:
            words = title.split()
            if words[0] != "nacre":
                continue
            name = " ".join(word for word in words[1:] if word.islower())
            operands = re.sub(r"Op Ar (\w+)", r"[\1]", title).split()
            found[name] = (" ".join(w for w in operands if re.fullmatch(r"\[?[A-Z]+\]?", w)), title)
        return found

    def rows_of(self, title):
        rows = set()
        body = self.sections[title]
        for line in re.findall(r"^\.It Fl (.*)$", body, re.M):
            line = re.sub(r" Ns | Ns$", "", line.replace(" Ns = Ns Ar ", "="))
            match = re.fullmatch(r"(?:(\w) , Fl )?-([\w-]+)(?: Ar (\S+))?", line)
            if not match:
                sys.exit(f".It Fl {line}: not understood")
            rows.add(tuple(group or "" for group in match.groups()))
        for target in re.findall(r"^\.Sx (.*?)(?: [.,;])?$", body, re.M):
            if target in self.sections:
                rows |= self.rows_of(target)
        return rows


def show(row):
    letter, name, value = row
    return f"{'-' + letter + ', ' if letter else ''}--{name}{' ' + value if value else ''}"


def check(nacre, page):
    have, said = commands_of(nacre), page.commands()
    if len(have) < 2:
        yield "no commands found in the help"
    for name in sorted(have.keys() ^ said.keys()):
        yield f"nacre {name}: only in {'the help' if name in have else 'the page'}"
    for name in sorted(have.keys() & said.keys()):
        operands, title = said[name]
        if operands != have[name]:
            yield f"nacre {name}: takes '{have[name]}', the page says '{operands}'"
        rows, paper = rows_of(nacre, name), page.rows_of(title)
        if not rows:
            yield f"nacre {name}: no options found in its help"
        for row in sorted(rows - paper):
            yield f"nacre {name}: {show(row)} is not in the page"
        for row in sorted(paper - rows):
            yield f"nacre {name}: {show(row)} is in the page alone"


def check_limits(nacre, page):
    """A limit that is none makes the command say which ones there are."""
    names = set(re.findall(r"^\.It Cm ([\w-]+) Ta ", page.text, re.M))
    done = subprocess.run(
        [nacre, "inspect", "oci:x", "--limit", "?=1"], check=False, capture_output=True, text=True
    )
    known = re.search(r"no limit '\?'; there are ([^;]+);", done.stderr)
    if not known:
        yield f"the limits are not named: {done.stderr}"
        return
    for name in sorted(names ^ set(known.group(1).split())):
        yield f"--limit {name}: only in {'the page' if name in names else 'the command'}"


def main():
    nacre, path = sys.argv[1:3]
    page = Page(path)
    bad = [*check(nacre, page), *check_limits(nacre, page)]
    print("\n".join(bad) or f"{len(commands_of(nacre))} commands as the page has them")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
