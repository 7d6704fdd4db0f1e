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
#include <cstddef>
#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// How a wait ended, or why it could not begin.
enum class wait_result : unsigned char
{
  granted,
  aborted,
  timed_out,
  closed,
  rejected,
  not_owner,
  unsupported,
  exhausted
};

template <template <typename> class Atomic>
class cancellation_cell;
template <template <typename> class Atomic>
class semaphore_core;

using waiter_hook = boost::intrusive::list_base_hook<
    boost::intrusive::link_mode<boost::intrusive::normal_link>>;

// One wait: what is queued. It belongs to the core from the moment it is handed
// over until it comes back in a list of completions; result() is valid then.
//
// The wait of a condition variable goes on to the queue of its mutex, and may
// come home again.
template <template <typename> class Atomic = std::atomic>
class waiter : public waiter_hook, public inbox_node
{
public:
  // How it left the queue in which it was last.
  wait_result result() const noexcept
  {
    return result_;
  }

  // The number of permits that are waited for.
  std::uint32_t permits() const noexcept
  {
    return permits_;
  }

  // Of a futex: the value with which the word is compared.
  std::uint32_t expected() const noexcept
  {
    return permits_;
  }

  // Which object granted them.
  std::uint32_t generation() const noexcept
  {
    return generation_;
  }

  // What grants the permits: the semaphore, or the mutex that a wait of a
  // condition variable goes on to; null if there is none.
  semaphore_core<Atomic>* grantor() const noexcept
  {
    return grantor_;
  }

  // How it left the queue of its condition variable.
  wait_result home_result() const noexcept
  {
    return is_away_ ? home_result_ : result_;
  }

  // Whether it was granted its mutex.
  bool owns_mutex() const noexcept
  {
    return is_away_ && result_ == wait_result::granted;
  }

  // It goes on to the queue of its mutex, from which only a grant or the end of
  // the mutex takes it out. Requires: it is in no queue.
  void leave_home() noexcept
  {
    home_result_ = result_;
    result_ = wait_result::aborted;
    is_away_ = true;
  }

  // Requires: the waiter has not been handed over yet, and has no cell.
  void attach(cancellation_cell<Atomic>& cell) noexcept
  {
    cell_ = &cell;
  }

  cancellation_cell<Atomic>* cell() const noexcept
  {
    return cell_;
  }

protected:
  // generation: the grantor's, if it is known. result: of a wait that never
  // begins.
  waiter(kind k, semaphore_core<Atomic>* grantor, std::uint32_t permits,
      std::uint32_t generation = 0,
      wait_result result = wait_result::granted) noexcept
    : inbox_node(k),
      result_(result),
      permits_(permits),
      grantor_(grantor),
      generation_(generation)
  {
  }

  ~waiter() = default;

private:
  template <typename, template <typename> class>
  friend class waiter_queue;
  template <template <typename> class>
  friend class semaphore_core;
  template <template <typename> class>
  friend class condvar_core;

  // Those up to permits_ fill the end of inbox_node.
  wait_result result_;
  wait_result home_result_ = wait_result::granted;
  bool is_away_ = false;

  const std::uint32_t permits_;
  semaphore_core<Atomic>* const grantor_;
  cancellation_cell<Atomic>* cell_ = nullptr;
  std::uint32_t generation_;

  // Of a condition variable: how often cancel() had been called when the wait
  // was queued first, and how many notifications there were before it.
  std::uint32_t epoch_ = 0;
  std::uint64_t number_ = 0;
};

template <template <typename> class Atomic>
using intrusive_waiter_list = boost::intrusive::list<waiter<Atomic>,
    boost::intrusive::base_hook<waiter_hook>,
    boost::intrusive::constant_time_size<false>>;

// A class of its own so that a test can replace it, as it does with Atomic, and
// see who touches it.
template <template <typename> class Atomic>
class waiter_list : public intrusive_waiter_list<Atomic>
{
};

// What a call into a core hands back to its caller, who must deliver the ready
// waiters, free the cells and, if the core has been retired, recycle it. All of
// that happens outside the core.
template <template <typename> class Atomic = std::atomic>
struct completions
{
  waiter_list<Atomic> ready;

  // Waiters of a condition variable that must go on to their mutex.
  waiter_list<Atomic> leaving;

  cancellation_cell<Atomic>* dead_cells = nullptr;
  bool retired = false;

  // Of a futex: whether the caller must carry out an action, how many waits
  // elsewhere must be woken, at which word, and where one more must be, if
  // anywhere.
  bool must_act = false;
  std::size_t wakes = 0;
  const void* word = nullptr;
  const void* passed_on = nullptr;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_WAITER_HPP
