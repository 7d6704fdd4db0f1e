// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_FUTEX_WATCHER_HPP
#define ASIO_SYNC_DETAIL_FUTEX_WATCHER_HPP

#include <asio_sync/detail/config.hpp>

#if ASIO_SYNC_HAS_LINUX_FUTEX

# include <asio_sync/detail/futex_wait.hpp>
# include <asio_sync/detail/linux_futex.hpp>
# include <asio_sync/detail/watcher_inbox.hpp>

# include <boost/container/static_vector.hpp>

# include <pthread.h>
# include <signal.h>

# include <algorithm>
# include <atomic>
# include <cerrno>
# include <cstddef>
# include <cstdint>
# include <memory>
# include <mutex>
# include <thread>
# include <utility>
# include <vector>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

class futex_watcher;

// A wait that a thread of a futex_watcher does for others.
class watched_wait final : public futex_wait, private watched_state<>
{
public:
  watched_wait(
      futex_wait_owner& owner, class watching_futex_waits& waits) noexcept
    : owner_(owner),
      waits_(waits)
  {
  }

  void start(
      const std::uint32_t* word, std::uint32_t expected) noexcept override;
  void cancel() noexcept override;

private:
  friend class futex_watcher;

  futex_wait_owner& owner_;
  watching_futex_waits& waits_;

  // Written before each start.
  const std::uint32_t* word_ = nullptr;
  std::uint32_t expected_ = 0;
};

// A thread that waits for many words at once, and for one more, with which it
// is told to look into its inbox.
class futex_watcher final : private watcher_inbox<>
{
public:
  static constexpr std::size_t capacity = linux_futex_waitv_max - 1;

  futex_watcher() = default;
  futex_watcher(const futex_watcher&) = delete;
  futex_watcher& operator=(const futex_watcher&) = delete;

  ~futex_watcher()
  {
    stop();
  }

