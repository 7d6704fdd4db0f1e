// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// The life of every kind of wait, with one thing that goes wrong: at the first
// point where it can, then at the second, until there are no more. Whatever it
// is, nobody else loses anything by it.

#include "operator_new.hpp"

#include <asio_sync.hpp>

#include "any_wait.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>

namespace {

namespace net = asio_sync::net;
using asio_sync::error_code;
using asio_test::any_executor;
using asio_test::any_handler;
using asio_test::any_wait;
using asio_test::every_kind;
using asio_test::fate;
using asio_test::wait_kind;
using namespace std::chrono_literals;

// Something that this thread does goes wrong once, after a number of times.
class fault
{
public:
  void plan(long after)
  {
    left_ = after;
  }

  // Whether it has not come.
  bool is_due() const
  {
    return left_ >= 0;
  }

  // Whether it comes this time.
  bool comes()
  {
    return left_ >= 0 && left_-- == 0;
  }

private:
  long left_ = -1;
};

thread_local fault allocation_fault;
thread_local fault move_fault;

// Nothing goes wrong while it lives.
class no_faults
{
public:
  no_faults() = default;
  no_faults(const no_faults&) = delete;
  no_faults& operator=(const no_faults&) = delete;

  ~no_faults()
  {
    allocation_fault = allocation_;
    move_fault = move_;
  }

private:
  const fault allocation_ = std::exchange(allocation_fault, fault());
  const fault move_ = std::exchange(move_fault, fault());
};

// How each step of a life is taken.
using taker = std::function<void(const std::function<void()>& step)>;

void simply(const std::function<void()>& step)
{
  step();
}

// What becomes of the waits of a world.
struct fates
{
  // How many succeeded.
  int successes() const
  {
    return sum([](const fate& f) { return f.result.is_success() ? 1 : 0; });
  }

  // How many handlers were not called.
  int losses() const
  {
    return sum([](const fate& f) { return f.result.calls() == 0 ? 1 : 0; });
  }

  // Whether all handlers have gone, each after what was in its memory.
  bool is_clean() const
  {
    return sum([](const fate& f) {
      return f.left_behind + (f.is_over() ? 0 : 1);
    }) == 0;
  }

  fate first, second, third, last, aborted;

private:
  template <typename Function>
  int sum(Function function) const
  {
    int n = 0;
    for (const fate* f : {&first, &second, &third, &last, &aborted})
      n += function(*f);
    return n;
  }
};

// The waits, and all that they need.
struct world
{
  explicit world(const wait_kind& k)
    : kind(k)
  {
#if ASIO_SYNC_HAS_IOCP
    // Asio keeps a pointer to it when the thread for timers can not be made.
    const net::steady_timer timer(ctx);
#elif ASIO_SYNC_HAS_IO_URING
    // Asio loses memory when it can not make that.
    if (kind.waits_for_word
        && asio_sync::platform_name(ctx) == std::string("io_uring"))
      (void)net::use_service<net::detail::io_uring_service>(ctx);
#endif
  }

  any_handler handler(fate& f, const any_executor& ex)
  {
    any_handler made(f, ex, signal.slot());
    if (handlers_own_wait)
      made.then([owned = wait] {});
    return made;
  }

  void run(const taker& take)
  {
    do
    {
      settle();
      bool is_idle = false;
      for (int i = 0; i < most_steps && !is_idle; ++i)
        take([&] {
          is_idle = false;
          ctx.restart();
          other.restart();
          is_idle = ctx.poll_one() + other.poll_one() == 0;
        });
    }
    while (wait->give_back());
  }

  // Have a wait end, unless it was given what another one lost.
  void end(const fate& f, const taker& take)
  {
    run(take);
    if (f.is_over())
      return;
    take([&] { wait->wake(); });
    ++wakes;
    run(take);
  }

  const wait_kind& kind;
  const std::shared_ptr<fates> ends = std::make_shared<fates>();
  net::cancellation_signal signal;
  net::io_context ctx;
  net::io_context other;
  any_executor elsewhere = other.get_executor();
  std::shared_ptr<any_wait> wait;
  bool handlers_own_wait = false;
  int wakes = 0;

private:
  // A thread that ends takes what it has submitted to a ring with it, so there
  // is something to do for each one that comes.
  static constexpr int most_steps = 50;

