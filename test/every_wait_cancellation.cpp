// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "every_wait.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_test::outcome;
using asio_test::plain_handler;
using asio_test::subject_fixture;
using asio_test::subjects;
using net::bind_cancellation_slot;
using net::cancellation_type;
using namespace std::chrono_literals;

template <typename Subject>
struct fixture : subject_fixture<Subject>
{
  // A handler that the signal cancels.
  auto first_handler()
  {
    return bind_cancellation_slot(signal.slot(), this->first.handler());
  }

  void emit()
  {
    signal.emit(cancellation_type::all);
  }

  net::cancellation_signal signal;
};

} // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(
    every_type_of_cancellation_aborts_a_wait, Subject, subjects)
{
  fixture<Subject> f;
  for (const auto type :
      {cancellation_type::terminal, cancellation_type::partial,
          cancellation_type::total, cancellation_type::all})
  {
    outcome result;
    f.subject.async_wait(
        bind_cancellation_slot(f.signal.slot(), result.handler()));
    f.signal.emit(type);
    BOOST_TEST(result.calls() == 0);
    BOOST_TEST(f.waiters() == 0u);
    f.run();

    BOOST_TEST(result.is(net::error::operation_aborted));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_type_none_is_ignored, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first_handler());
  f.signal.emit(cancellation_type::none);
  BOOST_TEST(f.waiters() == 1u);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_cancelled_wait_takes_nothing_from_others, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first_handler());
  f.subject.async_wait(f.second.handler());
  f.emit();
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is(net::error::operation_aborted));
  BOOST_TEST(f.second.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_second_signal_does_nothing, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first_handler());
  f.emit();
  f.emit();
  f.run();
  f.emit();

  BOOST_TEST(f.first.is(net::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_slot_may_be_cleared_while_waiting, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first_handler());
  f.signal.slot().clear();
  f.emit();
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_slot_may_be_cleared_after_the_wake, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first_handler());
  f.subject.wake();
  f.signal.slot().clear();
  f.run();
  f.signal.slot().clear();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_slot_may_be_used_again, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first_handler());
  f.subject.async_wait(
      bind_cancellation_slot(f.signal.slot(), f.second.handler()));
  f.emit();
  BOOST_TEST(f.waiters() == 1u);
  f.run();
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
  BOOST_TEST(f.second.is(net::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_signal_may_be_destroyed_while_waiting, Subject, subjects)
{
  subject_fixture<Subject> f;
  {
    net::cancellation_signal doomed;
    f.subject.async_wait(
        bind_cancellation_slot(doomed.slot(), f.first.handler()));
  }
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_signal_may_be_destroyed_after_everything, Subject, subjects)
{
  auto signal = std::make_unique<net::cancellation_signal>();
  outcome result;
  {
    subject_fixture<Subject> f;
    f.subject.async_wait(
        bind_cancellation_slot(signal->slot(), result.handler()));
  }
  signal->emit(cancellation_type::all);
  signal.reset();

  BOOST_TEST(result.calls() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_signal_outlives_the_object, Subject, subjects)
{
  fixture<Subject> f;
  {
    Subject doomed(f.ctx.get_executor());
    doomed.async_wait(f.first_handler());
  }
  Subject next(f.ctx.get_executor());
  next.async_wait(f.second.handler());
  f.emit();
  f.ctx.poll();

  BOOST_TEST(f.second.calls() == 0);
  BOOST_TEST(next.object.waiters() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_signal_before_the_wait_is_not_remembered, Subject, subjects)
{
  fixture<Subject> f;
  f.emit();
  f.subject.async_wait(f.first_handler());
  f.run();
  BOOST_TEST(f.first.calls() == 0);

  f.emit();
  f.run();
  BOOST_TEST(f.first.is(net::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_timed_wait_can_be_cancelled, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait_for(1h, f.first_handler());
  f.subject.async_wait_for(1ms,
      bind_cancellation_slot(net::cancellation_slot(), f.second.handler()));
  f.emit();
  f.run_until([&] { return f.second.calls() != 0; });

  BOOST_TEST(f.first.is(net::error::operation_aborted));
  BOOST_TEST(f.second.is(net::error::timed_out));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    cancel_aborts_those_who_wait_only, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(f.first.handler());
  f.subject.async_wait_for(1h, f.second.handler());
  f.subject.object.cancel();
  outcome later;
  f.run();
  f.subject.async_wait(later.handler());
  f.run();

  BOOST_TEST(f.first.is(net::error::operation_aborted));
  BOOST_TEST(f.second.is(net::error::operation_aborted));
  BOOST_TEST(later.calls() == 0);
  BOOST_TEST(f.waiters() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    cancelled_waits_leave_nothing_behind, Subject, subjects)
{
  fixture<Subject> f;
  for (int i = 0; i < 1000; ++i)
  {
    f.subject.async_wait(bind_cancellation_slot(
        f.signal.slot(), plain_handler([](error_code) {})));
    f.emit();
    f.run();
  }
  BOOST_TEST(f.waiters() == 0u);
  f.subject.async_wait(f.first.handler());
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_may_emit_its_own_signal, Subject, subjects)
{
  fixture<Subject> f;
  f.subject.async_wait(
      bind_cancellation_slot(f.signal.slot(), plain_handler([&](error_code ec) {
        f.emit();
        f.first.handler()(ec);
      })));
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    many_waits_are_cancelled_in_random_order, Subject, subjects)
{
  constexpr std::size_t count = 1000;
  subject_fixture<Subject> f;
  std::deque<net::cancellation_signal> signals(count);
  std::size_t aborted = 0;
  for (auto& s : signals)
    f.subject.async_wait(
        bind_cancellation_slot(s.slot(), plain_handler([&](error_code ec) {
          aborted += ec == net::error::operation_aborted ? 1 : 0;
        })));
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  for (std::size_t i : order)
    signals[i].emit(cancellation_type::all);
  BOOST_TEST(f.waiters() == 0u);
  f.run();

  BOOST_TEST(aborted == count);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_signal_may_come_from_another_thread, Subject, subjects)
{
  for (int i = 0; i < 200; ++i)
  {
    net::cancellation_signal signal;
    subject_fixture<Subject> f;
    f.subject.async_wait(
        bind_cancellation_slot(signal.slot(), f.first.handler()));
    std::thread other([&] { signal.emit(cancellation_type::all); });
    f.subject.wake();
    other.join();
    f.run();

    BOOST_TEST_REQUIRE(f.first.calls() == 1);
    BOOST_TEST_REQUIRE(f.waiters() == 0u);
  }
}
