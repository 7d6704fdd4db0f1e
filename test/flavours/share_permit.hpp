// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_FLAVOURS_SHARE_PERMIT_HPP
#define ASIO_SYNC_TEST_FLAVOURS_SHARE_PERMIT_HPP

#include <asio_sync.hpp>

#include <chrono>
#include <cstddef>

namespace {

std::size_t share_permit(asio_sync::net::io_context& ctx)
{
  asio_sync::async_semaphore semaphore(ctx, 1);
  std::size_t granted = 0;
  for (int i = 0; i < 3; ++i)
    semaphore.async_acquire_permit_for(std::chrono::hours(1),
        [&](asio_sync::error_code ec, asio_sync::semaphore_permit) {
          granted += ec ? 0 : 1;
        });
  ctx.run();
  return granted;
}

} // namespace

#endif // ASIO_SYNC_TEST_FLAVOURS_SHARE_PERMIT_HPP
