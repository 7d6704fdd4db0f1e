// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_SYNC_SERVICE_HPP
#define ASIO_SYNC_DETAIL_SYNC_SERVICE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/cancellation.hpp>
#include <asio_sync/detail/operation_waiter.hpp>
#include <asio_sync/detail/platform_service.hpp>
#include <asio_sync/detail/semaphore_core.hpp>
#include <asio_sync/detail/thread_waiter.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <type_traits>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

class sync_service;

// A semaphore's core, owned by the sync_service of its context, which keeps its
// memory until the context ends. Every function delivers what it completes.
//
// It stands alone on its cache lines: objects that are used by different
// threads do not disturb each other.
class alignas(64) pooled_semaphore : private semaphore_core<>
{
  using core = semaphore_core<>;

public:
  using core::available;
  using core::drain;
  using core::generation;
  using core::generation_type;
  using core::is_closed;
  using core::max_permits;
  using core::try_acquire;
  using core::try_acquire_if_open;
  using core::waiters;

  explicit pooled_semaphore(sync_service& service) noexcept
    : service_(service)
  {
  }

  void acquire(waiter<>& w) noexcept;
  [[nodiscard]] bool release(std::uint32_t n) noexcept
  {
    return core::try_release(n) || release_and_serve(n);
  }

  [[nodiscard]] bool release(
      std::uint32_t n, generation_type generation) noexcept;
  void reduce(std::uint32_t n) noexcept;
  void close() noexcept;
  void cancel_all() noexcept;
  void cancel(cancellation_cell<>& cell) noexcept;
  void withdraw(waiter<>& w) noexcept;

  // End life as an object: waiters complete with aborted, and the core goes
  // back to the pool. Requires: nobody uses it as an object any more.
  void retire() noexcept;

  // Let a party cancel the waiter, which has not been handed over yet.
  cancellation<pooled_semaphore> attach_cancellation(
      waiter<>& w, wait_result reason)
  {
    auto* const cell = ::new (static_cast<void*>(cell_allocator().allocate(1)))
        cancellation_cell<>(w, reason);
    w.attach(*cell);
    return cancellation<pooled_semaphore>(*this, *cell);
  }

  static void free_cell(cancellation_cell<>& cell) noexcept
  {
    static_assert(std::is_trivially_destructible_v<cancellation_cell<>>);
    cell_allocator().deallocate(&cell, 1);
  }

  sync_service& service() const noexcept
  {
    return service_;
  }

private:
  friend class sync_service;
  using cell_allocator = net::recycling_allocator<cancellation_cell<>>;

  class batch;

  bool release_and_serve(std::uint32_t n) noexcept;

  sync_service& service_;

  // Links of the service: cores that wait to be used, and all cores.
  pooled_semaphore* next_free_ = nullptr;
  pooled_semaphore* next_ = nullptr;
};

// The cores of a context.
class sync_service : public net::execution_context::service
{
public:
  static inline net::execution_context::id id;

  explicit sync_service(net::execution_context& context)
    : net::execution_context::service(context),
      platform_(net::use_service<platform_service>(context))
  {
  }

  ~sync_service() override
  {
    // What handlers began as they were destroyed by other services.
    abandon_operations();

    while (pooled_semaphore* const core = all_)
    {
      all_ = core->next_;
      delete core;
    }
  }

  pooled_semaphore& create_semaphore(std::uint32_t permits)
  {
    pooled_semaphore& core = take_free();
    core.open(permits);
    return core;
  }

  platform_service& platform() noexcept
  {
    return platform_;
  }

  // Have an operation completed that never waited.
  void post(operation& op) noexcept
  {
    if (is_shut_down_)
      undelivered_.push(&op);
    else
      platform_.post(op);
  }

private:
  friend class pooled_semaphore;

  void shutdown() noexcept override
  {
    is_shut_down_ = true;
    abandon_operations();
  }

  // Operations are taken out of every core before the first one is destroyed,
  // as their handlers may do anything to the objects, and start waits again.
  void abandon_operations() noexcept
  {
    for (;;)
    {
      operation_queue operations;
      operations.push(undelivered_);
      for (pooled_semaphore* core = first(); core != nullptr;
           core = core->next_)
      {
        completions<> done;
        core->semaphore_core<>::cancel_all(done);
        free_cells(done);
        sort(done, operations);
      }
      if (operations.empty())
        return;
      platform_.abandon(operations);
    }
  }

