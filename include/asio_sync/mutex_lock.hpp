// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_MUTEX_LOCK_HPP
#define ASIO_SYNC_MUTEX_LOCK_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/blocking_acquire.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/fwd.hpp>

#include <chrono>
#include <mutex>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// Owns a mutex, and unlocks it when it is destroyed.
/**
 * It has the interface of @c std::unique_lock, and is what
 * basic_async_mutex::async_scoped_lock() gives and a condition variable waits
 * with. Unlike @c std::unique_lock, it may outlive the mutex, as in a coroutine
 * that is destroyed late: to unlock does nothing then, and to lock is an error.
 * So it knows no address of the mutex, and has no member @c mutex(). A mutex
 * may be moved under it. It must not outlive the execution context of the
 * mutex, unless it belongs to none.
 *
 * A lock that is waiting with a condition variable owns nothing, and must not
 * be used, moved or destroyed before that operation's handler is called or
 * destroyed.
 *
 * @par Thread Safety
 * @e Distinct @e objects: Safe.@n
 * @e Shared @e objects: Unsafe.
 * It may be unlocked in another thread than the one in which it was locked.
 *
 * @par Example
 * @code
 * asio_sync::mutex_lock lock = co_await mutex.async_scoped_lock(use_awaitable);
 * co_await write(socket, state);
 * // Unlocked here, also if an exception was thrown.
 * @endcode
 */
class [[nodiscard]] mutex_lock
{
public:
  /// Construct a lock that belongs to no mutex.
  mutex_lock() = default;

  /// Lock a mutex, blocking the calling thread.
  /**
   * @throws system_error As basic_async_mutex::lock().
   */
  template <typename Executor>
  explicit mutex_lock(basic_async_mutex<Executor>& mutex)
    : mutex_lock(mutex, std::defer_lock)
  {
    lock();
  }

  /// Belong to a mutex without locking it.
  template <typename Executor>
  mutex_lock(basic_async_mutex<Executor>& mutex, std::defer_lock_t) noexcept
    : grant_(*mutex.core_, mutex.core_->generation(), 0)
  {
  }

  /// Lock a mutex if that needs no waiting.
  template <typename Executor>
  mutex_lock(basic_async_mutex<Executor>& mutex, std::try_to_lock_t)
    : mutex_lock(mutex, std::defer_lock)
  {
    (void)try_lock();
  }

  /// Take over the ownership that the caller has, as of async_lock().
  template <typename Executor>
  mutex_lock(basic_async_mutex<Executor>& mutex, std::adopt_lock_t) noexcept
    : grant_(*mutex.core_, mutex.core_->generation(), 1)
  {
  }

  /// Lock a mutex, blocking the calling thread at most for a time.
  /**
   * @throws system_error As basic_async_mutex::try_lock_for().
   */
  template <typename Executor, typename Rep, typename Period>
  mutex_lock(basic_async_mutex<Executor>& mutex,
      const std::chrono::duration<Rep, Period>& rel_time)
    : mutex_lock(mutex, std::defer_lock)
  {
    (void)try_lock_for(rel_time);
  }

  /// Lock a mutex, blocking the calling thread at most until a time.
  /**
   * @throws system_error As basic_async_mutex::try_lock_until().
   */
  template <typename Executor, typename Clock, typename Duration>
  mutex_lock(basic_async_mutex<Executor>& mutex,
      const std::chrono::time_point<Clock, Duration>& abs_time)
    : mutex_lock(mutex, std::defer_lock)
  {
    (void)try_lock_until(abs_time);
  }

  /// Take ownership over. The other lock belongs to no mutex then.
  mutex_lock(mutex_lock&& other) = default;

  /// Unlock what is owned, and take ownership over.
  mutex_lock& operator=(mutex_lock&& other) = default;

  /// Unlock what is owned.
  ~mutex_lock() = default;

