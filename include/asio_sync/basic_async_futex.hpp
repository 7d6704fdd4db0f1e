// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_BASIC_ASYNC_FUTEX_HPP
#define ASIO_SYNC_BASIC_ASYNC_FUTEX_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/deadline.hpp>
#include <asio_sync/detail/futex_wait_op.hpp>
#include <asio_sync/detail/pooled_futex.hpp>
#include <asio_sync/detail/sync_service.hpp>
#include <asio_sync/detail/token.hpp>
#include <asio_sync/fwd.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// Who may wake a word.
enum class futex_scope
{
  /// This process. Where the system has nothing better, only this library, in
  /// one flavour, and on Windows in the same executable or DLL.
  process_private,

  /// Everybody who has access to the word, in this process and others. Where
  /// that can not be had, waits fail.
  process_shared
};

/// A word that is waited for as I/O is, until anything wakes it.
/**
 * Waits for a change of a 32-bit word that belongs to the user. It may be woken
 * by this object, by another one for the same word, and, where
 * sees_foreign_wakes() says so, by whatever else can call @c futex(2): C code,
 * a thread that uses other libraries, and, if the scope is
 * futex_scope::process_shared, another process.
 *
 * The protocol is the caller's: change the word, then notify; read the word,
 * and wait for it to differ from what was read, until it is as it should be. A
 * wait for a value that the word does not have completes at once, and so does
 * one whose word differs by the time the operating system looks; it may also
 * complete for no reason. A word that changes and changes back may go
 * unnoticed, even if it was notified between, which a counter does not.
 *
 * All waits of a context for the same value of a word are one wait for the
 * operating system, even if they are of several objects. So a wake from
 * elsewhere, another object included, completes all of them, as it does not
 * tell how many it was meant for. notify_one() and notify() know, for the
 * object's own waits.
 *
 * The word must exist until the handlers of all waits have been called or
 * destroyed. A futex must not outlive its execution context. When it is
 * destroyed, its waiting operations complete with
 * @c net::error::operation_aborted.
 *
 * Code that calls @c futex(2) must do so without @c FUTEX_PRIVATE_FLAG, for
 * words of either scope. The functions @c wait and @c notify_one of
 * @c std::atomic are not made for that: they neither wake a futex nor are woken
 * by one.
 *
 * Here, @c net stands for @c asio or @c boost::asio, and @c error_code for that
 * library's error code.
 *
 * A context with waits may be forked, with its @c notify_fork. Where Asio's
 * io_uring is beside epoll and Asio is older than 1.34.2, that throws in the
 * child, as it does for files.
 *
 * @par Thread Safety
 * @e Distinct @e objects: Safe.@n
 * @e Shared @e objects: Safe, except for destruction and move.
 * To move, assign or destroy a futex while another thread uses it, or to use it
 * in another thread while its execution context is being destroyed, is
 * undefined.
 *
 * @par Memory Ordering
 * A wait synchronises with nothing: read the word with @c acquire afterwards,
 * and change it with @c release before.
 *
 * @par Example
 * @code
 * std::atomic<std::uint32_t> jobs;
 * asio_sync::async_futex changed(ctx, jobs);
 *
 * while (jobs.load(std::memory_order_acquire) == 0)
 *   co_await changed.async_wait(0, use_awaitable);
 * @endcode
 */
template <typename Executor>
class basic_async_futex
{
  using default_token = detail::default_token<Executor>;

public:
  /// The type of the executor associated with the object.
  using executor_type = Executor;

  /// Rebinds the futex type to another executor.
  template <typename Executor1>
  struct rebind_executor
  {
    /// The futex type when rebound to the specified executor.
    using other = basic_async_futex<Executor1>;
  };

  /// Construct a futex for a word.
  /**
   * @param ex The executor on which handlers run by default.
   *
   * @param word The word.
   *
   * @param scope Who may wake it.
   */
  basic_async_futex(const executor_type& ex, std::atomic<std::uint32_t>& word,
      futex_scope scope = futex_scope::process_private)
    : executor_(ex),
      scope_(scope),
      core_(&core_type::create(
          net::use_service<detail::sync_service>(detail::context_of(ex)), word))
  {
  }

