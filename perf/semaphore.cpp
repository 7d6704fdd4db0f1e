// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does a semaphore cost above the least that it could?
//
// The unit is one uncontended atomic read-modify-write. Ends with a table of
// goals, and takes the options of Google Benchmark.

#include <asio_sync.hpp>

#include "report.hpp"

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio.hpp>
#else
# include <asio.hpp>
#endif

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using executor = net::io_context::executor_type;
using semaphore_type = asio_sync::basic_async_semaphore<executor>;

// Operations of an iteration of those rows that run an event loop.
constexpr long batch = 10000;

// The default hint of an io_context.
constexpr int default_hint = -1;

// The floor: atomic operations and nothing else.

void atomic_rmw(benchmark::State& state)
{
  std::atomic<std::uint64_t> word{1};
  for (auto _ : state)
    word.fetch_add(1, std::memory_order_release);
}

bool take(std::atomic<std::uint64_t>& word)
{
  std::uint64_t seen = word.load(std::memory_order_relaxed);
  do
  {
    if (seen == 0)
      return false;
  }
  while (!word.compare_exchange_weak(
      seen, seen - 1, std::memory_order_acquire, std::memory_order_relaxed));
  return true;
}

void atomic_take_and_add(benchmark::State& state)
{
  std::atomic<std::uint64_t> word{1};
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(take(word));
    word.fetch_add(1, std::memory_order_release);
  }
}

// As above, but the second one looks before it adds, so that a count which
// would overflow is not changed.
void atomic_take_and_checked_add(benchmark::State& state)
{
  std::atomic<std::uint64_t> word{1};
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(take(word));
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    while (seen < 0x7fffffff
        && !word.compare_exchange_weak(seen, seen + 1,
            std::memory_order_release, std::memory_order_relaxed))
      ;
  }
}

void try_acquire_and_release(benchmark::State& state)
{
  net::io_context ctx;
  semaphore_type semaphore(ctx, 1);
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(semaphore.try_acquire());
    semaphore.release();
  }
}

// Handlers that begin again until enough have been called. All have the same
// size.

struct poster
{
  void operator()()
  {
    if (--*left > 0)
      net::post(ctx->get_executor(), *this);
  }

  net::io_context* ctx;
  long* left;
};

// Gives the permit back before it asks for another one: there always is one.
struct taker
{
  void operator()(error_code)
  {
    semaphore->release();
    if (--*left > 0)
      semaphore->async_acquire(*this);
  }

  semaphore_type* semaphore;
  long* left;
};

// Queues again before it gives the permit to the next one.
struct waiter
{
  void operator()(error_code)
  {
    if (--*left > 0)
      semaphore->async_acquire(*this);
    semaphore->release();
  }

  semaphore_type* semaphore;
  long* left;
};

void count_operations(benchmark::State& state)
{
  state.SetItemsProcessed(state.iterations() * batch);
}

void post(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    net::post(ctx, poster{&ctx, &left});
    ctx.run();
  }
  count_operations(state);
}

void acquire_free_permit(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  semaphore_type semaphore(ctx, 1);
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    semaphore.async_acquire(taker{&semaphore, &left});
    ctx.run();
  }
  count_operations(state);
}

// The executor's type is erased, and the handler gets an owner.
void acquire_free_permit_by_defaults(benchmark::State& state)
{
  struct owner
  {
    void operator()(error_code, asio_sync::semaphore_permit permit)
    {
      permit.release();
      if (--*left > 0)
        semaphore->async_acquire_permit(*this);
    }

    asio_sync::async_semaphore* semaphore;
    long* left;
  };

  net::io_context ctx(int(state.range(0)));
  asio_sync::async_semaphore semaphore(ctx, 1);
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    semaphore.async_acquire_permit(owner{&semaphore, &left});
    ctx.run();
  }
  count_operations(state);
}

// As many handlers are posted as wait in the next row.
void post_64(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    for (int i = 0; i < 64; ++i)
      net::post(ctx, poster{&ctx, &left});
    ctx.run();
  }
  count_operations(state);
}

