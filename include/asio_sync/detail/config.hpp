// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_DETAIL_CONFIG_HPP
#define ASIO_SYNC_DETAIL_CONFIG_HPP

// The flavour: standalone Asio, or Boost.Asio where ASIO_SYNC_USE_BOOST_ASIO is
// defined. Everything lives in an inline namespace named after it, so that one
// program can use both.
#if defined(ASIO_SYNC_USE_BOOST_ASIO)
# define ASIO_SYNC_USES_BOOST_ASIO 1
# define ASIO_SYNC_FLAVOUR with_boost_asio
# define ASIO_SYNC_ASIO_VERSION BOOST_ASIO_VERSION
#else
# define ASIO_SYNC_USES_BOOST_ASIO 0
# define ASIO_SYNC_FLAVOUR with_asio
# define ASIO_SYNC_ASIO_VERSION ASIO_VERSION
#endif

// Facts about Asio, 0 or 1. They expand to its version, which detail/asio.hpp
// makes known: include that first.

// Boost 1.81 has Asio 1.26.0.
#define ASIO_SYNC_HAS_SUPPORTED_ASIO (ASIO_SYNC_ASIO_VERSION >= 102201)

// associated_immediate_executor.
#define ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR (ASIO_SYNC_ASIO_VERSION >= 102700)

// config(context), which replaced scheduler::concurrency_hint().
#define ASIO_SYNC_HAS_CONTEXT_CONFIG (ASIO_SYNC_ASIO_VERSION >= 103300)

// What io_uring_service prepares for a fork with, it has seen once.
#define ASIO_SYNC_HAS_IO_URING_FORK (ASIO_SYNC_ASIO_VERSION >= 103802)

// Platforms. Set ASIO_SYNC_DISABLE_<platform> to leave one out.

// futex(2) and, at run time, futex_waitv(2).
#if defined(__linux__) && !defined(ASIO_SYNC_DISABLE_LINUX_FUTEX)
# define ASIO_SYNC_HAS_LINUX_FUTEX 1
#else
# define ASIO_SYNC_HAS_LINUX_FUTEX 0
#endif

// Asio's io_uring backend. Older ones use freed memory.
#if ASIO_SYNC_HAS_LINUX_FUTEX && !defined(ASIO_SYNC_DISABLE_IO_URING) \
    && (ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_HAS_IO_URING) \
                                  : defined(ASIO_HAS_IO_URING))
# define ASIO_SYNC_HAS_IO_URING (ASIO_SYNC_ASIO_VERSION >= 102801)
#else
# define ASIO_SYNC_HAS_IO_URING 0
#endif

// Whether that is the only one. If not, it is beside epoll.
#if ASIO_SYNC_USES_BOOST_ASIO ? defined(BOOST_ASIO_DISABLE_EPOLL) \
                              : defined(ASIO_DISABLE_EPOLL)
# define ASIO_SYNC_HAS_IO_URING_AS_DEFAULT ASIO_SYNC_HAS_IO_URING
#else
# define ASIO_SYNC_HAS_IO_URING_AS_DEFAULT 0
#endif

#endif // ASIO_SYNC_DETAIL_CONFIG_HPP
