// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Waits for words that are woken by who does not use the library, and what the
// kernel has of them. On other systems, that nobody else is seen.

#include <asio_sync/async_futex.hpp>

#include "futex_test.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::error_code;
using asio_test::futex_fixture;
using asio_test::outcome;
using asio_test::word;

} // namespace

#if !ASIO_SYNC_HAS_LINUX_FUTEX

BOOST_FIXTURE_TEST_CASE(nobody_else_is_seen, futex_fixture)
{
  BOOST_TEST(!async_futex::sees_foreign_wakes(ctx));
}

#else

# include <sys/mman.h>
# include <sys/resource.h>
# include <sys/wait.h>

namespace {

using asio_test::is_parked_in_kernel;
using asio_test::parked;
using asio_test::raw_wait;
using asio_test::raw_wake;

// A futex with waits for which the kernel waits; skips where it does not.
struct fixture : futex_fixture
{
  template <typename Handler>
  void park(Handler handler)
  {
    futex.async_wait(w, std::move(handler));
    run_until([this] { return parked(w) == 1; });
  }
};

boost::test_tools::assertion_result can_be_woken(boost::unit_test::test_unit_id)
{
  net::io_context ctx;
  return is_parked_in_kernel(ctx);
}

boost::test_tools::assertion_result has_ring(boost::unit_test::test_unit_id)
{
  net::io_context ctx;
  return asio_sync::platform_name(ctx) == std::string("io_uring");
}

double cpu_seconds()
{
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return double(t.tv_sec) + double(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

namespace utf = boost::unit_test;

BOOST_AUTO_TEST_SUITE(foreign_wakes, *utf::precondition(can_be_woken))

BOOST_FIXTURE_TEST_CASE(a_system_call_wakes, fixture)
{
  park(first.handler());

  w = 1;
  BOOST_TEST(raw_wake(w, 1) == 1);
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_wake_ends_the_wait_for_a_word_that_is_equal, fixture)
{
  park(first.handler());

  BOOST_TEST(raw_wake(w, 1) == 1);
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(many_waits_are_one_for_the_kernel, fixture)
{
  for (int i = 0; i < 1000; ++i)
    futex.async_wait(0, [&](error_code ec) { BOOST_TEST(!ec); });
  park(first.handler());
  BOOST_TEST(parked(w) == 1);

  BOOST_TEST(raw_wake(w, 1) == 1);
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(futex.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(objects_share_the_wait_of_the_kernel, fixture)
{
  async_futex other(ctx, w);
  park(first.handler());
  other.async_wait(0, second.handler());
  run();
  BOOST_TEST(parked(w) <= 1);
  run_until([&] { return parked(w) == 1; });

  futex.cancel();
  run();
  BOOST_TEST(first.is(net::error::operation_aborted));
  BOOST_TEST(second.calls() == 0);
  BOOST_TEST(parked(w) <= 1);
  run_until([&] { return parked(w) == 1; });

  // The one that began it has left, and joins.
  park(third.handler());
  BOOST_TEST(raw_wake(w, 1) == 1);
  run_until([&] { return second.calls() != 0 && third.calls() != 0; });
  BOOST_TEST(second.is_success());
  BOOST_TEST(third.is_success());
  BOOST_TEST(parked(w) == 0);
}

BOOST_FIXTURE_TEST_CASE(the_last_object_to_leave_ends_the_wait, fixture)
{
  park(first.handler());
  {
    async_futex other(ctx, w);
    other.async_wait(0, second.handler());
    run();
  }
  run();
  BOOST_TEST(second.is(net::error::operation_aborted));
  BOOST_TEST(parked(w) <= 1);
  run_until([&] { return parked(w) == 1; });

  futex.cancel();
  run_until([&] { return parked(w) == 0 && first.calls() != 0; });
}

BOOST_FIXTURE_TEST_CASE(objects_that_expect_different_values, fixture)
{
  async_futex other(ctx, w);
  park(first.handler());
  w = 1;
  other.async_wait(1, second.handler());

  // A thread that waits for both words sees that the first one differs.
  run_until([&] { return parked(w) == 2 - first.calls(); });
  BOOST_TEST(second.calls() == 0);

  raw_wake(w);
  run_until([&] { return first.calls() != 0 && second.calls() != 0; });
  BOOST_TEST(first.is_success());
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(nothing_is_left_in_the_kernel_afterwards, fixture)
{
  park(first.handler());
  futex.cancel();
  run_until([&] { return parked(w) == 0 && first.calls() != 0; });
  BOOST_TEST(first.is(net::error::operation_aborted));

  park(second.handler());
  futex.notify_one();
  run_until([&] { return parked(w) == 0 && second.calls() != 0; });
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_new_wait_may_expect_another_value, fixture)
{
  park(first.handler());
  w = 1;
  futex.async_wait(1, second.handler());
  run_until([&] { return first.calls() != 0 && parked(w) == 1; });
  BOOST_TEST(second.calls() == 0);

  w = 0;
  raw_wake(w);
  run_until([&] { return second.calls() != 0; });
  BOOST_TEST(second.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_change_before_the_kernel_waits_is_seen, fixture)
{
  futex.async_wait(0, first.handler());
  w = 1;
  raw_wake(w);

  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(parked_waits_cost_nothing, fixture)
{
  std::vector<word> words(100);
  std::vector<async_futex> futexes;
  for (word& each : words)
  {
    futexes.emplace_back(ctx, each);
    futexes.back().async_wait(0, [](error_code) {});
  }
  run_until([&] {
    for (const word& each : words)
      if (parked(each) != 1)
        return false;
    return true;
  });

  // The event loop blocks until a timer ends it.
  const double before = cpu_seconds();
  net::steady_timer timer(ctx, std::chrono::milliseconds(300));
  bool is_over = false;
  timer.async_wait([&](error_code) { is_over = true; });
  std::size_t completions = 0;
  while (!is_over)
  {
    ctx.restart();
    completions += ctx.run_one();
  }
  BOOST_TEST(completions < 20u);
  BOOST_TEST(cpu_seconds() - before < 0.15);
  for (async_futex& each : futexes)
    BOOST_TEST(each.waiters() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_wait_passes_a_wake_on, fixture)
{
  park(first.handler());
  std::optional<std::thread> other(std::in_place, [&] { raw_wait(w, 0); });
  asio_test::spin_until([&] { return parked(w) == 2; });

  // The kernel gives the wake to the wait that is older. If that has not heard
  // of it when it is cancelled, it must hand it on.
  BOOST_TEST(raw_wake(w, 1) == 1);
  futex.cancel();
  run_until([&] { return first.calls() != 0; });
  if (first.is_success())
    raw_wake(w, 1);
  run_until([&] { return parked(w) == 0; });
  other->join();
}

BOOST_FIXTURE_TEST_CASE(a_word_that_is_gone_fails_alone, fixture)
{
  void* const memory = ::mmap(nullptr, sizeof(word), PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  BOOST_TEST_REQUIRE(memory != MAP_FAILED);
  async_futex gone(ctx, *::new (memory) word(0));
  gone.async_wait(0, second.handler());

  // Not unmapped: something else would be there soon.
  (void)::mprotect(memory, sizeof(word), PROT_NONE);
  park(first.handler());
  run_until([&] { return second.calls() != 0; });
  BOOST_TEST(second.is(net::error::no_buffer_space));

  // A thread that watches words looked at this one as well, and was perhaps
  // parked for that.
  run_until([&] { return parked(w) == 1; });
  raw_wake(w);
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
  (void)::munmap(memory, sizeof(word));
}

BOOST_FIXTURE_TEST_CASE(notify_wakes_who_blocks_in_a_system_call, fixture)
{
  std::thread blocked([&] { raw_wait(w, 0); });
  asio_test::spin_until([&] { return parked(w) == 1; });

  futex.notify_one();
  blocked.join();
  BOOST_TEST(parked(w) == 0);
}

BOOST_FIXTURE_TEST_CASE(notify_wakes_own_waits_and_then_others, fixture)
{
  std::thread blocked([&] { raw_wait(w, 0); });
  asio_test::spin_until([&] { return parked(w) == 1; });
  futex.async_wait(0, first.handler());
  run();

  futex.notify(2);
  blocked.join();
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(the_submitting_thread_may_exit, fixture)
{
  asio_test::in_thread([&] { park(first.handler()); }).get();
  run();
  BOOST_TEST(first.calls() == 0);

  w = 1;
  raw_wake(w);
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(the_event_loop_may_be_blocked_meanwhile, fixture)
{
  auto work = net::make_work_guard(ctx);
  std::thread loop([&] { ctx.run(); });
  std::promise<error_code> over;
  futex.async_wait(0, [&](error_code ec) { over.set_value(ec); });
  asio_test::spin_until([&] { return parked(w) == 1; });

  w = 1;
  raw_wake(w);
  BOOST_TEST(!over.get_future().get());
  work.reset();
  loop.join();
}

BOOST_FIXTURE_TEST_CASE(more_words_than_one_thread_can_watch, fixture)
{
  constexpr std::size_t count = 300;
  std::vector<word> words(count);
  std::vector<async_futex> futexes;
  std::vector<outcome> outcomes(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    futexes.emplace_back(ctx, words[i]);
    futexes[i].async_wait(0, outcomes[i].handler());
  }
  for (const word& each : words)
    run_until([&] { return parked(each) == 1; });

  for (std::size_t i = 0; i < count; i += 2)
  {
    words[i] = 1;
    raw_wake(words[i]);
  }
  for (std::size_t i = 0; i < count; i += 2)
    run_until([&] { return outcomes[i].calls() != 0; });
  for (std::size_t i = 0; i < count; ++i)
    BOOST_TEST(outcomes[i].calls() == int(i % 2 == 0));
}

BOOST_FIXTURE_TEST_CASE(many_words_survive_forks, fixture)
{
  constexpr std::size_t count = 200;
  std::vector<word> words(count);
  std::vector<async_futex> futexes;
  std::size_t woken = 0;
  for (word& each : words)
  {
    futexes.emplace_back(ctx, each);
    futexes.back().async_wait(0, [&](error_code ec) { woken += ec ? 0 : 1; });
  }
  const auto park_all = [&] {
    for (const word& each : words)
      run_until([&] { return each != 0 || parked(each) == 1; });
  };
  const auto wake_all = [&] {
    for (word& each : words)
    {
      each = 1;
      raw_wake(each);
    }
    run_until([&] { return woken == count; });
  };
  park_all();

  for (int i = 0; i < 3; ++i)
  {
    // A wake of which the event loop has not heard.
    words[std::size_t(i)] = 1;
    raw_wake(words[std::size_t(i)]);

    ctx.notify_fork(net::io_context::fork_prepare);
    const pid_t child = ::fork();
    if (child == 0)
    {
      if (ASIO_SYNC_TEST_HAS_RING_IN_CHILD || !has_ring(0))
      {
        ctx.notify_fork(net::io_context::fork_child);
        park_all();
        wake_all();
      }
      ::_exit(7);
    }
    ctx.notify_fork(net::io_context::fork_parent);
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WEXITSTATUS(status) == 7);
    park_all();
    run_until([&] { return woken > std::size_t(i); });
    BOOST_TEST(woken == std::size_t(i) + 1);
  }
  wake_all();
  BOOST_TEST(woken == count);
}

BOOST_FIXTURE_TEST_CASE(forks_may_follow_each_other, fixture)
{
  park(first.handler());
  net::steady_timer timer(ctx, std::chrono::milliseconds(1));
  timer.async_wait(second.handler());
  ctx.restart();
  ctx.poll();
  asio_test::spin_until(
      [&] { return std::chrono::steady_clock::now() > timer.expiry(); });

  for (int i = 0; i < 5; ++i)
  {
    ctx.notify_fork(net::io_context::fork_prepare);
    const pid_t child = ::fork();
    if (child == 0)
      ::_exit(7);
    ctx.notify_fork(net::io_context::fork_parent);
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  }
  run_until([&] { return second.calls() != 0 && parked(w) == 1; });
  BOOST_TEST(first.calls() == 0);

  raw_wake(w);
  run_until([&] { return first.calls() != 0; });
  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(
    more_words_than_a_ring_has_entries, fixture, *utf::precondition(has_ring))
{
  constexpr std::size_t count = 17000;
  std::vector<word> words(count);
  std::vector<async_futex> futexes;
  std::size_t woken = 0;
  futexes.reserve(count);
  for (word& each : words)
  {
    futexes.emplace_back(ctx, each);
    futexes.back().async_wait(0, [&](error_code ec) { woken += ec ? 0 : 1; });
  }
  for (const word& each : words)
    run_until([&] { return parked(each) == 1; });
  BOOST_TEST(woken == 0u);

  for (word& each : words)
  {
    each = 1;
    raw_wake(each);
  }
  run_until([&] { return woken == count; });
  BOOST_TEST(woken == count);
}

// It is made when it is needed first.
BOOST_AUTO_TEST_CASE(
    threads_replace_a_ring_that_can_not_be_made, *utf::precondition(has_ring))
{
  net::io_context ctx;
  word w{0};
  async_futex futex(ctx, w);
  outcome o;
  rlimit before{};
  BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 3;
  BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  futex.async_wait(0, o.handler());
  BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);

  BOOST_TEST(asio_sync::platform_name(ctx)
      == std::string("generic, words by futex_waitv"));
  w = 1;
  raw_wake(w);
  while (o.calls() == 0)
  {
    ctx.restart();
    ctx.poll();
  }
  BOOST_TEST(o.is_success());
}

BOOST_AUTO_TEST_CASE(a_wait_may_begin_before_the_first_thread)
{
  // In a child, which has one thread.
  const pid_t child = ::fork();
  if (child == 0)
  {
    net::io_context ctx;
    word w{0};
    async_futex futex(ctx, w);
    outcome o;
    futex.async_wait(0, o.handler());
    for (int i = 0; i < 10; ++i)
    {
      ctx.restart();
      ctx.poll();
    }
    std::thread([&] {
      w = 1;
      raw_wake(w);
    }).join();
    while (o.calls() == 0)
    {
      ctx.restart();
      ctx.poll();
    }
    ::_exit(o.is_success() ? 7 : 1);
  }
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 7);
}

BOOST_AUTO_TEST_CASE(another_process_wakes)
{
  void* const memory = ::mmap(nullptr, sizeof(word), PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BOOST_TEST_REQUIRE(memory != MAP_FAILED);
  word& w = *::new (memory) word(0);
  net::io_context ctx;
  async_futex futex(ctx, w, asio_sync::futex_scope::process_shared);
  outcome o;
  futex.async_wait(0, o.handler());
  while (parked(w) != 1)
  {
    ctx.restart();
    ctx.poll();
  }

  const pid_t child = ::fork();
  if (child == 0)
  {
    w = 1;
    ::_exit(raw_wake(w) == 1 ? 7 : 1);
  }
  int status = 0;
  BOOST_TEST(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WEXITSTATUS(status) == 7);
  while (o.calls() == 0)
  {
    ctx.restart();
    ctx.poll();
  }
  BOOST_TEST(o.is_success());
  (void)::munmap(memory, sizeof(word));
}

BOOST_AUTO_TEST_SUITE_END()

#endif
