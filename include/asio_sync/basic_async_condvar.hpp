// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_BASIC_ASYNC_CONDVAR_HPP
#define ASIO_SYNC_BASIC_ASYNC_CONDVAR_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/blocking_acquire.hpp>
#include <asio_sync/detail/blocking_wait.hpp>
#include <asio_sync/detail/condition.hpp>
#include <asio_sync/detail/condvar_wait_op.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/pooled_condvar.hpp>
#include <asio_sync/detail/sync_service.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/fwd.hpp>
#include <asio_sync/mutex_lock.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// A condition variable that is waited for as I/O is.
/**
 * A wait begins before the mutex is released, so no notification is missed
 * between the two, and a notification goes only to waits that began before it:
 * none is remembered. The oldest wait is notified first. A wait that was
 * notified moves to the queue of the mutex without waking up, so to notify many
 * costs one pass, and they run one after the other.
 *
 * <b>With a mutex.</b> A wait takes the ownership out of a mutex_lock, and
 * gives it back before the handler is called: always, also when the wait was
 * cancelled or its time has come. Only if the mutex is destroyed meanwhile, the
 * wait completes with @c net::error::operation_aborted and owns nothing, once
 * it is notified or cancelled; a notification that it got goes to another wait
 * only if it was cancelled, too. The mutex and the condition variable must be
 * of the same execution context.
 *
 * <b>Without a mutex.</b> For code that runs in one strand, or on one thread.
 *
 * <b>With a predicate.</b> The wait ends when it returns true. It is evaluated
 * first in the initiating function, and after each notification on the executor
 * of the handler, with the mutex owned. It may use the condition variable, and
 * it may throw: that ends the wait, the lock owns the mutex, and the exception
 * leaves as one of the handler does, which is not called. What can be called
 * without arguments and returns what converts to @c bool is a predicate, so a
 * generic handler whose body does not compile without arguments needs an
 * explicit return type: <tt>[](auto... args) -> void</tt>.
 *
 * A condition variable must not outlive its execution context, and neither must
 * the completion of an operation, wherever it is queued: one whose handler is
 * bound to another context uses this one until the handler is called or
 * destroyed. When a condition variable is destroyed, its waiting operations
 * complete with @c net::error::operation_aborted.
 *
 * Here, @c net stands for @c asio or @c boost::asio, and @c error_code for that
 * library's error code.
 *
 * @par Thread Safety
 * @e Distinct @e objects: Safe.@n
 * @e Shared @e objects: Safe, except for destruction and move.
 * No function waits for another thread, apart from those that are said to
 * block. A thread that is blocked must not be cancelled (@c pthread_cancel). To
 * move, assign or destroy a condition variable while another thread uses it, or
 * to use it in another thread while its execution context is being destroyed,
 * is undefined.
 *
 * @par Memory Ordering
 * A notification synchronises with nothing: the mutex, or the strand, does.
 *
 * @par Example
 * @code
 * awaitable<item> pop()
 * {
 *   auto lock = co_await mutex.async_scoped_lock(use_awaitable);
 *   co_await changed.async_wait(
 *     lock, [&] { return !items.empty(); }, use_awaitable);
 *   item i = std::move(items.front());
 *   items.pop_front();
 *   co_return i;
 * }
 * @endcode
 */
template <typename Executor>
class basic_async_condvar
{
  using default_token = detail::default_token<Executor>;

public:
  /// The type of the executor associated with the object.
  using executor_type = Executor;

  /// Rebinds the condition variable type to another executor.
  template <typename Executor1>
  struct rebind_executor
  {
    /// The condition variable type when rebound to the specified executor.
    using other = basic_async_condvar<Executor1>;
  };

  /// Construct a condition variable.
  /**
   * @param ex The executor on which handlers run by default.
   */
  explicit basic_async_condvar(const executor_type& ex)
    : executor_(ex),
      core_(&core_type::create(
          net::use_service<detail::sync_service>(detail::context_of(ex))))
  {
  }

  /// Construct a condition variable.
  /**
   * @param context The execution context on which handlers run by default.
   */
  template <typename ExecutionContext,
      std::enable_if_t<
          std::is_convertible_v<ExecutionContext&, net::execution_context&>,
          int> = 0>
  explicit basic_async_condvar(ExecutionContext& context)
    : basic_async_condvar(executor_type(context.get_executor()))
  {
  }

  /// Move a condition variable, with its waiting operations.
  /**
   * The other one is left as if constructed with the same executor.
   */
  basic_async_condvar(basic_async_condvar&& other)
    : basic_async_condvar(other.executor_)
  {
    std::swap(core_, other.core_);
  }

