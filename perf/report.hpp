// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How the programs run their rows, and what they print at the end.

#ifndef ASIO_SYNC_PERF_REPORT_HPP
#define ASIO_SYNC_PERF_REPORT_HPP

#include <benchmark/benchmark.h>

#include <cstdio>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace perf {

// The median time of an operation of a row, in nanoseconds.
using medians = std::function<double(const std::string& row)>;

// A goal of 0 is none.
inline void print_goal(const std::string& what, double goal, double reached)
{
  if (goal == 0)
    std::printf("%-60s %9s %9.2f\n", what.c_str(), "-", reached);
  else
    std::printf("%-60s %9.2f %9.2f\n", what.c_str(), goal, reached);
}

// Prints rows as usual, and keeps their medians.
class reporter : public benchmark::ConsoleReporter
{
public:
  reporter()
    : ConsoleReporter(OO_None)
  {
  }

  void ReportRuns(const std::vector<Run>& runs) override
  {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs)
      if (run.aggregate_name == "median")
      {
        const auto items = run.counters.find("items_per_second");
        const std::string name = run.run_name.str();
        times_[name] = items != run.counters.end() ? 1e9 / items->second.value
                                                   : run.GetAdjustedRealTime();
      }
  }

  double time(const std::string& row) const
  {
    return times_.at(row);
  }

private:
  std::map<std::string, double> times_;
};

// Run the rows, all in one process that has a second thread: without one,
// glibc's mutexes use no atomic operations, which flatters whatever locks.
// Goals are printed if no row was left out.
inline int run(
    int argc, char** argv, const std::function<void(const medians&)>& print)
{
  // What is given on the command line comes last and wins.
  std::vector<std::string> defaults{argv[0], "--benchmark_repetitions=9",
      "--benchmark_min_time=0.05", "--benchmark_report_aggregates_only=true",
      "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> arguments;
  for (std::string& argument : defaults)
    arguments.push_back(argument.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = int(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data()))
    return 2;

  std::promise<void> stop;
  std::thread parked([&stop] { stop.get_future().wait(); });
  reporter report;
  benchmark::RunSpecifiedBenchmarks(&report);
  stop.set_value();
  parked.join();

  const std::string filter = benchmark::GetBenchmarkFilter();
  if (filter.empty() || filter == "." || filter == "all")
  {
    std::printf("\n%-60s %9s %9s\n", "medians", "goal", "reached");
    print([&report](const std::string& row) { return report.time(row); });
  }
  return 0;
}

} // namespace perf

#endif // ASIO_SYNC_PERF_REPORT_HPP
