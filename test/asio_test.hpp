// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Asio for tests, in the flavour that is tested, and what it is able to do.
// Include it after the header that is tested.

#ifndef ASIO_SYNC_TEST_ASIO_TEST_HPP
#define ASIO_SYNC_TEST_ASIO_TEST_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/fwd.hpp>

// Facts about Asio, 0 or 1.
#if defined(ASIO_HAS_CO_AWAIT) || defined(BOOST_ASIO_HAS_CO_AWAIT)
# define ASIO_SYNC_TEST_HAS_AWAITABLE 1
#else
# define ASIO_SYNC_TEST_HAS_AWAITABLE 0
#endif
#define ASIO_SYNC_TEST_HAS_ANY_COMPLETION_HANDLER \
 (ASIO_SYNC_ASIO_VERSION >= 102600)
#define ASIO_SYNC_TEST_HAS_CANCEL_AFTER (ASIO_SYNC_ASIO_VERSION >= 103100)

// Before, a child of a fork gets an exception if its context has a ring beside
// epoll.
#define ASIO_SYNC_TEST_HAS_RING_IN_CHILD \
 (ASIO_SYNC_HAS_IO_URING_AS_DEFAULT || ASIO_SYNC_ASIO_VERSION >= 103402)

// as_tuple and deferred left the namespace experimental in 1.24.
#define ASIO_SYNC_TEST_HAS_STABLE_AS_TUPLE (ASIO_SYNC_ASIO_VERSION >= 102400)

#if ASIO_SYNC_USES_BOOST_ASIO
# include <boost/asio.hpp>
# include <boost/asio/experimental/parallel_group.hpp>
# if ASIO_SYNC_TEST_HAS_AWAITABLE
#  include <boost/asio/experimental/awaitable_operators.hpp>
# endif
#else
# include <asio.hpp>
# include <asio/experimental/parallel_group.hpp>
# if ASIO_SYNC_TEST_HAS_AWAITABLE
#  include <asio/experimental/awaitable_operators.hpp>
# endif
# if !ASIO_SYNC_TEST_HAS_STABLE_AS_TUPLE
#  include <asio/experimental/as_tuple.hpp>
#  include <asio/experimental/deferred.hpp>
# endif
#endif

#include <future>
#include <thread>
#include <utility>

namespace asio_test {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_sync::system_error;

#if ASIO_SYNC_TEST_HAS_STABLE_AS_TUPLE
using net::as_tuple;
using net::as_tuple_t;
using net::deferred;
using net::deferred_t;
#else
using net::experimental::as_tuple_t;
using net::experimental::deferred;
using net::experimental::deferred_t;

template <typename Token>
auto as_tuple(Token&& token)
{
  return net::experimental::as_tuple(std::forward<Token>(token));
}
#endif

// A context that takes no locks.
#if ASIO_SYNC_USES_BOOST_ASIO
constexpr int unsafe_concurrency_hint = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;
#else
constexpr int unsafe_concurrency_hint = ASIO_CONCURRENCY_HINT_UNSAFE;
#endif

// Errors for which only std has names.
inline error_code value_too_large()
{
  return make_error_code(asio_sync::sys::errc::value_too_large);
}

inline error_code resource_deadlock()
{
  return make_error_code(asio_sync::sys::errc::resource_deadlock_would_occur);
}

inline error_code not_permitted()
{
  return make_error_code(asio_sync::sys::errc::operation_not_permitted);
}

// Counts the calls of a handler, and keeps the error of the last one.
class outcome
{
public:
  auto handler()
  {
    return [this](const error_code& ec) {
      ++calls_;
      ec_ = ec;
    };
  }

  int calls() const
  {
    return calls_;
  }

  // Whether the handler was called once, with that error.
  bool is(const error_code& ec) const
  {
    return calls_ == 1 && ec_ == ec;
  }

  bool is_success() const
  {
    return is(error_code());
  }

private:
  int calls_ = 0;
  error_code ec_;
};

// For BOOST_CHECK_EXCEPTION.
template <typename Error>
auto has_code(const Error& error)
{
  return [ec = error_code(error)](
             const system_error& e) { return e.code() == ec; };
}

// Run a function in another thread.
template <typename Function>
auto in_thread(Function function)
{
  return std::async(std::launch::async, std::move(function));
}

// Wait for another thread to make a condition true.
template <typename Condition>
void spin_until(Condition condition)
{
  while (!condition())
    std::this_thread::yield();
}

} // namespace asio_test

#endif // ASIO_SYNC_TEST_ASIO_TEST_HPP
