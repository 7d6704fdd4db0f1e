// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "every_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_test::outcome;
using asio_test::subject_fixture;
using asio_test::subjects;
using namespace std::chrono_literals;

constexpr int is_refused_by_asio = 3;

// Run a function in the child, and return what it returns.
template <typename Function>
int in_child(net::io_context& ctx, Function function)
{
  ctx.notify_fork(net::io_context::fork_prepare);
  const pid_t child = fork();
  if (child == 0)
  {
    try
    {
      ctx.notify_fork(net::io_context::fork_child);
    }
    catch (const asio_test::system_error&)
    {
      _exit(is_refused_by_asio);
    }
    _exit(function());
  }
  ctx.notify_fork(net::io_context::fork_parent);
  int status = 0;
  BOOST_TEST_REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// What the child says if its function is called and returns n.
template <typename Subject>
int said(subject_fixture<Subject>& f, int n)
{
  const std::string tier = asio_sync::platform_name(f.ctx);
  const bool has_ring =
      asio_test::waits_for_word<Subject> && tier == "io_uring";
  return has_ring && !ASIO_SYNC_TEST_HAS_RING_IN_CHILD ? is_refused_by_asio : n;
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
      in_child(f.ctx, [&] { return wake_both() ? 7 : 1; }) == said(f, 7));
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

  BOOST_TEST(
      in_child(f.ctx, [&] { return run_and_wake() ? 7 : 1; }) == said(f, 7));
  BOOST_TEST(f.first.calls() == 0);
  BOOST_TEST(run_and_wake());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_child_may_abandon_everything, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());

  BOOST_TEST(in_child(f.ctx, [] { return 7; }) == said(f, 7));
  f.subject.object.cancel();
  f.run();
  BOOST_TEST(f.first.is(net::error::operation_aborted));
}
