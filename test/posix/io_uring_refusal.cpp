// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The kernel refuses a call for io_uring: the first one, then the second, until
// there are no more. Whichever it is, waits for words end.

#include <asio_sync/async_futex.hpp>

#include "futex_test.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#if !ASIO_SYNC_HAS_IO_URING

BOOST_AUTO_TEST_CASE(there_is_no_ring)
{
  asio_test::net::io_context ctx;

  BOOST_TEST(asio_sync::platform_name(ctx) != std::string("io_uring"));
}

#else

# include "posix/child.hpp"
# include "posix/survivals.hpp"
# include "posix/system_calls.hpp"

# include <algorithm>
# include <atomic>
# include <cerrno>
# include <cstddef>
# include <thread>
# include <vector>

# include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_test::outcome;
using asio_test::word;

// What is refused: the call with that number, counted from 0, or all.
struct refusal
{
  const int number;
  const int error;
  std::atomic<bool> is_of_all{false};
  std::atomic<int> calls{0};
  std::atomic<int> refused{0};

  // What the next call is told.
  int answer()
  {
    if (calls++ != number && !is_of_all)
      return 0;
    ++refused;
    return error;
  }
};

void run_until_called(net::io_context& ctx, const outcome& o)
{
  while (o.calls() == 0)
  {
    ctx.restart();
    ctx.run_one();
  }
}

// Whether a wait was woken, or could not begin.
bool is_over(const outcome& o)
{
  return o.is_success() || o.is(net::error::no_buffer_space);
}

bool waits_end(refusal&)
{
  net::io_context ctx;
  word w{0};
  async_futex futex(ctx, w);
  const auto change = [&](std::uint32_t value) {
    w = value;
    if (async_futex::sees_foreign_wakes(ctx))
      (void)asio_test::raw_wake(w);
    else
      futex.notify_all();
  };

  outcome notified;
  futex.async_wait(0, notified.handler());
  ctx.poll();
  futex.notify_one();
  run_until_called(ctx, notified);

  outcome woken;
  futex.async_wait(0, woken.handler());
  ctx.restart();
  ctx.poll();
  change(1);
  run_until_called(ctx, woken);

  outcome cancelled, last;
  futex.async_wait(1, cancelled.handler());
  ctx.restart();
  ctx.poll();
  futex.cancel();
  futex.async_wait(1, last.handler());
  run_until_called(ctx, cancelled);
  change(2);
  run_until_called(ctx, last);

  return is_over(notified) && is_over(woken)
      && (cancelled.is(net::error::operation_aborted) || is_over(cancelled))
      && is_over(last);
}

// More waits begin than a ring has room for, while nothing can be submitted.
// Asio begins those that were too many when there is room.
bool a_ring_is_full(refusal& r)
{
  constexpr std::size_t count = 17000; // Asio's has room for 16384.
  net::io_context ctx;
  std::vector<word> words(count);
  std::vector<async_futex> futexes;
  futexes.reserve(count);
  std::vector<outcome> outcomes(count);
  for (word& w : words)
    futexes.emplace_back(ctx, w);
  futexes[0].async_wait(0, outcomes[0].handler());
  ctx.poll();
  r.is_of_all = true;
  for (std::size_t i = 1; i < count; ++i)
    futexes[i].async_wait(0, outcomes[i].handler());
  r.is_of_all = false;
  ctx.poll();

  for (word& w : words)
  {
    w = 1;
    (void)asio_test::raw_wake(w);
  }
  for (const outcome& o : outcomes)
    run_until_called(ctx, o);
  return std::all_of(outcomes.begin(), outcomes.end(),
      [](const outcome& o) { return o.is_success(); });
}

constexpr int was_refused = 7;
constexpr int was_not_refused = 8;
constexpr int can_not_refuse = 9;

// Have waits in a process that begins with nothing known of the kernel. Returns
// what that says.
int wait_in_child(bool (*wait)(refusal&), int number, int error)
{
  return asio_test::in_child([&]() -> int {
    ::alarm(60); // It has a name then.
    refusal r{number, error};
    std::atomic<int> listener{0};
    std::thread waiting([&] {
      // io_uring_setup, io_uring_enter and io_uring_register.
      listener = asio_test::ask_before(425, 427);
      if (listener < 0)
        asio_test::exit_child(can_not_refuse);
      if (!wait(r))
        asio_test::exit_child(1);
      asio_test::exit_child(r.refused != 0 ? was_refused : was_not_refused);
    });
    asio_test::spin_until([&] { return listener != 0; });
    asio_test::answer(listener, [&] { return r.answer(); });
  });
}

// Asks in a child, as this process is to know nothing.
boost::test_tools::assertion_result has_ring(boost::unit_test::test_unit_id)
{
  boost::test_tools::assertion_result result(asio_test::in_child([] {
    net::io_context ctx;
    return int(asio_sync::platform_name(ctx) == std::string("io_uring"));
  }) == 1);
  result.message() << "no ring waits for words";
  return result;
}

asio_test::survivals refused_calls("calls for io_uring refused");
asio_test::survivals full_queue("full submission queue");

} // namespace

BOOST_AUTO_TEST_SUITE(rings, *boost::unit_test::precondition(has_ring))

BOOST_AUTO_TEST_CASE(waits_end_whatever_is_refused)
{
  for (const int error : {EINTR, EAGAIN, EBUSY, ENOMEM})
  {
    int calls = 0;
    int said = 0;
    while ((said = wait_in_child(waits_end, calls, error)) == was_refused)
      ++calls;

    BOOST_TEST_MESSAGE("error " << error << ": " << calls << " calls");
    BOOST_TEST_CONTEXT("error " << error << ", call " << calls)
    BOOST_TEST(said == was_not_refused);
    BOOST_TEST(calls > 0);
    refused_calls.add(calls);
  }
}

BOOST_AUTO_TEST_CASE(waits_begin_when_a_full_ring_has_room)
{
  BOOST_TEST_REQUIRE(wait_in_child(a_ring_is_full, -1, EBUSY) == was_refused);
  full_queue.add();
}

BOOST_AUTO_TEST_SUITE_END()

#endif
