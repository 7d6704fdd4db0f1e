// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Asio's classic chat server, whose sessions wait for messages with a condition
// variable instead of a timer that never expires.
//
//   chat_server PORT   serve until interrupted; try nc localhost PORT
//   chat_server        show three clients that talk, and end

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio.hpp>
#else
# include <asio.hpp>
#endif

#include <cstdlib>
#include <deque>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace net = asio_sync::net;
using net::awaitable;
using net::use_awaitable;
using net::ip::tcp;

class chat_participant
{
public:
  virtual ~chat_participant() = default;
  virtual void deliver(const std::string& message) = 0;
};

class chat_room
{
public:
  void join(std::shared_ptr<chat_participant> participant)
  {
    for (const std::string& message : recent_)
      participant->deliver(message);
    participants_.insert(std::move(participant));
  }

  void leave(const std::shared_ptr<chat_participant>& participant)
  {
    participants_.erase(participant);
  }

  void deliver(const std::string& message)
  {
    recent_.push_back(message);
    if (recent_.size() > 100)
      recent_.pop_front();
    for (const auto& participant : participants_)
      participant->deliver(message);
  }

private:
  std::set<std::shared_ptr<chat_participant>> participants_;
  std::deque<std::string> recent_;
};

// All of it runs on one thread, so the condition variable needs no mutex.
class chat_session : public chat_participant,
                     public std::enable_shared_from_this<chat_session>
{
public:
  chat_session(tcp::socket socket, chat_room& room)
    : socket_(std::move(socket)),
      changed_(socket_.get_executor()),
      room_(room)
  {
  }

  void start()
  {
    room_.join(shared_from_this());
    net::co_spawn(
        socket_.get_executor(),
        [self = shared_from_this()] { return self->read(); }, net::detached);
    net::co_spawn(
        socket_.get_executor(),
        [self = shared_from_this()] { return self->write(); }, net::detached);
  }

  void deliver(const std::string& message) override
  {
    messages_.push_back(message);
    changed_.notify_one();
  }

private:
  awaitable<void> read()
  {
    try
    {
      for (std::string buffer;;)
      {
        const std::size_t n = co_await net::async_read_until(
            socket_, net::dynamic_buffer(buffer, 1024), "\n", use_awaitable);
        room_.deliver(buffer.substr(0, n));
        buffer.erase(0, n);
      }
    }
    catch (const std::exception&)
    {
      stop();
    }
  }

  awaitable<void> write()
  {
    try
    {
      for (;;)
      {
        co_await changed_.async_wait(
            [this] { return !messages_.empty() || !socket_.is_open(); },
            use_awaitable);
        if (!socket_.is_open())
          co_return;
        co_await net::async_write(
            socket_, net::buffer(messages_.front()), use_awaitable);
        messages_.pop_front();
      }
    }
    catch (const std::exception&)
    {
      stop();
    }
  }

  void stop()
  {
    room_.leave(shared_from_this());
    socket_.close();
    changed_.notify_one();
  }

  tcp::socket socket_;
  asio_sync::async_condvar changed_;
  chat_room& room_;
  std::deque<std::string> messages_;
};

awaitable<void> listen(tcp::acceptor& acceptor, chat_room& room, int sessions)
{
  // A negative number of sessions is for ever.
  for (int i = 0; i != sessions; ++i)
    std::make_shared<chat_session>(
        co_await acceptor.async_accept(use_awaitable), room)
        ->start();
}

// Says something, and leaves when everybody has been heard.
awaitable<void> talk(tcp::endpoint server, std::string name, int talkers)
{
  tcp::socket socket(co_await net::this_coro::executor);
  co_await socket.async_connect(server, use_awaitable);
  co_await net::async_write(
      socket, net::buffer(name + " says hello\n"), use_awaitable);
  std::string buffer;
  for (int i = 0; i < talkers; ++i)
  {
    const std::size_t n = co_await net::async_read_until(
        socket, net::dynamic_buffer(buffer), "\n", use_awaitable);
    std::cout << name << " hears: " << buffer.substr(0, n);
    buffer.erase(0, n);
  }
}

int main(int argc, char** argv)
{
  try
  {
    const bool is_shown = argc < 2;
    const int port = is_shown ? 0 : std::atoi(argv[1]);
    net::io_context ctx(1);
    chat_room room;
    tcp::acceptor acceptor(ctx,
        {is_shown ? net::ip::address(net::ip::address_v4::loopback())
                  : net::ip::address(net::ip::address_v4::any()),
            static_cast<net::ip::port_type>(port)});
    constexpr int talkers = 3;
    net::co_spawn(
        ctx, listen(acceptor, room, is_shown ? talkers : -1), net::detached);
    if (is_shown)
    {
      for (const char* name : {"Ann", "Bob", "Cid"})
        net::co_spawn(
            ctx, talk(acceptor.local_endpoint(), name, talkers), net::detached);
    }
    else
    {
      std::cout << "listening on port " << acceptor.local_endpoint().port()
                << std::endl;
    }
    ctx.run();
  }
  catch (const std::exception& e)
  {
    std::cerr << "chat_server: " << e.what() << "\n";
    return 1;
  }
}
