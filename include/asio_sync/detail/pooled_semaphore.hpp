// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_POOLED_SEMAPHORE_HPP
#define ASIO_SYNC_DETAIL_POOLED_SEMAPHORE_HPP

#include <asio_sync/detail/semaphore_core.hpp>
#include <asio_sync/detail/sync_service.hpp>

#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A core of a semaphore or of a mutex. Every function delivers what it
// completes.
//
// It stands alone on its cache lines: objects that are used by different
// threads do not disturb each other.
class alignas(64) pooled_semaphore : private semaphore_core<>,
                                     public pooled_core
{
  using core = semaphore_core<>;

public:
  using core::available;
  using core::claim;
  using core::drain;
  using core::generation;
  using core::generation_type;
  using core::is_closed;
  using core::max_permits;
  using core::try_acquire;
  using core::try_acquire_if_open;
  using core::try_grant;
  using core::waiters;

  static pooled_semaphore& create(sync_service& service, std::uint32_t permits)
  {
    auto& created =
        service.take<pooled_semaphore>(core_kind::semaphore, max_permits);
    created.open(permits);
    return created;
  }

  static pooled_semaphore& create_mutex(sync_service& service)
  {
    auto& created =
        service.take<pooled_semaphore>(core_kind::mutex, std::uint32_t(1));
    created.open(1);
    return created;
  }

  void wait(waiter<>& w) noexcept
  {
    if (w.get_kind() == inbox_node::kind::operation_waiter)
      service().platform().work_started();

    batch done(*this);
    core::acquire(w, done);
  }

  [[nodiscard]] bool release(std::uint32_t n) noexcept
  {
    return core::try_release(n) || release_and_serve(n);
  }

  [[nodiscard]] bool release(
      std::uint32_t n, generation_type generation) noexcept
  {
    batch done(*this);
    return core::release(n, generation, done);
  }

  void reduce(std::uint32_t n) noexcept
  {
    batch done(*this);
    core::reduce(n, done);
  }

  void close() noexcept
  {
    batch done(*this);
    core::close(done);
  }

  void cancel_all() noexcept
  {
    batch done(*this);
    core::cancel_all(done);
  }

  void cancel(cancellation_cell<>& cell) noexcept
  {
    batch done(*this);
    core::cancel(cell, done);
  }

  // End life as an object: waiters complete with aborted, and the core goes
  // back to the pool. Requires: nobody uses it as an object any more.
  void retire() noexcept
  {
    batch done(*this);
    core::retire(done);
  }

  // What waiters know of it.
  core& as_grantor() noexcept
  {
    return *this;
  }

  static pooled_semaphore& of(core& grantor) noexcept
  {
    return static_cast<pooled_semaphore&>(grantor);
  }

  // Queue waiters of a condition variable that have left home.
  void acquire_again(waiters_type& ws) noexcept
  {
    batch done(*this);
    core::acquire(ws, done);
  }

private:
  friend class sync_service;

  pooled_semaphore(
      sync_service& service, core_kind kind, std::uint32_t limit) noexcept
    : core(limit),
      pooled_core(service, kind, &pooled_semaphore::do_abandon,
          &pooled_semaphore::do_destroy)
  {
  }

  static void do_abandon(pooled_core& base, completions<>& done) noexcept
  {
    static_cast<pooled_semaphore&>(base).core::abandon(done);
  }

  static void do_destroy(pooled_core& base) noexcept
  {
    delete static_cast<pooled_semaphore*>(&base);
  }

  bool release_and_serve(std::uint32_t n) noexcept
  {
    batch done(*this);
    return core::release(n, done);
  }
};

// Detach a waiter, which is in no queue and was not claimed, from its cell.
// Returns how it ends: as given, unless it was cancelled.
inline wait_result claim(waiter<>& w, wait_result result) noexcept
{
  completions<> done;
  result = pooled_semaphore::claim(w, result, done);
  pooled_core::free_cells(done);
  return result;
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_POOLED_SEMAPHORE_HPP
