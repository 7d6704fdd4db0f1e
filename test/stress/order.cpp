// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Who waits is served in the order in which the waits were started, whoever
// serves, and whoever is cancelled.

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_mutex.hpp>
#include <asio_sync/async_semaphore.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::mutex_lock;
using stress_test::contexts;
using stress_test::demand;
using stress_test::random;
using stress_test::round_state;

// A mutex, and who gives numbers to those that ask for it, one at a time.
struct counter
{
  explicit counter(contexts& all)
    : mutex(all.pool)
  {
  }

  std::mutex entrance;
  long next_number = 1;
  async_mutex mutex;
  long served = 0; // the mutex protects it
};

// Asks for the mutex again and again, and cancels itself now and then.
class customer final : public stress_test::actor
{
public:
  customer(counter& c, round_state& state, const net::any_io_executor& ex,
      std::uint64_t seed)
    : actor(state, ex, seed),
      counter_(c)
  {
  }

private:
  void next() override
  {
    if (!state_.take_one())
      return;
    const std::chrono::microseconds time(random_() % 60);
    {
      const std::lock_guard<std::mutex> alone(counter_.entrance);
      auto owned =
          handler([this, n = counter_.next_number++](error_code ec,
                      mutex_lock lock) { complete(ec, n, std::move(lock)); });
      if (random_() % 4 == 0)
        counter_.mutex.async_scoped_lock_for(time, std::move(owned));
      else
        counter_.mutex.async_scoped_lock(std::move(owned));
    }
    cancel_one_in(4);
  }

  void complete(error_code ec, long number, mutex_lock lock)
  {
    if (ec)
      return next();
    demand(std::exchange(counter_.served, number) < number,
        "a mutex is locked in the order in which that was asked for");
    if (random_() % 2 == 0)
      lock.unlock();
    post([this, l = std::move(lock)]() mutable {
      l = {};
      next();
    });
  }

  counter& counter_;
};

// The number of each owner is higher than that of the one before.
long lock_in_turn(std::uint64_t seed, long iterations)
{
  round_state state(iterations);
  contexts all;
  counter shared(all);
  random seeds(seed);
  for (int i = 0; i < 8; ++i)
    std::make_shared<customer>(shared, state, all.executor(i), seeds())
        ->start();
  std::atomic<bool> stop{false};
  std::thread canceller([&, s = seeds()] {
    random next(s);
    while (!stop)
    {
      shared.mutex.cancel();
      std::this_thread::sleep_for(std::chrono::microseconds(next() % 500));
    }
  });
  state.wait_until_idle();
  stop = true;
  canceller.join();
  return state.finish(all);
}

// What is waited for, whatever it is.

template <typename Handler>
void wait(async_semaphore& semaphore, Handler handler)
{
  semaphore.async_acquire(std::move(handler));
}

template <typename Handler>
void wait(async_condvar& condvar, Handler handler)
{
  condvar.async_wait(std::move(handler));
}

void serve_one(async_semaphore& semaphore)
{
  semaphore.release();
}

void serve_one(async_condvar& condvar)
{
  condvar.notify_one();
}

// Waits of one thread, which starts them and calls their handlers, and several
// others that serve and cancel them. What is cancelled by one is its own.
template <typename Object>
class line
{
public:
  line(Object& object, net::io_context& ctx, round_state& state, long rounds)
    : object_(object),
      ctx_(ctx),
      calls_(state.add_calls()),
      signals_(std::size_t(rounds) * (at_first + meanwhile)),
      is_over_(signals_.size())
  {
  }

  // Whoever waits still is newer than each that was served.
  void serve_some(random& seeds)
  {
    start(at_first);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < servers; ++i)
      threads.emplace_back(
          [this, i, end = started_, s = seeds()] { serve_some_of(i, end, s); });
    start(meanwhile);
    for (std::thread& t : threads)
      t.join();
    run_until([this] {
      return granted_ == served_ && over_ + waiting() == started_;
    });

    for (; oldest_ < newest_granted_; ++oldest_)
      demand(is_over_[oldest_], "the oldest wait is served first");
  }

  void cancel()
  {
    object_.cancel();
    run_until([this] { return over_ == started_; });
  }

private:
  static constexpr std::size_t servers = 3;
  static constexpr std::size_t actions = 5;
  // Nobody ever finds nothing to serve.
  static constexpr std::size_t at_first = servers * actions;
  static constexpr std::size_t meanwhile = 9;

  std::size_t waiting() const
  {
    return object_.waiters();
  }

  void start(std::size_t waits)
  {
    for (; waits != 0; --waits)
    {
      const std::size_t n = started_++;
      wait(object_,
          net::bind_cancellation_slot(signals_[n].slot(),
              [this, n, called = calls_.start()](error_code ec) {
                called();
                complete(n, ec);
              }));
    }
  }

  void complete(std::size_t n, error_code ec)
  {
    demand(!is_over_[n], "a wait ends once");
    is_over_[n] = true;
    ++over_;
    if (ec)
      return;
    ++granted_;
    newest_granted_ = std::max(newest_granted_, n);
  }

  void serve_some_of(std::size_t server, std::size_t end, std::uint64_t seed)
  {
    random next(seed);
    for (std::size_t i = 0; i < actions; ++i)
      if (next() % 3 != 0)
      {
        ++served_;
        serve_one(object_);
      }
      else
      {
        // One of the newest, of which some wait still.
        const std::size_t back = 1 + next() % (at_first / servers);
        const std::size_t n = end - back * servers + server;
        signals_[n].emit(net::cancellation_type::all);
      }
  }

  template <typename Condition>
  void run_until(Condition condition)
  {
    asio_test::spin_until([&] {
      ctx_.restart();
      ctx_.poll();
      return condition();
    });
  }

  Object& object_;
  net::io_context& ctx_;
  stress_test::handler_calls& calls_;
  std::deque<net::cancellation_signal> signals_;
  std::vector<bool> is_over_;
  std::size_t started_ = 0;
  std::size_t over_ = 0;
  std::size_t granted_ = 0;
  std::atomic<std::size_t> served_{0};
  std::size_t oldest_ = 0;
  std::size_t newest_granted_ = 0;
};

template <typename Object>
long serve_in_order(
    Object& object, net::io_context& ctx, std::uint64_t seed, long iterations)
{
  round_state state(iterations / 24);
  line<Object> waits(object, ctx, state, iterations / 24);
  random seeds(seed);
  while (state.take_one())
    waits.serve_some(seeds);
  waits.cancel();
  return state.require_one_call_each();
}

long release_in_order(std::uint64_t seed, long iterations)
{
  net::io_context ctx;
  async_semaphore semaphore(ctx, 0);
  return serve_in_order(semaphore, ctx, seed, iterations);
}

long notify_in_order(std::uint64_t seed, long iterations)
{
  net::io_context ctx;
  async_condvar condvar(ctx);
  return serve_in_order(condvar, ctx, seed, iterations);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_mutex_goes_to_who_asked_first)
{
  stress_test::repeat(lock_in_turn);
}

BOOST_AUTO_TEST_CASE(permits_go_to_the_oldest_waits)
{
  stress_test::repeat(release_in_order);
}

BOOST_AUTO_TEST_CASE(notifications_go_to_the_oldest_waits)
{
  stress_test::repeat(notify_in_order);
}
