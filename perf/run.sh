#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Measure everything, beside all competitors. Installs what is missing.
#
#   perf/run.sh [--rounds=N]  all programs, in N rounds (default 9): writes
#                             doc/performance.md and its plots
#   perf/run.sh --quick       one short round, which shows that all works:
#                             leaves doc/ alone
#
# Each round runs each program once, and tokio's part after it, so that ratios
# within a round are of the same time. Results are build/perf/results.json or
# quick.json, and build/perf/rounds. Asio is the newest that the machine's
# mirror has, or that of ASIO_INCLUDE_DIR; PERF_JOBS limits the compilers that
# run at once. The machine should do nothing else.

set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
# shellcheck source=tools/install.sh
. tools/install.sh

readonly folder=build/perf
export PERF_COMMAND="perf/run.sh${*:+ $*}"
mode=full
rounds=9
arguments=(--benchmark_min_time=0.05)

usage() {
  sed -n 's/^#   \(perf\/run.sh[^ ]* *[^ ]*\).*/usage: \1/p' perf/run.sh >&2
  exit 2
}

for argument in "$@"; do
  case $argument in
  --quick)
    mode=quick
    rounds=1
    arguments=(--benchmark_min_time=0.01
      '--benchmark_filter=-(waiters|releases):100000')
    ;;
  --rounds=*) rounds=${argument#*=} ;;
  *) usage ;;
  esac
  if [[ ! $rounds =~ ^[1-9][0-9]*$ ]]; then
    usage
  fi
done
arguments+=(--benchmark_enable_random_interleaving=true
  --benchmark_out_format=json)

install_everything() {
  install_missing cmake=cmake ninja=ninja-build c++=g++ python3=python3 \
    gnuplot=gnuplot-nox '/usr/lib/*/cmake/benchmark=libbenchmark-dev'
  install_optional /usr/include/asio.hpp=libasio-dev \
    /usr/include/liburing.h=liburing-dev cargo=cargo \
    '/usr/share/cargo/registry/tokio-1.*=librust-tokio-dev'
  install_boost
}

# go_on_without WHAT WHY
go_on_without() {
  echo "Going on without $1: $2."
  missing+=("$1: $2")
}

find_asio() {
  echo "Looking for Asio ..."
  local include=${ASIO_INCLUDE_DIR:-}
  if [[ -n $include ]] ||
    include=$(tools/debian-headers.sh forky libasio-dev \
      build/headers/forky-libasio-dev 2>"$folder/headers.log"); then
    asio=("-DAsio_INCLUDE_DIR=$include")
  else
    echo "There is no newer Asio than the system's."
    include=/usr/include
    asio=()
  fi
  if [[ ! -r $include/asio/version.hpp ]]; then
    echo "There is no Asio in $include. Please say by ASIO_INCLUDE_DIR where" \
      "it is." >&2
    exit 1
  fi
  asio_version=$(awk '/^#define ASIO_VERSION / { print $3 }' \
    "$include/asio/version.hpp")
}

# build TIER IO_URING PROGRAM..., where TIER is the name of a folder.
build() {
  local tier=$1 io_uring=$2 program
  shift 2
  local targets=()
  for program in "$@"; do
    targets+=("perf.$program.asio")
    measurements+=("$tier/$program")
  done
  echo "Building for $tier ..."
  cmake --preset release -B "$folder/$tier" -DASIO_SYNC_BUILD_TESTS=OFF \
    -DASIO_SYNC_BUILD_EXAMPLES=OFF "-DASIO_SYNC_PERF_IO_URING=$io_uring" \
    -DCMAKE_CXX_FLAGS= "${asio[@]}" ${BOOST_ROOT:+"-DBoost_ROOT=$BOOST_ROOT"} \
    --log-level=NOTICE >/dev/null
  cmake --build "$folder/$tier" -j "${PERF_JOBS:-$(nproc)}" \
    --target "${targets[@]}"
}

build_everything() {
  local source programs=()
  for source in perf/*.cpp; do
    programs+=("$(basename "$source" .cpp)")
  done
  build epoll OFF "${programs[@]}"
  if [[ -e /usr/include/liburing.h ]] && ((asio_version >= 102801)); then
    build io_uring_beside BESIDE burst futex wake word
    build io_uring DEFAULT burst futex wake word
    probe_io_uring
  else
    go_on_without io_uring "it needs liburing and Asio 1.28.1"
  fi
}

# Leave those measurements out that need a ring if the kernel refuses one.
probe_io_uring() {
  if "$folder/io_uring/perf/wake.asio" \
    --benchmark_filter='^wake/post/threads:1/io:1/' >"$folder/log" 2>&1; then
    return
  fi
  go_on_without io_uring "the kernel refuses a ring"
  local measurement others=()
  for measurement in "${measurements[@]}"; do
    if [[ $measurement != io_uring* ]]; then
      others+=("$measurement")
    fi
  done
  measurements=("${others[@]}")
}

build_tokio() {
  tokio=
  if ! command -v cargo >/dev/null; then
    go_on_without tokio "there is no cargo"
    return
  fi
  echo "Building tokio ..."
  if ! (cd perf/tokio &&
    cargo build --quiet --release -j "${PERF_JOBS:-$(nproc)}" \
      --target-dir "../../$folder/tokio"); then
    go_on_without tokio "its package is missing, or does not build"
    return
  fi
  tokio=$folder/tokio/release/tokio_perf
  local version
  version=$(cd perf/tokio && cargo pkgid tokio)
  PERF_TOKIO="tokio ${version##*[@:]}, $(rustc --version)"
}

# What tokio takes part in.
readonly with_tokio='
  uncontended coroutine mixed crowd cancellation burst memory wake '

measure() {
  local round=$1 tier=${2%/*} program=${2#*/}
  local output=$folder/rounds/$tier
  mkdir -p "$output"
  "$folder/$tier/perf/$program.asio" "${arguments[@]}" \
    "--benchmark_out=$output/$program.$round.json" >"$folder/log" 2>&1 ||
    { cat "$folder/log" >&2 && exit 1; }
  if [[ -n $tokio && $tier == epoll && $with_tokio == *" $program "* ]]; then
    "$tokio" "${arguments[0]}" "$program" \
      >"$output/tokio_$program.$round.json" 2>"$folder/log" ||
      { cat "$folder/log" >&2 && exit 1; }
  fi
}

mkdir -p "$folder"
install_everything
missing=()
measurements=()
PERF_TOKIO=
find_asio
build_everything
build_tokio
PERF_MISSING=$(printf '%s\n' "${missing[@]}")
export PERF_TOKIO PERF_MISSING

rm -rf "$folder/rounds"
for ((round = 1; round <= rounds; ++round)); do
  number=0
  for measurement in "${measurements[@]}"; do
    number=$((number + 1))
    printf 'round %d of %d, %2d of %d: %-24s' "$round" "$rounds" "$number" \
      "${#measurements[@]}" "$measurement"
    start=$SECONDS
    measure "$round" "$measurement"
    printf '%4d s\n' $((SECONDS - start))
  done
done

echo
if [[ $mode == full ]]; then
  perf/report.py "$folder/rounds" "$folder/results.json" doc/performance \
    doc/performance.md
  echo
  echo "Written: $folder/results.json, doc/performance.md, doc/performance/"
else
  perf/report.py "$folder/rounds" "$folder/quick.json" "$folder/plots"
  echo
  echo "Written: $folder/quick.json, $folder/plots/; the numbers mean nothing."
fi
