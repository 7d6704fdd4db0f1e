#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Break the library on purpose, and demand that a test notices. What is broken
# is described in mutations.txt, and done to a copy of one header.
#
#   test/mutations/run.sh            everything, after a check that the same
#                                    programs pass while nothing is broken
#   test/mutations/run.sh NAME...    those only, with what their programs say
#   test/mutations/run.sh --list     what there is
#
# -j N before that: how many at once (default: as many as there are processors).
#
# Only a failed assertion counts: not a crash, a compile error, or a program
# that takes longer than two minutes. The last line says how many were caught.
# Fails if one was not, or if mutations.txt does not fit the headers any more.
#
# CXX is the compiler (default: clang++, or g++ if there is none), CXXFLAGS and
# LDFLAGS are passed on (-fuse-ld=lld takes less time). Needs Perl and Boost's
# headers; Asio is Boost's if there is no other.

set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C

readonly folder=build/mutations
readonly seconds=120
cxx=${CXX:-$(command -v clang++ || echo g++)}
read -ra flags <<<"-std=c++17 -pthread -Itest ${CXXFLAGS:-}"
read -ra link_flags <<<"${LDFLAGS:-}"
jobs=$(nproc 2>/dev/null || echo 2)

# What there is, by name.
names=()
all=()      # those that are tried
unbroken=() # their programs
declare -A kinds headers programs cases reasons places

