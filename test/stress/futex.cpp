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
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_test::word;

using executor = net::any_io_executor;
using stress_test::contexts;
using stress_test::random;
using stress_test::round_state;

// Follows a counter to its end, with waits that are cancelled, or run out of
// time, now and then.
class follower : public std::enable_shared_from_this<follower>
{
public:
  follower(word& counter, std::uint32_t end, const executor& ex,
      round_state& state, std::uint64_t seed)
    : counter_(counter),
      end_(end),
      strand_(net::make_strand(ex)),
      futex_(strand_, counter),
      state_(state),
      random_(seed)
  {
  }

  void start()
  {
    ++state_.started;
    net::post(strand_, [self = shared_from_this()] { self->next(); });
  }

private:
  void next()
  {
    const std::uint32_t seen = counter_.load(std::memory_order_acquire);
    if (seen == end_)
    {
      ++state_.completed;
      return;
    }
    auto handler = net::bind_cancellation_slot(signal_.slot(),
        [self = shared_from_this()](error_code) { self->next(); });
    if (random_() % 8 == 0)
      futex_.async_wait_for(
          seen, std::chrono::microseconds(random_() % 60), std::move(handler));
    else
      futex_.async_wait(seen, std::move(handler));

    if (random_() % 8 == 0)
      net::post(strand_, [self = shared_from_this()] {
        self->signal_.emit(net::cancellation_type::all);
      });
  }

  word& counter_;
  const std::uint32_t end_;
  net::strand<executor> strand_;
  async_futex futex_;
  round_state& state_;
  random random_;
  net::cancellation_signal signal_;
};

// Whoever waits hears of the last change: nothing else would wake it.
void follow_counters(std::uint64_t seed, long iterations)
{
  const auto end = std::uint32_t(iterations);
  round_state state(0);
  word counters[2] = {{0}, {0}};
  contexts all;
  random seeds(seed);
  for (int i = 0; i < 12; ++i)
    std::make_shared<follower>(
        counters[i % 2], end, all.executor(i / 2), state, seeds())
        ->start();

  std::vector<std::thread> threads;
  for (word& counter : counters)
    threads.emplace_back([&, s = seeds()] {
      random next(s);
      async_futex futex(all.pool, counter);
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
    });
  for (std::thread& t : threads)
    t.join();
  state.wait_until_idle();
  BOOST_TEST_REQUIRE(state.completed == 12);
}

// Objects and words that come and go, while signals of theirs are used late.
void come_and_go(std::uint64_t seed, long iterations)
{
  round_state state(iterations / 10);
  contexts all;
  std::vector<std::thread> threads;
  random seeds(seed);
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, s = seeds()] {
      random next(s);
      net::cancellation_signal signals[4];
      while (state.take_one())
      {
        word w{0};
        std::atomic<int> left{4};
        std::optional<async_futex> futex(
            std::in_place, all.executor(int(next() % 2)), w);
        for (net::cancellation_signal& signal : signals)
        {
          ++state.started;
          futex->async_wait(
              0, net::bind_cancellation_slot(signal.slot(), [&](error_code) {
                ++state.completed;
                --left;
              }));
        }
        switch (next() % 4)
        {
        case 0:
          futex->notify_one();
          break;
        case 1:
          w = 1;
          futex->notify_all();
          break;
        case 2:
          futex->cancel();
          break;
        default:
          break;
        }
        for (net::cancellation_signal& signal : signals)
          if (next() % 2 == 0)
            signal.emit(net::cancellation_type::all);
        futex.reset();

        // The word goes when no handler is left.
        asio_test::spin_until([&] { return left == 0; });
      }
    });
  for (std::thread& t : threads)
    t.join();
  state.wait_until_idle();
  BOOST_TEST_REQUIRE(state.started == state.completed);
}

// Threads that wait for an object first, all at once.
void first_waits(std::uint64_t, long iterations)
{
  contexts all;
  for (long i = 0; i < iterations / 20; ++i)
  {
    word w{0};
    async_futex futex(all.pool, w);
    std::atomic<int> ready{0};
    std::atomic<int> left{2};
    const auto wait = [&] {
      ++ready;
      asio_test::spin_until([&] { return ready == 2; });
      futex.async_wait(0, [&](error_code) { --left; });
    };
    std::thread other(wait);
    wait();
    other.join();
    w = 1;
    futex.notify_all();
    asio_test::spin_until([&] { return left == 0; });
  }
}

#if ASIO_SYNC_HAS_LINUX_FUTEX

// Runs a context, with one wait for a word at a time.
class waiting_party
{
public:
  explicit waiting_party(word& w)
    : word_(w),
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
          net::bind_cancellation_slot(signal_.slot(),
              [this](error_code ec) { result_ = ec ? aborted : woken; }));
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

private:
  word& word_;
  net::io_context ctx_;
  async_futex futex_;
  net::executor_work_guard<net::io_context::executor_type> work_;
  net::cancellation_signal signal_;
  std::atomic<result> result_{none};
  std::thread thread_;
};

// Of two that wait, one is cancelled, and one is woken at the same time. If it
// was the same one, the wake must go to the other.
void cancel_against_wake(std::uint64_t, long iterations)
{
  word w{0};
  waiting_party first(w);
  waiting_party second(w);
  for (long i = 0; i < 5 * iterations; ++i)
  {
    first.begin();
    asio_test::spin_until([&] { return asio_test::parked(w) == 1; });
    second.begin();
    asio_test::spin_until([&] { return asio_test::parked(w) == 2; });

    first.cancel();
    const int n = asio_test::raw_wake(w, 1);
    asio_test::spin_until([&] { return first.get() != waiting_party::none; });
    if (n == 1 && first.get() == waiting_party::aborted)
      asio_test::spin_until(
          [&] { return second.get() != waiting_party::none; });
    if (second.get() == waiting_party::none)
      second.cancel();
    asio_test::spin_until([&] { return second.get() != waiting_party::none; });
    asio_test::spin_until([&] { return asio_test::parked(w) == 0; });
    BOOST_TEST_REQUIRE((first.get() == waiting_party::woken
        || second.get() == waiting_party::woken || n == 0));
  }
}

// A context with a wait, whose handler owns the object, goes. The wake that
// comes then is for another one.
void context_against_wake(std::uint64_t, long iterations)
{
  word w{0};
  waiting_party survivor(w);
  for (long i = 0; i < iterations / 20; ++i)
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
    asio_test::spin_until(
        [&] { return survivor.get() != waiting_party::none; });
    BOOST_TEST_REQUIRE(survivor.get() == waiting_party::woken);
  }
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
