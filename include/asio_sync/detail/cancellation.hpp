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
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What stands between a waiter and a party that may cancel it: the handler of a
// cancellation slot, or a timer. Neither of the two knows the other. A waiter
// has one cell for each party.
//
//   state_ | meaning                        | who frees the cell
//   -------+--------------------------------+-------------------------------
//   linked | both sides still know the cell | nobody yet
//   ticket | cancellation was requested     | the server that drains the cell
//   seen   | ... and drained before the     | the server that claims
//          | waiter was queued              |
//   gone   | the party is no more           | the server that claims
//   done   | the waiter has been claimed    | the party, or, after a ticket,
//          |                                | the server that drains the cell
//
// The cell is its own inbox node, so requesting cancellation never allocates.
template <template <typename> class Atomic = std::atomic>
class cancellation_cell : public inbox_node
{
public:
  enum class state : unsigned char
  {
    linked,
    ticket,
    seen,
    gone,
    done
  };

  // reason: the result of the wait if this party cancels it.
  cancellation_cell(waiter<Atomic>& target, wait_result reason) noexcept
    : inbox_node(kind::cell),
      reason_(reason),
      target_(&target)
  {
  }

  // The party asks for cancellation. Returns true if the cell must be handed to
  // the core, who owns it then, and false if it is too late and the caller
  // must free the cell.
  [[nodiscard]] bool request() noexcept
  {
    // Release pairs with the acquire in claim(): what the party did before is
    // visible to the cancelled handler. Acquire on failure pairs with its
    // release, so that the cell may be freed.
    state expected = state::linked;
    return state_.compare_exchange_strong(expected, state::ticket,
        std::memory_order_release, std::memory_order_acquire);
  }

  // The party goes away without asking. Returns true if the caller must free
  // the cell.
  [[nodiscard]] bool forget() noexcept
  {
    // Pairs with itself in claim(): whoever comes second frees the cell.
    return state_.exchange(state::gone, std::memory_order_acq_rel)
        == state::done;
  }

  // The server completes the waiter. Returns the state before; after linked the
  // cell belongs to the party and may be gone already.
  [[nodiscard]] state claim() noexcept
  {
    // Pairs with request() and forget().
    return state_.exchange(state::done, std::memory_order_acq_rel);
  }

  // The server has drained the cell of a waiter that is not in the FIFO.
  // Returns false if the waiter has been claimed, in which case the caller must
  // free the cell.
  [[nodiscard]] bool postpone() noexcept
  {
    // Pairs with claim(), as in request().
    state expected = state::ticket;
    return state_.compare_exchange_strong(expected, state::seen,
        std::memory_order_release, std::memory_order_acquire);
  }

  // Relaxed, here and below: asked by the server only, and only a server could
  // have made it so.
  [[nodiscard]] bool is_postponed() const noexcept
  {
    return state_.load(std::memory_order_relaxed) == state::seen;
  }

  [[nodiscard]] bool is_done() const noexcept
  {
    return state_.load(std::memory_order_relaxed) == state::done;
  }

  wait_result reason() const noexcept
  {
    return reason_;
  }

  waiter<Atomic>& target() const noexcept
  {
    return *target_;
  }

  // The next cell of the same waiter, or of the same list of dead cells.
  cancellation_cell* next() const noexcept
  {
    return next_;
  }

private:
  friend class waiter<Atomic>;
  template <typename, template <typename> class>
  friend class waiter_queue;

  const wait_result reason_;
  Atomic<state> state_{state::linked};
  waiter<Atomic>* const target_;
  cancellation_cell* next_ = nullptr;
};

// The party's end of a cell: the handler that is emplaced in a cancellation
// slot, and what a timer holds. It may be used in any thread, also when the
// wait is over, and destroyed even when the context is gone. Core is a pooled
// core: it delivers what cancel() completes.
template <typename Core>
class cancellation
{
public:
  cancellation(Core& core, cancellation_cell<>& cell) noexcept
    : core_(&core),
      cell_(&cell)
  {
  }

  cancellation(cancellation&& other) noexcept
    : core_(other.core_),
      cell_(std::exchange(other.cell_, nullptr))
  {
  }

  cancellation& operator=(cancellation&&) = delete;

  ~cancellation()
  {
    if (cell_ != nullptr && cell_->forget())
      Core::free_cell(*cell_);
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
    if (cell->request())
      core_->cancel(*cell);
    else
      Core::free_cell(*cell);
  }

private:
  Core* core_;
  cancellation_cell<>* cell_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_CANCELLATION_HPP
