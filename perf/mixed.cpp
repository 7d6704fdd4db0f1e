// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does a permit cost where one holder in ten is slow?
//
// 64 coroutines and 8 permits. Every tenth holder lets others run 100 times
// before it releases its permit, the others release at once. The time is that
// of a permit, with all that its holder does; the percentiles are those of the
// waits, without each task's first tenth.

#include "gates.hpp"

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace {

using namespace perf;

#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_CO_AWAIT) \
                              : defined(ASIO_HAS_CO_AWAIT)

constexpr int tasks = 64, permits = 8, rounds = 200, long_hold = 100;

using awaitable = net::awaitable<void, executor>;
constexpr net::use_awaitable_t<executor> use_awaitable;

// What was waited for, in nanoseconds.
struct record
{
  std::mutex mutex;
  std::vector<double> waits;
};

template <typename Gate>
awaitable work(Gate& gate, int id, record& seen)
{
  std::vector<double> waits;
  for (int i = 0; i < rounds; ++i)
  {
    const auto start = clock_type::now();
    co_await gate.async_acquire(use_awaitable);
    waits.push_back(nanoseconds(clock_type::now() - start));
    if ((i + id) % 10 == 0)
      for (int turn = 0; turn < long_hold; ++turn)
        co_await net::post(use_awaitable);
    gate.release();
  }
  waits = settled(std::move(waits));
  const std::lock_guard<std::mutex> lock(seen.mutex);
  seen.waits.insert(seen.waits.end(), waits.begin(), waits.end());
}

constexpr auto mixed = [](State& state, auto type) {
  net::io_context ctx(state.range(0) == 1 ? 1 : default_hint);
  typename decltype(type)::type gate(ctx, permits);
  record seen;
  while (state.KeepRunningBatch(tasks * rounds))
  {
    ctx.restart();
    for (int i = 0; i < tasks; ++i)
      net::co_spawn(ctx.get_executor(), work(gate, i, seen), net::detached);
    run_on_threads(ctx, state.range(0));
  }
  set_percentiles(state, std::move(seen.waits));
};

void add_all()
{
  add_rows<post_gate, semaphore_gate, concurrent_channel_gate, list_gate>(
      "mixed", mixed, [](benchmark::internal::Benchmark* row) {
        row->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime();
      });
  add_rows<channel_gate>(
      "mixed", mixed, [](benchmark::internal::Benchmark* row) {
        row->ArgName("threads")->Arg(1)->UseRealTime();
      });
}

#else

void add_all()
{
  add_row("mixed/none", [](State& state) {
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
