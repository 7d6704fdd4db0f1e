// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What includes only this library does not get the macros min and max, and may
// include the headers of Windows afterwards, in any order.

#include <asio_sync.hpp>

#include <asio_sync/detail/win_wait_packet.hpp>

#if defined(min) || defined(max)
# error the library leaks macros of Windows
#endif

#include <windows.h>

#include <winsock2.h>

#if defined(min) || defined(max)
# error the library leaks macros of Windows
#endif

#include <boost/test/unit_test.hpp>

#include <algorithm>

BOOST_AUTO_TEST_CASE(min_and_max_are_functions)
{
  BOOST_TEST(std::min(1, 2) == 1);
  BOOST_TEST(std::max(1, 2) == 2);
}
