// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/semaphore_permit.hpp>

#include "asio_test.hpp"

#include <asio_sync/async_semaphore.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_sync::system_error;
using asio_test::has_code;

constexpr std::size_t max = async_semaphore::max();

struct fixture
{
  // A handler that keeps what it gets.
  auto keep()
  {
    return [this](error_code ec, semaphore_permit p) {
      result = ec;
      permit = std::move(p);
    };
  }

  net::io_context ctx;
  async_semaphore semaphore{ctx, 5};
  std::optional<error_code> result;
  semaphore_permit permit;
};

} // namespace

BOOST_AUTO_TEST_CASE(is_empty_by_default)
{
  semaphore_permit permit;

  BOOST_TEST(!permit);
  BOOST_TEST(permit.count() == 0u);
  BOOST_TEST(permit.forget() == 0u);
  permit.release();
  static_assert(!std::is_convertible_v<semaphore_permit, bool>);
  static_assert(!std::is_copy_constructible_v<semaphore_permit>);
  static_assert(std::is_nothrow_move_constructible_v<semaphore_permit>);
  static_assert(std::is_nothrow_move_assignable_v<semaphore_permit>);
}

BOOST_FIXTURE_TEST_CASE(try_acquire_permit_owns_permits, fixture)
{
  permit = semaphore.try_acquire_permit(3);
  const semaphore_permit one = semaphore.try_acquire_permit();

  BOOST_TEST(bool(permit));
  BOOST_TEST(permit.count() == 3u);
  BOOST_TEST(one.count() == 1u);
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(try_acquire_permit_is_empty_on_failure, fixture)
{
  permit = semaphore.try_acquire_permit(6);

  BOOST_TEST(!permit);
  BOOST_TEST(semaphore.available() == 5u);
  BOOST_CHECK_EXCEPTION((void)semaphore.try_acquire_permit(max + 1),
      system_error, has_code(net::error::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(no_permit_at_all_belongs_to_its_semaphore, fixture)
{
  permit = semaphore.try_acquire_permit(0);

  BOOST_TEST(bool(permit));
  BOOST_TEST(permit.count() == 0u);
  permit.release();
  BOOST_TEST(!permit);
  BOOST_TEST(semaphore.available() == 5u);
}

BOOST_FIXTURE_TEST_CASE(async_acquire_permit_gives_a_free_one, fixture)
{
  semaphore.async_acquire_permit(keep());
  ctx.poll();

  BOOST_TEST(result.value() == error_code());
  BOOST_TEST(permit.count() == 1u);
  BOOST_TEST(semaphore.available() == 4u);
}

BOOST_FIXTURE_TEST_CASE(async_acquire_permit_waits_for_many, fixture)
{
  semaphore.async_acquire_permit(7, keep());
  ctx.poll();
  BOOST_TEST(!result.has_value());

  semaphore.release(3);
  ctx.poll();
  BOOST_TEST(result.value() == error_code());
  BOOST_TEST(permit.count() == 7u);
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_ignored_permit_is_released, fixture)
{
  semaphore.async_acquire_permit(4, [](error_code, semaphore_permit) {});
  BOOST_TEST(semaphore.available() == 1u);
  ctx.poll();

  BOOST_TEST(semaphore.available() == 5u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_gives_an_empty_permit, fixture)
{
  permit = semaphore.try_acquire_permit();
  semaphore.async_acquire_permit(5, keep());
  semaphore.cancel();
  ctx.poll();

  BOOST_TEST(result.value() == error_code(net::error::operation_aborted));
  BOOST_TEST(!permit);
  BOOST_TEST(semaphore.available() == 5u);
}

BOOST_FIXTURE_TEST_CASE(a_closed_semaphore_gives_an_empty_permit, fixture)
{
  semaphore.close();
  semaphore.async_acquire_permit(keep());
  ctx.poll();

  BOOST_TEST(result.value() == error_code(asio_sync::error::closed));
  BOOST_TEST(!permit);
}

BOOST_FIXTURE_TEST_CASE(too_many_permits_are_refused, fixture)
{
  semaphore.async_acquire_permit(max + 1, keep());
  ctx.poll();

  BOOST_TEST(result.value() == error_code(net::error::invalid_argument));
  BOOST_TEST(!permit);
}

BOOST_FIXTURE_TEST_CASE(destruction_serves_the_next_waiter, fixture)
{
  {
    const semaphore_permit owner = semaphore.try_acquire_permit(5);
    semaphore.async_acquire_permit(2, keep());
    ctx.poll();
    BOOST_TEST(!permit);
  }
  ctx.poll();

  BOOST_TEST(permit.count() == 2u);
  BOOST_TEST(semaphore.available() == 3u);
}

BOOST_FIXTURE_TEST_CASE(move_leaves_an_empty_permit, fixture)
{
  semaphore_permit source = semaphore.try_acquire_permit(2);
  permit = semaphore.try_acquire_permit(3);
  permit = std::move(source);

  BOOST_TEST(!source);
  BOOST_TEST(source.count() == 0u);
  BOOST_TEST(permit.count() == 2u);
  BOOST_TEST(semaphore.available() == 3u);

  const semaphore_permit target(std::move(permit));
  BOOST_TEST(!permit);
  BOOST_TEST(target.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(self_move_changes_nothing, fixture)
{
  permit = semaphore.try_acquire_permit(2);
  semaphore_permit& self = permit;
  permit = std::move(self);

  BOOST_TEST(permit.count() == 2u);
  BOOST_TEST(semaphore.available() == 3u);
}

BOOST_FIXTURE_TEST_CASE(release_empties_the_permit, fixture)
{
  error_code ec = net::error::eof;
  permit = semaphore.try_acquire_permit(2);
  permit.release();
  BOOST_TEST(!permit);
  BOOST_TEST(semaphore.available() == 5u);

  permit.release(ec);
  BOOST_TEST(ec == error_code());
  BOOST_TEST(semaphore.available() == 5u);
}

BOOST_FIXTURE_TEST_CASE(release_beyond_max_changes_nothing, fixture)
{
  error_code ec;
  permit = semaphore.try_acquire_permit(2);
  semaphore.release(max - 4);
  permit.release(ec);
  BOOST_TEST(ec == asio_test::value_too_large());
  BOOST_CHECK_EXCEPTION(
      permit.release(), system_error, has_code(asio_test::value_too_large()));
  BOOST_TEST(permit.count() == 2u);
  BOOST_TEST(semaphore.available() == max - 1);

  (void)semaphore.try_acquire();
  permit.release(ec);
  BOOST_TEST(ec == error_code());
  BOOST_TEST(semaphore.available() == max);
}

BOOST_FIXTURE_TEST_CASE(destruction_drops_what_does_not_fit, fixture)
{
  permit = semaphore.try_acquire_permit(2);
  semaphore.release(max - 4);
  permit = semaphore_permit();

  BOOST_TEST(semaphore.available() == max - 1);
}

BOOST_FIXTURE_TEST_CASE(forget_gives_nothing_back, fixture)
{
  permit = semaphore.try_acquire_permit(2);

  BOOST_TEST(permit.forget() == 2u);
  BOOST_TEST(!permit);
  BOOST_TEST(semaphore.available() == 3u);
}

BOOST_FIXTURE_TEST_CASE(split_takes_a_part_out, fixture)
{
  permit = semaphore.try_acquire_permit(4);
  {
    const semaphore_permit part = permit.split(3);
    BOOST_TEST(part.count() == 3u);
    BOOST_TEST(permit.count() == 1u);
  }
  BOOST_TEST(semaphore.available() == 4u);

  const semaphore_permit all = permit.split(1);
  BOOST_TEST(permit.count() == 0u);
  BOOST_TEST(all.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(split_of_too_many_changes_nothing, fixture)
{
  permit = semaphore.try_acquire_permit(2);

  BOOST_CHECK_EXCEPTION((void)permit.split(3), system_error,
      has_code(net::error::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)semaphore_permit().split(1), system_error,
      has_code(net::error::invalid_argument));
  BOOST_TEST(permit.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(merge_adds_the_other_permits, fixture)
{
  error_code ec = net::error::eof;
  semaphore_permit other = semaphore.try_acquire_permit(3);
  permit.merge(std::move(other));
  BOOST_TEST(permit.count() == 3u);
  BOOST_TEST(!other);

  other = semaphore.try_acquire_permit();
  permit.merge(std::move(other), ec);
  BOOST_TEST(ec == error_code());
  BOOST_TEST(permit.count() == 4u);
  BOOST_TEST(!other);
  permit.merge(semaphore_permit());
  permit.merge(std::move(permit));
  BOOST_TEST(permit.count() == 4u);
}

BOOST_FIXTURE_TEST_CASE(merge_with_a_foreign_permit_is_refused, fixture)
{
  error_code ec;
  async_semaphore foreign(ctx, 2);
  semaphore_permit other = foreign.try_acquire_permit(2);
  permit = semaphore.try_acquire_permit(3);

  BOOST_CHECK_EXCEPTION(permit.merge(std::move(other)), system_error,
      has_code(net::error::invalid_argument));
  permit.merge(std::move(other), ec);
  BOOST_TEST(ec == error_code(net::error::invalid_argument));
  BOOST_TEST(permit.count() == 3u);
  BOOST_TEST(other.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(merge_beyond_max_is_refused, fixture)
{
  error_code ec;
  semaphore.release(max - 5);
  permit = semaphore.try_acquire_permit(max);
  semaphore.release();
  semaphore_permit other = semaphore.try_acquire_permit();

  BOOST_CHECK_EXCEPTION(permit.merge(std::move(other)), system_error,
      has_code(asio_test::value_too_large()));
  permit.merge(std::move(other), ec);
  BOOST_TEST(ec == asio_test::value_too_large());
  BOOST_TEST(permit.count() == max);
  BOOST_TEST(other.count() == 1u);
}

BOOST_FIXTURE_TEST_CASE(outlives_its_semaphore_and_releases_nothing, fixture)
{
  error_code ec = net::error::eof;
  permit = semaphore.try_acquire_permit(2);
  semaphore_permit second = semaphore.try_acquire_permit();
  semaphore = async_semaphore(ctx, 0);
  async_semaphore successor(ctx, 0);
  permit.release(ec);
  second = semaphore_permit();

  BOOST_TEST(ec == error_code());
  BOOST_TEST(semaphore.available() == 0u);
  BOOST_TEST(successor.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_grant_on_its_way_outlives_its_semaphore, fixture)
{
  {
    async_semaphore doomed(ctx, 1);
    doomed.async_acquire_permit(keep());
    doomed.async_acquire_permit(
        [&](error_code, semaphore_permit p) { BOOST_TEST(p.count() == 1u); });
    doomed.release();
  }
  async_semaphore next(ctx, 0);
  ctx.poll();
  BOOST_TEST(permit.count() == 1u);
  permit.release();

  BOOST_TEST(next.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_dead_semaphores_permit_is_foreign, fixture)
{
  error_code ec;
  permit = semaphore.try_acquire_permit(2);
  semaphore = async_semaphore(ctx, 3);
  // One of these uses the core of the dead one, and one that of a temporary.
  async_semaphore first(ctx, 3);
  async_semaphore second(ctx, 3);
  for (async_semaphore* s : {&semaphore, &first, &second})
  {
    semaphore_permit other = s->try_acquire_permit();
    permit.merge(std::move(other), ec);
    BOOST_TEST(ec == error_code(net::error::invalid_argument));
  }

  BOOST_TEST(permit.count() == 2u);
}

BOOST_FIXTURE_TEST_CASE(follows_a_moved_semaphore, fixture)
{
  permit = semaphore.try_acquire_permit(2);
  const async_semaphore target(std::move(semaphore));
  permit.release();

  BOOST_TEST(target.available() == 5u);
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(pays_the_debt_of_a_reduced_semaphore, fixture)
{
  permit = semaphore.try_acquire_permit(5);
  semaphore.reduce(3);
  permit.release();

  BOOST_TEST(semaphore.available() == 2u);
}
