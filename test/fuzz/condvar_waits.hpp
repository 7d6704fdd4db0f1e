// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How the waits of a world of condition variables go on.

#ifndef ASIO_SYNC_TEST_FUZZ_CONDVAR_WAITS_HPP
#define ASIO_SYNC_TEST_FUZZ_CONDVAR_WAITS_HPP

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_mutex.hpp>

#include "fuzz/condvar_model.hpp"
#include "fuzz/mutex_model.hpp"
#include "fuzz/world.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace fuzz_test {

using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::mutex_lock;

constexpr std::size_t condvars = 2;
constexpr std::size_t mutexes = 2;
constexpr std::size_t locks = 4;
constexpr std::size_t flags = 3;

// What a predicate finds.
enum class flag
{
  is_false,
  is_true,
  throws
};

// A wait for a condition variable, or, if there is none, for a mutex.
struct condvar_wait : wait_state
{
  condvar_model* condvar = nullptr;
  mutex_model* mutex = nullptr;

  // The lock with which it waits, kept while nobody may use it.
  std::size_t lock = 0;
  std::unique_ptr<mutex_lock> kept;

  // Its predicate, if any, and how many operations that carries out.
  std::optional<std::size_t> flag;
  std::size_t predicate_actions = 0;

  // How it ends, and whether that is known already.
  error_code ec;
  bool is_decided = false;

  // How it left the condition variable, and whether it got the mutex since.
  error_code home_ec;
  bool owns = false;

  // Whether it was cancelled; whether its notification must not be lost; when
  // it began.
  bool is_cancelled = false;
  bool is_selected = false;
  std::size_t epoch = 0;

  // Whether its predicate was evaluated, and whether its mutex is foreign.
  bool is_begun = false;
  bool is_foreign = false;
};

struct condvar_objects
{
  std::array<std::optional<async_condvar>, condvars> condvar;
  std::array<std::optional<async_mutex>, mutexes> mutex;
  std::array<std::unique_ptr<mutex_lock>, locks> lock;
};

class condvar_waits : public world<condvar_wait, condvar_objects, mutex_lock>
{
protected:
  using world::world;

  struct predicate
  {
    bool operator()() const
    {
      return world->evaluate(id);
    }

    condvar_waits* world;
    std::size_t id;
  };

  // It leaves the condition variable, for its mutex if it has one.
  void leave(std::size_t id, const error_code& ec, bool is_selected = false)
  {
    condvar_wait& w = waits_[id];
    w.home_ec = ec;
    w.is_selected = is_selected;
    if (w.mutex == nullptr)
      schedule_.expect(id, w.condvar);
    else if (w.mutex->is_dead())
      schedule_.expect(id, w.mutex);
    else if (w.mutex->try_lock(owner::handler_for_lock))
      get_mutex(id);
    else
      w.mutex->wait(id, owner::handler_for_lock, true);
  }

  void leave(const condvar_model::ids& ids, const error_code& ec,
      bool is_selected = false)
  {
    for (const std::size_t id : ids)
      leave(id, ec, is_selected);
  }

  void get_mutex(std::size_t id)
  {
    waits_[id].owns = true;
    schedule_.expect(id, waits_[id].mutex);
  }

  void unlock(mutex_model& m)
  {
    if (m.is_dead())
      return;
    if (const auto next = m.unlock())
      get_mutex(*next);
  }

  // It does not get a mutex any more.
  void lose_mutex(const mutex_model::completions& done)
  {
    for (const std::size_t id : done)
      schedule_.expect(id, waits_[id].mutex);
  }

  void unlock_for_wait(condvar_wait& w)
  {
    schedule_.begin_call();
    if (w.mutex == nullptr)
      return;
    locks_[w.lock].owns = w.owns = false;
    unlock(*w.mutex);
  }

  void begin(std::size_t id)
  {
    condvar_wait& w = waits_[id];
    attach(id);
    w.epoch = w.condvar->epoch();
    w.condvar->wait(id);
    unlock_for_wait(w);
  }

  void begin_again(std::size_t id)
  {
    condvar_wait& w = waits_[id];
    w.is_selected = false;
    schedule_.begin_call();

    // Until the mutex is unlocked, it is owned, unless it is gone.
    if (w.epoch != w.condvar->epoch() || w.is_cancelled)
      leave(id, net::error::operation_aborted);
    else
      w.condvar->wait(id);
    unlock_for_wait(w);
  }

  // It comes to its handler's executor. Returns its result so far.
  error_code arrive(condvar_wait& w)
  {
    if (w.condvar == nullptr)
      return w.owns ? error_code() : net::error::operation_aborted;
    if (w.mutex == nullptr)
      return w.home_ec;
    locks_[w.lock].owns = w.owns;
    if (w.owns)
      w.mutex->pass_to(owner::lock);
    return w.owns ? w.home_ec : net::error::operation_aborted;
  }

