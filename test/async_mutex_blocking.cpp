// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_mutex.hpp>

#include "asio_test.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_mutex;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::in_thread;
using asio_test::outcome;
using asio_test::resource_deadlock;
using asio_test::spin_until;
using namespace std::chrono_literals;

// Nothing runs the context: blocking must not need it.
struct fixture
{
  net::io_context ctx;
  async_mutex mutex{ctx};
  outcome first;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(lock_blocks_until_unlock, fixture)
{
  mutex.lock();
  auto result = in_thread([&] {
    mutex.lock();
    mutex.unlock();
  });
  spin_until([&] { return mutex.waiters() == 1; });
  BOOST_TEST((result.wait_for(0s) == std::future_status::timeout));
  mutex.unlock();

  BOOST_CHECK_NO_THROW(result.get());
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(threads_and_handlers_share_one_queue, fixture)
{
  outcome third;
  mutex.lock();
  mutex.async_lock(first.handler());
  auto blocked = in_thread([&] { mutex.lock(); });
  spin_until([&] { return mutex.waiters() == 2; });
  mutex.async_lock(third.handler());
  mutex.unlock();
  ctx.poll();
  BOOST_TEST(first.is_success());
  mutex.unlock();
  blocked.get();
  ctx.poll();

  BOOST_TEST(third.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(cancel_unblocks_threads, fixture)
{
  mutex.lock();
  auto result = in_thread([&] { mutex.lock(); });
  spin_until([&] { return mutex.waiters() == 1; });
  mutex.cancel();

  BOOST_CHECK_EXCEPTION(
      result.get(), system_error, has_code(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(the_end_of_the_mutex_unblocks_threads, fixture)
{
  auto doomed = std::make_unique<async_mutex>(ctx);
  doomed->lock();
  auto result = in_thread([&m = *doomed] { m.lock(); });
  spin_until([&] { return doomed->waiters() == 1; });
  doomed.reset();

  BOOST_CHECK_EXCEPTION(
      result.get(), system_error, has_code(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(timed_forms_stop_waiting, fixture)
{
  mutex.lock();

  BOOST_TEST(!mutex.try_lock_for(1ms));
  BOOST_TEST(!mutex.try_lock_for(-1h));
  BOOST_TEST(!mutex.try_lock_until(std::chrono::steady_clock::now() + 1ms));
  BOOST_TEST(!mutex.try_lock_until(std::chrono::system_clock::now()));
  BOOST_TEST(mutex.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(timed_forms_take_a_free_mutex, fixture)
{
  BOOST_TEST(mutex.try_lock_for(0s));
  mutex.unlock();
  BOOST_TEST(mutex.try_lock_until(std::chrono::steady_clock::now() - 1h));
}

BOOST_AUTO_TEST_CASE(blocking_the_only_thread_is_refused)
{
  net::io_context ctx(1);
  async_mutex mutex(ctx);
  error_code ec;
  net::post(ctx, [&] {
    mutex.lock();
    mutex.lock(ec);
  });
  ctx.run();

  BOOST_TEST(ec == resource_deadlock());
  BOOST_TEST(mutex.waiters() == 0u);
}

BOOST_AUTO_TEST_CASE(blocking_at_the_end_of_the_context_is_refused)
{
  bool was_refused = false;
  {
    net::io_context ctx;
    auto mutex = std::make_shared<async_mutex>(ctx);
    mutex->async_lock([mutex](error_code) {});
    mutex->async_lock(asio_test::at_end([&was_refused, mutex] {
      try
      {
        mutex->lock();
      }
      catch (const system_error& e)
      {
        was_refused = e.code() == net::error::operation_aborted;
      }
    }));
  }

  BOOST_TEST(was_refused);
}

// std's locks.

BOOST_FIXTURE_TEST_CASE(unique_lock_works, fixture)
{
  {
    std::unique_lock<async_mutex> lock(mutex);
    BOOST_TEST(!mutex.try_lock());
    lock.unlock();
    BOOST_TEST(lock.try_lock());
    lock.unlock();
    BOOST_TEST(lock.try_lock_for(1ms));
    lock.unlock();
    BOOST_TEST(lock.try_lock_until(std::chrono::steady_clock::now()));
  }
  {
    std::unique_lock<async_mutex> lock(mutex, 1ms);
    BOOST_TEST(lock.owns_lock());
    BOOST_TEST(!std::unique_lock<async_mutex>(mutex, 1ms).owns_lock());
  }
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(scoped_lock_locks_two, fixture)
{
  async_mutex other(ctx);
  {
    const std::scoped_lock lock(mutex, other);
    BOOST_TEST(!mutex.try_lock());
    BOOST_TEST(!other.try_lock());
  }
  BOOST_TEST(mutex.try_lock());
  BOOST_TEST(other.try_lock());
}

BOOST_FIXTURE_TEST_CASE(std_lock_takes_mutexes_and_locks, fixture)
{
  async_mutex other(ctx);
  std::lock(mutex, other);
  mutex.unlock();
  other.unlock();
  mutex_lock a(mutex, std::defer_lock), b(other, std::defer_lock);
  std::lock(a, b);

  BOOST_TEST(a.owns_lock());
  BOOST_TEST(b.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(std_lock_takes_two_in_any_order, fixture)
{
  async_mutex other(ctx);
  int inside = 0;
  const auto work = [&](async_mutex& a, async_mutex& b) {
    for (int i = 0; i < 1000; ++i)
    {
      const std::scoped_lock lock(a, b);
      ++inside;
    }
  };
  std::thread thread([&] { work(other, mutex); });
  work(mutex, other);
  thread.join();

  BOOST_TEST(inside == 2000);
}
