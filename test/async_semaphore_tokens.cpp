// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <tuple>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::outcome;
using namespace std::chrono_literals;

using fixture = asio_test::semaphore_fixture;

} // namespace

BOOST_FIXTURE_TEST_CASE(use_future_returns_permits_or_throws, fixture)
{
  std::future<void> plain = semaphore.async_acquire(net::use_future);
  std::future<semaphore_permit> owner =
      semaphore.async_acquire_permit(2, net::use_future);
  std::future<void> aborted = semaphore.async_acquire(net::use_future);
  semaphore.release(3);
  semaphore.cancel();
  ctx.run();

  BOOST_CHECK_NO_THROW(plain.get());
  BOOST_TEST(owner.get().count() == 2u);
  BOOST_CHECK_EXCEPTION(
      aborted.get(), system_error, has_code(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(an_abandoned_future_gives_its_permit_back, fixture)
{
  (void)semaphore.async_acquire_permit(net::use_future);
  semaphore.release();
  ctx.run();

  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(deferred_permits_can_be_chained, fixture)
{
  std::size_t count = 0;
  semaphore.async_acquire_permit(2, asio_test::deferred)(
      [&](error_code ec, semaphore_permit permit) {
        count = ec ? 0 : permit.count();
        semaphore.async_acquire(asio_test::deferred)(first.handler());
      });
  semaphore.release(2);
  ctx.run();

  BOOST_TEST(count == 2u);
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(as_tuple_makes_one_result, fixture)
{
  std::tuple<error_code, semaphore_permit> result;
  semaphore.async_acquire_permit(
      asio_test::as_tuple([&](std::tuple<error_code, semaphore_permit> t) {
        result = std::move(t);
      }));
  semaphore.release();
  ctx.run();

  BOOST_TEST(std::get<0>(result) == error_code());
  BOOST_TEST(std::get<1>(result).count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(detached_takes_the_permit, fixture)
{
  semaphore.async_acquire(net::detached);
  semaphore.async_acquire_permit(net::detached);
  semaphore.release(2);
  ctx.run();

  // The owner of the second one was dropped.
  BOOST_TEST(semaphore.available() == 1u);
}

#if ASIO_SYNC_TEST_HAS_ANY_COMPLETION_HANDLER

BOOST_FIXTURE_TEST_CASE(any_completion_handler_is_a_handler, fixture)
{
  net::any_completion_handler<void(error_code)> plain(first.handler());
  net::any_completion_handler<void(error_code, semaphore_permit)> owner(
      [&](error_code ec, semaphore_permit) { second.handler()(ec); });
  semaphore.async_acquire(std::move(plain));
  semaphore.async_acquire_permit_for(1h, std::move(owner));
  semaphore.release(2);
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(semaphore.available() == 1u);
}

#endif

#if ASIO_SYNC_TEST_HAS_CANCEL_AFTER

BOOST_FIXTURE_TEST_CASE(cancel_at_ends_a_wait, fixture)
{
  semaphore.async_acquire_permit(
      net::cancel_at(std::chrono::steady_clock::now(),
          [&](error_code ec, semaphore_permit) { first.handler()(ec); }));
  ctx.run();

  BOOST_TEST(first.is(net::error::operation_aborted));
}

#endif

BOOST_FIXTURE_TEST_CASE(default_tokens_come_from_the_executor, fixture)
{
  using token = net::use_future_t<>;
  using executor = net::io_context::executor_type;
  struct with_token : executor
  {
    using default_completion_token_type = token;

    with_token(const executor& ex)
      : executor(ex)
    {
    }
  };
  asio_sync::basic_async_semaphore<with_token> concrete(
      with_token(ctx.get_executor()), 4);
  std::future<void> one = concrete.async_acquire();
  std::future<void> two = concrete.async_acquire(2);
  std::future<semaphore_permit> owner = concrete.async_acquire_permit();
  std::future<semaphore_permit> none = concrete.async_acquire_permit(2);
  std::future<void> in_time = concrete.async_acquire_for(1ms);
  std::future<semaphore_permit> until =
      concrete.async_acquire_permit_until(std::chrono::steady_clock::now());
  BOOST_TEST(concrete.available() == 0u);
  concrete.close();
  ctx.run();

  one.get();
  two.get();
  BOOST_TEST(owner.get().count() == 1u);
  for (auto* f : {&none, &until})
    BOOST_CHECK_EXCEPTION(
        (void)f->get(), system_error, has_code(asio_sync::error::closed));
  BOOST_CHECK_EXCEPTION(
      in_time.get(), system_error, has_code(asio_sync::error::closed));
}

#if ASIO_SYNC_TEST_HAS_AWAITABLE

namespace {

// Run a coroutine to its end; what it throws is thrown.
template <typename Function>
void run_coroutine(net::io_context& ctx, Function function)
{
  auto result = net::co_spawn(ctx, std::move(function), net::use_future);
  ctx.restart();
  ctx.run();
  result.get();
}

} // namespace

BOOST_FIXTURE_TEST_CASE(use_awaitable_returns_permits_or_throws, fixture)
{
  run_coroutine(ctx, [&]() -> net::awaitable<void> {
    semaphore.release(3);
    co_await semaphore.async_acquire(net::use_awaitable);
    auto permit =
        co_await semaphore.async_acquire_permit(2, net::use_awaitable);
    BOOST_TEST(permit.count() == 2u);
    BOOST_TEST(semaphore.available() == 0u);

    error_code ec;
    try
    {
      co_await semaphore.async_acquire_for(1ms, net::use_awaitable);
    }
    catch (const system_error& e)
    {
      ec = e.code();
    }
    BOOST_TEST(ec == error_code(net::error::timed_out));
  });

  BOOST_TEST(semaphore.available() == 2u);
}

BOOST_FIXTURE_TEST_CASE(as_tuple_works_with_use_awaitable, fixture)
{
  run_coroutine(ctx, [&]() -> net::awaitable<void> {
    semaphore.close();
    auto [ec, permit] = co_await semaphore.async_acquire_permit(
        asio_test::as_tuple(net::use_awaitable));
    BOOST_TEST(ec == error_code(asio_sync::error::closed));
    BOOST_TEST(!permit);
  });
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_that_is_destroyed_gives_back, fixture)
{
  {
    net::io_context doomed;
    net::co_spawn(
        doomed,
        [&]() -> net::awaitable<void> {
          auto permit =
              co_await semaphore.async_acquire_permit(net::use_awaitable);
          net::steady_timer timer(doomed, 1h);
          co_await timer.async_wait(net::use_awaitable);
        },
        net::detached);
    semaphore.release();
    doomed.poll();
    ctx.poll();
    doomed.poll();
    BOOST_TEST(semaphore.available() == 0u);
  }

  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_default_token_may_be_use_awaitable, fixture)
{
  using rebound = net::use_awaitable_t<>::as_default_on_t<async_semaphore>;

  rebound other(ctx, 3);
  run_coroutine(ctx, [&]() -> net::awaitable<void> {
    co_await other.async_acquire();
    const auto permit = co_await other.async_acquire_permit(2);
    BOOST_TEST(other.available() == 0u);
  });

  BOOST_TEST(other.available() == 2u);
}

#endif
