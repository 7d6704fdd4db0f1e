#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Build and run the tests in every configuration that the machine can have.
# Installs what is missing.
#
#   test/run.sh             everything on Linux
#   test/run.sh --quick     one plain build, and ThreadSanitizer
#   test/run.sh --wine      for Windows, with MinGW-w64 and Wine, only
#   test/run.sh --soak[=S]  only the stress tests, S seconds each (default
#                           120), under ThreadSanitizer
#
# A table says what was proven: interleavings, deliberate bugs, fuzzing, faults.
# The last line counts test programs over all configurations: N passed, M
# failed, and K skipped if there are any. Fails if one failed.

set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C
# shellcheck source=tools/install.sh
. tools/install.sh

readonly logs=build/logs
jobs=$(nproc 2>/dev/null || echo 2)
mode=full
soak_seconds=120

for argument in "$@"; do
  case $argument in
  --quick) mode=quick ;;
  --wine) mode=wine ;;
  --soak) mode=soak ;;
  --soak=*[0-9])
    mode=soak
    soak_seconds=${argument#*=}
    ;;
  *)
    sed -n 's/^#   \(test\/run.sh.*\)/usage: \1/p' "$0" >&2
    exit 2
    ;;
  esac
done

# What the rows need.

clang=        # the distribution's default
newest_clang= # may be the same
linker=${LDFLAGS:-} # with the flag for one that takes a quarter of the time
b2=
readonly mingw=x86_64-w64-mingw32-g++-posix

newest_versioned_clang() {
  local version
  for version in {30..16}; do
    if command -v "clang++-$version" >/dev/null; then
      echo "clang-$version"
      return
    fi
  done
  if has_apt && can_install; then
    update_lists >&2
    for version in {30..16}; do
      if is_available "clang-$version"; then
        echo "clang-$version"
        return
      fi
    done
  fi
}

