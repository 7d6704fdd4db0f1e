// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A large scenario of two watchers. It says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_WATCHER_RANDOM_HPP
#define ASIO_SYNC_TEST_MODEL_WATCHER_RANDOM_HPP

#include "model/random_calls.hpp"
#include "model/watcher_world.hpp"

namespace model {

// Whoever starts and cancels two waits, here or there, again and again, while
// the kernel wakes them: each start has its end.
struct any_watch : watcher_world
{
  any_watch()
  {
    for (watched_wait* const w : {&one, &two})
    {
      start(*w, any_watcher());
      for (int i = 0; i < 4; ++i)
        then(*w, any_watcher(), calls.choose(3));
      calls.add(2, [this, w, n = calls.choose(3)] {
        for (int i = 0; i != n; ++i)
          cancel(*w);
        done(*w);
      });
      for (int i = 0; i < 2; ++i)
      {
        calls.add(0, [this, w] { a.wake(*w); });
        calls.add(1, [this, w] { b.wake(*w); });
      }
    }
    for (int i = 0; i < 3; ++i)
    {
      calls.add(0, [this] { a.watch(); });
      calls.add(1, [this] { b.watch(); });
    }
  }

  bodies threads() override
  {
    return calls.threads();
  }

  watcher& any_watcher()
  {
    return calls.choose(2) == 0 ? a : b;
  }

  random_calls calls;
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_WATCHER_RANDOM_HPP