  /// Lock the mutex, blocking the calling thread.
  /**
   * @throws system_error @c operation_not_permitted if there is no mutex, or
   * not any more; @c resource_deadlock_would_occur if the lock owns it already;
   * and as basic_async_mutex::lock().
   */
  void lock()
  {
    detail::throw_error(lock_until(detail::no_expiry(), "lock"), "lock");
  }

  /// Lock the mutex if that needs no waiting.
  /**
   * @returns Whether it was locked. As that of basic_async_mutex::try_lock().
   *
   * @throws system_error @c operation_not_permitted if there is no mutex, or
   * not any more; @c resource_deadlock_would_occur if the lock owns it already.
   */
  [[nodiscard]] bool try_lock()
  {
    check_lockable("try_lock");
    return own(grant_.core().try_acquire(1));
  }

  /// Lock the mutex, blocking the calling thread at most for a time.
  /**
   * @returns Whether it was locked.
   *
   * @throws system_error As lock().
   */
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_lock_for(
      const std::chrono::duration<Rep, Period>& rel_time)
  {
    return try_lock_timed(rel_time, "try_lock_for");
  }

  /// Lock the mutex, blocking the calling thread at most until a time.
  /**
   * @returns Whether it was locked.
   *
   * @throws system_error As lock().
   */
  template <typename Clock, typename Duration>
  [[nodiscard]] bool try_lock_until(
      const std::chrono::time_point<Clock, Duration>& abs_time)
  {
    return try_lock_timed(abs_time, "try_lock_until");
  }

  /// Unlock the mutex. The lock still belongs to it.
  /**
   * @throws system_error @c operation_not_permitted if the lock does not own
   * the mutex, or if that was unlocked by other means.
   *
   * @par Memory Ordering
   * As basic_async_mutex::unlock().
   */
  void unlock()
  {
    if (!owns_lock() || !grant_.release())
      detail::throw_error(
          make_error_code(sys::errc::operation_not_permitted), "unlock");
  }

  /// Exchange two locks.
  void swap(mutex_lock& other) noexcept
  {
    grant_.swap(other.grant_);
  }

  /// Belong to no mutex any more, without unlocking it.
  /**
   * @returns Whether the mutex was owned; the caller must unlock it then.
   */
  bool release() noexcept
  {
    const bool owned = owns_lock();
    grant_.forget();
    return owned;
  }

  /// Whether the lock owns a mutex, or owned one that was destroyed since.
  bool owns_lock() const noexcept
  {
    return grant_.count() != 0;
  }

  /// Whether the lock owns a mutex, or owned one that was destroyed since.
  explicit operator bool() const noexcept
  {
    return owns_lock();
  }

private:
  template <typename>
  friend class basic_async_condvar;
  friend struct detail::complete_with_owner<mutex_lock>;

  explicit mutex_lock(detail::grant&& g) noexcept
    : grant_(std::move(g))
  {
  }

  void check_lockable(const char* location) const
  {
    if (!grant_.has_core() || !grant_.is_current())
      detail::throw_error(
          make_error_code(sys::errc::operation_not_permitted), location);
    if (owns_lock())
      detail::throw_error(
          make_error_code(sys::errc::resource_deadlock_would_occur), location);
  }

  template <typename Expiry>
  error_code lock_until(const Expiry& expiry, const char* location)
  {
    check_lockable(location);
    const error_code ec = detail::acquire_blocking(grant_.core(), 1, expiry);
    (void)own(!ec);
    return ec;
  }

  template <typename Expiry>
  bool try_lock_timed(const Expiry& expiry, const char* location)
  {
    return detail::is_in_time(lock_until(expiry, location), location);
  }

  bool own(bool is_locked) noexcept
  {
    if (is_locked)
      grant_ = detail::grant(grant_.core(), grant_.generation(), 1);
    return is_locked;
  }

  detail::grant grant_;
};

/// Exchange two locks.
inline void swap(mutex_lock& a, mutex_lock& b) noexcept
{
  a.swap(b);
}

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_MUTEX_LOCK_HPP
