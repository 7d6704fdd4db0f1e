// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// C code wakes a coroutine: all that both know is a word of 32 bits. The C code
// is in futex_from_c.c.

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/co_spawn.hpp>
# include <boost/asio/detached.hpp>
# include <boost/asio/io_context.hpp>
# include <boost/asio/redirect_error.hpp>
# include <boost/asio/use_awaitable.hpp>
#else
# include <asio/co_spawn.hpp>
# include <asio/detached.hpp>
# include <asio/io_context.hpp>
# include <asio/redirect_error.hpp>
# include <asio/use_awaitable.hpp>
#endif

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <thread>

namespace net = asio_sync::net;
using asio_sync::error_code;
using net::awaitable;
using net::redirect_error;
using net::use_awaitable;
using namespace std::chrono_literals;

// In C, it is a pointer to _Atomic uint32_t, which has the same representation.
extern "C" void run_sensor(
    std::atomic<std::uint32_t>* count, int* readings, int number);

constexpr int number = 10;

struct sensor
{
  std::atomic<std::uint32_t> count{0};
  int readings[number] = {};
};

// Add up the readings as they come.
awaitable<void> add_up(
    asio_sync::async_futex& changed, const sensor& source, int& sum)
{
  std::uint32_t seen = 0;
  while (seen != number)
  {
    // Does not wait if the count is another one by now, so no change is missed.
    // The time is only for a sensor that is broken.
    error_code ec;
    co_await changed.async_wait_for(
        seen, 10s, redirect_error(use_awaitable, ec));
    if (ec)
    {
      std::cerr << "after " << seen << " readings: " << ec.message() << "\n";
      co_return;
    }

    // There may be several at once, or none: a wait may end for no reason.
    const std::uint32_t count = source.count.load(std::memory_order_acquire);
    for (; seen != count; ++seen)
    {
      std::cout << "reading: " << source.readings[seen] << "\n";
      sum += source.readings[seen];
    }
  }
}

int main()
{
  net::io_context ctx;
  if (!asio_sync::async_futex::sees_foreign_wakes(ctx))
  {
    std::cout << "On this system, C code can not wake a coroutine.\n";
    return 0;
  }

  sensor source;
  asio_sync::async_futex changed(ctx, source.count);
  int sum = 0;
  net::co_spawn(ctx, add_up(changed, source, sum), net::detached);
  std::thread c_code(
      [&] { run_sensor(&source.count, source.readings, number); });
  ctx.run();
  c_code.join();

  std::cout << "the sum of " << number << " readings is " << sum << "\n";
  return sum == number * (number + 1) / 2 ? 0 : 1;
}
