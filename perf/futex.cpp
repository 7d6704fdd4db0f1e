// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it take two processes to play ping-pong with an async_futex, beside
// pipes that Asio reads and beside threads that block? What does a wait cost
// that is woken by its own thread?

#include "bytes.hpp"
#include "latency.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <new>
#include <utility>
#include <vector>

namespace {

using namespace perf;
using executor = net::io_context::executor_type;
using futex_type = asio_sync::basic_async_futex<executor>;
using condvar_type = asio_sync::basic_async_condvar<executor>;

// What two processes have in common: a word, which counts turns, and a pipe to
// each of them.
class table
{
public:
  table()
    : memory_(::mmap(nullptr, sizeof(word_type), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0))
  {
    if (memory_ == MAP_FAILED || ::pipe(pipes_[0]) < 0 || ::pipe(pipes_[1]) < 0)
      fail("there is no shared memory, or no pipe");
    word_ = new (memory_) word_type(0);
  }

  table(const table&) = delete;
  table& operator=(const table&) = delete;

  ~table()
  {
    ::munmap(memory_, sizeof(word_type));
    for (const auto& pipe : pipes_)
      for (const int fd : pipe)
        ::close(fd);
  }

  std::atomic<std::uint32_t>& turns() noexcept
  {
    return *word_;
  }

  // Descriptors for their owners.

  int pipe_to_read(std::uint32_t player) const
  {
    return ::dup(pipes_[player][0]);
  }

  int pipe_to_write(std::uint32_t player) const
  {
    return ::dup(pipes_[1 - player][1]);
  }

private:
  using word_type = std::atomic<std::uint32_t>;
  static_assert(word_type::is_always_lock_free);

  void* memory_;
  word_type* word_;
  int pipes_[2][2];
};

// Players: 0 begins. Each takes a number of turns, and tells from when to when.

class blocking_player
{
public:
  blocking_player(table& shared, std::uint32_t mine, int turns)
    : shared_(shared),
      mine_(mine),
      turns_(turns)
  {
  }

  std::vector<double> play()
  {
    return take_turns(shared_.turns(), mine_, turns_);
  }

private:
  table& shared_;
  std::uint32_t mine_;
  int turns_;
};

class futex_player
{
public:
  futex_player(table& shared, std::uint32_t mine, int turns)
    : mine_(mine),
      laps_(turns),
      turns_(shared.turns()),
      changed_(ctx_, turns_, asio_sync::futex_scope::process_shared)
  {
  }

  std::vector<double> play()
  {
    look();
    ctx_.run();
    return laps_.times();
  }

private:
  void look()
  {
    // Acquire pairs with the release below, in the other process.
    std::uint32_t seen = turns_.load(std::memory_order_acquire);
    if (seen % 2 == mine_)
    {
      const bool goes_on = laps_.next();
      turns_.store(++seen, std::memory_order_release);
      changed_.notify_one();
      if (!goes_on)
        return;
    }
    changed_.async_wait(seen, [this](error_code ec) {
      if (ec)
        fail("async_futex: " + ec.message());
      look();
    });
  }

  std::uint32_t mine_;
  laps laps_;
  std::atomic<std::uint32_t>& turns_;
  net::io_context ctx_{1};
  futex_type changed_;
};

class pipe_player
{
public:
  pipe_player(table& shared, std::uint32_t mine, int turns)
    : mine_(mine),
      laps_(turns),
      in_(ctx_, shared.pipe_to_read(mine)),
      out_(ctx_, shared.pipe_to_write(mine))
  {
  }

  std::vector<double> play()
  {
    if (mine_ == 0)
      take_turn();
    else
      wait();
    ctx_.run();
    return laps_.times();
  }

private:
  void take_turn()
  {
    const bool goes_on = laps_.next();
    net::async_write(out_, net::buffer(sent_),
        [](error_code ec, std::size_t) { check(ec); });
    if (goes_on)
      wait();
  }

  void wait()
  {
    net::async_read(
        in_, net::buffer(received_), [this](error_code ec, std::size_t) {
          check(ec);
          take_turn();
        });
  }

  static void check(const error_code& ec)
  {
    if (ec)
      fail("pipe: " + ec.message());
  }

