// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of what concerns a cell, a core or an object at the same time, in
// all combinations. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_SEMAPHORE_CALLS_HPP
#define ASIO_SYNC_TEST_MODEL_SEMAPHORE_CALLS_HPP

#include "model/columns.hpp"
#include "model/semaphore_world.hpp"

#include <array>
#include <cstddef>

namespace model {

// Whatever happens to the cell of a queued waiter at the same time: a ticket
// that comes first decides, nothing is lost, and the cell is freed once, after
// everything else.
template <column... Columns>
struct queued_cell : semaphore_world
{
  queued_cell()
    : semaphore_world(0)
  {
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (needs_party(columns[i]))
        parties[i] = &make_party(
            r, i == 0 ? wait_result::aborted : wait_result::timed_out);
    acquire(r);
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i] == column::drain)
        (void)ask(*parties[i]);
  }

  bodies threads() override
  {
    bodies all;
    for (std::size_t i = 0; i < columns.size(); ++i)
      all.push_back([this, i] { act(columns[i], parties[i]); });
    return all;
  }

  void act(column c, party* p)
  {
    switch (c)
    {
    case column::ask:
      return emit(*p);
    case column::go:
      return forget(*p);
    case column::claim:
      return (void)release(1);
    case column::drain:
      return hand_over(*p);
    }
  }

  void check() override
  {
    constexpr bool is_drained = has<Columns...>(column::drain);
    constexpr bool is_asked = has<Columns...>(column::ask) || is_drained;
    constexpr bool is_claimed = has<Columns...>(column::claim);
    require(is_complete(r) == (is_asked || is_claimed), "not completed once");
    if (is_drained || !is_claimed)
      require(r.got != wait_result::granted || !is_complete(r),
          "granted after a ticket");
    if (!is_asked && is_claimed)
      expect(r, wait_result::granted);
    check_conservation();
  }

  static constexpr std::array<column, sizeof...(Columns)> columns{Columns...};
  request& r = make_request(1);
  std::array<party*, sizeof...(Columns)> parties{};
};

// What may be called at any time.
enum class call
{
  acquire,
  attempt,
  release,
  cancel,
  forget,
  cancel_all,
  close,
  reduce,
  drain
};

struct calling_world : semaphore_world
{
  using semaphore_world::semaphore_world;

  void make(call c)
  {
    switch (c)
    {
    case call::acquire:
      return acquire_or_wait(other);
    case call::attempt:
      return (void)try_acquire(1);
    case call::release:
      return (void)release(1);
    case call::cancel:
      return emit(p);
    case call::forget:
      return forget(p);
    case call::cancel_all:
      return cancel_all();
    case call::close:
      return close();
    case call::reduce:
      return reduce(1);
    case call::drain:
      return drain(1);
    }
  }

  virtual void on_completion()
  {
  }

  request& r = make_request(2, [this] { on_completion(); });
  request& other = make_request(1, [this] { on_completion(); });
  party& p = make_party(r);
};

// Whatever is called while a semaphore is closed: nobody waits afterwards, no
// permit is lost, and it stays closed.
template <call Call>
struct close_against : calling_world
{
  close_against()
    : calling_world(1)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { close(); }, [this] { make(Call); }};
  }

  void check() override
  {
    require(is_complete(r), "still waiting");
    require(is_complete(other) == (Call == call::acquire), "still waiting");
    require(is_closed(), "open again");
    check_conservation();
  }
};

// Who completes the last wait may destroy the object, although those have not
// returned that did it: their ring finds another object.
template <call Call>
struct late_ring_of : calling_world
{
  late_ring_of()
    : calling_world(0)
  {
    acquire(r);
  }

  void on_completion() override
  {
    if (is_complete(r) && is_complete(other))
      retire(2);
  }

  bodies threads() override
  {
    return {[this] { make(Call); }, [this] { acquire(other); }};
  }

  void check() override
  {
    require(is_complete(r), "still waiting");
    require(was_recycled() == is_complete(other), "not destroyed");
    require(!was_recycled() || !is_closed(), "another object is closed");
    check_conservation();
  }
};

// An object moves with its waiters, and those who know its core need not know:
// a party that cancels, and a permit.
struct move_against_parties : calling_world
{
  move_against_parties()
    : calling_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] {
              move();
              release(1);
            },
        [this] { emit(p); }, [this] { release_late(1); }};
  }

  void check() override
  {
    require(is_complete(r), "still waiting");
    drain(2);
    check_conservation();
  }
};

// A slot may serve the next wait as soon as it is cleared or has emitted, and
// that one has nothing to do with the first.
template <bool Emits>
struct slot_is_reused : semaphore_world
{
  slot_is_reused()
    : semaphore_world(0)
  {
    acquire(first);
  }

  bodies threads() override
  {
    return {[this] {
              Emits ? emit(p) : forget(p);
              acquire(second);
              Emits ? forget(q) : emit(q);
            },
        [this] { release(1); }};
  }

  void check() override
  {
    require(is_complete(first), "still waiting");
    if (!Emits)
    {
      expect(first, wait_result::granted);
      expect(second, wait_result::timed_out);
    }
    else
      require(is_complete(second) == (first.got == wait_result::aborted),
          "the permit went to both or to none");
    check_conservation();
  }

  request& first = make_request(1);
  request& second = make_request(1);
  party& p = make_party(first);
  party& q = make_party(second, wait_result::timed_out);
};

// A slot may be destroyed while its wait is handed over, served, or neither.
struct forget_against_acquire_against_release : semaphore_world
{
  forget_against_acquire_against_release()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {
        [this] { forget(p); }, [this] { acquire(r); }, [this] { release(1); }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(1);
  party& p = make_party(r);
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SEMAPHORE_CALLS_HPP
