// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/platform.hpp>

#include "asio_test.hpp"

#include <asio_sync/async_semaphore.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

namespace {

namespace net = asio_sync::net;
using asio_sync::platform_name;

// The name that contexts have here. Who makes the tier fail on purpose says
// what is expected in its place.
std::string expected_name()
{
  if (const char* const name = std::getenv("ASIO_SYNC_EXPECTED_PLATFORM"))
    return name;
#if ASIO_SYNC_HAS_IOCP
  return "win_iocp, words by parking table";
#elif ASIO_SYNC_HAS_IO_URING
  return "io_uring";
#elif ASIO_SYNC_HAS_LINUX_FUTEX
  return "generic, words by futex_waitv";
#else
  return "generic, words by parking table";
#endif
}

} // namespace

BOOST_AUTO_TEST_CASE(an_io_context_has_a_tier)
{
  net::io_context ctx;

  BOOST_TEST_MESSAGE("tier: " << platform_name(ctx));
  BOOST_TEST(platform_name(ctx) == expected_name());
}

BOOST_AUTO_TEST_CASE(every_kind_of_context_has_a_tier)
{
  net::io_context hint_one(1);
  net::thread_pool pool(2);

  BOOST_TEST(platform_name(hint_one) == expected_name());
  BOOST_TEST(platform_name(pool) == expected_name());
  BOOST_TEST(
      platform_name(net::query(net::system_executor(), net::execution::context))
      == expected_name());
}

BOOST_AUTO_TEST_CASE(the_tier_is_chosen_once)
{
  net::io_context ctx;
  const char* const before = platform_name(ctx);
  asio_sync::async_semaphore semaphore(ctx);

  BOOST_TEST(static_cast<const void*>(platform_name(ctx)) == before);
}

BOOST_AUTO_TEST_CASE(asking_for_the_tier_starts_no_work)
{
  net::io_context ctx;
  (void)platform_name(ctx);

  BOOST_TEST(ctx.run() == 0u);
}
