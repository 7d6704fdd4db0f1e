// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Two processes play ping-pong with a word in shared memory. In each of them, a
// coroutine waits for its turn.
//
//   shared_word        start the other player, and play
//   shared_word NAME   be the other player, in a segment of that name

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/co_spawn.hpp>
# include <boost/asio/io_context.hpp>
# include <boost/asio/use_awaitable.hpp>
#else
# include <asio/co_spawn.hpp>
# include <asio/io_context.hpp>
# include <asio/use_awaitable.hpp>
#endif

#include <boost/interprocess/managed_shared_memory.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace interprocess = boost::interprocess;
namespace net = asio_sync::net;
using net::awaitable;
using net::use_awaitable;
using namespace std::chrono_literals;

constexpr std::uint32_t rounds = 1000;

// Counts the strokes: it is the parent's turn if the number is even.
using stroke_word = std::atomic<std::uint32_t>;
static_assert(stroke_word::is_always_lock_free);

// What each of the players has of the word.
class table
{
public:
  table(net::io_context& ctx, stroke_word& strokes)
    : strokes_(strokes),
      changed_(ctx, strokes, asio_sync::futex_scope::process_shared)
  {
  }

  // Wait until there were so many strokes. Gives up if the other one is gone.
  awaitable<void> async_wait(std::uint32_t expected)
  {
    for (;;)
    {
      // Acquire pairs with the release below, in the other process.
      const std::uint32_t seen = strokes_.load(std::memory_order_acquire);
      if (seen == expected)
        co_return;
      co_await changed_.async_wait_for(seen, 10s, use_awaitable);
    }
  }

  // There is no wait in this process, so the other one is woken.
  void strike()
  {
    strokes_.fetch_add(1, std::memory_order_release);
    changed_.notify_one();
  }

private:
  stroke_word& strokes_;
  asio_sync::async_futex changed_;
};

awaitable<void> play_as_parent(table& t)
{
  for (std::uint32_t i = 0; i < rounds; ++i)
  {
    t.strike();
    co_await t.async_wait(2 * i + 2);
  }
}

awaitable<void> play_as_child(table& t)
{
  for (std::uint32_t i = 0; i < rounds; ++i)
  {
    co_await t.async_wait(2 * i + 1);
    t.strike();
  }
}

// Run a coroutine to its end, and throw what it throws.
void run(net::io_context& ctx, awaitable<void> player)
{
  std::exception_ptr failure;
  net::co_spawn(ctx, std::move(player),
      [&](std::exception_ptr thrown) { failure = thrown; });
  ctx.run();
  if (failure)
    std::rethrow_exception(failure);
}

// A name in the system, which outlives the process unless it is removed.
class segment_name
{
public:
  segment_name()
    : name_("asio_sync-shared_word-" + std::to_string(::getpid()))
  {
    // One that was killed may have had the same number.
    remove();
  }

  segment_name(const segment_name&) = delete;
  segment_name& operator=(const segment_name&) = delete;

  ~segment_name()
  {
    remove();
  }

  const char* get() const
  {
    return name_.c_str();
  }

private:
  void remove()
  {
    interprocess::shared_memory_object::remove(name_.c_str());
  }

  std::string name_;
};

// This program, once more. It ends by itself, and is waited for in any case.
class child_process
{
public:
  child_process(const char* program, const char* argument)
  {
    std::string arguments[] = {program, argument};
    char* const argv[] = {arguments[0].data(), arguments[1].data(), nullptr};
    const int error =
        ::posix_spawn(&pid_, "/proc/self/exe", nullptr, nullptr, argv, environ);
    if (error != 0)
      throw std::system_error(error, std::generic_category(), "posix_spawn");
  }

  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  ~child_process()
  {
    (void)succeeds();
  }

  // Wait until it ends.
  bool succeeds()
  {
    if (!is_over_)
    {
      while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR)
        ;
      is_over_ = true;
    }
    return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
  }

private:
  pid_t pid_ = 0;
  int status_ = -1;
  bool is_over_ = false;
};

void be_parent(const char* program)
{
  // The segment outlives the context, so the word outlives all waits.
  const segment_name name;
  interprocess::managed_shared_memory segment(
      interprocess::create_only, name.get(), 65536);
  auto* const strokes = segment.construct<stroke_word>("strokes")(0u);

  net::io_context ctx;
  if (!asio_sync::async_futex::sees_foreign_wakes(ctx))
  {
    std::cout << "On this system, another process can not wake a coroutine.\n";
    return;
  }

  child_process child(program, name.get());
  table t(ctx, *strokes);
  run(ctx, play_as_parent(t));
  if (!child.succeeds())
    throw std::runtime_error("the other process failed");
  std::cout << "2 processes played " << rounds << " rounds: " << *strokes
            << " strokes\n";
}

void be_child(const char* name)
{
  interprocess::managed_shared_memory segment(interprocess::open_only, name);
  auto* const strokes = segment.find<stroke_word>("strokes").first;
  if (strokes == nullptr)
    throw std::runtime_error("there is no word in the segment");

  net::io_context ctx;
  table t(ctx, *strokes);
  run(ctx, play_as_child(t));
}

int main(int argc, char** argv)
{
  try
  {
    if (argc < 2)
      be_parent(argv[0]);
    else
      be_child(argv[1]);
  }
  catch (const std::exception& e)
  {
    std::cerr << "shared_word: " << e.what() << "\n";
    return 1;
  }
}
