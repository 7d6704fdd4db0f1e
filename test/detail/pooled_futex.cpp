// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#include <asio_sync/detail/pooled_futex.hpp>

#include <asio_sync/detail/futex_wait_op.hpp>

#include "asio_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace detail = asio_sync::detail;
namespace net = asio_sync::net;
using asio_test::outcome;
using detail::core_kind;
using detail::pooled_futex;
using detail::wait_result;
using result = detail::futex_wait_result;
using word_type = std::atomic<std::uint32_t>;

// What the tier was told to do, in order.
using events = std::vector<std::string>;

void call(std::function<void()>& function)
{
  if (function)
    std::exchange(function, nullptr)();
}

// A tier that writes down what it is told, and does nothing. What it may call
// meanwhile is called once.
struct tier : detail::futex_waits
{
  struct place;

  tier(const word_type& w, const word_type& o, bool sooner)
    : word(w),
      other(o),
      wakes_sooner(sooner)
  {
  }

  const char* name() const noexcept override
  {
    return "tier";
  }

  bool sees_foreign_wakes() const noexcept override
  {
    return true;
  }

  bool is_woken_sooner() const noexcept override
  {
    return wakes_sooner;
  }

  std::unique_ptr<detail::futex_wait> make(
      detail::futex_wait_owner& owner) override;

  void wake(const void* w, std::size_t n) noexcept override
  {
    log.push_back("wake " + name_of(w) + ' '
        + (n == INT_MAX ? "all" : std::to_string(n)));
    call(on_wake);
  }

  void shutdown() noexcept override
  {
  }

  void before_fork() noexcept override
  {
  }

  void after_fork() override
  {
  }

  std::string name_of(const void* w) const
  {
    return w == &word ? "word" : w == &other ? "other" : "nothing";
  }

  const word_type& word;
  const word_type& other;
  const bool wakes_sooner;
  events log;
  std::vector<place*> places;
  std::size_t made = 0;
  std::function<void()> on_make;
  std::function<void()> on_start;
  std::function<void()> on_cancel;
  std::function<void()> on_wake;
};

// A wait that ends when it is told to.
struct tier::place : detail::futex_wait
{
  place(tier& t, detail::futex_wait_owner& o)
    : all(t),
      owner(o)
  {
    all.places.push_back(this);
  }

  ~place() override
  {
    all.places.erase(std::find(all.places.begin(), all.places.end(), this));
  }

  void start(const std::uint32_t* w, std::uint32_t n) noexcept override
  {
    BOOST_TEST(!is_begun);
    is_begun = true;
    act("start " + all.name_of(w) + ' ' + std::to_string(n), all.on_start);
  }

  void cancel() noexcept override
  {
    act("cancel", all.on_cancel);
  }

  void end(result how)
  {
    BOOST_TEST(is_begun);
    is_begun = false;
    owner.ended(how);
  }

  void act(std::string what, std::function<void()>& function)
  {
    BOOST_TEST(!is_called);
    is_called = true;
    all.log.push_back(std::move(what));
    call(function);
    is_called = false;
  }

  tier& all;
  detail::futex_wait_owner& owner;
  bool is_begun = false;
  bool is_called = false;
};

std::unique_ptr<detail::futex_wait> tier::make(detail::futex_wait_owner& owner)
{
  ++made;
  call(on_make);
  return std::make_unique<place>(*this, owner);
}

// A waiter for which no thread blocks: who looks at it too early wakes it.
struct silent_waiter : detail::thread_waiter
{
  explicit silent_waiter(std::uint32_t expected = 0)
    : thread_waiter(
        static_cast<detail::semaphore_core<std::atomic>*>(nullptr), expected)
  {
  }

  bool is_complete()
  {
    struct
    {
      silent_waiter& waiter;
      bool is_requested = false;

      void request()
      {
        is_requested = true;
        waiter.wake();
      }
    } cancellation{*this};
    if (!was_complete)
    {
      wait_until(std::chrono::steady_clock::now(), cancellation, [] {});
      was_complete = !cancellation.is_requested;
    }
    return was_complete;
  }

  bool is(wait_result how)
  {
    return is_complete() && result() == how;
  }

  bool was_complete = false;
};

struct fixture
{
  explicit fixture(bool wakes_sooner = false)
    : waits(word, other, wakes_sooner)
  {
    add_core();
    core = &pooled_futex::create(service, word);
    core->prepare();
  }

  // Have the next object served by a core that uses the tier above.
  void add_core()
  {
    service.take<pooled_futex>(core_kind::futex, &waits).retire();
  }

  // The object goes, and its core serves one that is for the other word.
  void replace()
  {
    core->retire();
    BOOST_TEST(&pooled_futex::create(service, other) == core);
    core->prepare();
  }

