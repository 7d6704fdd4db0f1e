// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_WIN_CONDITION_VARIABLE_HPP
#define ASIO_SYNC_DETAIL_WIN_CONDITION_VARIABLE_HPP

#include <asio_sync/detail/asio.hpp>

#if ASIO_SYNC_HAS_IOCP

# include <algorithm>
# include <chrono>
# include <mutex>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// std::mutex and std::condition_variable, as far as a blocking wait needs them,
// with nothing to be made or destroyed. Those of winpthreads make two
// semaphores of the kernel when one is waited for first, and spin on one lock
// of the process meanwhile.
class win_mutex
{
public:
  win_mutex() = default;
  win_mutex(const win_mutex&) = delete;
  win_mutex& operator=(const win_mutex&) = delete;

  void lock() noexcept
  {
    ::AcquireSRWLockExclusive(&lock_);
  }

  void unlock() noexcept
  {
    ::ReleaseSRWLockExclusive(&lock_);
  }

  SRWLOCK* native_handle() noexcept
  {
    return &lock_;
  }

private:
  SRWLOCK lock_ = SRWLOCK_INIT;
};

class win_condition_variable
{
public:
  win_condition_variable() = default;
  win_condition_variable(const win_condition_variable&) = delete;
  win_condition_variable& operator=(const win_condition_variable&) = delete;

  void notify_one() noexcept
  {
    ::WakeConditionVariable(&condition_);
  }

  template <typename Predicate>
  void wait(std::unique_lock<win_mutex>& lock, Predicate predicate)
  {
    while (!predicate())
      sleep(lock, INFINITE);
  }

  // May return early.
  template <typename Clock, typename Duration>
  void wait_until(std::unique_lock<win_mutex>& lock,
      const std::chrono::time_point<Clock, Duration>& time)
  {
    using std::chrono::milliseconds;
    constexpr milliseconds longest = std::chrono::hours(1);

    const auto now = Clock::now();
    if (now < time)
    {
      const auto left = std::chrono::ceil<milliseconds>(time - now);
      sleep(lock, static_cast<DWORD>((std::min)(left, longest).count()));
    }
  }

private:
  void sleep(std::unique_lock<win_mutex>& lock, DWORD milliseconds) noexcept
  {
    (void)::SleepConditionVariableSRW(
        &condition_, lock.mutex()->native_handle(), milliseconds, 0);
  }

  CONDITION_VARIABLE condition_ = CONDITION_VARIABLE_INIT;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_IOCP

#endif // ASIO_SYNC_DETAIL_WIN_CONDITION_VARIABLE_HPP
