// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_GENERIC_PLATFORM_SERVICE_HPP
#define ASIO_SYNC_DETAIL_GENERIC_PLATFORM_SERVICE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/futex_wait.hpp>
#include <asio_sync/detail/shared_futex_waits.hpp>

#include <atomic>
#include <memory>
#include <mutex>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What waits for words where the tier does not: chosen where the tier is.
// may_use_threads: whether threads may post operations to the context.
std::unique_ptr<futex_waits> make_generic_futex_waits(bool may_use_threads);

// The tier that works everywhere: it hands operations to Asio's scheduler.
class generic_platform_service : public net::execution_context::service
{
public:
  static inline net::execution_context::id id;

  explicit generic_platform_service(net::execution_context& context)
    : net::execution_context::service(context),
      scheduler_(net::use_service<net::detail::scheduler>(context)),
      has_one_thread_(has_concurrency_hint_one(scheduler_))
  {
  }

  const char* name()
  {
    return futexes().name();
  }

  futex_waits& futexes()
  {
    // Acquire pairs with the release below.
    if (futex_waits* const made = futexes_.load(std::memory_order_acquire))
      return *made;

    const std::lock_guard<std::mutex> lock(mutex_);
    if (owned_futexes_ == nullptr)
    {
      owned_futexes_ = std::make_unique<shared_futex_waits>(make_futex_waits());
      futexes_.store(owned_futexes_.get(), std::memory_order_release);
    }
    return *owned_futexes_;
  }

  void shutdown_futexes() noexcept
  {
    if (owned_futexes_ != nullptr)
      owned_futexes_->shutdown();
  }

  void work_started() noexcept
  {
    // On the only thread, work is counted as that of the handler which is
    // running, without an atomic operation. It could be finished before that
    // handler if there were another thread.
    if (is_the_only_thread())
      scheduler_.compensating_work_started();
    else
      scheduler_.work_started();
  }

  // Not compensated: it may be finished before the handler that is running.
  void work_continued() noexcept
  {
    scheduler_.work_started();
  }

  void work_finished() noexcept
  {
    scheduler_.work_finished();
  }

  void deliver(operation_queue& ready, bool single) noexcept
  {
    // On a thread of this event loop, a continuation stays there and needs no
    // lock. A continuation counts itself as work; that it has been counted
    // before is taken back first, one by one, hence only for one. The handler
    // that is running now keeps the count above zero.
    if (single && !has_one_thread_ && scheduler_.can_dispatch())
    {
      operation* const op = ready.front();
      ready.pop();
      scheduler_.work_finished();
      scheduler_.post_immediate_completion(op, true);
    }
    else
    {
      scheduler_.post_deferred_completions(ready);
    }
  }

  void post(operation& op) noexcept
  {
    scheduler_.post_immediate_completion(&op, false);
  }

  void abandon(operation_queue& operations)
  {
    scheduler_.abandon_operations(operations);
  }

  bool is_the_only_thread() const noexcept
  {
    return has_one_thread_ && scheduler_.can_dispatch();
  }

protected:
  bool has_one_thread() const noexcept
  {
    return has_one_thread_;
  }

  virtual std::unique_ptr<futex_waits> make_futex_waits()
  {
    return make_generic_futex_waits(has_locks(scheduler_));
  }

private:
  // Operations belong to the scheduler once they have been delivered.
  void shutdown() noexcept override
  {
  }

  void notify_fork(net::execution_context::fork_event event) override
  {
    if (owned_futexes_ == nullptr)
      return;
    if (event == net::execution_context::fork_prepare)
      owned_futexes_->before_fork();
    else
      owned_futexes_->after_fork();
  }

  net::detail::scheduler& scheduler_;
  const bool has_one_thread_;

  // Protects owned_futexes_ until it is made.
  std::mutex mutex_;
  std::unique_ptr<futex_waits> owned_futexes_;

  //   futexes_ | meaning
  //   ---------+---------------------------
  //   nullptr  | not needed so far
  //   other    | what owned_futexes_ points to
  std::atomic<futex_waits*> futexes_{nullptr};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_GENERIC_PLATFORM_SERVICE_HPP
