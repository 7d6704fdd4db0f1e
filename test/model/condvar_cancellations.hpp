// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a condition variable and its mutex: waits are cancelled. Each
// says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_CANCELLATIONS_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_CANCELLATIONS_HPP

#include "model/condvar_world.hpp"

namespace model {

// A notification is not lost with the waiter that is cancelled.
struct notify_against_cancel : condvar_world
{
  notify_against_cancel()
  {
    wait(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { notify(1); }};
  }

  void check() override
  {
    require(is_complete(a), "still waiting");
    require(is_complete(b) == (a.got == wait_result::aborted),
        "a notification was lost or given twice");
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
  party& p = make_party(a);
};

// A waiter that was notified, and is cancelled before it owns the mutex, passes
// the notification on to who waits by then.
struct cancel_before_relock : condvar_world
{
  cancel_before_relock()
  {
    lock();
    wait(a);
    lock();
    notify(1);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { unlock(); }};
  }

  void check() override
  {
    require(is_complete(a), "the mutex was not handed over");
    require(is_complete(b) == (a.got == wait_result::aborted),
        "a notification was lost or given twice");
    check_conservation();
  }

  request& a = make_wait();
  request& b = make_bare_wait();
  party& p = make_party(a);
};

// ... wherever the waiter is when all of it happens at once.
struct notify_against_cancel_before_relock : condvar_world
{
  notify_against_cancel_before_relock()
  {
    lock();
    wait(a);
    lock();
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { emit(p); },
        [this] {
          notify(1);
          unlock();
        }};
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

// Two parties cancel a waiter that was notified: its notification is passed on
// once.
struct two_cancellations_before_relock : condvar_world
{
  two_cancellations_before_relock()
  {
    lock();
    wait(a);
    lock();
    notify(1);
    wait(b);
    wait(c);
  }

  bodies threads() override
  {
    return {[this] { emit(signal); }, [this] { emit(timer); }};
  }

  void check() override
  {
    unlock();
    require(a.got == wait_result::aborted || a.got == wait_result::timed_out,
        "not cancelled");
    expect(b, wait_result::granted);
    require(!is_complete(c), "a notification was given twice");
    check_conservation();
  }

  request& a = make_wait();
  request& b = make_bare_wait();
  request& c = make_bare_wait();
  party& signal = make_party(a);
  party& timer = make_party(a, wait_result::timed_out);
};

// A cancelled waiter that a broadcast had reached passes nothing on.
struct broadcast_is_not_passed_on : condvar_world
{
  broadcast_is_not_passed_on()
  {
    lock();
    wait(a);
    lock();
    notify_all();
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { unlock(); }};
  }

  void check() override
  {
    require(is_complete(a), "the mutex was not handed over");
    require(!is_complete(b), "a broadcast was passed on");
    check_conservation();
  }

  request& a = make_wait();
  request& b = make_bare_wait();
  party& p = make_party(a);
};

// Cancellation reaches a wait whose predicate sends it home.
struct refusal_against_cancel : condvar_world
{
  refusal_against_cancel()
  {
    lock();
    wait(a);
    a.refusals = 1;
  }

  bodies threads() override
  {
    return {[this] { notify(1); }, [this] { emit(p); }};
  }

  void check() override
  {
    expect(a, wait_result::timed_out);
    check_conservation();
  }

  request& a = make_wait();
  party& p = make_party(a, wait_result::timed_out);
};

// ... and so does cancel().
struct refusal_against_cancel_all : condvar_world
{
  refusal_against_cancel_all()
  {
    lock();
    wait(a);
    a.refusals = 1;
  }

  bodies threads() override
  {
    return {[this] { notify(1); }, [this] { cancel_all(); }};
  }

  void check() override
  {
    expect(a, wait_result::aborted);
    check_conservation();
  }

  request& a = make_wait();
};

// ... and the end of the object.
struct refusal_against_retirement : condvar_world
{
  refusal_against_retirement()
  {
    lock();
    wait(a);
    a.refusals = 1;
    lock();
    notify_all();
  }

  bodies threads() override
  {
    return {[this] { unlock(); }, [this] { retire(); }};
  }

  void check() override
  {
    require(was_recycled(), "not destroyed");
    expect(a, wait_result::aborted);
    check_conservation();
  }

  request& a = make_wait();
};

// All waiters complete, one way or the other, and none that comes later.
struct cancel_all_against_notify : condvar_world
{
  cancel_all_against_notify()
  {
    wait(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] {
              cancel_all();
              wait(later);
            },
        [this] { notify(1); }};
  }

  void check() override
  {
    require(is_complete(a), "still waiting");
    expect(b, wait_result::aborted);
    require(!is_complete(later) || later.got == wait_result::granted,
        "a later wait was aborted");
    check_conservation();
  }

  request& a = make_bare_wait();
  request& b = make_bare_wait();
  request& later = make_bare_wait();
};

// A cancellation that comes when the object is gone passes nothing on to those
// who wait for the next one.
struct late_cancellation_of_another_life : condvar_world
{
  late_cancellation_of_another_life()
  {
    lock();
    wait(a);
    lock();
    notify(1);
    in_next_life = [this] { wait(stranger); };
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { retire(); }};
  }

  void check() override
  {
    require(was_recycled(), "the core was not given up");
    unlock();
    require(is_complete(a), "still waiting");
    require(!is_complete(stranger), "notified by another object");
    check_conservation();
  }

  request& a = make_wait();
  request& stranger = make_bare_wait();
  party& p = make_party(a);
};

// A slot may be cleared while its waiter is away.
struct forget_before_relock : condvar_world
{
  forget_before_relock()
  {
    lock();
    wait(a);
    lock();
    notify(1);
  }

  bodies threads() override
  {
    return {[this] { forget(p); }, [this] { unlock(); }};
  }

  void check() override
  {
    expect(a, wait_result::granted);
    check_conservation();
  }

  request& a = make_wait();
  party& p = make_party(a);
};

// Cancellation may come before the wait is queued.
struct wait_against_cancel : condvar_world
{
  wait_against_cancel()
  {
    lock();
  }

  bodies threads() override
  {
    return {[this] { wait(a); }, [this] { emit(p); }};
  }

  void check() override
  {
    expect(a, wait_result::aborted);
    check_conservation();
  }

  request& a = make_wait();
  party& p = make_party(a);
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_CANCELLATIONS_HPP
