// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Asio allocates by operator new then, which this test counts.
#define ASIO_DISABLE_STD_ALIGNED_ALLOC
#define BOOST_ASIO_DISABLE_BOOST_ALIGN
#define BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC

#include <asio_sync/async_semaphore.hpp>

#include "asio_test.hpp"

#include <asio_sync/detail/wait_op.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

namespace net = asio_sync::net;
namespace detail = asio_sync::detail;
using asio_sync::error_code;

std::size_t allocations = 0;

} // namespace

// Not inlined, or GCC sees malloc() and free() where it expects their pair.
#if defined(__GNUC__)
# define ASIO_SYNC_TEST_NOINLINE __attribute__((noinline))
#else
# define ASIO_SYNC_TEST_NOINLINE
#endif

ASIO_SYNC_TEST_NOINLINE void* operator new(std::size_t size)
{
  ++allocations;
  if (void* const memory = std::malloc(size))
    return memory;
  throw std::bad_alloc();
}

ASIO_SYNC_TEST_NOINLINE void operator delete(void* memory) noexcept
{
  std::free(memory);
}

ASIO_SYNC_TEST_NOINLINE void operator delete(void* memory, std::size_t) noexcept
{
  std::free(memory);
}

namespace {

using executor = net::io_context::executor_type;
using semaphore_type = asio_sync::basic_async_semaphore<executor>;

static_assert(sizeof(semaphore_type) <= 48);
static_assert(sizeof(detail::pooled_semaphore) <= 192);

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

static_assert(sizeof(operation_type<empty_handler>) <= 96 + 8);
static_assert(sizeof(operation_type<large_handler>) <= 96 + 256);

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

BOOST_AUTO_TEST_CASE(a_warm_wait_allocates_nothing)
{
  for (int hint : {-1, 1})
  {
    net::io_context ctx(hint);
    semaphore_type semaphore(ctx, 1);
    const std::size_t few = allocations_of(ctx, semaphore, 8, 1000);
    const std::size_t many = allocations_of(ctx, semaphore, 8, 100000);

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
  const std::size_t many = allocations_of(ctx, semaphore, 1, 100000);

  BOOST_TEST(many <= 1u);
}

BOOST_AUTO_TEST_CASE(a_core_is_used_again)
{
  net::io_context ctx;
  {
    semaphore_type warm(ctx);
  }
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i)
    semaphore_type semaphore(ctx);

  BOOST_TEST(allocations == before);
}
