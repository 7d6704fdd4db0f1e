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

struct waiter : detail::waiter<>
{
  explicit waiter(std::uint32_t n = 1)
    : detail::waiter<>(kind::operation_waiter, nullptr, n)
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

  // A timer's end of the cell, given away by whoever uses it.
  fixture()
  {
    c.add_party();
  }

  waiter w;
  cell c{w};
  detail::semaphore_core<> core;
  detail::completions<> done;
};

} // namespace

// A cell alone: what each side learns.

BOOST_FIXTURE_TEST_CASE(a_request_comes_first, fixture)
{
  BOOST_TEST(c.request(wait_result::timed_out));
  const auto claimed = c.claim(wait_result::granted);

  BOOST_TEST((claimed.result == wait_result::timed_out));
  BOOST_TEST(!claimed.is_last);
  BOOST_TEST(c.release());
}

BOOST_FIXTURE_TEST_CASE(a_claim_comes_first, fixture)
{
  const auto claimed = c.claim(wait_result::granted);

  BOOST_TEST((claimed.result == wait_result::granted));
  BOOST_TEST(!claimed.is_last);
  BOOST_TEST(!c.request(wait_result::aborted));
  BOOST_TEST(c.release());
}

BOOST_FIXTURE_TEST_CASE(the_party_goes_first, fixture)
{
  BOOST_TEST(!c.release());

  BOOST_TEST(c.claim(wait_result::granted).is_last);
}

BOOST_FIXTURE_TEST_CASE(the_first_of_two_parties_says_why, fixture)
{
  c.add_party();
  BOOST_TEST(c.request(wait_result::aborted));

  BOOST_TEST(!c.request(wait_result::timed_out));
  BOOST_TEST((c.reason() == wait_result::aborted));
  BOOST_TEST(!c.release());
  BOOST_TEST(!c.release());
  BOOST_TEST(c.claim(wait_result::granted).is_last);
}

// A cell, a waiter and a core: who frees the cell, and what the result is.

BOOST_FIXTURE_TEST_CASE(a_grant_leaves_the_cell_to_the_party, fixture)
{
  w.attach(c);
  core.open(1);
  core.acquire(w, done);

  BOOST_TEST((w.result() == wait_result::granted));
  BOOST_TEST(done.dead_cells == nullptr);
  BOOST_TEST(c.release());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_grant_frees_the_cell_of_who_has_gone, fixture)
{
  w.attach(c);
  core.acquire(w, done);
  BOOST_TEST(!c.release());
  BOOST_TEST(core.release(1, done));

  BOOST_TEST((w.result() == wait_result::granted));
  BOOST_TEST(is_freed());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_request_takes_the_waiter_out, fixture)
{
  w.attach(c);
  core.acquire(w, done);
  BOOST_TEST(c.request(wait_result::timed_out));
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
  BOOST_TEST(c.request(wait_result::timed_out));
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
  BOOST_TEST(c.request(wait_result::timed_out));
  core.cancel(c, done);
  BOOST_TEST(done.dead_cells == nullptr);
  core.acquire(w, done);

  BOOST_TEST((w.result() == wait_result::timed_out));
  BOOST_TEST(core.available() == 1u);
  BOOST_TEST(is_freed());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(the_last_of_all_parties_frees_the_cell, fixture)
{
  w.attach(c);
  c.add_party();
  core.acquire(w, done);
  BOOST_TEST(c.request(wait_result::aborted));
  core.cancel(c, done);
  BOOST_TEST((w.result() == wait_result::aborted));
  BOOST_TEST(done.dead_cells == nullptr);

  BOOST_TEST(!c.request(wait_result::timed_out));
  BOOST_TEST(c.release());
  done.ready.clear();
}

BOOST_FIXTURE_TEST_CASE(a_waiter_that_never_waits_is_forgotten, fixture)
{
  w.attach(c);
  BOOST_TEST(
      (core.claim(w, wait_result::aborted, done) == wait_result::aborted));

  BOOST_TEST(!c.request(wait_result::timed_out));
  BOOST_TEST(c.release());
  BOOST_TEST(done.ready.empty());
}
