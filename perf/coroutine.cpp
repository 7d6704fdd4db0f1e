// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does a coroutine pay for a permit?
//
// A free one, also where the immediate executor lets the coroutine go on at
// once; and among tasks that acquire a permit, let others run, and release it.
// The floor is to post, in place of each wait. Executors are concrete types.
// All let others run by a post that names no executor, which is the cheapest.

#include "gates.hpp"

#include <cstdint>
#include <vector>

namespace {

using namespace perf;

#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_CO_AWAIT) \
                              : defined(ASIO_HAS_CO_AWAIT)

template <typename T>
using awaitable = net::awaitable<T, executor>;
constexpr net::use_awaitable_t<executor> use_awaitable;

constexpr std::int64_t batch = 20000;

template <typename Gate>
awaitable<void> take_free_permits(Gate& gate)
{
  for (std::int64_t i = 0; i < batch; ++i)
  {
    co_await gate.async_acquire(use_awaitable);
    gate.release();
  }
}

constexpr auto free_permit = [](State& state, auto type) {
  net::io_context ctx(1);
  typename decltype(type)::type gate(ctx, 1);
  while (state.KeepRunningBatch(batch))
  {
    ctx.restart();
    net::co_spawn(ctx.get_executor(), take_free_permits(gate), net::detached);
    ctx.run();
  }
};

# if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
// Asio resumes the coroutine from inside the initiating function, so the stack
// grows until the coroutine waits for something else, as it does now and then.
// A concurrent_channel would lock itself out: it resumes with its mutex locked.
template <typename Gate>
awaitable<void> take_at_once(Gate& gate)
{
  for (std::int64_t i = 0; i < batch; ++i)
  {
    if (i % 100 == 0)
      co_await net::post(use_awaitable);
    co_await gate.async_acquire(
        net::bind_immediate_executor(net::system_executor(), use_awaitable));
    gate.release();
  }
}
# endif

constexpr auto free_permit_at_once = [](State& state, auto type) {
# if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
  net::io_context ctx(1);
  typename decltype(type)::type gate(ctx, 1);
  while (state.KeepRunningBatch(batch))
  {
    ctx.restart();
    net::co_spawn(ctx.get_executor(), take_at_once(gate), net::detached);
    ctx.run();
  }
# else
  (void)type;
  state.SkipWithError("needs Asio 1.27");
# endif
};

template <typename Gate>
awaitable<void> acquire_yield_release(Gate& gate, std::int64_t rounds)
{
  for (; rounds > 0; --rounds)
  {
    co_await gate.async_acquire(use_awaitable);
    co_await net::post(use_awaitable);
    gate.release();
  }
}

constexpr auto tasks = [](State& state, auto type) {
  const std::int64_t permits = state.range(0), count = 64,
                     threads = state.range(1);
  net::io_context ctx(threads == 1 ? 1 : default_hint);
  typename decltype(type)::type gate(ctx, int(permits));
  while (state.KeepRunningBatch(batch / count * count))
  {
    ctx.restart();
    for (int i = 0; i < count; ++i)
      net::co_spawn(ctx.get_executor(),
          acquire_yield_release(gate, batch / count), net::detached);
    run_on_threads(ctx, threads);
  }
};

void add_all()
{
  const auto alone = [](benchmark::internal::Benchmark* row) {
    row->UseRealTime();
  };
  const auto on_threads = [](std::vector<std::int64_t> threads) {
    return [threads](benchmark::internal::Benchmark* row) {
      row->ArgNames({"permits", "threads"})
          ->ArgsProduct({{1, 8}, threads})
          ->UseRealTime();
    };
  };
  add_rows<post_gate, semaphore_gate, channel_gate, concurrent_channel_gate,
      list_gate>("coroutine_free_permit", free_permit, alone);
  add_rows<semaphore_gate, channel_gate, list_gate>(
      "coroutine_free_permit_at_once", free_permit_at_once, alone);
  add_rows<post_gate, semaphore_gate, concurrent_channel_gate, list_gate>(
      "coroutines", tasks, on_threads({1, 2}));
  add_rows<channel_gate>("coroutines", tasks, on_threads({1}));
}

#else

void add_all()
{
  add_row("coroutines/none", [](State& state) {
    state.SkipWithError("needs C++20, and an Asio that has coroutines with it");
  });
}

#endif

} // namespace

int main(int argc, char** argv)
{
  add_all();
  return run(argc, argv);
}
