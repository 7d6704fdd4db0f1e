// expect: must have an execution context

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// An executor that has no execution context cannot complete operations.

#include <asio_sync/basic_async_semaphore.hpp>

struct inline_executor
{
  template <typename Function>
  void execute(Function f) const
  {
    f();
  }

  bool operator==(const inline_executor&) const noexcept
  {
    return true;
  }

  bool operator!=(const inline_executor&) const noexcept
  {
    return false;
  }
};

void construct()
{
  asio_sync::basic_async_semaphore<inline_executor> semaphore(
      inline_executor{});
}
