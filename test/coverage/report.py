#!/usr/bin/env python3
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

"""Say which lines of include/ the tests of a build directory have executed.

    test/coverage/report.py BUILD_DIRECTORY [GCOV]

GCOV is what reads the counters, if the compiler was not GCC: "llvm-cov gcov".
Lists the lines that were not executed. Fails if those are more than 5 %, if one
of an error branch is not in exceptions.txt, or if that does not fit the headers
or the counters. Exits with 3 where there is no gcovr.

An error branch is a run of lines that were not executed of which one, or the
last line before them that was, as a condition, names an error.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

REQUIRED = 95.0
ERROR = re.compile(
    r"error|throw|catch|abort|terminate|fail|exhaust|reject|unsupported|closed"
    r"|not_owner|overflow|bad_|exception|\bE[A-Z]{3,}\b|\breturn false\b"
    r"|\bnullptr\b|< 0\b")

TOP = pathlib.Path(__file__).resolve().parents[2]
EXCEPTIONS = pathlib.Path(__file__).with_name("exceptions.txt")


def read_exceptions():
    """What need not be executed: [(reason, file, [(mark, text)])]."""
    result = []
    reason = []
    for line in EXCEPTIONS.read_text().splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            reason = []
        elif line.startswith("include/"):
            result.append((" ".join(reason), line, []))
        elif line.startswith("  "):
            result[-1][2].append((line[2], line[4:].strip()))
        else:
            reason.append(line)
    return result


def read_lines(file):
    path = TOP / file
    if not path.exists():
        return []
    return [line.strip() for line in path.read_text().splitlines()]


def explain(counts):
    """Find the exceptions: {(file, number): reason}, and what is outdated."""
    reasons = {}
    outdated = []
    for reason, file, excerpt in read_exceptions():
        lines = read_lines(file)
        texts = [text for _, text in excerpt]
        places = [i for i in range(len(lines))
                  if lines[i:i + len(texts)] == texts]
        if len(places) != 1:
            outdated.append(
                f"{file}: {len(places)} places, not one: {texts[0]}")
            continue
        for n, (mark, text) in enumerate(excerpt, places[0] + 1):
            if mark == " ":
                continue
            reasons[file, n] = reason
            if mark == "-" and counts.get(file, {}).get(n, 0) > 0:
                outdated.append(f"{file}:{n}: is executed: {text}")
    return reasons, outdated


def count_lines(build, gcov):
    """The executions of each line: {file: {number: count}}."""
    output = build / "coverage.json"
    subprocess.run(
        ["gcovr", "--root", TOP, "--object-directory", build, build,
         "--gcov-executable", gcov,
         "--filter", f"{TOP}/include/", "-j", str(os.cpu_count()),
         "--json", output],
        check=True, stdout=subprocess.DEVNULL)
    result = {}
    for file in json.loads(output.read_text())["files"]:
        result[file["file"]] = {
            line["line_number"]: line["count"] for line in file["lines"]
            if not line.get("gcovr/noncode")}
    return result


def missed_runs(counts, lines):
    """Lines without an executed one between: [(numbers, is_error_branch)]."""
    runs = []
    before = 0
    is_open = False
    for n, count in sorted(counts.items()):
        if count > 0:
            before, is_open = n, False
        elif is_open:
            runs[-1][1].append(n)
        else:
            runs.append((before, [n]))
            is_open = True
    return [(numbers, any(ERROR.search(line) for line in
                          lines[max(before - 1, 0):numbers[-1]]))
            for before, numbers in runs]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if not shutil.which("gcovr"):
        print("there is no gcovr")
        sys.exit(3)

    gcov = sys.argv[2] if len(sys.argv) > 2 else "gcov"
    counts = count_lines(pathlib.Path(sys.argv[1]).resolve(), gcov)
    reasons, outdated = explain(counts)
    explained = []
    in_error_branches = []
    others = []
    for file, of_file in sorted(counts.items()):
        lines = read_lines(file)
        for numbers, is_error_branch in missed_runs(of_file, lines):
            for n in numbers:
                shown = f"{file}:{n}: {lines[n - 1]}"
                if (file, n) in reasons:
                    explained.append(f"{shown}  [{reasons[file, n]}]")
                elif is_error_branch:
                    in_error_branches.append(shown)
                else:
                    others.append(shown)

    total = sum(map(len, counts.values()))
    if total == 0:
        sys.exit("No line was counted: was this built with --coverage?")
    for title, entries in (
            ("Not executed, and explained", explained),
            ("Not executed, and in no error branch", others),
            ("Not executed, in an error branch, and not explained",
             in_error_branches),
            (f"Outdated in {EXCEPTIONS.relative_to(TOP)}", outdated)):
        if entries:
            print(f"{title}:", *entries, "", sep="\n")
    missed = len(explained) + len(others) + len(in_error_branches)
    percent = 100 * (total - missed) / total
    print(f"coverage: {percent:.1f} % of {total} lines in {len(counts)} headers"
          f" (at least {REQUIRED:.0f} %), {missed} not executed,"
          f" {len(explained)} of them explained;"
          f" in error branches {len(in_error_branches)} that are not")
    sys.exit(1 if percent < REQUIRED or in_error_branches or outdated else 0)


if __name__ == "__main__":
    main()
