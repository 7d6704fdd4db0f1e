// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The headers of Windows may come first, after that of the sockets, which Asio
// wants to be first. With other compilers they bring the macros min and max.

#include <winsock2.h>

#include <windows.h>

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>

#if !defined(min)
# define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#if !defined(max)
# define max(a, b) (((a) > (b)) ? (a) : (b))
#endif

#include <asio_sync.hpp>

#include <asio_sync/detail/win_wait_packet.hpp>

#undef min
#undef max

namespace {

namespace net = asio_sync::net;
using asio_test::outcome;

} // namespace

BOOST_AUTO_TEST_CASE(macros_of_windows_do_no_harm)
{
  net::io_context ctx;
  asio_sync::async_semaphore semaphore(ctx, 1);
  asio_sync::async_mutex mutex(ctx);
  outcome first;
  outcome second;
  semaphore.async_acquire_for(std::chrono::hours(1), first.handler());
  mutex.async_lock_for(std::chrono::hours::max(), second.handler());

  ctx.run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}
