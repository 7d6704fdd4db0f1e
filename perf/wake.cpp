// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it take to wake another thread's event loop, and would anything
// bring ready operations there faster than Asio's scheduler does?
//
// Two contexts play ping-pong; the time is half of a round trip. A bell in the
// ring takes part where Asio uses io_uring, and waits for words where they are
// seen by others.

#include "latency.hpp"
#include "wake_ring_bell.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace perf;
using executor = net::io_context::executor_type;

// The default hint of an io_context.
constexpr int default_hint = -1;

// Ways to send a message to a context, which is called there. Each message must
// be expected first.

struct by_post
{
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

struct by_semaphore
{
  explicit by_semaphore(net::io_context& ctx)
    : semaphore(ctx, 0)
  {
  }

  void expect(message& m)
  {
    semaphore.async_acquire([&m](error_code) { m.call(); });
  }

  void send(message&)
  {
    semaphore.release();
  }

  asio_sync::basic_async_semaphore<executor> semaphore;
};

template <typename Bell>
struct by
{
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

// Where the messages are called.
struct place
{
  int threads;
  bool has_io;
};

// A context and the threads that run it.
template <typename Way>
class party
{
public:
  explicit party(const place& where)
    : ctx_(where.threads == 1 ? 1 : default_hint),
      work_(ctx_.get_executor()),
      way_(ctx_)
  {
    // A thread sleeps in the kernel's event queue only if something has asked
    // for events, and on a condition variable otherwise.
    if (where.has_io)
      timer_.emplace(ctx_);
    for (int i = 0; i < where.threads; ++i)
      threads_.emplace_back([this] { ctx_.run(); });
  }

  // Requires: nothing is expected.
  void end()
  {
    work_.reset();
    for (std::thread& thread : threads_)
      thread.join();
  }

  Way& way() noexcept
  {
    return way_;
  }

private:
  net::io_context ctx_;
  net::executor_work_guard<executor> work_;
  std::optional<net::steady_timer> timer_;
  Way way_;
  std::vector<std::thread> threads_;
};

template <typename Way>
numbers ping_pong(const place& where)
{
  party<Way> a(where), b(where);
  std::promise<void> done;
  laps taken(options.rounds + 1);
  int left_for_b = options.rounds;

  message *to_a, *to_b;
  const std::function<void()> at_a = [&] {
    if (!taken.next())
      return done.set_value();
    a.way().expect(*to_a);
    b.way().send(*to_b);
  };
  const std::function<void()> at_b = [&] {
    if (--left_for_b > 0)
      b.way().expect(*to_b);
    a.way().send(*to_a);
  };
  message message_a(at_a), message_b(at_b);
  to_a = &message_a;
  to_b = &message_b;

  b.way().expect(message_b);
  a.way().expect(message_a);
  a.way().send(message_a);
  if (done.get_future().wait_for(std::chrono::minutes(1))
      != std::future_status::ready)
    fail("a wake was lost");
  a.end();
  b.end();
  return percentiles(taken.times(), 2000);
}

// Two threads, and nothing else.
numbers futex_ping_pong()
{
  std::atomic<std::uint32_t> turns{0};
  std::thread other([&] { take_turns(turns, 1, options.rounds); });
  const numbers result =
      percentiles(take_turns(turns, 0, options.rounds + 1), 2000);
  other.join();
  return result;
}

bool sees_foreign_wakes()
{
  net::io_context ctx;
  return asio_sync::async_futex::sees_foreign_wakes(ctx);
}

void compare_ways(const place& where)
{
  std::vector<competitor> field;
  const auto add = [&](const char* name, numbers (*run)(const place&)) {
    field.push_back({name, [run, where] { return run(where); }});
  };
  add("asio::post", ping_pong<by_post>);
  add("async_semaphore", ping_pong<by_semaphore>);
  add("mailbox, posted", ping_pong<by<posted_mailbox>>);
#if ASIO_SYNC_HAS_IO_URING
  if (asio_sync::detail::has_io_uring_futex())
    add("mailbox, bell in the ring", ping_pong<by<ring_bell>>);
#endif
  add("async_futex, notify_one", ping_pong<by_word<waker::async_futex>>);
  if (sees_foreign_wakes())
    add("async_futex, by futex(2)", ping_pong<by_word<waker::system_call>>);
  field.push_back({"no context, futex(2)", futex_ping_pong});

  compare("one way, us: "
          + std::string(where.threads == 1 ? "1 thread, hint 1" : "2 threads")
          + (where.has_io ? ", with I/O" : ", no I/O"),
      field);
}

} // namespace

int main(int argc, char** argv)
{
  parse(argc, argv);
  print_platform();
  for (const int threads : {1, 2})
    for (const bool has_io : {true, false})
      compare_ways({threads, has_io});
}
