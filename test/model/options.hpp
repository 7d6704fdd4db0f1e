// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_OPTIONS_HPP
#define ASIO_SYNC_TEST_MODEL_OPTIONS_HPP

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace model {

// What stands behind -- on the command line:
//
//   --scenario=NAME   run only that one
//   --schedule=S      ... and only that execution of it, as a failure printed
//   --seed=N          what random numbers begin with (default: 1)
//   --executions=N    random ones of each large scenario (default: 50,000)
struct options
{
  std::string scenario;
  std::string schedule;
  bool has_schedule = false;
  std::uint64_t seed = 1;
  std::uint64_t executions = 50000;

  bool wants(const std::string& name) const
  {
    return scenario.empty() || scenario == name;
  }
};

inline std::uint64_t number_in(const std::string& value)
{
  if (value.empty() || value.size() > 18
      || value.find_first_not_of("0123456789") != std::string::npos)
    throw std::invalid_argument("not a number: " + value);
  return std::stoull(value);
}

inline options read_options()
{
  const auto& suite = boost::unit_test::framework::master_test_suite();
  options o;
  for (int i = 1; i < suite.argc; ++i)
  {
    const std::string argument = suite.argv[i];
    const auto equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const std::string value =
        equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (name == "--scenario")
      o.scenario = value;
    else if (name == "--schedule")
    {
      o.schedule = value;
      o.has_schedule = true;
    }
    else if (name == "--seed")
      o.seed = number_in(value);
    else if (name == "--executions")
      o.executions = number_in(value);
    else
      throw std::invalid_argument("unknown argument: " + argument
          + "; there are --scenario=NAME, --schedule=S, --seed=N and"
            " --executions=N");
  }
  if (o.has_schedule && o.scenario.empty())
    throw std::invalid_argument("a schedule is of a scenario: name that, too");
  return o;
}

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_OPTIONS_HPP
