// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_WORLD_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_WORLD_HPP

#include <asio_sync/detail/condvar_core.hpp>

#include "model/world.hpp"

#include <cstddef>
#include <functional>
#include <utility>

namespace model {

using condvar_core = detail::condvar_core<atomic>;

// A condition variable, its mutex and all who use them. The functions are those
// of the pooled cores; what completes is delivered by the thread that calls.
//
// A wait that completes owns the mutex, writes what it protects, and unlocks.
class condvar_world : public world
{
protected:
  condvar_world()
  {
    mutex_.open(1);
  }

  request& make_wait(std::function<void()> handler = {})
  {
    return add_request(&mutex_, std::move(handler));
  }

  // A wait without a mutex.
  request& make_bare_wait(std::function<void()> handler = {})
  {
    return add_request(
        static_cast<semaphore_core*>(nullptr), std::move(handler));
  }

  // What waits for the mutex only.
  request& make_lock(std::function<void()> handler = {})
  {
    return add_request(1u, std::move(handler));
  }

  void lock(request& r)
  {
    r.is_lock = true;
    r.is_started = true;
    r.contents.write();
    completions done;
    mutex_.acquire(r.queued, done);
    finish_locks(done);
  }

  bool try_lock()
  {
    if (!mutex_.try_acquire(1))
      return false;
    shared_.write();
    return true;
  }

  void lock()
  {
    require(try_lock(), "the mutex is locked");
  }

  void unlock()
  {
    shared_.write();
    if (mutex_.try_release(1))
      return;
    completions done;
    require(mutex_.release(1, done), "the mutex was not locked");
    finish_locks(done);
  }

  // As a lock does it, which may outlive the mutex.
  void unlock(semaphore_core::generation_type generation)
  {
    shared_.write();
    completions done;
    require(mutex_.release(1, generation, done), "the mutex was not locked");
    finish_locks(done);
  }

  // Requires: the caller owns the mutex, if there is one, and it is unlocked.
  void wait(request& r)
  {
    object_.read();
    r.is_started = true;
    r.contents.write();
    wait_at_home(r);
  }

  void notify(std::size_t n)
  {
    object_.read();
    completions done;
    condvar_.notify(n, done);
    finish(done);
  }

  void notify_all()
  {
    object_.read();
    completions done;
    condvar_.notify_all(done);
    finish(done);
  }

  void cancel_all()
  {
    object_.read();
    completions done;
    condvar_.cancel_all(done);
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
    condvar_.cancel(p.to.target, done);
    finish(done);
  }

  void retire()
  {
    object_.write();
    completions done;
    condvar_.retire(done);
    finish(done);
  }

  // Called when the core is used by another object.
  std::function<void()> in_next_life;

  bool was_recycled() const
  {
    return lives_ == 2;
  }

  // Abort those who wait for the mutex only.
  void cancel_mutex()
  {
    completions done;
    mutex_.cancel_all(done);
    finish_locks(done);
  }

  // Give up the mutex. Another object uses its core then, and nobody owns that.
  void retire_mutex()
  {
    completions done;
    mutex_.retire(done);
    finish_locks(done);
  }

  // Nothing was lost, nothing is stuck, nothing was touched after its end.
  void check_conservation()
  {
    require(condvar_.waiters() + mutex_.waiters() == waiting(),
        "waiters() differs from what waits");
    require(mutex_.waiters() == 0, "the mutex was not handed over");

    // Who still waits is notified, and owns the mutex.
    notify_all();
    require(condvar_.waiters() == 0, "a flag is stuck");
    require(mutex_.try_acquire(1), "the mutex is lost");
    forget_all_parties();
    check_ends();
  }

private:
  void wait_at_home(request& r)
  {
    const bool has_mutex = r.queued.grantor() != nullptr;
    const auto generation = r.queued.generation();
    completions done;
    condvar_.wait(r.queued, done);
    finish(done);
    if (has_mutex)
      unlock(generation);
  }

  void finish_locks(completions& done)
  {
    free_dead_cells(done);
    const bool retired = done.retired;
    while (!done.ready.empty())
    {
      auto& w = static_cast<queued_request&>(done.ready.front());
      done.ready.pop_front();
      complete(w.owner);
    }
    if (retired)
      mutex_.open(1);
  }

  // As a wait does it that runs its predicate, owning the mutex.
  void complete(request& r)
  {
    queued_request& w = r.queued;
    const bool owns =
        r.is_lock ? w.result() == wait_result::granted : w.owns_mutex();
    const bool is_lost = !owns && w.grantor() != nullptr;
    require(!is_lost || mutex_.generation() != w.generation(),
        "the mutex is not owned");
    if (owns)
      shared_.write();

    wait_result result = r.is_lock ? w.result() : w.home_result();
    if (is_lost)
      result = wait_result::aborted;
    if (result == wait_result::granted && r.refusals != 0)
    {
      --r.refusals;
      return wait_at_home(r);
    }

    completions done;
    result = condvar_core::claim(w, result, done);
    free_dead_cells(done);
    const auto generation = w.generation();
    world::complete(r, result);
    if (r.handler)
      r.handler();
    if (owns && !r.gave_mutex_away)
      unlock(generation);
  }

  // As a pooled condition variable does it.
  void finish(completions& done)
  {
    free_dead_cells(done);
    const bool retired = done.retired;
    detail::waiter_list<atomic> same;
    while (!done.leaving.empty())
    {
      detail::waiter<atomic>& w = done.leaving.front();
      done.leaving.pop_front();
      w.leave_home();
      if (same.empty() && mutex_.try_grant(w))
        done.ready.push_back(w);
      else
        same.push_back(w);
    }
    while (!done.ready.empty())
    {
      detail::waiter<atomic>& w = done.ready.front();
      done.ready.pop_front();
      complete(static_cast<queued_request&>(w).owner);
    }
    if (!same.empty())
    {
      completions locked;
      mutex_.acquire(same, locked);
      finish_locks(locked);
    }
    if (retired)
    {
      ++lives_;
      if (in_next_life)
        in_next_life();
    }
  }

  semaphore_core mutex_{1};
  condvar_core condvar_;
  int lives_ = 1;
  plain object_{"the object"};
  plain shared_{"what the mutex protects"};
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_WORLD_HPP
