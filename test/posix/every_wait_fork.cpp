// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "every_wait.hpp"
#include "posix/child.hpp"
#include "posix/survivals.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <string>

#include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_test::outcome;
using asio_test::subject_fixture;
using asio_test::subjects;
using namespace std::chrono_literals;

constexpr int is_refused_by_asio = 3;
constexpr int went_well = 7;

asio_test::survivals forks("forks with pending waits");

// Run a function in the child, and return what it returns.
template <typename Function>
int in_child(net::io_context& ctx, Function function)
{
  ctx.notify_fork(net::io_context::fork_prepare);
  const pid_t child = ::fork();
  if (child == 0)
  {
    try
    {
      ctx.notify_fork(net::io_context::fork_child);
    }
    catch (const asio_test::system_error&)
    {
      asio_test::exit_child(is_refused_by_asio);
    }
    asio_test::exit_child(function());
  }
  ctx.notify_fork(net::io_context::fork_parent);
  const int said = asio_test::end_of_child(child);
  forks.add(said == went_well ? 1 : 0);
  return said;
}

// What the child says if all is well.
template <typename Subject>
int said(subject_fixture<Subject>& f)
{
  const std::string tier = asio_sync::platform_name(f.ctx);
  const bool has_ring =
      asio_test::waits_for_word<Subject> && tier == "io_uring";
  return has_ring && !ASIO_SYNC_TEST_HAS_RING_IN_CHILD ? is_refused_by_asio
                                                       : went_well;
}

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(
    parked_waits_survive_fork_on_both_sides, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());
  f.subject.async_wait_for(1h, f.second.handler());
  const auto wake_both = [&] {
    for (int i = 0; i < 2; ++i)
    {
      f.subject.wake();
      f.run();
    }
    return f.first.is_success() && f.second.is_success();
  };

  BOOST_TEST(
      in_child(f.ctx, [&] { return wake_both() ? went_well : 1; }) == said(f));
  BOOST_TEST(f.waiters() == 2u);
  f.ctx.poll();
  BOOST_TEST(f.first.calls() + f.second.calls() == 0);
  BOOST_TEST(wake_both());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    ready_waits_survive_fork_on_both_sides, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());
  f.subject.async_wait_for(1h, f.second.handler());
  f.subject.wake();
  const auto run_and_wake = [&] {
    f.run();
    const bool was_ready = f.first.is_success() && f.second.calls() == 0;
    f.subject.wake();
    f.run();
    return was_ready && f.second.is_success();
  };

  BOOST_TEST(in_child(f.ctx, [&] { return run_and_wake() ? went_well : 1; })
      == said(f));
  BOOST_TEST(f.first.calls() == 0);
  BOOST_TEST(run_and_wake());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_child_may_abandon_everything, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());

  BOOST_TEST(in_child(f.ctx, [] { return went_well; }) == said(f));
  f.subject.object.cancel();
  f.run();
  BOOST_TEST(f.first.is(net::error::operation_aborted));
}
