// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_STRATEGY_HPP
#define ASIO_SYNC_TEST_MODEL_STRATEGY_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace model {

// The last one is main(), which prepares and checks.
constexpr int max_threads = 3;
constexpr int main_thread = max_threads;

// How far each thread had come.
class clock
{
public:
  unsigned operator[](int thread) const
  {
    return times_[std::size_t(thread)];
  }

  void tick(int thread)
  {
    ++times_[std::size_t(thread)];
  }

  void set(int thread, unsigned time)
  {
    times_[std::size_t(thread)] = time;
  }

  void join(const clock& other)
  {
    for (std::size_t i = 0; i < times_.size(); ++i)
      times_[i] = std::max(times_[i], other.times_[i]);
  }

private:
  std::array<unsigned, max_threads + 1> times_{};
};

// What a thread is about to do.
struct operation
{
  bool is_independent_of(const operation& other) const
  {
    return object != other.object || (!writes && !other.writes);
  }

  int object = -1;
  bool writes = false;
};

// Takes the decisions that executions are made of.
class strategy
{
public:
  using operations = std::array<operation, max_threads>;

  static constexpr int nobody = -1;

  strategy() = default;
  strategy(const strategy&) = delete;
  strategy& operator=(const strategy&) = delete;
  virtual ~strategy() = default;

  // An execution begins.
  virtual void begin() = 0;

  // Which of the enabled threads goes on, or nobody, if that can not be told.
  // running: who did so far.
  virtual int pick(
      int running, unsigned enabled, const operations& pending) = 0;

  // Which of so many values is read: 0 is the newest.
  virtual int choose_value(int count) = 0;

  // Which of so many things a scenario does.
  virtual int choose(int count) = 0;

  // Go to the next execution. Returns false if there is none.
  virtual bool next() = 0;

  // Why the execution could not be what was wanted, if so.
  virtual std::string problem() const
  {
    return {};
  }

protected:
  static int lowest(unsigned mask)
  {
    int i = 0;
    while ((mask & (1u << i)) == 0)
      ++i;
    return i;
  }
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_STRATEGY_HPP
