// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WAITER_HPP
#define ASIO_SYNC_DETAIL_WAITER_HPP

#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/inbox.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// How a wait ended, or that its arguments were invalid.
enum class wait_result : unsigned char
{
  granted,
  aborted,
  timed_out,
  closed,
  rejected
};

template <template <typename> class Atomic>
class cancellation_cell;

using waiter_hook = boost::intrusive::list_base_hook<
    boost::intrusive::link_mode<boost::intrusive::normal_link>>;

// One wait: what is queued. It belongs to the core from the moment it is handed
// over until it comes back in a list of completions; result() is valid then.
template <template <typename> class Atomic = std::atomic>
class waiter : public inbox_node, public waiter_hook
{
public:
  wait_result result() const noexcept
  {
    return result_;
  }

  // The number of permits that are waited for.
  std::uint32_t permits() const noexcept
  {
    return permits_;
  }

  // Which object granted them.
  std::uint32_t generation() const noexcept
  {
    return generation_;
  }

  // Requires: the waiter has not been handed over yet, and the cell outlives
  // its claim.
  void attach(cancellation_cell<Atomic>& cell) noexcept
  {
    cell.next_ = cells_;
    cells_ = &cell;
  }

protected:
  waiter(kind k, std::uint32_t permits) noexcept
    : inbox_node(k),
      permits_(permits)
  {
  }

  // One that never waits.
  waiter(kind k, wait_result result, std::uint32_t permits,
      std::uint32_t generation) noexcept
    : inbox_node(k),
      result_(result),
      permits_(permits),
      generation_(generation)
  {
  }

  ~waiter() = default;

private:
  template <typename, template <typename> class>
  friend class waiter_queue;
  template <template <typename> class>
  friend class semaphore_core;

  // In the FIFO of a core. Touched by the server only.
  bool queued_ = false;
  wait_result result_ = wait_result::granted;
  const std::uint32_t permits_;
  cancellation_cell<Atomic>* cells_ = nullptr;
  std::uint32_t generation_ = 0;
};

template <template <typename> class Atomic>
using waiter_list = boost::intrusive::list<waiter<Atomic>,
    boost::intrusive::base_hook<waiter_hook>,
    boost::intrusive::constant_time_size<false>>;

// What a call into a core hands back to its caller, who must deliver the ready
// waiters, free the cells and, if the core has been retired, recycle it. All of
// that happens outside the core.
template <template <typename> class Atomic = std::atomic>
struct completions
{
  waiter_list<Atomic> ready;
  cancellation_cell<Atomic>* dead_cells = nullptr;
  bool retired = false;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_WAITER_HPP