  void settle()
  {
    const no_faults suspended;
    wait->settle(ctx);
  }
};

// Of three waits, the first ends on the context of the object, the second
// elsewhere, and the third there, too, as it is cancelled.
void live(world& w, const taker& take)
{
  take([&] { w.wait = w.kind.make(w.ctx.get_executor()); });
  take([&] { w.wait->start(w.handler(w.ends->first, w.ctx.get_executor())); });
  take([&] { w.wait->start_timed(w.handler(w.ends->second, w.elsewhere)); });
  take([&] { w.wait->start_timed(w.handler(w.ends->third, w.elsewhere)); });
  w.end(w.ends->first, take);
  w.end(w.ends->second, take);
  take([&] { w.signal.emit(net::cancellation_type::all); });
  w.run(take);
}

// The object is as good as before. Returns whether nothing was lost.
bool still_lives(world& w)
{
  const no_faults suspended;
  w.wait->start(w.handler(w.ends->last, w.ctx.get_executor()));
  w.end(w.ends->last, simply);
  return w.ends->last.result.is_success()
      && (!w.wait->keeps_grants() || w.ends->successes() == w.wakes);
}

// A wait is aborted with its object.
void die(world& w, const taker& take)
{
  take([&] {
    w.wait->start_timed(w.handler(w.ends->aborted, w.ctx.get_executor()));
  });
  take([&] { w.wait->replace(); });
  w.run(take);
}

// What was survived, which is said in the end.
struct tally
{
  ~tally()
  {
    if (failures + stops + ends != 0)
      std::cout << "faults: " << failures
                << " allocations and moves failed, contexts stopped " << stops
                << " times and ended " << ends << " times: survived"
                << std::endl;
  }

