// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What one may use as a semaphore with Asio. All have the same members:
//
//   explicit gate(net::io_context&, int permits);
//   auto async_acquire(token);   // void(error_code), which may say anything
//   bool try_acquire();
//   void release();

#ifndef ASIO_SYNC_PERF_GATES_HPP
#define ASIO_SYNC_PERF_GATES_HPP

#include "perf.hpp"

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/experimental/channel.hpp>
# include <boost/asio/experimental/concurrent_channel.hpp>
#else
# include <asio/experimental/channel.hpp>
# include <asio/experimental/concurrent_channel.hpp>
#endif

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>

namespace perf {

struct semaphore_gate : semaphore_type
{
  static constexpr char name[] = "async_semaphore";

  semaphore_gate(net::io_context& ctx, int permits)
    : semaphore_type(ctx, std::size_t(permits))
  {
  }
};

template <typename Handler, typename = void>
struct has_executor : std::false_type
{
};

template <typename Handler>
struct has_executor<Handler, std::void_t<typename Handler::executor_type>>
  : std::true_type
{
};

// No gate at all: the floor of what completes through Asio's scheduler. To post
// to the handler's executor, if it has one, is cheaper than to name it.
struct post_gate
{
  static constexpr char name[] = "post";

  post_gate(net::io_context& ctx, int)
    : ex(ctx.get_executor())
  {
  }

  template <typename Token>
  auto async_acquire(Token&& token)
  {
    return net::async_initiate<Token, void()>(
        [this](auto&& handler) {
          using handler_type = std::decay_t<decltype(handler)>;
          if constexpr (has_executor<handler_type>::value)
            net::post(std::forward<decltype(handler)>(handler));
          else
            net::post(ex, std::forward<decltype(handler)>(handler));
        },
        token);
  }

  void release()
  {
  }

  executor ex;
};

// As above, after so many atomic operations on what all share: the floor of a
// semaphore that is completed by the scheduler. Two are those of a count; four
// those of a queue that is entered and left, or locked and unlocked, to wait
// and to release.
template <int atomics>
class counted_post_gate
{
  static_assert(atomics == 2 || atomics == 4);

public:
  static constexpr const char* name =
      atomics == 2 ? "post_and_2_atomics" : "post_and_4_atomics";

  counted_post_gate(net::io_context& ctx, int permits)
    : post_(ctx, permits)
  {
  }

  template <typename Token>
  auto async_acquire(Token&& token)
  {
    exchange();
    return post_.async_acquire(std::forward<Token>(token));
  }

  void release()
  {
    exchange();
  }

private:
  void exchange()
  {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    change(seen);
    if constexpr (atomics == 4)
      change(seen);
  }

  void change(std::uint64_t& seen)
  {
    while (!word_.compare_exchange_weak(
        seen, seen + 1, std::memory_order_acq_rel, std::memory_order_relaxed))
      ;
    ++seen;
  }

  post_gate post_;
  alignas(64) std::atomic<std::uint64_t> word_{0};
};

// A message in the channel is a permit that somebody holds. Requires of
// release(): somebody holds one, or waits.
template <typename Channel>
class basic_channel_gate
{
public:
  basic_channel_gate(net::io_context& ctx, int permits)
    : channel_(ctx.get_executor(), std::size_t(permits))
  {
  }

  template <typename Token>
  auto async_acquire(Token&& token)
  {
    return channel_.async_send(std::forward<Token>(token));
  }

  bool try_acquire()
  {
    return channel_.try_send();
  }

  void release()
  {
    if (!channel_.try_receive([](auto...) {}))
      fail("nobody holds a permit");
  }

  void cancel()
  {
    channel_.cancel();
  }

private:
  Channel channel_;
};

// For one thread at a time.
struct channel_gate
  : basic_channel_gate<net::experimental::channel<executor, void()>>
{
  static constexpr char name[] = "channel";
  using basic_channel_gate::basic_channel_gate;
};

struct concurrent_channel_gate
  : basic_channel_gate<net::experimental::concurrent_channel<executor, void()>>
{
  static constexpr char name[] = "concurrent_channel";
  using basic_channel_gate::basic_channel_gate;
};

// A count and a timer that never expires. For one thread at a time.
class timer_gate
{
public:
  static constexpr char name[] = "timer";

  timer_gate(net::io_context& ctx, int permits)
    : timer_(ctx, timer_type::time_point::max()),
      permits_(permits)
  {
  }

  // The handler takes an error or nothing.
  template <typename Handler>
  void async_acquire(Handler&& handler)
  {
    if (--permits_ < 0)
      timer_.async_wait(std::forward<Handler>(handler));
    else
      net::post(timer_.get_executor(), std::forward<Handler>(handler));
  }

  void release()
  {
    if (++permits_ <= 0)
      timer_.cancel_one();
  }

private:
  timer_type timer_;
  int permits_;
};

// A mutex and a list in place of the library's queue; operations and delivery
// are the library's.
class list_gate
{
public:
  static constexpr char name[] = "mutex_and_list";

  list_gate(net::io_context& ctx, int permits)
    : ex_(ctx.get_executor()),
      service_(net::use_service<asio_sync::detail::sync_service>(ctx)),
      permits_(permits)
  {
  }

  template <typename Token>
  auto async_acquire(Token&& token)
  {
    return net::async_initiate<Token, void(error_code)>(
        [this](auto&& handler) {
          this->start(std::forward<decltype(handler)>(handler));
        },
        token);
  }

  bool try_acquire()
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    return take();
  }

  void release()
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (waiting_.empty())
    {
      ++permits_;
      return;
    }
    waiter_type& w = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    deliver(w);
  }

  // What operations demand of a core.

  using waiter_type = asio_sync::detail::waiter<>;

  void wait(waiter_type& w)
  {
    service_.platform().work_started();
    std::unique_lock<std::mutex> lock(mutex_);
    if (!take())
      return waiting_.push_back(w);
    lock.unlock();
    deliver(w);
  }

  // Never called: no handler has a slot.

  using cell_type = asio_sync::detail::cancellation_cell<>;

  void cancel(cell_type&) noexcept
  {
  }

  static void free_cell(cell_type&) noexcept
  {
  }

private:
  bool take()
  {
    if (permits_ == 0)
      return false;
    --permits_;
    return true;
  }

  template <typename Handler>
  void start(Handler&& handler)
  {
    using namespace asio_sync::detail;
    if (try_acquire())
      complete_immediately<complete_with_error>(service_, wait_result::granted,
          grant(), std::forward<Handler>(handler), ex_);
    else
      wait_op<complete_with_error, std::decay_t<Handler>, executor,
          no_expiry>::start(*this, std::forward<Handler>(handler), ex_,
          no_expiry(), static_cast<semaphore_core<>*>(nullptr),
          std::uint32_t(1));
  }

  void deliver(waiter_type& w)
  {
    asio_sync::detail::operation_queue ready;
    ready.push(static_cast<asio_sync::detail::operation_waiter*>(&w));
    service_.platform().deliver(ready, true);
  }

  executor ex_;
  asio_sync::detail::sync_service& service_;
  std::mutex mutex_;
  int permits_;
  asio_sync::detail::waiter_list<std::atomic> waiting_;
};

// A task of handlers. It queues again before it hands its permit on, so that
// the permit always goes to another one if there is one.
template <typename Gate>
struct task
{
  void operator()(error_code = error_code())
  {
    if (--left > 0)
      gate->async_acquire(*this);
    gate->release();
  }

  Gate* gate;
  std::int64_t left;
};

} // namespace perf

#endif // ASIO_SYNC_PERF_GATES_HPP
