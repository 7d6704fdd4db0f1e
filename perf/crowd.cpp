// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it cost, for each of many waiters, to wake all at once?
//
// Both the call that wakes and the handlers are timed. To post as many handlers
// is the yardstick, but allocates memory, too; completion_alone is the floor.

#include "gates.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>

namespace {

using namespace perf;

struct handler
{
  void operator()(error_code = error_code())
  {
    ++*calls;
  }

  std::int64_t* calls;
};

// Prepare(handler) is called for each wait, and then notify(handler) once.
template <typename Prepare, typename Notify>
void wake_crowd(
    State& state, net::io_context& ctx, Prepare prepare, Notify notify)
{
  const std::int64_t crowd = state.range(0);
  run_batches(state, crowd, [&] {
    std::int64_t calls = 0;
    ctx.restart();
    for (std::int64_t i = 0; i < crowd; ++i)
      prepare(handler{&calls});
    const double time = seconds_of([&] {
      notify(handler{&calls});
      ctx.run();
    });
    if (calls != crowd)
      fail("not every handler was called once");
    return time;
  });
}

void post_all(State& state)
{
  net::io_context ctx;
  wake_crowd(
      state, ctx, [](handler) {},
      [&](handler h) {
        for (std::int64_t i = 0; i < state.range(0); ++i)
          net::post(ctx.get_executor(), h);
      });
}

// The part of it that is Asio's: operations that are ready are completed.
void complete_all(State& state)
{
  net::io_context ctx;
  condvar_type condvar(ctx);
  std::int64_t waiting = 0;
  wake_crowd(
      state, ctx,
      [&](handler h) {
        condvar.async_wait(h);
        if (++waiting % state.range(0) == 0)
          condvar.notify_all();
      },
      [](handler) {});
}

void semaphore_release_all(State& state)
{
  net::io_context ctx;
  semaphore_type semaphore(ctx, 0);
  wake_crowd(
      state, ctx, [&](handler h) { semaphore.async_acquire(h); },
      [&](handler) { semaphore.release(std::size_t(state.range(0))); });
}

void condvar_notify_all(State& state)
{
  net::io_context ctx;
  condvar_type condvar(ctx);
  wake_crowd(
      state, ctx, [&](handler h) { condvar.async_wait(h); },
      [&](handler) { condvar.notify_all(); });
}

// Each handler owns the mutex and unlocks it.
void condvar_notify_all_with_mutex(State& state)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  condvar_type condvar(ctx);
  std::deque<asio_sync::mutex_lock> locks;
  wake_crowd(
      state, ctx,
      [&](handler h) {
        auto& lock = locks.emplace_back(mutex);
        condvar.async_wait(lock, [h, &locks](error_code) mutable {
          h();
          locks.pop_front();
        });
      },
      [&](handler) { condvar.notify_all(); });
}

void channel_send_all(State& state)
{
  net::io_context ctx;
  concurrent_channel_gate gate(ctx, 0);
  wake_crowd(
      state, ctx, [&](handler h) { gate.async_acquire(h); },
      [&](handler) {
        for (std::int64_t i = 0; i < state.range(0); ++i)
          gate.release();
      });
}

void timer_cancel(State& state)
{
  net::io_context ctx;
  timer_type timer(ctx, timer_type::time_point::max());
  wake_crowd(
      state, ctx, [&](handler h) { timer.async_wait(h); },
      [&](handler) { timer.cancel(); });
}

// As Asio's chat server does it: everybody waits for a timer of their own.
void timers_cancel(State& state)
{
  net::io_context ctx;
  std::deque<timer_type> timers;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    timers.emplace_back(ctx, timer_type::time_point::max());
  std::size_t next = 0;
  wake_crowd(
      state, ctx,
      [&](handler h) { timers[next++ % timers.size()].async_wait(h); },
      [&](handler) {
        for (timer_type& timer : timers)
          timer.cancel();
      });
}

void give_sizes(benchmark::internal::Benchmark* row)
{
  row->ArgName("waiters")
      ->RangeMultiplier(10)
      ->Range(100, 1000000)
      ->UseManualTime();
}

} // namespace

int main(int argc, char** argv)
{
  give_sizes(add_row("crowd/post", post_all));
  give_sizes(add_row("crowd/completion_alone", complete_all));
  give_sizes(add_row("crowd/async_semaphore", semaphore_release_all));
  give_sizes(add_row("crowd/async_condvar", condvar_notify_all));
  give_sizes(
      add_row("crowd/async_condvar_with_mutex", condvar_notify_all_with_mutex));
  give_sizes(add_row("crowd/concurrent_channel", channel_send_all));
  give_sizes(add_row("crowd/timer", timer_cancel));
  give_sizes(add_row("crowd/timer_for_each", timers_cancel));
  return run(argc, argv);
}
