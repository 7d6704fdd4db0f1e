// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What the rounds of stress tests run on, and count.

#ifndef ASIO_SYNC_TEST_STRESS_ROUND_HPP
#define ASIO_SYNC_TEST_STRESS_ROUND_HPP

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <utility>

namespace stress_test {

namespace net = asio_sync::net;
using asio_sync::error_code;
using random = std::mt19937_64;

// Two contexts of two threads each.
struct contexts
{
  contexts()
    : work(net::make_work_guard(ctx)),
      threads{std::thread([this] { ctx.run(); }),
          std::thread([this] { ctx.run(); })}
  {
  }

  ~contexts()
  {
    join();
  }

  // Run what is left.
  void join()
  {
    work.reset();
    for (std::thread& t : threads)
      if (t.joinable())
        t.join();
    pool.join();
  }

  // One or the other.
  net::any_io_executor executor(int i)
  {
    return i % 2 == 0 ? net::any_io_executor(pool.get_executor())
                      : net::any_io_executor(ctx.get_executor());
  }

  net::thread_pool pool{2};
  net::io_context ctx;
  net::executor_work_guard<net::io_context::executor_type> work;
  std::thread threads[2];
};

// How many handlers and actors a round has. To begin is relaxed, so that
// ThreadSanitizer sees no order of handlers but that of the library. The
// release of each end pairs with the acquire of who waits for the last one.
class pending
{
public:
  void begin()
  {
    count_.fetch_add(1, std::memory_order_relaxed);
  }

  void end()
  {
    count_.fetch_sub(1, std::memory_order_release);
  }

  bool is_empty() const
  {
    return count_.load(std::memory_order_acquire) == 0;
  }

private:
  std::atomic<long> count_{0};
};

// How often each handler that one thread or strand has started was called.
// Relaxed, as above: it is read when nobody runs.
class handler_calls
{
public:
  explicit handler_calls(pending& all)
    : all_(all)
  {
  }

  // What a handler, which is started then, must call first.
  auto start()
  {
    all_.begin();
    return [&all = all_, &calls = calls_.emplace_back(0)] {
      if (calls.fetch_add(1, std::memory_order_relaxed) == 0)
        all.end();
    };
  }

  long size() const
  {
    return long(calls_.size());
  }

  bool are_one_each() const
  {
    return std::all_of(calls_.begin(), calls_.end(),
        [](const std::atomic<int>& n) { return n == 1; });
  }

private:
  pending& all_;
  std::deque<std::atomic<int>> calls_;
};

// What all parts of a round share.
class round_state
{
public:
  explicit round_state(long n = 0)
    : left_(n)
  {
  }

  // Whether there is one more operation to start.
  bool take_one()
  {
    return left_.fetch_sub(1, std::memory_order_relaxed) > 0;
  }

  // For one more thread or strand. Before there are threads.
  handler_calls& add_calls()
  {
    return calls_.emplace_back(all);
  }

  void wait_until_idle() const
  {
    asio_test::spin_until([this] { return all.is_empty(); });
  }

  // Requires: no context runs that might call a handler once more.
  // Returns how many handlers there were.
  long require_one_call_each() const
  {
    long handlers = 0;
    for (const handler_calls& calls : calls_)
    {
      BOOST_TEST_REQUIRE(calls.are_one_each());
      handlers += calls.size();
    }
    return handlers;
  }

  // Requires: threads that start handlers have ended.
  long finish(contexts& running) const
  {
    wait_until_idle();
    running.join();
    return require_one_call_each();
  }

  pending all;

private:
  std::atomic<long> left_;
  std::deque<handler_calls> calls_;
};

// Starts one wait after the other on a strand, until it holds itself no more.
class actor : public std::enable_shared_from_this<actor>
{
public:
  actor(round_state& state, const net::any_io_executor& ex, std::uint64_t seed)
    : state_(state),
      strand_(net::make_strand(ex)),
      random_(seed),
      calls_(state.add_calls())
  {
    state_.all.begin();
  }

  actor(const actor&) = delete;
  actor& operator=(const actor&) = delete;

  virtual ~actor()
  {
    state_.all.end();
  }

  void start()
  {
    post([this] { next(); });
  }

protected:
  virtual void next() = 0;

  template <typename Function>
  void post(Function f)
  {
    net::post(strand_,
        [self = shared_from_this(), f = std::move(f)]() mutable { f(); });
  }

  // The handler of a wait, which the signal of all cancels.
  template <typename Function>
  auto handler(Function f)
  {
    return net::bind_cancellation_slot(signal_.slot(),
        net::bind_executor(strand_,
            [self = shared_from_this(), called = calls_.start(), f](
                error_code ec, auto... owner) {
              called();
              f(ec, std::move(owner)...);
            }));
  }

  // Cancel one wait in so many.
  void cancel_one_in(unsigned n)
  {
    if (random_() % n == 0)
      post([this] { signal_.emit(net::cancellation_type::all); });
  }

  round_state& state_;
  const net::strand<net::any_io_executor> strand_;
  random random_;

private:
  handler_calls& calls_;
  net::cancellation_signal signal_;
};

} // namespace stress_test

#endif // ASIO_SYNC_TEST_STRESS_ROUND_HPP