void hand_over_64(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  semaphore_type semaphore(ctx, 1);
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    for (int i = 0; i < 64; ++i)
      semaphore.async_acquire(waiter{&semaphore, &left});
    ctx.run();
  }
  count_operations(state);
}

// As above, and each waiter could be cancelled.
void hand_over_64_with_slots(benchmark::State& state)
{
  struct cancellable_waiter
  {
    void operator()(error_code)
    {
      if (--*left > 0)
        semaphore->async_acquire(
            net::bind_cancellation_slot(signal->slot(), *this));
      semaphore->release();
    }

    semaphore_type* semaphore;
    long* left;
    net::cancellation_signal* signal;
  };

  net::io_context ctx(int(state.range(0)));
  semaphore_type semaphore(ctx, 1);
  std::deque<net::cancellation_signal> signals(64);
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    for (net::cancellation_signal& signal : signals)
      semaphore.async_acquire(net::bind_cancellation_slot(
          signal.slot(), cancellable_waiter{&semaphore, &left, &signal}));
    ctx.run();
  }
  count_operations(state);
}

// Waiters are cancelled one by one, in random order or in that of the queue.
// Only that is timed.
void cancel_one_of_many(benchmark::State& state)
{
  const auto count = std::size_t(state.range(0));
  net::io_context ctx;
  semaphore_type semaphore(ctx, 0);
  std::deque<net::cancellation_signal> signals(count);
  std::vector<net::cancellation_signal*> order;
  for (net::cancellation_signal& signal : signals)
    order.push_back(&signal);
  if (state.range(1) != 0)
    std::shuffle(order.begin(), order.end(), std::mt19937(1));

  for (auto _ : state)
  {
    state.PauseTiming();
    for (net::cancellation_signal& signal : signals)
      semaphore.async_acquire(
          net::bind_cancellation_slot(signal.slot(), [](error_code) {}));
    state.ResumeTiming();
    for (net::cancellation_signal* signal : order)
      signal->emit(net::cancellation_type::all);
    state.PauseTiming();
    ctx.restart();
    ctx.run();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(count));
}

BENCHMARK(atomic_rmw);
BENCHMARK(atomic_take_and_add);
BENCHMARK(atomic_take_and_checked_add);
BENCHMARK(try_acquire_and_release);
BENCHMARK(post)->Arg(default_hint)->Arg(1);
BENCHMARK(acquire_free_permit)->Arg(default_hint)->Arg(1);
BENCHMARK(acquire_free_permit_by_defaults)->Arg(default_hint)->Arg(1);
BENCHMARK(post_64)->Arg(default_hint)->Arg(1);
BENCHMARK(hand_over_64)->Arg(default_hint)->Arg(1);
BENCHMARK(hand_over_64_with_slots)->Arg(default_hint)->Arg(1);
BENCHMARK(cancel_one_of_many)
    ->ArgNames({"", "random"})
    ->ArgsProduct({{1000, 10000, 100000}, {0, 1}});

void print_goals(const perf::medians& time)
{
  const double rmw = time("atomic_rmw");
  perf::print_goal("try_acquire and release / atomic take and add", 1.25,
      time("try_acquire_and_release") / time("atomic_take_and_add"));
  perf::print_goal("... / atomic take and checked add", 0,
      time("try_acquire_and_release") / time("atomic_take_and_checked_add"));
  for (const std::string hint : {"/-1", "/1"})
  {
    const std::string note = hint == "/1" ? " (concurrency hint 1)" : "";
    perf::print_goal("free permit above post, in RMWs" + note, 4,
        (time("acquire_free_permit" + hint) - time("post" + hint)) / rmw);
    perf::print_goal("hand-over above post, in RMWs" + note,
        hint == "/1" ? 0 : 6,
        (time("hand_over_64" + hint) - time("post_64" + hint)) / rmw);
  }
  for (const std::string order : {"/random:0", "/random:1"})
    perf::print_goal("cancelling one of 100,000 / one of 1,000"
            + std::string(order == "/random:1" ? ", random order" : ""),
        0,
        time("cancel_one_of_many/100000" + order)
            / time("cancel_one_of_many/1000" + order));
}

} // namespace

int main(int argc, char** argv)
{
  return perf::run(argc, argv, print_goals);
}
