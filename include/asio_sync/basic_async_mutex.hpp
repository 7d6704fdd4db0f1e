// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_BASIC_ASYNC_MUTEX_HPP
#define ASIO_SYNC_BASIC_ASYNC_MUTEX_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/blocking_acquire.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/initiate_acquire.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/detail/sync_service.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/fwd.hpp>
#include <asio_sync/mutex_lock.hpp>

#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// A mutex that is waited for as I/O is.
/**
 * It is locked in the order in which that was asked for, and nobody gets in
 * ahead of a waiting operation: unlock() hands it over. It belongs to no
 * thread, so it may be unlocked in another one than it was locked in, and it is
 * not recursive.
 *
 * It meets the requirements of @e TimedLockable: @c std::unique_lock,
 * @c std::scoped_lock and @c std::lock work, and block the calling thread.
 *
 * A mutex must not outlive its execution context, and neither must the
 * completion of an operation, wherever it is queued: one whose handler is bound
 * to another context uses this one until the handler is called or destroyed.
 * When a mutex is destroyed, its waiting operations complete with
 * @c net::error::operation_aborted.
 *
 * Here, @c net stands for @c asio or @c boost::asio, and @c error_code for that
 * library's error code.
 *
 * @par Thread Safety
 * @e Distinct @e objects: Safe.@n
 * @e Shared @e objects: Safe, except for destruction and move.
 * No function waits for another thread, apart from those that are said to
 * block. A thread that is blocked must not be cancelled (@c pthread_cancel). To
 * move, assign or destroy a mutex while another thread uses it, or to use it in
 * another thread while its execution context is being destroyed, is undefined.
 * So is to move one that is locked by other means than a mutex_lock, as
 * @c std::unique_lock knows its address.
 *
 * @par Memory Ordering
 * What happened before a mutex was unlocked is visible to who locks it next.
 *
 * @par Example
 * @code
 * asio_sync::async_mutex mutex(ctx);
 *
 * awaitable<void> send(message m)
 * {
 *   auto lock = co_await mutex.async_scoped_lock(use_awaitable);
 *   co_await async_write(socket, header(m), use_awaitable);
 *   co_await async_write(socket, body(m), use_awaitable);
 * }
 * @endcode
 */
template <typename Executor>
class basic_async_mutex
{
  using default_token = detail::default_token<Executor>;

public:
  /// The type of the executor associated with the object.
  using executor_type = Executor;

  /// Rebinds the mutex type to another executor.
  template <typename Executor1>
  struct rebind_executor
  {
    /// The mutex type when rebound to the specified executor.
    using other = basic_async_mutex<Executor1>;
  };

  /// Construct a mutex that is not locked.
  /**
   * @param ex The executor on which handlers run by default.
   */
  explicit basic_async_mutex(const executor_type& ex)
    : executor_(ex),
      core_(&core_type::create_mutex(
          net::use_service<detail::sync_service>(detail::context_of(ex))))
  {
  }

  /// Construct a mutex that is not locked.
  /**
   * @param context The execution context on which handlers run by default.
   */
  template <typename ExecutionContext,
      std::enable_if_t<
          std::is_convertible_v<ExecutionContext&, net::execution_context&>,
          int> = 0>
  explicit basic_async_mutex(ExecutionContext& context)
    : basic_async_mutex(executor_type(context.get_executor()))
  {
  }

  /// Move a mutex, with its waiting operations and whoever owns it.
  /**
   * The other one is left as if constructed with the same executor.
   */
  basic_async_mutex(basic_async_mutex&& other)
    : basic_async_mutex(other.executor_)
  {
    std::swap(core_, other.core_);
  }

  /// Move a mutex from one with another type of executor.
  template <typename Executor1,
      std::enable_if_t<std::is_convertible_v<Executor1, Executor>, int> = 0>
  basic_async_mutex(basic_async_mutex<Executor1>&& other)
    : basic_async_mutex(executor_type(other.executor_))
  {
    std::swap(core_, other.core_);
  }

  /// Move a mutex. Operations that wait for this one are aborted.
  basic_async_mutex& operator=(basic_async_mutex&& other)
  {
    basic_async_mutex(std::move(other)).swap(*this);
    return *this;
  }

  /// Destroy the mutex. Waiting operations are aborted.
  /**
   * It may be locked. A mutex_lock that owns it does nothing then.
   */
  ~basic_async_mutex()
  {
    core_->retire();
  }

  /// Get the executor associated with the object.
  executor_type get_executor() const noexcept
  {
    return executor_;
  }

  /// Lock the mutex, waiting until nobody owns it.
  /**
   * Waiting operations are served in the order in which they were started. The
   * handler's code owns the mutex, and must unlock() it.
   *
   * @param token The completion token. Unless its immediate executor says so,
   * the handler is not called from inside this function.
   *
   * @par Completion Signature
   * @code void(error_code) @endcode
   * An error means that the mutex was not locked:
   *
   * @li @c net::error::operation_aborted: the operation was cancelled, or the
   * mutex was destroyed.
   *
   * @par Per-Operation Cancellation
   * Supports @c terminal, @c partial and @c total. A cancelled operation does
   * not own the mutex, and holds back nobody. A signal that arrives after the
   * mutex has been handed over has no effect.
   *
   * If the handler is destroyed without having been called, the mutex is
   * unlocked.
   */
  template <typename LockToken = default_token>
  auto async_lock(LockToken&& token = LockToken())
  {
    return initiate<detail::complete_with_error>(
        detail::no_expiry(), std::forward<LockToken>(token));
  }

