#!/usr/bin/env python3
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

"""What the rounds of perf/run.sh have measured.

usage: perf/report.py ROUNDS RESULTS.json PLOTS [PERFORMANCE.md]

ROUNDS/TIER/PROGRAM.ROUND.json are results of Google Benchmark. All rows go to
one file, the goals are printed, questions are plotted with gnuplot, and the
tables are put between the markers of a page. PERF_COMMAND, PERF_TOKIO and
PERF_MISSING say what was run, with which tokio, and without what.
"""

import collections
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

# Question, what a number is, its unit, and the axis of a plot with lines.
QUESTIONS = [
    ("try_pair", "`try_acquire` and `release`", "ns", None),
    ("lock", "Lock and unlock a mutex", "ns", None),
    ("free_permit", "A free permit, for a handler", "ns", None),
    ("free_permit_at_once", "The same, with an inline executor", "ns", None),
    ("coroutine_free_permit", "A free permit, for a coroutine", "ns", None),
    ("coroutine_free_permit_at_once", "The same, with an inline executor", "ns",
     None),
    ("hand_over", "Hand-over among 64 handlers, one thread", "ns", None),
    ("hand_over_timed", "The same, with a time limit", "ns", None),
    ("notify_one", "Wait and be notified, one thread", "ns", None),
    ("coroutines", "64 coroutines acquire, yield, release", "ns", None),
    ("contention_one_context", "Two threads, one context", "ns", None),
    ("contention_two_contexts", "Two threads, two contexts", "ns", None),
    ("contention_threads", "Two plain threads", "ns", None),
    ("mixed", "One long holder in ten", "ns", None),
    ("mixed p50", "The same, median of the waits", "ns", None),
    ("mixed p99", "The same, 99th percentile", "ns", None),
    ("mixed p99.9", "The same, 99.9th percentile", "ns", None),
    ("scaling", "Independent semaphores", "ns", "semaphores"),
    ("burst", "Burst of releases, cost of the producer", "ns", None),
    ("crowd", "Wake all, per waiter", "ns", "waiters"),
    ("cancel_all", "Cancel all, per waiter", "ns", "waiters"),
    ("cancel_100", "Cancel a hundred, per waiter", "ns", "waiters"),
    ("memory", "Memory of a waiter", "bytes", None),
    ("memory_coroutine", "Memory of a waiting coroutine", "bytes", None),
    ("wake p50", "Cross-thread wake, median", "ns", None),
    ("wake p99", "Cross-thread wake, 99th percentile", "ns", None),
    ("wake p99.9", "Cross-thread wake, 99.9th percentile", "ns", None),
    ("two_processes p50", "Two processes, a round trip, median", "ns", None),
    ("two_processes p99", "The same, 99th percentile", "ns", None),
    ("two_processes p99.9", "The same, 99.9th percentile", "ns", None),
    ("one_thread", "A word, one thread with I/O", "ns", None),
]

# What follows the name of a question that was asked on a tier.
TIERS = "", " io_uring_beside", " io_uring"


# A goal is what is compared with what, how, the limit, and how to reckon it
# from the values of a round. With <= the ratio is of this to that, with >= of
# that to this.

OURS = "async_semaphore"


def at_most(limit, what, this, that):
    return what, "<=", limit, lambda t: t(this) / t(that)


def faster(limit, what, this, that):
    return what, ">=", limit, lambda t: t(that) / t(this)


def flat(what, row, rest=""):
    """The dearest of all sizes by the cheapest."""
    def reckon(t):
        costs = [t(f"{row}/waiters:{10**n}{rest}") for n in range(3, 7)]
        return max(costs) / min(costs)

    return f"{what}, 10^3 to 10^6, dearest by cheapest", "<=", 2, reckon


