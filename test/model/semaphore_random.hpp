// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Large scenarios of a semaphore. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_SEMAPHORE_RANDOM_HPP
#define ASIO_SYNC_TEST_MODEL_SEMAPHORE_RANDOM_HPP

#include "model/random_calls.hpp"
#include "model/semaphore_world.hpp"

#include <cstdint>

namespace model {

// Whatever three threads call, permits are conserved, and nobody is left behind
// who could be served.
struct any_use : semaphore_world
{
  any_use()
    : semaphore_world(1)
  {
    for (int i = 0; i < 8; ++i)
      add_call();
  }

  bodies threads() override
  {
    return calls.threads();
  }

  void check() override
  {
    check_conservation();
  }

  void add_call()
  {
    switch (calls.choose(12))
    {
    case 0:
      return calls.add([this] { cancel_all(); });
    case 1:
      return calls.add([this] { close(); });
    case 2:
      return calls.add([this] { reduce(1); });
    case 3:
      return calls.add([this] { drain(1); });
    case 4:
      return calls.add([this] {
        if (try_acquire(1))
          release(1);
      });
    case 5:
    case 6:
      return calls.add([this] { release(1); });
    case 7:
      return calls.add([this] { release(2); });
    default:
      return add_wait();
    }
  }

  // A wait that gives back or does not, and that is cancelled or not.
  void add_wait()
  {
    request& r = make_request(std::uint32_t(1 + calls.choose(2)));
    if (calls.choose(2) == 0)
      r.handler = [this, &r] {
        if (r.got == wait_result::granted)
          release(r.count);
      };
    switch (calls.choose(4))
    {
    case 0:
      return calls.add([this, &r] { acquire_or_wait(r); });
    case 1:
    {
      party& p = make_party(r);
      calls.add([this, &p] { forget(p); });
      break;
    }
    case 2:
    {
      party& timer = make_party(r, wait_result::timed_out);
      calls.add([this, &timer] { emit(timer); });
      [[fallthrough]];
    }
    default:
      party& p = make_party(r);
      calls.add([this, &p] { emit(p); });
    }
    calls.add([this, &r] { acquire(r); });
  }

  random_calls calls;
};

// The object ends, and another one has its core, among parties and permits that
// know nothing of that.
struct any_end : semaphore_world
{
  any_end()
    : semaphore_world(0)
  {
    for (const std::uint32_t n : {2u, 1u, 1u})
      add_wait(n);
    for (int i = calls.choose(3); i != 0; --i)
      calls.add([this] { release_late(1); });
    calls.add([this] { retire(5); });
  }

  void add_wait(std::uint32_t n)
  {
    request& r = make_request(n);
    for (const auto reason : {wait_result::aborted, wait_result::timed_out})
      if (calls.choose(3) != 0)
      {
        party& p = make_party(r, reason);
        if (calls.choose(2) == 0)
          calls.add([this, &p] { emit(p); });
        else
          calls.add([this, &p] { forget(p); });
      }
    acquire(r);
  }

  bodies threads() override
  {
    return calls.threads();
  }

  void check() override
  {
    require(waiting() == 0, "still waiting");
    require(was_recycled(), "the core was not given up");
    require(available() == 5, "permits of another object");
    forget_all_parties();
    check_ends();
  }

  random_calls calls;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_SEMAPHORE_RANDOM_HPP
