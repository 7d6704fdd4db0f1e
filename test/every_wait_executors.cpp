// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync.hpp>

#include "allocation_log.hpp"
#include "every_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_test::allocation_log;
using asio_test::logging_allocator;
using asio_test::outcome;
using asio_test::subject_fixture;
using asio_test::subjects;
using namespace std::chrono_literals;

template <typename Executor>
struct on
{
  template <template <typename> class Subject>
  static void check(const Executor& ex, net::io_context& ctx)
  {
    outcome first, second;
    Subject<Executor> subject(ex);
    subject.async_wait(first.handler());
    subject.async_wait_for(1h, second.handler());
    BOOST_TEST(subject.object.waiters() == 2u);
    for (const outcome* o : {&first, &second})
    {
      subject.wake();
      while (o->calls() == 0)
        ctx.run_one();
      subject.give_back();
    }

    BOOST_TEST(first.is_success());
    BOOST_TEST(second.is_success());
  }
};

template <typename Executor>
void check_all(const Executor& ex, net::io_context& ctx)
{
  on<Executor>::template check<asio_test::semaphore_subject>(ex, ctx);
  on<Executor>::template check<asio_test::mutex_subject>(ex, ctx);
  on<Executor>::template check<asio_test::condvar_subject>(ex, ctx);
  on<Executor>::template check<asio_test::predicate_subject>(ex, ctx);
  on<Executor>::template check<asio_test::locking_subject>(ex, ctx);
  on<Executor>::template check<asio_test::locking_predicate_subject>(ex, ctx);
}

using loop_executor = net::io_context::executor_type;
using loop_subjects = std::tuple<asio_test::semaphore_subject<loop_executor>,
    asio_test::predicate_subject<loop_executor>>;

} // namespace

// The object's executor.

BOOST_AUTO_TEST_CASE(the_executor_may_be_of_any_kind)
{
  net::io_context ctx, hint_one(1);
  net::io_context unlocked(asio_test::unsafe_concurrency_hint);
  const auto work = net::make_work_guard(ctx);

  check_all(ctx.get_executor(), ctx);
  check_all(net::any_io_executor(hint_one.get_executor()), hint_one);
  check_all(net::any_io_executor(unlocked.get_executor()), unlocked);
  check_all(net::make_strand(ctx), ctx);
  check_all(net::any_io_executor(net::make_strand(ctx)), ctx);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_executor_may_be_of_a_thread_pool, Subject,
    asio_test::subjects_on<net::thread_pool::executor_type>)
{
  net::thread_pool pool(2);
  Subject subject(pool.get_executor());
  auto result = subject.async_wait(net::use_future);
  subject.wake();
  BOOST_CHECK_NO_THROW(result.get());
  subject.give_back();
  auto timed = subject.async_wait_for(1ms, net::use_future);

  BOOST_CHECK_THROW(timed.get(), asio_sync::system_error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_executor_may_be_the_system_executor, Subject,
    asio_test::subjects_on<net::system_executor>)
{
  Subject subject{net::system_executor()};
  auto result = subject.async_wait(net::use_future);
  subject.wake();

  BOOST_CHECK_NO_THROW(result.get());
}

// The associated executor.

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_runs_on_its_own_context, Subject, subjects)
{
  subject_fixture<Subject> f;
  net::io_context other;
  f.subject.async_wait(net::bind_executor(other, f.first.handler()));
  f.subject.wake();
  f.ctx.poll();
  BOOST_TEST(f.first.calls() == 0);
  other.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_waiting_handler_keeps_its_context_busy, Subject, subjects)
{
  subject_fixture<Subject> f;
  net::io_context other;
  f.subject.async_wait(net::bind_executor(other, f.first.handler()));
  BOOST_TEST(other.poll() == 0u);
  BOOST_TEST(!other.stopped());
  f.ctx.poll();
  BOOST_TEST(!f.ctx.stopped());

  f.subject.wake();
  f.ctx.poll();
  other.run();
  f.ctx.run();
  BOOST_TEST(f.first.is_success());
  BOOST_TEST(f.ctx.stopped());
  BOOST_TEST(other.stopped());
}

// Where both executors are those of an io_context, by type.

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_runs_on_another_context_of_the_same_type, Subject, loop_subjects)
{
  net::io_context ctx, other;
  outcome o;
  Subject subject(ctx.get_executor());
  subject.async_wait(net::bind_executor(other, o.handler()));
  BOOST_TEST(other.poll() == 0u);
  BOOST_TEST(!other.stopped());
  subject.wake();
  ctx.poll();
  BOOST_TEST(o.calls() == 0);
  other.run();

  BOOST_TEST(o.is_success());
  BOOST_TEST(other.stopped());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_runs_on_the_context_of_the_object, Subject, loop_subjects)
{
  net::io_context ctx;
  outcome o;
  Subject subject(ctx.get_executor());
  subject.async_wait(net::bind_executor(ctx, o.handler()));
  BOOST_TEST(ctx.poll() == 0u);
  BOOST_TEST(!ctx.stopped());
  subject.wake();
  BOOST_TEST(o.calls() == 0);
  ctx.run();

  BOOST_TEST(o.is_success());
  BOOST_TEST(ctx.stopped());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_handler_runs_in_its_strand, Subject, subjects)
{
  subject_fixture<Subject> f;
  auto strand = net::make_strand(f.ctx);
  bool is_inside = false;
  f.subject.async_wait(net::bind_executor(strand,
      [&](error_code) { is_inside = strand.running_in_this_thread(); }));
  f.subject.wake();
  f.run();

  BOOST_TEST(is_inside);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_handler_runs_in_its_thread_pool, Subject, subjects)
{
  subject_fixture<Subject> f;
  net::thread_pool pool(1);
  std::promise<std::thread::id> promise;
  f.subject.async_wait(net::bind_executor(pool,
      [&](error_code) { promise.set_value(std::this_thread::get_id()); }));
  f.subject.wake();
  f.ctx.run();

  BOOST_TEST((promise.get_future().get() != std::this_thread::get_id()));
  pool.join();
}

// The associated allocator.

BOOST_AUTO_TEST_CASE_TEMPLATE(the_handlers_allocator_is_used, Subject, subjects)
{
  subject_fixture<Subject> f;
  allocation_log log;
  f.subject.async_wait(
      net::bind_allocator(logging_allocator<>(log), [&](error_code ec) {
        // Freed before the upcall.
        BOOST_TEST(log.alive == 0);
        f.first.handler()(ec);
      }));
  BOOST_TEST(log.allocations == 1);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_timed_wait_leaves_nothing_in_the_handlers_memory, Subject, subjects)
{
  subject_fixture<Subject> f;
  allocation_log log;
  f.subject.async_wait_for(
      1h, net::bind_allocator(logging_allocator<>(log), [&](error_code ec) {
        BOOST_TEST(log.alive == 0);
        f.first.handler()(ec);
      }));
  BOOST_TEST(log.allocations == 1);
  f.subject.wake();
  f.run();

  BOOST_TEST(f.first.is_success());
}