def goals_of_one_thread():
    yield at_most(1.2, "fast path, raw atomics",
                  f"try_pair/{OURS}", "try_pair/atomics")
    yield faster(1.8, "fast path, concurrent_channel",
                 f"try_pair/{OURS}", "try_pair/concurrent_channel")
    yield faster(1.3, "fast path, tokio",
                 f"try_pair/{OURS}", "try_pair/tokio")
    for hint, note, free, hand_over in (("hint:1", "hint 1", 1.45, 2.1),
                                        ("hint:-1", "default hint", 1.3, 1.7)):
        row = f"free_permit/{OURS}/{hint}"
        yield at_most(free, f"free permit, {note}, post",
                      row, f"free_permit/post/{hint}")
        yield faster(1.8, f"free permit, {note}, concurrent_channel",
                     row, f"free_permit/concurrent_channel/{hint}")
        row = f"hand_over/{OURS}/{hint}"
        yield at_most(hand_over, f"hand-over, {note}, post",
                      row, f"hand_over/post/{hint}")
        for other, limit in (("channel", 1), ("concurrent_channel", 1.4),
                             ("timer", 3)):
            yield faster(limit, f"hand-over, {note}, {other}",
                         row, f"hand_over/{other}/{hint}")
    yield ("free permit at once, above a call, in read-modify-writes", "<=", 4,
           lambda t: (t(f"free_permit_at_once/{OURS}")
                      - t("free_permit_at_once/call")) / t("try_pair/rmw"))


def goals_of_tasks():
    for permits in 1, 8:
        for tasks in 2, 8, 64, 1000:
            at = f"permits:{permits}/tasks:{tasks}"
            what = f"two threads, permits {permits}, tasks {tasks}"
            row = f"contention_one_context/{OURS}/{at}"
            yield at_most(1.6, f"{what}, post", row,
                          f"contention_one_context/post/{at}")
            yield faster(1.4, f"{what}, concurrent_channel", row,
                         f"contention_one_context/concurrent_channel/{at}")
    for permits in 1, 8:
        what = f"coroutines, permits {permits}"
        at = f"permits:{permits}/threads:1"
        yield at_most(1.35, f"{what}, two posts",
                      f"coroutines/{OURS}/{at}", f"coroutines/post/{at}")
        for threads in 1, 2:
            at = f"permits:{permits}/threads:{threads}"
            yield faster(1, f"{what}, threads {threads}, tokio",
                         f"coroutines/{OURS}/{at}", f"coroutines/tokio/{at}")


def goals_of_wakes():
    for tier in TIERS:
        for count in 1000, 100000:
            at = f"releases:{count}"
            yield at_most(0.6, f"burst{tier}, {count} releases, post",
                          f"burst{tier}/{OURS}/{at}", f"burst{tier}/post/{at}")
    for tier in TIERS:
        for threads in 1, 2:
            for io in 0, 1:
                at = f"threads:{threads}/io:{io}"
                what = (f"wake{tier}, threads {threads}, "
                        f"{'with' if io else 'no'} I/O, p50, post")
                yield at_most(1, what, f"wake p50{tier}/{OURS}/{at}",
                              f"wake p50{tier}/post/{at}")


def goals_of_crowds():
    yield flat("release(n)", f"crowd/{OURS}")
    yield flat("notify_all", "crowd/async_condvar")
    yield flat("notify_all with a mutex", "crowd/async_condvar_with_mutex")
    for kind in OURS, "async_condvar":
        for random, note in (0, "in order"), (1, "at random"):
            yield flat(f"{kind}, cancelled {note}", f"cancel_all/{kind}",
                       f"/random:{random}")
    yield ("bytes of one of 10^6 waiters", "<=", 200,
           lambda t: t(f"memory/{OURS}"))


def goals():
    yield from goals_of_one_thread()
    yield from goals_of_tasks()
    yield from goals_of_wakes()
    yield from goals_of_crowds()


