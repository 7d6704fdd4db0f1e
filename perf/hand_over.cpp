// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it cost, on one thread, to hand a permit to a task that waits for
// it, with a time limit or without, or to notify one?
//
// The floor is to post as many handlers.

#include "gates.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#if ASIO_SYNC_USES_BOOST_ASIO ? __has_include(<boost/asio/cancel_after.hpp>) \
                              : __has_include(<asio/cancel_after.hpp>)
# define PERF_HAS_CANCEL_AFTER 1
#else
# define PERF_HAS_CANCEL_AFTER 0
#endif

namespace {

using namespace perf;

constexpr std::int64_t tasks = 64, rounds = 200;

constexpr auto hand_over = [](State& state, auto type) {
  using gate_type = typename decltype(type)::type;
  net::io_context ctx(int(state.range(0)));
  gate_type gate(ctx, 1);
  while (state.KeepRunningBatch(tasks * rounds))
  {
    ctx.restart();
    for (int i = 0; i < tasks; ++i)
      gate.async_acquire(task<gate_type>{&gate, rounds});
    ctx.run();
  }
};

// As above, and each wait could be cancelled.
void hand_over_with_slots(State& state)
{
  struct cancellable
  {
    void wait()
    {
      semaphore->async_acquire(
          net::bind_cancellation_slot(signal->slot(), *this));
    }

    void operator()(error_code)
    {
      if (--left > 0)
        wait();
      semaphore->release();
    }

    semaphore_type* semaphore;
    std::int64_t left;
    net::cancellation_signal* signal;
  };

  net::io_context ctx(int(state.range(0)));
  semaphore_type semaphore(ctx, 1);
  std::deque<net::cancellation_signal> signals(tasks);
  while (state.KeepRunningBatch(tasks * rounds))
  {
    ctx.restart();
    for (net::cancellation_signal& signal : signals)
      cancellable{&semaphore, rounds, &signal}.wait();
    ctx.run();
  }
}

// A time that never comes.
constexpr std::chrono::hours limit(1);

struct timed_semaphore_gate : semaphore_gate
{
  using semaphore_gate::semaphore_gate;

  template <typename Token>
  auto async_acquire(Token&& token)
  {
    return async_acquire_for(limit, std::forward<Token>(token));
  }
};

#if PERF_HAS_CANCEL_AFTER
template <typename Gate>
struct timed_gate : Gate
{
  using Gate::Gate;

  template <typename Token>
  auto async_acquire(Token&& token)
  {
    return Gate::async_acquire(
        net::cancel_after(limit, std::forward<Token>(token)));
  }
};
#endif

// A count, and a timer for each that waits. For one thread at a time.
class timers_gate
{
public:
  static constexpr char name[] = "timers";

  timers_gate(net::io_context& ctx, int permits)
    : ex_(ctx.get_executor()),
      permits_(permits)
  {
  }

  template <typename Handler>
  void async_acquire(Handler&& handler)
  {
    if (--permits_ >= 0)
      return net::post(ex_, std::forward<Handler>(handler));
    auto timer = std::make_unique<timer_type>(ex_, limit);
    timer_type& started = *timer;
    waiting_.push_back(std::move(timer));
    started.async_wait(std::forward<Handler>(handler));
  }

  // The timer's wait completes without the timer.
  void release()
  {
    if (++permits_ <= 0)
      waiting_.pop_front();
  }

private:
  executor ex_;
  int permits_;
  std::deque<std::unique_ptr<timer_type>> waiting_;
};

// One handler waits and is notified, again and again.
template <typename Wait>
struct repeat
{
  void operator()(error_code = error_code()) const
  {
    if (--*left > 0)
      wait(*this);
  }

  Wait& wait;
  std::int64_t* left;
};

template <typename Wait>
void notify_one(State& state, net::io_context& ctx, Wait wait)
{
  constexpr std::int64_t batch = 10000;
  while (state.KeepRunningBatch(batch))
  {
    std::int64_t left = batch + 1;
    ctx.restart();
    repeat<Wait>{wait, &left}();
    ctx.run();
  }
}

void notify_one_by_post(State& state)
{
  net::io_context ctx(int(state.range(0)));
  notify_one(state, ctx,
      [&](const auto& handler) { net::post(ctx.get_executor(), handler); });
}

void notify_one_by_condvar(State& state)
{
  net::io_context ctx(int(state.range(0)));
  condvar_type condvar(ctx);
  notify_one(state, ctx, [&](const auto& handler) {
    condvar.async_wait(handler);
    condvar.notify_one();
  });
}

void notify_one_with_mutex(State& state)
{
  net::io_context ctx(int(state.range(0)));
  mutex_type mutex(ctx);
  condvar_type condvar(ctx);
  asio_sync::mutex_lock lock(mutex);
  notify_one(state, ctx, [&](const auto& handler) {
    condvar.async_wait(lock, handler);
    condvar.notify_one();
  });
}

void notify_one_by_timer(State& state)
{
  net::io_context ctx(int(state.range(0)));
  timer_type timer(ctx, timer_type::time_point::max());
  notify_one(state, ctx, [&](const auto& handler) {
    timer.async_wait(handler);
    timer.cancel_one();
  });
}

} // namespace

int main(int argc, char** argv)
{
  add_rows<post_gate, counted_post_gate<4>, semaphore_gate, channel_gate,
      concurrent_channel_gate, timer_gate, list_gate>(
      "hand_over", hand_over, with_hints);
  with_hints(
      add_row("hand_over/async_semaphore_with_slots", hand_over_with_slots));
  add_rows<timed_semaphore_gate, timers_gate>(
      "hand_over_timed", hand_over, with_hints);
#if PERF_HAS_CANCEL_AFTER
  add_rows<timed_gate<channel_gate>, timed_gate<concurrent_channel_gate>>(
      "hand_over_timed", hand_over, with_hints);
#else
  for (const char* name : {channel_gate::name, concurrent_channel_gate::name})
    add_skipped_row(std::string("hand_over_timed/") + name,
        "needs an Asio that has cancel_after");
#endif
  with_hints(add_row("notify_one/post", notify_one_by_post));
  with_hints(add_row("notify_one/async_condvar", notify_one_by_condvar));
  with_hints(
      add_row("notify_one/async_condvar_with_mutex", notify_one_with_mutex));
  with_hints(add_row("notify_one/timer", notify_one_by_timer));
  return run(argc, argv);
}
