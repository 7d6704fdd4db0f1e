// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_FUTEX_WAIT_HPP
#define ASIO_SYNC_DETAIL_FUTEX_WAIT_HPP

#include <asio_sync/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// How a wait for a word ended. A failed one could not begin.
enum class futex_wait_result : unsigned char
{
  woken,
  differed,
  cancelled,
  failed
};

// Who is told that a wait ended.
class futex_wait_owner
{
public:
  virtual void ended(futex_wait_result how) noexcept = 0;

protected:
  ~futex_wait_owner() = default;
};

// A place for one wait for a word, which a tier provides.
class futex_wait
{
public:
  futex_wait() = default;
  futex_wait(const futex_wait&) = delete;
  futex_wait& operator=(const futex_wait&) = delete;
  virtual ~futex_wait() = default;

  // Wait until the word is woken, unless it differs from what is expected. The
  // owner is told once that the wait ended, by any thread, perhaps before this
  // returns. The word may be gone once the wait is of no use to anybody.
  // Requires: the last wait ended, and no call is under way, here and below.
  virtual void start(
      const std::uint32_t* word, std::uint32_t expected) noexcept = 0;

  // Have the wait end, if it has not.
  virtual void cancel() noexcept = 0;
};

// How a tier waits for words and wakes those who do. Words are compared and
// woken as futex2 does with FUTEX2_SIZE_U32, without FUTEX2_PRIVATE.
class futex_waits
{
public:
  futex_waits() = default;
  futex_waits(const futex_waits&) = delete;
  futex_waits& operator=(const futex_waits&) = delete;
  virtual ~futex_waits() = default;

  // The name of the tier, and of this.
  virtual const char* name() const noexcept = 0;

  // Whether a wait is found by who does not use this library.
  virtual bool sees_foreign_wakes() const noexcept = 0;

  // Whether the last waiter of an object is better woken through its wait here
  // than directly, with the wait cancelled.
  virtual bool is_woken_sooner() const noexcept
  {
    return false;
  }

  virtual std::unique_ptr<futex_wait> make(futex_wait_owner& owner) = 0;

  // Wake up to n of those who wait for a word, which may be gone.
  virtual void wake(const void* word, std::size_t n) noexcept = 0;

  // Tell no owner anything from when this returns. Wakes that waits may have
  // consumed are passed on, here or when their service shuts down.
  virtual void shutdown() noexcept = 0;

  // Threads do not survive a fork: end them before, and begin anew after.
  virtual void before_fork() noexcept = 0;
  virtual void after_fork() = 0;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_FUTEX_WAIT_HPP