  // Does nothing if it runs. May throw if there can be no thread.
  void run()
  {
    if (thread_.joinable())
      return;
    is_stopping_.store(false, std::memory_order_relaxed);

    // Signals are for the threads of the program.
    sigset_t all, before;
    (void)::sigfillset(&all);
    (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
    try
    {
      thread_ = std::thread([this] { watch(); });
    }
    catch (...)
    {
      (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  // What is watched is still known afterwards.
  void stop() noexcept
  {
    if (!thread_.joinable())
      return;
    is_stopping_.store(true, std::memory_order_relaxed);
    ring();
    thread_.join();
  }

  // The number of waits that were given to this watcher. Protected by the mutex
  // of the watching_futex_waits.
  std::size_t load = 0;

private:
  friend class watched_wait;

  void ring() noexcept override
  {
    // Release pairs with the acquire in watch().
    control_.fetch_add(1, std::memory_order_release);
    linux_futex_wake(&control_, 1);
  }

  void watch() noexcept
  {
    for (;;)
    {
      // Whoever rings after this makes the kernel see that the word differs.
      const std::uint32_t seen = control_.load(std::memory_order_acquire);
      if (is_stopping_.load(std::memory_order_relaxed))
        return;
      drain();
      wait(seen);
    }
  }

  // Do what was asked for.
  void drain() noexcept
  {
    watcher_inbox::drain([this](watched_state<>& shown, bool is_cancelled) {
      auto& w = static_cast<watched_wait&>(shown);
      const auto place = std::find(watched_.begin(), watched_.end(), &w);
      if (is_cancelled)
      {
        if (place != watched_.end())
          watched_.erase(place);
        end(w, futex_wait_result::cancelled);
      }
      else if (place == watched_.end())
      {
        watched_.push_back(&w);
      }
    });
  }

  // While there is nothing to watch, the control word is waited for without
  // futex_waitv, which may have begun to fail.
  void wait(std::uint32_t seen) noexcept
  {
    if (watched_.empty())
      return linux_futex_wait(&control_, seen);

    boost::container::static_vector<linux_futex_waitv, capacity + 1> words;
    words.push_back(entry(&control_, seen));
    for (const watched_wait* const w : watched_)
      words.push_back(entry(w->word_, w->expected_));

    const int woken =
        linux_wait_for_words(words.data(), unsigned(words.size()));
    if (woken > 0)
    {
      // Of several, the kernel names the last, so those behind it were not
      // woken. The control word is the first: if it is named, nobody was.
      const std::size_t last = std::size_t(woken) - 1;
      watched_wait& w = *watched_[last];
      watched_.erase(watched_.begin() + std::ptrdiff_t(last));
      check(last, true);
      end(w, futex_wait_result::woken);
    }
    else if (woken == -EAGAIN || woken == -EFAULT)
    {
      if (control_.load(std::memory_order_relaxed) == seen)
        check(watched_.size(), false);
    }
    else if (woken < 0 && woken != -EINTR)
    {
      while (!watched_.empty())
      {
        watched_wait& w = *watched_.back();
        watched_.pop_back();
        end(w, futex_wait_result::failed);
      }
    }
  }

  static linux_futex_waitv entry(const void* word, std::uint32_t expected)
  {
    return {expected, reinterpret_cast<std::uintptr_t>(word), futex2_flags, 0};
  }

  // Look at the first n waits again. may_be_woken: each may have consumed a
  // wake. One whose word did not change keeps waiting, and hands that wake on.
  void check(std::size_t n, bool may_be_woken) noexcept
  {
    boost::container::static_vector<std::pair<watched_wait*, futex_wait_result>,
        capacity>
        ended;
    for (std::size_t i = n; i-- != 0;)
    {
      watched_wait& w = *watched_[i];
      const int result = linux_futex_compare(w.word_, w.expected_);

      // A second wake may have come while the word was looked at.
      if (may_be_woken && (result == ETIMEDOUT || result == 0))
        linux_futex_wake(w.word_, 1);
      if (result == ETIMEDOUT)
        continue;
      watched_.erase(watched_.begin() + std::ptrdiff_t(i));
      ended.emplace_back(&w, result_of(result, may_be_woken));
    }
    for (const auto& [w, result] : ended)
      end(*w, result);
  }

  static futex_wait_result result_of(int compared, bool may_be_woken) noexcept
  {
    switch (compared)
    {
    case 0:
      return futex_wait_result::woken;
    case EAGAIN:
      return may_be_woken ? futex_wait_result::woken
                          : futex_wait_result::differed;
    default:
      return futex_wait_result::failed;
    }
  }

  void end(watched_wait& w, futex_wait_result how) noexcept;

  // Counts the calls of ring(). Words of the library itself are waited for as
  // those of its users.
  std::atomic<std::uint32_t> control_{0};

  std::atomic<bool> is_stopping_{false};

  // Touched by the thread, or where that does not run.
  boost::container::static_vector<watched_wait*, capacity> watched_;

  std::thread thread_;
};

// Threads that wait for the words of a context: as many as are needed, from the
// first wait on.
class watching_futex_waits : public futex_waits
{
public:
  const char* name() const noexcept override
  {
    return "generic, words by futex_waitv";
  }

  bool sees_foreign_wakes() const noexcept override
  {
    return true;
  }

  std::unique_ptr<futex_wait> make(futex_wait_owner& owner) override
  {
    return std::make_unique<watched_wait>(owner, *this);
  }

  void wake(const void* word, std::size_t n) noexcept override
  {
    linux_futex_wake(word, n);
  }

  // No wait is in the kernel when its thread has ended.
  void shutdown() noexcept override
  {
    before_fork();
  }

  void before_fork() noexcept override
  {
    for (const auto& watcher : watchers_)
      watcher->stop();
  }

  void after_fork() override
  {
    for (const auto& watcher : watchers_)
      watcher->run();
  }

private:
  friend class watched_wait;
  friend class futex_watcher;

  // Choose a watcher with room, or make one. May throw.
  futex_watcher& assign()
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = std::find_if(watchers_.begin(), watchers_.end(),
        [](const auto& w) { return w->load < futex_watcher::capacity; });
    if (place != watchers_.end())
    {
      ++(*place)->load;
      return **place;
    }
    auto added = std::make_unique<futex_watcher>();
    added->run();
    watchers_.push_back(std::move(added));
    ++watchers_.back()->load;
    return *watchers_.back();
  }

  void release(futex_watcher& watcher) noexcept
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    --watcher.load;
  }

  // Protects the list and the loads.
  std::mutex mutex_;
  std::vector<std::unique_ptr<futex_watcher>> watchers_;
};

inline void watched_wait::start(
    const std::uint32_t* word, std::uint32_t expected) noexcept
{
  futex_watcher* watcher = nullptr;
  try
  {
    watcher = &waits_.assign();
  }
  catch (...)
  {
    return owner_.ended(futex_wait_result::failed);
  }
  word_ = word;
  expected_ = expected;
  watched_state::start(*watcher);
}

inline void watched_wait::cancel() noexcept
{
  watched_state::cancel();
}

inline void futex_watcher::end(watched_wait& w, futex_wait_result how) noexcept
{
  w.waits_.release(*this);
  w.watched_state::end();
  w.owner_.ended(how);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_LINUX_FUTEX

#endif // ASIO_SYNC_DETAIL_FUTEX_WATCHER_HPP
