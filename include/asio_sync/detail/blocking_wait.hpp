// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_BLOCKING_WAIT_HPP
#define ASIO_SYNC_DETAIL_BLOCKING_WAIT_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/condition.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/pooled_condvar.hpp>
#include <asio_sync/detail/sync_service.hpp>
#include <asio_sync/detail/thread_waiter.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/error.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A thread that waits for a condition variable, and its time.
template <typename Expiry>
class condvar_thread_waiter : public thread_waiter
{
public:
  condvar_thread_waiter(pooled_condvar& core, grant& lock, const Expiry& expiry)
    : thread_waiter(
        &lock.core().as_grantor(), std::uint32_t(1), lock.generation()),
      time_(expiry_time(expiry)),
      cancellation_(attach_cancellation(core, *this, wait_result::timed_out))
  {
  }

  // It may have been left by an exception.
  ~condvar_thread_waiter()
  {
    (void)claim(*this, wait_result::aborted);
  }

  // When it is cancelled, it is complete once it has the mutex.
  template <typename Undo>
  void block(Undo undo)
  {
    this->wait_until(time_, cancellation_, undo);
  }

private:
  const decltype(expiry_time(std::declval<const Expiry&>())) time_;
  cancellation<pooled_condvar> cancellation_;
};

template <>
class condvar_thread_waiter<no_expiry> : public thread_waiter
{
public:
  condvar_thread_waiter(pooled_condvar&, grant& lock, no_expiry) noexcept
    : thread_waiter(
        &lock.core().as_grantor(), std::uint32_t(1), lock.generation())
  {
  }

  template <typename Undo>
  void block(Undo) noexcept
  {
    this->wait();
  }
};

// Wait, blocking the calling thread. The predicate is evaluated first. The lock
// owns its mutex afterwards, unless that was destroyed.
template <typename Predicate, typename Expiry>
error_code wait_blocking(pooled_condvar& core, grant& lock,
    Predicate&& predicate, const Expiry& expiry)
{
  constexpr bool has_predicate =
      !std::is_same_v<std::decay_t<Predicate>, no_predicate>;
  if constexpr (has_predicate)
    check_predicate<Predicate>();

  const wait_result refusal = check_wait(core, &lock);
  if (refusal != wait_result::granted || is_satisfied(predicate))
    return to_error_code(refusal);
  if (core.service().platform().is_the_only_thread())
    return make_error_code(sys::errc::resource_deadlock_would_occur);

  condvar_thread_waiter<Expiry> w(core, lock, expiry);
  for (;;)
  {
    begin_wait(core, w, &lock);
    w.block([&] { (void)end_wait(w, &lock); });
    const wait_result result = end_wait(w, &lock);
    verdict v = verdict::complete;
    if constexpr (has_predicate)
      v = judge(result, predicate);
    if (v != verdict::wait_again)
      return to_error_code(conclude(w, result, v));
  }
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_BLOCKING_WAIT_HPP
