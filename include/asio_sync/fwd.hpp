// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_FWD_HPP
#define ASIO_SYNC_FWD_HPP

#include <asio_sync/detail/asio.hpp>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

class semaphore_permit;
class mutex_lock;

template <typename Executor = net::any_io_executor>
class basic_async_semaphore;

template <typename Executor = net::any_io_executor>
class basic_async_mutex;

template <typename Executor = net::any_io_executor>
class basic_async_condvar;

template <typename Executor = net::any_io_executor>
class basic_async_futex;

using async_semaphore = basic_async_semaphore<>;
using async_mutex = basic_async_mutex<>;
using async_condvar = basic_async_condvar<>;
using async_futex = basic_async_futex<>;

namespace detail {

template <typename Owner>
struct complete_with_owner;

} // namespace detail

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_FWD_HPP
