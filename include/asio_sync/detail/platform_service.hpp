// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_PLATFORM_SERVICE_HPP
#define ASIO_SYNC_DETAIL_PLATFORM_SERVICE_HPP

// A tier brings operations that have become ready to the event loop on which
// their handlers are to run.
//
// It is an execution_context service with these members:
//
//   // What a thread that needs no event loop blocks with, as in std.
//   class mutex;
//   class condition_variable;
//
//   // The name for users and for test output. May change when a context waits
//   // for a word first, if that can not be done as hoped for.
//   const char* name();
//
//   // What waits for words. Made when it is needed first, which may throw.
//   futex_waits& futexes();
//
//   // Have nothing heard of waits for words any more.
//   void shutdown_futexes() noexcept;
//
//   // Count an operation as outstanding work, from now until it is delivered.
//   void work_started() noexcept;
//
//   // Count an operation that is being completed once more, until it waits
//   // again, and is delivered, or is done with, which may be in any thread.
//   void work_continued() noexcept;
//   void work_returned() noexcept;
//   void work_finished() noexcept;
//
//   // Have operations completed by the event loop. May be called from any
//   // thread, with no lock held. Takes ownership. single: there is just one.
//   void deliver(operation_queue& ready, bool single) noexcept;
//
//   // Have an operation completed that never waited, and was not counted.
//   void post(operation& op) noexcept;
//
//   // Destroy operations that were counted, as part of a shutdown.
//   void abandon(operation_queue& operations);
//
//   // Whether the calling thread is the only one that may run the event loop,
//   // so that blocking it would block everything.
//   bool is_the_only_thread() const noexcept;
//
// generic_platform_service works everywhere but where Asio uses an I/O
// completion port, which has operations of another type. For words waits
//
//   io_uring       Asio's ring, in io_uring_platform_service, if the running
//                  kernel allows that and has futex operations (Linux 6.7);
//   futex_waitv    else a thread, on Linux 5.16, if the context has locks;
//   parking table  else what only this library wakes.
#include <asio_sync/detail/asio.hpp>
#if ASIO_SYNC_HAS_IOCP
# include <asio_sync/detail/win_iocp_platform_service.hpp>
#else
# include <asio_sync/detail/generic_platform_service.hpp>
# include <asio_sync/detail/parking_table.hpp>
#endif
#if ASIO_SYNC_HAS_LINUX_FUTEX
# include <asio_sync/detail/futex_watcher.hpp>
# include <asio_sync/detail/linux_futex.hpp>
#endif
#if ASIO_SYNC_HAS_IO_URING
# include <asio_sync/detail/io_uring_platform_service.hpp>
#endif

#include <memory>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

#if ASIO_SYNC_HAS_IOCP

using platform_service = win_iocp_platform_service;

#else

# if ASIO_SYNC_HAS_IO_URING
using platform_service = io_uring_platform_service;
# else
using platform_service = generic_platform_service;
# endif

inline std::unique_ptr<futex_waits> make_generic_futex_waits(
    [[maybe_unused]] bool may_use_threads)
{
  constexpr const char* table = "generic, words by parking table";

# if ASIO_SYNC_HAS_LINUX_FUTEX
  if (may_use_threads && has_linux_futex_waitv())
    return std::make_unique<watching_futex_waits>();
  return std::make_unique<parking_futex_waits>(table, &linux_futex_wake);
# else
  return std::make_unique<parking_futex_waits>(table, nullptr);
# endif
}

#endif

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_PLATFORM_SERVICE_HPP
