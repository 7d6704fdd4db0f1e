// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/basic_async_semaphore.hpp>

#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::outcome;

constexpr std::size_t max = async_semaphore::max();

using concrete_executor = net::io_context::executor_type;
using concrete_semaphore = asio_sync::basic_async_semaphore<concrete_executor>;

using fixture = asio_test::semaphore_fixture;

} // namespace

BOOST_AUTO_TEST_CASE(max_is_the_greatest_31_bit_number)
{
  static_assert(async_semaphore::max() == 0x7fffffff);

  BOOST_TEST(max == 2147483647u);
}

BOOST_AUTO_TEST_CASE(has_one_permit_by_default)
{
  net::io_context ctx;
  async_semaphore from_context(ctx);
  async_semaphore from_executor(ctx.get_executor());

  BOOST_TEST(from_context.available() == 1u);
  BOOST_TEST(from_executor.available() == 1u);
}

BOOST_AUTO_TEST_CASE(is_constructed_with_up_to_max_permits)
{
  net::io_context ctx;

  BOOST_TEST(async_semaphore(ctx, 0).available() == 0u);
  BOOST_TEST(async_semaphore(ctx, max).available() == max);
  BOOST_TEST(async_semaphore(ctx.get_executor(), 7).available() == 7u);
}

BOOST_AUTO_TEST_CASE(construction_with_more_than_max_permits_throws)
{
  net::io_context ctx;

  BOOST_CHECK_EXCEPTION(async_semaphore(ctx, max + 1), system_error,
      has_code(net::error::invalid_argument));
  BOOST_CHECK_EXCEPTION(async_semaphore(ctx.get_executor(), std::size_t(-1)),
      system_error, has_code(net::error::invalid_argument));
}

