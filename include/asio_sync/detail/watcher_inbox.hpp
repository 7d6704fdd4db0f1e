// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WATCHER_INBOX_HPP
#define ASIO_SYNC_DETAIL_WATCHER_INBOX_HPP

#include <asio_sync/detail/config.hpp>

#include <atomic>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

template <template <typename> class Atomic, template <typename> class Plain>
class watcher_inbox;

// Data that is not atomic.
template <typename T>
using plain = T;

// A wait that watchers do for others: what its owner and they tell each other.
//
//   bits of state_ | meaning
//   ---------------+-------------------------------------------------------
//   0 wanted       | the wait was started, and its owner not told of its end
//   1 cancelled    | ... and is to be ended
//   2 posted       | it is in the inbox of a watcher, which looks at it next:
//                  | the only one to do so. If the wait was started anew, that
//                  | may be another one than its watcher, and hands it on
//
//   who                  | does               | while
//   ---------------------+--------------------+------------------------------
//   start()              | sets wanted        | neither wanted nor cancelled
//   cancel()             | sets cancelled     | wanted
//   start(), cancel()    | sets posted: puts  | not posted. If it is, nothing
//                        | it into the inbox  | else is done
//   the watcher that has | clears posted      | its own, or not wanted. What
//   it in its inbox      |                    | else is set is done afterwards
//   the same             | hands it on; it    | wanted, and not its own
//                        | stays posted       |
//   its watcher          | clears wanted and  | wanted, and not in the inbox of
//                        | cancelled: the end | another watcher
//
// Atomic and Plain are parameters so that a test can replace them with types
// that explore interleavings and notice data races.
template <template <typename> class Atomic = std::atomic,
    template <typename> class Plain = plain>
class watched_state
{
public:
  using inbox = watcher_inbox<Atomic, Plain>;

  watched_state() = default;
  watched_state(const watched_state&) = delete;
  watched_state& operator=(const watched_state&) = delete;

  // Begin a wait. Requires: the last one ended, and no call is under way.
  void start(inbox& watcher) noexcept
  {
    watcher_ = &watcher;

    // Release pairs with the acquire in take(). It may still be posted to the
    // watcher before, for a cancellation that came too late. That one hands it
    // on.
    state_.fetch_or(wanted, std::memory_order_release);
    post();
  }

  // Have the wait end, if it has not. Requires: no call is under way.
  void cancel() noexcept
  {
    // Release pairs with the acquire in take(): whoever is told of the end sees
    // what was done before.
    unsigned seen = state_.load(std::memory_order_relaxed);
    do
    {
      if ((seen & wanted) == 0)
        return;
    }
    while (!state_.compare_exchange_weak(seen, seen | cancelled,
        std::memory_order_release, std::memory_order_relaxed));
    post();
  }

  // Its watcher tells the owner next. Requires: it is wanted, and not in the
  // inbox of another one, as is true for what the watcher was shown.
  void end() noexcept
  {
    // Relaxed: the owner starts it again only once it was told.
    state_.fetch_and(~(wanted | cancelled), std::memory_order_relaxed);
  }

protected:
  ~watched_state() = default;

private:
  friend class watcher_inbox<Atomic, Plain>;

  static constexpr unsigned wanted = 1;
  static constexpr unsigned cancelled = 2;
  static constexpr unsigned posted = 4;

  // Have its watcher look at the state.
  void post() noexcept
  {
    // Acquire pairs with the release in take(), where the link was read.
    if ((state_.fetch_or(posted, std::memory_order_acquire) & posted) == 0)
      watcher_->push(*this);
  }

  Atomic<unsigned> state_{0};

  // Written before each start.
  Plain<inbox*> watcher_{nullptr};

  // Written by who sets posted, or hands on.
  Plain<watched_state*> next_{nullptr};
};

// What a watcher is told: the waits that it is to look at.
template <template <typename> class Atomic = std::atomic,
    template <typename> class Plain = plain>
class watcher_inbox
{
public:
  using state = watched_state<Atomic, Plain>;

  watcher_inbox() = default;
  watcher_inbox(const watcher_inbox&) = delete;
  watcher_inbox& operator=(const watcher_inbox&) = delete;

  // Take all waits, and show those of this watcher that are wanted: calls
  // look(wait, is_cancelled). One that is cancelled is to be ended.
  template <typename Look>
  void drain(Look look) noexcept
  {
    // Acquire pairs with the release in each push(), as those are
    // read-modify-writes.
    state* next = head_.exchange(nullptr, std::memory_order_acquire);
    while (state* const w = next)
    {
      next = w->next_;
      const unsigned taken = take(*w);
      if ((taken & state::wanted) != 0)
        look(*w, (taken & state::cancelled) != 0);
    }
  }

protected:
  ~watcher_inbox() = default;

private:
  friend state;

  // Have the watcher drain this, which was empty.
  virtual void ring() noexcept = 0;

  // Requires: the wait is marked as posted, by the caller.
  void push(state& w) noexcept
  {
    // Release pairs with the acquire in drain().
    state* head = head_.load(std::memory_order_relaxed);
    do
      w.next_ = head;
    while (!head_.compare_exchange_weak(
        head, &w, std::memory_order_release, std::memory_order_relaxed));
    if (head == nullptr)
      ring();
  }

  // Take a wait that was in here. Returns its state, or 0 if it was handed on:
  // while it is posted nobody else ends it, so its watcher stays the same until
  // that has it.
  unsigned take(state& w) noexcept
  {
    // Acquire pairs with the release in start() and cancel(), which may have
    // come after the wait was posted. What changes is seen by who fails; the
    // rest was loaded. Release pairs with the acquire in post(): who posts it
    // next writes the link, which was read.
    unsigned seen = w.state_.load(std::memory_order_acquire);
    do
    {
      if ((seen & state::wanted) != 0 && w.watcher_ != this)
      {
        w.watcher_->push(w);
        return 0;
      }
    }
    while (!w.state_.compare_exchange_weak(seen, seen & ~state::posted,
        std::memory_order_release, std::memory_order_acquire));
    return seen;
  }

  //   head_   | meaning
  //   --------+------------------------------------
  //   nullptr | nobody asked for anything
  //   other   | the newest of the waits to look at
  Atomic<state*> head_{nullptr};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_WATCHER_INBOX_HPP
