#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the figures of a benchmark to tables and plots.

    report.py RESULTS TARGETS VERSIONS PLOT [GROWTH GROWTH-PLOT]

Markdown goes to standard output. A ratio is the median of the ratios of each round, of two runs
that were made one after the other; seconds are medians, with the least and the most. Memory is that
of the one process of a command that takes most.
"""

import csv
import math
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
        self.entries = int(row["entries"])
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
        """The median ratio to another, of what is above `plus`."""
        pairs = zip(self.values(key), other.values(key), strict=True)
        return statistics.median((mine - plus) / max(theirs, 1e-9) for mine, theirs in pairs)


def group(rows):
    jobs = defaultdict(dict)
    for row in rows:
        entries = jobs[row["job"], row["corpus"]]
        entries.setdefault(row["name"], Entry(row)).add(row)
    return {key: list(entries.values()) for key, entries in jobs.items()}


def judge(entry, reference, target):
    """What a target says of an entry of nacre's, in words."""
    words = []
    plus = float(target["plus_ms"]) / 1000
    for key in ("wall", "cpu"):
        if not target[key]:
            continue
        got = entry.ratio(reference, key, plus if key == "wall" else 0.0)
        most = float(target[key])
        met = "met" if got <= most else "missed"
        extra = f" + {target['plus_ms']} ms" if plus and key == "wall" else ""
        of = "" if target["reference"] == "-" else f" of '{reference.name}'"
        words.append(f"{key} {got:.2f} of {most:g} x{extra}{of}: {met}")
    return words


def memory_bound(entries, target):
    """MiB."""
    return float(target["rss_mib"]) + float(target["entry_bytes"]) * entries / 2**20


def judge_memory(rss_kib, entries, target):
    got, most = rss_kib / 1024, memory_bound(entries, target)
    return f"memory {got:.0f} of {most:.0f} MiB: {'met' if got <= most else 'missed'}"


def verdicts(entry, entries, targets, job):
    """Of each target of a job."""
    words = []
    for target in targets:
        name = target["reference"]
        if target["job"] == job:
            reference = next((e for e in entries if name in ("-", e.name) and (name != "-" or e.role == "reference")), None)
            words += judge(entry, reference, target) if reference else [f"no '{name}' to compare with"]
        elif target["job"] == "memory":
            words.append(judge_memory(max(entry.values("rss_kib")), entry.entries, target))
    return "; ".join(words)


def seconds(entry):
    walls = entry.values("wall")
    if max(walls) < 0.1:
        return f"{entry.median('wall') * 1000:.1f} ms ({min(walls) * 1000:.1f} to {max(walls) * 1000:.1f})"
    return f"{entry.median('wall'):.2f} ({min(walls):.2f} to {max(walls):.2f})"


def print_job(key, entries, targets):
    reference = next(entry for entry in entries if entry.role == "reference")
    print(f"\n### {key[0]}" + ("" if key[1] == "-" else f", {key[1]}"))
    print("\n| | wall s | user s | system s | RSS MiB | MB made | wall ratio | CPU ratio | target |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for entry in entries:
        verdict = verdicts(entry, entries, targets, key[0]) if entry.role == "nacre" else ""
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


# ------------------------------------------------------------------------------------------ growth


def group_growth(rows):
    """{axis: {size: {job: (median seconds, most KiB)}}}"""
    runs = defaultdict(list)
    for row in rows:
        runs[row["axis"], int(row["size"]), row["job"]].append((float(row["wall"]), float(row["rss_kib"])))
    axes = defaultdict(lambda: defaultdict(dict))
    for (axis, size, job), figures in runs.items():
        axes[axis][size][job] = (statistics.median(wall for wall, _ in figures), max(kib for _, kib in figures))
    return axes


def exponent(sizes, job):
    """Of the power of the size that time grows with, between the two largest: 1 is proportional."""
    (small, before), (large, after) = sorted(sizes.items())[-2:]
    return math.log(after[job][0] / before[job][0]) / math.log(large / small)


def entries_at(axis, size):
    """How many entries growth.sh makes."""
    return {"entries": size, "layers": 12121}.get(axis, 2)


def print_growth(axis, sizes, target):
    jobs = list(next(iter(sizes.values())))
    print(f"\n### growth over {axis}\n")
    print(f"| {axis} | " + " | ".join(f"{job} s | MiB" for job in jobs) + " |")
    print("|--:|" + "--:|--:|" * len(jobs))
    for size, figures in sorted(sizes.items()):
        cells = (f"{wall:.3f} | {kib / 1024:.0f}" for wall, kib in figures.values())
        print(f"| {size} | " + " | ".join(cells) + " |")
    print()
    for job in jobs:
        # The size that is nearest to its bound, or furthest above.
        worst = max(sizes, key=lambda size: sizes[size][job][1] / memory_bound(entries_at(axis, size), target))
        power = f"time grows with the power {exponent(sizes, job):.2f}; " if len(sizes) > 1 else ""
        print(f"- {job}: {power}at {worst} {axis}, "
              f"{judge_memory(sizes[worst][job][1], entries_at(axis, worst), target)}")


def plot_growth(axes, path):
    """One panel for time and one for memory of each axis, logarithmic both ways."""
    panels, blocks = [], []
    for which, unit in ((0, "seconds"), (1, "MiB")):
        for axis, sizes in axes.items():
            curves = []
            for job in next(iter(sizes.values())):
                name = f"$curve{len(blocks)}"
                points = (f"{size} {f[job][which] / (1024 if which else 1):.6f}" for size, f in sorted(sizes.items()))
                blocks.append(f"{name} << END\n" + "\n".join(points) + "\nEND")
                curves.append(f'{name} with linespoints pt 7 ps 0.5 title "{job}"')
            panels.append(f'set xlabel "{axis}"\nset ylabel "{unit}"\nplot ' + ", ".join(curves))
    script = "\n".join(
        [f'set terminal svg size 1100,650 font "sans,11"\nset output "{path}"', *blocks]
        + ["set logscale xy\nset grid\nset key left top", f"set multiplot layout 2,{len(axes)}", *panels]
    )
    subprocess.run(["gnuplot"], input=script + "\nunset multiplot\n", text=True, check=True)


def report_growth(table, targets, picture):
    axes = group_growth(read_table(table))
    memory = next(row for row in targets if row["job"] == "memory")
    for axis, sizes in axes.items():
        print_growth(axis, sizes, memory)
    if shutil.which("gnuplot"):
        plot_growth(axes, picture)


def main():
    results, targets, versions, picture, *growth = sys.argv[1:]
    jobs = group(read_table(results))
    targets = read_table(targets)
    with open(versions, encoding="utf-8") as file:
        print("; ".join(line.strip() for line in file))
    for key, entries in jobs.items():
        print_job(key, entries, targets)
    if jobs and shutil.which("gnuplot"):
        plot(jobs, picture)
    if growth:
        report_growth(growth[0], targets, growth[1])


main()
