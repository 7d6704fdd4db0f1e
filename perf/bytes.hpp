// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// How many bytes an operation takes from its handler's allocator.

#ifndef ASIO_SYNC_PERF_BYTES_HPP
#define ASIO_SYNC_PERF_BYTES_HPP

#include <asio_sync.hpp>

#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# include <boost/asio/io_context.hpp>
#else
# include <asio/io_context.hpp>
#endif

#include <cstddef>
#include <memory>

namespace perf {

template <typename T>
struct counting_allocator
{
  using value_type = T;

  explicit counting_allocator(std::size_t& n)
    : bytes(&n)
  {
  }

  template <typename U>
  counting_allocator(const counting_allocator<U>& other)
    : bytes(other.bytes)
  {
  }

  T* allocate(std::size_t n)
  {
    *bytes += n * sizeof(T);
    return std::allocator<T>().allocate(n);
  }

  void deallocate(T* p, std::size_t n)
  {
    std::allocator<T>().deallocate(p, n);
  }

  template <typename U>
  bool operator==(const counting_allocator<U>& other) const
  {
    return bytes == other.bytes;
  }

  template <typename U>
  bool operator!=(const counting_allocator<U>& other) const
  {
    return bytes != other.bytes;
  }

  std::size_t* bytes;
};

struct counted_handler
{
  using allocator_type = counting_allocator<void>;

  allocator_type get_allocator() const
  {
    return allocator;
  }

  void operator()(asio_sync::error_code) const
  {
  }

  allocator_type allocator;
};

// Start an operation of a context with a handler. The context does not run.
template <typename Start>
double bytes_of(Start start)
{
  asio_sync::net::io_context ctx;
  std::size_t bytes = 0;
  start(ctx, counted_handler{counting_allocator<void>(bytes)});
  return double(bytes);
}

} // namespace perf

#endif // ASIO_SYNC_PERF_BYTES_HPP
