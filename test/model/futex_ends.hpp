// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a futex that ends, or whose word does. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_ENDS_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_ENDS_HPP

#include "model/futex_world.hpp"

namespace model {

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

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_ENDS_HPP
