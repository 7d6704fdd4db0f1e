// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_FUTEX_CORE_HPP
#define ASIO_SYNC_DETAIL_FUTEX_CORE_HPP

#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/futex_wait.hpp>
#include <asio_sync/detail/waiter_queue.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// The waits of one object for a word of 32 bits, over a waiter_queue. While
// there are any, one wait outside of the queue, for all of them, is there for
// wakes from elsewhere: the tier's, called the outer wait.
//
//   bits of word_ | meaning                                    | cleared by
//   --------------+--------------------------------------------+-----------
//   0-2           | WAITERS, SERVING, DIRTY: see waiter_queue  |
//   3 ACTED       | the action that was demanded is done       | the server
//   4 ENDED       | the outer wait ended,                      | the server
//   5-6           | ... and how: a futex_wait_result           | the server
//   7-63 number   | notifications that were not yet given      | the server
//
// The word is compared by the server only, for a waiter that it is about to
// queue: that one is not complete, so the word exists. A notification is a
// read-modify-write of word_ in any case. If it comes before the server's round
// begins, the server sees what the word was changed to before; if it comes
// later, there is another round. So nobody is queued who should have seen it.
//
// All that are queued expect the same value: if the word had another one when
// the last was queued, it differed from what those before expected.
//
//   outer_ | the outer wait is                    | and becomes, when
//   -------+--------------------------------------+-------------------------
//   none   | not there                            | begun: somebody queues
//   begun  | to be started, or there              | none: it ended;
//          |                                      | ending: nobody is queued
//          |                                      | any more, or it was for
//          |                                      | another value or word
//   ending | to be cancelled, or cancelled, but   | none: it ended
//          | has not said that it ended           |
//   shut   | of no concern any more               | -
//
// Starting and cancelling are actions of whoever served, after it has left, one
// at a time: the next one is decided when the last one was done. Who completes
// meanwhile is held back until no action is left.
template <template <typename> class Atomic = std::atomic>
class futex_core : public waiter_queue<futex_core<Atomic>, Atomic>
{
  using base = waiter_queue<futex_core<Atomic>, Atomic>;
  friend base;
  using typename base::word;

public:
  using typename base::completions_type;
  using typename base::waiter_type;

  using futex_word = Atomic<std::uint32_t>;

  // wakes_last: whether a notification of the last waiter ends the outer wait,
  // if that is sure to hear of it, instead of having it cancelled.
  explicit futex_core(bool wakes_last = true) noexcept
    : wakes_last_(wakes_last)
  {
  }

  // Begin life as an object. Requires: the core is fresh or was recycled.
  void open(const futex_word& target) noexcept
  {
    target_ = &target;
  }

  // Requires: it serves an object.
  const futex_word& target() const noexcept
  {
    return *target_;
  }

  // Wait until the word is woken, or differs from what the waiter expects. The
  // waiter completes with granted, aborted, timed_out or exhausted.
  void wait(waiter_type& w, completions_type& done) noexcept
  {
    this->enqueue(w, done);
  }

