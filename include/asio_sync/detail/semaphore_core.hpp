// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_SEMAPHORE_CORE_HPP
#define ASIO_SYNC_DETAIL_SEMAPHORE_CORE_HPP

#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/waiter_queue.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A weighted semaphore over a waiter_queue.
//
//   bits of word_ | meaning
//   --------------+-----------------------------------------------------------
//   0-2           | WAITERS, SERVING, DIRTY: see waiter_queue
//   3 DEBT        | reduce() asked for permits that were not free; they are
//                 | paid before anybody gets one. Cleared by the server
//   4 CLOSED      | waiting is refused until the core is retired
//   5-35 permits  | those that are free
//   36-63         | generation: changes when the core is retired, so that a
//                 | permit that outlived its object gives back nothing
//
// Permits are taken without entering only while WAITERS, SERVING and DEBT are
// clear, so nobody gets in ahead of a waiter.
//
// Taking permits is an acquire, giving them back a release, and they pair with
// each other: what happened before a permit was given back is visible to who
// gets it.
template <template <typename> class Atomic = std::atomic>
class semaphore_core : public waiter_queue<semaphore_core<Atomic>, Atomic>
{
  using base = waiter_queue<semaphore_core<Atomic>, Atomic>;
  friend base;
  using typename base::word;

public:
  using typename base::completions_type;
  using typename base::waiter_type;
  using typename base::waiters_type;

  static constexpr std::uint32_t max_permits = 0x7fffffff;

  // Whom release() believes.
  using generation_type = std::uint32_t;

  // limit: how many permits may be free; one makes it a mutex.
  explicit semaphore_core(std::uint32_t limit = max_permits) noexcept
    : limit_(limit)
  {
  }

  // Begin life as an object. Requires: the core is fresh or was recycled.
  void open(std::uint32_t permits) noexcept
  {
    // An addition, as a late ring may be inside.
    word_.fetch_add(word(permits) << permits_shift, std::memory_order_relaxed);
  }

  // Does not change while the object lives.
  generation_type generation() const noexcept
  {
    return generation_of(load());
  }

  // A snapshot.
  std::uint32_t available() const noexcept
  {
    return permits_of(load());
  }

  bool is_closed() const noexcept
  {
    return (load() & closed_flag) != 0;
  }

  // Take n permits if nobody is to be waited for. May fail spuriously while
  // another thread is inside.
  [[nodiscard]] bool try_acquire(std::uint32_t n) noexcept
  {
    return try_take(n, n == 0 ? 0 : busy_flags);
  }

  // As try_acquire(), but fails if the core is closed.
  [[nodiscard]] bool try_acquire_if_open(std::uint32_t n) noexcept
  {
    return try_take(n, closed_flag | (n == 0 ? 0 : busy_flags));
  }

  // Grant a waiter of a condition variable, which has left home, its permits if
  // nobody is to be waited for. As try_acquire(), and fails if the core was
  // retired since the waiter's generation.
  [[nodiscard]] bool try_grant(waiter_type& w) noexcept
  {
    word seen = load();
    do
    {
      if ((seen & busy_flags) != 0 || permits_of(seen) < w.permits_
          || generation_of(seen) != w.generation_)
        return false;
    }
    while (!take(seen, w.permits_));
    w.result_ = wait_result::granted;
    return true;
  }

  // Wait for permits. The waiter completes with granted, aborted, timed_out or
  // closed.
  void acquire(waiter_type& w, completions_type& done) noexcept
  {
    this->enqueue(w, done);
  }

  // As above, for several, in their order. The list is emptied.
  void acquire(waiters_type& ws, completions_type& done) noexcept
  {
    this->enqueue(ws, done);
  }

  // Give n permits back if nobody waits for them and there are not too many.
  [[nodiscard]] bool try_release(std::uint32_t n) noexcept
  {
    word seen = load();
    do
    {
      if ((seen & busy_flags) != 0 || n > limit_ - permits_of(seen))
        return false;
    }
    while (!put(seen, n));
    return true;
  }

  // Give n permits back. Returns false, with nothing changed, if more of them
  // would be free than the limit allows, before any waiter is served. Those
  // that a server has granted are free until it leaves.
  [[nodiscard]] bool release(std::uint32_t n, completions_type& done) noexcept
  {
    return give(n, 0, 0, done);
  }

  // As above, but does nothing if the core was retired since that generation.
  [[nodiscard]] bool release(std::uint32_t n, generation_type generation,
      completions_type& done) noexcept
  {
    return give(n, generation_mask, word(generation) << generation_shift, done);
  }

  // Take up to n permits, if nobody is to be waited for. Returns how many, and
  // 0 while another thread is inside.
  std::uint32_t drain(std::uint32_t n) noexcept
  {
    word seen = load();
    for (;;)
    {
      const std::uint32_t taken = (std::min)(n, permits_of(seen));
      if (taken == 0 || (seen & busy_flags) != 0)
        return 0;
      if (take(seen, taken))
        return taken;
    }
  }

