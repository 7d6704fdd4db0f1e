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
#include <asio_sync/detail/thread_waiter.hpp>

#include <boost/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

class sync_service;

// Cores are used again by objects of the same kind only.
enum class core_kind : unsigned char
{
  semaphore,
  mutex,
  condvar,
  futex
};

// What the sync_service of a context knows of a core. It owns the core and
// keeps its memory until the context ends.
class pooled_core
{
public:
  pooled_core(const pooled_core&) = delete;
  pooled_core& operator=(const pooled_core&) = delete;

  sync_service& service() const noexcept
  {
    return service_;
  }

  static void free_cell(cancellation_cell<>& cell) noexcept
  {
    static_assert(std::is_trivially_destructible_v<cancellation_cell<>>);
    cell_allocator().deallocate(&cell, 1);
  }

  static void free_cells(completions<>& done) noexcept
  {
    while (cancellation_cell<>* const cell = done.dead_cells)
    {
      done.dead_cells = cell->next();
      free_cell(*cell);
    }
  }

protected:
  // Take every waiter out. Called when no other thread uses the core.
  using abandon_func = void (*)(pooled_core&, completions<>&) noexcept;
  using destroy_func = void (*)(pooled_core&) noexcept;

  pooled_core(sync_service& service, core_kind kind, abandon_func abandon,
      destroy_func destroy) noexcept
    : service_(service),
      abandon_(abandon),
      destroy_(destroy),
      kind_(kind)
  {
  }

  ~pooled_core() = default;

private:
  friend class sync_service;
  template <typename Core>
  friend cancellation<Core> attach_cancellation(
      Core& core, waiter<>& w, wait_result reason);
  using cell_allocator = net::recycling_allocator<cancellation_cell<>>;

  sync_service& service_;
  const abandon_func abandon_;
  const destroy_func destroy_;
  const core_kind kind_;

  // Links of the service: cores that wait to be used, and all cores.
  pooled_core* next_free_ = nullptr;
  pooled_core* next_ = nullptr;
};

// Let a party cancel a waiter, which has not been handed over yet.
template <typename Core>
cancellation<Core> attach_cancellation(
    Core& core, waiter<>& w, wait_result reason)
{
  if (w.cell() == nullptr)
    w.attach(*::new (static_cast<void*>(
        pooled_core::cell_allocator().allocate(1))) cancellation_cell<>(w));
  w.cell()->add_party();
  return cancellation<Core>(core, *w.cell(), reason);
}

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
    while (pooled_core* const core = all_)
    {
      all_ = core->next_;
      core->destroy_(*core);
    }
  }

  // A core that serves no object: one of that kind that did before, or one that
  // is made of the arguments.
  template <typename Core, typename... Args>
  Core& take(core_kind kind, Args... args)
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    pooled_core*& free = free_[std::size_t(kind)];
    if (free != nullptr)
      return static_cast<Core&>(*std::exchange(free, free->next_free_));

    Core* const core = new Core(*this, kind, args...);
    core->next_ = all_;
    all_ = core;
    return *core;
  }

  platform_service& platform() noexcept
  {
    return platform_;
  }

  // Whether nothing may wait any more: it would end with this service, and its
  // handler could use younger ones, which are gone by then.
  bool is_shut_down() const noexcept
  {
    return is_shut_down_;
  }

  // Do what a call into a core demands of its caller. Not inline: most calls
  // demand nothing, and need not save registers for it.
  BOOST_NOINLINE void finish(pooled_core& core, completions<>& done) noexcept
  {
    pooled_core::free_cells(done);
    if (!done.ready.empty())
    {
      operation_queue operations;
      if (const std::size_t count = sort(done, operations))
        platform_.deliver(operations, count == 1);
    }
    if (done.retired)
      recycle(core);
  }

private:
  // Operations are taken out of every core before the first one is destroyed,
  // as their handlers may do anything to the objects.
  void shutdown() noexcept override
  {
    platform_.shutdown_futexes();
    is_shut_down_ = true;

    operation_queue operations;
    for (pooled_core* core = first(); core != nullptr; core = core->next_)
    {
      completions<> done;
      core->abandon_(*core, done);
      pooled_core::free_cells(done);
      sort(done, operations);
    }
    platform_.abandon(operations);
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

  pooled_core* first() noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    return all_;
  }

  void recycle(pooled_core& core) noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    core.next_free_ = std::exchange(free_[std::size_t(core.kind_)], &core);
  }

  platform_service& platform_;

  // Set by the one thread that destroys the context.
  bool is_shut_down_ = false;

  // Protects the lists; no queue is touched while it is held.
  std::mutex mutex_;
  std::array<pooled_core*, 4> free_{};
  pooled_core* all_ = nullptr;
};

// What one call into a core completes; delivered as it goes out of scope.
class batch : public completions<>
{
public:
  explicit batch(pooled_core& core) noexcept
    : core_(core)
  {
  }

  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  ~batch()
  {
    if (!ready.empty() || dead_cells != nullptr || retired)
      core_.service().finish(core_, *this);
  }

private:
  pooled_core& core_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_SYNC_SERVICE_HPP