def read(folder):
    """The values of all rows by round, what was skipped, and contexts."""
    rows, skipped = collections.defaultdict(dict), {}
    listed = {question[0] for question in QUESTIONS}
    contexts = collections.defaultdict(list)
    for path in sorted(folder.glob("*/*.json")):
        tier, index = path.parent.name, int(path.name.split(".")[-2])
        suffix = "" if tier == "epoll" else " " + tier
        with open(path) as file:
            result = json.load(file)
        if "asio" in result["context"]:
            contexts[tier].append(result["context"])
        for row in result["benchmarks"]:
            name = re.sub("/(real_time|iterations:[0-9]+|manual_time)", "",
                          row["name"])
            question, rest = name.split("/", 1)
            if row.get("error_occurred"):
                skipped[f"{question}{suffix}/{rest}"] = row["error_message"]
                continue
            # Where processor time is, others may have worked meanwhile.
            elapsed = re.search("/(real|manual)_time", row["name"])
            time = row["real_time" if elapsed else "cpu_time"]
            # What is asked for percentiles alone has a mean that says nothing.
            if "p50" not in row or question in listed:
                rows[f"{question}{suffix}/{rest}"][index] = row.get(
                    "bytes", time)
            for p in "p50", "p99", "p99.9":
                if p in row:
                    rows[f"{question} {p}{suffix}/{rest}"][index] = row[p]
    return dict(rows), skipped, contexts


def quartiles(values):
    if len(values) < 2:
        return list(values) * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def number(value):
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def goal_table(rows, count):
    """Lines of Markdown. Ratios are of the same round, of so many."""
    lines = ["| goal | | reached | middle half | |", "|" + " --- |" * 5]
    indices = sorted({i for row in rows.values() for i in row})
    for what, sign, limit, reckon in goals():
        aim = f"{what} | {sign} {limit}"
        values = []
        for index in indices:
            try:
                values.append(reckon(lambda name: rows[name][index]))
            except KeyError:
                pass
        if not values:
            lines.append(f"| {aim} | | | not measured |")
            continue
        low, median, high = quartiles(values)
        met = median <= limit if sign == "<=" else median >= limit
        verdict = "met" if met else "**not met**"
        if len(values) < count:
            verdict += f" ({len(values)} of {count} rounds)"
        lines.append(
            f"| {aim} | {number(median)} | {number(low)} .. {number(high)} "
            f"| {verdict} |")
    return lines


def pivot(rows, question, axis):
    """Medians with half the width of the middle half, by name and arguments.

    If there is an axis, its values are the columns, and other arguments belong
    to the names.
    """
    table, columns = {}, []
    for name, values in rows.items():
        asked, competitor, *arguments = name.split("/")
        if asked == question:
            across = [a for a in arguments if not axis or a.startswith(axis)]
            competitor = ", ".join(
                [competitor, *(a for a in arguments if a not in across)])
            competitor = competitor.replace(":", " ")
            column = ", ".join(across).replace(":", " ")
            if column not in columns:
                columns.append(column)
            low, median, high = quartiles(list(values.values()))
            table.setdefault(competitor, {})[column] = (
                median, (high - low) / 2)
    return dict(sorted(table.items())), sorted(columns, key=natural)


def natural(text):
    return [int(part) if re.fullmatch("-?[0-9]+", part) else part
            for part in re.split("(-?[0-9]+)", text)]


def question_table(table, columns):
    lines = ["| | " + " | ".join(columns) + " |",
             "|" + " --- |" * (len(columns) + 1)]
    for competitor, cells in table.items():
        texts = [f"{number(cells[c][0])} ± {number(cells[c][1])}"
                 if c in cells else "" for c in columns]
        lines.append(f"| `{competitor}` | " + " | ".join(texts) + " |")
    return lines


