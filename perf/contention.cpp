// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it cost when two threads contend for permits?
//
// On one context that both run, and on two with a thread each, where every
// other task belongs to the context that the gate does not. The floor is to
// post the handlers without any gate: with two contexts, nothing is shared
// then. Plain threads that block take part where there are no more tasks than
// threads.

#include "gates.hpp"

#include <cstdint>
#include <mutex>
#include <thread>

#if __has_include(<semaphore>) && __cplusplus >= 202002L
# include <semaphore>
#endif

namespace {

using namespace perf;

// Operations of an iteration. It starts a thread, which is little beside them;
// where most are handed to another thread, fewer are enough.
constexpr std::int64_t batch = 100000, fewer = 20000;

constexpr auto one_context = [](State& state, auto type) {
  using gate_type = typename decltype(type)::type;
  const std::int64_t tasks = state.range(1), rounds = batch / tasks;
  net::io_context ctx;
  gate_type gate(ctx, int(state.range(0)));
  while (state.KeepRunningBatch(tasks * rounds))
  {
    ctx.restart();
    for (int i = 0; i < tasks; ++i)
      gate.async_acquire(task<gate_type>{&gate, rounds});
    run_on_threads(ctx, 2);
  }
};

// A task that belongs to a context, which need not be that of the gate.
template <typename Gate>
struct guest
{
  using executor_type = executor;

  executor_type get_executor() const noexcept
  {
    return ex;
  }

  void operator()(error_code = error_code())
  {
    if (--left > 0)
      gate->async_acquire(*this);
    gate->release();
  }

  Gate* gate;
  std::int64_t left;
  executor ex;
};

constexpr auto two_contexts = [](State& state, auto type) {
  using gate_type = typename decltype(type)::type;
  const std::int64_t tasks = state.range(1), rounds = fewer / tasks;
  net::io_context home(1), other(1);
  gate_type gate(home, int(state.range(0)));
  while (state.KeepRunningBatch(tasks * rounds))
  {
    home.restart();
    other.restart();
    for (int i = 0; i < tasks; ++i)
      gate.async_acquire(guest<gate_type>{&gate, rounds,
          i % 2 == 0 ? home.get_executor() : other.get_executor()});

    // Whatever the other one still does, it needs the home of the gate.
    net::executor_work_guard<executor> work(home.get_executor());
    std::thread host([&home] { home.run(); });
    other.run();
    work.reset();
    host.join();
  }
};

template <typename Function>
void on_two_threads(State& state, Function function)
{
  while (state.KeepRunningBatch(batch))
  {
    const auto work = [&] {
      for (std::int64_t i = 0; i < batch / 2; ++i)
        function();
    };
    std::thread other(work);
    work();
    other.join();
  }
}

#if defined(__cpp_lib_semaphore)
void counting_semaphore(State& state)
{
  std::counting_semaphore<> semaphore(state.range(0));
  on_two_threads(state, [&] {
    semaphore.acquire();
    semaphore.release();
  });
}
#endif

void std_mutex(State& state)
{
  std::mutex mutex;
  on_two_threads(state, [&] { const std::lock_guard<std::mutex> lock(mutex); });
}

auto* give_plain_threads(benchmark::internal::Benchmark* row)
{
  return row->ArgNames({"permits", "tasks"})->Args({1, 2})->UseRealTime();
}

} // namespace

int main(int argc, char** argv)
{
  const auto with_sizes = [](benchmark::internal::Benchmark* row) {
    row->ArgNames({"permits", "tasks"})
        ->ArgsProduct({{1, 8}, {2, 8, 64, 1000}})
        ->UseRealTime();
  };
  add_rows<post_gate, counted_post_gate<2>, semaphore_gate,
      concurrent_channel_gate, list_gate>(
      "contention_one_context", one_context, with_sizes);
  add_rows<post_gate, semaphore_gate, concurrent_channel_gate, list_gate>(
      "contention_two_contexts", two_contexts, with_sizes);
#if defined(__cpp_lib_semaphore)
  give_plain_threads(
      add_row("contention_threads/counting_semaphore", counting_semaphore))
      ->Args({8, 2});
#endif
  give_plain_threads(add_row("contention_threads/std_mutex", std_mutex));
  return run(argc, argv);
}
