// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_RANDOM_WALK_HPP
#define ASIO_SYNC_TEST_MODEL_RANDOM_WALK_HPP

#include "model/strategy.hpp"

#include <cstdint>
#include <random>

namespace model {

// Decides at random, the same for the same seed on all platforms.
class random_walk final : public strategy
{
public:
  random_walk(std::uint64_t seed, std::uint64_t executions, int stale_loads)
    : stale_loads_(stale_loads),
      left_(executions),
      numbers_(seed)
  {
  }

  // How long a thread stays differs between executions, as some faults need
  // many preemptions, and others need a thread that makes many steps.
  void begin() override
  {
    stale_left_ = stale_loads_;
    stay_ = 1 << below(4);
  }

  int pick(int running, unsigned enabled, const operations&) override
  {
    if ((enabled & (1u << running)) != 0 && below(stay_) != 0)
      return running;
    int left = below(count(enabled));
    for (; left != 0; --left)
      enabled &= enabled - 1;
    return lowest(enabled);
  }

  int choose_value(int count) override
  {
    if (count < 2 || stale_left_ == 0 || below(4) != 0)
      return 0;
    --stale_left_;
    return 1 + below(count - 1);
  }

  int choose(int count) override
  {
    return below(count);
  }

  bool next() override
  {
    return --left_ != 0;
  }

private:
  // Not a distribution of the standard library, which differs between those.
  int below(int n)
  {
    return int(numbers_() % std::uint64_t(n));
  }

  static int count(unsigned mask)
  {
    int result = 0;
    for (; mask != 0; mask &= mask - 1)
      ++result;
    return result;
  }

  const int stale_loads_;
  std::uint64_t left_;
  std::mt19937_64 numbers_;
  int stale_left_ = 0;
  int stay_ = 1;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_RANDOM_WALK_HPP
