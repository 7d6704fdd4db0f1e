// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A semaphore as it should be, for one thread.

#ifndef ASIO_SYNC_TEST_FUZZ_SEMAPHORE_MODEL_HPP
#define ASIO_SYNC_TEST_FUZZ_SEMAPHORE_MODEL_HPP

#include <asio_sync/async_semaphore.hpp>

#include "fuzz/fuzz_test.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace fuzz_test {

class semaphore_model
{
public:
  static constexpr std::size_t max = (asio_sync::async_semaphore::max)();

  // Waits that are over, and how.
  using completions = std::vector<std::pair<std::size_t, error_code>>;

  static error_code closed()
  {
    return asio_sync::error::closed;
  }

  explicit semaphore_model(std::size_t permits)
    : free_(permits)
  {
  }

  // How an operation ends at once, if it does. It has its permits then.
  std::optional<error_code> acquire(std::size_t n)
  {
    if (n > max)
      return net::error::invalid_argument;
    if (is_closed_)
      return closed();
    if (!try_acquire(n))
      return std::nullopt;
    return error_code();
  }

  void wait(std::size_t id, std::size_t n)
  {
    queue_.push_back({id, n});
  }

  bool try_acquire(std::size_t n)
  {
    const bool succeeds = n == 0 || (queue_.empty() && n <= free_);
    if (succeeds)
      free_ -= n;
    return succeeds;
  }

  // Whether so many more may be free.
  bool fit(std::size_t n) const
  {
    return is_dead_ || (n <= max && free_ + n <= max);
  }

  // Requires: they fit.
  completions release(std::size_t n)
  {
    if (is_dead_)
      return {};
    free_ += n;
    return settle();
  }

  std::size_t drain(std::size_t n)
  {
    const std::size_t taken = queue_.empty() ? std::min(n, free_) : 0;
    free_ -= taken;
    return taken;
  }

  void reduce(std::size_t n)
  {
    debt_ += n;
    (void)settle();
  }

  // A wait is cancelled, unless it is over.
  completions cancel(std::size_t id)
  {
    const auto i = std::find_if(queue_.begin(), queue_.end(),
        [&](const waiter& w) { return w.id == id; });
    if (i == queue_.end())
      return {};
    queue_.erase(i);
    completions done = settle();
    done.insert(done.begin(), {id, net::error::operation_aborted});
    return done;
  }

  completions cancel_all()
  {
    return end_all(net::error::operation_aborted);
  }

  completions close()
  {
    is_closed_ = true;
    return end_all(closed());
  }

  completions destroy()
  {
    is_dead_ = true;
    return cancel_all();
  }

  std::size_t available() const
  {
    return free_;
  }

  std::size_t waiters() const
  {
    return queue_.size();
  }

  bool is_closed() const
  {
    return is_closed_;
  }

private:
  struct waiter
  {
    std::size_t id;
    std::size_t n;
  };

  completions settle()
  {
    const std::size_t paid = std::min(free_, debt_);
    free_ -= paid;
    debt_ -= paid;

    completions done;
    for (; !queue_.empty() && queue_.front().n <= free_; queue_.pop_front())
    {
      free_ -= queue_.front().n;
      done.emplace_back(queue_.front().id, error_code());
    }
    return done;
  }

  completions end_all(const error_code& ec)
  {
    completions done;
    for (const waiter& w : std::exchange(queue_, {}))
      done.emplace_back(w.id, ec);
    return done;
  }

  std::size_t free_;
  std::size_t debt_ = 0;
  bool is_closed_ = false;
  bool is_dead_ = false;
  std::deque<waiter> queue_;
};

// What a semaphore_permit owns.
struct permit_model
{
  semaphore_model* of = nullptr;
  std::size_t n = 0;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_SEMAPHORE_MODEL_HPP
