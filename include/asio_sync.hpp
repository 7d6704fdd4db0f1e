// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_HPP
#define ASIO_SYNC_HPP

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_futex.hpp>
#include <asio_sync/async_mutex.hpp>
#include <asio_sync/async_semaphore.hpp>
#include <asio_sync/basic_async_condvar.hpp>
#include <asio_sync/basic_async_futex.hpp>
#include <asio_sync/basic_async_mutex.hpp>
#include <asio_sync/basic_async_semaphore.hpp>
#include <asio_sync/error.hpp>
#include <asio_sync/fwd.hpp>
#include <asio_sync/mutex_lock.hpp>
#include <asio_sync/platform.hpp>
#include <asio_sync/semaphore_permit.hpp>
#include <asio_sync/version.hpp>

#endif // ASIO_SYNC_HPP