  /// Lock the mutex, or stop waiting after a time.
  /**
   * As async_lock(), and completes with @c net::error::timed_out if the mutex
   * was not handed over in time.
   *
   * @param rel_time How long to wait, from when the operation starts.
   */
  template <typename Rep, typename Period, typename LockToken = default_token>
  auto async_lock_for(const std::chrono::duration<Rep, Period>& rel_time,
      LockToken&& token = LockToken())
  {
    return initiate<detail::complete_with_error>(
        rel_time, std::forward<LockToken>(token));
  }

  /// Lock the mutex, or stop waiting at a time.
  /**
   * As async_lock(), and completes with @c net::error::timed_out if the mutex
   * was not handed over in time.
   *
   * @param abs_time When to stop waiting. Neither @c Clock::now() nor the
   * @c wait_traits of the clock may throw, as Asio does not survive that.
   */
  template <typename Clock, typename Duration,
      typename LockToken = default_token>
  auto async_lock_until(
      const std::chrono::time_point<Clock, Duration>& abs_time,
      LockToken&& token = LockToken())
  {
    return initiate<detail::complete_with_error>(
        abs_time, std::forward<LockToken>(token));
  }

  /// Lock the mutex, and own it.
  /**
   * As async_lock(), but the handler gets an object that unlocks the mutex when
   * it is destroyed. With an error, it belongs to no mutex.
   *
   * @par Completion Signature
   * @code void(error_code, mutex_lock) @endcode
   */
  template <typename LockToken = default_token>
  auto async_scoped_lock(LockToken&& token = LockToken())
  {
    return initiate<detail::complete_with_owner<mutex_lock>>(
        detail::no_expiry(), std::forward<LockToken>(token));
  }

  /// Lock the mutex and own it, or stop waiting after a time.
  template <typename Rep, typename Period, typename LockToken = default_token>
  auto async_scoped_lock_for(const std::chrono::duration<Rep, Period>& rel_time,
      LockToken&& token = LockToken())
  {
    return initiate<detail::complete_with_owner<mutex_lock>>(
        rel_time, std::forward<LockToken>(token));
  }

  /// Lock the mutex and own it, or stop waiting at a time.
  /**
   * @param abs_time As that of async_lock_until().
   */
  template <typename Clock, typename Duration,
      typename LockToken = default_token>
  auto async_scoped_lock_until(
      const std::chrono::time_point<Clock, Duration>& abs_time,
      LockToken&& token = LockToken())
  {
    return initiate<detail::complete_with_owner<mutex_lock>>(
        abs_time, std::forward<LockToken>(token));
  }

  /// Lock the mutex, blocking the calling thread.
  /**
   * Needs no thread that runs the execution context, and takes its turn among
   * the waiting operations. In destructors of handlers, as
   * basic_async_semaphore::acquire().
   *
   * @throws system_error @c net::error::operation_aborted if cancel() was
   * called, or if it had to wait while the mutex's context is being destroyed;
   * and @c resource_deadlock_would_occur if it had to wait on the only thread
   * that may run that context (one with a concurrency hint of 1).
   */
  void lock()
  {
    error_code ec;
    lock(ec);
    detail::throw_error(ec, "lock");
  }

  /// @copydoc lock()
  void lock(error_code& ec)
  {
    ec = detail::acquire_blocking(*core_, 1, detail::no_expiry());
  }

  /// Lock the mutex if that needs no waiting.
  /**
   * @returns Whether it was locked. May fail, as that of @c std::mutex,
   * although nobody owns the mutex, if another thread uses it at the same time.
   */
  [[nodiscard]] bool try_lock() noexcept
  {
    return core_->try_acquire(1);
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
   * @throws system_error As lock(). What @c Clock::now() throws is passed on,
   * and the mutex is not locked.
   */
  template <typename Clock, typename Duration>
  [[nodiscard]] bool try_lock_until(
      const std::chrono::time_point<Clock, Duration>& abs_time)
  {
    return try_lock_timed(abs_time, "try_lock_until");
  }

  /// Unlock the mutex, and hand it over to the oldest waiting operation.
  /**
   * Its handler is not called from inside this function. To unlock a mutex that
   * somebody else owns is undefined, as for @c std::mutex.
   *
   * @throws system_error @c operation_not_permitted if nobody owns the mutex;
   * nothing is changed then.
   */
  void unlock()
  {
    error_code ec;
    unlock(ec);
    detail::throw_error(ec, "unlock");
  }

  /// @copydoc unlock()
  void unlock(error_code& ec)
  {
    ec = core_->release(1)
        ? error_code()
        : make_error_code(sys::errc::operation_not_permitted);
  }

  /// Get the number of waiting operations, including threads that are blocked,
  /// operations that another thread is just starting, and waits for a condition
  /// variable that were notified. A snapshot.
  std::size_t waiters() const noexcept
  {
    return core_->waiters();
  }

  /// Abort all operations that were started before, and unblock threads.
  /**
   * They complete with @c net::error::operation_aborted. An operation that is
   * started after this function has returned is not affected, and neither are
   * waits for a condition variable.
   */
  void cancel() noexcept
  {
    core_->cancel_all();
  }

private:
  template <typename>
  friend class basic_async_mutex;
  friend class mutex_lock;

  using core_type = detail::pooled_semaphore;

  template <typename Upcall, typename Expiry, typename Token>
  auto initiate(const Expiry& expiry, Token&& token)
  {
    return detail::async_acquire<Upcall>(
        executor_, *core_, 1, expiry, std::forward<Token>(token));
  }

  template <typename Expiry>
  bool try_lock_timed(const Expiry& expiry, const char* location)
  {
    return detail::is_in_time(
        detail::acquire_blocking(*core_, 1, expiry), location);
  }

  void swap(basic_async_mutex& other)
  {
    std::swap(executor_, other.executor_);
    std::swap(core_, other.core_);
  }

  executor_type executor_;
  core_type* core_;
};

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_BASIC_ASYNC_MUTEX_HPP
