// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_STRESS_STRESS_TEST_HPP
#define ASIO_SYNC_TEST_STRESS_STRESS_TEST_HPP

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>

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

// Repeat a round, with another seed each time, for as long as is wanted. A
// round ends the test case when it fails; its seed is printed.
template <typename Round>
void repeat(Round round)
{
  const options o = read_options();
  BOOST_TEST_MESSAGE("begins with --seed=" << o.seed);

  const auto end = std::chrono::steady_clock::now() + o.duration;
  std::uint64_t seed = o.seed;
  do
  {
    BOOST_TEST_CONTEXT(
        "to repeat: -- --seed=" << seed << " --iterations=" << o.iterations)
    round(seed, o.iterations);
    ++seed;
  }
  while (std::chrono::steady_clock::now() < end);
  BOOST_TEST_MESSAGE(
      seed - o.seed << " rounds of " << o.iterations << " operations");
}

} // namespace stress_test

#endif // ASIO_SYNC_TEST_STRESS_STRESS_TEST_HPP
