// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Whether wait packets are used: only if they do what they say.

#include <asio_sync/detail/win_wait_packet.hpp>

#include "windows/fake_kernel.hpp"

#include <boost/test/unit_test.hpp>

namespace {

namespace detail = asio_sync::detail;
using windows_test::fake_kernel;
using windows_test::lies;
using windows_test::wait_packet_functions;

} // namespace

BOOST_AUTO_TEST_CASE(functions_that_work_pass_the_test)
{
  BOOST_TEST(detail::test_wait_packet(*fake_kernel::functions()));
}

BOOST_AUTO_TEST_CASE(functions_that_lie_do_not)
{
  const wait_packet_functions good = *fake_kernel::functions();
  wait_packet_functions functions = good;
  functions.create = &lies::create_nothing;
  BOOST_TEST(!detail::test_wait_packet(functions));

  for (const auto associate : {&lies::associate_nothing, &lies::post_anyway})
  {
    functions = good;
    functions.associate = associate;
    BOOST_TEST(!detail::test_wait_packet(functions));
  }

  for (const auto cancel : {&lies::deny, &lies::pretend,
           &lies::post_what_is_cancelled, &lies::remove_from_port})
  {
    functions = good;
    functions.associate = &lies::remember_port;
    functions.cancel = cancel;
    BOOST_TEST(!detail::test_wait_packet(functions));
  }
}

BOOST_AUTO_TEST_CASE(the_way_of_the_system_is_named)
{
  BOOST_TEST_MESSAGE("objects are waited for by "
      << (detail::system_wait_packet() != nullptr ? "wait packets"
                                                  : "registered waits"));
  BOOST_TEST((detail::system_wait_packet() == nullptr
      || detail::test_wait_packet(*detail::system_wait_packet())));
}
