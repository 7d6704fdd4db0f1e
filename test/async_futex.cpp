// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_futex.hpp>

#include "futex_test.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_test::futex_fixture;
using asio_test::outcome;
using asio_test::word;
using namespace std::chrono_literals;

} // namespace

BOOST_FIXTURE_TEST_CASE(
    a_word_that_differs_ends_the_wait_at_once, futex_fixture)
{
  futex.async_wait(1, first.handler());

  BOOST_TEST(first.calls() == 0);
  run();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_word_as_expected_is_waited_for, futex_fixture)
{
  futex.async_wait(0, first.handler());
  run();

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(futex.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(notify_one_wakes_the_oldest, futex_fixture)
{
  futex.async_wait(0, first.handler());
  futex.async_wait(0, second.handler());
  run();

  futex.notify_one();
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);

  futex.notify_one();
  run();
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(
    notify_one_wakes_the_last_one_when_the_word_has_changed, futex_fixture)
{
  futex.async_wait(0, first.handler());
  run();

  w = 1;
  futex.notify_one();
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(notify_wakes_as_many_as_it_says, futex_fixture)
{
  for (outcome* o : {&first, &second, &third})
    futex.async_wait(0, o->handler());

  futex.notify(2);
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(notify_all_wakes_all, futex_fixture)
{
  for (outcome* o : {&first, &second, &third})
    futex.async_wait(0, o->handler());
  run();

  w = 1;
  futex.notify_all();
  run_until([&] { return third.calls() != 0; });
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is_success());
}

BOOST_FIXTURE_TEST_CASE(no_notification_is_remembered, futex_fixture)
{
  futex.notify_one();
  futex.notify(1000);
  futex.notify_all();
  futex.async_wait(0, first.handler());
  run();

  BOOST_TEST(first.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(
    a_wait_for_another_value_ends_those_whose_word_differs, futex_fixture)
{
  futex.async_wait(0, first.handler());
  run();

  w = 1;
  futex.async_wait(1, second.handler());
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);

  w = 0;
  futex.notify_one();
  run_until([&] { return second.calls() != 0; });
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(every_wait_after_a_wake_waits_again, futex_fixture)
{
  for (std::uint32_t i = 0; i < 100; ++i)
  {
    outcome o;
    futex.async_wait(i, o.handler());
    run();
    BOOST_TEST_REQUIRE(o.calls() == 0);

    w = i + 1;
    futex.notify_one();
    run_until([&] { return o.calls() != 0; });
    BOOST_TEST_REQUIRE(o.is_success());
  }
}

BOOST_FIXTURE_TEST_CASE(cancel_aborts_all_that_wait, futex_fixture)
{
  futex.async_wait(0, first.handler());
  run();
  futex.async_wait(0, second.handler());

  futex.cancel();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is(net::error::operation_aborted));

  futex.async_wait(0, third.handler());
  run();
  BOOST_TEST(third.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_holds_nobody_back, futex_fixture)
{
  net::cancellation_signal signal;
  futex.async_wait(
      0, net::bind_cancellation_slot(signal.slot(), first.handler()));
  futex.async_wait(0, second.handler());
  run();

  signal.emit(net::cancellation_type::total);
  futex.notify_one();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_signal_after_the_wake_is_too_late, futex_fixture)
{
  net::cancellation_signal signal;
  futex.async_wait(
      0, net::bind_cancellation_slot(signal.slot(), first.handler()));
  run();

  futex.notify_one();
  signal.emit(net::cancellation_type::total);
  run();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(the_time_ends_a_wait, futex_fixture)
{
  futex.async_wait_for(0, 1ms, first.handler());
  futex.async_wait_until(
      0, std::chrono::steady_clock::now() + 1ms, second.handler());
  futex.async_wait_for(0, 1h, third.handler());
  run_until([&] { return first.calls() + second.calls() == 2; });

  BOOST_TEST(first.is(net::error::timed_out));
  BOOST_TEST(second.is(net::error::timed_out));
  futex.notify_one();
  run();
  BOOST_TEST(third.is_success());
}

// What was at the address before may be woken late, which a wait may take for
// its own wake.
BOOST_AUTO_TEST_CASE(the_word_may_go_when_its_waits_are_over)
{
  net::io_context ctx;
  for (int i = 0; i < 1000; ++i)
  {
    auto w = std::make_unique<word>(0);
    outcome o;
    async_futex futex(ctx, *w);
    futex.async_wait(0, o.handler());
    ctx.restart();
    ctx.poll();
    futex.cancel();
    while (o.calls() == 0)
    {
      ctx.restart();
      ctx.poll();
    }
    BOOST_TEST_REQUIRE(o.calls() == 1);
  }
}

// The allocator gives the same address again, most of the time.
BOOST_AUTO_TEST_CASE(a_word_at_an_address_used_before_is_another_one)
{
  net::io_context ctx;
  for (std::uint32_t i = 0; i < 1000; ++i)
  {
    auto w = std::make_unique<word>(i);
    outcome o;
    std::optional<async_futex> futex(std::in_place, ctx, *w);
    futex->async_wait(i, o.handler());
    ctx.restart();
    ctx.poll();

    *w = i + 1;
    if (i % 2 == 0)
      futex->notify_one();
    else
      futex.reset();
    while (o.calls() == 0)
    {
      ctx.restart();
      ctx.poll();
    }
    BOOST_TEST_REQUIRE(o.calls() == 1);
  }
}

BOOST_FIXTURE_TEST_CASE(objects_for_one_word_wake_each_other, futex_fixture)
{
  net::io_context other_ctx;
  async_futex other(other_ctx, w);
  futex.async_wait(0, first.handler());
  futex.async_wait(0, second.handler());
  run();

  w = 1;
  other.notify_all();
  run_until([&] { return first.calls() != 0 && second.calls() != 0; });
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(own_waits_come_before_those_of_others, futex_fixture)
{
  net::io_context other_ctx;
  async_futex other(other_ctx, w);
  outcome theirs;
  other.async_wait(0, theirs.handler());
  other_ctx.poll();
  futex.async_wait(0, first.handler());
  futex.async_wait(0, second.handler());
  run();

  futex.notify_one();
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(theirs.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(many_are_woken_in_order, futex_fixture)
{
  constexpr int count = 5000;
  std::vector<int> order;
  for (int i = 0; i < count; ++i)
    futex.async_wait(0, [&order, i](error_code) { order.push_back(i); });
  run();

  w = 1;
  futex.notify_all();
  run_until([&] { return order.size() == std::size_t(count); });
  for (int i = 0; i < count; ++i)
    BOOST_TEST_REQUIRE(order[std::size_t(i)] == i);
}

BOOST_FIXTURE_TEST_CASE(a_handler_may_wait_and_notify_again, futex_fixture)
{
  int left = 100;
  std::function<void(error_code)> handler = [&](error_code ec) {
    BOOST_TEST(!ec);
    if (--left != 0)
    {
      futex.async_wait(0, handler);
      futex.notify_one();
    }
  };

  futex.async_wait(0, handler);
  futex.notify_one();
  run_until([&] { return left == 0; });
  BOOST_TEST(futex.waiters() == 0u);
}

// Only its own thread may use it, so no other one waits for it.
BOOST_AUTO_TEST_CASE(a_context_without_locks_is_left_to_its_thread)
{
  net::io_context ctx(asio_test::unsafe_concurrency_hint);
  word w{0};
  async_futex futex(ctx, w);
  outcome o;
  futex.async_wait(0, o.handler());
  ctx.poll();

  w = 1;
  futex.notify_all();
  while (o.calls() == 0)
  {
    ctx.restart();
    ctx.poll();
  }
  BOOST_TEST(o.is_success());
  BOOST_TEST((asio_sync::platform_name(ctx)
      != std::string("generic, words by futex_waitv")));
}

BOOST_AUTO_TEST_CASE(a_handler_that_goes_with_its_context_may_make_a_futex)
{
  word w{0};
  {
    net::io_context ctx;
    async_futex first(ctx, w);
    net::post(ctx, asio_test::at_end([&w, ex = ctx.get_executor()] {
      auto futex = std::make_shared<async_futex>(ex, w);
      futex->async_wait(0, [futex](error_code) {});
    }));
  }

  net::io_context ctx;
  async_futex other(ctx, w);
  other.notify_all();
  BOOST_TEST(other.waiters() == 0u);
}
