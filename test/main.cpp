// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The framework and main() of every test, compiled once from Boost's headers.
#define BOOST_TEST_MODULE asio_sync
#include <boost/test/included/unit_test.hpp>
