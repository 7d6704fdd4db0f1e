// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A condition variable as it should be, for one thread.

#ifndef ASIO_SYNC_TEST_FUZZ_CONDVAR_MODEL_HPP
#define ASIO_SYNC_TEST_FUZZ_CONDVAR_MODEL_HPP

#include "fuzz/fuzz_test.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace fuzz_test {

class condvar_model
{
public:
  using ids = std::vector<std::size_t>;

  // Waits that began before the last cancel() are not queued again.
  std::size_t epoch() const
  {
    return epoch_;
  }

  void wait(std::size_t id)
  {
    queue_.push_back(id);
  }

  // The oldest waits leave the queue, at most so many.
  ids take(std::size_t n)
  {
    const auto end =
        queue_.begin() + std::ptrdiff_t((std::min)(n, queue_.size()));
    const ids taken(queue_.begin(), end);
    queue_.erase(queue_.begin(), end);
    return taken;
  }

  ids take_all()
  {
    return take(queue_.size());
  }

  ids cancel_all()
  {
    ++epoch_;
    return take_all();
  }

  ids destroy()
  {
    is_dead_ = true;
    return cancel_all();
  }

  // A wait leaves the queue. Returns false if it is not there.
  bool cancel(std::size_t id)
  {
    const auto i = std::find(queue_.begin(), queue_.end(), id);
    const bool is_found = i != queue_.end();
    if (is_found)
      queue_.erase(i);
    return is_found;
  }

  std::size_t waiters() const
  {
    return queue_.size();
  }

  bool is_dead() const
  {
    return is_dead_;
  }

private:
  bool is_dead_ = false;
  std::size_t epoch_ = 0;
  std::deque<std::size_t> queue_;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_CONDVAR_MODEL_HPP
