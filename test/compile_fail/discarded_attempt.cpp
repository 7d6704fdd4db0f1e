// expect: (nodiscard|warn_unused|ignoring return value)

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Who does not look at the result does not know whether to release.

#if defined(__GNUC__)
# pragma GCC diagnostic error "-Wunused-result"
#endif

#include <asio_sync/async_semaphore.hpp>

void try_without_looking(asio_sync::async_semaphore& semaphore)
{
  semaphore.try_acquire();
}
