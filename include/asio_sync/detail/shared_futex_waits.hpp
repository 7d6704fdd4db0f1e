// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_SHARED_FUTEX_WAITS_HPP
#define ASIO_SYNC_DETAIL_SHARED_FUTEX_WAITS_HPP

#include <asio_sync/detail/futex_wait.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

class shared_futex_waits;
class shared_futex_wait;

using futex_share_hook = boost::intrusive::list_base_hook<
    boost::intrusive::link_mode<boost::intrusive::safe_link>>;
using shared_futex_wait_hook = boost::intrusive::set_base_hook<
    boost::intrusive::link_mode<boost::intrusive::safe_link>>;

// What one object has of a wait that it shares with others.
class futex_share final : public futex_wait, public futex_share_hook
{
public:
  futex_share(futex_wait_owner& owner, shared_futex_waits& group) noexcept
    : owner_(owner),
      group_(group)
  {
  }

  ~futex_share() override;

  void start(
      const std::uint32_t* word, std::uint32_t expected) noexcept override;
  void cancel() noexcept override;

private:
  friend class shared_futex_waits;

  futex_wait_owner& owner_;
  shared_futex_waits& group_;
  shared_futex_wait* wait_ = nullptr;
};

// A wait of the tier, for all objects that expect the same of the same word.
//
//   it is      | shares_ | is_acting_ | has_ended_ | and becomes, when
//   -----------+---------+------------+------------+-----------------------
//   free       | none    | no         | yes        | current: a share starts
//   current    | some    | if it is   | no         | ending: the last share
//              |         | started    |            | cancels; leaving or free:
//              |         |            |            | it ended
//   ending     | one     | if it is   | no         | leaving or free: it ended
//              |         | cancelled  |            |
//   leaving    | none    | yes        | yes        | free: start or cancel,
//              |         |            |            | which began it, returned
//
// Shares join what is current, only. The last one stays until the wait ended,
// so it is told of a wake that came before the cancellation.
class shared_futex_wait final : public shared_futex_wait_hook,
                                private futex_wait_owner
{
public:
  // What finds it.
  using key = std::pair<std::uintptr_t, std::uint32_t>;

  explicit shared_futex_wait(shared_futex_waits& group);

private:
  friend class shared_futex_waits;

  void ended(futex_wait_result how) noexcept override;

  shared_futex_waits& group_;
  std::unique_ptr<futex_wait> wait_;
  key key_;
  boost::intrusive::list<futex_share,
      boost::intrusive::constant_time_size<false>>
      shares_;
  bool is_acting_ = false;
  bool has_ended_ = true;
  shared_futex_wait* next_free_ = nullptr;
};

// The waits of a context, over those of its tier: there is one in the kernel
// for all objects that expect the same of a word. The lock is not held while
// the tier or an owner is called.
class shared_futex_waits final : public futex_waits
{
public:
  explicit shared_futex_waits(std::unique_ptr<futex_waits> tier) noexcept
    : tier_(std::move(tier))
  {
  }

  const char* name() const noexcept override
  {
    return tier_->name();
  }

  bool sees_foreign_wakes() const noexcept override
  {
    return tier_->sees_foreign_wakes();
  }

  bool is_woken_sooner() const noexcept override
  {
    return tier_->is_woken_sooner();
  }

  std::unique_ptr<futex_wait> make(futex_wait_owner& owner) override
  {
    auto share = std::make_unique<futex_share>(owner, *this);
    auto shared = std::make_unique<wait>(*this);

    const std::lock_guard<std::mutex> lock(mutex_);
    all_.push_back(std::move(shared));
    set_free(*all_.back());
    return share;
  }

  void wake(const void* word, std::size_t n) noexcept override
  {
    tier_->wake(word, n);
  }

  void shutdown() noexcept override
  {
    tier_->shutdown();
  }

  void before_fork() noexcept override
  {
    tier_->before_fork();
  }

  void after_fork() override
  {
    tier_->after_fork();
  }

private:
  friend class futex_share;
  friend class shared_futex_wait;

  using wait = shared_futex_wait;

  struct key_of
  {
    using type = wait::key;

    const type& operator()(const wait& w) const noexcept
    {
      return w.key_;
    }
  };

  void start(futex_share& s, const std::uint32_t* word,
      std::uint32_t expected) noexcept
  {
    const wait::key key(reinterpret_cast<std::uintptr_t>(word), expected);
    std::unique_lock<std::mutex> lock(mutex_);
    const auto found = current_.find(key);
    if (found != current_.end())
      return join(s, *found);

    // There is a free one for each share that takes part in none.
    wait& w = *std::exchange(free_, free_->next_free_);
    w.key_ = key;
    w.has_ended_ = false;
    w.is_acting_ = true;
    current_.insert(w);
    join(s, w);
    lock.unlock();

    w.wait_->start(word, expected);
    acted(w);
  }

  static void join(futex_share& s, wait& w) noexcept
  {
    s.wait_ = &w;
    w.shares_.push_back(s);
  }

  void cancel(futex_share& s) noexcept
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (s.wait_ == nullptr)
      return; // The wait ended, and the owner is about to be told.

    wait& w = *s.wait_;
    if (&w.shares_.front() != &w.shares_.back())
    {
      leave(s);
      lock.unlock();
      return s.owner_.ended(futex_wait_result::cancelled);
    }

    current_.erase(current_.iterator_to(w));
    w.is_acting_ = true;
    lock.unlock();

    w.wait_->cancel();
    acted(w);
  }

  // The start or the cancellation of a wait is done.
  void acted(wait& w) noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    w.is_acting_ = false;
    if (w.has_ended_)
      set_free(w);
  }

  void ended(wait& w, futex_wait_result how) noexcept
  {
    decltype(w.shares_) told;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (w.is_linked())
        current_.erase(current_.iterator_to(w));
      for (futex_share& s : w.shares_)
        s.wait_ = nullptr;
      told.swap(w.shares_);
      w.has_ended_ = true;
      if (!w.is_acting_)
        set_free(w);
    }

    while (!told.empty())
    {
      futex_share& s = told.front();
      told.pop_front();
      s.owner_.ended(how);
    }
  }

  // A share that goes with its context may take part in a wait.
  void forget(futex_share& s) noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (s.wait_ != nullptr)
      leave(s);
  }

  void set_free(wait& w) noexcept
  {
    w.next_free_ = std::exchange(free_, &w);
  }

  static void leave(futex_share& s) noexcept
  {
    auto& shares = std::exchange(s.wait_, nullptr)->shares_;
    shares.erase(shares.iterator_to(s));
  }

  const std::unique_ptr<futex_waits> tier_;

  // Protects what is below, and the members of waits and shares.
  std::mutex mutex_;
  std::vector<std::unique_ptr<wait>> all_;
  wait* free_ = nullptr;
  boost::intrusive::set<wait, boost::intrusive::key_of_value<key_of>> current_;
};

inline futex_share::~futex_share()
{
  group_.forget(*this);
}

inline void futex_share::start(
    const std::uint32_t* word, std::uint32_t expected) noexcept
{
  group_.start(*this, word, expected);
}

inline void futex_share::cancel() noexcept
{
  group_.cancel(*this);
}

inline shared_futex_wait::shared_futex_wait(shared_futex_waits& group)
  : group_(group),
    wait_(group.tier_->make(*this))
{
}

inline void shared_futex_wait::ended(futex_wait_result how) noexcept
{
  group_.ended(*this, how);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_SHARED_FUTEX_WAITS_HPP
