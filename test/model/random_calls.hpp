// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Calls that are chosen as a world begins, for scenarios that are too large for
// every interleaving.

#ifndef ASIO_SYNC_TEST_MODEL_RANDOM_CALLS_HPP
#define ASIO_SYNC_TEST_MODEL_RANDOM_CALLS_HPP

#include "model/explorer.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace model {

// What each thread calls, one after the other.
class random_calls
{
public:
  static int choose(int count)
  {
    return explorer::current()->choose(count);
  }

  // Some thread makes a call, before or after those that it has already.
  void add(std::function<void()> call)
  {
    add(choose(max_threads), std::move(call));
  }

  void add(int thread, std::function<void()> call)
  {
    auto& own = calls_[std::size_t(thread)];
    const int place = choose(int(own.size()) + 1);
    own.insert(own.begin() + place, std::move(call));
  }

  bodies threads() const
  {
    bodies all;
    for (const auto& own : calls_)
      all.push_back([&own] {
        for (const auto& call : own)
          call();
      });
    return all;
  }

private:
  std::array<std::vector<std::function<void()>>, max_threads> calls_;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_RANDOM_CALLS_HPP
