// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// One program that uses both flavours: their names and services do not clash.

#include "flavours/flavours.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_CASE(both_flavours_work_in_one_program)
{
  BOOST_TEST(use_standalone_asio() == 3u);
  BOOST_TEST(use_boost_asio() == 3u);
}
