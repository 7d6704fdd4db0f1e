// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_INITIATE_ACQUIRE_HPP
#define ASIO_SYNC_DETAIL_INITIATE_ACQUIRE_HPP

#include <asio_sync/detail/asio.hpp>
#include <asio_sync/detail/grant.hpp>
#include <asio_sync/detail/pooled_semaphore.hpp>
#include <asio_sync/detail/wait_op.hpp>

#include <cstddef>
#include <utility>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {
namespace detail {

// An upcall: the handler's code owns what was granted, and says so itself.
struct complete_with_error
{
  using signature = void(error_code);

  template <typename Handler>
  static void invoke(Handler&& handler, const error_code& ec, grant&& granted)
  {
    granted.forget();
    std::forward<Handler>(handler)(ec);
  }
};

// An upcall: the handler gets an owner of what was granted.
template <typename Owner>
struct complete_with_owner
{
  using signature = void(error_code, Owner);

  template <typename Handler>
  static void invoke(Handler&& handler, const error_code& ec, grant&& granted)
  {
    std::forward<Handler>(handler)(ec, Owner(std::move(granted)));
  }
};

// The initiation of an operation that acquires permits. The object whose
// executor and core it names must live until it is called.
template <typename Upcall, typename Executor, typename Expiry>
class initiate_async_acquire
{
public:
  using executor_type = Executor;

  initiate_async_acquire(const Executor& ex, pooled_semaphore& core,
      std::size_t n, const Expiry& expiry)
    : executor_(&ex),
      core_(&core),
      n_(n),
      expiry_(expiry)
  {
  }

  executor_type get_executor() const noexcept
  {
    return *executor_;
  }

  template <typename AcquireHandler>
  void operator()(AcquireHandler&& handler) const
  {
    start_acquire<Upcall>(
        *core_, n_, std::forward<AcquireHandler>(handler), *executor_, expiry_);
  }

private:
  const Executor* executor_;
  pooled_semaphore* core_;
  std::size_t n_;
  Expiry expiry_;
};

template <typename Upcall, typename Executor, typename Expiry, typename Token>
auto async_acquire(const Executor& ex, pooled_semaphore& core, std::size_t n,
    const Expiry& expiry, Token&& token)
{
  return net::async_initiate<Token, typename Upcall::signature>(
      initiate_async_acquire<Upcall, Executor, Expiry>(ex, core, n, expiry),
      token);
}

} // namespace detail
} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_DETAIL_INITIATE_ACQUIRE_HPP
