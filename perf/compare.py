#!/usr/bin/env python3
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

"""Two results of perf/run.sh side by side: what did a change do?

usage: perf/compare.py BEFORE.json AFTER.json [REGEX]

A ratio below 1 is faster or smaller. It is marked where the middle halves of
the values do not overlap.
"""

import json
import re
import statistics
import sys


def rows(path):
    with open(path) as file:
        return json.load(file)["rows"]


def quartiles(values):
    if len(values) < 2:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    before, after = rows(sys.argv[1]), rows(sys.argv[2])
    wanted = re.compile(sys.argv[3] if len(sys.argv) == 4 else "")
    names = [name for name in before if name in after and wanted.search(name)]
    width = max(map(len, names), default=0)
    print(f"{'':{width}}  {'before':>10}  {'after':>10}  ratio")
    for name in names:
        low, old, high = quartiles(before[name])
        new_low, new, new_high = quartiles(after[name])
        mark = "*" if new_high < low or new_low > high else ""
        print(f"{name:{width}}  {old:10.1f}  {new:10.1f}"
              f"  {new / old if old else 0:5.2f} {mark}")
    for name in sorted(before.keys() ^ after.keys()):
        if wanted.search(name):
            print(f"{name}: only {'before' if name in before else 'after'}")


if __name__ == "__main__":
    main()
