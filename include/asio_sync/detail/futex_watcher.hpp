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
//
//   bits of state_ | meaning
//   ---------------+-------------------------------------------------------
//   0 wanted       | the wait was started, and its owner not told of its end
//   1 cancelled    | ... and is to be ended
//   2 posted       | it is in the inbox of a watcher, which looks at it next:
//                  | the only one to do so. If the wait was started anew, that
//                  | may be another one than its watcher, and hands it on
//
//   who                  | does               | while
//   ---------------------+--------------------+------------------------------
//   start()              | sets wanted        | neither wanted nor cancelled
//   cancel()             | sets cancelled     | wanted
//   start(), cancel()    | sets posted: puts  | not posted. If it is, nothing
//                        | it into the inbox  | else is done
//   the watcher that has | clears posted      | its own, or not wanted. What
//   it in its inbox      |                    | else is set is done afterwards
//   the same             | hands it on; it    | wanted, and not its own
//                        | stays posted       |
//   its watcher          | clears wanted and  | wanted, and not in the inbox of
//                        | cancelled: the end | another watcher
//
// Setting and clearing are acquire and release, so each of them sees what came
// before the last one.
class watched_wait : public futex_wait
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
  friend class watching_futex_waits;

  // Have its watcher look at the state.
  void post() noexcept;

  static constexpr unsigned wanted = 1;
  static constexpr unsigned cancelled = 2;
  static constexpr unsigned posted = 4;

  futex_wait_owner& owner_;
  watching_futex_waits& waits_;

  // Written before each start.
  futex_watcher* watcher_ = nullptr;
  const std::uint32_t* word_ = nullptr;
  std::uint32_t expected_ = 0;

  std::atomic<unsigned> state_{0};
  watched_wait* next_ = nullptr;
};

// A thread that waits for many words at once, and for one more, with which it
// is told to look into its inbox.
class futex_watcher
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

  // Have the thread look at the state of a wait. Requires: it is marked as
  // posted, by the caller.
  void post(watched_wait& w) noexcept
  {
    // Release pairs with the acquire in drain().
    watched_wait* head = inbox_.load(std::memory_order_relaxed);
    do
      w.next_ = head;
    while (!inbox_.compare_exchange_weak(
        head, &w, std::memory_order_release, std::memory_order_relaxed));
    if (head == nullptr)
      ring();
  }

  // The number of waits that were given to this watcher. Protected by the mutex
  // of the watching_futex_waits.
  std::size_t load = 0;

private:
  void ring() noexcept
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
    watched_wait* next = inbox_.exchange(nullptr, std::memory_order_acquire);
    while (watched_wait* const w = next)
    {
      next = w->next_;
      const unsigned state = take(*w);
      if ((state & watched_wait::wanted) == 0)
        continue;

      const auto place = std::find(watched_.begin(), watched_.end(), w);
      if ((state & watched_wait::cancelled) != 0)
      {
        if (place != watched_.end())
          watched_.erase(place);
        end(*w, futex_wait_result::cancelled);
      }
      else if (place == watched_.end())
      {
        watched_.push_back(w);
      }
    }
  }

  // Take a wait that was in the inbox. Returns its state, or 0 if it was handed
  // on: while it is posted nobody else ends it, so its watcher stays the same
  // until that has it.
  unsigned take(watched_wait& w) noexcept
  {
    // Acquire pairs with the release in start(), which may have come after the
    // wait was posted. Release: who posts it next writes the link, which was
    // read.
    unsigned seen = w.state_.load(std::memory_order_acquire);
    do
    {
      if ((seen & watched_wait::wanted) != 0 && w.watcher_ != this)
      {
        w.watcher_->post(w);
        return 0;
      }
    }
    while (!w.state_.compare_exchange_weak(seen, seen & ~watched_wait::posted,
        std::memory_order_acq_rel, std::memory_order_acquire));
    return seen;
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

  //   inbox_  | meaning
  //   --------+------------------------------------
  //   nullptr | nobody asked for anything
  //   other   | the newest of the waits to look at
  std::atomic<watched_wait*> inbox_{nullptr};

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
  try
  {
    watcher_ = &waits_.assign();
  }
  catch (...)
  {
    return owner_.ended(futex_wait_result::failed);
  }
  word_ = word;
  expected_ = expected;

  // It may still be posted to the watcher before, for a cancellation that came
  // too late. That one hands it on.
  state_.fetch_or(wanted, std::memory_order_acq_rel);
  post();
}

inline void watched_wait::post() noexcept
{
  if ((state_.fetch_or(posted, std::memory_order_acq_rel) & posted) == 0)
    watcher_->post(*this);
}

inline void watched_wait::cancel() noexcept
{
  unsigned seen = state_.load(std::memory_order_relaxed);
  do
  {
    if ((seen & wanted) == 0)
      return;
  }
  while (!state_.compare_exchange_weak(seen, seen | cancelled,
      std::memory_order_acq_rel, std::memory_order_relaxed));
  post();
}

inline void futex_watcher::end(watched_wait& w, futex_wait_result how) noexcept
{
  w.waits_.release(*this);

  // Release: the owner may start it again, in any thread.
  w.state_.fetch_and(~(watched_wait::wanted | watched_wait::cancelled),
      std::memory_order_acq_rel);
  w.owner_.ended(how);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_HAS_LINUX_FUTEX

#endif // ASIO_SYNC_DETAIL_FUTEX_WATCHER_HPP
