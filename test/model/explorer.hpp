// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Runs a few threads through every interleaving of their atomic operations.
//
// The threads are fibers of one real thread, and a fiber can only be left at an
// atomic operation. Vector clocks follow the memory orders: a load may return
// an older value where the memory model lets it, and plain data that two
// threads touch must be ordered by happens-before.

#ifndef ASIO_SYNC_TEST_MODEL_EXPLORER_HPP
#define ASIO_SYNC_TEST_MODEL_EXPLORER_HPP

#include "model/schedule.hpp"

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

#include <ucontext.h>

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
    std::string failure;
  };

  // stale_loads: how many loads of an execution may return an older value.
  // reduces: whether only one of equivalent interleavings is run.
  explicit explorer(int stale_loads, bool reduces = true)
    : schedule_(stale_loads, reduces)
  {
    for (fiber& f : fibers_)
      f.stack.resize(64 * 1024);
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

  // Run a scenario in every way, until it fails. World prepares itself in its
  // constructor, gives its threads with threads(), and checks with check().
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
        world.check();
      }
      ++total.executions;
      total.longest = std::max(total.longest, std::uint64_t(log_.size()));
    }
    while (failure_.empty() && schedule_.next());
    total.failure = failure_;
    return total;
  }

  // Note the first failure of an execution, and how it came to it.
  void fail(const std::string& what)
  {
    if (!failure_.empty())
      return;
    std::ostringstream text;
    text << what << "\n";
    for (const step& s : log_)
      text << "  thread " << s.thread << "  object " << s.object << "  "
           << s.where.name() << "  " << s.what << "\n";
    failure_ = text.str();
  }

  // For atomics: the calling thread is about to access one.
  void announce(int object, bool writes, const site& where, const char* what)
  {
    if (running_ == main_thread)
      return;
    pending_[std::size_t(running_)] = {object, writes};
    suspend();
    log_.push_back({running_, object, where, what});
    memory().tick(running_);
  }

  // Which of so many values an atomic returns: 0 is the newest.
  int choose_value(int count)
  {
    return schedule_.choose_value(count);
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
  };

  struct fiber
  {
    ucontext_t context;
    std::vector<char> stack;
    std::function<void()> body;
  };

  void begin()
  {
    schedule_.begin();
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
    for (int i = 0; i < int(all.size()); ++i)
    {
      prepare(i, std::move(all[std::size_t(i)]));
      switch_to(i);
    }
    is_starting_ = false;
    if (enabled_ != 0)
      switch_to(pick());

    for (int i = 0; i < int(all.size()); ++i)
      memory().join(memory_[std::size_t(i)]);
  }

  void prepare(int thread, std::function<void()> body)
  {
    clock& memory = memory_[std::size_t(thread)];
    memory = memory_[main_thread];
    memory.tick(thread);
    enabled_ |= 1u << thread;

    fiber& f = fibers_[std::size_t(thread)];
    f.body = std::move(body);
    getcontext(&f.context);
    f.context.uc_stack.ss_sp = f.stack.data();
    f.context.uc_stack.ss_size = f.stack.size();
    f.context.uc_link = nullptr;
    makecontext(&f.context, &explorer::run_fiber, 0);
  }

  static void run_fiber()
  {
    explorer& self = *current();
    self.fibers_[std::size_t(self.running_)].body();
    self.enabled_ &= ~(1u << self.running_);
    self.suspend();
  }

  int pick()
  {
    return schedule_.pick(running_, enabled_, pending_);
  }

  // Let another thread run, if it is its turn.
  void suspend()
  {
    switch_to(is_starting_ || enabled_ == 0 ? main_thread : pick());
  }

  // Returns when it is the calling thread's turn again.
  void switch_to(int thread)
  {
    const int self = std::exchange(running_, thread);
    if (thread != self)
      swapcontext(&context(self), &context(thread));
  }

  ucontext_t& context(int thread)
  {
    return thread == main_thread ? main_context_
                                 : fibers_[std::size_t(thread)].context;
  }

  schedule schedule_;
  schedule::operations pending_;
  std::array<fiber, max_threads> fibers_;
  ucontext_t main_context_;
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
