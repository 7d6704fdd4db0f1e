// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_PLATFORM_SERVICE_HPP
#define ASIO_SYNC_DETAIL_PLATFORM_SERVICE_HPP

#include <asio_sync/detail/config.hpp>

// A tier brings operations that have become ready to the event loop on which
// their handlers are to run.
//
// It is an execution_context service with these members:
//
//   // The name for users and for test output.
//   const char* name() const noexcept;
//
//   // Count an operation as outstanding work, from now until it is delivered.
//   void work_started() noexcept;
//
//   // Have operations completed by the event loop. May be called from any
//   // thread, with no lock held. Takes ownership. single: there is just one.
//   void deliver(operation_queue& ready, bool single) noexcept;
//
//   // Have an operation completed that never waited, and was not counted.
//   void post(operation& op) noexcept;
//
//   // Destroy operations without completing them, as part of a shutdown.
//   void abandon(operation_queue& operations);
//
//   // Whether the calling thread is the only one that may run the event loop,
//   // so that blocking it would block everything.
//   bool is_the_only_thread() const noexcept;
//
// generic_platform_service works everywhere.
#include <asio_sync/detail/generic_platform_service.hpp>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

using platform_service = generic_platform_service;

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_PLATFORM_SERVICE_HPP
