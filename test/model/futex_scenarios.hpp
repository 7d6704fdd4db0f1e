// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a futex. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_SCENARIOS_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_SCENARIOS_HPP

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

// Two begin to wait at once: the kernel is told once.
template <tier Tier>
struct two_waits : futex_world
{
  two_waits()
    : futex_world(Tier)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); }, [this] { wait(b); }};
  }

  void check() override
  {
    run_loop();
    require(!is_complete(a) && !is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
};

// A wait for a value that the word does not have completes without the kernel.
struct wait_for_no_value : futex_world
{
  wait_for_no_value()
  {
    change(1);
  }

  bodies threads() override
  {
    return {[this] { wait(a); }, [this] { wait(b); }};
  }

  void check() override
  {
    expect(a, wait_result::granted);
    run_loop();
    require(!is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(1);
};

// A wait for another value is not served by what is there for the first.
template <tier Tier>
struct wait_for_another_value : futex_world
{
  wait_for_another_value()
    : futex_world(Tier)
  {
    wait_in_kernel(a);
  }

  bodies threads() override
  {
    return {[this] {
              change(1);
              wait(b);
            },
        [this] { (void)deliver(); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    require(!is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(1);
};

// ... also if that is just beginning.
struct wait_against_wait_for_another_value : futex_world
{
  wait_against_wait_for_another_value()
    : futex_world(tier::table)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); },
        [this] {
          change(1);
          wait(b);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    require(!is_complete(b), "woken by nobody");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(1);
};

// ... also if the word changes again.
struct wait_for_another_value_against_change : futex_world
{
  wait_for_another_value_against_change()
  {
    wait_in_kernel(a);
    change(1);
  }

  bodies threads() override
  {
    return {[this] { wait(b); },
        [this] {
          change(2);
          foreign_wake(1);
          (void)deliver();
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
  request& b = make_wait(1);
};

// ... and is notified.
struct wait_for_another_value_against_notify : futex_world
{
  wait_for_another_value_against_notify()
  {
    wait(a);
    change(1);
  }

  bodies threads() override
  {
    return {[this] { wait(b); },
        [this] {
          change(2);
          notify(2);
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
  request& b = make_wait(1);
};

// ... without a change: what is there for the first value is not enough.
struct notify_behind_another_value : futex_world
{
  notify_behind_another_value()
  {
    wait(a);
    change(1);
  }

  bodies threads() override
  {
    return {[this] {
              wait(b);
              notify(1);
            },
        [this] { notify(0); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    expect(b, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(1);
};

// The object may end while its wait in the kernel does, and another one use the
// core: its waits are not woken, and what was consumed is passed on.
template <tier Tier>
struct retire_against_end : futex_world
{
  retire_against_end()
    : futex_world(Tier)
  {
    wait_in_kernel(a);
    stranger = &foreign_wait(0);
    in_next_life = [this] { wait(b); };
  }

  bodies threads() override
  {
    return {[this] { retire(); },
        [this] {
          foreign_wake(1);
          (void)deliver();
        }};
  }

  void check() override
  {
    run_loop();
    require(was_recycled(), "not destroyed");
    require(is_complete(a), "still waiting");
    require(
        is_granted(a) != is_woken(*stranger), "a wake was lost or given twice");
    require(!is_complete(b), "woken for another object");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  kernel_wait* stranger;
};

// ... or while it begins.
struct retire_against_start : futex_world
{
  retire_against_start()
  {
    wait_in_kernel(a);
    emit(p);
    wait(b);
    in_next_life = [this] { wait(c); };
  }

  bodies threads() override
  {
    return {[this] { (void)deliver(); }, [this] { retire(); }};
  }

  void check() override
  {
    run_loop();
    require(was_recycled(), "not destroyed");
    expect(b, wait_result::aborted);
    require(!is_complete(c), "woken for another object");
    check_ends();
  }

  request& a = make_wait(0);
  request& b = make_wait(0);
  request& c = make_wait(0);
  party& p = make_party(a);
};

// What one thread must wake does not change as another object uses the core.
struct retire_against_late_notification : futex_world
{
  retire_against_late_notification()
  {
    wait_in_kernel(a);
    stranger = &foreign_wait(0);
  }

  bodies threads() override
  {
    return {[this] { emit(p); },
        [this] {
          notify(1);
          retire();
        }};
  }

  void check() override
  {
    run_loop();
    require(was_recycled(), "not destroyed");
    require(is_complete(a), "still waiting");
    require(is_granted(a) || is_woken(*stranger), "a notification was lost");
    check_ends();
  }

  request& a = make_wait(0);
  party& p = make_party(a, wait_result::timed_out);
  kernel_wait* stranger;
};

// A word is not looked at any more once its last wait is complete, although a
// notification comes later.
template <tier Tier>
struct word_ends_before_notification : futex_world
{
  word_ends_before_notification()
    : futex_world(Tier)
  {
  }

  bodies threads() override
  {
    return {[this] { wait(a); },
        [this] {
          publish(1);
          notify(1);
        }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::granted);
    check_ends();
  }

  request& a = make_wait(0, [this] {
    require(look() == 1, "woken by nobody");
    bury_word();
  });
};

// ... or while it is cancelled.
template <tier Tier>
struct word_ends_before_late_notification : futex_world
{
  word_ends_before_late_notification()
    : futex_world(Tier)
  {
    wait(a);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { notify(1); }};
  }

  void check() override
  {
    run_loop();
    require(is_complete(a), "still waiting");
    check_ends();
  }

  request& a = make_wait(0, [this] { bury_word(); });
  party& p = make_party(a);
};

// The kernel may find no word any more when it looks: nobody is told.
struct word_ends_before_submission : futex_world
{
  word_ends_before_submission()
  {
    wait(a);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { run_loop_once(); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::aborted);
    check_ends();
  }

  request& a = make_wait(0, [this] { bury_word(); });
  party& p = make_party(a);
};

// If the kernel does not wait, nobody does.
struct failing_start : futex_world
{
  failing_start()
  {
    make_waits_fail();
  }

  bodies threads() override
  {
    return {[this] { wait(a); }, [this] { run_loop_once(); }};
  }

  void check() override
  {
    run_loop();
    expect(a, wait_result::exhausted);
    check_ends();
  }

  request& a = make_wait(0);
};

// Who completes the last wait may destroy the object, although those have not
// returned that did it: their ring finds another object, whose waits are left
// alone.
template <wait_result Result>
struct late_ring_of : futex_world
{
  late_ring_of()
  {
    wait_in_kernel(a);
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
    expect(a, Result);
    run_loop();
    is_over = true;
    require(was_recycled() == is_complete(b), "not destroyed");
    require(!is_complete(stranger), "woken for another object");
    check_ends();
  }

  bool is_over = false;
  request& a = make_wait(0, [this] { on_completion(); });
  request& b = make_wait(0, [this] { on_completion(); });
  request& stranger = make_wait(0);
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_SCENARIOS_HPP
