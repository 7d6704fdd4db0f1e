// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_test::outcome;
using net::bind_cancellation_slot;
using net::cancellation_type;
using namespace std::chrono_literals;

struct fixture : asio_test::semaphore_fixture
{
  net::cancellation_signal signal;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_takes_no_permit, fixture)
{
  semaphore.async_acquire(
      bind_cancellation_slot(signal.slot(), first.handler()));
  semaphore.async_acquire(second.handler());
  signal.emit(cancellation_type::all);
  semaphore.release();
  ctx.run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_signal_after_the_grant_comes_too_late, fixture)
{
  semaphore.async_acquire(
      bind_cancellation_slot(signal.slot(), first.handler()));
  semaphore.release();
  signal.emit(cancellation_type::all);
  signal.emit(cancellation_type::all);
  ctx.run();
  signal.emit(cancellation_type::all);

  BOOST_TEST(first.is_success());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_signal_outlives_the_semaphore, fixture)
{
  {
    async_semaphore doomed(ctx, 0);
    doomed.async_acquire(
        bind_cancellation_slot(signal.slot(), first.handler()));
  }
  async_semaphore next(ctx, 3);
  next.async_acquire(4, second.handler());
  signal.emit(cancellation_type::all);
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(next.available() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_timed_wait_can_be_cancelled, fixture)
{
  semaphore.async_acquire_permit_for(1h,
      bind_cancellation_slot(signal.slot(),
          [&](error_code ec, semaphore_permit) { first.handler()(ec); }));
  semaphore.async_acquire_for(
      1ms, bind_cancellation_slot(net::cancellation_slot(), second.handler()));
  signal.emit(cancellation_type::terminal);
  ctx.run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is(net::error::timed_out));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_head_lets_all_pass_that_fit, fixture)
{
  outcome third;
  semaphore.release(2);
  semaphore.async_acquire(
      3, bind_cancellation_slot(signal.slot(), first.handler()));
  semaphore.async_acquire(second.handler());
  semaphore.async_acquire(third.handler());
  signal.emit(cancellation_type::all);
  ctx.run();

  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is_success());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(many_waits_are_cancelled_in_random_order, fixture)
{
  constexpr std::size_t count = 10000;
  std::deque<net::cancellation_signal> signals(count);
  std::size_t aborted = 0;
  for (auto& s : signals)
    semaphore.async_acquire(
        bind_cancellation_slot(s.slot(), [&](error_code ec) {
          aborted += ec == net::error::operation_aborted ? 1 : 0;
        }));
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  for (std::size_t i : order)
    signals[i].emit(cancellation_type::all);
  BOOST_TEST(semaphore.waiters() == 0u);
  ctx.run();

  BOOST_TEST(aborted == count);
}

BOOST_AUTO_TEST_CASE(a_signal_may_come_from_another_thread)
{
  net::io_context ctx;
  async_semaphore semaphore(ctx, 0);
  for (int i = 0; i < 1000; ++i)
  {
    net::cancellation_signal signal;
    outcome result;
    semaphore.async_acquire(
        bind_cancellation_slot(signal.slot(), result.handler()));
    std::thread other([&] { signal.emit(cancellation_type::all); });
    semaphore.release();
    other.join();
    ctx.restart();
    ctx.run();

    BOOST_TEST_REQUIRE(result.calls() == 1);
    BOOST_TEST_REQUIRE(semaphore.drain() == (result.is_success() ? 0u : 1u));
  }
}
