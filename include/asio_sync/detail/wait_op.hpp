// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WAIT_OP_HPP
#define ASIO_SYNC_DETAIL_WAIT_OP_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/op_memory.hpp>
#include <asio_sync/detail/operation_waiter.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
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

// What a wait with that result owns.
inline grant grant_of(pooled_semaphore& core, wait_result result,
    std::uint32_t n, std::uint32_t generation) noexcept
{
  return result == wait_result::granted ? grant(core, generation, n) : grant();
}

// What a wait owns that has left the queue of its semaphore.
inline grant grant_of(const waiter<>& w) noexcept
{
  return grant_of(pooled_semaphore::of(*w.grantor()), w.result(), w.permits(),
      w.generation());
}

// A waiter that owns a handler. It belongs to the core while it waits, then to
// the event loop, where it is freed before the upcall.
template <typename Upcall, typename Handler, typename Executor, typename Expiry>
class wait_op : public operation_waiter, private deadline<Expiry, Executor>
{
public:
  template <typename Handler1>
  static void start(pooled_semaphore& core, std::uint32_t n, Handler1&& handler,
      const Executor& ex, const Expiry& expiry)
  {
    auto slot = net::get_associated_cancellation_slot(handler);
    std::unique_ptr<wait_op, discard> op(
        memory::create(handler, [&](void* place) {
          return ::new (place)
              wait_op(core, n, std::forward<Handler1>(handler), ex, expiry);
        }));

    if (slot.is_connected())
    {
      auto record = attach_cancellation(core, *op, wait_result::aborted);
      slot.template emplace<decltype(record)>(std::move(record));
    }
    op->start_timer(core, *op, memory::allocator_of(op->handler_));

    core.acquire(*op.release());
  }

  // Have an operation completed that need not wait. If that throws, permits
  // that it was granted are given back.
  template <typename Handler1>
  static void post(pooled_semaphore& core, wait_result result, std::uint32_t n,
      std::uint32_t generation, Handler1&& handler, const Executor& ex)
  {
    grant granted = grant_of(core, result, n, generation);
    wait_op* const op = memory::create(handler, [&](void* place) {
      return ::new (place) wait_op(
          core, result, n, generation, std::forward<Handler1>(handler), ex);
    });
    granted.forget();

    core.service().post(*op);
  }

private:
  friend struct op_memory<wait_op, Handler>;
  using memory = op_memory<wait_op, Handler>;
  using work_type = net::detail::handler_work<Handler, Executor>;

  template <typename Handler1>
  wait_op(pooled_semaphore& core, std::uint32_t n, Handler1&& handler,
      const Executor& ex, const Expiry& expiry)
    : operation_waiter(&wait_op::do_complete, &core.as_grantor(), n),
      deadline<Expiry, Executor>(expiry, ex),
      handler_(std::forward<Handler1>(handler)),
      work_(handler_, ex)
  {
  }

  template <typename Handler1>
  wait_op(pooled_semaphore& core, wait_result result, std::uint32_t n,
      std::uint32_t generation, Handler1&& handler, const Executor& ex)
    : operation_waiter(
        &wait_op::do_complete, &core.as_grantor(), n, generation, result),
      deadline<Expiry, Executor>(no_expiry(), ex),
      handler_(std::forward<Handler1>(handler)),
      work_(handler_, ex)
  {
  }

  ~wait_op() = default;

  static void do_complete(void* owner, operation* base,
      const error_code& /*ec*/, std::size_t /*bytes_transferred*/)
  {
    wait_op* const self = static_cast<wait_op*>(base);
    std::unique_ptr<wait_op, typename memory::reclaim> op(
        self, {&self->handler_});

    work_type work(std::move(op->work_));
    wait_completion<Upcall, Handler> completion{
        grant_of(*op), op->result(), std::move(op->handler_)};

    // The memory goes before the upcall; part of the handler may own it.
    op.get_deleter().handler = &completion.handler;
    op.reset();

    if (owner != nullptr)
      work.complete(completion, completion.handler);
  }

  // Frees an operation that was not started.
  struct discard
  {
    void operator()(wait_op* op) const
    {
      (void)claim(*op, wait_result::aborted);
      typename memory::reclaim{&op->handler_}(op);
    }
  };

  Handler handler_;
  work_type work_;
};

// Complete an operation that need not wait: through the immediate executor of
// its handler, or by the event loop.
template <typename Upcall, typename Handler, typename Executor>
void complete_immediately(pooled_semaphore& core, wait_result result,
    std::uint32_t n, std::uint32_t generation, Handler&& handler,
    const Executor& ex)
{
  using handler_type = std::decay_t<Handler>;

  if constexpr (has_immediate_executor<handler_type, Executor>::value)
    submit_immediate(ex,
        wait_completion<Upcall, handler_type>{
            grant_of(core, result, n, generation), result,
            std::forward<Handler>(handler)});
  else
    wait_op<Upcall, handler_type, Executor, no_expiry>::post(
        core, result, n, generation, std::forward<Handler>(handler), ex);
}

// Start an operation that acquires n permits.
template <typename Upcall, typename Handler, typename Executor, typename Expiry>
void start_acquire(pooled_semaphore& core, std::size_t n, Handler&& handler,
    const Executor& ex, const Expiry& expiry)
{
  const auto count = static_cast<std::uint32_t>(n);
  if (n > pooled_semaphore::max_permits)
    complete_immediately<Upcall>(
        core, wait_result::rejected, 0, 0, std::forward<Handler>(handler), ex);
  else if (const auto generation = core.try_acquire_if_open(count))
    complete_immediately<Upcall>(core, wait_result::granted, count, *generation,
        std::forward<Handler>(handler), ex);
  else if (core.is_closed())
    complete_immediately<Upcall>(
        core, wait_result::closed, 0, 0, std::forward<Handler>(handler), ex);
  else
    wait_op<Upcall, std::decay_t<Handler>, Executor, Expiry>::start(
        core, count, std::forward<Handler>(handler), ex, expiry);
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
