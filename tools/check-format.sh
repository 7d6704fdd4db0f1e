#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Compare the layout of all sources with .clang-format, and their width with 80
# columns. With --fix, lay them out.
#
# Exit codes: 0 as it should be, 1 not so, 3 there is no clang-format 14.
# Versions of clang-format differ in their results.

set -euo pipefail
cd "$(dirname "$0")/.."

find_clang_format() {
  local name
  for name in clang-format-14 clang-format; do
    if command -v "$name" >/dev/null &&
      "$name" --version | grep -q 'version 14\.'; then
      echo "$name"
      return
    fi
  done
  return 1
}

if ! clang_format=$(find_clang_format); then
  echo "check-format: there is no clang-format 14" >&2
  exit 3
fi

mapfile -t sources < <(find include test perf example \
  -name '*.hpp' -o -name '*.ipp' -o -name '*.cpp' | sort)

if [[ ${1:-} == --fix ]]; then
  "$clang_format" -i "${sources[@]}"
fi

laid_out=$(mktemp -d)
trap 'rm -r "$laid_out"' EXIT
cp --parents .clang-format "${sources[@]}" "$laid_out"
(cd "$laid_out" && printf '%s\0' "${sources[@]}" |
  xargs -0 -n 8 -P "$(nproc)" "$clang_format" -i)

result=0
for source in "${sources[@]}"; do
  diff -u --label "$source" --label "$source, laid out" "$source" \
    "$laid_out/$source" || result=1
done

if ! awk 'length > 80 { print FILENAME ":" FNR ": wider than 80 columns"; n++ }
    END { exit n > 0 }' "${sources[@]}"; then
  result=1
fi

if ((result == 0)); then
  echo "${#sources[@]} files are laid out as they should be"
fi
exit "$result"
