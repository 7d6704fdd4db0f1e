// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Packets are counted by the functions that run a context: they return how many
// operations they took from its port.

#include <asio_sync.hpp>

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;

constexpr int thread_count = 4;

// A context that threads run, until they are told that all has been begun.
struct running_context
{
  running_context()
  {
    for (int i = 0; i < thread_count; ++i)
      threads.emplace_back([this] { packets += ctx.run(); });
  }

  // Returns how many packets there were.
  std::size_t finish()
  {
    work.reset();
    for (std::thread& t : threads)
      t.join();
    threads.clear();
    return packets;
  }

  net::io_context ctx;
  std::optional<net::executor_work_guard<net::io_context::executor_type>> work{
      net::make_work_guard(ctx)};
  std::atomic<std::size_t> packets{0};
  std::vector<std::thread> threads;
};

// Run a function in as many threads.
template <typename Function>
void in_threads(Function function)
{
  std::vector<std::thread> threads;
  for (int i = 0; i < thread_count; ++i)
    threads.emplace_back(function);
  for (std::thread& t : threads)
    t.join();
}

} // namespace

BOOST_AUTO_TEST_CASE(each_granted_waiter_is_one_packet)
{
  constexpr int waits = 25000;
  running_context running;
  asio_sync::async_semaphore semaphore(running.ctx, 0);
  std::atomic<int> granted{0};
  in_threads([&] {
    for (int i = 0; i < waits; ++i)
    {
      semaphore.async_acquire([&](error_code ec) { granted += ec ? 0 : 1; });
      semaphore.release();
    }
  });

  BOOST_TEST(running.finish() == std::size_t(thread_count) * waits);
  BOOST_TEST(granted == thread_count * waits);
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_AUTO_TEST_CASE(so_is_each_of_a_batch)
{
  constexpr std::uint32_t waits = 25000;
  running_context running;
  asio_sync::async_semaphore semaphore(running.ctx, 0);
  std::atomic<std::uint32_t> granted{0};
  in_threads([&] {
    for (std::uint32_t i = 0; i < waits; ++i)
      semaphore.async_acquire([&](error_code ec) { granted += ec ? 0 : 1; });
  });
  semaphore.release(thread_count * waits);

  BOOST_TEST(running.finish() == std::size_t(thread_count) * waits);
  BOOST_TEST(granted == thread_count * waits);
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_is_one_too)
{
  constexpr int waits = 5000;
  running_context running;
  asio_sync::async_semaphore semaphore(running.ctx, 0);
  std::atomic<int> completed{0};
  in_threads([&] {
    for (int i = 0; i < waits; ++i)
    {
      semaphore.async_acquire([&](error_code) { ++completed; });
      if (i % 3 == 0)
        semaphore.cancel();
    }
  });
  semaphore.cancel();

  BOOST_TEST(running.finish() == std::size_t(thread_count) * waits);
  BOOST_TEST(completed == thread_count * waits);
}

BOOST_AUTO_TEST_CASE(a_wait_that_nobody_ends_is_none)
{
  net::io_context ctx;
  asio_sync::async_semaphore semaphore(ctx, 0);
  for (int i = 0; i < 100; ++i)
    semaphore.async_acquire([](error_code) {});

  BOOST_TEST(ctx.poll() == 0u);
}

BOOST_AUTO_TEST_CASE(a_word_that_is_woken_is_one_packet)
{
  net::io_context ctx;
  std::atomic<std::uint32_t> word{0};
  asio_sync::async_futex futex(ctx, word);
  int woken = 0;
  for (int i = 0; i < 100; ++i)
    futex.async_wait(0, [&](error_code ec) { woken += ec ? 0 : 1; });
  futex.notify(30);
  BOOST_TEST(ctx.poll() == 30u);
  BOOST_TEST(woken == 30);

  futex.notify_all();
  BOOST_TEST(ctx.poll() == 70u);
}
