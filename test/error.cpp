// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/error.hpp>

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <system_error>

namespace {

namespace error = asio_sync::error;
using asio_sync::error_code;

} // namespace

BOOST_AUTO_TEST_CASE(closed_converts_to_an_error_code)
{
  const error_code ec = error::closed;

  BOOST_TEST(bool(ec));
  BOOST_TEST(ec.value() == error::closed);
  BOOST_TEST((ec.category() == asio_sync::get_sync_category()));
  BOOST_TEST((ec == error::closed));
  BOOST_TEST(ec == error::make_error_code(error::closed));
}

BOOST_AUTO_TEST_CASE(the_category_is_named_after_the_library)
{
  BOOST_TEST(asio_sync::get_sync_category().name() == "asio_sync");
}

BOOST_AUTO_TEST_CASE(there_is_one_category)
{
  BOOST_TEST(
      &asio_sync::get_sync_category() == &asio_sync::get_sync_category());
}

BOOST_AUTO_TEST_CASE(the_message_of_closed_is_a_sentence)
{
  BOOST_TEST(error_code(error::closed).message() == "The semaphore is closed");
}

BOOST_AUTO_TEST_CASE(a_foreign_value_has_a_message)
{
  const error_code ec(4711, asio_sync::get_sync_category());

  BOOST_TEST(ec.message() == "Unknown asio_sync error");
}

BOOST_AUTO_TEST_CASE(closed_differs_from_other_errors)
{
  const error_code ec = error::closed;

  BOOST_TEST(ec != error_code());
  BOOST_TEST(ec != error_code(asio_test::net::error::operation_aborted));
  BOOST_TEST(ec != asio_test::value_too_large());
}

BOOST_AUTO_TEST_CASE(closed_converts_to_an_error_code_of_std)
{
  const std::error_code ec = error_code(error::closed);

  BOOST_TEST(ec.value() == error::closed);
  BOOST_TEST(ec.category().name() == "asio_sync");
  BOOST_TEST(ec.message() == "The semaphore is closed");
}
