// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_BASIC_ASYNC_SEMAPHORE_HPP
#define ASIO_SYNC_BASIC_ASYNC_SEMAPHORE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/blocking_acquire.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/initiate_acquire.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/detail/sync_service.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/error.hpp>
#include <asio_sync/fwd.hpp>
#include <asio_sync/semaphore_permit.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// A counting semaphore whose permits are waited for as I/O is.
/**
 * Permits are granted in the order in which they were asked for. A request for
 * several permits gets them all at once, and holds back those behind it until
 * then. Nobody gets in ahead of a waiting operation. On one thread, handlers
 * that one call serves are called in that order; the event loop decides about
 * those of several calls.
 *
 * A semaphore must not outlive its execution context, and neither must a permit
 * or the completion of an operation, wherever it is queued: one whose handler
 * is bound to another context uses this one until the handler is called or
 * destroyed. When a semaphore is destroyed, its waiting operations complete
 * with @c net::error::operation_aborted.
 *
 * Here, @c net stands for @c asio or @c boost::asio, and @c error_code for that
 * library's error code.
 *
 * @par Thread Safety
 * @e Distinct @e objects: Safe.@n
 * @e Shared @e objects: Safe, except for destruction and move.
 * No function waits for another thread, apart from those that are said to
 * block. A thread that is blocked must not be cancelled (@c pthread_cancel). To
 * move, assign or destroy a semaphore while another thread uses it, or to use
 * it in another thread while its execution context is being destroyed, is
 * undefined.
 *
 * @par Memory Ordering
 * What happened before permits were released is visible to who acquires them.
 *
 * @par Example
 * @code
 * asio_sync::async_semaphore semaphore(ctx, 10);
 *
 * awaitable<void> session(tcp::socket socket)
 * {
 *   auto permit = co_await semaphore.async_acquire_permit(use_awaitable);
 *   co_await at_most_ten_at_once(socket);
 * }
 * @endcode
 */
template <typename Executor>
class basic_async_semaphore
{
  using default_token = detail::default_token<Executor>;

public:
  /// The type of the executor associated with the object.
  using executor_type = Executor;

  /// Rebinds the semaphore type to another executor.
  template <typename Executor1>
  struct rebind_executor
  {
    /// The semaphore type when rebound to the specified executor.
    using other = basic_async_semaphore<Executor1>;
  };

  /// Construct a semaphore.
  /**
   * @param ex The executor on which handlers run by default.
   *
   * @param initial The number of permits that are free at first.
   *
   * @throws system_error @c invalid_argument if @c initial exceeds max().
   */
  explicit basic_async_semaphore(
      const executor_type& ex, std::size_t initial = 1)
    : executor_(ex),
      core_(&create_core(ex, initial))
  {
  }

  /// Construct a semaphore.
  /**
   * @param context The execution context on which handlers run by default.
   *
   * @param initial The number of permits that are free at first.
   *
   * @throws system_error @c invalid_argument if @c initial exceeds max().
   */
  template <typename ExecutionContext,
      std::enable_if_t<
          std::is_convertible_v<ExecutionContext&, net::execution_context&>,
          int> = 0>
  explicit basic_async_semaphore(
      ExecutionContext& context, std::size_t initial = 1)
    : basic_async_semaphore(executor_type(context.get_executor()), initial)
  {
  }

  /// Move a semaphore, with its permits and its waiting operations.
  /**
   * The other one is left as if constructed with the same executor and no
   * permits.
   */
  basic_async_semaphore(basic_async_semaphore&& other)
    : basic_async_semaphore(other.executor_, 0)
  {
    std::swap(core_, other.core_);
  }

  /// Move a semaphore from one with another type of executor.
  template <typename Executor1,
      std::enable_if_t<std::is_convertible_v<Executor1, Executor>, int> = 0>
  basic_async_semaphore(basic_async_semaphore<Executor1>&& other)
    : basic_async_semaphore(executor_type(other.executor_), 0)
  {
    std::swap(core_, other.core_);
  }

  /// Move a semaphore. Operations that wait for this one are aborted.
  basic_async_semaphore& operator=(basic_async_semaphore&& other)
  {
    basic_async_semaphore(std::move(other)).swap(*this);
    return *this;
  }

  /// Destroy the semaphore. Waiting operations are aborted.
  ~basic_async_semaphore()
  {
    core_->retire();
  }

  /// Get the executor associated with the object.
  executor_type get_executor() const noexcept
  {
    return executor_;
  }

  /// Get the greatest number of permits that a semaphore can hold.
  static constexpr std::size_t(max)() noexcept
  {
    return core_type::max_permits;
  }

