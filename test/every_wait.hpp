// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What can be waited for, each with the same face, to test what holds for all.

#ifndef ASIO_SYNC_TEST_EVERY_WAIT_HPP
#define ASIO_SYNC_TEST_EVERY_WAIT_HPP

#include <asio_sync.hpp>

#include "asio_test.hpp"
#include "futex_test.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <tuple>
#include <utility>

namespace asio_test {

using any_executor = net::any_io_executor;

// A semaphore without a permit.
template <typename Executor = any_executor>
struct semaphore_subject
{
  using object_type = asio_sync::basic_async_semaphore<Executor>;

  explicit semaphore_subject(const Executor& ex)
    : object(ex, 0)
  {
  }

  // Another object of the same kind.
  object_type another()
  {
    return object_type(object.get_executor());
  }

  // Wait for wake().
  template <typename... Token>
  auto async_wait(Token&&... token)
  {
    return object.async_acquire(std::forward<Token>(token)...);
  }

  template <typename Time, typename... Token>
  auto async_wait_for(const Time& time, Token&&... token)
  {
    return object.async_acquire_for(time, std::forward<Token>(token)...);
  }

  // Have the oldest wait succeed. Requires: there is one, and what the one
  // before owned was given back.
  void wake()
  {
    object.release();
  }

  // Nobody but who runs the context completes operations.
  void settle(net::io_context&)
  {
  }

  // Give back what a handler owns that was called. Returns whether it owned
  // anything.
  bool give_back()
  {
    return false;
  }

  object_type object;
};

// A mutex that somebody owns.
template <typename Executor = any_executor>
struct mutex_subject
{
  using object_type = asio_sync::basic_async_mutex<Executor>;

  explicit mutex_subject(const Executor& ex)
    : object(ex)
  {
    (void)object.try_lock();
  }

  object_type another()
  {
    return object_type(object.get_executor());
  }

  template <typename... Token>
  auto async_wait(Token&&... token)
  {
    return object.async_lock(std::forward<Token>(token)...);
  }

  template <typename Time, typename... Token>
  auto async_wait_for(const Time& time, Token&&... token)
  {
    return object.async_lock_for(time, std::forward<Token>(token)...);
  }

  void wake()
  {
    object.unlock();
  }

  void settle(net::io_context&)
  {
  }

  bool give_back()
  {
    return false;
  }

  object_type object;
};

// A condition variable without a mutex, and a predicate or none.
template <bool HasPredicate, typename Executor>
struct plain_condvar_subject
{
  using object_type = asio_sync::basic_async_condvar<Executor>;

  explicit plain_condvar_subject(const Executor& ex)
    : object(ex)
  {
  }

  object_type another()
  {
    return object_type(object.get_executor());
  }

  template <typename... Token>
  auto async_wait(Token&&... token)
  {
    if constexpr (HasPredicate)
      return object.async_wait(predicate(), std::forward<Token>(token)...);
    else
      return object.async_wait(std::forward<Token>(token)...);
  }

  template <typename Time, typename... Token>
  auto async_wait_for(const Time& time, Token&&... token)
  {
    if constexpr (HasPredicate)
      return object.async_wait_for(
          time, predicate(), std::forward<Token>(token)...);
    else
      return object.async_wait_for(time, std::forward<Token>(token)...);
  }

  void wake()
  {
    ++woken;
    object.notify_one();
  }

  void settle(net::io_context&)
  {
  }

  bool give_back()
  {
    return false;
  }

  auto predicate()
  {
    return [this] { return woken != 0 && woken-- != 0; };
  }

  object_type object;
  std::size_t woken = 0;
};

template <typename Executor = any_executor>
using condvar_subject = plain_condvar_subject<false, Executor>;
template <typename Executor = any_executor>
using predicate_subject = plain_condvar_subject<true, Executor>;

// A condition variable with a mutex, and a predicate or none.
template <bool HasPredicate, typename Executor>
struct locking_condvar_subject : plain_condvar_subject<HasPredicate, Executor>
{
  using base = plain_condvar_subject<HasPredicate, Executor>;

