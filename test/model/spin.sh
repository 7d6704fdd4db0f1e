#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Have Spin check semaphore_core.pml, completely, and then find each of the bugs
# that can be switched on in it:
#
#   test/model/spin.sh DIRECTORY
#
# What is generated goes to that directory. Exit codes: 0 as it should be,
# 1 not so, 2 wrong use, 3 Spin or a C compiler is missing.

set -euo pipefail
export LC_ALL=C

if (($# != 1)); then
  echo "usage: test/model/spin.sh DIRECTORY" >&2
  exit 2
fi
model=$(cd "$(dirname "$0")" && pwd)/semaphore_core.pml
mkdir -p "$1"
cd "$1"

missing() {
  echo "spin: there is no $1; install $2 (Debian: apt-get install $3)" >&2
  exit 3
}

command -v spin >/dev/null || missing spin "Spin 6.5" spin
cc=
for name in "${CC:-cc}" gcc clang; do
  if command -v "$name" >/dev/null; then
    cc=$name
    break
  fi
done
[[ -n $cc ]] || missing "C compiler" "one, or set CC" gcc

# Make and run the checker: run NAME OPTIMISATION [-D...]. Its output goes to
# NAME/out.
run() {
  local name=$1 optimisation=$2
  shift 2
  rm -rf "$name"
  mkdir "$name"
  (
    cd "$name" &&
      spin -P"$cc -E -x c" "$@" -a "$model" >spin.out 2>&1 &&
      # What Spin writes has warnings.
      "$cc" -w "$optimisation" -DSAFETY -DNOFAIR -DCOLLAPSE -DMEMLIM=1900 \
        -o pan pan.c &&
      ./pan -m10000 >out 2>&1
  ) || fail "$name" "it could not be made, or ended early"
}

fail() {
  echo "spin: $1: $2" >&2
  tail -n 40 "$1/spin.out" "$1/out" >&2 2>/dev/null || true
  if compgen -G "$1/*.trail" >/dev/null; then
    echo "How it came to that, at its end:" >&2
    (cd "$1" && spin -k ./*.trail -t -p -g "${defines[@]}" "$model" |
      tail -n 100) >&2 || true
  fi
  exit 1
}

# Demand that everything was searched, for everything.
require_complete() {
  local line
  for line in 'Full statespace search for:' 'assertion violations	+' \
    'invalid end states	+' ', errors: 0$'; do
    grep -q "$line" "$1/out" || fail "$1" "not found in the output: '$line'"
  done
  for line in 'max search depth too small' 'Search not completed' 'aborted' \
    'MEMLIM'; do
    if grep -q "$line" "$1/out"; then
      fail "$1" "the search was not complete: '$line'"
    fi
  done
}

# The steps of the model that were not reached: their lines and texts.
unreached() {
  sed -nE 's/^.*\.pml:([0-9]+), state [0-9]+, (".*")$/\1: \2/p' "$1/out" |
    sort -u
}

# The sum of a number in the outputs: sum PATTERN.
sum() {
  sed -nE "s/$1/\\1/p" waits/out ends/out | awk '{ n += $1 } END { print n }'
}

defines=()
run waits -O2
require_complete waits
defines=(-DENDS)
run ends -O2 "${defines[@]}"
require_complete ends

never=$(comm -12 <(unreached waits) <(unreached ends))
if [[ -n $never ]]; then
  printf 'spin: never reached:\n%s\n' "$never" >&2
  exit 1
fi

printf 'semaphore_core.pml: %d states, %d transitions, %.0f s: no error\n' \
  "$(sum '^ *([0-9]+) states, stored$')" \
  "$(sum '^ *([0-9]+) transitions .*$')" \
  "$(sum '^pan: elapsed time ([0-9.]+) seconds$')"

mapfile -t bugs < <(grep -ohE '\bBUG_[A-Z_]+[A-Z]' "${model%/*}"/*.pml |
  sort -u)
found=0
for bug in "${bugs[@]}"; do
  defines=(-D"$bug")
  # Only an object that goes has permits of another generation.
  if [[ $bug == BUG_ANY_GENERATION ]]; then
    defines+=(-DENDS)
  fi
  # Most of the time goes to the compiler.
  run bug -O0 "${defines[@]}"
  if grep -q '^pan:1: assertion violated' bug/out; then
    found=$((found + 1))
  else
    echo "spin: not found: $bug" >&2
  fi
done
echo "semaphore_core.pml: $found of ${#bugs[@]} bugs found"
((found == ${#bugs[@]} && found > 0))
