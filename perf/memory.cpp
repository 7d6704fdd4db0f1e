// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How much memory does a waiter take?
//
// All of the heap, as the C library counts it: of a plain handler that holds
// one pointer, and of a coroutine in total.

#include "gates.hpp"

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace {

using namespace perf;

// What is in use, with what the C library adds to each block.
double heap()
{
  const auto info = ::mallinfo2();
  return double(info.uordblks + info.hblkhd);
}

// Start that many waits and count the bytes of each.
template <typename Wait>
void count_bytes(State& state, std::size_t waiters, Wait wait)
{
  for (auto _ : state)
  {
    const double before = heap();
    for (std::size_t i = 0; i < waiters; ++i)
      wait();
    state.counters["bytes"] = (heap() - before) / double(waiters);
  }
}

constexpr std::size_t million = 1000000;

struct handler
{
  void operator()(error_code = error_code()) const
  {
  }

  void* data = nullptr;
};

constexpr auto by_gate = [](State& state, auto type) {
  net::io_context ctx;
  typename decltype(type)::type gate(ctx, 0);
  count_bytes(state, million, [&] { gate.async_acquire(handler()); });
};

void by_condvar(State& state)
{
  net::io_context ctx;
  condvar_type condvar(ctx);
  count_bytes(state, million, [&] { condvar.async_wait(handler()); });
}

void by_condvar_with_mutex(State& state)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  condvar_type condvar(ctx);
  std::deque<asio_sync::mutex_lock> locks;
  count_bytes(state, million,
      [&] { condvar.async_wait(locks.emplace_back(mutex), handler()); });
}

void by_futex(State& state)
{
  std::atomic<std::uint32_t> word{0};
  net::io_context ctx;
  futex_type futex(ctx, word);
  count_bytes(state, million, [&] { futex.async_wait(0, handler()); });
}

void by_timer_for_each(State& state)
{
  net::io_context ctx;
  std::deque<timer_type> timers;
  count_bytes(state, million, [&] {
    timers.emplace_back(ctx, timer_type::time_point::max());
    timers.back().async_wait(handler());
  });
}

#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_CO_AWAIT) \
                              : defined(ASIO_HAS_CO_AWAIT)
template <typename Gate>
net::awaitable<void, executor> wait_for(Gate& gate)
{
  co_await gate.async_acquire(net::use_awaitable_t<executor>());
}

constexpr auto coroutine_by_gate = [](State& state, auto type) {
  net::io_context ctx;
  typename decltype(type)::type gate(ctx, 0);
  count_bytes(state, million / 10, [&] {
    net::co_spawn(ctx.get_executor(), wait_for(gate), net::detached);
    ctx.poll();
    ctx.restart();
  });
};
#endif

} // namespace

int main(int argc, char** argv)
{
  const auto once = [](benchmark::internal::Benchmark* row) {
    row->Iterations(1);
  };
  add_rows<semaphore_gate, channel_gate, concurrent_channel_gate, timer_gate,
      list_gate, post_gate>("memory", by_gate, once);
  once(add_row("memory/async_condvar", by_condvar));
  once(add_row("memory/async_condvar_with_mutex", by_condvar_with_mutex));
  once(add_row("memory/async_futex", by_futex));
  once(add_row("memory/timer_for_each", by_timer_for_each));
#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_CO_AWAIT) \
                              : defined(ASIO_HAS_CO_AWAIT)
  add_rows<semaphore_gate, channel_gate, concurrent_channel_gate, list_gate>(
      "memory_coroutine", coroutine_by_gate, once);
#endif
  return run(argc, argv);
}
