#!/usr/bin/env python3
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

"""Say which lines of include/ the tests of a build directory have executed.

    test/coverage/report.py BUILD_DIRECTORY [GCOV]

GCOV is what reads the counters, if the compiler was not GCC: "llvm-cov gcov".
Fails if it is less than 95 %, or if a line that throws, catches or names an
error was not executed and is not in exceptions.txt. Lists every line that was
not executed. Exits with 3 where there is no gcovr.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

REQUIRED = 95.0
ERROR = re.compile(r"\b(throw|catch|abort|terminate|error\w*|bad_\w+|E[A-Z]{3,})\b")

TOP = pathlib.Path(__file__).resolve().parents[2]
EXCEPTIONS = pathlib.Path(__file__).with_name("exceptions.txt")


def read_exceptions():
    """The lines that need not be executed: {(file, text): reason}."""
    result = {}
    reason = []
    file = None
    for line in EXCEPTIONS.read_text().splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            reason, file = [], None
        elif line.startswith("include/"):
            file = line
        elif line.startswith("    "):
            result[file, line.strip()] = " ".join(reason)
        else:
            reason.append(line)
    return result


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


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if not shutil.which("gcovr"):
        print("there is no gcovr")
        sys.exit(3)

    gcov = sys.argv[2] if len(sys.argv) > 2 else "gcov"
    counts = count_lines(pathlib.Path(sys.argv[1]).resolve(), gcov)
    exceptions = read_exceptions()
    total = executed = explained = 0
    unexplained = []
    for file, lines in sorted(counts.items()):
        text = (TOP / file).read_text().splitlines()
        missed = [n for n, count in sorted(lines.items()) if count == 0]
        total += len(lines)
        executed += len(lines) - len(missed)
        for n in missed:
            line = text[n - 1].strip()
            reason = exceptions.get((file, line))
            if reason:
                explained += 1
            elif ERROR.search(line):
                unexplained.append(f"{file}:{n}: {line}")
            print(f"{file}:{n}: {line}" + (f"  [{reason}]" if reason else ""))

    if total == 0:
        sys.exit("No line was counted: was this built with --coverage?")
    percent = 100 * executed / total
    if unexplained:
        print("\nNot executed, and no reason in", EXCEPTIONS.relative_to(TOP))
        print("\n".join(unexplained))
    print(f"coverage: {percent:.1f} % of {total} lines in {len(counts)} headers"
          f" (at least {REQUIRED:.0f} %), {total - executed} not executed,"
          f" {explained} of them explained")
    sys.exit(1 if percent < REQUIRED or unexplained else 0)


if __name__ == "__main__":
    main()
