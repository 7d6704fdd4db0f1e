// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Runs a few threads through interleavings of their atomic operations.
//
// The threads are fibers of one real thread, and a fiber can only be left at an
// atomic operation. Vector clocks follow the memory orders: a load may return
// an older value where the memory model lets it, and plain data that two
// threads touch must be ordered by happens-before.

#ifndef ASIO_SYNC_TEST_MODEL_EXPLORER_HPP
#define ASIO_SYNC_TEST_MODEL_EXPLORER_HPP

#include "model/fiber.hpp"
#include "model/schedule.hpp"
#include "model/strategy.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace model {

// When each thread accessed an atomic last.
struct access_times
{
  mutable clock last;
};

// A place in the source.
struct site
{
  const char* file;
  unsigned line;
  const char* function;

  // As a default argument: where the function is called.
  static site here(const char* file = __builtin_FILE(),
      unsigned line = __builtin_LINE(),
      const char* function = __builtin_FUNCTION())
  {
    return {file, line, function};
  }

  std::string name() const
  {
    const char* const slash = std::strrchr(file, '/');
    std::string result(slash != nullptr ? slash + 1 : file);
    result += ':';
    result += std::to_string(line);
    return result;
  }
};

using bodies = std::vector<std::function<void()>>;

class explorer
{
public:
  struct result
  {
    std::uint64_t executions = 0;
    std::uint64_t longest = 0;
    // How the execution failed that did, and how to make it again.
    std::string failure;
    std::string schedule;
  };

  // The strategy decides what is run.
  explicit explorer(strategy& s)
    : strategy_(s)
  {
    current() = this;
  }

  explorer(const explorer&) = delete;
  explorer& operator=(const explorer&) = delete;

  ~explorer()
  {
    current() = nullptr;
  }

  static explorer*& current()
  {
    static explorer* instance = nullptr;
    return instance;
  }

  // Run a scenario in every way that the strategy wants, until it fails. World
  // prepares itself in its constructor, gives its threads with threads(), and
  // checks with check().
  template <typename World>
  result run()
  {
    result total;
    do
    {
      begin();
      {
        World world;
        run_threads(world.threads());
        if (failure_.empty())
          world.check();
        if (failure_.empty())
          failure_ = strategy_.problem();
      }
      ++total.executions;
      total.longest = std::max(total.longest, std::uint64_t(log_.size()));
    }
    while (failure_.empty() && strategy_.next());
    total.failure = failure_;
    total.schedule = schedule_.text();
    return total;
  }

  // Note the first failure of an execution, and how it came to it. A thread
  // that fails does not go on, nor do the others, as whatever is broken may do
  // harm.
  void fail(const std::string& what)
  {
    if (failure_.empty())
      failure_ = what + "\n" + describe_steps();
    if (running_ != main_thread)
      switch_to(main_thread);
  }

  // For atomics: the calling thread is about to access one.
  void announce(int object, bool writes, const site& where, const char* what)
  {
    if (running_ == main_thread)
      return;
    pending_[std::size_t(running_)] = {object, writes};
    suspend();
    if (log_.size() == max_steps)
      fail("it does not end");
    log_.push_back({running_, object, where, what});
    schedule_.add_step(running_);
    memory().tick(running_);
  }

  // Which of so many values an atomic returns: 0 is the newest.
  int choose_value(int count)
  {
    if (running_ == main_thread)
      return 0;
    const int age =
        strategy_.choose_value(std::min(count, schedule::max_age + 1));
    schedule_.add_age(age);
    log_.back().age = age;
    return age;
  }

  // For worlds, as they prepare themselves: which of so many things to do.
  int choose(int count)
  {
    const int chosen = strategy_.choose(count);
    schedule_.add_choice(chosen);
    return chosen;
  }

  int add_atomic(const access_times& atomic)
  {
    atomics_.push_back(&atomic);
    return int(atomics_.size()) - 1;
  }

  // Memory that the program must not touch any more, although it is kept until
  // the execution ends. What other threads did with atomics in it must have
  // happened before.
  void free(const void* memory, std::size_t size)
  {
    const range freed{reinterpret_cast<std::uintptr_t>(memory), size};
    freed_.push_back(freed);
    for (const access_times* atomic : atomics_)
      for (int i = 0; freed.contains(atomic) && i <= max_threads; ++i)
        if (atomic->last[i] > this->memory()[i])
          fail("freed without being ordered after thread " + std::to_string(i));
  }

