// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "model/explorer.hpp"

#include "model/atomic.hpp"
#include "model/every_interleaving.hpp"
#include "model/random_walk.hpp"
#include "model/schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
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
              message = 1;
              ready.store(1, IsOrdered ? release : relaxed);
            },
        [this] {
          if (ready.load(IsOrdered ? acquire : relaxed) == 1)
            require(message == 1, "another message");
        }};
  }

  void check()
  {
  }

  model::plain_value<int> message{0};
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

// A thread waits for what another one does not do.
struct endless
{
  bodies threads()
  {
    return {[this] {
              while (n.load(relaxed) != 2)
              {
              }
            },
        [this] { n.fetch_add(1, relaxed); }};
  }

  void check()
  {
  }

  model::atomic<int> n{0};
};

// A scenario that chooses what it does, and fails in one case.
struct choosing
{
  bodies threads()
  {
    return {[this] { n.fetch_add(second, relaxed); },
        [this] { require(first == 0 || n.load(relaxed) != 2, "chosen"); }};
  }

  void check()
  {
  }

  const int first = explorer::current()->choose(2);
  const int second = explorer::current()->choose(3);
  model::atomic<int> n{0};
};

// Runs a scenario in every way.
template <typename World>
explorer::result explore(int stale_loads, bool reduces = true)
{
  model::every_interleaving all(stale_loads, reduces);
  return explorer(all).run<World>();
}

// ... at random.
template <typename World>
explorer::result explore_at_random(std::uint64_t seed)
{
  model::random_walk walk(seed, 1000, 2);
  return explorer(walk).run<World>();
}

// ... in one way.
template <typename World>
explorer::result repeat(const std::string& schedule)
{
  model::repetition repeats(schedule);
  return explorer(repeats).run<World>();
}

template <typename World>
void check_repetition(const explorer::result& failed)
{
  const auto repeated = repeat<World>(failed.schedule);

  BOOST_TEST(failed.failure != "");
  BOOST_TEST(repeated.executions == 1u);
  BOOST_TEST(repeated.failure == failed.failure);
  BOOST_TEST(repeated.schedule == failed.schedule);
}

template <typename World>
void check_refusal(const std::string& schedule, const std::string& why)
{
  const std::string failure = repeat<World>(schedule).failure;

  BOOST_TEST(
      failure.find("not a schedule of this scenario: " + schedule) == 0u);
  BOOST_TEST(failure.find(why) != std::string::npos, failure);
}

} // namespace

BOOST_AUTO_TEST_CASE(finds_a_lost_update)
{
  const auto result = explore<lost_update>(0);

  BOOST_TEST(result.failure.find("an update was lost") == 0u);
}

BOOST_AUTO_TEST_CASE(finds_no_fault_where_there_is_none)
{
  const auto result = explore<atomic_update>(0);

  BOOST_TEST(result.failure == "");
  BOOST_TEST(result.executions == 6u);
}

BOOST_AUTO_TEST_CASE(finds_a_missing_order)
{
  BOOST_TEST(explore<message_passing<true>>(0).failure == "");
  BOOST_TEST(explore<message_passing<false>>(0).failure != "");
}

BOOST_AUTO_TEST_CASE(loads_return_old_values)
{
  BOOST_TEST(explore<store_buffering>(0).failure == "");
  BOOST_TEST(explore<store_buffering>(2).failure != "");
}

BOOST_AUTO_TEST_CASE(finds_a_use_after_free)
{
  BOOST_TEST(explore<use_after_free>(0).failure != "");
}

BOOST_AUTO_TEST_CASE(finds_what_does_not_end)
{
  const auto result = explore<endless>(0);

  BOOST_TEST(result.failure.find("it does not end") == 0u);
}

BOOST_AUTO_TEST_CASE(leaves_out_only_what_makes_no_difference)
{
  const auto all = explore<mixed>(1, false);
  const auto all_outcomes = std::exchange(mixed::outcomes(), {});
  const auto reduced = explore<mixed>(1);

  BOOST_TEST((mixed::outcomes() == all_outcomes));
  BOOST_TEST(all_outcomes.size() > 10u);
  BOOST_TEST(reduced.executions < all.executions);
}

BOOST_AUTO_TEST_CASE(explores_what_a_scenario_chooses)
{
  const auto result = explore<choosing>(0);

  BOOST_TEST(result.failure.find("chosen") == 0u);
  BOOST_TEST(result.schedule == "bc01");
}

BOOST_AUTO_TEST_CASE(repeats_what_failed)
{
  check_repetition<lost_update>(explore<lost_update>(0));
  check_repetition<message_passing<false>>(explore<message_passing<false>>(0));
  check_repetition<store_buffering>(explore<store_buffering>(2));
  check_repetition<use_after_free>(explore<use_after_free>(0));
  check_repetition<choosing>(explore<choosing>(0));
}

BOOST_AUTO_TEST_CASE(finds_at_random_what_can_be_repeated)
{
  check_repetition<lost_update>(explore_at_random<lost_update>(1));
  check_repetition<store_buffering>(explore_at_random<store_buffering>(2));
  check_repetition<choosing>(explore_at_random<choosing>(3));
}

BOOST_AUTO_TEST_CASE(finds_the_same_with_the_same_seed)
{
  const auto once = explore_at_random<store_buffering>(4);
  const auto again = explore_at_random<store_buffering>(4);

  BOOST_TEST(once.executions == again.executions);
  BOOST_TEST(once.schedule == again.schedule);
}

BOOST_AUTO_TEST_CASE(repeats_what_does_not_fail)
{
  BOOST_TEST(repeat<lost_update>("0011").failure == "");
  BOOST_TEST(repeat<store_buffering>("0101").failure == "");
  BOOST_TEST(repeat<choosing>("ac0").failure == "");
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_schedule)
{
  BOOST_CHECK_THROW(repeat<lost_update>("0 1"), std::invalid_argument);
  BOOST_CHECK_THROW(repeat<lost_update>("0314"), std::invalid_argument);

  check_refusal<lost_update>("001", "at position 4, it ends");
  check_refusal<lost_update>("00111", "at position 5, the threads end");
  check_refusal<lost_update>("0001", "at position 3, that thread is not");
  check_refusal<lost_update>("0a", "at position 2, there is no other value");
  check_refusal<choosing>("bd01", "at position 2, the scenario chooses");
  check_refusal<choosing>("b01", "at position 2, the scenario chooses");
}
