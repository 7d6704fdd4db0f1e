// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/semaphore_core.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <vector>

namespace {

namespace detail = asio_sync::detail;
using detail::wait_result;
using core_type = detail::semaphore_core<>;

struct waiter : detail::waiter<>
{
  explicit waiter(std::uint32_t n)
    : detail::waiter<>(kind::operation_waiter, nullptr, n)
  {
  }
};

struct fixture
{
  void open(std::uint32_t permits)
  {
    done.retired = false;
    core.open(permits);
  }

  // Take what is complete out, oldest first.
  std::vector<detail::waiter<>*> take()
  {
    std::vector<detail::waiter<>*> taken;
    while (!done.ready.empty())
    {
      taken.push_back(&done.ready.front());
      done.ready.pop_front();
    }
    return taken;
  }

  using waiters = std::vector<detail::waiter<>*>;

  core_type core;
  core_type::completions_type done;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(opens_with_permits_and_nothing_else, fixture)
{
  open(3);

  BOOST_TEST(core.available() == 3u);
  BOOST_TEST(core.waiters() == 0u);
  BOOST_TEST(!core.is_closed());
  BOOST_TEST(core.generation() == 0u);
}

BOOST_FIXTURE_TEST_CASE(grants_in_the_order_of_requests, fixture)
{
  waiter a(2), b(1), c(1);
  open(1);
  core.acquire(a, done);
  core.acquire(b, done);
  core.acquire(c, done);
  BOOST_TEST(take().empty());
  BOOST_TEST(core.waiters() == 3u);
  BOOST_TEST(core.release(2, done));

  BOOST_TEST((take() == waiters{&a, &b}));
  BOOST_TEST((a.result() == wait_result::granted));
  BOOST_TEST(core.available() == 0u);
  BOOST_TEST(core.waiters() == 1u);
  core.close(done);
  BOOST_TEST((take() == waiters{&c}));
}

BOOST_FIXTURE_TEST_CASE(a_waiter_that_fits_is_granted_at_once, fixture)
{
  waiter a(1);
  open(1);
  core.acquire(a, done);

  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST(core.try_acquire(0));
  BOOST_TEST(!core.try_acquire(1));
}

BOOST_FIXTURE_TEST_CASE(the_fast_release_keeps_out_of_the_queue, fixture)
{
  waiter a(1);
  open(0);
  BOOST_TEST(core.try_release(1));
  BOOST_TEST(!core.try_release(core_type::max_permits));
  BOOST_TEST(core.try_acquire(1));
  core.acquire(a, done);
  BOOST_TEST(!core.try_release(1));

  core.cancel_all(done);
  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST(core.try_release(1));
}

BOOST_FIXTURE_TEST_CASE(a_closed_core_completes_who_comes_later, fixture)
{
  waiter a(1);
  open(0);
  core.close(done);
  core.acquire(a, done);

  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST((a.result() == wait_result::closed));
  BOOST_TEST(!core.try_acquire_if_open(0));
  BOOST_TEST(core.try_acquire(0));
}

BOOST_FIXTURE_TEST_CASE(close_survives_every_other_change, fixture)
{
  open(1);
  core.close(done);
  (void)core.drain(1);
  (void)core.release(3, done);
  core.reduce(5, done);
  (void)core.release(3, done);
  core.cancel_all(done);

  BOOST_TEST(core.is_closed());
  BOOST_TEST(core.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(debt_closes_the_fast_paths_until_paid, fixture)
{
  open(0);
  core.reduce(2, done);
  BOOST_TEST(!core.try_release(1));
  BOOST_TEST(core.release(1, done));
  BOOST_TEST(core.available() == 0u);
  BOOST_TEST(core.release(2, done));
  BOOST_TEST(core.available() == 1u);

  BOOST_TEST(core.try_release(1));
  BOOST_TEST(core.try_acquire(2));
}

BOOST_FIXTURE_TEST_CASE(debt_may_exceed_what_a_word_can_hold, fixture)
{
  open(0);
  for (int i = 0; i < 4; ++i)
    core.reduce(core_type::max_permits, done);
  for (int i = 0; i < 4; ++i)
    BOOST_TEST(core.release(core_type::max_permits, done));
  BOOST_TEST(core.available() == 0u);

  BOOST_TEST(core.release(1, done));
  BOOST_TEST(core.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_debt_ends_with_its_object, fixture)
{
  open(0);
  core.reduce(3, done);
  core.retire(done);
  open(0);
  core.reduce(1, done);

  BOOST_TEST(core.release(2, done));
  BOOST_TEST(core.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_retired_core_begins_again, fixture)
{
  waiter a(9);
  open(3);
  core.reduce(4, done);
  core.close(done);
  BOOST_TEST(core.release(2, done));
  core.retire(done);
  BOOST_TEST(done.retired);
  open(5);

  BOOST_TEST(core.generation() == 1u);
  BOOST_TEST(core.available() == 5u);
  BOOST_TEST(!core.is_closed());
  core.acquire(a, done);
  BOOST_TEST(take().empty());
  core.retire(done);
  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST((a.result() == wait_result::aborted));
}

BOOST_FIXTURE_TEST_CASE(a_permit_of_an_earlier_life_does_nothing, fixture)
{
  open(3);
  const auto earlier = core.generation();
  core.retire(done);
  open(1);

  BOOST_TEST(core.release(3, earlier, done));
  BOOST_TEST(core.available() == 1u);
  BOOST_TEST(core.release(3, core.generation(), done));
  BOOST_TEST(core.available() == 4u);
}

BOOST_FIXTURE_TEST_CASE(granted_permits_know_who_granted_them, fixture)
{
  waiter a(1);
  open(0);
  core.retire(done);
  open(0);
  core.acquire(a, done);
  BOOST_TEST(core.release(1, done));

  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST(a.generation() == core.generation());
  BOOST_TEST(a.generation() == 1u);
}
