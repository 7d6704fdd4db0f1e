// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;

using executor = net::any_io_executor;
using stress_test::contexts;
using stress_test::random;

struct round_state : stress_test::round_state
{
  using stress_test::round_state::round_state;

  std::atomic<long> holders{0};
  std::atomic<long> highest{0};
};

void enter(round_state& state, std::size_t n)
{
  const long inside = state.holders.fetch_add(long(n)) + long(n);
  long highest = state.highest.load();
  while (
      inside > highest && !state.highest.compare_exchange_weak(highest, inside))
    ;
}

void leave(round_state& state, std::size_t n)
{
  state.holders.fetch_sub(long(n));
}

// Acquires with every form, holds for a while, cancels itself now and then.
class task : public std::enable_shared_from_this<task>
{
public:
  task(async_semaphore& semaphore, const executor& ex, round_state& state,
      std::uint64_t seed)
    : semaphore_(semaphore),
      strand_(net::make_strand(ex)),
      state_(state),
      random_(seed)
  {
  }

  void start()
  {
    net::post(strand_, [self = shared_from_this()] { self->next(); });
  }

private:
  void next()
  {
    // Counted first: who sees that none is left sees all that were started.
    ++state_.started;
    if (!state_.take_one())
    {
      --state_.started;
      return;
    }
    const std::size_t n = 1 + random_() % 3;
    auto handler = net::bind_cancellation_slot(signal_.slot(),
        net::bind_executor(strand_,
            [self = shared_from_this()](error_code ec, semaphore_permit p) {
              self->complete(ec, std::move(p));
            }));
    if (random_() % 4 == 0)
      semaphore_.async_acquire_permit_for(
          n, std::chrono::microseconds(random_() % 60), std::move(handler));
    else
      semaphore_.async_acquire_permit(n, std::move(handler));

    if (random_() % 4 == 0)
      net::post(strand_, [self = shared_from_this()] {
        self->signal_.emit(net::cancellation_type::all);
      });
  }

  void complete(error_code ec, semaphore_permit permit)
  {
    ++state_.completed;
    if (ec)
      return next();

    enter(state_, permit.count());
    if (random_() % 2 == 0)
      return finish(std::move(permit));
    net::post(
        strand_, [self = shared_from_this(), p = std::move(permit)]() mutable {
          self->finish(std::move(p));
        });
  }

  void finish(semaphore_permit permit)
  {
    leave(state_, permit.count());
    if (permit.count() > 1 && random_() % 2 == 0)
    {
      auto part = permit.split(1);
      permit.release();
      part.release();
    }
    permit = {};
    next();
  }

  async_semaphore& semaphore_;
  net::strand<executor> strand_;
  round_state& state_;
  random random_;
  net::cancellation_signal signal_;
};

// Uses every blocking and immediate form from a plain thread.
void use_from_thread(
    async_semaphore& semaphore, round_state& state, std::uint64_t seed)
{
  random next(seed);
  while (state.take_one())
  {
    const std::size_t n = 1 + next() % 3;
    const std::chrono::microseconds time(next() % 60);
    error_code ec = net::error::would_block;
    switch (next() % 7)
    {
    case 0:
      semaphore.acquire(n, ec);
      break;
    case 1:
      (void)semaphore.try_acquire_for(n, time, ec);
      break;
    case 2:
      (void)semaphore.try_acquire_until(
          n, std::chrono::system_clock::now() + time, ec);
      break;
    case 3:
      (void)semaphore.try_acquire(n, ec);
      break;
    case 4:
      semaphore.reduce(n);
      semaphore.release(n);
      break;
    case 5:
      semaphore.release(semaphore.drain(n));
      break;
    case 6:
      if (next() % 32 == 0)
        semaphore.cancel();
      else
        (void)semaphore.try_acquire_permit(n);
      break;
    }
    if (!ec)
    {
      enter(state, n);
      leave(state, n);
      semaphore.release(n);
    }
  }
}

// Handlers and threads share four permits.
void share_permits(std::uint64_t seed, long iterations)
{
  constexpr std::size_t permits = 4;
  round_state state(iterations);
  contexts all;
  async_semaphore semaphore(all.pool, permits);
  random seeds(seed);
  for (int i = 0; i < 8; ++i)
    std::make_shared<task>(semaphore, all.executor(i), state, seeds())->start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back(
        [&, s = seeds()] { use_from_thread(semaphore, state, s); });
  for (std::thread& t : threads)
    t.join();
  state.wait_until_idle();

  // The last permits are on their way back.
  asio_test::spin_until([&] { return semaphore.available() == permits; });
  BOOST_TEST_REQUIRE(semaphore.waiters() == 0u);
  BOOST_TEST_REQUIRE(state.holders == 0);
  BOOST_TEST_REQUIRE(state.highest <= long(permits));
  BOOST_TEST_REQUIRE(semaphore.try_acquire(permits));
}

// Objects that come and go, while permits and signals of theirs are used late.
void come_and_go(std::uint64_t seed, long iterations)
{
  round_state state(iterations / 10);
  contexts all;
  std::vector<std::thread> threads;
  random seeds(seed);
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, s = seeds()] {
      random next(s);
      semaphore_permit late;
      net::cancellation_signal signals[4];
      while (state.take_one())
      {
        async_semaphore semaphore(all.pool, 1);
        for (net::cancellation_signal& signal : signals)
        {
          ++state.started;
          semaphore.async_acquire_permit(
              net::bind_cancellation_slot(signal.slot(),
                  [&](error_code, semaphore_permit) { ++state.completed; }));
        }
        if (auto permit = semaphore.try_acquire_permit())
          late = std::move(permit);
        switch (next() % 4)
        {
        case 0:
          semaphore.close();
          break;
        case 1:
          semaphore.release();
          break;
        case 2:
          semaphore.reduce(2);
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
  async_semaphore fresh(all.pool, 2);
  BOOST_TEST_REQUIRE(fresh.available() == 2u);
}

// A signal and a release at once: one of them wins, and the permit is either
// taken or still there.
void cancel_against_release(std::uint64_t, long iterations)
{
  net::io_context ctx;
  auto work = net::make_work_guard(ctx);
  async_semaphore semaphore(ctx, 0);
  std::atomic<long> turn{0};
  std::atomic<long> done{0};
  net::cancellation_signal signal;
  std::thread runner([&] { ctx.run(); });
  std::thread releaser([&] {
    for (long i = 1; i <= iterations; ++i)
    {
      while (turn != i)
        std::this_thread::yield();
      semaphore.release();
      ++done;
    }
  });

  long granted = 0, aborted = 0, kept = 0;
  for (long i = 1; i <= iterations; ++i)
  {
    std::atomic<bool> completed{false};
    semaphore.async_acquire(
        net::bind_cancellation_slot(signal.slot(), [&](error_code ec) {
          ++(ec ? aborted : granted);
          completed = true;
        }));
    turn = i;
    signal.emit(net::cancellation_type::all);
    while (!completed || done != i)
      std::this_thread::yield();
    kept += long(semaphore.drain());
  }
  releaser.join();
  work.reset();
  runner.join();

  BOOST_TEST_REQUIRE(granted + aborted == iterations);
  BOOST_TEST_REQUIRE(granted + kept == iterations);
}

} // namespace

BOOST_AUTO_TEST_CASE(permits_are_conserved)
{
  stress_test::repeat(share_permits);
}

BOOST_AUTO_TEST_CASE(late_uses_of_a_dead_object_are_harmless)
{
  stress_test::repeat(come_and_go);
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_loses_no_permit)
{
  stress_test::repeat(cancel_against_release);
}
