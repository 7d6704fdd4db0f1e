// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::basic_async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_test::allocation_log;
using asio_test::logging_allocator;
using asio_test::outcome;
using namespace std::chrono_literals;

using fixture = asio_test::semaphore_fixture;

} // namespace

// The object's executor, of every kind.

template <typename Executor>
void check_object_executor(const Executor& ex, net::io_context& ctx)
{
  outcome first, second, third;
  basic_async_semaphore<Executor> semaphore(ex, 1);
  semaphore.async_acquire(first.handler());
  semaphore.async_acquire(second.handler());
  semaphore.async_acquire_for(1h, third.handler());
  BOOST_TEST(first.calls() == 0);
  semaphore.release(2);
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is_success());
}

BOOST_AUTO_TEST_CASE(the_executor_may_be_of_any_kind)
{
  net::io_context ctx, hint_one(1);
  net::io_context unlocked(asio_test::unsafe_concurrency_hint);

  check_object_executor(ctx.get_executor(), ctx);
  check_object_executor(hint_one.get_executor(), hint_one);
  check_object_executor(unlocked.get_executor(), unlocked);
  ctx.restart();
  check_object_executor(net::any_io_executor(ctx.get_executor()), ctx);
  ctx.restart();
  check_object_executor(net::make_strand(ctx), ctx);
  ctx.restart();
  check_object_executor(
      net::make_strand(net::any_io_executor(ctx.get_executor())), ctx);
  ctx.restart();
  check_object_executor(net::any_io_executor(net::make_strand(ctx)), ctx);
}

BOOST_AUTO_TEST_CASE(the_executor_may_be_of_a_thread_pool)
{
  net::thread_pool pool(2);
  basic_async_semaphore<net::thread_pool::executor_type> semaphore(pool, 0);
  auto result = semaphore.async_acquire(net::use_future);
  auto timed = semaphore.async_acquire_for(1ms, net::use_future);
  semaphore.release();

  BOOST_CHECK_NO_THROW(result.get());
  BOOST_CHECK_THROW(timed.get(), asio_sync::system_error);
}

BOOST_AUTO_TEST_CASE(the_executor_may_be_the_system_executor)
{
  basic_async_semaphore<net::system_executor> semaphore(
      net::system_executor(), 0);
  auto result = semaphore.async_acquire(net::use_future);
  semaphore.release();

  BOOST_CHECK_NO_THROW(result.get());
}

// The associated executor.

BOOST_FIXTURE_TEST_CASE(a_handler_runs_on_its_own_context, fixture)
{
  net::io_context other;
  semaphore.async_acquire(net::bind_executor(other, first.handler()));
  semaphore.release(2);
  ctx.run();
  BOOST_TEST(first.calls() == 0);
  other.run();
  BOOST_TEST(first.is_success());

  semaphore.async_acquire(net::bind_executor(other, second.handler()));
  ctx.restart();
  ctx.run();
  BOOST_TEST(second.calls() == 0);
  other.restart();
  other.run();
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_waiting_handler_keeps_its_context_busy, fixture)
{
  net::io_context other;
  semaphore.async_acquire(net::bind_executor(other, first.handler()));
  BOOST_TEST(other.poll() == 0u);
  BOOST_TEST(!other.stopped());
  BOOST_TEST(ctx.poll() == 0u);
  BOOST_TEST(!ctx.stopped());

  semaphore.release();
  ctx.run();
  other.run();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_handler_runs_in_its_strand, fixture)
{
  auto strand = net::make_strand(ctx);
  int inside = 0;
  for (int i = 0; i < 2; ++i)
    semaphore.async_acquire(net::bind_executor(strand, [&](error_code) {
      if (strand.running_in_this_thread())
        ++inside;
    }));
  semaphore.release(2);
  ctx.run();

  BOOST_TEST(inside == 2);
}

BOOST_FIXTURE_TEST_CASE(a_handler_runs_in_its_thread_pool, fixture)
{
  net::thread_pool pool(1);
  std::promise<std::thread::id> promise;
  semaphore.async_acquire(net::bind_executor(pool,
      [&](error_code) { promise.set_value(std::this_thread::get_id()); }));
  semaphore.release();
  ctx.run();

  BOOST_TEST((promise.get_future().get() != std::this_thread::get_id()));
}

// The associated allocator.

BOOST_FIXTURE_TEST_CASE(the_handlers_allocator_is_used, fixture)
{
  allocation_log log;
  const auto count = [&](auto handler) {
    return net::bind_allocator(logging_allocator<>(log), std::move(handler));
  };
  semaphore.async_acquire(count([&](error_code) {
    // Freed before the upcall.
    BOOST_TEST(log.alive == 0);
    first.handler()({});
  }));
  BOOST_TEST(log.allocations == 1);
  semaphore.release(2);
  ctx.run();
  BOOST_TEST(first.is_success());

  semaphore.async_acquire(count(second.handler()));
  BOOST_TEST(log.allocations == 2);
  ctx.restart();
  ctx.run();
  BOOST_TEST(second.is_success());
  BOOST_TEST(log.alive == 0);
}

BOOST_FIXTURE_TEST_CASE(a_timer_uses_the_handlers_allocator, fixture)
{
  allocation_log log;
  semaphore.async_acquire_for(
      1h, net::bind_allocator(logging_allocator<>(log), first.handler()));
  BOOST_TEST(log.allocations == 2);
  semaphore.release();
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
