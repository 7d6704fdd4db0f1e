// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_OPERATION_WAITER_HPP
#define ASIO_SYNC_DETAIL_OPERATION_WAITER_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/waiter.hpp>

#include <cstdint>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// A waiter that is completed by an event loop.
class operation_waiter : public operation, public waiter<>
{
protected:
  operation_waiter(func_type func, std::uint32_t permits) noexcept
    : operation(func),
      waiter<>(kind::operation_waiter, permits)
  {
  }

  operation_waiter(func_type func, wait_result result, std::uint32_t permits,
      std::uint32_t generation) noexcept
    : operation(func),
      waiter<>(kind::operation_waiter, result, permits, generation)
  {
  }

  ~operation_waiter() = default;
};

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_OPERATION_WAITER_HPP
