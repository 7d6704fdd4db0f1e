// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_CONDVAR_WAIT_OP_HPP
#define ASIO_SYNC_DETAIL_CONDVAR_WAIT_OP_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/condition.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/handler_waiter.hpp>
#include <asio_sync/detail/initiate_acquire.hpp>
#include <asio_sync/detail/pooled_condvar.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/detail/wait_op.hpp>
#include <asio_sync/error.hpp>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What an operation needs to wait again. The context must not run out of work
// before that, so from when it has been delivered until it waits again, the
// operation counts as work of its own.
template <typename Predicate, typename Executor>
struct repetition
{
  ~repetition()
  {
    if (is_resumed_)
      core_->service().platform().work_finished();
  }

  pooled_condvar* core_;
  Executor executor_;
  Predicate predicate_;
  bool is_resumed_ = false;
};

template <typename Executor>
struct repetition<no_predicate, Executor>
{
  repetition(pooled_condvar*, const Executor&, no_predicate) noexcept
  {
  }
};

// A wait for a condition variable that owns a handler.
//
//   the operation is      | and the mutex is          | it goes on by
//   ----------------------+---------------------------+-----------------------
//   in the condition      | not the operation's       | notification,
//   variable's queue      |                           | cancellation, time
//   in the mutex's queue  | not yet the operation's   | the mutex's hand-over
//   on its way to the     | owned by the waiter       | the event loop, the
//   handler's executor    |                           | executor
//   resumed               | owned by the lock         | its predicate: back to
//                         |                           | the first, or claimed
//                         |                           | and freed
//
// Without a mutex, the second is left out. Where the operation is destroyed
// instead, the mutex that the waiter owns is unlocked, and the lock, which may
// be gone, is not touched.
//
// The predicate comes first, as it may throw: see op_memory.
template <typename Predicate, typename Handler, typename Executor,
    typename Expiry>
class condvar_wait_op
  : private repetition<Predicate, Executor>,
    public handler_waiter<condvar_wait_op<Predicate, Handler, Executor, Expiry>,
        Handler, Executor, Expiry>
{
  static constexpr bool has_predicate =
      !std::is_same_v<Predicate, no_predicate>;

  using repetition_type = repetition<Predicate, Executor>;
  using base = handler_waiter<condvar_wait_op, Handler, Executor, Expiry>;

public:
  // Requires: check_wait() allows it.
  template <typename Predicate1, typename Handler1>
  static void start(pooled_condvar& core, grant* lock, Predicate1&& predicate,
      Handler1&& handler, const Executor& ex, const Expiry& expiry)
  {
    op_ptr<condvar_wait_op, typename base::discard> op(
        memory::create(handler, [&](void* place) {
          return ::new (place)
              condvar_wait_op(core, lock, std::forward<Predicate1>(predicate),
                  std::forward<Handler1>(handler), ex, expiry);
        }));
    op->attach_parties(core);
    core.service().platform().work_started();
    begin_wait(core, *op.release(), lock);
  }

private:
  friend base;
  friend typename base::memory;
  using typename base::memory;
  using typename base::work_type;

  // Destroys an operation that is not resumed.
  struct abandon
  {
    void operator()(condvar_wait_op* op) const
    {
      const grant owned = op->owns_mutex() ? grant_of(*op) : grant();
      typename base::discard()(op);
    }
  };

  // What goes to the handler's executor.
  struct resumption
  {
    void operator()()
    {
      resume(op_ptr<condvar_wait_op, typename base::discard>(op.release()));
    }

    op_ptr<condvar_wait_op, abandon> op;
  };

  template <typename Predicate1, typename Handler1>
  condvar_wait_op(pooled_condvar& core, grant* lock, Predicate1&& predicate,
      Handler1&& handler, const Executor& ex, const Expiry& expiry)
    : repetition_type{&core, ex, std::forward<Predicate1>(predicate)},
      base(&condvar_wait_op::do_complete, std::forward<Handler1>(handler), ex,
          expiry, lock != nullptr ? &lock->core().as_grantor() : nullptr, 1u,
          lock != nullptr ? lock->generation() : 0),
      lock_(lock)
  {
  }

  ~condvar_wait_op() = default;

  static void do_complete(void* owner, operation* o, const error_code& /*ec*/,
      std::size_t /*bytes_transferred*/)
  {
    condvar_wait_op* const self = static_cast<condvar_wait_op*>(o);
    resumption function{op_ptr<condvar_wait_op, abandon>(self)};
    if (owner == nullptr)
      return;

    work_type work(self->work());
    work.complete(function, self->handler_);
  }

  // The work that this visit to the executor is. One that may wait again keeps
  // its own.
  work_type work()
  {
    if constexpr (has_predicate)
    {
      this->core_->service().platform().work_continued();
      this->is_resumed_ = true;
      return work_type(this->handler_, this->executor_);
    }
    else
    {
      return work_type(std::move(this->work_));
    }
  }

  // Runs on the handler's executor.
  static void resume(op_ptr<condvar_wait_op, typename base::discard> op)
  {
    const wait_result result = end_wait(*op, op->lock_);
    verdict v = verdict::complete;
    if constexpr (has_predicate)
    {
      v = judge(result, op->predicate_);
      if (v == verdict::wait_again)
      {
        pooled_condvar& core = *op->core_;
        grant* const lock = op->lock_;
        op->is_resumed_ = false;
        core.service().platform().work_returned();
        return begin_wait(core, *op.release(), lock);
      }
    }

    const error_code ec = to_error_code(conclude(*op, result, v));
    Handler handler(std::move(op->handler_));

    // The memory goes before the upcall; part of the handler may own it.
    typename memory::reclaim{&handler}(op.release());
    complete_with_error::invoke(std::move(handler), ec, grant());
  }

  grant* const lock_;
};

// Start a wait. lock: null if there is none. The predicate is evaluated first.
template <typename Predicate, typename Handler, typename Executor,
    typename Expiry>
void start_wait(pooled_condvar& core, grant* lock, Predicate&& predicate,
    Handler&& handler, const Executor& ex, const Expiry& expiry)
{
  check_handler<complete_with_error::signature, std::decay_t<Handler>>();

  const wait_result refusal = check_wait(core, lock);
  if (refusal != wait_result::granted || is_satisfied(predicate))
    complete_immediately<complete_with_error>(
        core.service(), refusal, grant(), std::forward<Handler>(handler), ex);
  else
    condvar_wait_op<std::decay_t<Predicate>, std::decay_t<Handler>, Executor,
        Expiry>::start(core, lock, std::forward<Predicate>(predicate),
        std::forward<Handler>(handler), ex, expiry);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_CONDVAR_WAIT_OP_HPP
