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
class task final : public stress_test::actor
{
public:
  task(async_semaphore& semaphore, round_state& state,
      const net::any_io_executor& ex, std::uint64_t seed)
    : actor(state, ex, seed),
      semaphore_(semaphore),
      holders_(state)
  {
  }

private:
  void next() override
  {
    if (!state_.take_one())
      return;
    const std::size_t n = 1 + random_() % 3;
    auto acquired = handler([this](error_code ec, semaphore_permit p) {
      complete(ec, std::move(p));
    });
    if (random_() % 4 == 0)
      semaphore_.async_acquire_permit_for(
          n, std::chrono::microseconds(random_() % 60), std::move(acquired));
    else
      semaphore_.async_acquire_permit(n, std::move(acquired));
    cancel_one_in(4);
  }

  void complete(error_code ec, semaphore_permit permit)
  {
    if (ec)
      return next();

    enter(holders_, permit.count());
    if (random_() % 2 == 0)
      return finish(std::move(permit));
    post([this, p = std::move(permit)]() mutable { finish(std::move(p)); });
  }

  void finish(semaphore_permit permit)
  {
    leave(holders_, permit.count());
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
  round_state& holders_;
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
long share_permits(std::uint64_t seed, long iterations)
{
  constexpr std::size_t permits = 4;
  round_state state(iterations);
  contexts all;
  async_semaphore semaphore(all.pool, permits);
  random seeds(seed);
  for (int i = 0; i < 8; ++i)
    std::make_shared<task>(semaphore, state, all.executor(i), seeds())->start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back(
        [&, s = seeds()] { use_from_thread(semaphore, state, s); });
  for (std::thread& t : threads)
    t.join();
  state.finish(all);

  BOOST_TEST_REQUIRE(semaphore.waiters() == 0u);
  BOOST_TEST_REQUIRE(state.holders == 0);
  BOOST_TEST_REQUIRE(state.highest <= long(permits));
  BOOST_TEST_REQUIRE(semaphore.available() == permits);
  BOOST_TEST_REQUIRE(semaphore.try_acquire(permits));
  return iterations;
}

// What is used when its object is gone.
struct leftovers
{
  semaphore_permit permit;
  net::cancellation_signal signals[4];
};

// One semaphore of many, with waits that end in different ways.
void use_once(async_semaphore& semaphore, leftovers& late,
    stress_test::handler_calls& calls, random& next)
{
  for (net::cancellation_signal& signal : late.signals)
    semaphore.async_acquire_permit(net::bind_cancellation_slot(signal.slot(),
        [called = calls.start()](error_code, semaphore_permit) { called(); }));
  if (auto permit = semaphore.try_acquire_permit())
    late.permit = std::move(permit);
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
  for (net::cancellation_signal& signal : late.signals)
    if (next() % 2 == 0)
      signal.emit(net::cancellation_type::all);
}

// Objects that come and go, while permits and signals of theirs are used late.
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
        async_semaphore semaphore(all.executor(int(next() % 2)), 1);
        use_once(semaphore, late, calls, next);
      }
    });
  for (std::thread& t : threads)
    t.join();
  return state.finish(all);
}

// A signal and a release at once: one of them wins, and the permit is either
// taken or still there.
long cancel_against_release(std::uint64_t seed, long iterations)
{
  net::io_context ctx;
  auto work = net::make_work_guard(ctx);
  async_semaphore semaphore(ctx, 0);
  std::atomic<long> turn{0};
  std::atomic<long> done{0};
  net::cancellation_signal signal;
  random next(seed);
  std::thread runner([&] { ctx.run(); });
  std::thread releaser([&] {
    for (long i = 1; i <= iterations; ++i)
    {
      asio_test::spin_until([&] { return turn == i; });
      semaphore.release();
      ++done;
    }
  });

  std::atomic<long> calls{0};
  long granted = 0, kept = 0;
  for (long i = 1; i <= iterations; ++i)
  {
    semaphore.async_acquire(
        net::bind_cancellation_slot(signal.slot(), [&](error_code ec) {
          granted += ec ? 0 : 1;
          ++calls;
        }));
    turn = i;
    if (next() % 2 == 0)
      std::this_thread::yield();
    signal.emit(net::cancellation_type::all);
    asio_test::spin_until([&] { return calls >= i && done == i; });
    kept += long(semaphore.drain());
  }
  releaser.join();
  work.reset();
  runner.join();

  BOOST_TEST_REQUIRE(calls == iterations);
  BOOST_TEST_REQUIRE(granted + kept == iterations);
  return iterations;
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
