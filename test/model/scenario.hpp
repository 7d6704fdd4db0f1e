// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What is done with a program's scenarios.

#ifndef ASIO_SYNC_TEST_MODEL_SCENARIO_HPP
#define ASIO_SYNC_TEST_MODEL_SCENARIO_HPP

#include "model/atomic.hpp"
#include "model/every_interleaving.hpp"
#include "model/explorer.hpp"
#include "model/options.hpp"
#include "model/random_walk.hpp"
#include "model/schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace model {

// How many loads of an execution may be stale: two, or fewer in scenarios that
// have too many executions else.
constexpr int stale_loads = 2;

struct scenario
{
  std::string name;

  // Runs it in every way, unless there is another strategy.
  explorer::result (*run)(strategy* other);

  std::uint64_t executions = 0;
};

template <typename World, int StaleLoads = stale_loads>
explorer::result run(strategy* other)
{
  every_interleaving all(StaleLoads);
  return explorer(other != nullptr ? *other : all).run<World>();
}

inline std::vector<scenario> operator+(
    std::vector<scenario> a, const std::vector<scenario>& b)
{
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The scenarios of a program: those that are run in every way, and those that
// are too large for that. What was done with them is printed in the end.
class scenarios
{
public:
  scenarios(std::vector<scenario> small, std::vector<scenario> large)
    : small_(std::move(small)),
      large_(std::move(large))
  {
  }

  scenarios(const scenarios&) = delete;
  scenarios& operator=(const scenarios&) = delete;

  ~scenarios()
  {
    if (executions_ != 0 || random_executions_ != 0)
      std::cout << "explored: " << explored_ << " scenarios, "
                << in_groups(executions_) << " executions, random: " << random_
                << " scenarios, " << in_groups(random_executions_)
                << " executions (seed " << seed_ << "), orders: " << weakened_
                << " weakened, " << caught_ << " caught" << std::endl;
  }

  // Run every interleaving of each. Or only what the command line wants.
  void check_all()
  {
    const options o = read_options();
    if (!o.scenario.empty())
      require_known(o.scenario);
    if (o.has_schedule)
      return repeat(o);
    for (scenario& s : small_)
    {
      if (!o.wants(s.name))
        continue;
      const auto result = s.run(nullptr);
      check(s, result);
      s.executions = result.executions;
      executions_ += result.executions;
      ++explored_;
    }
  }

  // Run so many random interleavings of each. Loads may often be stale.
  void check_random()
  {
    const options o = read_options();
    if (o.has_schedule)
      return;
    seed_ = o.seed;
    for (const scenario& s : large_)
    {
      if (!o.wants(s.name))
        continue;
      random_walk walk(o.seed, o.executions, 8);
      const auto result = s.run(&walk);
      check(s, result);
      random_executions_ += result.executions;
      ++random_;
    }
  }

  // A memory order that can be weakened without any scenario failing is either
  // not needed or not tested. Those scenarios that take least are tried first.
  void check_orders()
  {
    const options o = read_options();
    if (o.has_schedule || !o.scenario.empty())
      return;
    if (explored_ == 0)
      check_all();
    auto by_cost = small_;
    std::sort(by_cost.begin(), by_cost.end(),
        [](const scenario& a, const scenario& b) {
          return a.executions < b.executions;
        });

    const auto used = orders::used();
    BOOST_TEST(!used.empty());
    for (const auto& order : used)
    {
      orders::weakened() = order;
      const auto by = std::find_if(by_cost.begin(), by_cost.end(),
          [](const scenario& s) { return !s.run(nullptr).failure.empty(); });
      orders::weakened().reset();

      ++weakened_;
      BOOST_TEST((by != by_cost.end()), order.name());
      if (by == by_cost.end())
        continue;
      ++caught_;
      BOOST_TEST_MESSAGE(order.name() << " is needed by " << by->name);
    }
  }

private:
  void require_known(const std::string& name) const
  {
    for (const auto* list : {&small_, &large_})
      for (const scenario& s : *list)
        if (s.name == name)
          return;
    throw std::invalid_argument("there is no scenario " + name);
  }

  void repeat(const options& o) const
  {
    for (const auto* list : {&small_, &large_})
      for (const scenario& s : *list)
        if (s.name == o.scenario)
        {
          repetition repeats(o.schedule);
          const auto result = s.run(&repeats);
          BOOST_TEST(result.failure == "", s.name << ": " << result.failure);
        }
  }

  static void check(const scenario& s, const explorer::result& result)
  {
    BOOST_TEST_MESSAGE(s.name << ": " << result.executions
                              << " executions of up to " << result.longest
                              << " steps");
    BOOST_TEST(result.failure == "",
        s.name << ": " << result.failure << "to repeat: -- '--scenario="
               << s.name << "' --schedule=" << result.schedule);
  }

  static std::string in_groups(std::uint64_t n)
  {
    std::string text = std::to_string(n);
    for (auto i = int(text.size()) - 3; i > 0; i -= 3)
      text.insert(std::size_t(i), ",");
    return text;
  }

  std::vector<scenario> small_;
  std::vector<scenario> large_;
  int explored_ = 0;
  std::uint64_t executions_ = 0;
  int random_ = 0;
  std::uint64_t random_executions_ = 0;
  std::uint64_t seed_ = 0;
  int weakened_ = 0;
  int caught_ = 0;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SCENARIO_HPP