  // Wake the n oldest waiters, and as many elsewhere as there are too few.
  void notify(std::size_t n, completions_type& done) noexcept
  {
    const word added = std::min<word>(n, max_at_once) * one;
    word seen = word_.load(std::memory_order_relaxed);
    for (;;)
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

  // Wake every waiter that was handed over before, in this queue only.
  void notify_all(completions_type& done) noexcept
  {
    this->request_notification(done);
  }

  // An action for the outer wait. Expected: what the word is compared with.
  struct action
  {
    bool starts;
    const futex_word* target;
    std::uint32_t expected;
  };

  // Requires: the caller was told that it must act, and has not done so yet.
  action to_do() const noexcept
  {
    return {outer_action_starts_, outer_target_, outer_expected_};
  }

  // The action is done.
  void acted(completions_type& done) noexcept
  {
    this->ring(acted_flag, done);
  }

  // The outer wait ended. May be called by any thread, once for each start,
  // even while that start is being done.
  void ended(futex_wait_result how, completions_type& done) noexcept
  {
    this->ring(ended_flag | (word(how) << result_shift), done);
  }

  // Take every waiter out, and demand nothing any more. Requires: no other
  // thread uses the core, and nothing more is heard of the outer wait.
  void shut_down(completions_type& done) noexcept
  {
    outer_ = outer_state::shut;
    is_acting_ = false;
    this->abandon(done);
  }

private:
  using base::word_;

  enum class outer_state : unsigned char
  {
    none,
    begun,
    ending,
    shut
  };

  static constexpr word acted_flag = word(1) << base::used_bits;
  static constexpr word ended_flag = acted_flag << 1;
  static constexpr int result_shift = base::used_bits + 2;
  static constexpr word result_mask = word(3) << result_shift;
  static constexpr int number_shift = result_shift + 2;
  static constexpr word one = word(1) << number_shift;
  static constexpr word max_at_once = 0x7fffffff;

  // For waiter_queue, here and below.
  static constexpr bool completes_waiters = true;
  static constexpr wait_result when_not_admitted = wait_result::granted;

  bool admit(const waiter_type& w, completions_type& done) noexcept
  {
    // Relaxed: see above.
    if (target_->load(std::memory_order_relaxed) != w.expected())
      return false;
    if (!this->is_empty() && this->front().expected() != w.expected())
      (void)this->finish_all(wait_result::granted, done);
    return true;
  }

  void on_end(bool /*retired*/) noexcept
  {
  }

  word settle(word seen, completions_type& done) noexcept
  {
    const word requests = seen & ~(acted_flag - 1);
    if ((seen & acted_flag) != 0)
      is_acting_ = false;
    if ((seen & ended_flag) != 0)
      on_outer_end(
          futex_wait_result((seen & result_mask) >> result_shift), done);

    word n = seen >> number_shift;
    while (n != 0 && !this->is_empty() && !is_outer_enough())
      n -= this->grant_front(done) ? 1 : 0;
    if (n != 0)
    {
      done.wakes += n;
      done.word = target_;
    }

    decide(done);
    hold(done);
    return requests;
  }

  // While somebody acts, who may be about to look at the word, nobody is told
  // to have completed, who would let the word go. Nor are those that complete
  // with who acts: another thread may be inside when that is done, and demand
  // the next action.
  void hold(completions_type& done) noexcept
  {
    if (is_acting_)
      held_.splice(held_.end(), done.ready);
    else
      done.ready.splice(done.ready.begin(), held_);
  }

  // Whether the last waiter is sure to be found by a wake from outside, so that
  // the outer wait ends by itself and need not be cancelled: the word differs,
  // so it matters not whether the outer wait has already begun.
  bool is_outer_enough() noexcept
  {
    return wakes_last_ && this->has_one() && outer_ == outer_state::begun
        && !is_acting_ && is_outer_for(this->front())
        && target_->load(std::memory_order_relaxed) != outer_expected_;
  }

  bool is_outer_for(const waiter_type& w) const noexcept
  {
    return outer_target_ == target_ && outer_expected_ == w.expected();
  }

  // A wake from elsewhere does not tell for how many it was: all waiters get
  // it. If there are none, or all were cancelled, it goes to somebody else. One
  // that was being cancelled compared its word before those came that are
  // queued.
  void on_outer_end(futex_wait_result how, completions_type& done) noexcept
  {
    const bool was_ending =
        std::exchange(outer_, outer_state::none) == outer_state::ending;
    if (this->is_empty() || outer_target_ != target_)
    {
      if (how == futex_wait_result::woken)
        done.passed_on = outer_target_;
    }
    else if (how == futex_wait_result::woken)
    {
      if (!this->finish_all(wait_result::granted, done))
        done.passed_on = outer_target_;
    }
    else if (how == futex_wait_result::failed)
      (void)this->finish_all(wait_result::exhausted, done);
    else if (how == futex_wait_result::differed && !was_ending
        && is_outer_for(this->front()))
      (void)this->finish_all(wait_result::granted, done);
  }

  // Demand the next action.
  void decide(completions_type& done) noexcept
  {
    if (is_acting_)
      return;
    if (outer_ == outer_state::none && !this->is_empty())
    {
      outer_ = outer_state::begun;
      outer_action_starts_ = true;
      outer_target_ = target_;
      outer_expected_ = this->front().expected();
    }
    else if (outer_ == outer_state::begun
        && (this->is_empty() || !is_outer_for(this->front())))
    {
      outer_ = outer_state::ending;
      outer_action_starts_ = false;
    }
    else
    {
      return;
    }
    is_acting_ = true;
    done.must_act = true;
  }

  word leaving(word next) const noexcept
  {
    return next;
  }

  word retired(word /*seen*/) const noexcept
  {
    return 0;
  }

  const bool wakes_last_;
  const futex_word* target_ = nullptr;

  // Touched by the server only, and read by who acts: what the outer wait is
  // for does not change meanwhile.
  const futex_word* outer_target_ = nullptr;
  std::uint32_t outer_expected_ = 0;
  outer_state outer_ = outer_state::none;
  bool outer_action_starts_ = false;
  bool is_acting_ = false;
  typename base::waiters_type held_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_FUTEX_CORE_HPP
