// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does a wait for a word cost that is woken by its own thread?
//
// The context has I/O. The floor is to post the handler.

#include "perf.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace {

using namespace perf;

// A context with I/O, whose loop looks for events after each handler.
class one_thread_context : public net::io_context
{
public:
  one_thread_context()
    : net::io_context(1),
      timer_(*this)
  {
  }

private:
  net::steady_timer timer_;
};

// A handler that begins again, until enough were called.
template <typename Begin>
struct handler
{
  void operator()(error_code = error_code()) const
  {
    if (--left > 0)
      begin(*this);
    else
      ctx.stop();
  }

  net::io_context& ctx;
  const Begin& begin;
  std::int64_t& left;
};

template <typename Begin>
void repeat(State& state, net::io_context& ctx, const Begin& begin)
{
  constexpr std::int64_t batch = 1000;
  std::int64_t left = 0;
  while (state.KeepRunningBatch(batch))
  {
    left = batch;
    ctx.restart();
    begin(handler<Begin>{ctx, begin, left});
    ctx.run();
  }
}

void post(State& state)
{
  one_thread_context ctx;
  repeat(state, ctx,
      [&](const auto& next) { net::post(ctx.get_executor(), next); });
}

void notify_condvar(State& state)
{
  one_thread_context ctx;
  condvar_type changed(ctx);
  repeat(state, ctx, [&](const auto& next) {
    changed.async_wait(next);
    changed.notify_one();
  });
}

void change_and_notify(State& state)
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  repeat(state, ctx, [&](const auto& next) {
    changed.async_wait(word.load(std::memory_order_relaxed), next);
    word.fetch_add(1, std::memory_order_release);
    changed.notify_one();
  });
}

// The word does not change. So many waits at any time.
void notify(State& state)
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  std::int64_t missing = state.range(0);
  repeat(state, ctx, [&](const auto& next) {
    for (std::int64_t i = std::exchange(missing, 1); i > 0; --i)
      changed.async_wait(0, next);
    changed.notify_one();
  });
}

// The word is not as expected in the first place.
void wait_for_nothing(State& state)
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  repeat(state, ctx, [&](const auto& next) { changed.async_wait(1, next); });
}

void notify_nobody(State& state)
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  for (auto _ : state)
  {
    word.fetch_add(1, std::memory_order_release);
    changed.notify_one();
  }
}

} // namespace

int main(int argc, char** argv)
{
  const auto alone = [](benchmark::internal::Benchmark* row) {
    return row->UseRealTime();
  };
  alone(add_row("one_thread/post", post));
  alone(add_row("one_thread/async_condvar", notify_condvar));
  alone(add_row("one_thread/async_futex_word_changes", change_and_notify));
  alone(add_row("one_thread/async_futex", notify))
      ->ArgName("waits")
      ->Arg(1)
      ->Arg(64);
  alone(add_row("one_thread/async_futex_word_differs", wait_for_nothing));
  alone(add_row("one_thread/async_futex_nobody_waits", notify_nobody));
  return run(argc, argv);
}
