// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of getting and giving permits. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_SEMAPHORE_GRANTS_HPP
#define ASIO_SYNC_TEST_MODEL_SEMAPHORE_GRANTS_HPP

#include "model/semaphore_world.hpp"

namespace model {

// A release between a failed attempt and the registration is not lost, and what
// happened before it is visible to the handler.
struct acquire_against_release : semaphore_world
{
  acquire_against_release()
    : semaphore_world(0)
  {
    share_under_permit();
  }

  bodies threads() override
  {
    return {[this] { acquire_or_wait(r); }, [this] { release(1); }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(1);
};

// One permit has one owner at a time, however it is passed on.
struct one_permit_for_two : semaphore_world
{
  one_permit_for_two()
    : semaphore_world(1)
  {
    share_under_permit();
  }

  bodies threads() override
  {
    return {[this] { acquire_or_wait(a); }, [this] { acquire_or_wait(b); }};
  }

  void check() override
  {
    expect(a, wait_result::granted);
    expect(b, wait_result::granted);
    check_conservation();
  }

  request& a = make_request(1, [this] { release(1); });
  request& b = make_request(1, [this] { release(1); });
};

// An attempt takes a free permit or none, and disturbs nobody.
struct attempt_against_wait : semaphore_world
{
  attempt_against_wait()
    : semaphore_world(1)
  {
    share_under_permit();
  }

  bodies threads() override
  {
    return {[this] { acquire(r); },
        [this] {
          if (try_acquire(1))
            release(1);
        }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(1, [this] { release(1); });
};

// Two releases at once, one of which serves for the other, add up.
struct releases_add_up : semaphore_world
{
  releases_add_up()
    : semaphore_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { release(1); }, [this] { release(2); }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(3);
};

// A small request does not overtake a large one that came before.
struct weighted_requests : semaphore_world
{
  weighted_requests()
    : semaphore_world(1)
  {
    acquire(large);
  }

  bodies threads() override
  {
    return {[this] { acquire_or_wait(small); }, [this] { release(1); }};
  }

  void check() override
  {
    expect(large, wait_result::granted);
    require(!is_complete(small), "overtaken");
    check_conservation();
  }

  request& large = make_request(2);
  request& small = make_request(1);
};

// After close nobody waits, and no permit is lost.
struct close_against_acquire : semaphore_world
{
  close_against_acquire()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] { acquire_or_wait(r); },
        [this] {
          close();
          release(1);
        }};
  }

  void check() override
  {
    expect(r, wait_result::closed);
    check_conservation();
  }

  request& r = make_request(1);
};

// ... and one that waits ends once, with a permit or without.
struct close_against_release : semaphore_world
{
  close_against_release()
    : semaphore_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { close(); },
        [this] {
          release(1);
          drain(1);
        }};
  }

  void check() override
  {
    require(is_complete(r), "still waiting");
    check_conservation();
  }

  request& r = make_request(1);
};

// A debt is paid exactly, before a waiter is served.
struct reduce_against_release : semaphore_world
{
  reduce_against_release()
    : semaphore_world(1)
  {
  }

  bodies threads() override
  {
    return {[this] { reduce(2); },
        [this] {
          release(1);
          (void)try_acquire(1);
        }};
  }

  void check() override
  {
    check_conservation();
  }
};

// ... so it is served by what is left.
struct reduce_against_wait : semaphore_world
{
  reduce_against_wait()
    : semaphore_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { reduce(1); },
        [this] {
          release(1);
          release(1);
        }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(1);
};

// Two debts add up.
struct two_reductions : semaphore_world
{
  two_reductions()
    : semaphore_world(1)
  {
  }

  bodies threads() override
  {
    return {[this] {
              reduce(1);
              release(1);
            },
        [this] { reduce(1); }};
  }

  void check() override
  {
    check_conservation();
  }
};

// Taking what is free never takes what a waiter was given, nor what is there
// for one that waits for more.
template <std::uint32_t Count>
struct drain_against_hand_over : semaphore_world
{
  drain_against_hand_over()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] {
              acquire_or_wait(r);
              drain(2);
            },
        [this] {
          release(1);
          release(1);
        }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(Count);
};

// ... nor what a server is about to give to one that nobody saw waiting.
struct drain_against_server : semaphore_world
{
  drain_against_server()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] { acquire(r); },
        [this] {
          release(1);
          drain(1);
        }};
  }

  void check() override
  {
    check_conservation();
  }

  request& r = make_request(1);
};

// Of two permits only one fits, and the other changes nothing.
struct release_beyond_max : semaphore_world
{
  release_beyond_max()
    : semaphore_world(max_permits - 1)
  {
  }

  bodies threads() override
  {
    return {[this] { first = release(1); }, [this] { second = release(1); }};
  }

  void check() override
  {
    require(first != second, "one of two must fail");
    drain(max_permits);
    check_conservation();
  }

  bool first = false;
  bool second = false;
};

// ... not even for a moment.
struct attempt_against_release_beyond_max : semaphore_world
{
  attempt_against_release_beyond_max()
    : semaphore_world(max_permits)
  {
  }

  bodies threads() override
  {
    return {[this] { fits = release(1); },
        [this] {
          require(try_acquire(1), "there are permits");
          require(try_acquire(1), "there are permits");
        }};
  }

  void check() override
  {
    drain(max_permits);
    check_conservation();
  }

  bool fits = false;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SEMAPHORE_GRANTS_HPP
