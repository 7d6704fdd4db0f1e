// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_test::outcome;
using namespace std::chrono_literals;

constexpr std::size_t max = async_semaphore::max();

using fixture = asio_test::semaphore_fixture;

} // namespace

BOOST_FIXTURE_TEST_CASE(release_completes_the_oldest_waiter, fixture)
{
  semaphore.async_acquire(first.handler());
  semaphore.async_acquire(second.handler());
  BOOST_TEST(semaphore.waiters() == 2u);
  semaphore.release();
  BOOST_TEST(first.calls() == 0);
  ctx.poll();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(semaphore.waiters() == 1u);
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_free_permit_is_not_granted_inline, fixture)
{
  semaphore.release();
  semaphore.async_acquire(first.handler());

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(semaphore.available() == 0u);
  ctx.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_large_request_holds_back_those_behind_it, fixture)
{
  semaphore.release(2);
  semaphore.async_acquire(3, first.handler());
  semaphore.async_acquire(1, second.handler());
  ctx.poll();
  BOOST_TEST(first.calls() + second.calls() == 0);
  BOOST_TEST(!semaphore.try_acquire());

  semaphore.release();
  ctx.poll();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_large_request_lets_others_pass, fixture)
{
  net::cancellation_signal signal;
  semaphore.release(2);
  semaphore.async_acquire(
      3, net::bind_cancellation_slot(signal.slot(), first.handler()));
  semaphore.async_acquire(1, second.handler());
  signal.emit(net::cancellation_type::total);
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(release_serves_all_that_fit, fixture)
{
  std::vector<std::size_t> order;
  for (const std::size_t n : std::vector<std::size_t>{2, 1, 3, 1})
    semaphore.async_acquire(n, [&order, n](error_code) { order.push_back(n); });
  semaphore.release(5);
  ctx.poll();

  const std::vector<std::size_t> expected{2, 1};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
  BOOST_TEST(semaphore.available() == 2u);
  BOOST_TEST(semaphore.waiters() == 2u);
}

BOOST_FIXTURE_TEST_CASE(no_permit_at_all_is_always_granted, fixture)
{
  semaphore.async_acquire(first.handler());
  semaphore.async_acquire(0, second.handler());
  BOOST_TEST(semaphore.try_acquire(0));
  ctx.poll();

  BOOST_TEST(second.is_success());
  BOOST_TEST(first.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(no_permit_at_all_is_refused_when_closed, fixture)
{
  semaphore.close();
  semaphore.async_acquire(0, first.handler());
  ctx.poll();

  BOOST_TEST(first.is(asio_sync::error::closed));
}

BOOST_FIXTURE_TEST_CASE(more_than_max_permits_are_refused, fixture)
{
  semaphore.async_acquire(max + 1, first.handler());
  semaphore.async_acquire_for(std::size_t(-1), 1h, second.handler());
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(semaphore.waiters() == 0u);
  ctx.poll();

  BOOST_TEST(first.is(net::error::invalid_argument));
  BOOST_TEST(second.is(net::error::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(max_permits_are_waited_for, fixture)
{
  semaphore.async_acquire(max, first.handler());
  semaphore.release(max - 1);
  ctx.poll();
  BOOST_TEST(first.calls() == 0);

  semaphore.release();
  ctx.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_wait_ends_when_its_time_has_come, fixture)
{
  const auto now = std::chrono::steady_clock::now();
  outcome third, fourth;
  semaphore.async_acquire_for(1ms, first.handler());
  semaphore.async_acquire_for(2, -1s, second.handler());
  semaphore.async_acquire_until(now, third.handler());
  semaphore.async_acquire_until(2, now + 1ms, fourth.handler());
  ctx.run();

  for (const outcome* o : {&first, &second, &third, &fourth})
    BOOST_TEST(o->is(net::error::timed_out));
  BOOST_TEST(semaphore.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_permit_in_time_ends_a_timed_wait, fixture)
{
  semaphore.async_acquire_for(1h, first.handler());
  semaphore.async_acquire_until(
      2, std::chrono::system_clock::now() + 1h, second.handler());
  semaphore.release(3);
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_free_permit_is_taken_also_after_the_time, fixture)
{
  semaphore.release(2);
  semaphore.async_acquire_for(0s, first.handler());
  semaphore.async_acquire_until(
      std::chrono::steady_clock::time_point::min(), second.handler());
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(timed_forms_give_a_permit_in_time, fixture)
{
  const auto later = std::chrono::steady_clock::now() + 1h;
  semaphore_permit one, two, three;
  semaphore.release(4);
  semaphore.async_acquire_permit_for(
      1h, [&](error_code, semaphore_permit p) { one = std::move(p); });
  semaphore.async_acquire_permit_for(
      2, 1h, [&](error_code, semaphore_permit p) { two = std::move(p); });
  semaphore.async_acquire_permit_until(
      later, [&](error_code, semaphore_permit p) { three = std::move(p); });
  ctx.run();

  BOOST_TEST(one.count() == 1u);
  BOOST_TEST(two.count() == 2u);
  BOOST_TEST(three.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(timed_forms_give_no_permit_after_the_time, fixture)
{
  const auto now = std::chrono::steady_clock::now();
  int refused = 0;
  const auto count = [&](error_code ec, semaphore_permit p) {
    refused += ec == net::error::timed_out && !p ? 1 : 0;
  };
  semaphore.async_acquire_permit_for(1ms, count);
  semaphore.async_acquire_permit_for(2, 1ms, count);
  semaphore.async_acquire_permit_until(now, count);
  semaphore.async_acquire_permit_until(2, now, count);
  ctx.run();

  BOOST_TEST(refused == 4);
}

BOOST_FIXTURE_TEST_CASE(the_longest_time_is_for_ever, fixture)
{
  outcome third;
  semaphore.async_acquire_for(std::chrono::hours::max(), first.handler());
  semaphore.async_acquire_until(
      std::chrono::steady_clock::time_point::max(), second.handler());
  semaphore.async_acquire_until(
      std::chrono::time_point<std::chrono::steady_clock,
          std::chrono::hours>::max(),
      third.handler());
  ctx.poll();
  BOOST_TEST(first.calls() + second.calls() + third.calls() == 0);

  semaphore.release(3);
  ctx.run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is_success());
}

BOOST_FIXTURE_TEST_CASE(cancel_aborts_those_who_wait_only, fixture)
{
  semaphore.async_acquire(first.handler());
  semaphore.async_acquire_for(2, 1h, second.handler());
  semaphore.cancel();
  outcome later;
  semaphore.async_acquire(later.handler());
  BOOST_TEST(first.calls() == 0);
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is(net::error::operation_aborted));
  BOOST_TEST(later.calls() == 0);
  BOOST_TEST(semaphore.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(cancel_without_waiters_does_nothing, fixture)
{
  semaphore.release();
  semaphore.cancel();

  BOOST_TEST(semaphore.try_acquire());
  BOOST_TEST(!semaphore.is_closed());
  BOOST_TEST(ctx.poll() == 0u);
}

BOOST_FIXTURE_TEST_CASE(close_refuses_those_who_wait_and_will_wait, fixture)
{
  semaphore.release(5);
  semaphore.async_acquire(6, first.handler());
  semaphore.close();
  semaphore.close();
  semaphore.async_acquire(second.handler());
  ctx.poll();

  BOOST_TEST(first.is(asio_sync::error::closed));
  BOOST_TEST(second.is(asio_sync::error::closed));
  BOOST_TEST(semaphore.is_closed());
}

BOOST_FIXTURE_TEST_CASE(a_permit_of_an_uninvoked_handler_goes_back, fixture)
{
  semaphore.release();
  {
    net::io_context doomed;
    semaphore.async_acquire(net::bind_executor(doomed, first.handler()));
    ctx.poll();
    BOOST_TEST(semaphore.available() == 0u);
  }

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_handler_may_destroy_its_semaphore, fixture)
{
  auto owned = std::make_unique<async_semaphore>(ctx, 0);
  owned->async_acquire([&](error_code) { owned.reset(); });
  owned->async_acquire(second.handler());
  owned->release();
  ctx.poll();

  BOOST_TEST(!owned);
  BOOST_TEST(second.is(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(a_handler_may_use_its_semaphore, fixture)
{
  semaphore.async_acquire([&](error_code) {
    semaphore.async_acquire(first.handler());
    semaphore.cancel();
    semaphore.async_acquire(second.handler());
    semaphore.release();
    BOOST_TEST(first.calls() + second.calls() == 0);
  });
  semaphore.release();
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
}
