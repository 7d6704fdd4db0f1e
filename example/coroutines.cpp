// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Coroutines: many downloads, few at once; large ones count for more; and who
// has waited for too long gives up.

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/co_spawn.hpp>
# include <boost/asio/detached.hpp>
# include <boost/asio/io_context.hpp>
# include <boost/asio/steady_timer.hpp>
# include <boost/asio/use_awaitable.hpp>
#else
# include <asio/co_spawn.hpp>
# include <asio/detached.hpp>
# include <asio/io_context.hpp>
# include <asio/steady_timer.hpp>
# include <asio/use_awaitable.hpp>
#endif

#include <chrono>
#include <cstddef>
#include <iostream>

namespace net = asio_sync::net;
using asio_sync::semaphore_permit;
using net::awaitable;
using net::use_awaitable;
using namespace std::chrono_literals;

// A download that needs so many megabytes of memory. The permit is released at
// the end, also if an exception is thrown.
awaitable<void> download(
    asio_sync::async_semaphore& memory, int number, std::size_t megabytes)
{
  const semaphore_permit permit =
      co_await memory.async_acquire_permit(megabytes, use_awaitable);
  std::cout << "download " << number << " begins with " << permit.count()
            << " MB\n";

  net::steady_timer network(co_await net::this_coro::executor, 10ms);
  co_await network.async_wait(use_awaitable);
  std::cout << "download " << number << " ends\n";
}

awaitable<void> impatient(asio_sync::async_semaphore& memory)
{
  try
  {
    co_await memory.async_acquire_for(100, 1ms, use_awaitable);
  }
  catch (const asio_sync::system_error& e)
  {
    std::cout << "the impatient one gives up: " << e.code().message() << "\n";
  }
}

int main()
{
  net::io_context ctx;
  asio_sync::async_semaphore memory(ctx, 100);

  for (int i = 1; i <= 4; ++i)
    net::co_spawn(ctx, download(memory, i, i == 3 ? 80 : 30), net::detached);
  net::co_spawn(ctx, impatient(memory), net::detached);
  ctx.run();

  std::cout << memory.available() << " MB are free again\n";
}
