// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does a condition variable cost beside a timer that never expires, and
// beside posting handlers? What does a mutex cost beside std::mutex?
//
// A timer that never expires and is cancelled to notify is what Asio's users
// have for lack of a condition variable. The unit is one uncontended atomic
// read-modify-write, where there is one. Ends with a table of goals, and takes
// the options of Google Benchmark.

#include <asio_sync.hpp>

#include "bytes.hpp"
#include "report.hpp"

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio.hpp>
#else
# include <asio.hpp>
#endif

#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using executor = net::io_context::executor_type;
using condvar_type = asio_sync::basic_async_condvar<executor>;
using mutex_type = asio_sync::basic_async_mutex<executor>;
using timer_type = net::basic_waitable_timer<std::chrono::steady_clock,
    net::wait_traits<std::chrono::steady_clock>, executor>;

void atomic_rmw(benchmark::State& state)
{
  std::atomic<std::uint64_t> word{1};
  for (auto _ : state)
    word.fetch_add(1, std::memory_order_release);
}

// Many waits are notified, and their handlers are called. Only that is timed.

constexpr int crowd = 10000;

// All handlers have the same size.
struct handler
{
  void operator()()
  {
    ++*calls;
  }

  void operator()(error_code)
  {
    ++*calls;
  }

  long* calls;
};

template <typename Prepare, typename Notify>
void notify_crowd(benchmark::State& state, net::io_context& ctx,
    Prepare prepare, Notify notify)
{
  long calls = 0;
  for (auto _ : state)
  {
    state.PauseTiming();
    ctx.restart();
    for (int i = 0; i < crowd; ++i)
      prepare(handler{&calls});
    state.ResumeTiming();
    notify(handler{&calls});
    ctx.run();
  }
  if (calls != state.iterations() * crowd)
    state.SkipWithError("handlers were not called");
  state.SetItemsProcessed(calls);
}

void post_all(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  notify_crowd(
      state, ctx, [](handler) {},
      [&](handler h) {
        for (int i = 0; i < crowd; ++i)
          net::post(ctx.get_executor(), h);
      });
}

void condvar_notify_all(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  condvar_type condvar(ctx);
  notify_crowd(
      state, ctx, [&](handler h) { condvar.async_wait(h); },
      [&](handler) { condvar.notify_all(); });
}

void timer_notify_all(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  timer_type timer(ctx, timer_type::time_point::max());
  notify_crowd(
      state, ctx, [&](handler h) { timer.async_wait(h); },
      [&](handler) { timer.cancel(); });
}

// The part of it that is Asio's: operations that are ready are completed.
void complete_all(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  condvar_type condvar(ctx);
  int waiting = 0;
  notify_crowd(
      state, ctx,
      [&](handler h) {
        condvar.async_wait(h);
        if (++waiting % crowd == 0)
          condvar.notify_all();
      },
      [](handler) {});
}

// As Asio's chat server does it: everybody waits for a timer of their own.
void timers_notify_all(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  std::deque<timer_type> timers;
  for (int i = 0; i < crowd; ++i)
    timers.emplace_back(ctx, timer_type::time_point::max());
  std::size_t next = 0;
  notify_crowd(
      state, ctx,
      [&](handler h) { timers[next++ % timers.size()].async_wait(h); },
      [&](handler) {
        for (timer_type& timer : timers)
          timer.cancel();
      });
}

// Each handler owns the mutex and unlocks it.
void condvar_notify_all_with_mutex(benchmark::State& state)
{
  net::io_context ctx(int(state.range(0)));
  mutex_type mutex(ctx);
  condvar_type condvar(ctx);
  std::deque<asio_sync::mutex_lock> locks;
  notify_crowd(
      state, ctx,
      [&](handler h) {
        auto& lock = locks.emplace_back(mutex);
        condvar.async_wait(lock, [h, &lock](error_code) mutable {
          h();
          lock.unlock();
        });
      },
      [&](handler) { condvar.notify_all(); });
}

// One handler that begins again until it was called often enough. A condition
// variable notifies it each time.

constexpr long batch = 10000;

void count_operations(benchmark::State& state)
{
  state.SetItemsProcessed(state.iterations() * batch);
}

