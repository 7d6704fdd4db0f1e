// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Callbacks: three workers share two permits, and one wait is cancelled.

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/bind_cancellation_slot.hpp>
# include <boost/asio/io_context.hpp>
# include <boost/asio/steady_timer.hpp>
#else
# include <asio/bind_cancellation_slot.hpp>
# include <asio/io_context.hpp>
# include <asio/steady_timer.hpp>
#endif

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace net = asio_sync::net;
using asio_sync::error_code;
using namespace std::chrono_literals;

// Holds a permit for a while.
class worker : public std::enable_shared_from_this<worker>
{
public:
  worker(asio_sync::async_semaphore& limit, std::string name)
    : limit_(limit),
      timer_(limit.get_executor()),
      name_(std::move(name))
  {
  }

  void start()
  {
    limit_.async_acquire(
        [self = shared_from_this()](error_code ec) { self->work(ec); });
  }

private:
  void work(error_code ec)
  {
    if (ec)
    {
      std::cout << name_ << " got no permit: " << ec.message() << "\n";
      return;
    }
    std::cout << name_ << " begins\n";
    timer_.expires_after(10ms);
    timer_.async_wait([self = shared_from_this()](error_code) {
      std::cout << self->name_ << " ends\n";
      self->limit_.release();
    });
  }

  asio_sync::async_semaphore& limit_;
  net::steady_timer timer_;
  std::string name_;
};

int main()
{
  net::io_context ctx;
  asio_sync::async_semaphore limit(ctx, 2);

  for (const char* name : {"first", "second", "third"})
    std::make_shared<worker>(limit, name)->start();

  // A handler that has a cancellation slot can be told to stop waiting.
  net::cancellation_signal signal;
  limit.async_acquire(
      net::bind_cancellation_slot(signal.slot(), [](error_code ec) {
        std::cout << "the impatient one: " << ec.message() << "\n";
      }));
  signal.emit(net::cancellation_type::terminal);

  ctx.run();
  std::cout << limit.available() << " permits are free again\n";
}
