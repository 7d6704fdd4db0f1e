// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

// Threads that wait are interrupted, stopped, and ended.

#include <asio_sync.hpp>

#include "futex_test.hpp"
#include "posix/child.hpp"
#include "posix/survivals.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <new>
#include <thread>
#include <vector>

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace net = asio_sync::net;
using asio_sync::async_futex;
using asio_sync::mutex_lock;
using asio_test::outcome;
using asio_test::spin_until;
using asio_test::word;
using namespace std::chrono_literals;

asio_test::survivals interruptions("signals for threads that wait");
asio_test::survivals stops("stops of a process that waits");
asio_test::survivals cancellations("threads cancelled that were blocked");
asio_test::survivals ends("threads ended by a handler");

std::atomic<int> signals{0};

void count_signal(int)
{
  ++signals;
}

// Handles a signal while it lives.
class signal_counter
{
public:
  static constexpr int times = 100;

  explicit signal_counter(int flags)
  {
    struct sigaction action
    {
    };
    action.sa_handler = &count_signal;
    action.sa_flags = flags;
    (void)::sigaction(SIGUSR1, &action, &before_);
  }

  signal_counter(const signal_counter&) = delete;
  signal_counter& operator=(const signal_counter&) = delete;

  ~signal_counter()
  {
    (void)::sigaction(SIGUSR1, &before_, nullptr);
  }

  // Interrupt a thread often.
  void interrupt(std::thread& thread)
  {
    for (int i = 0; i < times; ++i)
    {
      const int before = signals;
      (void)::pthread_kill(thread.native_handle(), SIGUSR1);
      spin_until([&] { return signals != before; });
    }
  }

private:
  struct sigaction before_
  {
  };
};

// What a system call does that was interrupted.
constexpr int flags_of_signals[] = {0, SA_RESTART};

// A function that blocks its thread, and returns whether it got what it waited
// for.
struct blocking_function
{
  const char* name;
  std::function<bool()> block;
  std::function<std::size_t()> waiters;
  std::function<void()> unblock;
};

struct fixture
{
  fixture()
  {
    (void)mutex.try_lock();
  }

  std::vector<blocking_function> blocking_functions()
  {
    const auto acquirers = [this] { return semaphore.waiters(); };
    const auto release = [this] { semaphore.release(); };
    const auto lockers = [this] { return mutex.waiters(); };
    const auto unlock = [this] { mutex.unlock(); };
    const auto waiters = [this] { return condvar.waiters(); };
    const auto notify = [this] { condvar.notify_one(); };
    return {{"acquire",
                [this] {
                  semaphore.acquire();
                  return true;
                },
                acquirers, release},
        {"try_acquire_for", [this] { return semaphore.try_acquire_for(1h); },
            acquirers, release},
        {"lock",
            [this] {
              mutex.lock();
              return true;
            },
            lockers, unlock},
        {"try_lock_for", [this] { return mutex.try_lock_for(1h); }, lockers,
            unlock},
        {"wait",
            [this] {
              mutex_lock lock(own_mutex);
              condvar.wait(lock);
              return lock.owns_lock();
            },
            waiters, notify},
        {"wait_for",
            [this] {
              mutex_lock lock(own_mutex);
              return condvar.wait_for(lock, 1h) == std::cv_status::no_timeout;
            },
            waiters, notify}};
  }

  net::io_context ctx;
  asio_sync::async_semaphore semaphore{ctx, 0};
  asio_sync::async_mutex mutex{ctx};
  asio_sync::async_mutex own_mutex{ctx};
  asio_sync::async_condvar condvar{ctx};
  outcome first;
  outcome second;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_signal_does_not_end_a_blocking_function, fixture)
{
  for (const int flags : flags_of_signals)
    for (const blocking_function& f : blocking_functions())
      BOOST_TEST_CONTEXT(f.name << ", flags " << flags)
      {
        signal_counter counter(flags);
        std::atomic<bool> has_returned{false};
        bool has_succeeded = false;
        std::thread blocked([&] {
          has_succeeded = f.block();
          has_returned = true;
        });
        spin_until([&] { return f.waiters() == 1; });
        counter.interrupt(blocked);
        BOOST_TEST(f.waiters() == 1u);
        BOOST_TEST(!has_returned);
        f.unblock();
        blocked.join();

        BOOST_TEST(has_succeeded);
        interruptions.add(signal_counter::times);
      }
}

#if defined(__GLIBC__)

