// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of waits that end early, and of objects that do. Each says what it
// proves.

#ifndef ASIO_SYNC_TEST_MODEL_SEMAPHORE_ENDS_HPP
#define ASIO_SYNC_TEST_MODEL_SEMAPHORE_ENDS_HPP

#include "model/semaphore_world.hpp"

namespace model {

// Cancellation takes no permit, and a grant is not lost: either or.
struct cancel_against_grant : semaphore_world
{
  cancel_against_grant()
    : semaphore_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { release(1); }};
  }

  void check() override
  {
    require(is_complete(r), "neither granted nor cancelled");
    check_conservation();
  }

  request& r = make_request(1);
  party& p = make_party(r);
};

// What cancellation lets go is served: the next one fits.
struct cancelled_head : semaphore_world
{
  cancelled_head()
    : semaphore_world(1)
  {
    acquire(head);
    acquire(next);
  }

  bodies threads() override
  {
    return {[this] { emit(p); }, [this] { release(1); }};
  }

  void check() override
  {
    require(is_complete(head), "the head is still there");
    if (head.got == wait_result::aborted)
      expect(next, wait_result::granted);
    check_conservation();
  }

  request& head = make_request(2);
  request& next = make_request(1);
  party& p = make_party(head);
};

// Cancellation that comes before the wait is queued is remembered.
struct cancel_against_start : semaphore_world
{
  cancel_against_start()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] { acquire(r); }, [this] { emit(p); }};
  }

  void check() override
  {
    expect(r, wait_result::aborted);
    check_conservation();
  }

  request& r = make_request(1);
  party& p = make_party(r, wait_result::aborted);
};

// A slot may be cleared at any moment.
struct forget_against_grant : semaphore_world
{
  forget_against_grant()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] {
              acquire(r);
              release(1);
            },
        [this] { forget(p); }};
  }

  void check() override
  {
    expect(r, wait_result::granted);
    check_conservation();
  }

  request& r = make_request(1);
  party& p = make_party(r);
};

// A signal and a timer at once: one of them cancels, both cells are freed.
struct two_cancellations : semaphore_world
{
  two_cancellations()
    : semaphore_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { emit(signal); }, [this] { emit(timer); }};
  }

  void check() override
  {
    require(r.deliveries == 1
            && (r.got == wait_result::aborted
                || r.got == wait_result::timed_out),
        "not cancelled");
    check_conservation();
  }

  request& r = make_request(1);
  party& signal = make_party(r, wait_result::aborted);
  party& timer = make_party(r, wait_result::timed_out);
};

// cancel() aborts what was there before, and nothing that comes after.
struct cancel_all_spares_later : semaphore_world
{
  cancel_all_spares_later()
    : semaphore_world(0)
  {
    acquire(early);
  }

  bodies threads() override
  {
    return {[this] {
              cancel_all();
              acquire(late);
            },
        [this] { acquire(concurrent); }};
  }

  void check() override
  {
    expect(early, wait_result::aborted);
    require(!is_complete(late), "a later wait was aborted");
    require(!is_complete(concurrent) || concurrent.got == wait_result::aborted,
        "granted without a permit");
    check_conservation();
  }

  request& early = make_request(1);
  request& concurrent = make_request(1);
  request& late = make_request(1);
};

// A permit goes to the oldest wait or is kept; it is not lost with one that is
// aborted.
struct cancel_all_against_release : semaphore_world
{
  cancel_all_against_release()
    : semaphore_world(0)
  {
    acquire(a);
    acquire(b);
  }

  bodies threads() override
  {
    return {[this] { cancel_all(); }, [this] { release(1); }};
  }

  void check() override
  {
    require(is_complete(a), "neither granted nor aborted");
    expect(b, wait_result::aborted);
    check_conservation();
  }

  request& a = make_request(1);
  request& b = make_request(1);
};

// The object is destroyed and its core used again, while a cancellation is on
// its way.
struct retire_against_cancellation : semaphore_world
{
  retire_against_cancellation()
    : semaphore_world(3)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { retire(5); }, [this] { emit(p); }};
  }

  void check() override
  {
    require(is_complete(r), "still waiting");
    require(was_recycled(), "the core was not given up");
    check_conservation();
  }

  request& r = make_request(4);
  party& p = make_party(r, wait_result::timed_out);
};

// A permit that outlives its object gives back nothing to the next one.
struct retire_against_permit : semaphore_world
{
  retire_against_permit()
    : semaphore_world(0)
  {
    acquire(r);
  }

  bodies threads() override
  {
    return {[this] { retire(5); }, [this] { release_late(1); }};
  }

  // The grant that may come is not taken from the next object either.
  void check() override
  {
    require(is_complete(r), "still waiting");
    require(was_recycled(), "the core was not given up");
    require(available() == 5, "permits of another object");
    check_ends();
  }

  request& r = make_request(1);
};

// ... also if nobody waits, so that the permit goes past the queue.
struct retire_against_permit_without_waiters : semaphore_world
{
  retire_against_permit_without_waiters()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] { retire(5); }, [this] { release_late(1); }};
  }

  void check() override
  {
    require(was_recycled(), "the core was not given up");
    check_conservation();
  }
};

// Between its push and its ring a thread finds everything gone.
struct late_ring : semaphore_world
{
  late_ring()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {[this] { acquire(r); },
        [this] {
          acquire(other);
          release(2);
        }};
  }

  void check() override
  {
    require(was_recycled(), "not destroyed");
    check_conservation();
  }

  request& r = make_request(1, [this] {
    if (is_complete(other))
      retire(2);
  });
  request& other = make_request(1, [this] {
    if (is_complete(r))
      retire(2);
  });
};

// All parties of a wait at once.
struct acquire_release_cancel : semaphore_world
{
  acquire_release_cancel()
    : semaphore_world(0)
  {
  }

  bodies threads() override
  {
    return {
        [this] { acquire(r); }, [this] { release(1); }, [this] { emit(p); }};
  }

  void check() override
  {
    require(is_complete(r), "still waiting");
    check_conservation();
  }

  request& r = make_request(1);
  party& p = make_party(r);
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SEMAPHORE_ENDS_HPP
