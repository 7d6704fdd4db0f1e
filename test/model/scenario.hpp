// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What is done with a list of scenarios.

#ifndef ASIO_SYNC_TEST_MODEL_SCENARIO_HPP
#define ASIO_SYNC_TEST_MODEL_SCENARIO_HPP

#include "model/atomic.hpp"
#include "model/explorer.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>

namespace model {

// How many loads of an execution may be stale: two, or fewer in scenarios that
// have too many executions else.
constexpr int stale_loads = 2;

struct scenario
{
  const char* name;
  explorer::result (*run)();
};

template <typename World, int StaleLoads = stale_loads>
explorer::result run()
{
  return explorer(StaleLoads).run<World>();
}

template <std::size_t Count>
void check_all(const scenario (&scenarios)[Count])
{
  for (const scenario& s : scenarios)
  {
    const auto result = s.run();

    BOOST_TEST_MESSAGE(s.name << ": " << result.executions
                              << " executions of up to " << result.longest
                              << " steps");
    BOOST_TEST(result.failure == "", s.name << ": " << result.failure);
  }
}

// A memory order that can be weakened without any scenario failing is either
// not needed or not tested.
template <std::size_t Count>
void check_orders(const scenario (&scenarios)[Count])
{
  const auto used = orders::used();
  BOOST_TEST(!used.empty());
  for (const auto& order : used)
  {
    orders::weakened() = order;
    const char* caught_by = nullptr;
    for (const scenario& s : scenarios)
      if (caught_by == nullptr && !s.run().failure.empty())
        caught_by = s.name;
    orders::weakened().reset();

    BOOST_TEST(caught_by != nullptr, order.name());
    if (caught_by != nullptr)
      BOOST_TEST_MESSAGE(order.name() << " is needed by " << caught_by);
  }
}

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SCENARIO_HPP
