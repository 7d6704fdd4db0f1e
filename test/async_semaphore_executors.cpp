// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/async_semaphore.hpp>

#include "allocation_log.hpp"
#include "semaphore_test.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_semaphore;
using asio_sync::error_code;
using asio_sync::semaphore_permit;
using asio_test::allocation_log;
using asio_test::logging_allocator;
using asio_test::outcome;

using namespace std::chrono_literals;

using fixture = asio_test::semaphore_fixture;

// Functions that wait until somebody runs them, for a context.
struct function_queue
{
  explicit function_queue(net::io_context& c)
    : ctx(&c)
  {
  }

  void run()
  {
    for (const auto& function : std::exchange(functions, {}))
      function();
  }

  net::io_context* ctx;
  std::deque<std::function<void()>> functions;
};

// Puts functions into such a queue, which it owns together with its copies.
class queueing_executor
{
public:
  explicit queueing_executor(std::shared_ptr<function_queue> queue)
    : queue_(std::move(queue))
  {
  }

  net::execution_context& query(net::execution::context_t) const noexcept
  {
    return *queue_->ctx;
  }

  static constexpr net::execution::blocking_t query(
      net::execution::blocking_t) noexcept
  {
    return net::execution::blocking.never;
  }

  template <typename Function>
  void execute(Function&& function) const
  {
    auto shared = std::make_shared<std::decay_t<Function>>(
        std::forward<Function>(function));
    queue_->functions.push_back([shared] { std::move (*shared)(); });
  }

  bool operator==(const queueing_executor& other) const noexcept
  {
    return queue_ == other.queue_;
  }

  bool operator!=(const queueing_executor& other) const noexcept
  {
    return queue_ != other.queue_;
  }

private:
  std::shared_ptr<function_queue> queue_;
};

using queueing_semaphore = asio_sync::basic_async_semaphore<queueing_executor>;

} // namespace

BOOST_FIXTURE_TEST_CASE(a_free_permit_uses_the_handlers_executor, fixture)
{
  net::io_context other;
  semaphore.release();
  semaphore.async_acquire(net::bind_executor(other, first.handler()));
  ctx.run();
  BOOST_TEST(first.calls() == 0);
  other.run();

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(a_free_permit_uses_the_handlers_allocator, fixture)
{
  allocation_log log;
  semaphore.release();
  semaphore.async_acquire(
      net::bind_allocator(logging_allocator<>(log), first.handler()));
  BOOST_TEST(log.allocations == 1);
  ctx.run();

  BOOST_TEST(first.is_success());
  BOOST_TEST(log.alive == 0);
}

// The immediate executor.

#if ASIO_SYNC_HAS_IMMEDIATE_EXECUTOR

BOOST_FIXTURE_TEST_CASE(an_immediate_executor_decides, fixture)
{
  const auto inline_token = [](auto handler) {
    return net::bind_immediate_executor(
        net::system_executor(), std::move(handler));
  };
  semaphore.release();
  semaphore.async_acquire(inline_token(first.handler()));
  BOOST_TEST(first.is_success());

  outcome too_many, closed;
  semaphore.async_acquire(
      async_semaphore::max() + 1, inline_token(too_many.handler()));
  BOOST_TEST(too_many.is(net::error::invalid_argument));
  semaphore.async_acquire(inline_token(second.handler()));
  BOOST_TEST(second.calls() == 0);
  semaphore.close();
  BOOST_TEST(second.calls() == 0);
  semaphore.async_acquire(inline_token(closed.handler()));
  BOOST_TEST(closed.is(asio_sync::error::closed));
  ctx.run();
  BOOST_TEST(second.is(asio_sync::error::closed));
}

BOOST_FIXTURE_TEST_CASE(an_inline_handler_may_do_anything, fixture)
{
  const auto inline_token = [](auto handler) {
    return net::bind_immediate_executor(
        net::system_executor(), std::move(handler));
  };
  auto owned = std::make_unique<async_semaphore>(ctx, 2);
  owned->async_acquire(inline_token([&](error_code) {
    owned->async_acquire(inline_token([&](error_code) { owned->release(2); }));
    owned->cancel();
    owned.reset();
    first.handler()({});
  }));

  BOOST_TEST(first.is_success());
}

BOOST_FIXTURE_TEST_CASE(an_inline_handler_may_throw, fixture)
{
  semaphore.release();
  net::post(ctx, [&] {
    semaphore.async_acquire_permit(net::bind_immediate_executor(
        ctx.get_executor(), [](error_code, semaphore_permit) { throw 42; }));
  });

  BOOST_CHECK_THROW(ctx.run(), int);
  BOOST_TEST(semaphore.available() == 1u);
}

#endif

// A timed wait.

BOOST_AUTO_TEST_CASE(the_executor_is_not_told_that_no_time_has_passed)
{
  auto ctx = std::make_unique<net::io_context>();
  const auto queue = std::make_shared<function_queue>(*ctx);
  outcome o;
  {
    queueing_semaphore semaphore(queueing_executor(queue), 0);
    semaphore.async_acquire_for(1h, o.handler());
    semaphore.release();
    ctx->run();
  }
  BOOST_TEST(queue->functions.size() == 1u);
  queue->run();
  BOOST_TEST(o.is_success());

  // Neither needs the other one.
  ctx.reset();
  BOOST_TEST(queue.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(time_passes_on_the_executor)
{
  net::io_context ctx;
  const auto queue = std::make_shared<function_queue>(ctx);
  outcome o;
  queueing_semaphore semaphore(queueing_executor(queue), 0);
  semaphore.async_acquire_for(1ms, o.handler());
  while (queue->functions.empty())
    ctx.run_one();
  BOOST_TEST(semaphore.waiters() == 1u);
  queue->run();
  BOOST_TEST(semaphore.waiters() == 0u);
  ctx.run();
  queue->run();

  BOOST_TEST(o.is(net::error::timed_out));
}

// Several threads.

BOOST_AUTO_TEST_CASE(handlers_run_on_all_threads_of_a_context)
{
  net::io_context ctx;
  async_semaphore semaphore(ctx, 0);
  std::atomic<int> calls{0};
  for (int i = 0; i < 100; ++i)
    semaphore.async_acquire([&](error_code) { ++calls; });
  std::thread other([&] { ctx.run(); });
  for (int i = 0; i < 100; ++i)
    semaphore.release();
  ctx.run();
  other.join();

  BOOST_TEST(calls == 100);
}
