// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What does it take two processes to play ping-pong with an async_futex, beside
// pipes that Asio reads and beside threads that block?

#include "futex_turns.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

namespace {

using namespace perf;

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
  static constexpr char name[] = "futex";

  blocking_player(table& shared, std::uint32_t mine, int turns)
    : shared_(shared),
      mine_(mine),
      turns_(turns)
  {
  }

  std::vector<double> play()
  {
    return take_turns(
        shared_.turns(), mine_, turns_, asio_sync::futex_scope::process_shared);
  }

private:
  table& shared_;
  std::uint32_t mine_;
  int turns_;
};

class futex_player
{
public:
  static constexpr char name[] = "async_futex";

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
  static constexpr char name[] = "pipe";

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

constexpr int rounds = 20000;

// The other process has none of the threads of this one.
constexpr auto play_with_child = [](State& state, auto type) {
  using player = typename decltype(type)::type;
  std::vector<double> times;
  while (state.KeepRunningBatch(rounds))
  {
    table shared;
    const ::pid_t child = ::fork();
    if (child < 0)
      fail("there is no process");
    if (child == 0)
    {
      (void)play<player>(shared, 1, rounds);
      ::_exit(0);
    }

    times = play<player>(shared, 0, rounds + 1);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0)
      fail("the other process failed");
  }
  set_percentiles(state, settled(std::move(times)));
};

} // namespace

int main(int argc, char** argv)
{
  if (sees_foreign_wakes())
    add_rows<pipe_player, blocking_player, futex_player>("two_processes",
        play_with_child,
        [](auto* row) { row->Iterations(rounds)->UseRealTime(); });
  else
    add_skipped_row("two_processes/async_futex", no_foreign_wakes);
  return run(argc, argv);
}
