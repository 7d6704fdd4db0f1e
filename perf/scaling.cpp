// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does the number of semaphores cost, if they have nothing to do with each
// other?
//
// Two tasks hand each semaphore over to each other. With two threads, each has
// a context of its own with half of the semaphores; the time is then half of
// what an operation takes, at best.

#include "gates.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

namespace {

using namespace perf;

constexpr std::int64_t batch = 200000;

template <typename Gate>
class place
{
public:
  explicit place(std::int64_t gates)
    : ctx_(1)
  {
    for (std::int64_t i = 0; i < gates; ++i)
      gates_.emplace_back(ctx_, 1);
  }

  // Requires: rounds > 0.
  void run(std::int64_t rounds)
  {
    ctx_.restart();
    for (Gate& gate : gates_)
      for (int i = 0; i < 2; ++i)
        gate.async_acquire(task<Gate>{&gate, rounds});
    ctx_.run();
  }

private:
  net::io_context ctx_;
  std::deque<Gate> gates_;
};

constexpr auto independent = [](State& state, auto type) {
  using place_type = place<typename decltype(type)::type>;
  const std::int64_t gates = state.range(0), threads = state.range(1),
                     rounds = batch / (2 * gates);
  std::deque<place_type> places;
  for (std::int64_t i = 0; i < threads; ++i)
    places.emplace_back(gates / threads);
  while (state.KeepRunningBatch(2 * gates * rounds))
  {
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < places.size(); ++i)
      others.emplace_back([&place = places[i], rounds] { place.run(rounds); });
    places[0].run(rounds);
    for (std::thread& other : others)
      other.join();
  }
};

} // namespace

int main(int argc, char** argv)
{
  const auto on_threads = [](std::vector<std::int64_t> threads) {
    return [threads](benchmark::internal::Benchmark* row) {
      row->ArgNames({"semaphores", "threads"})
          ->ArgsProduct({{2, 10, 100, 1000, 10000}, threads})
          ->UseRealTime();
    };
  };
  add_rows<post_gate, semaphore_gate, concurrent_channel_gate, list_gate>(
      "scaling", independent, on_threads({1, 2}));
  add_rows<channel_gate>("scaling", independent, on_threads({1}));
  return run(argc, argv);
}
