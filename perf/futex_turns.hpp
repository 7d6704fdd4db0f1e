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

// Take turns with another one. The word counts them.
inline std::vector<double> take_turns(
    std::atomic<std::uint32_t>& turns, std::uint32_t mine, int count)
{
  laps taken(count);
  bool goes_on = true;
  while (goes_on)
  {
    // Acquire pairs with the release below, of the other one.
    const std::uint32_t seen = turns.load(std::memory_order_acquire);
    if (seen % 2 != mine)
    {
      ::syscall(SYS_futex, &turns, FUTEX_WAIT, seen, nullptr, nullptr, 0);
      continue;
    }
    goes_on = taken.next();
    turns.store(seen + 1, std::memory_order_release);
    asio_sync::detail::linux_futex_wake(&turns, 1);
  }
  return taken.times();
}

} // namespace perf

#endif // ASIO_SYNC_PERF_FUTEX_TURNS_HPP
