// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it cost to cancel one wait among many?
//
// All waits are cancelled by their slots, one by one, in the order of the queue
// or in random order; and a hundred of them in random order, where others
// search for them. Only the cancellation is timed.

#include "gates.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace perf;

// Start waits with wait(handler), cancel some of them, and end(), so that the
// others end too.
template <typename Wait, typename End>
void cancel(State& state, net::io_context& ctx, std::size_t some, bool random,
    Wait wait, End end)
{
  std::deque<net::cancellation_signal> signals(std::size_t(state.range(0)));
  std::vector<net::cancellation_signal*> order;
  for (net::cancellation_signal& signal : signals)
    order.push_back(&signal);
  if (random)
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
  order.resize(std::min(some, order.size()));

  run_batches(state, std::int64_t(order.size()), [&] {
    for (net::cancellation_signal& signal : signals)
      wait(net::bind_cancellation_slot(signal.slot(), [](error_code) {}));
    const double time = seconds_of([&] {
      for (net::cancellation_signal* signal : order)
        signal->emit(net::cancellation_type::all);
    });
    end();
    ctx.restart();
    ctx.run();
    return time;
  });
}

constexpr std::size_t everyone = std::numeric_limits<std::size_t>::max();

void cancel_semaphore(State& state, std::size_t some, bool random)
{
  net::io_context ctx;
  semaphore_type semaphore(ctx, 0);
  cancel(
      state, ctx, some, random,
      [&](auto handler) { semaphore.async_acquire(std::move(handler)); },
      [&] { semaphore.cancel(); });
}

void cancel_condvar(State& state, std::size_t some, bool random)
{
  net::io_context ctx;
  condvar_type condvar(ctx);
  cancel(
      state, ctx, some, random,
      [&](auto handler) { condvar.async_wait(std::move(handler)); },
      [&] { condvar.cancel(); });
}

void cancel_timer(State& state, std::size_t some, bool random)
{
  net::io_context ctx;
  timer_type timer(ctx, timer_type::time_point::max());
  cancel(
      state, ctx, some, random,
      [&](auto handler) { timer.async_wait(std::move(handler)); },
      [&] { timer.cancel(); });
}

void cancel_channel(State& state, std::size_t some, bool random)
{
  net::io_context ctx;
  concurrent_channel_gate channel(ctx, 0);
  cancel(
      state, ctx, some, random,
      [&](auto handler) { channel.async_acquire(std::move(handler)); },
      [&] { channel.cancel(); });
}

using function = void (*)(State&, std::size_t some, bool random);

void add_all(const std::string& name, function f)
{
  add_row("cancel_all/" + name,
      [f](State& state) { f(state, everyone, state.range(1) != 0); })
      ->ArgNames({"waiters", "random"})
      ->ArgsProduct({benchmark::CreateRange(100, 1000000, 10), {0, 1}})
      ->UseManualTime();
}

void add_some(const std::string& name, function f)
{
  add_row("cancel_100/" + name, [f](State& state) { f(state, 100, true); })
      ->ArgName("waiters")
      ->RangeMultiplier(10)
      ->Range(1000, 100000)
      ->Iterations(1000)
      ->UseManualTime();
}

} // namespace

int main(int argc, char** argv)
{
  add_all("async_semaphore", cancel_semaphore);
  add_all("async_condvar", cancel_condvar);
  add_some("async_semaphore", cancel_semaphore);
  add_some("async_condvar", cancel_condvar);
  add_some("timer", cancel_timer);
  add_some("concurrent_channel", cancel_channel);
  return run(argc, argv);
}
