// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/basic_async_condvar.hpp>

#include "condvar_test.hpp"

#include <boost/test/unit_test.hpp>

#include <type_traits>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::mutex_lock;

using concrete_executor = net::io_context::executor_type;
using concrete_condvar = asio_sync::basic_async_condvar<concrete_executor>;

using fixture = asio_test::condvar_fixture;

} // namespace

BOOST_AUTO_TEST_CASE(nobody_waits_at_first)
{
  net::io_context ctx;
  async_condvar from_context(ctx);
  async_condvar from_executor(ctx.get_executor());

  BOOST_TEST(from_context.waiters() == 0u);
  BOOST_TEST(from_executor.waiters() == 0u);
}

BOOST_AUTO_TEST_CASE(construction_is_explicit)
{
  static_assert(!std::is_convertible_v<net::io_context&, async_condvar>);
  static_assert(!std::is_convertible_v<concrete_executor, concrete_condvar>);
  static_assert(!std::is_copy_constructible_v<async_condvar>);
  static_assert(!std::is_copy_assignable_v<async_condvar>);
  static_assert(!std::is_constructible_v<concrete_condvar, async_condvar>);

  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(get_executor_returns_that_of_the_context, fixture)
{
  const concrete_condvar concrete(ctx);

  BOOST_TEST((concrete.get_executor() == ctx.get_executor()));
  BOOST_TEST(
      (condvar.get_executor() == net::any_io_executor(ctx.get_executor())));
}

BOOST_AUTO_TEST_CASE(rebind_executor_names_the_other_condvar)
{
  using rebound = async_condvar::rebind_executor<concrete_executor>::other;

  static_assert(std::is_same_v<rebound, concrete_condvar>);
  static_assert(std::is_same_v<rebound::executor_type, concrete_executor>);
  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(move_converts_the_executor, fixture)
{
  concrete_condvar concrete(ctx);
  concrete.async_wait(first.handler());
  async_condvar target(std::move(concrete));
  BOOST_TEST(target.waiters() == 1u);
  target.notify_one();
  run();

  BOOST_TEST(first.is_success());
  condvar = concrete_condvar(ctx);
  BOOST_TEST(condvar.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(waits_that_may_wait_again_move_along, fixture)
{
  bool is_over = false;
  condvar.async_wait([&] { return is_over; }, first.handler());
  condvar.notify_one();
  async_condvar target(std::move(condvar));
  run();
  BOOST_TEST(target.waiters() == 1u);
  is_over = true;
  target.notify_one();
  run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(swap_exchanges_waiters, fixture)
{
  async_condvar other(ctx);
  condvar.async_wait(first.handler());

  using std::swap;
  swap(condvar, other);
  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(other.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(notifications_without_waiters_do_nothing, fixture)
{
  condvar.notify_one();
  condvar.notify_all();
  condvar.notify(0);
  condvar.notify(std::size_t(-1));
  condvar.cancel();

  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(ctx.poll() == 0u);
}
