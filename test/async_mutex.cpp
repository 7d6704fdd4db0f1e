// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_mutex.hpp>

#include "allocation_log.hpp"
#include "asio_test.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_mutex;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using asio_sync::system_error;
using asio_test::outcome;
using namespace std::chrono_literals;

// A mutex that somebody owns, whose context nobody runs yet.
struct fixture
{
  fixture()
  {
    (void)mutex.try_lock();
  }

  // A handler that keeps what it gets.
  auto keep()
  {
    return [this](error_code ec, mutex_lock l) {
      first.handler()(ec);
      lock = std::move(l);
    };
  }

  net::io_context ctx;
  async_mutex mutex{ctx};
  mutex_lock lock;
  outcome first;
  outcome second;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(unlock_hands_the_mutex_to_the_oldest, fixture)
{
  mutex.async_lock(first.handler());
  mutex.async_lock(second.handler());
  BOOST_TEST(mutex.waiters() == 2u);
  mutex.unlock();
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(!mutex.try_lock());
  ctx.poll();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(mutex.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_free_mutex_is_not_granted_inline, fixture)
{
  mutex.unlock();
  mutex.async_lock(first.handler());

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(!mutex.try_lock());
  ctx.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_wait_ends_when_its_time_has_come, fixture)
{
  outcome third, fourth;
  mutex.async_lock_for(1ms, first.handler());
  mutex.async_lock_until(
      std::chrono::system_clock::now() + 1ms, second.handler());
  mutex.async_scoped_lock_for(-1s, [&](error_code ec, mutex_lock l) {
    third.handler()(l ? error_code() : ec);
  });
  mutex.async_scoped_lock_until(
      std::chrono::steady_clock::now(), [&](error_code ec, mutex_lock l) {
        fourth.handler()(l ? error_code() : ec);
      });
  ctx.run();

  for (const outcome* o : {&first, &second, &third, &fourth})
    BOOST_TEST(o->is(net::error::timed_out));
  BOOST_TEST(mutex.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_hand_over_in_time_ends_a_timed_wait, fixture)
{
  const auto later = std::chrono::steady_clock::now() + 1h;
  mutex.async_lock_for(1h, [&](error_code ec) {
    first.handler()(ec);
    mutex.unlock();
  });
  mutex.async_lock_until(later, [&](error_code ec) {
    second.handler()(ec);
    mutex.unlock();
  });
  int owners = 0;
  const auto count = [&](error_code, mutex_lock l) { owners += l ? 1 : 0; };
  mutex.async_scoped_lock_for(1h, count);
  mutex.async_scoped_lock_until(later, count);
  mutex.unlock();
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(owners == 2);
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(a_free_mutex_is_locked_also_after_the_time, fixture)
{
  mutex.unlock();
  mutex.async_lock_for(0s, first.handler());
  ctx.run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(async_scoped_lock_gives_an_owner, fixture)
{
  mutex.async_scoped_lock(keep());
  mutex.unlock();
  ctx.run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(!mutex.try_lock());

  lock = {};
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_gives_no_owner, fixture)
{
  mutex.async_scoped_lock(keep());
  mutex.cancel();
  ctx.run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(!lock);
}

BOOST_FIXTURE_TEST_CASE(a_mutex_of_an_uninvoked_handler_is_unlocked, fixture)
{
  mutex.unlock();
  {
    net::io_context doomed;
    mutex.async_lock(net::bind_executor(doomed, first.handler()));
    ctx.poll();
    BOOST_TEST(!mutex.try_lock());
  }

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(an_executor_that_throws_leaves_it_unlocked, fixture)
{
  mutex.async_lock(
      net::bind_executor(asio_test::throwing_executor{&ctx}, first.handler()));
  mutex.unlock();
  BOOST_CHECK_THROW(ctx.run(), int);

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(a_failed_start_locks_nothing, fixture)
{
  asio_test::allocation_log log{0, 0, 0};
  mutex.unlock();
  BOOST_CHECK_THROW(mutex.async_lock(net::bind_allocator(
                        asio_test::logging_allocator<>(log), first.handler())),
      std::bad_alloc);

  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(a_signal_after_the_hand_over_comes_too_late, fixture)
{
  net::cancellation_signal signal;
  mutex.async_lock(net::bind_cancellation_slot(signal.slot(), first.handler()));
  mutex.unlock();
  signal.emit(net::cancellation_type::all);
  ctx.run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(tokens_make_an_owner_of_a_lock, fixture)
{
  std::future<mutex_lock> future = mutex.async_scoped_lock(net::use_future);
  std::tuple<error_code, mutex_lock> result;
  mutex.async_scoped_lock(asio_test::as_tuple(
      [&](std::tuple<error_code, mutex_lock> t) { result = std::move(t); }));
  mutex.async_scoped_lock(net::detached);
  mutex.async_scoped_lock(asio_test::deferred)(keep());
  mutex.unlock();
  ctx.poll();
  BOOST_TEST(future.get().owns_lock());
  ctx.restart();
  ctx.poll();

  BOOST_TEST(std::get<1>(result).owns_lock());
  std::get<1>(result).unlock();
  ctx.restart();
  ctx.run();
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(an_abandoned_future_unlocks, fixture)
{
  (void)mutex.async_scoped_lock(net::use_future);
  mutex.unlock();
  ctx.run();

  BOOST_TEST(mutex.try_lock());
}

#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR

BOOST_FIXTURE_TEST_CASE(an_immediate_executor_decides, fixture)
{
  mutex.unlock();
  mutex.async_scoped_lock(
      net::bind_immediate_executor(net::system_executor(), keep()));

  BOOST_TEST(first.is_success());
  BOOST_TEST(lock.owns_lock());
}

#endif

BOOST_FIXTURE_TEST_CASE(a_thousand_tasks_exclude_each_other, fixture)
{
  int inside = 0, highest = 0;
  std::vector<int> order;
  for (int i = 0; i < 1000; ++i)
    mutex.async_scoped_lock([&, i](error_code, mutex_lock l) {
      highest = std::max(highest, ++inside);
      order.push_back(i);
      net::post(ctx, [&, owner = std::move(l)]() mutable {
        --inside;
        owner.unlock();
      });
    });
  mutex.unlock();
  ctx.run();

  BOOST_TEST(highest == 1);
  BOOST_TEST(order.size() == 1000u);
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

#if ASIO_SYNC_TEST_HAS_AWAITABLE

BOOST_FIXTURE_TEST_CASE(a_coroutine_owns_a_lock, fixture)
{
  mutex.unlock();
  auto result = net::co_spawn(
      ctx,
      [&]() -> net::awaitable<void> {
        auto owner = co_await mutex.async_scoped_lock(net::use_awaitable);
        BOOST_TEST(owner.owns_lock());
        owner.unlock();
        co_await mutex.async_lock(net::use_awaitable);
        error_code ec;
        try
        {
          co_await mutex.async_lock_for(1ms, net::use_awaitable);
        }
        catch (const system_error& e)
        {
          ec = e.code();
        }
        BOOST_TEST(ec == error_code(net::error::timed_out));
        mutex.unlock();
      },
      net::use_future);
  ctx.run();

  BOOST_CHECK_NO_THROW(result.get());
  BOOST_TEST(mutex.try_lock());
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_may_outlive_its_mutex, fixture)
{
  auto owned = std::make_unique<async_mutex>(ctx);
  net::co_spawn(
      ctx,
      [](async_mutex& m) -> net::awaitable<void> {
        auto owner = co_await m.async_scoped_lock(net::use_awaitable);
        net::steady_timer timer(co_await net::this_coro::executor, 1h);
        co_await timer.async_wait(net::use_awaitable);
      }(*owned),
      net::detached);
  ctx.poll();
  BOOST_TEST(!owned->try_lock());
  owned = std::make_unique<async_mutex>(ctx);

  // The frame is destroyed with the context, and unlocks nothing.
  BOOST_TEST(owned->try_lock());
}

#endif
