#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the figures of a benchmark to tables and a plot.

    report.py RESULTS TARGETS VERSIONS PLOT

Markdown goes to standard output. A ratio is the median of the ratios of each round, of two runs
that were made one after the other; seconds are medians, with the least and the most.
"""

import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Entry:
    """One command of one job, over all rounds."""

    def __init__(self, row):
        self.name = row["name"]
        self.role = row["role"]
        self.runs = []

    def add(self, row):
        self.runs.append({key: float(row[key]) for key in ("wall", "user", "system", "rss_kib", "bytes")})

    def values(self, key):
        if key == "cpu":
            return [run["user"] + run["system"] for run in self.runs]
        return [run[key] for run in self.runs]

    def median(self, key):
        return statistics.median(self.values(key))

    def ratio(self, other, key, plus=0.0):
        """The median ratio to another; `plus` is what the other is given for nothing."""
        pairs = zip(self.values(key), other.values(key), strict=True)
        return statistics.median(mine / max(theirs + plus, 1e-9) for mine, theirs in pairs)


def group(rows):
    jobs = defaultdict(dict)
    for row in rows:
        entries = jobs[row["job"], row["corpus"]]
        entries.setdefault(row["name"], Entry(row)).add(row)
    return {key: list(entries.values()) for key, entries in jobs.items()}


def judge(entry, reference, target):
    """What a target says of an entry of nacre's, in words; empty where there is none."""
    words = []
    plus = float(target["plus_ms"]) / 1000
    for key in ("wall", "cpu"):
        if not target[key]:
            continue
        got = entry.ratio(reference, key, plus if key == "wall" else 0.0)
        most = float(target[key])
        met = "met" if got <= most else "missed"
        extra = f" + {target['plus_ms']} ms" if plus and key == "wall" else ""
        words.append(f"{key} {got:.2f} of {most:g} x{extra}: {met}")
    return "; ".join(words)


def seconds(entry):
    walls = entry.values("wall")
    if max(walls) < 0.1:
        return f"{entry.median('wall') * 1000:.1f} ms ({min(walls) * 1000:.1f} to {max(walls) * 1000:.1f})"
    return f"{entry.median('wall'):.2f} ({min(walls):.2f} to {max(walls):.2f})"


def print_job(key, entries, targets):
    reference = next(entry for entry in entries if entry.role == "reference")
    target = targets.get(key[0])
    print(f"\n### {key[0]}" + ("" if key[1] == "-" else f", {key[1]}"))
    print("\n| | wall s | user s | system s | RSS MiB | MB made | wall ratio | CPU ratio | target |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for entry in entries:
        verdict = judge(entry, reference, target) if target and entry.role == "nacre" else ""
        made = entry.median("bytes") / 1e6
        cells = [
            f"**{entry.name}**" if entry.role == "nacre" else entry.name,
            seconds(entry),
            f"{entry.median('user'):.3f}",
            f"{entry.median('system'):.3f}",
            f"{entry.median('rss_kib') / 1024:.0f}",
            f"{made:.1f}" if made >= 0.1 else "",
            f"{entry.ratio(reference, 'wall'):.2f}",
            f"{entry.ratio(reference, 'cpu'):.2f}",
            verdict if entry.role != "reference" else "(the reference)",
        ]
        print("| " + " | ".join(cells) + " |")


def plot(jobs, path):
    """Bars of the wall times in each job, as ratios to its reference."""
    lines, labels = [], []
    for (job, corpus), entries in jobs.items():
        reference = next(entry for entry in entries if entry.role == "reference")
        for entry in entries:
            colour = {"nacre": 0x1F77B4, "reference": 0x444444, "floor": 0x2CA02C, "peer": 0xBBBBBB}[entry.role]
            place = len(lines)
            lines.append(f"{place} {entry.ratio(reference, 'wall'):.4f} {colour}")
            labels.append(f'"{job} {corpus}: {entry.name}" {place}')
        lines.append(f"{len(lines)} 1 {0xFFFFFF}")  # nothing, between two jobs
    with tempfile.NamedTemporaryFile("w", suffix=".dat") as data:
        data.write("\n".join(lines) + "\n")
        data.flush()
        script = f"""
            set terminal svg size 900,{60 + 16 * len(lines)} font "sans,11"
            set output "{path}"
            set title "wall time, as a ratio to the reference of each job: nacre blue, floors green, others grey"
            set logscale x 2
            set grid xtics
            set yrange [{len(lines)}:-1]
            set ytics ({", ".join(labels)}) noenhanced
            unset key
            plot "{data.name}" using (1):0:(1):2:($1-0.4):($1+0.4):3 with boxxyerror fill solid 1 lc rgb variable
        """
        subprocess.run(["gnuplot"], input=script, text=True, check=True)


def main():
    results, targets, versions, picture = sys.argv[1:]
    jobs = group(read_table(results))
    by_job = {row["job"]: row for row in read_table(targets)}
    with open(versions, encoding="utf-8") as file:
        print("; ".join(line.strip() for line in file))
    for key, entries in jobs.items():
        print_job(key, entries, by_job)
    if shutil.which("gnuplot"):
        plot(jobs, picture)


main()
