// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What an input says, what is expected, and what happens when that does not
// come. Include it after the header that is tested.

#ifndef ASIO_SYNC_TEST_FUZZ_FUZZ_TEST_HPP
#define ASIO_SYNC_TEST_FUZZ_FUZZ_TEST_HPP

#include "asio_test.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace fuzz_test {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_sync::system_error;

// The choices that an input makes. There are only zeros behind its end.
class input
{
public:
  input(const std::uint8_t* data, std::size_t size) noexcept
    : next_(data),
      end_(data + size)
  {
  }

  bool is_at_end() const noexcept
  {
    return next_ == end_;
  }

  // A number below n.
  std::size_t below(std::size_t n) noexcept
  {
    return is_at_end() ? 0 : *next_++ % n;
  }

private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

// The input that is running, to run it again.
struct running_input
{
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  void (*run)(input) = nullptr;
  bool is_traced = false;
};

inline running_input running;

// Run an input in a world of its own. With ASIO_SYNC_FUZZ_TRACE in the
// environment, its operations are printed.
template <typename World>
int run_one(const std::uint8_t* data, std::size_t size)
{
  static const bool is_traced = std::getenv("ASIO_SYNC_FUZZ_TRACE") != nullptr;
  running = {data, size, [](input in) { World(in).run(); }, is_traced};
  running.run(input(data, size));
  return 0;
}

// End the program because library and model differ. What led to it is printed:
// the input is run once more.
[[noreturn]] inline void differ(const std::string& what)
{
  if (!running.is_traced)
  {
    running.is_traced = true;
    std::cerr << "\nLibrary and model differ after these operations:\n";
    running.run(input(running.data, running.size));
    std::cerr << "They did not differ when that was repeated.\n";
  }
  std::cerr << "DIFFERENCE: " << what << std::endl;
  std::abort();
}

template <typename T>
std::string text_of(const T& value)
{
  std::ostringstream out;
  out << std::boolalpha << value;
  return out.str();
}

inline std::string text_of(const error_code& ec)
{
  return ec ? ec.message() : "success";
}

template <typename T, typename U>
void expect_equal(const T& library, const U& model, const char* what)
{
  if (library != model)
    differ(std::string(what) + " is " + text_of(library) + " and should be "
        + text_of(model));
}

// The error that a function throws, if any.
template <typename Function>
error_code error_of(Function function)
{
  try
  {
    function();
  }
  catch (const system_error& e)
  {
    return e.code();
  }
  return {};
}

// The order in which handlers are called. What one turn of the event loop
// completes comes before what later turns do. Of what is completed by the same
// turn, or outside of any by the same call, only the order within a queue is
// promised, as that in which a semaphore serves.
class schedule
{
public:
  bool is_empty() const
  {
    return turns_.empty();
  }

  // What is completed from now on comes after what was before.
  void begin_turn()
  {
    is_turn_begun_ = false;
    begin_call();
  }

  // Another call in the same turn.
  void begin_call()
  {
    first_of_call_ = is_turn_begun_ ? turns_.back().size() : 0;
  }

  // A call completes a wait that was in that queue; null if in none.
  void expect(std::size_t id, const void* queue = nullptr)
  {
    if (!std::exchange(is_turn_begun_, true))
      turns_.emplace_back();

    auto& batches = turns_.back();
    auto i = batches.begin() + std::ptrdiff_t(first_of_call_);
    i = std::find_if(
        i, batches.end(), [&](const batch& b) { return b.queue == queue; });
    if (i == batches.end())
      i = batches.insert(i, {queue, {}});
    i->ids.push_back(id);
  }

  // A wait is over. Returns false if it was not its turn.
  [[nodiscard]] bool take(std::size_t id)
  {
    if (turns_.empty())
      return false;
    for (batch& b : turns_.front())
    {
      if (!b.ids.empty() && b.ids.front() == id)
      {
        b.ids.pop_front();
        drop_empty_turns();
        return true;
      }
    }
    return false;
  }

  // Those whose turn it is.
  std::string next() const
  {
    std::string names;
    if (!turns_.empty())
      for (const batch& b : turns_.front())
        if (!b.ids.empty())
          names += (names.empty() ? "#" : " or #") + text_of(b.ids.front());
    return names.empty() ? "nobody" : names;
  }

private:
  struct batch
  {
    const void* queue;
    std::deque<std::size_t> ids;
  };

  // Requires: there is a turn.
  void drop_empty_turns()
  {
    const auto is_over = [](const batch& b) { return b.ids.empty(); };
    const auto& first = turns_.front();
    if (!std::all_of(first.begin(), first.end(), is_over))
      return;
    if (turns_.size() == 1)
      begin_turn();
    turns_.pop_front();
  }

  std::deque<std::vector<batch>> turns_;
  bool is_turn_begun_ = false;
  std::size_t first_of_call_ = 0;
};

} // namespace fuzz_test

#endif // ASIO_SYNC_TEST_FUZZ_FUZZ_TEST_HPP
