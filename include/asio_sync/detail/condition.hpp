// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_CONDITION_HPP
#define ASIO_SYNC_DETAIL_CONDITION_HPP

#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/pooled_condvar.hpp>
#include <asio_sync/detail/wait_op.hpp>

#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// In place of a predicate: every notification ends the wait.
struct no_predicate
{
};

// Whether a wait need not begin.
template <typename Predicate>
bool is_satisfied(Predicate& predicate)
{
  return predicate();
}

inline bool is_satisfied(no_predicate&) noexcept
{
  return false;
}

// Why a wait can not begin; granted if it can. lock: null if there is none.
inline wait_result check_wait(pooled_condvar& core, const grant* lock) noexcept
{
  if (lock != nullptr)
  {
    if (lock->count() == 0 || !lock->is_current())
      return wait_result::not_owner;
    if (&lock->core().service() != &core.service())
      return wait_result::rejected;
  }
  return core.service().is_shut_down() ? wait_result::aborted
                                       : wait_result::granted;
}

// Queue a wait, and only then release its mutex. The waiter may be complete,
// and the owner of the lock gone, before this returns.
inline void begin_wait(pooled_condvar& core, waiter<>& w, grant* lock) noexcept
{
  const grant owned = lock != nullptr ? lock->split(1) : grant();
  core.wait(w);
}

// Give the mutex back to the lock, after the waiter has left all queues.
// Returns how the wait ended so far. Without its mutex it is aborted: that was
// destroyed.
inline wait_result end_wait(const waiter<>& w, grant* lock) noexcept
{
  if (lock == nullptr)
    return w.home_result();
  if (!w.owns_mutex())
    return wait_result::aborted;
  *lock = grant_of(w);
  return w.home_result();
}

// What is left to say when a wait came back.
enum class verdict
{
  wait_again,
  complete,
  complete_as_satisfied
};

// As that of std, the predicate is evaluated a last time after the time.
template <typename Predicate>
verdict judge(wait_result result, Predicate& predicate)
{
  if (result == wait_result::aborted)
    return verdict::complete;
  if (predicate())
    return verdict::complete_as_satisfied;
  return result == wait_result::timed_out ? verdict::complete
                                          : verdict::wait_again;
}

// Claim a waiter that is not to wait again. A cancellation that came meanwhile
// is reported, but the time makes no difference to a wait that was aborted, or
// to a predicate that is satisfied.
inline wait_result conclude(waiter<>& w, wait_result result, verdict v) noexcept
{
  const wait_result claimed = claim(w, result);
  if (result == wait_result::aborted)
    return result;
  return v == verdict::complete_as_satisfied
          && claimed == wait_result::timed_out
      ? wait_result::granted
      : claimed;
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_CONDITION_HPP
