// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What most tests of a condition variable begin with.

#ifndef ASIO_SYNC_TEST_CONDVAR_TEST_HPP
#define ASIO_SYNC_TEST_CONDVAR_TEST_HPP

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_mutex.hpp>

#include "asio_test.hpp"

namespace asio_test {

// A condition variable and a mutex, whose context nobody runs yet.
struct condvar_fixture
{
  // Whether nobody owns the mutex.
  bool is_free()
  {
    if (!mutex.try_lock())
      return false;
    mutex.unlock();
    return true;
  }

  // Run what can be run.
  void run()
  {
    ctx.restart();
    ctx.poll();
  }

  net::io_context ctx;
  asio_sync::async_mutex mutex{ctx};
  asio_sync::async_condvar condvar{ctx};
  asio_sync::mutex_lock lock;
  asio_sync::mutex_lock other_lock;
  outcome first;
  outcome second;
  outcome third;
};

} // namespace asio_test

#endif // ASIO_SYNC_TEST_CONDVAR_TEST_HPP
