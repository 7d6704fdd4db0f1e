// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/basic_async_futex.hpp>

#include "futex_test.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_sync::futex_scope;
using asio_sync::system_error;
using asio_test::outcome;

using concrete_executor = net::io_context::executor_type;
using concrete_futex = asio_sync::basic_async_futex<concrete_executor>;

using fixture = asio_test::futex_fixture;

} // namespace

BOOST_AUTO_TEST_CASE(a_word_may_be_atomic_or_plain)
{
  net::io_context ctx;
  std::atomic<std::uint32_t> atomic{0};
  std::uint32_t plain = 0;
  async_futex of_atomic(ctx, atomic);
  async_futex of_plain(ctx.get_executor(), &plain);
  async_futex of_shared(ctx, &plain, futex_scope::process_shared);

  BOOST_TEST(of_atomic.waiters() == 0u);
  BOOST_TEST(of_plain.waiters() == 0u);
  BOOST_TEST(of_shared.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_plain_word_is_waited_for, fixture)
{
  std::uint32_t plain = 0;
  async_futex of_plain(ctx, &plain);
  of_plain.async_wait(0, first.handler());
  run();
  BOOST_TEST(first.calls() == 0);

  of_plain.notify_one();
  run();
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(an_address_that_is_none_is_refused, fixture)
{
  alignas(4) unsigned char bytes[8] = {};
  const auto misaligned = reinterpret_cast<std::uint32_t*>(bytes + 1);
  std::uint32_t* const null = nullptr;

  BOOST_CHECK_EXCEPTION(async_futex(ctx, null), system_error,
      asio_test::has_code(net::error::invalid_argument));
  BOOST_CHECK_EXCEPTION(async_futex(ctx, misaligned), system_error,
      asio_test::has_code(net::error::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(
    a_shared_word_is_waited_for_where_others_can_wake, fixture)
{
  async_futex shared(ctx, w, futex_scope::process_shared);
  shared.async_wait(0, first.handler());
  run();

  if (async_futex::sees_foreign_wakes(ctx))
  {
    BOOST_TEST(first.calls() == 0);
    shared.notify_one();
    run();
    BOOST_TEST(first.is_success());
  }
  else
  {
    BOOST_TEST(first.is(net::error::operation_not_supported));
  }
}

BOOST_FIXTURE_TEST_CASE(the_names_of_tiers_tell_who_can_wake, fixture)
{
  futex.async_wait(0, first.handler());
  const std::string name = asio_sync::platform_name(ctx);
  BOOST_TEST_MESSAGE("tier: " << name);

  BOOST_TEST(async_futex::sees_foreign_wakes(ctx)
      == (name.find("parking table") == std::string::npos));
}

BOOST_AUTO_TEST_CASE(construction_is_not_from_temporaries)
{
  using word = std::atomic<std::uint32_t>;
  static_assert(std::is_constructible_v<async_futex, net::io_context&, word&>);
  static_assert(
      !std::is_constructible_v<async_futex, net::any_io_executor, word>);
  static_assert(
      !std::is_constructible_v<async_futex, net::any_io_executor, const word&>);
  static_assert(!std::is_copy_constructible_v<async_futex>);
  static_assert(!std::is_copy_assignable_v<async_futex>);
  static_assert(!std::is_constructible_v<concrete_futex, async_futex>);

  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(rebind_executor_names_the_other_futex)
{
  using rebound = async_futex::rebind_executor<concrete_executor>::other;

  static_assert(std::is_same_v<rebound, concrete_futex>);
  static_assert(std::is_same_v<rebound::executor_type, concrete_executor>);
  BOOST_TEST(true);
}

BOOST_FIXTURE_TEST_CASE(move_takes_the_waits_along, fixture)
{
  futex.async_wait(0, first.handler());
  run();
  async_futex target(std::move(futex));
  BOOST_TEST(target.waiters() == 1u);
  BOOST_TEST(futex.waiters() == 0u);

  futex.async_wait(0, second.handler());
  target.notify_one();
  run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(assignment_aborts_the_waits_of_the_target, fixture)
{
  asio_test::word other{7};
  futex.async_wait(0, first.handler());
  futex = async_futex(ctx, other);
  futex.async_wait(7, second.handler());
  run();

  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(move_converts_the_executor, fixture)
{
  concrete_futex concrete(ctx, w);
  concrete.async_wait(0, first.handler());
  async_futex target(std::move(concrete));
  BOOST_TEST(target.waiters() == 1u);
  target.notify_one();
  run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(
      (target.get_executor() == net::any_io_executor(ctx.get_executor())));
}

BOOST_FIXTURE_TEST_CASE(a_lazy_wait_begins_where_the_object_went, fixture)
{
  auto wait = futex.async_wait(0, asio_test::deferred);
  async_futex moved(std::move(futex));
  std::move(wait)(first.handler());

  BOOST_TEST(futex.waiters() == 0u);
  BOOST_TEST(moved.waiters() == 1u);
}
