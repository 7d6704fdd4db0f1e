// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/mutex_lock.hpp>

#include "asio_test.hpp"

#include <asio_sync/async_mutex.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <mutex>
#include <optional>
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
using asio_test::resource_deadlock;
using namespace std::chrono_literals;

struct fixture
{
  bool is_locked()
  {
    if (!mutex->try_lock())
      return true;
    mutex->unlock();
    return false;
  }

  net::io_context ctx;
  std::optional<async_mutex> mutex{std::in_place, ctx};
};

} // namespace

BOOST_AUTO_TEST_CASE(belongs_to_no_mutex_by_default)
{
  mutex_lock lock;

  BOOST_TEST(!lock);
  BOOST_TEST(!lock.owns_lock());
  BOOST_TEST(!lock.release());
  for (const auto& use : {+[](mutex_lock& l) { l.lock(); },
           +[](mutex_lock& l) { (void)l.try_lock(); },
           +[](mutex_lock& l) { (void)l.try_lock_for(1ms); },
           +[](mutex_lock& l) { l.unlock(); }})
    BOOST_CHECK_EXCEPTION(use(lock), system_error, has_code(not_permitted()));
  static_assert(!std::is_convertible_v<mutex_lock, bool>);
  static_assert(!std::is_convertible_v<async_mutex&, mutex_lock>);
  static_assert(!std::is_copy_constructible_v<mutex_lock>);
  static_assert(std::is_nothrow_move_constructible_v<mutex_lock>);
  static_assert(std::is_nothrow_move_assignable_v<mutex_lock>);
}

BOOST_FIXTURE_TEST_CASE(locks_and_unlocks, fixture)
{
  {
    const mutex_lock lock(*mutex);
    BOOST_TEST(bool(lock));
    BOOST_TEST(is_locked());
  }

  BOOST_TEST(!is_locked());
}

BOOST_FIXTURE_TEST_CASE(is_constructed_as_unique_lock_is, fixture)
{
  mutex_lock deferred(*mutex, std::defer_lock);
  BOOST_TEST(!deferred);
  BOOST_TEST(!is_locked());

  mutex_lock tried(*mutex, std::try_to_lock);
  BOOST_TEST(tried.owns_lock());
  BOOST_TEST(!mutex_lock(*mutex, std::try_to_lock).owns_lock());
  BOOST_TEST(!mutex_lock(*mutex, 1ms).owns_lock());
  BOOST_TEST(!mutex_lock(*mutex, std::chrono::steady_clock::now()).owns_lock());
  tried.unlock();

  BOOST_TEST(mutex_lock(*mutex, 1ms).owns_lock());
  BOOST_TEST(mutex_lock(*mutex, std::chrono::system_clock::now()).owns_lock());
  mutex->lock();
  BOOST_TEST(mutex_lock(*mutex, std::adopt_lock).owns_lock());
  BOOST_TEST(!is_locked());
}

BOOST_FIXTURE_TEST_CASE(is_locked_and_unlocked_again, fixture)
{
  mutex_lock lock(*mutex);
  lock.unlock();
  BOOST_TEST(!lock);
  lock.lock();
  BOOST_TEST(lock.owns_lock());
  lock.unlock();
  BOOST_TEST(lock.try_lock());
  lock.unlock();
  BOOST_TEST(lock.try_lock_for(1ms));
  lock.unlock();
  BOOST_TEST(lock.try_lock_until(std::chrono::steady_clock::now()));
  BOOST_TEST(is_locked());
}

BOOST_FIXTURE_TEST_CASE(locking_twice_is_an_error, fixture)
{
  mutex_lock lock(*mutex);

  for (const auto& use : {+[](mutex_lock& l) { l.lock(); },
           +[](mutex_lock& l) { (void)l.try_lock(); },
           +[](mutex_lock& l) { (void)l.try_lock_for(1h); },
           +[](mutex_lock& l) {
             (void)l.try_lock_until(std::chrono::steady_clock::now());
           }})
    BOOST_CHECK_EXCEPTION(
        use(lock), system_error, has_code(resource_deadlock()));
  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(is_locked());
}

BOOST_FIXTURE_TEST_CASE(unlocking_twice_is_an_error, fixture)
{
  mutex_lock lock(*mutex);
  lock.unlock();
  BOOST_CHECK_EXCEPTION(lock.unlock(), system_error, has_code(not_permitted()));
  lock.lock();
  mutex->unlock();
  BOOST_CHECK_EXCEPTION(lock.unlock(), system_error, has_code(not_permitted()));

  // Nothing was changed.
  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(lock.release());
}

BOOST_FIXTURE_TEST_CASE(a_try_fails_while_another_one_owns, fixture)
{
  const mutex_lock owner(*mutex);
  mutex_lock lock(*mutex, std::defer_lock);

  BOOST_TEST(!lock.try_lock());
  BOOST_TEST(!lock.try_lock_for(1ms));
  BOOST_TEST(!lock.try_lock_until(std::chrono::system_clock::now()));
  BOOST_TEST(!lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(release_does_not_unlock, fixture)
{
  mutex_lock lock(*mutex);
  BOOST_TEST(lock.release());

  BOOST_TEST(!lock);
  BOOST_TEST(is_locked());
  BOOST_CHECK_EXCEPTION(lock.lock(), system_error, has_code(not_permitted()));
  mutex->unlock();
}

BOOST_FIXTURE_TEST_CASE(moves_and_swaps, fixture)
{
  async_mutex other(ctx);
  mutex_lock a(*mutex), b(other), c;
  c = std::move(a);
  BOOST_TEST(!a);
  BOOST_TEST(c.owns_lock());

  // What was owned is unlocked.
  b = std::move(c);
  BOOST_TEST(other.try_lock());
  swap(a, b);
  BOOST_TEST(a.owns_lock());
  BOOST_TEST(!b);
  a.swap(b);
  BOOST_TEST(is_locked());
  mutex_lock& self = b;
  b = std::move(self);
  BOOST_TEST(b.owns_lock());
  b = {};
  BOOST_TEST(!is_locked());
}

BOOST_FIXTURE_TEST_CASE(outlives_its_mutex, fixture)
{
  mutex_lock lock(*mutex);
  mutex_lock deferred(*mutex, std::defer_lock);
  mutex.emplace(ctx);

  // It may use the same core.
  mutex->lock();
  BOOST_TEST(lock.owns_lock());
  lock.unlock();
  BOOST_TEST(is_locked());
  BOOST_CHECK_EXCEPTION(lock.lock(), system_error, has_code(not_permitted()));
  BOOST_CHECK_EXCEPTION(
      (void)deferred.try_lock(), system_error, has_code(not_permitted()));
}

BOOST_FIXTURE_TEST_CASE(follows_a_mutex_that_is_moved, fixture)
{
  mutex_lock lock(*mutex);
  async_mutex target(std::move(*mutex));
  BOOST_TEST(!is_locked());
  lock.unlock();

  BOOST_TEST(target.try_lock());
}

BOOST_FIXTURE_TEST_CASE(destruction_serves_the_next_waiter, fixture)
{
  outcome result;
  {
    const mutex_lock lock(*mutex);
    mutex->async_lock(result.handler());
    ctx.poll();
    BOOST_TEST(result.calls() == 0);
  }
  ctx.poll();

  BOOST_TEST(result.is_success());
}
