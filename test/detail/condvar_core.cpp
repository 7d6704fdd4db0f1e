// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/condvar_core.hpp>

#include <asio_sync/detail/semaphore_core.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace {

namespace detail = asio_sync::detail;
using detail::wait_result;
using cell = detail::cancellation_cell<>;

struct waiter : detail::waiter<>
{
  explicit waiter(detail::semaphore_core<>* mutex = nullptr)
    : detail::waiter<>(kind::operation_waiter, mutex, 1)
  {
  }
};

using waiters = std::vector<detail::waiter<>*>;

waiters take(detail::waiter_list<std::atomic>& list)
{
  waiters taken;
  while (!list.empty())
  {
    taken.push_back(&list.front());
    list.pop_front();
  }
  return taken;
}

struct fixture
{
  waiters take()
  {
    return ::take(done.ready);
  }

  // Cancel as a party does.
  void cancel(cell& target, wait_result reason)
  {
    if (target.request(reason))
      core.cancel(target, done);
  }

  detail::condvar_core<> core;
  detail::completions<> done;
  waiter a, b, c;
};

// What a thread is to do when it is inside a core.
std::function<void()> when_inside;

template <typename T>
struct hooked_atomic : std::atomic<T>
{
  using std::atomic<T>::atomic;

  // Called by a server only, of those of a core.
  void store(T value, std::memory_order order) noexcept
  {
    std::atomic<T>::store(value, order);
    if (const auto function = std::exchange(when_inside, nullptr))
      function();
  }
};

// A wait, and who may cancel it.
struct hooked_waiter : detail::waiter<hooked_atomic>
{
  hooked_waiter()
    : detail::waiter<hooked_atomic>(kind::operation_waiter, nullptr, 1)
  {
    party.add_party();
    attach(party);
  }

  detail::cancellation_cell<hooked_atomic> party{*this};
};

// Calls in their order, which are delegated to a server or not.
struct ordered_calls
{
  ordered_calls()
  {
    core.wait(other, done);
  }

  template <typename Calls>
  void make(Calls calls, bool are_delegated)
  {
    if (are_delegated)
      when_inside = calls;
    cancel(other, done);
    if (!are_delegated)
      calls();
  }

  void cancel(hooked_waiter& w, detail::completions<hooked_atomic>& completed)
  {
    if (w.party.request(wait_result::aborted))
      core.cancel(w.party, completed);
  }

