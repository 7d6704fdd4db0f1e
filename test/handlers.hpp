// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Handlers that need little of the compiler or misbehave, and an executor that
// does.

#ifndef ASIO_SYNC_TEST_HANDLERS_HPP
#define ASIO_SYNC_TEST_HANDLERS_HPP

#include "asio_test.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace asio_test {

// A handler of one type, whatever it does: operations are instantiated for each
// type of handler.
using plain_handler = std::function<void(error_code)>;

// Does something when it is destroyed, unless it was moved from.
template <typename Function>
class at_end
{
public:
  explicit at_end(Function f)
    : function_(std::make_unique<Function>(std::move(f)))
  {
  }

  at_end(at_end&& other) = default;

  ~at_end()
  {
    if (function_)
      (*function_)();
  }

  void operator()(error_code = {})
  {
  }

private:
  std::unique_ptr<Function> function_;
};

// Throws when it is copied.
struct throwing_handler
{
  throwing_handler() = default;
  throwing_handler(throwing_handler&&) = default;

  throwing_handler(const throwing_handler&)
  {
    throw 42;
  }

  void operator()(error_code) const
  {
  }
};

// Throws when it is moved, once there are no moves left.
struct exhausted_handler
{
  explicit exhausted_handler(int& n)
    : moves_left(&n)
  {
  }

  exhausted_handler(exhausted_handler&& other)
    : moves_left(other.moves_left)
  {
    if ((*moves_left)-- == 0)
      throw 42;
  }

  void operator()(error_code)
  {
  }

  int* moves_left;
};

// Throws instead of executing.
struct throwing_executor
{
  template <typename Function>
  void execute(Function) const
  {
    throw 42;
  }

  net::execution_context& query(net::execution::context_t) const noexcept
  {
    return *context;
  }

  friend bool operator==(
      const throwing_executor& a, const throwing_executor& b) noexcept
  {
    return a.context == b.context;
  }

  friend bool operator!=(
      const throwing_executor& a, const throwing_executor& b) noexcept
  {
    return !(a == b);
  }

  net::execution_context* context;
};

} // namespace asio_test

#endif // ASIO_SYNC_TEST_HANDLERS_HPP
