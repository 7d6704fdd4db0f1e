# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# shellcheck shell=bash

# Functions for other scripts, which install packages on Debian and Ubuntu. They
# ask no question, remove no package, and say what they install before they do.
#
# A package is written as PROBE=PACKAGE. It is missing where the probe, a
# command or a path that may contain wildcards, is not there.

# Whether the probe of a package finds nothing.
is_missing() {
  local probe=${1%%=*}
  case $probe in
  /*) ! compgen -G "$probe" >/dev/null ;;
  *) ! command -v "$probe" >/dev/null ;;
  esac
}

has_apt() {
  [[ -r /etc/debian_version ]] && command -v apt-get >/dev/null
}

# Whether apt knows a package that can be installed.
is_available() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null |
    grep '^  Candidate: [^(]' >/dev/null
}

# Run apt-get as root, without questions. Fails if nobody can be root.
run_apt_get() {
  local as_root=()
  if ((EUID != 0)); then
    as_root=(sudo)
    if [[ ! -t 0 ]]; then
      as_root+=(-n)
    fi
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
    apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Whether packages can be installed here.
can_install() {
  if ((EUID == 0)); then
    return 0
  fi
  command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }
}

# Read apt's lists of packages, once, and only where something is missing.
lists_are_new=no
update_lists() {
  if [[ $lists_are_new == no ]] && can_install; then
    echo "Reading the lists of packages ..."
    run_apt_get update >/dev/null ||
      echo "The lists of packages could not be read; going on without." >&2
    lists_are_new=yes
  fi
}

# Install those packages that are missing. Leaves the script where this is not
# possible, and says what to install.
install_missing() {
  local packages=() item
  for item in "$@"; do
    if is_missing "$item"; then
      packages+=("${item#*=}")
    fi
  done
  if ((${#packages[@]} == 0)); then
    return
  fi

  if ! has_apt; then
    echo "This is not a Debian or Ubuntu. Please install what these packages" \
      "of theirs contain: ${packages[*]}" >&2
    exit 1
  fi
  if ! can_install; then
    echo "Neither root nor sudo is available. Please install:" \
      "${packages[*]}" >&2
    exit 1
  fi
  update_lists
  echo "Installing: ${packages[*]}"
  local log
  log=$(mktemp)
  if ! run_apt_get install -y --no-install-recommends --no-remove \
    "${packages[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "These packages could not be installed: ${packages[*]}" >&2
    exit 1
  fi
  rm -f "$log"
}

# Install those packages that are missing, as far as that is possible. Says what
# is not, and goes on.
install_optional() {
  local item
  for item in "$@"; do
    if ! is_missing "$item"; then
      continue
    fi
    if has_apt && can_install; then
      update_lists
    fi
    if ! has_apt || ! can_install || ! is_available "${item#*=}"; then
      echo "Not available, going on without: ${item#*=}" >&2
    elif ! (install_missing "$item"); then
      echo "Going on without: ${item#*=}" >&2
    fi
  done
}

# Print the version of Boost in an include directory as one number: 1.81 is
# 108100. 0 where there is none.
boost_version() {
  local header=$1/boost/version.hpp
  if [[ -r $header ]]; then
    awk '$1 == "#define" && $2 == "BOOST_VERSION" { print $3; exit }' "$header"
  else
    echo 0
  fi
}

# Print the newest package with Boost 1.81 or newer: the distribution's default
# if that is new enough. Prints nothing if there is none.
newest_boost_package() {
  local default
  default=$(LC_ALL=C apt-cache policy libboost-dev 2>/dev/null |
    awk '$1 == "Candidate:" { print $2 }')
  if [[ $default != *none* && -n $default ]] &&
    dpkg --compare-versions "$default" ge 1.81; then
    echo libboost-dev
    return
  fi
  apt-cache search --names-only '^libboost1\.[0-9]+-dev$' |
    awk '{ print $1 }' | sort -t. -k2 -n |
    awk -F'[.-]' '$2 >= 81 { newest = $0 } END { if (newest) print newest }'
}

# Make sure that the machine has Boost's headers, 1.81 or newer if possible.
# BOOST_ROOT, if set, says where they are.
install_boost() {
  if [[ -n ${BOOST_ROOT:-} ]] ||
    (($(boost_version /usr/include) >= 108100)) ||
    (($(boost_version /usr/local/include) >= 108100)); then
    return
  fi
  if ! has_apt || ! can_install; then
    install_missing '/nowhere=libboost1.81-dev (or newer)'
  fi

  update_lists
  local package
  package=$(newest_boost_package)
  if [[ -z $package ]]; then
    echo "This release has no Boost 1.81 or newer." >&2
    install_missing /usr/include/boost/version.hpp=libboost-dev
  elif [[ -e /usr/include/boost/version.hpp ]]; then
    # Packages of different versions of Boost exclude one another.
    echo "The installed Boost is older than 1.81. Unpacking the headers of" \
      "$package in build/ instead of replacing it."
    local suite
    # shellcheck source=/dev/null
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
    if BOOST_ROOT=$(tools/debian-headers.sh "$suite" "$package" \
      build/headers/boost); then
      BOOST_ROOT=${BOOST_ROOT%/include}
      export BOOST_ROOT
    else
      unset BOOST_ROOT
      echo "Going on with the older one." >&2
    fi
  else
    install_missing "/usr/include/boost/version.hpp=$package"
  fi
}
