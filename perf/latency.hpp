// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How programs that compare latencies let the competitors take turns, and what
// they print. On Linux.

#ifndef ASIO_SYNC_PERF_LATENCY_HPP
#define ASIO_SYNC_PERF_LATENCY_HPP

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio.hpp>
#else
# include <asio.hpp>
#endif

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace perf {

namespace net = asio_sync::net;
using asio_sync::error_code;
using clock_type = std::chrono::steady_clock;

inline struct settings
{
  int repetitions = 9;
  int rounds = 2000;
} options;

// Options are --repetitions=N and --rounds=N, and nothing else.
inline void parse(int argc, char** argv)
{
  for (int i = 1; i < argc; ++i)
  {
    const std::string argument = argv[i];
    const std::size_t value = argument.find('=') + 1;
    const int number = std::atoi(argument.c_str() + value);
    if (number > 0 && argument.compare(0, value, "--repetitions=") == 0)
      options.repetitions = number;
    else if (number > 0 && argument.compare(0, value, "--rounds=") == 0)
      options.rounds = number;
    else
    {
      std::fprintf(
          stderr, "usage: %s [--repetitions=N] [--rounds=N]\n", argv[0]);
      std::exit(2);
    }
  }
}

inline void fail(const std::string& what)
{
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

// What is measured: Asio, what it waits with, and the tier.
inline void print_platform()
{
#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_IO_URING_AS_DEFAULT) \
                              : defined(ASIO_HAS_IO_URING_AS_DEFAULT)
  const char* const backend = "io_uring";
#elif ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_IO_URING) \
                              : defined(ASIO_HAS_IO_URING)
  const char* const backend = "io_uring beside epoll";
#else
  const char* const backend = "epoll";
#endif
  constexpr int version = ASIO_SYNC_ASIO_VERSION;
  net::io_context ctx;
  std::printf("Asio %d.%d.%d by %s; tier: %s; medians of %d\n",
      version / 100000, version / 100 % 1000, version % 100, backend,
      asio_sync::platform_name(ctx), options.repetitions);
}

inline double nanoseconds(clock_type::duration time)
{
  return std::chrono::duration<double, std::nano>(time).count();
}

// What one run gives: a typical time and, of latencies, the 99th percentile.
using numbers = std::vector<double>;

// Those of latencies. The first tenth does not count.
inline numbers percentiles(std::vector<double> times, double divisor)
{
  times.erase(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 10));
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2] / divisor,
      times[times.size() * 99 / 100] / divisor};
}

struct competitor
{
  std::string name;
  std::function<numbers()> run;
};

// The median, and where the middle half of the values begins and ends.
struct quartiles
{
  explicit quartiles(std::vector<double> values)
  {
    std::sort(values.begin(), values.end());
    const std::size_t last = values.size() - 1;
    low = values[last / 4];
    median = values[last / 2];
    high = values[last - last / 4];
  }

  double low, median, high;
};

inline void print_ratio(
    const std::vector<double>& these, const std::vector<double>& those)
{
  std::vector<double> ratios;
  for (std::size_t i = 0; i < these.size(); ++i)
    ratios.push_back(these[i] / those[i]);
  const quartiles q(std::move(ratios));
  const int digits = q.median < 10 ? 2 : q.median < 100 ? 1 : 0;
  std::printf("  %4.*f (%4.*f ..%5.*f)", digits, q.median, digits, q.low,
      digits, q.high);
}

// Let the competitors take turns. Print medians, and ratios to the first two.
inline void compare(
    const std::string& title, const std::vector<competitor>& field)
{
  std::vector<std::vector<double>> typical(field.size()), worst(field.size());
  for (std::size_t i = 0; i < std::size_t(options.repetitions); ++i)
    for (std::size_t j = 0; j < field.size(); ++j)
    {
      const std::size_t next = (i + j) % field.size();
      const numbers result = field[next].run();
      typical[next].push_back(result[0]);
      if (result.size() > 1)
        worst[next].push_back(result[1]);
    }

  std::printf("\n%s\n%-25s %7s %20s %20s %7s\n", title.c_str(), "", "p50",
      ("/ " + field[0].name).c_str(), ("/ " + field[1].name).c_str(),
      worst[0].empty() ? "" : "p99");
  for (std::size_t i = 0; i < field.size(); ++i)
  {
    std::printf(
        "%-25s %7.1f", field[i].name.c_str(), quartiles(typical[i]).median);
    print_ratio(typical[i], typical[0]);
    print_ratio(typical[i], typical[1]);
    if (!worst[i].empty())
      std::printf(" %7.1f", quartiles(worst[i]).median);
    std::printf("\n");
  }
  std::fflush(stdout);
}

// Who takes turns, and when.
class laps
{
public:
  explicit laps(int count)
    : left_(count)
  {
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

  // From turn to turn.
  const std::vector<double>& times() const
  {
    return times_;
  }

private:
  int left_;
  clock_type::time_point last_;
  std::vector<double> times_;
};

// The floor: take turns by blocking in futex(2). The word counts turns.
inline std::vector<double> take_turns(
    std::atomic<std::uint32_t>& turns, std::uint32_t mine, int count)
{
  laps taken(count);
  bool goes_on = true;
  while (goes_on)
  {
    // Acquire pairs with the release below, of the other one.
    const std::uint32_t seen = turns.load(std::memory_order_acquire);
    if (seen % 2 != mine)
    {
      ::syscall(SYS_futex, &turns, FUTEX_WAIT, seen, nullptr, nullptr, 0);
      continue;
    }
    goes_on = taken.next();
    turns.store(seen + 1, std::memory_order_release);
    asio_sync::detail::linux_futex_wake(&turns, 1);
  }
  return taken.times();
}

} // namespace perf

#endif // ASIO_SYNC_PERF_LATENCY_HPP