  /// Move a condition variable from one with another type of executor.
  template <typename Executor1,
      std::enable_if_t<std::is_convertible_v<Executor1, Executor>, int> = 0>
  basic_async_condvar(basic_async_condvar<Executor1>&& other)
    : basic_async_condvar(executor_type(other.executor_))
  {
    std::swap(core_, other.core_);
  }

  /// Move a condition variable. Operations that wait for this one are aborted.
  basic_async_condvar& operator=(basic_async_condvar&& other)
  {
    basic_async_condvar(std::move(other)).swap(*this);
    return *this;
  }

  /// Destroy the condition variable. Waiting operations are aborted.
  ~basic_async_condvar()
  {
    core_->retire();
  }

  /// Get the executor associated with the object.
  executor_type get_executor() const noexcept
  {
    return executor_;
  }

  /// Wait for a notification, without a mutex.
  /**
   * @param token The completion token. Unless its immediate executor says so,
   * the handler is not called from inside this function.
   *
   * @par Completion Signature
   * @code void(error_code) @endcode
   *
   * @li @c net::error::operation_aborted: the operation was cancelled, or the
   * condition variable was destroyed.
   *
   * @par Per-Operation Cancellation
   * Supports @c terminal, @c partial and @c total, until just before the
   * handler is called. A cancelled operation consumes no notification: one of
   * notify_one() or notify(n) that it was given goes to another operation that
   * waits by then, if there is any; one of notify_all() does not.
   *
   * If the handler is destroyed without having been called, the notification is
   * gone.
   */
  template <typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait(WaitToken&& token = WaitToken())
  {
    return initiate(nullptr, detail::no_expiry(), detail::no_predicate(),
        std::forward<WaitToken>(token));
  }

  /// Wait until a predicate is true, without a mutex.
  /**
   * As above. If the predicate is true at first, the operation completes at
   * once.
   *
   * @param predicate What returns whether the wait is over. It is copied or
   * moved into the operation.
   */
  template <typename Predicate, typename WaitToken = default_token,
      detail::enable_if_predicate<Predicate> = 0>
  auto async_wait(Predicate&& predicate, WaitToken&& token = WaitToken())
  {
    return initiate(nullptr, detail::no_expiry(),
        std::forward<Predicate>(predicate), std::forward<WaitToken>(token));
  }

  /// Wait for a notification, with a mutex released meanwhile.
  /**
   * As without a mutex. The lock owns the mutex again when the handler is
   * called, whatever the error is, except one of these two, with which nothing
   * was changed:
   *
   * @li @c operation_not_permitted: the lock does not own a mutex.
   *
   * @li @c net::error::invalid_argument: the mutex is of another execution
   * context.
   *
   * An operation that is cancelled after it was notified still waits for the
   * mutex. If the handler is destroyed without having been called, the mutex is
   * unlocked.
   *
   * @param lock Owns a mutex. It must live, and not be used, until the handler
   * is called or destroyed.
   */
  template <typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait(mutex_lock& lock, WaitToken&& token = WaitToken())
  {
    return initiate(&lock, detail::no_expiry(), detail::no_predicate(),
        std::forward<WaitToken>(token));
  }

  /// Wait until a predicate is true, with a mutex released meanwhile.
  /**
   * As above. If the predicate is true at first, the operation completes at
   * once, and the mutex is not released.
   */
  template <typename Predicate, typename WaitToken = default_token,
      detail::enable_if_predicate<Predicate> = 0>
  auto async_wait(
      mutex_lock& lock, Predicate&& predicate, WaitToken&& token = WaitToken())
  {
    return initiate(&lock, detail::no_expiry(),
        std::forward<Predicate>(predicate), std::forward<WaitToken>(token));
  }

  /// Wait for a notification without a mutex, or stop waiting after a time.
  /**
   * As async_wait(), and completes with @c net::error::timed_out if there was
   * no notification in time. What is said of a cancelled operation goes for it,
   * too.
   *
   * @param rel_time How long to wait, from when the operation starts. A wait
   * for the mutex may add to it.
   */
  template <typename Rep, typename Period, typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait_for(const std::chrono::duration<Rep, Period>& rel_time,
      WaitToken&& token = WaitToken())
  {
    return initiate(nullptr, rel_time, detail::no_predicate(),
        std::forward<WaitToken>(token));
  }

  /// Wait until a predicate is true without a mutex, or stop after a time.
  /**
   * As above. After the time, the predicate is evaluated once more, and if it
   * is true the operation succeeds, although a notification that it was given
   * may have gone to another one.
   */
  template <typename Rep, typename Period, typename Predicate,
      typename WaitToken = default_token,
      detail::enable_if_predicate<Predicate> = 0>
  auto async_wait_for(const std::chrono::duration<Rep, Period>& rel_time,
      Predicate&& predicate, WaitToken&& token = WaitToken())
  {
    return initiate(nullptr, rel_time, std::forward<Predicate>(predicate),
        std::forward<WaitToken>(token));
  }

