// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_ASIO_HPP
#define ASIO_SYNC_DETAIL_ASIO_HPP

#include <asio_sync/detail/config.hpp>

#if ASIO_SYNC_USES_BOOST_ASIO
# include <boost/asio/version.hpp>
#else
# include <asio/version.hpp>
#endif

#if !ASIO_SYNC_HAS_SUPPORTED_ASIO
# error asio_sync needs Asio 1.22.1 or newer, or Boost 1.81 or newer
#endif

#if ASIO_SYNC_USES_BOOST_ASIO
# include <boost/asio/any_io_executor.hpp>
# include <boost/asio/associated_allocator.hpp>
# include <boost/asio/associated_cancellation_slot.hpp>
# include <boost/asio/associated_executor.hpp>
# include <boost/asio/associator.hpp>
# include <boost/asio/async_result.hpp>
# include <boost/asio/basic_waitable_timer.hpp>
# include <boost/asio/cancellation_type.hpp>
# include <boost/asio/detail/concurrency_hint.hpp>
# include <boost/asio/detail/handler_work.hpp>
# include <boost/asio/detail/op_queue.hpp>
# include <boost/asio/detail/operation.hpp>
# include <boost/asio/detail/scheduler.hpp>
# include <boost/asio/detail/throw_error.hpp>
# include <boost/asio/dispatch.hpp>
# include <boost/asio/error.hpp>
# include <boost/asio/execution.hpp>
# include <boost/asio/execution_context.hpp>
# include <boost/asio/io_context.hpp>
# include <boost/asio/query.hpp>
# include <boost/asio/recycling_allocator.hpp>
# include <boost/system/error_code.hpp>
# include <boost/system/system_error.hpp>
# if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
#  include <boost/asio/associated_immediate_executor.hpp>
# endif
# if ASIO_SYNC_HAS_CONTEXT_CONFIG
#  include <boost/asio/config.hpp>
# endif
# if ASIO_SYNC_HAS_IO_URING
#  include <boost/asio/detail/call_stack.hpp>
#  include <boost/asio/detail/io_uring_operation.hpp>
#  include <boost/asio/detail/io_uring_service.hpp>
#  include <boost/asio/detail/scheduler_thread_info.hpp>
#  include <boost/asio/detail/thread_context.hpp>
# endif
# if defined(BOOST_ASIO_HAS_IOCP)
#  include <boost/asio/detail/win_iocp_io_context.hpp>
#  define ASIO_SYNC_HAS_IOCP 1
# endif
#else
# include <asio/any_io_executor.hpp>
# include <asio/associated_allocator.hpp>
# include <asio/associated_cancellation_slot.hpp>
# include <asio/associated_executor.hpp>
# include <asio/associator.hpp>
# include <asio/async_result.hpp>
# include <asio/basic_waitable_timer.hpp>
# include <asio/cancellation_type.hpp>
# include <asio/detail/concurrency_hint.hpp>
# include <asio/detail/handler_work.hpp>
# include <asio/detail/op_queue.hpp>
# include <asio/detail/operation.hpp>
# include <asio/detail/scheduler.hpp>
# include <asio/detail/throw_error.hpp>
# include <asio/dispatch.hpp>
# include <asio/error.hpp>
# include <asio/execution.hpp>
# include <asio/execution_context.hpp>
# include <asio/io_context.hpp>
# include <asio/query.hpp>
# include <asio/recycling_allocator.hpp>
# include <system_error>
# if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
#  include <asio/associated_immediate_executor.hpp>
# endif
# if ASIO_SYNC_HAS_CONTEXT_CONFIG
#  include <asio/config.hpp>
# endif
# if ASIO_SYNC_HAS_IO_URING
#  include <asio/detail/call_stack.hpp>
#  include <asio/detail/io_uring_operation.hpp>
#  include <asio/detail/io_uring_service.hpp>
#  include <asio/detail/scheduler_thread_info.hpp>
#  include <asio/detail/thread_context.hpp>
# endif
# if defined(ASIO_HAS_IOCP)
#  include <asio/detail/win_iocp_io_context.hpp>
#  define ASIO_SYNC_HAS_IOCP 1
# endif
#endif

// Asio's IOCP backend, which Asio alone decides about.
#if !defined(ASIO_SYNC_HAS_IOCP)
# define ASIO_SYNC_HAS_IOCP 0
#endif

#if ASIO_SYNC_HAS_IOCP && _WIN32_WINNT < 0x0600
# error asio_sync needs Windows Vista or newer: set _WIN32_WINNT
#endif

#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

// The flavour's namespaces: Asio, and the one that error codes come from.
#if ASIO_SYNC_USES_BOOST_ASIO
namespace net = ::boost::asio;
namespace sys = ::boost::system;
#else
namespace net = ::asio;
namespace sys = ::std;
#endif

using sys::error_category;
using sys::error_code;
using sys::system_error;

namespace detail {

// The type of Asio's operations, and a list of them.
using operation = net::detail::operation;
using operation_queue = net::detail::op_queue<operation>;

// What performs them.
#if ASIO_SYNC_HAS_IOCP
using event_loop = net::detail::win_iocp_io_context;
#else
using event_loop = net::detail::scheduler;
#endif

// Throw a system_error if there is an error.
inline void throw_error(const error_code& ec, const char* location)
{
  net::detail::throw_error(ec, location);
}

// Whether a handler has an immediate executor of its own, where an operation
// that finished in its initiating function is to complete.
template <typename Handler, typename Executor, typename = void>
struct has_immediate_executor
  : std::bool_constant<ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR>
{
};

#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR
template <typename Handler, typename Executor>
struct has_immediate_executor<Handler, Executor,
    std::void_t<typename net::associated_immediate_executor<Handler,
        Executor>::asio_associated_immediate_executor_is_unspecialised>>
  : std::false_type
{
};

// Submit a function to its immediate executor.
template <typename Executor, typename Function>
void submit_immediate(const Executor& ex, Function&& function)
{
  auto immediate_ex = net::get_associated_immediate_executor(function, ex);
  net::dispatch(std::move(immediate_ex), std::forward<Function>(function));
}
#endif

// The context that runs an executor's functions.
template <typename Executor>
net::execution_context& context_of(const Executor& ex)
{
  static_assert(
      net::can_query<const Executor&, net::execution::context_t>::value,
      "the executor must have an execution context, as I/O objects need one");
  return net::query(ex, net::execution::context);
}

// Whether only one thread at a time may run the context.
inline bool has_concurrency_hint_one(event_loop& loop)
{
#if ASIO_SYNC_HAS_CONTEXT_CONFIG
  return net::config(loop.context()).get("scheduler", "concurrency_hint", 0)
      == 1;
#else
  return loop.concurrency_hint() == 1;
#endif
}

// Whether operations may be posted to it by any thread.
inline bool has_locks(event_loop& loop)
{
#if ASIO_SYNC_HAS_CONTEXT_CONFIG
  return net::config(loop.context()).get("scheduler", "locking", true);
#elif ASIO_SYNC_USES_BOOST_ASIO
  return BOOST_ASIO_CONCURRENCY_HINT_IS_LOCKING(
      SCHEDULER, loop.concurrency_hint());
#else
  return ASIO_CONCURRENCY_HINT_IS_LOCKING(SCHEDULER, loop.concurrency_hint());
#endif
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_ASIO_HPP