BOOST_AUTO_TEST_CASE(construction_is_explicit)
{
  static_assert(!std::is_convertible_v<net::io_context&, async_semaphore>);
  static_assert(!std::is_convertible_v<concrete_executor, concrete_semaphore>);
  static_assert(!std::is_copy_constructible_v<async_semaphore>);
  static_assert(!std::is_copy_assignable_v<async_semaphore>);
  static_assert(!std::is_constructible_v<async_semaphore, int>);

  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(get_executor_returns_that_of_the_context, fixture)
{
  const concrete_semaphore concrete(ctx);

  BOOST_TEST((concrete.get_executor() == ctx.get_executor()));
  BOOST_TEST(
      (semaphore.get_executor() == net::any_io_executor(ctx.get_executor())));
}

BOOST_AUTO_TEST_CASE(rebind_executor_names_the_other_semaphore)
{
  using rebound = async_semaphore::rebind_executor<concrete_executor>::other;

  static_assert(std::is_same_v<rebound, concrete_semaphore>);
  static_assert(std::is_same_v<rebound::executor_type, concrete_executor>);
  static_assert(
      std::is_same_v<async_semaphore::executor_type, net::any_io_executor>);
  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(move_takes_permits_and_waiters_along, fixture)
{
  semaphore.async_acquire(first.handler());
  async_semaphore target(std::move(semaphore));

  BOOST_TEST(target.waiters() == 1u);
  BOOST_TEST(semaphore.waiters() == 0u);
  BOOST_TEST((target.get_executor() == semaphore.get_executor()));

  target.release(2);
  ctx.poll();
  BOOST_TEST(first.is_success());
  BOOST_TEST(target.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_was_moved_from_is_usable, fixture)
{
  semaphore.release(3);
  semaphore.close();
  async_semaphore target(std::move(semaphore));

  BOOST_TEST(semaphore.available() == 0u);
  BOOST_TEST(!semaphore.is_closed());
  BOOST_TEST(target.is_closed());
  semaphore.release(2);
  BOOST_TEST(semaphore.try_acquire(2));
  BOOST_TEST(target.available() == 3u);
}

BOOST_FIXTURE_TEST_CASE(move_converts_the_executor, fixture)
{
  concrete_semaphore concrete(ctx, 0);
  concrete.async_acquire(first.handler());
  async_semaphore target(std::move(concrete));
  target.release();
  ctx.poll();

  BOOST_TEST(first.is_success());
  static_assert(!std::is_constructible_v<concrete_semaphore, async_semaphore>);
}

BOOST_FIXTURE_TEST_CASE(move_assignment_aborts_own_waiters, fixture)
{
  async_semaphore target(ctx, 0);
  target.async_acquire(first.handler());
  semaphore.async_acquire(second.handler());
  target = std::move(semaphore);
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  target.release();
  ctx.poll();
  BOOST_TEST(second.is_success());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(converting_move_assignment_works, fixture)
{
  semaphore = concrete_semaphore(ctx, 5);

  BOOST_TEST(semaphore.available() == 5u);
}

BOOST_FIXTURE_TEST_CASE(self_move_assignment_changes_nothing, fixture)
{
  semaphore.async_acquire(first.handler());
  async_semaphore& self = semaphore;
  semaphore = std::move(self);
  semaphore.release(2);
  ctx.poll();

  BOOST_TEST(first.is_success());
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(swap_exchanges_permits_and_waiters, fixture)
{
  async_semaphore other(ctx, 4);
  semaphore.async_acquire(first.handler());

  using std::swap;
  swap(semaphore, other);
  BOOST_TEST(semaphore.available() == 4u);
  BOOST_TEST(other.waiters() == 1u);
  other.release();
  ctx.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(destruction_aborts_waiters, fixture)
{
  {
    async_semaphore doomed(ctx, 0);
    doomed.async_acquire(first.handler());
  }

  BOOST_TEST(first.calls() == 0);
  ctx.poll();
  BOOST_TEST(first.is(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(try_acquire_takes_free_permits_only, fixture)
{
  semaphore.release(3);

  BOOST_TEST(semaphore.try_acquire());
  BOOST_TEST(!semaphore.try_acquire(3));
  BOOST_TEST(semaphore.try_acquire(2));
  BOOST_TEST(!semaphore.try_acquire());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(try_acquire_never_overtakes_a_waiter, fixture)
{
  semaphore.release();
  semaphore.async_acquire(2, first.handler());

  BOOST_TEST(!semaphore.try_acquire());
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(try_acquire_tells_why_it_failed, fixture)
{
  error_code ec = net::error::eof;
  semaphore.release();

  BOOST_TEST(semaphore.try_acquire(1, ec));
  BOOST_TEST(ec == error_code());
  BOOST_TEST(!semaphore.try_acquire(1, ec));
  BOOST_TEST(ec == error_code(net::error::would_block));
  BOOST_TEST(!semaphore.try_acquire(max + 1, ec));
  BOOST_TEST(ec == error_code(net::error::invalid_argument));
  semaphore.close();
  BOOST_TEST(!semaphore.try_acquire(1, ec));
  BOOST_TEST(ec == error_code(asio_sync::error::closed));
}

BOOST_FIXTURE_TEST_CASE(try_acquire_of_more_than_max_throws, fixture)
{
  BOOST_CHECK_EXCEPTION((void)semaphore.try_acquire(max + 1), system_error,
      has_code(net::error::invalid_argument));
  BOOST_TEST(!semaphore.try_acquire(max));
}

BOOST_FIXTURE_TEST_CASE(try_acquire_works_on_a_closed_semaphore, fixture)
{
  error_code ec;
  semaphore.release(2);
  semaphore.close();

  BOOST_TEST(semaphore.try_acquire());
  BOOST_TEST(semaphore.try_acquire(1, ec));
  BOOST_TEST(ec == error_code());
}

BOOST_FIXTURE_TEST_CASE(release_beyond_max_changes_nothing, fixture)
{
  error_code ec;
  semaphore.release(max - 1);
  semaphore.release(2, ec);
  BOOST_TEST(ec == asio_test::value_too_large());
  semaphore.release(std::size_t(1) << 32, ec);
  BOOST_TEST(ec == asio_test::value_too_large());
  BOOST_CHECK_EXCEPTION(semaphore.release(2), system_error,
      has_code(asio_test::value_too_large()));
  BOOST_TEST(semaphore.available() == max - 1);

  semaphore.release(1, ec);
  BOOST_TEST(ec == error_code());
  BOOST_TEST(semaphore.available() == max);
}

BOOST_FIXTURE_TEST_CASE(release_of_too_many_serves_no_waiter, fixture)
{
  error_code ec;
  semaphore.release(2);
  semaphore.async_acquire(3, first.handler());
  semaphore.release(max - 1, ec);
  ctx.poll();

  BOOST_TEST(ec == asio_test::value_too_large());
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(semaphore.available() == 2u);
}

BOOST_FIXTURE_TEST_CASE(release_of_nothing_changes_nothing, fixture)
{
  error_code ec = net::error::eof;
  semaphore.async_acquire(first.handler());
  semaphore.release(0);
  semaphore.release(0, ec);
  ctx.poll();

  BOOST_TEST(ec == error_code());
  BOOST_TEST(first.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(drain_takes_what_is_free, fixture)
{
  semaphore.release(5);

  BOOST_TEST(semaphore.drain(2) == 2u);
  BOOST_TEST(semaphore.available() == 3u);
  BOOST_TEST(semaphore.drain(0) == 0u);
  BOOST_TEST(semaphore.drain() == 3u);
  BOOST_TEST(semaphore.drain(std::size_t(-1)) == 0u);
}

BOOST_FIXTURE_TEST_CASE(drain_takes_nothing_from_waiters, fixture)
{
  semaphore.release(2);
  semaphore.async_acquire(3, first.handler());

  BOOST_TEST(semaphore.drain() == 0u);
  BOOST_TEST(semaphore.available() == 2u);
}

BOOST_FIXTURE_TEST_CASE(reduce_takes_free_permits_at_once, fixture)
{
  semaphore.release(5);
  semaphore.reduce(0);
  semaphore.reduce(3);

  BOOST_TEST(semaphore.available() == 2u);
  BOOST_TEST(semaphore.try_acquire(2));
}

BOOST_FIXTURE_TEST_CASE(reduce_is_paid_before_any_waiter_is_served, fixture)
{
  semaphore.release(2);
  semaphore.async_acquire(3, first.handler());
  semaphore.reduce(4);
  BOOST_TEST(semaphore.available() == 0u);
  semaphore.release(2);
  BOOST_TEST(semaphore.available() == 0u);
  semaphore.release(2);
  ctx.poll();
  BOOST_TEST(first.calls() == 0);

  semaphore.release();
  ctx.poll();
  BOOST_TEST(first.is_success());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(reductions_add_up_beyond_max, fixture)
{
  semaphore.reduce(max);
  semaphore.reduce(2);
  semaphore.release(max);
  BOOST_TEST(semaphore.available() == 0u);
  semaphore.release(3);

  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(reduce_by_more_than_max_throws, fixture)
{
  semaphore.release(5);

  BOOST_CHECK_EXCEPTION(semaphore.reduce(max + 1), system_error,
      has_code(net::error::invalid_argument));
  BOOST_TEST(semaphore.available() == 5u);
}

BOOST_FIXTURE_TEST_CASE(a_closed_semaphore_still_counts, fixture)
{
  semaphore.release(3);
  semaphore.close();
  semaphore.release();
  semaphore.reduce(1);

  BOOST_TEST(semaphore.available() == 3u);
  BOOST_TEST(semaphore.drain(1) == 1u);
  BOOST_TEST(semaphore.try_acquire(2));
  BOOST_TEST(semaphore.is_closed());
}

BOOST_FIXTURE_TEST_CASE(close_does_not_outlive_the_object, fixture)
{
  semaphore.close();
  semaphore.reduce(3);
  semaphore = async_semaphore(ctx, 0);
  async_semaphore another(ctx, 2);

  BOOST_TEST(!semaphore.is_closed());
  BOOST_TEST(!another.is_closed());
  BOOST_TEST(another.available() == 2u);
  another.release();
  BOOST_TEST(another.available() == 3u);
}
