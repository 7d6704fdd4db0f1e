// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_mutex.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
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
using stress_test::contexts;
using stress_test::demand;
using stress_test::random;
using stress_test::round_state;

// A mutex protects this, and no atomic does, so that a sanitizer sees whoever
// does not own it. What is expected is not protected.
struct room
{
  explicit room(contexts& all)
    : mutex(all.pool)
  {
  }

  void enter()
  {
    demand(!std::exchange(is_taken, true), "one at a time owns the mutex");
    ++visits;
    expected.fetch_add(1, std::memory_order_relaxed);
  }

  void leave()
  {
    is_taken = false;
  }

  async_mutex mutex;
  bool is_taken = false;
  long visits = 0;
  std::atomic<long> expected{0};
};

// Locks with every form, stays for a while, cancels itself now and then.
class visitor final : public stress_test::actor
{
public:
  visitor(room& r, round_state& state, const net::any_io_executor& ex,
      std::uint64_t seed)
    : actor(state, ex, seed),
      room_(r)
  {
  }

private:
  auto locked()
  {
    return handler([this](error_code ec) {
      complete(
          ec, ec ? mutex_lock() : mutex_lock(room_.mutex, std::adopt_lock));
    });
  }

  auto owned()
  {
    return handler(
        [this](error_code ec, mutex_lock l) { complete(ec, std::move(l)); });
  }

  void next() override
  {
    if (!state_.take_one())
      return;
    async_mutex& mutex = room_.mutex;
    const std::chrono::microseconds time(random_() % 60);
    switch (random_() % 8)
    {
    case 0:
      mutex.async_lock_for(time, locked());
      break;
    case 1:
      mutex.async_lock_until(std::chrono::steady_clock::now() + time, locked());
      break;
    case 2:
      mutex.async_scoped_lock_for(time, owned());
      break;
    case 3:
      mutex.async_scoped_lock_until(
          std::chrono::system_clock::now() + time, owned());
      break;
    case 4:
    case 5:
      mutex.async_lock(locked());
      break;
    default:
      mutex.async_scoped_lock(owned());
      break;
    }
    cancel_one_in(4);
  }

  void complete(error_code ec, mutex_lock lock)
  {
    demand(lock.owns_lock() == !ec, "who owns the mutex is told so");
    if (ec)
      return next();

    room_.enter();
    if (random_() % 2 == 0)
      return finish(std::move(lock));
    post([this, l = std::move(lock)]() mutable { finish(std::move(l)); });
  }

  void finish(mutex_lock lock)
  {
    room_.leave();
    if (random_() % 2 == 0 && lock.release())
      room_.mutex.unlock();
    lock = {};
    next();
  }

  room& room_;
};

bool lock_somehow(async_mutex& mutex, random& next)
{
  const std::chrono::microseconds time(next() % 60);
  error_code ec;
  try
  {
    switch (next() % 4)
    {
    case 0:
      mutex.lock(ec);
      return !ec;
    case 1:
      return mutex.try_lock();
    case 2:
      return mutex.try_lock_for(time);
    default:
      return mutex.try_lock_until(std::chrono::system_clock::now() + time);
    }
  }
  catch (const system_error& e)
  {
    demand(e.code() == net::error::operation_aborted, "a lock is cancelled");
    return false;
  }
}

// Uses every blocking and immediate form from a plain thread, and cancels all
// now and then.
void visit_from_thread(room& r, round_state& state, std::uint64_t seed)
{
  random next(seed);
  while (state.take_one())
  {
    if (next() % 32 == 0)
      r.mutex.cancel();
    if (!lock_somehow(r.mutex, next))
      continue;
    r.enter();
    r.leave();
    r.mutex.unlock();
  }
}

// Handlers and threads share one mutex, and wait in every form.
long visit_one_by_one(std::uint64_t seed, long iterations)
{
  round_state state(iterations);
  contexts all;
  room shared(all);
  random seeds(seed);
  for (int i = 0; i < 8; ++i)
    std::make_shared<visitor>(shared, state, all.executor(i), seeds())->start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back(
        [&, s = seeds()] { visit_from_thread(shared, state, s); });
  for (std::thread& t : threads)
    t.join();
  state.finish(all);

  BOOST_TEST_REQUIRE(shared.visits == shared.expected);
  BOOST_TEST_REQUIRE(shared.mutex.waiters() == 0u);
  BOOST_TEST_REQUIRE(shared.mutex.try_lock());
  return iterations;
}

// Many threads lock one mutex as fast as they can.
long exclude(std::uint64_t, long iterations)
{
  net::io_context ctx;
  async_mutex mutex(ctx);
  round_state state(iterations);
  long count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i)
    threads.emplace_back([&, i] {
      while (state.take_one())
      {
        if (i % 2 == 0)
          mutex.lock();
        else
          while (!mutex.try_lock_for(std::chrono::microseconds(50)))
            ;
        ++count;
        mutex.unlock();
      }
    });
  for (std::thread& t : threads)
    t.join();

  BOOST_TEST_REQUIRE(count == iterations);
  BOOST_TEST_REQUIRE(mutex.try_lock());
  return iterations;
}

} // namespace

BOOST_AUTO_TEST_CASE(one_at_a_time_owns_a_mutex)
{
  stress_test::repeat(visit_one_by_one);
}

BOOST_AUTO_TEST_CASE(a_mutex_excludes_threads)
{
  stress_test::repeat(exclude);
}
