// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The sizes that other libraries test with. With the default of 20,000
// operations there are 1,000 tasks for one permit, 10,000 rapid cycles, 10,000
// waits that are cancelled together, and 50 threads with 10,000 turns each.

#include <asio_sync/async_condvar.hpp>
#include <asio_sync/async_mutex.hpp>
#include <asio_sync/async_semaphore.hpp>

#include "asio_test.hpp"
#include "stress/round.hpp"
#include "stress/stress_test.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_condvar;
using asio_sync::async_mutex;
using asio_sync::async_semaphore;
using asio_sync::error_code;

using stress_test::contexts;
using stress_test::demand;
using stress_test::random;

// Tasks that all want one permit, released by whoever has it from another
// context, get it in the order in which they asked, each time.
long thousand_tasks(std::uint64_t, long iterations)
{
  const std::size_t tasks = std::size_t(iterations / 20);
  constexpr std::size_t turns = 10;
  net::thread_pool releaser(1);
  net::io_context ctx(1);
  async_semaphore semaphore(ctx, 1);
  std::vector<std::size_t> order;

  struct task
  {
    void operator()(error_code ec)
    {
      BOOST_TEST_REQUIRE(!ec);
      order->push_back(number);
      if (--left != 0)
        semaphore->async_acquire(*this);
      net::post(*pool, [s = semaphore] { s->release(); });
    }

    async_semaphore* semaphore;
    net::thread_pool* pool;
    std::vector<std::size_t>* order;
    std::size_t number;
    std::size_t left;
  };

  for (std::size_t i = 0; i < tasks; ++i)
    semaphore.async_acquire(task{&semaphore, &releaser, &order, i, turns});
  ctx.run();
  releaser.join();

  BOOST_TEST_REQUIRE(order.size() == tasks * turns);
  for (std::size_t i = 0; i < order.size(); ++i)
    BOOST_TEST_REQUIRE(order[i] == i % tasks);
  BOOST_TEST_REQUIRE(semaphore.available() == 1u);
  return long(order.size());
}

// Handlers of two contexts pass one value to and fro, with a mutex and a
// condition variable: what one wrote, the other sees.
long rapid_cycles(std::uint64_t, long iterations)
{
  const long cycles = iterations / 2;
  contexts all;
  async_mutex mutex(all.pool);
  async_condvar condvar(all.pool);
  long value = 0;
  std::atomic<int> running{2};

  struct player : std::enable_shared_from_this<player>
  {
    void turn()
    {
      mutex.async_scoped_lock(net::bind_executor(executor,
          [self = this->shared_from_this()](
              error_code ec, asio_sync::mutex_lock owned) {
            demand(!ec, "the mutex is locked");
            self->lock = std::move(owned);
            self->condvar.async_wait(
                self->lock, [p = self.get()] { return p->is_my_turn(); },
                net::bind_executor(
                    self->executor, [self](error_code e) { self->play(e); }));
          }));
    }

    bool is_my_turn() const
    {
      return value % 2 == side;
    }

    void play(error_code ec)
    {
      demand(!ec && is_my_turn(), "each has its turn");
      ++value;
      lock.unlock();
      condvar.notify_one();
      if (--left != 0)
        turn();
      else
        --running;
    }

    player(async_mutex& m, async_condvar& c, net::any_io_executor ex, long& v,
        std::atomic<int>& r, int s, long n)
      : mutex(m),
        condvar(c),
        executor(std::move(ex)),
        value(v),
        running(r),
        side(s),
        left(n)
    {
    }

    async_mutex& mutex;
    async_condvar& condvar;
    net::any_io_executor executor;
    asio_sync::mutex_lock lock;
    long& value;
    std::atomic<int>& running;
    const int side;
    long left;
  };

  for (int side = 0; side < 2; ++side)
    std::make_shared<player>(
        mutex, condvar, all.executor(side), value, running, side, cycles)
        ->turn();
  asio_test::spin_until([&] { return running == 0; });

  BOOST_TEST_REQUIRE(value == 2 * cycles);
  return 2 * cycles;
}

// Half of the waits are cancelled by their signals and the rest at once, while
// a thread releases: each ends once, and no permit is lost.
long mass_cancellation(std::uint64_t seed, long iterations)
{
  const long releases = iterations / 8;
  stress_test::round_state state;
  contexts all;
  async_semaphore semaphore(all.pool, 0);
  stress_test::handler_calls& calls = state.add_calls();
  std::deque<net::cancellation_signal> signals(std::size_t(iterations / 2));
  std::atomic<long> granted{0};
  for (net::cancellation_signal& s : signals)
    semaphore.async_acquire(net::bind_cancellation_slot(
        s.slot(), [&, called = calls.start()](error_code ec) {
          granted += ec ? 0 : 1;
          called();
        }));

  std::thread releaser([&] {
    for (long i = 0; i < releases; ++i)
      semaphore.release();
  });
  random next(seed);
  for (net::cancellation_signal& s : signals)
    if (next() % 2 == 0)
      s.emit(net::cancellation_type::all);
  semaphore.cancel();
  releaser.join();
  const long waits = state.finish(all);

  BOOST_TEST_REQUIRE(granted + long(semaphore.available()) == releases);
  BOOST_TEST_REQUIRE(semaphore.waiters() == 0u);
  return waits;
}

// Many threads take and give as fast as they can.
long fifty_threads(std::uint64_t, long iterations)
{
  constexpr long limit = 3;
  const long turns = iterations / 2;
  net::io_context ctx;
  async_semaphore semaphore(ctx, limit);
  std::atomic<long> inside{0}, total{0};
  std::atomic<bool> is_exceeded{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i)
    threads.emplace_back([&] {
      for (long turn = 0; turn < turns; ++turn)
      {
        semaphore.acquire();
        if (++inside > limit)
          is_exceeded = true;
        ++total;
        --inside;
        semaphore.release();
      }
    });
  for (std::thread& t : threads)
    t.join();

  BOOST_TEST_REQUIRE(!is_exceeded);
  BOOST_TEST_REQUIRE(total == 50 * turns);
  BOOST_TEST_REQUIRE(semaphore.available() == std::size_t(limit));
  BOOST_TEST_REQUIRE(semaphore.waiters() == 0u);
  return total;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_tasks_get_one_permit_in_order)
{
  stress_test::repeat(thousand_tasks);
}

BOOST_AUTO_TEST_CASE(ten_thousand_rapid_cycles)
{
  stress_test::repeat(rapid_cycles);
}

BOOST_AUTO_TEST_CASE(ten_thousand_waits_are_cancelled_together)
{
  stress_test::repeat(mass_cancellation);
}

BOOST_AUTO_TEST_CASE(fifty_threads_take_ten_thousand_turns_each)
{
  stress_test::repeat(fifty_threads);
}
