// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include <asio_sync/detail/deadline.hpp>

#include "handlers.hpp"
#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <ratio>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::system_error;
using asio_test::has_code;
using asio_test::in_thread;
using asio_test::outcome;
using asio_test::spin_until;
using namespace std::chrono_literals;

constexpr std::size_t max = async_semaphore::max();

// Nothing runs the context: blocking must not need it.
using fixture = asio_test::semaphore_fixture;

// A clock that the system does not know.
struct user_clock
{
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<user_clock>;
  [[maybe_unused]] static constexpr bool is_steady = true;

  static time_point now()
  {
    on_now();
    return current;
  }

  static inline time_point current{1ms};
  static inline std::function<void()> on_now = [] {};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(acquire_takes_what_is_free, fixture)
{
  error_code ec = net::error::eof;
  semaphore.release(6);
  semaphore.acquire();
  semaphore.acquire(2);
  semaphore.acquire(3, ec);

  BOOST_TEST(ec == error_code());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(acquire_blocks_until_release, fixture)
{
  auto result = in_thread([&] { semaphore.acquire(2); });
  spin_until([&] { return semaphore.waiters() == 1; });
  semaphore.release();
  BOOST_TEST((result.wait_for(0s) == std::future_status::timeout));
  semaphore.release();

  BOOST_CHECK_NO_THROW(result.get());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(threads_and_handlers_share_one_queue, fixture)
{
  outcome third;
  semaphore.async_acquire(first.handler());
  auto blocked = in_thread([&] { semaphore.acquire(); });
  spin_until([&] { return semaphore.waiters() == 2; });
  semaphore.async_acquire(third.handler());
  semaphore.release(2);
  blocked.get();
  ctx.poll();

  BOOST_TEST(first.is_success());
  BOOST_TEST(third.calls() == 0);
}

BOOST_FIXTURE_TEST_CASE(cancel_unblocks_threads, fixture)
{
  auto result = in_thread([&] { semaphore.acquire(); });
  spin_until([&] { return semaphore.waiters() == 1; });
  semaphore.cancel();

  BOOST_CHECK_EXCEPTION(
      result.get(), system_error, has_code(net::error::operation_aborted));
}

BOOST_FIXTURE_TEST_CASE(close_unblocks_threads, fixture)
{
  auto result = in_thread([&] {
    error_code ec;
    return semaphore.try_acquire_for(1, 1h, ec) ? error_code() : ec;
  });
  spin_until([&] { return semaphore.waiters() == 1; });
  semaphore.close();

  BOOST_TEST(result.get() == error_code(asio_sync::error::closed));
  BOOST_CHECK_EXCEPTION(
      semaphore.acquire(), system_error, has_code(asio_sync::error::closed));
}

BOOST_FIXTURE_TEST_CASE(acquire_of_more_than_max_is_refused, fixture)
{
  error_code ec;
  semaphore.acquire(max + 1, ec);
  BOOST_TEST(ec == error_code(net::error::invalid_argument));
  BOOST_TEST(!semaphore.try_acquire_for(max + 1, 1h, ec));
  BOOST_TEST(ec == error_code(net::error::invalid_argument));

  BOOST_CHECK_EXCEPTION(semaphore.acquire(max + 1), system_error,
      has_code(net::error::invalid_argument));
  BOOST_CHECK_EXCEPTION((void)semaphore.try_acquire_for(max + 1, 1h),
      system_error, has_code(net::error::invalid_argument));
}

BOOST_FIXTURE_TEST_CASE(timed_forms_stop_waiting, fixture)
{
  error_code ec;
  const auto steady = std::chrono::steady_clock::now();
  const auto system = std::chrono::system_clock::now();

  BOOST_TEST(!semaphore.try_acquire_for(1ms));
  BOOST_TEST(!semaphore.try_acquire_for(2, -1h));
  BOOST_TEST(!semaphore.try_acquire_for(2, 1ms, ec));
  BOOST_TEST(ec == error_code(net::error::timed_out));
  BOOST_TEST(!semaphore.try_acquire_until(steady + 1ms));
  BOOST_TEST(!semaphore.try_acquire_until(2, system));
  BOOST_TEST(!semaphore.try_acquire_until(2, system + 1ms, ec));
  BOOST_TEST(ec == error_code(net::error::timed_out));
  BOOST_TEST(semaphore.waiters() == 0u);
}

BOOST_FIXTURE_TEST_CASE(timed_forms_take_what_is_free, fixture)
{
  error_code ec = net::error::eof;
  semaphore.release(8);

  BOOST_TEST(semaphore.try_acquire_for(0ms));
  BOOST_TEST(semaphore.try_acquire_for(2, 1h));
  BOOST_TEST(
      semaphore.try_acquire_until(std::chrono::steady_clock::now() - 1h));
  BOOST_TEST(
      semaphore.try_acquire_until(2, std::chrono::system_clock::now() + 1h));
  BOOST_TEST(semaphore.try_acquire_for(1, 1h, ec));
  BOOST_TEST(
      semaphore.try_acquire_until(1, std::chrono::steady_clock::now(), ec));
  BOOST_TEST(ec == error_code());
  BOOST_TEST(semaphore.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_timed_form_gets_a_permit_in_time, fixture)
{
  auto result = in_thread([&] { return semaphore.try_acquire_for(1h); });
  auto forever = in_thread(
      [&] { return semaphore.try_acquire_for(std::chrono::hours::max()); });
  spin_until([&] { return semaphore.waiters() == 2; });
  semaphore.release(2);

  BOOST_TEST(result.get());
  BOOST_TEST(forever.get());
}

BOOST_FIXTURE_TEST_CASE(a_time_beyond_its_clock_does_not_come, fixture)
{
  using std::chrono::hours;
  using std::chrono::steady_clock;
  using std::chrono::time_point;

  auto exact = in_thread([&] {
    return semaphore.try_acquire_until(time_point<steady_clock, hours>::max());
  });
  auto inexact = in_thread([&] {
    return semaphore.try_acquire_until(
        time_point<steady_clock, std::chrono::duration<float>>::max());
  });
  spin_until([&] { return semaphore.waiters() == 2; });
  BOOST_TEST((exact.wait_for(10ms) == std::future_status::timeout));
  BOOST_TEST((inexact.wait_for(10ms) == std::future_status::timeout));
  semaphore.release(2);

  BOOST_TEST(exact.get());
  BOOST_TEST(inexact.get());
  BOOST_TEST(
      !semaphore.try_acquire_until(time_point<steady_clock, hours>::min()));
}

// It is waited for, not asked for over and over.
BOOST_FIXTURE_TEST_CASE(the_end_of_the_time_of_a_clock_does_not_come, fixture)
{
  int asked = 0;
  user_clock::on_now = [&] { ++asked; };
  auto result = in_thread([&] {
    return semaphore.try_acquire_until(user_clock::time_point::max());
  });
  spin_until([&] { return semaphore.waiters() == 1; });
  BOOST_TEST((result.wait_for(20ms) == std::future_status::timeout));
  semaphore.release();

  BOOST_TEST(result.get());
  BOOST_TEST(asked < 20);
  user_clock::on_now = [] {};
}

BOOST_FIXTURE_TEST_CASE(the_last_hour_of_a_clock_passes, fixture)
{
  const auto before = user_clock::current;
  user_clock::current = user_clock::time_point::max() - 1min;
  user_clock::on_now = [] { user_clock::current += 10ms; };
  BOOST_TEST(!semaphore.try_acquire_until(user_clock::current + 50ms));

  user_clock::on_now = [] {};
  user_clock::current = before;
}

// They are just less than std::chrono::nanoseconds::max(), but not once they
// are rounded as what they are.
BOOST_AUTO_TEST_CASE(a_duration_at_the_limit_does_not_pass)
{
  using asio_sync::detail::expiry_time;
  using std::chrono::duration;

  const auto now = std::chrono::steady_clock::now();
  BOOST_TEST((expiry_time(duration<float>(9223371776.f)) > now));
  BOOST_TEST((expiry_time(duration<float, std::ratio<60>>(153722864.f)) > now));
  BOOST_TEST(
      (expiry_time(duration<double, std::milli>(9223372036854.775)) > now));
}

BOOST_FIXTURE_TEST_CASE(a_time_that_is_not_a_number_has_passed, fixture)
{
  using seconds = std::chrono::duration<double>;
  using std::chrono::steady_clock;

  const seconds nan(std::numeric_limits<double>::quiet_NaN());

  BOOST_TEST(!semaphore.try_acquire_for(nan));
  BOOST_TEST(!semaphore.try_acquire_until(
      std::chrono::time_point<steady_clock, seconds>(nan)));
}

BOOST_FIXTURE_TEST_CASE(a_thread_that_gives_up_lets_others_pass, fixture)
{
  outcome behind;
  semaphore.release();
  auto result = in_thread([&] { return semaphore.try_acquire_for(2, 20ms); });
  spin_until([&] { return semaphore.waiters() == 1; });
  semaphore.async_acquire(behind.handler());

  BOOST_TEST(!result.get());
  ctx.poll();
  BOOST_TEST(behind.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_throws_leaves_no_waiter, fixture)
{
  user_clock::on_now = [] { throw 42; };
  BOOST_CHECK_THROW(
      (void)semaphore.try_acquire_until(user_clock::time_point(1h)), int);
  user_clock::on_now = [] {};

  BOOST_TEST_REQUIRE(semaphore.waiters() == 0u);
  semaphore.release();
  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_a_clock_that_throws_gets_is_given_back, fixture)
{
  std::future<void> released;
  user_clock::on_now = [&] {
    released = in_thread([&] { semaphore.release(2); });
    spin_until([&] { return semaphore.waiters() == 0; });
    throw 42;
  };
  BOOST_CHECK_THROW(
      (void)semaphore.try_acquire_until(2, user_clock::time_point(1h)), int);
  released.get();
  user_clock::on_now = [] {};

  BOOST_TEST(semaphore.available() == 2u);
}

BOOST_AUTO_TEST_CASE(blocking_the_only_thread_is_refused)
{
  net::io_context ctx(1);
  async_semaphore semaphore(ctx, 1);
  error_code ec;
  bool acquired = true;
  net::post(ctx, [&] {
    semaphore.acquire();
    acquired = semaphore.try_acquire_for(1, 1h, ec);
  });
  ctx.run();

  BOOST_TEST(!acquired);
  BOOST_TEST(ec == asio_test::resource_deadlock());
  BOOST_TEST(semaphore.waiters() == 0u);
}

BOOST_AUTO_TEST_CASE(blocking_at_the_end_of_the_context_is_refused)
{
  error_code untimed, timed;
  bool acquired = false;
  {
    net::io_context ctx;
    auto semaphore = std::make_shared<async_semaphore>(ctx, 1);
    semaphore->async_acquire(2, asio_test::at_end([&, semaphore] {
      semaphore->acquire(1, untimed);
      acquired = !untimed;
      semaphore->acquire(1, untimed);
      (void)semaphore->try_acquire_for(1, 1h, timed);
    }));
  }

  BOOST_TEST(acquired);
  BOOST_TEST(untimed == error_code(net::error::operation_aborted));
  BOOST_TEST(timed == error_code(net::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE(blocking_outside_of_the_only_thread_works)
{
  net::io_context ctx(1), other(1);
  async_semaphore semaphore(ctx, 0);
  bool acquired = true;
  net::post(other, [&] { acquired = semaphore.try_acquire_for(1, 1ms); });
  other.run();

  BOOST_TEST(!acquired);
}

BOOST_AUTO_TEST_CASE(a_thread_of_a_pool_may_block)
{
  net::thread_pool pool(2);
  async_semaphore semaphore(pool, 0);
  std::promise<void> done;
  net::post(pool, [&] {
    semaphore.acquire();
    done.set_value();
  });
  spin_until([&] { return semaphore.waiters() == 1; });
  net::post(pool, [&] { semaphore.release(); });

  done.get_future().get();
  BOOST_TEST(semaphore.available() == 0u);
}
