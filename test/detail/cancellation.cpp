// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/cancellation.hpp>

#include <asio_sync/detail/semaphore_core.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>

namespace {

namespace detail = asio_sync::detail;
using detail::wait_result;
using cell = detail::cancellation_cell<>;
using state = cell::state;

struct waiter : detail::waiter<>
{
  explicit waiter(std::uint32_t n = 1)
    : detail::waiter<>(kind::operation_waiter, n)
  {
  }
};

struct fixture
{
  // Whether the cell is the only dead one.
  bool is_freed() const
  {
    return done.dead_cells == &c && c.next() == nullptr;
  }

  waiter w;
  cell c{w, wait_result::timed_out};
  detail::semaphore_core<> core;
  detail::completions<> done;
};

} // namespace

// A cell alone: what each side learns.

BOOST_FIXTURE_TEST_CASE(a_request_comes_first, fixture)
{
  BOOST_TEST(c.request());
  BOOST_TEST((c.claim() == state::ticket));
  BOOST_TEST(c.is_done());
}

BOOST_FIXTURE_TEST_CASE(a_claim_comes_first, fixture)
{
  BOOST_TEST((c.claim() == state::linked));
  BOOST_TEST(!c.request());
  BOOST_TEST(c.forget());
}

BOOST_FIXTURE_TEST_CASE(the_party_goes_first, fixture)
{
  BOOST_TEST(!c.forget());
  BOOST_TEST((c.claim() == state::gone));
}

BOOST_FIXTURE_TEST_CASE(an_early_request_is_remembered, fixture)
{
  BOOST_TEST(c.request());
  BOOST_TEST(c.postpone());
  BOOST_TEST(c.is_postponed());
  BOOST_TEST((c.claim() == state::seen));
}

BOOST_FIXTURE_TEST_CASE(a_request_is_not_postponed_once_claimed, fixture)
{
  BOOST_TEST(c.request());
  (void)c.claim();
  BOOST_TEST(!c.postpone());
}

// A cell, a waiter and a core: who frees the cell, and what the result is.

BOOST_FIXTURE_TEST_CASE(a_grant_leaves_the_cell_to_the_party, fixture)
{
  w.attach(c);
  core.open(1);
  core.acquire(w, done);

  BOOST_TEST((w.result() == wait_result::granted));
  BOOST_TEST(done.dead_cells == nullptr);
  BOOST_TEST(c.forget());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_grant_frees_the_cell_of_who_has_gone, fixture)
{
  w.attach(c);
  core.acquire(w, done);
  BOOST_TEST(!c.forget());
  BOOST_TEST(core.release(1, done));

  BOOST_TEST((w.result() == wait_result::granted));
  BOOST_TEST(is_freed());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_request_takes_the_waiter_out, fixture)
{
  w.attach(c);
  core.acquire(w, done);
  BOOST_TEST(c.request());
  core.cancel(c, done);

  BOOST_TEST((w.result() == wait_result::timed_out));
  BOOST_TEST(core.waiters() == 0u);
  BOOST_TEST(is_freed());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_ticket_beats_the_grant, fixture)
{
  w.attach(c);
  core.acquire(w, done);
  BOOST_TEST(c.request());
  BOOST_TEST(core.release(1, done));
  BOOST_TEST((w.result() == wait_result::timed_out));
  BOOST_TEST(core.available() == 1u);
  BOOST_TEST(done.dead_cells == nullptr);
  core.cancel(c, done);

  BOOST_TEST(is_freed());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_ticket_that_comes_early_waits, fixture)
{
  w.attach(c);
  core.open(1);
  BOOST_TEST(c.request());
  core.cancel(c, done);
  BOOST_TEST(done.dead_cells == nullptr);
  core.acquire(w, done);

  BOOST_TEST((w.result() == wait_result::timed_out));
  BOOST_TEST(core.available() == 1u);
  BOOST_TEST(is_freed());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_waiter_has_a_cell_for_each_party, fixture)
{
  cell other(w, wait_result::aborted);
  w.attach(c);
  w.attach(other);
  core.acquire(w, done);
  BOOST_TEST(other.request());
  core.cancel(other, done);

  BOOST_TEST((w.result() == wait_result::aborted));
  BOOST_TEST(done.dead_cells == &other);
  BOOST_TEST(!c.request());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_withdrawn_waiter_is_forgotten, fixture)
{
  w.attach(c);
  core.withdraw(w, done);

  BOOST_TEST(!c.request());
  BOOST_TEST(done.ready.empty());
}
