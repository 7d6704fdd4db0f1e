// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_ERROR_HPP
#define ASIO_SYNC_ERROR_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/waiter.hpp>

#include <string>
#include <type_traits>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace error {

/// Errors that have no code in Asio or in the standard library.
enum sync_errors
{
  /// The object was closed, and refuses waiting.
  closed = 1
};

} // namespace error

namespace detail {

class sync_error_category : public error_category
{
public:
  const char* name() const noexcept override
  {
    return "asio_sync";
  }

  std::string message(int value) const override
  {
    switch (value)
    {
    case error::closed:
      return "The semaphore is closed";
    default:
      return "Unknown asio_sync error";
    }
  }
};

} // namespace detail

/// Get the category of this library's errors.
inline const error_category& get_sync_category() noexcept
{
  static const detail::sync_error_category category{};
  return category;
}

namespace error {

/// Make an error code of one of this library's errors.
inline error_code make_error_code(sync_errors e) noexcept
{
  return error_code(static_cast<int>(e), get_sync_category());
}

} // namespace error

namespace detail {

// Requires: it was not granted.
inline error_code failure_code(wait_result result) noexcept
{
  switch (result)
  {
  case wait_result::aborted:
    return net::error::operation_aborted;
  case wait_result::timed_out:
    return net::error::timed_out;
  case wait_result::closed:
    return error::make_error_code(error::closed);
  case wait_result::rejected:
    return net::error::invalid_argument;
  case wait_result::not_owner:
    return make_error_code(sys::errc::operation_not_permitted);
  case wait_result::unsupported:
    return net::error::operation_not_supported;
  case wait_result::exhausted:
    return net::error::no_buffer_space;
  case wait_result::granted:
    break;
  }
  return {};
}

// Most waits are granted: that is inline.
inline error_code to_error_code(wait_result result) noexcept
{
  return result == wait_result::granted ? error_code() : failure_code(result);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

template <>
struct asio_sync::sys::is_error_code_enum<asio_sync::error::sync_errors>
  : std::true_type
{
};

#endif // ASIO_SYNC_ERROR_HPP
