// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Scenarios of two watchers. Each says what it proves.

#ifndef ASIO_SYNC_TEST_MODEL_WATCHER_SCENARIOS_HPP
#define ASIO_SYNC_TEST_MODEL_WATCHER_SCENARIOS_HPP

#include "model/watcher_world.hpp"

namespace model {

// A start is seen, however the watcher is about to sleep.
struct start_against_watcher : watcher_world
{
  bodies threads() override
  {
    return {[this] { a.watch(); },
        [this] {
          start(one, a);
          done(one);
        }};
  }

  void check() override
  {
    run_watchers();
    require(a.watches(one), "a start is lost");
    watcher_world::check();
  }
};

// ... with its cancellation.
struct start_and_cancel_against_watcher : watcher_world
{
  bodies threads() override
  {
    return {[this] {
              start(one, a);
              cancel(one);
              done(one);
            },
        [this] { a.watch(); }};
  }

  void check() override
  {
    run_watchers();
    require(is_over(one), "a cancellation is lost");
    watcher_world::check();
  }
};

// ... and that of another wait.
struct two_starts_against_watcher : watcher_world
{
  bodies threads() override
  {
    return {[this] { a.watch(); },
        [this] {
          start(one, a);
          done(one);
        },
        [this] {
          start(two, a);
          done(two);
        }};
  }

  void check() override
  {
    run_watchers();
    require(a.watches(one) && a.watches(two), "a start is lost");
    watcher_world::check();
  }
};

// A wait that the first watcher watches.
struct watched_world : watcher_world
{
  watched_world()
  {
    start(one, a);
    run_watchers();
  }

  // The kernel wakes it meanwhile.
  void watch_and_wake()
  {
    a.watch();
    a.wake(one);
    a.watch();
  }
};

// A wait that is woken and cancelled ends once.
struct cancel_against_end : watched_world
{
  bodies threads() override
  {
    return {[this] { watch_and_wake(); },
        [this] {
          cancel(one);
          done(one);
        }};
  }
};

// ... also if it is cancelled twice.
struct two_cancels_against_end : watched_world
{
  bodies threads() override
  {
    return {[this] { watch_and_wake(); },
        [this] {
          cancel(one);
          cancel(one);
          done(one);
        }};
  }
};

// A wait ends while it is cancelled.
struct late_cancel : watched_world
{
  bodies threads() override
  {
    return {[this] { watch_and_wake(); }, [this] { b.watch(); },
        [this] {
          cancel(one);
          done(one);
        }};
  }
};

// A cancellation that comes too late is not one of the next wait, be that the
// same watcher's or another one's.
template <bool IsElsewhere>
struct late_cancel_against_start : late_cancel
{
  late_cancel_against_start()
  {
    then(one, IsElsewhere ? b : a, 0);
  }

  void check() override
  {
    run_watchers();
    require(one.starts == 2, "the wait did not end");
    require(
        is_over(one) || (IsElsewhere ? b : a).watches(one), "a start is lost");
    watcher_world::check();
  }
};

// ... which may be cancelled, too.
template <bool IsElsewhere>
struct late_cancel_against_cancel : late_cancel
{
  late_cancel_against_cancel()
  {
    then(one, IsElsewhere ? b : a, 1);
  }

  void check() override
  {
    run_watchers();
    require(one.ends == 2, "a cancellation is lost");
    watcher_world::check();
  }
};

// A wait of the second watcher that the first one still has in its inbox, for a
// cancellation that came too late.
struct handing_on_world : watched_world
{
  handing_on_world()
  {
    cancel(one);
    a.wake(one);
    done(one);
    start(one, b);
  }
};

// It is handed on.
struct hand_on_against_watcher : handing_on_world
{
  bodies threads() override
  {
    return {
        [this] { a.watch(); }, [this] { b.watch(); }, [this] { done(one); }};
  }

  void check() override
  {
    run_watchers();
    require(b.watches(one), "a start is lost");
    watcher_world::check();
  }
};

// ... while another one is posted there.
struct hand_on_against_start : handing_on_world
{
  bodies threads() override
  {
    return {[this] {
              a.watch();
              done(one);
            },
        [this] { b.watch(); },
        [this] {
          start(two, b);
          done(two);
        }};
  }

  void check() override
  {
    run_watchers();
    require(b.watches(one) && b.watches(two), "a start is lost");
    watcher_world::check();
  }
};

// Until it is, nobody ends it, so it is not started again, at the first watcher
// or anew at the second.
template <bool IsElsewhere>
struct hand_on_against_cancel : handing_on_world
{
  hand_on_against_cancel()
  {
    then(one, IsElsewhere ? a : b, 0);
  }

  bodies threads() override
  {
    return {[this] { a.watch(); }, [this] { b.watch(); },
        [this] {
          cancel(one);
          done(one);
        }};
  }

  void check() override
  {
    run_watchers();
    require(one.starts == 3, "a cancellation is lost");
    require((IsElsewhere ? a : b).watches(one), "a start is lost");
    watcher_world::check();
  }
};

// ... also if that is woken meanwhile, and cancelled again.
struct hand_on_against_end : handing_on_world
{
  hand_on_against_end()
  {
    then(one, a, 1);
  }

  bodies threads() override
  {
    return {[this] { a.watch(); },
        [this] {
          b.watch();
          b.wake(one);
          b.watch();
        },
        [this] {
          cancel(one);
          done(one);
        }};
  }

  void check() override
  {
    run_watchers();
    require(one.ends == 3, "a cancellation is lost");
    watcher_world::check();
  }
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_WATCHER_SCENARIOS_HPP
