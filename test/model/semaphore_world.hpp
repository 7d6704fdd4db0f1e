// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_SEMAPHORE_WORLD_HPP
#define ASIO_SYNC_TEST_MODEL_SEMAPHORE_WORLD_HPP

#include "model/world.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace model {

constexpr std::uint32_t max_permits = semaphore_core::max_permits;

// A semaphore and all who use it. The functions are those of the object, unless
// they say otherwise; what completes is delivered by the thread that calls.
class semaphore_world : public world
{
public:
  explicit semaphore_world(std::uint32_t permits)
    : expected_(permits)
  {
    core_.open(permits);
    generation_ = core_.generation();
  }

protected:
  request& make_request(std::uint32_t n, std::function<void()> handler = {})
  {
    return add_request(n, std::move(handler));
  }

  void acquire(request& r)
  {
    object_.read();
    r.is_started = true;
    r.contents.write();
    completions done;
    core_.acquire(r.queued, done);
    finish(done);
  }

  // As an initiating function does it.
  void acquire_or_wait(request& r)
  {
    object_.read();
    if (core_.try_acquire_if_open(r.count))
    {
      r.is_started = true;
      complete(r, wait_result::granted);
    }
    else
    {
      acquire(r);
    }
  }

  bool try_acquire(std::uint32_t n)
  {
    object_.read();
    if (!core_.try_acquire(n))
      return false;
    take(n);
    return true;
  }

  bool release(std::uint32_t n)
  {
    object_.read();
    give();
    if (core_.try_release(n))
    {
      expected_ += n;
      return true;
    }
    completions done;
    const bool released = core_.release(n, done);
    if (released)
      expected_ += n;
    finish(done);
    return released;
  }

  // As a permit does it that was granted when the world began. It knows the
  // core, not the object, as parties do.
  void release_late(std::uint32_t n)
  {
    completions done;
    require(core_.release(n, generation_, done), "a permit does not fit");
    finish(done);
  }

  void emit(party& p)
  {
    if (ask(p))
      hand_over(p);
  }

  // Requires: the party has asked.
  void hand_over(party& p)
  {
    completions done;
    core_.cancel(p.to.target, done);
    finish(done);
  }

  void cancel_all()
  {
    object_.read();
    completions done;
    core_.cancel_all(done);
    finish(done);
  }

  void close()
  {
    object_.read();
    completions done;
    core_.close(done);
    finish(done);
  }

  void reduce(std::uint32_t n)
  {
    object_.read();
    expected_ -= n;
    completions done;
    core_.reduce(n, done);
    finish(done);
  }

  void drain(std::uint32_t n)
  {
    object_.read();
    expected_ -= core_.drain(n);
  }

  std::size_t available() const
  {
    return core_.available();
  }

  bool is_closed() const
  {
    return core_.is_closed();
  }

  // Another object has the core from now on.
  void move()
  {
    object_.write();
  }

  // The object goes. Whoever finishes that makes another one of the core.
  void retire(std::uint32_t permits_of_the_next)
  {
    object_.write();
    next_permits_ = permits_of_the_next;
    completions done;
    core_.retire(done);
    finish(done);
  }

  // With one permit in all: what its owners share.
  void share_under_permit()
  {
    is_exclusive_ = true;
  }

  bool was_recycled() const
  {
    return lives_ == 2;
  }

  // Nothing was lost, nothing is stuck, nothing was touched after its end.
  void check_conservation()
  {
    const std::size_t left = waiting();
    require(core_.waiters() == left, "waiters() differs from what waits");

    const auto expected = std::uint32_t(expected_ < 0 ? 0 : expected_);
    require(core_.available() == expected, "permits are lost or gained");
    require(left == 0 || !all_fit(expected), "a waiter was left behind");

    // Who still waits is served.
    completions done;
    require(core_.release(1000, done), "release failed");
    finish(done);
    require(core_.try_acquire(1), "a flag is stuck");
    forget_all_parties();
    check_ends();
  }

private:
  // Whether each of those who wait would be served if it were the oldest.
  bool all_fit(std::uint32_t permits) const
  {
    return std::all_of(
        requests_.begin(), requests_.end(), [&](const request& r) {
          return !r.is_started || r.deliveries != 0 || r.count <= permits;
        });
  }

  void take(std::uint32_t n)
  {
    expected_ -= n;
    if (is_exclusive_)
      shared_.write();
  }

  void give()
  {
    if (is_exclusive_)
      shared_.write();
  }

  void complete(request& r, wait_result result)
  {
    world::complete(r, result);
    if (result == wait_result::granted)
      take(r.count);
    if (r.handler)
      r.handler();
  }

  // As a sync_service does it.
  void finish(completions& done)
  {
    free_dead_cells(done);
    const bool retired = done.retired;
    while (!done.ready.empty())
    {
      auto& w = static_cast<queued_request&>(done.ready.front());
      done.ready.pop_front();
      complete(w.owner, w.result());
    }
    if (retired)
    {
      ++lives_;
      expected_ = next_permits_;
      core_.open(next_permits_);
    }
  }

  semaphore_core core_;
  semaphore_core::generation_type generation_;
  std::int64_t expected_;
  std::uint32_t next_permits_ = 0;
  int lives_ = 1;
  bool is_exclusive_ = false;
  plain object_{"the object"};
  plain shared_{"what a permit protects"};
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SEMAPHORE_WORLD_HPP
