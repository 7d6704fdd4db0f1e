// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_mutex.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_mutex;
using stress_test::round_state;

// Many threads lock one mutex as fast as they can.
long exclude(std::uint64_t, long iterations)
{
  net::io_context ctx;
  async_mutex mutex(ctx);
  round_state state(iterations);
  long count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i)
    threads.emplace_back([&, i] {
      while (state.take_one())
      {
        if (i % 2 == 0)
          mutex.lock();
        else
          while (!mutex.try_lock_for(std::chrono::microseconds(50)))
            ;
        ++count;
        mutex.unlock();
      }
    });
  for (std::thread& t : threads)
    t.join();

  BOOST_TEST_REQUIRE(count == iterations);
  BOOST_TEST_REQUIRE(mutex.try_lock());
  return iterations;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_mutex_excludes_threads)
{
  stress_test::repeat(exclude);
}
