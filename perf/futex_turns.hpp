// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The floor of a wake: two threads or processes that take turns by blocking in
// futex(2). On Linux.

#ifndef ASIO_SYNC_PERF_FUTEX_TURNS_HPP
#define ASIO_SYNC_PERF_FUTEX_TURNS_HPP

#include "perf.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace perf {

constexpr char no_foreign_wakes[] = "the kernel tells of no foreign wakes";

inline bool sees_foreign_wakes()
{
  net::io_context ctx;
  return asio_sync::async_futex::sees_foreign_wakes(ctx);
}

// Take turns with another one. The word counts them. The kernel finds those who
// wait sooner if they are threads of one process.
inline std::vector<double> take_turns(std::atomic<std::uint32_t>& turns,
    std::uint32_t mine, int count, asio_sync::futex_scope scope)
{
  const int flag =
      scope == asio_sync::futex_scope::process_shared ? 0 : FUTEX_PRIVATE_FLAG;
  laps taken(count);
  bool goes_on = true;
  while (goes_on)
  {
    // Acquire pairs with the release below, of the other one.
    const std::uint32_t seen = turns.load(std::memory_order_acquire);
    if (seen % 2 != mine)
    {
      ::syscall(
          SYS_futex, &turns, FUTEX_WAIT | flag, seen, nullptr, nullptr, 0);
      continue;
    }
    goes_on = taken.next();
    turns.store(seen + 1, std::memory_order_release);
    ::syscall(SYS_futex, &turns, FUTEX_WAKE | flag, 1, nullptr, nullptr, 0);
  }
  return taken.times();
}

} // namespace perf

#endif // ASIO_SYNC_PERF_FUTEX_TURNS_HPP
