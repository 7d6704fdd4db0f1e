// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A mutex as it should be, for one thread.

#ifndef ASIO_SYNC_TEST_FUZZ_MUTEX_MODEL_HPP
#define ASIO_SYNC_TEST_FUZZ_MUTEX_MODEL_HPP

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace fuzz_test {

// Whose a mutex is: of the code, which must call unlock(), or of a mutex_lock;
// handlers that were not called yet own it for either.
enum class owner
{
  nobody,
  code,
  lock,
  handler_for_code,
  handler_for_lock
};

class mutex_model
{
public:
  // The numbers of waits that are over.
  using completions = std::vector<std::size_t>;

  bool try_lock(owner o)
  {
    if (owner_ != owner::nobody)
      return false;
    owner_ = o;
    return true;
  }

  // Requires: somebody owns the mutex. o: who will own it. is_away: whether it
  // is a wait for a condition variable that was notified.
  void wait(std::size_t id, owner o, bool is_away = false)
  {
    queue_.push_back({id, o, is_away});
  }

  // Who owns the mutex gives it up. Returns who gets it, if anybody.
  std::optional<std::size_t> unlock()
  {
    owner_ = owner::nobody;
    if (is_dead_ || queue_.empty())
      return std::nullopt;
    const waiter next = queue_.front();
    queue_.pop_front();
    owner_ = next.future_owner;
    return next.id;
  }

  void pass_to(owner o)
  {
    owner_ = o;
  }

  // A wait is cancelled. Returns false if it is over.
  bool cancel(std::size_t id)
  {
    const auto i = std::find_if(queue_.begin(), queue_.end(),
        [&](const waiter& w) { return w.id == id; });
    const bool is_found = i != queue_.end();
    if (is_found)
      queue_.erase(i);
    return is_found;
  }

  // Waits for condition variables are left alone.
  completions cancel_all()
  {
    completions done;
    for (const waiter& w : std::exchange(queue_, {}))
    {
      if (w.is_away)
        queue_.push_back(w);
      else
        done.push_back(w.id);
    }
    return done;
  }

  completions destroy()
  {
    is_dead_ = true;
    completions done;
    for (const waiter& w : std::exchange(queue_, {}))
      done.push_back(w.id);
    return done;
  }

  owner owned_by() const
  {
    return owner_;
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
  struct waiter
  {
    std::size_t id;
    owner future_owner;
    bool is_away;
  };

  owner owner_ = owner::nobody;
  bool is_dead_ = false;
  std::deque<waiter> queue_;
};

// What a mutex_lock belongs to, and whether it owns that.
struct lock_model
{
  mutex_model* of = nullptr;
  bool owns = false;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_MUTEX_MODEL_HPP
