// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What the rounds of stress tests run on, and count.

#ifndef ASIO_SYNC_TEST_STRESS_ROUND_HPP
#define ASIO_SYNC_TEST_STRESS_ROUND_HPP

#include "asio_test.hpp"

#include <atomic>
#include <random>
#include <thread>

namespace stress_test {

namespace net = asio_sync::net;
using random = std::mt19937_64;

// What all parts of a round share.
struct round_state
{
  explicit round_state(long n)
    : left(n)
  {
  }

  // Whether there is one more operation to start.
  bool take_one()
  {
    return left.fetch_sub(1) > 0;
  }

  void wait_until_idle() const
  {
    asio_test::spin_until([this] { return left <= 0 && started == completed; });
  }

  std::atomic<long> left;
  std::atomic<long> started{0};
  std::atomic<long> completed{0};
};

// Two contexts of two threads each.
struct contexts
{
  contexts()
    : work(net::make_work_guard(ctx)),
      threads{std::thread([this] { ctx.run(); }),
          std::thread([this] { ctx.run(); })}
  {
  }

  ~contexts()
  {
    work.reset();
    for (std::thread& t : threads)
      t.join();
    pool.join();
  }

  // One or the other.
  net::any_io_executor executor(int i)
  {
    return i % 2 == 0 ? net::any_io_executor(pool.get_executor())
                      : net::any_io_executor(ctx.get_executor());
  }

  net::thread_pool pool{2};
  net::io_context ctx;
  net::executor_work_guard<net::io_context::executor_type> work;
  std::thread threads[2];
};

} // namespace stress_test

#endif // ASIO_SYNC_TEST_STRESS_ROUND_HPP