void post(benchmark::State& state)
{
  struct poster
  {
    void operator()()
    {
      if (--*left > 0)
        net::post(ctx->get_executor(), *this);
    }

    net::io_context* ctx;
    long* left;
    void* unused = nullptr;
  };

  net::io_context ctx(int(state.range(0)));
  for (auto _ : state)
  {
    long left = batch;
    ctx.restart();
    net::post(ctx, poster{&ctx, &left});
    ctx.run();
  }
  count_operations(state);
}

void condvar_notify_one_with_mutex(benchmark::State& state)
{
  struct waiter
  {
    void operator()(error_code)
    {
      if (--*left <= 0)
        return;
      condvar->async_wait(*lock, *this);
      condvar->notify_one();
    }

    condvar_type* condvar;
    asio_sync::mutex_lock* lock;
    long* left;
  };

  net::io_context ctx(int(state.range(0)));
  mutex_type mutex(ctx);
  condvar_type condvar(ctx);
  asio_sync::mutex_lock lock(mutex);
  for (auto _ : state)
  {
    long left = batch + 1;
    ctx.restart();
    waiter{&condvar, &lock, &left}(error_code());
    ctx.run();
  }
  count_operations(state);
}

void timer_notify_one(benchmark::State& state)
{
  struct waiter
  {
    void operator()(error_code)
    {
      if (--*left <= 0)
        return;
      timer->async_wait(*this);
      timer->cancel_one();
    }

    timer_type* timer;
    long* left;
    void* unused = nullptr;
  };

  net::io_context ctx(int(state.range(0)));
  timer_type timer(ctx, timer_type::time_point::max());
  for (auto _ : state)
  {
    long left = batch + 1;
    ctx.restart();
    waiter{&timer, &left}(error_code());
    ctx.run();
  }
  count_operations(state);
}

// A hundred of many waits are cancelled, in random order. Only that is timed.
template <typename Object, typename... Args>
void cancel_some(benchmark::State& state, Args... args)
{
  constexpr std::size_t cancelled = 100;
  net::io_context ctx;
  Object object(ctx, args...);
  std::deque<net::cancellation_signal> signals(std::size_t(state.range(0)));
  std::vector<net::cancellation_signal*> order;
  for (net::cancellation_signal& signal : signals)
    order.push_back(&signal);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  order.resize(cancelled);

  for (auto _ : state)
  {
    state.PauseTiming();
    for (net::cancellation_signal& signal : signals)
      object.async_wait(
          net::bind_cancellation_slot(signal.slot(), [](error_code) {}));
    state.ResumeTiming();
    for (net::cancellation_signal* signal : order)
      signal->emit(net::cancellation_type::all);
    state.PauseTiming();
    object.cancel();
    ctx.restart();
    ctx.run();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(cancelled));
}

void condvar_cancel_one(benchmark::State& state)
{
  cancel_some<condvar_type>(state);
}

void timer_cancel_one(benchmark::State& state)
{
  cancel_some<timer_type>(state, timer_type::time_point::max());
}

// A mutex that nobody else uses.

template <typename Mutex>
void lock_and_unlock(benchmark::State& state, Mutex& mutex)
{
  for (auto _ : state)
  {
    mutex.lock();
    benchmark::ClobberMemory();
    mutex.unlock();
  }
}

void std_mutex_lock(benchmark::State& state)
{
  std::mutex mutex;
  lock_and_unlock(state, mutex);
}

void async_mutex_lock(benchmark::State& state)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  lock_and_unlock(state, mutex);
}

void async_mutex_try_lock(benchmark::State& state)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  for (auto _ : state)
  {
    benchmark::DoNotOptimize(mutex.try_lock());
    mutex.unlock();
  }
}

