// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_FUTEX_WAIT_OP_HPP
#define ASIO_SYNC_DETAIL_FUTEX_WAIT_OP_HPP

#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/initiate_acquire.hpp>
#include <asio_sync/detail/pooled_futex.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/detail/wait_op.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// Start a wait for a word. is_shared: whether other processes must be able to
// wake it.
template <typename Handler, typename Executor, typename Expiry>
void start_futex_wait(pooled_futex& core, std::uint32_t expected,
    bool is_shared, Handler&& handler, const Executor& ex, const Expiry& expiry)
{
  check_handler<complete_with_error::signature, std::decay_t<Handler>>();

  const auto complete = [&](wait_result result) {
    complete_immediately<complete_with_error>(
        core.service(), result, grant(), std::forward<Handler>(handler), ex);
  };

  if (core.service().is_shut_down())
    return complete(wait_result::aborted);

  core.prepare();
  if (is_shared && !core.sees_foreign_wakes())
    return complete(wait_result::unsupported);
  // Relaxed: the wait synchronises with nothing.
  if (core.target().load(std::memory_order_relaxed) != expected)
    return complete(wait_result::granted);

  semaphore_core<std::atomic>* const no_grantor = nullptr;
  wait_op<complete_with_error, std::decay_t<Handler>, Executor, Expiry>::start(
      core, std::forward<Handler>(handler), ex, expiry, no_grantor, expected);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_FUTEX_WAIT_OP_HPP
