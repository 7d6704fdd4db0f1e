// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_HANDLER_WORK_HPP
#define ASIO_SYNC_DETAIL_HANDLER_WORK_HPP

#include <asio_sync/detail/asio.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// Whether a handler has an executor of its own, of that type.
template <typename Handler, typename Executor, typename = void>
struct has_executor
  : std::is_same<typename net::associated_executor<Handler, Executor>::type,
        Executor>
{
};

template <typename Handler, typename Executor>
struct has_executor<Handler, Executor,
    std::void_t<typename net::associated_executor<Handler,
        Executor>::asio_associated_executor_is_unspecialised>> : std::false_type
{
};

// The work of a handler that has the executor of an io_context, as those of
// coroutines do, where the object has one, too. Mostly they are equal: then the
// event loop knows of the operation, and completes it where the executor would.
// Asio sees this of its polymorphic executors only, and counts the work of
// others twice, and dispatches what could be called.
template <typename Handler>
class io_context_work
{
  using executor_type = net::io_context::executor_type;

public:
  io_context_work(Handler& handler, const executor_type& ex) noexcept
  {
    if (net::get_associated_executor(handler, ex) != ex)
      work_.emplace(handler, ex);
  }

  template <typename Function>
  void complete(Function& function, Handler& handler)
  {
    if (work_)
      work_->complete(function, handler);
    else
      std::move(function)();
  }

private:
  // None if the executors are equal.
  std::optional<net::detail::handler_work<Handler, executor_type>> work_;
};

// Keeps the executor of a handler busy until its operation completes, there.
template <typename Handler, typename Executor>
using handler_work = std::conditional_t<
    std::conjunction_v<std::is_same<Executor, net::io_context::executor_type>,
        has_executor<Handler, Executor>>,
    io_context_work<Handler>, net::detail::handler_work<Handler, Executor>>;

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_HANDLER_WORK_HPP