  bool is_freed(const void* memory) const
  {
    return std::any_of(freed_.begin(), freed_.end(),
        [&](const range& r) { return r.contains(memory); });
  }

  int thread() const
  {
    return running_;
  }

  // What happened before, as the running thread sees it.
  clock& memory()
  {
    return memory_[std::size_t(running_)];
  }

private:
  // More than any execution takes that ends.
  static constexpr std::size_t max_steps = 1000;

  struct range
  {
    bool contains(const void* p) const
    {
      return reinterpret_cast<std::uintptr_t>(p) - begin < size;
    }

    std::uintptr_t begin;
    std::size_t size;
  };

  struct step
  {
    int thread;
    int object;
    site where;
    const char* what;
    int age = 0;
  };

  struct thread_state
  {
    fiber runs;
    std::function<void()> body;
    bool is_idle = false;
  };

  void begin()
  {
    strategy_.begin();
    schedule_.clear();
    running_ = main_thread;
    memory_ = {};
    memory().tick(main_thread);
    atomics_.clear();
    freed_.clear();
    log_.clear();
  }

  void run_threads(bodies all)
  {
    // Each runs up to its first operation, so that it is known what that is.
    is_starting_ = true;
    enabled_ = 0;
    for (int i = 0; i < int(all.size()) && failure_.empty(); ++i)
    {
      prepare(i, std::move(all[std::size_t(i)]));
      switch_to(i);
    }
    is_starting_ = false;
    if (enabled_ != 0 && failure_.empty())
      go_on();

    for (int i = 0; i < int(all.size()); ++i)
      memory().join(memory_[std::size_t(i)]);
  }

  void prepare(int thread, std::function<void()> body)
  {
    clock& memory = memory_[std::size_t(thread)];
    memory = memory_[main_thread];
    memory.tick(thread);
    enabled_ |= 1u << thread;

    thread_state& t = threads_[std::size_t(thread)];
    t.body = std::move(body);
    if (!t.is_idle)
      t.runs.prepare(&explorer::run_bodies);
  }

  // One after the other: a fiber serves all executions.
  static void run_bodies()
  {
    for (;;)
    {
      explorer& self = *current();
      thread_state& t = self.threads_[std::size_t(self.running_)];
      t.is_idle = false;
      t.body();
      t.is_idle = true;
      self.enabled_ &= ~(1u << self.running_);
      self.suspend();
    }
  }

  // Let another thread run, if it is its turn.
  void suspend()
  {
    if (is_starting_ || enabled_ == 0)
      switch_to(main_thread);
    else
      go_on();
  }

  void go_on()
  {
    const int next = strategy_.pick(running_, enabled_, pending_);
    if (next == strategy::nobody)
      fail(strategy_.problem());
    else
      switch_to(next);
  }

  // Returns when it is the calling thread's turn again.
  void switch_to(int thread)
  {
    const int self = std::exchange(running_, thread);
    if (thread != self)
      fiber_of(self).switch_to(fiber_of(thread));
  }

  fiber& fiber_of(int thread)
  {
    return thread == main_thread ? main_ : threads_[std::size_t(thread)].runs;
  }

  std::string describe_steps() const
  {
    std::ostringstream text;
    for (const step& s : log_)
    {
      text << "  thread " << s.thread << "  object " << s.object << "  "
           << s.where.name() << "  " << s.what;
      if (s.age != 0)
        text << " of an older value";
      text << "\n";
    }
    return text.str();
  }

  strategy& strategy_;
  schedule schedule_;
  strategy::operations pending_;
  std::array<thread_state, max_threads> threads_;
  fiber main_;
  std::array<clock, max_threads + 1> memory_;
  std::vector<const access_times*> atomics_;
  std::vector<range> freed_;
  std::vector<step> log_;
  std::string failure_;
  unsigned enabled_ = 0;
  int running_ = main_thread;
  bool is_starting_ = false;
};

inline void require(bool condition, const char* what)
{
  if (!condition)
    explorer::current()->fail(what);
}

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_EXPLORER_HPP
