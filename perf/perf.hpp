// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What all programs share: how rows are named and run, contexts and threads,
// and percentiles of latencies.
//
// Rows are called question/competitor/name:value. Their time is that of one
// operation. perf/report.py relates them to each other.

#ifndef ASIO_SYNC_PERF_PERF_HPP
#define ASIO_SYNC_PERF_PERF_HPP

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio.hpp>
#else
# include <asio.hpp>
#endif

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace perf {

namespace net = asio_sync::net;
using asio_sync::error_code;
using benchmark::State;
using executor = net::io_context::executor_type;
using clock_type = std::chrono::steady_clock;

using semaphore_type = asio_sync::basic_async_semaphore<executor>;
using mutex_type = asio_sync::basic_async_mutex<executor>;
using condvar_type = asio_sync::basic_async_condvar<executor>;
using futex_type = asio_sync::basic_async_futex<executor>;
using timer_type = net::basic_waitable_timer<std::chrono::steady_clock,
    net::wait_traits<std::chrono::steady_clock>, executor>;

// The default hint of an io_context.
constexpr int default_hint = -1;

inline void fail(const std::string& what)
{
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

// Register a row of a question for each competitor, which have a name. The
// function gets the state and a competitor's type, as std::common_type<T>; the
// last one the rows, to give them arguments.
template <typename... Competitors, typename Function, typename Arguments>
void add_rows(const std::string& question, Function function, Arguments give)
{
  (give(benchmark::RegisterBenchmark(
       (question + "/" + Competitors::name).c_str(),
       [function](State& state) {
         function(state, std::common_type<Competitors>());
       })),
      ...);
}

// Register a row without arguments.
template <typename Function>
benchmark::internal::Benchmark* add_row(
    const std::string& name, Function function)
{
  return benchmark::RegisterBenchmark(name.c_str(), function);
}

// Register a row that the machine cannot have, so that the results say why.
inline void add_skipped_row(const std::string& name, const std::string& why)
{
  add_row(name, [why](State& state) { state.SkipWithError(why.c_str()); });
}

// Both hints that matter.
constexpr auto with_hints = [](benchmark::internal::Benchmark* row) {
  row->ArgName("hint")->Arg(default_hint)->Arg(1);
};

// Run a context on several threads, of which this is one, until it has no more
// to do.
inline void run_on_threads(net::io_context& ctx, std::int64_t threads)
{
  std::vector<std::thread> others;
  for (std::int64_t i = 1; i < threads; ++i)
    others.emplace_back([&ctx] { ctx.run(); });
  ctx.run();
  for (std::thread& other : others)
    other.join();
}

// A context and the threads that run it until it is destroyed or ends. Requires
// then: nothing waits.
class running_context : public net::io_context
{
public:
  explicit running_context(int threads = 1)
    : net::io_context(threads == 1 ? 1 : default_hint),
      work_(get_executor())
  {
    for (int i = 0; i < threads; ++i)
      threads_.emplace_back([this] { run(); });
  }

  ~running_context()
  {
    end();
  }

  void end()
  {
    work_.reset();
    for (std::thread& thread : threads_)
      thread.join();
    threads_.clear();
  }

private:
  net::executor_work_guard<executor> work_;
  std::vector<std::thread> threads_;
};

inline double nanoseconds(clock_type::duration time)
{
  return std::chrono::duration<double, std::nano>(time).count();
}

// How long some work takes, in seconds.
template <typename Work>
double seconds_of(Work work)
{
  const auto start = clock_type::now();
  work();
  return nanoseconds(clock_type::now() - start) / 1e9;
}

// Run batches of so many operations, each of which returns how many seconds of
// it count. The first one does not count at all. For rows with UseManualTime().
template <typename Batch>
void run_batches(State& state, std::int64_t operations, Batch batch)
{
  batch();
  while (state.KeepRunningBatch(operations))
    state.SetIterationTime(batch());
}

// Who takes turns, and when.
class laps
{
public:
  explicit laps(std::int64_t count)
    : left_(count)
  {
    times_.reserve(std::size_t(count));
  }

  // Take a turn. Returns whether there are more.
  bool next()
  {
    const auto now = clock_type::now();
    if (last_ != clock_type::time_point())
      times_.push_back(nanoseconds(now - last_));
    last_ = now;
    return --left_ > 0;
  }

  // From turn to turn, in nanoseconds.
  const std::vector<double>& times() const
  {
    return times_;
  }

private:
  std::int64_t left_;
  clock_type::time_point last_;
  std::vector<double> times_;
};

// Without the first tenth, in which all warms up.
inline std::vector<double> settled(std::vector<double> times)
{
  times.erase(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 10));
  return times;
}

// Percentiles of latencies, given in nanoseconds.
inline void set_percentiles(
    State& state, std::vector<double> times, double divisor = 1)
{
  std::sort(times.begin(), times.end());
  const auto set = [&](const char* name, std::size_t per_mille) {
    state.counters[name] = times[times.size() * per_mille / 1000] / divisor;
  };
  set("p50", 500);
  set("p99", 990);
  set("p99.9", 999);
}

// What is measured, for the head of the results.
inline void describe_asio()
{
#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT) \
                              : defined(ASIO_HAS_IO_URING_AS_DEFAULT)
  const std::string backend = "io_uring";
#elif ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_IO_URING) \
                              : defined(ASIO_HAS_IO_URING)
  const std::string backend = "io_uring beside epoll";
#else
  const std::string backend = "epoll";
#endif
  constexpr int version = ASIO_SYNC_ASIO_VERSION;
  net::io_context ctx;
  benchmark::AddCustomContext("asio",
      std::to_string(version / 100000) + "."
          + std::to_string(version / 100 % 1000) + "."
          + std::to_string(version % 100) + " with " + backend);
  benchmark::AddCustomContext("tier", asio_sync::platform_name(ctx));
#if defined(__clang__)
  benchmark::AddCustomContext("compiler", __VERSION__);
#else
  benchmark::AddCustomContext("compiler", "GCC " __VERSION__);
#endif
}

// Run the rows, all in one process that has a second thread: without one,
// glibc's mutexes use no atomic operations, which flatters whatever locks.
inline int run(int argc, char** argv)
{
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 2;
  describe_asio();

  std::promise<void> stop;
  std::thread parked([&stop] { stop.get_future().wait(); });
  benchmark::RunSpecifiedBenchmarks();
  stop.set_value();
  parked.join();
  return 0;
}

} // namespace perf

#endif // ASIO_SYNC_PERF_PERF_HPP
