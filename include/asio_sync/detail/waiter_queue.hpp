// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WAITER_QUEUE_HPP
#define ASIO_SYNC_DETAIL_WAITER_QUEUE_HPP

#include <asio_sync/detail/cancellation.hpp>
#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/inbox.hpp>
#include <asio_sync/detail/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A FIFO of waiters that any thread may use and no thread waits for: enter or
// delegate.
//
// A thread that needs the FIFO enters: it sets SERVING in the word, works, and
// leaves by clearing it again. A thread that finds SERVING set delegates: it
// pushes its waiter or cell on the inbox and rings, that is, sets DIRTY, and
// the server makes another round before it leaves. So nobody waits, and the
// FIFO needs no synchronisation of its own.
//
//   flag of word_ | meaning                                  | cleared by
//   --------------+------------------------------------------+-------------
//   WAITERS       | a waiter is queued or on its way: nobody | the server,
//                 | may take a permit past it                | as it leaves
//   SERVING       | a thread is inside                       | that thread
//   DIRTY         | the server must look again (only while   | the server,
//                 | SERVING)                                 | as it looks
//
// The other bits are Core's. While SERVING is set, other threads may add to
// them and set them, always together with DIRTY; only the server takes away.
//
// The tags of the inbox are requests about all waiters: to abort them, to abort
// them and give the core up (retire), or to notify them. A flag of the word
// could not tell a waiter that is there from one that comes after the request
// has returned. What is in the inbox, tags and all, takes effect in its order.
//
// Core derives from this class and provides
//
//   // Whether a waiter that is taken out is complete, and claimed as such. If
//   // not, that is left to whoever completes it.
//   static constexpr bool completes_waiters;
//
//   // Whether a waiter may be queued while the core is not being given up, and
//   // with which result it is handed back if not.
//   bool admit(waiter_type&, completions<Atomic>&) noexcept;
//   static constexpr wait_result when_not_admitted;
//
//   // All waiters are being taken out, and the core may be given up.
//   void on_end(bool retired) noexcept;
//
//   // The waiter of a cell is about to be cancelled, and was perhaps taken out
//   // already. Only without completes_waiters.
//   void on_cancellation(const cell_type&, completions<Atomic>&) noexcept;
//
//   // Grant what can be granted, with grant_front(). Returns what must be
//   // subtracted from the word. Called once a round.
//   word settle(word seen, completions<Atomic>&) noexcept;
//
//   // The word with which to leave, given what it is otherwise.
//   word leaving(word next) const noexcept;
//
//   // The word with which to leave a retired core.
//   word retired(word seen) noexcept;
//
// All of them are called by the server. No function allocates, throws, waits or
// calls anything else. Every function may run on a core whose object is gone,
// for which it then does nothing.
//
// Atomic is a parameter so that a test can replace it with a type that explores
// interleavings.
template <typename Core, template <typename> class Atomic = std::atomic>
class waiter_queue
{
public:
  using waiter_type = waiter<Atomic>;
  using cell_type = cancellation_cell<Atomic>;
  using completions_type = completions<Atomic>;

  waiter_queue(const waiter_queue&) = delete;
  waiter_queue& operator=(const waiter_queue&) = delete;

  // Abort every waiter that was handed over before.
  void cancel_all(completions_type& done) noexcept
  {
    inbox_.set(inbox_type::cancel_tag);
    ring(0, done);
  }

  // Cancel the waiter of a cell whose request() returned true.
  void cancel(cell_type& cell, completions_type& done) noexcept
  {
    inbox_.push(cell);
    ring(0, done);
  }

  // Detach a waiter, which is in no queue and was not claimed, from its cell.
  // Returns how it ends: as given, unless it was cancelled.
  static wait_result claim(
      waiter_type& w, wait_result result, completions_type& done) noexcept
  {
    if (w.cell_ == nullptr)
      return result;
    cell_type& cell = *std::exchange(w.cell_, nullptr);
    const auto claimed = cell.claim(result);
    if (claimed.is_last)
      bury(cell, done);
    return claimed.result;
  }

  // Take every waiter out. Requires: no other thread uses the core.
  void abandon(completions_type& done) noexcept
  {
    drain(done);
    while (!fifo_.empty())
      take_out(fifo_.front(), wait_result::aborted, done);
    ring(0, done);
  }

  // Abort every waiter and give the core up. Whoever finishes this gets
  // done.retired and must recycle the core; nobody may use it as an object
  // before, and late calls are harmless for ever after.
  void retire(completions_type& done) noexcept
  {
    inbox_.set(inbox_type::retire_tag);
    ring(0, done);
  }

  // The number of waiters, including those on their way in. A snapshot.
  std::size_t waiters() const noexcept
  {
    return std::size_t(queued_.load(std::memory_order_relaxed))
        + arriving_.load(std::memory_order_relaxed);
  }

protected:
  using word = std::uint64_t;
  using waiters_type = waiter_list<Atomic>;

  static constexpr word waiters_flag = 1;
  static constexpr word serving_flag = 2;
  static constexpr word dirty_flag = 4;
  static constexpr int used_bits = 3;

