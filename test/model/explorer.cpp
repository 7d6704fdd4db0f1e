// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "model/explorer.hpp"

#include "model/atomic.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace {

using model::bodies;
using model::explorer;
using model::require;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

// Two threads add in two steps.
struct lost_update
{
  bodies threads()
  {
    const auto add = [this] { (void)n.exchange(n.load(relaxed) + 1, relaxed); };
    return {add, add};
  }

  void check()
  {
    require(n.load(relaxed) == 2, "an update was lost");
  }

  model::atomic<int> n{0};
};

struct atomic_update
{
  bodies threads()
  {
    const auto add = [this] { n.fetch_add(1, relaxed); };
    return {add, add, add};
  }

  void check()
  {
    require(n.load(relaxed) == 3, "an update was lost");
  }

  model::atomic<int> n{0};
};

// A message that is announced by a flag.
template <bool IsOrdered>
struct message_passing
{
  bodies threads()
  {
    return {[this] {
              message.write();
              ready.store(1, IsOrdered ? release : relaxed);
            },
        [this] {
          if (ready.load(IsOrdered ? acquire : relaxed) == 1)
            message.read();
        }};
  }

  void check()
  {
  }

  model::plain message{"the message"};
  model::atomic<int> ready{0};
};

// Each thread writes its own variable, then reads the other's.
struct store_buffering
{
  bodies threads()
  {
    return {[this] {
              x.store(1, release);
              seen_y = y.load(acquire);
            },
        [this] {
          y.store(1, release);
          seen_x = x.load(acquire);
        }};
  }

  void check()
  {
    require(seen_x + seen_y != 0, "both read old values");
  }

  model::atomic<int> x{0};
  model::atomic<int> y{0};
  int seen_x = 0;
  int seen_y = 0;
};

// Every thread touches both variables; outcomes are what they have seen.
struct mixed
{
  static std::set<std::vector<int>>& outcomes()
  {
    static std::set<std::vector<int>> instance;
    return instance;
  }

  bodies threads()
  {
    return {[this] {
              x.fetch_add(1, relaxed);
              seen.push_back(y.load(relaxed));
              x.fetch_add(1, relaxed);
            },
        [this] {
          seen.push_back(10 + x.load(relaxed));
          y.fetch_add(1, relaxed);
        },
        [this] {
          int expected = 1;
          (void)x.compare_exchange_strong(expected, 5, relaxed, relaxed);
          seen.push_back(20 + expected);
          y.fetch_add(1, relaxed);
        }};
  }

  void check()
  {
    std::sort(seen.begin(), seen.end());
    seen.push_back(x.load(relaxed));
    outcomes().insert(seen);
  }

  model::atomic<int> x{0};
  model::atomic<int> y{0};
  std::vector<int> seen;
};

struct use_after_free
{
  bodies threads()
  {
    return {[this] { explorer::current()->free(&n, sizeof(n)); },
        [this] { n.fetch_add(1, relaxed); }};
  }

  void check()
  {
  }

  model::atomic<int> n{0};
};

} // namespace

BOOST_AUTO_TEST_CASE(finds_a_lost_update)
{
  const auto result = explorer(0).run<lost_update>();

  BOOST_TEST(result.failure.find("an update was lost") == 0u);
}

BOOST_AUTO_TEST_CASE(finds_no_fault_where_there_is_none)
{
  const auto result = explorer(0).run<atomic_update>();

  BOOST_TEST(result.failure == "");
  BOOST_TEST(result.executions == 6u);
}

BOOST_AUTO_TEST_CASE(finds_a_missing_order)
{
  BOOST_TEST(explorer(0).run<message_passing<true>>().failure == "");
  BOOST_TEST(explorer(0).run<message_passing<false>>().failure != "");
}

BOOST_AUTO_TEST_CASE(loads_return_old_values)
{
  BOOST_TEST(explorer(0).run<store_buffering>().failure == "");
  BOOST_TEST(explorer(2).run<store_buffering>().failure != "");
}

BOOST_AUTO_TEST_CASE(finds_a_use_after_free)
{
  BOOST_TEST(explorer(0).run<use_after_free>().failure != "");
}

BOOST_AUTO_TEST_CASE(leaves_out_only_what_makes_no_difference)
{
  const auto all = explorer(1, false).run<mixed>();
  const auto all_outcomes = std::exchange(mixed::outcomes(), {});
  const auto reduced = explorer(1).run<mixed>();

  BOOST_TEST((mixed::outcomes() == all_outcomes));
  BOOST_TEST(all_outcomes.size() > 10u);
  BOOST_TEST(reduced.executions < all.executions);
}
