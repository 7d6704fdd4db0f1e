// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_PLATFORM_HPP
#define ASIO_SYNC_PLATFORM_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/platform_service.hpp>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// Get the name of the tier that an execution context uses.
/**
 * A tier is the mechanism by which waiting operations that have become ready
 * reach the threads that run the context, and by which words are waited for. It
 * is chosen once for each context.
 *
 * @param context The execution context, for example an @c io_context.
 *
 * @returns One of the following. All but the last one hand ready operations to
 * the scheduler of Asio.
 *
 * @li @c "io_uring": words are waited for in the ring of Asio.
 *
 * @li @c "generic, words by futex_waitv": by threads, from the first wait on.
 *
 * @li @c "generic, words by parking table": only this library wakes them.
 *
 * @li @c "win_iocp, words by parking table": the I/O completion port of Asio,
 * on Windows.
 *
 * The first one can change to another one when the context waits for its first
 * word, and can not have a ring then.
 */
inline const char* platform_name(net::execution_context& context)
{
  return net::use_service<detail::platform_service>(context).name();
}

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_PLATFORM_HPP