  waiter_queue() = default;
  ~waiter_queue() = default;

  // Hand a waiter over. It may be complete, and all that belongs to it
  // destroyed, before this returns.
  void enqueue(waiter_type& w, completions_type& done) noexcept
  {
    word seen = word_.load(std::memory_order_relaxed);
    if (enter_if_free(seen))
    {
      append(w, done);
      serve(seen, done);
    }
    else
    {
      push(w);
      ring(0, done);
    }
  }

  // Hand waiters over, all at once. The list is emptied.
  void enqueue(waiters_type& own, completions_type& done) noexcept
  {
    word seen = word_.load(std::memory_order_relaxed);
    const bool entered = enter_if_free(seen);
    while (!own.empty())
    {
      waiter_type& w = own.front();
      own.pop_front();
      if (entered)
        append(w, done);
      else
        push(w);
    }

    if (entered)
      serve(seen, done);
    else
      ring(0, done);
  }

  // Change the word from seen to next and enter, with SERVING clear in both.
  // Acquire pairs with the release in leave().
  [[nodiscard]] bool enter(word& seen, word next) noexcept
  {
    return word_.compare_exchange_weak(seen, next | serving_flag,
        std::memory_order_acquire, std::memory_order_relaxed);
  }

  // Change the word from seen to next, with SERVING set in both, and make the
  // server look. Release pairs with the acquire of the server's round. Always a
  // read-modify-write, also when DIRTY is set already: a server that has just
  // cleared it would not see what came before a mere load.
  [[nodiscard]] bool delegate(word& seen, word next) noexcept
  {
    return word_.compare_exchange_weak(seen, next | dirty_flag,
        std::memory_order_release, std::memory_order_relaxed);
  }

  // Take out every waiter that was handed over before, as granted. Those that
  // an end concerns already are left to it.
  void request_notification(completions_type& done) noexcept
  {
    inbox_.set_unless(end_tags, inbox_type::notify_tag);
    ring(0, done);
  }

  // Set flags and have somebody look at inbox and FIFO: the server, or, if
  // there is none, this thread.
  void ring(word flags, completions_type& done) noexcept
  {
    word seen = word_.load(std::memory_order_relaxed);
    for (;;)
    {
      if ((seen & serving_flag) != 0)
      {
        if (delegate(seen, seen | flags))
          return;
      }
      else if (enter(seen, seen | flags))
      {
        return serve(seen | flags | serving_flag, done);
      }
    }
  }

  // Requires: this thread has entered, and seen is the word then.
  void serve(word seen, completions_type& done) noexcept
  {
    Core& core = static_cast<Core&>(*this);
    for (;;)
    {
      drain(done);
      const word taken = core.settle(seen, done);
      if (leave(seen, taken, done))
        return;
    }
  }

  // Take the oldest waiter out, and grant it what it waits for, unless that
  // completes it and it was cancelled. Returns true if granted.
  // Requires: this thread is the server, and the FIFO is not empty.
  bool grant_front(completions_type& done) noexcept
  {
    waiter_type& oldest = fifo_.front();
    take_out(oldest, wait_result::granted, done);
    return oldest.result_ == wait_result::granted;
  }

  // Take out every waiter that is at home here, and if the core is retired all
  // others, too. Returns true if any has that result.
  // Requires: this thread is the server, here and below.
  bool finish_all(wait_result result, completions_type& done) noexcept
  {
    bool any = false;
    for (auto i = fifo_.begin(); i != fifo_.end();)
    {
      waiter_type& w = *i++;
      if (!w.is_away_ || done.retired)
      {
        take_out(w, result, done);
        any = any || w.result_ == result;
      }
    }
    return any;
  }

  // Whether the FIFO is empty.
  bool is_empty() const noexcept
  {
    return fifo_.empty();
  }

  // Requires: the FIFO is not empty, here and below.
  waiter_type& front() noexcept
  {
    return fifo_.front();
  }

  bool has_one() const noexcept
  {
    return std::next(fifo_.begin()) == fifo_.end();
  }

  Atomic<word> word_{0};

private:
  using inbox_type = inbox<Atomic>;
  using tags = typename inbox_type::tags;

  static constexpr tags end_tags =
      inbox_type::cancel_tag | inbox_type::retire_tag;

  // Enter, unless another thread is inside.
  [[nodiscard]] bool enter_if_free(word& seen) noexcept
  {
    while ((seen & serving_flag) == 0)
    {
      if (enter(seen, seen))
      {
        seen |= serving_flag;
        return true;
      }
    }
    return false;
  }

  // Delegate a waiter. It may be complete before this thread has rung.
  void push(waiter_type& w) noexcept
  {
    arriving_.fetch_add(1, std::memory_order_relaxed);
    inbox_.push(w);
  }

