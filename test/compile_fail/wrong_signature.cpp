// expect: (must accept the arguments of the completion signature|constraint)
// expect: takes_no_error
// expect: takes_no_permit
// expect: takes_no_lock
// expect: takes_a_lock
// expect: takes_a_number

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A handler must accept the completion signature.

#include <asio_sync.hpp>

struct takes_no_error
{
  void operator()()
  {
  }
};

struct takes_no_permit
{
  void operator()(asio_sync::error_code)
  {
  }
};

struct takes_no_lock
{
  void operator()(asio_sync::error_code)
  {
  }
};

struct takes_a_lock
{
  void operator()(asio_sync::error_code, asio_sync::mutex_lock)
  {
  }
};

struct takes_a_number
{
  void operator()(asio_sync::error_code, int)
  {
  }
};

void wait(asio_sync::async_semaphore& semaphore, asio_sync::async_mutex& mutex,
    asio_sync::async_condvar& condvar, asio_sync::mutex_lock& lock,
    asio_sync::async_futex& futex)
{
  semaphore.async_acquire(1, takes_no_error());
  semaphore.async_acquire_permit(takes_no_permit());
  mutex.async_scoped_lock(takes_no_lock());
  condvar.async_wait(lock, takes_a_lock());
  futex.async_wait(0, takes_a_number());
}
