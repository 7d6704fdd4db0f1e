// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_condvar.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <asio_sync/async_mutex.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using stress_test::contexts;
using stress_test::demand;
using stress_test::handler_calls;
using stress_test::random;
using stress_test::round_state;

// A signal against one notification of two waits: exactly one of them gets it,
// with or without a mutex.
long cancel_against_notify(std::uint64_t seed, long iterations)
{
  net::io_context ctx;
  auto work = net::make_work_guard(ctx);
  async_mutex mutex(ctx);
  async_condvar condvar(ctx);
  net::cancellation_signal signal;
  round_state state;
  handler_calls& calls = state.add_calls();
  std::atomic<long> turn{0}, done{0}, notified{0};
  random next(seed);
  std::thread runner([&] { ctx.run(); });
  std::thread notifier([&] {
    for (long i = 1; i <= iterations; ++i)
    {
      asio_test::spin_until([&] { return turn == i; });
      condvar.notify_one();
      ++done;
    }
  });

  mutex_lock locks[2];
  const auto wait = [&](mutex_lock& lock, bool is_locked,
                        net::cancellation_slot slot) {
    auto handler = net::bind_cancellation_slot(
        slot, [&, called = calls.start()](error_code ec) {
          notified += ec ? 0 : 1;
          if (lock)
            lock.unlock();
          called();
        });
    if (!is_locked)
      return condvar.async_wait(std::move(handler));
    lock = mutex_lock(mutex);
    condvar.async_wait(lock, std::move(handler));
  };
  for (long i = 1; i <= iterations; ++i)
  {
    wait(locks[0], i % 2 != 0, signal.slot());
    wait(locks[1], i % 2 != 0, net::cancellation_slot());
    turn = i;
    if (next() % 2 == 0)
      std::this_thread::yield();
    signal.emit(net::cancellation_type::all);

    // The first one either has it, or the other one is about to.
    asio_test::spin_until([&] { return notified >= i && done == i; });
    condvar.cancel();
    state.wait_until_idle();
    demand(notified == i, "one wait gets a notification");
  }
  notifier.join();
  work.reset();
  runner.join();
  return state.require_one_call_each();
}

// Everybody waits again and again, and all are notified again and again.
long broadcast(std::uint64_t, long iterations)
{
  constexpr std::size_t crowd = 50;
  round_state state;
  contexts all;
  async_mutex mutex(all.pool);
  async_condvar condvar(all.pool);
  long value = 0;
  std::vector<mutex_lock> locks(crowd);
  const long last = iterations / long(crowd);
  // Protected by the mutex, too.
  handler_calls& calls = state.add_calls();
  std::function<void(std::size_t, long)> wait = [&](std::size_t i, long seen) {
    condvar.async_wait(
        locks[i], [&value, seen] { return value > seen; },
        net::bind_executor(all.executor(int(i)),
            [&, i, called = calls.start()](error_code ec) {
              demand(!ec && locks[i].owns_lock(), "everybody is notified");
              if (value < last)
                wait(i, value);
              else
                locks[i].unlock();
              called();
            }));
  };
  for (std::size_t i = 0; i < crowd; ++i)
  {
    locks[i] = mutex_lock(mutex);
    wait(i, 0);
  }
  for (long i = 0; i < last; ++i)
  {
    {
      mutex_lock l(mutex);
      ++value;
    }
    condvar.notify_all();
  }
  const long waits = state.finish(all);

  BOOST_TEST_REQUIRE(condvar.waiters() == 0u);
  return waits;
}

// What is used when its object is gone.
struct leftovers
{
  mutex_lock lock;
  net::cancellation_signal signals[4];
};

// One condition variable of many, with waits that end in different ways. Each
// lock lives as long as its handler.
void use_once(async_mutex& mutex, async_condvar& condvar, leftovers& late,
    handler_calls& calls, random& next)
{
  for (net::cancellation_signal& signal : late.signals)
  {
    auto lock = std::make_shared<mutex_lock>(mutex);
    condvar.async_wait(
        *lock, [asked = next() % 3]() mutable { return asked-- == 0; },
        net::bind_cancellation_slot(signal.slot(),
            [lock, called = calls.start()](error_code) { called(); }));
  }
  late.lock = mutex_lock(mutex, std::try_to_lock);
  switch (next() % 4)
  {
  case 0:
    condvar.notify_all();
    break;
  case 1:
    condvar.notify(2);
    break;
  case 2:
    condvar.cancel();
    break;
  default:
    break;
  }
  for (net::cancellation_signal& signal : late.signals)
    if (next() % 2 == 0)
      signal.emit(net::cancellation_type::all);
}

// Objects that come and go, while locks and signals of theirs are used late.
long come_and_go(std::uint64_t seed, long iterations)
{
  round_state state(iterations / 10);
  contexts all;
  std::vector<std::thread> threads;
  random seeds(seed);
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, &calls = state.add_calls(), s = seeds()] {
      random next(s);
      leftovers late;
      while (state.take_one())
      {
        const auto ex = all.executor(int(next() % 2));
        async_mutex mutex(ex);
        async_condvar condvar(ex);
        use_once(mutex, condvar, late, calls, next);
      }
    });
  for (std::thread& t : threads)
    t.join();
  return state.finish(all);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_notification_goes_to_exactly_one)
{
  stress_test::repeat(cancel_against_notify);
}

BOOST_AUTO_TEST_CASE(a_broadcast_reaches_everybody)
{
  stress_test::repeat(broadcast);
}

BOOST_AUTO_TEST_CASE(late_uses_of_a_dead_object_are_harmless)
{
  stress_test::repeat(come_and_go);
}