read_list() {
  local line name='' number=0
  while IFS= read -r line; do
    number=$((number + 1))
    if [[ $line =~ ^(bug|mutation)\ ([a-z_]+):\ (.*)$ ]]; then
      name=${BASH_REMATCH[2]}
      names+=("$name")
      kinds[$name]=${BASH_REMATCH[1]}
      headers[$name]=include/asio_sync/${BASH_REMATCH[3]}
      reasons[$name]='' places[$name]=''
      programs[$name]='' cases[$name]=''
    elif [[ $line =~ ^'  noticed by '([a-z_/]+):\ (.*)$ ]]; then
      programs[$name]=${BASH_REMATCH[1]}
      cases[$name]=${BASH_REMATCH[2]}
    elif [[ $line == '    '* ]]; then
      places[$name]+=${line#'    '}$'\n'
    elif [[ $line == '  '* ]]; then
      reasons[$name]+=${reasons[$name]:+ }${line#'  '}
    elif [[ -n $line && $line != '#'* ]]; then
      echo "mutations.txt:$number: what is '$line'?" >&2
      exit 1
    fi
  done <test/mutations/mutations.txt
}

# Make the broken copy of a header: in each place, take out what is in [-...-], and
# put in what is in {+...+}. The text around may be laid out differently.
break_header() {
  local name=$1 header=${headers[$1]}
  mkdir -p "$folder/$name/$(dirname "$header")"
  PLACES=${places[$name]} perl -e '
    sub pattern {
      my $text = join "\\s+", map { quotemeta } split /\s+/, $_[0], -1;
      return "(" . $text =~ s/\\\(/\\(\\s*/gr . ")";
    }

    local $/;
    my $source = <STDIN>;
    for my $place (split /^\.\.\.\n/m, $ENV{PLACES}) {
      $place =~ s/\s+$//;
      $place =~ s/\{\+/[--]{+/ if $place !~ /\[-/;
      $place =~ s/-\]/-]{++}/ if $place !~ /\{\+/;
      my ($before, $out, $in, $after) =
          $place =~ /^(.*)\[-(.*)-\]\{\+(.*)\+\}(.*)$/s or exit 1;
      my $pattern = join "", map { pattern($_) } $before, $out, $after;
      my $found = () = $source =~ /$pattern/g;
      exit 1 if $found != 3;
      $source =~ s/$pattern/$1$in$3/;
    }
    print $source;
  ' <"$header" >"$folder/$name/$header"
}

break_headers() {
  local name result=0
  for name in "$@"; do
    if ! break_header "$name"; then
      echo "mutation $name no longer applies to ${headers[$name]}" >&2
      result=1
    fi
  done
  return "$result"
}

# Compile what does not change, once.
prepare() {
  if [[ -n ${BOOST_ROOT:-} ]]; then
    flags+=("-I$BOOST_ROOT/include")
  fi
  if ! echo '#include <asio.hpp>' |
    "$cxx" "${flags[@]}" -x c++ -E - >/dev/null 2>&1; then
    flags+=(-DASIO_SYNC_USE_BOOST_ASIO)
  fi
  cat >"$folder/common.hpp" <<'END'
#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio.hpp>
#else
# include <asio.hpp>
#endif
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <boost/test/unit_test.hpp>
END
  "$cxx" "${flags[@]}" -x c++-header "$folder/common.hpp" \
    -o "$folder/common.hpp.gch" &
  "$cxx" "${flags[@]}" -c test/main.cpp -o "$folder/main.o"
  wait $!
}

# The cases of a program in which something should be noticed.
cases_of() {
  local name
  for name in "${all[@]}"; do
    if [[ ${programs[$name]} == "$1" ]]; then
      echo "${cases[$name]}"
    fi
  done | sort -u
}

build() {
  local program=$1 name=$2
  shift 2
  "$cxx" "${flags[@]}" "$@" -Iinclude "test/$program.cpp" "$folder/main.o" \
    -o "$folder/$name/program" "${link_flags[@]}" >"$folder/$name/log" 2>&1
}

# Run one case of a test program until an assertion fails, which is in $failure
# then, or it ends, with $status.
run_case() {
  local file=$1 program=$2 case=$3 options line pid
  failure='' status=0
  case $program in
  model/*) options=(-- "--scenario=$case") ;;
  *) options=("--run_test=$case") ;;
  esac
  exec 3< <(exec timeout "$seconds" "$file" --color_output=no \
    "${options[@]}" 2>&1)
  pid=$!
  while IFS= read -r line <&3; do
    printf '%s\n' "$line"
    if [[ $line =~ ': '(fatal )?'error: in "'([^\"]*)'": '(.*) ]] &&
      [[ -z ${BASH_REMATCH[1]} || $line == *': critical check '* ]]; then
      failure=${BASH_REMATCH[3]#"$case: "}
      # How the program came to it.
      while IFS= read -r -t 1 line <&3 && [[ $line == [\ t]* ]]; do
        printf '%s\n' "$line"
      done
      kill "$pid" 2>/dev/null || true
      break
    fi
  done
  exec 3<&-
  wait "$pid" || status=$?
}

# Print a row of the table, and remember how it ended.
report() {
  local name=$1 how=$2 what=$3
  echo "$how" >"$folder/$name/result"
  printf '%-7s %-44s %4d  %.100s\n' "$how" "$name" "$SECONDS" "$what"
}

# Look whether a program passes while nothing is broken.
try_unbroken() {
  local program=$1 name=unbroken/$1 options case failure status
  SECONDS=0
  case $program in
  model/*) options=(-O1) ;; # Every interleaving is run here.
  *) options=(-include "$folder/common.hpp") ;;
  esac
  mkdir -p "$folder/$name"
  if ! build "$program" "$name" "${options[@]}"; then
    report "$name" ERROR "does not compile; see $folder/$name/log"
    return
  fi
  while IFS= read -r case; do
    run_case "$folder/$name/program" "$program" "$case" >>"$folder/$name/log"
    if [[ -n $failure || $status != 0 ]]; then
      report "$name" FAILS "$case: ${failure:-exit code $status}"
      return
    fi
  done < <(cases_of "$program")
  report "$name" passes ""
}

# Break one header, and look whether its program notices.
try() {
  local name=$1 program=${programs[$1]} case=${cases[$1]} failure status
  SECONDS=0
  if ! build "$program" "$name" -include "$folder/common.hpp" \
    "-I$folder/$name/include"; then
    report "$name" ERROR "does not compile; see $folder/$name/log"
    return
  fi
  run_case "$folder/$name/program" "$program" "$case" >>"$folder/$name/log"
  if [[ -n $failure ]]; then
    report "$name" caught "$case: $failure"
  elif ((status == 0)); then
    report "$name" MISSED "$case passes"
  else
    report "$name" MISSED "$case ends with $status; see $folder/$name/log"
  fi
}

# Call a function with each argument, several at once.
with_each() {
  local function=$1 argument
  shift
  for argument in "$@"; do
    while (($(jobs -rp | wc -l) >= jobs)); do
      wait -n || true
    done
    "$function" "$argument" &
  done
}

# How many of those of a kind were caught, of how many.
count() {
  local kind=$1 name caught=0 tried=0
  shift
  for name in "$@"; do
    if [[ ${kinds[$name]} == "$kind" ]]; then
      tried=$((tried + 1))
      if [[ $(cat "$folder/$name/result") == caught ]]; then
        caught=$((caught + 1))
      fi
    fi
  done
  echo "$caught of $tried"
  ((caught == tried))
}

main() {
  read_list
  local chosen=() name result=0
  while (($# != 0)); do
    case $1 in
    --list)
      for name in "${names[@]}"; do
        printf '%-9s%s: %s\n' "${kinds[$name]}" "$name" "${reasons[$name]}"
      done
      return
      ;;
    -j)
      jobs=${2:?}
      shift
      ;;
    *)
      if [[ ! -v kinds[$1] ]]; then
        sed -n 's/^#   \(test\/mutations\/run.sh.*\)/usage: \1/p' "$0" >&2
        return 2
      fi
      chosen+=("$1")
      ;;
    esac
    shift
  done

  all=("${chosen[@]}")
  if ((${#all[@]} == 0)); then
    all=("${names[@]}")
  fi
  rm -rf "$folder"
  mkdir -p "$folder"
  break_headers "${all[@]}"
  prepare
  mapfile -t unbroken < <(for name in "${all[@]}"; do
    echo "${programs[$name]}"
  done | sort -u)
  with_each try_unbroken "${unbroken[@]}"
  with_each try "${all[@]}"
  wait

  for name in "${chosen[@]}"; do
    printf '\n%s\n%s\n' "$name: ${reasons[$name]}" "${places[$name]}"
    cat "$folder/$name/log"
  done
  for name in "${unbroken[@]}"; do
    [[ $(cat "$folder/unbroken/$name/result") == passes ]] || result=1
  done
  local bugs mutations
  bugs=$(count bug "${all[@]}") || result=1
  mutations=$(count mutation "${all[@]}") || result=1
  echo
  echo "bugs: $bugs deliberate bugs caught, $mutations mutations caught"
  return "$result"
}

main "$@"