  // Take n permits for ever: now those that are free, and the others, before
  // any waiter gets one, when they are released.
  void reduce(std::uint32_t n, completions_type& done) noexcept
  {
    if (try_acquire(n))
      return;

    // Relaxed: published by the ring.
    debt_.fetch_add(n, std::memory_order_relaxed);
    this->ring(debt_flag, done);
  }

  // Refuse waiting from now on, and complete those who wait.
  void close(completions_type& done) noexcept
  {
    this->ring(closed_flag, done);
  }

private:
  using base::word_;

  static constexpr word debt_flag = word(1) << base::used_bits;
  static constexpr word closed_flag = debt_flag << 1;
  static constexpr int permits_shift = base::used_bits + 2;
  static constexpr int generation_shift = permits_shift + 31;
  static constexpr word generation_mask = ~word(0) << generation_shift;
  static constexpr word busy_flags =
      base::waiters_flag | base::serving_flag | debt_flag;

  static constexpr std::uint32_t permits_of(word w) noexcept
  {
    return std::uint32_t(w >> permits_shift) & max_permits;
  }

  static constexpr generation_type generation_of(word w) noexcept
  {
    return generation_type(w >> generation_shift);
  }

  // Relaxed: a snapshot, or the start of a compare-exchange.
  word load() const noexcept
  {
    return word_.load(std::memory_order_relaxed);
  }

  // Acquire pairs with the release in put(), and with the server that leaves
  // behind what it was given.
  bool take(word& seen, std::uint32_t n) noexcept
  {
    return word_.compare_exchange_weak(seen, seen - (word(n) << permits_shift),
        std::memory_order_acquire, std::memory_order_relaxed);
  }

  // Release pairs with the acquire in take() and enter().
  bool put(word& seen, std::uint32_t n) noexcept
  {
    return word_.compare_exchange_weak(seen, seen + (word(n) << permits_shift),
        std::memory_order_release, std::memory_order_relaxed);
  }

  bool try_take(std::uint32_t n, word blockers) noexcept
  {
    word seen = load();
    do
    {
      if ((seen & blockers) != 0 || permits_of(seen) < n)
        return false;
    }
    while (n != 0 && !take(seen, n));
    return true;
  }

  bool give(
      std::uint32_t n, word mask, word match, completions_type& done) noexcept
  {
    word seen = load();
    for (;;)
    {
      if ((seen & mask) != match || n == 0)
        return true;
      if (n > limit_ - permits_of(seen))
        return false;

      const word next = seen + (word(n) << permits_shift);
      if ((seen & busy_flags) == 0)
      {
        if (put(seen, n))
          return true;
      }
      else if ((seen & base::serving_flag) != 0)
      {
        if (this->delegate(seen, next))
          return true;
      }
      else if (this->enter(seen, next))
      {
        this->serve(next | base::serving_flag, done);
        return true;
      }
    }
  }

  // For waiter_queue, here and below.
  static constexpr bool completes_waiters = true;
  static constexpr wait_result when_not_admitted = wait_result::aborted;

  // A waiter that has left home may come when the mutex is gone. Relaxed: only
  // the server changes the generation.
  bool admit(const waiter_type& w, completions_type&) const noexcept
  {
    return !w.is_away_ || w.generation_ == generation();
  }

  void on_end(bool /*retired*/) noexcept
  {
  }

  // Debt is paid first; then the oldest waiter blocks those behind it.
  word settle(word seen, completions_type& done) noexcept
  {
    const std::uint32_t before = permits_of(seen);
    std::uint32_t free = before;

    if ((seen & debt_flag) != 0)
    {
      // Relaxed: only the server lowers the debt, and what was added and rung
      // is visible to it.
      const auto paid = std::uint32_t(
          std::min<std::uint64_t>(free, debt_.load(std::memory_order_relaxed)));
      debt_.fetch_sub(paid, std::memory_order_relaxed);
      free -= paid;
    }

    if ((seen & closed_flag) != 0)
      (void)this->finish_all(wait_result::closed, done);

    while (!this->is_empty() && this->front().permits() <= free)
    {
      waiter_type& w = this->front();
      w.generation_ = generation_of(seen);
      if (this->grant_front(done))
        free -= w.permits();
    }

    return word(before - free) << permits_shift;
  }

  // Relaxed: a debt that is not seen here is yet to be rung.
  word leaving(word next) const noexcept
  {
    return debt_.load(std::memory_order_relaxed) == 0 ? next & ~debt_flag
                                                      : next;
  }

  word retired(word seen) noexcept
  {
    debt_.store(0, std::memory_order_relaxed);
    return (seen & generation_mask) + (word(1) << generation_shift);
  }

  const std::uint32_t limit_;

  // Permits that reduce() has yet to take. Raised by anybody, before ringing;
  // lowered by the server.
  Atomic<std::uint64_t> debt_{0};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_SEMAPHORE_CORE_HPP
