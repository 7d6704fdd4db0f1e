// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a condition variable and its mutex: who is notified, and gets
// the mutex. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_NOTIFICATIONS_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_NOTIFICATIONS_HPP

#include "model/condvar_world.hpp"

namespace model {

// A change under the mutex, then a notification: who looked before the change
// is notified, as it is registered before it releases the mutex.
struct change_against_wait : condvar_world
{
  change_against_wait()
  {
    lock();
  }

  bodies threads() override
  {
    return {[this] { wait(waiter); }, [this] { lock(changer); }};
  }

  void check() override
  {
    require(is_complete(changer), "not locked");
    require(is_complete(waiter), "a lost wake-up");
    check_conservation();
  }

  request& waiter = make_wait();
  request& changer = make_lock([this] {
    changer.gave_mutex_away = true;
    unlock();
    notify(1);
  });
};

// Who waits and then notifies wakes somebody, and two of them wake both.
struct each_waits_and_notifies : condvar_world
{
  bodies threads() override
  {
    return {[this] {
              wait(a);
              notify(1);
            },
        [this] {
          wait(b);
          notify(1);
        }};
  }

  void check() override
  {
    require(is_complete(a) && is_complete(b), "a lost wake-up");
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
};

// A notification is for nobody who comes later, also if it finds nobody else.
struct notify_spares_later : condvar_world
{
  notify_spares_later()
  {
    wait(earlier);
  }

  bodies threads() override
  {
    return {[this] {
              notify(2);
              wait(later);
            },
        [this] { wait(concurrent); }};
  }

  void check() override
  {
    expect(earlier, wait_result::granted);
    require(!is_complete(later), "a notification was remembered");
    check_conservation();
  }

  request& earlier = make_bare_wait();
  request& concurrent = make_bare_wait();
  request& later = make_bare_wait();
};

// Nothing is remembered, also while another thread is inside.
struct notify_finds_nobody : condvar_world
{
  bodies threads() override
  {
    return {[this] {
              notify(1);
              wait(later);
            },
        [this] {
          wait(cancelled);
          emit(p);
        }};
  }

  void check() override
  {
    require(is_complete(cancelled), "still waiting");
    require(!is_complete(later) || cancelled.got == wait_result::aborted,
        "a notification was given twice");
    check_conservation();
  }

  request& later = make_bare_wait();
  request& cancelled = make_bare_wait();
  party& p = make_party(cancelled);
};

// A broadcast reaches all who were there, and nobody else.
struct notify_all_spares_later : condvar_world
{
  notify_all_spares_later()
  {
    wait(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] {
              notify_all();
              wait(later);
            },
        [this] { wait(concurrent); }};
  }

  void check() override
  {
    expect(a, wait_result::granted);
    expect(b, wait_result::granted);
    require(!is_complete(later), "a broadcast was remembered");
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
  request& concurrent = make_bare_wait();
  request& later = make_bare_wait();
};

// Two notifiers at once: nobody is left behind.
struct broadcast_against_notification : condvar_world
{
  broadcast_against_notification()
  {
    wait(a);
  }

  bodies threads() override
  {
    return {[this] { notify_all(); },
        [this] {
          wait(b);
          notify(1);
        }};
  }

  void check() override
  {
    expect(a, wait_result::granted);
    expect(b, wait_result::granted);
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
};

// One notification is for one waiter, however often somebody looks again.
struct one_notification_for_one : condvar_world
{
  one_notification_for_one()
  {
    wait(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { notify(1); }, [this] { wait(c); }};
  }

  void check() override
  {
    expect(a, wait_result::granted);
    require(
        !is_complete(b) && !is_complete(c), "a notification was given twice");
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
  request& c = make_bare_wait();
};

// Who waits and then broadcasts wakes both that are there.
struct each_waits_and_broadcasts : condvar_world
{
  bodies threads() override
  {
    return {[this] {
              wait(a);
              notify_all();
            },
        [this] {
          wait(b);
          notify_all();
        }};
  }

  void check() override
  {
    require(is_complete(a) && is_complete(b), "a lost wake-up");
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
};

// What a waiter owes for one notification is settled when its predicate sends
// it home.
struct refusal_settles_a_notification : condvar_world
{
  refusal_settles_a_notification()
  {
    lock();
    wait(a);
    a.refusals = 1;
    notify(1);
    lock();
    notify_all();
    wait(later);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { unlock(); }};
  }

  void check() override
  {
    require(is_complete(a), "the mutex was not handed over");
    require(!is_complete(later), "a notification was given twice");
    check_conservation();
  }

  request& a = make_wait();
  request& later = make_bare_wait();
  party& p = make_party(a);
};

// A wait does not get another mutex that uses the core of its own.
struct notify_against_the_end_of_the_mutex : condvar_world
{
  notify_against_the_end_of_the_mutex()
  {
    for (request* r : {&a, &b})
    {
      lock();
      wait(*r);
    }
  }

  bodies threads() override
  {
    return {[this] { notify(2); }, [this] { retire_mutex(); }};
  }

  void check() override
  {
    require(is_complete(a) && is_complete(b), "still waiting");
    check_conservation();
  }

  request& a = make_wait();
  request& b = make_wait();
};

// Nor is it lost if it comes as the core is given up.
struct refusal_against_the_end_of_the_mutex : condvar_world
{
  refusal_against_the_end_of_the_mutex()
  {
    lock();
    wait(a);
    a.refusals = 1;
    lock();
    notify(1);
  }

  bodies threads() override
  {
    return {[this] {
              unlock(0);
              notify(1);
            },
        [this] { retire_mutex(); }};
  }

  void check() override
  {
    notify_all();
    require(is_complete(a), "still waiting");
    check_conservation();
  }

  request& a = make_wait();
};

// Who aborts those that wait for the mutex finds a wait on its way there.
struct relock_against_cancel_of_the_mutex : condvar_world
{
  relock_against_cancel_of_the_mutex()
  {
    lock();
    wait(a);
    lock();
  }

  bodies threads() override
  {
    return {[this] { cancel_mutex(); },
        [this] {
          notify(1);
          cancel_mutex();
        }};
  }

  void check() override
  {
    require(!is_complete(a), "the mutex is owned");
    unlock();
    expect(a, wait_result::granted);
    check_conservation();
  }

  request& a = make_wait();
};

// What one owner of the mutex did is visible to the next one.
struct unlock_against_attempt : condvar_world
{
  unlock_against_attempt()
  {
    lock();
  }

  bodies threads() override
  {
    return {[this] { unlock(); },
        [this] {
          if (try_lock())
            unlock();
        }};
  }

  void check() override
  {
    check_conservation();
  }
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_NOTIFICATIONS_HPP
