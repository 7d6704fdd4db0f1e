// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_futex.hpp>

#include "futex_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_test::word;

using stress_test::contexts;
using stress_test::handler_calls;
using stress_test::random;
using stress_test::round_state;

// Follows a counter to its end, with waits that are cancelled, or run out of
// time, now and then.
class follower final : public stress_test::actor
{
public:
  follower(word& counter, std::uint32_t end, round_state& state,
      const net::any_io_executor& ex, std::uint64_t seed)
    : actor(state, ex, seed),
      counter_(counter),
      end_(end),
      futex_(ex, counter)
  {
  }

private:
  void next() override
  {
    const std::uint32_t seen = counter_.load(std::memory_order_acquire);
    if (seen == end_)
      return;
    auto woken = handler([this](error_code) { next(); });
    if (random_() % 8 == 0)
      futex_.async_wait_for(
          seen, std::chrono::microseconds(random_() % 60), std::move(woken));
    else
      futex_.async_wait(seen, std::move(woken));
    cancel_one_in(8);
  }

  word& counter_;
  const std::uint32_t end_;
  async_futex futex_;
};

void count_up(
    async_futex& futex, word& counter, std::uint32_t end, std::uint64_t seed)
{
  random next(seed);
  while (counter.fetch_add(1, std::memory_order_release) + 1 != end)
    switch (next() % 4)
    {
    case 0:
      futex.notify_one();
      break;
    case 1:
      futex.notify(2);
      break;
    case 2:
      futex.notify_all();
      break;
    default:
      break;
    }
  futex.notify_all();
}

// Whoever waits hears of the last change: nothing else would wake it.
long follow_counters(std::uint64_t seed, long iterations)
{
  const auto end = std::uint32_t(iterations);
  round_state state;
  word counters[2] = {{0}, {0}};
  contexts all;
  random seeds(seed);
  for (int i = 0; i < 12; ++i)
    std::make_shared<follower>(
        counters[i % 2], end, state, all.executor(i / 2), seeds())
        ->start();

  std::vector<std::thread> threads;
  for (word& counter : counters)
    threads.emplace_back([&, s = seeds()] {
      async_futex futex(all.pool, counter);
      count_up(futex, counter, end, s);
    });
  for (std::thread& t : threads)
    t.join();
  return state.finish(all);
}

// One object and word of many, with waits that end in different ways.
void use_once(const net::any_io_executor& ex,
    net::cancellation_signal (&signals)[4], handler_calls& calls, random& next)
{
  word w{0};
  std::atomic<int> left{4};
  {
    async_futex futex(ex, w);
    for (net::cancellation_signal& signal : signals)
      futex.async_wait(0,
          net::bind_cancellation_slot(
              signal.slot(), [&, called = calls.start()](error_code) {
                called();
                --left;
              }));
    switch (next() % 4)
    {
    case 0:
      futex.notify_one();
      break;
    case 1:
      w = 1;
      futex.notify_all();
      break;
    case 2:
      futex.cancel();
      break;
    default:
      break;
    }
    for (net::cancellation_signal& signal : signals)
      if (next() % 2 == 0)
        signal.emit(net::cancellation_type::all);
  }

  // The word goes when no handler is left.
  asio_test::spin_until([&] { return left <= 0; });
}

// Objects and words that come and go, while signals of theirs are used late.
long come_and_go(std::uint64_t seed, long iterations)
{
  round_state state(iterations / 10);
  contexts all;
  std::vector<std::thread> threads;
  random seeds(seed);
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, &calls = state.add_calls(), s = seeds()] {
      random next(s);
      net::cancellation_signal signals[4];
      while (state.take_one())
        use_once(all.executor(int(next() % 2)), signals, calls, next);
    });
  for (std::thread& t : threads)
    t.join();
  return state.finish(all);
}

// Threads that wait for an object first, all at once: one notification wakes
// both.
long first_waits(std::uint64_t, long iterations)
{
  round_state state(iterations / 20);
  contexts all;
  handler_calls* const calls[2] = {&state.add_calls(), &state.add_calls()};
  std::atomic<long> woken{0};
  while (state.take_one())
  {
    word w{0};
    async_futex futex(all.pool, w);
    std::atomic<int> ready{0};
    const auto wait = [&](handler_calls& mine) {
      ++ready;
      asio_test::spin_until([&] { return ready == 2; });
      futex.async_wait(0, [&woken, called = mine.start()](error_code ec) {
        woken += ec ? 0 : 1;
        called();
      });
    };
    std::thread other([&] { wait(*calls[1]); });
    wait(*calls[0]);
    other.join();
    w = 1;
    futex.notify_all();
    state.wait_until_idle();
  }
  const long waits = state.finish(all);

  BOOST_TEST_REQUIRE(woken == waits);
  return waits;
}

#if ASIO_SYNC_HAS_LINUX_FUTEX

