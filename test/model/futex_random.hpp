// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A large scenario of a futex. It says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_RANDOM_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_RANDOM_HPP

#include "model/futex_world.hpp"
#include "model/random_calls.hpp"

#include <cstdint>

namespace model {

// Whatever three threads call while a loop runs in one of them, who still waits
// is waited for in the kernel, and nothing stays behind there.
template <tier Tier>
struct any_use : futex_world
{
  any_use()
    : futex_world(Tier)
  {
    for (int i = 0; i < 6; ++i)
      add_call();
    for (int i = 0; i < 2; ++i)
      calls.add(0, [this] { run_loop_once(); });
  }

  bodies threads() override
  {
    return calls.threads();
  }

  void check() override
  {
    run_loop();
    check_ends();
  }

  void add_call()
  {
    switch (calls.choose(9))
    {
    case 0:
      return calls.add([this] { cancel_all(); });
    case 1:
      return calls.add([this] { foreign_wake(1); });
    case 2:
      return calls.add([this] {
        change(1);
        notify_all();
      });
    case 3:
      return calls.add([this] {
        change(0);
        notify(2);
      });
    case 4:
      return calls.add([this] { notify(1); });
    default:
      return add_wait();
    }
  }

  // A wait for one of two values that is cancelled or not.
  void add_wait()
  {
    request& r = make_wait(std::uint32_t(calls.choose(2)));
    if (calls.choose(2) == 0)
    {
      party& p = make_party(r);
      calls.add([this, &p] { emit(p); });
    }
    calls.add([this, &r] { wait(r); });
  }

  random_calls calls;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_RANDOM_HPP
