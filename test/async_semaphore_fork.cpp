// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>

#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_test::outcome;
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

BOOST_AUTO_TEST_CASE(parked_waits_survive_fork_on_both_sides)
{
  net::io_context ctx;
  async_semaphore semaphore(ctx, 0);
  outcome first, second;
  semaphore.async_acquire(first.handler());
  semaphore.async_acquire_for(1h, second.handler());

  const int status = in_child(ctx, [&] {
    semaphore.release(2);
    ctx.run();
    return first.is_success() && second.is_success() ? 0 : 1;
  });

  BOOST_TEST(status == 0);
  BOOST_TEST(semaphore.waiters() == 2u);
  BOOST_TEST(ctx.poll() == 0u);
  semaphore.release(2);
  ctx.run();
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}

BOOST_AUTO_TEST_CASE(a_child_may_abandon_everything)
{
  net::io_context ctx;
  async_semaphore semaphore(ctx, 0);
  outcome result;
  semaphore.async_acquire(result.handler());

  BOOST_TEST(in_child(ctx, [] { return 7; }) == 7);
  semaphore.cancel();
  ctx.run();
  BOOST_TEST(result.is(net::error::operation_aborted));
}
