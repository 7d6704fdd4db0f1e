// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What most tests of a semaphore begin with.

#ifndef ASIO_SYNC_TEST_SEMAPHORE_TEST_HPP
#define ASIO_SYNC_TEST_SEMAPHORE_TEST_HPP

#include <asio_sync/async_semaphore.hpp>

#include "asio_test.hpp"

namespace asio_test {

// A semaphore without a permit, whose context nobody runs yet.
struct semaphore_fixture
{
  net::io_context ctx;
  asio_sync::async_semaphore semaphore{ctx, 0};
  outcome first;
  outcome second;
};

} // namespace asio_test

#endif // ASIO_SYNC_TEST_SEMAPHORE_TEST_HPP