  /// Construct a futex for a word in plain memory.
  /**
   * It is accessed as @c std::atomic<std::uint32_t> would be, which has the
   * same representation.
   *
   * @throws system_error @c net::error::invalid_argument if the pointer is null
   * or not aligned to four bytes.
   */
  basic_async_futex(const executor_type& ex, std::uint32_t* word,
      futex_scope scope = futex_scope::process_private)
    : basic_async_futex(ex, as_atomic(word), scope)
  {
  }

  /// Construct a futex for a word.
  /**
   * @param context The execution context on which handlers run by default.
   *
   * @param word The word: a <tt>std::atomic<std::uint32_t>&</tt>, or a pointer
   * to @c std::uint32_t.
   *
   * @param scope Who may wake it.
   *
   * @throws system_error @c net::error::invalid_argument if a pointer is null
   * or not aligned to four bytes.
   */
  template <typename ExecutionContext, typename Word,
      std::enable_if_t<
          std::is_convertible_v<ExecutionContext&, net::execution_context&>,
          int> = 0>
  basic_async_futex(ExecutionContext& context, Word&& word,
      futex_scope scope = futex_scope::process_private)
    : basic_async_futex(executor_type(context.get_executor()),
        as_word(std::forward<Word>(word)), scope)
  {
  }

  /// Move a futex, with its waiting operations.
  /**
   * The other one is left as if constructed with the same arguments.
   */
  basic_async_futex(basic_async_futex&& other)
    : basic_async_futex(other.executor_, other.core_->target(), other.scope_)
  {
    std::swap(core_, other.core_);
  }

  /// Move a futex from one with another type of executor.
  template <typename Executor1,
      std::enable_if_t<std::is_convertible_v<Executor1, Executor>, int> = 0>
  basic_async_futex(basic_async_futex<Executor1>&& other)
    : basic_async_futex(
        executor_type(other.executor_), other.core_->target(), other.scope_)
  {
    std::swap(core_, other.core_);
  }

  /// Move a futex. Operations that wait for this one are aborted.
  basic_async_futex& operator=(basic_async_futex&& other)
  {
    basic_async_futex(std::move(other)).swap(*this);
    return *this;
  }

  /// Destroy the futex. Waiting operations are aborted.
  ~basic_async_futex()
  {
    core_->retire();
  }

  /// Get the executor associated with the object.
  executor_type get_executor() const noexcept
  {
    return executor_;
  }

  /// Get the word.
  std::atomic<std::uint32_t>& word() const noexcept
  {
    return core_->target();
  }

  /// Whether waits of a context are woken by others than this library.
  /**
   * Where this is false, words of futex_scope::process_shared can not be waited
   * for. Can change from true to false when the context waits for the first
   * word.
   *
   * @param context The execution context, for example an @c io_context.
   */
  static bool sees_foreign_wakes(net::execution_context& context)
  {
    return net::use_service<detail::platform_service>(context)
        .futexes()
        .sees_foreign_wakes();
  }

  /// Wait until the word is woken, or is not as expected.
  /**
   * @param expected The value that the word should have for the wait to go on.
   *
   * @param token The completion token. Unless its immediate executor says so,
   * the handler is not called from inside this function.
   *
   * @par Completion Signature
   * @code void(error_code) @endcode
   *
   * @li success: the word was woken, or it differed, or neither.
   *
   * @li @c net::error::operation_aborted: the operation was cancelled, or the
   * futex was destroyed.
   *
   * @li @c net::error::operation_not_supported: the word may be woken by other
   * processes, which would not be seen.
   *
   * @li @c net::error::no_buffer_space: the operating system refused to wait,
   * for lack of resources or because there is no such word.
   *
   * @par Per-Operation Cancellation
   * Supports @c terminal, @c partial and @c total. A cancelled operation
   * consumes no wake: one that the operating system has given to this object
   * goes to its other waits, or, if there are none, to somebody else's.
   */
  template <typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait(std::uint32_t expected, WaitToken&& token = WaitToken())
  {
    return initiate(
        expected, detail::no_expiry(), std::forward<WaitToken>(token));
  }

  /// Wait for the word, or stop waiting after a time.
  /**
   * As async_wait(), and completes with @c net::error::timed_out if the time
   * came first.
   *
   * @param rel_time How long to wait, from when the operation starts.
   */
  template <typename Rep, typename Period, typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait_for(std::uint32_t expected,
      const std::chrono::duration<Rep, Period>& rel_time,
      WaitToken&& token = WaitToken())
  {
    return initiate(expected, rel_time, std::forward<WaitToken>(token));
  }

