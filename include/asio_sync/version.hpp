// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_VERSION_HPP
#define ASIO_SYNC_VERSION_HPP

/// The version of this library: major * 100000 + minor * 100 + patch.
#define ASIO_SYNC_VERSION 100 // 0.1.0

#endif // ASIO_SYNC_VERSION_HPP
