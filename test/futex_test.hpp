// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What most tests of a futex begin with.

#ifndef ASIO_SYNC_TEST_FUTEX_TEST_HPP
#define ASIO_SYNC_TEST_FUTEX_TEST_HPP

#include <asio_sync/async_futex.hpp>
#include <asio_sync/detail/config.hpp>
#include <asio_sync/platform.hpp>

#include "asio_test.hpp"

#if ASIO_SYNC_HAS_LINUX_FUTEX
# include <linux/futex.h>
# include <sys/syscall.h>
# include <unistd.h>
#endif

#include <atomic>
#include <climits>
#include <cstdint>
#include <string>
#include <thread>

namespace asio_test {

using word = std::atomic<std::uint32_t>;

// Where a thread waits for words, wait until it has done what it was asked for:
// it may be completing operations. A wait of its own comes behind that.
inline void settle(net::io_context& ctx)
{
  if (asio_sync::platform_name(ctx)
      != std::string("generic, words by futex_waitv"))
    return;
  word w{0};
  asio_sync::async_futex futex(ctx, w);
  outcome o;
  futex.async_wait(0, o.handler());
#if ASIO_SYNC_HAS_LINUX_FUTEX
  w = 1;
  (void)::syscall(SYS_futex, &w, FUTEX_WAKE, 1, nullptr, nullptr, 0);
#endif
  while (o.calls() == 0)
  {
    ctx.restart();
    ctx.poll();
    std::this_thread::yield();
  }
}

// A futex, whose context nobody runs yet.
struct futex_fixture
{
  // Run what can be run.
  void run()
  {
    settle(ctx);
    ctx.restart();
    ctx.poll();
  }

  // Run until a condition is true.
  template <typename Condition>
  void run_until(Condition condition)
  {
    while (!condition())
    {
      ctx.restart();
      ctx.poll();
      std::this_thread::yield();
    }
  }

  net::io_context ctx;
  word w{0};
  asio_sync::async_futex futex{ctx, w};
  outcome first;
  outcome second;
  outcome third;
};

#if ASIO_SYNC_HAS_LINUX_FUTEX

// As code that knows nothing of the library. Returns how many were woken.
inline int raw_wake(const word& w, int n = INT_MAX)
{
  return int(::syscall(SYS_futex, &w, FUTEX_WAKE, n, nullptr, nullptr, 0));
}

// Returns when the word is woken or differs.
inline void raw_wait(const word& w, std::uint32_t expected)
{
  (void)::syscall(SYS_futex, &w, FUTEX_WAIT, expected, nullptr, nullptr, 0);
}

// How many waits for a word the kernel has: it would move so many from the word
// to itself.
inline int parked(const word& w)
{
  return int(::syscall(SYS_futex, &w, FUTEX_CMP_REQUEUE, 0,
      reinterpret_cast<void*>(std::intptr_t(INT_MAX)), &w, w.load()));
}

// Whether the kernel waits for words of a context.
inline bool is_parked_in_kernel(net::execution_context& ctx)
{
  return asio_sync::async_futex::sees_foreign_wakes(ctx);
}

#endif

} // namespace asio_test

#endif // ASIO_SYNC_TEST_FUTEX_TEST_HPP
