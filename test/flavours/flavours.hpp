// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_FLAVOURS_FLAVOURS_HPP
#define ASIO_SYNC_TEST_FLAVOURS_FLAVOURS_HPP

#include <cstddef>

// What each translation unit does with its flavour: have three tasks share one
// permit. Returns how many were granted one.
std::size_t use_standalone_asio();
std::size_t use_boost_asio();

#endif // ASIO_SYNC_TEST_FLAVOURS_FLAVOURS_HPP
