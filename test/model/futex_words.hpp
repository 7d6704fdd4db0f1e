// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of a futex that is waited for by several, or for several values.
// Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_WORDS_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_WORDS_HPP

#include "model/futex_world.hpp"

namespace model {

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

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_WORDS_HPP
