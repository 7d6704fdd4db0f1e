// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_GENERIC_PLATFORM_SERVICE_HPP
#define ASIO_SYNC_DETAIL_GENERIC_PLATFORM_SERVICE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/futex_wait.hpp>
#include <asio_sync/detail/platform_service_base.hpp>

#include <memory>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What waits for words where the tier does not: chosen where the tier is.
// may_use_threads: whether threads may post operations to the context.
std::unique_ptr<futex_waits> make_generic_futex_waits(bool may_use_threads);

// The tier that works everywhere: it hands operations to Asio's scheduler.
class generic_platform_service : public platform_service_base
{
public:
  static inline net::execution_context::id id;

  explicit generic_platform_service(net::execution_context& context)
    : platform_service_base(context)
  {
  }

  void work_started() noexcept
  {
    // On the only thread, work is counted as that of the handler which is
    // running, without an atomic operation. It could be finished before that
    // handler if there were another thread.
    if (is_the_only_thread())
      loop().compensating_work_started();
    else
      loop().work_started();
  }

  // Not compensated: it may be finished before the handler that is running.
  void work_continued() noexcept
  {
    loop().work_started();
  }

  void work_returned() noexcept
  {
  }

  void work_finished() noexcept
  {
    loop().work_finished();
  }

  void deliver(operation_queue& ready, bool single) noexcept
  {
    // On a thread of this event loop, a continuation stays there and needs no
    // lock. A continuation counts itself as work; that it has been counted
    // before is taken back first, one by one, hence only for one. The handler
    // that is running now keeps the count above zero.
    if (single && !has_one_thread() && loop().can_dispatch())
    {
      operation* const op = ready.front();
      ready.pop();
      loop().work_finished();
      loop().post_immediate_completion(op, true);
    }
    else
    {
      loop().post_deferred_completions(ready);
    }
  }

  void abandon(operation_queue& operations)
  {
    loop().abandon_operations(operations);
  }

protected:
  std::unique_ptr<futex_waits> make_futex_waits() override
  {
    return make_generic_futex_waits(has_locks(loop()));
  }
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_GENERIC_PLATFORM_SERVICE_HPP
