// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "allocation_log.hpp"
#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_test::allocation_log;
using asio_test::logging_allocator;
using asio_test::outcome;

using fixture = asio_test::semaphore_fixture;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_free_permit_uses_the_handlers_executor, fixture)
{
  net::io_context other;
  semaphore.release();
  semaphore.async_acquire(net::bind_executor(other, first.handler()));
  ctx.run();
  BOOST_TEST(first.calls() == 0);
  other.run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_free_permit_uses_the_handlers_allocator, fixture)
{
  allocation_log log;
  semaphore.release();
  semaphore.async_acquire(
      net::bind_allocator(logging_allocator<>(log), first.handler()));
  BOOST_TEST(log.allocations == 1);
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(log.alive == 0);
}

// The immediate executor.

#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR

BOOST_FIXTURE_TEST_CASE(an_immediate_executor_decides, fixture)
{
  const auto inline_token = [](auto handler) {
    return net::bind_immediate_executor(
        net::system_executor(), std::move(handler));
  };
  semaphore.release();
  semaphore.async_acquire(inline_token(first.handler()));
  BOOST_TEST(first.is_success());

  outcome too_many, closed;
  semaphore.async_acquire(
      async_semaphore::max() + 1, inline_token(too_many.handler()));
  BOOST_TEST(too_many.is(net::error::invalid_argument));
  semaphore.async_acquire(inline_token(second.handler()));
  BOOST_TEST(second.calls() == 0);
  semaphore.close();
  BOOST_TEST(second.calls() == 0);
  semaphore.async_acquire(inline_token(closed.handler()));
  BOOST_TEST(closed.is(asio_sync::error::closed));
  ctx.run();
  BOOST_TEST(second.is(asio_sync::error::closed));
}

BOOST_FIXTURE_TEST_CASE(an_inline_handler_may_do_anything, fixture)
{
  const auto inline_token = [](auto handler) {
    return net::bind_immediate_executor(
        net::system_executor(), std::move(handler));
  };
  auto owned = std::make_unique<async_semaphore>(ctx, 2);
  owned->async_acquire(inline_token([&](error_code) {
    owned->async_acquire(inline_token([&](error_code) { owned->release(2); }));
    owned->cancel();
    owned.reset();
    first.handler()({});
  }));

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(an_inline_handler_may_throw, fixture)
{
  semaphore.release();
  net::post(ctx, [&] {
    semaphore.async_acquire_permit(net::bind_immediate_executor(
        ctx.get_executor(), [](error_code, semaphore_permit) { throw 42; }));
  });

  BOOST_CHECK_THROW(ctx.run(), int);
  BOOST_TEST(semaphore.available() == 1u);
}

#endif

// Several threads.

BOOST_AUTO_TEST_CASE(handlers_run_on_all_threads_of_a_context)
{
  net::io_context ctx;
  async_semaphore semaphore(ctx, 0);
  std::atomic<int> calls{0};
  for (int i = 0; i < 100; ++i)
    semaphore.async_acquire([&](error_code) { ++calls; });
  std::thread other([&] { ctx.run(); });
  for (int i = 0; i < 100; ++i)
    semaphore.release();
  ctx.run();
  other.join();

  BOOST_TEST(calls == 100);
}