// Runs a context, with one wait for a word at a time.
class waiting_party
{
public:
  waiting_party(word& w, round_state& state)
    : word_(w),
      calls_(state.add_calls()),
      futex_(ctx_, w),
      work_(net::make_work_guard(ctx_)),
      thread_([this] { ctx_.run(); })
  {
  }

  ~waiting_party()
  {
    work_.reset();
    thread_.join();
  }

  void begin()
  {
    result_ = none;
    net::post(ctx_, [this] {
      futex_.async_wait(word_,
          net::bind_cancellation_slot(
              signal_.slot(), [this, called = calls_.start()](error_code ec) {
                called();
                result_ = ec ? aborted : woken;
              }));
    });
  }

  // In the context's thread, as the signal belongs to that.
  void cancel()
  {
    net::post(ctx_, [this] { signal_.emit(net::cancellation_type::all); });
  }

  enum result
  {
    none,
    woken,
    aborted
  };

  result get() const
  {
    return result_;
  }

  bool is_over() const
  {
    return result_ != none;
  }

private:
  word& word_;
  handler_calls& calls_;
  net::io_context ctx_;
  async_futex futex_;
  net::executor_work_guard<net::io_context::executor_type> work_;
  net::cancellation_signal signal_;
  std::atomic<result> result_{none};
  std::thread thread_;
};

void race(word& w, waiting_party& first, waiting_party& second, bool wake_first)
{
  using asio_test::parked;
  using asio_test::spin_until;

  first.begin();
  spin_until([&] { return parked(w) == 1; });
  second.begin();
  spin_until([&] { return parked(w) == 2; });

  int woken = 0;
  if (wake_first)
    woken = asio_test::raw_wake(w, 1);
  first.cancel();
  if (!wake_first)
    woken = asio_test::raw_wake(w, 1);
  spin_until([&] { return first.is_over(); });
  if (woken == 1 && first.get() == waiting_party::aborted)
    spin_until([&] { return second.is_over(); });
  if (!second.is_over())
    second.cancel();
  spin_until([&] { return second.is_over(); });
  spin_until([&] { return parked(w) == 0; });
  stress_test::demand(woken == 0 || first.get() == waiting_party::woken
          || second.get() == waiting_party::woken,
      "a wake goes to one of two");
}

// Of two that wait, one is cancelled, and one is woken at the same time. If it
// was the same one, the wake must go to the other.
long cancel_against_wake(std::uint64_t seed, long iterations)
{
  word w{0};
  round_state state(5 * iterations);
  random next(seed);
  {
    waiting_party first(w, state);
    waiting_party second(w, state);
    while (state.take_one())
      race(w, first, second, next() % 2 == 0);
  }
  return state.require_one_call_each();
}

// A context with a wait, whose handler owns the object, goes. The wake that
// comes then is for another one.
long context_against_wake(std::uint64_t, long iterations)
{
  word w{0};
  round_state state(iterations / 20);
  {
    waiting_party survivor(w, state);
    while (state.take_one())
    {
      auto ctx = std::make_unique<net::io_context>();
      auto futex = std::make_shared<async_futex>(*ctx, w);
      futex->async_wait(w, [futex](error_code) {});
      futex.reset();
      while (asio_test::parked(w) != 1)
        ctx->poll();
      survivor.begin();
      asio_test::spin_until([&] { return asio_test::parked(w) == 2; });
      ctx.reset();

      ++w;
      asio_test::raw_wake(w, 1);
      asio_test::spin_until([&] { return survivor.is_over(); });
      BOOST_TEST_REQUIRE(survivor.get() == waiting_party::woken);
    }
  }
  return state.require_one_call_each();
}

boost::test_tools::assertion_result can_be_woken(boost::unit_test::test_unit_id)
{
  net::io_context ctx;
  return asio_test::is_parked_in_kernel(ctx);
}

#endif

} // namespace

BOOST_AUTO_TEST_CASE(nobody_misses_the_last_change)
{
  stress_test::repeat(follow_counters);
}

BOOST_AUTO_TEST_CASE(late_uses_of_a_dead_object_are_harmless)
{
  stress_test::repeat(come_and_go);
}

BOOST_AUTO_TEST_CASE(the_first_waits_of_an_object_may_come_at_once)
{
  stress_test::repeat(first_waits);
}

#if ASIO_SYNC_HAS_LINUX_FUTEX

namespace utf = boost::unit_test;

BOOST_AUTO_TEST_CASE(
    a_cancelled_wait_loses_no_wake, *utf::precondition(can_be_woken))
{
  stress_test::repeat(cancel_against_wake);
}

BOOST_AUTO_TEST_CASE(
    a_context_that_goes_loses_no_wake, *utf::precondition(can_be_woken))
{
  stress_test::repeat(context_against_wake);
}

#endif
