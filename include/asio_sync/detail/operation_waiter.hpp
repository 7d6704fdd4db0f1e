// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_OPERATION_WAITER_HPP
#define ASIO_SYNC_DETAIL_OPERATION_WAITER_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/waiter.hpp>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A waiter that is completed by an event loop.
class operation_waiter : public operation, public waiter<>
{
protected:
  template <typename... Args>
  explicit operation_waiter(func_type func, Args... args) noexcept
    : operation(func),
      waiter<>(kind::operation_waiter, args...)
  {
  }

  ~operation_waiter() = default;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_OPERATION_WAITER_HPP
