// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does a thread pay to release permits to tasks of another thread's
// context, one after the other?
//
// Only the releasing thread is timed; the other one runs the handlers
// meanwhile. The floor is a queue that needs to wake nobody: a mailbox of which
// the scheduler is told once.

#include "gates.hpp"
#include "wake_ring_bell.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>

namespace {

using namespace perf;

// Prepare one wait for each release, release, and count the handlers.
template <typename Prepare, typename Release>
void burst(State& state, Prepare prepare, Release release)
{
  const std::int64_t count = state.range(0);
  std::promise<void> done;
  std::int64_t left = 0;
  const auto handler = [&](error_code = error_code()) {
    if (--left == 0)
      done.set_value();
  };
  run_batches(state, count, [&] {
    left = count;
    done = std::promise<void>();
    for (std::int64_t i = 0; i < count; ++i)
      prepare(handler);
    const double time = seconds_of([&] {
      for (std::int64_t i = 0; i < count; ++i)
        release(handler);
    });
    done.get_future().wait();
    return time;
  });
}

void by_post(State& state)
{
  running_context ctx;
  burst(
      state, [](auto&) {},
      [&](auto& handler) { net::post(ctx.get_executor(), handler); });
}

constexpr auto by_gate = [](State& state, auto type) {
  running_context ctx;
  typename decltype(type)::type gate(ctx, 0);
  burst(
      state, [&](auto& handler) { gate.async_acquire(handler); },
      [&](auto&) { gate.release(); });
};

void by_condvar(State& state)
{
  running_context ctx;
  condvar_type condvar(ctx);
  burst(
      state, [&](auto& handler) { condvar.async_wait(handler); },
      [&](auto&) { condvar.notify_one(); });
}

template <typename Bell>
void by_bell(State& state)
{
  running_context ctx;
  auto& bell = net::use_service<Bell>(ctx);
  std::function<void()> call;
  const auto count = std::size_t(state.range(0));
  std::deque<message> messages;
  std::size_t next = 0;
  burst(
      state,
      [&](auto& handler) {
        call = handler;
        bell.work_started();
        if (messages.size() < count)
          messages.emplace_back(call);
      },
      [&](auto&) { bell.deliver(messages[next++ % count]); });
}

} // namespace

int main(int argc, char** argv)
{
  const auto with_counts = [](benchmark::internal::Benchmark* row) {
    row->ArgName("releases")->Arg(1000)->Arg(100000)->UseManualTime();
  };
  with_counts(add_row("burst/post", by_post));
  add_rows<semaphore_gate, concurrent_channel_gate, list_gate>(
      "burst", by_gate, with_counts);
  with_counts(add_row("burst/async_condvar", by_condvar));
  with_counts(add_row("burst/mailbox", by_bell<posted_mailbox>));
#if ASIO_SYNC_HAS_IO_URING
  if (asio_sync::detail::has_io_uring_futex())
    with_counts(add_row("burst/mailbox_bell_in_the_ring", by_bell<ring_bell>));
  else
    add_skipped_row("burst/mailbox_bell_in_the_ring", no_ring_futex);
#endif
  return run(argc, argv);
}
