// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_GRANT_HPP
#define ASIO_SYNC_DETAIL_GRANT_HPP

#include <asio_sync/detail/pooled_semaphore.hpp>

#include <cstdint>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// Owns permits of a core, and gives them back when it goes. It names the core
// and the generation, not the object, so it may outlive the object.
class grant
{
public:
  grant() = default;

  // generation: that of the object of which they are.
  grant(pooled_semaphore& core, pooled_semaphore::generation_type generation,
      std::uint32_t count) noexcept
    : core_(&core),
      generation_(generation),
      count_(count)
  {
  }

  grant(grant&& other) noexcept
    : core_(std::exchange(other.core_, nullptr)),
      generation_(other.generation_),
      count_(std::exchange(other.count_, 0))
  {
  }

  grant& operator=(grant&& other) noexcept
  {
    grant(std::move(other)).swap(*this);
    return *this;
  }

  ~grant()
  {
    // The count can not exceed the maximum unless more was released than had
    // been acquired. What is too much then is dropped.
    if (count_ != 0)
      (void)release();
  }

  void swap(grant& other) noexcept
  {
    std::swap(core_, other.core_);
    std::swap(generation_, other.generation_);
    std::swap(count_, other.count_);
  }

  // Returns false, with nothing changed, if the maximum would be exceeded.
  [[nodiscard]] bool release() noexcept
  {
    if (count_ != 0 && !core_->release(count_, generation_))
      return false;
    count_ = 0;
    return true;
  }

  // Give up ownership; nothing is given back.
  void forget() noexcept
  {
    core_ = nullptr;
    count_ = 0;
  }

  // Take n of them out. Requires: n <= count().
  grant split(std::uint32_t n) noexcept
  {
    grant part(*this, n);
    count_ -= n;
    return part;
  }

  // Requires: is_sibling_of(other), and the sum does not exceed the maximum.
  void merge(grant&& other) noexcept
  {
    count_ += other.count_;
    other.forget();
  }

  // Whether both are of the same object.
  bool is_sibling_of(const grant& other) const noexcept
  {
    return core_ == other.core_ && generation_ == other.generation_;
  }

  bool has_core() const noexcept
  {
    return core_ != nullptr;
  }

  // Requires: has_core(), here and below.
  pooled_semaphore& core() const noexcept
  {
    return *core_;
  }

  // Whether the object still lives.
  bool is_current() const noexcept
  {
    return core_->generation() == generation_;
  }

  pooled_semaphore::generation_type generation() const noexcept
  {
    return generation_;
  }

  std::uint32_t count() const noexcept
  {
    return count_;
  }

private:
  grant(const grant& other, std::uint32_t count) noexcept
    : core_(other.core_),
      generation_(other.generation_),
      count_(count)
  {
  }

  pooled_semaphore* core_ = nullptr;
  pooled_semaphore::generation_type generation_ = 0;
  std::uint32_t count_ = 0;
};

// What a wait owns that has left the queue of its semaphore or mutex.
inline grant grant_of(const waiter<>& w) noexcept
{
  return w.grantor() != nullptr && w.result() == wait_result::granted
      ? grant(pooled_semaphore::of(*w.grantor()), w.generation(), w.permits())
      : grant();
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_GRANT_HPP
