// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_CANCELLATION_HPP
#define ASIO_SYNC_DETAIL_CANCELLATION_HPP

#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/inbox.hpp>
#include <asio_sync/detail/waiter.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What stands between a waiter and the parties that may cancel it: the handler
// of a cancellation slot, and a timer. Neither side knows the other; each has a
// reference to the cell, and whoever drops the last one frees it.
//
//   bits of state_ | meaning
//   ---------------+---------------------------------------------------------
//   0 ticket       | a party asked for cancellation, as the first one, and has
//                  | left its reference to the queue
//   1 timed        | ... because the time has come
//   2 done         | the waiter was claimed: it is too late to ask
//   3-31           | references: the waiter's until it is claimed, those of the
//                  | parties, and that of the queue until the cell is drained
//
// The cell is its own inbox node, so asking for cancellation never allocates.
template <template <typename> class Atomic = std::atomic>
class cancellation_cell : public inbox_node
{
public:
  explicit cancellation_cell(waiter<Atomic>& target) noexcept
    : inbox_node(kind::cell),
      target_(&target)
  {
  }

  // Count another party. Requires: the waiter has not been claimed.
  void add_party() noexcept
  {
    // Relaxed: the waiter's reference keeps the cell alive.
    state_.fetch_add(reference, std::memory_order_relaxed);
  }

  // A party asks for cancellation. Returns true if the cell, and the party's
  // reference, must be handed to the core, and false if it is too late.
  // reason: the result of the wait.
  [[nodiscard]] bool request(wait_result reason) noexcept
  {
    const std::uint32_t bits =
        reason == wait_result::timed_out ? ticket | timed : ticket;

    // Release pairs with the acquire in claim(): what the party did before is
    // visible to the cancelled handler.
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    while ((seen & (ticket | done)) == 0)
    {
      if (state_.compare_exchange_weak(seen, seen | bits,
              std::memory_order_release, std::memory_order_relaxed))
        return true;
    }
    return false;
  }

  // Drop a reference. Returns true if it was the last: the caller must free the
  // cell.
  [[nodiscard]] bool release() noexcept
  {
    // Pairs with itself and with claim(): whoever frees the cell comes after
    // everybody else.
    return is_last(state_.fetch_sub(reference, std::memory_order_acq_rel));
  }

  // What claim() found: the result of the wait, and whether the caller must
  // free the cell.
  struct claimed
  {
    wait_result result;
    bool is_last;
  };

  // The waiter completes with that result, unless there is a ticket, and drops
  // its reference. Requires: this was not called before.
  claimed claim(wait_result result) noexcept
  {
    // Pairs with request() and release().
    const std::uint32_t before =
        state_.fetch_add(done - reference, std::memory_order_acq_rel);
    return {
        (before & ticket) != 0 ? reason_of(before) : result, is_last(before)};
  }

  // Requires: a party has asked. Relaxed: the caller has been told by it.
  wait_result reason() const noexcept
  {
    return reason_of(state_.load(std::memory_order_relaxed));
  }

  // The next of the same list of dead cells.
  cancellation_cell* next() const noexcept
  {
    return next_;
  }

private:
  template <typename, template <typename> class>
  friend class waiter_queue;
  template <template <typename> class>
  friend class condvar_core;

  static constexpr std::uint32_t ticket = 1;
  static constexpr std::uint32_t timed = 2;
  static constexpr std::uint32_t done = 4;
  static constexpr std::uint32_t reference = 8;

  static constexpr bool is_last(std::uint32_t before) noexcept
  {
    return before / reference == 1;
  }

  static constexpr wait_result reason_of(std::uint32_t state) noexcept
  {
    return (state & timed) != 0 ? wait_result::timed_out : wait_result::aborted;
  }

  // Of the queue to which the cell belongs, and touched by its server only:
  // whether the waiter is queued there, whether the cell was drained, whether
  // the waiter was taken out for a notification that must not be lost, and
  // whose that was.
  bool is_queued_ = false;
  bool is_drained_ = false;
  bool was_selected_ = false;
  std::uint32_t life_ = 0;

  // Of a condition variable: how many notifications there were before the party
  // asked. Published by the push.
  std::uint64_t number_ = 0;

  Atomic<std::uint32_t> state_{reference};
  waiter<Atomic>* const target_;
  cancellation_cell* next_ = nullptr;
};

// A party's end of a cell: the handler that is emplaced in a cancellation slot,
// and what a timer holds. It may be used in any thread, also when the wait is
// over, and then even when the context is gone. Core is a pooled core: it
// delivers what cancel() completes.
template <typename Core>
class cancellation
{
public:
  // Takes a reference to the cell over.
  cancellation(
      Core& core, cancellation_cell<>& cell, wait_result reason) noexcept
    : core_(&core),
      cell_(&cell),
      reason_(reason)
  {
  }

  cancellation(cancellation&& other) noexcept
    : core_(other.core_),
      cell_(std::exchange(other.cell_, nullptr)),
      reason_(other.reason_)
  {
  }

  cancellation& operator=(cancellation&&) = delete;

  ~cancellation()
  {
    if (cell_ != nullptr)
      release(*cell_);
  }

  // All types of cancellation mean the same, as a wait has no side effects.
  template <typename CancellationType>
  void operator()(CancellationType type) noexcept
  {
    if (type != CancellationType::none)
      request();
  }

  void request() noexcept
  {
    cancellation_cell<>* const cell = std::exchange(cell_, nullptr);
    if (cell == nullptr)
      return;
    if (cell->request(reason_))
      core_->cancel(*cell);
    else
      release(*cell);
  }

private:
  static void release(cancellation_cell<>& cell) noexcept
  {
    if (cell.release())
      Core::free_cell(cell);
  }

  Core* core_;
  cancellation_cell<>* cell_;
  wait_result reason_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_CANCELLATION_HPP