  explicit locking_condvar_subject(const Executor& ex)
    : base(ex),
      mutex(ex)
  {
  }

  template <typename... Token>
  auto async_wait(Token&&... token)
  {
    auto& lock = locks.emplace_back(mutex, std::try_to_lock);
    if constexpr (HasPredicate)
      return this->object.async_wait(
          lock, this->predicate(), std::forward<Token>(token)...);
    else
      return this->object.async_wait(lock, std::forward<Token>(token)...);
  }

  template <typename Time, typename... Token>
  auto async_wait_for(const Time& time, Token&&... token)
  {
    auto& lock = locks.emplace_back(mutex, std::try_to_lock);
    if constexpr (HasPredicate)
      return this->object.async_wait_for(
          lock, time, this->predicate(), std::forward<Token>(token)...);
    else
      return this->object.async_wait_for(
          lock, time, std::forward<Token>(token)...);
  }

  bool give_back()
  {
    bool owned = false;
    for (auto& lock : locks)
      if (lock)
      {
        lock.unlock();
        owned = true;
      }
    return owned;
  }

  asio_sync::basic_async_mutex<Executor> mutex;
  std::deque<asio_sync::mutex_lock> locks;
};

template <typename Executor = any_executor>
using locking_subject = locking_condvar_subject<false, Executor>;
template <typename Executor = any_executor>
using locking_predicate_subject = locking_condvar_subject<true, Executor>;

// A word that outlives all waits for it, also those of subjects that were
// destroyed.
inline std::atomic<std::uint32_t>& lasting_word()
{
  static std::mutex mutex;
  static std::deque<std::atomic<std::uint32_t>> words;
  const std::lock_guard<std::mutex> lock(mutex);
  return words.emplace_back(0);
}

// A word that keeps its value.
template <typename Executor = any_executor>
struct futex_subject
{
  using object_type = asio_sync::basic_async_futex<Executor>;

  explicit futex_subject(const Executor& ex)
    : object(ex, word)
  {
  }

  object_type another()
  {
    return object_type(object.get_executor(), word);
  }

  template <typename... Token>
  auto async_wait(Token&&... token)
  {
    return object.async_wait(0, std::forward<Token>(token)...);
  }

  template <typename Time, typename... Token>
  auto async_wait_for(const Time& time, Token&&... token)
  {
    return object.async_wait_for(0, time, std::forward<Token>(token)...);
  }

  void wake()
  {
    object.notify_one();
  }

  void settle(net::io_context& ctx)
  {
    asio_test::settle(ctx);
  }

  bool give_back()
  {
    return false;
  }

  std::atomic<std::uint32_t>& word = lasting_word();
  object_type object;
};

template <typename Subject>
inline constexpr bool waits_for_word = false;

template <typename Executor>
inline constexpr bool waits_for_word<futex_subject<Executor>> = true;

// All of them, with an executor.
template <typename Executor = any_executor>
using subjects_on = std::tuple<semaphore_subject<Executor>,
    mutex_subject<Executor>, condvar_subject<Executor>,
    predicate_subject<Executor>, locking_subject<Executor>,
    locking_predicate_subject<Executor>, futex_subject<Executor>>;
using subjects = subjects_on<>;

// A subject and its context.
template <typename Subject>
struct subject_fixture
{
  // Run what can be run, while handlers give back what they own.
  void run()
  {
    do
    {
      subject.settle(ctx);
      ctx.restart();
      ctx.poll();
    }
    while (subject.give_back());
  }

  // As above, until a condition is true.
  template <typename Condition>
  void run_until(Condition condition)
  {
    while (!condition())
    {
      ctx.restart();
      ctx.run_one();
      subject.give_back();
    }
  }

  std::size_t waiters() const
  {
    return subject.object.waiters();
  }

  net::io_context ctx;
  Subject subject{ctx.get_executor()};
  outcome first;
  outcome second;
};

} // namespace asio_test

#endif // ASIO_SYNC_TEST_EVERY_WAIT_HPP
