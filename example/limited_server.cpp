// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// An HTTP server whose backend can serve only a few requests at once.
//
// Every request asks for a permit. Who does not get one in time is answered
// 503; nobody is ever let in beyond the limit. GET /status tells how it goes.

#include <asio_sync.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using net::awaitable;
using net::redirect_error;
using net::use_awaitable;
using net::ip::tcp;
using std::chrono::milliseconds;

struct options
{
  unsigned short port = 8080;
  std::size_t limit = 16;
  milliseconds queue_timeout{100};
  milliseconds work{5};
  std::size_t threads = 2;
};

constexpr char usage[] =
    "usage: limited_server [option value]...\n"
    "  --port N              listen on this port of 127.0.0.1; 0: any (8080)\n"
    "  --limit N             requests in the backend at once (16)\n"
    "  --queue-timeout-ms N  how long a request waits for its turn (100)\n"
    "  --work-ms N           how long the backend takes for one (5)\n"
    "  --threads N           threads of the server (2)\n";

std::size_t parse_number(
    const std::string& text, std::size_t lowest, std::size_t highest)
{
  std::size_t end = 0, number = 0;
  if (!text.empty() && text[0] >= '0' && text[0] <= '9')
    number = std::stoul(text, &end);
  if (end != text.size() || end == 0 || number < lowest || number > highest)
    throw std::invalid_argument("not a number from " + std::to_string(lowest)
        + " to " + std::to_string(highest) + ": " + text);
  return number;
}

options parse_options(int argc, char** argv)
{
  options o;
  const std::map<std::string, std::function<void(const std::string&)>> setters{
      {"--port",
          [&](auto& v) {
            o.port = static_cast<unsigned short>(parse_number(v, 0, 65535));
          }},
      {"--limit", [&](auto& v) { o.limit = parse_number(v, 1, 1000000); }},
      {"--queue-timeout-ms",
          [&](auto& v) {
            o.queue_timeout = milliseconds(parse_number(v, 0, 3600000));
          }},
      {"--work-ms",
          [&](auto& v) { o.work = milliseconds(parse_number(v, 0, 3600000)); }},
      {"--threads", [&](auto& v) { o.threads = parse_number(v, 1, 256); }}};

  for (int i = 1; i < argc; i += 2)
  {
    const auto setter = setters.find(argv[i]);
    if (setter == setters.end())
      throw std::invalid_argument(std::string("there is no option ") + argv[i]);
    if (i + 1 == argc)
      throw std::invalid_argument(std::string(argv[i]) + " needs a value");
    setter->second(argv[i + 1]);
  }
  return o;
}

class server
{
public:
  server(net::thread_pool& pool, const options& o)
    : pool_(pool),
      options_(o),
      acceptor_(pool, tcp::endpoint(net::ip::address_v4::loopback(), o.port)),
      limit_(pool, o.limit)
  {
  }

  tcp::endpoint endpoint() const
  {
    return acceptor_.local_endpoint();
  }

  awaitable<void> run()
  {
    for (;;)
    {
      error_code ec;
      tcp::socket socket =
          co_await acceptor_.async_accept(redirect_error(use_awaitable, ec));
      if (ec == net::error::operation_aborted)
        co_return;
      if (!ec)
        net::co_spawn(pool_, serve(std::move(socket)), net::detached);
      else
        co_await pause(milliseconds(10)); // Too many open files, perhaps.
    }
  }

  // What /status answers.
  std::string status() const
  {
    std::ostringstream json;
    json << "{\n"
         << "  \"requests\": " << requests_ << ",\n"
         << "  \"served\": " << served_ << ",\n"
         << "  \"refusals\": " << refusals_ << ",\n"
         << "  \"inside\": " << inside_ << ",\n"
         << "  \"highest_inside\": " << highest_inside_ << ",\n"
         << "  \"limit\": " << options_.limit << ",\n"
         << "  \"waiting\": " << limit_.waiters() << ",\n"
         << "  \"platform\": \"" << asio_sync::platform_name(pool_)
         << "\"\n}\n";
    return json.str();
  }

private:
  using request = http::request<http::string_body>;
  using response = http::response<http::string_body>;

  awaitable<void> serve(tcp::socket socket)
  {
    error_code ec;
    socket.set_option(tcp::no_delay(true), ec);
    beast::flat_buffer buffer;
    for (;;)
    {
      request req;
      co_await http::async_read(
          socket, buffer, req, redirect_error(use_awaitable, ec));
      if (ec)
        co_return;
      const response res = co_await answer(req);
      co_await http::async_write(
          socket, res, redirect_error(use_awaitable, ec));
      if (ec || !res.keep_alive())
        co_return;
    }
  }

  awaitable<response> answer(const request& req)
  {
    if (req.method() != http::verb::get)
      co_return make_response(
          req, http::status::method_not_allowed, "Only GET is served.\n");
    if (req.target() == "/status")
      co_return make_response(req, http::status::ok, status());
    if (req.target() != "/")
      co_return make_response(
          req, http::status::not_found, "There are / and /status.\n");

    ++requests_;
    error_code ec;
    const semaphore_permit permit = co_await limit_.async_acquire_permit_for(
        options_.queue_timeout, redirect_error(use_awaitable, ec));
    if (ec)
    {
      ++refusals_;
      co_return make_response(req, http::status::service_unavailable,
          "No turn for this request: " + ec.message() + "\n");
    }
    co_await use_backend();
    ++served_;
    co_return make_response(req, http::status::ok, "Served.\n");
  }

  // What must not be overloaded.
  awaitable<void> use_backend()
  {
    const std::size_t now = ++inside_;
    std::size_t before = highest_inside_;
    while (now > before && !highest_inside_.compare_exchange_weak(before, now))
      ;
    co_await pause(options_.work);
    --inside_;
  }

  static awaitable<void> pause(milliseconds time)
  {
    net::steady_timer timer(co_await net::this_coro::executor, time);
    co_await timer.async_wait(use_awaitable);
  }

  static response make_response(
      const request& req, http::status status, std::string body)
  {
    response res(status, req.version());
    res.set(http::field::server, "limited_server");
    res.keep_alive(req.keep_alive());
    res.body() = std::move(body);
    res.prepare_payload();
    return res;
  }

  net::thread_pool& pool_;
  const options options_;
  tcp::acceptor acceptor_;
  asio_sync::async_semaphore limit_;
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> served_{0};
  std::atomic<std::size_t> refusals_{0};
  std::atomic<std::size_t> inside_{0};
  std::atomic<std::size_t> highest_inside_{0};
};

int run_server(const options& o)
{
  net::thread_pool pool(o.threads);
  server s(pool, o);
  std::promise<void> stop;
  net::signal_set signals(pool, SIGINT, SIGTERM);
  signals.async_wait([&](error_code, int) { stop.set_value(); });
  net::co_spawn(pool, s.run(), net::detached);
  std::cout << "listening on " << s.endpoint() << std::endl;

  stop.get_future().wait();
  pool.stop();
  pool.join();
  std::cout << s.status();
  return EXIT_SUCCESS;
}

int main(int argc, char** argv)
{
  if (argc == 2 && std::string(argv[1]) == "--help")
  {
    std::cout << usage;
    return EXIT_SUCCESS;
  }
  try
  {
    return run_server(parse_options(argc, argv));
  }
  catch (const std::invalid_argument& e)
  {
    std::cerr << "limited_server: " << e.what() << "\n" << usage;
    return 2;
  }
  catch (const std::exception& e)
  {
    std::cerr << "limited_server: " << e.what() << "\n";
    return EXIT_FAILURE;
  }
}