  void deliver(operation_queue& ready, bool single) noexcept
  {
    if (is_shut_down_)
      undelivered_.push(ready);
    else
      platform_.deliver(ready, single);
  }

  // Wake the threads among the ready waiters, and list the operations. Returns
  // how many those are.
  static std::size_t sort(
      completions<>& done, operation_queue& operations) noexcept
  {
    std::size_t count = 0;
    while (!done.ready.empty())
    {
      waiter<>& w = done.ready.front();
      done.ready.pop_front();
      if (w.get_kind() == inbox_node::kind::thread_waiter)
      {
        static_cast<thread_waiter&>(w).wake();
      }
      else
      {
        operations.push(static_cast<operation_waiter*>(&w));
        ++count;
      }
    }
    return count;
  }

  static void free_cells(completions<>& done) noexcept
  {
    while (cancellation_cell<>* const cell = done.dead_cells)
    {
      done.dead_cells = cell->next();
      pooled_semaphore::free_cell(*cell);
    }
  }

  void finish(pooled_semaphore& core, completions<>& done) noexcept
  {
    free_cells(done);
    if (!done.ready.empty())
    {
      operation_queue operations;
      if (const std::size_t count = sort(done, operations))
        deliver(operations, count == 1);
    }
    if (done.retired)
      recycle(core);
  }

  pooled_semaphore* first() noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    return all_;
  }

  pooled_semaphore& take_free()
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (pooled_semaphore* const core = free_)
    {
      free_ = core->next_free_;
      return *core;
    }
    pooled_semaphore* const core = new pooled_semaphore(*this);
    core->next_ = all_;
    all_ = core;
    return *core;
  }

  void recycle(pooled_semaphore& core) noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    core.next_free_ = free_;
    free_ = &core;
  }

  platform_service& platform_;

  // From the shutdown on, nothing is delivered any more. Used by the one thread
  // that destroys the context then.
  bool is_shut_down_ = false;
  operation_queue undelivered_;

  // Protects the two lists; no queue is touched while it is held.
  std::mutex mutex_;
  pooled_semaphore* free_ = nullptr;
  pooled_semaphore* all_ = nullptr;
};

// What one call into a core completes; delivered as it goes out of scope.
class pooled_semaphore::batch : public completions<>
{
public:
  explicit batch(pooled_semaphore& core) noexcept
    : core_(core)
  {
  }

  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  ~batch()
  {
    if (!ready.empty() || dead_cells != nullptr || retired)
      core_.service_.finish(core_, *this);
  }

private:
  pooled_semaphore& core_;
};

inline void pooled_semaphore::acquire(waiter<>& w) noexcept
{
  if (w.get_kind() == inbox_node::kind::operation_waiter)
    service_.platform().work_started();

  batch done(*this);
  core::acquire(w, done);
}

inline bool pooled_semaphore::release_and_serve(std::uint32_t n) noexcept
{
  batch done(*this);
  return core::release(n, done);
}

inline bool pooled_semaphore::release(
    std::uint32_t n, generation_type generation) noexcept
{
  batch done(*this);
  return core::release(n, generation, done);
}

inline void pooled_semaphore::reduce(std::uint32_t n) noexcept
{
  batch done(*this);
  core::reduce(n, done);
}

inline void pooled_semaphore::close() noexcept
{
  batch done(*this);
  core::close(done);
}

inline void pooled_semaphore::cancel_all() noexcept
{
  batch done(*this);
  core::cancel_all(done);
}

inline void pooled_semaphore::cancel(cancellation_cell<>& cell) noexcept
{
  batch done(*this);
  core::cancel(cell, done);
}

inline void pooled_semaphore::withdraw(waiter<>& w) noexcept
{
  batch done(*this);
  core::withdraw(w, done);
}

inline void pooled_semaphore::retire() noexcept
{
  batch done(*this);
  core::retire(done);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_SYNC_SERVICE_HPP
