// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "allocation_log.hpp"
#include "handlers.hpp"
#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <thread>
#include <tuple>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_test::allocation_log;
using asio_test::at_end;
using asio_test::logging_allocator;
using asio_test::outcome;
using asio_test::throwing_handler;
using namespace std::chrono_literals;

using fixture = asio_test::semaphore_fixture;

// A pool that takes handlers and runs none.
struct stopped_pool : net::thread_pool
{
  stopped_pool()
    : net::thread_pool(1)
  {
    stop();
  }
};

using contexts = std::tuple<net::io_context, stopped_pool>;

} // namespace

// The context ends.

BOOST_AUTO_TEST_CASE(a_context_may_end_with_everything_pending)
{
  outcome result;
  net::cancellation_signal signal;
  {
    net::io_context ctx;
    async_semaphore semaphore(ctx, 1);
    async_semaphore closed(ctx, 0);
    semaphore.async_acquire(result.handler());
    semaphore.async_acquire(
        net::bind_cancellation_slot(signal.slot(), result.handler()));
    semaphore.async_acquire_for(1h, result.handler());
    semaphore.async_acquire_permit(
        3, [&](error_code ec, semaphore_permit) { result.handler()(ec); });
    closed.async_acquire(result.handler());
    closed.close();
  }
  signal.emit(net::cancellation_type::all);

  BOOST_TEST(result.calls() == 0);
}

BOOST_AUTO_TEST_CASE(handlers_that_are_destroyed_may_do_anything)
{
  int destroyed = 0;
  {
    net::io_context ctx;
    auto a = std::make_shared<async_semaphore>(ctx, 0);
    auto b = std::make_shared<async_semaphore>(ctx, 0);
    b->async_acquire([](error_code) {});
    a->async_acquire([](error_code) {});
    a->async_acquire(at_end([a, b, &destroyed]() mutable {
      ++destroyed;
      a->release(5);
      a->cancel();
      b->release();
      b->close();
      b->reduce(3);
      (void)b->try_acquire_permit();
      a->async_acquire(10, at_end([&destroyed] { ++destroyed; }));
      a.reset();
      b.reset();
    }));
  }

  BOOST_TEST(destroyed == 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    destroyed_handlers_may_start_waits_again_and_again, Context, contexts)
{
  int destroyed = 0;
  {
    Context ctx;
    auto semaphore = std::make_shared<async_semaphore>(ctx, 1);
    // Destroyed by the scheduler, which is the last service to be shut down.
    net::post(ctx, at_end([semaphore, &destroyed] {
      semaphore->async_acquire(2, at_end([semaphore, &destroyed] {
        semaphore->async_acquire(at_end([semaphore, &destroyed] {
          semaphore->release();
          ++destroyed;
        }));
        ++destroyed;
      }));
      ++destroyed;
    }));
  }

  BOOST_TEST(destroyed == 3);
}

// Again and again, as it depends on what the pool's threads do meanwhile.
BOOST_AUTO_TEST_CASE(a_pool_may_end_with_everything_pending)
{
  auto token = std::make_shared<int>(0);
  for (int round = 0; round < 50; ++round)
  {
    net::thread_pool pool(2);
    async_semaphore semaphore(pool, 1);
    for (int i = 0; i < 10; ++i)
      semaphore.async_acquire_permit([token](error_code, semaphore_permit) {});
    for (int i = 0; i < 10; ++i)
      semaphore.async_acquire_permit_for(
          2, 1h, [token](error_code, semaphore_permit) {});
    pool.stop();
  }

  BOOST_TEST(token.use_count() == 1);
}

// The object ends.

BOOST_FIXTURE_TEST_CASE(many_objects_live_one_after_the_other, fixture)
{
  std::size_t aborted = 0;
  for (int i = 0; i < 1000; ++i)
  {
    async_semaphore a(ctx, 0), b(ctx, 1);
    a.async_acquire([&](error_code ec) {
      aborted += ec == net::error::operation_aborted ? 1 : 0;
    });
    BOOST_TEST_REQUIRE(a.available() == 0u);
    BOOST_TEST_REQUIRE(b.try_acquire());
    a.reduce(2);
    b.close();
  }
  ctx.run();

  BOOST_TEST(aborted == 1000u);
}

BOOST_FIXTURE_TEST_CASE(moves_between_contexts, fixture)
{
  net::io_context other_ctx;
  semaphore = async_semaphore(other_ctx, 0);
  semaphore.async_acquire(first.handler());
  semaphore.release();

  BOOST_TEST(ctx.poll() == 0u);
  BOOST_TEST(other_ctx.poll() != 0u);
  BOOST_TEST(first.is_success());
  semaphore = async_semaphore(ctx, 0);
}

BOOST_FIXTURE_TEST_CASE(objects_are_made_in_several_threads, fixture)
{
  const auto work = [&] {
    for (int i = 0; i < 1000; ++i)
    {
      async_semaphore s(ctx, 1);
      auto permit = s.try_acquire_permit();
      if (!permit || s.available() != 0)
        std::terminate();
    }
  };
  std::thread other(work);
  work();
  other.join();

  BOOST_TEST(semaphore.available() == 0u);
}

// Something throws.

BOOST_FIXTURE_TEST_CASE(a_failed_start_takes_no_permit, fixture)
{
  allocation_log log{0, 0, 0};
  semaphore.release();
  BOOST_CHECK_THROW(semaphore.async_acquire(net::bind_allocator(
                        logging_allocator<>(log), first.handler())),
      std::bad_alloc);

  BOOST_TEST(semaphore.available() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_as_it_is_copied, fixture)
{
  const throwing_handler handler;
  BOOST_CHECK_THROW(semaphore.async_acquire(handler), int);
  BOOST_TEST(semaphore.waiters() == 0u);
  semaphore.release();
  BOOST_CHECK_THROW(semaphore.async_acquire(handler), int);

  BOOST_TEST(semaphore.available() == 1u);
  BOOST_TEST(ctx.poll() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_throwing_handler_keeps_what_it_got, fixture)
{
  semaphore.async_acquire([](error_code) { throw 42; });
  semaphore.async_acquire_permit(
      [](error_code, semaphore_permit) { throw 42; });
  semaphore.release(2);
  BOOST_CHECK_THROW(ctx.run(), int);
  BOOST_CHECK_THROW(ctx.run(), int);

  // The owner of the second one went with the handler's arguments.
  BOOST_TEST(semaphore.available() == 1u);
}

// Classic sizes.

BOOST_FIXTURE_TEST_CASE(a_thousand_tasks_share_one_permit, fixture)
{
  int inside = 0, highest = 0, done = 0;
  std::vector<int> order;
  semaphore.release();
  for (int i = 0; i < 1000; ++i)
    semaphore.async_acquire([&, i](error_code) {
      highest = std::max(highest, ++inside);
      order.push_back(i);
      net::post(ctx, [&] {
        --inside;
        ++done;
        semaphore.release();
      });
    });
  ctx.run();

  BOOST_TEST(highest == 1);
  BOOST_TEST(done == 1000);
  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

BOOST_FIXTURE_TEST_CASE(ten_thousand_cycles_in_a_row, fixture)
{
  int cycles = 0;
  semaphore.release();
  const auto cycle = [&](auto self) -> void {
    semaphore.async_acquire([&, self](error_code) {
      semaphore.release();
      if (++cycles < 10000)
        self(self);
    });
  };
  cycle(cycle);
  ctx.run();

  BOOST_TEST(cycles == 10000);
  BOOST_TEST(semaphore.available() == 1u);
}