  void end(result how)
  {
    waits.places.front()->end(how);
  }

  // What the tier was told to do since this was called last.
  events told()
  {
    return std::exchange(waits.log, events());
  }

  word_type word{0};
  word_type other{0};
  tier waits;
  silent_waiter first;
  silent_waiter second;
  silent_waiter third;
  net::io_context ctx;
  detail::sync_service& service = net::use_service<detail::sync_service>(ctx);
  pooled_futex* core = nullptr;
};

struct sooner_fixture : fixture
{
  sooner_fixture()
    : fixture(true)
  {
  }
};

} // namespace

// One place for each core.

BOOST_FIXTURE_TEST_CASE(a_place_is_made_once, fixture)
{
  core->prepare();
  BOOST_TEST(waits.made == 1u);

  replace();
  BOOST_TEST(waits.made == 1u);

  core->wait(first);
  BOOST_TEST(told() == events{"start other 0"});
}

BOOST_FIXTURE_TEST_CASE(of_two_places_one_is_kept, fixture)
{
  add_core();
  pooled_futex& another = pooled_futex::create(service, other);
  waits.on_make = [&] { another.prepare(); };

  another.prepare();
  BOOST_TEST(waits.made == 3u);
  BOOST_TEST(waits.places.size() == 2u);

  another.wait(first);
  BOOST_TEST(waits.places.back()->is_begun);
  waits.places.back()->end(result::woken);
  BOOST_TEST(first.is(wait_result::granted));
}

// Notifications.

BOOST_FIXTURE_TEST_CASE(notify_wakes_the_rest_elsewhere, fixture)
{
  core->wait(first);
  core->wait(second);
  BOOST_TEST(told() == events{"start word 0"});

  core->notify(5);
  BOOST_TEST(told() == (events{"cancel", "wake word 3"}));
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(second.is(wait_result::granted));

  end(result::cancelled);
  core->notify(2);
  BOOST_TEST(told() == events{"wake word 2"});
}