  /// Acquire one permit, waiting until it is available.
  /**
   * Waiting operations are served in the order in which they were started.
   *
   * @param token The completion token. Unless its immediate executor says so,
   * the handler is not called from inside this function.
   *
   * @par Completion Signature
   * @code void(error_code) @endcode
   * An error means that no permit was taken:
   *
   * @li @c net::error::operation_aborted: the operation was cancelled, or the
   * semaphore was destroyed.
   *
   * @li @c error::closed: the semaphore was closed.
   *
   * @par Per-Operation Cancellation
   * Supports @c terminal, @c partial and @c total. A cancelled operation takes
   * no permit, and holds back nobody. A signal that arrives after the permit
   * has been granted has no effect.
   *
   * If the handler is destroyed without having been called, its permit is
   * released.
   */
  template <typename AcquireToken = default_token,
      detail::enable_if_token<AcquireToken> = 0>
  auto async_acquire(AcquireToken&& token = AcquireToken())
  {
    return async_acquire(1, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits at once.
  /**
   * No permit at all is always granted, unless the semaphore is closed. More
   * permits than will ever be free are waited for.
   *
   * @par Completion Signature
   * @code void(error_code) @endcode
   * As above, and:
   *
   * @li @c net::error::invalid_argument: @c n exceeds max().
   */
  template <typename AcquireToken = default_token,
      detail::enable_if_token<AcquireToken> = 0>
  auto async_acquire(std::size_t n, AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_error>(
        n, detail::no_expiry(), std::forward<AcquireToken>(token));
  }

  /// Acquire one permit, or stop waiting after a time.
  /**
   * As async_acquire(), and completes with @c net::error::timed_out if no
   * permit was available in time.
   *
   * @param rel_time How long to wait, from when the operation starts.
   */
  template <typename Rep, typename Period,
      typename AcquireToken = default_token>
  auto async_acquire_for(const std::chrono::duration<Rep, Period>& rel_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_error>(
        1, rel_time, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits, or stop waiting after a time.
  template <typename Rep, typename Period,
      typename AcquireToken = default_token>
  auto async_acquire_for(std::size_t n,
      const std::chrono::duration<Rep, Period>& rel_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_error>(
        n, rel_time, std::forward<AcquireToken>(token));
  }

  /// Acquire one permit, or stop waiting at a time.
  /**
   * As async_acquire(), and completes with @c net::error::timed_out if no
   * permit was available in time.
   *
   * @param abs_time When to stop waiting. Neither @c Clock::now() nor the
   * @c wait_traits of the clock may throw, as Asio does not survive that.
   */
  template <typename Clock, typename Duration,
      typename AcquireToken = default_token>
  auto async_acquire_until(
      const std::chrono::time_point<Clock, Duration>& abs_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_error>(
        1, abs_time, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits, or stop waiting at a time, as above.
  template <typename Clock, typename Duration,
      typename AcquireToken = default_token>
  auto async_acquire_until(std::size_t n,
      const std::chrono::time_point<Clock, Duration>& abs_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_error>(
        n, abs_time, std::forward<AcquireToken>(token));
  }

  /// Acquire one permit, and own it.
  /**
   * As async_acquire(), but the handler gets an object that releases the permit
   * when it is destroyed. With an error, it is empty.
   *
   * @par Completion Signature
   * @code void(error_code, semaphore_permit) @endcode
   */
  template <typename AcquireToken = default_token,
      detail::enable_if_token<AcquireToken> = 0>
  auto async_acquire_permit(AcquireToken&& token = AcquireToken())
  {
    return async_acquire_permit(1, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits at once, and own them.
  template <typename AcquireToken = default_token,
      detail::enable_if_token<AcquireToken> = 0>
  auto async_acquire_permit(
      std::size_t n, AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_owner<semaphore_permit>>(
        n, detail::no_expiry(), std::forward<AcquireToken>(token));
  }

  /// Acquire one permit and own it, or stop waiting after a time.
  template <typename Rep, typename Period,
      typename AcquireToken = default_token>
  auto async_acquire_permit_for(
      const std::chrono::duration<Rep, Period>& rel_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_owner<semaphore_permit>>(
        1, rel_time, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits and own them, or stop waiting after a time.
  template <typename Rep, typename Period,
      typename AcquireToken = default_token>
  auto async_acquire_permit_for(std::size_t n,
      const std::chrono::duration<Rep, Period>& rel_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_owner<semaphore_permit>>(
        n, rel_time, std::forward<AcquireToken>(token));
  }

  /// Acquire one permit and own it, or stop waiting at a time.
  /**
   * @param abs_time As that of async_acquire_until().
   */
  template <typename Clock, typename Duration,
      typename AcquireToken = default_token>
  auto async_acquire_permit_until(
      const std::chrono::time_point<Clock, Duration>& abs_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_owner<semaphore_permit>>(
        1, abs_time, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits and own them, or stop waiting at a time, as above.
  template <typename Clock, typename Duration,
      typename AcquireToken = default_token>
  auto async_acquire_permit_until(std::size_t n,
      const std::chrono::time_point<Clock, Duration>& abs_time,
      AcquireToken&& token = AcquireToken())
  {
    return initiate<detail::complete_with_owner<semaphore_permit>>(
        n, abs_time, std::forward<AcquireToken>(token));
  }

  /// Acquire @c n permits if that needs no waiting.
  /**
   * @returns Whether they were acquired. May fail, as that of
   * @c std::counting_semaphore, although they are free, if another thread uses
   * the semaphore at the same time. It always fails while there are waiting
   * operations, unless @c n is 0.
   *
   * @throws system_error @c invalid_argument if @c n exceeds max().
   */
  [[nodiscard]] bool try_acquire(std::size_t n = 1)
  {
    check_count(n, "try_acquire");
    return core_->try_acquire(static_cast<std::uint32_t>(n));
  }

  /// Acquire @c n permits if that needs no waiting.
  /**
   * As above, with the reason for failure in @c ec: @c net::error::would_block,
   * @c error::closed if they are not free and the semaphore is closed, or
   * @c net::error::invalid_argument if @c n exceeds max().
   */
  [[nodiscard]] bool try_acquire(std::size_t n, error_code& ec)
  {
    ec = {};
    if (n > (max)())
      ec = net::error::invalid_argument;
    else if (!core_->try_acquire(static_cast<std::uint32_t>(n)))
      ec = is_closed() ? make_error_code(error::closed)
                       : error_code(net::error::would_block);
    return !ec;
  }

  /// Acquire @c n permits, if that needs no waiting, and own them.
  /**
   * @returns A permit that is empty if they were not acquired.
   *
   * @throws system_error @c invalid_argument if @c n exceeds max().
   */
  [[nodiscard]] semaphore_permit try_acquire_permit(std::size_t n = 1)
  {
    if (!try_acquire(n))
      return {};
    return semaphore_permit(detail::grant(
        *core_, core_->generation(), static_cast<std::uint32_t>(n)));
  }

  /// Acquire @c n permits, blocking the calling thread.
  /**
   * Needs no thread that runs the execution context, and takes its turn among
   * the waiting operations. Where the context is being destroyed, a destructor
   * of a handler must not wait if a service that is younger than the context's
   * first object of this library destroys it, as that of a strand, timer or
   * socket may be: it would for ever.
   *
   * @throws system_error As the errors of async_acquire();
   * @c net::error::operation_aborted also if it had to wait in another
   * destructor of a handler while the context is being destroyed; and
   * @c resource_deadlock_would_occur if it had to wait on the only thread that
   * may run the context (one with a concurrency hint of 1).
   */
  void acquire(std::size_t n = 1)
  {
    error_code ec;
    acquire(n, ec);
    detail::throw_error(ec, "acquire");
  }

  /// @copydoc acquire(std::size_t)
  void acquire(std::size_t n, error_code& ec)
  {
    ec = detail::acquire_blocking(*core_, n, detail::no_expiry());
  }

  /// Acquire one permit, blocking the calling thread at most for a time.
  /**
   * @returns Whether it was acquired.
   *
   * @throws system_error As acquire().
   */
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_acquire_for(
      const std::chrono::duration<Rep, Period>& rel_time)
  {
    return try_acquire_timed(1, rel_time, "try_acquire_for");
  }

  /// Acquire @c n permits, blocking the calling thread at most for a time.
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_acquire_for(
      std::size_t n, const std::chrono::duration<Rep, Period>& rel_time)
  {
    return try_acquire_timed(n, rel_time, "try_acquire_for");
  }

  /// As above, with @c net::error::timed_out in @c ec if the time came first.
  template <typename Rep, typename Period>
  [[nodiscard]] bool try_acquire_for(std::size_t n,
      const std::chrono::duration<Rep, Period>& rel_time, error_code& ec)
  {
    ec = detail::acquire_blocking(*core_, n, rel_time);
    return !ec;
  }

  /// Acquire one permit, blocking the calling thread at most until a time.
  /**
   * @returns Whether it was acquired.
   *
   * @throws system_error As acquire(). What @c Clock::now() throws is passed
   * on, with nothing acquired.
   */
  template <typename Clock, typename Duration>
  [[nodiscard]] bool try_acquire_until(
      const std::chrono::time_point<Clock, Duration>& abs_time)
  {
    return try_acquire_timed(1, abs_time, "try_acquire_until");
  }

  /// Acquire @c n permits, blocking the calling thread at most until a time.
  template <typename Clock, typename Duration>
  [[nodiscard]] bool try_acquire_until(
      std::size_t n, const std::chrono::time_point<Clock, Duration>& abs_time)
  {
    return try_acquire_timed(n, abs_time, "try_acquire_until");
  }

  /// As above, with @c net::error::timed_out in @c ec if the time came first.
  template <typename Clock, typename Duration>
  [[nodiscard]] bool try_acquire_until(std::size_t n,
      const std::chrono::time_point<Clock, Duration>& abs_time, error_code& ec)
  {
    ec = detail::acquire_blocking(*core_, n, abs_time);
    return !ec;
  }

  /// Release @c n permits, which need not have been acquired.
  /**
   * Waiting operations that can be served are. Their handlers are not called
   * from inside this function.
   *
   * @throws system_error @c value_too_large if more than max() permits would be
   * free before waiting operations are served; nothing is changed then. Those
   * that another thread is just handing over count as free.
   */
  void release(std::size_t n = 1)
  {
    if (!try_release(n))
      detail::throw_error(
          make_error_code(sys::errc::value_too_large), "release");
  }

  /// @copydoc release(std::size_t)
  void release(std::size_t n, error_code& ec)
  {
    ec = try_release(n) ? error_code()
                        : make_error_code(sys::errc::value_too_large);
  }

  /// Get the number of free permits. A snapshot.
  std::size_t available() const noexcept
  {
    return core_->available();
  }

  /// Get the number of waiting operations, including threads that are blocked
  /// and operations that another thread is just starting. A snapshot.
  std::size_t waiters() const noexcept
  {
    return core_->waiters();
  }

  /// Acquire as many permits as are free, but at most @c up_to.
  /**
   * @returns How many. None while there are waiting operations and, as
   * try_acquire() may fail, perhaps none if another thread uses the semaphore
   * at the same time.
   */
  std::size_t drain(std::size_t up_to = (max)()) noexcept
  {
    return core_->drain(
        static_cast<std::uint32_t>(up_to < (max)() ? up_to : (max)()));
  }

  /// Take @c n permits out of circulation for ever.
  /**
   * Those that are not free are taken later, as they are released, before any
   * waiting operation gets one. This function does not wait for that.
   *
   * @throws system_error @c invalid_argument if @c n exceeds max(); nothing is
   * changed then.
   */
  void reduce(std::size_t n)
  {
    check_count(n, "reduce");
    core_->reduce(static_cast<std::uint32_t>(n));
  }

  /// Abort all operations that were started before, and unblock threads.
  /**
   * They complete with @c net::error::operation_aborted. An operation that is
   * started after this function has returned is not affected.
   */
  void cancel() noexcept
  {
    core_->cancel_all();
  }

  /// Refuse waiting from now on.
  /**
   * Operations that wait, and those that are started later, complete with
   * @c error::closed. The permits can still be counted: try_acquire(),
   * release() and drain() work as before.
   */
  void close() noexcept
  {
    core_->close();
  }

  /// Whether close() was called.
  bool is_closed() const noexcept
  {
    return core_->is_closed();
  }

private:
  template <typename>
  friend class basic_async_semaphore;

  using core_type = detail::pooled_semaphore;

  template <typename Upcall, typename Expiry, typename Token>
  auto initiate(std::size_t n, const Expiry& expiry, Token&& token)
  {
    return detail::async_acquire<Upcall>(
        executor_, *core_, n, expiry, std::forward<Token>(token));
  }

  bool try_release(std::size_t n) noexcept
  {
    return n <= (max)() && core_->release(static_cast<std::uint32_t>(n));
  }

  template <typename Expiry>
  bool try_acquire_timed(
      std::size_t n, const Expiry& expiry, const char* location)
  {
    return detail::is_in_time(
        detail::acquire_blocking(*core_, n, expiry), location);
  }

  void swap(basic_async_semaphore& other)
  {
    std::swap(executor_, other.executor_);
    std::swap(core_, other.core_);
  }

  static core_type& create_core(const Executor& ex, std::size_t initial)
  {
    net::execution_context& context = detail::context_of(ex);
    check_count(initial, "async_semaphore");
    return core_type::create(net::use_service<detail::sync_service>(context),
        static_cast<std::uint32_t>(initial));
  }

  static void check_count(std::size_t n, const char* location)
  {
    if (n > (max)())
      detail::throw_error(net::error::invalid_argument, location);
  }

  executor_type executor_;
  core_type* core_;
};

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_BASIC_ASYNC_SEMAPHORE_HPP