BENCHMARK(atomic_rmw);
BENCHMARK(complete_all)->Arg(-1)->Arg(1)->Iterations(20);
BENCHMARK(post_all)->Arg(-1)->Arg(1)->Iterations(20);
BENCHMARK(condvar_notify_all)->Arg(-1)->Arg(1)->Iterations(20);
BENCHMARK(condvar_notify_all_with_mutex)->Arg(-1)->Arg(1)->Iterations(20);
BENCHMARK(timer_notify_all)->Arg(-1)->Arg(1)->Iterations(20);
BENCHMARK(timers_notify_all)->Arg(-1)->Arg(1)->Iterations(20);
BENCHMARK(post)->Arg(-1)->Arg(1);
BENCHMARK(condvar_notify_one_with_mutex)->Arg(-1)->Arg(1);
BENCHMARK(timer_notify_one)->Arg(-1)->Arg(1);
BENCHMARK(condvar_cancel_one)->Arg(1000)->Arg(20000)->Iterations(10);
BENCHMARK(timer_cancel_one)->Arg(1000)->Arg(20000)->Iterations(10);
BENCHMARK(std_mutex_lock);
BENCHMARK(async_mutex_lock);
BENCHMARK(async_mutex_try_lock);

void print_bytes()
{
  const auto plain = [](net::io_context& ctx, const auto& h) {
    condvar_type condvar(ctx);
    condvar.async_wait(h);
  };
  const auto with_mutex = [](net::io_context& ctx, const auto& h) {
    mutex_type mutex(ctx);
    condvar_type condvar(ctx);
    asio_sync::mutex_lock lock(mutex);
    condvar.async_wait(lock, h);
  };
  const auto timer = [](net::io_context& ctx, const auto& h) {
    timer_type t(ctx, timer_type::time_point::max());
    t.async_wait(h);
  };
  perf::print_goal("bytes of a wait", 0, perf::bytes_of(plain));
  perf::print_goal(
      "bytes of a wait with a mutex", 0, perf::bytes_of(with_mutex));
  perf::print_goal("bytes of a timer's wait", 0, perf::bytes_of(timer));
}

void print_goals(const perf::medians& time)
{
  const double rmw = time("atomic_rmw");
  for (const std::string hint : {"/-1", "/1"})
  {
    const std::string note = hint == "/1" ? " (concurrency hint 1)" : "";
    const auto crowd_time = [&](const char* row) {
      return time(row + hint + "/iterations:20");
    };
    const double all = crowd_time("condvar_notify_all");
    perf::print_goal("notify_all / one timer for each" + note, 1. / 3,
        all / crowd_time("timers_notify_all"));
    perf::print_goal("notify_all / one timer for all" + note, 0,
        all / crowd_time("timer_notify_all"));
    perf::print_goal(
        "notify_all / post" + note, 1.5, all / crowd_time("post_all"));
    perf::print_goal("completion alone / one timer for each" + note, 0,
        crowd_time("complete_all") / crowd_time("timers_notify_all"));
    perf::print_goal("completion alone / one timer for all" + note, 0,
        crowd_time("complete_all") / crowd_time("timer_notify_all"));
    perf::print_goal("notify_all with a mutex / post" + note, 0,
        crowd_time("condvar_notify_all_with_mutex") / crowd_time("post_all"));
    perf::print_goal("notify_one with a mutex above post, in RMWs" + note, 10,
        (time("condvar_notify_one_with_mutex" + hint) - time("post" + hint))
            / rmw);
    perf::print_goal("notify_one with a mutex / timer" + note, 0,
        time("condvar_notify_one_with_mutex" + hint)
            / time("timer_notify_one" + hint));
  }
  const auto cancel_time = [&](const char* row) {
    return time(std::string(row) + "/iterations:10");
  };
  const double cancel = cancel_time("condvar_cancel_one/20000");
  const double timer_cancel = cancel_time("timer_cancel_one/20000");
  perf::print_goal("cancelling one of 20,000 / one of 1,000", 0,
      cancel / cancel_time("condvar_cancel_one/1000"));
  perf::print_goal(
      "... of a timer", 0, timer_cancel / cancel_time("timer_cancel_one/1000"));
  perf::print_goal("cancelling one of 20,000: timer / condition variable", 0,
      timer_cancel / cancel);
  perf::print_goal("lock and unlock / std::mutex", 0,
      time("async_mutex_lock") / time("std_mutex_lock"));
  perf::print_goal("try_lock and unlock / std::mutex", 0,
      time("async_mutex_try_lock") / time("std_mutex_lock"));
  print_bytes();
}

} // namespace

int main(int argc, char** argv)
{
  return perf::run(argc, argv, print_goals);
}
