// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a futex: who is woken. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_NOTIFICATIONS_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_NOTIFICATIONS_HPP

#include "model/futex_world.hpp"

namespace model {

// Who waits for a value that the word does not have any more is woken, however
// the change and its notification come.
template <tier Tier>
struct wait_against_notify : futex_world
{
  wait_against_notify()
    : futex_world(Tier)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); },
        [this] {
          change(1);
          notify(1);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
};

// ... also if everybody is notified, who uses the library or not.
template <tier Tier>
struct wait_against_notify_all : futex_world
{
  wait_against_notify_all()
    : futex_world(Tier)
  {
    wait_in_kernel(a);
  }

  bodies threads() override
  {
    return {[this] { wait(b); },
        [this] {
          change(1);
          notify_all();
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    expect(b, wait_result::granted);
    require(is_woken(stranger), "a lost wake-up");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  kernel_wait& stranger = foreign_wait(0);
};

// ... or if the wake comes from elsewhere.
template <tier Tier>
struct wait_against_foreign_wake : futex_world
{
  wait_against_foreign_wake()
    : futex_world(Tier)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); },
        [this] {
          change(1);
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
};

// The kernel may look at any time.
struct submission_against_notify : futex_world
{
  submission_against_notify()
  {
    wait(a);
  }

  bodies threads() override
  {
    return {[this] { run_loop_once(); },
        [this] {
          change(1);
          notify(1);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
};

// ... while others begin to wait.
struct submission_against_wait : futex_world
{
  bodies threads() override
  {
    return {[this] { wait(a); }, [this] { run_loop_once(); },
        [this] {
          change(1);
          foreign_wake(1);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
};

// One notification is for one wait, the oldest, whatever the word is.
struct one_notification_for_one_wait : futex_world
{
  one_notification_for_one_wait()
  {
    wait_in_kernel(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] { notify(1); }, [this] { wait(c); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    require(
        !is_complete(b) && !is_complete(c), "a notification was given twice");
    require(!is_woken(stranger), "a notification was given twice");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  request& c = make_wait(0);
  kernel_wait& stranger = foreign_wait(0);
};

// ... also if the word differs.
struct one_notification_of_a_change : futex_world
{
  one_notification_of_a_change()
  {
    wait_in_kernel(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] {
              change(1);
              notify(1);
            },
        [this] { (void)deliver(); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    require(!is_complete(b), "a notification was given twice");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
};

// Two notifications are for two waits, of which the last may be left to the
// kernel.
struct two_notifications_for_two_waits : futex_world
{
  two_notifications_for_two_waits()
  {
    wait(a);
    wait(b);
  }

  bodies threads() override
  {
    return {[this] {
              change(1);
              notify(1);
            },
        [this] {
          change(2);
          notify(1);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    expect(b, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
};

// A wait that is notified as it begins is over when nobody waits for the word
// any more, although another thread serves by then.
template <tier Tier>
struct wait_against_two_notifications : futex_world
{
  wait_against_two_notifications()
    : futex_world(Tier)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); },
        [this] {
          notify(1);
          notify(1);
        }};
  }

  void check() override
  {
    run_loop();
    check_ends();
  }

  request& a = make_wait(0);
};

// What is too much for the object goes elsewhere.
struct notify_two_against_wait : futex_world
{
  bodies threads() override
  {
    return {[this] { wait(a); },
        [this] {
          change(1);
          notify(2);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    require(is_woken(stranger), "a lost wake-up");
    check_ends();
  }

  request& a = make_wait(0);
  kernel_wait& stranger = foreign_wait(0);
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_NOTIFICATIONS_HPP
