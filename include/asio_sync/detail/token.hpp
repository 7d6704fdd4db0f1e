// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_TOKEN_HPP
#define ASIO_SYNC_DETAIL_TOKEN_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/fwd.hpp>

#include <type_traits>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

template <typename Executor>
using default_token = typename net::default_completion_token<Executor>::type;

// What says whether a wait is over. A completion token is not callable without
// arguments.
template <typename T>
constexpr bool is_predicate_v =
    std::is_invocable_r_v<bool, std::add_lvalue_reference_t<T>>;

// What may be a completion token, where a number, a lock or a predicate may
// stand as well.
template <typename T, typename Type = std::decay_t<T>>
constexpr bool is_token_v =
    !std::is_arithmetic_v<
        Type> && !std::is_same_v<Type, mutex_lock> && !is_predicate_v<T>;

// Whether a handler accepts what an operation completes with.
template <typename Handler, typename Signature>
constexpr bool is_handler_v = false;

template <typename Handler, typename... Args>
constexpr bool is_handler_v<Handler, void(Args...)> =
    std::is_invocable_v<Handler, Args...>;

template <typename Signature, typename Handler>
void check_handler()
{
  static_assert(is_handler_v<Handler, Signature>,
      "a handler must accept the arguments of the completion signature");
}

template <typename Predicate>
void check_predicate()
{
  static_assert(is_predicate_v<Predicate>,
      "a predicate must be callable without arguments, and return bool");
}

template <typename T>
using enable_if_token = std::enable_if_t<is_token_v<T>, int>;

template <typename T>
using enable_if_predicate = std::enable_if_t<is_predicate_v<T>, int>;

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_TOKEN_HPP
