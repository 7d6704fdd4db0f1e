// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include "operator_new.hpp"

#include <asio_sync.hpp>

#include "asio_test.hpp"

#include <asio_sync/detail/wait_op.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>

namespace {

namespace net = asio_sync::net;
namespace detail = asio_sync::detail;
using asio_sync::error_code;

std::size_t allocations = 0;

const auto counted = asio_test::on_allocation = [] {
  ++allocations;
  return true;
};

using executor = net::io_context::executor_type;
using semaphore_type = asio_sync::basic_async_semaphore<executor>;
using mutex_type = asio_sync::basic_async_mutex<executor>;
using condvar_type = asio_sync::basic_async_condvar<executor>;

static_assert(sizeof(semaphore_type) <= 48);
static_assert(sizeof(mutex_type) <= 48);
static_assert(sizeof(condvar_type) <= 48);
static_assert(sizeof(detail::pooled_semaphore) <= 192);
static_assert(sizeof(detail::pooled_condvar) <= 192);

// A handler of no size still has an address.
struct empty_handler
{
  void operator()(error_code)
  {
  }
};

struct error_upcall
{
  template <typename Handler>
  static void invoke(Handler&& handler, const error_code& ec, detail::grant&&)
  {
    handler(ec);
  }
};

template <typename Handler>
using operation_type =
    detail::wait_op<error_upcall, Handler, executor, detail::no_expiry>;

struct large_handler : empty_handler
{
  unsigned char bytes[256];
};

// 24 bytes of a scheduler's operation, 56 of a completion port's.
constexpr std::size_t asio_part = sizeof(detail::operation);

static_assert(sizeof(operation_type<empty_handler>) <= asio_part + 72 + 8);
static_assert(sizeof(operation_type<large_handler>) <= asio_part + 72 + 256);

template <typename Handler>
using condvar_operation_type = detail::condvar_wait_op<detail::no_predicate,
    Handler, executor, detail::no_expiry>;

static_assert(
    sizeof(condvar_operation_type<empty_handler>) <= asio_part + 80 + 8);
static_assert(
    sizeof(condvar_operation_type<large_handler>) <= asio_part + 80 + 256);

// Acquires and releases for ever, as long as it is wanted.
struct worker
{
  void operator()(error_code)
  {
    if (*left != 0)
    {
      --*left;
      semaphore->async_acquire(*this);
    }
    semaphore->release();
  }

  semaphore_type* semaphore;
  std::size_t* left;
};

std::size_t allocations_of(net::io_context& ctx, semaphore_type& semaphore,
    std::size_t workers, std::size_t rounds)
{
  const std::size_t before = allocations;
  std::size_t left = rounds;
  for (std::size_t i = 0; i < workers; ++i)
    semaphore.async_acquire(worker{&semaphore, &left});
  ctx.restart();
  ctx.run();
  return allocations - before;
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocations_are_counted,
    *boost::unit_test::precondition(asio_test::is_told_of_allocations))

BOOST_AUTO_TEST_CASE(a_warm_wait_allocates_nothing)
{
  for (int hint : {-1, 1})
  {
    net::io_context ctx(hint);
    semaphore_type semaphore(ctx, 1);
    const std::size_t few = allocations_of(ctx, semaphore, 8, 1000);
    const std::size_t many = allocations_of(ctx, semaphore, 8, 10000);

    // One for each operation in flight: Asio's cache ends with run().
    BOOST_TEST(few > 0u);
    BOOST_TEST(few <= 2 * 8u);
    BOOST_TEST(many <= 8u);
  }
}

BOOST_AUTO_TEST_CASE(a_warm_free_permit_allocates_nothing)
{
  net::io_context ctx;
  semaphore_type semaphore(ctx, 1);
  (void)allocations_of(ctx, semaphore, 1, 1000);
  const std::size_t many = allocations_of(ctx, semaphore, 1, 10000);

  BOOST_TEST(many <= 1u);
}

namespace {

// Waits again, notifies itself, and owns the mutex in between.
struct ping
{
  void operator()(error_code)
  {
    if (--*left == 0)
      return;
    condvar->async_wait(*lock, *this);
    condvar->notify_one();
  }

  condvar_type* condvar;
  asio_sync::mutex_lock* lock;
  std::size_t* left;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_warm_notification_allocates_nothing)
{
  net::io_context ctx;
  mutex_type mutex(ctx);
  condvar_type condvar(ctx);
  asio_sync::mutex_lock lock(mutex);
  const auto allocations_of_pings = [&](std::size_t rounds) {
    const std::size_t before = allocations;
    net::post(ctx, [&] { ping{&condvar, &lock, &rounds}(error_code()); });
    ctx.restart();
    ctx.run();
    return allocations - before;
  };
  (void)allocations_of_pings(1000);

  BOOST_TEST(allocations_of_pings(10000) <= 2u);
}

BOOST_AUTO_TEST_CASE(a_predicate_that_is_asked_again_allocates_nothing)
{
  net::io_context ctx;
  condvar_type condvar(ctx);
  std::size_t asked = 0, before = 0, after = 0;
  condvar.async_wait(
      [&] {
        condvar.notify_all();
        if (++asked == 10)
          before = allocations;
        return asked == 1000;
      },
      [&](error_code) { after = allocations; });
  while (asked < 1000)
  {
    condvar.notify_one();
    ctx.restart();
    ctx.poll();
  }

  BOOST_TEST(after == before);
}

BOOST_AUTO_TEST_CASE(a_core_is_used_again)
{
  net::io_context ctx;
  {
    semaphore_type warm(ctx);
    mutex_type warm_mutex(ctx);
    condvar_type warm_condvar(ctx);
  }
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i)
  {
    semaphore_type semaphore(ctx);
    mutex_type mutex(ctx);
    condvar_type condvar(ctx);
  }

  BOOST_TEST(allocations == before);
}

BOOST_AUTO_TEST_SUITE_END()
