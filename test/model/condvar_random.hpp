// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Large scenarios of a condition variable. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_RANDOM_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_RANDOM_HPP

#include "model/condvar_world.hpp"
#include "model/random_calls.hpp"

#include <algorithm>

namespace model {

// Whatever three threads call, the mutex has one owner at a time, and nobody is
// left in its queue.
struct any_use : condvar_world
{
  any_use()
  {
    for (int i = 0; i < 7; ++i)
      add_call();
  }

  bodies threads() override
  {
    return calls.threads();
  }

  void check() override
  {
    for (request& r : requests_)
      r.refusals = 0;
    check_conservation();
  }

  void add_call()
  {
    switch (calls.choose(8))
    {
    case 0:
      return calls.add([this] { cancel_all(); });
    case 1:
      return calls.add([this] { notify_all(); });
    case 2:
      return calls.add([this] { notify(2); });
    case 3:
      return calls.add([this] { notify(1); });
    default:
      return add_wait(calls.choose(2) == 0);
    }
  }

  // A wait whose predicate is false once or not, and that is cancelled or not.
  void add_wait(bool has_mutex)
  {
    request& r = has_mutex ? make_wait() : make_bare_wait();
    r.refusals = calls.choose(2);
    if (calls.choose(2) == 0)
    {
      party& p = make_party(r);
      calls.add([this, &p] { emit(p); });
    }
    if (!has_mutex)
      return calls.add([this, &r] { wait(r); });

    request& before = make_lock([this, &r] { wait(r); });
    before.gave_mutex_away = true;
    calls.add([this, &before] { lock(before); });
  }

  random_calls calls;
};

// However notifications, cancellations and the mutex meet: of so many
// notifications each goes to one wait that is not cancelled, unless there is
// none.
struct any_notifications : condvar_world
{
  any_notifications()
    : notifications(1 + calls.choose(3))
  {
    for (int i = 0; i < 4; ++i)
      add_wait(i % 2 == 0);
    lock();
    for (int i = 0; i < notifications; ++i)
      calls.add([this] { notify(1); });
    calls.add([this] { unlock(); });
  }

  void add_wait(bool has_mutex)
  {
    request& r = has_mutex ? make_wait() : make_bare_wait();
    if (calls.choose(2) == 0)
    {
      party& p = make_party(r);
      calls.add([this, &p] { emit(p); });
    }
    if (has_mutex)
      lock();
    wait(r);
  }

  bodies threads() override
  {
    return calls.threads();
  }

  void check() override
  {
    const auto granted =
        std::count_if(requests_.begin(), requests_.end(), [](const request& r) {
          return is_complete(r) && r.got == wait_result::granted;
        });
    require(granted <= notifications, "a notification was given twice");
    require(
        granted == notifications || waiting() == 0, "a notification was lost");
    check_conservation();
  }

  random_calls calls;
  const int notifications;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_RANDOM_HPP
