// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of what concerns a cell or an object at the same time, in all
// combinations. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_CALLS_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_CALLS_HPP

#include "model/columns.hpp"
#include "model/condvar_world.hpp"

#include <array>
#include <cstddef>

namespace model {

// Whatever happens at the same time to the cell of a waiter that is at home, or
// was notified and waits for its mutex: a ticket that comes first decides, a
// notification goes to somebody else then, and the cell is freed once.
template <bool IsAway, column... Columns>
struct cell_of_wait : condvar_world
{
  cell_of_wait()
  {
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (needs_party(columns[i]))
        parties[i] = &make_party(
            a, i == 0 ? wait_result::aborted : wait_result::timed_out);
    lock();
    wait(a);
    lock();
    if (IsAway)
      notify(1);
    wait(b);
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

  // Who claims makes the wait complete.
  void act(column c, party* p)
  {
    switch (c)
    {
    case column::ask:
      return emit(*p);
    case column::go:
      return forget(*p);
    case column::claim:
      if (!IsAway)
        notify(1);
      return unlock();
    case column::drain:
      return hand_over(*p);
    }
  }

  void check() override
  {
    constexpr bool is_drained = has<Columns...>(column::drain);
    constexpr bool is_asked = has<Columns...>(column::ask) || is_drained;
    constexpr bool is_claimed = has<Columns...>(column::claim);
    if (!is_claimed)
      unlock();
    require(is_complete(a) == (is_asked || is_claimed || IsAway),
        "not completed once");
    if (is_drained || (is_asked && !is_claimed))
      require(a.got != wait_result::granted, "granted after a ticket");
    if (!is_asked && is_complete(a))
      expect(a, wait_result::granted);
    require(is_complete(b)
            == ((IsAway || is_claimed) && a.got != wait_result::granted),
        "a notification was lost or given twice");
    check_conservation();
  }

  static constexpr std::array<column, sizeof...(Columns)> columns{Columns...};
  request& a = make_wait();
  request& b = make_bare_wait();
  std::array<party*, sizeof...(Columns)> parties{};
};

template <column... Columns>
using cell_at_home = cell_of_wait<false, Columns...>;
template <column... Columns>
using cell_that_is_away = cell_of_wait<true, Columns...>;

// A wait is notified, cancelled and handed its mutex by three threads at once.
struct notify_against_cancel_against_relock : condvar_world
{
  notify_against_cancel_against_relock()
  {
    lock();
    wait(a);
    lock();
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { notify(1); }, [this] { emit(p); }, [this] { unlock(); }};
  }

  void check() override
  {
    require(is_complete(a), "still waiting");
    require(is_complete(b) == (a.got == wait_result::aborted),
        "a notification was lost or given twice");
    check_conservation();
  }

  request& a = make_wait();
  request& b = make_bare_wait();
  party& p = make_party(a);
};

// Who completes the last wait may destroy the object, although those have not
// returned that did it: their ring finds another object, whose waits are left
// alone.
template <wait_result Result>
struct late_ring_of : condvar_world
{
  late_ring_of()
  {
    wait(a);
    in_next_life = [this] { wait(stranger); };
  }

  void on_completion()
  {
    if (!is_over && is_complete(a) && is_complete(b))
      retire();
  }

  bodies threads() override
  {
    return {[this] {
              if (Result == wait_result::granted)
                notify_all();
              else
                cancel_all();
            },
        [this] { wait(b); }};
  }

  void check() override
  {
    is_over = true;
    expect(a, Result);
    require(was_recycled() == is_complete(b), "not destroyed");
    require(!is_complete(stranger), "woken for another object");
    check_conservation();
  }

  bool is_over = false;
  request& a = make_bare_wait([this] { on_completion(); });
  request& b = make_bare_wait([this] { on_completion(); });
  request& stranger = make_bare_wait();
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_CALLS_HPP
