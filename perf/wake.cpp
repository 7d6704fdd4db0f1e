// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it take to wake another thread's event loop, and would anything
// bring ready operations there faster than Asio's scheduler does?
//
// Two contexts play ping-pong; times are half of a round trip. The floor is two
// threads that block in futex(2). A bell in the ring takes part where Asio uses
// io_uring, and waits for words where they are seen by others.

#include "futex_turns.hpp"
#include "gates.hpp"
#include "wake_ring_bell.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace perf;

// Ways to send a message to a context, which is called there. Each message must
// be expected first.

struct by_post
{
  static constexpr char name[] = "post";

  explicit by_post(net::io_context& ctx)
    : ex(ctx.get_executor())
  {
  }

  void expect(message&)
  {
  }

  void send(message& m)
  {
    net::post(ex, [&m] { m.call(); });
  }

  executor ex;
};

template <typename Gate>
struct by_gate
{
  static constexpr auto& name = Gate::name;

  explicit by_gate(net::io_context& ctx)
    : gate(ctx, 0)
  {
  }

  void expect(message& m)
  {
    gate.async_acquire([&m](error_code) { m.call(); });
  }

  void send(message&)
  {
    gate.release();
  }

  Gate gate;
};

template <typename Bell>
struct by
{
  static constexpr auto& name = Bell::name;

  explicit by(net::io_context& ctx)
    : bell(net::use_service<Bell>(ctx))
  {
  }

  void expect(message&)
  {
    bell.work_started();
  }

  void send(message& m)
  {
    bell.deliver(m);
  }

  Bell& bell;
};

enum class waker
{
  async_futex,
  system_call
};

template <waker Waker>
struct by_word
{
  static constexpr auto name = Waker == waker::async_futex
      ? "async_futex"
      : "async_futex_by_system_call";

  explicit by_word(net::io_context& ctx)
    : changed(ctx, word)
  {
  }

  void expect(message& m)
  {
    changed.async_wait(seen, [this, &m](error_code ec) {
      if (ec)
        fail("async_futex: " + ec.message());
      // Acquire pairs with the release below.
      const std::uint32_t now = word.load(std::memory_order_acquire);
      if (now == std::exchange(seen, now))
        return expect(m);
      m.call();
    });
  }

  void send(message&)
  {
    word.fetch_add(1, std::memory_order_release);
    if constexpr (Waker == waker::async_futex)
      changed.notify_one();
    else
      asio_sync::detail::linux_futex_wake(&word, 1);
  }

  std::atomic<std::uint32_t> word{0};
  std::uint32_t seen = 0;
  asio_sync::basic_async_futex<executor> changed;
};

// A context with a way to send messages to it, run by threads. One that has I/O
// sleeps in the kernel's queue of events, the other on a condition variable.
template <typename Way>
struct party
{
  party(int threads, bool has_io)
    : ctx(threads),
      way(ctx)
  {
    if (has_io)
      timer.emplace(ctx);
  }

  running_context ctx;
  std::optional<net::steady_timer> timer;
  Way way;
};

constexpr int rounds = 20000;

constexpr auto ping_pong = [](State& state, auto type) {
  using party_type = party<typename decltype(type)::type>;
  const int threads = int(state.range(0));
  party_type a(threads, state.range(1) != 0), b(threads, state.range(1) != 0);
  std::promise<void> done;
  laps taken(rounds + 1);
  int left_for_b = rounds;

  message *to_a, *to_b;
  const std::function<void()> at_a = [&] {
    if (!taken.next())
      return done.set_value();
    a.way.expect(*to_a);
    b.way.send(*to_b);
  };
  const std::function<void()> at_b = [&] {
    if (--left_for_b > 0)
      b.way.expect(*to_b);
    a.way.send(*to_a);
  };
  message message_a(at_a), message_b(at_b);
  to_a = &message_a;
  to_b = &message_b;

  while (state.KeepRunningBatch(rounds))
  {
    b.way.expect(message_b);
    a.way.expect(message_a);
    a.way.send(message_a);
    if (done.get_future().wait_for(std::chrono::minutes(1))
        != std::future_status::ready)
      fail("a wake was lost");
  }
  a.ctx.end();
  b.ctx.end();
  set_percentiles(state, settled(taken.times()), 2);
};

// Two threads, and nothing else.
void futex_ping_pong(State& state)
{
  std::atomic<std::uint32_t> turns{0};
  std::vector<double> times;
  while (state.KeepRunningBatch(rounds))
  {
    constexpr auto scope = asio_sync::futex_scope::process_private;
    std::thread other([&] { take_turns(turns, 1, rounds, scope); });
    times = take_turns(turns, 0, rounds + 1, scope);
    other.join();
  }
  set_percentiles(state, settled(std::move(times)), 2);
}

void give_places(benchmark::internal::Benchmark* row)
{
  row->ArgNames({"threads", "io"})
      ->ArgsProduct({{1, 2}, {0, 1}})
      ->Iterations(rounds)
      ->UseRealTime();
}

} // namespace

int main(int argc, char** argv)
{
  add_rows<by_post, by_gate<semaphore_gate>, by_gate<concurrent_channel_gate>,
      by_gate<list_gate>, by<posted_mailbox>, by_word<waker::async_futex>>(
      "wake", ping_pong, give_places);
#if ASIO_SYNC_HAS_IO_URING
  if (asio_sync::detail::has_io_uring_futex())
    add_rows<by<ring_bell>>("wake", ping_pong, give_places);
  else
    add_skipped_row("wake/mailbox_bell_in_the_ring", no_ring_futex);
#endif
  if (sees_foreign_wakes())
    add_rows<by_word<waker::system_call>>("wake", ping_pong, give_places);
  else
    add_skipped_row("wake/async_futex_by_system_call", no_foreign_wakes);
  add_row("wake/futex", futex_ping_pong)->Iterations(rounds)->UseRealTime();
  return run(argc, argv);
}
