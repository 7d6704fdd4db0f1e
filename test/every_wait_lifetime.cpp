// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "allocation_log.hpp"
#include "every_wait.hpp"
#include "handlers.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <thread>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_test::allocation_log;
using asio_test::at_end;
using asio_test::logging_allocator;
using asio_test::outcome;
using asio_test::plain_handler;
using asio_test::subject_fixture;
using asio_test::subjects;
using namespace std::chrono_literals;

} // namespace

// The context ends.

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_context_may_end_with_everything_pending, Subject, subjects)
{
  outcome result;
  net::cancellation_signal signal;
  auto token = std::make_shared<int>(0);
  const auto handler = [&] {
    return plain_handler(
        [token, h = result.handler()](error_code ec) { h(ec); });
  };
  {
    subject_fixture<Subject> f;
    Subject other(f.ctx.get_executor());
    f.subject.async_wait(handler());
    f.subject.async_wait(net::bind_cancellation_slot(signal.slot(), handler()));
    f.subject.async_wait_for(1h, handler());
    f.subject.wake();
    other.async_wait(handler());
    other.object.cancel();
    BOOST_TEST(token.use_count() == 5);
  }
  signal.emit(net::cancellation_type::all);

  BOOST_TEST(result.calls() == 0);
  BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_may_own_what_it_waits_for, Subject, subjects)
{
  outcome result;
  std::weak_ptr<Subject> observer;
  {
    net::io_context ctx;
    auto owned = std::make_shared<Subject>(ctx.get_executor());
    observer = owned;
    owned->async_wait(
        plain_handler([owned, h = result.handler()](error_code ec) { h(ec); }));
    owned->async_wait(
        plain_handler([owned, h = result.handler()](error_code ec) { h(ec); }));
    owned.reset();
    ctx.poll();
    BOOST_TEST(!observer.expired());
  }

  BOOST_TEST(observer.expired());
  BOOST_TEST(result.calls() == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    handlers_that_are_destroyed_may_do_anything, Subject, subjects)
{
  int destroyed = 0;
  {
    net::io_context ctx;
    auto a = std::make_shared<Subject>(ctx.get_executor());
    auto b = std::make_shared<Subject>(ctx.get_executor());
    b->async_wait(plain_handler([](error_code) {}));
    b->async_wait(plain_handler([](error_code) {}));
    a->async_wait(at_end([a, b, &destroyed]() mutable {
      ++destroyed;
      b->wake();
      b->object.cancel();
      b->async_wait(at_end([b, &destroyed] {
        b->object.cancel();
        ++destroyed;
      }));
      a.reset();
      b.reset();
    }));
  }

  BOOST_TEST(destroyed == 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    destroyed_handlers_may_start_waits_again, Subject, subjects)
{
  int destroyed = 0;
  {
    net::io_context ctx;
    auto subject = std::make_shared<Subject>(ctx.get_executor());
    // Destroyed by the scheduler, which is the last service to be shut down.
    net::post(ctx, at_end([subject, &destroyed] {
      subject->async_wait(at_end([subject, &destroyed] { ++destroyed; }));
      ++destroyed;
    }));
  }

  BOOST_TEST(destroyed == 2);
}

// These services are younger than the ones that the subject uses, and go first.
BOOST_AUTO_TEST_CASE_TEMPLATE(
    what_destroyed_handlers_start_may_use_every_service, Subject, subjects)
{
  int destroyed = 0;
  {
    net::io_context ctx;
    auto subject = std::make_shared<Subject>(ctx.get_executor());
    const auto strand = net::make_strand(ctx);
    net::post(ctx, at_end([subject, strand, &destroyed] {
      const auto handler = [&](auto owned) {
        return at_end([subject, owned, &destroyed] {
          (void)owned;
          ++destroyed;
        });
      };
      subject->async_wait(net::bind_executor(strand, handler(0)));
      subject->async_wait_for(1h, handler(0));
      subject->async_wait(handler(std::make_shared<net::steady_timer>(
          strand.get_inner_executor(), 1h)));
      ++destroyed;
    }));
  }

  BOOST_TEST(destroyed == 4);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_pool_may_end_with_everything_pending, Subject, subjects)
{
  auto token = std::make_shared<int>(0);
  {
    net::thread_pool pool(2);
    Subject subject(pool.get_executor());
    for (int i = 0; i < 10; ++i)
      subject.async_wait(plain_handler([token](error_code) {}));
    subject.wake();

    // A lock of the subject must outlive the handler that is running.
    pool.stop();
    pool.join();
  }

  BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handlers_context_may_end_first, Subject, subjects)
{
  subject_fixture<Subject> f;
  auto doomed = std::make_unique<net::io_context>();
  f.subject.async_wait(net::bind_executor(*doomed, f.first.handler()));
  f.subject.async_wait(f.second.handler());
  f.subject.wake();
  f.run();
  BOOST_TEST(f.first.calls() == 0);
  doomed.reset();
  f.subject.give_back();

  // A notification is gone; a permit, or the mutex, is not.
  f.run();
  if (f.second.calls() == 0)
    f.subject.wake();
  f.run();
  BOOST_TEST(f.first.calls() == 0);
  BOOST_TEST(f.second.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_stopped_context_goes_on_later, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());
  f.ctx.stop();
  f.subject.wake();
  BOOST_TEST(f.ctx.poll() == 0u);
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_wait_is_outstanding_work, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());
  f.ctx.poll();
  BOOST_TEST(!f.ctx.stopped());
  f.subject.wake();
  f.ctx.run();

  BOOST_TEST(f.ctx.stopped());
}

// The object ends.

BOOST_AUTO_TEST_CASE_TEMPLATE(
    destruction_aborts_those_who_wait, Subject, subjects)
{
  subject_fixture<Subject> f;
  {
    auto empty = f.subject.another();
    f.subject.async_wait(f.first.handler());
    f.subject.async_wait(f.second.handler());
    f.subject.object = std::move(empty);
    BOOST_TEST(f.first.calls() + f.second.calls() == 0);
  }
  f.run();

  BOOST_TEST(f.first.is(net::error::operation_aborted));
  BOOST_TEST(f.second.is(net::error::operation_aborted));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(waits_move_with_the_object, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(f.first.handler());
  auto moved = std::move(f.subject.object);
  BOOST_TEST(f.waiters() == 0u);
  BOOST_TEST(moved.waiters() == 1u);
  f.subject.object = std::move(moved);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    many_objects_live_one_after_the_other, Subject, subjects)
{
  subject_fixture<Subject> f;
  std::size_t aborted = 0;
  for (int i = 0; i < 1000; ++i)
  {
    auto subject = std::make_unique<Subject>(f.ctx.get_executor());
    if (i % 2 == 0)
    {
      subject->async_wait(plain_handler([](error_code) {}));
      subject->wake();
      f.ctx.restart();
      f.ctx.run();
      subject->give_back();
    }
    else
    {
      subject->async_wait(plain_handler([&](error_code ec) {
        aborted += ec == net::error::operation_aborted ? 1 : 0;
      }));
    }
  }
  f.run();

  BOOST_TEST(aborted == 500u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    objects_are_made_in_several_threads, Subject, subjects)
{
  subject_fixture<Subject> f;
  const auto work = [&] {
    for (int i = 0; i < 1000; ++i)
    {
      Subject subject(f.ctx.get_executor());
      if (subject.object.waiters() != 0)
        std::terminate();
    }
  };
  std::thread other(work);
  work();
  other.join();

  BOOST_TEST(f.waiters() == 0u);
}

// A handler does something.

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_may_destroy_its_object, Subject, subjects)
{
  net::io_context ctx;
  auto owned = std::make_unique<Subject>(ctx.get_executor());
  owned->async_wait(plain_handler([&](error_code) {
    owned->give_back();
    owned.reset();
  }));
  owned->wake();
  ctx.run();

  BOOST_TEST(!owned);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_may_use_its_object, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(plain_handler([&](error_code) {
    f.subject.give_back();
    f.subject.async_wait(f.first.handler());
    f.subject.object.cancel();
    BOOST_TEST(f.first.calls() == 0);
  }));
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is(net::error::operation_aborted));
}

// Something throws.

BOOST_AUTO_TEST_CASE_TEMPLATE(an_exception_leaves_run, Subject, subjects)
{
  subject_fixture<Subject> f;
  f.subject.async_wait(plain_handler([](error_code) { throw 42; }));
  f.subject.async_wait(f.second.handler());
  f.subject.wake();
  BOOST_CHECK_THROW(f.ctx.run(), int);
  f.subject.give_back();
  f.subject.wake();
  f.run();

  BOOST_TEST(f.second.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_failed_start_changes_nothing, Subject, subjects)
{
  subject_fixture<Subject> f;
  net::cancellation_signal signal;
  int failed = 0;
  for (;; ++failed)
  {
    allocation_log log{0, 0, failed};
    outcome result;
    try
    {
      f.subject.async_wait_for(1h,
          net::bind_cancellation_slot(signal.slot(),
              net::bind_allocator(logging_allocator<>(log), result.handler())));
    }
    catch (const std::bad_alloc&)
    {
      BOOST_TEST(f.waiters() == 0u);
      BOOST_TEST(log.alive == 0);
      signal.emit(net::cancellation_type::all);
      f.run();
      BOOST_TEST(result.calls() == 0);
      continue;
    }
    signal.emit(net::cancellation_type::all);
    f.run();
    BOOST_TEST(result.is(net::error::operation_aborted));
    break;
  }

  // All but that of the operation is not the handler's.
  BOOST_TEST(failed == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_that_throws_as_it_is_copied, Subject, subjects)
{
  subject_fixture<Subject> f;
  const asio_test::throwing_handler handler;
  BOOST_CHECK_THROW(f.subject.async_wait(handler), int);

  BOOST_TEST(f.waiters() == 0u);
  BOOST_TEST(f.ctx.poll() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_that_throws_as_it_is_moved, Subject, subjects)
{
  subject_fixture<Subject> f;
  int moves_left = 1000;
  f.subject.async_wait(asio_test::exhausted_handler(moves_left));
  f.subject.async_wait(f.second.handler());
  moves_left = 0;
  f.subject.wake();
  BOOST_CHECK_THROW(f.ctx.run(), int);
  f.subject.give_back();

  // A notification is gone; a permit, or the mutex, is not.
  f.run();
  if (f.second.calls() == 0)
    f.subject.wake();
  f.run();
  BOOST_TEST(f.second.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_that_throws_as_it_is_moved_can_be_destroyed, Subject, subjects)
{
  int moves_left = 1000;
  {
    subject_fixture<Subject> f;
    f.subject.async_wait(asio_test::exhausted_handler(moves_left));
    moves_left = 0;
  }

  BOOST_TEST(moves_left < 0);
}
