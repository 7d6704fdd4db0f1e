// expect: (nodiscard|warn_unused|ignoring return value)
// expect: (ignoring return value|discard)[^~^]*try_acquire\(
// expect: (ignoring return value|discard)[^~^]*try_acquire_permit\(
// expect: (ignoring return value|discard)[^~^]*try_acquire_for\(
// expect: (ignoring return value|discard)[^~^]*split\(
// expect: (ignoring return value|discard)[^~^]*mutex\.try_lock\(
// expect: (ignoring return value|discard)[^~^]*mutex\.try_lock_for\(
// expect: (ignoring return value|discard)[^~^]*lock\.try_lock\(
// expect: (ignoring return value|discard)[^~^]*take_permit\(\);
// expect: (ignoring return value|discard)[^~^]*take_lock\(\);

// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Who does not look at the result does not know whether to release. Who drops
// an owner has released already.

#if defined(__GNUC__)
# pragma GCC diagnostic error "-Wunused-result"
#endif

#include <asio_sync/async_mutex.hpp>
#include <asio_sync/async_semaphore.hpp>
#include <asio_sync/mutex_lock.hpp>

#include <chrono>

void try_without_looking(asio_sync::async_semaphore& semaphore,
    asio_sync::semaphore_permit& permit, asio_sync::async_mutex& mutex,
    asio_sync::mutex_lock& lock)
{
  semaphore.try_acquire();
  semaphore.try_acquire_permit();
  semaphore.try_acquire_for(std::chrono::seconds(1));
  permit.split(1);
  mutex.try_lock();
  mutex.try_lock_for(std::chrono::seconds(1));
  lock.try_lock();
}

asio_sync::semaphore_permit take_permit();
asio_sync::mutex_lock take_lock();

void own_for_a_moment()
{
  take_permit();
  take_lock();
}