  /// Wait for the word, or stop waiting at a time.
  /**
   * @param abs_time When to stop waiting. Neither @c Clock::now() nor the
   * @c wait_traits of the clock may throw, as Asio does not survive that.
   */
  template <typename Clock, typename Duration,
      typename WaitToken = default_token,
      detail::enable_if_token<WaitToken> = 0>
  auto async_wait_until(std::uint32_t expected,
      const std::chrono::time_point<Clock, Duration>& abs_time,
      WaitToken&& token = WaitToken())
  {
    return initiate(expected, abs_time, std::forward<WaitToken>(token));
  }

  /// Wake one wait for the word.
  /**
   * That is the oldest of this object; but if it is the only one, another one
   * for the same word may be woken in its place, and will be if there is none.
   * No handler is called from inside this function. If there is no wait,
   * nothing happens.
   */
  void notify_one() noexcept
  {
    notify(1);
  }

  /// Wake up to @c n waits for the word: the oldest of this object, and others.
  void notify(std::size_t n) noexcept
  {
    core_->notify(n);
  }

  /// Wake all waits for the word, of whatever kind.
  void notify_all() noexcept
  {
    core_->notify_all();
  }

  /// Get the number of waiting operations of this object. A snapshot.
  std::size_t waiters() const noexcept
  {
    return core_->waiters();
  }

  /// Abort all operations of this object that were started before.
  /**
   * They complete with @c net::error::operation_aborted. An operation that is
   * started after this function has returned is not affected.
   */
  void cancel() noexcept
  {
    core_->cancel_all();
  }

private:
  template <typename>
  friend class basic_async_futex;

  using core_type = detail::pooled_futex;

  template <typename Expiry>
  class initiate_async_wait
  {
  public:
    using executor_type = Executor;

    initiate_async_wait(const Executor& ex, core_type& core, futex_scope scope,
        std::uint32_t expected, const Expiry& expiry)
      : executor_(&ex),
        core_(&core),
        scope_(scope),
        expected_(expected),
        expiry_(expiry)
    {
    }

    executor_type get_executor() const noexcept
    {
      return *executor_;
    }

    template <typename WaitHandler>
    void operator()(WaitHandler&& handler) const
    {
      detail::start_futex_wait(*core_, expected_,
          scope_ == futex_scope::process_shared,
          std::forward<WaitHandler>(handler), *executor_, expiry_);
    }

  private:
    const Executor* executor_;
    core_type* core_;
    futex_scope scope_;
    std::uint32_t expected_;
    Expiry expiry_;
  };

  template <typename Expiry, typename Token>
  auto initiate(std::uint32_t expected, const Expiry& expiry, Token&& token)
  {
    return net::async_initiate<Token, void(error_code)>(
        initiate_async_wait<Expiry>(
            executor_, *core_, scope_, expected, expiry),
        token);
  }

  template <typename Word>
  static auto as_word(Word&& word)
      -> std::conditional_t<std::is_convertible_v<Word, std::uint32_t*>,
          std::uint32_t*, std::atomic<std::uint32_t>&>
  {
    using atomic = std::atomic<std::uint32_t>;
    constexpr bool is_pointer = std::is_convertible_v<Word, std::uint32_t*>;
    constexpr bool is_atomic = std::is_convertible_v<Word, atomic&>;
    static_assert(is_pointer || is_atomic,
        "a word is a std::atomic<std::uint32_t>&, or a std::uint32_t*");
    return std::forward<Word>(word);
  }

  static std::atomic<std::uint32_t>& as_atomic(std::uint32_t* word)
  {
    using atomic = std::atomic<std::uint32_t>;
    static_assert(atomic::is_always_lock_free);
    static_assert(sizeof(atomic) == sizeof(std::uint32_t));

    const auto address = reinterpret_cast<std::uintptr_t>(word);
    if (address == 0 || address % sizeof(std::uint32_t) != 0)
      detail::throw_error(net::error::invalid_argument, "async_futex");
    return *reinterpret_cast<atomic*>(word);
  }

  void swap(basic_async_futex& other)
  {
    std::swap(executor_, other.executor_);
    std::swap(scope_, other.scope_);
    std::swap(core_, other.core_);
  }

  executor_type executor_;
  futex_scope scope_;
  core_type* core_;
};

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_BASIC_ASYNC_FUTEX_HPP