def plot(path, title, unit, axis, table, columns):
    """Bars, or lines where the columns are sizes."""
    names = list(table)
    script = ["set terminal svg size 800,400 font 'sans,11' background 'white'",
              f"set output '{path}'", f"set title '{title.replace('`', '')}'",
              f"set ylabel '{unit}'", "set key outside right noenhanced",
              "set grid ytics", "$data << EOD"]
    for column in columns:
        cells = [table[n].get(column, ("NaN", 0))[0] for n in names]
        label = column.split()[-1] if axis else f'"{column or " "}"'
        script.append(" ".join([label, *map(str, cells)]))
    script.append("EOD")
    numbered = list(enumerate(names, 2))
    if axis:
        script += ["set logscale xy", f"set xlabel '{axis}'"]
        parts = [f"$data using 1:{i} with linespoints title '{n}'"
                 for i, n in numbered]
    else:
        script += ["set style data histograms", "set style fill solid 0.8",
                   "set yrange [0:*]", "set xtics noenhanced"]
        parts = [f"$data using {i}:xtic(1) title '{n}'" for i, n in numbered]
    script.append("plot " + ", ".join(parts))
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def processor():
    with open("/proc/cpuinfo") as file:
        found = re.search("^model name\\s*: (.*)$", file.read(), re.M)
    return found.group(1) if found else os.uname().machine


def head(contexts):
    """On what it was measured."""
    everything = [c for of_tier in contexts.values() for c in of_tier]
    load = max((c["load_avg"][0] for c in everything if c.get("load_avg")),
               default=0)
    lines = [f"* {everything[0]['num_cpus']} processors, {processor()}; "
             f"Linux {os.uname().release}",
             f"* highest load average before a program: {load:.1f}",
             f"* {everything[0]['compiler']}, optimised as CMake's Release is"]
    lines += [f"* {tier}: Asio {c[0]['asio']}; tier: {c[0]['tier']}"
              for tier, c in contexts.items()]
    if os.environ.get("PERF_TOKIO"):
        lines.append(f"* {os.environ['PERF_TOKIO']}")
    for missing in os.environ.get("PERF_MISSING", "").splitlines():
        lines.append(f"* without {missing}")
    return lines + [f"* `{os.environ.get('PERF_COMMAND', 'perf/run.sh')}`"]


def questions_of(rows):
    """Those that are listed, and then others that were asked."""
    listed = {question[0] for question in QUESTIONS}
    asked = {name.split("/")[0] for name in rows}
    for tier in filter(None, TIERS):
        asked = {question.removesuffix(tier) for question in asked}
    return QUESTIONS + [(q, q, "ns", None) for q in sorted(asked - listed)]


def result_tables(rows, plots):
    """Plots, and lines of Markdown with a table for each question and tier."""
    lines = []
    plots.mkdir(parents=True, exist_ok=True)
    for old in plots.glob("*.svg"):
        old.unlink()
    for asked, title, unit, axis in questions_of(rows):
        for tier in TIERS:
            table, columns = pivot(rows, asked + tier, axis)
            if not table:
                continue
            file = plots / (re.sub("[ .]", "_", asked + tier) + ".svg")
            title_of_tier = title + (f" ({tier[1:]})" if tier else "")
            plot(file, title_of_tier, unit, axis, table, columns)
            lines += ["", f"## {title_of_tier}, {unit}", "",
                      *question_table(table, columns), "",
                      f"![{title_of_tier}]({plots.name}/{file.name})"]
    return lines


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    rounds, results, plots = map(pathlib.Path, sys.argv[1:4])
    rows, skipped, contexts = read(rounds)
    count = max(len(values) for values in rows.values())
    text = head(contexts) + [
        f"* medians of {count} rounds", "", *goal_table(rows, count)]
    print("\n".join(text))

    results.write_text(json.dumps({
        "context": text[:text.index("")], "skipped": skipped,
        "rows": {name: list(v.values()) for name, v in rows.items()}},
        indent=1))
    text += result_tables(rows, plots)
    text += [f"\n`{name}` was skipped: {why}." for name, why in skipped.items()]
    text += [f"\n`{name}` was measured in {len(values)} of {count} rounds."
             for name, values in rows.items() if len(values) < count]

    if len(sys.argv) == 5:
        page = pathlib.Path(sys.argv[4])
        before, rest = page.read_text().split(BEGIN)
        page.write_text(before + BEGIN + "\n\n" + "\n".join(text) + "\n\n"
                        + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
