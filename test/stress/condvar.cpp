// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_condvar.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <asio_sync/async_mutex.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
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
using executor = net::any_io_executor;
using stress_test::contexts;
using stress_test::random;
using stress_test::round_state;

// A bounded queue of numbers. Everything is protected by the mutex, so that a
// sanitizer sees whoever does not own it.
struct bounded_queue
{
  static constexpr std::size_t capacity = 3;

  explicit bounded_queue(const executor& ex, long n)
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
class worker : public std::enable_shared_from_this<worker>
{
public:
  worker(bounded_queue& queue, bool produces, const executor& ex,
      round_state& state, std::uint64_t seed)
    : queue_(queue),
      produces_(produces),
      strand_(net::make_strand(ex)),
      state_(state),
      random_(seed)
  {
    ++state_.started;
  }

  ~worker()
  {
    ++state_.completed;
  }

  void start()
  {
    queue_.mutex.async_scoped_lock(net::bind_executor(
        strand_, [self = shared_from_this()](error_code ec, mutex_lock l) {
          self->lock_ = std::move(l);
          if (!ec)
            self->wait();
          else
            self->start();
        }));
  }

private:
  auto predicate()
  {
    return [this] { return produces_ ? queue_.can_push() : queue_.can_pop(); };
  }

  void wait()
  {
    async_condvar& condvar = produces_ ? queue_.not_full : queue_.not_empty;
    auto handler = net::bind_cancellation_slot(signal_.slot(),
        net::bind_executor(strand_, [self = shared_from_this()](error_code ec) {
          self->complete(ec);
        }));
    const std::chrono::microseconds time(random_() % 60);
    switch (random_() % 4)
    {
    case 0:
      condvar.async_wait_for(lock_, time, predicate(), std::move(handler));
      break;
    case 1:
      if (predicate()())
        return complete({});
      condvar.async_wait(lock_, std::move(handler));
      break;
    default:
      condvar.async_wait(lock_, predicate(), std::move(handler));
      break;
    }
    if (random_() % 4 == 0)
      net::post(strand_, [self = shared_from_this()] {
        self->signal_.emit(net::cancellation_type::all);
      });
  }

  void complete(error_code ec)
  {
    if (!lock_.owns_lock())
      std::terminate();
    if (ec || !predicate()())
      return wait();
    if (!(produces_ ? queue_.push() : queue_.pop()))
      return lock_.unlock();
    if (random_() % 2 == 0)
      return wait();
    lock_.unlock();
    start();
  }

