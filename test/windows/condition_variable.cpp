// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// What a plain thread blocks with.

#include <asio_sync/detail/win_condition_variable.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <mutex>
#include <ratio>
#include <thread>
#include <vector>

namespace {

namespace detail = asio_sync::detail;
using detail::win_condition_variable;
using detail::win_mutex;
using namespace std::chrono_literals;

// One that can not count what was before its epoch, and goes on whenever it is
// looked at.
struct unsigned_clock
{
  using rep = unsigned;
  using period = std::milli;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<unsigned_clock>;

  static time_point now()
  {
    static rep looks = 0;
    return time_point(duration(looks++));
  }
};

struct fixture
{
  win_mutex mutex;
  win_condition_variable changed;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(one_thread_has_the_mutex, fixture)
{
  constexpr int turns = 10000;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int turn = 0; turn < turns; ++turn)
      {
        const std::lock_guard<win_mutex> lock(mutex);
        ++count;
      }
    });
  for (std::thread& thread : threads)
    thread.join();

  BOOST_TEST(count == 4 * turns);
}

BOOST_FIXTURE_TEST_CASE(two_threads_wake_each_other, fixture)
{
  constexpr int turns = 1000;
  int turn = 0;
  const auto play = [&](int side) {
    std::unique_lock<win_mutex> lock(mutex);
    while (turn < turns)
    {
      changed.wait(lock, [&] { return turn >= turns || turn % 2 == side; });
      ++turn;
      changed.notify_one();
    }
  };
  std::thread other([&] { play(1); });
  play(0);
  other.join();

  BOOST_TEST(turn >= turns);
}

BOOST_FIXTURE_TEST_CASE(a_wait_ends_in_time, fixture)
{
  std::unique_lock<win_mutex> lock(mutex);
  const auto time = std::chrono::steady_clock::now() + 20ms;
  while (std::chrono::steady_clock::now() < time)
    changed.wait_until(lock, time);

  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_time_that_has_passed_is_not_waited_for, fixture)
{
  std::unique_lock<win_mutex> lock(mutex);
  (void)unsigned_clock::now();
  changed.wait_until(lock, unsigned_clock::time_point());

  BOOST_TEST(lock.owns_lock());
}

BOOST_FIXTURE_TEST_CASE(a_notification_ends_a_wait_for_a_time, fixture)
{
  bool is_notified = false;
  std::thread notifier([&] {
    const std::lock_guard<win_mutex> lock(mutex);
    is_notified = true;
    changed.notify_one();
  });
  {
    std::unique_lock<win_mutex> lock(mutex);
    const auto time = std::chrono::steady_clock::now() + 1h;
    while (!is_notified)
      changed.wait_until(lock, time);
  }
  notifier.join();

  BOOST_TEST(is_notified);
}
