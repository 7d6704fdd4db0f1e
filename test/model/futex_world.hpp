// Copyright (c) the asio_sync authors
//
// Distributed under the Boost Software License, Version 1.0. (See accompanying
// file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

#ifndef ASIO_SYNC_TEST_MODEL_FUTEX_WORLD_HPP
#define ASIO_SYNC_TEST_MODEL_FUTEX_WORLD_HPP

#include <asio_sync/detail/futex_core.hpp>

#include "model/futex_kernel.hpp"
#include "model/world.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <utility>

namespace model {

using futex_core = detail::futex_core<atomic>;

// How a tier waits: it tells the kernel in a ring, and a loop is told of the
// results; or all of it is done where it is called.
enum class tier
{
  ring,
  table
};

// A word and all who wait for it and wake it. The functions are those of a
// pooled futex; what completes is delivered by the thread that calls.
class futex_world : public world
{
protected:
  explicit futex_world(tier t = tier::ring)
    : tier_(t)
  {
    core_.open(word_);
  }

  request& make_wait(std::uint32_t expected, std::function<void()> handler = {})
  {
    return add_request(expected, std::move(handler));
  }

  void wait(request& r)
  {
    object_.read();
    r.is_started = true;
    r.contents.write();
    completions done;
    core_.wait(r.queued, done);
    finish(done);
  }

  // ... and the kernel has queued what waits for all.
  void wait_in_kernel(request& r)
  {
    wait(r);
    submit();
  }

  void notify(std::size_t n)
  {
    object_.read();
    completions done;
    core_.notify(n, done);
    finish(done);
  }

  void notify_all()
  {
    object_.read();
    const void* const target = &core_.target();
    completions done;
    core_.notify_all(done);
    finish(done);
    wake(target, std::numeric_limits<int>::max());
  }

  void cancel_all()
  {
    object_.read();
    completions done;
    core_.cancel_all(done);
    finish(done);
  }

  void emit(party& p)
  {
    if (ask(p))
      hand_over(p);
  }

  // Requires: the party has asked.
  void hand_over(party& p)
  {
    completions done;
    core_.cancel(p.to.target, done);
    finish(done);
  }

  // The object goes. Whoever finishes that makes another one of the core, which
  // is for the other word.
  void retire()
  {
    object_.write();
    completions done;
    core_.retire(done);
    finish(done);
  }

  // Called when the core is used by another object.
  std::function<void()> in_next_life;

  bool was_recycled() const
  {
    return lives_ == 2;
  }

  // The user's part. Relaxed, as no waiter looks at the word unless it says so.
  void change(std::uint32_t value)
  {
    (void)word_.exchange(value, std::memory_order_relaxed);
  }

  // ... if one does.
  void publish(std::uint32_t value)
  {
    (void)word_.exchange(value, std::memory_order_release);
  }

  std::uint32_t look() const
  {
    return word_.load(std::memory_order_acquire);
  }

  // No wait needs the word any more.
  void bury_word()
  {
    kernel_.bury(word_);
  }

  // Somebody who does not use the library waits and wakes.
  kernel_wait& foreign_wait(std::uint32_t expected)
  {
    kernel_wait& w = foreigners_.emplace_back();
    kernel_.start(w, word_, expected);
    kernel_.submit(w);
    return w;
  }

  void foreign_wake(std::size_t n)
  {
    wake(&word_, n);
  }

  static bool is_woken(const kernel_wait& w)
  {
    return w.is == kernel_wait::state::ended
        && w.result == futex_wait_result::woken;
  }

  static bool is_granted(const request& r)
  {
    return is_complete(r) && r.got == wait_result::granted;
  }

  // The loop's part: the kernel sees what it was told.
  void submit()
  {
    kernel_.submit(outer_);
  }

  // ... and its results are heard of.
  bool deliver()
  {
    if (!kernel_.take_result(outer_))
      return false;
    outer_life_.write();
    completions done;
    core_.ended(outer_.result, done);
    finish(done);
    return true;
  }

  void run_loop_once()
  {
    submit();
    (void)deliver();
  }

  // Until there is nothing more to do.
  void run_loop()
  {
    int rounds = 0;
    do
      submit();
    while (deliver() && ++rounds < 20);
    require(rounds < 20, "the loop does not end");
  }

  void make_waits_fail()
  {
    kernel_.fails = true;
  }