  bool evaluate(std::size_t id)
  {
    condvar_wait& w = waits_.at(id);
    const bool is_first = initiating_ == id && !w.is_begun;
    if (!is_first)
    {
      begin_event(id, "a predicate was evaluated");
      if (arrive(w) == net::error::operation_aborted)
        differ("the predicate of an aborted wait was evaluated");
    }
    w.is_begun = true;

    say("predicate of #", id);
    if (w.kept)
      expect_equal(w.kept->owns_lock(), true, "owns_lock() of its lock");
    check();
    act(w.predicate_actions);
    return is_first ? decide_first(id) : decide(id);
  }

  bool decide_first(std::size_t id)
  {
    condvar_wait& w = waits_[id];
    begin_turn_outside();
    switch (flags_[*w.flag])
    {
    case flag::throws:
      fail(w);
    case flag::is_true:
      w.is_decided = true;
      complete_at_once(id);
      return true;
    default:
      begin(id);
      return false;
    }
  }

  bool decide(std::size_t id)
  {
    condvar_wait& w = waits_[id];
    switch (flags_[*w.flag])
    {
    case flag::throws:
      fail(w);
    case flag::is_true:
      w.is_decided = true;
      w.ec = w.is_cancelled ? net::error::operation_aborted : error_code();
      resumed_ = id;
      return true;
    default:
      begin_again(id);
      is_in_event_ = false;
      return false;
    }
  }

  [[noreturn]] void fail(condvar_wait& w)
  {
    say("  throws");
    w.is_dropped = true;
    throw thrown();
  }

  void put(std::size_t k, lock_model l)
  {
    const lock_model before = std::exchange(locks_[k], l);
    if (before.owns)
      unlock(*before.of);
  }

  std::array<flag, flags> flags_{};

  // Waits know the models of objects that are gone.
  std::deque<condvar_model> all_;
  std::array<condvar_model*, condvars> models_{};
  std::deque<mutex_model> all_mutexes_;
  std::array<mutex_model*, mutexes> mutex_models_{};
  std::array<lock_model, locks> locks_;

  bool foreign_is_used_ = false;

private:
  void check() final
  {
    if (!objects_)
      return;
    for (std::size_t i = 0; i < condvars; ++i)
      if (const auto& c = objects_->condvar[i])
        expect_equal(c->waiters(), models_[i]->waiters(), "waiters()");
    for (std::size_t m = 0; m < mutexes; ++m)
      if (const auto& real = objects_->mutex[m])
        expect_equal(real->waiters(), mutex_models_[m]->waiters(),
            "waiters() of the mutex");
    for (std::size_t k = 0; k < locks; ++k)
      if (const auto& l = objects_->lock[k])
        expect_equal(l->owns_lock(), locks_[k].owns, "owns_lock()");
  }

  void cancel(std::size_t id) final
  {
    condvar_wait& w = waits_[id];
    if (!w.is_outstanding)
      return;
    if (w.condvar == nullptr)
    {
      if (w.mutex->cancel(id))
        lose_mutex({id});
      return;
    }

    if (std::exchange(w.is_cancelled, true))
      return;
    if (w.condvar->cancel(id))
      leave(id, net::error::operation_aborted);
    else if (w.is_selected)
      leave(w.condvar->take(1), {}, true);
  }

  error_code expected_error(condvar_wait& w) final
  {
    if (!w.is_decided)
    {
      w.ec = arrive(w);
      if (w.condvar != nullptr && !w.ec)
      {
        if (w.flag)
          differ("a wait ended without its predicate");
        if (w.is_cancelled)
          w.ec = net::error::operation_aborted;
      }
    }
    return w.ec;
  }

  void take_over(condvar_wait& w, mutex_lock* granted) final
  {
    if (w.kept)
      objects_->lock[w.lock] = std::move(w.kept);
    if (w.is_foreign)
      foreign_is_used_ = false;
    if (granted == nullptr)
      return;

    expect_equal(granted->owns_lock(), w.owns, "owns_lock()");
    if (!w.owns)
      return;
    w.mutex->pass_to(owner::lock);
    auto& target = objects_->lock[w.lock];
    if (!target)
      return;
    schedule_.begin_call();
    put(w.lock, {w.mutex, std::exchange(w.owns, false)});
    *target = std::move(*granted);
  }

  void give_up(condvar_wait& w) final
  {
    schedule_.begin_call();
    if (w.condvar == nullptr && w.owns)
      unlock(*w.mutex);
  }

  void forget(condvar_wait& w) final
  {
    if (w.kept && w.is_dropped)
      objects_->lock[w.lock] = std::move(w.kept);
    w.kept.reset();
  }
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_CONDVAR_WAITS_HPP
