// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_condvar.hpp>

#include "any_wait.hpp"
#include "condvar_test.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using asio_test::outcome;
using net::bind_cancellation_slot;
using net::cancellation_type;
using namespace std::chrono_literals;

struct fixture : asio_test::condvar_fixture
{
  // Whether the wait is over, and how often that was asked.
  auto predicate()
  {
    return [this] {
      ++asked;
      return is_over;
    };
  }

  void emit()
  {
    signal.emit(cancellation_type::all);
  }

  bool is_over = false;
  int asked = 0;
  net::cancellation_signal signal;
};

// Throws when it is copied.
struct throwing_predicate
{
  throwing_predicate() = default;

  throwing_predicate(const throwing_predicate&)
  {
    throw 42;
  }

  bool operator()() const
  {
    return false;
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_true_predicate_needs_no_wait, fixture)
{
  is_over = true;
  lock = mutex_lock(mutex);
  condvar.async_wait(lock, predicate(), first.handler());
  condvar.async_wait(predicate(), second.handler());
  BOOST_TEST(asked == 2);
  BOOST_TEST(first.calls() + second.calls() == 0);
  BOOST_TEST(lock.owns_lock());
  is_over = false;
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(asked == 2);
}

BOOST_FIXTURE_TEST_CASE(a_false_predicate_waits_again, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait(lock, predicate(), first.handler());
  for (int i = 2; i < 5; ++i)
  {
    condvar.notify_one();
    BOOST_TEST(condvar.waiters() == 0u);
    run();
    BOOST_TEST(asked == i);
    BOOST_TEST(condvar.waiters() == 1u);
    BOOST_TEST(is_free());
  }
  is_over = true;
  condvar.notify_all();
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_predicate_sees_the_mutex_owned, fixture)
{
  int owned = 0;
  lock = mutex_lock(mutex);
  condvar.async_wait(
      lock,
      [&] {
        owned += lock.owns_lock() && !mutex.try_lock() ? 1 : 0;
        return is_over;
      },
      first.handler());
  condvar.notify_one();
  run();
  is_over = true;
  condvar.notify_one();
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(owned == 3);
}

BOOST_FIXTURE_TEST_CASE(a_predicate_runs_on_the_handlers_executor, fixture)
{
  net::io_context other;
  auto strand = net::make_strand(other);
  bool was_inside = false;
  condvar.async_wait(
      [&] {
        was_inside = strand.running_in_this_thread();
        return is_over;
      },
      net::bind_executor(strand, first.handler()));
  BOOST_TEST(!was_inside);
  condvar.notify_one();
  run();
  BOOST_TEST(condvar.waiters() == 0u);
  other.poll();
  BOOST_TEST(was_inside);
  BOOST_TEST(condvar.waiters() == 1u);
  is_over = true;
  condvar.notify_one();
  run();
  other.poll();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_predicate_keeps_both_contexts_busy, fixture)
{
  net::io_context other;
  const auto ex = net::make_strand(other);
  condvar.async_wait(predicate(), net::bind_executor(ex, first.handler()));
  for (int i = 2; i < 5; ++i)
  {
    condvar.notify_one();
    BOOST_TEST(ctx.poll() == 1u);
    BOOST_TEST(!ctx.stopped());
    other.poll();
    BOOST_TEST(asked == i);
    BOOST_TEST(!other.stopped());
    BOOST_TEST(ctx.poll() == 0u);
    BOOST_TEST(!ctx.stopped());
  }
  is_over = true;
  condvar.notify_one();
  BOOST_TEST(ctx.poll() == 1u);
  BOOST_TEST(!ctx.stopped());
  other.poll();

  BOOST_TEST(first.is_success());
  BOOST_TEST(ctx.stopped());
  BOOST_TEST(other.stopped());
}

BOOST_FIXTURE_TEST_CASE(whatever_ends_a_wait_ends_its_work, fixture)
{
  // The handler is destroyed with its context.
  auto doomed = std::make_unique<net::io_context>();
  condvar.async_wait(predicate(), net::bind_executor(*doomed, first.handler()));
  condvar.notify_one();
  ctx.poll();
  BOOST_TEST(!ctx.stopped());
  doomed.reset();
  BOOST_TEST(ctx.stopped());

  // The predicate throws.
  net::io_context other;
  const auto ask = [this] { return ++asked != 2 ? false : throw 42; };
  asked = 0;
  condvar.async_wait(ask, net::bind_executor(other, first.handler()));
  condvar.notify_one();
  run();
  BOOST_TEST(!ctx.stopped());
  BOOST_CHECK_THROW(other.run(), int);
  BOOST_TEST(ctx.stopped());

  // The executor throws.
  lock = mutex_lock(mutex);
  condvar.async_wait(lock, predicate(),
      net::bind_executor(asio_test::throwing_executor{&ctx}, first.handler()));
  condvar.notify_one();
  ctx.restart();
  BOOST_CHECK_THROW(ctx.run(), int);
  BOOST_TEST(is_free());
  ctx.run();
  BOOST_TEST(ctx.stopped());
  BOOST_TEST(first.calls() == 0);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_wait_does_not_stop_the_only_thread)
{
  net::io_context only(1);
  async_condvar condvar(only);
  outcome last;
  bool is_over = false;
  condvar.async_wait([&] { return std::exchange(is_over, true); },
      [&](error_code ec) {
        net::post(only,
            [&, ec] { net::post(only, [&, ec] { last.handler()(ec); }); });
      });
  net::post(only, [&] { condvar.notify_one(); });
  only.run();

  BOOST_TEST(last.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_predicate_may_notify, fixture)
{
  condvar.async_wait(second.handler());
  condvar.async_wait(
      [&] {
        condvar.notify_one();
        return is_over;
      },
      first.handler());
  run();
  BOOST_TEST(second.is_success());
  BOOST_TEST(condvar.waiters() == 1u);

  // It does not notify itself: it is not waiting then.
  condvar.notify_one();
  run();
  BOOST_TEST(condvar.waiters() == 1u);
  BOOST_TEST(first.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_predicate_may_do_anything, fixture)
{
  auto owned = std::make_unique<async_condvar>(ctx);
  owned->async_wait(
      [&] {
        if (!is_over)
          return false;
        owned->cancel();
        owned.reset();
        return false;
      },
      first.handler());
  owned->async_wait(second.handler());
  is_over = true;
  owned->notify_one();
  run();

  BOOST_TEST(!owned);
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(a_predicate_need_only_be_movable, fixture)
{
  condvar.async_wait(
      [this, p = std::make_unique<int>(3)]() mutable {
        return --*p == 0 || is_over;
      },
      first.handler());
  condvar.notify_one();
  run();
  BOOST_TEST(first.calls() == 0);
  condvar.notify_one();
  run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_predicate_may_be_an_lvalue, fixture)
{
  const auto is_done = predicate();
  condvar.async_wait(is_done, first.handler());
  is_over = true;
  condvar.notify_one();
  run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(cancellation_ends_a_wait_with_a_predicate, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait(lock, predicate(),
      bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.notify_one();
  run();
  is_over = true;
  emit();
  run();

  // It is not asked again.
  BOOST_TEST(asked == 2);
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_signal_during_the_predicate_is_heeded, fixture)
{
  const auto ask = [&] {
    if (++asked > 1)
      emit();
    return is_over;
  };
  condvar.async_wait(
      ask, bind_cancellation_slot(signal.slot(), first.handler()));
  condvar.notify_one();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));

  // Also if it is true: cancellation is never swallowed.
  asked = 0;
  condvar.async_wait(
      ask, bind_cancellation_slot(signal.slot(), second.handler()));
  is_over = true;
  condvar.async_wait(third.handler());
  condvar.notify_one();
  run();
  BOOST_TEST(second.is(net::error::operation_aborted));
  BOOST_TEST(third.is_success());
}

BOOST_FIXTURE_TEST_CASE(cancel_reaches_a_wait_that_comes_home, fixture)
{
  condvar.async_wait(predicate(), first.handler());
  condvar.async_wait(predicate(), second.handler());
  condvar.notify(2);
  condvar.cancel();
  ctx.run_one();
  is_over = true;
  run();

  // One is sent home and too late, the other one is not sent home.
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(destruction_reaches_a_wait_that_comes_home, fixture)
{
  std::optional<async_condvar> doomed(std::in_place, ctx);
  doomed->async_wait(predicate(), first.handler());
  doomed->notify_one();
  doomed.emplace(ctx);
  doomed->async_wait(second.handler());
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(doomed->waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_time_ends_a_wait_with_a_predicate, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait_for(lock, 1ms, predicate(), first.handler());
  condvar.async_wait_until(
      std::chrono::steady_clock::now(), predicate(), second.handler());
  condvar.notify_all();
  ctx.run();

  BOOST_TEST(first.is(net::error::timed_out));
  BOOST_TEST(second.is(net::error::timed_out));
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(the_predicate_is_asked_after_the_time, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait_for(lock, 1ms, predicate(), first.handler());
  condvar.async_wait_for(1ms, predicate(), second.handler());
  condvar.async_wait_until(
      lock, std::chrono::system_clock::now(), predicate(), third.handler());
  is_over = true;
  ctx.run();

  // The third one was refused, as the first one had the mutex.
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is(asio_test::not_permitted()));
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_true_predicate_ends_a_wait_that_passed_on, fixture)
{
  lock = mutex_lock(mutex);
  condvar.async_wait_for(lock, 1ms, predicate(), first.handler());
  mutex.lock();
  is_over = true;
  condvar.notify_one();
  condvar.async_wait(second.handler());
  while (condvar.waiters() != 0)
  {
    ctx.restart();
    ctx.run_one();
  }
  mutex.unlock();
  run();

  // One notification, and both succeed.
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_predicate_that_can_not_be_kept, fixture)
{
  const throwing_predicate ask;
  lock = mutex_lock(mutex);
  BOOST_CHECK_THROW(condvar.async_wait(lock, ask, first.handler()), int);
  BOOST_CHECK_THROW(
      condvar.async_wait_for(lock, 1ms, throwing_predicate(), first.handler()),
      int);

  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(ctx.poll() == 0u);
}

BOOST_FIXTURE_TEST_CASE(
    a_predicate_that_can_not_be_kept_leaves_the_handler_its_memory, fixture)
{
  const throwing_predicate ask;
  asio_test::fate f;
  BOOST_CHECK_THROW(
      condvar.async_wait(ask, asio_test::any_handler(f, ctx.get_executor())),
      int);

  BOOST_TEST(f.is_over());
  BOOST_TEST(f.left_behind == 0);
}

BOOST_FIXTURE_TEST_CASE(a_predicate_that_throws_changes_nothing, fixture)
{
  lock = mutex_lock(mutex);
  const auto ask = []() -> bool { throw 42; };
  BOOST_CHECK_THROW(condvar.async_wait(lock, ask, first.handler()), int);
  BOOST_CHECK_THROW(condvar.async_wait(ask, first.handler()), int);

  BOOST_TEST(lock.owns_lock());
  BOOST_TEST(condvar.waiters() == 0u);
  BOOST_TEST(ctx.poll() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_predicate_that_throws_ends_the_wait, fixture)
{
  auto token = std::make_shared<int>(0);
  lock = mutex_lock(mutex);
  condvar.async_wait_for(
      lock, 1h,
      [&] {
        if (is_over)
          throw 42;
        return false;
      },
      bind_cancellation_slot(signal.slot(),
          [token, &o = first](error_code ec) { o.handler()(ec); }));
  is_over = true;
  condvar.notify_one();
  BOOST_CHECK_THROW(ctx.run(), int);
  emit();

  // The handler is not called, and the mutex is owned.
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(token.use_count() == 1);
  BOOST_TEST(lock.owns_lock());
  ctx.run();
  BOOST_TEST(ctx.stopped());
}

BOOST_AUTO_TEST_CASE(a_context_may_end_while_a_predicate_is_due)
{
  auto token = std::make_shared<int>(0);
  mutex_lock lock;
  int asked = 0;
  {
    asio_test::condvar_fixture f;
    lock = mutex_lock(f.mutex);
    const auto ask = [&asked, token] { return ++asked == 3; };
    f.condvar.async_wait(lock, ask, f.first.handler());
    f.condvar.async_wait(ask, f.second.handler());
    f.condvar.notify_all();
    BOOST_TEST(token.use_count() == 4);
    lock = {};
  }

  BOOST_TEST(asked == 2);
  BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_predicate_is_asked_in_threads_of_the_pool)
{
  net::thread_pool pool(2);
  asio_sync::async_mutex mutex(pool);
  async_condvar condvar(pool);
  int value = 0;
  mutex_lock lock(mutex);
  auto result = condvar.async_wait(
      lock, [&] { return value == 100; }, net::use_future);
  for (int i = 0; i < 100; ++i)
  {
    {
      mutex_lock owner(mutex);
      ++value;
    }
    condvar.notify_one();
  }

  BOOST_CHECK_NO_THROW(result.get());
  BOOST_TEST(value == 100);
  BOOST_TEST(lock.owns_lock());
}
