// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_PARKING_TABLE_HPP
#define ASIO_SYNC_DETAIL_PARKING_TABLE_HPP

#include <asio_sync/detail/config.hpp>
#include <asio_sync/detail/futex_wait.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

using parking_hook = boost::intrusive::list_base_hook<
    boost::intrusive::link_mode<boost::intrusive::safe_link>>;

// A wait for a word that only this library wakes.
class parked_wait : public futex_wait, public parking_hook
{
public:
  // group: those that are shut down together.
  parked_wait(futex_wait_owner& owner, const futex_waits& group) noexcept
    : owner_(owner),
      group_(group)
  {
  }

  void start(
      const std::uint32_t* word, std::uint32_t expected) noexcept override;
  void cancel() noexcept override;

private:
  friend class parking_table;

  futex_wait_owner& owner_;
  const futex_waits& group_;
  // Null while the list does not have it.
  const void* word_ = nullptr;
};

// All waits of the process for words that the operating system does not wait
// for. There is one list, as there is one for each object that is waited for,
// not for each waiter.
class parking_table
{
public:
  static parking_table& instance()
  {
    // Never destroyed: contexts may be later.
    static parking_table& table = *new parking_table;
    return table;
  }

  void park(parked_wait& w, const std::uint32_t* word,
      std::uint32_t expected) noexcept
  {
    std::unique_lock<std::recursive_mutex> lock(mutex_);
    // Relaxed: whoever changes the word and then wakes has yet to lock, or has
    // unlocked before.
    const auto& value =
        *reinterpret_cast<const std::atomic<std::uint32_t>*>(word);
    if (value.load(std::memory_order_relaxed) == expected)
    {
      w.word_ = word;
      waits_.push_back(w);
      return;
    }
    lock.unlock();
    w.owner_.ended(futex_wait_result::differed);
  }

  void cancel(parked_wait& w) noexcept
  {
    std::unique_lock<std::recursive_mutex> lock(mutex_);
    if (w.word_ == nullptr)
      return; // The owner has been told, or is about to be.
    w.word_ = nullptr;
    waits_.erase(waits_.iterator_to(w));
    lock.unlock();
    w.owner_.ended(futex_wait_result::cancelled);
  }

  void forget(const futex_waits& group) noexcept
  {
    const std::lock_guard<std::recursive_mutex> lock(mutex_);
    waits_.remove_if([&](const parked_wait& w) { return &w.group_ == &group; });
  }

  // Returns how many were too few.
  std::size_t wake(const void* word, std::size_t n) noexcept
  {
    // Locked while owners are told, so that none is told after it was
    // cancelled. Recursive, as they may park again, and wake others.
    const std::lock_guard<std::recursive_mutex> lock(mutex_);
    list_type woken;
    for (auto i = waits_.begin(); i != waits_.end() && n != 0;)
    {
      parked_wait& w = *i++;
      if (w.word_ == word)
      {
        w.word_ = nullptr;
        waits_.erase(waits_.iterator_to(w));
        woken.push_back(w);
        --n;
      }
    }
    while (!woken.empty())
    {
      parked_wait& w = woken.front();
      woken.pop_front();
      w.owner_.ended(futex_wait_result::woken);
    }
    return n;
  }

private:
  using list_type = boost::intrusive::list<parked_wait,
      boost::intrusive::constant_time_size<false>>;

  parking_table() = default;

  std::recursive_mutex mutex_;
  list_type waits_;
};

inline void parked_wait::start(
    const std::uint32_t* word, std::uint32_t expected) noexcept
{
  parking_table::instance().park(*this, word, expected);
}

inline void parked_wait::cancel() noexcept
{
  parking_table::instance().cancel(*this);
}

// The parking table, as a tier provides it. Those who do not use the library
// can be woken, if the tier knows how to, but can not wake.
class parking_futex_waits : public futex_waits
{
public:
  using wake_func = void (*)(const void* word, std::size_t n) noexcept;

  // wake_others: null if there is no such thing.
  parking_futex_waits(const char* name, wake_func wake_others) noexcept
    : name_(name),
      wake_others_(wake_others)
  {
  }

  const char* name() const noexcept override
  {
    return name_;
  }

  bool sees_foreign_wakes() const noexcept override
  {
    return false;
  }

  std::unique_ptr<futex_wait> make(futex_wait_owner& owner) override
  {
    return std::make_unique<parked_wait>(owner, *this);
  }

  void wake(const void* word, std::size_t n) noexcept override
  {
    const std::size_t left = parking_table::instance().wake(word, n);
    if (left != 0 && wake_others_ != nullptr)
      wake_others_(word, left);
  }

  void shutdown() noexcept override
  {
    parking_table::instance().forget(*this);
  }

  void before_fork() noexcept override
  {
  }

  void after_fork() override
  {
  }

private:
  const char* const name_;
  const wake_func wake_others_;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_PARKING_TABLE_HPP
