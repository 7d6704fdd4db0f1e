// expect: (async_initiate|completion_handler|is_invocable|no match|constraint)

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A handler must accept the completion signature.

#include <asio_sync/async_semaphore.hpp>

void acquire_without_permit(asio_sync::async_semaphore& semaphore)
{
  semaphore.async_acquire_permit([](asio_sync::error_code) {});
}
