// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/basic_async_mutex.hpp>

#include "asio_test.hpp"

#include <asio_sync/async_mutex.hpp>

#include <boost/test/unit_test.hpp>

#include <mutex>
#include <type_traits>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_mutex;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::not_permitted;
using asio_test::outcome;

using concrete_executor = net::io_context::executor_type;
using concrete_mutex = asio_sync::basic_async_mutex<concrete_executor>;

struct fixture
{
  net::io_context ctx;
  async_mutex mutex{ctx};
  outcome first;
  outcome second;
};

} // namespace

BOOST_AUTO_TEST_CASE(is_not_locked_at_first)
{
  net::io_context ctx;
  async_mutex from_context(ctx);
  async_mutex from_executor(ctx.get_executor());

  BOOST_TEST(from_context.try_lock());
  BOOST_TEST(from_executor.try_lock());
  BOOST_TEST(from_context.waiters() == 0u);
}

BOOST_AUTO_TEST_CASE(construction_is_explicit)
{
  static_assert(!std::is_convertible_v<net::io_context&, async_mutex>);
  static_assert(!std::is_convertible_v<concrete_executor, concrete_mutex>);
  static_assert(!std::is_copy_constructible_v<async_mutex>);
  static_assert(!std::is_copy_assignable_v<async_mutex>);
  static_assert(!std::is_constructible_v<concrete_mutex, async_mutex>);

  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(get_executor_returns_that_of_the_context, fixture)
{
  const concrete_mutex concrete(ctx);

  BOOST_TEST((concrete.get_executor() == ctx.get_executor()));
  BOOST_TEST(
      (mutex.get_executor() == net::any_io_executor(ctx.get_executor())));
}

BOOST_AUTO_TEST_CASE(rebind_executor_names_the_other_mutex)
{
  using rebound = async_mutex::rebind_executor<concrete_executor>::other;

  static_assert(std::is_same_v<rebound, concrete_mutex>);
  static_assert(std::is_same_v<rebound::executor_type, concrete_executor>);
  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(is_locked_once, fixture)
{
  BOOST_TEST(mutex.try_lock());
  BOOST_TEST(!mutex.try_lock());
  mutex.unlock();
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(unlocking_an_unlocked_mutex_is_detected, fixture)
{
  error_code ec;
  mutex.unlock(ec);
  BOOST_TEST(ec == not_permitted());
  BOOST_CHECK_EXCEPTION(
      mutex.unlock(), system_error, has_code(not_permitted()));

  BOOST_TEST(mutex.try_lock());
  BOOST_TEST(!mutex.try_lock());
  mutex.unlock(ec);
  BOOST_TEST(ec == error_code());
}

BOOST_FIXTURE_TEST_CASE(move_takes_owner_and_waiters_along, fixture)
{
  mutex_lock lock(mutex);
  mutex.async_lock(first.handler());
  async_mutex target(std::move(mutex));
  BOOST_TEST(target.waiters() == 1u);
  BOOST_TEST(mutex.waiters() == 0u);
  BOOST_TEST(mutex.try_lock());
  BOOST_TEST(!target.try_lock());

  lock.unlock();
  ctx.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(move_converts_the_executor, fixture)
{
  concrete_mutex concrete(ctx);
  mutex_lock lock(concrete);
  concrete.async_lock(first.handler());
  async_mutex target(std::move(concrete));
  lock.unlock();
  ctx.poll();
  BOOST_TEST(first.is_success());

  mutex = concrete_mutex(ctx);
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(move_assignment_aborts_own_waiters, fixture)
{
  async_mutex target(ctx);
  BOOST_TEST(target.try_lock());
  BOOST_TEST(mutex.try_lock());
  target.async_lock(first.handler());
  mutex.async_lock(second.handler());
  target = std::move(mutex);
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  target.unlock();
  ctx.poll();
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(swap_exchanges_owners_and_waiters, fixture)
{
  async_mutex other(ctx);
  BOOST_TEST(mutex.try_lock());
  mutex.async_lock(first.handler());

  using std::swap;
  swap(mutex, other);
  BOOST_TEST(mutex.try_lock());
  BOOST_TEST(other.waiters() == 1u);
  other.unlock();
  ctx.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_locked_mutex_may_be_destroyed, fixture)
{
  {
    async_mutex doomed(ctx);
    BOOST_TEST(doomed.try_lock());
    doomed.async_lock(first.handler());
  }
  async_mutex next(ctx);
  ctx.poll();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(next.try_lock());
}
