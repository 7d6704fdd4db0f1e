// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The locks of a world of mutexes.

#ifndef ASIO_SYNC_TEST_FUZZ_MUTEX_LOCKS_HPP
#define ASIO_SYNC_TEST_FUZZ_MUTEX_LOCKS_HPP

#include <asio_sync/async_mutex.hpp>

#include "fuzz/mutex_model.hpp"
#include "fuzz/world.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace fuzz_test {

using asio_sync::async_mutex;
using asio_sync::mutex_lock;

constexpr std::size_t mutexes = 2;
constexpr std::size_t locks = 4;

struct mutex_wait : wait_state
{
  mutex_model* of = nullptr;
  error_code ec;

  // Where a lock goes, if the handler keeps one.
  std::size_t target = 0;
  lock_model lock;
};

struct mutex_objects
{
  std::array<std::optional<async_mutex>, mutexes> mutex;
  std::array<mutex_lock, locks> lock;
};

class mutex_locks : public world<mutex_wait, mutex_objects, mutex_lock>
{
protected:
  using world::world;

  std::optional<async_mutex>& real()
  {
    return objects_->mutex[i_];
  }

  mutex_model& model()
  {
    return *models_[i_];
  }

  void complete(mutex_model& m, std::size_t id, const error_code& ec)
  {
    waits_[id].ec = ec;
    schedule_.expect(id, &m);
  }

  void abort(mutex_model& m, const mutex_model::completions& done)
  {
    for (const std::size_t id : done)
      complete(m, id, net::error::operation_aborted);
  }

  void hand_over(mutex_model& m)
  {
    if (const auto next = m.unlock())
      complete(m, *next, {});
  }

  void drop(const lock_model& l)
  {
    if (l.owns && !l.of->is_dead())
      hand_over(*l.of);
  }

  void put(std::size_t k, lock_model l)
  {
    drop(std::exchange(locks_[k], l));
  }

  mutex_lock& real_lock()
  {
    return objects_->lock[k_];
  }

  lock_model& lock()
  {
    return locks_[k_];
  }

  void belong()
  {
    say("lock ", k_, " belongs to m", i_);
    put(k_, {&model(), false});
    real_lock() = mutex_lock(*real(), std::defer_lock);
  }

  void try_own()
  {
    say("lock ", k_, " tries to lock m", i_);
    put(k_, {&model(), model().try_lock(owner::lock)});
    real_lock() = mutex_lock(*real(), std::try_to_lock);
  }

  void adopt()
  {
    if (model().owned_by() != owner::code)
      return;
    say("lock ", k_, " adopts m", i_);
    model().pass_to(owner::lock);
    put(k_, {&model(), true});
    real_lock() = mutex_lock(*real(), std::adopt_lock);
  }

  // Only where it does not really block, here and below.
  void block_to_own()
  {
    if (model().try_lock(owner::lock))
    {
      say("lock ", k_, " locks m", i_);
      put(k_, {&model(), true});
      real_lock() = mutex_lock(*real());
    }
    else if (is_the_only_thread())
    {
      say("lock ", k_, " can not wait for m", i_);
      const error_code ec = error_of([&] { mutex_lock l(*real()); });
      expect_equal(ec, asio_test::resource_deadlock(), "the error of a lock");
    }
  }

  void lock_by_lock()
  {
    const bool blocks = in_.below(2) != 0;
    error_code expected;
    bool succeeds = false;
    if (lock().of == nullptr || lock().of->is_dead())
      expected = asio_test::not_permitted();
    else if (lock().owns)
      expected = asio_test::resource_deadlock();
    else if (lock().of->try_lock(owner::lock))
      succeeds = lock().owns = true;
    else if (blocks && is_the_only_thread())
      expected = asio_test::resource_deadlock();
    else if (blocks)
      return;

    say("lock ", k_, blocks ? ".lock()" : ".try_lock()");
    const error_code ec = error_of([&] {
      if (blocks)
        real_lock().lock();
      else
        expect_equal(real_lock().try_lock(), succeeds, "try_lock()");
    });
    expect_equal(ec, expected, "the error of a lock");
  }

  void unlock_by_lock()
  {
    say("lock ", k_, ".unlock()");
    const lock_model before = lock();
    lock().owns = false;
    drop(before);
    const error_code ec = error_of([&] { real_lock().unlock(); });
    expect_equal(ec, before.owns ? error_code() : asio_test::not_permitted(),
        "the error of unlock()");
  }

  void release_lock()
  {
    say("lock ", k_, ".release()");
    const lock_model before = std::exchange(lock(), {});
    if (before.owns)
      before.of->pass_to(owner::code);
    expect_equal(real_lock().release(), before.owns, "release()");
  }

  void swap_locks()
  {
    const std::size_t other = in_.below(locks);
    say("swap locks ", k_, " and ", other);
    std::swap(lock(), locks_[other]);
    swap(real_lock(), objects_->lock[other]);
  }

  void move_lock()
  {
    const std::size_t to = in_.below(locks);
    if (to == k_)
      return;
    say("lock ", to, " = lock ", k_);
    put(to, std::exchange(lock(), {}));
    objects_->lock[to] = std::move(real_lock());
  }

  void drop_lock()
  {
    say("destroy lock ", k_);
    put(k_, {});
    real_lock() = mutex_lock();
  }

  // What is used.
  std::size_t i_ = 0;
  std::size_t k_ = 0;

  // Locks know the models of mutexes that are gone.
  std::deque<mutex_model> all_;
  std::array<mutex_model*, mutexes> models_{};
  std::array<lock_model, locks> locks_;

private:
  void check() final
  {
    if (!objects_)
      return;
    for (std::size_t i = 0; i < mutexes; ++i)
      if (const auto& m = objects_->mutex[i])
        expect_equal(m->waiters(), models_[i]->waiters(), "waiters()");
    for (std::size_t k = 0; k < locks; ++k)
      expect_equal(
          objects_->lock[k].owns_lock(), locks_[k].owns, "owns_lock()");
  }

  void cancel(std::size_t id) final
  {
    mutex_model& m = *waits_[id].of;
    if (m.cancel(id))
      complete(m, id, net::error::operation_aborted);
  }

  error_code expected_error(mutex_wait& w) final
  {
    return w.ec;
  }

  void take_over(mutex_wait& w, mutex_lock* granted) final
  {
    if (granted == nullptr)
    {
      if (!w.ec)
        w.of->pass_to(owner::code);
      return;
    }
    if (!w.ec)
    {
      w.lock = {w.of, true};
      w.of->pass_to(owner::lock);
    }
    expect_equal(granted->owns_lock(), w.lock.owns, "owns_lock()");
    if (w.target >= locks)
      return;
    schedule_.begin_call();
    put(w.target, std::exchange(w.lock, {}));
    objects_->lock[w.target] = std::move(*granted);
  }

  void give_up(mutex_wait& w) final
  {
    schedule_.begin_call();
    drop(std::exchange(w.lock, {}));
  }
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_MUTEX_LOCKS_HPP