install_compilers() {
  local newest version
  newest=$(newest_versioned_clang)
  install_optional clang++=clang
  if [[ -n $newest ]]; then
    version=${newest#clang-}
    install_optional "clang++-$version=$newest" \
      "/usr/lib/llvm-$version/lib/clang/*/lib/*/libclang_rt.asan*=$(
      )libclang-rt-$version-dev" \
      "llvm-cov-$version=llvm-$version"
  fi

  clang=$(command -v clang++ || true)
  newest_clang=$(command -v "clang++-${version:-none}" || true)
  clang=${clang:-$newest_clang}
  newest_clang=${newest_clang:-$clang}
  clang=${clang##*/}
  newest_clang=${newest_clang##*/}
}

install_linker() {
  install_optional ld.lld=lld
  local flag
  for flag in -fuse-ld=lld -fuse-ld=gold; do
    if links "$flag" g++ && links "$flag" "${clang:-g++}" &&
      links "$flag" "${newest_clang:-g++}"; then
      linker="$linker $flag"
      return
    fi
  done
}

links() {
  echo 'int main() {}' |
    "$2" "$1" -x c++ - -o "$logs/probe" 2>>"$logs/probe.log"
}

# What builds for Windows and runs it, if there is both.
install_mingw() {
  install_optional "$mingw=g++-mingw-w64-x86-64-posix" \
    /usr/lib/wine/wine64=wine64 wine=wine
}

# The package with b2 that belongs to the machine's Boost.
install_b2() {
  local package
  package=$(dpkg-query -S /usr/include/boost/version.hpp 2>/dev/null |
    sed 's/:.*//') || true
  if has_apt; then
    install_optional "b2=${package%-dev}-tools-dev"
  fi
  b2=$(command -v b2 || true)
}

install_everything() {
  install_missing cmake=cmake ninja=ninja-build g++=g++
  install_optional /usr/include/asio.hpp=libasio-dev
  install_boost
  if [[ $mode == full ]]; then
    install_missing perl=perl '/usr/lib/*/cmake/benchmark=libbenchmark-dev' \
      /usr/include/liburing.h=liburing-dev
    install_b2
    install_mingw
    install_optional gcovr=gcovr
  elif [[ $mode == wine ]]; then
    install_mingw
  fi
  if [[ $mode == full || $mode == quick ]]; then
    install_compilers
    install_linker
    install_optional clang-format-14=clang-format-14 spin=spin
  fi
}

# Print the include directory of a package of another Debian suite.
headers() {
  tools/debian-headers.sh "$1" "$2" "build/headers/$1-$2" \
    2>>"$logs/headers.log"
}

# Rows.

row=0 rows=0
row_passed=0 row_failed=0 row_skipped=0
folder='' wrapper=()
passed=0 failed=0 skipped=0
table=()
evidence=()

# How many programs a row has, for rows that are not built.
count_programs() {
  local flavours=$1 platform=${2:-posix}
  local sources=(test/*.cpp test/{detail,fuzz,stress,"$platform"}/*.cpp)
  # Without what they share, main.cpp and replay.cpp.
  echo $(((${#sources[@]} - 2) * flavours))
}

begin_row() {
  row=$((row + 1))
  title=$1
  log=$logs/$row.log
  row_start=$SECONDS
  : >"$log"
  printf '[%d/%d] %s:' "$row" "$rows" "$title"
}

end_row() {
  local verdict=$1 row_passed=$2 row_failed=$3 row_skipped=$4
  local took=$((SECONDS - row_start))
  passed=$((passed + row_passed))
  failed=$((failed + row_failed))
  skipped=$((skipped + row_skipped))
  printf ' %s (%d tests, %d s)\n' "$verdict" \
    $((row_passed + row_failed)) "$took"
  table+=("$(printf '%-52s %6d %6d %7d %5d s' "$title" "$row_passed" \
    "$row_failed" "$row_skipped" "$took")")
}

# Add a remark to the table.
remark() {
  table+=("  ! $*")
  printf '  ! %s\n' "$*"
}

# Keep what programs say that they have proven.
collect_evidence() {
  local proofs="explored|semaphore_core.pml|bugs: |fuzz [a-z]+|faults|coverage|stress: "
  mapfile -t -O "${#evidence[@]}" evidence < <(
    grep -hE "^($proofs)" "$@" 2>/dev/null
  )
}

# A row that this machine cannot have.
skip_row() {
  local programs=$1
  shift
  end_row SKIPPED 0 0 "$programs"
  remark "skipped: $*"
}

# Show how far a tool is that numbers its lines as n/m.
show_progress() {
  local verb=$1
  printf ' %s ' "$verb"
  awk '
    BEGIN { next_mark = 25 }
    match($0, /^ *\[?[0-9]+\/[0-9]+/) {
      split(substr($0, RSTART, RLENGTH), part, "/")
      gsub(/[^0-9]/, "", part[1])
      if (part[2] < 8) next
      done = 100 * part[1] / part[2]
      while (next_mark < 100 && done >= next_mark) {
        printf "%d%% ", next_mark
        fflush()
        next_mark += 25
      }
    }
    END { printf "..." }'
}

# Print what explains a failure: what the compiler or a test program said.
print_failure() {
  echo "---- from $log:"
  awk '
    /^\[[0-9]+\/[0-9]+\] / { show = 0 }
    /^FAILED: / || /^CMake Error/ || /^\.\.\.failed/ { show = 60 }
    /^ *[0-9]+\/[0-9]+ Test .*\*\*\*/ { show = 200 }
    /^====== BEGIN OUTPUT/ { show = 200 }
    /^ *Start +[0-9]+: / || /^Could not find executable/ { show = 0 }
    /^ *[0-9]+\/[0-9]+ Test .* Passed/ { show = 0 }
    show-- > 0 && shown++ < 400' "$1"
  echo "----"
}

# Run the tests of a row, in its folder and within its wrapper, and count them.
run_tests() {
  local ended=yes
  : >"$log.tests"
  "${wrapper[@]}" ctest --test-dir "$folder" --output-on-failure \
    -j "$jobs" "$@" 2>&1 |
    tee "$log.tests" | show_progress running || ended=no
  cat "$log.tests" >>"$log"
  collect_evidence "$folder/Testing/Temporary/LastTest.log"

  row_passed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log.tests") || true
  row_skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' \
    "$log.tests") || true
  row_failed=$(($(grep -cE '^ *[0-9]+/[0-9]+ Test ' "$log.tests") -
    row_passed - row_skipped)) || true
  if ((row_failed == 0)) &&
    { [[ $ended == no ]] || ((row_passed + row_skipped == 0)); }; then
    row_failed=1
    echo "ctest did not end well." >>"$log.tests"
  fi
}

remark_failed_tests() {
  while read -r line; do
    remark "failed: $line"
  done < <(
    sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*([A-Za-z: ]*[A-Za-z]).*/\1: \2/p' \
      "$log.tests" | grep -v Skipped
    grep '^ctest did not' "$log.tests"
  )
}

# Run the tests of the row before once more, where the kernel refuses something
# and the tier has that name.
#
# refusal_row TITLE TIER REFUSAL... [-- CTEST-ARG...]
refusal_row() {
  local tier=$2 refusals=()
  begin_row "  $1"
  shift 2
  while (($# > 0)) && [[ $1 != -- ]]; do
    refusals+=("$1")
    shift
  done
  shift $(($# > 0))

  local outer=("${wrapper[@]}")
  wrapper=("$folder/test/refuse" "${refusals[@]}" -- "${outer[@]}")
  ASIO_SYNC_EXPECTED_PLATFORM=$tier run_tests "$@"
  wrapper=("${outer[@]}")

  if ((row_failed > 0)); then
    end_row FAILED "$row_passed" "$row_failed" "$row_skipped"
    print_failure "$log"
    remark_failed_tests
  else
    end_row ok "$row_passed" 0 "$row_skipped"
  fi
}

# build_row TITLE PRESET COMPILER FLAVOURS [CMAKE-ARGUMENT...] [-- CTEST-ARG...]
build_row() {
  local preset=$2 compiler=$3 flavours=$4
  begin_row "$1"
  shift 4

  local configuration=()
  while (($# > 0)) && [[ $1 != -- ]]; do
    configuration+=("$1")
    shift
  done
  shift $(($# > 0))

  if [[ -n ${BOOST_ROOT:-} && " ${configuration[*]}" != *Boost_INCLUDE* ]]; then
    configuration+=("-DBoost_ROOT=$BOOST_ROOT")
  fi
  # Without what doubles the time: optimisation and debug information. Who looks
  # into a failure builds that preset as it is. MinGW's code has names that are
  # too long for its assembler where it is not optimised.
  if [[ $preset != mingw ]]; then
    configuration+=("-DCMAKE_CXX_FLAGS_DEBUG=${debug_flags:-}"
      "-DCMAKE_EXE_LINKER_FLAGS=$linker")
  fi
  folder=build/run/$row-$preset
  rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
  if ! cmake --preset "$preset" -B "$folder" \
    "-DCMAKE_CXX_COMPILER=$compiler" \
    "-DASIO_SYNC_TEST_FLAVOURS=$flavours" -DASIO_SYNC_TEST_PRECOMPILE=ON \
    "${configuration[@]}" \
    >>"$log" 2>&1; then
    end_row "COULD NOT BE CONFIGURED" 0 1 0
    tail -n 40 "$log"
    return
  fi

  local build_failed=no
  cmake --build "$folder" --target "${build_target:-all}" -- \
    -k 0 -j "$jobs" 2>&1 |
    tee -a "$log" | show_progress building || build_failed=yes

  wrapper=()
  if [[ $preset == tsan ]]; then
    wrapper=("${tsan_wrapper[@]}")
  fi
  run_tests "$@"
  if ((row_failed == 0)) && [[ $build_failed == yes ]]; then
    row_failed=1
  fi

  local missing
  missing=$(grep -E '^-- No (asio_sync::|example|spin)' "$log" | sort -u) || true
  if ((row_failed > 0)); then
    end_row FAILED "$row_passed" "$row_failed" "$row_skipped"
    print_failure "$log"
    if [[ $build_failed == yes ]]; then
      remark "failed: the build"
    fi
    remark_failed_tests
  else
    if [[ $missing == *"No spin"* ]]; then
      row_skipped=$((row_skipped + 1))
    fi
    end_row ok "$row_passed" 0 \
      $((row_skipped + $(skipped_flavours "$missing" "$flavours")))
  fi
  while IFS= read -r line; do
    if [[ -n $line ]]; then
      remark "skipped: ${line#-- }"
    fi
  done <<<"$missing"
}

# How many programs are missing with the flavours that CMake has not found.
skipped_flavours() {
  local missing=$1 flavours=$2 number=0
  if [[ $missing == *"No asio_sync::asio_sync"* && $flavours == *asio* ]]; then
    number=$((number + 1))
  fi
  if [[ $missing == *"No asio_sync::boost_asio"* &&
    $flavours == *boost* ]]; then
    number=$((number + 1))
  fi
  count_programs "$number"
}

b2_row() {
  begin_row "$1"
  if [[ -z $b2 ]]; then
    skip_row "$(count_programs 1)" "there is no b2"
    return
  fi
  # Clang, as GCC takes twice as long.
  local arguments=(flavour=boost)
  if [[ -n $clang ]]; then
    arguments+=(toolset=clang)
  fi
  if [[ -n ${BOOST_ROOT:-} ]]; then
    arguments+=("include=$BOOST_ROOT/include")
  fi

  # Without their marks, all tests run again; what was compiled is kept.
  if [[ -d build/b2 ]]; then
    find build/b2 -type f \( -name '*.run' -o -name '*.test' \) -delete
  fi
  local b2_failed=no
  printf ' building and running '
  b2 "-j$jobs" -l 600 debug-symbols=off "${arguments[@]}" \
    >"$log" 2>&1 || b2_failed=yes

  local row_passed row_failed
  row_passed=$(grep -c '^\*\*passed\*\*' "$log") || true
  row_failed=$(grep -cE '^\.\.\.failed (testing|gcc|clang-linux)\.' \
    "$log") || true
  if ((row_failed == 0)) &&
    { [[ $b2_failed == yes ]] || ((row_passed == 0)); }; then
    row_failed=1
  fi
  if ((row_failed == 0)); then
    end_row '... ok' "$row_passed" 0 0
  else
    end_row '... FAILED' "$row_passed" "$row_failed" 0
    print_failure "$log"
    while read -r line; do
      remark "failed: $line"
    done < <(sed -nE 's/^\.\.\.failed [a-z+.-]+ (.*)\.\.\.$/\1/p' "$log")
  fi
}

# Two flavours in one program have two ports there.
#
# mingw_row FLAVOURS [CMAKE-ARGUMENT...]
mingw_row() {
  local title="MinGW C++17 with Wine" flavours=$1
  shift
  if command -v "$mingw" >/dev/null &&
    { [[ -x /usr/lib/wine/wine64 ]] || command -v wine64 >/dev/null; }; then
    build_row "$title" mingw "$mingw" "$flavours" \
      -DASIO_SYNC_TEST_TIMEOUT=600 "$@" -- \
      -j $((2 * jobs)) -LE "${once/flavours|/}"
  else
    begin_row "$title"
    skip_row "$(count_programs "$(wc -w <<<"${flavours//;/ }")" windows)" \
      "there is no $mingw, or no wine64"
  fi
}

# What the rows before have executed of the headers: coverage_row COMPILER.
coverage_row() {
  local gcov=gcov
  if [[ $1 == clang* ]]; then
    gcov="${1/clang++/llvm-cov} gcov"
  fi
  script_row "coverage of include/" test/coverage/report.py "$folder" "$gcov"
}

# A row of one script: script_row TITLE COMMAND...
script_row() {
  begin_row "$1"
  shift
  local result=0
  "$@" >"$log" 2>&1 || result=$?
  collect_evidence "$log"
  case $result in
  0) end_row ' ok' 1 0 0 ;;
  3) skip_row 1 "$(tail -n 1 "$log")" ;;
  *)
    end_row ' FAILED' 0 1 0
    tail -n 100 "$log"
    ;;
  esac
}

# Whether programs built with a compiler and flags run here, and what they must
# be wrapped in: ThreadSanitizer of older compilers cannot live with much
# address space randomisation.
sanitizer_works() {
  local program=$logs/probe
  tsan_wrapper=()
  echo 'int main() {}' >"$program.cpp"
  if ! "$@" "$program.cpp" -o "$program" >>"$logs/probe.log" 2>&1; then
    return 1
  fi
  local tries
  for ((tries = 0; tries < 10; ++tries)); do
    if ! "$program" >>"$logs/probe.log" 2>&1; then
      tsan_wrapper=(setarch "$(uname -m)" -R)
      "${tsan_wrapper[@]}" "$program" >>"$logs/probe.log" 2>&1
      return
    fi
  done
}

# tsan_row TITLE FLAVOURS [ARGUMENT...], as build_row.
tsan_row() {
  local name=$1 flavours=$2 compiler
  shift 2
  for compiler in $newest_clang g++; do
    if sanitizer_works "$compiler" -fsanitize=thread; then
      build_row "$compiler $name" tsan "$compiler" "$flavours" "$@"
      return
    fi
  done
  begin_row "$name"
  skip_row "$(count_programs "$(wc -w <<<"${flavours//;/ }")")" \
    "programs built with ThreadSanitizer do not run here"
}

# The rows of each mode.

# What most rows leave out: it hardly depends on compiler or Asio.
readonly once='^(consume|compile_fail|flavours|model)$'

newest_asio=() newest_asio_name="Asio of the system"
find_newest_asio() {
  local folder
  if folder=$(headers forky libasio-dev); then
    newest_asio=("-DAsio_INCLUDE_DIR=$folder")
    newest_asio_name="newest Asio"
  fi
}

run_quick() {
  rows=3
  find_newest_asio
  build_row "${clang:-g++} C++17" debug "${clang:-g++}" asio
  tsan_row "C++20 tsan, $newest_asio_name" asio "${newest_asio[@]}" \
    -DASIO_SYNC_TEST_TIMEOUT=400 -- -LE "$once"
  script_row "layout" tools/check-format.sh
}

run_wine() {
  rows=1
  mingw_row "asio;boost"
}

run_soak() {
  rows=1
  find_newest_asio
  build_target=stress_tests debug_flags="-O1 -g1" \
    tsan_row "C++20 tsan, $newest_asio_name, soak" "asio;boost" "${newest_asio[@]}" \
    "-DASIO_SYNC_STRESS_ARGUMENTS=--seconds=$soak_seconds" \
    "-DASIO_SYNC_TEST_TIMEOUT=$((10 * soak_seconds + 600))" \
    -- -L '^stress$'
}

# What a row with io_uring needs.
io_uring() {
  echo "-DASIO_SYNC_TEST_IO_URING=$1"
}

# The tests of the row before, for each way in which io_uring may fail.
refusal_rows() {
  local threads="generic, words by futex_waitv"
  refusal_row "io_uring refused: EPERM" "$threads" io_uring_setup=EPERM -- "$@"
  refusal_row "io_uring without futexes" "$threads" \
    io_uring_probe=EINVAL -- "$@"
  refusal_row "neither io_uring nor futex_waitv" \
    "generic, words by parking table" \
    io_uring_setup=ENOSYS futex_waitv=ENOSYS -- "$@"
}

run_full() {
  rows=16
  local found
  find_newest_asio

  # ThreadSanitizer has a minute of stress, io_uring alone has all operations,
  # and all others have few.
  local few=-DASIO_SYNC_STRESS_ARGUMENTS=--iterations=2000

  # Each tier is counted: the kernel refuses io_uring to the same programs.
  local compiler=g++
  if [[ -n $newest_clang ]] && command -v "${newest_clang/clang++/llvm-cov}" \
    >/dev/null && sanitizer_works "$newest_clang" -fsanitize=address; then
    compiler=$newest_clang
  fi
  build_row "$compiler C++20 asan, ubsan, io_uring beside" coverage \
    "$compiler" asio "${newest_asio[@]}" "$(io_uring BESIDE)" \
    "$few" -DASIO_SYNC_TEST_TIMEOUT=400 -- -LE "$once"
  refusal_rows -LE "$once|^(stress|fuzz)$"
  coverage_row "$compiler"

  # Clang takes half the time for perf.
  build_row "g++ C++20 optimised, examples" release g++ asio \
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG" \
    "-DASIO_SYNC_BUILD_PERF=$([[ -n $clang ]] && echo OFF || echo ON)"

  local asio_130=()
  if found=$(headers trixie libasio-dev); then
    asio_130=("-DAsio_INCLUDE_DIR=$found")
  fi
  if [[ -n $clang ]]; then
    build_row "$clang C++17, Asio 1.30, io_uring disabled, perf" debug \
      "$clang" asio "${asio_130[@]}" "$(io_uring DISABLED)" "$few" \
      -DASIO_SYNC_BUILD_PERF=ON -DASIO_SYNC_PERF_FLAVOURS=asio -- -LE "$once"
  else
    begin_row "clang++ C++17"
    skip_row "$(count_programs 1)" "there is no clang++"
  fi

  # The oldest with io_uring.
  if found=$(headers bookworm-backports libboost1.83-dev); then
    build_row "${newest_clang:-g++} C++20, Boost 1.83, io_uring" cxx20 \
      "${newest_clang:-g++}" boost "-DBoost_INCLUDE_DIR=$found" \
      "$(io_uring DEFAULT)" -- -LE "${once/compile_fail|/}"
  else
    begin_row "C++20, Boost 1.83, io_uring"
    skip_row "$(count_programs 1)" "$(tail -n 1 "$logs/headers.log")"
  fi

  # Before 1.38, Asio does not tell ThreadSanitizer what the kernel hands over.
  local stress="-DASIO_SYNC_STRESS_ARGUMENTS=--seconds=3"
  local newest_boost
  if newest_boost=$(headers forky libboost1.92-dev); then
    tsan_row "C++20 tsan, newest Boost, io_uring beside" boost \
      "-DBoost_INCLUDE_DIR=$newest_boost" "$(io_uring BESIDE)" "$stress" \
      -DASIO_SYNC_TEST_TIMEOUT=400 -- -LE "$once"
    # The tier waits for words only.
    refusal_row "io_uring refused: ENOSYS" "generic, words by futex_waitv" \
      io_uring_setup=ENOSYS -- -LE "$once|^fuzz$" \
      -E '^stress\.[^f]'
    refusal_row "stress without futex_waitv" "generic, words by parking table" \
      io_uring_setup=ENOSYS futex_waitv=ENOSYS -- -R '^stress\.futex\.'
  else
    tsan_row "C++20 tsan, $newest_asio_name" asio "${newest_asio[@]}" \
      "$stress" -DASIO_SYNC_TEST_TIMEOUT=400 -- -LE "$once"
    rows=15
    begin_row "C++20 tsan, newest Boost, io_uring beside"
    skip_row "$(count_programs 1)" "$(tail -n 1 "$logs/headers.log")"
  fi

  b2_row "b2, ${clang:-g++} C++17, Boost"
  mingw_row asio "$few"
  script_row "deliberate bugs" env "CXX=${newest_clang:-g++}" \
    "LDFLAGS=$linker" test/mutations/run.sh
  # Two minutes on two processors.
  script_row "fuzzing" test/fuzz/run.sh --seconds=240
  script_row "layout" tools/check-format.sh
}

mkdir -p "$logs"
: >"$logs/headers.log"
shopt -s nullglob
install_everything
"run_$mode"

echo
printf '%-52s %6s %6s %7s %7s\n' configuration passed failed skipped time
printf '%s\n' "${table[@]}"
echo
if ((${#evidence[@]} > 0)); then
  # The faults of the first row that has them: their number depends on the
  # platform. Stress of all rows adds up.
  printf '%s\n' "${evidence[@]}" | awk '
    /^stress/ { rounds += $2; operations += $4; next }
    { kind = $0 }
    /^faults/ { gsub(/[0-9]+/, "", kind) }
    !seen[kind]++
    END {
      if (rounds > 0)
        printf "stress: %d rounds, %d operations\n", rounds, operations
    }'
  echo
fi
if ((skipped > 0)); then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
((failed == 0))
