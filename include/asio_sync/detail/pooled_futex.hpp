// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_POOLED_FUTEX_HPP
#define ASIO_SYNC_DETAIL_POOLED_FUTEX_HPP

#include <asio_sync/detail/futex_core.hpp>
#include <asio_sync/detail/futex_wait.hpp>
#include <asio_sync/detail/sync_service.hpp>

#include <atomic>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A core of a futex. Every function does what the core demands for the outer
// wait, and then delivers what it completes: so an operation that was cancelled
// is told when its word is not waited for any more, unless another thread is
// just about to see to that.
class alignas(64) pooled_futex final : private futex_core<std::atomic>,
                                       public pooled_core,
                                       private futex_wait_owner
{
  using core = futex_core<std::atomic>;

public:
  using core::futex_word;
  using core::waiters;

  static pooled_futex& create(sync_service& service, futex_word& target)
  {
    auto& created = service.take<pooled_futex>(
        core_kind::futex, &service.platform().futexes());
    created.open(target);
    return created;
  }

  // The word. Requires: it serves an object, whose owner calls this.
  futex_word& target() const noexcept
  {
    return const_cast<futex_word&>(core::target());
  }

  bool sees_foreign_wakes() const noexcept
  {
    return waits_.sees_foreign_wakes();
  }

  // Make sure that wait() can not fail.
  void prepare()
  {
    // Acquire, here and below, pairs with the release below.
    if (outer_.load(std::memory_order_acquire) != nullptr)
      return;

    std::unique_ptr<futex_wait> made = waits_.make(*this);
    futex_wait* none = nullptr;
    if (outer_.compare_exchange_strong(none, made.get(),
            std::memory_order_acq_rel, std::memory_order_acquire))
      (void)made.release();
  }

  // Requires: prepare() was called.
  void wait(waiter<>& w) noexcept
  {
    if (w.get_kind() == inbox_node::kind::operation_waiter)
      service().platform().work_started();

    batch done(*this);
    core::wait(w, done);
    act(done);
  }

  void notify(std::size_t n) noexcept
  {
    batch done(*this);
    core::notify(n, done);
    act(done);
  }

  void notify_all() noexcept
  {
    // Another object may have the core afterwards.
    const void* const target = &core::target();
    batch done(*this);
    core::notify_all(done);
    act(done);
    waits_.wake(target, INT_MAX);
  }

  void cancel_all() noexcept
  {
    batch done(*this);
    core::cancel_all(done);
    act(done);
  }

  void cancel(cancellation_cell<>& cell) noexcept
  {
    batch done(*this);
    core::cancel(cell, done);
    act(done);
  }

  // End life as an object: waiters complete with aborted, and the core goes
  // back to the pool. Requires: nobody uses it as an object any more.
  void retire() noexcept
  {
    batch done(*this);
    core::retire(done);
    act(done);
  }

private:
  friend class sync_service;

  pooled_futex(
      sync_service& service, core_kind kind, futex_waits* waits) noexcept
    : core(waits->is_woken_sooner()),
      pooled_core(
          service, kind, &pooled_futex::do_abandon, &pooled_futex::do_destroy),
      waits_(*waits)
  {
  }

  ~pooled_futex()
  {
    delete outer_.load(std::memory_order_relaxed);
  }

  static void do_abandon(pooled_core& base, completions<>& done) noexcept
  {
    static_cast<pooled_futex&>(base).core::shut_down(done);
  }

  static void do_destroy(pooled_core& base) noexcept
  {
    delete static_cast<pooled_futex*>(&base);
  }

  void ended(futex_wait_result how) noexcept override
  {
    batch done(*this);
    core::ended(how, done);
    act(done);
  }

  // Do what was demanded, and wake, until nothing is demanded any more. Wakes
  // come after the action, so that a wait that is cancelled does not consume
  // them, and before the core is told, which may serve another object then.
  void act(completions<>& done) noexcept
  {
    for (;;)
    {
      const bool must_act = std::exchange(done.must_act, false);
      if (must_act)
        act();
      if (const std::size_t n = std::exchange(done.wakes, 0))
        waits_.wake(done.word, n);
      if (const void* const at = std::exchange(done.passed_on, nullptr))
        waits_.wake(at, 1);
      if (!must_act)
        return;
      core::acted(done);
    }
  }

  void act() noexcept
  {
    // Relaxed: whoever queued a waiter had called prepare().
    futex_wait& outer = *outer_.load(std::memory_order_relaxed);
    const action next = core::to_do();
    if (next.starts)
      outer.start(raw(next.target), next.expected);
    else
      outer.cancel();
  }

  static const std::uint32_t* raw(const futex_word* word) noexcept
  {
    return reinterpret_cast<const std::uint32_t*>(word);
  }

  futex_waits& waits_;

  //   outer_  | meaning
  //   --------+------------------------------------
  //   nullptr | nobody has waited yet
  //   other   | where the tier waits; never changes
  std::atomic<futex_wait*> outer_{nullptr};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_POOLED_FUTEX_HPP