  // Requires: the loop has run. Nothing is lost or stuck, and nothing was
  // touched after its end.
  void check_ends()
  {
    check_outer_wait();

    // Who still waits can be woken from elsewhere, and a later wait, too.
    wake_all_from_elsewhere();
    if (!kernel_.is_dead(&core_.target()) && !kernel_.fails)
    {
      request& later =
          make_wait(core_.target().load(std::memory_order_relaxed));
      wait(later);
      run_loop();
      require(!is_complete(later), "woken by nobody");
      check_outer_wait();
      wake_all_from_elsewhere();
    }
    forget_all_parties();
    world::check_ends();
  }

  kernel kernel_;

private:
  void check_outer_wait()
  {
    const std::size_t left = waiting();
    require(core_.waiters() == left, "waiters() differs from what waits");
    if (left == 0)
    {
      require(outer_.is == kernel_wait::state::idle,
          "a wait stays behind in the kernel");
      return;
    }
    require(outer_.is == kernel_wait::state::queued
            && outer_.word == &core_.target(),
        "nobody waits in the kernel");
    for (const request& r : requests_)
      require(!r.is_started || is_complete(r) || r.count == outer_.expected,
          "something else is waited for in the kernel");
  }

  bool is_outer_for(const futex_word& word) const
  {
    return outer_.word == &word
        && (outer_.is == kernel_wait::state::started
            || outer_.is == kernel_wait::state::queued);
  }

  void wake_all_from_elsewhere()
  {
    wake(&core_.target(), 1000);
    run_loop();
    require(waiting() == 0, "a flag is stuck");
    check_outer_wait();
  }

  void start_outer(const futex_word& word, std::uint32_t expected)
  {
    outer_calls_.write();
    outer_life_.write();
    require(tier_ != tier::table || !kernel_.is_dead(&word),
        "a table looks at a word that is gone");
    kernel_.start(outer_, word, expected);
    if (tier_ == tier::table)
    {
      submit();
      if (outer_.is == kernel_wait::state::ended)
        (void)deliver();
    }
    outer_calls_.write();
  }

  void cancel_outer()
  {
    outer_calls_.write();
    kernel_.cancel(outer_);
    if (tier_ == tier::table)
      (void)deliver();
    outer_calls_.write();
  }

  void wake(const void* word, std::size_t n)
  {
    kernel_.wake(word, n);
    if (tier_ == tier::table && outer_.is == kernel_wait::state::ended)
      (void)deliver();
  }

  // As a pooled futex does it. Others are woken before the next action may be
  // demanded, with which the core may be another object's.
  void act(completions& done)
  {
    for (;;)
    {
      const bool acts = std::exchange(done.must_act, false);
      if (acts)
      {
        const futex_core::action next = core_.to_do();
        if (next.starts)
          start_outer(*next.target, next.expected);
        else
          cancel_outer();
      }
      wake_others(done);
      if (!acts)
        return;
      core_.acted(done);
    }
  }

  void wake_others(completions& done)
  {
    if (const std::size_t n = std::exchange(done.wakes, 0))
      wake(done.word, n);
    if (const void* const word = std::exchange(done.passed_on, nullptr))
      wake(word, 1);
  }

  void finish(completions& done)
  {
    act(done);
    free_dead_cells(done);
    const bool retired = done.retired;
    while (!done.ready.empty())
    {
      auto& w = static_cast<queued_request&>(done.ready.front());
      done.ready.pop_front();
      request& r = w.owner;
      require(waiting() != 1 || !is_outer_for(core_.target()),
          "the last word is still waited for");
      complete(r, w.result());
      if (r.handler)
        r.handler();
    }
    if (retired)
    {
      ++lives_;
      core_.open(other_word_);
      if (in_next_life)
        in_next_life();
    }
  }

  const tier tier_;
  futex_word word_{0};
  futex_word other_word_{0};
  futex_core core_;
  int lives_ = 1;
  plain object_{"the object"};
  std::deque<kernel_wait> foreigners_;

  // What waits for all, and that it is used as it wants to be: who starts and
  // cancels comes after who did before, and who starts after who heard of the
  // end.
  kernel_wait outer_;
  plain outer_calls_{"a call of the outer wait"};
  plain outer_life_{"the outer wait"};
};

} // namespace model

#endif // ASIO_SYNC_TEST_MODEL_FUTEX_WORLD_HPP