BOOST_FIXTURE_TEST_CASE(notify_of_enough_wakes_nobody_elsewhere, fixture)
{
  core->wait(first);
  core->wait(second);
  core->wait(third);
  (void)told();

  core->notify(2);
  BOOST_TEST(told().empty());
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(second.is(wait_result::granted));
  BOOST_TEST(!third.is_complete());

  core->notify(1);
  BOOST_TEST(told() == events{"cancel"});
  BOOST_TEST(third.is(wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(a_wake_comes_before_the_next_start, fixture)
{
  // A wait that began after the notification must not consume it.
  core->wait(first);
  (void)told();
  waits.on_cancel = [&] { end(result::cancelled); };
  waits.on_wake = [&] {
    core->wait(second);
    BOOST_TEST(told() == (events{"cancel", "wake word 1"}));
    BOOST_TEST(!first.is_complete());
  };

  core->notify(2);
  BOOST_TEST(told() == events{"start word 0"});
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(!second.is_complete());
}

BOOST_FIXTURE_TEST_CASE(notify_wakes_at_the_word_of_its_object, fixture)
{
  core->wait(first);
  (void)told();
  waits.on_cancel = [&] { replace(); };

  core->notify(2);
  BOOST_TEST(told() == (events{"cancel", "wake word 1"}));
  BOOST_TEST(&core->target() == &other);
}

BOOST_FIXTURE_TEST_CASE(notify_all_wakes_everybody_elsewhere, fixture)
{
  core->notify_all();
  BOOST_TEST(told() == events{"wake word all"});

  core->wait(first);
  core->wait(second);
  (void)told();
  core->notify_all();
  BOOST_TEST(told() == (events{"cancel", "wake word all"}));
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(second.is(wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(notify_all_wakes_at_the_word_of_its_object, fixture)
{
  core->wait(first);
  (void)told();
  waits.on_cancel = [&] { replace(); };

  core->notify_all();
  BOOST_TEST(told() == (events{"cancel", "wake word all"}));
  BOOST_TEST(&core->target() == &other);
}

// Notifications of the last waiter, whose word has changed.

BOOST_FIXTURE_TEST_CASE(
    the_last_waiter_is_woken_through_its_wait, sooner_fixture)
{
  core->wait(first);
  core->wait(second);
  (void)told();

  word = 1;
  core->notify(2);
  BOOST_TEST(told() == events{"wake word 1"});
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(!second.is_complete());

  end(result::woken);
  BOOST_TEST(told().empty());
  BOOST_TEST(second.is(wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(whose_word_is_the_same_is_taken_out, sooner_fixture)
{
  core->wait(first);
  (void)told();

  core->notify(1);
  BOOST_TEST(told() == events{"cancel"});
  BOOST_TEST(first.is(wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(
    the_last_waiter_is_taken_out_where_that_is_cheaper, fixture)
{
  core->wait(first);
  (void)told();

  word = 1;
  core->notify(1);
  BOOST_TEST(told() == events{"cancel"});
  BOOST_TEST(first.is(wait_result::granted));
}

// Wakes from elsewhere.

BOOST_FIXTURE_TEST_CASE(a_wake_reaches_everybody, fixture)
{
  core->wait(first);
  core->wait(second);
  (void)told();

  end(result::woken);
  BOOST_TEST(told().empty());
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(second.is(wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(a_wake_that_finds_nobody_is_passed_on, fixture)
{
  auto cancellation =
      detail::attach_cancellation(*core, first, wait_result::aborted);
  core->wait(first);
  (void)told();

  cancellation.request();
  BOOST_TEST(told() == events{"cancel"});
  BOOST_TEST(first.is(wait_result::aborted));

  end(result::woken);
  BOOST_TEST(told() == events{"wake word 1"});
}

BOOST_FIXTURE_TEST_CASE(a_wake_during_the_cancellation_is_passed_on, fixture)
{
  core->wait(first);
  (void)told();
  waits.on_cancel = [&] { end(result::woken); };

  core->notify(3);
  BOOST_TEST(told() == (events{"cancel", "wake word 1", "wake word 2"}));
}

BOOST_FIXTURE_TEST_CASE(a_wake_is_passed_on_at_the_word_of_its_wait, fixture)
{
  core->wait(first);
  (void)told();

  replace();
  core->wait(second);
  BOOST_TEST(told() == events{"cancel"});
  BOOST_TEST(first.is(wait_result::aborted));

  end(result::woken);
  BOOST_TEST(told() == (events{"start other 0", "wake word 1"}));
  BOOST_TEST(!second.is_complete());

  end(result::woken);
  BOOST_TEST(told().empty());
  BOOST_TEST(second.is(wait_result::granted));
}

// Actions.

BOOST_FIXTURE_TEST_CASE(a_wait_may_end_as_it_starts, fixture)
{
  waits.on_start = [&] {
    end(result::woken);
    core->wait(second);
    BOOST_TEST(told() == events{"start word 0"});
    waits.on_start = [&] {
      // What completes is held back until nothing is left to do.
      BOOST_TEST(!first.is_complete());
    };
  };

  core->wait(first);
  BOOST_TEST(told() == events{"start word 0"});
  BOOST_TEST(first.is(wait_result::granted));
  BOOST_TEST(!second.is_complete());

  end(result::woken);
  BOOST_TEST(told().empty());
  BOOST_TEST(second.is(wait_result::granted));
}

BOOST_FIXTURE_TEST_CASE(a_wait_may_be_cancelled_as_it_starts, fixture)
{
  waits.on_start = [&] {
    core->cancel_all();
    BOOST_TEST(told() == events{"start word 0"});
    BOOST_TEST(!first.is_complete());
  };

  core->wait(first);
  BOOST_TEST(told() == events{"cancel"});
  BOOST_TEST(first.is(wait_result::aborted));
}

BOOST_FIXTURE_TEST_CASE(who_is_aborted_hears_of_it_after_the_action, fixture)
{
  auto cancellation =
      detail::attach_cancellation(*core, first, wait_result::timed_out);
  core->wait(first);
  waits.on_cancel = [&] { BOOST_TEST(!first.is_complete()); };
  cancellation.request();
  BOOST_TEST(first.is(wait_result::timed_out));
  end(result::cancelled);

  core->wait(second);
  waits.on_cancel = [&] { BOOST_TEST(!second.is_complete()); };
  core->cancel_all();
  BOOST_TEST(second.is(wait_result::aborted));
  end(result::cancelled);

  core->wait(third);
  waits.on_cancel = [&] { BOOST_TEST(!third.is_complete()); };
  core->retire();
  BOOST_TEST(third.is(wait_result::aborted));
}

// Operations.

BOOST_FIXTURE_TEST_CASE(an_operation_keeps_its_context_running, fixture)
{
  outcome waited;
  detail::start_futex_wait(*core, 0, false, waited.handler(),
      ctx.get_executor(), detail::no_expiry());
  ctx.poll();
  BOOST_TEST_REQUIRE(!ctx.stopped());
  BOOST_TEST(waited.calls() == 0);

  core->notify(1);
  BOOST_TEST(waited.calls() == 0);
  ctx.poll();
  BOOST_TEST(waited.is_success());
  BOOST_TEST(ctx.stopped());
}