  detail::condvar_core<hooked_atomic> core;
  detail::completions<hooked_atomic> done;
  detail::completions<hooked_atomic> delegated;
  hooked_waiter other, a, b;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(selects_the_oldest_first, fixture)
{
  core.wait(a, done);
  core.wait(b, done);
  core.wait(c, done);
  BOOST_TEST(core.waiters() == 3u);
  BOOST_TEST(take().empty());
  core.notify(2, done);

  BOOST_TEST((take() == waiters{&a, &b}));
  BOOST_TEST((a.home_result() == wait_result::granted));
  BOOST_TEST(core.waiters() == 1u);
  core.notify_all(done);
  BOOST_TEST((take() == waiters{&c}));
}

BOOST_FIXTURE_TEST_CASE(remembers_no_notification, fixture)
{
  core.notify(3, done);
  core.notify_all(done);
  core.wait(a, done);
  core.notify(5, done);
  BOOST_TEST((take() == waiters{&a}));
  core.wait(b, done);

  BOOST_TEST(take().empty());
}

BOOST_FIXTURE_TEST_CASE(no_number_is_too_large, fixture)
{
  core.wait(a, done);
  core.notify(std::size_t(-1), done);
  BOOST_TEST((take() == waiters{&a}));
  core.wait(b, done);
  BOOST_TEST(take().empty());
  core.notify(1, done);

  BOOST_TEST((take() == waiters{&b}));
}

BOOST_FIXTURE_TEST_CASE(waits_with_a_mutex_leave, fixture)
{
  detail::semaphore_core<> mutex(1);
  waiter d(&mutex);
  core.wait(a, done);
  core.wait(d, done);
  core.notify_all(done);

  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST((::take(done.leaving) == waiters{&d}));
  d.leave_home();
  BOOST_TEST(!d.owns_mutex());
  BOOST_TEST((d.home_result() == wait_result::granted));
  mutex.open(1);
  BOOST_TEST(mutex.try_grant(d));
  BOOST_TEST(d.owns_mutex());
}

BOOST_FIXTURE_TEST_CASE(a_mutex_hands_itself_to_who_left_home, fixture)
{
  detail::semaphore_core<> mutex(1);
  waiter d(&mutex), e(&mutex);
  for (waiter* w : {&d, &e})
    core.wait(*w, done);
  core.notify_all(done);
  for (waiter* w : {&d, &e})
    w->leave_home();
  mutex.open(0);
  BOOST_TEST(!mutex.try_grant(d));
  mutex.acquire(done.leaving, done);
  BOOST_TEST(mutex.waiters() == 2u);

  // They are at home elsewhere.
  mutex.cancel_all(done);
  BOOST_TEST(take().empty());
  BOOST_TEST(mutex.release(1, done));
  BOOST_TEST((take() == waiters{&d}));
  BOOST_TEST(d.owns_mutex());
  mutex.retire(done);
  BOOST_TEST((take() == waiters{&e}));
  BOOST_TEST(!e.owns_mutex());
}

BOOST_FIXTURE_TEST_CASE(a_mutex_is_released_once, fixture)
{
  detail::semaphore_core<> mutex(1);
  mutex.open(1);
  BOOST_TEST(!mutex.release(1, done));
  BOOST_TEST(!mutex.try_release(1));
  BOOST_TEST(mutex.try_acquire(1));

  BOOST_TEST(mutex.try_release(1));
}

BOOST_FIXTURE_TEST_CASE(cancel_takes_out_who_was_there, fixture)
{
  core.wait(a, done);
  core.notify(1, done);
  core.wait(b, done);
  core.cancel_all(done);
  core.wait(c, done);

  BOOST_TEST((take() == waiters{&a, &b}));
  BOOST_TEST((a.home_result() == wait_result::granted));
  BOOST_TEST((b.home_result() == wait_result::aborted));
  BOOST_TEST(core.waiters() == 1u);
  core.cancel_all(done);
  (void)take();
}

BOOST_FIXTURE_TEST_CASE(who_comes_home_after_cancel_is_aborted, fixture)
{
  core.wait(a, done);
  core.wait(b, done);
  core.notify(1, done);
  (void)take();
  core.cancel_all(done);
  (void)take();
  core.wait(a, done);

  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST((a.home_result() == wait_result::aborted));
}

BOOST_FIXTURE_TEST_CASE(who_comes_home_may_wait_again, fixture)
{
  core.wait(a, done);
  core.notify_all(done);
  (void)take();
  core.wait(a, done);
  core.notify(1, done);

  BOOST_TEST((take() == waiters{&a}));
  BOOST_TEST((a.home_result() == wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(a_late_cancellation_passes_on, fixture)
{
  cell of_a(a);
  of_a.add_party();
  a.attach(of_a);
  core.wait(a, done);
  core.notify(1, done);
  core.wait(b, done);
  BOOST_TEST((take() == waiters{&a}));
  cancel(of_a, wait_result::timed_out);

  BOOST_TEST((take() == waiters{&b}));
  BOOST_TEST((core.claim(a, a.home_result(), done) == wait_result::timed_out));
  BOOST_TEST(done.dead_cells == &of_a);
}

BOOST_FIXTURE_TEST_CASE(what_came_to_all_is_not_passed_on, fixture)
{
  cell of_a(a);
  of_a.add_party();
  a.attach(of_a);
  core.wait(a, done);
  core.notify_all(done);
  core.wait(b, done);
  (void)take();
  cancel(of_a, wait_result::aborted);

  BOOST_TEST(take().empty());
  BOOST_TEST((core.claim(a, a.home_result(), done) == wait_result::aborted));
  core.cancel_all(done);
  (void)take();
}

BOOST_FIXTURE_TEST_CASE(nothing_is_passed_on_to_the_next_life, fixture)
{
  cell of_a(a);
  of_a.add_party();
  a.attach(of_a);
  core.wait(a, done);
  core.notify(1, done);
  (void)take();
  core.retire(done);
  BOOST_TEST(done.retired);
  done.retired = false;
  core.wait(b, done);
  cancel(of_a, wait_result::aborted);

  BOOST_TEST(take().empty());
  BOOST_TEST(core.waiters() == 1u);
  (void)core.claim(a, a.home_result(), done);
  core.cancel_all(done);
  (void)take();
}

// Calls in their order, also while another thread serves.

BOOST_AUTO_TEST_CASE(who_waits_at_a_cancellation_gets_the_notification)
{
  for (bool are_delegated : {false, true})
  {
    ordered_calls o;
    o.core.wait(o.a, o.done);
    o.make(
        [&] {
          o.core.notify(1, o.delegated);
          o.core.wait(o.b, o.delegated);
          o.cancel(o.a, o.delegated);
        },
        are_delegated);

    BOOST_TEST(o.core.waiters() == 0u);
    BOOST_TEST((o.b.home_result() == wait_result::granted));
  }
}

BOOST_AUTO_TEST_CASE(who_waits_after_a_cancellation_gets_nothing)
{
  for (bool are_delegated : {false, true})
  {
    ordered_calls o;
    o.core.wait(o.a, o.done);
    o.make(
        [&] {
          o.core.notify(1, o.delegated);
          o.cancel(o.a, o.delegated);
          o.core.wait(o.b, o.delegated);
        },
        are_delegated);

    BOOST_TEST(o.core.waiters() == 1u);
    BOOST_TEST((o.a.home_result() == wait_result::granted));
    o.core.notify_all(o.done);
  }
}

BOOST_AUTO_TEST_CASE(a_broadcast_comes_before_a_later_end)
{
  for (bool are_delegated : {false, true})
  {
    ordered_calls o;
    o.core.wait(o.a, o.done);
    o.make(
        [&] {
          o.core.wait(o.b, o.delegated);
          o.core.notify_all(o.delegated);
          o.core.cancel_all(o.delegated);
        },
        are_delegated);
    BOOST_TEST((o.a.home_result() == wait_result::granted));
    BOOST_TEST((o.b.home_result() == wait_result::granted));

    // ... which concerns who comes home.
    for (hooked_waiter* w : {&o.a, &o.b})
    {
      o.done.ready.clear();
      o.delegated.ready.clear();
      o.core.wait(*w, o.done);
      BOOST_TEST((w->home_result() == wait_result::aborted));
    }
    BOOST_TEST(o.core.waiters() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(an_end_comes_before_a_later_broadcast)
{
  for (bool are_delegated : {false, true})
  {
    ordered_calls o;
    o.core.wait(o.a, o.done);
    o.make(
        [&] {
          o.core.wait(o.b, o.delegated);
          o.core.cancel_all(o.delegated);
          o.core.notify_all(o.delegated);
        },
        are_delegated);

    BOOST_TEST((o.a.home_result() == wait_result::aborted));
    BOOST_TEST((o.b.home_result() == wait_result::aborted));
  }
}
