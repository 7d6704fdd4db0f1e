#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Look for operations after which the library and its models differ, with
# libFuzzer. Starts with the inputs in test/fuzz/corpus.
#
#   test/fuzz/run.sh                  for two minutes, half of that on two
#                                     processors
#   test/fuzz/run.sh --seconds=N      for N seconds
#   test/fuzz/run.sh --keep           and keep what reaches more of the code
#   test/fuzz/run.sh --flavour=boost  with Boost.Asio
#   test/fuzz/run.sh -D...            with such an argument of CMake
#
# The last lines are one for each fuzzer. Exit codes: 0 nothing was found, 1
# something was, 3 there is no Clang with libFuzzer.

set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C

readonly folder=build/fuzz
readonly found=$folder/found
readonly subjects=(semaphore mutex condvar)
seconds=120
keep=no
flavour=asio
configuration=()

for argument in "$@"; do
  case $argument in
  --seconds=*[0-9]) seconds=${argument#*=} ;;
  --keep) keep=yes ;;
  --flavour=asio | --flavour=boost) flavour=${argument#*=} ;;
  -D*) configuration+=("$argument") ;;
  *)
    sed -n 's/^#   \(test\/fuzz\/run.sh.*\)/usage: \1/p' "$0" >&2
    exit 2
    ;;
  esac
done

# Whether a compiler has libFuzzer, and its programs run here.
has_fuzzer() {
  local probe=$folder/probe
  echo 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*,
    unsigned long) { return 0; }' >"$probe.cpp"
  "$1" -fsanitize=fuzzer,address,undefined "$probe.cpp" -o "$probe" \
    >"$probe.log" 2>&1 && "$probe" -runs=1 >>"$probe.log" 2>&1
}

# The newest Clang that has.
find_clang() {
  local version
  for version in {30..14} ''; do
    if command -v "clang++${version:+-$version}" >/dev/null &&
      has_fuzzer "clang++${version:+-$version}"; then
      echo "clang++${version:+-$version}"
      return
    fi
  done
  return 1
}

build() {
  local log=$folder/build.log
  echo "Building the fuzzers with $clang ..."
  if ! { cmake --preset fuzz -B "$folder" "-DCMAKE_CXX_COMPILER=$clang" \
    "-DASIO_SYNC_TEST_FLAVOURS=$flavour" "${configuration[@]}" &&
    cmake --build "$folder" --target fuzzers; } >"$log" 2>&1; then
    tail -n 40 "$log"
    exit 1
  fi
}

# The program of a subject, and options that it always has.
fuzzer() {
  local subject=$1
  shift
  ASAN_OPTIONS=quarantine_size_mb=16 \
    "$folder/test/fuzzer.$subject.$flavour" -timeout=30 \
    -artifact_prefix="$folder/$subject-" "$@"
}

# Run a fuzzer for a while, unless it has failed.
look() {
  local subject=$1 turn=$2
  if [[ -e $folder/$subject.failed ]]; then
    return
  fi
  fuzzer "$subject" -max_total_time="$turn_seconds" -max_len=128 \
    -len_control=0 -print_final_stats=1 \
    "$found/$subject" "test/fuzz/corpus/$subject" \
    >"$folder/$subject.$turn.log" 2>&1 || touch "$folder/$subject.failed"
}

# Run all fuzzers in turns, as many at once as there are processors, but not
# more than two.
look_everywhere() {
  local processors turn subject running=0
  processors=$(nproc 2>/dev/null || echo 1)
  for turn in 1 2; do
    for subject in "${subjects[@]}"; do
      if ((running == (processors > 1 ? 2 : 1))); then
        wait
        running=0
      fi
      echo "$subject, turn $turn: $turn_seconds s"
      look "$subject" "$turn" &
      running=$((running + 1))
    done
  done
  wait
}

# Sum up a number that each turn of a fuzzer printed, with commas.
sum_up() {
  awk -v name="stat::$2:" '$1 == name { n += $2 } END { print n }' \
    "$folder/$1".[12].log | sed -E ':a; s/([0-9])([0-9]{3})\b/\1,\2/; ta'
}

count_files() {
  find "$1" -type f | wc -l
}

# Print what led to a failure, and how to see it again.
print_failure() {
  local subject=$1 log
  log=$(find "$folder" -name "$subject.[12].log" | sort | tail -n 1)
  if grep -q '^DIFFERENCE: ' "$log"; then
    awk '/^Library and model differ/ { show = 1 } show
      /^DIFFERENCE: / { exit }' "$log"
  else
    tail -n 100 "$log"
  fi
  echo "fuzz $subject: FAILED; to repeat:"
  sed -n "s|.*Test unit written to |  ASIO_SYNC_FUZZ_TRACE=1 $(
  )$folder/test/fuzzer.$subject.$flavour |p" "$log"
}

# Add what reaches more of the code to what was kept, in the build folder, and
# say how it went.
report() {
  local subject=$1 merged=$folder/merged/$1 kept=test/fuzz/corpus/$1
  if [[ -e $folder/$subject.failed ]]; then
    failed=yes
    print_failure "$subject"
    return
  fi

  rm -rf "$merged"
  mkdir -p "$merged"
  find "$kept" -type f -exec cp -t "$merged" {} +
  if ! fuzzer "$subject" -merge=1 -use_counters=0 "$merged" \
    "$found/$subject" >"$folder/$subject.merge.log" 2>&1; then
    tail -n 40 "$folder/$subject.merge.log"
    echo "fuzz $subject: FAILED to merge what it found"
    failed=yes
    return
  fi
  summary+=("$(printf "fuzz %s: %s inputs, corpus %d -> %d, coverage %d" \
    "$subject" \
    "$(sum_up "$subject" number_of_executed_units)" \
    "$(count_files "$kept")" "$(count_files "$merged")" \
    "$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "$folder/$subject.2.log")")")
  if [[ $keep == yes ]]; then
    cp "$merged"/* "$kept"
  fi
}

mkdir -p "$folder"
if ! clang=$(find_clang); then
  echo "fuzz: there is no Clang with libFuzzer; Debian and Ubuntu have it in" \
    "libclang-rt-<version>-dev" >&2
  exit 3
fi
rm -f "$folder"/*.failed "$folder"/*.[12].log
turn_seconds=$((seconds / (2 * ${#subjects[@]})))
turn_seconds=$((turn_seconds > 0 ? turn_seconds : 1))
for subject in "${subjects[@]}"; do
  mkdir -p "$found/$subject" "test/fuzz/corpus/$subject"
done

build
look_everywhere
failed=no
summary=()
for subject in "${subjects[@]}"; do
  report "$subject"
done
if ((${#summary[@]} > 0)); then
  printf '%s\n' "${summary[@]}"
fi
[[ $failed == no ]]
