// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_BLOCKING_ACQUIRE_HPP
#define ASIO_SYNC_DETAIL_BLOCKING_ACQUIRE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/detail/thread_waiter.hpp>
#include <asio_sync/error.hpp>

#include <cstddef>
#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

inline void wait(
    pooled_semaphore& core, thread_waiter& w, const no_expiry&) noexcept
{
  core.wait(w);
  w.wait();
}

template <typename Expiry>
void wait(pooled_semaphore& core, thread_waiter& w, const Expiry& expiry)
{
  const auto time = expiry_time(expiry);
  auto cancel = attach_cancellation(core, w, wait_result::timed_out);
  core.wait(w);
  w.wait_until(time, cancel, [&] { (void)grant_of(w); });
}

// Acquire n permits, blocking the calling thread.
template <typename Expiry>
error_code acquire_blocking(
    pooled_semaphore& core, std::size_t n, const Expiry& expiry)
{
  const auto count = static_cast<std::uint32_t>(n);
  if (n > pooled_semaphore::max_permits)
    return net::error::invalid_argument;
  if (core.try_acquire_if_open(count))
    return {};
  if (core.is_closed())
    return error::closed;
  if (core.service().is_shut_down())
    return net::error::operation_aborted;
  if (core.service().platform().is_the_only_thread())
    return make_error_code(sys::errc::resource_deadlock_would_occur);

  thread_waiter w(&core.as_grantor(), count);
  wait(core, w, expiry);
  return to_error_code(w.result());
}

// Whether an attempt with a time succeeded. Errors other than that the time
// came are thrown.
inline bool is_in_time(const error_code& ec, const char* location)
{
  if (ec != net::error::timed_out)
    throw_error(ec, location);
  return !ec;
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_BLOCKING_ACQUIRE_HPP
