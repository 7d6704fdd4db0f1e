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
//   3-63 number   | how many notifications there were, not counting those that
//                 | found nobody, and those to all, which are tags
//
// A wait remembers the number from before it began, and only later
// notifications are for it. A notification goes to the oldest waiter that it is
// for, and if there is none, to nobody: none is remembered.
//
// A waiter that was taken out is not complete yet. It goes on to the queue of
// its mutex, if it has one; its predicate may send it home again; and until it
// is claimed it can be cancelled. A notification to one or to n that went to a
// waiter that is cancelled then goes to another one that waits by now.
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

    // Relaxed: a notification that happened before is counted.
    w.number_ = word_.load(std::memory_order_relaxed) & number_mask;
    this->enqueue(w, done);
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

  static constexpr bool is_used(word w) noexcept
  {
    return (w & (base::waiters_flag | base::serving_flag)) != 0;
  }

  // For waiter_queue, here and below.
  static constexpr bool completes_waiters = false;

  // One that comes home after cancel() is too late.
  bool admit(waiter_type& w) noexcept
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

  void on_late_cancellation(const cell_type& cell) noexcept
  {
    if (cell.was_selected_ && cell.life_ == life_)
      ++passed_on_;
  }

  word settle(word seen, completions_type& done) noexcept
  {
    for (; passed_on_ != 0 && !this->is_empty(); --passed_on_)
      select_front(done);
    passed_on_ = 0;

    // The oldest one takes the oldest notification that is for it. Those before
    // are for nobody: who was there when they came would be queued ahead. Some
    // that are queued may have come after the last one that is known yet.
    const word end = seen & number_mask;
    for (word next = settled_; !this->is_empty(); next += one)
    {
      if (is_before(next, this->front().number_))
        next = this->front().number_;
      if (!is_before(next, end))
        break;
      select_front(done);
    }
    settled_ = end;
    return 0;
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
  // given, how many must be given again, and how often all waiters were aborted
  // and the core was given up. No wait has the epoch 0.
  word settled_ = 0;
  std::size_t passed_on_ = 0;
  std::uint32_t epoch_ = 1;
  std::uint32_t life_ = 0;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_CONDVAR_CORE_HPP
