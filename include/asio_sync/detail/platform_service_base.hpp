// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_PLATFORM_SERVICE_BASE_HPP
#define ASIO_SYNC_DETAIL_PLATFORM_SERVICE_BASE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/futex_wait.hpp>
#include <asio_sync/detail/shared_futex_waits.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// What the tiers have in common: Asio's event loop, and what waits for words,
// which is made when it is needed first.
class platform_service_base : public net::execution_context::service
{
public:
  using mutex = std::mutex;
  using condition_variable = std::condition_variable;

  // Have an operation completed that does not count as work yet.
  void post(operation& op) noexcept
  {
    loop_.post_immediate_completion(&op, false);
  }

  // Whether this thread runs the event loop, and no other one does.
  bool is_the_only_thread() const noexcept
  {
    return has_one_thread_ && loop_.can_dispatch();
  }

  const char* name()
  {
    return futexes().name();
  }

  futex_waits& futexes()
  {
    // Acquire pairs with the release below.
    if (futex_waits* const made = futexes_.load(std::memory_order_acquire))
      return *made;

    const std::lock_guard<std::mutex> lock(mutex_);
    if (owned_futexes_ == nullptr)
    {
      owned_futexes_ = std::make_unique<shared_futex_waits>(make_futex_waits());
      futexes_.store(owned_futexes_.get(), std::memory_order_release);
    }
    return *owned_futexes_;
  }

  void shutdown_futexes() noexcept
  {
    if (owned_futexes_ != nullptr)
      owned_futexes_->shutdown();
  }

protected:
  explicit platform_service_base(net::execution_context& context)
    : net::execution_context::service(context),
      loop_(net::use_service<event_loop>(context)),
      has_one_thread_(has_concurrency_hint_one(loop_))
  {
  }

  ~platform_service_base() override = default;

  event_loop& loop() const noexcept
  {
    return loop_;
  }

  bool has_one_thread() const noexcept
  {
    return has_one_thread_;
  }

  // Operations belong to the event loop once they have been delivered.
  void shutdown() noexcept override
  {
  }

private:
  virtual std::unique_ptr<futex_waits> make_futex_waits() = 0;

  void notify_fork(net::execution_context::fork_event event) override
  {
    if (owned_futexes_ == nullptr)
      return;
    if (event == net::execution_context::fork_prepare)
      owned_futexes_->before_fork();
    else
      owned_futexes_->after_fork();
  }

  event_loop& loop_;
  const bool has_one_thread_;

  // Protects owned_futexes_ until it is made.
  std::mutex mutex_;
  std::unique_ptr<futex_waits> owned_futexes_;

  //   futexes_ | meaning
  //   ---------+---------------------------
  //   nullptr  | not needed so far
  //   other    | what owned_futexes_ points to
  std::atomic<futex_waits*> futexes_{nullptr};
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_PLATFORM_SERVICE_BASE_HPP
