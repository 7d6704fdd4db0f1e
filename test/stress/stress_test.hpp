// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_STRESS_STRESS_TEST_HPP
#define ASIO_SYNC_TEST_STRESS_STRESS_TEST_HPP

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace stress_test {

// What stands behind -- on the command line:
//
//   --seed=N          what random numbers begin with (default: any)
//   --iterations=N    operations of a round (default 20,000)
//   --seconds=N       how long rounds are repeated (default: one round)
struct options
{
  std::uint64_t seed = std::random_device()();
  long iterations = 20000;
  std::chrono::seconds duration{0};
};

inline std::uint64_t number_in(const std::string& argument)
{
  const std::string digits = argument.substr(argument.find('=') + 1);
  if (digits.empty()
      || digits.find_first_not_of("0123456789") != std::string::npos)
    throw std::invalid_argument("not a number: " + argument);
  return std::stoull(digits);
}

inline options read_options()
{
  const auto& suite = boost::unit_test::framework::master_test_suite();
  options o;
  for (int i = 1; i < suite.argc; ++i)
  {
    const std::string argument = suite.argv[i];
    if (argument.rfind("--seed=", 0) == 0)
      o.seed = number_in(argument);
    else if (argument.rfind("--iterations=", 0) == 0)
      o.iterations = long(number_in(argument));
    else if (argument.rfind("--seconds=", 0) == 0)
      o.duration = std::chrono::seconds(number_in(argument));
    else
      throw std::invalid_argument("unknown argument: " + argument
          + "; there are --seed=N, --iterations=N and --seconds=N");
  }
  return o;
}

// What repeats the round that runs.
inline std::string this_round;

// End the program, as a thread that Boost.Test does not know can not fail.
[[noreturn]] inline void give_up(const std::string& why)
{
  std::cout << "fatal error: " << why << "; to repeat: " << this_round
            << std::endl;
  std::_Exit(EXIT_FAILURE);
}

// What must be true in a handler, or in a thread of a round.
inline void demand(bool is_true, const char* what)
{
  if (!is_true)
    give_up(std::string("not true: ") + what);
}

// Ends the program when a round does not end: a wake-up was lost, and whoever
// waits for it can not be told.
class time_limit
{
public:
  explicit time_limit(std::chrono::seconds limit)
    : thread_([this, limit] {
        if (is_over_.get_future().wait_for(limit) != std::future_status::ready)
          give_up("the round does not end");
      })
  {
  }

  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;

  ~time_limit()
  {
    is_over_.set_value();
    thread_.join();
  }

private:
  std::promise<void> is_over_;
  std::thread thread_;
};

// Repeat a round, with another seed each time, for as long as is wanted. It
// returns how many operations it has made, and has no name for its seed if it
// chooses nothing. If it fails, or lasts for much longer than it should, its
// seed is printed, and the test case or the program ends.
template <typename Round>
void repeat(Round round)
{
  const options o = read_options();
  BOOST_TEST_MESSAGE("begins with --seed=" << o.seed);

  const std::chrono::seconds limit(200 + o.iterations / 200);
  const auto end = std::chrono::steady_clock::now() + o.duration;
  std::uint64_t seed = o.seed;
  long operations = 0;
  do
  {
    this_round = "-- --seed=" + std::to_string(seed)
        + " --iterations=" + std::to_string(o.iterations);
    const time_limit watchdog(limit);
    BOOST_TEST_CONTEXT("to repeat: " << this_round)
    operations += round(seed, o.iterations);
    ++seed;
  }
  while (std::chrono::steady_clock::now() < end);
  std::cout << "stress: " << seed - o.seed << " rounds, " << operations
            << " operations" << std::endl;
}

} // namespace stress_test

#endif // ASIO_SYNC_TEST_STRESS_STRESS_TEST_HPP
