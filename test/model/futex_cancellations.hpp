// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a futex whose waits are cancelled. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_CANCELLATIONS_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_CANCELLATIONS_HPP

#include "model/futex_world.hpp"

namespace model {

// A notification is not lost with the wait that is cancelled: it goes to
// another one of the object.
struct notify_against_cancelled_wait : futex_world
{
  notify_against_cancelled_wait()
  {
    wait_in_kernel(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { notify(1); }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a), "still waiting");
    require(is_complete(b) == (a.got == wait_result::aborted),
        "a notification was lost or given twice");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  party& p = make_party(a);
};

// ... or to somebody else, also if the last wait had been left to the kernel.
template <tier Tier>
struct notify_against_last_cancelled_wait : futex_world
{
  notify_against_last_cancelled_wait()
    : futex_world(Tier)
  {
    wait_in_kernel(a);
    (void)foreign_wait(0);
  }

  bodies threads() override
  {
    return {[this] { emit(p); },
        [this] {
          change(1);
          notify(1);
        }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a), "still waiting");
    require(is_granted(a) || is_woken(stranger), "a notification was lost");
    check_ends();
  }

  request& a = make_wait(0);
  party& p = make_party(a);
  kernel_wait& stranger = foreign_wait(0);
};

// A wake from elsewhere that the object consumes is not lost with the wait that
// is cancelled: it is passed on.
template <tier Tier>
struct foreign_wake_against_cancel : futex_world
{
  foreign_wake_against_cancel()
    : futex_world(Tier)
  {
    wait_in_kernel(a);
    stranger = &foreign_wait(0);
  }

  bodies threads() override
  {
    return {[this] { emit(p); },
        [this] {
          foreign_wake(1);
          (void)deliver();
        }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a), "still waiting");
    require(
        is_granted(a) != is_woken(*stranger), "a wake was lost or given twice");
    check_ends();
  }

  request& a = make_wait(0);
  party& p = make_party(a);
  kernel_wait* stranger;
};

// ... or goes to those who still wait.
struct foreign_wake_against_one_cancel : futex_world
{
  foreign_wake_against_one_cancel()
  {
    wait_in_kernel(a);
    wait(b);
    stranger = &foreign_wait(0);
  }

  bodies threads() override
  {
    return {[this] { emit(p); },
        [this] {
          foreign_wake(1);
          (void)deliver();
        }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a), "still waiting");
    expect(b, wait_result::granted);
    require(!is_woken(*stranger), "a wake was given twice");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  party& p = make_party(a);
  kernel_wait* stranger;
};

// ... and so it is if both are cancelled.
struct foreign_wake_against_two_cancels : futex_world
{
  foreign_wake_against_two_cancels()
  {
    wait_in_kernel(a);
    wait(b);
    stranger = &foreign_wait(0);
    foreign_wake(1);
  }

  bodies threads() override
  {
    return {[this] {
              emit(p);
              (void)deliver();
            },
        [this] { emit(q); }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a) && is_complete(b), "still waiting");
    require((is_granted(a) || is_granted(b)) != is_woken(*stranger),
        "a wake was lost or given twice");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  party& p = make_party(a);
  party& q = make_party(b, wait_result::timed_out);
  kernel_wait* stranger;
};

// ... or all are.
struct foreign_wake_against_cancel_all : futex_world
{
  foreign_wake_against_cancel_all()
  {
    wait_in_kernel(a);
    wait(b);
    stranger = &foreign_wait(0);
  }

  bodies threads() override
  {
    return {[this] { cancel_all(); },
        [this] {
          foreign_wake(1);
          (void)deliver();
        }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a) && a.got == b.got, "waits of one end differently");
    require(
        is_granted(a) != is_woken(*stranger), "a wake was lost or given twice");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  kernel_wait* stranger;
};

// A slot may be cleared at any time.
struct forget_against_notify : futex_world
{
  forget_against_notify()
  {
    wait(a);
  }

  bodies threads() override
  {
    return {[this] { forget(p); }, [this] { notify(1); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
  party& p = make_party(a);
};

// Nobody waits in the kernel for what nobody waits for any more.
template <tier Tier>
struct wait_against_cancel_of_it : futex_world
{
  wait_against_cancel_of_it()
    : futex_world(Tier)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); }, [this] { emit(p); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::aborted);
    check_ends();
  }

  request& a = make_wait(0);
  party& p = make_party(a);
};

// A wait that comes as the last one is cancelled is waited for in the kernel.
struct wait_against_last_cancel : futex_world
{
  wait_against_last_cancel()
  {
    wait_in_kernel(a);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { wait(b); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::aborted);
    require(!is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  party& p = make_party(a);
};

// ... or as it is heard that the kernel's is.
struct wait_against_cancelled_end : futex_world
{
  wait_against_cancelled_end()
  {
    wait_in_kernel(a);
    emit(p);
  }

  bodies threads() override
  {
    return {[this] { (void)deliver(); }, [this] { wait(b); }};
  }

  void check() override
  {
    run_loop();
    require(!is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  party& p = make_party(a);
};

// ... or that the kernel found another value before.
struct wait_against_late_difference : futex_world
{
  wait_against_late_difference()
  {
    wait(a);
    change(1);
    submit();
    change(0);
    emit(p);
  }

  bodies threads() override
  {
    return {[this] { wait(b); }, [this] { (void)deliver(); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::aborted);
    require(!is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  party& p = make_party(a);
};

// ... and one that comes as the kernel's ends.
template <tier Tier>
struct wait_against_end : futex_world
{
  wait_against_end()
    : futex_world(Tier)
  {
    wait_in_kernel(a);
  }

  bodies threads() override
  {
    return {[this] { wait(b); },
        [this] {
          foreign_wake(1);
          (void)deliver();
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_CANCELLATIONS_HPP
