// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_DEADLINE_HPP
#define ASIO_SYNC_DETAIL_DEADLINE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/cancellation.hpp>
#include <asio_sync/detail/sync_service.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// In place of a time: wait for ever. It is not empty, as GCC 12 warns of a
// reference to an empty member as if the member were not initialised.
struct no_expiry
{
  bool is_for_ever = true;
};

// A duration in whole units, rounded up. One that can not be counted in them
// becomes the nearest that can, and one that is not a number the least.
template <typename Duration, typename Rep, typename Period>
Duration saturating_ceil(const std::chrono::duration<Rep, Period>& d)
{
  using units = std::chrono::duration<double, typename Duration::period>;

  const units u(d);
  if (!(u > units((Duration::min)())))
    return (Duration::min)();
  if (u >= units((Duration::max)()))
    return (Duration::max)();
  if constexpr (std::chrono::treat_as_floating_point_v<Rep>)
    return std::chrono::ceil<Duration>(u);
  else
    return std::chrono::ceil<Duration>(d);
}

// The time at which a wait that starts now expires. One beyond what the clock
// can count means the end of time, and one that is not a number has passed.
template <typename Rep, typename Period>
std::chrono::steady_clock::time_point expiry_time(
    const std::chrono::duration<Rep, Period>& rel_time)
{
  using clock = std::chrono::steady_clock;

  const clock::time_point now = clock::now();
  if (!(rel_time > rel_time.zero()))
    return now;
  return now
      + (std::min)((clock::time_point::max)() - now,
          saturating_ceil<clock::duration>(rel_time));
}

template <typename Clock, typename Duration>
typename Clock::time_point expiry_time(
    const std::chrono::time_point<Clock, Duration>& abs_time)
{
  using duration = typename Clock::duration;

  return std::chrono::time_point<Clock, duration>(
      saturating_ceil<duration>(abs_time.time_since_epoch()));
}

// Runs functions where they are handed over.
struct inline_executor
{
  template <typename Function>
  void execute(Function&& function) const
  {
    std::forward<Function>(function)();
  }

  friend bool operator==(inline_executor, inline_executor) noexcept
  {
    return true;
  }

  friend bool operator!=(inline_executor, inline_executor) noexcept
  {
    return false;
  }
};

// Cancels a wait when its time has come. The timer is its own wait's, too, and
// may outlive the operation: for what is no io_context, Asio runs a completion
// port in a thread of its own, which is joined after the port was shut down.
// What this thread frees in between can cancel no timer any more.
template <typename Expiry, typename Executor>
class deadline
{
  using time_point = decltype(expiry_time(std::declval<const Expiry&>()));
  using clock = typename time_point::clock;
  using timer_type =
      net::basic_waitable_timer<clock, net::wait_traits<clock>, Executor>;

public:
  deadline(const Expiry& expiry, const Executor& ex)
    : timer_(std::allocate_shared<timer_type>(
        net::recycling_allocator<timer_type>(), ex, expiry_time(expiry)))
  {
  }

  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;

  ~deadline()
  {
    timer_->cancel();
  }

  // May cancel the waiter before it is handed over to the core. The memory is
  // not that of the handler: it is freed when the handler has been called.
  template <typename Core>
  void start_timer(Core& core, waiter<>& w)
  {
    timer_->async_wait(expire<Core>{
        attach_cancellation(core, w, wait_result::timed_out), timer_});
  }

private:
  // The timer's wait ends in the event loop: what the executor has queued may
  // outlive the context, and be owned by copies of the executor, of which the
  // timer has one.
  template <typename Core>
  struct expire
  {
    using executor_type = inline_executor;

    executor_type get_executor() const noexcept
    {
      return executor_type();
    }

    void operator()(const error_code& ec)
    {
      if (!ec)
        net::dispatch(timer->get_executor(),
            [ask = std::move(cancel)]() mutable { ask.request(); });
    }

    cancellation<Core> cancel;
    std::shared_ptr<timer_type> timer;
  };

  const std::shared_ptr<timer_type> timer_;
};

template <typename Executor>
class deadline<no_expiry, Executor>
{
public:
  deadline(no_expiry, const Executor&) noexcept
  {
  }

  template <typename Core>
  void start_timer(Core&, waiter<>&) noexcept
  {
  }
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_DEADLINE_HPP