  bounded_queue& queue_;
  const bool produces_;
  net::strand<executor> strand_;
  round_state& state_;
  random random_;
  mutex_lock lock_;
  net::cancellation_signal signal_;
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
      if (!lock.owns_lock())
        std::terminate();
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

void hand_items_over(std::uint64_t seed, long iterations)
{
  round_state state(0);
  contexts all;
  bounded_queue queue(all.pool.get_executor(), iterations);
  random seeds(seed);
  for (int i = 0; i < 8; ++i)
    std::make_shared<worker>(queue, i % 4 < 2, all.executor(i), state, seeds())
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

  BOOST_TEST_REQUIRE(queue.consumed == iterations);
  BOOST_TEST_REQUIRE(queue.in_order);
  BOOST_TEST_REQUIRE(queue.items.empty());
  BOOST_TEST_REQUIRE(queue.not_full.waiters() == 0u);
  BOOST_TEST_REQUIRE(queue.not_empty.waiters() == 0u);
  BOOST_TEST_REQUIRE(queue.mutex.waiters() == 0u);
  BOOST_TEST_REQUIRE(mutex_lock(queue.mutex, std::try_to_lock).owns_lock());
}

// A signal against one notification of two waits: exactly one of them gets it,
// with or without a mutex.
void cancel_against_notify(std::uint64_t seed, long iterations)
{
  net::io_context ctx;
  auto work = net::make_work_guard(ctx);
  async_mutex mutex(ctx);
  async_condvar condvar(ctx);
  net::cancellation_signal signal;
  std::atomic<long> turn{0};
  std::atomic<long> done{0};
  random next(seed);
  std::thread runner([&] { ctx.run(); });
  std::thread notifier([&] {
    for (long i = 1; i <= iterations; ++i)
    {
      while (turn != i)
        std::this_thread::yield();
      condvar.notify_one();
      ++done;
    }
  });

  long notified = 0;
  for (long i = 1; i <= iterations; ++i)
  {
    std::atomic<int> successes{0}, calls{0};
    mutex_lock locks[2];
    const auto wait = [&](int k, net::cancellation_slot slot) {
      auto handler = net::bind_cancellation_slot(slot, [&, k](error_code ec) {
        successes += ec ? 0 : 1;
        if (locks[k])
          locks[k].unlock();
        ++calls;
      });
      if (i % 2 == 0)
        return condvar.async_wait(std::move(handler));
      locks[k] = mutex_lock(mutex);
      condvar.async_wait(locks[k], std::move(handler));
    };
    wait(0, signal.slot());
    wait(1, net::cancellation_slot());
    turn = i;
    if (next() % 2 == 0)
      std::this_thread::yield();
    signal.emit(net::cancellation_type::all);
    while (calls == 0 || done != i)
      std::this_thread::yield();

    // The other one either has it, or is about to, or waits still.
    while (successes == 0)
      std::this_thread::yield();
    notified += successes;
    condvar.cancel();
    while (calls != 2)
      std::this_thread::yield();
  }
  notifier.join();
  work.reset();
  runner.join();

  BOOST_TEST_REQUIRE(notified == iterations);
}

// Everybody waits again and again, and all are notified again and again.
void broadcast(std::uint64_t, long iterations)
{
  constexpr std::size_t crowd = 50;
  contexts all;
  async_mutex mutex(all.pool);
  async_condvar condvar(all.pool);
  long value = 0;
  std::atomic<std::size_t> finished{0};
  std::vector<mutex_lock> locks(crowd);
  const long last = iterations / long(crowd);
  std::function<void(std::size_t, long)> wait = [&](std::size_t i, long seen) {
    condvar.async_wait(
        locks[i], [&value, seen] { return value > seen; },
        net::bind_executor(all.executor(int(i)), [&, i](error_code ec) {
          if (ec || !locks[i])
            std::terminate();
          if (value < last)
            return wait(i, value);
          locks[i].unlock();
          ++finished;
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
  asio_test::spin_until([&] { return finished == crowd; });

  BOOST_TEST_REQUIRE(condvar.waiters() == 0u);
}

// Objects that come and go, while locks and signals of theirs are used late.
void come_and_go(std::uint64_t seed, long iterations)
{
  round_state state(iterations / 10);
  contexts all;
  std::vector<std::thread> threads;
  random seeds(seed);
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, s = seeds()] {
      random next(s);
      mutex_lock late;
      net::cancellation_signal signals[4];
      while (state.take_one())
      {
        // Each lock lives as long as its handler.
        std::optional<async_mutex> mutex(std::in_place, all.pool);
        async_condvar condvar(all.pool);
        for (net::cancellation_signal& signal : signals)
        {
          ++state.started;
          auto lock = std::make_shared<mutex_lock>(*mutex);
          condvar.async_wait(
              *lock, [asked = next() % 3]() mutable { return asked-- == 0; },
              net::bind_cancellation_slot(signal.slot(),
                  [&state, lock](error_code) { ++state.completed; }));
        }
        late = mutex_lock(*mutex, std::try_to_lock);
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
        for (net::cancellation_signal& signal : signals)
          if (next() % 2 == 0)
            signal.emit(net::cancellation_type::all);
      }
    });
  for (std::thread& t : threads)
    t.join();
  state.wait_until_idle();

  BOOST_TEST_REQUIRE(state.started == state.completed);
}

// Many threads lock one mutex as fast as they can.
void exclude(std::uint64_t, long iterations)
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
}

} // namespace

BOOST_AUTO_TEST_CASE(a_bounded_queue_loses_nothing)
{
  stress_test::repeat(hand_items_over);
}

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

BOOST_AUTO_TEST_CASE(a_mutex_excludes_threads)
{
  stress_test::repeat(exclude);
}
