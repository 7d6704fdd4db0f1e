// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does an operation cost that nobody else is in the way of?
//
// First without a handler: the floor is a compare-exchange and an atomic
// read-modify-write. Then with one: the floor is to post it.

#include "gates.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>

#if __has_include(<semaphore>) && __cplusplus >= 202002L
# include <semaphore>
#endif

namespace {

using namespace perf;

// Operations of an iteration of those rows that run an event loop.
constexpr std::int64_t batch = 10000;

void atomic_rmw(State& state)
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

void atomics(State& state)
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
void checked_atomics(State& state)
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

constexpr auto try_pair = [](State& state, auto type) {
  net::io_context ctx;
  typename decltype(type)::type gate(ctx, 1);
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(gate.try_acquire());
    gate.release();
  }
};

#if defined(__cpp_lib_semaphore)
void counting_semaphore(State& state)
{
  std::counting_semaphore<> semaphore(1);
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(semaphore.try_acquire());
    semaphore.release();
  }
}
#endif

template <typename Mutex>
void lock_and_unlock(State& state, Mutex& mutex)
{
  for (auto _ : state)
  {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}

void std_mutex(State& state)
{
  std::mutex mutex;
  lock_and_unlock(state, mutex);
}

void async_mutex(State& state)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  lock_and_unlock(state, mutex);
}

void async_mutex_try_lock(State& state)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(mutex.try_lock());
    mutex.unlock();
  }
}

// A handler that gives the permit back before it asks for another one: there
// always is one.
template <typename Gate>
struct taker
{
  void operator()(error_code = error_code())
  {
    gate->release();
    if (--left > 0)
      gate->async_acquire(*this);
  }

  Gate* gate;
  std::int64_t left;
};

constexpr auto free_permit = [](State& state, auto type) {
  using gate_type = typename decltype(type)::type;
  net::io_context ctx(int(state.range(0)));
  gate_type gate(ctx, 1);
  while (state.KeepRunningBatch(batch))
  {
    ctx.restart();
    gate.async_acquire(taker<gate_type>{&gate, batch});
    ctx.run();
  }
};

// The executor's type is erased, and the handler gets an owner.
void free_permit_by_defaults(State& state)
{
  struct owner
  {
    void operator()(error_code, asio_sync::semaphore_permit permit)
    {
      permit.release();
      if (--left > 0)
        semaphore->async_acquire_permit(*this);
    }

    asio_sync::async_semaphore* semaphore;
    std::int64_t left;
  };

  net::io_context ctx(int(state.range(0)));
  asio_sync::async_semaphore semaphore(ctx, 1);
  while (state.KeepRunningBatch(batch))
  {
    ctx.restart();
    semaphore.async_acquire_permit(owner{&semaphore, batch});
    ctx.run();
  }
}

// The handler is called at once, in the initiating function.

struct counter
{
  void operator()(error_code = error_code())
  {
    benchmark::DoNotOptimize(++*calls);
  }

  long* calls;
};

void call(State& state)
{
  long calls = 0;
  for (auto _ : state)
    counter{&calls}(error_code());
}

constexpr auto free_permit_at_once = [](State& state, auto type) {
#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
  net::io_context ctx;
  typename decltype(type)::type gate(ctx, 1);
  long calls = 0;
  for (auto _ : state)
  {
    gate.async_acquire(
        net::bind_immediate_executor(net::system_executor(), counter{&calls}));
    gate.release();
  }
#else
  (void)type;
  state.SkipWithError("needs Asio 1.27");
#endif
};

} // namespace

int main(int argc, char** argv)
{
  const auto alone = [](benchmark::internal::Benchmark* row) {
    row->UseRealTime();
  };
  alone(add_row("try_pair/rmw", atomic_rmw));
  alone(add_row("try_pair/atomics", atomics));
  alone(add_row("try_pair/checked_atomics", checked_atomics));
  add_rows<semaphore_gate, channel_gate, concurrent_channel_gate, list_gate>(
      "try_pair", try_pair, alone);
#if defined(__cpp_lib_semaphore)
  alone(add_row("try_pair/counting_semaphore", counting_semaphore));
#endif

  add_row("lock/std_mutex", std_mutex);
  add_row("lock/async_mutex", async_mutex);
  add_row("lock/async_mutex_try_lock", async_mutex_try_lock);

  add_rows<post_gate, counted_post_gate<2>, semaphore_gate, channel_gate,
      concurrent_channel_gate, timer_gate, list_gate>(
      "free_permit", free_permit, with_hints);
  with_hints(
      add_row("free_permit/async_semaphore_permit", free_permit_by_defaults));
  alone(add_row("free_permit_at_once/call", call));
  add_rows<semaphore_gate, channel_gate, concurrent_channel_gate, list_gate>(
      "free_permit_at_once", free_permit_at_once, alone);
  return run(argc, argv);
}
