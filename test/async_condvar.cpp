// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_condvar.hpp>

#include "condvar_test.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using asio_test::not_permitted;
using asio_test::outcome;
using net::bind_cancellation_slot;
using net::cancellation_type;
using namespace std::chrono_literals;

struct fixture : asio_test::condvar_fixture
{
  // Wait with a lock of its own, which the outcome's handler owns.
  void wait_with(mutex_lock& l, outcome& o)
  {
    l = mutex_lock(mutex);
    condvar.async_wait(
        l, bind_cancellation_slot(signal.slot(), [&](error_code ec) {
          BOOST_TEST(l.owns_lock());
          o.handler()(ec);
        }));
  }

  void emit()
  {
    signal.emit(cancellation_type::all);
  }

  net::cancellation_signal signal;
};

} // namespace

// Notifications.

BOOST_FIXTURE_TEST_CASE(notify_one_ends_the_oldest_wait, fixture)
{
  condvar.async_wait(first.handler());
  condvar.async_wait(second.handler());
  BOOST_TEST(condvar.waiters() == 2u);
  condvar.notify_one();
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(condvar.waiters() == 1u);
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(notify_ends_as_many_as_it_says, fixture)
{
  std::vector<int> order;
  for (int i = 0; i < 4; ++i)
    condvar.async_wait([&, i](error_code) { order.push_back(i); });
  condvar.notify(0);
  condvar.notify(2);
  run();

  const std::vector<int> expected{0, 1};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
  BOOST_TEST(condvar.waiters() == 2u);
}

BOOST_FIXTURE_TEST_CASE(notify_all_ends_all, fixture)
{
  condvar.async_wait(first.handler());
  condvar.async_wait_for(1h, second.handler());
  condvar.notify_all();
  BOOST_TEST(condvar.waiters() == 0u);
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_notification_is_never_remembered, fixture)
{
  condvar.notify_one();
  condvar.notify_all();
  condvar.async_wait(first.handler());
  run();
  BOOST_TEST(first.calls() == 0);

  // Nor is what is left of one.
  condvar.notify(5);
  condvar.async_wait(second.handler());
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_is_not_notified, fixture)
{
  condvar.async_wait(bind_cancellation_slot(signal.slot(), first.handler()));
  emit();
  condvar.async_wait(second.handler());
  condvar.notify_one();
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(one_broadcast_ends_one_wait_of_each, fixture)
{
  int rounds = 0;
  const auto wait = [&](auto self) -> void {
    condvar.async_wait([&, self](error_code) {
      ++rounds;
      self(self);
    });
  };
  for (int i = 0; i < 3; ++i)
    wait(wait);
  condvar.notify_all();
  run();
  BOOST_TEST(rounds == 3);
  BOOST_TEST(condvar.waiters() == 3u);

  condvar.notify(3);
  run();
  BOOST_TEST(rounds == 6);
}

// The mutex.

BOOST_FIXTURE_TEST_CASE(a_wait_releases_and_owns_again, fixture)
{
  wait_with(lock, first);
  BOOST_TEST(!lock.owns_lock());
  BOOST_TEST(is_free());
  condvar.notify_one();
  BOOST_TEST(!is_free());
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_wait_begins_before_the_mutex_is_released, fixture)
{
  lock = mutex_lock(mutex);
  mutex.async_scoped_lock(
      [&](error_code, mutex_lock) { condvar.notify_one(); });
  condvar.async_wait(lock, first.handler());
  run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(the_notified_queue_up_for_the_mutex, fixture)
{
  wait_with(lock, first);
  wait_with(other_lock, second);
  mutex.lock();
  mutex.async_lock(third.handler());
  condvar.notify_all();
  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(mutex.waiters() == 3u);
  BOOST_TEST(ctx.poll() == 0u);

  // They run one after the other, behind whoever was there.
  mutex.unlock();
  run();
  BOOST_TEST(third.is_success());
  BOOST_TEST(first.calls() + second.calls() == 0);
  mutex.unlock();
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
  lock.unlock();
  run();
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(every_error_leaves_the_mutex_owned, fixture)
{
  wait_with(lock, first);
  emit();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(lock.owns_lock());
  lock.unlock();

  wait_with(lock, second);
  condvar.cancel();
  run();
  BOOST_TEST(second.is(net::error::operation_aborted));
  BOOST_TEST(lock.owns_lock());

  condvar.async_wait_for(lock, 1ms, third.handler());
  BOOST_TEST(!lock.owns_lock());
  ctx.restart();
  ctx.run();
  BOOST_TEST(third.is(net::error::timed_out));
  BOOST_TEST(lock.owns_lock());

  outcome fourth, fifth;
  condvar.async_wait_until(
      lock, std::chrono::system_clock::now(), fourth.handler());
  ctx.restart();
  ctx.run();
  BOOST_TEST(fourth.is(net::error::timed_out));
  BOOST_TEST(lock.owns_lock());

  condvar.async_wait(lock, fifth.handler());
  condvar = async_condvar(ctx);
  run();
  BOOST_TEST(fifth.is(net::error::operation_aborted));
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_still_waits_for_the_mutex, fixture)
{
  wait_with(lock, first);
  mutex.lock();
  emit();
  run();
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(mutex.waiters() == 1u);

  mutex.unlock();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(cancel_of_the_mutex_concerns_others_only, fixture)
{
  wait_with(lock, first);
  mutex.lock();
  condvar.notify_one();
  mutex.async_lock(second.handler());
  mutex.cancel();
  run();
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(second.is(net::error::operation_aborted));

  mutex.unlock();
  run();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(waits_with_different_mutexes_go_their_ways, fixture)
{
  async_mutex another(ctx);
  std::deque<mutex_lock> locks;
  std::vector<int> order;
  for (async_mutex* m : {&mutex, &another, &another, &mutex})
  {
    mutex_lock& l = locks.emplace_back(*m);
    condvar.async_wait(l, [&, i = locks.size()](error_code ec) {
      BOOST_TEST(!ec);
      BOOST_TEST(l.owns_lock());
      order.push_back(int(i));
    });
  }
  condvar.async_wait(first.handler());
  another.lock();
  condvar.notify_all();
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(order == std::vector<int>{1}, boost::test_tools::per_element());

  another.unlock();
  locks[0].unlock();
  run();
  const std::vector<int> expected{1, 2, 4};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(who_owns_nothing_is_refused, fixture)
{
  condvar.async_wait(lock, first.handler());
  lock = mutex_lock(mutex, std::defer_lock);
  condvar.async_wait_for(
      lock, 1h, [] { return true; }, second.handler());
  BOOST_TEST(first.calls() == 0);
  run();
  BOOST_TEST(first.is(not_permitted()));
  BOOST_TEST(second.is(not_permitted()));

  std::optional<async_mutex> doomed(std::in_place, ctx);
  lock = mutex_lock(*doomed);
  doomed.reset();
  condvar.async_wait(lock, third.handler());
  run();
  BOOST_TEST(third.is(not_permitted()));
  BOOST_TEST(condvar.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_mutex_of_another_context_is_refused, fixture)
{
  net::io_context another;
  async_mutex foreign(another);
  lock = mutex_lock(foreign);
  condvar.async_wait(lock, first.handler());
  run();

  BOOST_TEST(first.is(net::error::invalid_argument));
  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(!foreign.try_lock());
  BOOST_TEST(condvar.waiters() == 0u);
  lock = {};
}

BOOST_FIXTURE_TEST_CASE(without_its_mutex_a_wait_is_aborted, fixture)
{
  std::optional<async_mutex> doomed(std::in_place, ctx);
  lock = mutex_lock(*doomed);
  condvar.async_wait(lock, first.handler());
  doomed.emplace(ctx);
  condvar.notify_one();
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(!lock.owns_lock());
  BOOST_TEST(doomed->try_lock());
}

BOOST_FIXTURE_TEST_CASE(a_mutex_may_end_while_the_notified_queue, fixture)
{
  std::optional<async_mutex> doomed(std::in_place, ctx);
  lock = mutex_lock(*doomed);
  condvar.async_wait(lock, first.handler());
  doomed->lock();
  condvar.notify_one();
  doomed.emplace(ctx);
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(!lock.owns_lock());
  BOOST_TEST(doomed->try_lock());
}

// Passing on.

BOOST_FIXTURE_TEST_CASE(a_late_cancellation_passes_notify_one_on, fixture)
{
  wait_with(lock, first);
  other_lock = mutex_lock(mutex);
  condvar.async_wait(other_lock, second.handler());
  mutex.lock();
  condvar.notify_one();
  emit();
  mutex.unlock();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(lock.owns_lock());

  lock.unlock();
  run();
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_cancellation_before_the_handler_counts, fixture)
{
  condvar.async_wait(bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.async_wait(second.handler());
  condvar.notify_one();
  emit();
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(each_of_n_notifications_is_passed_on, fixture)
{
  condvar.async_wait(bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.async_wait(second.handler());
  condvar.async_wait(third.handler());
  condvar.notify(2);
  emit();
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_notification_goes_to_who_waits_by_then, fixture)
{
  condvar.async_wait(bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.notify_one();
  condvar.async_wait(second.handler());
  emit();
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(what_nobody_waits_for_is_gone, fixture)
{
  condvar.async_wait(bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.notify_one();
  emit();
  condvar.async_wait(second.handler());
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(condvar.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(notify_all_is_not_passed_on, fixture)
{
  condvar.async_wait(bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.notify_all();
  condvar.async_wait(second.handler());
  emit();
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_time_out_passes_notify_one_on, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait_for(lock, 1ms, first.handler());
  mutex.lock();
  other_lock = mutex_lock(mutex, std::adopt_lock);
  condvar.notify_one();
  condvar.async_wait(second.handler());
  while (condvar.waiters() != 0)
  {
    ctx.restart();
    ctx.run_one();
  }
  other_lock.unlock();
  run();

  BOOST_TEST(first.is(net::error::timed_out));
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(cancel_aborts_those_not_yet_notified, fixture)
{
  condvar.async_wait(first.handler());
  condvar.async_wait(second.handler());
  condvar.notify_one();
  condvar.cancel();
  condvar.async_wait(third.handler());
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is(net::error::operation_aborted));
  BOOST_TEST(third.calls() == 0);
}

// Ends.

BOOST_FIXTURE_TEST_CASE(a_destroyed_handler_unlocks_the_mutex, fixture)
{
  auto doomed = std::make_unique<net::io_context>();
  auto gone = std::make_unique<mutex_lock>(mutex);
  condvar.async_wait(*gone, net::bind_executor(*doomed, first.handler()));
  condvar.notify_one();
  run();
  BOOST_TEST(!is_free());

  // The lock need not live any more.
  gone.reset();
  doomed.reset();
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(is_free());
}

BOOST_FIXTURE_TEST_CASE(an_executor_that_throws_unlocks_the_mutex, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait(lock,
      net::bind_executor(asio_test::throwing_executor{&ctx}, first.handler()));
  condvar.notify_one();
  BOOST_CHECK_THROW(ctx.run(), int);

  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(is_free());
}

BOOST_FIXTURE_TEST_CASE(a_lazy_wait_begins_where_the_object_went, fixture)
{
  auto wait = condvar.async_wait(asio_test::deferred);
  async_condvar moved(std::move(condvar));
  std::move(wait)(first.handler());

  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(moved.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_owns_the_mutex, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait(lock, [](error_code) { throw 42; });
  condvar.notify_one();
  BOOST_CHECK_THROW(ctx.run(), int);

  BOOST_TEST(lock.owns_lock());
}

#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR

BOOST_FIXTURE_TEST_CASE(an_immediate_executor_decides, fixture)
{
  const auto inline_token = [](auto handler) {
    return net::bind_immediate_executor(
        net::system_executor(), std::move(handler));
  };
  condvar.async_wait(lock, inline_token(first.handler()));
  BOOST_TEST(first.is(not_permitted()));
  condvar.async_wait([] { return true; }, inline_token(second.handler()));
  BOOST_TEST(second.is_success());
  condvar.async_wait(inline_token(third.handler()));
  condvar.notify_one();
  BOOST_TEST(third.calls() == 0);
  run();
  BOOST_TEST(third.is_success());
}

#endif

#if ASIO_SYNC_TEST_HAS_AWAITABLE

BOOST_FIXTURE_TEST_CASE(coroutines_hand_items_over, fixture)
{
  constexpr int count = 1000;
  std::deque<int> items;
  std::vector<int> received;
  const auto produce = [&]() -> net::awaitable<void> {
    for (int i = 0; i < count; ++i)
    {
      auto owner = co_await mutex.async_scoped_lock(net::use_awaitable);
      co_await condvar.async_wait(
          owner, [&] { return items.size() < 3; }, net::use_awaitable);
      items.push_back(i);
      condvar.notify_all();
    }
  };
  const auto consume = [&]() -> net::awaitable<void> {
    for (int i = 0; i < count / 2; ++i)
    {
      auto owner = co_await mutex.async_scoped_lock(net::use_awaitable);
      co_await condvar.async_wait(
          owner, [&] { return !items.empty(); }, net::use_awaitable);
      received.push_back(items.front());
      items.pop_front();
      condvar.notify_all();
    }
  };
  for (int i = 0; i < 2; ++i)
    net::co_spawn(ctx, consume, net::detached);
  net::co_spawn(ctx, produce, net::detached);
  ctx.run();

  BOOST_TEST(received.size() == std::size_t(count));
  BOOST_TEST(std::is_sorted(received.begin(), received.end()));
  BOOST_TEST(is_free());
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_may_be_destroyed_while_it_waits, fixture)
{
  auto doomed = std::make_unique<net::io_context>();
  net::co_spawn(
      *doomed,
      [&]() -> net::awaitable<void> {
        auto owner = co_await mutex.async_scoped_lock(net::use_awaitable);
        co_await condvar.async_wait(owner, net::use_awaitable);
      },
      net::detached);
  doomed->poll();
  run();
  doomed->poll();
  BOOST_TEST(condvar.waiters() == 1u);
  condvar.notify_one();
  run();
  doomed.reset();

  BOOST_TEST(is_free());
}

#endif
