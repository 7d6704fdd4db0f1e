// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_ASYNC_FUTEX_HPP
#define ASIO_SYNC_ASYNC_FUTEX_HPP

#include <asio_sync/basic_async_futex.hpp>

namespace asio_sync {
inline namespace ASIO_SYNC_FLAVOUR {

/// Typedef for the typical usage of a futex.
using async_futex = basic_async_futex<>;

} // inline namespace ASIO_SYNC_FLAVOUR
} // namespace asio_sync

#endif // ASIO_SYNC_ASYNC_FUTEX_HPP
