// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "every_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <tuple>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::outcome;
using asio_test::subject_fixture;
using asio_test::subjects;
using namespace std::chrono_literals;

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_need_only_be_movable, Subject, subjects)
{
  struct handler
  {
    void operator()(error_code ec)
    {
      h(ec);
    }

    std::unique_ptr<int> only_movable;
    decltype(std::declval<outcome&>().handler()) h;
  };
  subject_fixture<Subject> f;
  f.subject.async_wait(handler{nullptr, f.first.handler()});
  f.subject.async_wait_for(1h, handler{nullptr, f.second.handler()});
  f.subject.wake();
  f.run();
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
  BOOST_TEST(f.second.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_may_be_an_lvalue, Subject, subjects)
{
  subject_fixture<Subject> f;
  const auto handler = f.first.handler();
  f.subject.async_wait(handler);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_is_called_as_an_rvalue, Subject, subjects)
{
  struct handler
  {
    void operator()(error_code) &&
    {
      *called = true;
    }

    bool* called;
  };
  subject_fixture<Subject> f;
  bool called = false;
  f.subject.async_wait(handler{&called});
  f.subject.wake();
  f.run();

  BOOST_TEST(called);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(use_future_returns_or_throws, Subject, subjects)
{
  subject_fixture<Subject> f;
  std::future<void> woken = f.subject.async_wait(net::use_future);
  std::future<void> aborted = f.subject.async_wait(net::use_future);
  f.subject.wake();
  f.run();
  f.subject.object.cancel();
  f.run();

  BOOST_CHECK_NO_THROW(woken.get());
  BOOST_CHECK_EXCEPTION(
      aborted.get(), system_error, has_code(net::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    deferred_starts_when_it_is_called, Subject, subjects)
{
  subject_fixture<Subject> f;
  auto operation = f.subject.async_wait(asio_test::deferred);
  BOOST_TEST(f.waiters() == 0u);
  std::move(operation)(f.first.handler());
  BOOST_TEST(f.waiters() == 1u);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(as_tuple_makes_one_result, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(asio_test::as_tuple(
      [&](std::tuple<error_code> t) { f.first.handler()(std::get<0>(t)); }));
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(detached_needs_nobody, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(net::detached);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.waiters() == 0u);
  BOOST_TEST(f.ctx.stopped());
}

#if ASIO_SYNC_TEST_HAS_ANY_COMPLETION_HANDLER

BOOST_AUTO_TEST_CASE_TEMPLATE(
    any_completion_handler_is_a_handler, Subject, subjects)
{
  subject_fixture<Subject> f;
  net::any_completion_handler<void(error_code)> plain(f.first.handler());
  net::any_completion_handler<void(error_code)> timed(f.second.handler());
  f.subject.async_wait(std::move(plain));
  f.subject.async_wait_for(1h, std::move(timed));
  f.subject.wake();
  f.run();
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
  BOOST_TEST(f.second.is_success());
}

#endif

#if ASIO_SYNC_TEST_HAS_CANCEL_AFTER

BOOST_AUTO_TEST_CASE_TEMPLATE(cancel_after_ends_a_wait, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(net::cancel_after(1ms, f.first.handler()));
  f.subject.async_wait(net::cancel_after(1h, f.second.handler()));
  f.run_until([&] { return f.first.calls() != 0; });
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is(net::error::operation_aborted));
  BOOST_TEST(f.second.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cancel_at_ends_a_wait, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(
      net::cancel_at(std::chrono::steady_clock::now(), f.first.handler()));
  f.run_until([&] { return f.first.calls() != 0; });

  BOOST_TEST(f.first.is(net::error::operation_aborted));
}

#endif

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_parallel_group_cancels_the_losers, Subject, subjects)
{
  subject_fixture<Subject> f;
  Subject other(f.ctx.get_executor());
  std::size_t winner = 99;
  outcome loser;
  net::experimental::make_parallel_group(
      f.subject.async_wait(asio_test::deferred),
      other.async_wait(asio_test::deferred))
      .async_wait(net::experimental::wait_for_one(),
          [&](std::array<std::size_t, 2> order, error_code a, error_code b) {
            winner = order[0];
            loser.handler()(a);
            f.first.handler()(b);
          });
  f.ctx.poll();
  other.wake();
  f.run();

  BOOST_TEST(winner == 1u);
  BOOST_TEST(loser.is(net::error::operation_aborted));
  BOOST_TEST(f.first.is_success());
  BOOST_TEST(f.waiters() == 0u);
}

namespace {

struct future_executor : net::io_context::executor_type
{
  using default_completion_token_type = net::use_future_t<>;

  future_executor(const net::io_context::executor_type& ex)
    : net::io_context::executor_type(ex)
  {
  }
};

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(default_tokens_come_from_the_executor, Subject,
    asio_test::subjects_on<future_executor>)
{
  net::io_context ctx;
  Subject subject(future_executor(ctx.get_executor()));
  std::future<void> woken = subject.async_wait();
  std::future<void> late = subject.async_wait_for(1ms);
  subject.wake();
  while (woken.wait_for(0s) != std::future_status::ready)
    ctx.run_one();
  subject.give_back();
  ctx.run();

  BOOST_CHECK_NO_THROW(woken.get());
  BOOST_CHECK_EXCEPTION(
      late.get(), system_error, has_code(net::error::timed_out));
}

#if ASIO_SYNC_TEST_HAS_AWAITABLE

namespace {

// Run a coroutine to its end; what it throws is thrown.
template <typename Fixture, typename Function>
void run_coroutine(Fixture& f, Function function)
{
  auto result = net::co_spawn(f.ctx, std::move(function), net::use_future);
  f.run_until([&] { return result.wait_for(0s) == std::future_status::ready; });
  f.run();
  result.get();
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(
    use_awaitable_returns_or_throws, Subject, subjects)
{
  subject_fixture<Subject> f;
  error_code ec;
  run_coroutine(f, [&]() -> net::awaitable<void> {
    net::post(f.ctx, [&] { f.subject.wake(); });
    co_await f.subject.async_wait(net::use_awaitable);
    f.subject.give_back();
    try
    {
      co_await f.subject.async_wait_for(1ms, net::use_awaitable);
    }
    catch (const system_error& e)
    {
      ec = e.code();
    }
  });

  BOOST_TEST(ec == error_code(net::error::timed_out));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    as_tuple_works_with_use_awaitable, Subject, subjects)
{
  subject_fixture<Subject> f;
  run_coroutine(f, [&]() -> net::awaitable<void> {
    auto [ec] = co_await f.subject.async_wait_for(
        0ms, asio_test::as_tuple(net::use_awaitable));
    BOOST_TEST(ec == error_code(net::error::timed_out));
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(or_cancels_the_loser, Subject, subjects)
{
  using namespace net::experimental::awaitable_operators;

  subject_fixture<Subject> f;
  Subject other(f.ctx.get_executor());
  run_coroutine(f, [&]() -> net::awaitable<void> {
    net::post(f.ctx, [&] { other.wake(); });
    const auto winner = co_await (f.subject.async_wait(net::use_awaitable)
        || other.async_wait(net::use_awaitable));
    BOOST_TEST(winner.index() == 1u);
  });

  BOOST_TEST(f.waiters() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(and_waits_for_both, Subject, subjects)
{
  using namespace net::experimental::awaitable_operators;

  subject_fixture<Subject> f;
  Subject other(f.ctx.get_executor());
  run_coroutine(f, [&]() -> net::awaitable<void> {
    net::post(f.ctx, [&] {
      other.wake();
      f.subject.wake();
    });
    co_await (f.subject.async_wait(net::use_awaitable)
        && other.async_wait(net::use_awaitable));
  });

  BOOST_TEST(f.waiters() + other.object.waiters() == 0u);
}

#endif
