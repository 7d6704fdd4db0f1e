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
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
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
using asio_sync::system_error;
using stress_test::contexts;
using stress_test::demand;
using stress_test::random;
using stress_test::round_state;

// A bounded queue of numbers. Everything is protected by the mutex, so that a
// sanitizer sees whoever does not own it.
struct bounded_queue
{
  static constexpr std::size_t capacity = 3;

  bounded_queue(const net::any_io_executor& ex, long n)
    : mutex(ex),
      not_full(ex),
      not_empty(ex),
      total(n)
  {
  }

  bool can_push() const
  {
    return items.size() < capacity || produced == total;
  }

  bool can_pop() const
  {
    return !items.empty() || consumed == total;
  }

  // Returns false if there is nothing left to do.
  bool push()
  {
    if (produced == total)
      return false;
    items.push_back(produced++);
    if (produced == total)
      not_full.notify_all();
    not_empty.notify_one();
    return true;
  }

  bool pop()
  {
    if (consumed == total)
      return false;
    in_order = in_order && items.front() == consumed;
    items.pop_front();
    if (++consumed == total)
      not_empty.notify_all();
    not_full.notify_one();
    return true;
  }

  async_mutex mutex;
  async_condvar not_full;
  async_condvar not_empty;
  std::deque<long> items;
  const long total;
  long produced = 0;
  long consumed = 0;
  bool in_order = true;
};

// Produces or consumes as handlers, and cancels itself now and then.
class worker final : public stress_test::actor
{
public:
  worker(bounded_queue& queue, bool produces, round_state& state,
      const net::any_io_executor& ex, std::uint64_t seed)
    : actor(state, ex, seed),
      queue_(queue),
      produces_(produces)
  {
  }

private:
  void next() override
  {
    queue_.mutex.async_scoped_lock(handler([this](error_code ec, mutex_lock l) {
      lock_ = std::move(l);
      if (!ec)
        wait();
      else
        next();
    }));
  }

  auto predicate()
  {
    return [this] { return produces_ ? queue_.can_push() : queue_.can_pop(); };
  }

  auto completion()
  {
    return handler([this](error_code ec) { complete(ec); });
  }

  void wait()
  {
    async_condvar& condvar = produces_ ? queue_.not_full : queue_.not_empty;
    const std::chrono::microseconds time(random_() % 60);
    switch (random_() % 4)
    {
    case 0:
      condvar.async_wait_for(lock_, time, predicate(), completion());
      break;
    case 1:
      if (predicate()())
        return complete({});
      condvar.async_wait(lock_, completion());
      break;
    default:
      condvar.async_wait(lock_, predicate(), completion());
      break;
    }
    cancel_one_in(4);
  }

  void complete(error_code ec)
  {
    demand(lock_.owns_lock(), "a wait ends with its lock");
    if (ec || !predicate()())
      return wait();
    if (!(produces_ ? queue_.push() : queue_.pop()))
      return lock_.unlock();
    if (random_() % 2 == 0)
      return wait();
    lock_.unlock();
    next();
  }

  bounded_queue& queue_;
  const bool produces_;
  mutex_lock lock_;
};

// Produces or consumes in a plain thread.
void work_in_thread(bounded_queue& queue, bool produces, std::uint64_t seed)
{
  random next(seed);
  async_condvar& condvar = produces ? queue.not_full : queue.not_empty;
  const auto predicate = [&] {
    return produces ? queue.can_push() : queue.can_pop();
  };
  mutex_lock lock(queue.mutex);
  for (;;)
  {
    try
    {
      if (next() % 2 == 0)
        condvar.wait(lock, predicate);
      else if (!condvar.wait_for(
                   lock, std::chrono::microseconds(next() % 60), predicate))
        continue;
    }
    catch (const system_error&)
    {
      // Somebody has called cancel().
      demand(lock.owns_lock(), "a wait ends with its lock");
      continue;
    }
    if (!(produces ? queue.push() : queue.pop()))
      return;
    if (next() % 2 == 0)
    {
      lock.unlock();
      lock.lock();
    }
  }
}

// Handlers and threads produce and consume, while waits are cancelled.
long hand_items_over(std::uint64_t seed, long iterations)
{
  round_state state;
  contexts all;
  bounded_queue queue(all.pool.get_executor(), iterations);
  random seeds(seed);
  for (int i = 0; i < 8; ++i)
    std::make_shared<worker>(queue, i % 4 < 2, state, all.executor(i), seeds())
        ->start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back(
        [&, i, s = seeds()] { work_in_thread(queue, i == 0, s); });
  std::atomic<bool> stop{false};
  std::thread canceller([&, s = seeds()] {
    random next(s);
    while (!stop)
    {
      (next() % 2 == 0 ? queue.not_full : queue.not_empty).cancel();
      std::this_thread::sleep_for(std::chrono::microseconds(next() % 500));
    }
  });
  for (std::thread& t : threads)
    t.join();
  state.wait_until_idle();
  stop = true;
  canceller.join();
  state.finish(all);

  BOOST_TEST_REQUIRE(queue.consumed == iterations);
  BOOST_TEST_REQUIRE(queue.in_order);
  BOOST_TEST_REQUIRE(queue.items.empty());
  BOOST_TEST_REQUIRE(queue.not_full.waiters() == 0u);
  BOOST_TEST_REQUIRE(queue.not_empty.waiters() == 0u);
  BOOST_TEST_REQUIRE(queue.mutex.waiters() == 0u);
  BOOST_TEST_REQUIRE(mutex_lock(queue.mutex, std::try_to_lock).owns_lock());
  return iterations;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_bounded_queue_loses_nothing)
{
  stress_test::repeat(hand_items_over);
}
