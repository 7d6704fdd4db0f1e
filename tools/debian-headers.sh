#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Unpack the headers of a package of another Debian suite into a directory, and
# print their include directory:
#
#   tools/debian-headers.sh SUITE PACKAGE DIR
#
# The machine's own set of packages is not touched, and its apt is not told of
# the suite: what a release lacks would be taken from there unnoticed. Mirror
# and keyring are those of the machine's apt sources.
#
# Does nothing if DIR has been filled before. Exit codes: 0 done, 1 failed,
# 2 wrong use, 3 not to be had on this machine.

set -euo pipefail

unavailable() {
  echo "debian-headers: $*" >&2
  exit 3
}

# Print "URI KEYRING" of the first source that carries Debian itself. KEYRING is
# empty where the source names none.
find_mirror() {
  local folder=${APT_SOURCES:-/etc/apt}
  local files=()
  local file
  for file in "$folder"/sources.list.d/*.sources \
    "$folder"/sources.list.d/*.list "$folder"/sources.list; do
    if [[ -r $file ]]; then
      files+=("$file")
    fi
  done
  if ((${#files[@]} == 0)); then
    return 0
  fi

  awk -v codename="$1" '
    function finish() {
      if (!found && types ~ /(^| )deb( |$)/ && enabled != "no" &&
          uris !~ /^cdrom:/ &&
          (" " suites " ") ~ (" (" codename "|stable|testing|unstable) ")) {
        split(uris, uri, " ")
        print uri[1], key
        found = 1
      }
      types = uris = suites = key = enabled = ""
    }
    FNR == 1 { finish() }
    /^[ \t]*#/ { next }
    FILENAME ~ /\.sources$/ {
      if ($0 ~ /^[ \t]*$/) { finish(); next }
      name = tolower($1); value = $0
      sub(/^[^:]*:[ \t]*/, "", value)
      if (name == "types:") types = value
      else if (name == "uris:") uris = value
      else if (name == "suites:") suites = value
      else if (name == "signed-by:") key = value
      else if (name == "enabled:") enabled = tolower(value)
      next
    }
    /^[ \t]*deb[ \t]/ {
      finish()
      options = ""; line = $0
      if (match(line, /\[[^]]*\]/)) {
        options = substr(line, RSTART + 1, RLENGTH - 2)
        line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
      }
      split(line, word, " ")
      types = "deb"; uris = word[2]; suites = word[3]
      if (match(options, /signed-by=[^ ]*/))
        key = substr(options, RSTART + 10, RLENGTH - 10)
      finish()
    }
    END { finish() }
  ' "${files[@]}"
}

# Print the directory of asio.hpp or boost/ below the given one.
include_directory() {
  printf '%s/root/usr/include\n' "$1"
}

main() {
  if (($# != 3)); then
    echo "usage: tools/debian-headers.sh SUITE PACKAGE DIR" >&2
    exit 2
  fi
  local suite=$1 package=$2 folder=$3

  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  if [[ -e $folder/complete &&
    $(cat "$folder/complete") == "$suite $package" ]]; then
    include_directory "$folder"
    return
  fi

  if [[ ! -r /etc/os-release ]] || ! command -v apt-get >/dev/null ||
    ! command -v dpkg >/dev/null; then
    unavailable "this machine is not a Debian"
  fi
  local id codename
  # shellcheck source=/dev/null
  id=$(. /etc/os-release && echo "${ID:-}")
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  if [[ $id != debian ]]; then
    unavailable "this machine is not a Debian, but '$id'"
  fi

  local mirror uri keyring
  mirror=$(find_mirror "${codename:-stable}")
  read -r uri keyring <<<"$mirror" || true
  if [[ -z ${uri:-} ]]; then
    unavailable "the apt sources of this machine name no Debian mirror"
  fi
  if [[ -z ${keyring:-} ]]; then
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  fi
  if [[ ! -r $keyring ]]; then
    unavailable "there is no keyring '$keyring';" \
      "install debian-archive-keyring"
  fi

  rm -rf "$folder/apt" "$folder/root" "$folder/complete"
  local apt=$folder/apt
  mkdir -p "$apt/sources.d" "$apt/preferences.d" "$apt/lists/partial" \
    "$apt/cache/archives/partial" "$apt/download"
  printf '%s\n' "Types: deb" "URIs: $uri" "Suites: $suite" \
    "Components: main" "Signed-By: $keyring" >"$apt/sources.d/suite.sources"

  local options=(
    -qq
    -o "Dir::State::lists=$apt/lists"
    -o "Dir::State::status=/dev/null"
    -o "Dir::Cache=$apt/cache"
    -o "Dir::Etc::sourcelist=/dev/null"
    -o "Dir::Etc::sourceparts=$apt/sources.d"
    -o "Dir::Etc::preferences=/dev/null"
    -o "Dir::Etc::preferencesparts=$apt/preferences.d"
    -o "Acquire::Languages=none"
    -o "Acquire::Retries=3"
    -o "APT::Update::Error-Mode=any"
  )
  if ((EUID == 0)); then
    options+=(-o "APT::Sandbox::User=root")
  fi

  if ! apt-get "${options[@]}" update >&2; then
    unavailable "the mirror of this machine does not offer '$suite'"
  fi
  if ! (cd "$apt/download" &&
    apt-get "${options[@]}" download "$package" >&2); then
    unavailable "'$suite' has no package '$package'"
  fi
  local file
  for file in "$apt"/download/*.deb; do
    dpkg -x "$file" "$folder/root"
  done
  rm -rf "$apt"
  echo "$suite $package" >"$folder/complete"
  include_directory "$folder"
}

main "$@"
