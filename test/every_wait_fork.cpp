// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "every_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_test::outcome;
using asio_test::subject_fixture;
using asio_test::subjects;
using namespace std::chrono_literals;

// Run a function in the child, and return what it returns.
template <typename Function>
int in_child(net::io_context& ctx, Function function)
{
  ctx.notify_fork(net::io_context::fork_prepare);
  const pid_t child = fork();
  if (child == 0)
  {
    ctx.notify_fork(net::io_context::fork_child);
    _exit(function());
  }
  ctx.notify_fork(net::io_context::fork_parent);
  int status = 0;
  BOOST_TEST_REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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

  BOOST_TEST(in_child(f.ctx, [&] { return wake_both() ? 7 : 1; }) == 7);
  BOOST_TEST(f.waiters() == 2u);
  f.ctx.poll();
  BOOST_TEST(f.first.calls() + f.second.calls() == 0);
  BOOST_TEST(wake_both());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_child_may_abandon_everything, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());

  BOOST_TEST(in_child(f.ctx, [] { return 7; }) == 7);
  f.subject.object.cancel();
  f.run();
  BOOST_TEST(f.first.is(net::error::operation_aborted));
}
