// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// A bounded queue between producers and consumers, each of them a coroutine or
// a plain thread. All wait in the same way, and in one line.

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/co_spawn.hpp>
# include <boost/asio/detached.hpp>
# include <boost/asio/io_context.hpp>
# include <boost/asio/use_awaitable.hpp>
#else
# include <asio/co_spawn.hpp>
# include <asio/detached.hpp>
# include <asio/io_context.hpp>
# include <asio/use_awaitable.hpp>
#endif

#include <atomic>
#include <cstddef>
#include <deque>
#include <iostream>
#include <optional>
#include <thread>
#include <utility>

namespace net = asio_sync::net;
using net::awaitable;
using net::use_awaitable;

template <typename T>
class bounded_queue
{
public:
  bounded_queue(net::io_context& ctx, std::size_t capacity)
    : mutex_(ctx),
      not_full_(ctx),
      not_empty_(ctx),
      capacity_(capacity)
  {
  }

  // Wait for room, and push.
  awaitable<void> async_push(T item)
  {
    auto lock = co_await mutex_.async_scoped_lock(use_awaitable);
    co_await not_full_.async_wait(
        lock, [this] { return has_room(); }, use_awaitable);
    put(std::move(item));
  }

  // As above, blocking the calling thread.
  void push(T item)
  {
    asio_sync::mutex_lock lock(mutex_);
    not_full_.wait(lock, [this] { return has_room(); });
    put(std::move(item));
  }

  // Wait for an item. Returns nothing if the queue is closed and empty.
  awaitable<std::optional<T>> async_pop()
  {
    auto lock = co_await mutex_.async_scoped_lock(use_awaitable);
    co_await not_empty_.async_wait(
        lock, [this] { return has_news(); }, use_awaitable);
    co_return take();
  }

  // As above, blocking the calling thread.
  std::optional<T> pop()
  {
    asio_sync::mutex_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return has_news(); });
    return take();
  }

  // Say that nothing will be pushed any more.
  awaitable<void> async_close()
  {
    const auto lock = co_await mutex_.async_scoped_lock(use_awaitable);
    shut();
  }

  // As above, blocking the calling thread.
  void close()
  {
    const asio_sync::mutex_lock lock(mutex_);
    shut();
  }

private:
  bool has_room() const
  {
    return items_.size() < capacity_;
  }

  bool has_news() const
  {
    return !items_.empty() || is_closed_;
  }

  void put(T item)
  {
    items_.push_back(std::move(item));
    not_empty_.notify_one();
  }

  std::optional<T> take()
  {
    if (items_.empty())
      return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

  void shut()
  {
    is_closed_ = true;
    not_empty_.notify_all();
  }

  asio_sync::async_mutex mutex_;
  asio_sync::async_condvar not_full_;
  asio_sync::async_condvar not_empty_;
  std::deque<T> items_;
  const std::size_t capacity_;
  bool is_closed_ = false;
};

constexpr int items_of_each = 1000;

using queue_type = bounded_queue<int>;

// The last producer closes the queue. A coroutine must not block the thread
// that runs it: whoever it waits for may need that thread.
awaitable<void> produce(queue_type& queue, std::atomic<int>& producers)
{
  for (int i = 0; i < items_of_each; ++i)
    co_await queue.async_push(i);
  if (--producers == 0)
    co_await queue.async_close();
}

awaitable<void> consume(queue_type& queue, int& count)
{
  for (;;)
  {
    const std::optional<int> item = co_await queue.async_pop();
    if (!item)
      co_return;
    ++count;
  }
}

int main()
{
  net::io_context ctx;
  queue_type queue(ctx, 4);
  std::atomic<int> producers{2};
  int by_coroutine = 0, by_thread = 0;

  net::co_spawn(ctx, produce(queue, producers), net::detached);
  net::co_spawn(ctx, consume(queue, by_coroutine), net::detached);
  std::thread producer([&] {
    for (int i = 0; i < items_of_each; ++i)
      queue.push(i);
    if (--producers == 0)
      queue.close();
  });
  std::thread consumer([&] {
    while (queue.pop())
      ++by_thread;
  });
  ctx.run();
  producer.join();
  consumer.join();

  std::cout << "2 producers pushed " << 2 * items_of_each
            << " items; a coroutine popped " << by_coroutine << ", a thread "
            << by_thread << "\n";
  return by_coroutine + by_thread == 2 * items_of_each ? 0 : 1;
}
