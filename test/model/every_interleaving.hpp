// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_EVERY_INTERLEAVING_HPP
#define ASIO_SYNC_TEST_MODEL_EVERY_INTERLEAVING_HPP

#include "model/strategy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace model {

// The tree of all decisions that executions are made of, walked depth first.
//
// Of executions that differ in the order of independent operations only one is
// made: where two dependent operations could have come in the other order, the
// decision before the first one is noted to be made the other way, too (dynamic
// partial-order reduction after Flanagan and Godefroid, 2005), and what was
// explored from a decision sleeps in its later branches until something
// dependent happens.
class every_interleaving final : public strategy
{
public:
  // stale_loads: how many loads of an execution may return an older value.
  // reduces: false to make all executions.
  explicit every_interleaving(int stale_loads, bool reduces = true)
    : stale_loads_(stale_loads),
      reduces_(reduces)
  {
  }

  void begin() override
  {
    depth_ = 0;
    asleep_ = 0;
    stale_left_ = stale_loads_;
    is_redundant_ = false;
    dependence_ = {};
    accesses_.clear();
  }

  int pick(int running, unsigned enabled, const operations& pending) override
  {
    if (is_redundant_ || (enabled & ~asleep_) == 0)
    {
      // What would follow has been explored from elsewhere.
      is_redundant_ = true;
      return lowest(enabled);
    }

    const decision& d = at_depth([&] {
      const unsigned candidates = enabled & ~asleep_;
      const bool stays = (candidates & (1u << running)) != 0;
      decision fresh;
      fresh.enabled = enabled;
      fresh.asleep = asleep_;
      fresh.chosen = stays ? running : lowest(candidates);
      fresh.backtrack = reduces_ ? 1u << fresh.chosen : enabled;
      return fresh;
    });

    const operation& next = pending[std::size_t(d.chosen)];
    const unsigned explored = (d.asleep | d.done) & ~(1u << d.chosen);
    asleep_ = 0;
    for (int i = 0; reduces_ && i < max_threads; ++i)
      if ((explored & (1u << i)) != 0
          && pending[std::size_t(i)].is_independent_of(next))
        asleep_ |= 1u << i;

    note_races(d.chosen, next);
    return d.chosen;
  }

  int choose_value(int count) override
  {
    if (count < 2 || stale_left_ == 0 || is_redundant_)
      return 0;
    const int chosen = choose(count);
    if (chosen != 0)
      --stale_left_;
    return chosen;
  }

  int choose(int count) override
  {
    return at_depth([&] {
      decision fresh;
      fresh.values = count;
      return fresh;
    }).chosen;
  }

  bool next() override
  {
    for (; !decisions_.empty(); decisions_.pop_back())
    {
      decision& d = decisions_.back();
      if (d.values != 0)
      {
        if (++d.chosen < d.values)
          return true;
        continue;
      }
      d.done |= 1u << d.chosen;
      const unsigned left = d.backtrack & d.enabled & ~d.done & ~d.asleep;
      if (left != 0)
      {
        d.chosen = lowest(left);
        return true;
      }
    }
    return false;
  }

private:
  // A choice of a thread, or, with values, of a value. Masks of threads.
  struct decision
  {
    int chosen = 0;
    int values = 0;
    unsigned enabled = 0;
    unsigned backtrack = 0;
    unsigned done = 0;
    unsigned asleep = 0;
  };

  // Which decisions led to the last accesses of an object, and what comes
  // before those.
  struct access
  {
    std::array<unsigned, max_threads> read{};
    std::array<unsigned, max_threads> written{};
    clock before_read;
    clock before_written;
  };

  // The decision that is next: one that is repeated, or a fresh one.
  template <typename Make>
  const decision& at_depth(Make make)
  {
    if (depth_ == decisions_.size())
      decisions_.push_back(make());
    return decisions_[depth_++];
  }

  void note_races(int thread, const operation& op)
  {
    const auto position = unsigned(depth_); // counted from 1
    const auto object = std::size_t(op.object);
    if (object >= accesses_.size())
      accesses_.resize(object + 1);
    access& a = accesses_[object];
    clock& dependence = dependence_[std::size_t(thread)];

    for (int other = 0; other < max_threads; ++other)
    {
      const unsigned read = op.writes ? a.read[std::size_t(other)] : 0;
      const unsigned last = std::max(read, a.written[std::size_t(other)]);
      if (other != thread && last > dependence[other])
        decisions_[last - 1].backtrack |= 1u << thread;
    }

    dependence.join(a.before_written);
    if (op.writes)
      dependence.join(a.before_read);
    dependence.set(thread, position);
    (op.writes ? a.written : a.read)[std::size_t(thread)] = position;
    (op.writes ? a.before_written : a.before_read).join(dependence);
  }

  const int stale_loads_;
  const bool reduces_;
  std::vector<decision> decisions_;
  std::vector<access> accesses_;
  // Which decisions come before the next operation of each thread.
  std::array<clock, max_threads> dependence_;
  std::size_t depth_ = 0;
  unsigned asleep_ = 0;
  int stale_left_ = 0;
  // Nothing is learnt from the rest of this execution.
  bool is_redundant_ = false;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_EVERY_INTERLEAVING_HPP
