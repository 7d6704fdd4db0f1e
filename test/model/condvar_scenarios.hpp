// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a condition variable and its mutex. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_CONDVAR_SCENARIOS_HPP
#define ASIO_SYNC_TEST_MODEL_CONDVAR_SCENARIOS_HPP

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

// One thread makes its calls in order, and it makes no difference that another
// one serves: that cancels a wait which begins in the end only.
struct ordered_calls : condvar_world
{
  virtual void call() = 0;

  bodies threads() override
  {
    return {[this] { call(); }, [this] { emit(server); }};
  }

  void check() override
  {
    wait(other);
    expect(other, wait_result::aborted);
    check_conservation();
  }

  request& other = make_bare_wait();
  party& server = make_party(other);
};

// ... with a wait that holds on to its notification, as its mutex is owned.
struct ordered_cancellation : ordered_calls
{
  ordered_cancellation()
  {
    lock();
    wait(a);
    lock();
  }

  void check() override
  {
    unlock();
    expect(a, wait_result::aborted);
    ordered_calls::check();
  }

  request& a = make_wait();
  request& b = make_bare_wait();
  party& p = make_party(a);
};

// Who waits when a notified wait is cancelled gets its notification.
struct notify_then_wait_then_cancel : ordered_cancellation
{
  void call() override
  {
    notify(1);
    wait(b);
    emit(p);
  }

  void check() override
  {
    expect(b, wait_result::granted);
    ordered_cancellation::check();
  }
};

// ... but not who waits afterwards.
struct cancel_then_wait : ordered_cancellation
{
  cancel_then_wait()
  {
    notify(1);
  }

  void call() override
  {
    emit(p);
    wait(b);
  }

  void check() override
  {
    require(!is_complete(b), "a notification was remembered");
    ordered_cancellation::check();
  }
};

// A notification that finds nobody is for nobody, also if somebody waits before
// the server looks.
struct notify_then_wait : ordered_calls
{
  void call() override
  {
    notify(1);
    wait(b);
  }

  void check() override
  {
    require(!is_complete(b), "a notification was remembered");
    ordered_calls::check();
  }

  request& b = make_bare_wait();
};

// A broadcast comes before the end that follows it.
struct broadcast_then_cancel_all : ordered_calls
{
  broadcast_then_cancel_all()
  {
    wait(a);
  }

  void call() override
  {
    notify_all();
    cancel_all();
  }

  void check() override
  {
    expect(a, wait_result::granted);
    ordered_calls::check();
  }

  request& a = make_bare_wait();
};

// An end comes before the broadcast that follows it.
struct cancel_all_then_broadcast : ordered_calls
{
  cancel_all_then_broadcast()
  {
    wait(a);
  }

  void call() override
  {
    cancel_all();
    notify_all();
  }

  void check() override
  {
    expect(a, wait_result::aborted);
    ordered_calls::check();
  }

  request& a = make_bare_wait();
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_CONDVAR_SCENARIOS_HPP