  /// Wait for a notification with a mutex, or stop waiting after a time.
  template <typename Rep, typename Period, typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait_for(mutex_lock& lock,
      const std::chrono::duration<Rep, Period>& rel_time,
      WaitToken&& token = WaitToken())
  {
    return initiate(&lock, rel_time, detail::no_predicate(),
        std::forward<WaitToken>(token));
  }

  /// Wait until a predicate is true with a mutex, or stop after a time.
  template <typename Rep, typename Period, typename Predicate,
      typename WaitToken = default_token,
      detail::enable_if_predicate<Predicate> = 0>
  auto async_wait_for(mutex_lock& lock,
      const std::chrono::duration<Rep, Period>& rel_time, Predicate&& predicate,
      WaitToken&& token = WaitToken())
  {
    return initiate(&lock, rel_time, std::forward<Predicate>(predicate),
        std::forward<WaitToken>(token));
  }

  /// Wait for a notification without a mutex, or stop waiting at a time.
  /**
   * @param abs_time When to stop waiting. Neither @c Clock::now() nor the
   * @c wait_traits of the clock may throw, in any form of this function, as
   * Asio does not survive that.
   */
  template <typename Clock, typename Duration,
      typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait_until(
      const std::chrono::time_point<Clock, Duration>& abs_time,
      WaitToken&& token = WaitToken())
  {
    return initiate(nullptr, abs_time, detail::no_predicate(),
        std::forward<WaitToken>(token));
  }

  /// Wait until a predicate is true without a mutex, or stop at a time.
  template <typename Clock, typename Duration, typename Predicate,
      typename WaitToken = default_token,
      detail::enable_if_predicate<Predicate> = 0>
  auto async_wait_until(
      const std::chrono::time_point<Clock, Duration>& abs_time,
      Predicate&& predicate, WaitToken&& token = WaitToken())
  {
    return initiate(nullptr, abs_time, std::forward<Predicate>(predicate),
        std::forward<WaitToken>(token));
  }

  /// Wait for a notification with a mutex, or stop waiting at a time.
  template <typename Clock, typename Duration,
      typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait_until(mutex_lock& lock,
      const std::chrono::time_point<Clock, Duration>& abs_time,
      WaitToken&& token = WaitToken())
  {
    return initiate(&lock, abs_time, detail::no_predicate(),
        std::forward<WaitToken>(token));
  }

  /// Wait until a predicate is true with a mutex, or stop at a time.
  template <typename Clock, typename Duration, typename Predicate,
      typename WaitToken = default_token,
      detail::enable_if_predicate<Predicate> = 0>
  auto async_wait_until(mutex_lock& lock,
      const std::chrono::time_point<Clock, Duration>& abs_time,
      Predicate&& predicate, WaitToken&& token = WaitToken())
  {
    return initiate(&lock, abs_time, std::forward<Predicate>(predicate),
        std::forward<WaitToken>(token));
  }

  /// Wait for a notification, blocking the calling thread.
  /**
   * Needs no thread that runs the execution context, and takes its turn among
   * the waiting operations. The lock owns the mutex afterwards, also when an
   * exception is thrown. In destructors of handlers, as
   * basic_async_semaphore::acquire().
   *
   * @throws system_error @c net::error::operation_aborted if cancel() was
   * called, or while the execution context is being destroyed,
   * @c operation_not_permitted if the lock does not own a mutex,
   * @c net::error::invalid_argument if that is of another execution context,
   * and @c resource_deadlock_would_occur if it had to wait on the only thread
   * that may run the context (one with a concurrency hint of 1).
   */
  void wait(mutex_lock& lock)
  {
    wait(lock, detail::no_predicate());
  }

  /// Wait until a predicate is true, blocking the calling thread.
  /**
   * The predicate is evaluated by the calling thread, with the mutex owned.
   *
   * @throws system_error As above, and what the predicate throws.
   */
  template <typename Predicate>
  void wait(mutex_lock& lock, Predicate predicate)
  {
    detail::throw_error(detail::wait_blocking(*core_, lock.grant_, predicate,
                            detail::no_expiry()),
        "wait");
  }

  /// Wait for a notification, blocking the calling thread at most for a time.
  /**
   * @throws system_error As wait(). What @c Clock::now() throws is passed on.
   */
  template <typename Rep, typename Period>
  std::cv_status wait_for(
      mutex_lock& lock, const std::chrono::duration<Rep, Period>& rel_time)
  {
    return status(
        wait_timed(lock, rel_time, detail::no_predicate(), "wait_for"));
  }

