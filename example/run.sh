#!/usr/bin/env bash
# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Build limited_server, start it on loopback and load it with wrk: first with
# fewer connections than it lets in, then with many more. Installs what is
# missing.
#
# Fails if more requests were ever inside than the limit, or if an answer was
# lost.

set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

readonly limit=16 queue_timeout_ms=40 work_ms=5
readonly seconds=5
readonly build=build/example

server_pid=
output=$(mktemp)
failures=0

clean_up() {
  if [[ -n $server_pid ]]; then
    kill -KILL "$server_pid" 2>/dev/null || true
  fi
  rm -f "$output"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

build_server() {
  # shellcheck source=tools/install.sh
  . tools/install.sh
  install_missing cmake=cmake ninja=ninja-build c++=g++ curl=curl wrk=wrk
  install_boost

  echo "Building limited_server ..."
  local arguments=()
  if [[ -n ${BOOST_ROOT:-} ]]; then
    arguments+=("-DBoost_ROOT=$BOOST_ROOT")
  fi
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DASIO_SYNC_BUILD_TESTS=OFF -DASIO_SYNC_BUILD_EXAMPLES=ON \
    "${arguments[@]}" --log-level=NOTICE >"$output" ||
    { cat "$output" && exit 1; }
  cmake --build "$build" --target limited_server
}

start_server() {
  "$build/example/limited_server" --port 0 --limit "$limit" \
    --queue-timeout-ms "$queue_timeout_ms" --work-ms "$work_ms" >"$output" &
  server_pid=$!

  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    address=$(sed -n 's/^listening on \(.*\)$/\1/p' "$output")
    if [[ -n $address ]]; then
      return
    fi
    if ! kill -0 "$server_pid" 2>/dev/null; then
      break
    fi
    sleep 0.1
  done
  cat "$output" >&2
  echo "FAILED: the server does not listen" >&2
  exit 1
}

# Print a number of /status.
member() {
  sed -n "s/.*\"$1\": *\"\{0,1\}\([A-Za-z0-9_]*\).*/\1/p" <<<"$status"
}

# Read /status when no request is inside any more.
read_status() {
  local tries
  for ((tries = 0; tries < 50; ++tries)); do
    status=$(curl -fsS --max-time 5 "http://$address/status" | tr -d '\n')
    if [[ $(member inside) == 0 ]]; then
      return
    fi
    sleep 0.1
  done
  fail "requests are still inside after the load has ended"
}

# Load the server, and compare what the client counted with what it counted.
load() {
  local connections=$1
  local requests_before refusals_before
  requests_before=$(member requests)
  refusals_before=$(member refusals)

  echo "Loading it for $seconds s with $connections connections ..."
  local report
  report=$(timeout 60 wrk -t2 -c"$connections" -d"${seconds}s" --timeout 10s \
    "http://$address/") || { fail "wrk failed" && return; }
  read_status

  local rate answers errors requests refusals highest
  rate=$(sed -n 's/^Requests\/sec: *//p' <<<"$report")
  answers=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' <<<"$report")
  errors=$(sed -n 's/^ *Socket errors: //p' <<<"$report")
  requests=$(($(member requests) - requests_before))
  refusals=$(($(member refusals) - refusals_before))
  highest=$(member highest_inside)
  rows+=("$(printf '%11s  %10s  %8s  %8s  %14s' "$connections" "$rate" \
    "$answers" "$refusals" "$highest of $limit")")

  if ((answers == 0)); then
    fail "there was no answer"
  fi
  if [[ -n $errors ]]; then
    fail "answers were lost: $errors"
  fi
  # wrk cuts its connections off at the end, each with one request at most on
  # its way.
  if ((requests < answers || requests > answers + connections)); then
    fail "the server counted $requests requests, wrk $answers answers"
  fi
  if ((highest > limit)); then
    fail "$highest were inside at once, and the limit is $limit"
  fi
  if ((connections <= limit && refusals > 0)); then
    fail "$refusals were refused although nobody had to wait"
  fi
  if ((connections > limit && highest < limit)); then
    fail "the load never reached the limit"
  fi
}

stop_server() {
  kill -TERM "$server_pid"
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    if ! kill -0 "$server_pid" 2>/dev/null; then
      break
    fi
    sleep 0.1
  done
  kill -KILL "$server_pid" 2>/dev/null || true
  wait "$server_pid" || fail "the server exited with $?"
  server_pid=
}

build_server
start_server
echo "limited_server listens on $address"
rows=()
read_status
load $((limit / 2))
load $((limit * 16))
platform=$(member platform)
stop_server

echo
echo "At most $limit requests inside for $work_ms ms each, others wait for at" \
  "most $queue_timeout_ms ms"
echo "(platform: $platform)"
echo
echo "connections  requests/s   answers   refused  highest inside"
printf '%s\n' "${rows[@]}"
echo
echo "The server's last words:"
sed -n '/^listening on /!s/^/  /p' "$output"
echo

if ((failures > 0)); then
  exit 1
fi
echo "No answer was lost, and never were more than $limit inside."
