// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_condvar.hpp>

#include "condvar_test.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::mutex_lock;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::in_thread;
using asio_test::not_permitted;
using asio_test::resource_deadlock;
using asio_test::spin_until;
using namespace std::chrono_literals;

// Nothing runs the context: blocking must not need it.
struct fixture : asio_test::condvar_fixture
{
  void spin_until_waiting(std::size_t n)
  {
    spin_until([&] { return condvar.waiters() == n; });
  }

  bool is_over = false;
};

// Whose time comes, or that throws, when it is told so.
struct manual_clock
{
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<manual_clock>;
  [[maybe_unused]] static constexpr bool is_steady = false;
  static inline std::atomic<bool> has_come{false};
  static inline std::atomic<bool> throws{false};

  static time_point now()
  {
    if (throws)
      throw 42;
    return time_point(has_come ? 1ms : 0ms);
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(wait_blocks_until_notified, fixture)
{
  auto result = in_thread([&] {
    mutex_lock l(mutex);
    condvar.wait(l);
    return l.owns_lock();
  });
  spin_until_waiting(1);
  spin_until([&] { return is_free(); });
  condvar.notify_one();

  BOOST_TEST(result.get());
  BOOST_TEST(is_free());
}

BOOST_FIXTURE_TEST_CASE(wait_asks_its_predicate, fixture)
{
  auto result = in_thread([&] {
    mutex_lock l(mutex);
    int asked = 0;
    condvar.wait(l, [&] {
      ++asked;
      return is_over;
    });
    return asked;
  });
  spin_until_waiting(1);
  condvar.notify_one();
  spin_until_waiting(1);
  mutex.lock();
  is_over = true;
  mutex.unlock();
  condvar.notify_all();

  BOOST_TEST(result.get() >= 2);
}

BOOST_FIXTURE_TEST_CASE(threads_and_handlers_share_one_queue, fixture)
{
  condvar.async_wait(first.handler());
  auto blocked = in_thread([&] {
    mutex_lock l(mutex);
    condvar.wait(l);
  });
  spin_until_waiting(2);
  condvar.async_wait(second.handler());
  condvar.notify(2);
  blocked.get();
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_notified_thread_waits_for_the_mutex, fixture)
{
  auto result = in_thread([&] {
    mutex_lock l(mutex);
    condvar.wait(l);
  });
  spin_until_waiting(1);
  mutex.lock();
  condvar.notify_one();
  BOOST_TEST((result.wait_for(0s) == std::future_status::timeout));
  BOOST_TEST(mutex.waiters() == 1u);
  mutex.unlock();

  BOOST_CHECK_NO_THROW(result.get());
}

BOOST_FIXTURE_TEST_CASE(cancel_unblocks_threads, fixture)
{
  bool owned = false;
  auto result = in_thread([&] {
    mutex_lock l(mutex);
    try
    {
      condvar.wait(l, [] { return false; });
    }
    catch (const system_error&)
    {
      owned = l.owns_lock();
      throw;
    }
  });
  spin_until_waiting(1);
  condvar.cancel();

  BOOST_CHECK_EXCEPTION(
      result.get(), system_error, has_code(net::error::operation_aborted));
  BOOST_TEST(owned);
  BOOST_TEST(is_free());
}

BOOST_FIXTURE_TEST_CASE(timed_forms_stop_waiting, fixture)
{
  using std::cv_status;

  const auto steady = std::chrono::steady_clock::now();
  const auto system = std::chrono::system_clock::now();
  lock = mutex_lock(mutex);

  BOOST_TEST((condvar.wait_for(lock, 1ms) == cv_status::timeout));
  BOOST_TEST((condvar.wait_for(lock, -1h) == cv_status::timeout));
  BOOST_TEST((condvar.wait_until(lock, steady + 1ms) == cv_status::timeout));
  BOOST_TEST((condvar.wait_until(lock, system) == cv_status::timeout));
  BOOST_TEST(!condvar.wait_for(lock, 1ms, [] { return false; }));
  BOOST_TEST(!condvar.wait_until(lock, system, [] { return false; }));
  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(!is_free());
}

BOOST_FIXTURE_TEST_CASE(timed_forms_end_in_time, fixture)
{
  auto without = in_thread([&] {
    mutex_lock l(mutex);
    return condvar.wait_for(l, 1h) == std::cv_status::no_timeout;
  });
  auto with = in_thread([&] {
    mutex_lock l(mutex);
    return condvar.wait_until(
        l, std::chrono::system_clock::now() + 1h, [&] { return is_over; });
  });
  spin_until_waiting(2);
  mutex.lock();
  is_over = true;
  mutex.unlock();
  condvar.notify_all();

  BOOST_TEST(without.get());
  BOOST_TEST(with.get());
}

BOOST_FIXTURE_TEST_CASE(the_predicate_is_asked_after_the_time, fixture)
{
  int asked = 0;
  lock = mutex_lock(mutex);

  BOOST_TEST(condvar.wait_for(lock, 1ms, [&] { return ++asked == 2; }));
  BOOST_TEST(asked == 2);
  BOOST_TEST(condvar.wait_for(lock, 1h, [] { return true; }));
}

BOOST_FIXTURE_TEST_CASE(a_predicate_that_throws_ends_the_wait, fixture)
{
  int asked = 0;
  lock = mutex_lock(mutex);
  const auto ask = [&] {
    if (++asked == 2)
      throw 42;
    return false;
  };

  BOOST_CHECK_THROW((void)condvar.wait_for(lock, 1ms, ask), int);
  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(condvar.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_can_not_wait_is_refused, fixture)
{
  net::io_context another;
  async_mutex foreign(another);
  mutex_lock foreign_lock(foreign);

  BOOST_CHECK_EXCEPTION(
      condvar.wait(lock), system_error, has_code(not_permitted()));
  BOOST_CHECK_EXCEPTION((void)condvar.wait_for(foreign_lock, 1h), system_error,
      has_code(net::error::invalid_argument));
  BOOST_TEST(foreign_lock.owns_lock());
}

BOOST_AUTO_TEST_CASE(blocking_the_only_thread_is_refused)
{
  net::io_context ctx(1);
  async_mutex mutex(ctx);
  async_condvar condvar(ctx);
  bool was_refused = false;
  net::post(ctx, [&] {
    mutex_lock l(mutex);
    condvar.wait(l, [] { return true; });
    try
    {
      condvar.wait(l);
    }
    catch (const system_error& e)
    {
      was_refused = e.code() == resource_deadlock() && l.owns_lock();
    }
  });
  ctx.run();

  BOOST_TEST(was_refused);
  BOOST_TEST(condvar.waiters() == 0u);
}

BOOST_AUTO_TEST_CASE(blocking_at_the_end_of_the_context_is_refused)
{
  bool was_refused = false;
  {
    net::io_context ctx;
    auto mutex = std::make_shared<async_mutex>(ctx);
    auto condvar = std::make_shared<async_condvar>(ctx);
    condvar->async_wait(asio_test::at_end([&was_refused, mutex, condvar] {
      mutex_lock l(*mutex);
      try
      {
        condvar->wait(l);
      }
      catch (const system_error& e)
      {
        was_refused =
            e.code() == net::error::operation_aborted && l.owns_lock();
      }
    }));
  }

  BOOST_TEST(was_refused);
}

BOOST_FIXTURE_TEST_CASE(a_late_time_out_passes_notify_one_on, fixture)
{
  auto blocked = in_thread([&] {
    mutex_lock l(mutex);
    return condvar.wait_until(l, manual_clock::time_point(1ms));
  });
  spin_until([&] { return condvar.waiters() == 1 && mutex.try_lock(); });
  condvar.notify_one();
  condvar.async_wait(second.handler());
  manual_clock::has_come = true;
  spin_until([&] { return condvar.waiters() == 0; });
  mutex.unlock();

  BOOST_TEST((blocked.get() == std::cv_status::timeout));
  run();
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_throws_leaves_no_waiter, fixture)
{
  lock = mutex_lock(mutex);
  manual_clock::throws = true;
  BOOST_CHECK_THROW(
      (void)condvar.wait_until(lock, manual_clock::time_point(1h)), int);
  manual_clock::throws = false;

  BOOST_TEST_REQUIRE(condvar.waiters() == 0u);
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_throws_passes_notify_one_on, fixture)
{
  manual_clock::has_come = false;
  auto blocked = in_thread([&] {
    mutex_lock l(mutex);
    try
    {
      (void)condvar.wait_until(l, manual_clock::time_point(1ms));
    }
    catch (int)
    {
      return l.owns_lock();
    }
    return false;
  });
  spin_until([&] { return condvar.waiters() == 1 && mutex.try_lock(); });
  condvar.notify_one();
  condvar.async_wait(second.handler());
  manual_clock::throws = true;
  spin_until([&] { return condvar.waiters() == 0; });
  mutex.unlock();

  BOOST_TEST(blocked.get());
  run();
  BOOST_TEST(second.is_success());
  manual_clock::throws = false;
}

BOOST_FIXTURE_TEST_CASE(the_end_of_the_mutex_ends_a_wait, fixture)
{
  std::optional<async_mutex> doomed(std::in_place, ctx);
  bool owned = true;
  auto blocked = in_thread([&] {
    mutex_lock l(*doomed);
    try
    {
      condvar.wait(l, [] { return false; });
    }
    catch (const system_error&)
    {
      owned = l.owns_lock();
      throw;
    }
  });
  spin_until([&] { return condvar.waiters() == 1 && doomed->try_lock(); });
  condvar.notify_one();
  doomed.emplace(ctx);

  BOOST_CHECK_EXCEPTION(
      blocked.get(), system_error, has_code(net::error::operation_aborted));
  BOOST_TEST(!owned);
  BOOST_TEST(doomed->try_lock());
}

BOOST_FIXTURE_TEST_CASE(two_threads_play_ping_pong, fixture)
{
  constexpr int rounds = 1000;
  int turn = 0;
  const auto play = [&](int parity) {
    for (int i = 0; i < rounds; ++i)
    {
      mutex_lock l(mutex);
      condvar.wait(l, [&] { return turn % 2 == parity; });
      ++turn;
      condvar.notify_one();
    }
  };
  std::thread other([&] { play(1); });
  play(0);
  other.join();

  BOOST_TEST(turn == 2 * rounds);
  BOOST_TEST(is_free());
}
