// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_THREAD_WAITER_HPP
#define ASIO_SYNC_DETAIL_THREAD_WAITER_HPP

#include <asio_sync/detail/platform_service.hpp>
#include <asio_sync/detail/waiter.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A waiter on the stack of a thread that blocks until it is complete. It needs
// no event loop.
class thread_waiter : public waiter<>
{
  using mutex = platform_service::mutex;

public:
  template <typename... Args>
  explicit thread_waiter(Args... args) noexcept
    : waiter<>(kind::thread_waiter, args...)
  {
  }

  // Unblock the thread, which may then destroy this.
  void wake() noexcept
  {
    // Notified with the mutex locked, so that the thread can not get away
    // before.
    const std::lock_guard<mutex> lock(mutex_);
    is_complete_ = true;
    complete_.notify_one();
  }

  // The waiter may be handed over again after this. Before, it may be queued:
  // nothing may unwind its stack, not even the cancellation of the thread.
  void wait() noexcept
  {
    std::unique_lock<mutex> lock(mutex_);
    complete_.wait(lock, [this] { return is_complete_; });
    is_complete_ = false;
  }

  // As wait(), and have the waiter cancelled when the time comes: its core then
  // completes it at once, unless it just did. What the clock throws is passed
  // on, after the waiter was cancelled, and undo() has dealt with its result.
  template <typename Clock, typename Duration, typename Cancellation,
      typename Undo>
  void wait_until(const std::chrono::time_point<Clock, Duration>& time,
      Cancellation& cancel, Undo undo)
  {
    try
    {
      if (!is_complete_before(time))
        cancel.request();
    }
    catch (...)
    {
      cancel.request();
      wait();
      undo();
      throw;
    }
    wait();
  }

private:
  // Returns false if the time came first. Waits for about an hour at most and
  // then again: std adds what is left to the time of another clock, and would
  // overflow.
  template <typename Clock, typename Duration>
  [[nodiscard]] bool is_complete_before(
      const std::chrono::time_point<Clock, Duration>& time)
  {
    constexpr std::chrono::hours hour(1);

    std::unique_lock<mutex> lock(mutex_);
    while (!is_complete_)
    {
      const auto now = Clock::now();
      if (now >= time)
        return false;
      if (now.time_since_epoch() >= (Duration::max)() - hour)
        complete_.wait_until(lock, time);
      else
        complete_.wait_until(
            lock, (std::min)(time, std::chrono::ceil<Duration>(now + hour)));
    }
    return true;
  }

  mutex mutex_;
  platform_service::condition_variable complete_;
  bool is_complete_ = false;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_THREAD_WAITER_HPP