  std::uint32_t mine_;
  laps laps_;
  net::io_context ctx_{1};
  net::posix::stream_descriptor in_, out_;
  char sent_[1] = {}, received_[1] = {};
};

template <typename Player>
std::vector<double> play(table& shared, std::uint32_t mine, int turns)
{
  // Ends the process if a wake was lost.
  ::alarm(60);
  auto times = Player(shared, mine, turns).play();
  ::alarm(0);
  return times;
}

// There is no other thread in the process that forks.
template <typename Player>
numbers play_with_child()
{
  table shared;
  const ::pid_t child = ::fork();
  if (child < 0)
    fail("there is no process");
  if (child == 0)
  {
    (void)play<Player>(shared, 1, options.rounds);
    ::_exit(0);
  }

  const auto times = play<Player>(shared, 0, options.rounds + 1);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0)
    fail("the other process failed");
  return percentiles(times, 1000);
}

// Rounds on one thread are short.
int long_rounds()
{
  return 10 * options.rounds;
}

// A context with I/O, whose loop looks for events after each handler.
class one_thread_context : public net::io_context
{
public:
  one_thread_context()
    : net::io_context(1),
      timer_(*this)
  {
  }

private:
  net::steady_timer timer_;
};

// A handler that begins again, until enough were called.
template <typename Begin>
struct handler
{
  void operator()(error_code = error_code()) const
  {
    if (--left > 0)
      begin(*this);
    else
      ctx.stop();
  }

  net::io_context& ctx;
  const Begin& begin;
  int& left;
};

// The time of each call.
template <typename Begin>
numbers time_of_each(net::io_context& ctx, const Begin& begin)
{
  int left = long_rounds();
  const auto start = clock_type::now();
  begin(handler<Begin>{ctx, begin, left});
  ctx.run();
  return {nanoseconds(clock_type::now() - start) / long_rounds()};
}

numbers post()
{
  one_thread_context ctx;
  return time_of_each(
      ctx, [&](const auto& next) { net::post(ctx.get_executor(), next); });
}

numbers notify_condvar()
{
  one_thread_context ctx;
  condvar_type changed(ctx);
  return time_of_each(ctx, [&](const auto& next) {
    changed.async_wait(next);
    changed.notify_one();
  });
}

numbers change_and_notify()
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  return time_of_each(ctx, [&](const auto& next) {
    changed.async_wait(word.load(std::memory_order_relaxed), next);
    word.fetch_add(1, std::memory_order_release);
    changed.notify_one();
  });
}

// So many waits at any time. The word does not change.
template <int Waits>
numbers notify()
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  bool is_first = true;
  return time_of_each(ctx, [&](const auto& next) {
    for (int i = std::exchange(is_first, false) ? Waits : 1; i > 0; --i)
      changed.async_wait(0, next);
    changed.notify_one();
  });
}

// The word is not as expected in the first place.
numbers wait_for_nothing()
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  return time_of_each(
      ctx, [&](const auto& next) { changed.async_wait(1, next); });
}

numbers notify_nobody()
{
  std::atomic<std::uint32_t> word{0};
  one_thread_context ctx;
  futex_type changed(ctx, word);
  const auto start = clock_type::now();
  for (int i = long_rounds(); i > 0; --i)
  {
    word.fetch_add(1, std::memory_order_release);
    changed.notify_one();
  }
  return {nanoseconds(clock_type::now() - start) / long_rounds()};
}

void print_bytes()
{
  const auto futex = [](net::io_context& ctx, const auto& handler) {
    static std::atomic<std::uint32_t> word{0};
    futex_type changed(ctx, word);
    changed.async_wait(0, handler);
  };
  const auto condvar = [](net::io_context& ctx, const auto& handler) {
    condvar_type changed(ctx);
    changed.async_wait(handler);
  };
  std::printf("\nbytes of a wait: async_futex %.0f, async_condvar %.0f\n",
      bytes_of(futex), bytes_of(condvar));
}

} // namespace

int main(int argc, char** argv)
{
  parse(argc, argv);
  print_platform();

  net::io_context ctx;
  if (asio_sync::async_futex::sees_foreign_wakes(ctx))
    compare("two processes, a round trip, us",
        {{"pipe", play_with_child<pipe_player>},
            {"futex(2)", play_with_child<blocking_player>},
            {"async_futex", play_with_child<futex_player>}});

  compare("one thread, with I/O, ns",
      {{"asio::post", post}, {"async_condvar", notify_condvar},
          {"async_futex, word changes", change_and_notify},
          {"async_futex, same word", notify<1>},
          {"async_futex, 64 waits", notify<64>},
          {"async_futex, word differs", wait_for_nothing},
          {"notify_one, nobody waits", notify_nobody}});

  print_bytes();
}
