// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The kernel allows futex_waitv when that is tried, and refuses it from then
// on, as it does where a program restricts itself late.

#include <asio_sync/detail/futex_watcher.hpp>

#include <asio_sync/platform.hpp>

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#if !ASIO_SYNC_HAS_LINUX_FUTEX

BOOST_AUTO_TEST_CASE(there_is_no_watcher)
{
  asio_test::net::io_context ctx;

  BOOST_TEST(asio_sync::platform_name(ctx)
      != std::string("generic, words by futex_waitv"));
}

#else

# include "posix/child.hpp"
# include "posix/survivals.hpp"
# include "posix/system_calls.hpp"

# include <atomic>
# include <cerrno>
# include <cstdint>
# include <memory>
# include <thread>

# include <unistd.h>

namespace {

using asio_sync::detail::futex_wait_owner;
using asio_sync::detail::futex_wait_result;
using asio_sync::detail::watching_futex_waits;
using asio_test::spin_until;

class owner : public futex_wait_owner
{
public:
  void ended(futex_wait_result how) noexcept override
  {
    failures_ += how == futex_wait_result::failed ? 1 : 0;
    ++ends_;
  }

  int ends() const
  {
    return ends_;
  }

  int failures() const
  {
    return failures_;
  }

private:
  std::atomic<int> ends_{0};
  std::atomic<int> failures_{0};
};

constexpr int waits_failed = 7;
constexpr int a_wait_did_not_fail = 8;
constexpr int asked_without_a_word = 9;
constexpr int can_not_refuse = 10;

constexpr int count = 100;

// Have waits fail, one after the other. Returns what the process says then.
int wait_often(const std::atomic<int>& calls)
{
  (void)asio_sync::detail::has_linux_futex_waitv();
  const int calls_before = calls;

  watching_futex_waits waits;
  owner o;
  const auto wait = waits.make(o);
  const std::uint32_t word = 0;
  for (int i = 0; i != count; ++i)
  {
    wait->start(&word, 0);
    spin_until([&] { return o.ends() == i + 1; });
  }
  waits.shutdown();
  if (o.failures() != count)
    return a_wait_did_not_fail;
  return calls == calls_before + count ? waits_failed : asked_without_a_word;
}

// Asks in a child, as this process is to know nothing.
boost::test_tools::assertion_result has_futex_waitv(
    boost::unit_test::test_unit_id)
{
  boost::test_tools::assertion_result result(asio_test::in_child([] {
    return int(asio_sync::detail::has_linux_futex_waitv());
  }) == 1);
  result.message() << "the kernel has no futex_waitv";
  return result;
}

asio_test::survivals refused_calls("calls of futex_waitv refused");

} // namespace

// It would ask again and again.
BOOST_AUTO_TEST_CASE(a_thread_that_has_no_word_does_not_ask_for_one,
    *boost::unit_test::precondition(has_futex_waitv))
{
  const int said = asio_test::in_child([]() -> int {
    ::alarm(60); // It has a name then.
    std::atomic<int> calls{0};
    std::atomic<int> listener{0};
    std::thread waiting([&] {
      listener = asio_test::ask_before(449, 449);
      asio_test::exit_child(listener < 0 ? can_not_refuse : wait_often(calls));
    });
    spin_until([&] { return listener != 0; });
    asio_test::answer(listener, [&] { return calls++ == 0 ? 0 : EPERM; });
  });

  BOOST_TEST_REQUIRE(said == waits_failed);
  refused_calls.add(count);
}

#endif
