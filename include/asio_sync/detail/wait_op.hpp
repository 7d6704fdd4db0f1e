// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WAIT_OP_HPP
#define ASIO_SYNC_DETAIL_WAIT_OP_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/handler_waiter.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/detail/sync_service.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/error.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What goes to the associated executor: a handler with its result. It owns the
// grant until the upcall, so wherever it is destroyed, the grant is given back.
//
// Upcall says what the handler gets. It provides
//
//   using signature = void(error_code, ...);
//
//   template <typename Handler>
//   static void invoke(Handler&& handler, const error_code& ec, grant&& g);
template <typename Upcall, typename Handler>
struct wait_completion
{
  void operator()()
  {
    Upcall::invoke(
        std::move(handler), to_error_code(result), std::move(granted));
  }

  // The handler comes last: if it throws as it is moved in, the grant goes
  // back.
  grant granted;
  wait_result result;
  Handler handler;
};

// An operation that waits once, for permits or for a word. It belongs to the
// core while it waits, then to the event loop, where it is freed before the
// upcall.
template <typename Upcall, typename Handler, typename Executor, typename Expiry>
class wait_op
  : public handler_waiter<wait_op<Upcall, Handler, Executor, Expiry>, Handler,
        Executor, Expiry>
{
  using base = handler_waiter<wait_op, Handler, Executor, Expiry>;

public:
  // args: the waiter's.
  template <typename Core, typename Handler1, typename... Args>
  static void start(Core& core, Handler1&& handler, const Executor& ex,
      const Expiry& expiry, Args... args)
  {
    op_ptr<wait_op, typename base::discard> op(
        memory::create(handler, [&](void* place) {
          return ::new (place)
              wait_op(std::forward<Handler1>(handler), ex, expiry, args...);
        }));
    op->attach_parties(core);
    core.wait(*op.release());
  }

  // Have an operation completed that need not wait. If that throws, what was
  // granted is given back.
  template <typename Handler1>
  static void post(sync_service& service, wait_result result, grant granted,
      Handler1&& handler, const Executor& ex)
  {
    auto* const grantor =
        granted.has_core() ? &granted.core().as_grantor() : nullptr;
    wait_op* const op = memory::create(handler, [&](void* place) {
      return ::new (place) wait_op(std::forward<Handler1>(handler), ex,
          no_expiry(), grantor, granted.count(), granted.generation(), result);
    });
    granted.forget();

    service.platform().post(*op);
  }

private:
  friend base;
  friend typename base::memory;
  using typename base::memory;
  using typename base::work_type;

  template <typename Handler1, typename... Args>
  wait_op(Handler1&& handler, const Executor& ex, const Expiry& expiry,
      Args... args)
    : base(&wait_op::do_complete, std::forward<Handler1>(handler), ex, expiry,
        args...)
  {
  }

  ~wait_op() = default;

  static void do_complete(void* owner, operation* o, const error_code& /*ec*/,
      std::size_t /*bytes_transferred*/)
  {
    wait_op* const self = static_cast<wait_op*>(o);
    if (owner == nullptr)
      return abandon(self);

    op_ptr<wait_op, typename base::discard> op(self);
    work_type work(std::move(op->work_));
    wait_completion<Upcall, Handler> completion{
        grant_of(*op), op->result(), std::move(op->handler_)};

    // The memory goes before the upcall; part of the handler may own it.
    typename memory::reclaim{&completion.handler}(op.release());

    work.complete(completion, completion.handler);
  }

  static void abandon(wait_op* op) noexcept
  {
    const grant granted = grant_of(*op);
    memory::destroy(op, op->handler_);
  }
};

// Complete an operation that need not wait: through the immediate executor of
// its handler, or by the event loop.
template <typename Upcall, typename Handler, typename Executor>
void complete_immediately(sync_service& service, wait_result result,
    grant granted, Handler&& handler, const Executor& ex)
{
  using handler_type = std::decay_t<Handler>;

  if constexpr (has_immediate_executor<handler_type, Executor>::value)
    submit_immediate(ex,
        wait_completion<Upcall, handler_type>{
            std::move(granted), result, std::forward<Handler>(handler)});
  else
    wait_op<Upcall, handler_type, Executor, no_expiry>::post(service, result,
        std::move(granted), std::forward<Handler>(handler), ex);
}

// Start an operation that acquires n permits.
template <typename Upcall, typename Handler, typename Executor, typename Expiry>
void start_acquire(pooled_semaphore& core, std::size_t n, Handler&& handler,
    const Executor& ex, const Expiry& expiry)
{
  check_handler<typename Upcall::signature, std::decay_t<Handler>>();

  const auto complete = [&](wait_result result, grant granted) {
    complete_immediately<Upcall>(core.service(), result, std::move(granted),
        std::forward<Handler>(handler), ex);
  };
  const auto count = static_cast<std::uint32_t>(n);
  if (n > pooled_semaphore::max_permits)
    complete(wait_result::rejected, grant());
  else if (core.try_acquire_if_open(count))
    complete(wait_result::granted, grant(core, core.generation(), count));
  else if (core.is_closed())
    complete(wait_result::closed, grant());
  else if (core.service().is_shut_down())
    complete(wait_result::aborted, grant());
  else
    wait_op<Upcall, std::decay_t<Handler>, Executor, Expiry>::start(core,
        std::forward<Handler>(handler), ex, expiry, &core.as_grantor(), count);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

// A completion has the associated executor, allocator and so on of its handler.
template <template <typename, typename> class Associator, typename Upcall,
    typename Handler, typename DefaultCandidate>
struct asio_sync::net::associator<Associator,
    asio_sync::detail::wait_completion<Upcall, Handler>, DefaultCandidate>
  : Associator<Handler, DefaultCandidate>
{
  using completion = asio_sync::detail::wait_completion<Upcall, Handler>;

  static auto get(const completion& c) noexcept
  {
    return Associator<Handler, DefaultCandidate>::get(c.handler);
  }

  static auto get(const completion& c, const DefaultCandidate& d) noexcept
      -> decltype(Associator<Handler, DefaultCandidate>::get(c.handler, d))
  {
    return Associator<Handler, DefaultCandidate>::get(c.handler, d);
  }
};

#endif // ASIO_SYNC_DETAIL_WAIT_OP_HPP