namespace {

// Returns what the process says then.
int cancel_in_child(const blocking_function& f)
{
  std::set_terminate([] { asio_test::exit_child(7); });
  std::thread blocked([&] { (void)f.block(); });
  spin_until([&] { return f.waiters() == 1; });
  (void)::pthread_cancel(blocked.native_handle());
  blocked.join();
  return f.waiters() == 0 ? 7 : 1;
}

} // namespace

// The process ends, or the waiter leaves the queue before its stack goes.
BOOST_FIXTURE_TEST_CASE(a_cancelled_thread_leaves_no_waiter, fixture)
{
  for (const blocking_function& f : blocking_functions())
    BOOST_TEST_CONTEXT(f.name)
    {
      BOOST_TEST(asio_test::in_child([&] { return cancel_in_child(f); }) == 7);
      cancellations.add();
    }
}

#endif

BOOST_FIXTURE_TEST_CASE(a_signal_does_not_end_a_wait, fixture)
{
  for (const int flags : flags_of_signals)
  {
    word w{0};
    async_futex futex(ctx, w);
    outcome acquired, woken;
    semaphore.async_acquire(acquired.handler());
    futex.async_wait(0, woken.handler());
    ctx.restart();
    signal_counter counter(flags);
    std::thread loop([&] { ctx.run(); });
    counter.interrupt(loop);
    BOOST_TEST(semaphore.waiters() == 1u);
    BOOST_TEST(futex.waiters() == 1u);
    semaphore.release();
    w = 1;
    futex.notify_one();
    loop.join();

    BOOST_TEST(acquired.is_success());
    BOOST_TEST(woken.is_success());
    interruptions.add(signal_counter::times);
  }
}

BOOST_FIXTURE_TEST_CASE(a_handler_may_end_its_thread, fixture)
{
  mutex_lock lock(own_mutex);
  semaphore.async_acquire(
      [](asio_sync::error_code) { ::pthread_exit(nullptr); });
  condvar.async_wait(
      lock, [](asio_sync::error_code) { ::pthread_exit(nullptr); });
  semaphore.async_acquire(first.handler());
  semaphore.release();
  condvar.notify_one();
  for (int i = 0; i < 2; ++i)
    std::thread([this] { ctx.run(); }).join();
  BOOST_TEST(first.calls() == 0);
  BOOST_TEST(lock.owns_lock());

  // The permit went with the handler that was called.
  semaphore.release();
  ctx.run();
  BOOST_TEST(first.is_success());
  ends.add(2);
}

#if ASIO_SYNC_HAS_LINUX_FUTEX

namespace {

boost::test_tools::assertion_result can_be_woken(boost::unit_test::test_unit_id)
{
  net::io_context ctx;
  return asio_test::is_parked_in_kernel(ctx);
}

// Waits until the word is not zero. Returns what the process says then.
int wait_in_child(word& w)
{
  net::io_context ctx;
  async_futex futex(ctx, w, asio_sync::futex_scope::process_shared);
  outcome o;
  futex.async_wait(0, o.handler());
  ctx.run();
  return o.is_success() && w == 1 ? 7 : 1;
}

} // namespace

// The kernel ends what a process waits for as it stops, and begins anew.
BOOST_AUTO_TEST_CASE(
    a_process_may_be_stopped, *boost::unit_test::precondition(can_be_woken))
{
  void* const page = ::mmap(nullptr, sizeof(word), PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  BOOST_TEST_REQUIRE((page != MAP_FAILED));
  word& w = *::new (page) word(0);
  const pid_t child = ::fork();
  if (child == 0)
    asio_test::exit_child(wait_in_child(w));

  constexpr int times = 50;
  int status = 0;
  for (int i = 0; i < times; ++i)
  {
    spin_until([&] { return asio_test::parked(w) == 1; });
    BOOST_TEST_REQUIRE(::kill(child, SIGSTOP) == 0);
    BOOST_TEST_REQUIRE(::waitpid(child, &status, WUNTRACED) == child);
    BOOST_TEST_REQUIRE(WIFSTOPPED(status));
    BOOST_TEST_REQUIRE(::kill(child, SIGCONT) == 0);
    BOOST_TEST_REQUIRE(::waitpid(child, &status, WCONTINUED) == child);
  }
  w = 1;
  (void)asio_test::raw_wake(w);
  BOOST_TEST(asio_test::end_of_child(child) == 7);
  stops.add(times);
  (void)::munmap(page, sizeof(word));
}

#endif
