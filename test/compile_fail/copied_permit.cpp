// expect: (deleted|implicitly)

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A permit has one owner.

#include <asio_sync/semaphore_permit.hpp>

asio_sync::semaphore_permit copy(const asio_sync::semaphore_permit& permit)
{
  return permit;
}
