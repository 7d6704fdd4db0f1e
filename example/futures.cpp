// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Futures: plain threads use a semaphore of an event loop, by use_future or by
// blocking in the same queue.

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/thread_pool.hpp>
# include <boost/asio/use_future.hpp>
#else
# include <asio/thread_pool.hpp>
# include <asio/use_future.hpp>
#endif

#include <atomic>
#include <chrono>
#include <future>
#include <iostream>
#include <thread>
#include <vector>

namespace net = asio_sync::net;
using asio_sync::semaphore_permit;
using namespace std::chrono_literals;

int main()
{
  net::thread_pool pool(1);
  asio_sync::async_semaphore limit(pool, 2);
  std::atomic<int> inside{0}, highest{0};

  const auto work = [&] {
    const int now = ++inside;
    int before = highest;
    while (now > before && !highest.compare_exchange_weak(before, now))
      ;
    std::this_thread::sleep_for(5ms);
    --inside;
  };

  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
  {
    threads.emplace_back([&] {
      std::future<semaphore_permit> permit =
          limit.async_acquire_permit(net::use_future);
      const semaphore_permit owned = permit.get();
      work();
    });
    threads.emplace_back([&] {
      limit.acquire();
      work();
      limit.release();
    });
  }
  for (std::thread& t : threads)
    t.join();
  std::cout << "6 threads worked, at most " << highest << " at once\n";

  // What a handler would get as an error is thrown by get().
  limit.close();
  try
  {
    limit.async_acquire(net::use_future).get();
  }
  catch (const asio_sync::system_error& e)
  {
    std::cout << "after close(): " << e.code().message() << "\n";
  }
  return highest <= 2 ? 0 : 1;
}
