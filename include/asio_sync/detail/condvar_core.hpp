// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_CONDVAR_CORE_HPP
#define ASIO_SYNC_DETAIL_CONDVAR_CORE_HPP

#include <asio_sync/detail/cancellation.hpp>
#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/waiter_queue.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A condition variable over a waiter_queue.
//
//   bits of word_ | meaning
//   --------------+----------------------------------------------------------
//   0-2           | WAITERS, SERVING, DIRTY: see waiter_queue
//   3-63 number   | how many notifications were given while the queue was in
//                 | use, not counting those to all, which are tags
//
// A wait remembers the number from before it began, and only later
// notifications are for it. A notification goes to the oldest waiter that it is
// for, and if there is none, to nobody: none is remembered.
//
// A waiter that was taken out is not complete yet. It goes on to the queue of
// its mutex, if it has one; its predicate may send it home again; and until it
// is claimed it can be cancelled. A notification to one or to n that went to a
// waiter that is cancelled then goes to another one that waits by now. So a
// cancellation remembers the number, too: those before it are given first.
template <template <typename> class Atomic = std::atomic>
class condvar_core : public waiter_queue<condvar_core<Atomic>, Atomic>
{
  using base = waiter_queue<condvar_core<Atomic>, Atomic>;
  friend base;
  using typename base::word;

public:
  using typename base::cell_type;
  using typename base::completions_type;
  using typename base::waiter_type;

  // Wait for a notification, for the first time or again. The waiter comes back
  // with granted, aborted or timed_out, and must be claimed then.
  void wait(waiter_type& w, completions_type& done) noexcept
  {
    w.is_away_ = false;

    w.number_ = number();
    this->enqueue(w, done);
  }

  // As that of waiter_queue.
  void cancel(cell_type& cell, completions_type& done) noexcept
  {
    cell.number_ = number();
    base::cancel(cell, done);
  }

  // Take the n oldest waiters out.
  void notify(std::size_t n, completions_type& done) noexcept
  {
    const word added = std::min<word>(n, max_at_once) * one;
    word seen = word_.load(std::memory_order_relaxed);
    while (added != 0 && is_used(seen))
    {
      if ((seen & base::serving_flag) != 0)
      {
        if (this->delegate(seen, seen + added))
          return;
      }
      else if (this->enter(seen, seen + added))
      {
        return this->serve((seen + added) | base::serving_flag, done);
      }
    }
  }

  // Take out every waiter that was handed over before.
  void notify_all(completions_type& done) noexcept
  {
    // Relaxed: a wait that happened before is seen.
    if (is_used(word_.load(std::memory_order_relaxed)))
      this->request_notification(done);
  }

private:
  using base::word_;

  static constexpr word one = word(1) << base::used_bits;
  static constexpr word number_mask = ~(one - 1);
  static constexpr word max_at_once = word(1) << 32;

  // How many notifications there were. Relaxed: those that happened before are
  // counted. If others are, who waited for them was handed over before: what
  // the caller pushes with a release after this load comes behind.
  word number() const noexcept
  {
    return word_.load(std::memory_order_relaxed) & number_mask;
  }

  static constexpr bool is_used(word w) noexcept
  {
    return (w & (base::waiters_flag | base::serving_flag)) != 0;
  }

  // For waiter_queue, here and below.
  static constexpr bool completes_waiters = false;
  static constexpr wait_result when_not_admitted = wait_result::aborted;

  // One that comes home after cancel() is too late.
  bool admit(waiter_type& w, completions_type&) noexcept
  {
    if (w.epoch_ == 0)
      w.epoch_ = epoch_;
    if (cell_type* const cell = w.cell_)
      cell->was_selected_ = false;
    return w.epoch_ == epoch_;
  }

  void on_end(bool retired) noexcept
  {
    if (++epoch_ == 0)
      epoch_ = 1;
    if (retired)
      ++life_;
  }

  // If it was for the waiter, the notification goes to who waits by now.
  void on_cancellation(const cell_type& cell, completions_type& done) noexcept
  {
    give(cell.number_, done);
    if (cell.was_selected_ && cell.life_ == life_ && !this->is_empty())
      select_front(done);
  }

  word settle(word seen, completions_type& done) noexcept
  {
    give(seen & number_mask, done);
    return 0;
  }

  // Give the notifications before a number, unless they were given already: a
  // cancellation may know more of them than the round in which it is drained.
  void give(word end, completions_type& done) noexcept
  {
    // The oldest one takes the oldest notification that is for it. Those before
    // are for nobody: who was there when they came would be queued ahead. Some
    // that are queued may have come after the last one that is known yet.
    for (word next = settled_; !this->is_empty(); next += one)
    {
      if (is_before(next, this->front().number_))
        next = this->front().number_;
      if (!is_before(next, end))
        break;
      select_front(done);
    }
    if (is_before(settled_, end))
      settled_ = end;
  }

  void select_front(completions_type& done) noexcept
  {
    if (cell_type* const cell = this->front().cell_)
    {
      cell->was_selected_ = true;
      cell->life_ = life_;
    }
    (void)this->grant_front(done);
  }

  static bool is_before(word a, word b) noexcept
  {
    return static_cast<std::int64_t>(a - b) < 0;
  }

  word leaving(word next) const noexcept
  {
    return next;
  }

  word retired(word seen) const noexcept
  {
    return seen & number_mask;
  }

  // Touched by the server only: the number up to which notifications have been
  // given, and how often all waiters were aborted and the core was given up. No
  // wait has the epoch 0.
  word settled_ = 0;
  std::uint32_t epoch_ = 1;
  std::uint32_t life_ = 0;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_CONDVAR_CORE_HPP
