// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Allocators that tell what they do.

#ifndef ASIO_SYNC_TEST_ALLOCATION_LOG_HPP
#define ASIO_SYNC_TEST_ALLOCATION_LOG_HPP

#include <cstddef>
#include <memory>
#include <new>

namespace asio_test {

// What allocators count, and which of their allocations fails, counted from 0.
struct allocation_log
{
  int allocations = 0;
  int alive = 0;
  int failing = -1;
};

template <typename T = void>
struct logging_allocator
{
  using value_type = T;

  explicit logging_allocator(allocation_log& l)
    : log(&l)
  {
  }

  template <typename U>
  logging_allocator(const logging_allocator<U>& other)
    : log(other.log)
  {
  }

  T* allocate(std::size_t n)
  {
    if (log->allocations++ == log->failing)
      throw std::bad_alloc();
    T* const memory = std::allocator<T>().allocate(n);
    ++log->alive;
    return memory;
  }

  void deallocate(T* p, std::size_t n)
  {
    --log->alive;
    std::allocator<T>().deallocate(p, n);
  }

  template <typename U>
  bool operator==(const logging_allocator<U>& other) const
  {
    return log == other.log;
  }

  template <typename U>
  bool operator!=(const logging_allocator<U>& other) const
  {
    return log != other.log;
  }

  allocation_log* log;
};

} // namespace asio_test

#endif // ASIO_SYNC_TEST_ALLOCATION_LOG_HPP
