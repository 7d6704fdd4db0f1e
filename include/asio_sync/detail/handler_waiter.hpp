// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_HANDLER_WAITER_HPP
#define ASIO_SYNC_DETAIL_HANDLER_WAITER_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/handler_work.hpp>
#include <asio_sync/detail/op_memory.hpp>
#include <asio_sync/detail/operation_waiter.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>

#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A waiter that owns a handler, and keeps that handler's executor busy. Op is
// the most derived type.
template <typename Op, typename Handler, typename Executor, typename Expiry>
class handler_waiter : public operation_waiter,
                       private deadline<Expiry, Executor>
{
protected:
  using memory = op_memory<Op, Handler>;
  using work_type = handler_work<Handler, Executor>;

  // Destroys an operation that was not started, or that has left all queues.
  struct discard
  {
    void operator()(Op* op) const
    {
      (void)claim(*op, wait_result::aborted);
      memory::destroy(op, op->handler_);
    }
  };

  // args: the waiter's. Nothing throws after the handler has been moved in.
  template <typename Handler1, typename... Args>
  handler_waiter(func_type func, Handler1&& handler, const Executor& ex,
      const Expiry& expiry, Args... args)
    : operation_waiter(func, args...),
      deadline<Expiry, Executor>(expiry, ex),
      handler_(std::forward<Handler1>(handler)),
      work_(handler_, ex)
  {
    static_assert(
        std::is_nothrow_constructible_v<work_type, Handler&, const Executor&>);
  }

  ~handler_waiter() = default;

  // Let the slot of the handler, and the time, cancel the wait.
  template <typename Core>
  void attach_parties(Core& core)
  {
    auto slot = net::get_associated_cancellation_slot(handler_);
    if (slot.is_connected())
    {
      auto record = attach_cancellation(core, *this, wait_result::aborted);
      slot.template emplace<decltype(record)>(std::move(record));
    }
    this->start_timer(core, *this);
  }

  Handler handler_;
  work_type work_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_HANDLER_WAITER_HPP