  int failures = 0;
  int stops = 0;
  int ends = 0;
};

tally survived;

// Plan a fault for later and later in the life of each kind of wait. Each step
// is taken again until it succeeds.
void try_every(fault& planned)
{
  for (const wait_kind& kind : every_kind())
    for (long after = 0; !planned.is_due(); ++after)
    {
      BOOST_TEST_CONTEXT(kind.name << ", after " << after)
      {
        world w(kind);
        const auto insist = [&](const std::function<void()>& step) {
          for (;;)
          {
            try
            {
              return step();
            }
            catch (const std::bad_alloc&)
            {
            }
            catch (int)
            {
            }
            // The lock of a wait that did not begin.
            if (w.wait != nullptr)
              w.wait->give_back();
          }
        };
        planned.plan(after);
        live(w, insist);
        const bool is_alive = still_lives(w);
        die(w, insist);
        const bool has_failed = !planned.is_due();
        survived.failures += has_failed;
        const no_faults suspended;

        BOOST_TEST(is_alive);
        BOOST_TEST(w.ends->is_clean());
        BOOST_TEST(w.ends->losses() <= int(has_failed));
        if (!has_failed)
          BOOST_TEST(w.ends->successes() == 3);
      }
      if (planned.is_due())
      {
        BOOST_TEST_MESSAGE(kind.name << ": " << after);
        BOOST_TEST(after > 0);
        planned = fault();
        break;
      }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(each_allocation_fails,
    *boost::unit_test::precondition(asio_test::is_told_of_allocations))
{
  asio_test::on_allocation = [] { return !allocation_fault.comes(); };
  try_every(allocation_fault);
}

BOOST_AUTO_TEST_CASE(each_move_of_a_handler_throws)
{
  any_handler::on_move = [] {
    if (move_fault.comes())
      throw 42;
  };
  try_every(move_fault);
}

BOOST_AUTO_TEST_CASE(contexts_stop_after_each_step)
{
  for (const wait_kind& kind : every_kind())
    for (int stop_at = 0, steps = 1; stop_at < steps; ++stop_at)
      BOOST_TEST_CONTEXT(kind.name << ", step " << stop_at)
      {
        world w(kind);
        steps = 0;
        bool stays_stopped = true;
        const auto stop = [&](const std::function<void()>& step) {
          step();
          if (steps++ != stop_at)
            return;
          w.ctx.stop();
          w.other.stop();
          stays_stopped = w.ctx.poll() + w.other.poll() == 0;
        };
        live(w, stop);
        const bool is_alive = still_lives(w);
        die(w, stop);
        ++survived.stops;

        // A completion port hands out first what it has.
        if (!ASIO_SYNC_HAS_IOCP)
          BOOST_TEST(stays_stopped);
        BOOST_TEST(is_alive);
        BOOST_TEST(w.ends->is_clean());
        BOOST_TEST(w.ends->successes() == 3);
        BOOST_TEST(w.ends->third.result.is(net::error::operation_aborted));
        BOOST_TEST(w.ends->aborted.result.is(net::error::operation_aborted));
      }
}

BOOST_AUTO_TEST_CASE(contexts_end_before_each_step)
{
  struct end_of_the_world
  {
  };

  for (const wait_kind& kind : every_kind())
    for (const bool handlers_own_wait : {false, true})
      for (int end_at = 0, steps = 1; end_at < steps; ++end_at)
        BOOST_TEST_CONTEXT(kind.name << ", step " << end_at)
        {
          auto w = std::make_unique<world>(kind);
          w->elsewhere = net::make_strand(w->ctx);
          w->handlers_own_wait = handlers_own_wait;
          steps = 0;
          try
          {
            const auto end = [&](const std::function<void()>& step) {
              if (steps++ == end_at)
                throw end_of_the_world();
              step();
            };
            live(*w, end);
            die(*w, end);
          }
          catch (const end_of_the_world&)
          {
            ++steps;
          }
          const auto ends = w->ends;
          w.reset();
          ++survived.ends;

          BOOST_TEST(ends->is_clean());
        }
}

namespace {

// Does something as its thread ends.
struct at_end_of_thread
{
  ~at_end_of_thread()
  {
    if (function)
      function();
  }

  std::function<void()> function;
};

void in_a_thread(const std::function<void()>& step)
{
  std::thread(step).join();
}

void as_a_thread_ends(const std::function<void()>& step)
{
#if defined(__MINGW32__)
  // Frees what is local to a thread before it destroys that.
  in_a_thread(step);
#else
  in_a_thread([&] {
    thread_local at_end_of_thread end;
    end.function = step;
  });
#endif
}

void in_a_context_of_another_thread(const std::function<void()>& step)
{
  in_a_thread([&] {
    net::io_context ctx;
    net::post(ctx, step);
    ctx.run();
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(threads_end_after_each_step)
{
  for (const wait_kind& kind : every_kind())
    for (const taker& take : {taker(in_a_thread), taker(as_a_thread_ends),
             taker(in_a_context_of_another_thread)})
      BOOST_TEST_CONTEXT(kind.name)
      {
        world w(kind);
        live(w, take);
        const bool is_alive = still_lives(w);
        die(w, take);

        BOOST_TEST(is_alive);
        BOOST_TEST(w.ends->is_clean());
        BOOST_TEST(w.ends->successes() == 3);
        BOOST_TEST(w.ends->third.result.is(net::error::operation_aborted));
        BOOST_TEST(w.ends->aborted.result.is(net::error::operation_aborted));
      }
}

#if ASIO_SYNC_HAS_LINUX_FUTEX

namespace {

boost::test_tools::assertion_result has_watching_threads(
    boost::unit_test::test_unit_id)
{
  net::io_context ctx;
  return asio_sync::platform_name(ctx)
      == std::string("generic, words by futex_waitv");
}

} // namespace

BOOST_AUTO_TEST_CASE(each_thread_can_not_begin_after_a_fork,
    *boost::unit_test::precondition(asio_test::is_told_of_allocations)
        * boost::unit_test::precondition(has_watching_threads))
{
  // A thread waits for 127 of them.
  constexpr std::size_t count = 300;
  asio_test::on_allocation = [] { return !allocation_fault.comes(); };
  net::io_context ctx;
  std::deque<asio_test::word> words;
  std::deque<asio_sync::async_futex> futexes;
  std::size_t ended = 0;
  for (std::size_t i = 0; i < count; ++i)
    futexes.emplace_back(ctx, words.emplace_back(0))
        .async_wait(0, [&](error_code) { ++ended; });

  const auto go_on = [&] { ctx.notify_fork(net::io_context::fork_parent); };
  for (int after = 0; !allocation_fault.is_due(); ++after)
  {
    ctx.notify_fork(net::io_context::fork_prepare);
    allocation_fault.plan(after);
    try
    {
      go_on();
    }
    catch (const std::bad_alloc&)
    {
      go_on();
    }
  }
  allocation_fault = fault();
  for (asio_test::word& w : words)
  {
    w = 1;
    (void)asio_test::raw_wake(w);
  }
  ctx.run();
  BOOST_TEST(ended == count);
}

#endif