  // Leave, or, when somebody has rung, begin another round. Returns true if
  // this thread is out: nothing of the core may be touched then.
  [[nodiscard]] bool leave(
      word& seen, word taken, completions_type& done) noexcept
  {
    Core& core = static_cast<Core&>(*this);
    for (;;)
    {
      if ((seen & dirty_flag) != 0)
      {
        // Acquire pairs with the release in delegate().
        const word next = (seen - taken) & ~dirty_flag;
        if (word_.compare_exchange_weak(seen, next, std::memory_order_acquire,
                std::memory_order_relaxed))
        {
          seen = next;
          return false;
        }
      }
      else
      {
        // A waiter that is pushed and not seen here has yet to ring.
        const bool empty = fifo_.empty() && inbox_.is_empty();
        const word next = done.retired
            ? core.retired(seen)
            : core.leaving((seen - taken) & ~(serving_flag | waiters_flag))
                | (empty ? 0 : waiters_flag);

        // Release pairs with the acquire in enter() and in whatever else reads
        // what the server wrote to the word.
        if (word_.compare_exchange_weak(seen, next, std::memory_order_release,
                std::memory_order_relaxed))
          return true;
      }
    }
  }

  // Empty the inbox into the FIFO.
  void drain(completions_type& done) noexcept
  {
    // What was pushed and rung before this round is visible since the round
    // began; anything else has yet to ring.
    if (inbox_.is_empty())
      return;

    const auto [oldest, first_tags] = inbox_.take();
    obey(first_tags, done);
    for (inbox_node *node = oldest, *next; node != nullptr; node = next)
    {
      next = inbox_type::next(*node);
      const tags above = inbox_type::tags_of(*node);
      accept(*node, done);
      obey(above, done);
    }
  }

  // Do what tags demand. Of two at the same place, the end comes last.
  void obey(tags demanded, completions_type& done) noexcept
  {
    if ((demanded & inbox_type::notify_tag) != 0)
      (void)finish_all(wait_result::granted, done);
    if ((demanded & end_tags) == 0)
      return;
    if ((demanded & inbox_type::retire_tag) != 0)
      done.retired = true;
    static_cast<Core&>(*this).on_end(done.retired);
    (void)finish_all(wait_result::aborted, done);
  }

  // Take charge of a node that was drained.
  void accept(inbox_node& node, completions_type& done) noexcept
  {
    if (node.get_kind() == inbox_node::kind::cell)
      return accept(static_cast<cell_type&>(node), done);

    append(static_cast<waiter_type&>(node), done);
    arriving_.fetch_sub(1, std::memory_order_relaxed);
  }

  // A cell whose waiter was never queued has come early: a timer may fire
  // before its waiter is handed over.
  void accept(cell_type& cell, completions_type& done) noexcept
  {
    if constexpr (!Core::completes_waiters)
      static_cast<Core&>(*this).on_cancellation(cell, done);
    if (cell.is_queued_)
      take_out(*cell.target_, cell.reason(), done);

    cell.is_drained_ = true;
    if (cell.release())
      bury(cell, done);
  }

  // Queue a waiter, unless it is out again. One whose cancellation was asked
  // for and not yet drained is queued, as what comes before that may concern
  // it.
  void append(waiter_type& w, completions_type& done) noexcept
  {
    cell_type* const cell = own_cell(w);
    const bool is_admitted =
        !done.retired && static_cast<Core&>(*this).admit(w, done);
    const bool is_cancelled = cell != nullptr && cell->is_drained_;
    if (!is_admitted || is_cancelled)
      return finish(w,
          is_cancelled       ? cell->reason()
              : done.retired ? wait_result::aborted
                             : Core::when_not_admitted,
          done);

    if (cell != nullptr)
      cell->is_queued_ = true;
    fifo_.push_back(w);
    queued_.store(
        queued_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  void take_out(
      waiter_type& w, wait_result result, completions_type& done) noexcept
  {
    if (cell_type* const cell = own_cell(w))
      cell->is_queued_ = false;
    fifo_.erase(fifo_.iterator_to(w));
    queued_.store(
        queued_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    finish(w, result, done);
  }

  // Hand a waiter back. If it is complete, a ticket that came before wins over
  // the result.
  void finish(
      waiter_type& w, wait_result result, completions_type& done) noexcept
  {
    const bool is_complete = Core::completes_waiters && !w.is_away_;
    w.result_ = is_complete ? claim(w, result, done) : result;
    if (Core::completes_waiters || w.grantor_ == nullptr)
      done.ready.push_back(w);
    else
      done.leaving.push_back(w);
  }

  // The cell of a waiter that is at home here.
  static cell_type* own_cell(waiter_type& w) noexcept
  {
    return w.is_away_ ? nullptr : w.cell_;
  }

  static void bury(cell_type& cell, completions_type& done) noexcept
  {
    cell.next_ = done.dead_cells;
    done.dead_cells = &cell;
  }

  inbox_type inbox_;

  // The number of waiters in the FIFO: written by the server only. Relaxed, as
  // it is only reported.
  Atomic<std::uint32_t> queued_{0};

  // The number of waiters that were delegated and not yet drained. Relaxed, as
  // it is only reported.
  Atomic<std::uint32_t> arriving_{0};

  // Oldest first. Touched by the server only.
  waiter_list<Atomic> fifo_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_WAITER_QUEUE_HPP
