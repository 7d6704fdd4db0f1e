// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/io_context.hpp>
namespace net = boost::asio;
#else
# include <asio/io_context.hpp>
namespace net = asio;
#endif

// A user's program: exits with 0 if a permit arrived.
int main()
{
  net::io_context ctx;
  asio_sync::async_semaphore semaphore(ctx, 0);

  bool acquired = false;
  semaphore.async_acquire([&](asio_sync::error_code ec) { acquired = !ec; });
  semaphore.release();
  ctx.run();

  return acquired ? 0 : 1;
}