  /// Wait until a predicate is true, blocking the thread at most for a time.
  /**
   * @returns What the predicate returned last.
   *
   * @throws system_error As wait().
   */
  template <typename Rep, typename Period, typename Predicate>
  bool wait_for(mutex_lock& lock,
      const std::chrono::duration<Rep, Period>& rel_time, Predicate predicate)
  {
    return wait_timed(lock, rel_time, predicate, "wait_for");
  }

  /// Wait for a notification, blocking the calling thread at most until a time.
  /**
   * @throws system_error As wait(). What @c Clock::now() throws is passed on.
   */
  template <typename Clock, typename Duration>
  std::cv_status wait_until(mutex_lock& lock,
      const std::chrono::time_point<Clock, Duration>& abs_time)
  {
    return status(
        wait_timed(lock, abs_time, detail::no_predicate(), "wait_until"));
  }

  /// Wait until a predicate is true, blocking the thread at most until a time.
  /**
   * @returns What the predicate returned last.
   *
   * @throws system_error As wait().
   */
  template <typename Clock, typename Duration, typename Predicate>
  bool wait_until(mutex_lock& lock,
      const std::chrono::time_point<Clock, Duration>& abs_time,
      Predicate predicate)
  {
    return wait_timed(lock, abs_time, predicate, "wait_until");
  }

  /// Notify the oldest wait. If there is none, nothing happens.
  /**
   * No handler is called from inside this function, and no predicate evaluated.
   * The mutex need not be locked.
   */
  void notify_one() noexcept
  {
    notify(1);
  }

  /// Notify the @c n oldest waits, or as many as there are.
  void notify(std::size_t n) noexcept
  {
    core_->notify(n);
  }

  /// Notify all waits that began before.
  void notify_all() noexcept
  {
    core_->notify_all();
  }

  /// Get the number of waits that were not notified, including threads that are
  /// blocked, and operations that another thread is just starting. A snapshot.
  std::size_t waiters() const noexcept
  {
    return core_->waiters();
  }

  /// Abort all waits that began before and were not notified, and unblock
  /// threads.
  /**
   * They complete with @c net::error::operation_aborted. One that was notified
   * is aborted if its predicate does not end it, and also if another thread,
   * which is using the condition variable, has yet to hand the notification of
   * notify_one() or notify(n) on: that is gone then. A wait that begins after
   * this function has returned is not affected.
   */
  void cancel() noexcept
  {
    core_->cancel_all();
  }

private:
  template <typename>
  friend class basic_async_condvar;

  using core_type = detail::pooled_condvar;

  template <typename Expiry>
  class initiate_async_wait
  {
  public:
    using executor_type = Executor;

    initiate_async_wait(const Executor& ex, core_type& core, mutex_lock* lock,
        const Expiry& expiry)
      : executor_(&ex),
        core_(&core),
        lock_(lock),
        expiry_(expiry)
    {
    }

    executor_type get_executor() const noexcept
    {
      return *executor_;
    }

    template <typename WaitHandler, typename Predicate>
    void operator()(WaitHandler&& handler, Predicate&& predicate) const
    {
      detail::start_wait(*core_, lock_ != nullptr ? &lock_->grant_ : nullptr,
          std::forward<Predicate>(predicate),
          std::forward<WaitHandler>(handler), *executor_, expiry_);
    }

  private:
    const Executor* executor_;
    core_type* core_;
    mutex_lock* lock_;
    Expiry expiry_;
  };

  template <typename Expiry, typename Predicate, typename Token>
  auto initiate(mutex_lock* lock, const Expiry& expiry, Predicate&& predicate,
      Token&& token)
  {
    return net::async_initiate<Token, void(error_code)>(
        initiate_async_wait<Expiry>(executor_, *core_, lock, expiry), token,
        std::forward<Predicate>(predicate));
  }

  template <typename Expiry, typename Predicate>
  bool wait_timed(mutex_lock& lock, const Expiry& expiry, Predicate&& predicate,
      const char* location)
  {
    return detail::is_in_time(
        detail::wait_blocking(*core_, lock.grant_, predicate, expiry),
        location);
  }

  static std::cv_status status(bool is_in_time) noexcept
  {
    return is_in_time ? std::cv_status::no_timeout : std::cv_status::timeout;
  }

  void swap(basic_async_condvar& other)
  {
    std::swap(executor_, other.executor_);
    std::swap(core_, other.core_);
  }

  executor_type executor_;
  core_type* core_;
};

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_BASIC_ASYNC_CONDVAR_HPP
