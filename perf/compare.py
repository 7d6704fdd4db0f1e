#!/usr/bin/env python3
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

"""Two results of perf/run.sh side by side: what did a change do?

usage: perf/compare.py BEFORE.json AFTER.json [REGEX]

A ratio below 1 is faster or smaller. It is marked where there are at least four
values each and their middle halves do not overlap. What was measured otherwise,
in another version or with another load, is printed first.
"""

import json
import re
import statistics
import sys


def read(path):
    with open(path) as file:
        return json.load(file)


def print_differences(before, after):
    """The lines of two contexts that are not in both."""
    for sign, these, those in ("-", before, after), ("+", after, before):
        for line in these:
            if line not in those:
                print(f"{sign} {line.removeprefix('* ')}")


def quartiles(values):
    if len(values) < 2:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    before, after = read(sys.argv[1]), read(sys.argv[2])
    print_differences(before["context"], after["context"])
    before, after = before["rows"], after["rows"]
    wanted = re.compile(sys.argv[3] if len(sys.argv) == 4 else "")
    names = [name for name in before if name in after and wanted.search(name)]
    width = max(map(len, names), default=0)
    print(f"{'':{width}}  {'before':>10}  {'after':>10}  ratio")
    for name in names:
        low, old, high = quartiles(before[name])
        new_low, new, new_high = quartiles(after[name])
        enough = min(len(before[name]), len(after[name])) >= 4
        mark = "*" if enough and (new_high < low or new_low > high) else ""
        ratio = f"{new / old:5.2f}" if old else "    -"
        print(f"{name:{width}}  {old:10.1f}  {new:10.1f}  {ratio} {mark}")
    for name in sorted(before.keys() ^ after.keys()):
        if wanted.search(name):
            print(f"{name}: only {'before' if name in before else 'after'}")


if __name__ == "__main__":
    main()
